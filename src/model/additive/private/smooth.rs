//! How tables are held down: by how much noise may move the score of a bin.
//!
//! The optimum of a ridge for noise of known variance. A bin of hessian `h` whose gradient is
//! observed with the variance `h` of its outcomes plus the variance `s^2` of the privacy noise, and
//! whose score has the prior variance `t^2`, is best estimated with the ridge `(1 + s^2/h) / t^2`: of
//! bins in which the noise weighs more than the people, hardly anything is believed. Intervals are
//! tied to their neighbours in the same way, by the prior variance of their differences.

/// Prior deviation of an interval's score beside what its neighbours say, in nats: wide.
const LEVEL_OF_A_LINE: f64 = 3.0;

/// A quadratic penalty on the bins of one feature: of each score, and of differences of neighbours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Penalty {
    ridge: Vec<f64>,
    /// Between each bin and the next; empty when no bins are neighbours.
    ties: Vec<f64>,
}

impl Penalty {
    /// None: what is said is believed.
    pub(super) fn none(bins: usize) -> Self {
        Self { ridge: vec![0.0; bins], ties: Vec::new() }
    }

    /// Of bins with these hessians, each observed with noise of variance `noise`; those from `first`
    /// on are neighbours if there is a `step_spread`.
    pub(super) fn new(hessian: &[f64], noise: f64, level_spread: f64, line: Option<(usize, f64)>) -> Self {
        let excess: Vec<f64> = hessian.iter().map(|hessian| 1.0 + noise / hessian).collect();
        let over = |spread: f64| move |excess: &f64| excess / (spread * spread);
        let mut ridge: Vec<f64> = excess.iter().map(over(level_spread)).collect();
        let Some((first, step_spread)) = line else { return Self { ridge, ties: Vec::new() } };
        for (ridge, excess) in ridge.iter_mut().zip(&excess).skip(first) {
            *ridge = over(LEVEL_OF_A_LINE)(excess);
        }
        let tie = |at: usize| {
            if at < first { 0.0 } else { over(step_spread)(&f64::midpoint(excess[at], excess[at + 1])) }
        };
        Self { ridge, ties: (0..hessian.len().saturating_sub(1)).map(tie).collect() }
    }

    /// The gradient of the penalty at `scores`.
    pub(super) fn gradient(&self, scores: &[f64]) -> Vec<f64> {
        let mut gradient: Vec<f64> =
            self.ridge.iter().zip(scores).map(|(ridge, score)| ridge * score).collect();
        for (at, tie) in self.ties.iter().enumerate() {
            let pull = tie * (scores[at] - scores[at + 1]);
            gradient[at] += pull;
            gradient[at + 1] -= pull;
        }
        gradient
    }

    /// Solves `(hessian + penalty) x = right` by elimination along the line; all hessians are
    /// positive.
    pub(super) fn solve(&self, hessian: &[f64], right: &[f64]) -> Vec<f64> {
        let tie = |at: usize| self.ties.get(at).copied().unwrap_or(0.0);
        let before = |at: usize| if at == 0 { 0.0 } else { tie(at - 1) };
        let mut diagonal: Vec<f64> =
            (0..hessian.len()).map(|at| hessian[at] + self.ridge[at] + before(at) + tie(at)).collect();
        let mut x = right.to_vec();
        for at in 1..x.len() {
            let share = before(at) / diagonal[at - 1];
            diagonal[at] -= share * before(at);
            x[at] += share * x[at - 1];
        }
        for at in (0..x.len()).rev() {
            let after = if at + 1 < x.len() { tie(at) * x[at + 1] } else { 0.0 };
            x[at] = (x[at] + after) / diagonal[at];
        }
        x
    }

    /// The standard error of each score at the optimum, for gradients of variance `hessian + noise`;
    /// what the penalty itself takes away is not in it.
    pub(super) fn standard_errors(&self, hessian: &[f64], noise: f64) -> Vec<f64> {
        let variance = |at: usize| hessian[at] + noise;
        let error = |at: usize| {
            if self.ties.is_empty() {
                return variance(at).sqrt() / (hessian[at] + self.ridge[at]);
            }
            let mut unit = vec![0.0; hessian.len()];
            unit[at] = 1.0;
            // The inverse is symmetric: a column of it is a row.
            let row = self.solve(hessian, &unit);
            row.iter().enumerate().map(|(other, x)| x * x * variance(other)).sum::<f64>().sqrt()
        };
        (0..hessian.len()).map(error).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_solved_solves_the_system(
            bins in proptest::collection::vec((0.1f64..1e4, -1e3f64..1e3), 1..40),
            noise in 0.0f64..1e4,
            first in 0usize..3,
            is_line in any::<bool>(),
        ) {
            let (hessian, right): (Vec<f64>, Vec<f64>) = bins.into_iter().unzip();
            let line = is_line.then_some((first, 0.5));
            let penalty = Penalty::new(&hessian, noise, 0.5, line);
            let x = penalty.solve(&hessian, &right);
            let pull = penalty.gradient(&x);
            for at in 0..x.len() {
                let left = hessian[at] * x[at] + pull[at];
                prop_assert!((left - right[at]).abs() < 1e-6 * (1.0 + right[at].abs()), "{left} {}", right[at]);
            }
        }
    }

    #[test]
    fn noise_is_believed_less_than_people() {
        let shrunk = |noise| Penalty::new(&[10.0], noise, 0.5, None).solve(&[10.0], &[10.0])[0];
        assert!((shrunk(0.0) - 10.0 / 14.0).abs() < 1e-12);
        assert!((shrunk(1_000.0) - 10.0 / 414.0).abs() < 1e-12);
        let quiet = Penalty::new(&[1e6; 2], 1.0, 0.5, None).standard_errors(&[1e6; 2], 1.0);
        assert!(quiet.iter().all(|error| *error < 1.01e-3));
    }

    #[test]
    fn neighbours_share_what_they_say() {
        let hessian = [50.0; 5];
        let penalty = Penalty::new(&hessian, 100.0, 0.5, Some((2, 0.1)));
        let x = penalty.solve(&hessian, &[0.0, 0.0, 0.0, 50.0, 0.0]);
        assert_eq!((x[0], x[1]), (0.0, 0.0));
        assert!(x[3] > x[2] && x[2] > 0.0 && (x[2] - x[4]).abs() < 1e-12);
        let [tied, alone] = [Some((2, 0.1)), None]
            .map(|line| Penalty::new(&hessian, 100.0, 3.0, line).standard_errors(&hessian, 100.0)[3]);
        assert!(tied < alone);
    }
}
