//! Boosting on noisy gradients.
//!
//! Each step releases one histogram of gradients with noise and takes a share of a penalised Newton
//! step; the hessians are those of the noisy counts. No step chooses anything by looking at the rows:
//! the bins are fixed, and every feature steps once a round. The rounds are many and their steps
//! short, so that what is learned is the mean of many noisy looks; the tables are the mean of the
//! later rounds (Polyak and Juditsky 1992), which takes out what the last looks added.

use rayon::prelude::*;

use super::noise::Noise;
use super::params::ValidPrivateParams;
use super::release::Sums;
use super::smooth::Penalty;
use crate::model::link::probability;
use crate::model::{FitError, Progress};

/// Rows that one thread takes at a time.
const ROWS_A_TASK: usize = 16_384;
/// Longest step, in nats: noise must not throw a table off before others answer.
const STEP_MAX: f64 = 1.0;

/// What is boosted on: bins of rows, with what is believed of them.
pub(super) struct Column<'a> {
    /// The bin of each row; beyond the last where withheld.
    pub(super) codes: &'a [u16],
    /// Whether rows can fall into each bin; where not, nothing is learned.
    pub(super) possible: &'a [bool],
    /// The hessian of each bin, as the counts have it; positive.
    pub(super) hessian: Vec<f64>,
    pub(super) penalty: Penalty,
}

/// What steps are taken on, and how loudly.
pub(super) struct Boosting<'a> {
    pub(super) columns: Vec<Column<'a>>,
    pub(super) outcome: &'a [bool],
    /// Deviation of the noise of each sum, in units.
    pub(super) sigma: u64,
    pub(super) params: &'a ValidPrivateParams,
}

impl Boosting<'_> {
    /// Boosts `tables` for all rounds; returns the mean of the later ones. `told` rounds of `of` were
    /// told to `progress` before.
    pub(super) fn boost(
        &self,
        mut tables: Vec<Vec<f64>>,
        noise: &mut Noise,
        (told, of): (usize, usize),
        progress: &dyn Progress,
    ) -> Result<Vec<Vec<f64>>, FitError> {
        let rounds = self.params.rounds;
        let first_kept = rounds * 2 / 5;
        let share = 1.0 / f64::from(rounds - first_kept);
        let mut means: Vec<Vec<f64>> = tables.iter().map(|table| vec![0.0; table.len()]).collect();
        let mut scores = vec![0.0; self.outcome.len()];
        for (column, table) in self.columns.iter().zip(&tables) {
            shift(&mut scores, column.codes, table);
        }
        for round in 0..rounds {
            if progress.cancelled() {
                return Err(FitError::Cancelled);
            }
            for (column, table) in self.columns.iter().zip(&mut tables) {
                let sums = sum_gradients(column.codes, &scores, self.outcome, table.len());
                let step = self.step(column, table, &sums.release(self.sigma, noise));
                table.iter_mut().zip(&step).for_each(|(score, step)| *score += step);
                shift(&mut scores, column.codes, &step);
            }
            if round >= first_kept {
                for (mean, score) in means.iter_mut().flatten().zip(tables.iter().flatten()) {
                    *mean += score * share;
                }
            }
            progress.step(told + round as usize + 1, of);
        }
        Ok(means)
    }

    fn step(&self, column: &Column<'_>, table: &[f64], gradient: &[f64]) -> Vec<f64> {
        let pull = column.penalty.gradient(table);
        let right: Vec<f64> = gradient.iter().zip(&pull).map(|(gradient, pull)| -(gradient + pull)).collect();
        let newton = column.penalty.solve(&column.hessian, &right);
        let cut = |step: f64| (step * self.params.learning_rate).clamp(-STEP_MAX, STEP_MAX);
        newton
            .iter()
            .zip(column.possible)
            .map(|(&step, possible)| if *possible { cut(step) } else { 0.0 })
            .collect()
    }
}

/// The gradients p - y of all rows, summed by bin.
fn sum_gradients(codes: &[u16], scores: &[f64], outcome: &[bool], bins: usize) -> Sums {
    let tasks = codes
        .par_chunks(ROWS_A_TASK)
        .zip(scores.par_chunks(ROWS_A_TASK))
        .zip(outcome.par_chunks(ROWS_A_TASK));
    tasks
        .map(|((codes, scores), outcomes)| {
            let mut sums = Sums::zero(bins);
            for ((&code, &score), &happened) in codes.iter().zip(scores).zip(outcomes) {
                sums.add(usize::from(code), probability(score) - f64::from(u8::from(happened)));
            }
            sums
        })
        .reduce(|| Sums::zero(bins), |one, other| one.join(&other))
}

fn shift(scores: &mut [f64], codes: &[u16], steps: &[f64]) {
    scores.par_iter_mut().zip(codes).for_each(|(score, &code)| {
        *score += steps.get(usize::from(code)).copied().unwrap_or(0.0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NoProgress;
    use crate::model::additive::private::PrivateParams;
    use crate::model::additive::private::release::UNITS_A_ROW;
    use proptest::prelude::*;

    fn boosted(codes: &[u16], outcome: &[bool], sigma: u64, rounds: u32) -> Vec<f64> {
        let params = PrivateParams { rounds, learning_rate: 0.5, ..PrivateParams::new(1.0, 1e-5) };
        let rows = codes.len() as f64;
        let column = Column {
            codes,
            possible: &[true, true, false],
            hessian: vec![rows / 8.0; 3],
            penalty: Penalty::none(3),
        };
        let params = params.check().unwrap();
        let boosting = Boosting { columns: vec![column], outcome, sigma, params: &params };
        let tables = boosting.boost(vec![vec![0.0; 3]], &mut Noise::seeded(1), (0, 1), &NoProgress);
        tables.unwrap().remove(0)
    }

    #[test]
    fn without_noise_to_speak_of_the_log_odds_are_found() {
        let codes: Vec<u16> = (0..4_000).map(|row| row % 2).collect();
        let outcome: Vec<bool> =
            (0..4_000).map(|row| row % 2 == 0 && row % 8 != 0 || row % 10 == 1).collect();
        let scores = boosted(&codes, &outcome, 1, 100);
        for (score, share) in scores.iter().zip([0.75, 0.2]) {
            assert!((probability(*score) - share).abs() < 1e-3, "{score} for {share}");
        }
        assert_eq!(scores[2], 0.0);
    }

    #[test]
    fn a_bin_that_no_row_can_be_in_learns_nothing_of_the_noise() {
        let scores = boosted(&[0; 100], &[true; 100], 50 << 10, 20);
        assert_eq!(scores[2], 0.0);
        assert_ne!(scores[1], 0.0);
    }

    proptest! {
        #[test]
        fn a_person_moves_the_gradients_by_their_rows_at_most(
            rows in proptest::collection::vec((0u32..9, 0u16..5, -1e3f64..1e3, any::<bool>()), 1..60),
            whose in 0u32..9,
        ) {
            let sum = |rows: &[(u32, u16, f64, bool)]| {
                let codes: Vec<u16> = rows.iter().map(|row| row.1).collect();
                let scores: Vec<f64> = rows.iter().map(|row| row.2).collect();
                let outcome: Vec<bool> = rows.iter().map(|row| row.3).collect();
                sum_gradients(&codes, &scores, &outcome, 4)
            };
            let without: Vec<_> = rows.iter().filter(|row| row.0 != whose).copied().collect();
            let moved = (rows.len() - without.len()) as f64 * UNITS_A_ROW as f64;
            prop_assert!(sum(&rows).distance(&sum(&without)) <= moved + 1e-6);
        }
    }
}
