//! What a fit will release, and with how much noise: fixed before a row is looked at.

use super::accounting::{Releases, mu_for, mu_of, releases_within};
use super::count::named_from;
use super::guarantee::{Guarantee, Mechanism, PrivacyUnit};
use super::params::ValidPrivateParams;
use super::release::UNITS_A_ROW;
use super::restore::LOOKS;
use super::values::KnownValues;
use crate::domain::FieldError;

/// How many of everything there are to learn; none of it depends on the rows.
pub(super) struct Sizes {
    /// Features of the full profile.
    pub(super) features: usize,
    /// Features of the contextual profile; None when it is the full one.
    pub(super) contextual: Option<usize>,
    /// Sets of withheld features that get a constant.
    pub(super) withheld: usize,
}

/// The releases of a fit.
pub(super) struct Plan {
    pub(super) counts: Releases,
    pub(super) gradients: Releases,
    /// Noisy rows from which a level that nobody declared is named.
    pub(super) levels_named_from: f64,
    /// Whether levels may have to be named.
    names_levels: bool,
}

impl Plan {
    /// Shares the promise out.
    ///
    /// # Errors
    /// When the noise would be too large to be drawn.
    pub(super) fn new(
        sizes: &Sizes,
        known: &[KnownValues],
        params: &ValidPrivateParams,
    ) -> Result<Self, FieldError> {
        let unnamed = known.iter().filter(|known| **known == KnownValues::AnyLevels).count();
        let level_delta = if unnamed > 0 { params.delta * params.level_delta_share } else { 0.0 };
        let mu = mu_for(params.epsilon, params.delta - level_delta);
        let sensitivity = u64::from(params.rows_per_person_max) * UNITS_A_ROW.unsigned_abs();
        // Every feature and the outcome are counted once; every feature and the intercept step once a
        // round, in both profiles if there are two; and every constant takes some looks.
        let steps = sizes.features + 1 + sizes.contextual.map_or(0, |features| features + 1);
        let gradients = steps as u64 * u64::from(params.rounds) + (sizes.withheld * LOOKS) as u64;
        let (share, rest) = (params.count_share.sqrt(), (1.0 - params.count_share).sqrt());
        let counts = releases_within(mu * share, sizes.features as u64 + 1, sensitivity)?;
        let gradients = releases_within(mu * rest, gradients, sensitivity)?;
        // Each row of a person may have a level of its own in each of these features.
        let chances = (unnamed.max(1) as f64) * f64::from(params.rows_per_person_max);
        let levels_named_from = named_from(params.rows_per_person_max, counts.sigma, level_delta / chances);
        Ok(Self { counts, gradients, levels_named_from, names_levels: unnamed > 0 })
    }

    /// Deviation of the noise of each sum of gradients, in rows.
    pub(super) fn gradient_noise(&self) -> f64 {
        self.gradients.sigma as f64 / UNITS_A_ROW as f64
    }

    /// What the releases promise.
    pub(super) fn guarantee(&self, params: &ValidPrivateParams) -> Guarantee {
        Guarantee {
            epsilon: params.epsilon,
            delta: params.delta,
            unit: PrivacyUnit::Person,
            mechanism: Mechanism::DiscreteGaussian,
            mu: mu_of(&[self.counts, self.gradients]),
            rows_per_person_max: params.rows_per_person_max,
            count_noise: self.counts.sigma as f64 / UNITS_A_ROW as f64,
            gradient_noise: self.gradient_noise(),
            count_releases: self.counts.count,
            gradient_releases: self.gradients.count,
            levels_named_from: self.names_levels.then_some(self.levels_named_from),
        }
    }
}
