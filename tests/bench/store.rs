//! Durable decisions a second, and how long each waits, with 64 clients on each store.
//!
//! `cargo bench --bench store` measures SQLite, and PostgreSQL where `LIMPID_TEST_POSTGRES` names a server
//! (`eval "$(tests/postgres start)"`); `-- SECONDS` says how long. Rows have the size of those of the bundled example. First all
//! clients append as fast as they can, then all together 10,000 a second: a row's wait counts from when it was due.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot run should say so and stop"
)]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../it/database.rs"]
mod database;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use limpid::domain::{Alias, Day, DecisionId, TenantId};
use limpid::store::{AppendedDecision, DecisionRow, PostgresOptions, Store, StoreOptions};
use tokio::task::JoinSet;
use uuid::Uuid;

use database::Database;

const CLIENTS: usize = 64;
/// What a decision about 100 candidates of the bundled example takes.
const ENVELOPE_BYTES: usize = 2_800;
/// Decisions a second that are asked for when they are not as many as can be.
const PACED: u32 = 10_000;
/// How long a store is warmed up.
const WARM_UP: Duration = Duration::from_secs(2);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let time = Duration::from_secs(asked.unwrap_or(10));
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(StoreOptions::new(folder.path())).await.expect("a new store opens");
    measure("SQLite", store, time).await;
    if std::env::var("LIMPID_TEST_POSTGRES").is_ok() {
        let database = Database::make().await;
        let store =
            Store::connect(&PostgresOptions::new(database.url())).await.expect("a new database opens");
        measure("PostgreSQL", store, time).await;
    } else {
        println!("PostgreSQL: not measured, LIMPID_TEST_POSTGRES names no server");
    }
}

async fn measure(name: &str, store: Store, time: Duration) {
    let numbers = Arc::new(AtomicU64::new(0));
    load(&store, &numbers, WARM_UP, None).await;
    for (how, paced) in [("as many as can be", None), ("paced", Some(PACED))] {
        let start = Instant::now();
        let mut waits = load(&store, &numbers, time, paced).await;
        let seconds = start.elapsed().as_secs_f64();
        waits.sort_unstable();
        let at = |per_mille: usize| waits[(waits.len() - 1) * per_mille / 1_000].as_secs_f64() * 1e3;
        println!(
            "{name}, {how}: {:.0} durable decisions a second, {CLIENTS} clients; p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            waits.len() as f64 / seconds,
            at(500),
            at(990),
            at(1_000)
        );
    }
    store.close().await.expect("it closes");
}

/// Appends from all clients for a time, each its next decision when the last one is durable and, if `paced` says how many a
/// second, not before it is due; how long each took.
async fn load(store: &Store, numbers: &Arc<AtomicU64>, time: Duration, paced: Option<u32>) -> Vec<Duration> {
    let begun = Instant::now();
    let end = begun + time;
    let clients_count = u32::try_from(CLIENTS).expect("a few");
    let mut clients = JoinSet::new();
    for client in 0..clients_count {
        let (store, numbers) = (store.clone(), numbers.clone());
        clients.spawn(async move {
            let mut waits = Vec::new();
            let mut due = begun + paced.map_or(Duration::ZERO, |rate| Duration::from_secs(1) * client / rate);
            while Instant::now() < end {
                let row = row(numbers.fetch_add(1, Ordering::Relaxed));
                let start = match paced {
                    Some(rate) => {
                        tokio::time::sleep_until(due.into()).await;
                        let next = due + Duration::from_secs(1) * clients_count / rate;
                        std::mem::replace(&mut due, next)
                    }
                    None => Instant::now(),
                };
                let appended = store.append_decision(row, None).await.expect("it is appended");
                assert!(matches!(appended, AppendedDecision::New { .. }));
                waits.push(start.elapsed());
            }
            waits
        });
    }
    clients.join_all().await.concat()
}

/// A decision of random name and bytes, as keyed hashes and ciphertext are.
fn row(number: u64) -> DecisionRow {
    let hash = *blake3::hash(&number.to_le_bytes()).as_bytes();
    let half = |from: usize| <[u8; 16]>::try_from(&hash[from..from + 16]).expect("16 bytes");
    let mut envelope = vec![0; ENVELOPE_BYTES];
    blake3::Hasher::new_keyed(&hash).finalize_xof().fill(&mut envelope);
    DecisionRow {
        version: 1,
        tenant: TenantId::parse("bench").expect("a tenant"),
        id: DecisionId::new(Uuid::from_bytes(half(0))),
        alias: Alias::from_bytes(half(16)),
        day: Day::from_number(20_000),
        body_digest: hash,
        commitment: hash,
        envelope,
    }
}
