//! What all releases of a fit cost together, and how much noise a promise needs.
//!
//! Every release adds Gaussian noise to sums of which a person moves the Euclidean length by no more
//! than a known sensitivity. Gaussian differential privacy (Dong, Roth and Su 2022) composes such
//! releases exactly, also when later ones depend on earlier ones: together they are `mu`-GDP with
//! `mu^2` the sum of `(sensitivity / sigma)^2`, and `mu`-GDP is (epsilon, delta)-private exactly when
//! `delta >= Phi(-epsilon/mu + mu/2) - e^epsilon Phi(-epsilon/mu - mu/2)` (Balle and Wang 2018,
//! theorem 8; Dong et al., corollary 2.13).
//!
//! The noise is discrete (see `noise`), and the theorem is of continuous noise. The two meet so: let
//! a continuous Gaussian of variance `sigma^2 - 4` be added to a whole number and the result be
//! rounded at random to a whole number, by a discrete Gaussian of variance 4 about it. By Poisson
//! summation the weights of a discrete Gaussian of variance `s^2` about any centre sum to
//! `s sqrt(2 pi)` within a factor of `1 +- 2.1 e^(-2 pi^2 s^2)`, which for `s = 2` is `1 +- 1.1e-34`;
//! so what comes out is the discrete Gaussian of variance `sigma^2` within a factor of `1 +- 4e-34` at
//! every whole number (Peikert 2010, theorem 3.1). Rounding is post-processing. A discrete release is
//! thus as private as a continuous one of variance `sigma^2 - 4` units, but for a factor which over
//! a thousand million draws stays below `1 + 1e-24`; [`SLACK`] is far above it.

use crate::domain::FieldError;

/// What discreteness takes from the variance, in squared units.
const ROUNDING_VARIANCE: f64 = 4.0;
/// Held back from epsilon and, as a share, from delta: for the factor above and for the rounding of
/// this arithmetic.
const SLACK: f64 = 1e-9;
/// Largest standard deviation of noise, in units: up to here it is drawn in exact arithmetic.
pub(super) const SIGMA_MAX: u64 = 1 << 28;

/// Releases of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Releases {
    /// How many.
    pub(super) count: u64,
    /// By how much a person moves each, in units.
    pub(super) sensitivity: u64,
    /// Standard deviation of the noise of each number, in units.
    pub(super) sigma: u64,
}

/// The smallest delta at which `mu`-GDP is private with `epsilon`.
pub(super) fn delta_of(mu: f64, epsilon: f64) -> f64 {
    let kept = phi(mu / 2.0 - epsilon / mu);
    let lost = phi(-mu / 2.0 - epsilon / mu);
    // Where the tail underflows, e^epsilon times it is 0 too: epsilon is at most 20.
    kept - libm::exp(epsilon) * lost
}

/// The largest `mu` at which `mu`-GDP is private with `epsilon` and `delta`.
pub(super) fn mu_for(epsilon: f64, delta: f64) -> f64 {
    let (epsilon, delta) = (epsilon - SLACK, delta * (1.0 - SLACK));
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if delta_of(middle, epsilon) <= delta {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The `mu` of some releases together.
pub(super) fn mu_of(releases: &[Releases]) -> f64 {
    let squared = |release: &Releases| {
        let ratio = release.sensitivity as f64 / release.sigma as f64;
        let discrete = 1.0 - ROUNDING_VARIANCE / (release.sigma as f64 * release.sigma as f64);
        release.count as f64 * ratio * ratio / discrete
    };
    releases.iter().map(squared).sum::<f64>().sqrt()
}

/// The releases of this number and sensitivity with the least noise at which they are `mu`-GDP.
///
/// # Errors
/// When that noise is too large to be drawn.
pub(super) fn releases_within(mu: f64, count: u64, sensitivity: u64) -> Result<Releases, FieldError> {
    let sigma = (count as f64).sqrt() * sensitivity as f64 / mu;
    let sigma = (sigma * sigma + ROUNDING_VARIANCE).sqrt().ceil() + 1.0;
    if sigma > SIGMA_MAX as f64 {
        let rule = "is too small for so many features, rounds and rows of a person: the noise would \
                    drown everything";
        return Err(FieldError::new("epsilon", rule));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 3 to SIGMA_MAX")]
    Ok(Releases { count, sensitivity, sigma: sigma as u64 })
}

/// How many standard deviations a normal number exceeds with no more than this probability.
pub(super) fn quantile_above(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if phi(-middle) <= probability {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The probability that a standard normal number is at most `x`.
fn phi(x: f64) -> f64 {
    libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What public accountants computed; see `tests/data/reference/README.md`.
    fn reference() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../../tests/data/reference/gaussian_privacy.json")).unwrap()
    }

    fn numbers(entry: &serde_json::Value, names: &[&str]) -> Vec<f64> {
        names.iter().map(|name| entry[name].as_f64().unwrap()).collect()
    }

    #[test]
    fn one_release_costs_what_a_public_accountant_says() {
        let reference = reference();
        let entries = reference["single"].as_array().unwrap();
        assert!(entries.len() >= 20);
        for entry in entries {
            let [sigma, epsilon, delta] = numbers(entry, &["sigma", "epsilon", "delta"])[..] else {
                unreachable!()
            };
            let ours = delta_of(1.0 / sigma, epsilon);
            assert!(
                (ours / delta - 1.0).abs() < 1e-7,
                "sigma {sigma}, epsilon {epsilon}: {ours} for {delta}"
            );
            let mu = mu_for(epsilon, delta);
            assert!((mu * sigma - 1.0).abs() < 1e-6, "epsilon {epsilon}, delta {delta}: {mu} for {sigma}");
        }
    }

    #[test]
    fn composed_releases_cost_what_a_public_accountant_bounds() {
        // The accountant composes numerically and errs to the safe side by its grid.
        let reference = reference();
        let entries = reference["composed"].as_array().unwrap();
        assert!(entries.len() >= 6);
        for entry in entries {
            let releases: Vec<Releases> = entry["releases"]
                .as_array()
                .unwrap()
                .iter()
                .map(|release| Releases {
                    count: release["count"].as_u64().unwrap(),
                    sensitivity: 1 << 20,
                    sigma: release["sigma_units"].as_u64().unwrap(),
                })
                .collect();
            let [epsilon, delta] = numbers(entry, &["epsilon", "delta"])[..] else { unreachable!() };
            let ours = delta_of(mu_of(&releases), epsilon);
            assert!(ours <= delta && ours > delta * 0.99, "{releases:?}: {ours} for {delta}");
        }
    }

    #[test]
    #[allow(clippy::cast_possible_truncation, reason = "a few thousand at most")]
    fn discrete_noise_on_one_number_is_as_private_as_the_exact_sums_say() {
        // Canonne, Kamath and Steinke 2020, theorem 7: delta is the difference of two tails.
        let tail = |from: i64, sigma: f64| -> f64 {
            let weight = |x: i64| libm::exp(-(x as f64) * (x as f64) / (2.0 * sigma * sigma));
            let reach = (40.0 * sigma) as i64;
            let all: f64 = (-reach..=reach).map(weight).sum();
            (from..=reach).map(weight).sum::<f64>() / all
        };
        for (sigma, sensitivity, epsilon) in
            [(5, 1, 0.5), (5, 2, 1.0), (12, 3, 1.0), (40, 10, 1.0), (40, 7, 0.3), (100, 90, 3.0)]
        {
            let (s, d) = (sigma as f64, sensitivity as f64);
            let above = |shift: f64| (epsilon * s * s / d + shift).floor() as i64 + 1;
            let exact = tail(above(-d / 2.0), s) - libm::exp(epsilon) * tail(above(d / 2.0), s);
            let ours = delta_of(mu_of(&[Releases { count: 1, sensitivity, sigma }]), epsilon);
            assert!(exact <= ours, "sigma {sigma}, sensitivity {sensitivity}: {exact} above {ours}");
        }
    }

    #[test]
    fn noise_too_large_to_draw_is_refused() {
        let error = releases_within(1e-4, 10_000, 1 << 20).unwrap_err();
        assert_eq!(error.field, "epsilon");
        assert!(error.rule.starts_with("is too small for so many features"), "{error}");
    }

    #[test]
    fn the_quantile_is_that_of_the_normal_distribution() {
        for (probability, quantile) in [(0.5, 0.0), (0.025, 1.959_963_985), (1e-6, 4.753_424_309)] {
            assert!((quantile_above(probability) - quantile).abs() < 1e-8, "{probability}");
        }
    }

    proptest! {
        #[test]
        fn the_noise_found_keeps_the_promise_and_hardly_more(
            epsilon in 0.01f64..20.0,
            exponent in 2.0f64..12.0,
            count in 1u64..2_000,
        ) {
            let delta = libm::pow(10.0, -exponent);
            let mu = mu_for(epsilon, delta);
            let releases = releases_within(mu, count, 1 << 10);
            prop_assume!(releases.is_ok());
            let spent = mu_of(&[releases.unwrap()]);
            prop_assert!(spent <= mu && delta_of(spent, epsilon) <= delta);
            prop_assert!(delta_of(mu * (1.0 + 1e-6), epsilon) > delta * (1.0 - 1e-8));
        }
    }
}
