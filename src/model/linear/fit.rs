//! The fit, by linfa-logistic.
//!
//! Its traps, and what is done about each:
//! - it calls the *larger* class positive, so the sign of the weights is set by its labels;
//! - it ignores sample weights in silence: none are given;
//! - its `alpha` stands beside the sum of the losses, not their mean, and is documented so;
//! - its line search may give up ("must be a descent direction"): tried again with a larger alpha.
//!
//! Same rows, same model, at any thread count. Matrix products go through kernels chosen by the CPU,
//! so another kind of CPU may differ in the last digits of a weight.

use linfa::Dataset;
use linfa::ParamGuard;
use linfa::prelude::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use super::encode::Design;
use super::{LinearModel, ValidLinearParams};
use crate::domain::Nats;
use crate::model::{FitData, FitError, Progress};

/// By how much alpha grows when the solver gives up, and how often that is tried.
const ALPHA_STEP: f64 = 10.0;
const ATTEMPTS: i32 = 4;
/// Length of the gradient of the mean loss at which the solver stops.
const GRADIENT_TOLERANCE: f64 = 1e-5;

/// Fits a linear model.
///
/// # Errors
/// When `data` is not fit to learn from, no feature tells rows apart, the solver gives up even with
/// a much larger alpha, or `progress` says stop.
pub fn fit(
    data: &FitData<'_>,
    params: &ValidLinearParams,
    progress: &dyn Progress,
) -> Result<LinearModel, FitError> {
    data.check()?;
    let mut design = Design::encode(data, params)?;
    progress.step(1, 2);
    if progress.cancelled() {
        return Err(FitError::Cancelled);
    }
    let solution = solve(std::mem::take(&mut design.matrix), data, params)?;
    progress.step(2, 2);
    LinearModel::new(Nats::from_f64(solution.intercept), design.parts(&solution.weights))
        .map_err(|error| FitError::Solver(error.to_string()))
}

/// Log-odds of the response: intercept + weights x columns.
struct Solution {
    intercept: f64,
    weights: Vec<f64>,
}

fn solve(matrix: Array2<f64>, data: &FitData<'_>, params: &ValidLinearParams) -> Result<Solution, FitError> {
    let start = start(matrix.ncols(), data);
    let rows = Dataset::new(matrix, Array1::from(data.outcome.to_vec()));
    try_larger_alphas(params.alpha, |alpha| {
        let fitted = LogisticRegression::default()
            .alpha(alpha)
            .max_iterations(params.iterations_max.into())
            .gradient_tolerance(GRADIENT_TOLERANCE * data.rows() as f64)
            .initial_params(start.clone())
            .check()
            .and_then(|solver| solver.fit(&rows))
            .map_err(|error| error.to_string())?;
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let weights: Vec<f64> = fitted.params().iter().map(|weight| sign * weight).collect();
        let intercept = sign * fitted.intercept();
        if intercept.is_finite() && weights.iter().all(|weight| weight.is_finite()) {
            Ok(Solution { intercept, weights })
        } else {
            Err("a weight is not finite".to_owned())
        }
    })
}

/// What `attempt` gives for `alpha`, or for the first larger one at which it does not fail.
fn try_larger_alphas<T>(alpha: f64, attempt: impl Fn(f64) -> Result<T, String>) -> Result<T, FitError> {
    let mut failure = String::new();
    for exponent in 0..ATTEMPTS {
        match attempt(alpha * ALPHA_STEP.powi(exponent)) {
            Ok(solution) => return Ok(solution),
            Err(error) => failure = error,
        }
    }
    Err(FitError::Solver(format!(
        "{failure} (tried {ATTEMPTS} times, each with an alpha {ALPHA_STEP} times larger)"
    )))
}

/// No weights, and the log-odds of the larger class, which linfa calls positive, as the intercept.
fn start(columns: usize, data: &FitData<'_>) -> Array1<f64> {
    let positives = data.positives() as f64;
    let negatives = data.rows() as f64 - positives;
    let mut start = Array1::zeros(columns + 1);
    start[columns] = libm::log(positives / negatives).abs();
    start
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::data::{Column, Table, TableBuilder};
    use crate::domain::{Cell, FeatureId};
    use crate::model::NoProgress;
    use crate::model::linear::{Curve, Encoding, LinearParams};

    fn table(columns: Vec<Vec<Cell<'_>>>) -> Table {
        let mut builder = TableBuilder::default();
        for cells in columns {
            let text = cells.iter().any(|cell| matches!(cell, Cell::Category(_)));
            builder.push(if text { Column::categorical(cells) } else { Column::numeric(cells) });
        }
        builder.finish().unwrap()
    }

    fn fitted(table: &Table, outcome: &[bool], params: LinearParams) -> Result<LinearModel, FitError> {
        let person: Vec<u32> = (0..u32::try_from(outcome.len()).unwrap()).collect();
        let features: Vec<FeatureId> = (0..u16::try_from(table.width()).unwrap()).map(FeatureId).collect();
        let data = FitData { table, features: &features, outcome, person: &person };
        fit(&data, &params.check().unwrap(), &NoProgress)
    }

    fn params(encoding: Encoding) -> LinearParams {
        LinearParams { encoding, alpha: 1.0, people_min: 2, ..LinearParams::default() }
    }

    fn contributions(model: &LinearModel, row: &[Cell<'_>]) -> Vec<Nats> {
        let mut contributions = vec![Nats::ZERO; model.terms().len()];
        model.attribute(row, &mut contributions);
        contributions
    }

    fn score(model: &LinearModel, row: &[Cell<'_>]) -> f64 {
        (model.intercept() + contributions(model, row).into_iter().sum()).to_f64()
    }

    /// Rows 0 to 199 of a number, a category and a number with gaps; one in eight or so happened.
    fn mixed() -> (Table, Vec<bool>) {
        let rows = 0..200_usize;
        let number = |i: usize| ((i * 7) % 50) as f64;
        let names = ["a", "b", "c"];
        let gap = |i: usize| if i.is_multiple_of(5) { Cell::Missing } else { Cell::Number((i % 13) as f64) };
        let cells = vec![
            rows.clone().map(|i| Cell::Number(number(i))).collect(),
            rows.clone().map(|i| Cell::Category(names[i % 3])).collect(),
            rows.clone().map(gap).collect(),
        ];
        let outcome = rows.map(|i| number(i) + 5.0 * (i % 3) as f64 > 50.0 || i % 45 == 0).collect();
        (table(cells), outcome)
    }

    #[test]
    fn the_rarer_class_still_counts_as_the_response() {
        // linfa calls the larger class positive; here that is the one without the response.
        let x = table(vec![(0..200).map(|i| Cell::Number(f64::from(i))).collect()]);
        for threshold in [180, 20] {
            let outcome: Vec<bool> = (0..200).map(|i| i >= threshold).collect();
            for encoding in [Encoding::Standard, Encoding::Binned] {
                let model = fitted(&x, &outcome, params(encoding)).unwrap();
                assert!(score(&model, &[Cell::Number(199.0)]) > 0.0);
                assert!(score(&model, &[Cell::Number(0.0)]) < 0.0);
            }
        }
    }

    #[test]
    fn an_average_row_has_the_intercept_as_its_score() {
        let (table, outcome) = mixed();
        for encoding in [Encoding::Standard, Encoding::Binned] {
            let model = fitted(&table, &outcome, params(encoding)).unwrap();
            let mut sums = vec![Nats::ZERO; 3];
            let mut cells = Vec::new();
            for row in 0..200 {
                table.read_row(row, &mut cells);
                for (sum, contribution) in sums.iter_mut().zip(contributions(&model, &cells)) {
                    *sum += contribution;
                }
            }
            assert!(sums.iter().all(|sum| sum.to_f64().abs() < 1e-6), "{sums:?}");
        }
    }

    #[test]
    fn the_fit_is_where_the_penalised_loss_is_flat() {
        // At the optimum: the sum over rows of (p - y) x column + alpha x weight is 0.
        let x: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        let outcome: Vec<bool> = (0..100).map(|i| i % 10 + i / 20 > 9).collect();
        let rows = table(vec![x.iter().map(|&x| Cell::Number(x)).collect()]);
        let model =
            fitted(&rows, &outcome, LinearParams { alpha: 5.0, ..params(Encoding::Standard) }).unwrap();
        let Curve::Line(line) = &model.parts()[0].curve else { unreachable!("not a line") };
        assert_eq!((line.lowest, line.highest), (0.0, 9.0));
        assert!((line.mean - 4.5).abs() < 1e-12);
        let deviation = (x.iter().map(|x| (x - 4.5) * (x - 4.5)).sum::<f64>() / 100.0).sqrt();
        let (mut slope_gradient, mut intercept_gradient) = (5.0 * line.slope * deviation, 0.0);
        for (&x, &happened) in x.iter().zip(&outcome) {
            let probability = 1.0 / (1.0 + libm::exp(-score(&model, &[Cell::Number(x)])));
            let error = probability - f64::from(u8::from(happened));
            slope_gradient += error * (x - 4.5) / deviation;
            intercept_gradient += error;
        }
        assert!(slope_gradient.abs() < 2e-3 && intercept_gradient.abs() < 2e-3);
    }

    #[test]
    fn alpha_stands_beside_the_sum_of_the_losses() {
        let (once, outcome) = mixed();
        let rows: Vec<usize> = (0..200).chain(0..200).collect();
        let twice = once.select(&rows);
        let outcome_twice: Vec<bool> = rows.iter().map(|&row| outcome[row]).collect();
        let params = |alpha| LinearParams { alpha, ..params(Encoding::Standard) };
        let of_once = fitted(&once, &outcome, params(3.0)).unwrap();
        let of_twice = fitted(&twice, &outcome_twice, params(6.0)).unwrap();
        let stronger = fitted(&once, &outcome, params(6.0)).unwrap();
        let row = [Cell::Number(49.0), Cell::Category("c"), Cell::Number(3.0)];
        assert!((score(&of_once, &row) - score(&of_twice, &row)).abs() < 1e-3);
        assert!((score(&of_once, &row) - score(&stronger, &row)).abs() > 0.05);
    }

    #[test]
    fn withheld_rows_steer_no_weight() {
        // Whoever withholds x has the response, and of the others those with a high x.
        let shown = |i: usize| (i % 10) as f64;
        let cell = |i: usize| if i < 200 { Cell::Withheld } else { Cell::Number(shown(i)) };
        let x = table(vec![(0..400).map(cell).collect()]);
        let outcome: Vec<bool> = (0..400).map(|i| i < 200 || shown(i) > 6.0).collect();
        for encoding in [Encoding::Standard, Encoding::Binned] {
            let hidden = fitted(&x, &outcome, params(encoding)).unwrap();
            let lowest = contributions(&hidden, &[Cell::Number(0.0)])[0];
            let highest = contributions(&hidden, &[Cell::Number(9.0)])[0];
            assert!(lowest < Nats::ZERO && Nats::ZERO < highest);
            assert_eq!(contributions(&hidden, &[Cell::Withheld])[0], Nats::ZERO);
        }
    }

    #[test]
    fn missing_cells_have_a_weight_of_their_own() {
        let cell = |i: usize| if i.is_multiple_of(4) { Cell::Missing } else { Cell::Number((i % 3) as f64) };
        let x = table(vec![(0..200).map(cell).collect()]);
        let outcome: Vec<bool> = (0..200).map(|i| i % 4 == 0 || i % 17 == 0).collect();
        for encoding in [Encoding::Standard, Encoding::Binned] {
            let model = fitted(&x, &outcome, params(encoding)).unwrap();
            let known = (0..3).map(|x| score(&model, &[Cell::Number(f64::from(x))])).fold(f64::MIN, f64::max);
            assert!(score(&model, &[Cell::Missing]) > 1.0 + known);
        }
    }

    #[test]
    fn missing_cells_that_training_never_had_are_average() {
        let (table, outcome) = mixed();
        for encoding in [Encoding::Standard, Encoding::Binned] {
            let model = fitted(&table, &outcome, params(encoding)).unwrap();
            let row = [Cell::Missing, Cell::Missing, Cell::Number(1.0)];
            assert_eq!(contributions(&model, &row)[..2], [Nats::ZERO; 2]);
        }
    }

    #[test]
    fn rare_categories_share_a_weight_with_unseen_ones() {
        let name = |i: usize| match i {
            0..4 => ["w", "x", "y", "z"][i],
            _ if i.is_multiple_of(2) => "even",
            _ => "odd",
        };
        let x = table(vec![(0..200).map(|i| Cell::Category(name(i))).collect()]);
        let outcome: Vec<bool> = (0..200).map(|i| i < 4 || i % 7 == 0).collect();
        let model = fitted(&x, &outcome, params(Encoding::Binned)).unwrap();
        let score = |name| score(&model, &[Cell::Category(name)]);
        assert_eq!(score("w"), score("never seen"));
        assert!(score("never seen") > score("even") + 0.5);
        assert!(!serde_json::to_string(&model).unwrap().contains("\"w\""));
    }

    #[test]
    fn a_solver_that_gives_up_is_tried_again_with_a_larger_alpha() {
        let tried = RefCell::new(Vec::new());
        let attempt = |alpha: f64| {
            tried.borrow_mut().push(alpha);
            if alpha < 50.0 {
                Err("search direction must be a descent direction".to_owned())
            } else {
                Ok(alpha)
            }
        };
        assert_eq!(try_larger_alphas(1.0, attempt), Ok(100.0));
        assert_eq!(*tried.borrow(), [1.0, 10.0, 100.0]);
        let error = try_larger_alphas(1e-5, attempt).unwrap_err().to_string();
        assert_eq!(
            error,
            "the solver failed: search direction must be a descent direction (tried 4 times, each with an alpha 10 times larger)"
        );
    }

    #[test]
    fn training_sets_that_cannot_be_learned_from_are_refused() {
        let constant = table(vec![vec![Cell::Number(1.0); 20]]);
        let hidden = table(vec![vec![Cell::Withheld; 20]]);
        let huge = table(vec![(0..20).map(|i| Cell::Number(f64::from(i - 10) * 1e307)).collect()]);
        let both: Vec<bool> = (0..20).map(|i| i % 2 == 0).collect();
        for encoding in [Encoding::Standard, Encoding::Binned] {
            let error =
                |table: &Table, outcome: &[bool]| fitted(table, outcome, params(encoding)).unwrap_err();
            assert_eq!(error(&constant, &both), FitError::NoFeatures);
            assert_eq!(error(&hidden, &both), FitError::NoFeatures);
            assert_eq!(error(&constant, &[false; 20]), FitError::OneClass { class: false });
            assert_eq!(error(&table(vec![Vec::new()]), &[]), FitError::NoRows);
        }
        assert_eq!(
            fitted(&huge, &both, params(Encoding::Standard)).unwrap_err().to_string(),
            "feature 0: has numbers too large to be standardised"
        );
        assert!(fitted(&huge, &both, params(Encoding::Binned)).is_ok());
    }

    #[test]
    fn a_cancelled_fit_stops() {
        struct Stop;
        impl Progress for Stop {
            fn step(&self, _done: usize, _of: usize) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let (table, outcome) = mixed();
        let person: Vec<u32> = (0..200).collect();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        assert_eq!(fit(&data, &ValidLinearParams::default(), &Stop).unwrap_err(), FitError::Cancelled);
    }
}
