//! Boosting: bags side by side, stopped together.
//!
//! Each bag leaves out one group of people. All stop at the round at which the log loss of the
//! people left out, summed over the bags, is least: a cross-validated choice of the number of
//! rounds, so one unlucky group does not decide.

use rayon::prelude::*;

use super::column::{Column, Form};
use super::counts::Counts;
use super::grid::Grid;
use super::histogram::{LANES, Lanes, Sums, WideSlot, gradient};
use super::params::ValidAdditiveParams;
use super::pass::{COLUMNS_A_PASS, Pack, Rows, Shift, Whom, passes};
use super::step::Shape;
use crate::model::{FitError, Progress};

/// Rounds between two looks at the people left out.
const ROUNDS_A_LOOK: u32 = 5;

/// Scores per column, bag and bin, with the constant of each bag, in nats.
#[derive(Clone, Default)]
pub(super) struct Tables {
    pub(super) intercepts: Vec<f64>,
    pub(super) scores: Vec<Vec<Vec<f64>>>,
}

/// What boosting leaves of the bags: the tables at the best round.
pub(super) struct Boosted {
    pub(super) tables: Tables,
    /// The log loss of the people left out at that round, summed over the bags, in nats.
    pub(super) loss: f64,
}

/// The rows with every bag's scores, which the stages of a fit boost in turn.
pub(super) struct Boosting<'a> {
    pub(super) rows: Rows<'a>,
    /// The score of each row before the first stage.
    init: &'a [f32],
    bags: u16,
    pub(super) packs: Vec<Bags>,
    params: &'a ValidAdditiveParams,
    progress: &'a dyn Progress,
}

/// Up to eight bags, with the steps that their rows have yet to take.
pub(super) struct Bags {
    pack: Pack,
    /// Number of the first bag.
    pub(super) first: usize,
    intercept: Lanes,
    /// The columns that stepped last, and what each bin of theirs moves by.
    stepped: std::ops::Range<usize>,
    pub(super) steps: Vec<Vec<Lanes>>,
    pub(super) sums: Vec<Vec<WideSlot>>,
}

/// What steps on one column in one bag.
enum Stepper {
    Line(Shape),
    Grid(Grid),
}

impl Tables {
    /// Tables of 0.
    pub(super) fn zero(columns: &[Column<'_>], bags: u16) -> Self {
        let table = |column: &Column<'_>| vec![vec![0.0; column.count()]; bags.into()];
        Self { intercepts: vec![0.0; bags.into()], scores: columns.iter().map(table).collect() }
    }

    /// The same with a column more for each of `columns` that it does not have yet.
    pub(super) fn widened(mut self, columns: &[Column<'_>]) -> Self {
        let bags = self.intercepts.len();
        for column in &columns[self.scores.len()..] {
            self.scores.push(vec![vec![0.0; column.count()]; bags]);
        }
        self
    }

    /// The same with what another stage added, on columns of its own.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.intercepts.iter_mut().zip(other.intercepts).for_each(|(one, other)| *one += other);
        self.scores.extend(other.scores);
        self
    }

    pub(super) fn mean_intercept(&self) -> f64 {
        self.intercepts.iter().sum::<f64>() / self.intercepts.len() as f64
    }
}

impl<'a> Boosting<'a> {
    /// All bags with their scores at `init`; `groups` groups of people.
    pub(super) fn new(
        rows: Rows<'a>,
        init: &'a [f32],
        groups: u16,
        params: &'a ValidAdditiveParams,
        progress: &'a dyn Progress,
    ) -> Self {
        let bags = params.bags;
        let pack = |first: u16| Bags {
            pack: Pack::new(first, bags, groups, init.iter().map(|&score| [score; LANES]).collect()),
            first: first.into(),
            intercept: [0.0; LANES],
            stepped: 0..0,
            steps: vec![Vec::new(); COLUMNS_A_PASS],
            sums: vec![Vec::new(); COLUMNS_A_PASS],
        };
        let packs = (0..bags).step_by(LANES).map(pack).collect();
        Self { rows, init, bags, packs, params, progress }
    }

    /// Boosts all bags on `columns`, on top of `start` and of the stages `below`, until the people left out
    /// gain no more: first at the first of `paces`, then from the best round on at the next.
    pub(super) fn boost(
        &mut self,
        columns: &[Column<'_>],
        start: Tables,
        below: &[(&[Column<'_>], &Tables)],
        paces: &[ValidAdditiveParams],
    ) -> Result<Boosted, FitError> {
        self.rewind(below, columns, &start);
        let mut tables = start;
        let mut steppers = self.steppers(columns);
        self.settle(columns, &mut tables);
        self.learn_priors(columns, &mut steppers);
        let mut best = Boosted { loss: self.held_out_loss(columns), tables: tables.clone() };
        for (i, pace) in paces.iter().enumerate() {
            if i > 0 {
                tables = best.tables.clone();
                self.rewind(below, columns, &tables);
            }
            self.run(columns, &mut steppers, tables.clone(), pace, &mut best)?;
        }
        Ok(best)
    }

    /// Boosts at one pace until `best` has not been bettered for long.
    fn run(
        &mut self,
        columns: &[Column<'_>],
        steppers: &mut [Vec<Stepper>],
        mut tables: Tables,
        pace: &ValidAdditiveParams,
        best: &mut Boosted,
    ) -> Result<(), FitError> {
        let (mut best_round, mut round) = (0, 0);
        while round < pace.rounds_max && round - best_round < pace.patience_rounds {
            if self.progress.cancelled() {
                return Err(FitError::Cancelled);
            }
            let rounds = ROUNDS_A_LOOK.min(pace.rounds_max - round);
            for _ in 0..rounds {
                self.round(columns, steppers, &mut tables, pace);
            }
            round += rounds;
            let loss = self.held_out_loss(columns);
            if loss < best.loss {
                *best = Boosted { loss, tables: tables.clone() };
                best_round = round;
            }
            self.progress.step(round as usize, pace.rounds_max as usize);
        }
        self.progress.step(pace.rounds_max as usize, pace.rounds_max as usize);
        Ok(())
    }

    /// Sets every score to what it was before the first stage and the tables of the stages `below` and
    /// of `columns` add.
    pub(super) fn rewind(
        &mut self,
        below: &[(&[Column<'_>], &Tables)],
        columns: &[Column<'_>],
        tables: &Tables,
    ) {
        for bags in &mut self.packs {
            for (scores, &init) in bags.pack.scores_mut().iter_mut().zip(self.init) {
                *scores = [init; LANES];
            }
            for &(columns, tables) in below.iter().chain([&(columns, tables)]) {
                let of_bag = |bag: usize| tables.intercepts.get(bags.first + bag).copied().unwrap_or(0.0);
                let mut intercept = std::array::from_fn(|lane| narrow(of_bag(lane)));
                let chunks = columns.chunks(COLUMNS_A_PASS).zip(tables.scores.chunks(COLUMNS_A_PASS));
                for (columns, scores) in chunks {
                    let steps: Vec<Vec<Lanes>> =
                        scores.iter().map(|scores| lanes_of(scores, bags.first)).collect();
                    let columns: Vec<_> =
                        columns.iter().copied().zip(steps.iter().map(Vec::as_slice)).collect();
                    bags.pack.shift(Shift { intercept, columns: &columns });
                    intercept = [0.0; LANES];
                }
            }
            bags.stepped = 0..0;
            bags.intercept = [0.0; LANES];
        }
    }

    /// Gradient and hessian of each row at the mean score of the bags.
    pub(super) fn mean_gradients(&mut self) -> Vec<[f32; 2]> {
        let mut sums = vec![[0.0_f32; 2]; self.rows.outcome.len()];
        for bags in &mut self.packs {
            let lanes = LANES.min(usize::from(self.bags) - bags.first);
            for ([sum, _], scores) in sums.iter_mut().zip(bags.pack.scores_mut()) {
                *sum += scores[..lanes].iter().sum::<f32>();
            }
        }
        let rows = &self.rows;
        sums.par_iter_mut().enumerate().for_each(|(row, sum)| {
            let weight = rows.weight.map_or(1.0, |weight| weight[row]);
            *sum = gradient(sum[0] / f32::from(self.bags), rows.outcome[row], weight);
        });
        sums
    }

    pub(super) const fn params(&self) -> &'a ValidAdditiveParams {
        self.params
    }

    pub(super) const fn bags(&self) -> u16 {
        self.bags
    }

    /// One step on every column.
    fn round(
        &mut self,
        columns: &[Column<'_>],
        steppers: &mut [Vec<Stepper>],
        tables: &mut Tables,
        pace: &ValidAdditiveParams,
    ) {
        for block in passes(columns.len()) {
            for bags in &mut self.packs {
                bags.pass(&self.rows, Whom::Trains, columns, block.clone());
                bags.step_intercept(&self.rows, &mut tables.intercepts);
                let scores = &mut tables.scores[block.clone()];
                bags.step(&self.rows, &mut steppers[block.clone()], scores, pace);
            }
        }
    }

    /// Moves the intercepts until the gradients of each bag sum to nearly 0.
    fn settle(&mut self, columns: &[Column<'_>], tables: &mut Tables) {
        /// Most Newton steps; each is 1 nat at most.
        const STEPS_MAX: usize = 30;
        /// Steps below are not worth a pass.
        const STEP_MIN: f32 = 1e-3;
        for bags in &mut self.packs {
            for _ in 0..STEPS_MAX {
                bags.pass(&self.rows, Whom::Trains, columns, 0..1);
                bags.stepped = 0..0;
                bags.step_intercept(&self.rows, &mut tables.intercepts);
                if bags.intercept.iter().all(|step| step.abs() < STEP_MIN) {
                    break;
                }
            }
        }
    }

    /// The steppers of each column, bag by bag.
    fn steppers(&self, columns: &[Column<'_>]) -> Vec<Vec<Stepper>> {
        let of_column = |column: &Column<'_>| {
            let counts = Counts::of(column, &self.rows, usize::from(self.bags));
            let stepper = |counts: Counts| match column.form {
                Form::Line(bins, direction) => {
                    Stepper::Line(Shape::new(bins, column.learned, counts, direction))
                }
                Form::Grid(sides) => Stepper::Grid(Grid::new(sides, counts)),
            };
            counts.into_iter().map(stepper).collect()
        };
        columns.par_iter().map(of_column).collect()
    }

    /// Lets categories learn how far their levels differ.
    fn learn_priors(&mut self, columns: &[Column<'_>], steppers: &mut [Vec<Stepper>]) {
        for block in passes(columns.len()) {
            let of_block = &mut steppers[block.clone()];
            let has_prior = |stepper: &Stepper| matches!(stepper, Stepper::Line(shape) if shape.has_prior());
            if !of_block.iter().flatten().any(has_prior) {
                continue;
            }
            for bags in &mut self.packs {
                bags.pass(&self.rows, Whom::Trains, columns, block.clone());
                bags.stepped = 0..0;
                for (steppers, sums) in of_block.iter_mut().zip(&bags.sums) {
                    for (lane, stepper) in steppers.iter_mut().skip(bags.first).take(LANES).enumerate() {
                        if let Stepper::Line(shape) = stepper {
                            shape.learn_prior(&sums_of(sums, lane, &self.rows));
                        }
                    }
                }
            }
        }
    }

    fn held_out_loss(&mut self, columns: &[Column<'_>]) -> f64 {
        let mut loss = 0.0;
        for bags in &mut self.packs {
            bags.catch_up(columns);
            loss += bags.pack.held_out_loss(&self.rows);
        }
        loss
    }
}

impl Bags {
    /// Takes the last steps, then sums the histograms of the columns of `block` over the rows of `whom`.
    pub(super) fn pass(
        &mut self,
        rows: &Rows<'_>,
        whom: Whom,
        columns: &[Column<'_>],
        block: std::ops::Range<usize>,
    ) {
        let stepped = columns[self.stepped.clone()].iter().copied();
        let stepped: Vec<_> = stepped.zip(self.steps.iter().map(Vec::as_slice)).collect();
        let shift = Shift { intercept: self.intercept, columns: &stepped };
        self.pack.pass(rows, shift, (whom, &columns[block.clone()]), &mut self.sums);
        self.intercept = [0.0; LANES];
        self.stepped = block;
    }

    /// Takes the last steps.
    pub(super) fn catch_up(&mut self, columns: &[Column<'_>]) {
        let stepped = columns[self.stepped.clone()].iter().copied();
        let stepped: Vec<_> = stepped.zip(self.steps.iter().map(Vec::as_slice)).collect();
        self.pack.shift(Shift { intercept: self.intercept, columns: &stepped });
        self.intercept = [0.0; LANES];
        self.stepped = 0..0;
    }

    /// Takes no further step.
    pub(super) const fn stay(&mut self) {
        self.stepped = 0..0;
    }

    /// A Newton step of each bag's intercept.
    fn step_intercept(&mut self, rows: &Rows<'_>, intercepts: &mut [f64]) {
        /// Longest step, in nats, so that the first one cannot overshoot.
        const STEP_MAX: f64 = 1.0;
        /// A bag of one class has no finite intercept: it stops where its hessian vanishes.
        const HESSIAN_MIN: f64 = 1e-3;
        let mut all = [0_i64; 2 * LANES];
        for sum in &self.sums[0] {
            all.iter_mut().zip(sum).for_each(|(all, sum)| *all += sum);
        }
        for (lane, intercept) in intercepts[self.first..].iter_mut().take(LANES).enumerate() {
            let Sums { gradient, hessian } = rows.scale.sums(&all, lane);
            if hessian >= HESSIAN_MIN {
                let step = narrow((-gradient / hessian).clamp(-STEP_MAX, STEP_MAX));
                self.intercept[lane] = step;
                *intercept += f64::from(step);
            }
        }
    }

    /// Steps on the columns that were summed last.
    fn step(
        &mut self,
        rows: &Rows<'_>,
        steppers: &mut [Vec<Stepper>],
        scores: &mut [Vec<Vec<f64>>],
        params: &ValidAdditiveParams,
    ) {
        let first = self.first;
        let columns = steppers.par_iter_mut().zip(scores).zip(&self.sums).zip(&mut self.steps);
        columns.for_each(|(((steppers, scores), sums), steps)| {
            steps.clear();
            steps.resize(sums.len(), [0.0; LANES]);
            let bags = steppers.iter_mut().zip(scores).skip(first).take(LANES);
            for (lane, (stepper, scores)) in bags.enumerate() {
                let sums = sums_of(sums, lane, rows);
                let mut set = |bin: usize, step: f32| steps[bin][lane] = step;
                match stepper {
                    Stepper::Line(shape) => shape.step(&sums, params, scores, &mut set),
                    Stepper::Grid(grid) => grid.step(&sums, params, scores, &mut set),
                }
            }
        });
    }
}

/// The sums of one bag.
fn sums_of(sums: &[WideSlot], lane: usize, rows: &Rows<'_>) -> Vec<Sums> {
    sums.iter().map(|slot| rows.scale.sums(slot, lane)).collect()
}

/// The tables of the eight bags from `first` on, side by side; withheld rows have a last entry of 0.
pub(super) fn lanes_of(scores: &[Vec<f64>], first: usize) -> Vec<Lanes> {
    let count = scores.first().map_or(0, Vec::len);
    let mut lanes = vec![[0.0; LANES]; count + 1];
    for (lane, scores) in scores.iter().skip(first).take(LANES).enumerate() {
        for (to, &score) in lanes.iter_mut().zip(scores) {
            to[lane] = narrow(score);
        }
    }
    lanes
}

#[allow(clippy::cast_possible_truncation, reason = "rows are scored in single precision")]
pub(super) fn narrow(score: f64) -> f32 {
    score as f32
}
