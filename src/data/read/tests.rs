use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::data::Place;
use crate::data::sample::data;
use crate::domain::Timestamp;

/// A file of these bytes, in a folder of its own.
pub(super) fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

pub(super) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Reads every column.
pub(super) fn read(path: &Path) -> Result<Records, DataError> {
    let source = Source::open(path)?;
    let names = source.names().iter().map(String::as_str).collect::<Vec<_>>();
    source.read(&names)
}

#[test]
fn the_format_is_told_by_the_name() {
    for name in ["rows.txt", "rows.csv.zip", "rows", "rows.CSV", "csv"] {
        let (_dir, path) = file(name, "a,b\n1,2\n");
        let error = Source::open(&path).unwrap_err();
        assert!(matches!(&error, DataError::UnknownFormat { file } if file.ends_with(name)), "{error}");
        assert!(error.to_string().ends_with(": must end in .csv, .csv.gz or .parquet"));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for name in ["rows.csv", "rows.csv.gz", "rows.parquet"] {
        let dir = TempDir::new().unwrap();
        let error = Source::open(&dir.path().join(name)).unwrap_err();
        assert!(matches!(&error, DataError::Unreadable { file, .. } if file.ends_with(name)), "{error}");
        assert!(error.to_string().contains("No such file"), "{error}");
    }
}

#[test]
fn an_empty_file_is_empty_in_every_format() {
    for (name, bytes) in [
        ("rows.csv", Vec::new()),
        ("rows.csv.gz", gzip("")),
        ("rows.csv.gz", Vec::new()),
        ("rows.parquet", Vec::new()),
    ] {
        let (_dir, path) = file(name, bytes);
        let error = Source::open(&path).unwrap_err();
        assert!(matches!(&error, DataError::Empty { file } if file.ends_with(name)), "{error}");
    }
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let (_dir, path) = file("rows.csv", "a,b\n1,2\n");
    for path in [path, data("parquet/int96.parquet")] {
        let source = Source::open(&path).unwrap();
        assert!(!source.has("colour"));
        let error = source.read(&["colour"]).unwrap_err();
        let DataError::NoColumn { column, there, .. } = &error else { panic!("{error}") };
        assert_eq!((column.as_str(), there.as_slice()), ("colour", source.names()));
        let list = format!("has no column colour; it has {}", source.names().join(", "));
        assert!(error.to_string().ends_with(&list), "{error}");
    }
}

#[test]
fn only_columns_that_were_read_can_be_had() {
    let (_dir, path) = file("rows.csv", "a,b\n1,2\n");
    let records = Source::open(&path).unwrap().read(&["b"]).unwrap();
    assert_eq!(records.numbers("b").unwrap(), [2.0]);
    assert!(matches!(records.numbers("a"), Err(DataError::NoColumn { column, .. }) if column == "a"));
}

#[test]
fn a_number_must_be_finite_and_is_not_repeated() {
    for text in ["inf", "-inf", "NaN", "1e999", "seven", "1,5", "0x10", "1_000"] {
        let (_dir, path) = file("rows.csv", format!("id,x\n1,0.5\n2,\n3,\"{text}\"\n"));
        let error = read(&path).unwrap().numbers("x").unwrap_err();
        let DataError::Cell { place, column, rule, .. } = &error else { panic!("{error}") };
        assert_eq!((*place, column.as_str()), (Place::Line(4), "x"));
        assert_eq!(rule, "must be a finite number");
        assert!(error.to_string().ends_with("rows.csv: line 4, column x must be a finite number"), "{error}");
        assert!(!error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_named_by_place_and_not_repeated() {
    let (_dir, path) = file("rows.csv", "whole,flag,moment\n1,yes,2024-01-01\n2.5,maybe,soon\n");
    let records = read(&path).unwrap();
    let errors = [
        records.integers("whole").map(|_| ()).unwrap_err(),
        records.flags("flag", None).map(|_| ()).unwrap_err(),
        records.times("moment").map(|_| ()).unwrap_err(),
    ];
    for (error, said) in errors.iter().zip([
        "line 3, column whole must be a whole number",
        "line 3, column flag must be 1, true, yes, 0, false or no",
        "line 3, column moment must be a date (2017-09-04) or an RFC 3339 moment",
    ]) {
        assert!(matches!(error, DataError::Cell { .. }) && error.to_string().ends_with(said), "{error}");
        assert!(!["2.5", "maybe", "soon"].iter().any(|value| error.to_string().contains(value)), "{error}");
    }
}

#[test]
fn columns_of_another_type_are_refused_as_a_whole() {
    let records = read(&data("parquet/pandas.parquet")).unwrap();
    let texts = |name| records.texts(name).map(|_| ()).unwrap_err();
    let errors = [
        (texts("double"), "column double must be text, holds fractions"),
        (texts("moment"), "column moment must be text, holds moments"),
        (records.numbers("moment").map(|_| ()).unwrap_err(), "column moment must be numbers, holds moments"),
        (records.integers("double").map(|_| ()).unwrap_err(), "column double must be whole numbers"),
        (records.times("bool").map(|_| ()).unwrap_err(), "column bool must be moments"),
    ];
    for (error, said) in errors {
        assert!(matches!(error, DataError::Column { .. }) && error.to_string().ends_with(said), "{error}");
    }
}

#[test]
fn flags_are_told_in_the_usual_ways_or_by_the_value_that_counts() {
    let (_dir, path) =
        file("rows.csv", "a,b\n1,bought\nTRUE,not\nYes,\n0,bought\nfalse,Bought\nNO,no\n,not\n");
    let records = read(&path).unwrap();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(records.flags("a", None).unwrap(), [yes, yes, yes, no, no, no, None]);
    assert_eq!(records.flags("b", Some("bought")).unwrap(), [yes, no, None, yes, no, no, no]);

    let records = read(&data("parquet/pandas.parquet")).unwrap();
    assert_eq!(records.flags("bool_with_gap", None).unwrap(), [yes, None, no]);
    assert_eq!(records.flags("bool_with_gap", Some("false")).unwrap(), [no, None, yes]);
    assert_eq!(records.flags("int_with_gap", Some("3")).unwrap(), [no, None, yes]);
}

#[test]
fn moments_are_dates_rfc_3339_or_microseconds() {
    let (_dir, path) =
        file("rows.csv", "at\n2017-09-04\n2017-09-04T02:00:00+02:00\n\n1969-12-31T23:59:59.5Z\n");
    let at = read(&path).unwrap().times("at").unwrap();
    let monday = Timestamp::parse("at", "2017-09-04").unwrap();
    assert_eq!(at, [Some(monday), Some(monday), Some(Timestamp::from_micros(-500_000))]);
    let records = read(&data("parquet/pandas.parquet")).unwrap();
    assert_eq!(records.times("int").unwrap()[1], Some(Timestamp::from_micros(-2)));
}

#[test]
fn a_column_that_must_be_complete_names_the_first_gap() {
    let (_dir, path) = file("rows.csv", "a,b\n1,2\n,2\n");
    let records = read(&path).unwrap();
    let error = records.complete("a", records.integers("a").unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("line 3, column a must not be missing"), "{error}");
    let records = read(&data("parquet/pandas.parquet")).unwrap();
    let error = records.complete("double", records.integers("int_with_gap").unwrap()).unwrap_err();
    assert!(matches!(&error, DataError::Cell { place: Place::Row(2), .. }), "{error}");
    assert!(error.to_string().ends_with("row 2, column double must not be missing"), "{error}");
}

#[test]
fn rows_read_in_chunks_are_the_rows_read_at_once() {
    let lines = (0..150_000).map(|row| format!("{row},{}", row % 7)).collect::<Vec<_>>();
    let text = format!("a,b\n{}\n", lines.join("\n"));
    let (_dir, csv) = file("rows.csv", text);
    for path in [csv, data("parquet/pyarrow.parquet")] {
        let source = Source::open(&path).unwrap();
        let names = ["a", "required"].into_iter().filter(|name| source.has(name)).collect::<Vec<_>>();
        let whole = source.read(&names).unwrap().integers(names[0]).unwrap();
        let (mut read, mut chunks) = (Vec::new(), 0);
        let take = &mut |records: &Records| {
            assert_eq!(records.first_row(), read.len());
            read.extend(records.integers(names[0])?);
            chunks += 1;
            Ok(())
        };
        source.read_in_chunks(&names, take).unwrap();
        assert_eq!(read, whole);
        assert!(chunks > 1, "{chunks} chunks");
    }
}

#[test]
fn a_bad_cell_of_a_later_row_group_is_named_by_its_row_in_the_file() {
    let source = Source::open(&data("parquet/pyarrow.parquet")).unwrap();
    let take = &mut |records: &Records| records.numbers("float").map(|_| ());
    let error = source.read_in_chunks(&["float"], take).unwrap_err().to_string();
    assert!(error.ends_with("row 3, column float must be a finite number"), "{error}");
    let error = source.read_in_chunks(&["nowhere"], &mut |_| Ok(())).unwrap_err();
    assert!(matches!(&error, DataError::NoColumn { column, .. } if column == "nowhere"), "{error}");
}
