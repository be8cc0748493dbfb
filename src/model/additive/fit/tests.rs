use super::*;
use crate::data::{Column, TableBuilder};
use crate::domain::Cell;
use crate::model::NoProgress;
use crate::model::additive::AdditiveParams;
use crate::model::known_truth::{FEATURES, KnownTruth, correlation};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
            let error = shape.scores[bin].to_f64() - (truth.contributions[feature.index()][row] - true_mean);
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
        let sum: f64 = shape.scores.iter().zip(&shape.rows).map(|(s, &n)| s.to_f64() * f64::from(n)).sum();
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
        (0..rows).map(|row| if row % 2 == 0 { Cell::Withheld } else { Cell::Number(f64::from(row / 2 % 2)) }),
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
    assert_eq!(model.shapes().len(), 4);
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

/// Rows whose truth is a slope in x and whether x and y have one sign; z is noise. A tenth of the cells
/// of y is withheld.
struct Crossed {
    table: crate::data::Table,
    outcome: Vec<bool>,
    person: Vec<u32>,
    /// What x and y add together, per row.
    together: Vec<f64>,
}

const X: FeatureId = FeatureId(0);
const Y: FeatureId = FeatureId(1);
const Z: FeatureId = FeatureId(2);

impl Crossed {
    fn draw(rows: u32, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut cells = [const { Vec::new() }; 3];
        let (mut outcome, mut together) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let [x, y, z] = [0; 3].map(|_| rng.gen_range(-1.0..1.0_f64));
            let withheld = rng.gen_bool(0.1);
            let pair = if withheld { 0.0 } else { (x * y).signum() };
            cells[0].push(Cell::Number(x));
            cells[1].push(if withheld { Cell::Withheld } else { Cell::Number(y) });
            cells[2].push(Cell::Number(z));
            together.push(pair);
            outcome.push(rng.gen_bool(crate::model::link::probability(0.8 * x + pair - 0.5)));
        }
        let mut builder = TableBuilder::default();
        for cells in cells {
            builder.push(Column::numeric(cells));
        }
        Self { table: builder.finish().unwrap(), outcome, person: (0..rows).collect(), together }
    }

    fn data(&self) -> FitData<'_> {
        FitData { table: &self.table, features: &[X, Y, Z], outcome: &self.outcome, person: &self.person }
    }
}

#[test]
fn what_two_features_tell_together_is_found_and_kept_apart_from_what_each_tells() {
    let truth = Crossed::draw(10_000, 31);
    let model = fit(&truth.data(), &ValidAdditiveParams::default(), &NoProgress).unwrap();
    let importance = |features| {
        let pair = model.pairs().iter().find(|pair| pair.features == features);
        pair.map_or(0.0, PairFunction::importance)
    };
    assert!(importance([X, Y]) > 0.8, "{}", importance([X, Y]));
    assert!(importance([X, Z]).max(importance([Y, Z])) < 0.1);
    let pair = model.pairs().iter().find(|pair| pair.features == [X, Y]).unwrap();
    let cells = |row| (truth.table.column(X).cell(row), truth.table.column(Y).cell(row));
    let found: Vec<f64> = (0..10_000).map(cells).map(|(x, y)| pair.score(x, y).to_f64()).collect();
    let r = correlation(&found, &truth.together);
    assert!(r > 0.9, "{r}");
    // A checkerboard has no main effect of y, and the slope of x is its own.
    assert!(model.shape(Y).unwrap().importance() < 0.1);
    let of_x = |x| model.shape(X).unwrap().score(Cell::Number(x)).to_f64();
    assert!((of_x(0.9) - of_x(-0.9) - 1.44).abs() < 0.3, "{}", of_x(0.9) - of_x(-0.9));
}

#[test]
fn a_pair_of_which_a_side_is_withheld_adds_nothing() {
    let truth = Crossed::draw(3_000, 32);
    let model = fit(&truth.data(), &quick(), &NoProgress).unwrap();
    let pair = model.pairs().iter().find(|pair| pair.features == [X, Y]).unwrap();
    assert_ne!(pair.score(Cell::Number(0.5), Cell::Number(0.5)), Nats::ZERO);
    assert_eq!(pair.score(Cell::Withheld, Cell::Number(0.5)), Nats::ZERO);
    assert_eq!(pair.score(Cell::Number(0.5), Cell::Withheld), Nats::ZERO);
    let withheld = truth.table.column(Y).clone();
    let rows: u32 = (0..3_000).map(|row| u32::from(withheld.cell(row) != Cell::Withheld)).sum();
    assert!(pair.rows.iter().sum::<u32>() <= rows, "withheld rows join no cell");
}

#[test]
fn a_cell_of_too_few_people_adds_nothing_and_is_not_told() {
    let truth = Crossed::draw(2_000, 33);
    let params = AdditiveParams { people_min: 8, ..(*quick()).clone() };
    let model = fit(&truth.data(), &params.check().unwrap(), &NoProgress).unwrap();
    let pair = model.pairs().iter().find(|pair| pair.features == [X, Y]).unwrap();
    let unlearned: Vec<usize> = (0..pair.scores.len()).filter(|&cell| pair.people[cell] == 0).collect();
    assert!(!unlearned.is_empty() && pair.people.iter().all(|&people| people == 0 || people >= 8));
    for cell in unlearned {
        assert_eq!((pair.scores[cell], pair.bands[cell], pair.rows[cell]), (Nats::ZERO, Nats::ZERO, 0));
    }
}

#[test]
fn a_fit_with_pairs_is_identical_at_any_number_of_threads_and_continues() {
    let truth = Crossed::draw(2_000, 34);
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let base = fit(&truth.data(), &quick(), &NoProgress).unwrap();
            let further = fit_from(&base, &truth.data(), &quick(), &NoProgress).unwrap();
            (base, further)
        })
    };
    let one = at(1);
    for threads in [2, 3, 7] {
        assert_eq!(at(threads), one, "{threads} threads");
    }
    let (base, further) = one;
    assert!(
        base.pairs().iter().all(|pair| further.pairs().iter().any(|other| other.features == pair.features))
    );
}

#[test]
fn an_additive_truth_is_left_nearly_without_pairs() {
    let truth = KnownTruth::draw(20_000, 35);
    let model = fit(&truth.data(&FEATURES), &ValidAdditiveParams::default(), &NoProgress).unwrap();
    let spurious: f64 = model.pairs().iter().map(PairFunction::importance).sum();
    assert!(spurious < 0.1, "{spurious}");
    let none = AdditiveParams { pairs_max: 0, ..(*quick()).clone() }.check().unwrap();
    assert!(fit(&truth.data(&FEATURES), &none, &NoProgress).unwrap().pairs().is_empty());
}

#[test]
fn a_pair_that_is_not_pure_or_does_not_fit_is_refused() {
    let truth = Crossed::draw(2_000, 36);
    let model = fit(&truth.data(), &quick(), &NoProgress).unwrap();
    let refused = |change: &dyn Fn(&mut PairFunction)| {
        let mut pairs = model.pairs()[..1].to_vec();
        change(&mut pairs[0]);
        AdditiveModel::new(model.intercept(), model.shapes().to_vec(), pairs).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|pair| pair.scores.iter_mut().for_each(|score| *score += Nats::from_f64(0.01))),
        "pairs[0].scores: must be purified: every slice has a mean of 0"
    );
    assert!(refused(&|pair| pair.bands.truncate(1)).starts_with("pairs[0].bands: must have "));
    assert_eq!(refused(&|pair| pair.features.reverse()), "pairs[0].features: must be two, ascending");
    assert_eq!(
        refused(&|pair| pair.features[1] = FeatureId(9)),
        "pairs[0].features: must each have a shape function"
    );
}

#[test]
fn a_category_of_a_hundred_thousand_levels_is_learned_and_shrunk() {
    const LEVELS: u32 = 100_000;
    let mut rng = ChaCha8Rng::seed_from_u64(61);
    let names: Vec<String> = (0..LEVELS).map(|level| format!("product {level:06}")).collect();
    let level_of = |row: u32| row % LEVELS;
    let truth = |level: u32| if level.is_multiple_of(2) { 1.0 } else { -1.0 };
    let rows = 6 * LEVELS;
    let mut builder = TableBuilder::default();
    builder.push(Column::categorical((0..rows).map(|row| Cell::Category(&names[level_of(row) as usize]))));
    let table = builder.finish().unwrap();
    let outcome: Vec<bool> =
        (0..rows).map(|row| rng.gen_bool(crate::model::link::probability(truth(level_of(row))))).collect();
    let person: Vec<u32> = (0..rows).collect();
    let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
    let model = fit(&data, &quick(), &NoProgress).unwrap();
    let shape = &model.shapes()[0];
    assert_eq!(shape.bins.count(), LEVELS as usize + Bins::FIRST);
    let found: Vec<f64> = shape.scores[Bins::FIRST..].iter().map(|score| score.to_f64()).collect();
    let known: Vec<f64> = (0..LEVELS).map(truth).collect();
    // Six rows a level: the noise of their mean is as large as what there is to learn.
    assert!(correlation(&found, &known) > 0.6, "{}", correlation(&found, &known));
    let spread = (found.iter().map(|score| score * score).sum::<f64>() / f64::from(LEVELS)).sqrt();
    assert!(spread < 1.0, "{spread}: levels of few rows are drawn to the mean");
}

#[test]
fn one_positive_row_in_a_thousand_does_not_let_the_model_collapse() {
    let rows = 200_000_u32;
    let mut rng = ChaCha8Rng::seed_from_u64(62);
    let x: Vec<f64> = (0..rows).map(|_| rng.gen_range(-1.0..1.0)).collect();
    let score = |x: f64| 2.0 * x - 7.4;
    let outcome: Vec<bool> =
        x.iter().map(|&x| rng.gen_bool(crate::model::link::probability(score(x)))).collect();
    let positives = outcome.iter().filter(|happened| **happened).count();
    assert!((150..250).contains(&positives), "{positives}");
    let noise: Vec<f64> = (0..rows).map(|_| rng.gen_range(0.0..1.0)).collect();
    let mut builder = TableBuilder::default();
    builder.push(Column::numeric(x.iter().copied().map(Cell::Number)));
    builder.push(Column::numeric(noise.into_iter().map(Cell::Number)));
    let table = builder.finish().unwrap();
    let person: Vec<u32> = (0..rows).collect();
    let features = [FeatureId(0), FeatureId(1)];
    let data = FitData { table: &table, features: &features, outcome: &outcome, person: &person };
    let model = fit(&data, &ValidAdditiveParams::default(), &NoProgress).unwrap();
    let of_x = |x| model.shapes()[0].score(Cell::Number(x)).to_f64();
    assert!((1.5..4.5).contains(&(of_x(0.9) - of_x(-0.9))), "{} {}", of_x(0.9), of_x(-0.9));
    assert!(model.shapes()[1].importance() < 0.2, "{}", model.shapes()[1].importance());
    assert!((model.intercept().to_f64() + 7.4).abs() < 0.6, "{}", model.intercept().to_f64());
}

#[test]
fn a_single_row_and_infinite_numbers_are_refused_or_missing() {
    let mut builder = TableBuilder::default();
    builder.push(Column::numeric([Cell::Number(1.0)]));
    let table = builder.finish().unwrap();
    let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &[true], person: &[0] };
    assert_eq!(fit(&data, &quick(), &NoProgress), Err(FitError::OneClass { class: true }));
    let column = Column::numeric([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1.0].map(Cell::Number));
    assert_eq!([0, 1, 2].map(|row| column.cell(row)), [Cell::Missing; 3]);
}
