//! Apache Parquet: flat columns, required or optional, through the typed column readers.

use std::fs::File;
use std::path::Path;

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use ::parquet::schema::types::ColumnDescriptor;

use super::records::{RawColumn, Records, TextBuilder};
use crate::data::DataError;
use crate::domain::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The names of the columns.
pub(super) fn names(file: &Path) -> Result<Vec<String>, DataError> {
    let reader = open(file)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    Ok(schema.columns().iter().map(|column| column.path().string()).collect())
}

/// The columns of the given indices, each with the type that the file gives it.
pub(super) fn read(file: &Path, indices: &[usize]) -> Result<Records, DataError> {
    let reader = open(file)?;
    let metadata = reader.metadata();
    let rows = metadata.file_metadata().num_rows();
    let rows = usize::try_from(rows).map_err(|_| DataError::damaged(file, "negative number of rows"))?;
    let mut columns = Vec::with_capacity(indices.len());
    for &index in indices {
        let descriptor = metadata.file_metadata().schema_descr().column(index);
        if descriptor.max_rep_level() > 0 || descriptor.max_def_level() > 1 {
            return Err(DataError::column(
                file,
                &descriptor.path().string(),
                "is nested: only flat columns are read",
            ));
        }
        let mut column = Growing::of(&descriptor).ok_or_else(|| {
            let rule = format!("has the type {}, which is not read", descriptor.physical_type());
            DataError::column(file, &descriptor.path().string(), rule)
        })?;
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group).map_err(|error| DataError::damaged(file, error))?;
            column.read(group.as_ref(), index).map_err(|error| DataError::damaged(file, error))?;
        }
        let column = column.finish();
        if length(&column) != rows {
            return Err(DataError::damaged(file, "columns differ in their number of rows"));
        }
        columns.push(column);
    }
    Ok(Records::new(columns, rows, None))
}

fn open(file: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let opened = File::open(file).map_err(|error| DataError::unreadable(file, error))?;
    let length = opened.metadata().map_err(|error| DataError::unreadable(file, error))?.len();
    if length == 0 {
        return Err(DataError::Empty { file: file.display().to_string() });
    }
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
    Int(Vec<Option<i64>>),
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
    /// The empty column for values of the file's type; None for types that are not read.
    fn of(column: &ColumnDescriptor) -> Option<Self> {
        use ::parquet::basic::Type;
        Some(match (column.physical_type(), Unit::of(column)) {
            (Type::INT32 | Type::INT64, Some(unit)) => Self::Time(Vec::new(), unit),
            (Type::INT96, _) => Self::Time(Vec::new(), Unit::Micros),
            (Type::INT32 | Type::INT64, None) if !is_decimal(column) => Self::Int(Vec::new()),
            (Type::FLOAT | Type::DOUBLE, _) => Self::Float(Vec::new()),
            (Type::BOOLEAN, _) => Self::Bool(Vec::new()),
            (Type::BYTE_ARRAY, _) if !is_decimal(column) => Self::Text(TextBuilder::default()),
            (Type::INT32 | Type::INT64 | Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, _) => return None,
        })
    }

    fn read(&mut self, group: &dyn RowGroupReader, index: usize) -> Result<(), ParquetError> {
        let reader = group.get_column_reader(index)?;
        match (self, reader) {
            (Self::Int(values), ColumnReader::Int32ColumnReader(reader)) => {
                fill(reader, values, |&value| i64::from(value))
            }
            (Self::Int(values), ColumnReader::Int64ColumnReader(reader)) => {
                fill(reader, values, |&value| value)
            }
            (Self::Time(values, unit), ColumnReader::Int32ColumnReader(reader)) => {
                fill(reader, values, |&value| unit.moment(i64::from(value)))
            }
            (Self::Time(values, unit), ColumnReader::Int64ColumnReader(reader)) => {
                fill(reader, values, |&value| unit.moment(value))
            }
            (Self::Time(values, unit), ColumnReader::Int96ColumnReader(reader)) => {
                fill(reader, values, |value| unit.moment(value.to_micros()))
            }
            (Self::Float(values), ColumnReader::FloatColumnReader(reader)) => {
                fill(reader, values, |&value| f64::from(value))
            }
            (Self::Float(values), ColumnReader::DoubleColumnReader(reader)) => {
                fill(reader, values, |&value| value)
            }
            (Self::Bool(values), ColumnReader::BoolColumnReader(reader)) => {
                fill(reader, values, |&value| value)
            }
            (Self::Text(text), ColumnReader::ByteArrayColumnReader(reader)) => each(reader, |value| {
                text.push(value.map(ByteArray::as_utf8).transpose()?);
                Ok(())
            }),
            _ => Err(ParquetError::General("a row group has another type than the file".to_owned())),
        }
    }

    fn finish(self) -> RawColumn {
        match self {
            Self::Int(values) => RawColumn::Int(values),
            Self::Float(values) => RawColumn::Float(values),
            Self::Bool(values) => RawColumn::Bool(values),
            Self::Time(values, _) => RawColumn::Time(values),
            Self::Text(text) => RawColumn::Text(text.finish()),
        }
    }
}

fn is_decimal(column: &ColumnDescriptor) -> bool {
    matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_)))
        || column.converted_type() == ConvertedType::DECIMAL
}

/// Appends every value of a column chunk, converted.
fn fill<T: DataType, V>(
    reader: ColumnReaderImpl<T>,
    values: &mut Vec<Option<V>>,
    convert: impl Fn(&T::T) -> V,
) -> Result<(), ParquetError> {
    each(reader, |value| {
        values.push(value.map(&convert));
        Ok(())
    })
}

/// Gives every value of a column chunk to `take`, None where it is null.
fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    mut take: impl FnMut(Option<&T::T>) -> Result<(), ParquetError>,
) -> Result<(), ParquetError> {
    const BATCH: usize = 64 * 1024;
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        values.clear();
        let (records, _, _) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Ok(());
        }
        if levels.is_empty() {
            values.iter().try_for_each(|value| take(Some(value)))?;
            continue;
        }
        let mut present = values.iter();
        for level in &levels {
            take(if *level > 0 { present.next() } else { None })?;
        }
    }
}
