//! From values to bins: quantile cuts of numbers, levels of categories.
//!
//! No bin is learned from fewer than a floor of distinct people: numbers merge with their
//! neighbours, a category that fewer people had is not even named.

mod codes;
mod count;
mod learn;

use serde::{Deserialize, Serialize};

pub(super) use self::codes::Codes;
pub(super) use self::count::Tally;
use crate::data::{Coded, Column};
use crate::domain::{Cell, FieldError};

/// How the values of one feature become bins.
///
/// Bin 0 is for missing cells, bin 1 for unseen values: categories that the model does not name
/// because fewer people than the floor, perhaps none, had them (and values of the wrong type). The
/// others follow. A withheld cell has no bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bins {
    /// Numbers, by ascending cuts; a number equal to a cut is above it.
    Cuts(Vec<f64>),
    /// Categories, by ascending name; each has a bin.
    Levels(Vec<String>),
}

impl Bins {
    /// The bin of missing cells.
    pub const MISSING: usize = 0;
    /// The bin of values that the model does not know.
    pub const UNSEEN: usize = 1;
    /// The first bin of known values.
    pub const FIRST: usize = 2;
    /// Most named categories; further ones count as unseen.
    const LEVELS_MAX: usize = 250_000;

    /// Number of bins, those of missing and unseen included.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::Cuts(cuts) => Self::FIRST + cuts.len() + 1,
            Self::Levels(names) => Self::FIRST + names.len(),
        }
    }

    /// The bin of `cell`; None when it is withheld.
    #[must_use]
    pub fn encode(&self, cell: Cell<'_>) -> Option<usize> {
        match (self, cell) {
            (_, Cell::Withheld) => None,
            (_, Cell::Missing) => Some(Self::MISSING),
            (Self::Cuts(_), Cell::Number(number)) if number.is_nan() => Some(Self::MISSING),
            (Self::Cuts(cuts), Cell::Number(number)) => {
                Some(Self::FIRST + cuts.partition_point(|&cut| cut <= number))
            }
            (Self::Levels(names), Cell::Category(name)) => Some(
                names
                    .binary_search_by(|level| level.as_str().cmp(name))
                    .map_or(Self::UNSEEN, |level| Self::FIRST + level),
            ),
            (Self::Cuts(_), Cell::Category(_)) | (Self::Levels(_), Cell::Number(_)) => Some(Self::UNSEEN),
        }
    }

    /// Checks what [`Bins::encode`] relies on.
    pub(super) fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Cuts(cuts) if cuts.iter().any(|cut| !cut.is_finite()) => {
                Err(FieldError::new("cuts", "must be finite"))
            }
            Self::Cuts(cuts) if !cuts.is_sorted_by(|a, b| a < b) => {
                Err(FieldError::new("cuts", "must be distinct and ascending"))
            }
            Self::Levels(names) if !names.is_sorted_by(|a, b| a < b) => {
                Err(FieldError::new("levels", "must be distinct and ascending"))
            }
            Self::Cuts(cuts) if cuts.len() > Self::LEVELS_MAX => {
                Err(FieldError::new("cuts", format!("must be at most {}", Self::LEVELS_MAX)))
            }
            Self::Levels(names) if names.len() > Self::LEVELS_MAX => {
                Err(FieldError::new("levels", format!("must be at most {}", Self::LEVELS_MAX)))
            }
            Self::Cuts(_) | Self::Levels(_) => Ok(()),
        }
    }

    /// Learns the bins of `column`: at most `bins_max` by cuts, none of fewer than `people_min`
    /// people. `person` has one entry per row.
    pub(super) fn learn(column: &Column, person: &[u32], bins_max: usize, people_min: u32) -> Self {
        match column.coded() {
            Some(Coded { codes, cuts: Some(between), .. }) => {
                Self::Cuts(learn::cut_coded(codes, between, person, bins_max, people_min))
            }
            Some(Coded { codes, cells, .. }) => {
                Self::Levels(learn::name_levels(codes, &cells, person, people_min))
            }
            None => {
                Self::Cuts(learn::cut(&column.numbers().unwrap_or_default(), person, bins_max, people_min))
            }
        }
    }
}

/// One feature of the training rows, in bins.
pub(super) struct Binned {
    pub(super) bins: Bins,
    /// The bin of each row; [`Bins::count`] where withheld.
    pub(super) codes: Codes,
    /// Distinct people per bin.
    pub(super) people: Vec<u32>,
    /// Rows per bin.
    pub(super) rows: Vec<u32>,
    /// Whether a bin may be learned: it has the floor of people. One that may not adds 0.
    pub(super) learned: Vec<bool>,
}

impl Binned {
    /// Puts the rows of `column` in `bins`.
    pub(super) fn encode(bins: Bins, column: &Column, person: &[u32], people_min: u32) -> Self {
        let count = bins.count();
        let codes = encode_column(&bins, column);
        let Tally { people, rows, learned } = Tally::of(codes.iter(), count, person, people_min);
        Self { bins, codes, people, rows, learned }
    }

    /// Whether at least two bins may differ.
    pub(super) fn tells_rows_apart(&self) -> bool {
        self.learned.iter().filter(|learned| **learned).count() > 1
    }
}

/// Bins joined to fewer, for pairs.
pub(super) struct Coarse {
    pub(super) bins: Bins,
    /// The joined bin of each bin.
    pub(super) of_fine: Vec<u32>,
}

impl Coarse {
    /// Joins intervals to at most `bins_max` of about equal rows; of categories those beyond the
    /// `levels_max` most frequent, and those of fewer than `level_rows_min` rows, count as unseen.
    pub(super) fn of(binned: &Binned, bins_max: usize, levels_max: usize, level_rows_min: f64) -> Self {
        let rows = &binned.rows[Bins::FIRST..];
        let bins = match &binned.bins {
            Bins::Cuts(cuts) => Bins::Cuts(join(cuts, rows, bins_max)),
            Bins::Levels(names) => {
                let frequent = |&level: &usize| f64::from(rows[level]) >= level_rows_min;
                let mut by_rows: Vec<usize> = (0..names.len()).filter(frequent).collect();
                by_rows.sort_by_key(|&level| (std::cmp::Reverse(rows[level]), level));
                by_rows.truncate(levels_max);
                by_rows.sort_unstable();
                Bins::Levels(by_rows.into_iter().map(|level| names[level].clone()).collect())
            }
        };
        Self::with(binned, bins)
    }

    /// The map from the bins of `binned` to `bins`, which are some of their cuts or levels.
    pub(super) fn with(binned: &Binned, bins: Bins) -> Self {
        let of = |bin: usize| match (&binned.bins, bin) {
            (_, Bins::MISSING | Bins::UNSEEN) => bin,
            (Bins::Levels(names), _) => {
                bins.encode(Cell::Category(&names[bin - Bins::FIRST])).unwrap_or(Bins::UNSEEN)
            }
            // A bin begins with its lower cut; the first one lies below all cuts.
            (Bins::Cuts(_), Bins::FIRST) => Bins::FIRST,
            (Bins::Cuts(cuts), _) => {
                bins.encode(Cell::Number(cuts[bin - Bins::FIRST - 1])).unwrap_or(Bins::UNSEEN)
            }
        };
        #[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
        let of_fine = (0..binned.bins.count()).map(|bin| of(bin) as u32).collect();
        Self { bins, of_fine }
    }
}

/// Those of `cuts` that part the rows into at most `bins_max` runs of about equal size.
fn join(cuts: &[f64], rows: &[u32], bins_max: usize) -> Vec<f64> {
    let total: u64 = rows.iter().map(|&rows| u64::from(rows)).sum();
    let (mut kept, mut below, mut since) = (Vec::new(), 0_u64, 0_u64);
    for (&cut, &rows) in cuts.iter().zip(rows) {
        below += u64::from(rows);
        since += u64::from(rows);
        let bins_left = (bins_max - kept.len()) as u64;
        let enough = since * bins_left >= total - (below - since);
        if enough && bins_left > 1 {
            kept.push(cut);
            since = 0;
        }
    }
    kept
}

#[allow(clippy::cast_possible_truncation, reason = "bins are bounded by Bins::check")]
fn encode_column(bins: &Bins, column: &Column) -> Codes {
    let withheld = bins.count();
    if let Some(Coded { codes, cells, .. }) = column.coded() {
        // A cell is looked up once per code, not once per row.
        let known: Vec<u32> = cells.iter().map(|&c| bins.encode(c).unwrap_or(withheld) as u32).collect();
        if let (Some(shared), false) = (Codes::shared(codes, &known, withheld), column.has_withheld()) {
            return shared;
        }
        let of = |(row, code): (usize, usize)| {
            if column.is_withheld(row) {
                return withheld as u32;
            }
            known.get(code).copied().unwrap_or(Bins::MISSING as u32)
        };
        return Codes::new(codes.iter().enumerate().map(of), withheld);
    }
    let of = |row| bins.encode(column.cell(row)).unwrap_or(withheld) as u32;
    Codes::new((0..column.rows()).map(of), withheld)
}

#[cfg(test)]
mod tests;
