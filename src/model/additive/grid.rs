//! One boosting step on a pair: its cells divided into up to four regions, moved by Newton steps.
//!
//! One feature is divided in two, then on either side of that the other one: the regions that FAST ranks
//! pairs by (Lou, Caruana, Gehrke and Hooker 2013, section 4). Numbers are cut; the levels of a category are
//! first put in an order in which those alike are neighbours (Fisher 1958).

use super::counts::Counts;
use super::histogram::Sums;
use super::params::ValidAdditiveParams;
use super::step::{damped_step, worth};

/// The cells of a pair, the same in every round.
pub(super) struct Grid {
    sides: Sides,
    /// Training rows of each cell in this bag.
    rows: Vec<u32>,
    /// Share of the rows that each cell has.
    share: Vec<f64>,
}

/// The two features of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    /// Bins of each.
    pub(super) bins: [usize; 2],
    /// Whether the order of its bins means nothing.
    pub(super) is_category: [bool; 2],
}

/// Gradient, hessian and rows of some cells.
#[derive(Clone, Copy, Default)]
struct Mass {
    gradient: f64,
    hessian: f64,
    rows: u32,
}

/// Which of four regions each cell is in.
struct Regions {
    /// The region of each cell, from 0 to 3.
    of_cell: Vec<u8>,
    /// What the regions gain over one region, in twice the log likelihood.
    gain: f64,
}

/// The first division: of which feature, in which order of its bins, and before which of them.
struct Divided {
    axis: usize,
    order: Vec<usize>,
    at: usize,
    gain: f64,
}

/// Bins in an order, divided before place `at` unless it is 0, and what that is worth.
struct Run {
    order: Vec<usize>,
    at: usize,
    worth: f64,
}

impl Grid {
    /// A pair of which each cell has so many rows that train.
    pub(super) fn new(sides: Sides, counts: Counts) -> Self {
        let Counts { rows, share } = counts;
        Self { sides, rows, share }
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
        let cells = self.cells(sums);
        let Some(regions) = self.best_regions(&cells, params) else { return };
        let mut masses = [Mass::default(); 4];
        for (cell, &region) in cells.iter().zip(&regions.of_cell) {
            masses[usize::from(region)] += *cell;
        }
        let moves = masses.map(|mass| damped_step(mass.gradient, mass.hessian, params));
        let shares = self.share.iter().zip(&regions.of_cell);
        let mean: f64 = shares.map(|(share, &region)| moves[usize::from(region)] * share).sum();
        #[allow(clippy::cast_possible_truncation, reason = "the step is taken in single precision")]
        let moves = moves.map(|step| (step - mean) as f32);
        for (cell, &region) in regions.of_cell.iter().enumerate() {
            let step = moves[usize::from(region)];
            set(cell, step);
            scores[cell] += f64::from(step);
        }
    }

    /// What the best regions gain, in twice the log likelihood; 0 when none gain.
    pub(super) fn best_gain(&self, sums: &[Sums], params: &ValidAdditiveParams) -> f64 {
        self.best_regions(&self.cells(sums), params).map_or(0.0, |regions| regions.gain)
    }

    fn cells(&self, sums: &[Sums]) -> Vec<Mass> {
        let cell = |(sum, &rows): (&Sums, &u32)| Mass { gradient: sum.gradient, hessian: sum.hessian, rows };
        sums.iter().zip(&self.rows).map(cell).collect()
    }

    /// The regions that gain most, if any gain at all.
    fn best_regions(&self, cells: &[Mass], params: &ValidAdditiveParams) -> Option<Regions> {
        let first = self.best_division(0, cells, params);
        let second = self.best_division(1, cells, params);
        let best = match (first, second) {
            (Some(first), Some(second)) => {
                if second.gain > first.gain {
                    second
                } else {
                    first
                }
            }
            (one, other) => one.or(other)?,
        };
        let other = 1 - best.axis;
        let mut of_cell = vec![0; cells.len()];
        for (side, along) in [&best.order[..best.at], &best.order[best.at..]].into_iter().enumerate() {
            let mut slices = vec![Mass::default(); self.sides.bins[other]];
            for &along in along {
                for (across, slice) in slices.iter_mut().enumerate() {
                    *slice += cells[self.cell(best.axis, along, across)];
                }
            }
            let run = divide(&slices, self.sides.is_category[other], params)?;
            for &along in along {
                for (place, &across) in run.order.iter().enumerate() {
                    let above = u8::from(run.at > 0 && place >= run.at);
                    of_cell[self.cell(best.axis, along, across)] = 2 * u8::from(side == 1) + above;
                }
            }
        }
        Some(Regions { of_cell, gain: best.gain })
    }

    /// The cell at bin `along` of feature `axis` and bin `across` of the other.
    const fn cell(&self, axis: usize, along: usize, across: usize) -> usize {
        let of_second = self.sides.bins[1];
        if axis == 0 { along * of_second + across } else { across * of_second + along }
    }

    /// The division of feature `axis` that gains most with the best ones of the other on either side.
    fn best_division(&self, axis: usize, cells: &[Mass], params: &ValidAdditiveParams) -> Option<Divided> {
        let (length, width) = (self.sides.bins[axis], self.sides.bins[1 - axis]);
        let order = self.order(axis, cells, params);
        let mut above = vec![Mass::default(); width];
        for along in 0..length {
            for (across, mass) in above.iter_mut().enumerate() {
                *mass += cells[self.cell(axis, along, across)];
            }
        }
        let whole = above.iter().copied().fold(Mass::default(), Mass::plus).worth(params);
        let mut below = vec![Mass::default(); width];
        let is_category = self.sides.is_category[1 - axis];
        let (mut best_at, mut best_gain) = (0, 0.0);
        let mut rows_moved = 0;
        for at in 1..length {
            for across in 0..width {
                let moved = cells[self.cell(axis, order[at - 1], across)];
                rows_moved += moved.rows;
                below[across] = below[across].plus(moved);
                above[across] = above[across].minus(moved);
            }
            // A bin without rows divides nothing anew.
            if std::mem::take(&mut rows_moved) == 0 {
                continue;
            }
            let sides = [divide(&below, is_category, params), divide(&above, is_category, params)];
            let [Some(under), Some(over)] = sides else { continue };
            let gain = under.worth + over.worth - whole;
            if gain > best_gain {
                (best_at, best_gain) = (at, gain);
            }
        }
        (best_at > 0).then_some(Divided { axis, order, at: best_at, gain: best_gain })
    }

    /// The bins of feature `axis` in an order in which those that go with the other feature alike are
    /// neighbours; the bins of numbers as they are.
    ///
    /// Levels are ordered by the factor u of the product u v that takes most off the loss, found by turns.
    fn order(&self, axis: usize, cells: &[Mass], params: &ValidAdditiveParams) -> Vec<usize> {
        const TURNS: usize = 2;
        let (length, width) = (self.sides.bins[axis], self.sides.bins[1 - axis]);
        let mut order: Vec<usize> = (0..length).collect();
        if !self.sides.is_category[axis] {
            return order;
        }
        let at = |along: usize, across: usize| cells[self.cell(axis, along, across)];
        let pull = |mass: Mass| mass.gradient / (mass.hessian + params.damping);
        let strength = |along: usize| (0..width).map(|across| at(along, across).worth(params)).sum::<f64>();
        let strongest = (0..length).max_by(|&a, &b| strength(a).total_cmp(&strength(b)).then(b.cmp(&a)));
        let Some(strongest) = strongest else { return order };
        let mut other: Vec<f64> = (0..width).map(|across| pull(at(strongest, across))).collect();
        let mut own = vec![0.0; length];
        for turn in 0..TURNS {
            for (along, own) in own.iter_mut().enumerate() {
                *own = newton((0..width).map(|across| (at(along, across), other[across])), params);
            }
            if turn + 1 < TURNS {
                for (across, other) in other.iter_mut().enumerate() {
                    *other = newton((0..length).map(|along| (at(along, across), own[along])), params);
                }
            }
        }
        order.sort_by(|&a, &b| own[a].total_cmp(&own[b]));
        order
    }
}

/// What the factor of some cells should be when the other factor of each is given.
fn newton(cells: impl Iterator<Item = (Mass, f64)>, params: &ValidAdditiveParams) -> f64 {
    let add = |(gradient, hessian): (f64, f64), (mass, factor): (Mass, f64)| {
        (gradient + mass.gradient * factor, hessian + mass.hessian * factor * factor)
    };
    let (gradient, hessian) = cells.fold((0.0, 0.0), add);
    if hessian + params.damping > 0.0 { gradient / (hessian + params.damping) } else { 0.0 }
}

/// Some slices in one region or, where that is worth more, in two; None when they are too few for a
/// region.
fn divide(slices: &[Mass], is_category: bool, params: &ValidAdditiveParams) -> Option<Run> {
    let all = slices.iter().copied().fold(Mass::default(), Mass::plus);
    if !all.is_enough(params) {
        return None;
    }
    let mut order: Vec<usize> = (0..slices.len()).collect();
    if is_category {
        let pull = |slice: usize| slices[slice].gradient / (slices[slice].hessian + params.damping);
        order.sort_by(|&a, &b| pull(a).total_cmp(&pull(b)));
    }
    let (mut at, mut worth) = (0, all.worth(params));
    let mut left = Mass::default();
    for place in 1..order.len() {
        left = left.plus(slices[order[place - 1]]);
        let right = all.minus(left);
        if left.is_enough(params) && right.is_enough(params) {
            let of_two = left.worth(params) + right.worth(params);
            if of_two > worth {
                (at, worth) = (place, of_two);
            }
        }
    }
    Some(Run { order, at, worth })
}

impl Mass {
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

impl std::ops::AddAssign for Mass {
    fn add_assign(&mut self, other: Self) {
        *self = self.plus(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::additive::AdditiveParams;
    use crate::model::additive::histogram::gradient;

    /// Cells of 100 rows at score 0, of which so many are positive.
    fn cells(bins: [usize; 2], positives: &[u32]) -> (Grid, Vec<Sums>) {
        let mut sums = vec![Sums::default(); positives.len() + 1];
        for (sum, &positives) in sums.iter_mut().zip(positives) {
            (0..100).for_each(|row| *sum += gradient(0.0, row < positives, 1.0).into());
        }
        let share = vec![1.0 / positives.len() as f64; positives.len()];
        (
            Grid::new(
                Sides { bins, is_category: [false; 2] },
                Counts { rows: vec![100; positives.len()], share },
            ),
            sums,
        )
    }

    fn params() -> ValidAdditiveParams {
        AdditiveParams { learning_rate: 1.0, damping: 0.0, ..AdditiveParams::default() }.check().unwrap()
    }

    #[test]
    fn a_checkerboard_is_cut_into_its_four_fields() {
        let (grid, sums) = cells([3, 2], &[80, 20, 20, 80, 20, 80]);
        let regions = grid.best_regions(&grid.cells(&sums), &params()).unwrap();
        assert_eq!(regions.of_cell, [0, 1, 2, 3, 2, 3]);
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
        let regions = grid.best_regions(&grid.cells(&sums), &params()).unwrap();
        assert!(regions.gain > 0.0 && regions.of_cell[2] != regions.of_cell[3], "{:?}", regions.of_cell);
    }

    #[test]
    fn too_few_rows_are_no_region() {
        let (mut grid, sums) = cells([2, 2], &[80, 20, 20, 80]);
        grid.rows = vec![5; 4];
        assert!(grid.best_regions(&grid.cells(&sums), &params()).is_none());
    }

    #[test]
    fn levels_that_go_together_alike_share_a_region_wherever_they_stand() {
        // Rows 0, 2 and 4 of the pair go one way with columns 0 and 3, the others the other way.
        let alike = |bin: usize| if bin.is_multiple_of(2) { [80, 20, 20, 80] } else { [20, 80, 80, 20] };
        let positives: Vec<u32> = (0..6).flat_map(alike).collect();
        let (mut grid, sums) = cells([6, 4], &positives);
        grid.sides.is_category = [true; 2];
        let regions = grid.best_regions(&grid.cells(&sums), &params()).unwrap();
        let region = |bin: usize, other: usize| regions.of_cell[bin * 4 + other];
        for bin in 0..6 {
            assert_eq!([region(bin, 0), region(bin, 1)], [region(bin, 3), region(bin, 2)]);
            assert_eq!(
                (0..4).map(|other| region(bin, other)).collect::<Vec<_>>(),
                (0..4).map(|other| region(bin % 2, other)).collect::<Vec<_>>()
            );
            assert_ne!(region(bin, 0), region(bin, 1));
        }
        let moved = |region: u8| {
            if positives.iter().zip(&regions.of_cell).any(|(p, r)| *r == region && *p == 80) {
                80
            } else {
                20
            }
        };
        assert!(positives.iter().zip(&regions.of_cell).all(|(p, r)| *p == moved(*r)));
    }
}
