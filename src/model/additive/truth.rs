//! How near a fit comes to a truth that is known, term by term.
//!
//! The model centres each function and purifies each pair; the truth is centred and purified in the same
//! way, on the same rows, before the two are compared.

mod rows;

use std::fmt;

use self::rows::{Drawn, PAIRS};
use super::purify::purify;
use super::{AdditiveModel, ValidAdditiveParams, fit};
use crate::domain::{FeatureId, Nats};
use crate::model::known_truth::correlation;
use crate::model::{Bins, NoProgress, Term};

/// Share of the variance of the true score from which a term counts.
const SHARE_MIN: f64 = 0.02;

/// A term as it was found and as it is, over the rows.
struct Compared {
    term: Term,
    /// The variance of the true term, beside that of the true score.
    share: f64,
    /// Correlation of the found function with the true one, entry by entry, each by its rows.
    shape: f64,
    /// Regression of the found function on the true one.
    slope: f64,
    /// Correlation of the contributions, row by row.
    by_row: f64,
    /// Share of the rows whose band covers the truth.
    covered: f64,
    /// The correlation that no estimate can be expected to exceed.
    ceiling: f64,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { term, share, shape, slope, by_row, covered, ceiling } = self;
        write!(
            f,
            "{term:?}: share {share:.3}, shape {shape:.4}, slope {slope:.3}, by row {by_row:.4}, \
             covered {covered:.3}, ceiling {ceiling:.4}"
        )
    }
}

/// The entry of a table that each row reads, with what the table has there.
struct Table<'a> {
    entries: Vec<usize>,
    scores: &'a [Nats],
    bands: &'a [Nats],
}

impl Table<'_> {
    fn compare(&self, term: Term, truth: &[f64], score_variance: f64) -> Compared {
        let count = self.scores.len();
        let (mut rows, mut sums) = (vec![0.0; count], vec![0.0; count]);
        for (&entry, truth) in self.entries.iter().zip(truth) {
            rows[entry] += 1.0;
            sums[entry] += truth;
        }
        let mean_truth: Vec<f64> = self.entries.iter().map(|&entry| sums[entry] / rows[entry]).collect();
        let found: Vec<f64> = self.entries.iter().map(|&entry| self.scores[entry].to_f64()).collect();
        let is_covered = |(row, &entry): (usize, &usize)| {
            (found[row] - mean_truth[row]).abs() <= self.bands[entry].to_f64()
        };
        let covered = self.entries.iter().enumerate().filter(|&place| is_covered(place)).count();
        let shape = correlation(&found, &mean_truth);
        Compared {
            term,
            share: variance(truth) / score_variance,
            shape,
            slope: shape * (variance(&found) / variance(&mean_truth)).sqrt(),
            by_row: correlation(&found, truth),
            covered: covered as f64 / truth.len() as f64,
            ceiling: 1.0,
        }
    }
}

/// How near the best estimate comes to levels whose effects were drawn independently of each other: that
/// of a level is off by one over its information and that of all levels together (Robinson 1991).
fn ceiling(rows: &[u32], truth: &[f64], information_a_row: f64) -> f64 {
    let all: f64 = rows.iter().copied().map(f64::from).sum();
    let known: Vec<f64> =
        rows.iter().zip(truth).filter(|(rows, _)| **rows > 0).map(|(_, effect)| *effect).collect();
    let prior = 1.0 / variance(&known);
    let mean = rows.iter().zip(truth).map(|(&rows, effect)| f64::from(rows) * effect).sum::<f64>() / all;
    let of_level = |(&rows, effect): (&u32, &f64)| {
        let rows = f64::from(rows);
        [rows * (effect - mean) * (effect - mean), rows / (rows * information_a_row + prior)]
    };
    let [signal, error] =
        rows.iter().zip(truth).map(of_level).fold([0.0, 0.0], |sum, of| [sum[0] + of[0], sum[1] + of[1]]);
    (1.0 - error / signal).max(0.0).sqrt()
}

/// The bin of each row.
fn encode(drawn: &Drawn, feature: FeatureId, bins: &Bins) -> Vec<usize> {
    let column = drawn.table.column(feature);
    (0..column.rows()).map(|row| bins.encode(column.cell(row)).unwrap()).collect()
}

/// Takes off the mean.
fn centre(values: &mut [f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    for value in values {
        *value -= mean;
    }
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64
}

/// Every term of the model that is in the truth, beside it; features without an effect too.
fn compare(model: &AdditiveModel, drawn: &Drawn) -> Vec<Compared> {
    let all = || drawn.of_features.iter().chain(&drawn.of_pairs);
    let score: Vec<f64> = (0..drawn.table.rows()).map(|row| all().map(|adds| adds[row]).sum()).collect();
    let score_variance = variance(&score);
    let mut of_features = drawn.of_features.clone();
    let mut compared = Vec::new();
    for (features, truth) in PAIRS.iter().zip(&drawn.of_pairs) {
        let pair = model.pair(*features).unwrap_or_else(|| panic!("{features:?} is not found"));
        let across = pair.bins[1].count();
        let bins = [0, 1].map(|side| encode(drawn, features[side], &pair.bins[side]));
        let entries: Vec<usize> = (0..truth.len()).map(|row| bins[0][row] * across + bins[1][row]).collect();
        let (mut rows, mut means) = (vec![0_u32; pair.scores.len()], vec![0.0; pair.scores.len()]);
        for (&entry, truth) in entries.iter().zip(truth) {
            rows[entry] += 1;
            means[entry] += truth;
        }
        means.iter_mut().zip(&rows).for_each(|(sum, &rows)| *sum /= f64::from(rows.max(1)));
        let moved = purify(&mut means, &rows, across);
        let mut truth = truth.clone();
        for side in [0, 1] {
            let of_feature = &mut of_features[features[side].index()];
            for (row, &bin) in bins[side].iter().enumerate() {
                truth[row] -= moved[side][bin];
                of_feature[row] += moved[side][bin];
            }
        }
        let table = Table { entries, scores: &pair.scores, bands: &pair.bands };
        compared.push(table.compare(Term::Pair(features[0], features[1]), &truth, score_variance));
    }
    for (shape, truth) in model.shapes().iter().zip(&mut of_features) {
        centre(truth);
        let entries = encode(drawn, shape.feature, &shape.bins);
        let mut effects = vec![0.0; shape.scores.len()];
        entries.iter().zip(truth.iter()).for_each(|(&entry, &effect)| effects[entry] = effect);
        let table = Table { entries, scores: &shape.scores, bands: &shape.bands };
        let mut found = table.compare(Term::Feature(shape.feature), truth, score_variance);
        if matches!(shape.bins, Bins::Levels(_)) {
            // Odds vary, so that rows tell less than ones of the base rate would.
            let base_rate = drawn.data().positives() as f64 / truth.len() as f64;
            found.ceiling = ceiling(&shape.rows, &effects, base_rate * (1.0 - base_rate));
        }
        compared.push(found);
    }
    compared
}

fn fit_to(drawn: &Drawn) -> AdditiveModel {
    fit(&drawn.data(), &ValidAdditiveParams::default(), &NoProgress).unwrap()
}

/// Checks that pairs without an effect are found, if at all, to weigh less than every true one.
fn check_spurious_pairs(model: &AdditiveModel) {
    let weight = |is_true: bool| {
        let of_kind = model.pairs().iter().filter(move |pair| PAIRS.contains(&pair.features) == is_true);
        of_kind.map(super::PairFunction::importance)
    };
    let (least, most) = (weight(true).fold(f64::INFINITY, f64::min), weight(false).fold(0.0, f64::max));
    assert!(most < least, "a spurious pair weighs {most}, a true one {least}");
}

#[test]
fn terms_are_recovered_from_many_positives() {
    let drawn = Drawn::new(100_000, 0.2, 11);
    let model = fit_to(&drawn);
    for term in compare(&model, &drawn) {
        if term.share > SHARE_MIN {
            assert!(term.shape >= term.ceiling.min(0.995) - 0.015, "{term}");
            assert!((0.9..=1.1).contains(&term.slope) && term.by_row >= 0.95, "{term}");
        }
    }
    check_spurious_pairs(&model);
}

#[test]
fn terms_are_recovered_from_rare_clicks() {
    let drawn = Drawn::new(1_000_000, 0.03, 12);
    let model = fit_to(&drawn);
    for term in compare(&model, &drawn) {
        if term.share > SHARE_MIN {
            assert!(term.shape >= 0.9 && term.by_row >= 0.85, "{term}");
        }
    }
    check_spurious_pairs(&model);
}

#[test]
fn bands_cover_the_truth_as_often_as_they_say() {
    let (mut covered, mut terms) = (0.0, 0.0);
    for seed in 21..25 {
        let drawn = Drawn::new(50_000, 0.2, seed);
        for term in compare(&fit_to(&drawn), &drawn) {
            covered += term.covered;
            terms += 1.0;
        }
    }
    let share = covered / terms;
    assert!((0.9..=0.99).contains(&share), "{share}");
}
