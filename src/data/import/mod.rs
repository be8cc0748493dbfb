//! Importers: from raw tables as they are published to an example's folder.

pub mod complete_journey;
mod write;

use std::path::{Path, PathBuf};

use super::{DataError, schema::SchemaError};

/// Why there is no example.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A raw table cannot be read or does not fit.
    #[error("{0}")]
    Read(#[from] DataError),
    /// The example's schema breaks a rule.
    #[error("{0}")]
    Schema(#[from] SchemaError),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// What cannot be written.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

impl ImportError {
    fn write(path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::Write { path: path.to_owned(), cause: cause.to_string() }
    }
}
