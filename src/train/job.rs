//! One training run: tune, fit both consent profiles, measure, keep.

use std::collections::BTreeSet;
use std::path::Path;

use super::card::keep_with_card;
use super::prepare::{Asked, Prepared};
use crate::data::{Dataset, Schema};
use crate::domain::{Day, FeatureId, FieldError, ModelVersion, Nats, PEOPLE_FLOOR, Profile};
use crate::model::additive::{self, AdditiveModel, AdditiveParams, Guidance};
use crate::model::linear::{self, Encoding, LinearModel, LinearParams};
use crate::model::metrics::{Evaluation, Resamples, Scored, evaluate};
use crate::model::tree::{self, Node, TreeModel, TreeParams};
use crate::model::tune::{hold_out_people, tune};
use crate::model::{
    Artefact, ArtefactError, FitData, FitError, Model, ModelKind, NoProgress, ProfileError, Profiled,
    Progress, Training,
};

/// Groups of people of which one is held out while settings are chosen.
const TUNING_FOLDS: u16 = 3;
/// Seed of every draw of a run.
const SEED: u64 = 1;

/// Why a run gave no model.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A fit failed.
    #[error("{0}")]
    Fit(#[from] FitError),
    /// The profiles do not go together.
    #[error("{0}")]
    Profile(#[from] ProfileError),
    /// The model cannot be kept.
    #[error("{0}")]
    Artefact(#[from] ArtefactError),
}

/// Fits one kind of model for both consent profiles.
///
/// The contextual model sees no personal data. The full one sees all that training permits; an
/// additive one continues from the contextual scores.
///
/// # Errors
/// When a fit fails or `progress` cancels.
pub fn fit_profiles(
    kind: ModelKind,
    prepared: &Prepared,
    progress: &dyn Progress,
) -> Result<Profiled, TrainError> {
    let rows: &Dataset = &prepared.train;
    let contextual = fit(kind, rows, &prepared.contextual, &prepared.asked, None, progress)?;
    let full = if prepared.full == prepared.contextual {
        contextual.clone()
    } else {
        fit(kind, rows, &prepared.full, &prepared.asked, Some(&contextual), progress)?
    };
    Ok(Profiled::new(contextual, full, &rows.table, &prepared.withheld_sets)?)
}

/// Measures a profile on the rows held out: the contextual model on all of them, the full profile
/// as it serves each row. None when there are no rows.
#[must_use]
pub(super) fn measure(profiled: &Profiled, profile: Profile, test: &Dataset) -> Option<Evaluation> {
    let scores = match profile {
        Profile::Contextual => profiled.model(profile).scores(&test.table, &[]),
        Profile::Full => profiled.scores(&test.table),
    };
    evaluate_scores(&scores, test)
}

/// Measures scores on the rows held out; None when there are none.
#[must_use]
pub(super) fn evaluate_scores(scores: &[Nats], test: &Dataset) -> Option<Evaluation> {
    let rows = Scored { scores, outcome: &test.outcome, person: &test.person, group: &test.group };
    evaluate(rows, Resamples::default())
}

/// Writes a fitted model with its figures to `folder`; returns its version and what was written.
///
/// # Errors
/// When the folder cannot be written.
pub fn keep(
    profiled: Profiled,
    prepared: &Prepared,
    schema: &Schema,
    folder: &Path,
) -> Result<(ModelVersion, Artefact), TrainError> {
    let artefact = describe(profiled, prepared, schema);
    let version = keep_with_card(&artefact, schema, folder)?;
    Ok((version, artefact))
}

/// The artefact of a model, measured on the rows held out.
#[must_use]
pub(super) fn describe(profiled: Profiled, prepared: &Prepared, schema: &Schema) -> Artefact {
    let rows: &Dataset = &prepared.train;
    let test: &Dataset = &prepared.test;
    let evaluations =
        Profile::ALL.into_iter().filter_map(|profile| Some((profile, measure(&profiled, profile, test)?)));
    let evaluations = evaluations.collect();
    let mut people = rows.person.clone();
    people.sort_unstable();
    people.dedup();
    let training = Training {
        purposes: prepared.purposes,
        rows: rows.rows() as u64,
        positives: rows.outcome.iter().filter(|&&happened| happened).count() as u64,
        people: people.len() as u64,
        span: span(rows),
    };
    let features = (schema.hash.as_str(), schema.features.as_slice());
    Artefact::new(&schema.name, prepared.response, features, training, profiled, &rows.table, evaluations)
}

/// The first and the last day of the rows, but for as many days at either end as fewer people than the floor
/// have rows on; None when rows have no moment.
fn span(rows: &Dataset) -> Option<(Day, Day)> {
    let mut days: Vec<(Day, u32)> =
        rows.at.iter().map(|at| at.day()).zip(rows.person.iter().copied()).collect();
    days.sort_unstable();
    let (first, last) = (reached(days.iter())?, reached(days.iter().rev())?);
    (first < last).then_some((first, last))
}

/// The day on which the floor of people is reached.
fn reached<'d>(mut days: impl Iterator<Item = &'d (Day, u32)>) -> Option<Day> {
    let mut people = BTreeSet::new();
    days.find(|(_, person)| {
        people.insert(*person);
        people.len() as u64 >= PEOPLE_FLOOR
    })
    .map(|(day, _)| *day)
}

/// Fits one kind on some features.
pub(super) fn fit(
    kind: ModelKind,
    rows: &Dataset,
    features: &[FeatureId],
    asked: &Asked,
    base: Option<&Model>,
    progress: &dyn Progress,
) -> Result<Model, FitError> {
    check_weighs(kind, rows)?;
    if features.is_empty() {
        return constant(kind, rows);
    }
    let data = FitData { table: &rows.table, features, outcome: &rows.outcome, person: &rows.person };
    match kind {
        ModelKind::Linear => fit_linear(&data, progress).map(Model::Linear),
        ModelKind::Tree => fit_tree(&data, progress).map(Model::Tree),
        ModelKind::Additive => {
            let params = AdditiveParams::default().check()?;
            let nothing = AdditiveModel::new(Nats::ZERO, Vec::new(), Vec::new())?;
            let base = match base {
                Some(Model::Additive(base)) => base,
                Some(Model::Linear(_) | Model::Tree(_)) | None => &nothing,
            };
            let guidance = Guidance { weights: rows.weight.as_deref(), ..asked.guidance(features) };
            additive::fit_guided(base, &data, &guidance, &params, progress).map(Model::Additive)
        }
    }
}

/// Refuses rows that count for more or less than others to a kind that takes all rows alike.
fn check_weighs(kind: ModelKind, rows: &Dataset) -> Result<(), FitError> {
    match (kind, &rows.weight) {
        (ModelKind::Additive, _) | (_, None) => Ok(()),
        (ModelKind::Linear | ModelKind::Tree, Some(_)) => {
            let rule = format!(
                "is in the schema, but models of the kind {} cannot weigh rows; additive ones can",
                kind.name()
            );
            Err(FieldError::new("columns.weight", rule).into())
        }
    }
}

/// The model that knows nothing but the base rate.
fn constant(kind: ModelKind, rows: &Dataset) -> Result<Model, FitError> {
    let count = rows.rows();
    let positives = rows.outcome.iter().filter(|&&happened| happened).count();
    match positives {
        _ if count == 0 => return Err(FitError::NoRows),
        0 => return Err(FitError::OneClass { class: false }),
        n if n == count => return Err(FitError::OneClass { class: true }),
        _ => {}
    }
    let weight = |row: usize| rows.weight.as_ref().map_or(1.0, |weight| weight[row]);
    let weigh = |outcome| (0..count).filter(|&row| rows.outcome[row] == outcome).map(weight).sum::<f64>();
    let score = Nats::from_f64(libm::log(weigh(true)) - libm::log(weigh(false)));
    Ok(match kind {
        ModelKind::Linear => Model::Linear(LinearModel::new(score, Vec::new())?),
        ModelKind::Tree => {
            Model::Tree(TreeModel::new(Vec::new(), vec![Node::Leaf { score, rows: count as f64 }])?)
        }
        ModelKind::Additive => Model::Additive(AdditiveModel::new(score, Vec::new(), Vec::new())?),
    })
}

/// The linear model with the penalty and encoding that do best on people held out.
fn fit_linear(data: &FitData<'_>, progress: &dyn Progress) -> Result<LinearModel, FitError> {
    let settings = |encoding, alpha| LinearParams { encoding, alpha, ..LinearParams::default() }.check();
    let grid = [
        (Encoding::Binned, 3.0),
        (Encoding::Binned, 10.0),
        (Encoding::Binned, 30.0),
        (Encoding::Standard, 10.0),
    ];
    let grid =
        grid.into_iter().map(|(encoding, alpha)| settings(encoding, alpha)).collect::<Result<Vec<_>, _>>()?;
    let masks = hold_out_people(data, TUNING_FOLDS, SEED);
    let fit = |data: &FitData<'_>, params: &_| linear::fit(data, params, &NoProgress).map(Model::Linear);
    let tuned = tune(data, &masks[..1], &grid, fit, progress)?;
    linear::fit(data, &tuned.best, progress)
}

/// The tree with the depth and leaf size that do best on people held out.
fn fit_tree(data: &FitData<'_>, progress: &dyn Progress) -> Result<TreeModel, FitError> {
    let settings = |depth_max, rows_min| TreeParams { depth_max, rows_min, ..TreeParams::default() }.check();
    let grid = [(4, 50), (5, 100), (6, 50), (6, 200), (8, 100)];
    let grid = grid.into_iter().map(|(depth, rows)| settings(depth, rows)).collect::<Result<Vec<_>, _>>()?;
    let masks = hold_out_people(data, TUNING_FOLDS, SEED);
    let fit = |data: &FitData<'_>, params: &_| tree::fit(data, params, &NoProgress).map(Model::Tree);
    let tuned = tune(data, &masks, &grid, fit, progress)?;
    tree::fit(data, &tuned.best, progress)
}

#[cfg(test)]
mod tests;
