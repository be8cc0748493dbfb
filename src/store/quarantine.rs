//! Counts of events that were not believed.

use super::{Store, StoreError};
use crate::domain::{Quarantined, TenantId};

impl Store {
    /// Adds to the counts of a tenant, by day and cause.
    ///
    /// # Errors
    /// When they cannot be made durable; then none was added.
    pub async fn add_quarantined(&self, tenant: &TenantId, more: Vec<Quarantined>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.add_quarantined(tenant, more).await,
            Self::Postgres(postgres) => postgres.add_quarantined(tenant, more).await,
        }
    }

    /// The counts of a tenant, by day and cause.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn quarantined(&self, tenant: &TenantId) -> Result<Vec<Quarantined>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.quarantined(tenant).await,
            Self::Postgres(postgres) => postgres.quarantined(tenant).await,
        }
    }
}
