//! One boosting step on a pair: its cells divided into up to four regions, moved by Newton steps.
//!
//! One cut across one feature, then on either side of it one across the other: the regions that FAST
//! ranks pairs by (Lou, Caruana, Gehrke and Hooker 2013, section 4).

use super::boost::Counts;
use super::histogram::Sums;
use super::params::ValidAdditiveParams;
use super::step::{damped_step, worth};

/// The cells of a pair, the same in every round.
pub(super) struct Grid {
    /// Bins of the first feature and of the second.
    size: [usize; 2],
    /// Training rows of each cell in this bag.
    rows: Vec<u32>,
    /// Share of the rows that each cell has.
    share: Vec<f64>,
}

/// Gradient, hessian and rows of some cells.
#[derive(Clone, Copy, Default)]
struct Mass {
    gradient: f64,
    hessian: f64,
    rows: u32,
}

/// A cut across one feature before bin `at`, and on either side of it perhaps one across the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cuts {
    /// Which feature is cut first: 0 or 1.
    axis: usize,
    at: usize,
    /// Where the other feature is cut below and above it.
    across: [Option<usize>; 2],
    /// What the regions gain over one region, in twice the log likelihood.
    pub(super) gain: f64,
}

impl Grid {
    /// A pair of which each cell has so many rows that train.
    pub(super) fn new(size: [usize; 2], counts: Counts) -> Self {
        let Counts { rows, share } = counts;
        Self { size, rows, share }
    }

    /// Gives `set` the step of each cell, centred over the rows that train, and adds it to `scores`.
    /// Withheld rows do not move.
    pub(super) fn step(
        &self,
        sums: &[Sums],
        params: &ValidAdditiveParams,
        scores: &mut [f64],
        set: &mut impl FnMut(usize, f32),
    ) {
        let Some(cuts) = self.best_cuts(sums, params) else { return };
        let mut regions = [Mass::default(); 4];
        for (cell, sum) in sums[..scores.len()].iter().enumerate() {
            regions[self.region(&cuts, cell)].add(*sum, self.rows[cell]);
        }
        let moves = regions.map(|region| damped_step(region.gradient, region.hessian, params));
        let mean: f64 =
            self.share.iter().enumerate().map(|(cell, share)| moves[self.region(&cuts, cell)] * share).sum();
        for cell in 0..scores.len() {
            #[allow(clippy::cast_possible_truncation, reason = "the step is taken in single precision")]
            let step = (moves[self.region(&cuts, cell)] - mean) as f32;
            set(cell, step);
            scores[cell] += f64::from(step);
        }
    }

    /// Which of the four regions a cell is in.
    fn region(&self, cuts: &Cuts, cell: usize) -> usize {
        let place = [cell / self.size[1], cell % self.size[1]];
        let side = usize::from(place[cuts.axis] >= cuts.at);
        2 * side + usize::from(cuts.across[side].is_some_and(|at| place[1 - cuts.axis] >= at))
    }

    /// The regions that gain most, if any gain at all.
    pub(super) fn best_cuts(&self, sums: &[Sums], params: &ValidAdditiveParams) -> Option<Cuts> {
        let first = self.best_along(0, sums, params);
        let second = self.best_along(1, sums, params);
        match (first, second) {
            (Some(first), Some(second)) => Some(if second.gain > first.gain { second } else { first }),
            (one, other) => one.or(other),
        }
    }

    /// The best cut across feature `axis` with the best ones across the other on either side.
    fn best_along(&self, axis: usize, sums: &[Sums], params: &ValidAdditiveParams) -> Option<Cuts> {
        let (length, width) = (self.size[axis], self.size[1 - axis]);
        let cell = |along: usize, across: usize| match axis {
            0 => along * width + across,
            _ => across * length + along,
        };
        let mut above = vec![Mass::default(); width];
        for along in 0..length {
            for (across, mass) in above.iter_mut().enumerate() {
                mass.add(sums[cell(along, across)], self.rows[cell(along, across)]);
            }
        }
        let all = above.iter().fold(Mass::default(), |all, mass| all.plus(*mass));
        let whole = all.worth(params);
        let mut below = vec![Mass::default(); width];
        let mut best: Option<Cuts> = None;
        for at in 1..length {
            for across in 0..width {
                let moved = Mass::of(sums[cell(at - 1, across)], self.rows[cell(at - 1, across)]);
                below[across] = below[across].plus(moved);
                above[across] = above[across].minus(moved);
            }
            let sides = [divide(&below, params), divide(&above, params)];
            let [Some((under, lower)), Some((over, upper))] = sides else { continue };
            let gain = under + over - whole;
            if gain > best.map_or(0.0, |best| best.gain) {
                best = Some(Cuts { axis, at, across: [lower, upper], gain });
            }
        }
        best
    }
}

/// The worth of some slices in one region or, where that is more, in two, with where to cut them;
/// None when they are too few for a region.
fn divide(slices: &[Mass], params: &ValidAdditiveParams) -> Option<(f64, Option<usize>)> {
    let all = slices.iter().fold(Mass::default(), |all, mass| all.plus(*mass));
    if !all.is_enough(params) {
        return None;
    }
    let mut best = (all.worth(params), None);
    let mut left = Mass::default();
    for (before, slice) in slices.iter().enumerate().take(slices.len() - 1) {
        left = left.plus(*slice);
        let right = all.minus(left);
        if left.is_enough(params) && right.is_enough(params) {
            let worth = left.worth(params) + right.worth(params);
            if worth > best.0 {
                best = (worth, Some(before + 1));
            }
        }
    }
    Some(best)
}

impl Mass {
    fn of(sums: Sums, rows: u32) -> Self {
        Self { gradient: sums.gradient, hessian: sums.hessian, rows }
    }

    fn add(&mut self, sums: Sums, rows: u32) {
        *self = self.plus(Self::of(sums, rows));
    }

    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            hessian: self.hessian + other.hessian,
            rows: self.rows + other.rows,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            rows: self.rows - other.rows,
        }
    }

    fn worth(self, params: &ValidAdditiveParams) -> f64 {
        worth(self.gradient, self.hessian, params.damping)
    }

    fn is_enough(self, params: &ValidAdditiveParams) -> bool {
        self.rows >= params.leaf_rows_min && self.hessian >= params.leaf_hessian_min
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::additive::AdditiveParams;
    use crate::model::additive::histogram::gradient;

    /// Cells of 100 rows at score 0, of which so many are positive.
    fn cells(size: [usize; 2], positives: &[u32]) -> (Grid, Vec<Sums>) {
        let mut sums = vec![Sums::default(); positives.len() + 1];
        for (sum, &positives) in sums.iter_mut().zip(positives) {
            (0..100).for_each(|row| *sum += gradient(0.0, row < positives, 1.0).into());
        }
        let share = vec![1.0 / positives.len() as f64; positives.len()];
        (Grid::new(size, Counts { rows: vec![100; positives.len()], share }), sums)
    }

    fn params() -> ValidAdditiveParams {
        AdditiveParams { learning_rate: 1.0, damping: 0.0, ..AdditiveParams::default() }.check().unwrap()
    }

    #[test]
    fn a_checkerboard_is_cut_into_its_four_fields() {
        let (grid, sums) = cells([3, 2], &[80, 20, 20, 80, 20, 80]);
        let cuts = grid.best_cuts(&sums, &params()).unwrap();
        assert_eq!((cuts.axis, cuts.at, cuts.across), (0, 1, [Some(1), Some(1)]));
        let mut scores = vec![0.0; 6];
        grid.step(&sums, &params(), &mut scores, &mut |cell, _| assert!(cell < 6));
        for (cell, score) in scores.iter().enumerate() {
            let expected = if [0, 3, 5].contains(&cell) { 1.2 } else { -1.2 };
            assert!((score - expected).abs() < 1e-5, "{scores:?}");
        }
    }

    #[test]
    fn a_side_that_does_not_vary_stays_one_region() {
        let (grid, sums) = cells([2, 2], &[50, 50, 20, 80]);
        let cuts = grid.best_cuts(&sums, &params()).unwrap();
        let fields: Vec<usize> = (0..4).map(|cell| grid.region(&cuts, cell)).collect();
        assert!(cuts.gain > 0.0 && fields[2] != fields[3], "{cuts:?}");
    }

    #[test]
    fn too_few_rows_are_no_region() {
        let (mut grid, sums) = cells([2, 2], &[80, 20, 20, 80]);
        grid.rows = vec![5; 4];
        assert!(grid.best_cuts(&sums, &params()).is_none());
    }
}
