//! What an analyst asks of a fit beyond its settings: what rows count for, where scores start, which
//! shapes must rise or fall, and which pairs must be there.

use std::collections::BTreeMap;

use super::AdditiveModel;
use crate::data::Table;
use crate::domain::{Direction, FeatureId, FieldError, Nats};
use crate::model::{Bins, FitData, FitError, Model};

/// Most that a row may count for, in means of all rows.
const WEIGHT_MAX: f64 = 10_000.0;

/// What is asked of a fit. Nothing, by default.
#[derive(Clone, Debug, Default)]
pub struct Guidance<'a> {
    /// What each row counts for: finite and at least 0. A row of weight 0 is as if it were not there.
    pub weights: Option<&'a [f64]>,
    /// The score of each row, in nats, that the model's is added to; it is not part of the model.
    pub offsets: Option<&'a [f64]>,
    /// Shapes of numbers that may only rise or only fall. Their features are in no pair.
    pub monotone: BTreeMap<FeatureId, Direction>,
    /// Pairs that the model must have, each ascending. Others are found as usual.
    pub pairs: Vec<[FeatureId; 2]>,
}

/// 1 or -1: what the steps of a shape are multiplied by so that they must rise.
pub(super) const fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Increasing => 1.0,
        Direction::Decreasing => -1.0,
    }
}

impl Guidance<'_> {
    /// Checks every rule.
    pub(super) fn check(&self, base: &AdditiveModel, data: &FitData<'_>) -> Result<(), FitError> {
        let rows = data.rows();
        for (what, numbers) in [("weights", self.weights), ("offsets", self.offsets)] {
            let Some(numbers) = numbers else { continue };
            if numbers.len() != rows {
                return Err(FitError::Uneven { what, rows, len: numbers.len() });
            }
            if let Some(row) = numbers.iter().position(|number| !number.is_finite()) {
                return Err(FitError::NotFinite { what, row });
            }
        }
        if let Some(weights) = self.weights {
            check_weights(weights)?;
        }
        for (&feature, &direction) in &self.monotone {
            check_direction(feature, direction, base, data)?;
        }
        for (i, pair) in self.pairs.iter().enumerate() {
            let refuse = |rule: &str| Err(FieldError::new(format!("pairs[{i}]"), rule).into());
            if pair[0] >= pair[1] {
                return refuse("must be two features, ascending");
            }
            if self.pairs[..i].contains(pair) {
                return refuse("must be distinct");
            }
            if pair.iter().any(|feature| data.features.binary_search(feature).is_err()) {
                return refuse("must be of features that may be trained on");
            }
            if pair.iter().any(|feature| self.monotone.contains_key(feature)) {
                return refuse("must not have a feature that is monotone");
            }
        }
        Ok(())
    }

    /// The rows that count for something; None when all do.
    pub(super) fn rows_that_count(&self) -> Option<Vec<usize>> {
        let weights = self.weights?;
        let rows: Vec<usize> = (0..weights.len()).filter(|&row| weights[row] > 0.0).collect();
        (rows.len() < weights.len()).then_some(rows)
    }
}

fn check_weights(weights: &[f64]) -> Result<(), FitError> {
    let (mut sum, mut count) = (0.0, 0.0);
    for (row, &weight) in weights.iter().enumerate() {
        if weight < 0.0 {
            return Err(FieldError::new(format!("weights[{row}]"), "must not be negative").into());
        }
        sum += weight;
        count += f64::from(u8::from(weight > 0.0));
    }
    if count == 0.0 {
        return Err(FitError::NoRows);
    }
    if !sum.is_finite() {
        return Err(FieldError::new("weights", "must have a finite sum").into());
    }
    let largest = WEIGHT_MAX * (sum / count);
    match weights.iter().position(|&weight| weight > largest) {
        Some(row) => {
            let rule = format!("must be at most {WEIGHT_MAX} times the mean of all that are not 0");
            Err(FieldError::new(format!("weights[{row}]"), rule).into())
        }
        None => Ok(()),
    }
}

fn check_direction(
    feature: FeatureId,
    direction: Direction,
    base: &AdditiveModel,
    data: &FitData<'_>,
) -> Result<(), FitError> {
    let refuse = |rule: &str| Err(FieldError::new(format!("monotone[{}]", feature.0), rule).into());
    if data.features.binary_search(&feature).is_err() {
        return refuse("must be a feature that may be trained on");
    }
    if data.table.column(feature).numbers().is_none() {
        return refuse("must be a number: the levels of a category have no order");
    }
    if base.pairs().iter().any(|pair| pair.features.contains(&feature)) {
        return refuse("must be in no pair of the model that the fit continues");
    }
    let Some(shape) = base.shape(feature) else { return Ok(()) };
    let values = &shape.scores[Bins::FIRST..];
    let goes = match direction {
        Direction::Increasing => values.is_sorted(),
        Direction::Decreasing => values.is_sorted_by(|a, b| a >= b),
    };
    if goes { Ok(()) } else { refuse("must go the same way in the model that the fit continues") }
}

/// Moves steps as little as their weights let, so that they rise: neighbours that fall are pooled (Ayer,
/// Brunk, Ewing, Reid and Silverman 1955). Each step is a value with its weight.
pub(super) fn pool_falling(steps: &mut [(f64, f64)]) {
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(steps.len());
    for &(value, weight) in &*steps {
        let mut pool = (value, weight, 1);
        while let Some(&(before, heavy, count)) = pools.last() {
            if before <= pool.0 {
                break;
            }
            pools.pop();
            let weight = heavy + pool.1;
            let mean = if weight > 0.0 { (before * heavy + pool.0 * pool.1) / weight } else { before };
            pool = (mean, weight, count + pool.2);
        }
        pools.push(pool);
    }
    let pooled = pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count));
    steps.iter_mut().zip(pooled).for_each(|(step, value)| step.0 = value);
}

/// The scores that a fit starts from: of the model that it continues, and of `offsets`.
#[allow(clippy::cast_possible_truncation, reason = "scores are boosted in single precision")]
pub(super) fn starting_scores(base: &AdditiveModel, table: &Table, offsets: Option<&[f64]>) -> Vec<f32> {
    let start =
        |row: usize, score: Nats| (score.to_f64() + offsets.map_or(0.0, |offsets| offsets[row])) as f32;
    Model::Additive(base.clone()).map_scores(table, &[], start)
}

#[cfg(test)]
mod tests;
