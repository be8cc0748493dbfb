//! Which Data Deletion Requests were carried out.

use deadpool_postgres::ClientWrapper;

use super::Postgres;
use super::connection::execute;
use super::convert::moment;
use super::writer::Work;
use crate::domain::{TenantId, Timestamp};
use crate::store::{Hash, StoreError};

impl Postgres {
    /// See [`crate::store::Store::keep_deletion_request`].
    pub(in crate::store) async fn keep_deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(Keep { tenant: tenant.clone(), request, at }).await
    }

    /// See [`crate::store::Store::deletion_request`].
    pub(in crate::store) async fn deletion_request(
        &self,
        tenant: &TenantId,
        request: Hash,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT at FROM deletion_requests WHERE tenant = $1 AND request = $2";
        let rows = self.read(sql, &[&tenant.as_str(), &request.as_slice()]).await?;
        rows.first().map(|row| moment(row, "at")).transpose()
    }

    /// See [`crate::store::Store::drop_deletion_requests`].
    pub(in crate::store) async fn drop_deletion_requests(
        &self,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(Drop { before }).await
    }
}

struct Keep {
    tenant: TenantId,
    request: Hash,
    at: Timestamp,
}

impl Work for Keep {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let sql = "INSERT INTO deletion_requests (tenant, request, at) VALUES ($1, $2, $3) \
                   ON CONFLICT (tenant, request) DO NOTHING";
        execute(on, sql, &[&self.tenant.as_str(), &self.request.as_slice(), &self.at.micros()]).await?;
        Ok(())
    }
}

struct Drop {
    before: Timestamp,
}

impl Work for Drop {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        execute(on, "DELETE FROM deletion_requests WHERE at < $1", &[&self.before.micros()]).await
    }
}
