//! Shares of a score as whole numbers, so that sums are exact in any order.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// A share of a score on the natural-log scale, in whole units of 2^-32 nat.
///
/// Integer addition is associative, so an account sums to the same value in any order, on any
/// number of threads and in any language. The range is about ±2.1e9 nat; [`Nats::from_f64`]
/// saturates at a bound that leaves room for a million additions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nats(i64);

impl Nats {
    /// No share at all.
    pub const ZERO: Self = Self(0);
    /// Units in one nat: 2^32.
    pub const UNITS_PER_NAT: f64 = 4_294_967_296.0;
    /// Largest magnitude that quantising can give, in units: 2^43, that is 2,048 nat.
    const LIMIT: f64 = 8_796_093_022_208.0;

    /// A share of so many units of 2^-32 nat.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// The nearest share to `nats`, ties away from zero; ±2,048 nat at most, and 0 for NaN.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "clamped to ±2^43 on the line before")]
    pub fn from_f64(nats: f64) -> Self {
        let units = (nats * Self::UNITS_PER_NAT).round().clamp(-Self::LIMIT, Self::LIMIT);
        Self(units as i64)
    }

    /// The share in units of 2^-32 nat.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// The share in nats: for display, and for the one step from score to probability.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "below 2^53 for every score within ±2 million nat")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::UNITS_PER_NAT
    }

    /// The magnitude of the share.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.wrapping_abs())
    }
}

/// Sums are modulo 2^64, so that their order does not matter; no score comes near.
impl Add for Nats {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl Sub for Nats {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }
}

impl Neg for Nats {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.wrapping_neg())
    }
}

impl AddAssign for Nats {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Nats {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Nats {
    fn sum<I: Iterator<Item = Self>>(shares: I) -> Self {
        shares.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.4}", self.to_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantising_saturates_and_takes_nan_as_nothing() {
        assert_eq!(Nats::from_f64(f64::NAN), Nats::ZERO);
        assert_eq!(Nats::from_f64(f64::INFINITY).to_f64(), 2048.0);
        assert_eq!(Nats::from_f64(f64::NEG_INFINITY).to_f64(), -2048.0);
    }

    proptest! {
        #[test]
        fn a_sum_is_the_same_in_any_order(mut shares in proptest::collection::vec(-50.0f64..50.0, 1..60), seed in any::<u64>()) {
            let forward: Nats = shares.iter().map(|&s| Nats::from_f64(s)).sum();
            let pivot = usize::try_from(seed % shares.len() as u64).unwrap();
            shares.rotate_left(pivot);
            shares.reverse();
            let shuffled: Nats = shares.iter().map(|&s| Nats::from_f64(s)).sum();
            prop_assert_eq!(forward, shuffled);
        }

        #[test]
        fn quantising_is_within_half_a_unit(nats in -2000.0f64..2000.0) {
            prop_assert!((Nats::from_f64(nats).to_f64() - nats).abs() <= 0.5 / Nats::UNITS_PER_NAT);
        }
    }
}
