//! The embedded backend: one SQLite file, one writer thread, a few readers.

mod backup;
mod changes;
mod choices;
mod concerns;
mod convert;
mod decisions;
mod deletion_requests;
mod events;
mod file;
mod fold;
mod index;
mod listings;
mod log;
mod naming;
mod promotions;
mod quarantine;
mod readers;
mod rights;
mod room;
mod subjects;
mod writer;

pub use file::{FILE_NAME, StoreOptions};

use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use super::StoreError;
use index::Index;
use readers::Readers;
use writer::Writer;

/// An open SQLite store. Clones share it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    index: Arc<Index>,
    /// By which the chains are known that this opening appends to.
    claim: [u8; 16],
}

impl Sqlite {
    /// Opens or creates the file and starts the writer.
    pub(super) async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        blocking(move || {
            let path = file::prepare(&options)?;
            let connect = || file::connect(&path, &options);
            let index = Arc::new(Index::default());
            let writer = Writer::start(connect()?, connect()?, &path, Arc::clone(&index), options.queue)?;
            let readers = Arc::new(Readers::new(path, options.readers));
            Ok(Self { writer, readers, index, claim: *Uuid::new_v4().as_bytes() })
        })
        .await
    }

    /// Runs `work` on the writer's connection; resolves when it is durable.
    ///
    /// `work` may run twice, the first time undone, when a batch has to be split.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(work).await
    }

    /// Runs `work` on one of the readers.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        Arc::clone(&self.readers).read(work).await
    }

    /// Finishes what was handed in and closes.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close();
        self.writer.close().await
    }
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Io { cause: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;
    use crate::store::contract::{decision, tenant};
    use crate::store::{AppendedDecision, ChainId, ChainWalk};

    /// Appends decisions at the same time; the numbers of those that were acknowledged.
    async fn append(store: &Sqlite, numbers: std::ops::Range<u8>) -> Vec<u8> {
        let mut writes = JoinSet::new();
        for n in numbers {
            let store = store.clone();
            writes.spawn(async move { (n, store.append_decision(decision("a", n), None).await) });
        }
        let mut acknowledged = Vec::new();
        for (n, appended) in writes.join_all().await {
            match appended {
                Ok(AppendedDecision::New { .. }) => acknowledged.push(n),
                refused => assert_eq!(refused, Err(StoreError::Full), "{n}"),
            }
        }
        acknowledged
    }

    async fn assert_exactly_these_are_there(store: &Sqlite, acknowledged: &[u8]) {
        for n in 0..=255 {
            let kept = store.decision(&tenant("a"), decision("a", n).id).await.unwrap();
            assert_eq!(kept, acknowledged.contains(&n).then(|| decision("a", n)), "{n}");
        }
        let mut walks: std::collections::BTreeMap<ChainId, ChainWalk> = std::collections::BTreeMap::new();
        for link in store.links(0, 1000).await.unwrap() {
            let chain = ChainId::of(link.seq);
            walks.entry(chain).or_insert_with(|| ChainWalk::start(chain)).step(&link).unwrap();
        }
        let walked: u32 = walks.values().map(ChainWalk::length).sum();
        assert_eq!(walked as usize, acknowledged.len());
    }

    #[tokio::test]
    async fn a_log_that_cannot_grow_refuses_loses_nothing_and_goes_on_when_there_is_room() {
        let place = tempfile::tempdir().unwrap();
        let options = StoreOptions { page_count_max: Some(48), ..StoreOptions::new(place.path()) };
        let store = Sqlite::open(options).await.unwrap();
        let mut acknowledged = append(&store, 0..200).await;
        assert!((1..200).contains(&acknowledged.len()), "{} fit", acknowledged.len());
        assert_exactly_these_are_there(&store, &acknowledged).await;

        let set_limit = |connection: &Connection| {
            connection.pragma_update(None, "max_page_count", 100_000).map_err(StoreError::from)
        };
        store.write(set_limit).await.unwrap();
        let late = append(&store, 200..255).await;
        assert_eq!(late.len(), 55);
        acknowledged.extend(late);
        assert_exactly_these_are_there(&store, &acknowledged).await;

        store.close().await.unwrap();
        let store = Sqlite::open(StoreOptions::new(place.path())).await.unwrap();
        assert_exactly_these_are_there(&store, &acknowledged).await;
    }

    /// A power cut can tear what was not synced yet: the end of the log is missing, or is not what was written.
    #[tokio::test]
    async fn a_log_that_is_torn_at_its_end_opens_with_all_that_came_before_and_goes_on() {
        const FRAME: usize = 24 + 4096;
        let place = tempfile::tempdir().unwrap();
        let store = Sqlite::open(StoreOptions::new(place.path())).await.unwrap();
        for n in 0..12 {
            assert_eq!(append(&store, n..n + 1).await, [n]);
        }
        let log_name = format!("{FILE_NAME}-wal");
        let [file, log] = [FILE_NAME, &log_name].map(|name| std::fs::read(place.path().join(name)).unwrap());
        // Beyond the last frame there is room.
        let last = log.iter().rposition(|byte| *byte != 0).unwrap();
        let log = &log[..32 + (last - 32) / FRAME * FRAME + FRAME];
        let mut fewest = 12;
        for torn_bytes in [1, 2000, FRAME, FRAME + 1, 3 * FRAME + 100] {
            let cut = log[..log.len() - torn_bytes].to_vec();
            let garbled = [&cut[..], &vec![0xa5; torn_bytes]].concat();
            for log in [cut, garbled] {
                let torn = tempfile::tempdir().unwrap();
                std::fs::write(torn.path().join(FILE_NAME), &file).unwrap();
                std::fs::write(torn.path().join(&log_name), log).unwrap();
                let store = Sqlite::open(StoreOptions::new(torn.path())).await.unwrap();
                let kept = store.links(0, 100).await.unwrap().len();
                assert!((6..12).contains(&kept), "{kept} are left when {torn_bytes} bytes are torn");
                fewest = fewest.min(kept);
                let mut there: Vec<u8> = (0..u8::try_from(kept).unwrap()).collect();
                assert_exactly_these_are_there(&store, &there).await;
                assert_eq!(append(&store, 200..203).await.len(), 3);
                there.extend(200..203);
                assert_exactly_these_are_there(&store, &there).await;
            }
        }
        assert!(fewest < 11, "more than one commit was torn");
    }

    #[tokio::test]
    async fn a_batch_that_fails_as_a_whole_is_tried_job_by_job() {
        let place = tempfile::tempdir().unwrap();
        let store = Sqlite::open(StoreOptions::new(place.path())).await.unwrap();
        // As an I/O error would, this job undoes the transaction of all.
        let undo = store.write(|connection| -> Result<(), StoreError> {
            connection.execute_batch("ROLLBACK")?;
            Err(StoreError::Full)
        });
        let (undone, acknowledged) = tokio::join!(undo, append(&store, 0..20));
        assert_eq!(undone, Err(StoreError::Full));
        assert_eq!(acknowledged.len(), 20);
        assert_exactly_these_are_there(&store, &acknowledged).await;
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let place = tempfile::tempdir().unwrap();
        let store = Sqlite::open(StoreOptions::new(place.path())).await.unwrap();
        let written = store.read(|connection| Ok(connection.execute_batch("DELETE FROM decisions")?)).await;
        assert!(matches!(written, Err(StoreError::Io { .. })), "{written:?}");
    }
}
