//! Comma-separated values: a header, then lines of as many fields.
//!
//! Fields may be quoted; spaces around a field do not count; an empty field, `?` and `NA` are
//! missing values.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ::csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};
use flate2::read::MultiGzDecoder;

use super::records::{RawColumn, Records, TextBuilder};
use crate::data::DataError;

/// The names of the columns.
pub(super) fn names(file: &Path, gzip: bool) -> Result<Vec<String>, DataError> {
    let mut reader = open(file, gzip)?;
    let header = reader.headers().map_err(|error| explain(file, error))?;
    if header.is_empty() {
        return Err(DataError::Empty { file: file.display().to_string() });
    }
    Ok(header.iter().map(str::to_owned).collect())
}

/// The columns of the given indices, as text.
pub(super) fn read(file: &Path, gzip: bool, indices: &[usize]) -> Result<Records, DataError> {
    let mut reader = open(file, gzip)?;
    let mut columns = indices.iter().map(|_| TextBuilder::default()).collect::<Vec<_>>();
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| explain(file, error))? {
        lines.push(record.position().map_or(0, ::csv::Position::line));
        for (column, &index) in columns.iter_mut().zip(indices) {
            column.push(record.get(index).filter(|field| !matches!(*field, "" | "?" | "NA")));
        }
    }
    let columns = columns.into_iter().map(|column| RawColumn::Text(column.finish())).collect();
    Ok(Records::new(columns, lines.len(), Some(lines)))
}

fn open(file: &Path, gzip: bool) -> Result<Reader<Box<dyn Read>>, DataError> {
    let bytes = BufReader::new(File::open(file).map_err(|error| DataError::unreadable(file, error))?);
    let text: Box<dyn Read> = if gzip { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    Ok(ReaderBuilder::new().trim(Trim::All).from_reader(text))
}

fn explain(file: &Path, error: ::csv::Error) -> DataError {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::UnevenLine {
            file: file.display().to_string(),
            line: pos.as_ref().map_or(0, ::csv::Position::line),
            has: *len,
            header: *expected_len,
        },
        ErrorKind::Utf8 { pos, .. } => {
            let line = pos.as_ref().map_or(1, ::csv::Position::line);
            DataError::damaged(file, format!("line {line} is not UTF-8"))
        }
        _ => DataError::damaged(file, error),
    }
}
