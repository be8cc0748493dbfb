//! The rows and features of a fit, as far as noisy counts tell of them.

use super::count::{Counted, count_outcomes};
use super::noise::Noise;
use super::params::ValidPrivateParams;
use super::smooth::Penalty;
use crate::data::{Column, Table};
use crate::domain::{FeatureId, FieldError};
use crate::model::bin::Bins;

/// The mean of p(1 - p) of a fitted model over that of its base rate: it is surer than that.
const CURVATURE: f64 = 0.75;

/// How many rows there are and in how many the response happened, noisy.
#[derive(Clone, Copy)]
pub(super) struct BaseRate {
    pub(super) rows: f64,
    pub(super) positives: f64,
}

impl BaseRate {
    /// Counts the rows by outcome.
    pub(super) fn release(outcome: &[bool], sigma: u64, noise: &mut Noise) -> Self {
        let released = count_outcomes(outcome).release(sigma, noise);
        let [negatives, positives] = [released[0], released[1]].map(|rows| rows.max(1.0));
        Self { rows: negatives + positives, positives }
    }

    /// A promise that may fail for one person in the rows is none.
    pub(super) fn check_delta(self, delta: f64) -> Result<(), FieldError> {
        if delta * self.rows < 1.0 {
            return Ok(());
        }
        let rule = format!("must be below 1 over the number of people, about {:.0}, is {delta}", self.rows);
        Err(FieldError::new("delta", rule))
    }

    /// The log-odds.
    pub(super) fn score(self) -> f64 {
        libm::log(self.positives / (self.rows - self.positives))
    }

    /// The mean of p(1 - p) over the rows, as a fitted model will have it.
    pub(super) fn curvature(self) -> f64 {
        let share = self.positives / self.rows;
        CURVATURE * share * (1.0 - share)
    }
}

/// A feature in bins, its rows coded.
pub(super) struct Prepared {
    pub(super) feature: FeatureId,
    pub(super) bins: Bins,
    /// The bin of each row; the number of bins where it is withheld.
    pub(super) codes: Vec<u16>,
    /// Noisy rows of each bin.
    pub(super) rows: Vec<f64>,
    /// How many rows are taken to be in each: no fewer than the noise could hide.
    weight: Vec<f64>,
    /// Whether rows can fall into each.
    pub(super) possible: Vec<bool>,
}

impl Prepared {
    /// Puts the rows of `table` in the bins of `counted`.
    pub(super) fn new(feature: FeatureId, table: &Table, counted: &Counted) -> Self {
        let codes = code_rows(&counted.bins, table.column(feature));
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

    /// The hessian of each bin at a score of the base rate.
    pub(super) fn hessian(&self, base: BaseRate) -> Vec<f64> {
        self.weight.iter().map(|rows| rows * base.curvature()).collect()
    }

    /// What holds the table down, for gradients with noise of this variance.
    pub(super) fn penalty(&self, hessian: &[f64], noise: f64, params: &ValidPrivateParams) -> Penalty {
        let line = match self.bins {
            Bins::Cuts(_) => Some((Bins::FIRST, params.step_spread)),
            Bins::Levels(_) => None,
        };
        Penalty::new(hessian, noise, params.level_spread, line)
    }
}

/// The bin of each row; the number of bins where it is withheld.
fn code_rows(bins: &Bins, column: &Column) -> Vec<u16> {
    let withheld = bins.count();
    #[allow(clippy::cast_possible_truncation, reason = "bins number at most 65,003, by Bins::check")]
    let code = |row| bins.encode(column.cell(row)).unwrap_or(withheld) as u16;
    (0..column.rows()).map(code).collect()
}
