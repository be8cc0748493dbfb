//! The one writer: a thread that commits in groups.
//!
//! While one batch is being synced to disk, callers queue; when the sync has returned, the writer
//! takes whatever waits as its next batch. So a lone caller waits for one sync and many callers
//! share one, and there is no timer to tune. Each job has its savepoint; callers hear of their job
//! after the commit, never before.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fold::Folding;
use super::index::Index;
use super::room::Room;
use crate::store::StoreError;

/// Most jobs in one transaction: enough to share a sync, few enough to bound a lone job's wait.
const BATCH_MAX: usize = 256;

/// The way to the writer thread, which ends when all clones are gone or one says close.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Write(Box<dyn Job>),
    Scrub(oneshot::Sender<Result<(), StoreError>>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

impl Writer {
    /// Starts the thread on `connection`; `other` is for folding the log.
    pub(super) fn start(
        mut connection: Connection,
        other: Connection,
        path: &Path,
        index: Arc<Index>,
        queue: usize,
    ) -> Result<Self, StoreError> {
        let folding = Folding::start(&mut connection, other, path)?;
        let room = Room::of(path);
        let (sender, receiver) = mpsc::channel(queue.max(1));
        std::thread::Builder::new()
            .name("limpid-store".to_owned())
            .spawn(move || serve(connection, &index, (folding, room), receiver))
            .map_err(|error| StoreError::Unwritable { path: path.to_owned(), cause: error.to_string() })?;
        Ok(Self { queue: sender })
    }

    /// Runs `work` in the next batch; its answer once that is committed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work, outcome: None, reply });
        self.queue.send(Message::Write(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Folds the whole log into the file and cuts it, so that nothing that was deleted is in it.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Message::Scrub(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has the thread finish what is queued and end.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Message::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}

fn serve(
    connection: Connection,
    index: &Index,
    (folding, mut room): (Folding, Room),
    mut queue: mpsc::Receiver<Message>,
) {
    let (mut closing, mut scrubbing) = (Vec::new(), Vec::new());
    while let Some(first) = queue.blocking_recv() {
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Write(job) => batch.push(job),
                Message::Scrub(reply) => scrubbing.push(reply),
                Message::Close(reply) => {
                    queue.close();
                    closing.push(reply);
                }
            }
            next = if batch.len() < BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        commit(&connection, index, batch);
        folding.after_batch(&connection);
        room.after_batch(&connection, folding.pages());
        if !scrubbing.is_empty() {
            let scrubbed = cut_log(&connection);
            for reply in scrubbing.drain(..) {
                // The caller may have gone.
                let _ = reply.send(scrubbed.clone());
            }
        }
    }
    if let Err(error) = index.join_all(&connection) {
        tracing::warn!(%error, "the index was not completed; the next start reads what is missing from the rows");
    }
    folding.end();
    // Folding the log into the file is a courtesy to whoever copies the file; opening does it too.
    let folded =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(StoreError::from);
    // Whoever hears that the store is closed may copy, move or delete its files.
    drop(connection);
    for reply in closing {
        // The caller may have gone.
        let _ = reply.send(folded.clone());
    }
}

/// Copies all of the log into the file and cuts it to nothing; waits a while for those who read from it.
fn cut_log(connection: &Connection) -> Result<(), StoreError> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}

/// Commits a batch. When it fails as a whole (the disk is full, say) it is undone, and each job is
/// tried alone, so that none fails for another's sake.
fn commit(connection: &Connection, index: &Index, mut batch: Vec<Box<dyn Job>>) {
    if batch.is_empty() {
        return;
    }
    let committed = transact(connection, index, &mut batch, true);
    if committed.is_ok() {
        for job in batch {
            job.answer(Ok(()));
        }
        return;
    }
    for job in batch {
        let mut alone = [job];
        let committed = transact(connection, index, &mut alone, false);
        let [job] = alone;
        job.answer(committed);
    }
}

/// One transaction; older entries of the index may join their table with it.
fn transact(
    connection: &Connection,
    index: &Index,
    batch: &mut [Box<dyn Job>],
    may_join: bool,
) -> Result<(), StoreError> {
    let transacted = connection
        .prepare_cached("BEGIN IMMEDIATE")
        .and_then(|mut begin| begin.execute([]))
        .map_err(StoreError::from)
        .and_then(|_| index.begin(connection))
        .and_then(|()| run(connection, batch))
        .and_then(|()| if may_join { index.join(connection) } else { Ok(()) })
        .and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([]).map(|_| ())?));
    if transacted.is_err() {
        index.undone();
        if !connection.is_autocommit() {
            // A rollback that fails leaves the transaction open; the next BEGIN then fails, aloud.
            let _ = connection.execute_batch("ROLLBACK");
        }
    } else {
        index.committed();
    }
    transacted
}

fn run(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    for job in batch {
        connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        if let Err(error) = job.run(connection) {
            // A full disk or an I/O error may have undone the whole transaction.
            if connection.is_autocommit() {
                return Err(error);
            }
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    Ok(())
}

/// One write with the caller who waits for it.
trait Job: Send {
    /// Does the work and keeps its outcome; the error, so that the savepoint is undone.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Tells the caller: the outcome when the batch was committed, else why it was not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, W> {
    work: W,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, W> Job for Pending<T, W>
where
    T: Send,
    W: FnMut(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let outcome = (self.work)(connection);
        let result = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        result
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.outcome, committed) {
            // A job's own error says more than that of the batch it was in.
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        // The caller may have gone; the write stands.
        let _ = self.reply.send(answer);
    }
}
