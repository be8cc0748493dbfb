//! From what was measured and fitted to the facts of a report.

use super::card::calibration;
use super::folds::Turns;
use super::prepare::Prepared;
use super::quality::{OverFolds, Quality, Spread};
use crate::data::{Dataset, Schema};
use crate::domain::{Feature, FeatureId, FeatureKind, Locale, Nats, Profile};
use crate::explain::Phrases;
use crate::model::additive::{AdditiveModel, PairFunction, ShapeFunction};
use crate::model::metrics::Interval;
use crate::model::{Bins, Model, ModelKind, Profiled};
use crate::report::{
    BinFacts, Contender, Figure, FoldFacts, ModelFacts, PairFacts, Report, RowCounts, ShapeFacts, SideFacts,
    Timing, ValueFacts,
};

/// The report of a comparison on one split. The model that is drawn is the one that was measured.
#[must_use]
pub fn report_split(schema: &Schema, words: &Phrases, prepared: &Prepared, quality: &Quality) -> Report {
    let additive = quality.fitted.iter().find(|(kind, _)| *kind == ModelKind::Additive);
    let contenders = quality.contenders.iter().map(|contender| {
        let figures = &contender.evaluation;
        Contender {
            name: contender.name.clone(),
            auc: figures.auc.map(figure),
            auc_within_group: figures.auc_within_group.map(figure),
            auc_group_mean: figures.auc_group_mean,
            log_loss: figure(figures.log_loss),
            folds: Vec::new(),
            predicted: figure(figures.predicted),
            observed: figure(figures.observed),
            reliability: calibration(figures),
        }
    });
    let timing = |contender: &super::quality::Contender| Timing {
        name: contender.name.clone(),
        fit_seconds: vec![contender.took.as_secs_f64()],
        score_seconds: vec![contender.scored.as_secs_f64()],
    };
    Report {
        format: Report::FORMAT,
        example: schema.name.clone(),
        outcome: prepared.outcome.clone(),
        held_out: prepared.split.clone(),
        trained: counts(&prepared.train),
        tested: counts(&prepared.test),
        intervals: "Ranges are 95 % intervals, by resampling people.".to_owned(),
        contenders: contenders.collect(),
        models: additive
            .map_or_else(Vec::new, |(_, profiled)| models(profiled, schema, words, "the training rows")),
        timings: quality.contenders.iter().map(timing).collect(),
    }
}

/// The report of a comparison over folds. `whole` is the additive model of all rows, with the seconds
/// that it took: the one that is drawn.
#[must_use]
pub fn report_folds(
    schema: &Schema,
    words: &Phrases,
    turns: &Turns,
    table: &[OverFolds],
    whole: Option<(&Profiled, f64)>,
) -> Report {
    let contenders = table.iter().map(|model| Contender {
        name: model.name.clone(),
        auc: Some(spread(model.auc())),
        auc_within_group: None,
        auc_group_mean: None,
        log_loss: spread(model.log_loss()),
        folds: model
            .folds
            .iter()
            .map(|fold| FoldFacts { rows: fold.rows, auc: fold.auc, log_loss: fold.log_loss })
            .collect(),
        predicted: figure(model.pooled.predicted),
        observed: figure(model.pooled.observed),
        reliability: calibration(&model.pooled),
    });
    let timing = |model: &OverFolds| Timing {
        name: model.name.clone(),
        fit_seconds: model.folds.iter().map(|fold| fold.took.as_secs_f64()).collect(),
        score_seconds: model.folds.iter().map(|fold| fold.scored.as_secs_f64()).collect(),
    };
    let of_whole = whole.map(|(_, seconds)| Timing {
        name: "additive on all rows".to_owned(),
        fit_seconds: vec![seconds],
        score_seconds: Vec::new(),
    });
    Report {
        format: Report::FORMAT,
        example: schema.name.clone(),
        outcome: turns.outcome().to_owned(),
        held_out: format!("each of {} folds by what the others trained", turns.count()),
        trained: counts(turns.rows()),
        tested: counts(turns.rows()),
        intervals: "Figures are means over the folds; ranges are one standard deviation over the folds \
                    either side."
            .to_owned(),
        contenders: contenders.collect(),
        models: whole.map_or_else(Vec::new, |(profiled, _)| models(profiled, schema, words, "all rows")),
        timings: table.iter().map(timing).chain(of_whole).collect(),
    }
}

fn counts(rows: &Dataset) -> RowCounts {
    let positives = rows.outcome.iter().filter(|&&happened| happened).count();
    RowCounts { rows: rows.rows(), positives }
}

const fn figure(interval: Interval) -> Figure {
    Figure { estimate: interval.estimate, low: interval.low, high: interval.high }
}

fn spread(spread: Spread) -> Figure {
    let Spread { mean, deviation } = spread;
    Figure { estimate: mean, low: mean - deviation, high: mean + deviation }
}

/// The additive model of each profile that has its own, the richest first; empty for other kinds.
fn models(profiled: &Profiled, schema: &Schema, words: &Phrases, fitted_on: &str) -> Vec<ModelFacts> {
    let [contextual, full] = Profile::ALL.map(|profile| (profile, profiled.model(profile)));
    let own = [Some(full), (contextual.1 != full.1).then_some(contextual)];
    let known = Known { features: &schema.features, words };
    let facts = own.into_iter().flatten().filter_map(|(profile, model)| match model {
        Model::Additive(model) => Some(known.model(profile, model, fitted_on)),
        Model::Linear(_) | Model::Tree(_) => None,
    });
    facts.collect()
}

/// What is known of the features and their values.
struct Known<'a> {
    features: &'a [Feature],
    words: &'a Phrases,
}

impl Known<'_> {
    fn model(&self, profile: Profile, model: &AdditiveModel, fitted_on: &str) -> ModelFacts {
        let mut shapes: Vec<ShapeFacts> = model.shapes().iter().map(|one| self.shape(one)).collect();
        shapes.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        let mut pairs: Vec<PairFacts> = model.pairs().iter().map(|one| self.pair(one)).collect();
        pairs.sort_by(|a, b| b.importance.total_cmp(&a.importance));
        let knows = match profile {
            Profile::Full => "It knows every feature, as far as a person lets it.",
            Profile::Contextual => {
                "It knows nothing about the person, and serves whoever lets nothing be known."
            }
        };
        ModelFacts {
            profile: profile.name().to_owned(),
            knows: knows.to_owned(),
            fitted_on: fitted_on.to_owned(),
            intercept: model.intercept().to_f64(),
            shapes,
            pairs,
        }
    }

    fn shape(&self, shape: &ShapeFunction) -> ShapeFacts {
        let (feature, label) = self.names(shape.feature);
        let values = self.values(&shape.bins, shape.feature);
        let bins = values.into_iter().enumerate().map(|(bin, value)| BinFacts {
            value,
            score: shape.scores[bin].to_f64(),
            band: shape.bands[bin].to_f64(),
            rows: told_rows(shape.rows[bin], shape.people[bin]),
            people: shape.people[bin],
        });
        ShapeFacts { feature, label, importance: shape.importance(), bins: bins.collect() }
    }

    fn pair(&self, pair: &PairFunction) -> PairFacts {
        let side = |side: usize| {
            let (feature, label) = self.names(pair.features[side]);
            SideFacts { feature, label, bins: self.values(&pair.bins[side], pair.features[side]) }
        };
        PairFacts {
            sides: [side(0), side(1)],
            importance: pair.importance(),
            scores: pair.scores.iter().copied().map(Nats::to_f64).collect(),
            bands: pair.bands.iter().copied().map(Nats::to_f64).collect(),
            rows: pair
                .rows
                .iter()
                .zip(&pair.people)
                .map(|(&rows, &people)| told_rows(rows, people))
                .collect(),
            people: pair.people.clone(),
        }
    }

    /// Name and label of a feature.
    fn names(&self, feature: FeatureId) -> (String, String) {
        let unknown = || (format!("feature {}", feature.0), format!("feature {}", feature.0));
        let known = self.features.get(feature.index());
        known.map_or_else(unknown, |feature| (feature.name.clone(), feature.label.en.clone()))
    }

    /// What falls into each bin; a flag is a level.
    fn values(&self, bins: &Bins, feature: FeatureId) -> Vec<ValueFacts> {
        let feature = self.features.get(feature.index());
        let is_flag = feature.is_some_and(|feature| feature.kind == FeatureKind::Flag);
        let plain = |name: &str| ValueFacts::Level { name: name.to_owned(), label: None };
        let mut values = vec![ValueFacts::Missing, ValueFacts::Unseen];
        match bins {
            Bins::Levels(names) => values.extend(names.iter().map(|name| self.level(name))),
            Bins::Cuts(cuts) if is_flag && cuts.len() == 1 => values.extend([plain("no"), plain("yes")]),
            Bins::Cuts(cuts) => values.extend((0..=cuts.len()).map(|bin| ValueFacts::Interval {
                from: bin.checked_sub(1).map(|below| cuts[below]),
                to: cuts.get(bin).copied(),
            })),
        }
        values
    }

    /// A level by its name in the data, with its label if the phrases have one that says more.
    fn level(&self, name: &str) -> ValueFacts {
        let label = self.words.category(name, Locale::En);
        ValueFacts::Level { name: name.to_owned(), label: (label != name).then_some(label) }
    }
}

/// How many rows may be told of a bin: of fewer people than the floor, which `people` has as 0, not even that there
/// are any.
const fn told_rows(rows: u32, people: u32) -> u32 {
    if people == 0 { 0 } else { rows }
}
