//! One outer bag: rows in memory with their scores, and the tables boosted on them.

use super::histogram::{Gradient, Histograms, Sums};
use super::params::ValidAdditiveParams;
use super::step::Shape;
use crate::model::bin::Binned;
use crate::model::fold::Folds;
use crate::model::link::loss;

/// Rows whose scores fit a near cache together.
const BLOCK: usize = 2_048;

/// The training rows, the same for every bag.
pub(super) struct Rows<'a> {
    pub(super) features: &'a [Binned],
    pub(super) outcome: &'a [bool],
    pub(super) person: &'a [u32],
    /// The score to start from, one per row.
    pub(super) init: &'a [f64],
}

/// The rows as one bag sees them.
pub(super) struct BagRows<'a> {
    features: &'a [Binned],
    /// 1 where the response happened.
    outcome: Vec<f32>,
    /// 1 for rows that train, 0 for rows left out.
    weight: Vec<f32>,
    score: Vec<f32>,
    gradient: Vec<Gradient>,
}

impl<'a> BagRows<'a> {
    pub(super) fn new(rows: &Rows<'a>, folds: &Folds, bag: u16) -> Self {
        let weight = rows.person.iter().map(|&person| f32::from(u8::from(!folds.leaves_out(bag, person))));
        #[allow(clippy::cast_possible_truncation, reason = "scores are boosted in single precision")]
        let score = rows.init.iter().map(|&score| score as f32).collect();
        Self {
            features: rows.features,
            outcome: rows.outcome.iter().map(|&happened| f32::from(u8::from(happened))).collect(),
            weight: weight.collect(),
            score,
            gradient: vec![Gradient::default(); rows.outcome.len()],
        }
    }

    /// Training rows of each bin of `feature`.
    fn count(&self, feature: usize) -> Vec<u32> {
        let binned = &self.features[feature];
        let mut rows = vec![0; binned.bins.count() + 1];
        for (&code, &weight) in binned.codes.iter().zip(&self.weight) {
            rows[code as usize] += u32::from(weight > 0.0);
        }
        rows.truncate(binned.bins.count());
        // Bins that are not learned have no say in the mean of a step.
        rows.iter_mut()
            .zip(&binned.learned)
            .filter(|(_, learned)| !**learned)
            .for_each(|(rows, _)| *rows = 0);
        rows
    }
}

impl Histograms for BagRows<'_> {
    fn sum(&self, feature: usize, sums: &mut [Sums]) {
        sums.fill(Sums::default());
        for (&code, &gradient) in self.features[feature].codes.iter().zip(&self.gradient) {
            sums[code as usize] += gradient;
        }
    }

    fn shift(&mut self, feature: usize, steps: &[f32]) {
        for (&code, score) in self.features[feature].codes.iter().zip(&mut self.score) {
            *score += steps[code as usize];
        }
    }

    fn refresh(&mut self, step: f32) -> Sums {
        let mut sums = Sums::default();
        let rows = self.score.chunks_mut(BLOCK).zip(self.gradient.chunks_mut(BLOCK));
        for ((scores, gradients), (outcomes, weights)) in
            rows.zip(self.outcome.chunks(BLOCK).zip(self.weight.chunks(BLOCK)))
        {
            for (((score, gradient), &outcome), &weight) in
                scores.iter_mut().zip(gradients.iter_mut()).zip(outcomes).zip(weights)
            {
                *score += step;
                *gradient = Gradient::at(*score, outcome, weight);
            }
            for &gradient in &*gradients {
                sums += gradient;
            }
        }
        sums
    }

    fn held_out_loss(&self) -> f64 {
        let rows = self.score.iter().zip(&self.outcome).zip(&self.weight);
        rows.filter(|(_, weight)| **weight == 0.0)
            .map(|((&score, &outcome), _)| loss(f64::from(score), outcome > 0.0))
            .sum()
    }
}

/// The tables of one bag, boosted on rows from anywhere.
pub(super) struct Bag<H> {
    rows: H,
    shapes: Vec<Shape>,
    pub(super) tables: BagTables,
    sums: Vec<Vec<Sums>>,
    steps: Vec<f32>,
}

/// Scores per feature and bin, and the constant that goes with them, in nats.
#[derive(Clone)]
pub(super) struct BagTables {
    pub(super) intercept: f64,
    pub(super) scores: Vec<Vec<f64>>,
}

impl<'a> Bag<BagRows<'a>> {
    /// A bag before its first round: tables of 0, categories with their prior.
    pub(super) fn new(rows: &Rows<'a>, folds: &Folds, bag: u16) -> Self {
        let bag_rows = BagRows::new(rows, folds, bag);
        let counts: Vec<usize> = rows.features.iter().map(|binned| binned.bins.count()).collect();
        let shapes = (0..counts.len()).map(|f| Shape::new(&rows.features[f], bag_rows.count(f))).collect();
        let mut bag = Self {
            rows: bag_rows,
            shapes,
            tables: BagTables {
                intercept: 0.0,
                scores: counts.iter().map(|&count| vec![0.0; count]).collect(),
            },
            sums: counts.iter().map(|&count| vec![Sums::default(); count + 1]).collect(),
            steps: vec![0.0; counts.iter().max().map_or(0, |max| max + 1)],
        };
        while bag.settle() {}
        for (feature, shape) in bag.shapes.iter_mut().enumerate() {
            bag.rows.sum(feature, &mut bag.sums[feature]);
            shape.learn_prior(&bag.sums[feature]);
        }
        bag
    }
}

impl<H: Histograms> Bag<H> {
    /// Boosts for `rounds` rounds. Features step in blocks of `block` on the same gradients.
    pub(super) fn boost(&mut self, rounds: u32, block: usize, params: &ValidAdditiveParams) {
        for _ in 0..rounds {
            for start in (0..self.shapes.len()).step_by(block) {
                let end = (start + block).min(self.shapes.len());
                self.settle();
                for feature in start..end {
                    self.step(feature, params);
                }
            }
        }
        self.settle();
    }

    /// The log loss of the rows left out, summed, in nats.
    pub(super) fn held_out_loss(&self) -> f64 {
        self.rows.held_out_loss()
    }

    /// Refreshes the gradients; moves the intercept by a Newton step when they are far from summing
    /// to 0, and tells whether it did.
    fn settle(&mut self) -> bool {
        /// Bounds of a step, in nats: steps below are not worth a pass over the rows, and those
        /// above are cut, so that the first one cannot overshoot.
        const STEP: (f64, f64) = (1e-3, 1.0);
        let sums = self.rows.refresh(0.0);
        let step = -sums.gradient() / sums.hessian();
        // A bag of one class has no finite intercept: it stops where its hessian vanishes.
        if sums.hessian() < 1e-3 || step.abs() < STEP.0 {
            return false;
        }
        #[allow(clippy::cast_possible_truncation, reason = "the step is taken in single precision")]
        let step = step.clamp(-STEP.1, STEP.1) as f32;
        self.rows.refresh(step);
        self.tables.intercept += f64::from(step);
        true
    }

    fn step(&mut self, feature: usize, params: &ValidAdditiveParams) {
        let sums = &mut self.sums[feature];
        self.rows.sum(feature, sums);
        let steps = &mut self.steps[..sums.len()];
        self.shapes[feature].step(sums, params, &mut self.tables.scores[feature], steps);
        self.rows.shift(feature, steps);
    }
}
