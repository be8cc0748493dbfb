//! What tables and askers do to models, and what models must make of it: the list, top to bottom, for
//! every kind. What is held by a test of its own part already is named in [`ELSEWHERE`].

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::additive::{self, AdditiveParams};
use super::linear::{self, Encoding, LinearParams};
use super::link::probability;
use super::tree::{self, TreeParams};
use super::{FitData, FitError, Model, NoProgress, Term};
use crate::data::{Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId, Nats};

/// The rest of the list: what happens, the file and the test.
const ELSEWHERE: [(&str, &str, &str); 20] = [
    (
        "no feature tells rows apart",
        include_str!("additive/fit/tests.rs"),
        "useless_features_give_a_sane_model",
    ),
    (
        "no feature tells rows apart",
        include_str!("linear/fit.rs"),
        "training_sets_that_cannot_be_learned_from_are_refused",
    ),
    (
        "no feature tells rows apart",
        include_str!("tree/grow/tests.rs"),
        "training_sets_that_cannot_be_learned_from_are_refused",
    ),
    (
        "100,000 levels",
        include_str!("additive/fit/tests.rs"),
        "a_category_of_a_hundred_thousand_levels_is_learned_and_shrunk",
    ),
    (
        "weights",
        include_str!("additive/guidance/tests.rs"),
        "extreme_weights_give_a_sane_model_and_impossible_ones_an_error",
    ),
    ("weights", include_str!("../train/job/tests.rs"), "a_row_that_outweighs_all_others_gives_finite_scores"),
    (
        "weights",
        include_str!("../train/job/tests.rs"),
        "kinds_that_cannot_weigh_rows_refuse_the_weight_column",
    ),
    ("weights", include_str!("../data/flat.rs"), "a_weight_that_cannot_count_is_told_by_place"),
    (
        "rows of weight 0",
        include_str!("additive/guidance/tests.rs"),
        "rows_of_weight_0_are_as_if_they_were_not_there",
    ),
    (
        "rows of weight 0",
        include_str!("../train/job/tests.rs"),
        "rows_of_weight_0_leave_no_trace_in_the_artefact",
    ),
    (
        "labels that are NaN",
        include_str!("../data/flat.rs"),
        "a_label_that_is_not_a_number_is_told_by_place_whatever_counts_as_positive",
    ),
    (
        "infinite values in a file",
        include_str!("../data/read/tests.rs"),
        "a_number_must_be_finite_and_is_not_repeated",
    ),
    (
        "contradictory shapes and pairs",
        include_str!("additive/guidance/tests.rs"),
        "guidance_that_contradicts_the_data_or_itself_is_refused",
    ),
    (
        "contradictory shapes and pairs",
        include_str!("../data/schema/tests.rs"),
        "pairs_and_directions_are_read_and_what_contradicts_itself_is_named",
    ),
    (
        "an edit of an unknown bin",
        include_str!("additive/edit/tests.rs"),
        "an_edit_that_cannot_be_made_is_refused_by_its_field",
    ),
    (
        "an edit of an unknown bin",
        include_str!("../../tests/it/edits.rs"),
        "an_edit_that_breaks_a_rule_is_refused_by_its_field_and_leaves_no_trace",
    ),
    (
        "a merge of different schemas",
        include_str!("additive/merge/tests.rs"),
        "parts_that_do_not_go_together_are_refused",
    ),
    (
        "a merge of different schemas",
        include_str!("../../tests/it/bring.rs"),
        "versions_of_different_people_are_merged_and_what_does_not_go_together_is_refused",
    ),
    (
        "an epsilon of 0",
        include_str!("additive/private/params.rs"),
        "a_promise_that_means_nothing_is_refused",
    ),
    (
        "an epsilon of 0",
        include_str!("../../tests/it/private.rs"),
        "a_promise_that_cannot_be_kept_is_refused_before_anything_is_kept",
    ),
];

#[test]
fn the_tests_that_hold_the_rest_of_the_list_are_there() {
    for (what, file, test) in ELSEWHERE {
        assert!(file.contains(&format!("fn {test}(")), "{what}: {test}");
    }
}

/// Training rows, a person each.
struct Rows {
    table: Table,
    features: Vec<FeatureId>,
    outcome: Vec<bool>,
    person: Vec<u32>,
}

impl Rows {
    fn new(columns: Vec<Column>, outcome: Vec<bool>) -> Self {
        let features = (0..u16::try_from(columns.len()).unwrap()).map(FeatureId).collect();
        let mut builder = TableBuilder::default();
        for column in columns {
            builder.push(column);
        }
        let person = (0..u32::try_from(outcome.len()).unwrap()).collect();
        Self { table: builder.finish().unwrap(), features, outcome, person }
    }

    fn data(&self) -> FitData<'_> {
        FitData { table: &self.table, features: &self.features, outcome: &self.outcome, person: &self.person }
    }

    /// A model of each kind and setting, by name.
    fn fits(&self) -> Vec<(&'static str, Result<Model, FitError>)> {
        let data = self.data();
        let linear = |encoding| {
            let params = LinearParams { encoding, iterations_max: 60, ..LinearParams::default() };
            linear::fit(&data, &params.check()?, &NoProgress).map(Model::Linear)
        };
        let tree = TreeParams::default().check().map_err(FitError::from);
        let params = AdditiveParams { bags: 3, rounds_max: 60, ..AdditiveParams::default() };
        let additive = params.check().map_err(FitError::from);
        vec![
            ("linear, standardised", linear(Encoding::Standard)),
            ("linear, binned", linear(Encoding::Binned)),
            ("tree", tree.and_then(|params| tree::fit(&data, &params, &NoProgress).map(Model::Tree))),
            (
                "additive",
                additive.and_then(|params| additive::fit(&data, &params, &NoProgress).map(Model::Additive)),
            ),
        ]
    }

    fn models(&self) -> Vec<(&'static str, Model)> {
        self.fits().into_iter().map(|(kind, model)| (kind, model.expect(kind))).collect()
    }

    fn scores(&self, model: &Model) -> Vec<f64> {
        model.scores(&self.table, &[]).into_iter().map(Nats::to_f64).collect()
    }
}

/// Numbers from 0 to 8 of which higher ones make the outcome more likely.
fn rising(rows: usize, seed: u64) -> (Vec<f64>, Vec<bool>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let x: Vec<f64> = (0..rows).map(|_| f64::from(rng.gen_range(0..8_u8))).collect();
    let outcome = x.iter().map(|&x| rng.gen_bool(probability(x / 2.0 - 2.5))).collect();
    (x, outcome)
}

fn numbers(x: &[f64]) -> Column {
    Column::numeric(x.iter().copied().map(Cell::Number))
}

#[test]
fn constant_and_missing_features_move_no_score() {
    let (x, outcome) = rising(1_200, 1);
    let count = x.len();
    let columns = vec![
        numbers(&x),
        Column::numeric(vec![Cell::Number(7.0); count]),
        Column::categorical(vec![Cell::Category("always"); count]),
        Column::numeric(vec![Cell::Missing; count]),
        Column::categorical(vec![Cell::Missing; count]),
        Column::numeric(vec![Cell::Withheld; count]),
    ];
    let rows = Rows::new(columns, outcome);
    for (kind, model) in rows.models() {
        let moved = model.terms().iter().zip(model.importances(&rows.table));
        let moved: Vec<Term> = moved.filter(|(_, nats)| *nats > 0.0).map(|(term, _)| *term).collect();
        assert_eq!(moved, [Term::Feature(FeatureId(0))], "{kind}");
    }
}

#[test]
fn one_row_is_refused_and_two_teach_the_base_rate_at_most() {
    let one = Rows::new(vec![numbers(&[1.0])], vec![true]);
    for (kind, fit) in one.fits() {
        assert_eq!(fit, Err(FitError::OneClass { class: true }), "{kind}");
    }
    let two = Rows::new(vec![numbers(&[1.0, 2.0])], vec![true, false]);
    for (kind, fit) in two.fits() {
        match fit {
            Ok(model) => assert_eq!(two.scores(&model), [0.0, 0.0], "{kind}"),
            Err(error) => assert_eq!(error, FitError::NoFeatures, "{kind}"),
        }
    }
}

#[test]
fn the_same_column_under_two_names_tells_what_it_tells_under_one() {
    let (x, outcome) = rising(6_000, 2);
    let once = Rows::new(vec![numbers(&x)], outcome.clone());
    let twice = Rows::new(vec![numbers(&x), numbers(&x)], outcome);
    for (((kind, one), (_, two)), (_, again)) in
        once.models().into_iter().zip(twice.models()).zip(twice.models())
    {
        assert_eq!(two, again, "{kind}");
        let apart = once.scores(&one).into_iter().zip(twice.scores(&two));
        let apart = apart.map(|(one, two)| (probability(one) - probability(two)).abs());
        let apart = apart.fold(0.0, f64::max);
        assert!(apart < 0.04, "{kind}: {apart}");
        // A tree cuts by the first of equal ones; the others share.
        let shares = two.importances(&twice.table);
        match two {
            Model::Tree(tree) => assert_eq!(tree.terms(), [Term::Feature(FeatureId(0))]),
            Model::Linear(_) | Model::Additive(_) => {
                let (least, most) = (shares[0].min(shares[1]), shares[0].max(shares[1]));
                assert!(least > 0.7 * most, "{kind}: {shares:?}");
            }
        }
    }
}

#[test]
fn a_hundred_thousand_levels_leave_linear_models_and_trees_what_is_frequent() {
    const LEVELS: usize = 100_000;
    const EACH: usize = 5;
    const FREQUENT: usize = 20_000;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let names: Vec<String> = (0..LEVELS).map(|level| format!("product {level:06}")).collect();
    let rare = (0..LEVELS * EACH).map(|row| names[row % LEVELS].as_str());
    let levels: Vec<&str> = std::iter::repeat_n("bestseller", FREQUENT).chain(rare).collect();
    let outcome = (0..levels.len()).map(|row| rng.gen_bool(if row < FREQUENT { 0.5 } else { 0.1 })).collect();
    let column = Column::categorical(levels.into_iter().map(Cell::Category));
    let rows = Rows::new(vec![column], outcome);
    let data = rows.data();
    let params = LinearParams { iterations_max: 10, ..LinearParams::default() };
    let linear = linear::fit(&data, &params.check().unwrap(), &NoProgress).map(Model::Linear).unwrap();
    let tree = tree::fit(&data, &TreeParams::default().check().unwrap(), &NoProgress).map(Model::Tree);
    for model in [linear, tree.unwrap()] {
        let score = |name: &str| {
            let mut contributions = [Nats::ZERO];
            model.attribute(&[Cell::Category(name)], &mut contributions);
            contributions[0].to_f64()
        };
        let kind = model.kind().name();
        // Which of the rare ones happened to sell, a tree takes for the truth; on the whole it does not.
        let of_rare = names[..1_000].iter().map(|name| score(name)).sum::<f64>() / 1_000.0;
        assert!(score("bestseller") > of_rare + 1.0, "{kind}: {of_rare}");
        assert!(score("bestseller") > score("never seen") + 1.0, "{kind}");
    }
}

#[test]
fn rows_that_one_feature_parts_give_finite_scores_in_the_right_order() {
    let x: Vec<f64> = (0..600).map(|row| f64::from(row * 7 % 600)).collect();
    let outcome = x.iter().map(|&x| x >= 400.0).collect();
    let rows = Rows::new(vec![numbers(&x)], outcome);
    for (kind, model) in rows.models() {
        let scores = rows.scores(&model);
        let of = |happened| {
            let of = scores.iter().zip(&rows.outcome).filter(move |(_, there)| **there == happened);
            of.map(|(score, _)| *score)
        };
        let (highest, lowest) = (of(false).fold(f64::MIN, f64::max), of(true).fold(f64::MAX, f64::min));
        // Bins of equal rows need not end where the classes do; a few rows may be in the mixed one.
        let wrong = of(true).filter(|&score| score <= of(false).sum::<f64>() / 400.0).count();
        assert_eq!(wrong, 0, "{kind}: {highest} {lowest}");
        assert!(scores.iter().all(|score| score.abs() < 30.0), "{kind}");
    }
}

#[test]
fn infinite_numbers_are_missing_ones() {
    let (x, outcome) = rising(1_200, 4);
    let with = |gap: f64| {
        let gaps = x.iter().enumerate().map(|(row, &x)| if row % 6 == 0 { gap } else { x });
        Rows::new(vec![numbers(&gaps.collect::<Vec<_>>())], outcome.clone())
    };
    let missing = with(f64::NAN).models();
    for gap in [f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(with(gap).models(), missing, "{gap}");
    }
    for (kind, model) in &missing {
        let of = |number: f64| {
            let mut contributions = [Nats::ZERO];
            model.attribute(&[Cell::Number(number)], &mut contributions);
            contributions[0].to_f64()
        };
        assert!(of(f64::INFINITY).is_finite() && of(f64::MAX) >= of(0.0), "{kind}");
    }
}
