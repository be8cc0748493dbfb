//! The file: where it lies, how it is opened, and which formats it went through.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::store::StoreError;

/// Name of the file in the data folder.
pub const FILE_NAME: &str = "limpid.db";

/// The formats in order. The file's `user_version` is the number of the last that it went through.
const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_first.sql"), include_str!("migrations/0002_deletion_requests.sql")];

/// The number of the first; builds before the first release wrote smaller ones.
const FIRST_FORMAT: i64 = 9;

/// What a connection that writes keeps of the file at hand: entries that join the index touch pages of it that were not touched lately.
const CACHE_KIB: i64 = 64 << 10;

/// How long to wait for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where and how to open an embedded store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// The data folder; created when missing, for its owner only.
    pub folder: PathBuf,
    /// Largest size of the file in pages of 4 KiB; None: as the disk allows. A file that is larger
    /// already is not cut.
    pub page_count_max: Option<u32>,
    /// Connections that read at the same time, at least 1.
    pub readers: usize,
    /// Writes that may wait for the writer, at least 1; further callers wait for a place.
    pub queue: usize,
}

impl StoreOptions {
    /// The defaults for `folder`: no limit of size, 4 readers, a queue of 1,024.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), page_count_max: None, readers: 4, queue: 1024 }
    }
}

/// Creates the folder and brings the file up to date; the path of the file.
pub(super) fn prepare(options: &StoreOptions) -> Result<PathBuf, StoreError> {
    let folder = &options.folder;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| StoreError::Unwritable { path: folder.clone(), cause: error.to_string() })?;
    let path = folder.join(FILE_NAME);
    let mut connection = connect(&path, options)?;
    migrate(&mut connection).map_err(|error| refused(&path, error))?;
    Ok(path)
}

/// Opens a connection that may write.
pub(super) fn connect(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let open = || -> Result<Connection, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is deleted is overwritten, so that a key that was erased is in no page any more.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        if let Some(pages) = options.page_count_max {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(|error| refused(path, error))
}

/// Opens a connection that can only read.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a connection that reads all of the file.
pub(super) fn connect_to_copy(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newest = FIRST_FORMAT + i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX) - 1;
    if found > newest {
        return Err(StoreError::NewerFormat { found, known: newest });
    }
    if (1..FIRST_FORMAT).contains(&found) {
        return Err(StoreError::Unreleased { found });
    }
    for (format, migration) in (FIRST_FORMAT..).zip(MIGRATIONS) {
        if found < format {
            transaction.execute_batch(migration)?;
        }
    }
    transaction.pragma_update(None, "user_version", newest)?;
    transaction.commit()?;
    Ok(())
}

/// An I/O error while opening means that the path is not usable.
fn refused(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Io { cause } => StoreError::Unwritable { path: path.to_owned(), cause },
        other => other,
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                let text = || message.clone().unwrap_or_else(|| failure.to_string());
                match failure.code {
                    ErrorCode::DiskFull => Self::Full,
                    ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt { what: text() },
                    ErrorCode::ConstraintViolation => Self::Conflict { rule: text() },
                    _ => Self::Io { cause: text() },
                }
            }
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Self::Corrupt { what: error.to_string() },
            _ => Self::Io { cause: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::Store;

    async fn refusal(folder: &Path) -> StoreError {
        Store::open(StoreOptions::new(folder)).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_folder_below_a_file_is_named_as_unwritable() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for folder in [file.clone(), file.join("data")] {
            let error = refusal(&folder).await;
            assert!(matches!(&error, StoreError::Unwritable { path, .. } if *path == folder), "{error:?}");
            assert!(error.to_string().starts_with(&format!("cannot write {}: ", folder.display())));
        }
    }

    #[tokio::test]
    async fn a_folder_in_the_place_of_the_file_is_named_as_unwritable() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE_NAME);
        fs::create_dir(&path).unwrap();
        let error = refusal(place.path()).await;
        assert!(matches!(&error, StoreError::Unwritable { path: named, .. } if *named == path), "{error:?}");
    }

    #[tokio::test]
    async fn a_file_of_a_newer_format_is_refused_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        Store::open(StoreOptions::new(place.path())).await.unwrap().close().await.unwrap();
        let file = Connection::open(place.path().join(FILE_NAME)).unwrap();
        let known = FIRST_FORMAT + i64::try_from(MIGRATIONS.len()).unwrap() - 1;
        file.pragma_update(None, "user_version", known + 1).unwrap();
        let error = refusal(place.path()).await;
        assert_eq!(error, StoreError::NewerFormat { found: known + 1, known });
        let left: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(left, known + 1);
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_refused() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(FILE_NAME), "a shopping list, long enough to be taken for a header")
            .unwrap();
        let error = refusal(place.path()).await;
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn the_folder_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("data");
        Store::open(StoreOptions::new(&folder)).await.unwrap().close().await.unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
