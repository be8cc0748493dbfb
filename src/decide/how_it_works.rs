//! How a decision is made, told from the model that serves.

use super::Engine;
use crate::data::schema::{AttributeSpec, ListEntry, ListedNodes};
use crate::domain::{
    Affinity, Cell, Derivation, Evidence, Feature, FeatureId, FeatureKind, Locale, Nats, Origin, Profile,
    Provenance, Purposes, Response, Statistic,
};
use crate::explain::Precision;
use crate::model::additive::{AdditiveModel, ShapeFunction};
use crate::model::{Bins, Model, link};
use crate::train::ActiveModel;

/// Most facts about the made-up person, and most about the ad and its place besides its category.
const FACTS_MAX: [usize; 2] = [3, 1];

/// How a decision is made, told from the model that serves.
#[derive(Clone, Debug, PartialEq)]
pub struct HowItWorks {
    /// The steps, in order.
    pub steps: Vec<String>,
    /// What the model looks at, most important first.
    pub looks_at: Vec<LookedAt>,
    /// What it never looks at.
    pub never_looks_at: Vec<String>,
    /// What is sensitive, with the attribute that tells it: history in it enters nothing, and an ad of it is chosen by context alone.
    pub sensitive: Vec<(String, ListEntry)>,
    /// What is sensitive of itself and is not here, with the reason.
    pub ordinary: Vec<(String, ListEntry)>,
    /// The nodes that the lists name.
    pub listed: ListedNodes,
    /// What an estimate is, and what it is not.
    pub estimates: Vec<String>,
    /// A made-up person; None when no model serves that tells how many people each part of it was
    /// learned from.
    pub example: Option<WorkedExample>,
    /// What the person's choices do.
    pub choices: Vec<String>,
}

/// One datum that the serving model looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct LookedAt {
    /// Its reason code.
    pub code: String,
    /// What a person calls it.
    pub label: String,
    /// Its part of the model's mean absolute contributions.
    pub share: f64,
    /// Whether it is about the person.
    pub personal: bool,
    /// What it describes.
    pub about: Origin,
    /// Where the data come from, and how they came to be; each once.
    pub sources: Vec<(Provenance, Derivation)>,
    /// Purposes without which it is not looked at, or not all of it.
    pub purposes: Purposes,
    /// Days for which the data behind it are kept at most; 0 when nothing is kept.
    pub retention_days: u32,
    /// Whether the person can switch some of it off.
    pub controllable: bool,
}

/// The sum of somebody who does not exist: each step gives the model one more value, all others are
/// withheld from it and so count as the average.
///
/// Values are taken only from bins that the floor of people stands behind: an additive model keeps how
/// many people each bin was learned from, and a bin of fewer than the floor adds nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkedExample {
    /// What the model estimates.
    pub response: Response,
    /// The sum before anything is known: the model's intercept.
    pub start: Estimate,
    /// One more thing is known each time.
    pub steps: Vec<WorkedStep>,
}

/// One step of a worked example.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkedStep {
    /// What becomes known, as the made-up person would read it.
    pub fact: String,
    /// The feature.
    pub feature: FeatureId,
    /// Its value.
    pub value: WorkedValue,
    /// The sum with it.
    pub estimate: Estimate,
}

/// A value of a made-up person or ad.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkedValue {
    /// A number.
    Number(f64),
    /// A category.
    Category(String),
}

/// A sum of contributions, and what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// In log-odds.
    pub score: f64,
    /// Of how many in 1,000 the response is expected.
    pub of_thousand: f64,
}

impl Estimate {
    fn of(score: f64) -> Self {
        Self { score, of_thousand: link::probability(score) * 1000.0 }
    }
}

impl WorkedValue {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Number(number) => Cell::Number(*number),
            Self::Category(name) => Cell::Category(name),
        }
    }
}

impl Engine {
    /// How a decision is made, told from the models that serve.
    #[must_use]
    pub fn how_it_works(&self, locale: Locale) -> HowItWorks {
        let models = self.registry.active();
        let serving = models.fallback().and_then(|response| Some((response, models.get(response)?)));
        let texts = |kind: &str, count: usize| -> Vec<String> {
            (1..=count).map(|number| self.phrases.text(&format!("how-{kind}-{number}"), locale)).collect()
        };
        HowItWorks {
            steps: texts("step", 6),
            looks_at: serving.map(|(_, model)| self.looks_at(model, locale)).unwrap_or_default(),
            never_looks_at: texts("never", 4),
            sensitive: self.listed(|attribute| &attribute.sensitive_list),
            ordinary: self.listed(|attribute| &attribute.ordinary_list),
            listed: self.schema.listed_nodes(),
            estimates: texts("guess", 5),
            example: serving.and_then(|(response, model)| self.worked_example(response, model, locale)),
            choices: texts("choice", 4),
        }
    }

    /// The entries of a list of each attribute, in the order of the schema.
    fn listed(&self, list: impl Fn(&AttributeSpec) -> &Vec<ListEntry>) -> Vec<(String, ListEntry)> {
        let of = |attribute| list(attribute).iter().map(|entry| (attribute.name.clone(), entry.clone()));
        self.schema.attributes.iter().flat_map(of).collect()
    }

    /// What a model looks at, most important first.
    fn looks_at(&self, model: &ActiveModel, locale: Locale) -> Vec<LookedAt> {
        let mut data = Vec::<LookedAt>::new();
        for (feature, importance) in model.importances(Profile::Full) {
            let feature = &self.schema.features[feature.index()];
            let place = data.iter().position(|datum| datum.code == feature.datum).unwrap_or_else(|| {
                data.push(LookedAt {
                    code: feature.datum.clone(),
                    label: self.phrases.datum(&feature.datum, &self.schema.features, locale),
                    share: 0.0,
                    personal: false,
                    about: feature.origin,
                    sources: Vec::new(),
                    purposes: Purposes::NONE,
                    retention_days: 0,
                    controllable: false,
                });
                data.len() - 1
            });
            data[place].add(feature, importance);
        }
        let all = data.iter().map(|datum| datum.share).sum::<f64>();
        if all > 0.0 {
            for datum in &mut data {
                datum.share /= all;
            }
        }
        data.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.code.cmp(&b.code)));
        data
    }

    /// Somebody made up, whose score is built step by step from the model's own terms.
    fn worked_example(
        &self,
        response: Response,
        active: &ActiveModel,
        locale: Locale,
    ) -> Option<WorkedExample> {
        let model = active.artefact.profiled.model(Profile::Full);
        let Model::Additive(additive) = model else { return None };
        let topic = self.topic(additive);
        let mut features = active.importances(Profile::Full);
        // What the ad is for comes first, as what the person did is told about it; other facts of the ad last.
        let is_topic = |id: FeatureId| self.is_topic(&self.schema.features[id.index()]);
        let place = |id: FeatureId| match self.schema.features[id.index()].origin {
            _ if is_topic(id) => 0,
            Origin::Subject | Origin::History => 1,
            Origin::Context | Origin::Ad => 2,
        };
        features.sort_by(|a, b| {
            place(a.0).cmp(&place(b.0)).then(b.1.total_cmp(&a.1)).then_with(|| a.0.cmp(&b.0))
        });

        let mut told = Vec::<(FeatureId, WorkedValue)>::new();
        let mut data = Vec::<&str>::new();
        let mut left = FACTS_MAX;
        for (id, _) in features {
            let feature = &self.schema.features[id.index()];
            let personal = matches!(feature.origin, Origin::Subject | Origin::History);
            let left = &mut left[usize::from(!personal)];
            if data.contains(&feature.datum.as_str()) || (*left == 0 && !is_topic(id)) {
                continue;
            }
            // What the person did speaks for the ad, so that it cannot contradict itself; the ad against it.
            let shape = additive.shape(id);
            if let Some(value) = shape.and_then(|shape| self.value_of(shape, topic.as_deref(), personal)) {
                *left = left.saturating_sub(usize::from(!is_topic(id)));
                data.push(&feature.datum);
                told.push((id, value));
            }
        }
        if told.is_empty() {
            return None;
        }

        let mut row = vec![Cell::Withheld; self.schema.features.len()];
        let mut contributions = vec![Nats::ZERO; model.terms().len()];
        let mut steps = Vec::new();
        for (feature, value) in &told {
            row[feature.index()] = value.cell();
            model.attribute(&row, &mut contributions);
            let score = contributions.iter().fold(model.intercept(), |sum, share| sum + *share);
            steps.push(WorkedStep {
                fact: self.fact_of(*feature, value, topic.as_deref(), locale),
                feature: *feature,
                value: value.clone(),
                estimate: Estimate::of(score.to_f64()),
            });
        }
        Some(WorkedExample { response, start: Estimate::of(model.intercept().to_f64()), steps })
    }

    /// The feature by which ads of one category are told apart, if the model has one.
    fn is_topic(&self, feature: &Feature) -> bool {
        let category = self.schema.category.and_then(|id| self.schema.attributes.get(usize::from(id.0)));
        feature.origin == Origin::Ad
            && feature.kind == FeatureKind::Categorical
            && category.is_some_and(|category| feature.column == category.name)
    }

    /// The category of the made-up ad: the one that most people were shown and that is not sensitive.
    fn topic(&self, model: &AdditiveModel) -> Option<String> {
        let of_topic = |shape: &&ShapeFunction| self.is_topic(&self.schema.features[shape.feature.index()]);
        let shape = model.shapes().iter().find(of_topic)?;
        most_people(shape, |name| !self.names_sensitive(name))
    }

    fn names_sensitive(&self, name: &str) -> bool {
        self.schema.attributes.iter().any(|attribute| attribute.sensitive.contains(name))
    }

    /// A value from the bin that raises the score most, or lowers it most; of a category, that which most
    /// people had.
    fn value_of(&self, shape: &ShapeFunction, topic: Option<&str>, raises: bool) -> Option<WorkedValue> {
        let feature = &self.schema.features[shape.feature.index()];
        match &shape.bins {
            Bins::Levels(_) if self.is_topic(feature) => topic.map(|t| WorkedValue::Category(t.to_owned())),
            Bins::Levels(_) => {
                most_people(shape, |name| !self.names_sensitive(name)).map(WorkedValue::Category)
            }
            Bins::Cuts(cuts) => {
                // The made-up person did something: the lowest bin of history is for who did nothing.
                let did = matches!(feature.kind, FeatureKind::Affinity(affinity) if counts(affinity));
                let first = Bins::FIRST + usize::from(did);
                let known = (first..shape.bins.count()).filter(|&bin| shape.people[bin] > 0);
                let sign = if raises { 1.0 } else { -1.0 };
                let best = known.max_by(|&a, &b| {
                    let height = |bin: usize| sign * shape.scores[bin].to_f64();
                    height(a).total_cmp(&height(b)).then_with(|| b.cmp(&a))
                })?;
                let from = (best > Bins::FIRST).then(|| cuts[best - Bins::FIRST - 1]);
                let whole = matches!(feature.kind, FeatureKind::Affinity(_) | FeatureKind::Flag);
                round_within(from, cuts.get(best - Bins::FIRST).copied(), whole).map(WorkedValue::Number)
            }
        }
    }

    /// The fact as the person would read it.
    fn fact_of(&self, id: FeatureId, value: &WorkedValue, topic: Option<&str>, locale: Locale) -> String {
        let feature = &self.schema.features[id.index()];
        let evidence = match (value, &feature.kind) {
            (WorkedValue::Category(name), _) => Evidence::Category { feature: id, value: name.clone() },
            (WorkedValue::Number(number), FeatureKind::Affinity(affinity)) if counts(*affinity) => {
                let attribute = affinity.on.and_then(|on| self.schema.attributes.get(usize::from(on.0)));
                let on_category = affinity.on.is_some() && affinity.on == self.schema.category;
                // Counts are whole, and small enough.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
                let count = number.clamp(0.0, 100_000.0) as u32;
                Evidence::History {
                    event: affinity.event,
                    attribute: attribute.map(|attribute| attribute.name.clone()),
                    key: topic.filter(|_| on_category).map(str::to_owned),
                    days: count,
                    count,
                    first: None,
                    last: None,
                    window_days: affinity.window_days,
                }
            }
            (WorkedValue::Number(number), _) => Evidence::Number { feature: id, value: *number },
        };
        self.phrases.statement(&feature.datum, &[evidence], &self.schema.features, locale, Precision::Exact)
    }
}

impl LookedAt {
    fn add(&mut self, feature: &Feature, importance: f64) {
        self.share += importance;
        self.personal |= matches!(feature.origin, Origin::Subject | Origin::History);
        self.purposes = self.purposes.iter().chain(feature.serving.iter()).collect();
        self.retention_days = self.retention_days.max(feature.retention_days);
        self.controllable |= feature.controllable;
        let source = (feature.provenance.clone(), feature.derivation);
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }
}

/// The category that most people had, of those that `may` be named; the first by name of several.
fn most_people(shape: &ShapeFunction, may: impl Fn(&str) -> bool) -> Option<String> {
    let Bins::Levels(names) = &shape.bins else { return None };
    let people = shape.people.iter().skip(Bins::FIRST);
    let known = names.iter().zip(people).filter(|(name, people)| **people > 0 && may(name));
    known.max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))).map(|(name, _)| name.clone())
}

/// Whether a feature counts what the person did.
fn counts(affinity: Affinity) -> bool {
    matches!(affinity.statistic, Statistic::Count | Statistic::DistinctDays)
}

/// The roundest number that is at least `from` and below `to`. Only a `whole` one may be 0 where others
/// are not: that an ad has none of something would seldom be true.
fn round_within(from: Option<f64>, to: Option<f64>, whole: bool) -> Option<f64> {
    let within = |number: &f64| from.is_none_or(|from| *number >= from) && to.is_none_or(|to| *number < to);
    // Below 1, a share is not rounded to all of it.
    let least = usize::from(!whole && from.or(to).is_some_and(|edge| edge.abs() < 1.0));
    let zero = within(&0.0).then_some(0.0);
    let candidates = (least..=6).flat_map(|decimals| {
        let scale = libm::pow(10.0, decimals as f64);
        let up = from.map(|from| (from * scale).ceil() / scale);
        let down = to.map(|to| ((to * scale).ceil() - 1.0) / scale);
        [up, down]
    });
    let round = candidates.flatten().find(|number| within(number) && *number != 0.0);
    if whole { zero.or(round) } else { round.or(zero) }.or(from.filter(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_told_by_its_roundest_number() {
        assert_eq!(round_within(None, None, false), Some(0.0));
        assert_eq!(round_within(None, Some(0.5), true), Some(0.0));
        assert_eq!(round_within(Some(0.5), None, true), Some(1.0));
        assert_eq!(round_within(None, Some(12.5), false), Some(12.0));
        assert_eq!(round_within(None, Some(0.02), false), Some(0.01));
        assert_eq!(round_within(Some(0.9), None, false), Some(0.9));
        assert_eq!(round_within(Some(4.5), Some(7.5), true), Some(5.0));
        assert_eq!(round_within(Some(4.5), None, false), Some(5.0));
        assert_eq!(round_within(None, Some(-2.0), false), Some(-3.0));
        assert_eq!(round_within(Some(0.031), Some(0.042), false), Some(0.04));
        assert_eq!(round_within(Some(0.123_456_78), Some(0.123_456_79), false), Some(0.123_456_78));
    }
}
