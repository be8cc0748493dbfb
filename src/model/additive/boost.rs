//! Fitting: bags boosted side by side, stopped together, averaged, centred and quantised.
//!
//! Each bag leaves out one group of people. All stop at the round at which the log loss of the
//! people left out, summed over the bags, is least: a cross-validated choice of the number of
//! rounds, so one unlucky group does not decide.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::bag::{Bag, BagRows, BagTables, Coded, Rows};
use super::calibrate::restore_mean;
use super::histogram::Gradient;
use super::interact::{Pair, join_bins, rank_pairs};
use super::params::ValidAdditiveParams;
use super::purify::purify;
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins, Coarse};
use crate::model::fold::Folds;
use crate::model::{FitData, FitError, Progress};

/// Rounds between two looks at the people left out.
const ROUNDS_A_LOOK: u32 = 5;
/// Features that step on the same gradients. Their steps together stay far below one Newton step.
const FEATURES_A_BLOCK: usize = 4;
/// How many pairs are tried first; then twice as many, and so on.
const PAIRS_FIRST: usize = 6;
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
    fit_from(&AdditiveModel::new(Nats::ZERO, Vec::new(), Vec::new())?, data, params, progress)
}

/// Continues `base`: boosts further tables from the scores of a share of it and adds them to its
/// own; first those of features, then those of pairs.
///
/// The model has the features and pairs of both. A feature that `base` knows keeps its bins; one
/// that `data` does not name keeps its share.
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
    let base = share_of(base, params.base_share);
    let features = bin_features(&base, data, params);
    #[allow(clippy::cast_possible_truncation, reason = "scores are boosted in single precision")]
    let init: Vec<f32> = base.scores(data.table).into_iter().map(|score| score.to_f64() as f32).collect();
    let folds = Folds::deal(data.outcome, data.person, params.bags, params.seed);
    let fitting = Fitting { data, folds, params, progress };
    let inits = vec![init.clone(); usize::from(params.bags)];
    let mains = fitting.boost(features.iter().map(Coded::line).collect(), &inits)?;
    let found = find_pairs(&base, &features, &mains, &init, &fitting)?;

    let mut model = base;
    model.intercept += Nats::from_f64(mains.mean_intercept() + found.intercept);
    let mut shapes: BTreeMap<FeatureId, ShapeFunction> =
        model.shapes.into_iter().map(|shape| (shape.feature, shape)).collect();
    let groups = f64::from(fitting.folds.groups);
    for (place, binned) in features.into_iter().enumerate() {
        let id = data.features[place];
        let Averaged { scores, bands } = average(&mains.tables_of(place), groups);
        let moved = &found.moved[place];
        let scores = scores.iter().zip(moved).zip(&binned.learned);
        let scores = scores.map(|((score, moved), learned)| score + if *learned { *moved } else { 0.0 });
        let grown = ShapeFunction {
            feature: id,
            scores: scores.map(Nats::from_f64).collect(),
            bands: bands.into_iter().map(Nats::from_f64).collect(),
            bins: binned.bins,
            people: binned.people,
            rows: binned.rows,
        };
        shapes.entry(id).and_modify(|shape| shape.add(&grown)).or_insert(grown);
    }
    let mut pairs: BTreeMap<[FeatureId; 2], PairFunction> =
        model.pairs.into_iter().map(|pair| (pair.features, pair)).collect();
    pairs.extend(found.pairs.into_iter().map(|pair| (pair.features, pair)));
    let mut shapes: Vec<ShapeFunction> = shapes.into_values().collect();
    let mut intercept = model.intercept;
    for shape in &mut shapes {
        intercept += shape.centre();
    }
    let mut model = AdditiveModel::new(intercept, shapes, pairs.into_values().collect())?;
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
    let of_shapes = part.shapes.iter_mut().flat_map(|shape| shape.scores.iter_mut().chain(&mut shape.bands));
    let of_pairs = part.pairs.iter_mut().flat_map(|pair| pair.scores.iter_mut().chain(&mut pair.bands));
    for entry in of_shapes.chain(of_pairs) {
        *entry = Nats::from_f64(entry.to_f64() * share);
    }
    part
}

/// What boosting leaves of the bags: the tables of each at the best round.
struct Boosted {
    bags: Vec<BagTables>,
    /// The log loss of the people left out at that round, summed over the bags, in nats.
    loss: f64,
}

impl Boosted {
    fn mean_intercept(&self) -> f64 {
        self.bags.iter().map(|bag| bag.intercept).sum::<f64>() / self.bags.len() as f64
    }

    /// The tables of one column, bag by bag.
    fn tables_of(&self, column: usize) -> Vec<&[f64]> {
        self.bags.iter().map(|bag| bag.scores[column].as_slice()).collect()
    }
}

/// What every stage of a fit shares.
struct Fitting<'a> {
    data: &'a FitData<'a>,
    folds: Folds,
    params: &'a ValidAdditiveParams,
    progress: &'a dyn Progress,
}

impl Fitting<'_> {
    /// Boosts all bags on `columns`, each from its own `inits`, until the people left out gain no more.
    fn boost(&self, columns: Vec<Coded<'_>>, inits: &[Vec<f32>]) -> Result<Boosted, FitError> {
        let (params, progress) = (self.params, self.progress);
        let rows = Rows { columns, outcome: self.data.outcome, person: self.data.person };
        let start = |(bag, init): (u16, &Vec<f32>)| Bag::new(&rows, init.clone(), &self.folds, bag);
        let mut bags: Vec<Bag<BagRows<'_>>> =
            (0..params.bags).into_par_iter().zip(inits).map(start).collect();
        let look = |bags: &[Bag<BagRows<'_>>]| {
            let losses: Vec<f64> = bags.par_iter().map(Bag::held_out_loss).collect();
            losses.iter().sum::<f64>()
        };
        let keep = |bags: &[Bag<BagRows<'_>>], loss| Boosted {
            bags: bags.iter().map(|bag| bag.tables.clone()).collect(),
            loss,
        };
        let (mut best, mut best_round, mut round) = (keep(&bags, look(&bags)), 0, 0);
        while round < params.rounds_max && round - best_round < params.patience_rounds {
            if progress.cancelled() {
                return Err(FitError::Cancelled);
            }
            let rounds = ROUNDS_A_LOOK.min(params.rounds_max - round);
            bags.par_iter_mut().for_each(|bag| bag.boost(rounds, FEATURES_A_BLOCK, params));
            round += rounds;
            let loss = look(&bags);
            if loss < best.loss {
                (best, best_round) = (keep(&bags, loss), round);
            }
            progress.step(round as usize, params.rounds_max as usize);
        }
        progress.step(params.rounds_max as usize, params.rounds_max as usize);
        Ok(best)
    }
}

/// Scores and the half widths of their bands, in nats.
struct Averaged {
    scores: Vec<f64>,
    bands: Vec<f64>,
}

/// The mean of the bags' tables of one column, with its bands.
///
/// Each bag leaves out one of `groups` groups of people, so the spread of the bags is a grouped
/// jackknife's: the variance of the mean is `groups - 1` times the mean squared deviation (Shao and
/// Wu 1989).
fn average(bags: &[&[f64]], groups: f64) -> Averaged {
    let count = bags.len() as f64;
    let entries = 0..bags.first().map_or(0, |bag| bag.len());
    let mean = |entry: usize| bags.iter().map(|bag| bag[entry]).sum::<f64>() / count;
    let band = |entry: usize| {
        let mean = mean(entry);
        let squares = bags.iter().map(|bag| (bag[entry] - mean) * (bag[entry] - mean)).sum::<f64>();
        Z_95 * (squares / count * (groups - 1.0)).sqrt()
    };
    Averaged { scores: entries.clone().map(mean).collect(), bands: entries.map(band).collect() }
}

/// The pairs that the people left out gain by, purified.
struct Found {
    pairs: Vec<PairFunction>,
    /// What moves from the pairs to each bin of each feature of the fit, in nats.
    moved: Vec<Vec<f64>>,
    intercept: f64,
}

/// Boosts pairs on what the tables of the features leave: those that rank first, in growing numbers, as
/// long as the people left out gain by it.
fn find_pairs(
    base: &AdditiveModel,
    features: &[Binned],
    mains: &Boosted,
    init: &[f32],
    fitting: &Fitting<'_>,
) -> Result<Found, FitError> {
    let mut found = Found {
        pairs: Vec::new(),
        moved: features.iter().map(|binned| vec![0.0; binned.bins.count()]).collect(),
        intercept: 0.0,
    };
    let (data, params) = (fitting.data, fitting.params);
    if params.pairs_max == 0 || features.len() < 2 {
        return Ok(found);
    }
    let inits: Vec<Vec<f32>> = mains.bags.par_iter().map(|bag| scores_of(bag, features, init)).collect();
    let joined = join_bins(features, data.features, base, params.people_min);
    let ranked = rank_pairs(features, &joined, &mean_gradients(&inits, data.outcome), data.person, params);
    let Some((number, boosted)) = choose_number(&ranked, &inits, mains.loss, fitting)? else {
        return Ok(found);
    };
    found.intercept = boosted.mean_intercept();
    for (column, pair) in ranked.into_iter().take(number).enumerate() {
        let grown = average(&boosted.tables_of(column), f64::from(fitting.folds.groups));
        found.add(pair, grown, &joined, base, data.features);
    }
    Ok(found)
}

/// How many of the pairs to take, with what boosting makes of them; None when the people left out gain
/// by none.
fn choose_number(
    ranked: &[Pair],
    inits: &[Vec<f32>],
    loss_without: f64,
    fitting: &Fitting<'_>,
) -> Result<Option<(usize, Boosted)>, FitError> {
    let mut best: Option<(usize, Boosted)> = None;
    let mut number = PAIRS_FIRST.min(ranked.len());
    while number > best.as_ref().map_or(0, |(number, _)| *number) {
        let boosted = fitting.boost(ranked[..number].iter().map(Pair::coded).collect(), inits)?;
        if boosted.loss >= best.as_ref().map_or(loss_without, |(_, best)| best.loss) {
            break;
        }
        best = Some((number, boosted));
        number = (2 * number).min(ranked.len());
    }
    Ok(best)
}

/// The score of each row by the tables of one bag, from `init`.
#[allow(clippy::cast_possible_truncation, reason = "scores are boosted in single precision")]
fn scores_of(bag: &BagTables, features: &[Binned], init: &[f32]) -> Vec<f32> {
    let mut scores: Vec<f32> = init.iter().map(|score| score + bag.intercept as f32).collect();
    for (binned, table) in features.iter().zip(&bag.scores) {
        for (score, &code) in scores.iter_mut().zip(&binned.codes) {
            *score += table.get(code as usize).map_or(0.0, |&entry| entry as f32);
        }
    }
    scores
}

/// The gradient of each row at the mean score of the bags.
#[allow(clippy::cast_precision_loss, reason = "there are few bags")]
fn mean_gradients(scores: &[Vec<f32>], outcome: &[bool]) -> Vec<Gradient> {
    let mean = |row: usize| scores.iter().map(|bag| bag[row]).sum::<f32>() / scores.len() as f32;
    let gradient =
        |(row, &happened): (usize, &bool)| Gradient::at(mean(row), f32::from(u8::from(happened)), 1.0);
    outcome.par_iter().enumerate().map(gradient).collect()
}

impl Found {
    /// Adds a pair with what was boosted of it, on top of what `base` has of it.
    fn add(
        &mut self,
        pair: Pair,
        grown: Averaged,
        joined: &[Coarse],
        base: &AdditiveModel,
        ids: &[FeatureId],
    ) {
        let Pair { places, size, tally, .. } = pair;
        let features = places.map(|place| ids[place]);
        let Averaged { mut scores, mut bands } = grown;
        if let Some(before) = base.pairs.iter().find(|before| before.features == features) {
            for (score, before) in scores.iter_mut().zip(&before.scores) {
                *score += before.to_f64();
            }
            for (band, before) in bands.iter_mut().zip(&before.bands) {
                *band = (*band * *band + before.to_f64() * before.to_f64()).sqrt();
            }
        }
        // What too few people had together adds nothing.
        for (cell, _) in tally.learned.iter().enumerate().filter(|(_, learned)| !**learned) {
            (scores[cell], bands[cell]) = (0.0, 0.0);
        }
        let moved = purify(&mut scores, &tally.rows, size[1]);
        for (moved, place) in moved.iter().zip(places) {
            for (to, &joined) in self.moved[place].iter_mut().zip(&joined[place].of_fine) {
                *to += moved[joined as usize];
            }
        }
        self.pairs.push(PairFunction {
            features,
            bins: places.map(|place| joined[place].bins.clone()),
            scores: scores.into_iter().map(Nats::from_f64).collect(),
            bands: bands.into_iter().map(Nats::from_f64).collect(),
            people: tally.people,
            rows: tally.rows,
        });
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
