//! Which Data Deletion Requests were carried out.

use rusqlite::params;

use super::Sqlite;
use super::convert::moment;
use crate::domain::{TenantId, Timestamp};
use crate::store::{Hash, StoreError};

impl Sqlite {
    /// See [`crate::store::Store::keep_deletion_request`].
    pub(in crate::store) async fn keep_deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO deletion_requests (tenant, request, at) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (tenant, request) DO NOTHING",
                )?
                .execute(params![tenant.as_str(), request, at.micros()])?;
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::deletion_request`].
    pub(in crate::store) async fn deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
    ) -> Result<Option<Timestamp>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT at FROM deletion_requests WHERE tenant = ?1 AND request = ?2")?;
            let mut rows = statement.query(params![tenant.as_str(), request])?;
            rows.next()?.map(|row| moment(row, "at")).transpose()
        })
        .await
    }

    /// See [`crate::store::Store::drop_deletion_requests`].
    pub(in crate::store) async fn drop_deletion_requests(
        &self,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let dropped = connection
                .prepare_cached("DELETE FROM deletion_requests WHERE at < ?1")?
                .execute(params![before.micros()])?;
            Ok(dropped as u64)
        })
        .await
    }
}
