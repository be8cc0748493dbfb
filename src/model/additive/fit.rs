//! Fitting: tables of features boosted first, then those of pairs, averaged, centred and quantised.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::boost::{Boosting, Tables};
use super::calibrate::restore_weighted_mean;
use super::column::Column;
use super::guidance::{Guidance, starting_scores};
use super::histogram::Scale;
use super::interact::find_pairs;
use super::left_out::{Averaged, average};
use super::params::ValidAdditiveParams;
use super::pass::Rows;
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::fold::Folds;
use crate::model::{FitData, FitError, Progress};

/// Fits a model on all features of `data`.
///
/// The same data, settings and seed give the same model at any number of threads.
///
/// # Errors
/// When the data cannot be learned from, or when `progress` cancels.
pub fn fit(
    data: &FitData<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    fit_from(&AdditiveModel::new(Nats::ZERO, Vec::new(), Vec::new())?, data, params, progress)
}

/// Continues `base`: boosts further tables from the scores of a share of it and adds them to its
/// own; first those of features, then those of pairs.
///
/// The model has the features and pairs of both. A feature that `base` knows keeps its bins; one
/// that `data` does not name keeps its share.
///
/// # Errors
/// When the data cannot be learned from, or when `progress` cancels.
pub fn fit_from(
    base: &AdditiveModel,
    data: &FitData<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    fit_guided(base, data, &Guidance::default(), params, progress)
}

/// Continues `base`, perhaps a model without terms, as `guidance` says.
///
/// # Errors
/// When the data cannot be learned from, the guidance breaks a rule, or when `progress` cancels.
pub fn fit_guided(
    base: &AdditiveModel,
    data: &FitData<'_>,
    guidance: &Guidance<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    data.check()?;
    if let Some(shape) = base.shapes.iter().find(|shape| shape.feature.index() >= data.table.width()) {
        return Err(FitError::UnknownFeature { feature: shape.feature, width: data.table.width() });
    }
    guidance.check(base, data)?;
    if let Some(rows) = guidance.rows_that_count() {
        return fit_selected(base, data, guidance, &rows, params, progress);
    }
    let base = share_of(base, params.base_share);
    let features = bin_features(&base, data, params);
    let init = starting_scores(&base, data.table, guidance.offsets);
    let folds = Folds::deal(data.outcome, data.person, params.bags, params.seed);
    let (group, groups) = (folds.of_rows(data.person), folds.groups);
    drop(folds);
    let even = guidance.weights.map(even_out);
    let weight = even.as_deref().map(narrow);
    let weight_max = weight.iter().flatten().copied().fold(1.0, f32::max);
    let rows = Rows {
        outcome: data.outcome,
        group: &group,
        weight: weight.as_deref(),
        scale: Scale::new(weight_max),
    };
    let mut boosting = Boosting::new(rows, &init, groups, params, progress);
    let columns: Vec<Column<'_>> = (features.iter().zip(data.features))
        .map(|(binned, feature)| Column::line(binned, guidance.monotone.get(feature).copied()))
        .collect();
    let start = Tables::zero(&columns, params.bags);
    let mains = boosting.boost(&columns, start, &[], &params.of_features())?;
    let mut found = find_pairs(&base, &features, &columns, &mains, (data, guidance), &mut boosting)?;
    let mut tables = mains.tables.and(std::mem::take(&mut found.tables));
    found.purify_bags(&mut tables, &features);
    let averaged = {
        let columns: Vec<Column<'_>> = columns.iter().copied().chain(found.columns(&features)).collect();
        let residuals = boosting.stretch(&columns, &mut tables);
        let of_column = |(place, column): (usize, &Column<'_>)| {
            average(column, &tables.scores[place], &residuals[place], groups)
        };
        columns.iter().enumerate().map(of_column).collect::<Vec<Averaged>>()
    };
    drop(boosting);

    let mut averaged = averaged.into_iter();
    let mains: Vec<Averaged> = averaged.by_ref().take(features.len()).collect();
    let found = found.purified(averaged, &base, &features, data.features);
    let mut model = base;
    model.intercept += Nats::from_f64(tables.mean_intercept());
    let mut shapes: BTreeMap<FeatureId, ShapeFunction> =
        model.shapes.into_iter().map(|shape| (shape.feature, shape)).collect();
    for (((binned, &id), grown), moved) in features.into_iter().zip(data.features).zip(mains).zip(found.moved)
    {
        let Averaged { scores, bands } = grown;
        let scores = scores.into_iter().zip(moved).zip(&binned.learned);
        let scores = scores.map(|((score, moved), learned)| score + if *learned { moved } else { 0.0 });
        let grown = ShapeFunction {
            feature: id,
            scores: scores.map(Nats::from_f64).collect(),
            bands: bands.into_iter().map(Nats::from_f64).collect(),
            bins: binned.bins,
            people: binned.people,
            rows: binned.rows,
        };
        shapes.entry(id).and_modify(|shape| shape.add(&grown)).or_insert(grown);
    }
    let mut pairs: BTreeMap<[FeatureId; 2], PairFunction> =
        model.pairs.into_iter().map(|pair| (pair.features, pair)).collect();
    pairs.extend(found.pairs.into_iter().map(|pair| (pair.features, pair)));
    let mut shapes: Vec<ShapeFunction> = shapes.into_values().collect();
    let mut intercept = model.intercept;
    for shape in &mut shapes {
        intercept += shape.centre();
    }
    let mut model = AdditiveModel::new(intercept, shapes, pairs.into_values().collect())?;
    restore_weighted_mean(&mut model, data, even.as_deref(), guidance.offsets);
    Ok(model)
}

/// The same on some of the rows.
fn fit_selected(
    base: &AdditiveModel,
    data: &FitData<'_>,
    guidance: &Guidance<'_>,
    rows: &[usize],
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    let of_rows = |numbers: &[f64]| rows.iter().map(|&row| numbers[row]).collect::<Vec<f64>>();
    let (weights, offsets) = (guidance.weights.map(of_rows), guidance.offsets.map(of_rows));
    let guidance = Guidance {
        weights: weights.as_deref(),
        offsets: offsets.as_deref(),
        monotone: guidance.monotone.clone(),
        pairs: guidance.pairs.clone(),
    };
    let table = data.table.select(rows);
    let outcome: Vec<bool> = rows.iter().map(|&row| data.outcome[row]).collect();
    let person: Vec<u32> = rows.iter().map(|&row| data.person[row]).collect();
    let data = FitData { table: &table, features: data.features, outcome: &outcome, person: &person };
    fit_guided(base, &data, &guidance, params, progress)
}

/// Weights with a mean of 1, so that settings mean the same however rows are weighed.
fn even_out(weights: &[f64]) -> Vec<f64> {
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    weights.iter().map(|weight| weight / mean).collect()
}

#[allow(clippy::cast_possible_truncation, reason = "rows are scored in single precision")]
fn narrow(weights: &[f64]) -> Vec<f32> {
    weights.iter().map(|&weight| weight as f32).collect()
}

/// Each feature of `data` in bins: those of `base` if it has the feature, else learned.
fn bin_features(base: &AdditiveModel, data: &FitData<'_>, params: &ValidAdditiveParams) -> Vec<Binned> {
    let bin = |&feature: &FeatureId| {
        let column = data.table.column(feature);
        let bins = base.shape(feature).map_or_else(
            || Bins::learn(column, data.person, usize::from(params.bins_max), params.people_min),
            |shape| shape.bins.clone(),
        );
        Binned::encode(bins, column, data.person, params.people_min)
    };
    data.features.par_iter().map(bin).collect()
}

/// A share of `base`: the same bins, scores and bands in proportion. The intercept stays.
fn share_of(base: &AdditiveModel, share: f64) -> AdditiveModel {
    let mut part = base.clone();
    let of_shapes = part.shapes.iter_mut().flat_map(|shape| shape.scores.iter_mut().chain(&mut shape.bands));
    let of_pairs = part.pairs.iter_mut().flat_map(|pair| pair.scores.iter_mut().chain(&mut pair.bands));
    for entry in of_shapes.chain(of_pairs) {
        *entry = Nats::from_f64(entry.to_f64() * share);
    }
    part
}

impl ShapeFunction {
    /// Adds what was boosted on top of it, in the same bins. The errors of the two are taken as
    /// independent.
    fn add(&mut self, grown: &Self) {
        for (score, &more) in self.scores.iter_mut().zip(&grown.scores) {
            *score += more;
        }
        for (band, more) in self.bands.iter_mut().zip(&grown.bands) {
            *band = Nats::from_f64((band.to_f64() * band.to_f64() + more.to_f64() * more.to_f64()).sqrt());
        }
        self.people.clone_from(&grown.people);
        self.rows.clone_from(&grown.rows);
    }

    /// Moves the scores so that their mean over the rows that they were learned from is 0 to the
    /// unit; returns the mean. A bin that was learned from no row keeps its score of 0.
    pub(super) fn centre(&mut self) -> Nats {
        let rows: i128 = self.rows.iter().map(|&rows| i128::from(rows)).sum();
        if rows == 0 {
            return Nats::ZERO;
        }
        let sum: i128 = self
            .scores
            .iter()
            .zip(&self.rows)
            .map(|(s, &rows)| i128::from(s.units()) * i128::from(rows))
            .sum();
        let mean = Nats::from_units(i64::try_from(sum / rows).unwrap_or(0));
        for (score, _) in self.scores.iter_mut().zip(&self.rows).filter(|(_, rows)| **rows > 0) {
            *score -= mean;
        }
        mean
    }
}

#[cfg(test)]
mod tests;
