//! How a tree is grown.

use serde::{Deserialize, Serialize};

use super::DEPTH_MAX;
use crate::domain::FieldError;
use crate::model::settings::within;

/// Settings of a fit, as a caller gives them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreeParams {
    /// Most splits between the root and a leaf.
    pub depth_max: u16,
    /// Most bins of a number, between which it can be split.
    pub bins_max: u16,
    /// Fewest distinct people of a leaf, and of a named category.
    pub people_min: u32,
    /// Fewest rows of a leaf.
    pub rows_min: u32,
    /// Least log-loss, in nats over all rows of a node, that a split must save.
    pub gain_min: f64,
    /// So many rows at the parent's rate are added to each node's own: few rows say little.
    pub shrink_rows: f64,
}

impl Default for TreeParams {
    fn default() -> Self {
        Self { depth_max: 6, bins_max: 64, people_min: 5, rows_min: 50, gain_min: 4.0, shrink_rows: 100.0 }
    }
}

/// Settings that keep every rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidTreeParams(TreeParams);

impl TreeParams {
    /// Checks every rule.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    pub fn check(self) -> Result<ValidTreeParams, FieldError> {
        within("depth_max", usize::from(self.depth_max), 1, DEPTH_MAX)?;
        within("bins_max", self.bins_max, 2, 255)?;
        within("people_min", self.people_min, 1, 1_000_000)?;
        within("rows_min", self.rows_min, 1, 1_000_000)?;
        within("gain_min", self.gain_min, 0.0, 1e9)?;
        within("shrink_rows", self.shrink_rows, 0.001, 1e9)?;
        Ok(ValidTreeParams(self))
    }
}

impl std::ops::Deref for ValidTreeParams {
    type Target = TreeParams;
    fn deref(&self) -> &TreeParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_every_rule() {
        assert_eq!(TreeParams::default().check(), Ok(ValidTreeParams::default()));
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_rule() {
        let error = |params: TreeParams| params.check().unwrap_err().to_string();
        let base = TreeParams::default;
        assert_eq!(error(TreeParams { depth_max: 13, ..base() }), "depth_max: must be from 1 to 12, is 13");
        assert_eq!(error(TreeParams { bins_max: 1, ..base() }), "bins_max: must be from 2 to 255, is 1");
        assert_eq!(
            error(TreeParams { people_min: 0, ..base() }),
            "people_min: must be from 1 to 1000000, is 0"
        );
        assert_eq!(error(TreeParams { rows_min: 0, ..base() }), "rows_min: must be from 1 to 1000000, is 0");
        assert_eq!(
            error(TreeParams { gain_min: f64::NAN, ..base() }),
            "gain_min: must be from 0 to 1000000000, is NaN"
        );
        assert_eq!(
            error(TreeParams { shrink_rows: 0.0, ..base() }),
            "shrink_rows: must be from 0.001 to 1000000000, is 0"
        );
    }
}
