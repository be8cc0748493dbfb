//! Purification: what one feature of a pair tells alone moves into that feature's own table.
//!
//! Lengerich, Tan, Chang, Hooker and Caruana 2020: the mass of each slice, weighted by the rows in it,
//! is taken off the pair until every slice has a mean of 0. Scores of rows stay what they were.

/// Mean of a slice, in nats, below which it counts as 0.
const MEAN_MIN: f64 = 1e-13;
/// Most passes over both features after the solution, which is exact but for rounding.
const PASSES_MAX: usize = 100;
/// Share of a bin's rows below which its pivot is 0: nothing but its own group of bins is tied to it.
const PIVOT_MIN: f64 = 1e-11;

/// Purifies `scores` (first bins x `across` second bins) under the weights `rows`; returns what moves
/// to each bin of the first feature and to each of the second.
///
/// What moves is the additive table that is nearest to `scores` in the rows: one linear system of the
/// second feature's bins. Moving means back and forth gets there too, but slowly where features go
/// together and few rows tie one group of bins to another.
pub(super) fn purify(scores: &mut [f64], rows: &[u32], across: usize) -> [Vec<f64>; 2] {
    let mut moved = nearest_additive(scores, rows, across);
    for (cell, score) in scores.iter_mut().enumerate().filter(|(cell, _)| rows[*cell] > 0) {
        *score -= moved[0][cell / across] + moved[1][cell % across];
    }
    let down = moved[0].len();
    for _ in 0..PASSES_MAX {
        let mut largest = 0.0_f64;
        for (one, to) in moved[0].iter_mut().enumerate() {
            let cells = one * across..(one + 1) * across;
            largest = largest.max(take_mean(scores, rows, cells, to));
        }
        for (other, to) in moved[1].iter_mut().enumerate() {
            let cells = (other..down * across).step_by(across);
            largest = largest.max(take_mean(scores, rows, cells, to));
        }
        if largest < MEAN_MIN {
            break;
        }
    }
    moved
}

/// The tables of either feature whose sums are nearest to `scores` in weighted squares; 0 for a bin
/// without rows.
fn nearest_additive(scores: &[f64], rows: &[u32], across: usize) -> [Vec<f64>; 2] {
    let down = scores.len() / across.max(1);
    let weight = |one: usize, other: usize| f64::from(rows[one * across + other]);
    let (mut system, mut right) = (vec![0.0; across * across], vec![0.0; across]);
    let mut totals = vec![(0.0, 0.0); down];
    for (one, (total, sum)) in totals.iter_mut().enumerate() {
        for other in 0..across {
            *total += weight(one, other);
            *sum += weight(one, other) * scores[one * across + other];
        }
        if *total == 0.0 {
            continue;
        }
        // The first feature's bin is its mean of what the second leaves: put in, it drops out.
        for other in 0..across {
            let share = weight(one, other) / *total;
            system[other * across + other] += weight(one, other);
            right[other] += weight(one, other) * scores[one * across + other] - share * *sum;
            for third in 0..across {
                system[other * across + third] -= share * weight(one, third);
            }
        }
    }
    let weights = (0..across).map(|other| (0..down).map(|one| weight(one, other)).sum());
    let second = solve(system, right, &weights.collect::<Vec<f64>>());
    let first = totals.iter().enumerate().map(|(one, (total, sum))| {
        let explained = (0..across).map(|other| weight(one, other) * second[other]).sum::<f64>();
        if *total == 0.0 { 0.0 } else { (sum - explained) / total }
    });
    [first.collect(), second]
}

/// Solves a symmetric system of non-negative pivots by elimination; an unknown whose pivot vanishes
/// beside its weight is 0.
fn solve(mut system: Vec<f64>, mut right: Vec<f64>, weights: &[f64]) -> Vec<f64> {
    let size = weights.len();
    let is_free = |system: &[f64], row: usize| system[row * size + row] <= PIVOT_MIN * weights[row];
    for pivot in 0..size {
        if is_free(&system, pivot) {
            continue;
        }
        for row in pivot + 1..size {
            let factor = system[row * size + pivot] / system[pivot * size + pivot];
            for column in pivot..size {
                system[row * size + column] -= factor * system[pivot * size + column];
            }
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev().filter(|&row| !is_free(&system, row)) {
        let known = (row + 1..size).map(|column| system[row * size + column] * solution[column]).sum::<f64>();
        solution[row] = (right[row] - known) / system[row * size + row];
    }
    solution
}

/// Moves the weighted mean of some cells to `to`; returns its magnitude. Cells without rows keep
/// their score.
fn take_mean(
    scores: &mut [f64],
    rows: &[u32],
    cells: impl Iterator<Item = usize> + Clone,
    to: &mut f64,
) -> f64 {
    let weight: f64 = cells.clone().map(|cell| f64::from(rows[cell])).sum();
    if weight == 0.0 {
        return 0.0;
    }
    let mean = cells.clone().map(|cell| scores[cell] * f64::from(rows[cell])).sum::<f64>() / weight;
    for cell in cells.filter(|&cell| rows[cell] > 0) {
        scores[cell] -= mean;
    }
    *to += mean;
    mean.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_lose_their_means_and_rows_keep_their_scores(
            cells in proptest::collection::vec((-3.0f64..3.0, 0u32..50), 12),
        ) {
            let (mut scores, rows): (Vec<f64>, Vec<u32>) = cells.into_iter().unzip();
            let before = scores.clone();
            let moved = purify(&mut scores, &rows, 4);
            for cell in (0..12).filter(|&cell| rows[cell] > 0) {
                let sum = scores[cell] + moved[0][cell / 4] + moved[1][cell % 4];
                prop_assert!((sum - before[cell]).abs() < 1e-9);
            }
            let mean = |cells: Vec<usize>| cells.iter().map(|&c| scores[c] * f64::from(rows[c])).sum::<f64>();
            for one in 0..3 {
                prop_assert!(mean((one * 4..one * 4 + 4).collect()).abs() < 1e-9);
            }
            for other in 0..4 {
                prop_assert!(mean((other..12).step_by(4).collect()).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn features_that_go_together_are_purified_however_few_rows_tie_their_bins() {
        // Nearly all rows are on the diagonal; one row each ties a bin to the next.
        let size = 34;
        let near = |cell: usize| (cell / size).abs_diff(cell % size);
        let rows: Vec<u32> = (0..size * size)
            .map(|cell| match near(cell) {
                0 => 100_000,
                1 => 5,
                _ => 0,
            })
            .collect();
        let mut scores: Vec<f64> =
            (0..size * size).map(|cell| f64::from(u32::try_from(cell * 7919 % 13).unwrap())).collect();
        purify(&mut scores, &rows, size);
        for slice in 0..size {
            let along: Vec<usize> = (slice * size..(slice + 1) * size).collect();
            let down: Vec<usize> = (slice..size * size).step_by(size).collect();
            for cells in [along, down] {
                let sum: f64 = cells.iter().map(|&cell| scores[cell] * f64::from(rows[cell])).sum();
                let weight: f64 = cells.iter().map(|&cell| f64::from(rows[cell])).sum();
                assert!((sum / weight).abs() < 1e-10, "{}", sum / weight);
            }
        }
    }

    #[test]
    fn an_additive_table_leaves_nothing_for_the_pair() {
        let mut scores: Vec<f64> =
            (0..12).map(|cell| f64::from(cell / 4) - 2.0 * f64::from(cell % 4)).collect();
        purify(&mut scores, &[7, 1, 3, 2, 9, 4, 4, 1, 1, 8, 2, 5], 4);
        assert!(scores.iter().all(|score| score.abs() < 1e-11), "{scores:?}");
    }
}
