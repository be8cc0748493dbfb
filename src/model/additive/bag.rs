//! One outer bag: rows in memory with their scores, and the tables boosted on them.

use super::grid::Grid;
use super::histogram::{Gradient, Histograms, Sums};
use super::params::ValidAdditiveParams;
use super::step::Shape;
use crate::model::bin::{Binned, Bins};
use crate::model::fold::Folds;
use crate::model::link::loss;

/// Rows whose scores fit a near cache together.
const BLOCK: usize = 2_048;

/// The training rows, the same for every bag.
pub(super) struct Rows<'a> {
    pub(super) columns: Vec<Coded<'a>>,
    pub(super) outcome: &'a [bool],
    pub(super) person: &'a [u32],
}

/// What is boosted on: a feature in bins, or a pair in cells.
#[derive(Clone, Copy)]
pub(super) struct Coded<'a> {
    /// The bin or cell of each row; their number where withheld.
    pub(super) codes: &'a [u16],
    /// Whether each bin or cell may be learned.
    pub(super) learned: &'a [bool],
    pub(super) form: Form<'a>,
}

/// In which order bins lie.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// One after the other.
    Line(&'a Bins),
    /// So many of one feature by so many of another.
    Grid([usize; 2]),
}

impl<'a> Coded<'a> {
    /// A feature.
    pub(super) fn line(binned: &'a Binned) -> Self {
        Self { codes: &binned.codes, learned: &binned.learned, form: Form::Line(&binned.bins) }
    }

    fn count(&self) -> usize {
        self.learned.len()
    }
}

/// The rows as one bag sees them.
pub(super) struct BagRows<'a> {
    columns: Vec<Coded<'a>>,
    /// 1 where the response happened.
    outcome: Vec<f32>,
    /// 1 for rows that train, 0 for rows left out.
    weight: Vec<f32>,
    score: Vec<f32>,
    gradient: Vec<Gradient>,
}

impl<'a> BagRows<'a> {
    /// `score` is what boosting starts from, one per row.
    pub(super) fn new(rows: &Rows<'a>, score: Vec<f32>, folds: &Folds, bag: u16) -> Self {
        let weight = rows.person.iter().map(|&person| f32::from(u8::from(!folds.leaves_out(bag, person))));
        Self {
            columns: rows.columns.clone(),
            outcome: rows.outcome.iter().map(|&happened| f32::from(u8::from(happened))).collect(),
            weight: weight.collect(),
            score,
            gradient: vec![Gradient::default(); rows.outcome.len()],
        }
    }

    /// Training rows of each bin of a column. Bins that are not learned have no say in the mean of a
    /// step.
    fn count(&self, column: usize) -> Vec<u32> {
        let column = &self.columns[column];
        let mut rows = vec![0; column.count() + 1];
        for (&code, &weight) in column.codes.iter().zip(&self.weight) {
            rows[code as usize] += u32::from(weight > 0.0);
        }
        rows.truncate(column.count());
        let unlearned = rows.iter_mut().zip(column.learned).filter(|(_, learned)| !**learned);
        unlearned.for_each(|(rows, _)| *rows = 0);
        rows
    }
}

impl Histograms for BagRows<'_> {
    fn sum(&self, feature: usize, sums: &mut [Sums]) {
        sums.fill(Sums::default());
        for (&code, &gradient) in self.columns[feature].codes.iter().zip(&self.gradient) {
            sums[code as usize] += gradient;
        }
    }

    fn shift(&mut self, feature: usize, steps: &[f32]) {
        for (&code, score) in self.columns[feature].codes.iter().zip(&mut self.score) {
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
    shapes: Vec<Stepper>,
    pub(super) tables: BagTables,
    sums: Vec<Vec<Sums>>,
    steps: Vec<f32>,
}

/// What steps on one column.
enum Stepper {
    Line(Shape),
    Grid(Grid),
}

/// Scores per feature and bin, and the constant that goes with them, in nats.
#[derive(Clone)]
pub(super) struct BagTables {
    pub(super) intercept: f64,
    pub(super) scores: Vec<Vec<f64>>,
}

impl<'a> Bag<BagRows<'a>> {
    /// A bag before its first round: tables of 0, categories with their prior.
    pub(super) fn new(rows: &Rows<'a>, score: Vec<f32>, folds: &Folds, bag: u16) -> Self {
        let bag_rows = BagRows::new(rows, score, folds, bag);
        let counts: Vec<usize> = rows.columns.iter().map(Coded::count).collect();
        let stepper = |(column, coded): (usize, &Coded<'_>)| match coded.form {
            Form::Line(bins) => Stepper::Line(Shape::new(bins, coded.learned, bag_rows.count(column))),
            Form::Grid(size) => Stepper::Grid(Grid::new(size, bag_rows.count(column))),
        };
        let shapes = rows.columns.iter().enumerate().map(stepper).collect();
        let mut bag = Self {
            shapes,
            rows: bag_rows,
            tables: BagTables {
                intercept: 0.0,
                scores: counts.iter().map(|&count| vec![0.0; count]).collect(),
            },
            sums: counts.iter().map(|&count| vec![Sums::default(); count + 1]).collect(),
            steps: vec![0.0; counts.iter().max().map_or(0, |max| max + 1)],
        };
        while bag.settle() {}
        for (column, stepper) in bag.shapes.iter_mut().enumerate() {
            if let Stepper::Line(shape) = stepper {
                bag.rows.sum(column, &mut bag.sums[column]);
                shape.learn_prior(&bag.sums[column]);
            }
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
        let scores = &mut self.tables.scores[feature];
        match &mut self.shapes[feature] {
            Stepper::Line(shape) => shape.step(sums, params, scores, steps),
            Stepper::Grid(grid) => grid.step(sums, params, scores, steps),
        }
        self.rows.shift(feature, steps);
    }
}
