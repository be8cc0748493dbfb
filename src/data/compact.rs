//! Columns of large tables: read in chunks, a number kept as the interval that it lies in.
//!
//! A table is read twice. The first time a sample of each column of numbers tells where its intervals
//! begin: as many rows in each as can be, a frequent number by itself. The second time each cell
//! becomes a code of one byte. Models cut numbers to as many bins anyway.

use std::collections::HashMap;

use rayon::prelude::*;

use super::codes::Codes;
use super::error::DataError;
use super::impressions::{Stated, read_stated};
use super::read::{Records, Source};
use super::scale::Scale;
use super::schema::Schema;
use super::table::Column;
use crate::domain::{Feature, FeatureKind};

/// Rows up to which every number is kept as it is.
pub(super) const ROWS_EXACT: usize = 500_000;
/// About how many rows tell where intervals begin.
const SAMPLE: usize = 200_000;
/// Numbers that are taken whichever rows are chosen, so that hardly any column seems empty.
const SAMPLE_MIN: usize = 1_000;

/// The column of each feature of `schema`, all of which `source` states in `rows` rows.
///
/// # Errors
/// When the file cannot be read, or a value is of the wrong type.
pub(super) fn stated_columns(
    source: &Source,
    schema: &Schema,
    rows: usize,
) -> Result<Vec<Column>, DataError> {
    let features = &schema.features;
    let names: Vec<&str> = features.iter().map(|feature| feature.column.as_str()).collect();
    let mut scales = vec![Sample::default(); features.len()];
    let step = rows.div_ceil(SAMPLE);
    source.read_in_chunks(&names, &mut |records| {
        each(features, &mut scales, records, |sample, stated, first| sample.add(stated, first, step))
    })?;
    let mut columns: Vec<Growing> =
        features.par_iter().zip(scales).map(|(feature, sample)| Growing::of(feature, sample, rows)).collect();
    source.read_in_chunks(&names, &mut |records| {
        each(features, &mut columns, records, |column, stated, _| column.add(stated))
    })?;
    Ok(columns.into_par_iter().map(Growing::finish).collect())
}

/// Gives `take` what `records` state of each feature, with the number of their first row.
fn each<T: Send>(
    features: &[Feature],
    to: &mut [T],
    records: &Records,
    take: impl Fn(&mut T, Stated<'_>, usize) + Sync,
) -> Result<(), DataError> {
    let of_feature = |(feature, to): (&Feature, &mut T)| {
        read_stated(records, feature).map(|stated| take(to, stated, records.first_row()))
    };
    features.par_iter().zip(to).map(of_feature).collect()
}

/// Some numbers of a column; nothing for categories.
#[derive(Clone, Default)]
struct Sample(Vec<f64>);

impl Sample {
    /// Adds one row of every `step`, none of them at a fixed distance from the next: data may have a
    /// rhythm of their own.
    fn add(&mut self, stated: Stated<'_>, first: usize, step: usize) {
        let Stated::Numbers(numbers) = stated else { return };
        for (row, number) in (first..).zip(numbers).filter(|(_, number)| !number.is_nan()) {
            if self.0.len() < SAMPLE_MIN || row % step == scatter(row / step) % step {
                self.0.push(number);
            }
        }
    }
}

/// A number that looks drawn, the same for the same number.
const fn scatter(number: usize) -> usize {
    let mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)) >> 8) as usize
}

/// A column that grows by one chunk after the other.
enum Growing {
    Numbers { codes: Codes, scale: Scale },
    Levels(Levels),
}

/// Categories in the order in which they were met.
struct Levels {
    codes: Codes,
    names: Vec<String>,
    code_of: HashMap<String, u32>,
}

impl Growing {
    /// An empty column with room for `rows` rows.
    fn of(feature: &Feature, sample: Sample, rows: usize) -> Self {
        match feature.kind {
            FeatureKind::Categorical => Self::Levels(Levels {
                codes: Codes::with_room(0, rows),
                names: Vec::new(),
                code_of: HashMap::new(),
            }),
            FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_) => {
                let scale = Scale::of(sample.0);
                Self::Numbers { codes: Codes::with_room(scale.values.len(), rows), scale }
            }
        }
    }

    fn add(&mut self, stated: Stated<'_>) {
        match (self, stated) {
            (Self::Numbers { codes, scale }, Stated::Numbers(numbers)) => {
                for number in numbers {
                    codes.push(scale.code(number));
                }
            }
            (Self::Levels(levels), Stated::Text(text)) => {
                let of_value: Vec<u32> = text.values.iter().map(|name| levels.code(name)).collect();
                for &code in &text.codes {
                    levels.codes.push(of_value.get(code as usize).copied());
                }
            }
            (Self::Numbers { .. }, Stated::Text(_)) | (Self::Levels(_), Stated::Numbers(_)) => {}
        }
    }

    fn finish(self) -> Column {
        match self {
            Self::Numbers { codes, scale } => Column::coded_numbers(codes, scale),
            Self::Levels(levels) => levels.finish(),
        }
    }
}

impl Levels {
    fn code(&mut self, name: &str) -> u32 {
        if let Some(&code) = self.code_of.get(name) {
            return code;
        }
        let code = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.code_of.insert(name.to_owned(), code);
        self.codes.widen(self.names.len());
        code
    }

    #[allow(clippy::cast_possible_truncation, reason = "levels are numbered by u32")]
    fn finish(mut self) -> Column {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_unstable_by_key(|&code| &self.names[code]);
        let mut rank = vec![0_u32; order.len()];
        for (place, &code) in order.iter().enumerate() {
            rank[code] = place as u32;
        }
        self.codes.renumber(&rank);
        let levels = order.iter().map(|&code| std::mem::take(&mut self.names[code])).collect();
        Column::coded_levels(self.codes, levels)
    }
}

#[cfg(test)]
mod tests;
