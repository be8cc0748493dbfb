//! From an artefact and its schema to the facts of a model card, kept beside the artefact.

use std::collections::BTreeSet;
use std::path::Path;

use super::shape::{Shape, ShapeBin, name, shapes};
use crate::data::Schema;
use crate::data::schema::ListedNodes;
use crate::data::taxonomy::{Node, TAXONOMY};
use crate::domain::{
    Derivation, Feature, FeatureId, ModelVersion, PEOPLE_FLOOR, Profile, Provenance, Purposes,
};
use crate::model::additive::{AdditiveModel, Change, Guarantee};
use crate::model::metrics::{Evaluation, Interval};
use crate::model::{Artefact, ArtefactError, Bins, Edit, Lineage, Model, ModelKind, Term, write_beside};
use crate::report::{
    Calibration, Card, DataFacts, EditFacts, EndFacts, Figure, ProfileFacts, QualityFacts, RangeFacts,
    TrainingFacts,
};

/// The card for people.
const MARKDOWN: &str = "card.md";
/// The card for programs.
const JSON: &str = "card.json";
/// Of how many terms the ends are told, the most important first.
const SHAPES_TOLD: usize = 10;

/// Keeps an artefact as a version in `folder`, with its card beside it.
///
/// # Errors
/// When the folder cannot be written.
pub fn keep_with_card(
    artefact: &Artefact,
    schema: &Schema,
    folder: &Path,
) -> Result<ModelVersion, ArtefactError> {
    let version = artefact.save(folder)?;
    let card = card(&version, artefact, schema);
    let place = (artefact.name.as_str(), &version);
    write_beside(folder, place, MARKDOWN, &card.markdown())?;
    write_beside(folder, place, JSON, &card.json())?;
    Ok(version)
}

/// The card of a version: what its artefact and the schema say, and nothing else.
#[must_use]
pub(super) fn card(version: &ModelVersion, artefact: &Artefact, schema: &Schema) -> Card {
    let outcome = schema.outcome(artefact.response).map(|outcome| outcome.name.clone());
    let training = &artefact.training;
    let span = training.span.map(|(first, last)| (first.to_string(), last.to_string()));
    let profiles = Profile::ALL.into_iter().rev().map(|profile| profile_facts(artefact, profile, schema));
    Card {
        name: artefact.name.clone(),
        version: version.to_string(),
        architecture: architecture(artefact.kind).to_owned(),
        outcome: outcome.unwrap_or_else(|| format!("the {} happens", artefact.response.name())),
        response: artefact.response.name().to_owned(),
        schema_hash: artefact.schema_hash.clone(),
        format_version: artefact.format_version,
        made_by: format!("Limpid {} ({})", env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_LICENSE")),
        licence: schema.licence.clone(),
        origin: origin(&artefact.lineage),
        training: TrainingFacts {
            rows: training.rows,
            positives: training.positives,
            people: training.people,
            span,
            purposes: numbers(training.purposes),
        },
        promise: artefact.privacy.as_ref().map(promise),
        data: artefact.features.iter().map(|used| data_facts(&used.name, schema)).collect(),
        profiles: profiles.collect(),
        limits: limits(artefact, schema),
        edits: artefact.edits.iter().map(|edit| edit_facts(edit, schema)).collect(),
    }
}

const fn architecture(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Linear => {
            "A linear model: each feature, on a line or by bins, adds its part to the log-odds (logistic regression)."
        }
        ModelKind::Tree => {
            "One decision tree; what each feature contributes is told by path-dependent TreeSHAP (Lundberg et al. 2020)."
        }
        ModelKind::Additive => {
            "A generalized additive model with pairs: a sum of shape functions, boosted and purified \
             (Lou et al. 2013, Nori et al. 2019, Lengerich et al. 2020)."
        }
    }
}

fn origin(lineage: &Lineage) -> String {
    match lineage {
        Lineage::Trained => "It was fitted on the rows that are told below.".to_owned(),
        Lineage::Imported(import) => format!(
            "It was read from a file ({}; BLAKE3 {}) that says it was trained on {} rows; the rows told below are \
             those on which its constants were set.",
            import.format, import.digest, import.rows
        ),
        Lineage::Merged(parts) => {
            let parts = parts.iter().map(|part| format!("{} ({} rows)", part.version, part.rows));
            format!("It was merged from the versions {}.", parts.collect::<Vec<_>>().join(", "))
        }
    }
}

fn promise(promise: &Guarantee) -> String {
    format!(
        "It was trained under differential privacy: whether any one {} was among the rows, with at most {} rows, \
         moves the odds of any model by no more than a factor of e^{}, but for a probability of {}. Counts of rows and \
         people are noisy.",
        promise.unit.name(),
        promise.rows_per_person_max,
        promise.epsilon,
        promise.delta
    )
}

fn data_facts(feature: &str, schema: &Schema) -> DataFacts {
    let known = schema.feature(feature).and_then(|id| schema.features.get(id.index()).cloned());
    let known = known.unwrap_or_else(|| Feature::retired(feature));
    DataFacts {
        feature: known.name.clone(),
        label: known.label.en.clone(),
        personal: !known.is_contextual(),
        category: known.data_category.clone(),
        source: match &known.provenance {
            Provenance::FirstParty => "first party".to_owned(),
            Provenance::Partner(partner) => format!("partner {partner}"),
        },
        derivation: match known.derivation {
            Derivation::Stated => "stated",
            Derivation::Observed => "observed",
            Derivation::Inferred => "inferred",
        }
        .to_owned(),
        serving: numbers(known.serving),
        training: numbers(known.training),
        retention_days: known.retention_days,
        controllable: known.controllable,
    }
}

fn profile_facts(artefact: &Artefact, profile: Profile, schema: &Schema) -> ProfileFacts {
    let model = artefact.profiled.model(profile);
    let pairs = model.terms().iter().filter(|term| matches!(term, Term::Pair(..))).count();
    let mut importances: Vec<(String, f64)> = model
        .terms()
        .iter()
        .zip(artefact.importances(profile))
        .map(|(term, importance)| (term_name(*term, &schema.features), *importance))
        .collect();
    importances.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let evaluation = artefact.evaluations.iter().find(|(of, _)| *of == profile);
    ProfileFacts {
        profile: profile.name().to_owned(),
        knows: knows(profile).to_owned(),
        terms: [model.terms().len() - pairs, pairs],
        intercept: model.intercept().to_f64(),
        quality: evaluation.and_then(|(_, evaluation)| quality(evaluation)),
        shapes: ranges(model, &importances, &schema.features),
        importances,
    }
}

const fn knows(profile: Profile) -> &'static str {
    match profile {
        Profile::Full => "It knows every feature, as far as a person lets it.",
        Profile::Contextual => "It knows nothing about the person, and serves whoever lets nothing be known.",
    }
}

/// The figures, when enough people stand behind them.
fn quality(evaluation: &Evaluation) -> Option<QualityFacts> {
    let figure =
        |interval: Interval| Figure { estimate: interval.estimate, low: interval.low, high: interval.high };
    let figures = [
        ("AUC", evaluation.auc),
        ("AUC within a group of rows that competed", evaluation.auc_within_group),
        ("log loss", Some(evaluation.log_loss)),
        ("mean predicted probability", Some(evaluation.predicted)),
        ("observed share", Some(evaluation.observed)),
    ];
    (evaluation.people >= PEOPLE_FLOOR).then(|| QualityFacts {
        rows: evaluation.rows,
        positives: evaluation.positives,
        people: evaluation.people,
        figures: figures.into_iter().filter_map(|(name, of)| Some((name, figure(of?)))).collect(),
        calibration: calibration(evaluation),
    })
}

/// Predicted beside observed, in the groups that enough people stand behind.
pub(super) fn calibration(evaluation: &Evaluation) -> Vec<Calibration> {
    let told = evaluation.reliability.iter().filter(|group| group.people >= PEOPLE_FLOOR);
    told.map(|group| Calibration { rows: group.rows, predicted: group.predicted, observed: group.observed })
        .collect()
}

/// The ends of the most important terms; of a tree, whose terms cannot be drawn apart, none.
fn ranges(model: &Model, importances: &[(String, f64)], features: &[Feature]) -> Vec<RangeFacts> {
    let has_bands = matches!(model, Model::Additive(_));
    let shapes = shapes(model, features);
    let of_term = |(term, _): &(String, f64)| {
        let shape = shapes.iter().find(|shape| shape.features.join(" x ") == *term)?;
        range(term, shape, has_bands)
    };
    importances.iter().filter_map(of_term).take(SHAPES_TOLD).collect()
}

fn range(label: &str, shape: &Shape, has_bands: bool) -> Option<RangeFacts> {
    let end = |bin: &ShapeBin| EndFacts {
        value: bin.label.clone(),
        score: bin.score,
        band: has_bands.then_some(bin.band),
    };
    let told = || shape.bins.iter().filter(|bin| !has_bands || bin.people >= PEOPLE_FLOOR);
    let lowest = told().min_by(|a, b| a.score.total_cmp(&b.score))?;
    let highest = told().max_by(|a, b| a.score.total_cmp(&b.score))?;
    Some(RangeFacts { label: label.to_owned(), lowest: end(lowest), highest: end(highest) })
}

/// What is known against a model, from the artefact alone.
/// What history entered nothing, by the nodes of the taxonomy; None where the schema has no sensitive list.
fn sensitive(schema: &Schema) -> Option<String> {
    let ListedNodes { whole, in_part, ordinary } = schema.listed_nodes();
    if whole.is_empty() && in_part.is_empty() {
        return None;
    }
    let named = |nodes: BTreeSet<Node>| -> String {
        nodes.iter().map(|node| format!("{} ({node})", node.name())).collect::<Vec<_>>().join(", ")
    };
    let mut told = format!("History of sensitive categories entered nothing, by {TAXONOMY}:");
    for (nodes, what) in [(whole, ""), (in_part, "in part "), (ordinary, "but not ")] {
        if !nodes.is_empty() {
            told += if told.ends_with(':') { " " } else { "; " };
            told += what;
            told += &named(nodes);
        }
    }
    Some(told + ".")
}

fn limits(artefact: &Artefact, schema: &Schema) -> Vec<String> {
    let mut limits = vec![
        "Trained and measured on people who accepted purpose 10 (develop and improve services) alone; others may \
         differ from them."
            .to_owned(),
    ];
    if artefact.schema_hash != schema.hash {
        limits.push(
            "The schema at hand is another one than that it was trained under; what is told of data is of the one \
             at hand."
                .to_owned(),
        );
    }
    limits.extend(sensitive(schema));
    let floor = format!("fewer than {PEOPLE_FLOOR} people");
    let merged: Vec<&str> = match artefact.profiled.model(Profile::Full) {
        Model::Additive(model) => merged_under_the_floor(model, &artefact.lineage, schema),
        Model::Linear(_) | Model::Tree(_) => Vec::new(),
    };
    limits.push(if merged.is_empty() {
        format!("Values that {floor} had would not be told apart; none were found in the training rows.")
    } else {
        format!("Values that {floor} had are not told apart: of {}.", merged.join(", "))
    });
    if artefact.privacy.is_some() {
        limits.push(
            "Private training: shapes and counts hold noise, and figures of how good it is are of people to whom \
             nothing was promised."
                .to_owned(),
        );
    }
    match &artefact.lineage {
        Lineage::Imported(import) => {
            let pairs = if import.purified { "" } else { " Its pairs are not purified." };
            limits.push(format!("Imported: how many people each bin was learned from is not known.{pairs}"));
        }
        Lineage::Trained | Lineage::Merged(_) => {}
    }
    if !artefact.edits.is_empty() {
        limits.push("Changed by hand since it was fitted: it was not measured since.".to_owned());
    }
    for profile in Profile::ALL {
        let measured = artefact.evaluations.iter().find(|(of, _)| *of == profile);
        match measured.map(|(_, evaluation)| evaluation.people >= PEOPLE_FLOOR) {
            Some(true) => {}
            Some(false) => limits.push(format!("The {} profile was measured on {floor}.", profile.name())),
            None => limits.push(format!("The {} profile was not measured on rows held out.", profile.name())),
        }
    }
    match artefact.kind {
        ModelKind::Additive => {}
        ModelKind::Linear | ModelKind::Tree => {
            limits.push("Its kind keeps no bands: how sure each part of it is is not known.".to_owned());
        }
    }
    limits
}

/// The features with values of too few people to be learned from. How many rows those are is not told.
fn merged_under_the_floor<'s>(model: &AdditiveModel, lineage: &Lineage, schema: &'s Schema) -> Vec<&'s str> {
    // Of an imported model people are not known at all.
    if matches!(lineage, Lineage::Imported(_)) {
        return Vec::new();
    }
    let has_rare = model.shapes().iter().filter(|shape| {
        let too_few = |bin: usize| shape.people[bin] == 0 && shape.rows[bin] > 0;
        shape.rows[Bins::UNSEEN] > 0 || (0..shape.rows.len()).any(too_few)
    });
    has_rare.filter_map(|shape| Some(schema.features.get(shape.feature.index())?.name.as_str())).collect()
}

fn edit_facts(edit: &Edit, schema: &Schema) -> EditFacts {
    let features = edit.stretch.features().into_iter().map(|id| name(id, &schema.features));
    let features = features.collect::<Vec<_>>().join(" x ");
    let change = match edit.change {
        Change::Set(score) => format!("some scores set to {score}"),
        Change::Flatten => "some scores set to their mean".to_owned(),
        Change::Increasing => "made to rise".to_owned(),
        Change::Decreasing => "made to fall".to_owned(),
    };
    EditFacts {
        at: edit.at.to_string(),
        who: edit.who.clone(),
        what: format!("{features}: {change}"),
        why: edit.why.clone(),
        of: edit.of.to_string(),
    }
}

fn term_name(term: Term, features: &[Feature]) -> String {
    let name = |id: FeatureId| name(id, features);
    match term {
        Term::Feature(feature) => name(feature),
        Term::Pair(one, other) => format!("{} x {}", name(one), name(other)),
    }
}

fn numbers(purposes: Purposes) -> Vec<u8> {
    purposes.iter().map(crate::domain::Purpose::number).collect()
}
