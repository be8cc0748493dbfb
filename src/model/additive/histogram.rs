//! Gradients of the logistic loss, row by row for all bags at once, and their sums.
//!
//! A row's gradients are whole numbers of a unit. A histogram of integers is the same in whatever
//! order and on however many threads its rows are added, so a fit is too.

#![allow(clippy::inline_always, reason = "kernels must be compiled for the vectors of their caller")]

use std::ops::{Add, AddAssign, Sub};

/// Bags that are boosted side by side: a row's bin is looked up once for all of them.
pub(super) const LANES: usize = 8;
/// One number for each bag.
pub(super) type Lanes = [f32; LANES];
/// Gradients of the bags, then their hessians, in units.
pub(super) type Slot = [i32; 2 * LANES];
/// Sums of many slots.
pub(super) type WideSlot = [i64; 2 * LANES];

/// Units of a gradient p - y in 1. A hessian p(1 - p) is 1/4 at most, so there are four times as many.
const UNITS: f32 = 131_072.0;
/// Most rows whose slots sum to numbers of 32 bits.
pub(super) const ROWS_A_SLOT: usize = 8_192;

/// Sum of gradients p - y and of hessians p(1 - p).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
}

/// Gradient and hessian of one row at `score`.
pub(super) fn gradient(score: f32, happened: bool, weight: f32) -> [f32; 2] {
    let probability = sigmoid(score);
    let gradient = probability - f32::from(u8::from(happened));
    [gradient * weight, probability * (1.0 - probability) * weight]
}

impl From<[f32; 2]> for Sums {
    fn from([gradient, hessian]: [f32; 2]) -> Self {
        Self { gradient: gradient.into(), hessian: hessian.into() }
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

/// How gradients become whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    units: f32,
}

impl Scale {
    /// For rows of which none weighs more than `weight_max`, at least 1.
    pub(super) fn new(weight_max: f32) -> Self {
        // A power of two, so that only rounding to whole numbers loses anything.
        let mut units = UNITS;
        while units * weight_max > UNITS {
            units /= 2.0;
        }
        Self { units }
    }

    /// The slot of `row` at `scores`, for an outcome of 0 or 1; each bag's share is `weight`, 0 where it
    /// leaves the row out.
    #[inline(always)]
    pub(super) fn slot(self, row: usize, scores: &Lanes, outcome: f32, weight: &Lanes) -> Slot {
        let dither = dither(row);
        let mut slot = [0; 2 * LANES];
        for lane in 0..LANES {
            let probability = sigmoid(scores[lane]);
            let gradient = (probability - outcome) * weight[lane];
            let hessian = probability * (1.0 - probability) * weight[lane];
            slot[lane] = round(gradient * self.units + dither);
            slot[LANES + lane] = round(hessian * (4.0 * self.units) + dither);
        }
        slot
    }

    /// The sums of one bag.
    pub(super) fn sums(self, slot: &WideSlot, lane: usize) -> Sums {
        Sums {
            gradient: slot[lane] as f64 / f64::from(self.units),
            hessian: slot[LANES + lane] as f64 / f64::from(4.0 * self.units),
        }
    }
}

/// An offset within ±1/2, even over the rows, so that rounding does not lean to one side where many
/// rows have the same gradient (the golden-ratio sequence; Weyl 1916).
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
fn dither(row: usize) -> f32 {
    let turn = (row as u32).wrapping_mul(2_654_435_769) >> 9;
    (turn as f32 - 4_194_303.5) / 8_388_608.0
}

/// Adding it rounds a float within ±2^22 to a whole number, which its low bits then hold.
const ROUND: f32 = 12_582_912.0;

/// The whole number nearest to `x`, which is within ±2^22; four at a time where `as` takes one.
#[inline(always)]
fn round(x: f32) -> i32 {
    (x + ROUND).to_bits().wrapping_sub(ROUND.to_bits()).cast_signed()
}

/// 1 / (1 + e^-x) to about 1e-7, by additions, products and one quotient only: the same on every
/// CPU, and several bags at a time.
#[inline(always)]
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

    fn sum(rows: usize, score: f32, outcome: f32, weight: f32, scale: Scale) -> Sums {
        let mut wide = [0; 2 * LANES];
        for row in 0..rows {
            let slot = scale.slot(row, &[score; LANES], outcome, &[weight; LANES]);
            wide.iter_mut().zip(slot).for_each(|(sum, units)| *sum += i64::from(units));
        }
        scale.sums(&wide, 3)
    }

    #[test]
    fn a_row_that_a_bag_leaves_out_has_no_gradient() {
        assert_eq!(sum(1_000, 0.3, 1.0, 0.0, Scale::new(1.0)), Sums::default());
    }

    #[test]
    fn many_equal_rows_sum_to_what_they_are_however_coarse_the_units() {
        for (score, weight_max) in [(-7.0, 1.0), (0.0, 1.0), (-7.0, 1e4), (2.5, 1e4)] {
            let exact = Sums::from(gradient(score, false, 1.0));
            let found = sum(100_000, score, 0.0, 1.0, Scale::new(weight_max));
            // The offsets of n rows are even to about log(n) / n.
            let error = 100.0 / f64::from(Scale::new(weight_max).units);
            assert!((found.gradient - 1e5 * exact.gradient).abs() < error + 1e-2, "{found:?}");
            assert!((found.hessian - 1e5 * exact.hessian).abs() < error + 1e-2, "{found:?}");
        }
    }

    #[test]
    fn the_largest_slots_of_a_full_table_do_not_overflow() {
        let slot = Scale::new(1.0).slot(7, &[80.0; LANES], 0.0, &[1.0; LANES]);
        assert!(i64::from(slot[0]) * i64::try_from(ROWS_A_SLOT).unwrap() <= i64::from(i32::MAX));
        let slot = Scale::new(1.0).slot(7, &[0.0; LANES], 0.0, &[1.0; LANES]);
        assert!(i64::from(slot[LANES]) * i64::try_from(ROWS_A_SLOT).unwrap() <= i64::from(i32::MAX));
    }
}
