//! Folding the write-ahead log into the file, beside the writer.
//!
//! Folding copies pages and syncs the file: tens of milliseconds that callers would wait for if the
//! writer did it. So a thread of its own copies, again and again until little is left, while the writer
//! goes on appending; what is left the writer copies between two batches, after which the log begins
//! anew. Nothing is durable later for it: a batch is durable when the log is synced.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::store::StoreError;

/// Fold the log when it has so many pages (of 4 KiB).
const PAGES: u32 = 8_000;
/// Leave the rest to the writer when it is of so many pages.
const PAGES_LEFT: u32 = 64;
/// How often the thread copies before it leaves the rest to the writer, whatever it is.
const PASSES: u32 = 8;

const RESTING: u8 = 0;
const COPYING: u8 = 1;
const COPIED: u8 = 2;

/// The folding thread, as the writer sees it.
#[derive(Debug)]
pub(super) struct Folding {
    progress: Arc<Progress>,
    /// None when the thread has been told to end.
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Pages of the log, as of the last commit.
    pages: AtomicU32,
    step: AtomicU8,
}

impl Folding {
    /// Starts the thread. `writer` is the connection that commits, `other` one that the thread uses.
    pub(super) fn start(writer: &mut Connection, other: Connection, path: &Path) -> Result<Self, StoreError> {
        let progress = Arc::new(Progress::default());
        for connection in [&*writer, &other] {
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        }
        let counted = Arc::clone(&progress);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            counted.pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let (wake, woken) = sync_channel(1);
        let copied = Arc::clone(&progress);
        let thread = std::thread::Builder::new()
            .name("limpid-fold".to_owned())
            .spawn(move || copy(&other, &woken, &copied))
            .map_err(|error| StoreError::Unwritable { path: path.to_owned(), cause: error.to_string() })?;
        Ok(Self { progress, wake: Some(wake), thread: Some(thread) })
    }

    /// Has the log folded when it is long. The writer calls this after each batch, when it has told its
    /// callers.
    pub(super) fn after_batch(&self, writer: &Connection) {
        let Progress { pages, step } = &*self.progress;
        match step.load(Ordering::Acquire) {
            RESTING if pages.load(Ordering::Relaxed) >= PAGES => {
                step.store(COPYING, Ordering::Release);
                if let Some(wake) = &self.wake {
                    let _ = wake.try_send(());
                }
            }
            COPIED => {
                if let Err(error) = fold(writer) {
                    tracing::warn!(%error, "the log was not folded into the file; it is tried again");
                }
                step.store(RESTING, Ordering::Release);
            }
            _ => {}
        }
    }

    /// Ends the thread and its connection.
    pub(super) fn end(mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has ended, too.
            let _ = thread.join();
        }
    }
}

fn copy(connection: &Connection, woken: &Receiver<()>, progress: &Progress) {
    while woken.recv().is_ok() {
        for _ in 0..PASSES {
            match fold(connection) {
                Ok(copied) if progress.pages.load(Ordering::Relaxed).saturating_sub(copied) > PAGES_LEFT => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "the log was not folded into the file; the writer does it");
                    break;
                }
            }
        }
        progress.step.store(COPIED, Ordering::Release);
    }
}

/// Copies what nobody reads from the log any more, and waits for nobody; returns how many pages of the
/// log are in the file now.
fn fold(connection: &Connection) -> Result<u32, StoreError> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(2))?;
    Ok(u32::try_from(copied).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::file;
    use crate::store::{FILE_NAME, StoreOptions};

    /// Commits a batch of `pages` pages or more.
    fn commit(writer: &Connection, pages: u32) {
        writer.execute("INSERT INTO filler VALUES (zeroblob(?1))", [pages * 4096]).unwrap();
    }

    #[test]
    fn a_long_log_is_folded_and_begins_anew_while_the_writer_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(place.path());
        let path = file::prepare(&options).unwrap();
        assert_eq!(path, place.path().join(FILE_NAME));
        let mut writer = file::connect(&path, &options).unwrap();
        writer.execute_batch("CREATE TABLE filler (bytes BLOB)").unwrap();
        let folding = Folding::start(&mut writer, file::connect(&path, &options).unwrap(), &path).unwrap();
        let pages = || folding.progress.pages.load(Ordering::Relaxed);
        commit(&writer, PAGES);
        folding.after_batch(&writer);
        let mut batches = 1;
        // The thread copies until little is left; from then on a batch finds a log that began anew.
        while pages() >= PAGES {
            commit(&writer, 1);
            folding.after_batch(&writer);
            batches += 1;
        }
        let kept: i64 = writer.query_row("SELECT count(*) FROM filler", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, batches);
        folding.end();
    }
}
