//! The labels as a service reaches them: a folder that is opened for each right that is exercised, and closed again.
//!
//! So the process that decides holds neither labels nor their keys, and labels that come while it runs are found.

use std::path::PathBuf;

use super::{AttributeCounts, GroupLabel, LabelError, LabelStore};
use crate::domain::{TenantId, Timestamp};

/// Where labels are, if there are any.
#[derive(Clone, Debug)]
pub struct LabelFolder(PathBuf);

impl LabelFolder {
    /// The folder at a path; it need not be there.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// What is held of a person.
    ///
    /// # Errors
    /// When labels are there and cannot be read.
    pub async fn held(&self, tenant: TenantId, raw_id: String) -> Result<Vec<GroupLabel>, LabelError> {
        self.with(move |store| store.held(&tenant, &raw_id)).await
    }

    /// Erases the labels of a person; how many.
    ///
    /// # Errors
    /// When labels are there and cannot be erased.
    pub async fn erase(&self, tenant: TenantId, raw_id: String, at: Timestamp) -> Result<u64, LabelError> {
        self.with(move |store| store.erase_person(&tenant, &raw_id, at)).await
    }

    /// The attributes of a tenant, with counts of people by value.
    ///
    /// # Errors
    /// When labels are there and cannot be read.
    pub async fn counts(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<AttributeCounts>, LabelError> {
        self.with(move |store| store.counts(&tenant, now)).await
    }

    /// Deletes the labels whose time is over; how many.
    ///
    /// # Errors
    /// When labels are there and cannot be read or written.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, LabelError> {
        self.with(move |store| store.sweep(now)).await
    }

    /// Does something with the labels where there are any, off the threads that serve.
    async fn with<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&mut LabelStore) -> Result<T, LabelError> + Send + 'static,
    ) -> Result<T, LabelError> {
        let folder = self.0.clone();
        let done = tokio::task::spawn_blocking(move || match LabelStore::open_existing(&folder)? {
            None => Ok(T::default()),
            Some(mut store) => work(&mut store),
        });
        done.await.unwrap_or_else(|error| {
            Err(LabelError::Unusable { path: self.0.clone(), cause: error.to_string() })
        })
    }
}
