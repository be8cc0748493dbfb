//! A few connections that only read, each used by one caller at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{blocking, file};
use crate::store::StoreError;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    places: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Opens nothing yet: connections are made when first wanted.
    pub(super) fn new(path: PathBuf, count: usize) -> Self {
        Self { path, places: Semaphore::new(count.max(1)), idle: Mutex::new(Vec::new()) }
    }

    /// Waits for a place and runs `work` where it may block.
    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self);
        let _place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        blocking(move || {
            let connection = match readers.idle().pop() {
                Some(connection) => connection,
                None => file::connect_reader(&readers.path)?,
            };
            let result = work(&connection);
            readers.idle().push(connection);
            result
        })
        .await
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets no further reader in.
    pub(super) fn close(&self) {
        self.places.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // The list is whole whenever the lock is free: nothing in between can panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
