//! Rows of a known truth: effects of features, of pairs, and features without any.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::{Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId};
use crate::model::FitData;
use crate::model::link::{offset_for_mean, probability};

/// How many features the rows have.
pub(super) const WIDTH: usize = 10;
/// The pairs that have an effect: two numbers; a number that goes with another feature, and a category.
pub(super) const PAIRS: [[FeatureId; 2]; 2] = [[FeatureId(4), FeatureId(5)], [FeatureId(3), FeatureId(6)]];
/// Levels of the long category.
const LEVELS: usize = 300;
/// Levels of the category without an effect.
const IDLE_LEVELS: usize = 30;
/// Levels of the short category.
const SHORT_LEVELS: usize = 5;

/// Rows drawn from a truth, four to a person.
pub(super) struct Drawn {
    pub(super) table: Table,
    outcome: Vec<bool>,
    person: Vec<u32>,
    features: Vec<FeatureId>,
    /// What each feature truly adds to the score, per feature and row.
    pub(super) of_features: Vec<Vec<f64>>,
    /// The same of each pair, in the order of [`PAIRS`].
    pub(super) of_pairs: Vec<Vec<f64>>,
}

impl Drawn {
    /// Draws `rows` rows of which a share `base_rate` is positive.
    ///
    /// 0: a wave. 1: a count with a ceiling, a fifth missing, with an effect of its own. 2: a category
    /// of 300 levels, some common and most rare. 3: a line; it goes with the wave. 4: a
    /// parabola. 5: a step. 6: a category of 5 levels. 7: flat, then a slope. 8: nothing, but it goes
    /// with the wave. 9: a category without an effect.
    pub(super) fn new(rows: usize, base_rate: f64, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let name = |level| format!("level {level}");
        let names: Vec<String> = (0..LEVELS).map(name).collect();
        let mut cells: Vec<Vec<Cell<'_>>> = vec![Vec::new(); WIDTH];
        let mut of_features = vec![Vec::new(); WIDTH];
        let mut of_pairs = vec![Vec::new(); PAIRS.len()];
        for _ in 0..rows {
            let wave: f64 = rng.gen_range(-3.0..3.0);
            let count = f64::from(rng.gen_range(0..5_u8)) * f64::from(rng.gen_range(0..4_u8));
            let is_missing = rng.gen_bool(0.2);
            let long = skewed(&mut rng, LEVELS);
            let line: f64 = 0.25 * wave + rng.gen_range(-1.0..1.0);
            let parabola: f64 = rng.gen_range(-1.0..1.0);
            let step: f64 = rng.gen_range(-1.0..1.0);
            let short = skewed(&mut rng, SHORT_LEVELS);
            let slope: f64 = rng.gen_range(0.0..2.0);
            let beside: f64 = 0.5 * wave + rng.gen_range(-1.0..1.0);
            let idle = skewed(&mut rng, IDLE_LEVELS);
            let row = [
                Cell::Number(wave),
                if is_missing { Cell::Missing } else { Cell::Number(count) },
                Cell::Category(&names[long]),
                Cell::Number(line),
                Cell::Number(parabola),
                Cell::Number(step),
                Cell::Category(&names[short]),
                Cell::Number(slope),
                Cell::Number(beside),
                Cell::Category(&names[idle]),
            ];
            let adds = [
                0.8 * libm::sin(wave),
                if is_missing { -0.6 } else { 0.2 * count.min(5.0) },
                // A value of its own for each level, from -1 to 1.
                ((long * 37) % 101) as f64 / 50.0 - 1.0,
                0.5 * line,
                1.2 * parabola * parabola,
                if step > 0.2 { 0.6 } else { 0.0 },
                0.3 * short as f64,
                0.9 * (slope - 1.0).max(0.0),
                0.0,
                0.0,
            ];
            let direction = if short.is_multiple_of(2) { 0.7 } else { -0.7 };
            let add_together = [1.5 * parabola * step, direction * line];
            for feature in 0..WIDTH {
                cells[feature].push(row[feature]);
                of_features[feature].push(adds[feature]);
            }
            for (pair, add) in of_pairs.iter_mut().zip(add_together) {
                pair.push(add);
            }
        }
        let mut scores: Vec<f64> = (0..rows)
            .map(|row| of_features.iter().chain(&of_pairs).map(|adds: &Vec<f64>| adds[row]).sum())
            .collect();
        let offset = offset_for_mean(&scores, base_rate);
        for score in &mut scores {
            *score += offset;
        }
        let outcome = scores.iter().map(|&score| rng.gen_bool(probability(score))).collect();
        let mut builder = TableBuilder::default();
        for (feature, cells) in cells.into_iter().enumerate() {
            let is_category = [2, 6, 9].contains(&feature);
            builder.push(if is_category { Column::categorical(cells) } else { Column::numeric(cells) });
        }
        Self {
            table: builder.finish().unwrap(),
            outcome,
            person: (0..rows).map(|row| u32::try_from(row / 4).unwrap()).collect(),
            features: (0..).take(WIDTH).map(FeatureId).collect(),
            of_features,
            of_pairs,
        }
    }

    /// The rows as training data.
    pub(super) fn data(&self) -> FitData<'_> {
        FitData { table: &self.table, features: &self.features, outcome: &self.outcome, person: &self.person }
    }
}

/// One of `levels` levels; the first are met most often.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the levels")]
fn skewed(rng: &mut ChaCha8Rng, levels: usize) -> usize {
    let share: f64 = rng.gen_range(0.0..1.0);
    (share * share * levels as f64) as usize
}
