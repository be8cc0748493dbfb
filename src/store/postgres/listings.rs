//! The ads that services knew.

use deadpool_postgres::ClientWrapper;

use super::Postgres;
use super::connection::execute;
use super::convert::get;
use super::writer::Work;
use crate::store::{Hash, StoreError};

impl Postgres {
    /// See [`crate::store::Store::keep_listing`].
    pub(in crate::store) async fn keep_listing(&self, version: Hash, ads: Vec<u8>) -> Result<(), StoreError> {
        self.write(Keep { version, ads }).await
    }

    /// See [`crate::store::Store::listing`].
    pub(in crate::store) async fn listing(&self, version: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.read("SELECT ads FROM listings WHERE version = $1", &[&version.as_slice()]).await?;
        rows.first().map(|row| get(row, "ads")).transpose()
    }
}

struct Keep {
    version: Hash,
    ads: Vec<u8>,
}

impl Work for Keep {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let sql = "INSERT INTO listings VALUES ($1, $2) ON CONFLICT DO NOTHING";
        execute(on, sql, &[&self.version.as_slice(), &self.ads]).await?;
        Ok(())
    }
}
