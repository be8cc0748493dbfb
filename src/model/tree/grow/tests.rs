use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::data::{Table, TableBuilder};
use crate::domain::Cell;
use crate::model::NoProgress;
use crate::model::tree::TreeParams;

fn table(columns: Vec<Vec<Cell<'_>>>) -> Table {
    let mut builder = TableBuilder::default();
    for cells in columns {
        let text = cells.iter().any(|cell| matches!(cell, Cell::Category(_)));
        builder.push(if text { Column::categorical(cells) } else { Column::numeric(cells) });
    }
    builder.finish().unwrap()
}

fn grow(table: &Table, outcome: &[bool], params: TreeParams) -> Result<TreeModel, FitError> {
    let person: Vec<u32> = (0..u32::try_from(outcome.len()).unwrap()).collect();
    grow_by_person(table, outcome, &person, params)
}

fn grow_by_person(
    table: &Table,
    outcome: &[bool],
    person: &[u32],
    params: TreeParams,
) -> Result<TreeModel, FitError> {
    let features: Vec<FeatureId> = (0..u16::try_from(table.width()).unwrap()).map(FeatureId).collect();
    let data = FitData { table, features: &features, outcome, person };
    fit(&data, &params.check().unwrap(), &NoProgress)
}

/// Little shrinking, small leaves: for small tables.
fn eager() -> TreeParams {
    TreeParams { rows_min: 1, people_min: 1, gain_min: 0.1, shrink_rows: 0.01, ..TreeParams::default() }
}

fn score(model: &TreeModel, row: &[Cell<'_>]) -> f64 {
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    model.attribute(row, &mut contributions);
    (model.intercept() + contributions.into_iter().sum()).to_f64()
}

fn leaf_rows(model: &TreeModel) -> Vec<f64> {
    let rows = |node: &Node| match *node {
        Node::Leaf { rows, .. } => Some(rows),
        Node::Split { .. } => None,
    };
    model.nodes().iter().filter_map(rows).collect()
}

#[test]
fn leaves_hold_the_log_odds_of_their_rows_shrunk_to_their_parents() {
    let x = table(vec![(0..100_u8).map(|i| Cell::Number(f64::from(i / 50))).collect()]);
    let outcome: Vec<bool> = (0..100).map(|i| if i < 50 { i % 10 == 0 } else { i % 2 == 0 }).collect();
    let params = TreeParams { shrink_rows: 10.0, ..eager() };
    let model = grow(&x, &outcome, params).unwrap();
    // 5 of 50 on the left, 25 of 50 on the right, the root at 0.3; 10 rows of 0.3 join each.
    let expected = |rate: f64| libm::log(rate / (1.0 - rate));
    assert!((score(&model, &[Cell::Number(0.0)]) - expected(8.0 / 60.0)).abs() < 1e-9);
    assert!((score(&model, &[Cell::Number(1.0)]) - expected(28.0 / 60.0)).abs() < 1e-9);
    assert_eq!(leaf_rows(&model), [50.0, 50.0]);
}

#[test]
fn missing_cells_go_to_the_side_that_they_resemble() {
    for resembles in [0.0, 1.0] {
        let cell = |i: usize| match i % 3 {
            0 => Cell::Missing,
            1 => Cell::Number(0.0),
            _ => Cell::Number(1.0),
        };
        let x = table(vec![(0..90).map(cell).collect()]);
        let like = |i: usize| match cell(i) {
            Cell::Number(number) => number,
            _ => resembles,
        };
        let outcome: Vec<bool> = (0..90).map(|i| like(i) == 1.0).collect();
        let model = grow(&x, &outcome, eager()).unwrap();
        let twin = score(&model, &[Cell::Number(resembles)]);
        assert!((score(&model, &[Cell::Missing]) - twin).abs() < 1e-9);
    }
}

#[test]
fn missing_cells_may_be_parted_from_all_values() {
    let cell = |i: usize| if i.is_multiple_of(4) { Cell::Missing } else { Cell::Number((i % 3) as f64) };
    let x = table(vec![(0..240).map(cell).collect()]);
    let outcome: Vec<bool> = (0..240).map(|i| i % 4 == 0).collect();
    let model = grow(&x, &outcome, eager()).unwrap();
    assert!(matches!(model.nodes()[0], Node::Split { rule: Rule::Missing, .. }));
    assert!(score(&model, &[Cell::Missing]) > 3.0);
    assert!(score(&model, &[Cell::Number(2.0)]) < -3.0);
}

#[test]
fn categories_are_ordered_by_rate_and_an_unseen_one_lies_at_the_mean() {
    // Rates: c 0.1, a 0.5, b 0.9.
    let names = ["a", "b", "c"];
    let x = table(vec![(0..300).map(|i| Cell::Category(names[i % 3])).collect()]);
    let outcome: Vec<bool> = (0..300).map(|i| (i / 3) % 10 < [5, 9, 1][i % 3]).collect();
    let model = grow(&x, &outcome, eager()).unwrap();
    let Scale::Ranks { ranks, unseen, .. } = &model.axes()[0].scale else { unreachable!("not ranks") };
    assert!(ranks[2] < ranks[0] && ranks[0] < ranks[1]);
    assert!(ranks[2] < *unseen && *unseen < ranks[1]);
    let score = |name| score(&model, &[Cell::Category(name)]);
    assert!(score("c") < score("never seen") && score("never seen") < score("b"));
}

#[test]
fn a_category_of_too_few_people_is_not_named() {
    let name = |i: usize| {
        if i < 3 {
            "rare"
        } else if i.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        }
    };
    let x = table(vec![(0..100).map(|i| Cell::Category(name(i))).collect()]);
    let outcome: Vec<bool> = (0..100).map(|i| i % 2 == 0 || i < 3).collect();
    let model = grow(&x, &outcome, TreeParams { people_min: 5, ..eager() }).unwrap();
    let Scale::Ranks { levels, .. } = &model.axes()[0].scale else { unreachable!("not ranks") };
    assert_eq!(levels, &["even", "odd"]);
}

#[test]
fn no_leaf_has_fewer_people_or_rows_than_the_floor() {
    // 40 people of 5 rows each; the outcome calls for small leaves.
    let x: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 200)).collect();
    let person: Vec<u32> = (0..200).map(|i| i / 5).collect();
    let outcome: Vec<bool> = x.iter().map(|&x| x < 8.0 || (100.0..112.0).contains(&x)).collect();
    let rows = table(vec![x.iter().map(|&x| Cell::Number(x)).collect()]);
    let params = TreeParams { people_min: 12, rows_min: 20, bins_max: 255, ..eager() };
    let model = grow_by_person(&rows, &outcome, &person, params).unwrap();
    assert!(model.nodes().len() > 1);
    let mut people: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
    for (&x, &person) in x.iter().zip(&person) {
        people.entry(score(&model, &[Cell::Number(x)]).to_bits()).or_default().insert(person);
    }
    assert!(people.values().all(|people| people.len() >= 12));
    assert!(leaf_rows(&model).iter().all(|&rows| rows >= 20.0));
}

#[test]
fn one_person_with_many_rows_makes_no_leaf() {
    let x = table(vec![(0..100).map(|i| Cell::Number(f64::from(u8::from(i < 50)))).collect()]);
    let outcome: Vec<bool> = (0..100).map(|i| i < 50 || i == 99).collect();
    let person: Vec<u32> = (0..100).map(|i| if i < 50 { 0 } else { i }).collect();
    let params = TreeParams { people_min: 2, ..eager() };
    let error = grow_by_person(&x, &outcome, &person, params).unwrap_err();
    assert_eq!(error, FitError::NoFeatures);
}

#[test]
fn withheld_rows_join_no_search_and_go_both_ways() {
    // Among rows that show it, x says nothing; those that withhold it all have the response.
    let cell = |i: usize| if i < 100 { Cell::Withheld } else { Cell::Number((i % 2) as f64) };
    let x = table(vec![(0..300).map(cell).collect()]);
    let outcome: Vec<bool> = (0..300).map(|i| i < 100 || i % 4 < 2).collect();
    let model = grow(&x, &outcome, eager()).unwrap();
    assert_eq!(model.terms(), []);
    // Now x tells the rows that show it apart; of those that withhold it a quarter goes left.
    let cell = |i: usize| if i < 100 { Cell::Withheld } else { Cell::Number(f64::from(u8::from(i >= 150))) };
    let x = table(vec![(0..300).map(cell).collect()]);
    let outcome: Vec<bool> = (0..300).map(|i| i >= 150 || i % 5 == 0).collect();
    let model = grow(&x, &outcome, TreeParams { depth_max: 1, ..eager() }).unwrap();
    let rows = leaf_rows(&model);
    assert!((rows[0] - 75.0).abs() < 1e-9 && (rows[1] - 225.0).abs() < 1e-9, "{rows:?}");
}

#[test]
fn training_sets_that_cannot_be_learned_from_are_refused() {
    let x = table(vec![vec![Cell::Number(1.0); 10]]);
    let both: Vec<bool> = (0..10).map(|i| i % 2 == 0).collect();
    assert_eq!(grow(&x, &both, eager()).unwrap_err(), FitError::NoFeatures);
    let hidden = table(vec![vec![Cell::Withheld; 10]]);
    assert_eq!(grow(&hidden, &both, eager()).unwrap_err(), FitError::NoFeatures);
    assert_eq!(grow(&x, &[true; 10], eager()).unwrap_err(), FitError::OneClass { class: true });
    assert_eq!(grow(&table(vec![Vec::new()]), &[], eager()).unwrap_err(), FitError::NoRows);
}

#[test]
fn a_number_that_is_not_finite_is_missing() {
    let cell = |i: usize| match i % 4 {
        0 => Cell::Number(f64::INFINITY),
        1 => Cell::Number(f64::NAN),
        rest => Cell::Number(rest as f64),
    };
    let x = table(vec![(0..80).map(cell).collect()]);
    let outcome: Vec<bool> = (0..80).map(|i| i % 4 < 2).collect();
    let model = grow(&x, &outcome, eager()).unwrap();
    assert!(score(&model, &[Cell::Missing]) > 3.0);
    assert_eq!(score(&model, &[Cell::Missing]), score(&model, &[Cell::Number(f64::NAN)]));
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
    let x = table(vec![(0..10).map(|i| Cell::Number(f64::from(i))).collect()]);
    let outcome: Vec<bool> = (0..10).map(|i| i < 5).collect();
    let person: Vec<u32> = (0..10).collect();
    let data = FitData { table: &x, features: &[FeatureId(0)], outcome: &outcome, person: &person };
    assert_eq!(fit(&data, &eager().check().unwrap(), &Stop).unwrap_err(), FitError::Cancelled);
}
