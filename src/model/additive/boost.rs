//! Fitting: bags boosted side by side, stopped together, averaged, centred and quantised.
//!
//! Each bag leaves out one group of people. All stop at the round at which the log loss of the
//! people left out, summed over the bags, is least: a cross-validated choice of the number of
//! rounds, so one unlucky group does not decide.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::bag::{Bag, BagRows, BagTables, Rows};
use super::calibrate::restore_mean;
use super::params::ValidAdditiveParams;
use super::{AdditiveModel, ShapeFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::fold::Folds;
use crate::model::{FitData, FitError, Progress};

/// Rounds between two looks at the people left out.
const ROUNDS_A_LOOK: u32 = 5;
/// Features that step on the same gradients. Their steps together stay far below one Newton step.
const FEATURES_A_BLOCK: usize = 4;
/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;

/// Fits a model on all features of `data`.
///
/// The same data, settings and seed give the same model at any number of threads.
///
/// # Errors
/// When the data cannot be learned from, or when `progress` cancels.
pub fn fit(
    data: &FitData<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    data.check()?;
    let nothing = AdditiveModel { intercept: Nats::ZERO, terms: Vec::new(), shapes: Vec::new() };
    fit_from(&nothing, data, params, progress)
}

/// Continues `base`: boosts further tables from the scores of a share of it and adds them to its
/// own.
///
/// The model has the features of both. A feature that `base` knows keeps its bins; one that `data`
/// does not name keeps its share.
///
/// # Errors
/// When the data cannot be learned from, or when `progress` cancels.
pub fn fit_from(
    base: &AdditiveModel,
    data: &FitData<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    data.check()?;
    if let Some(shape) = base.shapes.iter().find(|shape| shape.feature.index() >= data.table.width()) {
        return Err(FitError::UnknownFeature { feature: shape.feature, width: data.table.width() });
    }
    let base = &share_of(base, params.base_share);
    let features = bin_features(base, data, params);
    let init: Vec<f64> = base.scores(data.table).into_iter().map(Nats::to_f64).collect();
    let rows = Rows { features: &features, outcome: data.outcome, person: data.person, init: &init };
    let bags = boost_bags(&rows, params, progress)?;
    let mut shapes: BTreeMap<FeatureId, ShapeFunction> =
        base.shapes.iter().map(|shape| (shape.feature, shape.clone())).collect();
    let groups = f64::from(bags.groups);
    for (feature, binned) in features.into_iter().enumerate() {
        let id = data.features[feature];
        let tables: Vec<&[f64]> = bags.tables.iter().map(|bag| bag.scores[feature].as_slice()).collect();
        let grown = average(id, binned, &tables, groups);
        shapes.entry(id).and_modify(|shape| shape.add(&grown)).or_insert(grown);
    }
    let mut shapes: Vec<ShapeFunction> = shapes.into_values().collect();
    let boosted = bags.tables.iter().map(|bag| bag.intercept).sum::<f64>() / bags.tables.len() as f64;
    let mut intercept = base.intercept + Nats::from_f64(boosted);
    for shape in &mut shapes {
        intercept += shape.centre();
    }
    let mut model = AdditiveModel::new(intercept, shapes)?;
    restore_mean(&mut model, data);
    Ok(model)
}

/// Each feature of `data` in bins: those of `base` if it has the feature, else learned.
fn bin_features(base: &AdditiveModel, data: &FitData<'_>, params: &ValidAdditiveParams) -> Vec<Binned> {
    let bin = |&feature: &FeatureId| {
        let column = data.table.column(feature);
        let bins = base.shape(feature).map_or_else(
            || Bins::learn(column, data.person, usize::from(params.bins_max), params.people_min),
            |shape| shape.bins.clone(),
        );
        Binned::encode(bins, column, data.person, params.people_min)
    };
    data.features.par_iter().map(bin).collect()
}

/// A share of `base`: the same bins, scores and bands in proportion. The intercept stays.
fn share_of(base: &AdditiveModel, share: f64) -> AdditiveModel {
    let mut part = base.clone();
    for entry in part.shapes.iter_mut().flat_map(|shape| shape.scores.iter_mut().chain(&mut shape.bands)) {
        *entry = Nats::from_f64(entry.to_f64() * share);
    }
    part
}

/// What boosting leaves of the bags.
struct Boosted {
    /// The tables of each bag at the best round.
    tables: Vec<BagTables>,
    /// The groups of people that the bags leave out in turn.
    groups: u16,
}

/// Boosts all bags until the people left out gain no more.
fn boost_bags(
    rows: &Rows<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<Boosted, FitError> {
    let folds = Folds::deal(rows.outcome, rows.person, params.bags, params.seed);
    let mut bags: Vec<Bag<BagRows<'_>>> =
        (0..params.bags).into_par_iter().map(|bag| Bag::new(rows, &folds, bag)).collect();
    let loss_of = |bags: &[Bag<BagRows<'_>>]| -> f64 {
        let losses: Vec<f64> = bags.par_iter().map(Bag::held_out_loss).collect();
        losses.iter().sum()
    };
    let tables_of = |bags: &[Bag<BagRows<'_>>]| bags.iter().map(|bag| bag.tables.clone()).collect::<Vec<_>>();
    let (mut best, mut best_loss, mut best_round) = (tables_of(&bags), loss_of(&bags), 0);
    let mut round = 0;
    while round < params.rounds_max && round - best_round < params.patience_rounds {
        if progress.cancelled() {
            return Err(FitError::Cancelled);
        }
        let rounds = ROUNDS_A_LOOK.min(params.rounds_max - round);
        bags.par_iter_mut().for_each(|bag| bag.boost(rounds, FEATURES_A_BLOCK, params));
        round += rounds;
        let loss = loss_of(&bags);
        if loss < best_loss {
            (best, best_loss, best_round) = (tables_of(&bags), loss, round);
        }
        progress.step(round as usize, params.rounds_max as usize);
    }
    progress.step(params.rounds_max as usize, params.rounds_max as usize);
    Ok(Boosted { tables: best, groups: folds.groups })
}

/// The mean of the bags' tables of one feature, with its bands.
///
/// Each bag leaves out one of `groups` groups of people, so the spread of the bags is a grouped
/// jackknife's: the variance of the mean is `groups - 1` times the mean squared deviation (Shao and
/// Wu 1989).
fn average(feature: FeatureId, binned: Binned, bags: &[&[f64]], groups: f64) -> ShapeFunction {
    let count = bags.len() as f64;
    let bins = 0..binned.bins.count();
    let mean = |bin: usize| bags.iter().map(|bag| bag[bin]).sum::<f64>() / count;
    let band = |bin: usize| {
        let mean = mean(bin);
        let squares = bags.iter().map(|bag| (bag[bin] - mean) * (bag[bin] - mean)).sum::<f64>();
        Nats::from_f64(Z_95 * (squares / count * (groups - 1.0)).sqrt())
    };
    ShapeFunction {
        feature,
        scores: bins.clone().map(|bin| Nats::from_f64(mean(bin))).collect(),
        bands: bins.map(band).collect(),
        bins: binned.bins,
        people: binned.people,
        rows: binned.rows,
    }
}

impl ShapeFunction {
    /// Adds what was boosted on top of it, in the same bins. The errors of the two are taken as
    /// independent.
    fn add(&mut self, grown: &Self) {
        for (score, &more) in self.scores.iter_mut().zip(&grown.scores) {
            *score += more;
        }
        for (band, more) in self.bands.iter_mut().zip(&grown.bands) {
            *band = Nats::from_f64((band.to_f64() * band.to_f64() + more.to_f64() * more.to_f64()).sqrt());
        }
        self.people.clone_from(&grown.people);
        self.rows.clone_from(&grown.rows);
    }

    /// Moves the scores so that their mean over the rows that they were learned from is 0 to the
    /// unit; returns the mean. A bin that was learned from no row keeps its score of 0.
    fn centre(&mut self) -> Nats {
        let rows: i128 = self.rows.iter().map(|&rows| i128::from(rows)).sum();
        if rows == 0 {
            return Nats::ZERO;
        }
        let sum: i128 = self
            .scores
            .iter()
            .zip(&self.rows)
            .map(|(s, &rows)| i128::from(s.units()) * i128::from(rows))
            .sum();
        let mean = Nats::from_units(i64::try_from(sum / rows).unwrap_or(0));
        for (score, _) in self.scores.iter_mut().zip(&self.rows).filter(|(_, rows)| **rows > 0) {
            *score -= mean;
        }
        mean
    }
}

#[cfg(test)]
mod tests;
