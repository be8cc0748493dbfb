//! What a fit costs, and what scoring with the full account costs.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use limpid::data::{Column, Table, TableBuilder};
use limpid::domain::{Cell, FeatureId, Nats};
use limpid::model::additive::{ValidAdditiveParams, fit};
use limpid::model::metrics::{Resamples, Scored, evaluate};
use limpid::model::{FitData, Model, NoProgress};
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

criterion_group!(benches, model);
criterion_main!(benches);
