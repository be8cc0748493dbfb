//! How good scores are: ranking, calibration, and intervals over people.
//!
//! Intervals are percentiles of a bootstrap that draws people, not rows (Efron and Tibshirani 1993,
//! section 8.6 on dependent data): rows of one person are not independent.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::link::{loss, probability};
use crate::domain::Nats;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// On the rows as they are.
    pub estimate: f64,
    /// 2.5th percentile over resamples of people.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// How good the scores of some rows are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Rows scored.
    pub rows: u64,
    /// Rows in which the response happened.
    pub positives: u64,
    /// Distinct people.
    pub people: u64,
    /// Probability that a positive row outranks a negative one, ties half; None with one class.
    pub auc: Option<Interval>,
    /// The same over the pairs of rows within one group, all pairs counting alike; None without
    /// such a pair.
    pub auc_within_group: Option<Interval>,
    /// The mean of each group's AUC, over groups that have both classes.
    pub auc_group_mean: Option<f64>,
    /// Mean -ln of the probability given to what happened.
    pub log_loss: Interval,
    /// Mean probability.
    pub predicted: Interval,
    /// Share of rows in which the response happened.
    pub observed: Interval,
    /// Predicted beside observed in ten groups of rows by rising probability.
    pub reliability: Vec<ReliabilityBin>,
}

/// Predicted beside observed among rows of like probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Number of rows.
    pub rows: u64,
    /// Their mean probability.
    pub predicted: f64,
    /// Share of them in which the response happened.
    pub observed: f64,
    /// Distinct people among them; 0 when an earlier build did not count them.
    #[serde(default)]
    pub people: u64,
}

/// Rows with their scores. All slices have one entry per row.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// The scores (log-odds).
    pub scores: &'a [Nats],
    /// Whether the response happened.
    pub outcome: &'a [bool],
    /// The person of each row, numbered from 0.
    pub person: &'a [u32],
    /// The group within which rows competed; one group has rows of one person.
    pub group: &'a [u32],
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resamples {
    /// How many.
    pub count: u32,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Resamples {
    fn default() -> Self {
        Self { count: 300, seed: 1 }
    }
}

/// Measures the scores; None when there is no row or the slices differ in length.
#[must_use]
pub fn evaluate(rows: Scored<'_>, resamples: Resamples) -> Option<Evaluation> {
    let len = rows.scores.len();
    let even = rows.outcome.len() == len && rows.person.len() == len && rows.group.len() == len;
    if len == 0 || !even {
        return None;
    }
    let person = renumbered(rows.person);
    let rows = Scored { person: &person, ..rows };
    let people = People::tally(rows);
    let order = rising(rows.scores);
    let drawn = people.resample(resamples, |weights| {
        let auc = weighted_auc(&order, rows, weights);
        (auc, people.measure(weights))
    });
    let whole = people.measure(&vec![1; people.tallies.len()]);
    let auc = auc(rows.scores, rows.outcome);
    let interval = |estimate: f64, of: &dyn Fn(&Measures) -> Option<f64>| {
        percentiles(estimate, drawn.iter().filter_map(|(_, measures)| of(measures)).collect())
    };
    let probabilities: Vec<f64> = rows.scores.iter().map(|score| probability(score.to_f64())).collect();
    Some(Evaluation {
        rows: len as u64,
        positives: rows.outcome.iter().filter(|&&happened| happened).count() as u64,
        people: people.tallies.iter().filter(|tally| tally.rows > 0.0).count() as u64,
        auc: auc.map(|auc| percentiles(auc, drawn.iter().filter_map(|(auc, _)| *auc).collect())),
        auc_within_group: whole.auc_within_group.map(|auc| interval(auc, &|m| m.auc_within_group)),
        auc_group_mean: auc_group_mean(rows.scores, rows.outcome, rows.group),
        log_loss: interval(whole.log_loss, &|m| Some(m.log_loss)),
        predicted: interval(whole.predicted, &|m| Some(m.predicted)),
        observed: interval(whole.observed, &|m| Some(m.observed)),
        reliability: reliability(&probabilities, rows.outcome, rows.person, 10),
    })
}

/// Probability that a positive row outranks a negative one, ties half; None with one class.
#[must_use]
pub fn auc(scores: &[Nats], outcome: &[bool]) -> Option<f64> {
    Pairs::count(&rising(scores), scores, outcome).auc()
}

/// The AUC over the pairs of rows within one group: concordant pairs, ties half, over all pairs.
/// None when no group has both classes. Pairs count alike, so a group with more of them weighs more;
/// see [`auc_group_mean`] for groups that count alike.
#[must_use]
pub fn auc_within_group(scores: &[Nats], outcome: &[bool], group: &[u32]) -> Option<f64> {
    by_group(scores, outcome, group)
        .into_iter()
        .map(|(_, pairs)| pairs)
        .fold(Pairs::default(), Pairs::add)
        .auc()
}

/// The mean of the AUC of each group that has both classes; None when none has.
#[must_use]
pub fn auc_group_mean(scores: &[Nats], outcome: &[bool], group: &[u32]) -> Option<f64> {
    let aucs: Vec<f64> =
        by_group(scores, outcome, group).iter().filter_map(|(_, pairs)| pairs.auc()).collect();
    (!aucs.is_empty()).then(|| aucs.iter().sum::<f64>() / aucs.len() as f64)
}

/// The mean log loss of the scores; None without rows.
#[must_use]
pub fn log_loss(scores: &[Nats], outcome: &[bool]) -> Option<f64> {
    let losses = scores.iter().zip(outcome).map(|(score, &happened)| loss(score.to_f64(), happened));
    (!scores.is_empty()).then(|| losses.sum::<f64>() / scores.len() as f64)
}

/// Rows in `bins` groups of equal size by rising probability; fewer when there are fewer rows.
/// Rows of equal probability keep their order.
#[must_use]
pub fn reliability(
    probabilities: &[f64],
    outcome: &[bool],
    person: &[u32],
    bins: usize,
) -> Vec<ReliabilityBin> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let edge = |bin: usize| bin * order.len() / bins.max(1);
    (0..bins)
        .map(|bin| &order[edge(bin)..edge(bin + 1)])
        .filter(|rows| !rows.is_empty())
        .map(|rows| {
            let count = rows.len() as f64;
            ReliabilityBin {
                rows: rows.len() as u64,
                predicted: rows.iter().map(|&row| probabilities[row]).sum::<f64>() / count,
                observed: rows.iter().filter(|&&row| outcome[row]).count() as f64 / count,
                people: rows.iter().map(|&row| person[row]).collect::<BTreeSet<_>>().len() as u64,
            }
        })
        .collect()
}

/// Row numbers by rising score; equal scores by row.
fn rising(scores: &[Nats]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..).take(scores.len()).collect();
    order.sort_by_key(|&row| scores[row as usize]);
    order
}

/// Pairs of a positive and a negative row: all, and those ranked rightly with ties as half.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pairs {
    all: f64,
    right: f64,
}

impl Pairs {
    /// Of the rows of `order`, which rises by score.
    fn count(order: &[u32], scores: &[Nats], outcome: &[bool]) -> Self {
        let weights = |_| 1.0;
        Self::weigh(order, scores, outcome, weights)
    }

    /// The same where row `i` stands for `weight(i)` rows.
    fn weigh(order: &[u32], scores: &[Nats], outcome: &[bool], weight: impl Fn(usize) -> f64) -> Self {
        let (mut negatives, mut positives, mut right) = (0.0, 0.0, 0.0);
        for tied in order.chunk_by(|&a, &b| scores[a as usize] == scores[b as usize]) {
            let (mut tied_negatives, mut tied_positives) = (0.0, 0.0);
            for &row in tied {
                let row = row as usize;
                *(if outcome[row] { &mut tied_positives } else { &mut tied_negatives }) += weight(row);
            }
            right += tied_positives * (negatives + tied_negatives / 2.0);
            negatives += tied_negatives;
            positives += tied_positives;
        }
        Self { all: positives * negatives, right }
    }

    fn add(self, other: Self) -> Self {
        Self { all: self.all + other.all, right: self.right + other.right }
    }

    fn auc(&self) -> Option<f64> {
        (self.all > 0.0).then(|| self.right / self.all)
    }
}

fn weighted_auc(order: &[u32], rows: Scored<'_>, weights: &[u32]) -> Option<f64> {
    let weight = |row: usize| f64::from(weights[rows.person[row] as usize]);
    Pairs::weigh(order, rows.scores, rows.outcome, weight).auc()
}

/// The pairs of each group, with the first row of the group.
fn by_group(scores: &[Nats], outcome: &[bool], group: &[u32]) -> Vec<(usize, Pairs)> {
    let mut order: Vec<u32> = (0..).take(scores.len()).collect();
    order.sort_by_key(|&row| (group[row as usize], scores[row as usize]));
    order
        .chunk_by(|&a, &b| group[a as usize] == group[b as usize])
        .map(|rows| (rows[0] as usize, Pairs::count(rows, scores, outcome)))
        .collect()
}

/// The people numbered anew, in their order and without gaps: few of many may be measured by.
fn renumbered(person: &[u32]) -> Vec<u32> {
    let most = person.iter().max().map_or(0, |&last| last as usize + 1);
    let mut number = vec![0; most];
    for &person in person {
        number[person as usize] = 1;
    }
    let mut next = 0;
    for number in &mut number {
        next += std::mem::replace(number, next);
    }
    person.iter().map(|&person| number[person as usize]).collect()
}

/// What a resample needs of each person, summed once.
struct People {
    tallies: Vec<Tally>,
    /// The numbers of those who have rows.
    present: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    rows: f64,
    positives: f64,
    predicted: f64,
    loss: f64,
    within: Pairs,
}

/// What a weighted sum of tallies gives.
struct Measures {
    auc_within_group: Option<f64>,
    log_loss: f64,
    predicted: f64,
    observed: f64,
}

impl People {
    fn tally(rows: Scored<'_>) -> Self {
        let people = rows.person.iter().max().map_or(0, |&max| max as usize + 1);
        let mut tallies = vec![Tally::default(); people];
        for ((&score, &happened), &person) in rows.scores.iter().zip(rows.outcome).zip(rows.person) {
            let tally = &mut tallies[person as usize];
            tally.rows += 1.0;
            tally.positives += f64::from(u8::from(happened));
            tally.predicted += probability(score.to_f64());
            tally.loss += loss(score.to_f64(), happened);
        }
        for (row, pairs) in by_group(rows.scores, rows.outcome, rows.group) {
            let within = &mut tallies[rows.person[row] as usize].within;
            *within = within.add(pairs);
        }
        let present = (0..).zip(&tallies).filter(|(_, tally)| tally.rows > 0.0).map(|(person, _)| person);
        Self { present: present.collect(), tallies }
    }

    /// Draws as many people as there are, with replacement, `resamples.count` times; `of` gets how
    /// often each person was drawn. Each resample has its own stream of draws, so that the result
    /// does not depend on threads.
    fn resample<T: Send>(&self, resamples: Resamples, of: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        let draw = |stream: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(resamples.seed);
            rng.set_stream(u64::from(stream));
            let mut weights = vec![0; self.tallies.len()];
            for _ in 0..self.present.len() {
                weights[self.present[rng.gen_range(0..self.present.len())] as usize] += 1;
            }
            of(&weights)
        };
        (0..resamples.count).into_par_iter().map(draw).collect()
    }

    fn measure(&self, weights: &[u32]) -> Measures {
        let mut sum = Tally::default();
        for (tally, &weight) in self.tallies.iter().zip(weights).filter(|(_, weight)| **weight > 0) {
            let weight = f64::from(weight);
            sum.rows += weight * tally.rows;
            sum.positives += weight * tally.positives;
            sum.predicted += weight * tally.predicted;
            sum.loss += weight * tally.loss;
            sum.within.all += weight * tally.within.all;
            sum.within.right += weight * tally.within.right;
        }
        Measures {
            auc_within_group: sum.within.auc(),
            log_loss: sum.loss / sum.rows,
            predicted: sum.predicted / sum.rows,
            observed: sum.positives / sum.rows,
        }
    }
}

/// The 2.5th and 97.5th percentiles of `drawn`; the estimate itself when nothing was drawn.
fn percentiles(estimate: f64, mut drawn: Vec<f64>) -> Interval {
    drawn.sort_unstable_by(f64::total_cmp);
    let last = drawn.len().saturating_sub(1);
    let at = |rank: usize| drawn.get(rank).copied().unwrap_or(estimate);
    Interval { estimate, low: at(last * 25 / 1_000), high: at(last - last * 25 / 1_000) }
}

#[cfg(test)]
mod tests;
