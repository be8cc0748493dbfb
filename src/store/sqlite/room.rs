//! Room in the write-ahead log, ahead of what is appended to it.
//!
//! A sync of a file that grew also waits for the journal of the file system, in which the syncs of all other files that grew
//! stand in line; a sync of bytes that were there writes those alone. So the log is lengthened by much at a time, with zeros that are
//! written out, between two batches. Once it has begun anew it is written over, and grows no more. SQLite reads a log up to the first frame that is
//! not of it, so what lies beyond is never looked at.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::StoreError;

/// By how much the log is lengthened at a time: the next batch waits for these to be on the disk.
const STEP: u64 = 1 << 18;
/// How much room a batch should find, at least.
const AHEAD: u64 = STEP;
/// Bytes of a page in the log, with its header; the log's own is shorter.
const FRAME: u64 = 4096 + 24;

/// What is known of the log's file.
#[derive(Debug)]
pub(super) struct Room {
    path: PathBuf,
    /// How long it is, as far as is known.
    length: u64,
    /// Its pages after the last batch.
    pages: u32,
}

impl Room {
    /// Room in the log of the store at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self { path: log.into(), length: 0, pages: 0 }
    }

    /// Makes room for what comes after so many pages. The writer calls this after each batch, when it has told its callers.
    pub(super) fn after_batch(&mut self, writer: &Connection, pages: u32) {
        let wanted = (u64::from(pages) + 1) * FRAME + AHEAD;
        if std::mem::replace(&mut self.pages, pages) > pages {
            // It began anew; whoever had it do so may have cut it.
            self.length = 0;
        }
        if pages == 0 || wanted <= self.length {
            return;
        }
        match lengthen(writer, &self.path, wanted) {
            Ok(length) => self.length = length,
            Err(error) => {
                // Batches then lengthen it themselves, or say why they cannot.
                tracing::debug!(%error, "no room was made in the log");
                self.length = wanted + STEP;
            }
        }
    }
}

/// Lengthens the log to whole steps beyond `wanted`, unless it is so long; how long it is. Nobody may append meanwhile.
fn lengthen(writer: &Connection, log: &Path, wanted: u64) -> Result<u64, StoreError> {
    writer.execute_batch("BEGIN IMMEDIATE")?;
    let lengthened = write_zeros(log, wanted);
    writer.execute_batch("ROLLBACK")?;
    lengthened.map_err(|error| StoreError::Unwritable { path: log.to_owned(), cause: error.to_string() })
}

fn write_zeros(log: &Path, wanted: u64) -> std::io::Result<u64> {
    let mut file: File = OpenOptions::new().append(true).open(log)?;
    let mut length = file.metadata()?.len();
    if length < wanted {
        let missing = wanted.next_multiple_of(STEP) - length;
        file.write_all(&vec![0; usize::try_from(missing).unwrap_or(0)])?;
        file.sync_all()?;
        length += missing;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::decision;
    use crate::store::sqlite::{FILE_NAME, Sqlite, StoreOptions};

    #[tokio::test]
    async fn the_log_is_longer_than_what_is_in_it_and_opens_as_if_it_were_not() {
        let place = tempfile::tempdir().unwrap();
        let store = Sqlite::open(StoreOptions::new(place.path())).await.unwrap();
        let log = place.path().join(format!("{FILE_NAME}-wal"));
        let length = || std::fs::metadata(&log).unwrap().len();
        let mut kept = Vec::new();
        for n in 1..=200 {
            store.append_decision(decision("a", n), None).await.unwrap();
            kept.push(decision("a", n));
            // The next answer comes after the room that was made after the last batch.
            store.append_decision(decision("a", n), None).await.unwrap();
            assert_eq!(length() % STEP, 0, "after {n}");
        }
        assert!(length() >= 2 * STEP, "{}", length());
        let copies = tempfile::tempdir().unwrap();
        for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
            std::fs::copy(place.path().join(&name), copies.path().join(&name)).unwrap();
        }
        let copy = Sqlite::open(StoreOptions::new(copies.path())).await.unwrap();
        let rows = copy.links(0, 300).await.unwrap();
        assert_eq!(rows.into_iter().map(|link| link.row).collect::<Vec<_>>(), kept);

        // Cut to nothing, it is given room again.
        store.scrub().await.unwrap();
        assert_eq!(length(), 0);
        for n in 201..=203_u8 {
            store.append_decision(decision("a", n), None).await.unwrap();
        }
        assert_eq!(length(), 2 * STEP);
        store.close().await.unwrap();
        assert!(!log.exists());
    }
}
