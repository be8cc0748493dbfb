//! The file of labels: its tables, how it is opened, and what its errors mean.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::LabelError;
use super::keys::unusable;
use crate::sealing::SealError;

/// The format of the file, as its `user_version`.
pub(super) const FORMAT: i64 = 2;

/// `identity` shows that keys and store belong together. Of a row its name tells nothing, and there is no column of attribute,
/// value or person: whoever looks for labels of an attribute opens them all. `followed` is how much of the file of what was erased
/// the store has done.
pub(super) const TABLES: &str = "
CREATE TABLE identity (place INTEGER PRIMARY KEY CHECK (place = 1), sealed BLOB NOT NULL) STRICT;
CREATE TABLE attribute (number INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
CREATE TABLE label (name BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erased (mark BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE followed (place INTEGER PRIMARY KEY CHECK (place = 1), bytes INTEGER NOT NULL) STRICT;
INSERT INTO followed VALUES (1, 0);
";

/// How long to wait for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // What is deleted is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

pub(super) fn unopened(path: &Path) -> LabelError {
    LabelError::Damaged { path: path.to_owned(), what: "a row does not open".to_owned() }
}

pub(super) fn wrong(path: &Path, error: &rusqlite::Error) -> LabelError {
    let damaged = |what: String| LabelError::Damaged { path: path.to_owned(), what };
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LabelError::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => damaged(failure.to_string()),
            _ => unusable(path, &failure),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => damaged("a row is not as it was written".to_owned()),
        error => unusable(path, error),
    }
}

impl From<SealError> for LabelError {
    fn from(error: SealError) -> Self {
        Self::Seal { cause: error.to_string() }
    }
}
