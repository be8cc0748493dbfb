//! Rows of which the truth is known, for tests.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::link::probability;
use crate::data::{Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId};

/// Rows drawn from an additive truth, four to a person.
pub(super) struct KnownTruth {
    pub(super) table: Table,
    pub(super) outcome: Vec<bool>,
    pub(super) person: Vec<u32>,
    /// What each feature truly adds to the score, per feature and row.
    pub(super) contributions: Vec<Vec<f64>>,
}

/// A wave, a count with a ceiling, a category of 12 levels, and noise.
pub(super) const FEATURES: [FeatureId; 4] = [FeatureId(0), FeatureId(1), FeatureId(2), FeatureId(3)];

impl KnownTruth {
    /// Draws `rows` rows; some cells of the count are missing, which has an effect of its own.
    pub(super) fn draw(rows: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let names: Vec<String> = (0..12).map(|level| format!("level {level}")).collect();
        let mut cells: Vec<Vec<Cell<'_>>> = vec![Vec::with_capacity(rows); FEATURES.len()];
        let mut contributions = vec![Vec::with_capacity(rows); FEATURES.len()];
        let mut outcome = Vec::with_capacity(rows);
        for _ in 0..rows {
            let wave: f64 = rng.gen_range(-3.0..3.0);
            let count: f64 = f64::from(rng.gen_range(0..4_u8)) * f64::from(rng.gen_range(0..4_u8));
            let is_missing = rng.gen_bool(0.2);
            let level: usize = rng.gen_range(0..12);
            let truth = [
                libm::sin(wave),
                if is_missing { -0.5 } else { count.min(4.0) * 0.3 },
                ((level * 7) % 12) as f64 / 6.0 - 1.0,
                0.0,
            ];
            let row = [
                Cell::Number(wave),
                if is_missing { Cell::Missing } else { Cell::Number(count) },
                Cell::Category(&names[level]),
                Cell::Number(rng.gen_range(0.0..1.0)),
            ];
            for feature in 0..FEATURES.len() {
                cells[feature].push(row[feature]);
                contributions[feature].push(truth[feature]);
            }
            outcome.push(rng.gen_bool(probability(truth.iter().sum::<f64>() - 1.5)));
        }
        let mut builder = TableBuilder::default();
        for (feature, cells) in cells.into_iter().enumerate() {
            let is_category = feature == 2;
            builder.push(if is_category { Column::categorical(cells) } else { Column::numeric(cells) });
        }
        let person = (0..rows).map(|row| u32::try_from(row / 4).unwrap()).collect();
        Self { table: builder.finish().unwrap(), outcome, person, contributions }
    }

    /// The rows as training data on `features`.
    pub(super) fn data<'a>(&'a self, features: &'a [FeatureId]) -> super::FitData<'a> {
        super::FitData { table: &self.table, features, outcome: &self.outcome, person: &self.person }
    }
}

/// The correlation of two columns.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
