//! What the people left out say of the tables: how far each term should reach, and how far off it is.
//!
//! Boosting that stops early leaves every bag's terms flatter than the truth, and all bags alike, so that
//! their spread does not tell. The people whom a bag leaves out do: a term is stretched as far as serves
//! them best, and what they leave unexplained of it beyond chance widens its bands.

use super::boost::{Boosting, Tables, narrow};
use super::column::{Column, Form};
use super::grid::Sides;
use super::histogram::{LANES, Lanes, Sums};
use super::pass::{Whom, passes};
use crate::model::Bins;

/// How often all terms are stretched in turn; then they hardly move.
const SWEEPS: usize = 6;
/// Newton steps are halved, for columns of one pass do not see each other's.
const DAMPING: f64 = 0.5;
/// Most that a term is stretched to.
const REACH_MAX: f64 = 2.0;
/// What holds a term to its length, in information: a standard deviation of 0.2.
const REACH_PRIOR: f64 = 25.0;
/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;
/// Runs of a number's bins, and of a pair's bins on each side, over which errors are averaged out.
const RUNS: (usize, usize) = (16, 8);
/// Fewest levels of about equal rows whose errors are told together.
const LEVELS_MIN: usize = 16;

impl Boosting<'_> {
    /// Stretches the tables of each column so that the loss of the people left out is least, and
    /// returns what is then left of their gradients, by column and entry.
    pub(super) fn stretch(&mut self, columns: &[Column<'_>], tables: &mut Tables) -> Vec<Vec<Sums>> {
        self.rewind(&[], columns, tables);
        let mut reach = vec![1.0; columns.len()];
        for _ in 0..SWEEPS {
            for block in passes(columns.len()) {
                self.sum_left_out(columns, block.clone());
                for (place, column) in block.enumerate() {
                    let slope = self.slope(place, &tables.scores[column]);
                    let gradient = slope.gradient + REACH_PRIOR * (reach[column] - 1.0);
                    let step = -DAMPING * gradient / (slope.hessian + REACH_PRIOR);
                    let before = reach[column];
                    reach[column] = (before + step).clamp(0.0, REACH_MAX);
                    self.set_steps(place, &tables.scores[column], reach[column] - before);
                }
            }
        }
        for (scores, reach) in tables.scores.iter_mut().zip(&reach) {
            scores.iter_mut().flatten().for_each(|score| *score *= reach);
        }
        self.residuals(columns)
    }

    /// Takes the last steps, then sums the columns of `block` over the people left out.
    fn sum_left_out(&mut self, columns: &[Column<'_>], block: std::ops::Range<usize>) {
        for bags in &mut self.packs {
            bags.pass(&self.rows, Whom::LeftOut, columns, block.clone());
        }
    }

    /// How the loss changes with the length of the column at `place` of the block that was summed last.
    fn slope(&self, place: usize, scores: &[Vec<f64>]) -> Sums {
        let mut slope = Sums::default();
        for bags in &self.packs {
            for (lane, scores) in scores.iter().skip(bags.first).take(LANES).enumerate() {
                for (slot, score) in bags.sums[place].iter().zip(scores) {
                    let Sums { gradient, hessian } = self.rows.scale.sums(slot, lane);
                    slope += Sums { gradient: gradient * score, hessian: hessian * score * score };
                }
            }
        }
        slope
    }

    /// Lets the rows move by `part` of the scores of the column at `place`.
    fn set_steps(&mut self, place: usize, scores: &[Vec<f64>], part: f64) {
        for bags in &mut self.packs {
            let steps: &mut Vec<Lanes> = &mut bags.steps[place];
            steps.clear();
            steps.resize(bags.sums[place].len(), [0.0; LANES]);
            for (lane, scores) in scores.iter().skip(bags.first).take(LANES).enumerate() {
                for (step, score) in steps.iter_mut().zip(scores) {
                    step[lane] = narrow(part * score);
                }
            }
        }
    }

    /// The sums of every column over the people left out, all bags together.
    fn residuals(&mut self, columns: &[Column<'_>]) -> Vec<Vec<Sums>> {
        self.packs.iter_mut().for_each(|bags| bags.catch_up(columns));
        let mut residuals = Vec::with_capacity(columns.len());
        for block in passes(columns.len()) {
            self.sum_left_out(columns, block.clone());
            for bags in &mut self.packs {
                bags.stay();
            }
            for (place, column) in block.enumerate() {
                let sum = |entry: usize| {
                    let slots = self.packs.iter().map(|bags| &bags.sums[place][entry]);
                    slots.flat_map(|slot| (0..LANES).map(|lane| self.rows.scale.sums(slot, lane))).sum()
                };
                residuals.push((0..columns[column].count()).map(sum).collect());
            }
        }
        residuals
    }
}

/// Scores and the half widths of their 95 % bands, in nats.
pub(super) struct Averaged {
    pub(super) scores: Vec<f64>,
    pub(super) bands: Vec<f64>,
}

/// The mean of the bags' tables of one column, with its bands.
///
/// Each bag leaves out one of `groups` groups of people, so the spread of the bags is a grouped
/// jackknife's: the variance of the mean is `groups - 1` times the mean squared deviation (Shao and
/// Wu 1989), with as many degrees of freedom as bags but one. Where the people left out find a term
/// farther off than that, the rest is added.
pub(super) fn average(column: &Column<'_>, bags: &[Vec<f64>], residuals: &[Sums], groups: u16) -> Averaged {
    let count = bags.len() as f64;
    let mean = |entry: usize| bags.iter().map(|bag| bag[entry]).sum::<f64>() / count;
    let scores: Vec<f64> = (0..column.count()).map(mean).collect();
    let spread = |(entry, mean): (usize, &f64)| {
        let squares = bags.iter().map(|bag| (bag[entry] - mean) * (bag[entry] - mean)).sum::<f64>();
        squares / count * f64::from(groups - 1)
    };
    let spread: Vec<f64> = scores.iter().enumerate().map(spread).collect();
    let beyond = beyond_spread(column.form, residuals, &spread);
    let t = t_95(count - 1.0);
    let band = |((spread, beyond), learned): ((&f64, f64), &bool)| {
        if *learned { (t * t * spread + Z_95 * Z_95 * beyond).sqrt() } else { 0.0 }
    };
    let bands = spread.iter().zip(beyond).zip(column.learned).map(band).collect();
    Averaged { scores, bands }
}

/// The mean squared error of each entry beyond its `spread`, as the people left out find it.
///
/// A residual's square is, in expectation, the squared error plus its own variance, one over its
/// hessian. Over many entries the second is taken off; neighbouring bins of a number have about the
/// same error and are summed first, levels are told together with those of about as many rows.
fn beyond_spread(form: Form<'_>, residuals: &[Sums], spread: &[f64]) -> Vec<f64> {
    let Parts { run, stratum } = Parts::of(form, residuals);
    let count = |part: &[usize]| part.iter().max().map_or(0, |last| last + 1);
    let mut runs = vec![(Sums::default(), 0); count(&run)];
    let mut strata = vec![Stratum::default(); count(&stratum)];
    for (entry, &residual) in residuals.iter().enumerate() {
        let (sum, of) = &mut runs[run[entry]];
        *sum += residual;
        *of = stratum[entry];
        let stratum = &mut strata[stratum[entry]];
        stratum.spread += residual.hessian * spread[entry];
        stratum.hessian += residual.hessian;
    }
    for (sum, stratum) in runs.iter().filter(|(sum, _)| sum.hessian > 0.0) {
        strata[*stratum].squares += sum.gradient * sum.gradient / sum.hessian;
        strata[*stratum].runs += 1.0;
    }
    let beyond: Vec<f64> = strata.iter().map(Stratum::beyond_spread).collect();
    stratum.into_iter().map(|stratum| beyond[stratum]).collect()
}

/// Entries whose errors are told together.
#[derive(Clone, Default)]
struct Stratum {
    /// Squares of the residuals of its runs, in their own variance.
    squares: f64,
    runs: f64,
    /// The spread of its entries, each by its hessian.
    spread: f64,
    hessian: f64,
}

impl Stratum {
    fn beyond_spread(&self) -> f64 {
        let chance = self.runs - (2.0 * self.runs).sqrt();
        if self.hessian > 0.0 { ((self.squares - chance - self.spread) / self.hessian).max(0.0) } else { 0.0 }
    }
}

/// How the entries of a column are put together to tell its errors.
struct Parts {
    /// The run of each entry: its residuals are summed.
    run: Vec<usize>,
    /// The stratum of each entry: the squares of its runs are averaged.
    stratum: Vec<usize>,
}

impl Parts {
    fn of(form: Form<'_>, residuals: &[Sums]) -> Self {
        let count = residuals.len();
        match form {
            Form::Line(Bins::Cuts(_), _) => {
                let weights: Vec<f64> = residuals.iter().map(|sums| sums.hessian).collect();
                let run = runs(&weights[Bins::FIRST..], RUNS.0);
                let run = (0..Bins::FIRST).chain(run.into_iter().map(|run| run + Bins::FIRST)).collect();
                Self { run, stratum: vec![0; count] }
            }
            Form::Line(Bins::Levels(_), _) => {
                let mut order: Vec<usize> = (0..count).collect();
                order.sort_by(|&a, &b| residuals[b].hessian.total_cmp(&residuals[a].hessian).then(a.cmp(&b)));
                let strata = (count / LEVELS_MIN).max(1);
                let mut stratum = vec![0; count];
                for (place, entry) in order.into_iter().enumerate() {
                    stratum[entry] = (place / LEVELS_MIN).min(strata - 1);
                }
                Self { run: (0..count).collect(), stratum }
            }
            Form::Grid(Sides { bins, .. }) => {
                let run = |cell: usize| {
                    let [one, other] = [(cell / bins[1], bins[0]), (cell % bins[1], bins[1])]
                        .map(|(place, bins)| place * RUNS.1.min(bins) / bins);
                    one * RUNS.1 + other
                };
                Self { run: (0..count).map(run).collect(), stratum: vec![0; count] }
            }
        }
    }
}

/// Cuts a row of weights into at most `most` runs of about equal weight; gives the run of each.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below `most`")]
fn runs(weights: &[f64], most: usize) -> Vec<usize> {
    let total = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut before = 0.0;
    let run = |weight: &f64| {
        let middle = before + weight / 2.0;
        before += weight;
        ((middle / total * most as f64) as usize).min(most - 1)
    };
    weights.iter().map(run).collect()
}

/// Half the width of a 95 % interval in standard errors of so many degrees of freedom (Fisher and
/// Cornish 1960); infinite spread is never asked for: none counts as one.
fn t_95(freedom: f64) -> f64 {
    let (z, n) = (Z_95, freedom.max(1.0));
    let [z3, z5, z7] = [3, 5, 7].map(|power| z.powi(power));
    let first = (z3 + z) / 4.0;
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0;
    let third = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0;
    z + first / n + second / (n * n) + third / (n * n * n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_few_bags_are_those_of_student() {
        for (freedom, table) in [(4.0, 2.776), (7.0, 2.365), (10.0, 2.228), (30.0, 2.042), (1e9, 1.960)] {
            assert!((t_95(freedom) - table).abs() < 0.01, "{freedom}: {}", t_95(freedom));
        }
    }

    #[test]
    fn chance_alone_adds_nothing_and_a_shift_its_square() {
        let bins = Bins::Cuts((0..63).map(f64::from).collect());
        let residuals = |shift: f64| -> Vec<Sums> {
            // Every other run is one standard error of its own above, the others as far below.
            let of = |entry: usize| {
                let sign = if ((entry.max(2) - 2) / 4).is_multiple_of(2) { 1.0 } else { -1.0 };
                Sums { gradient: 20.0 * (sign / 2.0 + shift * 20.0), hessian: 400.0 }
            };
            (0..bins.count()).map(of).collect()
        };
        let beyond =
            |shift| beyond_spread(Form::Line(&bins, None), &residuals(shift), &vec![0.0; bins.count()]);
        // No more than the one standard error on the safe side: that of 18 runs.
        let most = 6.0 / (400.0 * bins.count() as f64);
        assert!(beyond(0.0).iter().all(|beyond| *beyond < most), "{:?}", beyond(0.0));
        assert!(beyond(0.3).iter().all(|beyond| (beyond - 0.09).abs() < 5e-3), "{:?}", beyond(0.3));
    }
}
