//! How a linear model is fitted.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;
use crate::model::settings::within;

/// What becomes of a number before it is weighted. Categories are one-hot either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// It is standardised: one weight, one straight line.
    Standard,
    /// It falls into one of a few quantile bins: a weight each, a flight of steps.
    Binned,
}

/// Settings of a fit, as a caller gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearParams {
    /// What becomes of a number.
    pub encoding: Encoding,
    /// Strength of the penalty alpha/2 x the sum of squared weights, beside the *sum* of the losses
    /// of the rows: with more rows the same alpha counts for less.
    pub alpha: f64,
    /// Most bins of a number; unused by the standard encoding.
    pub bins_max: u16,
    /// Fewest distinct people of a bin or category; those with fewer have no weight of their own.
    pub people_min: u32,
    /// Most iterations of the solver.
    pub iterations_max: u32,
}

impl Default for LinearParams {
    fn default() -> Self {
        Self { encoding: Encoding::Binned, alpha: 30.0, bins_max: 12, people_min: 5, iterations_max: 300 }
    }
}

/// Settings that keep every rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidLinearParams(LinearParams);

impl LinearParams {
    /// Checks every rule.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    pub fn check(self) -> Result<ValidLinearParams, FieldError> {
        within("alpha", self.alpha, 1e-6, 1e9)?;
        within("bins_max", self.bins_max, 2, 255)?;
        within("people_min", self.people_min, 1, 1_000_000)?;
        within("iterations_max", self.iterations_max, 1, 100_000)?;
        Ok(ValidLinearParams(self))
    }
}

impl std::ops::Deref for ValidLinearParams {
    type Target = LinearParams;
    fn deref(&self) -> &LinearParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_every_rule() {
        assert_eq!(LinearParams::default().check(), Ok(ValidLinearParams::default()));
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_rule() {
        let error = |params: LinearParams| params.check().unwrap_err().to_string();
        let base = LinearParams::default;
        assert_eq!(
            error(LinearParams { alpha: 0.0, ..base() }),
            "alpha: must be from 0.000001 to 1000000000, is 0"
        );
        assert_eq!(
            error(LinearParams { alpha: f64::NAN, ..base() }),
            "alpha: must be from 0.000001 to 1000000000, is NaN"
        );
        assert_eq!(error(LinearParams { bins_max: 1, ..base() }), "bins_max: must be from 2 to 255, is 1");
        assert_eq!(
            error(LinearParams { people_min: 0, ..base() }),
            "people_min: must be from 1 to 1000000, is 0"
        );
        assert_eq!(
            error(LinearParams { iterations_max: 0, ..base() }),
            "iterations_max: must be from 1 to 100000, is 0"
        );
    }
}
