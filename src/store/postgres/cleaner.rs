//! What no transaction can do, beside the writer: one run at a time, which all share who asked before it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool_postgres::Pool;
use tokio::sync::Mutex;

use super::connection::session;
use crate::store::StoreError;

/// Runs one statement for many who ask for it. Clones share it.
#[derive(Clone)]
pub(super) struct Cleaner {
    pool: Pool,
    asked: Arc<AtomicU64>,
    /// How many of those who asked were served.
    served: Arc<Mutex<u64>>,
}

impl Cleaner {
    /// Runs on a pool of one session.
    pub(super) fn on(pool: Pool) -> Self {
        Self { pool, asked: Arc::default(), served: Arc::default() }
    }

    /// Has `statement` run, from beginning to end, after this was called.
    pub(super) async fn run(&self, statement: &str) -> Result<(), StoreError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut served = self.served.lock().await;
        if *served >= number {
            return Ok(());
        }
        let all_before = self.asked.load(Ordering::SeqCst);
        session(&self.pool).await?.batch_execute(statement).await?;
        *served = all_before;
        Ok(())
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}
