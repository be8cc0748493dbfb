//! Folding the write-ahead log into the file, beside the writer.
//!
//! Folding copies pages and syncs the file: milliseconds that callers would wait for if the writer did
//! it, and tens of them when there is much to copy, because the log is on the same disk. So a thread of
//! its own copies a little at a time while the writer goes on appending. When the log is long, the writer
//! copies what little is left between two batches, after which the log begins anew; that is the only time
//! when callers wait, and it is seldom. Nothing is durable later for it: a batch is durable when the log
//! is synced.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::store::StoreError;

/// Copy when so many pages (of 4 KiB) are not in the file: few enough that the log's next sync does not
/// wait long behind that of the file.
const PAGES: u32 = 128;
/// Let the log begin anew when it has so many pages: 32 MB, for while it grows to that its syncs take longer; less where
/// a test has to write them.
const PAGES_LONG: u32 = if cfg!(test) { 4_000 } else { 8_000 };
/// What the writer copies then is at most so many pages.
const PAGES_LEFT: u32 = 64;
/// Let the log begin anew at this length, whatever is left.
const PAGES_MAX: u32 = 2 * PAGES_LONG;

/// What the thread does: nothing, copy, or nothing since it copied last.
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
    /// How many it had when it was folded last.
    folded: AtomicU32,
    thread: AtomicU8,
}

/// What is to be done after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    /// The thread copies, while the writer goes on.
    Copy,
    /// The writer copies the rest, and the log begins anew.
    Finish,
}

impl Progress {
    fn next(&self) -> Step {
        let pages = self.pages.load(Ordering::Relaxed);
        // A log that is shorter than it was began anew.
        let folded = Some(self.folded.load(Ordering::Relaxed)).filter(|folded| *folded <= pages);
        let left = pages - folded.unwrap_or(0);
        let is_long = pages >= PAGES_LONG;
        match self.thread.load(Ordering::Acquire) {
            COPYING => Step::Nothing,
            // Once for each time that the thread copied: a reader may hold on to the log.
            COPIED if is_long && (left <= PAGES_LEFT || pages >= PAGES_MAX) => Step::Finish,
            COPIED if is_long => Step::Copy,
            _ if left >= PAGES => Step::Copy,
            _ => Step::Nothing,
        }
    }

    /// Folds on `connection`, and notes how long the log was.
    fn fold(&self, connection: &Connection) {
        match fold(connection) {
            Ok(pages) => self.folded.store(pages, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the log was not folded into the file; it is tried again"),
        }
    }
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
        let shared = Arc::clone(&progress);
        let thread = std::thread::Builder::new()
            .name("limpid-fold".to_owned())
            .spawn(move || copy(&other, &woken, &shared))
            .map_err(|error| StoreError::Unwritable { path: path.to_owned(), cause: error.to_string() })?;
        Ok(Self { progress, wake: Some(wake), thread: Some(thread) })
    }

    /// Pages of the log, as of the last commit.
    pub(super) fn pages(&self) -> u32 {
        self.progress.pages.load(Ordering::Relaxed)
    }

    /// Has the log folded. The writer calls this after each batch, when it has told its callers.
    pub(super) fn after_batch(&self, writer: &Connection) {
        match self.progress.next() {
            Step::Nothing => {}
            Step::Copy => {
                self.progress.thread.store(COPYING, Ordering::Release);
                if let Some(wake) = &self.wake {
                    let _ = wake.try_send(());
                }
            }
            Step::Finish => {
                self.progress.fold(writer);
                self.progress.thread.store(RESTING, Ordering::Release);
            }
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
        progress.fold(connection);
        progress.thread.store(COPIED, Ordering::Release);
    }
}

/// Copies what nobody reads from the log any more, and waits for nobody; returns how many pages the log
/// has.
fn fold(connection: &Connection) -> Result<u32, StoreError> {
    let pages = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1))?;
    Ok(u32::try_from(pages).unwrap_or(0))
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
        commit(&writer, PAGES_LONG);
        folding.after_batch(&writer);
        let mut batches = 1;
        // The thread copies until little is left; from then on a batch finds a log that began anew.
        while pages() >= PAGES_LONG {
            commit(&writer, 1);
            folding.after_batch(&writer);
            batches += 1;
        }
        let kept: i64 = writer.query_row("SELECT count(*) FROM filler", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, batches);
        folding.end();
    }

    #[test]
    fn a_little_is_copied_at_a_time_and_the_writer_copies_only_the_end_of_a_long_log() {
        let after = |pages: u32, folded: u32, thread: u8| {
            Progress { pages: pages.into(), folded: folded.into(), thread: thread.into() }.next()
        };
        assert_eq!(after(PAGES - 1, 0, RESTING), Step::Nothing);
        assert_eq!(after(PAGES, 0, RESTING), Step::Copy);
        assert_eq!(after(PAGES, 0, COPYING), Step::Nothing);
        assert_eq!(after(2 * PAGES - 1, PAGES, COPIED), Step::Nothing);
        assert_eq!(after(2 * PAGES, PAGES, COPIED), Step::Copy);
        // The log began anew.
        assert_eq!(after(PAGES - 1, PAGES_LONG, COPIED), Step::Nothing);
        assert_eq!(after(PAGES, PAGES_LONG, COPIED), Step::Copy);
        // The log is long.
        assert_eq!(after(PAGES_LONG, PAGES_LONG - PAGES_LEFT - 1, COPIED), Step::Copy, "too much is left");
        assert_eq!(after(PAGES_LONG, PAGES_LONG - PAGES_LEFT, COPIED), Step::Finish);
        assert_eq!(after(PAGES_LONG, PAGES_LONG - PAGES_LEFT, RESTING), Step::Nothing, "it was tried");
        assert_eq!(after(PAGES_MAX, 0, COPIED), Step::Finish, "whatever is left");
    }
}
