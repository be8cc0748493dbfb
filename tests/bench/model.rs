//! What a fit costs, and what scoring with the full account costs: from cells, and from codes.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use limpid::data::{Column, Table, TableBuilder};
use limpid::domain::{Cell, FeatureId, Nats};
use limpid::model::additive::{AdditiveModel, PairFunction, ShapeFunction, ValidAdditiveParams, fit};
use limpid::model::metrics::{Resamples, Scored, evaluate};
use limpid::model::{Bins, Code, Compiled, FitData, Model, NoProgress};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 10_000;
const FEATURES: u16 = 20;

struct Rows {
    table: Table,
    outcome: Vec<bool>,
    person: Vec<u32>,
    features: Vec<FeatureId>,
}

impl Rows {
    /// A tenth positive, every fourth feature a category of 50 levels, ten rows a person.
    fn draw() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let names: Vec<String> = (0..50).map(|level| format!("level {level}")).collect();
        let mut score = vec![-2.5; ROWS];
        let mut builder = TableBuilder::default();
        for feature in 0..FEATURES {
            if feature % 4 == 0 {
                let levels: Vec<usize> = (0..ROWS).map(|_| rng.gen_range(0..names.len())).collect();
                score
                    .iter_mut()
                    .zip(&levels)
                    .for_each(|(score, level)| *score += (level % 7) as f64 / 10.0 - 0.3);
                builder.push(Column::categorical(levels.iter().map(|&level| Cell::Category(&names[level]))));
            } else {
                let numbers: Vec<f64> = (0..ROWS).map(|_| rng.gen_range(-1.0..1.0)).collect();
                score.iter_mut().zip(&numbers).for_each(|(score, x)| *score += x * x - 0.3);
                builder.push(Column::numeric(numbers.iter().map(|&x| Cell::Number(x))));
            }
        }
        let outcome = score.iter().map(|score| rng.gen_bool(1.0 / (1.0 + libm::exp(-score)))).collect();
        let person = (0..).take(ROWS).map(|row: u32| row / 10).collect();
        Self {
            table: builder.finish().expect("columns have the same length"),
            outcome,
            person,
            features: (0..FEATURES).map(FeatureId).collect(),
        }
    }

    fn data(&self) -> FitData<'_> {
        FitData { table: &self.table, features: &self.features, outcome: &self.outcome, person: &self.person }
    }
}

fn model(criterion: &mut Criterion) {
    let rows = Rows::draw();
    let params = ValidAdditiveParams::default();
    let fit = || fit(&rows.data(), &params, &NoProgress).expect("the rows can be learned from");
    let mut group = criterion.benchmark_group("additive");
    group.sample_size(10);
    group.bench_function("fit 10,000 rows x 20 features, 8 bags", |bencher| bencher.iter(fit));
    let model = Model::Additive(fit());
    let mut cells: Vec<Vec<Cell<'_>>> = vec![Vec::new(); 1_000];
    for (row, cells) in cells.iter_mut().enumerate() {
        rows.table.read_row(row, cells);
    }
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    group.sample_size(100);
    for candidates in [100, 1_000] {
        group.bench_function(format!("score and attribute {candidates} candidates"), |bencher| {
            bencher.iter(|| {
                for cells in &cells[..candidates] {
                    model.attribute(black_box(cells), &mut contributions);
                    black_box(model.intercept() + contributions.iter().copied().sum());
                }
            });
        });
    }
    group.sample_size(10);
    let scores = model.scores(&rows.table, &[]);
    let scored =
        Scored { scores: &scores, outcome: &rows.outcome, person: &rows.person, group: &rows.person };
    group.bench_function("evaluate 10,000 rows with 300 resamples", |bencher| {
        bencher.iter(|| evaluate(black_box(scored), Resamples::default()));
    });
    group.finish();
}

/// Terms of the model whose accounts are measured: three quarters of one feature, the others pairs.
const TERMS: u16 = 40;
const MAINS: u16 = 30;

/// Tables of random scores: every third feature a category of 500 levels, the others numbers with 254
/// cuts; pairs of 32 x 32 bins.
fn tables(rng: &mut ChaCha8Rng) -> Model {
    let level = |level: usize| format!("level {level:05}");
    let bins = |feature: u16, count: usize| match feature % 3 {
        0 => Bins::Levels((0..count * 2).map(level).collect()),
        _ => Bins::Cuts((1..count).map(|cut| cut as f64 / count as f64).collect()),
    };
    let mut scores =
        |count: usize| (0..count).map(|_| Nats::from_f64(rng.gen_range(-1.0..1.0))).collect::<Vec<_>>();
    let shapes = (0..MAINS).map(|feature| {
        let bins = bins(feature, 255);
        let count = bins.count();
        let (bands, people, rows) = (vec![Nats::ZERO; count], vec![0; count], vec![0; count]);
        ShapeFunction { feature: FeatureId(feature), bins, scores: scores(count), bands, people, rows }
    });
    let shapes = shapes.collect();
    let pairs = (0..TERMS - MAINS).map(|pair| {
        let features = [FeatureId(pair), FeatureId(MAINS - 1 - pair)];
        let bins = features.map(|feature| bins(feature.0, 30));
        let count = bins[0].count() * bins[1].count();
        let (bands, people, rows) = (vec![Nats::ZERO; count], vec![0; count], vec![0; count]);
        PairFunction { features, bins, scores: scores(count), bands, people, rows }
    });
    let pairs = pairs.collect();
    Model::Additive(AdditiveModel::new(Nats::from_f64(-3.0), shapes, pairs).expect("tables that fit"))
}

/// Which features differ between candidates, in words and by feature.
type Case = (&'static str, fn(FeatureId) -> bool);

/// Full accounts and their scores, one core.
fn account(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let model = tables(&mut rng);
    let names: Vec<String> = (0..600).map(|level| format!("level {level:05}")).collect();
    let mut row = || -> Vec<Cell<'_>> {
        let cells = (0..MAINS).map(|feature| match feature % 3 {
            0 => Cell::Category(&names[rng.gen_range(0..names.len())]),
            _ => Cell::Number(rng.gen_range(0.0..1.0)),
        });
        cells.collect()
    };
    let request = row();
    let rows: Vec<Vec<Cell<'_>>> = (0..1_000).map(|_| row()).collect();
    let mut group = criterion.benchmark_group(format!("account of {TERMS} terms"));
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    group.bench_function("1,000 candidates, row by row without tables", |bencher| {
        bencher.iter(|| {
            for row in &rows {
                model.attribute(black_box(row), &mut contributions);
                black_box(model.intercept() + contributions.iter().copied().sum());
            }
        });
    });
    let cases: [Case; 2] =
        [("all terms are the ad's", |_| true), ("half the features are the request's", |f| f.0 % 2 == 0)];
    for (case, varies) in cases {
        let compiled = Compiled::new(&model, varies);
        let candidates: Vec<Vec<Cell<'_>>> = rows
            .iter()
            .map(|row| compiled.varying().iter().map(|feature| row[feature.index()]).collect())
            .collect();
        let encoded: Vec<Vec<Code>> = candidates
            .iter()
            .map(|cells| compiled.encode(cells).expect("an additive model has tables"))
            .collect();
        let mut shared = compiled.share(&request);
        for count in [1, 1_000] {
            group.bench_function(format!("{count} candidates, encoded, {case}"), |bencher| {
                bencher.iter(|| {
                    for codes in &encoded[..count] {
                        let lines = black_box(compiled.attribute_encoded(&mut shared, black_box(codes)));
                        black_box(compiled.intercept() + lines.iter().copied().sum());
                    }
                });
            });
            group.bench_function(format!("{count} candidates, from cells, {case}"), |bencher| {
                bencher.iter(|| {
                    for cells in &candidates[..count] {
                        let lines = black_box(compiled.attribute(&mut shared, black_box(cells)));
                        black_box(compiled.intercept() + lines.iter().copied().sum());
                    }
                });
            });
        }
        group.bench_function(format!("what is shared, {case}"), |bencher| {
            bencher.iter(|| compiled.share(black_box(&request)));
        });
    }
    group.finish();
}

/// One category among 65,000.
fn level(criterion: &mut Criterion) {
    let names: Vec<String> = (0..65_000).map(|level| format!("site-{:05}.example", level * 7)).collect();
    let mut sorted = names.clone();
    sorted.sort();
    let bins = Bins::Levels(sorted);
    let count = bins.count();
    let (bands, people, rows) = (vec![Nats::ZERO; count], vec![0; count], vec![0; count]);
    let scores = bands.clone();
    let shape = ShapeFunction { feature: FeatureId(0), bins: bins.clone(), scores, bands, people, rows };
    let model = AdditiveModel::new(Nats::ZERO, vec![shape], Vec::new()).expect("tables that fit");
    let compiled = Compiled::new(&Model::Additive(model), |_| true);
    let mut shared = compiled.share(&[Cell::Missing]);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let asked: Vec<&str> = (0..1_000).map(|_| names[rng.gen_range(0..names.len())].as_str()).collect();
    let mut group = criterion.benchmark_group("1,000 names among 65,000 levels");
    group.bench_function("by hash", |bencher| {
        bencher.iter(|| {
            for name in &asked {
                black_box(compiled.attribute(&mut shared, &[Cell::Category(black_box(name))]));
            }
        });
    });
    group.bench_function("by binary search", |bencher| {
        bencher.iter(|| {
            for name in &asked {
                black_box(bins.encode(Cell::Category(black_box(name))));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, account, level, model);
criterion_main!(benches);
