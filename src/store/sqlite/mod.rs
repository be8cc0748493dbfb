//! The embedded backend: one SQLite file, one writer thread, a few readers.

mod convert;
mod decisions;
mod events;
mod file;
mod promotions;
mod readers;
mod subjects;
mod writer;

pub use file::{FILE_NAME, StoreOptions};

use std::sync::Arc;

use rusqlite::Connection;

use super::StoreError;
use readers::Readers;
use writer::Writer;

/// An open SQLite store. Clones share it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens or creates the file and starts the writer.
    pub(super) async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        blocking(move || {
            let path = file::prepare(&options)?;
            let writer = Writer::start(file::connect(&path, &options)?, &path, options.queue)?;
            Ok(Self { writer, readers: Arc::new(Readers::new(path, options.readers)) })
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
