//! Which Data Deletion Requests were carried out.

use super::{Hash, Store, StoreError};
use crate::domain::{TenantId, Timestamp};

impl Store {
    /// Keeps that a request was carried out; of one that is known the first moment stays.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn keep_deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.keep_deletion_request(tenant, request, at).await,
            Self::Postgres(postgres) => postgres.keep_deletion_request(tenant, request, at).await,
        }
    }

    /// When a request was carried out, if it was and that is still kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
    ) -> Result<Option<Timestamp>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.deletion_request(tenant, request).await,
            Self::Postgres(postgres) => postgres.deletion_request(tenant, request).await,
        }
    }

    /// Forgets the requests of all tenants that were carried out before a moment; how many.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn drop_deletion_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.drop_deletion_requests(before).await,
            Self::Postgres(postgres) => postgres.drop_deletion_requests(before).await,
        }
    }
}
