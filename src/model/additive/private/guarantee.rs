//! What a private fit promises, as its artefact states it.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;

/// The promise: for any two sets of training rows that differ by all rows of one person, and for any
/// set of artefacts, the probability that the fit gives one of them differs by no more than a factor
/// of e^`epsilon`, but for `delta`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarantee {
    /// By how much a person may move the odds of an outcome: e to this power.
    pub epsilon: f64,
    /// The probability with which that may fail.
    pub delta: f64,
    /// Whose presence is hidden.
    pub unit: PrivacyUnit,
    /// How.
    pub mechanism: Mechanism,
    /// What the releases cost together, as Gaussian differential privacy; naming levels comes on top,
    /// with the rest of `delta`.
    pub mu: f64,
    /// Most rows of a person that trained.
    pub rows_per_person_max: u32,
    /// Deviation of the noise of each count, in rows.
    pub count_noise: f64,
    /// Deviation of the noise of each sum of gradients, in rows.
    pub gradient_noise: f64,
    /// How many histograms of counts were released.
    pub count_releases: u64,
    /// How many histograms of gradients were released, with the sums that restored the mean for what can
    /// be withheld.
    pub gradient_releases: u64,
    /// Noisy rows from which a level was named that the schema does not declare, if there could be
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels_named_from: Option<f64>,
}

/// Whose presence a promise hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivacyUnit {
    /// A person with all rows.
    Person,
}

/// How a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// Discrete Gaussian noise on sums over rows.
    DiscreteGaussian,
}

impl PrivacyUnit {
    /// The name used in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
        }
    }
}

impl Mechanism {
    /// The name used in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiscreteGaussian => "discrete_gaussian",
        }
    }
}

impl Guarantee {
    /// Checks that it is a promise.
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        for (field, value) in [("epsilon", self.epsilon), ("delta", self.delta), ("mu", self.mu)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(FieldError::new(field, format!("must be positive and finite, is {value}")));
            }
        }
        Ok(())
    }
}
