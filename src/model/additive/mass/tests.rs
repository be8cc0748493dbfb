use super::*;
use crate::domain::FeatureId;
use proptest::prelude::*;

const CUTS: [f64; 4] = [-1.0, 0.0, 2.5, 4.0];
const PAIR_CUTS: [f64; 2] = [-0.0, 3.0];
const NAMES: [&str; 3] = ["a", "b", "d"];
const PAIR_NAMES: [&str; 2] = ["b", "c"];

fn names(names: &[&str]) -> Bins {
    Bins::Levels(names.iter().map(|&name| name.to_owned()).collect())
}

fn table(count: usize) -> impl Strategy<Value = Vec<(i64, u32)>> {
    proptest::collection::vec((-(1_i64 << 35)..1 << 35, 0u32..40), count)
}

fn split(table: Vec<(i64, u32)>) -> (Vec<Nats>, Vec<u32>) {
    table.into_iter().map(|(units, rows)| (Nats::from_units(units), rows)).unzip()
}

fn shape(feature: u16, bins: Bins, table: Vec<(i64, u32)>) -> ShapeFunction {
    let (scores, rows) = split(table);
    let count = scores.len();
    let people = rows.clone();
    ShapeFunction { feature: FeatureId(feature), bins, scores, bands: vec![Nats::ZERO; count], people, rows }
}

/// A model whose pair is not pure, and cuts where its features do not.
fn raw() -> impl Strategy<Value = AdditiveModel> {
    let tables = (table(CUTS.len() + 3), table(NAMES.len() + 2), table((PAIR_CUTS.len() + 3) * 4));
    tables.prop_map(|(numbers, levels, cells)| {
        let (scores, rows) = split(cells);
        let bands = vec![Nats::ZERO; scores.len()];
        let bins = [Bins::Cuts(PAIR_CUTS.to_vec()), names(&PAIR_NAMES)];
        let features = [FeatureId(0), FeatureId(1)];
        let pair = PairFunction { features, bins, scores, bands, people: rows.clone(), rows };
        let shapes = vec![shape(0, Bins::Cuts(CUTS.to_vec()), numbers), shape(1, names(&NAMES), levels)];
        AdditiveModel::unpurified(Nats::from_units(7), shapes, vec![pair]).unwrap()
    })
}

fn score(model: &AdditiveModel, row: &[Cell<'_>]) -> Nats {
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    model.attribute(row, &mut contributions);
    model.intercept() + contributions.into_iter().sum()
}

proptest! {
    #[test]
    fn purifying_a_model_keeps_every_score_to_the_unit(model in raw()) {
        let pure = model.clone().purified().unwrap();
        prop_assert!(model.shapes()[0].bins.count() < pure.shapes()[0].bins.count());
        let numbers = [-2.0, -1.0, -0.5, 0.0, 1.0, 2.5, 2.9, 3.0, 3.5, 4.0, 9.0].map(Cell::Number);
        for one in numbers.into_iter().chain([Cell::Missing, Cell::Category("wrong")]) {
            let levels = ["a", "b", "c", "d", "e"].map(Cell::Category);
            for other in levels.into_iter().chain([Cell::Missing]) {
                prop_assert_eq!(score(&pure, &[one, other]), score(&model, &[one, other]));
            }
        }
        // `new` has checked that the pair is pure.
        prop_assert!(pure.unpurified_pairs().is_empty());
        for (shape, was) in pure.shapes().iter().zip(model.shapes()) {
            prop_assert!(mean(&shape.scores, &shape.rows).abs() <= Nats::from_units(1));
            prop_assert_eq!(shape.rows.iter().sum::<u32>(), was.rows.iter().sum::<u32>());
        }
        prop_assert_eq!(pure.clone().purified().unwrap().shapes()[0].bins.clone(), pure.shapes()[0].bins.clone());
    }

    #[test]
    fn rows_that_are_spread_are_all_there(rows in proptest::collection::vec(0u32..1000, 5)) {
        let fine = Bins::Cuts(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let coarse = Bins::Cuts(vec![1.0, 4.0]);
        let places = places(&fine, &coarse);
        prop_assert_eq!(&places, &[0, 1, 2, 2, 3, 3, 3, 4, 4]);
        let spread = spread_rows(&rows, &inside(&places));
        for (bin, &rows) in rows.iter().enumerate() {
            let parts: Vec<u32> = (0..places.len()).filter(|&at| places[at] == bin).map(|at| spread[at]).collect();
            prop_assert_eq!(parts.iter().sum::<u32>(), rows);
            prop_assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }
}

#[test]
fn a_name_that_a_table_lacks_has_neither_its_rows_nor_its_people() {
    let (fine, coarse) = (names(&["a", "b"]), names(&["b"]));
    let places = places(&fine, &coarse);
    assert_eq!(places, [0, 1, 1, 2]);
    let inside = inside(&places);
    assert_eq!(spread_rows(&[3, 4, 5], &inside), [3, 4, 0, 5]);
    assert_eq!(spread_people(&[0, 9, 8], &inside), [0, 9, 0, 8]);
}

#[test]
fn numbers_and_categories_do_not_join() {
    let error = union(&[&Bins::Cuts(vec![1.0]), &names(&["a"])]).unwrap_err();
    assert_eq!(error.to_string(), "bins: must all be of numbers or all of categories");
}
