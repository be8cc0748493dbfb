//! Discrete Gaussian noise, drawn exactly.
//!
//! Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithms 1 to
//! 3: whole numbers drawn by comparing whole numbers, so that no rounding of floating point tells
//! what was added to (Mironov 2012).

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::accounting::SIGMA_MAX;
use crate::model::FitError;

/// Where the noise of a private fit comes from.
///
/// A product can only have it from the system's secure randomness, and nothing of it is kept: whoever
/// knew the seed could take the noise away again. So a private fit is the one thing that cannot be
/// repeated to the byte.
pub struct Noise(ChaCha20Rng);

impl Noise {
    /// Noise of a stream cipher under a fresh key of the system.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn from_system() -> Result<Self, FitError> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|error| FitError::NoRandomness(error.to_string()))?;
        Ok(Self(ChaCha20Rng::from_seed(*key)))
    }

    /// Noise that a test can repeat.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// A whole number whose probability is proportional to `exp(-x^2 / 2 sigma^2)`; `sigma` is from 1
    /// to [`SIGMA_MAX`].
    pub(super) fn gaussian(&mut self, sigma: u64) -> i64 {
        debug_assert!((1..=SIGMA_MAX).contains(&sigma));
        let scale = sigma + 1;
        let (variance, scale_wide) = (u128::from(sigma) * u128::from(sigma), u128::from(scale));
        loop {
            let candidate = self.laplace(scale);
            let size = u128::from(candidate.unsigned_abs());
            // Beyond, acceptance has a probability of less than e^-1900.
            if size > 64 * scale_wide {
                continue;
            }
            // Accept with probability exp(-(|x| - sigma^2 / t)^2 / 2 sigma^2).
            let distance = (size * scale_wide).abs_diff(variance);
            let (top, bottom) = (distance * distance, 2 * variance * scale_wide * scale_wide);
            if self.exp_minus(top, bottom) {
                return candidate;
            }
        }
    }

    /// A number from 0 to below `bound`, each equally likely; `bound` is above 0.
    pub(super) fn below(&mut self, bound: u128) -> u128 {
        let bits = 128 - (bound - 1).leading_zeros();
        let mask = if bits == 0 { 0 } else { u128::MAX >> (128 - bits) };
        loop {
            let low = u128::from(self.0.next_u64());
            let high = if bits > 64 { u128::from(self.0.next_u64()) } else { 0 };
            let drawn = ((high << 64) | low) & mask;
            if drawn < bound {
                return drawn;
            }
        }
    }

    /// A whole number whose probability is proportional to `exp(-|x| / scale)`.
    fn laplace(&mut self, scale: u64) -> i64 {
        let wide = u128::from(scale);
        loop {
            let rest = self.below(wide);
            if !self.exp_minus(rest, wide) {
                continue;
            }
            let mut times: u64 = 0;
            while self.exp_minus(1, 1) {
                times += 1;
            }
            let negative = self.below(2) == 1;
            // Each of `times` has a chance of e^-1, so it stays far below what overflows.
            let Some(size) = i64::try_from(rest)
                .ok()
                .zip(scale.checked_mul(times))
                .and_then(|(rest, whole)| i64::try_from(whole).ok()?.checked_add(rest))
            else {
                continue;
            };
            // 0 would be met from both sides.
            if !(negative && size == 0) {
                return if negative { -size } else { size };
            }
        }
    }

    /// True with probability `exp(-top / bottom)`.
    fn exp_minus(&mut self, top: u128, bottom: u128) -> bool {
        let (whole, rest) = (top / bottom, top % bottom);
        for _ in 0..whole {
            if !self.exp_minus_fraction(1, 1) {
                return false;
            }
        }
        self.exp_minus_fraction(rest, bottom)
    }

    /// True with probability `exp(-top / bottom)`, for a fraction of at most 1: the first of a row of
    /// chances of 1/1, 1/2, 1/3 ... of the fraction to fail is an odd one.
    fn exp_minus_fraction(&mut self, top: u128, bottom: u128) -> bool {
        let mut turn: u128 = 1;
        // The chance that turn 1,000 comes is 1 / 999!.
        while turn < 1_000 && self.below(bottom * turn) < top {
            turn += 1;
        }
        turn % 2 == 1
    }
}

impl std::fmt::Debug for Noise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Noise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(sigma: u64, draws: u32) -> [f64; 3] {
        let mut noise = Noise::seeded(7);
        let drawn: Vec<f64> = (0..draws).map(|_| noise.gaussian(sigma) as f64 / sigma as f64).collect();
        let mean = |power: i32| drawn.iter().map(|x| x.powi(power)).sum::<f64>() / f64::from(draws);
        [mean(1), mean(2), mean(4)]
    }

    #[test]
    fn the_noise_has_the_stated_deviation_and_the_tails_of_a_gaussian() {
        for sigma in [3, 44, 100_000, SIGMA_MAX] {
            let [mean, variance, fourth] = moments(sigma, 40_000);
            // Five standard errors of each.
            assert!(mean.abs() < 0.025, "{sigma}: {mean}");
            assert!((variance - 1.0).abs() < 0.036, "{sigma}: {variance}");
            assert!((fourth - 3.0).abs() < 0.25, "{sigma}: {fourth}");
        }
    }

    #[test]
    fn every_small_number_is_as_frequent_as_its_weight() {
        let (sigma, draws) = (2_u64, 200_000);
        let mut noise = Noise::seeded(11);
        let mut counts = [0_u32; 21];
        for _ in 0..draws {
            let drawn = noise.gaussian(sigma);
            if let Some(count) = usize::try_from(drawn + 10).ok().and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        }
        let weight = |x: i64| libm::exp(-(x * x) as f64 / 8.0);
        let all: f64 = (-40..=40).map(weight).sum();
        for (x, &count) in (-10..=10).zip(&counts) {
            let expected = f64::from(draws) * weight(x) / all;
            let error = 5.0 * expected.sqrt() + 3.0;
            assert!((f64::from(count) - expected).abs() < error, "{x}: {count} for {expected}");
        }
    }

    #[test]
    fn a_draw_below_a_bound_reaches_all_and_no_more() {
        let mut noise = Noise::seeded(3);
        assert_eq!(noise.below(1), 0);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[usize::try_from(noise.below(5)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 5]);
        let wide = 3_u128 << 100;
        assert!((0..50).map(|_| noise.below(wide)).any(|drawn| drawn > u128::from(u64::MAX)));
    }

    #[test]
    fn no_two_fits_of_the_system_share_their_noise() {
        let draw = || {
            let mut noise = Noise::from_system().unwrap();
            [(); 4].map(|()| noise.gaussian(1 << 20))
        };
        assert_ne!(draw(), draw());
    }
}
