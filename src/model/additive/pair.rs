//! Pairs: what two features add together, beyond what each adds of its own.

use serde::{Deserialize, Serialize};

use super::check_lengths;
use crate::domain::{Cell, FeatureId, FieldError, Nats};
use crate::model::Bins;

/// Largest weighted mean of a slice, in nats, that a purified table may have: quantising moves it
/// by less.
const SLICE_MEAN_MAX: f64 = 1e-9;

/// The score of two features across their bins. Tables have the bins of the first feature times
/// those of the second, the second running fastest.
///
/// A pair is purified: its mean over the training rows of any one bin of either feature is 0, so that
/// whatever one feature tells alone is in that feature's own shape function (Lengerich et al. 2020).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairFunction {
    /// The two features, ascending.
    pub features: [FeatureId; 2],
    /// How the values of each become bins: bins of their shape functions, joined to fewer.
    pub bins: [Bins; 2],
    /// What each cell adds to the score.
    pub scores: Vec<Nats>,
    /// Half the width of each score's 95 % band, as of a shape function.
    pub bands: Vec<Nats>,
    /// How many distinct people each cell was learned from: 0, or at least the floor.
    pub people: Vec<u32>,
    /// How many rows each cell was learned from.
    pub rows: Vec<u32>,
}

impl PairFunction {
    /// What two cells add together: 0 when one of them is withheld.
    #[must_use]
    pub fn score(&self, one: Cell<'_>, other: Cell<'_>) -> Nats {
        match (self.bins[0].encode(one), self.bins[1].encode(other)) {
            (Some(one), Some(other)) => self.scores[one * self.bins[1].count() + other],
            (None, _) | (_, None) => Nats::ZERO,
        }
    }

    /// The mean absolute contribution over the rows that it was learned from, in nats.
    #[must_use]
    pub fn importance(&self) -> f64 {
        let rows: f64 = self.rows.iter().map(|&rows| f64::from(rows)).sum();
        let push = self.scores.iter().zip(&self.rows).map(|(s, &rows)| s.abs().to_f64() * f64::from(rows));
        if rows > 0.0 { push.sum::<f64>() / rows } else { 0.0 }
    }

    /// Checks the tables and that they are pure.
    pub(super) fn check(&self) -> Result<(), FieldError> {
        self.check_tables()?;
        if self.worst_slice_mean() > SLICE_MEAN_MAX {
            return Err(FieldError::new("scores", "must be purified: every slice has a mean of 0"));
        }
        Ok(())
    }

    /// Checks that the tables fit each other.
    pub(super) fn check_tables(&self) -> Result<(), FieldError> {
        if self.features[0] >= self.features[1] {
            return Err(FieldError::new("features", "must be two, ascending"));
        }
        for bins in &self.bins {
            bins.check().map_err(|error| error.under("bins"))?;
        }
        let count = self.bins[0].count() * self.bins[1].count();
        check_lengths(count, &self.scores, &self.bands, &self.people, &self.rows)
    }

    /// The largest magnitude of a weighted mean over one bin of either feature, in nats.
    fn worst_slice_mean(&self) -> f64 {
        let across = self.bins[1].count();
        let mean = |cells: &mut dyn Iterator<Item = usize>| {
            let (mut sum, mut rows) = (0_i128, 0_i128);
            for cell in cells {
                sum += i128::from(self.scores[cell].units()) * i128::from(self.rows[cell]);
                rows += i128::from(self.rows[cell]);
            }
            if rows == 0 { 0.0 } else { (sum as f64 / rows as f64 / Nats::UNITS_PER_NAT).abs() }
        };
        let of_first = (0..self.bins[0].count()).map(|one| mean(&mut (one * across..(one + 1) * across)));
        let of_second = (0..across).map(|other| mean(&mut (other..self.scores.len()).step_by(across)));
        of_first.chain(of_second).fold(0.0, f64::max)
    }
}
