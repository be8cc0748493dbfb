//! Apache Parquet: flat columns, required or optional, through the typed column readers.
//!
//! Nulls and empty texts are missing values, as empty fields are in CSV.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::CHUNK;
use super::records::{RawColumn, Records, TextBuilder};
use crate::data::DataError;
use crate::domain::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The names of the columns.
pub(super) fn names(file: &Path) -> Result<Vec<String>, DataError> {
    guarded(file, || read_names(file))
}

/// The columns of the given indices, each with the type that the file gives it.
pub(super) fn read(file: &Path, indices: &[usize]) -> Result<Records, DataError> {
    guarded(file, || read_columns(file, indices))
}

/// The same, some rows at a time.
pub(super) fn read_in_chunks(
    file: &Path,
    indices: &[usize],
    take: &mut dyn FnMut(Records) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let reader = guarded(file, || open(file))?;
    let mut first = 0;
    for group in 0..reader.num_row_groups() {
        let mut columns = guarded(file, || columns_of(file, &reader, group, indices))?;
        loop {
            let records = guarded(file, || next_rows(file, &mut columns))?;
            let read = records.rows();
            if read == 0 {
                break;
            }
            take(records.after(first))?;
            first += read;
        }
    }
    Ok(())
}

/// The decoder panics on some damage; to us that is damage like any other.
fn guarded<T>(file: &Path, read: impl FnOnce() -> Result<T, DataError>) -> Result<T, DataError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(DataError::damaged(file, "the decoder gave up on it")))
}

fn read_names(file: &Path) -> Result<Vec<String>, DataError> {
    let reader = open(file)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    Ok(schema.columns().iter().map(|column| column.path().string()).collect())
}

fn read_columns(file: &Path, indices: &[usize]) -> Result<Records, DataError> {
    let reader = open(file)?;
    let metadata = reader.metadata();
    let rows = metadata.file_metadata().num_rows();
    let rows = usize::try_from(rows).map_err(|_| DataError::damaged(file, "negative number of rows"))?;
    let mut columns = Vec::with_capacity(indices.len());
    for &index in indices {
        let descriptor = metadata.file_metadata().schema_descr().column(index);
        let mut column = Growing::of(file, &descriptor)?;
        let damaged = |error| damaged_column(file, &descriptor, &error);
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group).map_err(damaged)?;
            let mut values = group.get_column_reader(index).map_err(damaged)?;
            column.read(&mut values, usize::MAX).map_err(damaged)?;
        }
        let column = column.finish(file, &descriptor)?;
        if length(&column) != rows {
            return Err(DataError::damaged(file, "columns differ in their number of rows"));
        }
        columns.push(column);
    }
    Ok(Records::new(columns, rows, None))
}

/// A column of a row group, as far as it has been read.
struct Reading {
    descriptor: ColumnDescPtr,
    values: ColumnReader,
}

/// The columns of a row group, of the given indices.
fn columns_of(
    file: &Path,
    reader: &SerializedFileReader<File>,
    group: usize,
    indices: &[usize],
) -> Result<Vec<Reading>, DataError> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let of_column = |&index: &usize| {
        let descriptor = schema.column(index);
        let values = reader.get_row_group(group).and_then(|group| group.get_column_reader(index));
        let values = values.map_err(|error| damaged_column(file, &descriptor, &error))?;
        Ok(Reading { descriptor, values })
    };
    indices.iter().map(of_column).collect()
}

/// The next rows of `columns`; none at their end.
fn next_rows(file: &Path, columns: &mut [Reading]) -> Result<Records, DataError> {
    let mut read = Vec::with_capacity(columns.len());
    for Reading { descriptor, values } in columns {
        let mut column = Growing::of(file, descriptor)?;
        column.read(values, CHUNK).map_err(|error| damaged_column(file, descriptor, &error))?;
        read.push(column.finish(file, descriptor)?);
    }
    let rows = read.first().map_or(0, length);
    if read.iter().any(|column| length(column) != rows) {
        return Err(DataError::damaged(file, "columns differ in their number of rows"));
    }
    Ok(Records::new(read, rows, None))
}

fn damaged_column(file: &Path, column: &ColumnDescriptor, error: &ParquetError) -> DataError {
    DataError::damaged(file, format!("column {}: {error}", column.path().string()))
}

fn open(file: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let opened = File::open(file).map_err(|error| DataError::unreadable(file, error))?;
    SerializedFileReader::new(opened).map_err(|error| DataError::damaged(file, error))
}

fn length(column: &RawColumn) -> usize {
    match column {
        RawColumn::Int(values) => values.len(),
        RawColumn::Float(values) => values.len(),
        RawColumn::Bool(values) => values.len(),
        RawColumn::Time(values) => values.len(),
        RawColumn::Text(text) => text.codes.len(),
    }
}

/// A column that grows by one row group after the other.
enum Growing {
    Int { values: Vec<Option<i64>>, unsigned: bool },
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Time(Vec<Option<Timestamp>>, Unit),
    Text(TextBuilder),
}

/// What a whole number that stands for a moment counts.
#[derive(Clone, Copy)]
enum Unit {
    Days,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    fn moment(self, number: i64) -> Timestamp {
        Timestamp::from_micros(match self {
            Self::Days => number.saturating_mul(MICROS_PER_DAY),
            Self::Millis => number.saturating_mul(1000),
            Self::Micros => number,
            Self::Nanos => number.div_euclid(1000),
        })
    }

    fn of(column: &ColumnDescriptor) -> Option<Self> {
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Some(Self::Days),
            (Some(LogicalType::Timestamp(timestamp)), _) => Some(match timestamp.unit {
                TimeUnit::MILLIS => Self::Millis,
                TimeUnit::MICROS => Self::Micros,
                TimeUnit::NANOS => Self::Nanos,
            }),
            (None, ConvertedType::TIMESTAMP_MILLIS) => Some(Self::Millis),
            (None, ConvertedType::TIMESTAMP_MICROS) => Some(Self::Micros),
            _ => None,
        }
    }
}

impl Growing {
    /// The empty column for values of the file's type.
    fn of(file: &Path, column: &ColumnDescriptor) -> Result<Self, DataError> {
        let refuse = |rule: &str| DataError::column(file, &column.path().string(), rule);
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err(refuse("is nested: only flat columns are read"));
        }
        let unread = || refuse(&format!("has the type {}, which is not read", column.physical_type()));
        Self::of_type(column).ok_or_else(unread)
    }

    /// None for types that are not read.
    fn of_type(column: &ColumnDescriptor) -> Option<Self> {
        use ::parquet::basic::Type;
        Some(match (column.physical_type(), Unit::of(column)) {
            (Type::INT32 | Type::INT64, Some(unit)) => Self::Time(Vec::new(), unit),
            (Type::INT96, _) => Self::Time(Vec::new(), Unit::Micros),
            (Type::INT32 | Type::INT64, None) if !is_decimal(column) => {
                Self::Int { values: Vec::new(), unsigned: is_unsigned(column) }
            }
            (Type::FLOAT | Type::DOUBLE, _) => Self::Float(Vec::new()),
            (Type::BOOLEAN, _) => Self::Bool(Vec::new()),
            (Type::BYTE_ARRAY, _) if !is_decimal(column) => Self::Text(TextBuilder::default()),
            (Type::INT32 | Type::INT64 | Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, _) => return None,
        })
    }

    /// Appends up to `rows` further rows.
    fn read(&mut self, values: &mut ColumnReader, rows: usize) -> Result<(), ParquetError> {
        match (self, values) {
            (Self::Int { values, unsigned: true }, ColumnReader::Int32ColumnReader(reader)) => {
                fill(reader, rows, values, |&value| i64::from(value.cast_unsigned()))
            }
            (Self::Int { values, unsigned: false }, ColumnReader::Int32ColumnReader(reader)) => {
                fill(reader, rows, values, |&value| i64::from(value))
            }
            (Self::Int { values, .. }, ColumnReader::Int64ColumnReader(reader)) => {
                fill(reader, rows, values, |&value| value)
            }
            (Self::Time(values, unit), ColumnReader::Int32ColumnReader(reader)) => {
                fill(reader, rows, values, |&value| unit.moment(i64::from(value)))
            }
            (Self::Time(values, unit), ColumnReader::Int64ColumnReader(reader)) => {
                fill(reader, rows, values, |&value| unit.moment(value))
            }
            (Self::Time(values, unit), ColumnReader::Int96ColumnReader(reader)) => {
                fill(reader, rows, values, |value| unit.moment(value.to_micros()))
            }
            (Self::Float(values), ColumnReader::FloatColumnReader(reader)) => {
                fill(reader, rows, values, |&value| f64::from(value))
            }
            (Self::Float(values), ColumnReader::DoubleColumnReader(reader)) => {
                fill(reader, rows, values, |&value| value)
            }
            (Self::Bool(values), ColumnReader::BoolColumnReader(reader)) => {
                fill(reader, rows, values, |&value| value)
            }
            (Self::Text(text), ColumnReader::ByteArrayColumnReader(reader)) => each(reader, rows, |value| {
                let value = value.map(ByteArray::as_utf8).transpose()?;
                text.push(value.filter(|value| !value.is_empty()));
                Ok(())
            }),
            _ => Err(ParquetError::General("a row group has another type than the file".to_owned())),
        }
    }

    /// The column; refuses values that break its rule.
    fn finish(self, file: &Path, column: &ColumnDescriptor) -> Result<RawColumn, DataError> {
        Ok(match self {
            Self::Int { values, unsigned: true } if values.iter().flatten().any(|value| *value < 0) => {
                let rule = "has a whole number beyond 2^63 - 1";
                return Err(DataError::column(file, &column.path().string(), rule));
            }
            Self::Int { values, .. } => RawColumn::Int(values),
            Self::Float(values) => RawColumn::Float(values),
            Self::Bool(values) => RawColumn::Bool(values),
            Self::Time(values, _) => RawColumn::Time(values),
            Self::Text(text) => RawColumn::Text(text.finish()),
        })
    }
}

/// Whether the whole numbers of a column use the sign bit for numbers.
fn is_unsigned(column: &ColumnDescriptor) -> bool {
    match column.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => matches!(column.converted_type(), ConvertedType::UINT_32 | ConvertedType::UINT_64),
    }
}

fn is_decimal(column: &ColumnDescriptor) -> bool {
    matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_)))
        || column.converted_type() == ConvertedType::DECIMAL
}

/// Appends the values of up to `rows` rows, converted.
fn fill<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    values: &mut Vec<Option<V>>,
    convert: impl Fn(&T::T) -> V,
) -> Result<(), ParquetError> {
    each(reader, rows, |value| {
        values.push(value.map(&convert));
        Ok(())
    })
}

/// Gives the values of up to `rows` rows to `take`, None where one is null.
fn each<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    mut take: impl FnMut(Option<&T::T>) -> Result<(), ParquetError>,
) -> Result<(), ParquetError> {
    let (mut levels, mut values, mut left) = (Vec::new(), Vec::new(), rows);
    while left > 0 {
        levels.clear();
        values.clear();
        let (records, _, _) = reader.read_records(left.min(CHUNK), Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        left -= records;
        if levels.is_empty() {
            values.iter().try_for_each(|value| take(Some(value)))?;
            continue;
        }
        let mut present = values.iter();
        for level in &levels {
            take(if *level > 0 { present.next() } else { None })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
