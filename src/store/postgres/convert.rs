//! From columns to values; what does not convert is damage, named by its column.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::domain::{FieldError, Timestamp};
use crate::store::StoreError;

/// The value of a column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    row.try_get(column).map_err(|_| damaged(column))
}

/// A text column, checked again as when it entered.
pub(super) fn parsed<T>(
    row: &Row,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, FieldError>,
) -> Result<T, StoreError> {
    parse(get(row, column)?).map_err(|_| damaged(column))
}

/// A column of bytes of a fixed size.
pub(super) fn bytes<const N: usize>(row: &Row, column: &str) -> Result<[u8; N], StoreError> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| damaged(column))
}

/// A moment.
pub(super) fn moment(row: &Row, column: &str) -> Result<Timestamp, StoreError> {
    get(row, column).map(Timestamp::from_micros)
}

/// A place in an order, or a count.
pub(super) fn place(row: &Row, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| damaged(column))
}

/// A small whole number.
pub(super) fn number<T: TryFrom<i64>>(row: &Row, column: &str) -> Result<T, StoreError> {
    T::try_from(get::<i64>(row, column)?).map_err(|_| damaged(column))
}

/// A place as a column holds it.
pub(super) fn to_column(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// The error for a column that does not hold what it should.
pub(super) fn damaged(column: &str) -> StoreError {
    StoreError::Corrupt { what: format!("column {column} does not hold what was written") }
}
