//! Fitting: bags boosted side by side, stopped together, averaged, centred and quantised.
//!
//! Each bag leaves out one group of people. All stop at the round at which the log loss of the
//! people left out, summed over the bags, is least: a cross-validated choice of the number of
//! rounds, so one unlucky group does not decide.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::bag::{Bag, BagRows, BagTables, Rows};
use super::calibrate::restore_mean;
use super::params::ValidAdditiveParams;
use super::{AdditiveModel, ShapeFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::fold::Folds;
use crate::model::{FitData, FitError, Progress};

/// Rounds between two looks at the people left out.
const ROUNDS_A_LOOK: u32 = 5;
/// Features that step on the same gradients. Their steps together stay far below one Newton step.
const FEATURES_A_BLOCK: usize = 4;
/// Half the width of a 95 % interval, in standard errors.
const Z_95: f64 = 1.959_964;

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
    data.check()?;
    let nothing = AdditiveModel { intercept: Nats::ZERO, terms: Vec::new(), shapes: Vec::new() };
    fit_from(&nothing, data, params, progress)
}

/// Continues `base`: boosts further tables from the scores of a share of it and adds them to its
/// own.
///
/// The model has the features of both. A feature that `base` knows keeps its bins; one that `data`
/// does not name keeps its share.
///
/// # Errors
/// When the data cannot be learned from, or when `progress` cancels.
pub fn fit_from(
    base: &AdditiveModel,
    data: &FitData<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<AdditiveModel, FitError> {
    data.check()?;
    if let Some(shape) = base.shapes.iter().find(|shape| shape.feature.index() >= data.table.width()) {
        return Err(FitError::UnknownFeature { feature: shape.feature, width: data.table.width() });
    }
    let base = &share_of(base, params.base_share);
    let features = bin_features(base, data, params);
    let init: Vec<f64> = base.scores(data.table).into_iter().map(Nats::to_f64).collect();
    let rows = Rows { features: &features, outcome: data.outcome, person: data.person, init: &init };
    let bags = boost_bags(&rows, params, progress)?;
    let mut shapes: BTreeMap<FeatureId, ShapeFunction> =
        base.shapes.iter().map(|shape| (shape.feature, shape.clone())).collect();
    let groups = f64::from(bags.groups);
    for (feature, binned) in features.into_iter().enumerate() {
        let id = data.features[feature];
        let tables: Vec<&[f64]> = bags.tables.iter().map(|bag| bag.scores[feature].as_slice()).collect();
        let grown = average(id, binned, &tables, groups);
        shapes.entry(id).and_modify(|shape| shape.add(&grown)).or_insert(grown);
    }
    let mut shapes: Vec<ShapeFunction> = shapes.into_values().collect();
    let boosted = bags.tables.iter().map(|bag| bag.intercept).sum::<f64>() / bags.tables.len() as f64;
    let mut intercept = base.intercept + Nats::from_f64(boosted);
    for shape in &mut shapes {
        intercept += shape.centre();
    }
    let mut model = AdditiveModel::new(intercept, shapes)?;
    restore_mean(&mut model, data);
    Ok(model)
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
    for entry in part.shapes.iter_mut().flat_map(|shape| shape.scores.iter_mut().chain(&mut shape.bands)) {
        *entry = Nats::from_f64(entry.to_f64() * share);
    }
    part
}

/// What boosting leaves of the bags.
struct Boosted {
    /// The tables of each bag at the best round.
    tables: Vec<BagTables>,
    /// The groups of people that the bags leave out in turn.
    groups: u16,
}

/// Boosts all bags until the people left out gain no more.
fn boost_bags(
    rows: &Rows<'_>,
    params: &ValidAdditiveParams,
    progress: &dyn Progress,
) -> Result<Boosted, FitError> {
    let folds = Folds::deal(rows.outcome, rows.person, params.bags, params.seed);
    let mut bags: Vec<Bag<BagRows<'_>>> =
        (0..params.bags).into_par_iter().map(|bag| Bag::new(rows, &folds, bag)).collect();
    let loss_of = |bags: &[Bag<BagRows<'_>>]| -> f64 {
        let losses: Vec<f64> = bags.par_iter().map(Bag::held_out_loss).collect();
        losses.iter().sum()
    };
    let tables_of = |bags: &[Bag<BagRows<'_>>]| bags.iter().map(|bag| bag.tables.clone()).collect::<Vec<_>>();
    let (mut best, mut best_loss, mut best_round) = (tables_of(&bags), loss_of(&bags), 0);
    let mut round = 0;
    while round < params.rounds_max && round - best_round < params.patience_rounds {
        if progress.cancelled() {
            return Err(FitError::Cancelled);
        }
        let rounds = ROUNDS_A_LOOK.min(params.rounds_max - round);
        bags.par_iter_mut().for_each(|bag| bag.boost(rounds, FEATURES_A_BLOCK, params));
        round += rounds;
        let loss = loss_of(&bags);
        if loss < best_loss {
            (best, best_loss, best_round) = (tables_of(&bags), loss, round);
        }
        progress.step(round as usize, params.rounds_max as usize);
    }
    progress.step(params.rounds_max as usize, params.rounds_max as usize);
    Ok(Boosted { tables: best, groups: folds.groups })
}

/// The mean of the bags' tables of one feature, with its bands.
///
/// Each bag leaves out one of `groups` groups of people, so the spread of the bags is a grouped
/// jackknife's: the variance of the mean is `groups - 1` times the mean squared deviation (Shao and
/// Wu 1989).
fn average(feature: FeatureId, binned: Binned, bags: &[&[f64]], groups: f64) -> ShapeFunction {
    let count = bags.len() as f64;
    let bins = 0..binned.bins.count();
    let mean = |bin: usize| bags.iter().map(|bag| bag[bin]).sum::<f64>() / count;
    let band = |bin: usize| {
        let mean = mean(bin);
        let squares = bags.iter().map(|bag| (bag[bin] - mean) * (bag[bin] - mean)).sum::<f64>();
        Nats::from_f64(Z_95 * (squares / count * (groups - 1.0)).sqrt())
    };
    ShapeFunction {
        feature,
        scores: bins.clone().map(|bin| Nats::from_f64(mean(bin))).collect(),
        bands: bins.map(band).collect(),
        bins: binned.bins,
        people: binned.people,
        rows: binned.rows,
    }
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
    fn centre(&mut self) -> Nats {
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
mod tests {
    use super::*;
    use crate::data::{Column, TableBuilder};
    use crate::domain::Cell;
    use crate::model::NoProgress;
    use crate::model::additive::AdditiveParams;
    use crate::model::known_truth::{FEATURES, KnownTruth, correlation};

    fn quick() -> ValidAdditiveParams {
        AdditiveParams { bags: 3, rounds_max: 60, learning_rate: 0.1, ..AdditiveParams::default() }
            .check()
            .unwrap()
    }

    fn contributions(model: &AdditiveModel, truth: &KnownTruth, feature: FeatureId) -> Vec<f64> {
        let shape = model.shape(feature).unwrap();
        let column = truth.table.column(feature);
        (0..column.rows()).map(|row| shape.score(column.cell(row)).to_f64()).collect()
    }

    #[test]
    fn an_additive_truth_is_recovered() {
        let truth = KnownTruth::draw(20_000, 3);
        let model = fit(&truth.data(&FEATURES), &ValidAdditiveParams::default(), &NoProgress).unwrap();
        for feature in &FEATURES[..3] {
            let found = contributions(&model, &truth, *feature);
            let r = correlation(&found, &truth.contributions[feature.index()]);
            assert!(r >= 0.97, "feature {}: {r}", feature.0);
        }
        let noise = model.shape(FEATURES[3]).unwrap();
        assert!(noise.importance() < 0.05, "{}", noise.importance());
    }

    #[test]
    fn bands_cover_the_truth_of_most_rows() {
        let truth = KnownTruth::draw(20_000, 4);
        let model = fit(&truth.data(&FEATURES), &ValidAdditiveParams::default(), &NoProgress).unwrap();
        let (mut covered, mut rows) = (0, 0);
        for feature in &FEATURES[..3] {
            let true_mean = truth.contributions[feature.index()].iter().sum::<f64>() / 20_000.0;
            let shape = model.shape(*feature).unwrap();
            let column = truth.table.column(*feature);
            for row in 0..20_000 {
                let bin = shape.bins.encode(column.cell(row)).unwrap();
                let error =
                    shape.scores[bin].to_f64() - (truth.contributions[feature.index()][row] - true_mean);
                covered += usize::from(error.abs() <= shape.bands[bin].to_f64());
                rows += 1;
            }
        }
        let share = f64::from(u32::try_from(covered).unwrap()) / f64::from(rows);
        assert!(share > 0.85, "{share}");
    }

    #[test]
    fn a_fit_is_identical_at_any_number_of_threads() {
        let truth = KnownTruth::draw(2_000, 5);
        let (data, context) = (truth.data(&FEATURES), truth.data(&FEATURES[2..]));
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let base = fit(&context, &quick(), &NoProgress).unwrap();
                fit_from(&base, &data, &quick(), &NoProgress).unwrap()
            })
        };
        let one = at(1);
        for threads in [2, 3, 7] {
            assert_eq!(at(threads), one, "{threads} threads");
        }
    }

    #[test]
    fn terms_are_centred_and_the_mean_is_what_happened() {
        let truth = KnownTruth::draw(3_000, 6);
        let data = truth.data(&FEATURES);
        let model = fit(&data, &quick(), &NoProgress).unwrap();
        for shape in model.shapes() {
            let rows: u32 = shape.rows.iter().sum();
            let sum: f64 =
                shape.scores.iter().zip(&shape.rows).map(|(s, &n)| s.to_f64() * f64::from(n)).sum();
            assert!(sum.abs() / f64::from(rows) < 1e-9, "feature {}", shape.feature.0);
        }
        let mean: f64 =
            model.scores(&truth.table).iter().map(|s| crate::model::link::probability(s.to_f64())).sum();
        assert!((mean - data.positives() as f64).abs() < 1e-5);
    }

    #[test]
    fn withheld_cells_join_no_histogram() {
        // Half of the rows have the feature withheld, and all of those are positive: had they
        // joined a bin, or had refusing been a signal, the feature would have a shape.
        let rows = 800;
        let mut builder = TableBuilder::default();
        builder.push(Column::numeric(
            (0..rows).map(
                |row| {
                    if row % 2 == 0 { Cell::Withheld } else { Cell::Number(f64::from(row / 2 % 2)) }
                },
            ),
        ));
        let table = builder.finish().unwrap();
        // Among the others the outcome is the same for both values.
        let outcome: Vec<bool> = (0..rows).map(|row| row % 2 == 0 || row % 8 < 4).collect();
        let person: Vec<u32> = (0..rows).collect();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        let model = fit(&data, &quick(), &NoProgress).unwrap();
        let shape = &model.shapes()[0];
        assert_eq!(shape.rows.iter().sum::<u32>(), 400);
        assert_eq!(shape.score(Cell::Withheld), Nats::ZERO);
        for value in [0.0, 1.0] {
            assert!(shape.score(Cell::Number(value)).to_f64().abs() < 0.1, "{:?}", shape.scores);
        }
    }

    #[test]
    fn missing_unseen_and_withheld_are_told_apart() {
        // Levels of one person each stand for those never met; they and missing cells differ.
        let rows = 600_u32;
        let names: Vec<String> = (0..rows).map(|row| format!("rare {row}")).collect();
        let mut builder = TableBuilder::default();
        builder.push(Column::categorical((0..rows).map(|row| match row % 3 {
            0 => Cell::Missing,
            1 => Cell::Category("common"),
            _ => Cell::Category(&names[row as usize]),
        })));
        let table = builder.finish().unwrap();
        let outcome: Vec<bool> = (0..rows).map(|row| row % 3 == 0 || row % 6 == 1).collect();
        let person: Vec<u32> = (0..rows).collect();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        let model = fit(&data, &quick(), &NoProgress).unwrap();
        let shape = &model.shapes()[0];
        assert_eq!(shape.bins, Bins::Levels(vec!["common".to_owned()]));
        let score = |cell| shape.score(cell).to_f64();
        assert!(score(Cell::Missing) > score(Cell::Category("common")) + 0.5);
        assert!(score(Cell::Category("common")) > score(Cell::Category("never met")) + 0.5);
        assert_eq!(shape.score(Cell::Withheld), Nats::ZERO);
    }

    #[test]
    fn useless_features_give_a_sane_model() {
        let rows = 200_u32;
        let mut builder = TableBuilder::default();
        builder.push(Column::numeric((0..rows).map(|_| Cell::Number(7.0))));
        builder.push(Column::numeric((0..rows).map(|_| Cell::Missing)));
        builder.push(Column::categorical((0..rows).map(|_| Cell::Withheld)));
        builder.push(Column::numeric((0..rows).map(|row| Cell::Number(f64::from(row % 2) * 1e308))));
        builder.push(Column::numeric((0..rows).map(|row| Cell::Number(f64::from(row % 2) * 1e308))));
        let table = builder.finish().unwrap();
        // The last two columns are equal and separate the classes.
        let outcome: Vec<bool> = (0..rows).map(|row| row % 2 == 1).collect();
        let person: Vec<u32> = (0..rows).collect();
        let features: Vec<FeatureId> = (0..5).map(FeatureId).collect();
        let data = FitData { table: &table, features: &features, outcome: &outcome, person: &person };
        let model = fit(&data, &quick(), &NoProgress).unwrap();
        for shape in &model.shapes()[..3] {
            assert!(shape.scores.iter().all(|&score| score == Nats::ZERO));
        }
        let score = |shape: &ShapeFunction| shape.score(Cell::Number(1e308)).to_f64();
        let (a, b) = (score(&model.shapes()[3]), score(&model.shapes()[4]));
        assert!(a > 0.5 && (a - b).abs() < 0.2 * a, "{a} {b}");
    }

    #[test]
    fn one_person_gives_an_intercept_and_nothing_else() {
        let mut builder = TableBuilder::default();
        builder.push(Column::numeric((0..40).map(|row| Cell::Number(f64::from(row)))));
        let table = builder.finish().unwrap();
        let outcome: Vec<bool> = (0..40).map(|row| row >= 30).collect();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &[0; 40] };
        let model = fit(&data, &quick(), &NoProgress).unwrap();
        assert!(model.shapes()[0].scores.iter().all(|&score| score == Nats::ZERO));
        assert!((model.intercept().to_f64() - libm::log(1.0 / 3.0)).abs() < 1e-9);
    }

    #[test]
    fn a_continued_fit_keeps_bins_and_adds_terms() {
        let truth = KnownTruth::draw(4_000, 8);
        let base = fit(&truth.data(&FEATURES[1..3]), &quick(), &NoProgress).unwrap();
        let model = fit_from(&base, &truth.data(&FEATURES), &quick(), &NoProgress).unwrap();
        assert_eq!(model.terms().len(), 4);
        assert_eq!(model.shape(FEATURES[2]).unwrap().bins, base.shape(FEATURES[2]).unwrap().bins);
        for feature in &FEATURES[..3] {
            let found = contributions(&model, &truth, *feature);
            let r = correlation(&found, &truth.contributions[feature.index()]);
            assert!(r >= 0.9, "feature {}: {r}", feature.0);
        }
    }

    #[test]
    fn a_base_beyond_the_table_and_a_cancelled_fit_are_refused() {
        struct Cancel;
        impl Progress for Cancel {
            fn step(&self, _done: usize, _of: usize) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let truth = KnownTruth::draw(400, 9);
        let data = truth.data(&FEATURES);
        assert_eq!(fit(&data, &quick(), &Cancel), Err(FitError::Cancelled));
        let base = fit(&data, &quick(), &NoProgress).unwrap();
        let mut builder = TableBuilder::default();
        builder.push(truth.table.column(FEATURES[0]).clone());
        let narrow = builder.finish().unwrap();
        let data = FitData { table: &narrow, features: &FEATURES[..1], ..data };
        assert_eq!(
            fit_from(&base, &data, &quick(), &NoProgress),
            Err(FitError::UnknownFeature { feature: FeatureId(1), width: 1 })
        );
    }
}
