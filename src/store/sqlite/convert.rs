//! From columns to values; what does not convert is damage, named by its column.

use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::domain::{FieldError, Timestamp};
use crate::store::StoreError;

/// The value of a column.
pub(super) fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    row.get(column).map_err(|_| damaged(column))
}

/// A text column, checked again as when it entered.
pub(super) fn parsed<T>(
    row: &Row<'_>,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, FieldError>,
) -> Result<T, StoreError> {
    let text = row.get_ref(column).ok().and_then(|value| value.as_str().ok().map(parse));
    text.and_then(Result::ok).ok_or_else(|| damaged(column))
}

/// A blob column of a fixed size.
pub(super) fn bytes<const N: usize>(row: &Row<'_>, column: &str) -> Result<[u8; N], StoreError> {
    get(row, column)
}

/// A moment.
pub(super) fn moment(row: &Row<'_>, column: &str) -> Result<Timestamp, StoreError> {
    get(row, column).map(Timestamp::from_micros)
}

/// A place in an order.
pub(super) fn place(row: &Row<'_>, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| damaged(column))
}

/// A place as a column holds it.
pub(super) fn to_column(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// The error for a column that does not hold what it should.
pub(super) fn damaged(column: &str) -> StoreError {
    StoreError::Corrupt { what: format!("column {column} does not hold what was written") }
}
