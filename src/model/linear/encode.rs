//! From rows to the columns that are weighted.
//!
//! Every column is centred over the rows in which its feature is not withheld, and a withheld cell
//! is 0 in all columns of its feature: exactly average, so that it steers nothing.

use std::collections::BTreeSet;

use ndarray::{Array2, ShapeBuilder};

use super::{Curve, Encoding, Line, Part, ValidLinearParams};
use crate::data::Column;
use crate::domain::{FeatureId, FieldError, Nats};
use crate::model::bin::{Binned, Bins};
use crate::model::{FitData, FitError};

/// Most cells of the columns of one category: rows x columns. Every cell is held, most of them 0.
const CELLS_MAX: usize = 1 << 25;
/// Share of the known numbers beyond each bound of a line.
const TAIL_SHARE: f64 = 0.005;

/// The encoded rows.
pub(super) struct Design {
    /// Rows x columns.
    pub(super) matrix: Array2<f64>,
    blocks: Vec<Block>,
}

/// The columns of one feature.
struct Block {
    feature: FeatureId,
    kind: BlockKind,
    /// Training mean of each column before it was centred.
    means: Vec<f64>,
}

enum BlockKind {
    /// The standardised number, then an indicator of missing if it was learned.
    Line { scale: Scale, missing: bool },
    /// An indicator per learned bin.
    Steps { bins: Bins, columns: Vec<usize> },
}

/// How a number is standardised.
#[derive(Clone, Copy)]
struct Scale {
    lowest: f64,
    highest: f64,
    mean: f64,
    deviation: f64,
}

impl Design {
    /// Encodes the rows of `data`. A feature without two values to tell apart has no columns.
    ///
    /// # Errors
    /// When no feature has any, or the numbers of one are too large to be standardised.
    pub(super) fn encode(data: &FitData<'_>, params: &ValidLinearParams) -> Result<Self, FitError> {
        let mut blocks = Vec::new();
        let mut columns = Vec::new();
        for &feature in data.features {
            let column = data.table.column(feature);
            let (kind, mut raw) = match column.numbers() {
                Some(numbers) if params.encoding == Encoding::Standard => {
                    encode_line(feature, column, &numbers, data.person, params.people_min)?
                }
                _ => encode_steps(column, data.person, params),
            };
            let means: Vec<f64> = raw.iter_mut().map(|values| centre(values, column)).collect();
            if !raw.is_empty() {
                blocks.push(Block { feature, kind, means });
                columns.append(&mut raw);
            }
        }
        if columns.is_empty() {
            return Err(FitError::NoFeatures);
        }
        // Column by column in memory: the solver's gradient walks down columns.
        let shape = (data.rows(), columns.len()).f();
        let matrix = Array2::from_shape_vec(shape, columns.concat())
            .map_err(|error| FitError::Solver(error.to_string()))?;
        Ok(Self { matrix, blocks })
    }

    /// What the values of each feature add under `weights`, one per column.
    pub(super) fn parts(&self, weights: &[f64]) -> Vec<Part> {
        let mut rest = weights;
        let mut parts = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (own, others) = rest.split_at(block.means.len());
            rest = others;
            parts.push(Part { feature: block.feature, curve: block.curve(own) });
        }
        parts
    }
}

impl Block {
    fn curve(&self, weights: &[f64]) -> Curve {
        let average: f64 = weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum();
        match &self.kind {
            BlockKind::Line { scale, missing } => Curve::Line(Line {
                slope: weights[0] / scale.deviation,
                mean: scale.mean,
                lowest: scale.lowest,
                highest: scale.highest,
                offset: -average,
                missing: if *missing { Nats::from_f64(weights[1] - average) } else { Nats::ZERO },
            }),
            BlockKind::Steps { bins, columns } => {
                // A value without a column is 0 in all: the plain mean of the categories, since the
                // penalty makes their weights sum to 0. Without a column, missing is average.
                let mut scores = vec![Nats::from_f64(-average); bins.count()];
                scores[Bins::MISSING] = Nats::ZERO;
                for (&bin, weight) in columns.iter().zip(weights) {
                    scores[bin] = Nats::from_f64(weight - average);
                }
                Curve::Steps { bins: bins.clone(), scores }
            }
        }
    }
}

fn encode_line(
    feature: FeatureId,
    column: &Column,
    numbers: &[f64],
    person: &[u32],
    people_min: u32,
) -> Result<(BlockKind, Vec<Vec<f64>>), FitError> {
    let known = numbers.iter().copied().zip(person.iter().copied()).filter(|(number, _)| !number.is_nan());
    let mut known: Vec<(f64, u32)> = known.collect();
    known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let scale = Scale::of(&known, people_min)
        .map_err(|rule| FitError::Params(FieldError::new(format!("feature {}", feature.0), rule)))?;
    let one_bin = Binned::encode(Bins::Cuts(Vec::new()), column, person, people_min);
    let missing = one_bin.learned[Bins::MISSING];
    if !one_bin.learned[Bins::FIRST] || (scale.lowest == scale.highest && !missing) {
        return Ok((BlockKind::Line { scale, missing }, Vec::new()));
    }
    let mut columns = vec![numbers.iter().map(|&number| scale.standardise(number)).collect()];
    if missing {
        columns.push(indicator(&one_bin, Bins::MISSING));
    }
    Ok((BlockKind::Line { scale, missing }, columns))
}

fn encode_steps(column: &Column, person: &[u32], params: &ValidLinearParams) -> (BlockKind, Vec<Vec<f64>>) {
    let bins = Bins::learn(column, person, params.bins_max.into(), params.people_min);
    let columns_max = (CELLS_MAX / column.rows().max(1)).max(params.bins_max.into());
    let mut binned = Binned::encode(bins, column, person, params.people_min);
    if let Some(fewer) = most_frequent(&binned, columns_max) {
        binned = Binned::encode(fewer, column, person, params.people_min);
    }
    let mut bins_with_column: Vec<usize> = Vec::new();
    if binned.tells_rows_apart() {
        bins_with_column = (0..binned.bins.count()).filter(|&bin| binned.learned[bin]).collect();
    }
    let raw = bins_with_column.iter().map(|&bin| indicator(&binned, bin)).collect();
    (BlockKind::Steps { bins: binned.bins, columns: bins_with_column }, raw)
}

/// The levels that most people had, when there are more than `count`; the others share the weight of
/// unseen ones.
fn most_frequent(binned: &Binned, count: usize) -> Option<Bins> {
    let Bins::Levels(names) = &binned.bins else { return None };
    if names.len() <= count {
        return None;
    }
    let mut places: Vec<usize> = (0..names.len()).collect();
    places.sort_by_key(|&place| (std::cmp::Reverse(binned.people[Bins::FIRST + place]), place));
    places.truncate(count);
    places.sort_unstable();
    Some(Bins::Levels(places.into_iter().map(|place| names[place].clone()).collect()))
}

fn indicator(binned: &Binned, bin: usize) -> Vec<f64> {
    binned.codes.iter().map(|code| f64::from(u8::from(code == bin))).collect()
}

/// Takes the mean of `values` over the rows that are not withheld off them; withheld ones become 0.
/// Returns the mean.
fn centre(values: &mut [f64], column: &Column) -> f64 {
    let known = (0..values.len()).filter(|&row| !column.is_withheld(row));
    let (sum, count) = known.fold((0.0, 0.0), |(sum, count), row| (sum + values[row], count + 1.0));
    let mean = if count > 0.0 { sum / count } else { 0.0 };
    for (row, value) in values.iter_mut().enumerate() {
        *value = if column.is_withheld(row) { 0.0 } else { *value - mean };
    }
    mean
}

/// The number at which the floor of people is reached: what is beyond it is of fewer, whom it would single out.
fn reached<'n>(mut numbers: impl Iterator<Item = &'n (f64, u32)>, people_min: u32) -> Option<f64> {
    let mut people = BTreeSet::new();
    let is_floor = |(_, person): &&(f64, u32)| {
        people.insert(*person);
        people.len() >= people_min as usize
    };
    numbers.find(is_floor).map(|(number, _)| *number)
}

impl Scale {
    /// The scale of `known`, ascending; the rule that they break when they are too large.
    fn of(known: &[(f64, u32)], people_min: u32) -> Result<Self, &'static str> {
        let ends = (reached(known.iter(), people_min), reached(known.iter().rev(), people_min));
        let (Some(first), Some(last)) = ends else {
            return Ok(Self { lowest: 0.0, highest: 0.0, mean: 0.0, deviation: 1.0 });
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half a percent of a length"
        )]
        let tail = (known.len() as f64 * TAIL_SHARE) as usize;
        let (mut lowest, mut highest) = (known[tail].0.max(first), known[known.len() - 1 - tail].0.min(last));
        if lowest >= highest {
            // Nearly all are equal: the rest is all that there is to learn from.
            (lowest, highest) = (first.min(last), first.max(last));
        }
        let count = known.len() as f64;
        let clamped = known.iter().map(|(number, _)| number.clamp(lowest, highest));
        let mean = clamped.clone().map(|number| number / count).sum::<f64>();
        let variance = clamped.map(|number| (number - mean) * (number - mean) / count).sum::<f64>();
        if !mean.is_finite() || !variance.is_finite() {
            return Err("has numbers too large to be standardised");
        }
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        Ok(Self { lowest, highest, mean, deviation })
    }

    /// In standard deviations from the mean; 0 for NaN.
    fn standardise(&self, number: f64) -> f64 {
        if number.is_nan() {
            return 0.0;
        }
        (number.clamp(self.lowest, self.highest) - self.mean) / self.deviation
    }
}
