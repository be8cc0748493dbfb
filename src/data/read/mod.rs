//! Readers: columns by name, of CSV (plain or gzip) and Parquet files.

mod csv;
mod parquet;
mod records;

use std::path::{Path, PathBuf};

pub use records::{RawColumn, Records, Text};

use super::DataError;

/// Rows that are read at a time, where not all are held.
const CHUNK: usize = 64 * 1024;

/// A file of rows whose column names are known and whose columns can be read.
#[derive(Debug)]
pub struct Source {
    file: PathBuf,
    format: Format,
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv { gzip: bool },
    Parquet,
}

impl Source {
    /// Opens `file` and reads the names of its columns. The format is told by the name: `.csv`,
    /// `.csv.gz` or `.parquet`.
    ///
    /// # Errors
    /// When the file cannot be read, is empty or damaged, or names a column twice.
    pub fn open(file: &Path) -> Result<Self, DataError> {
        let format = Format::of(file)?;
        let length = file.metadata().map_err(|error| DataError::unreadable(file, error))?.len();
        if length == 0 {
            return Err(DataError::Empty { file: file.display().to_string() });
        }
        let names = match format {
            Format::Csv { gzip } => csv::names(file, gzip)?,
            Format::Parquet => parquet::names(file)?,
        };
        if let Some((_, twice)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(DataError::column(file, twice, "appears twice"));
        }
        Ok(Self { file: file.to_owned(), format, names })
    }

    /// The names of all columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column called `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|there| there == name)
    }

    /// Reads the columns called `wanted`, and no other.
    ///
    /// # Errors
    /// When one is not there, or the file is damaged.
    pub fn read(&self, wanted: &[&str]) -> Result<Records, DataError> {
        let indices = self.indices(wanted)?;
        let records = match self.format {
            Format::Csv { gzip } => csv::read(&self.file, gzip, &indices)?,
            Format::Parquet => parquet::read(&self.file, &indices)?,
        };
        Ok(records.named(&self.file, wanted))
    }

    /// The same, a part of the rows after the other, so that they need not be held all at once.
    ///
    /// # Errors
    /// When a column is not there, the file is damaged, or `take` refuses.
    pub fn read_in_chunks(
        &self,
        wanted: &[&str],
        take: &mut dyn FnMut(&Records) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let indices = self.indices(wanted)?;
        let mut named = |records: Records| take(&records.named(&self.file, wanted));
        match self.format {
            Format::Csv { gzip } => csv::read_in_chunks(&self.file, gzip, &indices, &mut named),
            Format::Parquet => parquet::read_in_chunks(&self.file, &indices, &mut named),
        }
    }

    fn indices(&self, wanted: &[&str]) -> Result<Vec<usize>, DataError> {
        let index = |&name: &&str| {
            let index = self.names.iter().position(|there| there == name);
            index.ok_or_else(|| self.no_column(name))
        };
        wanted.iter().map(index).collect()
    }

    fn no_column(&self, column: &str) -> DataError {
        DataError::NoColumn {
            file: self.file.display().to_string(),
            column: column.to_owned(),
            there: self.names.clone(),
        }
    }
}

impl Format {
    fn of(file: &Path) -> Result<Self, DataError> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let formats = [
            (".csv", Self::Csv { gzip: false }),
            (".csv.gz", Self::Csv { gzip: true }),
            (".parquet", Self::Parquet),
        ];
        let format = formats.into_iter().find(|(ending, _)| name.ends_with(ending));
        let unknown = || DataError::UnknownFormat { file: file.display().to_string() };
        format.map(|(_, format)| format).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests;
