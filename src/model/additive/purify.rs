//! Purification: what one feature of a pair tells alone moves into that feature's own table.
//!
//! Lengerich, Tan, Chang, Hooker and Caruana 2020: the mass of each slice, weighted by the rows in it,
//! is taken off the pair until every slice has a mean of 0. Scores of rows stay what they were.

/// Mean of a slice, in nats, below which it counts as 0.
const MEAN_MIN: f64 = 1e-13;
/// Most passes over both features; each shrinks the means that are left by a factor.
const PASSES_MAX: usize = 10_000;

/// Purifies `scores` (first bins x `across` second bins) under the weights `rows`; returns what moves
/// to each bin of the first feature and to each of the second.
pub(super) fn purify(scores: &mut [f64], rows: &[u32], across: usize) -> [Vec<f64>; 2] {
    let down = scores.len() / across.max(1);
    let mut moved = [vec![0.0; down], vec![0.0; across]];
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
    fn an_additive_table_leaves_nothing_for_the_pair() {
        let mut scores: Vec<f64> =
            (0..12).map(|cell| f64::from(cell / 4) - 2.0 * f64::from(cell % 4)).collect();
        purify(&mut scores, &[7, 1, 3, 2, 9, 4, 4, 1, 1, 8, 2, 5], 4);
        assert!(scores.iter().all(|score| score.abs() < 1e-11), "{scores:?}");
    }
}
