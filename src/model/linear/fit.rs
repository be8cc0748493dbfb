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
/// Length of the gradient of the summed loss at which the solver stops.
const GRADIENT_TOLERANCE: f64 = 1e-3;

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
    let mut failure = String::new();
    for attempt in 0..ATTEMPTS {
        let solver = LogisticRegression::default()
            .alpha(params.alpha * ALPHA_STEP.powi(attempt))
            .max_iterations(params.iterations_max.into())
            .gradient_tolerance(GRADIENT_TOLERANCE)
            .initial_params(start.clone());
        match solver.check().and_then(|solver| solver.fit(&rows)) {
            Ok(fitted) => {
                let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
                let weights: Vec<f64> = fitted.params().iter().map(|weight| sign * weight).collect();
                let intercept = sign * fitted.intercept();
                if intercept.is_finite() && weights.iter().all(|weight| weight.is_finite()) {
                    return Ok(Solution { intercept, weights });
                }
                "a weight is not finite".clone_into(&mut failure);
            }
            Err(error) => failure = error.to_string(),
        }
    }
    Err(FitError::Solver(failure))
}

/// No weights, and the log-odds of the larger class, which linfa calls positive, as the intercept.
fn start(columns: usize, data: &FitData<'_>) -> Array1<f64> {
    let positives = data.positives() as f64;
    let negatives = data.rows() as f64 - positives;
    let mut start = Array1::zeros(columns + 1);
    start[columns] = libm::log(positives / negatives).abs();
    start
}
