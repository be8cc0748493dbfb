//! What can be wrong with data at rest.

use std::fmt;
use std::path::Path;

use thiserror::Error;

use super::schema::SchemaError;
use crate::domain::FieldError;

/// Why data cannot be read. Messages name file, place and column; no value of a person is repeated.
#[derive(Debug, Error)]
pub enum DataError {
    /// The schema does not load.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system says.
        cause: String,
    },
    /// The file's name tells no format.
    #[error("{file}: must end in .csv, .csv.gz or .parquet")]
    UnknownFormat {
        /// The file.
        file: String,
    },
    /// The file holds nothing, not even the names of its columns.
    #[error("{file}: is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// The bytes are not what the format demands.
    #[error("{file}: is damaged or truncated: {cause}")]
    Damaged {
        /// The file.
        file: String,
        /// What the decoder says.
        cause: String,
    },
    /// A column that the schema names is not there.
    #[error("{file}: has no column {column}; it has {}", there.join(", "))]
    NoColumn {
        /// The file.
        file: String,
        /// The column asked for.
        column: String,
        /// The columns that there are.
        there: Vec<String>,
    },
    /// A column as a whole cannot be read.
    #[error("{file}: column {column} {rule}")]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// A line has more or fewer fields than the header.
    #[error("{file}: line {line} has {has} fields, the header has {header}")]
    UnevenLine {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// Fields of the line.
        has: u64,
        /// Fields of the header.
        header: u64,
    },
    /// One value breaks a rule.
    #[error("{file}: {place}, column {column} {rule}")]
    Cell {
        /// The file.
        file: String,
        /// Where in the file.
        place: Place,
        /// The column.
        column: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// What was asked for cannot be had of these data.
    #[error("{0}")]
    Unfit(FieldError),
}

impl DataError {
    /// The file cannot be opened or read.
    pub(super) fn unreadable(file: &Path, cause: impl fmt::Display) -> Self {
        Self::Unreadable { file: file.display().to_string(), cause: cause.to_string() }
    }

    /// The bytes are not what the format demands.
    pub(super) fn damaged(file: &Path, cause: impl fmt::Display) -> Self {
        Self::Damaged { file: file.display().to_string(), cause: cause.to_string() }
    }

    /// A column as a whole cannot be read.
    pub(super) fn column(file: &Path, column: &str, rule: impl Into<String>) -> Self {
        Self::Column { file: file.display().to_string(), column: column.to_owned(), rule: rule.into() }
    }
}

/// Where in a file a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file, counted from 1.
    Line(u64),
    /// The row of a file without lines, counted from 1.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}
