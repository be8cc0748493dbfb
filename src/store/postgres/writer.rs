//! The one writer of a process: a task that commits in groups.
//!
//! While one batch is being committed, callers queue; when the server has said that it is on disk, the writer takes
//! whatever waits as its next batch. So a lone caller waits for one commit and many callers share one, and there is no
//! timer to tune. Callers hear of their job after the commit, never before.
//!
//! Several processes may write. A batch of decisions alone shares a lock with such batches of others; any other batch
//! has it alone. So what is written in order is read in that order, and what is looked up before it is written is
//! still so when it is committed, as in a store with one writer.

use std::collections::BTreeSet;
use std::pin::Pin;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::sync::{mpsc, oneshot};

use super::connection::session;
use super::decisions::{self, Appending, Outcome};
use super::tips::Tips;
use crate::domain::Day;
use crate::store::{AppendedDecision, DecisionRow, StoreError, SubjectRow};

/// Most jobs in one transaction: enough to share a commit, few enough to bound a lone job's wait.
const BATCH_MAX: usize = 256;

/// The key of the lock that orders batches; it counts within one database.
pub(super) const ORDER: i64 = 0x6c69_6d70_6964;

/// The way to the writer task, which ends when all clones are gone or one says close.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Append(Box<Appending>),
    Write(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// Something that is written in a transaction. It may run twice, the first time undone.
pub(super) trait Work: Send + Sync + 'static {
    /// What the caller hears once it is committed.
    type Answer: Send + 'static;

    /// Does it. What it did is undone when it fails.
    fn run(&self, on: &ClientWrapper) -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;
}

impl Writer {
    /// Starts the task on a pool that has one session; it appends to chains of this `claim`.
    pub(super) fn start(pool: Pool, claim: [u8; 16], queue: usize) -> Self {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        tokio::spawn(serve(pool, Tips::of(claim), receiver));
        Self { queue: sender }
    }

    /// Runs `work` in the next batch; its answer once that is committed.
    pub(super) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work, outcome: None, reply });
        self.hand_in(Message::Write(job), answer).await
    }

    /// Appends a decision in the next batch.
    pub(super) async fn append(
        &self,
        row: DecisionRow,
        one_off: Option<SubjectRow>,
    ) -> Result<AppendedDecision, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.hand_in(Message::Append(Box::new(Appending { row, one_off, reply })), answer).await
    }

    async fn hand_in<T>(
        &self,
        message: Message,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.queue.send(message).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has the task finish what is queued and end.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.queue.send(Message::Close(reply)).await.is_ok() {
            // The task may have ended meanwhile.
            let _ = answer.await;
        }
    }
}

/// What is committed together.
#[derive(Default)]
struct Batch {
    decisions: Vec<Appending>,
    others: Vec<Box<dyn Job>>,
}

async fn serve(pool: Pool, mut tips: Tips, mut queue: mpsc::Receiver<Message>) {
    let mut closing = Vec::new();
    while let Some(first) = queue.recv().await {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Append(decision) => batch.decisions.push(*decision),
                Message::Write(job) => batch.others.push(job),
                Message::Close(reply) => {
                    queue.close();
                    closing.push(reply);
                }
            }
            next = if batch.len() < BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        batch.commit(&pool, &mut tips).await;
    }
    pool.close();
    for reply in closing {
        // The caller may have gone.
        let _ = reply.send(());
    }
}

/// Why a batch was not committed.
enum Failed {
    /// The database cannot be reached: nothing was written, and trying again at once is of no use.
    Away(StoreError),
    /// Nothing was written.
    Undone(StoreError),
    /// Nothing was written, because the database had moved on from what was remembered of it.
    Stale,
    /// The connection broke while the commit was under way.
    InDoubt,
}

impl Failed {
    /// Whether the batch may be tried once more as it is: nothing was written, and the cause is gone.
    const fn is_passing(&self) -> bool {
        // A server that restarted since the last batch broke the session.
        matches!(self, Self::Stale | Self::Undone(StoreError::Away { .. }))
    }
}

impl Batch {
    fn len(&self) -> usize {
        self.decisions.len() + self.others.len()
    }

    fn days(&self) -> BTreeSet<Day> {
        self.decisions.iter().map(|decision| decision.row.day).collect()
    }

    /// Commits. When the batch fails as a whole it is undone, and each job is tried alone, so that none fails for
    /// another's sake.
    async fn commit(mut self, pool: &Pool, tips: &mut Tips) {
        if self.len() == 0 {
            return;
        }
        let mut done = self.transact(pool, tips).await;
        if done.as_ref().is_err_and(Failed::is_passing) {
            done = self.transact(pool, tips).await;
        }
        match done {
            Ok(outcomes) => self.answer(Ok(outcomes)),
            Err(Failed::Away(error) | Failed::Undone(error @ StoreError::Away { .. })) => {
                self.answer(Err(error));
            }
            Err(Failed::InDoubt) => self.answer(Err(StoreError::InDoubt)),
            Err(Failed::Undone(error)) if self.len() == 1 => self.answer(Err(error)),
            Err(Failed::Stale) if self.len() == 1 => self.answer(Err(StoreError::Busy)),
            Err(Failed::Undone(_) | Failed::Stale) => {
                for decision in self.decisions {
                    let alone = Self { decisions: vec![decision], others: Vec::new() };
                    Box::pin(alone.commit(pool, tips)).await;
                }
                for job in self.others {
                    let alone = Self { decisions: Vec::new(), others: vec![job] };
                    Box::pin(alone.commit(pool, tips)).await;
                }
            }
        }
    }

    /// Runs the batch in one transaction. After a failure the ends of the chains are read anew.
    async fn transact(&mut self, pool: &Pool, tips: &mut Tips) -> Result<Vec<Outcome>, Failed> {
        let on = session(pool).await.map_err(Failed::Away)?;
        let failed = match self.run(&on, tips).await {
            Ok(Some((outcomes, ends))) => match on.batch_execute("COMMIT").await.map_err(StoreError::from) {
                Ok(()) => {
                    *tips = ends;
                    return Ok(outcomes);
                }
                // The server may have committed and not come to say so.
                Err(StoreError::Away { .. }) => Failed::InDoubt,
                Err(error) => Failed::Undone(error),
            },
            Ok(None) => Failed::Stale,
            Err(error) => Failed::Undone(error),
        };
        tips.forget();
        undo(on).await;
        Err(failed)
    }

    /// What became of the decisions, and where their chains end then; None when that is not what was remembered.
    async fn run(
        &mut self,
        on: &ClientWrapper,
        tips: &Tips,
    ) -> Result<Option<(Vec<Outcome>, Tips)>, StoreError> {
        let days = self.days();
        let alone = !self.others.is_empty() || days.iter().any(|day| !tips.has(*day));
        let lock = if alone { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" };
        on.batch_execute(&format!("BEGIN; SELECT {lock}({ORDER})")).await?;
        for job in &mut self.others {
            job.run(on).await?;
        }
        let mut ends = tips.clone();
        if days.is_empty() {
            return Ok(Some((Vec::new(), ends)));
        }
        for day in &days {
            ends.claim(on, *day).await?;
        }
        if !ends.are_open(on, &days).await? {
            return Ok(None);
        }
        let outcomes = decisions::append(on, &mut ends, &self.decisions).await?;
        Ok(outcomes.map(|outcomes| (outcomes, ends)))
    }

    /// Tells every caller.
    fn answer(self, committed: Result<Vec<Outcome>, StoreError>) {
        let (mut appended, failed) = match committed {
            Ok(appended) => (appended.into_iter(), None),
            Err(error) => (Vec::new().into_iter(), Some(error)),
        };
        for decision in self.decisions {
            let outcome = appended.next().unwrap_or(Err(StoreError::Closed));
            // The caller may have gone; the write stands.
            let _ = decision.reply.send(failed.clone().map_or(outcome, Err));
        }
        for job in self.others {
            job.answer(failed.clone().map_or(Ok(()), Err));
        }
    }
}

/// Takes a transaction back; a session that cannot is given up.
async fn undo(on: Object) {
    if on.batch_execute("ROLLBACK").await.is_err() {
        drop(Object::take(on));
    }
}

/// One write with the caller who waits for it.
trait Job: Send {
    /// Does the work and keeps its outcome; the error, so that all is undone.
    fn run<'a>(
        &'a mut self,
        on: &'a ClientWrapper,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;
    /// Tells the caller: the outcome when the batch was committed, else why it was not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<W: Work> {
    work: W,
    outcome: Option<W::Answer>,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

impl<W: Work> Job for Pending<W> {
    fn run<'a>(
        &'a mut self,
        on: &'a ClientWrapper,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> {
        Box::pin(async move {
            self.outcome = Some(self.work.run(on).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { outcome, reply, .. } = *self;
        // The caller may have gone; the write stands.
        let _ = reply.send(committed.and_then(|()| outcome.ok_or(StoreError::Closed)));
    }
}
