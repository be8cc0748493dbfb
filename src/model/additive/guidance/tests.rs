use super::*;
use crate::data::{Column, Table, TableBuilder};
use crate::domain::Cell;
use crate::model::additive::{AdditiveParams, ValidAdditiveParams, fit, fit_guided};
use crate::model::known_truth::{FEATURES, KnownTruth};
use crate::model::{NoProgress, link};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn quick() -> ValidAdditiveParams {
    AdditiveParams { bags: 3, rounds_max: 60, ..AdditiveParams::default() }.check().unwrap()
}

fn nothing() -> AdditiveModel {
    AdditiveModel::new(Nats::ZERO, Vec::new(), Vec::new()).unwrap()
}

fn guided(data: &FitData<'_>, guidance: &Guidance<'_>) -> Result<AdditiveModel, FitError> {
    fit_guided(&nothing(), data, guidance, &quick(), &NoProgress)
}

fn error(data: &FitData<'_>, guidance: &Guidance<'_>) -> String {
    guided(data, guidance).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn pooled_steps_rise_and_keep_their_weighted_sum(
        steps in proptest::collection::vec((-3.0f64..3.0, 0.0f64..5.0), 0..20),
    ) {
        let mut pooled = steps.clone();
        pool_falling(&mut pooled);
        prop_assert!(pooled.is_sorted_by(|a, b| a.0 <= b.0));
        let sum = |steps: &[(f64, f64)]| steps.iter().map(|(value, weight)| value * weight).sum::<f64>();
        prop_assert!((sum(&steps) - sum(&pooled)).abs() < 1e-9);
        if steps.is_sorted_by(|a, b| a.0 <= b.0) {
            prop_assert_eq!(steps, pooled);
        }
    }
}

#[test]
fn equal_weights_change_nothing_but_rounding() {
    let truth = KnownTruth::draw(3_000, 51);
    let data = truth.data(&FEATURES);
    let plain = fit(&data, &quick(), &NoProgress).unwrap();
    let weighed =
        guided(&data, &Guidance { weights: Some(&vec![3.5; 3_000]), ..Guidance::default() }).unwrap();
    assert_eq!(plain, weighed);
}

#[test]
fn rows_of_weight_0_are_as_if_they_were_not_there() {
    let truth = KnownTruth::draw(3_000, 52);
    let weights: Vec<f64> = (0..3_000).map(|row| if row < 2_000 { 1.0 } else { 0.0 }).collect();
    let all = truth.data(&FEATURES);
    let guidance = Guidance { weights: Some(&weights), ..Guidance::default() };
    let rows: Vec<usize> = (0..2_000).collect();
    let table = all.table.select(&rows);
    let part = FitData { table: &table, outcome: &all.outcome[..2_000], person: &all.person[..2_000], ..all };
    assert_eq!(guided(&all, &guidance).unwrap(), fit(&part, &quick(), &NoProgress).unwrap());
}

#[test]
fn a_row_counts_for_its_weight() {
    // Of the rows with x = 1 a third is positive; positives count double, so that the odds are even.
    let x = |row: u32| f64::from(row % 2);
    let happened = |row: u32| row.is_multiple_of(3);
    let mut builder = TableBuilder::default();
    builder.push(Column::numeric((0..6_000).map(|row| Cell::Number(x(row)))));
    builder.push(Column::numeric((0..6_000).map(|row| Cell::Number(f64::from(row % 7)))));
    let table = builder.finish().unwrap();
    let outcome: Vec<bool> = (0..6_000).map(happened).collect();
    let weights: Vec<f64> = (0..6_000).map(|row| if happened(row) { 2.0 } else { 1.0 }).collect();
    let person: Vec<u32> = (0..6_000).collect();
    let features = [FeatureId(0), FeatureId(1)];
    let data = FitData { table: &table, features: &features, outcome: &outcome, person: &person };
    let model = guided(&data, &Guidance { weights: Some(&weights), ..Guidance::default() }).unwrap();
    assert!(model.intercept().to_f64().abs() < 0.05, "{}", model.intercept().to_f64());
}

#[test]
fn extreme_weights_give_a_sane_model_and_impossible_ones_an_error() {
    let truth = KnownTruth::draw(2_000, 53);
    let data = truth.data(&FEATURES);
    let with = |change: &dyn Fn(&mut Vec<f64>)| {
        let mut weights = vec![1.0; 2_000];
        change(&mut weights);
        guided(&data, &Guidance { weights: Some(&weights), ..Guidance::default() })
    };
    let model = with(&|weights| (0..20).for_each(|row| weights[row] = 1_000.0)).unwrap();
    assert!(model.shapes().iter().flat_map(|shape| &shape.scores).all(|score| score.to_f64().abs() < 20.0));
    let said = |change: &dyn Fn(&mut Vec<f64>)| with(change).unwrap_err().to_string();
    assert_eq!(said(&|weights| weights[7] = -1.0), "weights[7]: must not be negative");
    assert_eq!(said(&|weights| weights[7] = f64::NAN), "weights of row 7 is not a finite number");
    assert_eq!(said(&|weights| weights[7] = f64::INFINITY), "weights of row 7 is not a finite number");
    assert_eq!(said(&|weights| weights.truncate(5)), "weights has 5 entries for 2000 rows");
    assert_eq!(said(&|weights| weights.fill(0.0)), "there are no rows to train on");
    assert_eq!(said(&|weights| weights.fill(1e308)), "weights: must have a finite sum");
    let small = |weights: &mut Vec<f64>| {
        weights.fill(1e-9);
        weights[0] = 1.0;
    };
    assert!(with(&small).is_ok(), "one row of 2,000 cannot be 10,000 times the mean");
    let offsets = |offsets: &[f64]| error(&data, &Guidance { offsets: Some(offsets), ..Guidance::default() });
    assert_eq!(offsets(&[0.0; 3]), "offsets has 3 entries for 2000 rows");
    assert_eq!(offsets(&[f64::NAN; 2_000]), "offsets of row 0 is not a finite number");
}

#[test]
fn what_the_starting_scores_know_is_not_learned_again() {
    let truth = KnownTruth::draw(20_000, 54);
    let data = truth.data(&FEATURES);
    let offsets = truth.contributions[0].clone();
    let model = guided(&data, &Guidance { offsets: Some(&offsets), ..Guidance::default() }).unwrap();
    let importance = |feature| model.shape(feature).unwrap().importance();
    assert!(importance(FEATURES[0]) < 0.1, "{}", importance(FEATURES[0]));
    assert!(importance(FEATURES[2]) > 0.4);
}

/// Rows whose odds rise with x but for a dip in the middle; y only makes noise.
fn dipping() -> (Table, Vec<bool>, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(55);
    let x: Vec<f64> = (0..6_000).map(|_| rng.gen_range(0.0..3.0)).collect();
    let y: Vec<f64> = (0..6_000).map(|_| rng.gen_range(0.0..1.0)).collect();
    let score = |x: f64| if (1.0..1.5).contains(&x) { -1.5 } else { x - 1.5 };
    let outcome = x.iter().map(|&x| rng.gen_bool(link::probability(score(x)))).collect();
    let mut builder = TableBuilder::default();
    builder.push(Column::numeric(x.into_iter().map(Cell::Number)));
    builder.push(Column::numeric(y.into_iter().map(Cell::Number)));
    builder.push(Column::categorical((0..6_000).map(|row| Cell::Category(["a", "b"][row % 2]))));
    (builder.finish().unwrap(), outcome, (0..6_000).collect())
}

const X: FeatureId = FeatureId(0);
const Y: FeatureId = FeatureId(1);
const Z: FeatureId = FeatureId(2);

#[test]
fn a_monotone_shape_goes_one_way_even_where_the_rows_do_not() {
    let (table, outcome, person) = dipping();
    let data = FitData { table: &table, features: &[X, Y, Z], outcome: &outcome, person: &person };
    let values = |model: &AdditiveModel| model.shape(X).unwrap().scores[Bins::FIRST..].to_vec();
    assert!(!values(&fit(&data, &quick(), &NoProgress).unwrap()).is_sorted());
    let toward = |direction| Guidance { monotone: [(X, direction)].into(), ..Guidance::default() };
    let rising = guided(&data, &toward(Direction::Increasing)).unwrap();
    assert!(values(&rising).is_sorted());
    assert!(values(&rising)[0] < *values(&rising).last().unwrap());
    assert!(rising.pairs().iter().all(|pair| !pair.features.contains(&X)));
    let falling = guided(&data, &toward(Direction::Decreasing)).unwrap();
    assert!(values(&falling).is_sorted_by(|a, b| a >= b));
    // A model that rises can be continued so, and not the other way.
    let further = |direction| fit_guided(&rising, &data, &toward(direction), &quick(), &NoProgress);
    assert!(values(&further(Direction::Increasing).unwrap()).is_sorted());
    assert_eq!(
        further(Direction::Decreasing).unwrap_err().to_string(),
        "monotone[0]: must go the same way in the model that the fit continues"
    );
}

#[test]
fn a_pair_that_is_asked_for_is_there_though_nobody_gains_by_it() {
    let (table, outcome, person) = dipping();
    let data = FitData { table: &table, features: &[X, Y, Z], outcome: &outcome, person: &person };
    let asked = Guidance { pairs: vec![[Y, Z]], ..Guidance::default() };
    assert!(guided(&data, &asked).unwrap().pairs().iter().any(|pair| pair.features == [Y, Z]));
    let none = AdditiveParams { pairs_max: 0, ..(*quick()).clone() }.check().unwrap();
    let model = fit_guided(&nothing(), &data, &asked, &none, &NoProgress).unwrap();
    assert_eq!(model.pairs().iter().map(|pair| pair.features).collect::<Vec<_>>(), [[Y, Z]]);
}

#[test]
fn guidance_that_contradicts_the_data_or_itself_is_refused() {
    let (table, outcome, person) = dipping();
    let data = FitData { table: &table, features: &[X, Z], outcome: &outcome, person: &person };
    let monotone =
        |feature| Guidance { monotone: [(feature, Direction::Increasing)].into(), ..Guidance::default() };
    let pairs = |pairs: &[[FeatureId; 2]]| Guidance { pairs: pairs.to_vec(), ..Guidance::default() };
    for (guidance, said) in [
        (monotone(Y), "monotone[1]: must be a feature that may be trained on"),
        (monotone(Z), "monotone[2]: must be a number: the levels of a category have no order"),
        (pairs(&[[Z, X]]), "pairs[0]: must be two features, ascending"),
        (pairs(&[[X, X]]), "pairs[0]: must be two features, ascending"),
        (pairs(&[[X, Z], [X, Z]]), "pairs[1]: must be distinct"),
        (pairs(&[[X, Y]]), "pairs[0]: must be of features that may be trained on"),
        (
            Guidance { pairs: vec![[X, Z]], ..monotone(X) },
            "pairs[0]: must not have a feature that is monotone",
        ),
    ] {
        assert_eq!(error(&data, &guidance), said);
    }
}
