//! How an additive model is fitted under differential privacy.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;
use crate::model::settings::within;

/// Settings of a private fit, as a caller gives them. None may be chosen by looking at the data:
/// what the data taught the chooser would be told outside the guarantee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateParams {
    /// By how much a person may move the odds of any outcome of the fit: e to this power.
    pub epsilon: f64,
    /// The probability with which that may fail; below 1 over the number of people.
    pub delta: f64,
    /// Most rows of a person that train; further ones are dropped by a draw.
    pub rows_per_person_max: u32,
    /// Rounds of boosting; one round releases one noisy histogram of gradients per feature.
    pub rounds: u32,
    /// Share of a Newton step that one boosting step takes.
    pub learning_rate: f64,
    /// Most value bins of a numeric feature.
    pub bins_max: u16,
    /// Share of the privacy that is spent on counting rows by bin; the rest is spent on boosting.
    pub count_share: f64,
    /// Share of `delta` that is kept for naming levels which the schema does not declare.
    pub level_delta_share: f64,
    /// By how much the scores of levels are expected to differ, in nats: scores shrink the more the
    /// larger the noise is beside this.
    pub level_spread: f64,
    /// By how much the scores of adjacent intervals are expected to differ, in nats.
    pub step_spread: f64,
}

impl PrivateParams {
    /// The default settings at this guarantee.
    #[must_use]
    pub const fn new(epsilon: f64, delta: f64) -> Self {
        Self {
            epsilon,
            delta,
            rows_per_person_max: 1,
            rounds: 40,
            learning_rate: 0.15,
            bins_max: 64,
            count_share: 0.1,
            level_delta_share: 0.1,
            level_spread: 0.5,
            step_spread: 0.5,
        }
    }

    /// Checks every rule but that `delta` is below 1 over the number of people, who are counted
    /// privately during the fit.
    ///
    /// # Errors
    /// The first field that breaks its rule.
    pub fn check(self) -> Result<ValidPrivateParams, FieldError> {
        within("epsilon", self.epsilon, 0.01, 20.0)?;
        within("delta", self.delta, 1e-12, 0.01)?;
        within("rows_per_person_max", self.rows_per_person_max, 1, 1_000)?;
        within("rounds", self.rounds, 1, 1_000)?;
        within("learning_rate", self.learning_rate, 0.0001, 1.0)?;
        within("bins_max", self.bins_max, 2, 255)?;
        within("count_share", self.count_share, 0.001, 0.9)?;
        within("level_delta_share", self.level_delta_share, 0.001, 0.9)?;
        within("level_spread", self.level_spread, 1e-3, 1e3)?;
        within("step_spread", self.step_spread, 1e-3, 1e3)?;
        Ok(ValidPrivateParams(self))
    }
}

/// Settings that keep every rule.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidPrivateParams(PrivateParams);

impl std::ops::Deref for ValidPrivateParams {
    type Target = PrivateParams;
    fn deref(&self) -> &PrivateParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(params: PrivateParams) -> FieldError {
        params.check().unwrap_err()
    }

    #[test]
    fn the_defaults_keep_every_rule() {
        assert!(PrivateParams::new(1.0, 1e-5).check().is_ok());
    }

    #[test]
    fn a_promise_that_means_nothing_is_refused() {
        for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY, 21.0] {
            let refused = error(PrivateParams::new(epsilon, 1e-5));
            let rule = format!("must be from 0.01 to 20, is {epsilon}");
            assert_eq!(refused, FieldError::new("epsilon", rule));
        }
        for delta in [0.0, -1e-5, 1.0, 2.0, f64::NAN, f64::INFINITY] {
            let refused = error(PrivateParams::new(1.0, delta));
            assert_eq!(refused.field, "delta");
            assert!(refused.rule.starts_with("must be from 0.000000000001 to 0.01, is "), "{refused}");
        }
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_rule() {
        let base = || PrivateParams::new(1.0, 1e-5);
        let none = error(PrivateParams { rows_per_person_max: 0, ..base() });
        assert_eq!(none.to_string(), "rows_per_person_max: must be from 1 to 1000, is 0");
        let none = error(PrivateParams { rounds: 0, ..base() });
        assert_eq!(none.to_string(), "rounds: must be from 1 to 1000, is 0");
        let all = error(PrivateParams { count_share: 1.0, ..base() });
        assert_eq!(all.to_string(), "count_share: must be from 0.001 to 0.9, is 1");
    }
}
