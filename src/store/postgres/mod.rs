//! The second backend: a PostgreSQL database, one writer and a few readers for each process on it.

mod changes;
mod choices;
mod cleaner;
mod concerns;
mod connection;
mod convert;
mod decisions;
mod deletion_requests;
mod events;
mod listings;
mod log;
mod migrate;
mod naming;
mod promotions;
mod quarantine;
mod rights;
mod subjects;
mod tips;
mod writer;

pub use connection::PostgresOptions;

use std::fmt;

use deadpool_postgres::Pool;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};
use uuid::Uuid;

use super::StoreError;
use cleaner::Cleaner;
use connection::{query, session};
use writer::{Work, Writer};

/// An open store in PostgreSQL. Clones share it.
#[derive(Clone)]
pub struct Postgres {
    writer: Writer,
    readers: Pool,
    cleaner: Cleaner,
}

/// Where the database is stays unsaid.
impl fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, brings the tables up to date and starts the writer.
    pub(super) async fn open(options: &PostgresOptions) -> Result<Self, StoreError> {
        let config = options.config()?;
        let pool = connection::pool(&with(&config, WRITING), 1)?;
        let mut first = session(&pool).await?;
        migrate::migrate(&mut first, options.keys.as_ref()).await?;
        drop(first);
        Ok(Self {
            writer: Writer::start(pool, *Uuid::new_v4().as_bytes(), options.queue),
            readers: connection::pool(&with(&config, READING), options.readers)?,
            cleaner: Cleaner::on(connection::pool(&config, 1)?),
        })
    }

    /// Does `work` in the next transaction of the writer; resolves when it is durable.
    async fn write<W: Work>(&self, work: W) -> Result<W::Answer, StoreError> {
        self.writer.write(work).await
    }

    /// The rows that one of the readers finds.
    async fn read(&self, sql: &str, key: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        match query(&*session(&self.readers).await?, sql, key).await {
            // The server may have restarted since the session was used last.
            Err(StoreError::Away { .. }) => query(&*session(&self.readers).await?, sql, key).await,
            read => read,
        }
    }

    /// Finishes what was handed in and closes.
    pub(super) async fn close(&self) {
        self.readers.close();
        self.cleaner.close();
        self.writer.close().await;
    }
}

/// The writer looks rows up by their keys; a plan that was made while tables were small must not scan them when they
/// have grown.
const WRITING: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

const READING: &str = "-c default_transaction_read_only=on";

/// The same with further settings of the session.
fn with(config: &Config, settings: &str) -> Config {
    let mut config = config.clone();
    let common = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{common} {settings}"));
    config
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;
    use crate::domain::Timestamp;
    use crate::store::contract::database::Database;
    use crate::store::contract::{Place, choice, decision, tenant, walk};
    use crate::store::{AppendedChoice, AppendedDecision, ChainId, Expiry, Head, Seal, Store};

    /// Ends every session of stores on the database, as a restart of the server would.
    const BREAK: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()";

    #[tokio::test]
    async fn a_store_whose_sessions_broke_goes_on_without_being_told() {
        let database = Database::make().await;
        let store = database.open().await;
        for n in 0..10 {
            assert!(store.pulse().await.is_ok());
            let appended = store.append_decision(decision("a", n), None).await;
            assert!(matches!(appended, Ok(AppendedDecision::New { .. })), "{n}: {appended:?}");
            database.run(BREAK).await;
        }
    }

    #[tokio::test]
    async fn sessions_that_break_under_load_lose_nothing_that_was_acknowledged() {
        let database = Database::make().await;
        let store = database.open().await;
        let mut writes = JoinSet::new();
        for n in 0..200 {
            let store = store.clone();
            writes.spawn(async move {
                tokio::time::sleep(std::time::Duration::from_micros(u64::from(n) * 500)).await;
                (n, store.append_decision(decision("a", n), None).await)
            });
        }
        for _ in 0..5 {
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
            database.run(BREAK).await;
        }
        for (n, appended) in writes.join_all().await {
            let kept = store.decision(&tenant("a"), decision("a", n).id).await.unwrap();
            match appended {
                Ok(AppendedDecision::New { .. }) => assert_eq!(kept, Some(decision("a", n)), "{n}"),
                Err(StoreError::InDoubt) => {
                    let again = store.append_decision(decision("a", n), None).await.unwrap();
                    assert_eq!(kept.is_some(), matches!(again, AppendedDecision::Known(_)), "{n}");
                }
                Err(StoreError::Away { .. }) => assert_eq!(kept, None, "{n}"),
                other => panic!("{n}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let database = Database::make().await;
        let Store::Postgres(store) = database.open().await else { unreachable!() };
        let written = store.read("DELETE FROM decisions", &[]).await;
        assert!(matches!(written, Err(StoreError::Io { .. })), "{written:?}");
    }

    #[tokio::test]
    async fn two_stores_on_one_database_decide_on_an_id_once_and_keep_their_chains_whole() {
        let database = Database::make().await;
        let stores = [database.open().await, database.open().await];
        let mut writes = JoinSet::new();
        for n in 0..100_u8 {
            for store in &stores {
                let store = store.clone();
                writes.spawn(async move { store.append_decision(decision("a", n), None).await.unwrap() });
            }
        }
        let appended = writes.join_all().await;
        let new = appended.iter().filter(|appended| matches!(appended, AppendedDecision::New { .. })).count();
        assert_eq!((new, appended.len()), (100, 200));
        let walked = walk(&stores[0]).await.unwrap();
        assert_eq!(walked.iter().map(|(_, length)| length).sum::<u32>(), 100);
    }

    #[tokio::test]
    async fn a_chain_that_another_store_sealed_takes_nothing_more() {
        let database = Database::make().await;
        let (store, other) = (database.open().await, database.open().await);
        let AppendedDecision::New { seq } = store.append_decision(decision("a", 1), None).await.unwrap()
        else {
            unreachable!()
        };
        let first = ChainId::of(seq);
        let head = Head {
            chain: first,
            length: 1,
            root: [1; 32],
            at: Timestamp::from_micros(1),
            key: "key".to_owned(),
            signature: [1; 64],
        };
        let seal = Seal { ordinal: 1, head, previous: [0; 32], expiry: None };
        assert_eq!(other.seal(seal).await, Ok(true));
        let mut writes = JoinSet::new();
        for n in 2..20 {
            let store = store.clone();
            writes.spawn(async move { store.append_decision(decision("a", n), None).await.unwrap() });
        }
        writes.join_all().await;
        let second = ChainId::new(first.day(), first.writer() + 1).unwrap();
        assert_eq!(walk(&store).await, Ok(vec![(first, 1), (second, 18)]));
    }

    #[tokio::test]
    async fn the_table_of_a_day_goes_with_its_last_decision_and_comes_again() {
        let database = Database::make().await;
        let store = database.open().await;
        let there = || async {
            let Store::Postgres(store) = &store else { unreachable!() };
            let sql = "SELECT 1 FROM pg_class WHERE relname = 'decisions_of_day_17413'";
            store.read(sql, &[]).await.unwrap().len()
        };
        assert_eq!(there().await, 0);
        for (ordinal, n) in [(1, 1), (2, 2)] {
            let AppendedDecision::New { seq } = store.append_decision(decision("a", n), None).await.unwrap()
            else {
                unreachable!()
            };
            let chain = ChainId::of(seq);
            let at = Timestamp::from_micros(1);
            let (key, signature) = ("key".to_owned(), [1; 64]);
            let head = Head { chain, length: 1, root: [1; 32], at, key, signature };
            let seal = Seal { ordinal, head, previous: [0; 32], expiry: None };
            assert_eq!(store.seal(seal).await, Ok(true));
            assert_eq!(there().await, 1);
            let expiry = Expiry { at, signature };
            assert_eq!(store.expire(chain, expiry, 9).await, Ok(1));
            assert_eq!(store.expire(chain, expiry, 9).await, Ok(0));
            assert_eq!(there().await, 0);
        }
    }

    #[tokio::test]
    async fn two_stores_on_one_database_take_a_change_once_and_keep_the_order_of_places() {
        let database = Database::make().await;
        let stores = [database.open().await, database.open().await];
        let mut writes = JoinSet::new();
        for n in 0..40_u8 {
            for store in &stores {
                let store = store.clone();
                writes
                    .spawn(async move { store.append_choice(choice("a", n, &format!("c-{n}"), &[])).await });
            }
        }
        let (mut new, mut read, mut after) = (0, 0, 0);
        while let Some(appended) = writes.join_next().await {
            new += usize::from(matches!(appended.unwrap(), Ok(AppendedChoice::New { .. })));
            // Whoever reads on from where it was misses none.
            let page = stores[new % 2].choices(after, 99).await.unwrap();
            after = page.last().map_or(after, |last| last.seq);
            read += page.len();
        }
        assert_eq!((new, read), (40, 40));
    }
}
