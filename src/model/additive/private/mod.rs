//! The additive model under differential privacy: what it tells hardly depends on any one person.
//!
//! After Nori, Caruana, Bu, Shen and Kulkarni 2021 ("Accuracy, Interpretability, and Differential
//! Privacy via Explainable Boosting", DP-EBM): bins from noisy counts, boosting on noisy sums of
//! gradients, no split that looks at rows. Unlike there, the bounds of numbers come from the schema
//! and not from the data, a person may have several rows, the noise is discrete, steps are held down
//! by what the known variance of the noise leaves to be believed, and tables are means over rounds.
//!
//! What a fit learns of the rows passes through [`release::Sums`], whose numbers leave with noise
//! only; all the rest is computed from what left. A person moves a histogram by no more than their
//! rows, at most `rows_per_person_max` of which train, each worth 1: bins are disjoint, and a gradient
//! p - y lies between -1 and 1. `accounting` adds up what the releases cost.
//!
//! Two sets of training rows are neighbours when one is the other and all rows of one more person.
//! The promise is about what the fit returns; not about how long it took, nor about figures that are
//! measured afterwards on other people. Each fit spends it anew: of several fits on the same people the
//! squares of [`Guarantee::mu`] add up.

mod accounting;
mod boost;
mod count;
mod guarantee;
mod noise;
mod params;
mod release;
mod rows;
mod smooth;
mod typical;
mod values;

pub use guarantee::{Guarantee, Mechanism, PrivacyUnit};
pub use noise::Noise;
pub use params::{PrivateParams, ValidPrivateParams};
pub use values::KnownValues;

use self::accounting::{Releases, mu_for, mu_of, releases_within};
use self::boost::{Boosting, Column};
use self::count::{Counted, Counting, count_outcomes, named_from};
use self::release::UNITS_A_ROW;
use self::rows::cap_rows;
use self::smooth::Penalty;
use super::{AdditiveModel, ShapeFunction};
use crate::data::Table;
use crate::domain::{FeatureId, FieldError, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::{FitData, FitError, Progress};

/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;
/// The mean of p(1 - p) of a fitted model over that of its base rate: it is surer than that.
const CURVATURE: f64 = 0.75;

/// The models of both consent profiles, and what was promised to the people of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateFit {
    /// The model of the contextual features.
    pub contextual: AdditiveModel,
    /// The model of all features.
    pub full: AdditiveModel,
    /// Training rows, by a noisy count.
    pub rows: u64,
    /// Training rows in which the response happened, by a noisy count.
    pub positives: u64,
    /// A lower bound of the number of people, by the noisy count of rows.
    pub people: u64,
    /// The promise.
    pub guarantee: Guarantee,
}

impl PrivateFit {
    /// Rows that nobody had, drawn from the noisy counts of the full model: `width` columns, one per
    /// feature of the schema. Over them, importances and constants of withheld features cost no
    /// privacy.
    #[must_use]
    pub fn typical_rows(&self, width: usize) -> Option<Table> {
        typical::typical_rows(&self.full, width)
    }
}

/// Fits the models of both consent profiles, `contextual` and all features of `data`, under one
/// promise. `known` says of each feature of `data` what is known of its values.
///
/// Unlike other fits it gives another model each time, and it does not tell whether there are rows of
/// both outcomes: that would be about people.
///
/// # Errors
/// When the parts do not fit together, the promise is too strict for so many features and rounds,
/// `delta` is not below 1 over the noisy number of rows, or `progress` cancels.
pub fn fit_private(
    data: &FitData<'_>,
    contextual: &[FeatureId],
    known: &[KnownValues],
    params: &ValidPrivateParams,
    noise: &mut Noise,
    progress: &dyn Progress,
) -> Result<PrivateFit, FitError> {
    check(data, contextual, known)?;
    let plan = Plan::new(data.features.len(), contextual.len(), known, params)?;
    let kept = cap_rows(data.person, params.rows_per_person_max, noise);
    let table = data.table.select(&kept);
    let outcome: Vec<bool> = kept.iter().map(|&row| data.outcome[row]).collect();

    let base = BaseRate::release(&outcome, plan.counts.sigma, noise);
    base.check_delta(params.delta)?;
    let counting = Counting {
        sigma: plan.counts.sigma,
        bins_max: params.bins_max,
        named_from: plan.levels_named_from,
        rows: base.rows,
    };
    let features: Vec<Prepared> = data
        .features
        .iter()
        .zip(known)
        .map(|(&feature, known)| {
            Prepared::new(feature, &table, &counting.count(table.column(feature), known, noise))
        })
        .collect();

    let fitting = Fitting { base, outcome: &outcome, plan: &plan, params };
    let all: Vec<&Prepared> = features.iter().collect();
    let rounds = params.rounds as usize;
    if contextual == data.features {
        let full = fitting.fit(&all, None, noise, (0, rounds), progress)?;
        return Ok(fitting.finish(full.clone(), full));
    }
    let of_context: Vec<&Prepared> =
        features.iter().filter(|prepared| contextual.contains(&prepared.feature)).collect();
    let first = fitting.fit(&of_context, None, noise, (0, 2 * rounds), progress)?;
    let full = fitting.fit(&all, Some(&first), noise, (rounds, 2 * rounds), progress)?;
    Ok(fitting.finish(first, full))
}

/// Checks what does not depend on what the rows hold.
fn check(data: &FitData<'_>, contextual: &[FeatureId], known: &[KnownValues]) -> Result<(), FitError> {
    let rows = data.rows();
    for (what, len) in [("outcome", data.outcome.len()), ("person", data.person.len())] {
        if len != rows {
            return Err(FitError::Uneven { what, rows, len });
        }
    }
    if data.features.is_empty() {
        return Err(FitError::NoFeatures);
    }
    if let Some(&feature) = data.features.iter().find(|feature| feature.index() >= data.table.width()) {
        return Err(FitError::UnknownFeature { feature, width: data.table.width() });
    }
    if !data.features.is_sorted_by(|a, b| a < b) {
        return Err(FieldError::new("features", "must be distinct and in ascending order").into());
    }
    let is_feature = |feature: &FeatureId| data.features.binary_search(feature).is_ok();
    if !contextual.is_sorted_by(|a, b| a < b) || !contextual.iter().all(is_feature) {
        return Err(FieldError::new("contextual", "must be distinct features, in ascending order").into());
    }
    if known.len() != data.features.len() {
        let rule = format!("must have {} entries, has {}", data.features.len(), known.len());
        return Err(FieldError::new("known", rule).into());
    }
    Ok(())
}

/// What will be released, and with how much noise: fixed before a row is looked at.
struct Plan {
    counts: Releases,
    gradients: Releases,
    levels_named_from: f64,
    /// Whether levels may have to be named.
    names_levels: bool,
}

impl Plan {
    fn new(
        features: usize,
        contextual: usize,
        known: &[KnownValues],
        params: &ValidPrivateParams,
    ) -> Result<Self, FieldError> {
        let unnamed = known.iter().filter(|known| **known == KnownValues::AnyLevels).count();
        let level_delta = if unnamed > 0 { params.delta * params.level_delta_share } else { 0.0 };
        let mu = mu_for(params.epsilon, params.delta - level_delta);
        let sensitivity = u64::from(params.rows_per_person_max) * UNITS_A_ROW.unsigned_abs();
        // Every feature and the outcome are counted once; every feature and the intercept step once a
        // round, in both profiles if there are two.
        let steps = features + 1 + if contextual == features { 0 } else { contextual + 1 };
        let share = params.count_share.sqrt();
        let rest = (1.0 - params.count_share).sqrt();
        let counts = releases_within(mu * share, features as u64 + 1, sensitivity)?;
        let gradients = releases_within(mu * rest, steps as u64 * u64::from(params.rounds), sensitivity)?;
        // Each row of a person may have a level of its own in each of these features.
        let chances = (unnamed.max(1) as f64) * f64::from(params.rows_per_person_max);
        let levels_named_from = named_from(params.rows_per_person_max, counts.sigma, level_delta / chances);
        Ok(Self { counts, gradients, levels_named_from, names_levels: unnamed > 0 })
    }

    fn guarantee(&self, params: &ValidPrivateParams) -> Guarantee {
        let in_rows = |units: u64| units as f64 / UNITS_A_ROW as f64;
        Guarantee {
            epsilon: params.epsilon,
            delta: params.delta,
            unit: PrivacyUnit::Person,
            mechanism: Mechanism::DiscreteGaussian,
            mu: mu_of(&[self.counts, self.gradients]),
            rows_per_person_max: params.rows_per_person_max,
            count_noise: in_rows(self.counts.sigma),
            gradient_noise: in_rows(self.gradients.sigma),
            count_releases: self.counts.count,
            gradient_releases: self.gradients.count,
            levels_named_from: self.names_levels.then_some(self.levels_named_from),
        }
    }
}

/// How many rows there are and in how many the response happened, noisy.
#[derive(Clone, Copy)]
struct BaseRate {
    rows: f64,
    positives: f64,
}

impl BaseRate {
    fn release(outcome: &[bool], sigma: u64, noise: &mut Noise) -> Self {
        let released = count_outcomes(outcome).release(sigma, noise);
        let [negatives, positives] = [released[0], released[1]].map(|rows| rows.max(1.0));
        Self { rows: negatives + positives, positives }
    }

    /// A promise that may fail for one person in the rows is none.
    fn check_delta(self, delta: f64) -> Result<(), FieldError> {
        if delta * self.rows < 1.0 {
            return Ok(());
        }
        let rule = format!("must be below 1 over the number of people, about {:.0}, is {delta}", self.rows);
        Err(FieldError::new("delta", rule))
    }

    fn score(self) -> f64 {
        libm::log(self.positives / (self.rows - self.positives))
    }

    /// The mean of p(1 - p).
    fn curvature(self) -> f64 {
        let share = self.positives / self.rows;
        CURVATURE * share * (1.0 - share)
    }
}

/// A feature in bins, its rows coded.
struct Prepared {
    feature: FeatureId,
    bins: Bins,
    codes: Vec<u16>,
    /// Noisy rows of each bin, and how many are taken to be there at least.
    rows: Vec<f64>,
    weight: Vec<f64>,
    possible: Vec<bool>,
}

impl Prepared {
    fn new(feature: FeatureId, table: &Table, counted: &Counted) -> Self {
        // The exact counts that come with the codes are dropped here.
        let everyone: Vec<u32> = (0..u32::MAX).take(table.rows()).collect();
        let codes = Binned::encode(counted.bins.clone(), table.column(feature), &everyone, 1).codes;
        let at_least = |(rows, deviation): (&f64, &f64)| rows.max(*deviation);
        Self {
            feature,
            codes,
            weight: counted.rows.iter().zip(&counted.deviations).map(at_least).collect(),
            bins: counted.bins.clone(),
            rows: counted.rows.clone(),
            possible: counted.possible.clone(),
        }
    }

    fn hessian(&self, base: BaseRate) -> Vec<f64> {
        self.weight.iter().map(|rows| rows * base.curvature()).collect()
    }

    fn penalty(&self, hessian: &[f64], noise: f64, params: &ValidPrivateParams) -> Penalty {
        let line = match self.bins {
            Bins::Cuts(_) => Some((Bins::FIRST, params.step_spread)),
            Bins::Levels(_) => None,
        };
        Penalty::new(hessian, noise, params.level_spread, line)
    }
}

/// What both profiles share.
struct Fitting<'a> {
    base: BaseRate,
    outcome: &'a [bool],
    plan: &'a Plan,
    params: &'a ValidPrivateParams,
}

impl Fitting<'_> {
    /// Fits a model on some features, from the tables of `start` on where it has them.
    fn fit(
        &self,
        features: &[&Prepared],
        start: Option<&AdditiveModel>,
        noise: &mut Noise,
        told: (usize, usize),
        progress: &dyn Progress,
    ) -> Result<AdditiveModel, FitError> {
        let everyone = vec![0; self.outcome.len()];
        let intercept = Column {
            codes: &everyone,
            possible: &[true],
            hessian: vec![self.base.rows * self.base.curvature()],
            penalty: Penalty::none(1),
        };
        // The rounds together are as loud as one of this variance, in rows.
        let sigma = self.plan.gradients.sigma as f64 / UNITS_A_ROW as f64;
        let variance = sigma * sigma / f64::from(self.params.rounds);
        let column = |prepared: &&'_ Prepared| {
            let hessian = prepared.hessian(self.base);
            let penalty = prepared.penalty(&hessian, variance, self.params);
            (hessian, penalty)
        };
        let believed: Vec<(Vec<f64>, Penalty)> = features.iter().map(column).collect();
        let of_features = features.iter().zip(&believed).map(|(prepared, (hessian, penalty))| Column {
            codes: &prepared.codes,
            possible: &prepared.possible,
            hessian: hessian.clone(),
            penalty: penalty.clone(),
        });
        let boosting = Boosting {
            columns: std::iter::once(intercept).chain(of_features).collect(),
            outcome: self.outcome,
            sigma: self.plan.gradients.sigma,
            params: self.params,
        };
        let known = |prepared: &&'_ Prepared| {
            let shape = start.and_then(|start| start.shape(prepared.feature));
            let zero = || vec![0.0; prepared.bins.count()];
            shape.map_or_else(zero, |shape| shape.scores.iter().map(|score| score.to_f64()).collect())
        };
        let first = start.map_or(self.base.score(), |start| start.intercept().to_f64());
        let tables = std::iter::once(vec![first]).chain(features.iter().map(known)).collect();
        let mut tables = boosting.boost(tables, noise, told, progress)?.into_iter();
        let mut intercept = Nats::from_f64(tables.next().map_or(0.0, |table| table[0]));
        let mut shapes = Vec::with_capacity(features.len());
        for ((prepared, table), (hessian, penalty)) in features.iter().zip(tables).zip(&believed) {
            let mut shape = self.shape(prepared, &table, &penalty.standard_errors(hessian, variance));
            intercept += shape.centre();
            shapes.push(shape);
        }
        Ok(AdditiveModel::new(intercept, shapes, Vec::new())?)
    }

    fn shape(&self, prepared: &Prepared, scores: &[f64], errors: &[f64]) -> ShapeFunction {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped, and cut by `as`"
        )]
        let rows: Vec<u32> = prepared.rows.iter().map(|rows| rows.round().max(0.0) as u32).collect();
        let band = |(error, possible): (&f64, &bool)| if *possible { Z_95 * error } else { 0.0 };
        ShapeFunction {
            feature: prepared.feature,
            bins: prepared.bins.clone(),
            scores: scores.iter().copied().map(Nats::from_f64).collect(),
            bands: errors.iter().zip(&prepared.possible).map(band).map(Nats::from_f64).collect(),
            people: rows.iter().map(|rows| rows / self.params.rows_per_person_max).collect(),
            rows,
        }
    }

    fn finish(&self, contextual: AdditiveModel, full: AdditiveModel) -> PrivateFit {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1")]
        let [rows, positives] = [self.base.rows, self.base.positives].map(|rows| rows.round() as u64);
        PrivateFit {
            contextual,
            full,
            rows,
            positives,
            people: rows / u64::from(self.params.rows_per_person_max),
            guarantee: self.plan.guarantee(self.params),
        }
    }
}

#[cfg(test)]
mod tests;
