//! How an additive model is fitted.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;
use crate::model::settings::within;

/// Settings of a fit, as a caller gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdditiveParams {
    /// Most value bins of a numeric feature: with missing, unseen and withheld cells, a byte.
    pub bins_max: u16,
    /// Outer bags: fits that each leave out one group of people, whose mean is the model and whose
    /// spread is its error band.
    pub bags: u16,
    /// Share of a Newton step that one boosting step takes.
    pub learning_rate: f64,
    /// Most leaves of the tree of one step; missing cells have a leaf of their own beside it.
    pub leaves_max: u16,
    /// What a third and further leaf must gain, in twice the log likelihood: data that speak
    /// clearly get finer steps, and so fewer; sparse data keep to two leaves.
    pub leaf_gain_min: f64,
    /// Most rounds; one round steps once on every feature.
    pub rounds_max: u32,
    /// Rounds without gain on the people left out after which boosting stops.
    pub patience_rounds: u32,
    /// Fewest distinct people of a bin; bins with fewer are merged.
    pub people_min: u32,
    /// Fewest rows of a leaf.
    pub leaf_rows_min: u32,
    /// Smallest sum of hessians p(1 - p) of a leaf.
    pub leaf_hessian_min: f64,
    /// Added to every leaf's hessian: damps steps that few rows speak for.
    pub damping: f64,
    /// Share of the tables of the model it continues that a fit begins with. Below 1, because what
    /// new features explain is taken back from those that had to stand in for them, and early
    /// stopping leaves little time to take back.
    pub base_share: f64,
    /// Most pairs; how many of them serve is learned from the people left out. 0: none.
    pub pairs_max: u16,
    /// Seed of the groups of people.
    pub seed: u64,
}

impl Default for AdditiveParams {
    fn default() -> Self {
        Self {
            bins_max: 253,
            bags: 8,
            learning_rate: 0.2,
            leaves_max: 8,
            leaf_gain_min: 10.0,
            rounds_max: 400,
            patience_rounds: 25,
            people_min: 5,
            leaf_rows_min: 20,
            leaf_hessian_min: 1.0,
            damping: 1.0,
            base_share: 0.5,
            pairs_max: 96,
            seed: 1,
        }
    }
}

/// Settings that keep every rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidAdditiveParams(AdditiveParams);

impl AdditiveParams {
    /// Checks every rule.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    pub fn check(self) -> Result<ValidAdditiveParams, FieldError> {
        within("bins_max", self.bins_max, 2, 253)?;
        within("bags", self.bags, 1, 100)?;
        within("leaves_max", self.leaves_max, 2, 16)?;
        within("rounds_max", self.rounds_max, 1, 100_000)?;
        within("patience_rounds", self.patience_rounds, 1, 100_000)?;
        within("people_min", self.people_min, 1, 1_000_000)?;
        within("leaf_rows_min", self.leaf_rows_min, 1, 1_000_000)?;
        within("learning_rate", self.learning_rate, 0.0001, 1.0)?;
        within("leaf_hessian_min", self.leaf_hessian_min, 1e-9, 1e9)?;
        within("leaf_gain_min", self.leaf_gain_min, 0.0, 1e9)?;
        within("base_share", self.base_share, 0.0, 1.0)?;
        within("pairs_max", self.pairs_max, 0, 1_000)?;
        within("damping", self.damping, 0.0, 1e9)?;
        Ok(ValidAdditiveParams(self))
    }
}

impl std::ops::Deref for ValidAdditiveParams {
    type Target = AdditiveParams;
    fn deref(&self) -> &AdditiveParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_every_rule() {
        assert_eq!(AdditiveParams::default().check(), Ok(ValidAdditiveParams::default()));
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_rule() {
        let error = |params: AdditiveParams| params.check().unwrap_err().to_string();
        let base = AdditiveParams::default;
        assert_eq!(error(AdditiveParams { bags: 0, ..base() }), "bags: must be from 1 to 100, is 0");
        assert_eq!(
            error(AdditiveParams { learning_rate: f64::NAN, ..base() }),
            "learning_rate: must be from 0.0001 to 1, is NaN"
        );
        assert_eq!(
            error(AdditiveParams { bins_max: 254, ..base() }),
            "bins_max: must be from 2 to 253, is 254"
        );
        assert_eq!(
            error(AdditiveParams { damping: -1.0, ..base() }),
            "damping: must be from 0 to 1000000000, is -1"
        );
    }
}
