//! Boosting: bags side by side, stopped together, averaged.
//!
//! Each bag leaves out one group of people. All stop at the round at which the log loss of the
//! people left out, summed over the bags, is least: a cross-validated choice of the number of
//! rounds, so one unlucky group does not decide.

use rayon::prelude::*;

use super::bag::{Bag, BagRows, BagTables, Coded, Rows};
use super::params::ValidAdditiveParams;
use crate::model::fold::Folds;
use crate::model::{FitData, FitError, Progress};

/// Rounds between two looks at the people left out.
const ROUNDS_A_LOOK: u32 = 5;
/// Features that step on the same gradients. Their steps together stay far below one Newton step.
const FEATURES_A_BLOCK: usize = 4;
/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;

/// What boosting leaves of the bags: the tables of each at the best round.
pub(super) struct Boosted {
    pub(super) bags: Vec<BagTables>,
    /// The log loss of the people left out at that round, summed over the bags, in nats.
    pub(super) loss: f64,
}

impl Boosted {
    pub(super) fn mean_intercept(&self) -> f64 {
        self.bags.iter().map(|bag| bag.intercept).sum::<f64>() / self.bags.len() as f64
    }

    /// The tables of one column, bag by bag.
    pub(super) fn tables_of(&self, column: usize) -> Vec<&[f64]> {
        self.bags.iter().map(|bag| bag.scores[column].as_slice()).collect()
    }
}

/// What every stage of a fit shares.
pub(super) struct Fitting<'a> {
    pub(super) data: &'a FitData<'a>,
    pub(super) folds: Folds,
    pub(super) params: &'a ValidAdditiveParams,
    pub(super) progress: &'a dyn Progress,
}

impl Fitting<'_> {
    /// Boosts all bags on `columns`, each from its own `inits`, until the people left out gain no more.
    pub(super) fn boost(&self, columns: Vec<Coded<'_>>, inits: &[Vec<f32>]) -> Result<Boosted, FitError> {
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
pub(super) struct Averaged {
    pub(super) scores: Vec<f64>,
    pub(super) bands: Vec<f64>,
}

/// The mean of the bags' tables of one column, with its bands.
///
/// Each bag leaves out one of `groups` groups of people, so the spread of the bags is a grouped
/// jackknife's: the variance of the mean is `groups - 1` times the mean squared deviation (Shao and
/// Wu 1989).
pub(super) fn average(bags: &[&[f64]], groups: f64) -> Averaged {
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
