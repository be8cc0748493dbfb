//! The intercept at which a model predicts, on average, what happened.

use super::AdditiveModel;
use crate::domain::{FeatureId, Nats};
use crate::model::link::offset_for_weighted_mean;
use crate::model::{FitData, FitError};

/// Moves the intercept so that the mean probability over the training rows is the share of them in
/// which the response happened; averaging bags on the scale of scores loses it by a little.
pub(super) fn restore_mean(model: &mut AdditiveModel, data: &FitData<'_>) {
    restore_weighted_mean(model, data, None, None);
}

/// The same where rows count for `weights` and their scores are added to `offsets`, if these are given.
pub(super) fn restore_weighted_mean(
    model: &mut AdditiveModel,
    data: &FitData<'_>,
    weights: Option<&[f64]>,
    offsets: Option<&[f64]>,
) {
    let scores = model.scores(data.table).into_iter().enumerate();
    let scores = scores.map(|(row, score)| score.to_f64() + offsets.map_or(0.0, |offsets| offsets[row]));
    let scores: Vec<f64> = scores.collect();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let all: f64 = (0..data.rows()).map(weight).sum();
    let positive: f64 = (0..data.rows()).filter(|&row| data.outcome[row]).map(weight).sum();
    model.intercept += Nats::from_f64(offset_for_weighted_mean(&scores, weights, positive / all));
}

impl AdditiveModel {
    /// The terms of some features only, with the intercept at which they predict, on average over
    /// `data`, what happened. A pair stays when both its features do.
    ///
    /// # Errors
    /// When the data have no rows, or not a column for each feature.
    pub fn restricted(&self, features: &[FeatureId], data: &FitData<'_>) -> Result<Self, FitError> {
        if data.rows() == 0 {
            return Err(FitError::NoRows);
        }
        let mut model = self.clone();
        model.shapes.retain(|shape| features.contains(&shape.feature));
        model.pairs.retain(|pair| pair.features.iter().all(|feature| features.contains(feature)));
        model.unpurified.retain(|pair| pair.iter().all(|feature| features.contains(feature)));
        let mut model = model.check_again()?;
        if let Some(shape) = model.shapes.iter().find(|shape| shape.feature.index() >= data.table.width()) {
            return Err(FitError::UnknownFeature { feature: shape.feature, width: data.table.width() });
        }
        restore_mean(&mut model, data);
        Ok(model)
    }
}
