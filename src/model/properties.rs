//! What must hold of every kind of model, on random models and random rows.

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::additive::{self, AdditiveParams};
use super::linear::{self, Encoding, LinearParams};
use super::tree::{self, TreeParams};
use super::{FitData, FitError, Model, NoProgress};
use crate::data::{Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId, Nats};

const ROWS: usize = 120;
const FEATURES: u16 = 4;

/// Two columns of numbers and two of categories, with missing and withheld cells throughout.
fn random_table(rng: &mut ChaCha8Rng) -> Table {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let mut builder = TableBuilder::default();
    for feature in 0..FEATURES {
        let cells: Vec<Cell<'_>> = (0..ROWS)
            .map(|_| match rng.gen_range(0..10) {
                0 => Cell::Missing,
                1 => Cell::Withheld,
                _ if feature < 2 => Cell::Number(rng.gen_range(-1e3..1e3)),
                _ => Cell::Category(NAMES[rng.gen_range(0..NAMES.len())]),
            })
            .collect();
        builder.push(if feature < 2 { Column::numeric(cells) } else { Column::categorical(cells) });
    }
    builder.finish().unwrap()
}

/// One model of each kind and setting, fitted on random rows.
fn random_models(seed: u64) -> Result<Vec<Model>, FitError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let table = random_table(&mut rng);
    let mut outcome: Vec<bool> = (0..ROWS).map(|_| rng.gen_bool(0.3)).collect();
    (outcome[0], outcome[1]) = (true, false);
    let person: Vec<u32> = (0..ROWS).map(|_| rng.gen_range(0..60)).collect();
    let features: Vec<FeatureId> = (0..FEATURES).map(FeatureId).collect();
    let data = FitData { table: &table, features: &features, outcome: &outcome, person: &person };
    let alpha = rng.gen_range(0.1..5.0);
    let linear = |encoding| {
        let params = LinearParams { encoding, alpha, ..LinearParams::default() }.check()?;
        linear::fit(&data, &params, &NoProgress).map(Model::Linear)
    };
    let params = TreeParams { rows_min: 3, gain_min: 0.1, shrink_rows: 1.0, ..TreeParams::default() };
    let tree = tree::fit(&data, &params.check()?, &NoProgress).map(Model::Tree)?;
    let params = AdditiveParams { bags: 2, rounds_max: 20, ..AdditiveParams::default() };
    let additive = additive::fit(&data, &params.check()?, &NoProgress).map(Model::Additive)?;
    Ok(vec![linear(Encoding::Standard)?, linear(Encoding::Binned)?, tree, additive])
}

/// Every kind of cell in every feature: also unseen categories, wrong types and extreme numbers.
fn random_row(rng: &mut ChaCha8Rng) -> Vec<Cell<'static>> {
    let extremes = [f64::MAX, f64::MIN, f64::INFINITY, f64::NAN, -0.0, f64::MIN_POSITIVE];
    (0..FEATURES)
        .map(|_| match rng.gen_range(0..7) {
            0 => Cell::Missing,
            1 => Cell::Withheld,
            2 => Cell::Category("never seen"),
            3 => Cell::Category("a"),
            4 => Cell::Number(extremes[rng.gen_range(0..extremes.len())]),
            _ => Cell::Number(rng.gen_range(-2e3..2e3)),
        })
        .collect()
}

fn contributions(model: &Model, row: &[Cell<'_>]) -> Vec<Nats> {
    // Filled with nonsense: each must be written.
    let mut contributions = vec![Nats::from_units(i64::MIN / 4); model.terms().len()];
    model.attribute(row, &mut contributions);
    contributions
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn accounts_are_the_same_integers_in_any_order_on_any_number_of_threads(seed in any::<u64>()) {
        let mut rng = ChaCha8Rng::seed_from_u64(!seed);
        let rows: Vec<Vec<Cell<'static>>> = (0..40).map(|_| random_row(&mut rng)).collect();
        for model in random_models(seed).unwrap() {
            let expected: Vec<Vec<Nats>> = rows.iter().map(|row| contributions(&model, row)).collect();
            for threads in [1, 2, 3, 7] {
                let parallel: Vec<Vec<Nats>> =
                    on_threads(threads, || rows.par_iter().map(|row| contributions(&model, row)).collect());
                prop_assert_eq!(&parallel, &expected);
            }
            for (row, lines) in rows.iter().zip(expected) {
                let score: Nats = lines.iter().copied().sum();
                let mut shuffled = lines.clone();
                shuffled.shuffle(&mut rng);
                prop_assert_eq!(shuffled.into_iter().sum::<Nats>(), score);
                for (term, line) in model.terms().iter().zip(lines) {
                    let sides = match *term {
                        super::Term::Feature(feature) => [feature, feature],
                        super::Term::Pair(one, other) => [one, other],
                    };
                    let withheld = sides.iter().any(|side| row[side.index()] == Cell::Withheld);
                    prop_assert!(!withheld || line == Nats::ZERO);
                    prop_assert!(line.abs() <= Nats::from_f64(2048.0) + Nats::from_units(16));
                }
            }
        }
    }

    #[test]
    fn fits_are_the_same_on_any_number_of_threads(seed in any::<u64>()) {
        let expected = random_models(seed).unwrap();
        for threads in [1, 2, 3, 7] {
            prop_assert_eq!(&on_threads(threads, || random_models(seed)).unwrap(), &expected);
        }
    }

    #[test]
    fn a_model_read_back_from_json_is_the_same(seed in any::<u64>()) {
        for model in random_models(seed).unwrap() {
            let text = serde_json::to_string(&model).unwrap();
            let back: Model = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &model);
            prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
    }
}

#[test]
fn the_random_trees_do_split_and_some_additive_models_have_pairs() {
    let models: Vec<Model> = (0..10).flat_map(|seed| random_models(seed).unwrap()).collect();
    let count = |of: &dyn Fn(&Model) -> usize| models.iter().map(of).sum::<usize>();
    let splits = count(&|model| match model {
        Model::Tree(tree) => tree.terms().len(),
        Model::Additive(_) | Model::Linear(_) => 0,
    });
    let pairs = count(&|model| match model {
        Model::Additive(additive) => additive.pairs().len(),
        Model::Tree(_) | Model::Linear(_) => 0,
    });
    assert!(splits > 10 && pairs > 10, "{splits} splits, {pairs} pairs");
}
