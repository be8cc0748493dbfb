use super::super::Source;
use super::super::tests::{file, read};
use super::*;
use crate::data::sample::data;

fn noon() -> Timestamp {
    Timestamp::parse("at", "2017-09-04T12:00:00.25Z").unwrap()
}

fn texts(records: &Records, column: &str) -> Vec<Option<String>> {
    let text = records.texts(column).unwrap();
    (0..records.rows()).map(|row| text.get(row).map(str::to_owned)).collect()
}

fn owned<const N: usize>(values: [Option<&str>; N]) -> [Option<String>; N] {
    values.map(|value| value.map(str::to_owned))
}

#[test]
fn what_pandas_writes_is_read_with_its_types_and_gaps() {
    let records = read(&data("parquet/pandas.parquet")).unwrap();
    assert_eq!(records.rows(), 3);
    let int = RawColumn::Int(vec![Some(1), Some(-2), Some(9_007_199_254_740_993)]);
    assert_eq!(*records.column("int").unwrap(), int);
    let with_gap = RawColumn::Int(vec![Some(1), None, Some(3)]);
    assert_eq!(*records.column("int_with_gap").unwrap(), with_gap);
    assert_eq!(*records.column("double").unwrap(), RawColumn::Float(vec![Some(0.5), None, Some(-1e300)]));
    assert_eq!(texts(&records, "text"), owned([Some("tea"), None, Some("café")]));
    assert_eq!(texts(&records, "dictionary"), owned([Some("soup"), Some("tea"), Some("soup")]));
    let bool = RawColumn::Bool(vec![Some(true), Some(false), Some(true)]);
    assert_eq!(*records.column("bool").unwrap(), bool);
    let with_gap = RawColumn::Bool(vec![Some(true), None, Some(false)]);
    assert_eq!(*records.column("bool_with_gap").unwrap(), with_gap);
    assert_eq!(records.times("moment").unwrap(), [Some(noon()), None, Some(noon())]);
}

#[test]
fn what_pyarrow_writes_is_read_across_row_groups() {
    let records = read(&data("parquet/pyarrow.parquet")).unwrap();
    assert_eq!(records.integers("required").unwrap(), [Some(1), Some(2), Some(3)]);
    assert_eq!(records.integers("int32").unwrap(), [Some(-7), None, Some(7)]);
    assert_eq!(records.integers("uint32").unwrap(), [Some(4_000_000_000), None, Some(0)]);
    assert_eq!(records.integers("nothing").unwrap(), [None, None, None]);
    assert_eq!(texts(&records, "nothing"), [None, None, None]);
    let date = |text| Some(Timestamp::parse("at", text).unwrap());
    assert_eq!(records.times("date").unwrap(), [date("2017-09-04"), None, date("1969-12-31")]);
    assert_eq!(records.times("micros_utc").unwrap(), [Some(noon()), None, None]);
    for column in ["millis", "nanos"] {
        assert_eq!(records.times(column).unwrap(), [Some(noon()), None, Some(noon())], "{column}");
    }
    let old = read(&data("parquet/int96.parquet")).unwrap();
    assert_eq!(old.times("moment").unwrap(), [Some(noon()), None, Some(noon())]);
}

#[test]
fn numbers_that_are_not_finite_are_named_by_row() {
    let records = read(&data("parquet/pyarrow.parquet")).unwrap();
    for (column, row) in [("float", 3), ("double", 1)] {
        let error = records.numbers(column).unwrap_err().to_string();
        let said = format!("pyarrow.parquet: row {row}, column {column} must be a finite number");
        assert!(error.ends_with(&said), "{error}");
    }
}

#[test]
fn empty_text_is_missing_as_it_is_in_csv() {
    let records = read(&data("parquet/pyarrow.parquet")).unwrap();
    assert_eq!(texts(&records, "empty_text"), owned([None, None, Some("?")]));
}

#[test]
fn types_that_are_not_read_are_refused_by_column() {
    let source = Source::open(&data("parquet/not_read.parquet")).unwrap();
    assert_eq!(source.names(), ["fine", "list.list.element", "decimal", "bytes", "uint64"]);
    for (column, said) in [
        ("list.list.element", "column list.list.element is nested: only flat columns are read"),
        ("decimal", "column decimal has the type FIXED_LEN_BYTE_ARRAY, which is not read"),
        ("uint64", "column uint64 has a whole number beyond 2^63 - 1"),
    ] {
        let error = source.read(&[column]).unwrap_err();
        assert!(matches!(error, DataError::Column { .. }) && error.to_string().ends_with(said), "{error}");
    }
    // The others can be read all the same.
    assert_eq!(source.read(&["fine"]).unwrap().integers("fine").unwrap(), [Some(1), Some(2)]);
}

#[test]
fn text_that_is_not_utf_8_is_damage_of_its_column() {
    let error = Source::open(&data("parquet/not_read.parquet")).unwrap().read(&["bytes"]).unwrap_err();
    let DataError::Damaged { cause, .. } = &error else { panic!("{error}") };
    assert!(cause.contains("column bytes"), "{error}");
}

#[test]
fn a_file_that_was_cut_anywhere_is_damaged() {
    let whole = std::fs::read(data("parquet/pandas.parquet")).unwrap();
    for length in 1..whole.len() {
        let (_dir, path) = file("rows.parquet", &whole[..length]);
        let error = Source::open(&path).unwrap_err();
        assert!(
            matches!(&error, DataError::Damaged { file, .. } if file.ends_with("rows.parquet")),
            "cut to {length} bytes: {error}"
        );
    }
}

#[test]
fn a_file_of_another_format_is_damaged() {
    let (_dir, path) = file("rows.parquet", "a,b\n1,2\n");
    let error = Source::open(&path).unwrap_err();
    assert!(matches!(error, DataError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("rows.parquet: is damaged or truncated: "), "{error}");
}

/// Bytes that went bad may still be read as something, but never bring the process down.
#[test]
fn bytes_that_went_bad_are_an_error_or_a_value() {
    let whole = std::fs::read(data("parquet/pandas.parquet")).unwrap();
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        let (_dir, path) = file("rows.parquet", bytes);
        refused += usize::from(read(&path).is_err());
    }
    assert!(refused > whole.len() / 4, "only {refused} were refused");
}
