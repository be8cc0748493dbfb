//! The intercept at which a model predicts, on average, what happened.

use super::AdditiveModel;
use crate::domain::Nats;
use crate::model::FitData;
use crate::model::link::offset_for_mean;

/// Moves the intercept so that the mean probability over the training rows is the share of them in
/// which the response happened; averaging bags on the scale of scores loses it by a little.
pub(super) fn restore_mean(model: &mut AdditiveModel, data: &FitData<'_>) {
    let scores: Vec<f64> = model.scores(data.table).into_iter().map(Nats::to_f64).collect();
    let target = data.positives() as f64 / data.rows() as f64;
    model.intercept += Nats::from_f64(offset_for_mean(&scores, target));
}
