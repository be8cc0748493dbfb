//! Compact Parquet: one row group, zstd, an encoding chosen by column.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::ImportError;

/// Slow and small: examples are written once and read often.
const ZSTD_LEVEL: i32 = 19;

/// The values of one column.
pub(super) enum Values {
    /// Whole numbers that rise slowly, such as moments: stored as differences.
    Rising(Vec<i64>),
    /// Whole numbers of which few are different: stored by dictionary.
    Whole(Vec<i64>),
    /// Numbers; None is missing.
    Numbers(Vec<Option<f64>>),
    /// Texts by dictionary; an empty one is missing.
    Texts(Vec<String>),
}

/// Writes a table. The same columns give the same bytes.
pub(super) fn write_table(path: &Path, columns: &[(&str, Values)]) -> Result<(), ImportError> {
    write(path, columns).map_err(|error| ImportError::write(path, error))
}

fn write(path: &Path, columns: &[(&str, Values)]) -> Result<(), ParquetError> {
    let fields = columns.iter().map(|(name, values)| match values {
        Values::Rising(_) | Values::Whole(_) => format!("required int64 {name};"),
        Values::Numbers(_) => format!("optional double {name};"),
        Values::Texts(_) => format!("optional binary {name} (utf8);"),
    });
    let schema = format!("message example {{ {} }}", fields.collect::<Vec<_>>().join(" "));
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_created_by("limpid".to_owned())
        .set_dictionary_page_size_limit(4 << 20);
    for (name, values) in columns {
        if let Values::Rising(_) = values {
            let column = ColumnPath::from(*name);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
    }
    let file = File::create(path).map_err(|error| ParquetError::External(Box::new(error)))?;
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, values) in columns {
        match values {
            Values::Rising(values) | Values::Whole(values) => {
                write_column::<Int64Type>(&mut group, values, None)?;
            }
            Values::Numbers(values) => {
                let known = values.iter().flatten().copied().collect::<Vec<_>>();
                let levels = values.iter().map(|value| i16::from(value.is_some())).collect::<Vec<_>>();
                write_column::<DoubleType>(&mut group, &known, Some(&levels))?;
            }
            Values::Texts(values) => {
                let known = values.iter().filter(|text| !text.is_empty());
                let known = known.map(|text| ByteArray::from(text.as_str())).collect::<Vec<_>>();
                let levels = values.iter().map(|text| i16::from(!text.is_empty())).collect::<Vec<_>>();
                write_column::<ByteArrayType>(&mut group, &known, Some(&levels))?;
            }
        }
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("fewer columns than declared".to_owned()));
    };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
