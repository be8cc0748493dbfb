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

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::data::read::{RawColumn, Source};

    fn columns() -> [(&'static str, Values); 4] {
        [
            ("moment", Values::Rising(vec![i64::MIN, -1, 0, i64::MAX])),
            ("count", Values::Whole(vec![7, 7, -7, 7])),
            ("share", Values::Numbers(vec![Some(0.1), None, Some(-0.0), Some(f64::MAX)])),
            ("name", Values::Texts(["tea", "", "thé", "tea"].map(str::to_owned).to_vec())),
        ]
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("table.parquet");
        write_table(&path, &columns()).unwrap();
        let source = Source::open(&path).unwrap();
        assert_eq!(source.names(), ["moment", "count", "share", "name"]);
        let records = source.read(&["moment", "count", "share", "name"]).unwrap();
        let moments = [i64::MIN, -1, 0, i64::MAX].map(Some);
        assert_eq!(records.integers("moment").unwrap(), moments);
        assert_eq!(records.integers("count").unwrap(), [7, 7, -7, 7].map(Some));
        let shares = RawColumn::Float(vec![Some(0.1), None, Some(-0.0), Some(f64::MAX)]);
        assert_eq!(*records.column("share").unwrap(), shares);
        let names = records.texts("name").unwrap();
        let names = (0..4).map(|row| names.get(row)).collect::<Vec<_>>();
        assert_eq!(names, [Some("tea"), None, Some("thé"), Some("tea")]);
    }

    #[test]
    fn the_same_columns_give_the_same_bytes() {
        let dir = TempDir::new().unwrap();
        let [first, second] = ["a.parquet", "b.parquet"].map(|name| dir.path().join(name));
        write_table(&first, &columns()).unwrap();
        write_table(&second, &columns()).unwrap();
        assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
    }

    #[test]
    fn a_table_without_rows_has_its_columns_all_the_same() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("table.parquet");
        write_table(&path, &[("moment", Values::Rising(vec![])), ("name", Values::Texts(vec![]))]).unwrap();
        let records = Source::open(&path).unwrap().read(&["moment", "name"]).unwrap();
        assert_eq!(records.rows(), 0);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("none/table.parquet");
        let error = write_table(&path, &columns()).unwrap_err();
        assert!(matches!(&error, ImportError::Write { path: there, .. } if *there == path));
        assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{error}");
    }
}
