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
mod feature;
mod guarantee;
mod noise;
mod params;
mod plan;
mod release;
mod restore;
mod rows;
mod smooth;
mod typical;
mod values;

pub use guarantee::{Guarantee, Mechanism, PrivacyUnit};
pub use noise::Noise;
pub use params::{PrivateParams, ValidPrivateParams};
pub use values::KnownValues;

use self::boost::{Boosting, Column};
use self::count::Counting;
use self::feature::{BaseRate, Prepared};
use self::plan::{Plan, Sizes};
use self::restore::restore_means;
use self::rows::cap_rows;
use self::smooth::Penalty;
use super::{AdditiveModel, ShapeFunction};
use crate::data::Table;
use crate::domain::{FeatureId, FieldError, Nats};
use crate::model::{FitData, FitError, Profiled, Progress, WithheldOffset};

/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;

/// What a private fit learns from, and for which profiles.
#[derive(Clone, Copy, Debug)]
pub struct PrivateTask<'a> {
    /// The rows, with the features of the full profile.
    pub rows: FitData<'a>,
    /// What is known ahead of the values of each of these features.
    pub known: &'a [KnownValues],
    /// Those of the features that the contextual profile has.
    pub contextual: &'a [FeatureId],
    /// Sets of features that can be withheld: each gets a constant that restores the mean.
    pub withheld: &'a [Vec<FeatureId>],
}

/// The models of both consent profiles, and what was promised to the people of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateFit {
    /// The model of the contextual features.
    pub contextual: AdditiveModel,
    /// The model of all features.
    pub full: AdditiveModel,
    /// What restores the mean of the full model when features are withheld.
    pub offsets: Vec<WithheldOffset>,
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
    /// feature of the schema. Over them, importances cost no privacy.
    #[must_use]
    pub fn typical_rows(&self, width: usize) -> Option<Table> {
        typical::typical_rows(&self.full, width)
    }
}

/// Fits the models of both consent profiles under one promise.
///
/// Unlike other fits it gives another model each time, and it does not tell whether there are rows of
/// both outcomes: that would be about people.
///
/// # Errors
/// When the parts do not fit together, the promise is too strict for so many features and rounds,
/// `delta` is not below 1 over the noisy number of rows, or `progress` cancels.
pub fn fit_private(
    task: &PrivateTask<'_>,
    params: &ValidPrivateParams,
    noise: &mut Noise,
    progress: &dyn Progress,
) -> Result<PrivateFit, FitError> {
    task.check()?;
    let data = &task.rows;
    let withheld = task.withheld_sets();
    let sizes = Sizes {
        features: data.features.len(),
        contextual: (task.contextual != data.features).then_some(task.contextual.len()),
        withheld: withheld.len(),
    };
    let plan = Plan::new(&sizes, task.known, params)?;
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
    let prepare = |(&feature, known): (&FeatureId, &KnownValues)| {
        Prepared::new(feature, &table, &counting.count(table.column(feature), known, noise))
    };
    let features: Vec<Prepared> = data.features.iter().zip(task.known).map(prepare).collect();

    let fitting = Fitting { base, outcome: &outcome, plan: &plan, params };
    let all: Vec<&Prepared> = features.iter().collect();
    let rounds = params.rounds as usize;
    let (contextual, full) = if sizes.contextual.is_none() {
        let full = fitting.fit(&all, None, noise, (0, rounds), progress)?;
        (full.clone(), full)
    } else {
        let is_contextual = |prepared: &&Prepared| task.contextual.contains(&prepared.feature);
        let of_context: Vec<&Prepared> = features.iter().filter(is_contextual).collect();
        let contextual = fitting.fit(&of_context, None, noise, (0, 2 * rounds), progress)?;
        let full = fitting.fit(&all, Some(&contextual), noise, (rounds, 2 * rounds), progress)?;
        (contextual, full)
    };
    let offsets = restore_means(&full, withheld, &table, base, plan.gradients.sigma, noise);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1")]
    let [rows, positives] = [base.rows, base.positives].map(|rows| rows.round() as u64);
    let people = rows / u64::from(params.rows_per_person_max);
    Ok(PrivateFit { contextual, full, offsets, rows, positives, people, guarantee: plan.guarantee(params) })
}

impl PrivateTask<'_> {
    /// Checks what does not depend on what the rows hold.
    fn check(&self) -> Result<(), FitError> {
        let data = &self.rows;
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
        if data.features.iter().any(|&feature| data.table.column(feature).is_rounded()) {
            let rule = "holds numbers that were rounded by what others gave; it must be loaded exactly";
            return Err(FieldError::new("table", rule).into());
        }
        let is_feature = |feature: &FeatureId| data.features.binary_search(feature).is_ok();
        if !self.contextual.is_sorted_by(|a, b| a < b) || !self.contextual.iter().all(is_feature) {
            return Err(FieldError::new("contextual", "must be distinct features, in ascending order").into());
        }
        if self.known.len() != data.features.len() {
            let rule = format!("must have {} entries, has {}", data.features.len(), self.known.len());
            return Err(FieldError::new("known", rule).into());
        }
        if self.withheld_sets().len() > Profiled::SETS_MAX {
            let rule = format!("must be at most {} sets of features", Profiled::SETS_MAX);
            return Err(FieldError::new("withheld", rule).into());
        }
        Ok(())
    }

    /// The sets of features that can be withheld, told apart by the features that are learned from.
    fn withheld_sets(&self) -> Vec<Vec<FeatureId>> {
        let restrict = |set: &Vec<FeatureId>| -> Vec<FeatureId> {
            self.rows.features.iter().copied().filter(|feature| set.contains(feature)).collect()
        };
        let mut sets: Vec<Vec<FeatureId>> =
            self.withheld.iter().map(restrict).filter(|set| !set.is_empty()).collect();
        sets.sort_unstable();
        sets.dedup();
        sets
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
        let sigma = self.plan.gradient_noise();
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
}

#[cfg(test)]
mod tests;
