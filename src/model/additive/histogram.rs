//! Gradients of the logistic loss as whole numbers, and where their histograms come from.
//!
//! A histogram of integers is the same in whatever order and on however many threads or machines
//! its rows are added, so a fit is too.

use std::ops::{Add, AddAssign, Sub};

/// Units of a gradient p - y in 1: 2^22, so that every whole number of units is a float.
const GRADIENT_UNITS: f32 = 4_194_304.0;
/// Units of a hessian p(1 - p) in 1: it is 1/4 at most, so there are four times as many.
const HESSIAN_UNITS: f32 = 16_777_216.0;

/// Gradients and hessians of some rows, summed, in their units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    gradient: i64,
    hessian: i64,
}

impl Sums {
    /// The sum of p - y.
    pub(super) fn gradient(self) -> f64 {
        self.gradient as f64 / f64::from(GRADIENT_UNITS)
    }

    /// The sum of p(1 - p).
    pub(super) fn hessian(self) -> f64 {
        self.hessian as f64 / f64::from(HESSIAN_UNITS)
    }
}

impl Add for Sums {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { gradient: self.gradient + other.gradient, hessian: self.hessian + other.hessian }
    }
}

impl Sub for Sums {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::default(), Add::add)
    }
}

/// Where histograms come from: rows in memory, or elsewhere. All that boosting asks of its rows.
pub(super) trait Histograms {
    /// Writes the sums of each bin of `feature` over the rows that train; the last entry of `sums`
    /// takes the rows in which it is withheld.
    fn sum(&self, feature: usize, sums: &mut [Sums]);

    /// Moves the score of every row by `steps` of its bin of `feature`; the last entry is for the
    /// rows in which it is withheld. Gradients stay as they were until [`Histograms::refresh`].
    fn shift(&mut self, feature: usize, steps: &[f32]);

    /// Moves every score by `step` and computes the gradients anew; returns their sums over the
    /// rows that train.
    fn refresh(&mut self, step: f32) -> Sums;

    /// The log loss of the rows left out, summed, in nats.
    fn held_out_loss(&self) -> f64;
}

/// Gradient and hessian of one row.
#[derive(Clone, Copy, Default)]
pub(super) struct Gradient {
    gradient: i32,
    hessian: i32,
}

impl Gradient {
    /// At `score`, for an outcome of 0 or 1; `weight` is 0 for a row that does not train, else 1.
    pub(super) fn at(score: f32, outcome: f32, weight: f32) -> Self {
        let probability = sigmoid(score);
        let gradient = (probability - outcome) * weight;
        let hessian = probability * (1.0 - probability) * weight;
        Self { gradient: round(gradient * GRADIENT_UNITS), hessian: round(hessian * HESSIAN_UNITS) }
    }
}

/// Adding it rounds a float within ±2^22 to a whole number, which its low bits then hold.
const ROUND: f32 = 12_582_912.0;

/// The whole number nearest to `x`, which is within ±2^22; four at a time where `as` takes one.
fn round(x: f32) -> i32 {
    (x + ROUND).to_bits().wrapping_sub(ROUND.to_bits()).cast_signed()
}

impl AddAssign<Gradient> for Sums {
    fn add_assign(&mut self, row: Gradient) {
        self.gradient += i64::from(row.gradient);
        self.hessian += i64::from(row.hessian);
    }
}

/// 1 / (1 + e^-x) to about 1e-7, by additions, products and one quotient only: the same on every
/// CPU, and several rows at a time.
fn sigmoid(x: f32) -> f32 {
    let exponent = (-x * std::f32::consts::LOG2_E).clamp(-80.0, 80.0);
    let shifted = exponent + ROUND;
    let fraction = (exponent - (shifted - ROUND)) * std::f32::consts::LN_2;
    // The series of e^f; |f| <= ln(2) / 2, so what is left out is below 2e-8.
    let series = 1.0 / 720.0;
    let series = series * fraction + 1.0 / 120.0;
    let series = series * fraction + 1.0 / 24.0;
    let series = series * fraction + 1.0 / 6.0;
    let series = series * fraction + 0.5;
    let series = series * fraction + 1.0;
    let series = series * fraction + 1.0;
    // The whole part of the exponent goes straight into the exponent of the float.
    let power = f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23));
    1.0 / (1.0 + power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_sigmoid_is_the_sigmoid() {
        for i in -4000..=4000 {
            let x = f64::from(i) / 100.0;
            let exact = 1.0 / (1.0 + libm::exp(-x));
            #[allow(clippy::cast_possible_truncation)]
            let quick = f64::from(sigmoid(x as f32));
            assert!((quick - exact).abs() <= 4e-6 * exact, "{x}: {quick} for {exact}");
        }
        assert!(sigmoid(1e30) == 1.0 && sigmoid(-1e30) > 0.0);
    }

    #[test]
    fn a_row_that_does_not_train_has_no_gradient() {
        let mut sums = Sums::default();
        sums += Gradient::at(0.3, 1.0, 0.0);
        assert_eq!(sums, Sums::default());
        sums += Gradient::at(0.0, 1.0, 1.0);
        assert_eq!((sums.gradient(), sums.hessian()), (-0.5, 0.25));
    }
}
