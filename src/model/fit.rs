//! What every kind of model is fitted on, and how a fit reports, stops and fails.

use crate::data::Table;
use crate::domain::{FeatureId, FieldError};

/// The rows to learn from. All slices have one entry per row of `table`.
#[derive(Clone, Copy, Debug)]
pub struct FitData<'a> {
    /// Rows x features of the schema.
    pub table: &'a Table,
    /// The features that the model may use, in ascending order.
    pub features: &'a [FeatureId],
    /// Whether the response happened.
    pub outcome: &'a [bool],
    /// The person of each row, numbered from 0: floors and held-out rows go by person.
    pub person: &'a [u32],
}

impl FitData<'_> {
    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.table.rows()
    }

    /// Number of rows where the response happened.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.outcome.iter().filter(|&&happened| happened).count()
    }

    /// Checks what every kind of model needs: rows of both classes, features of the table, one
    /// outcome and one person per row.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), FitError> {
        let rows = self.rows();
        if rows == 0 {
            return Err(FitError::NoRows);
        }
        for (what, len) in [("outcome", self.outcome.len()), ("person", self.person.len())] {
            if len != rows {
                return Err(FitError::Uneven { what, rows, len });
            }
        }
        if self.features.is_empty() {
            return Err(FitError::NoFeatures);
        }
        if let Some(&feature) = self.features.iter().find(|feature| feature.index() >= self.table.width()) {
            return Err(FitError::UnknownFeature { feature, width: self.table.width() });
        }
        if !self.features.is_sorted_by(|a, b| a < b) {
            return Err(FitError::Params(FieldError::new(
                "features",
                "must be distinct and in ascending order",
            )));
        }
        match self.positives() {
            0 => Err(FitError::OneClass { class: false }),
            positives if positives == rows => Err(FitError::OneClass { class: true }),
            _ => Ok(()),
        }
    }
}

/// Whom a fit tells how far it is, and who may stop it.
pub trait Progress: Sync {
    /// `done` of about `of` steps are done; may be called from several threads.
    fn step(&self, done: usize, of: usize);

    /// Whether the fit should stop; asked between steps.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn step(&self, _done: usize, _of: usize) {}
}

/// Why there is no model.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FitError {
    /// The table is empty.
    #[error("there are no rows to train on")]
    NoRows,
    /// There is nothing to tell apart.
    #[error("every training row has outcome {class}; both outcomes are needed")]
    OneClass {
        /// The outcome of every row.
        class: bool,
    },
    /// There is nothing to tell rows apart by.
    #[error("no feature may be trained on")]
    NoFeatures,
    /// A feature that the table has no column for.
    #[error("feature {} is not one of the table's {width} columns", feature.0)]
    UnknownFeature {
        /// The feature.
        feature: FeatureId,
        /// Columns of the table.
        width: usize,
    },
    /// A slice that does not fit the table.
    #[error("{what} has {len} entries for {rows} rows")]
    Uneven {
        /// Which slice.
        what: &'static str,
        /// Rows of the table.
        rows: usize,
        /// Entries of the slice.
        len: usize,
    },
    /// A number that is NaN or infinite where none may be.
    #[error("{what} of row {row} is not a finite number")]
    NotFinite {
        /// What the number is.
        what: &'static str,
        /// The row, from 0.
        row: usize,
    },
    /// The solver gave up.
    #[error("the solver failed: {0}")]
    Solver(String),
    /// The system has no secure randomness to give.
    #[error("no secure randomness can be had: {0}")]
    NoRandomness(String),
    /// It was asked to stop.
    #[error("the fit was cancelled")]
    Cancelled,
    /// A parameter breaks its rule.
    #[error(transparent)]
    Params(#[from] FieldError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, TableBuilder};
    use crate::domain::Cell;

    fn table(rows: usize) -> Table {
        let mut builder = TableBuilder::default();
        builder.push(Column::numeric(vec![Cell::Number(1.0); rows]));
        builder.finish().unwrap()
    }

    fn error_of(table: &Table, features: &[FeatureId], outcome: &[bool], person: &[u32]) -> String {
        FitData { table, features, outcome, person }.check().unwrap_err().to_string()
    }

    #[test]
    fn each_unusable_training_set_is_refused_by_its_own_rule() {
        let (one, x) = (table(2), [FeatureId(0)]);
        assert_eq!(error_of(&table(0), &x, &[], &[]), "there are no rows to train on");
        assert_eq!(
            error_of(&one, &x, &[true; 2], &[0, 1]),
            "every training row has outcome true; both outcomes are needed"
        );
        assert_eq!(error_of(&one, &[], &[true, false], &[0, 1]), "no feature may be trained on");
        assert_eq!(
            error_of(&one, &[FeatureId(7)], &[true, false], &[0, 1]),
            "feature 7 is not one of the table's 1 columns"
        );
        assert_eq!(error_of(&one, &x, &[true], &[0, 1]), "outcome has 1 entries for 2 rows");
        assert_eq!(
            error_of(&one, &[FeatureId(0); 2], &[true, false], &[0, 1]),
            "features: must be distinct and in ascending order"
        );
    }
}
