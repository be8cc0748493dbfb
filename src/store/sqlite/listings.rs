//! The ads that services knew.

use rusqlite::{OptionalExtension, params};

use super::Sqlite;
use crate::store::{Hash, StoreError};

impl Sqlite {
    /// See [`crate::store::Store::keep_listing`].
    pub(in crate::store) async fn keep_listing(&self, version: Hash, ads: Vec<u8>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("INSERT INTO listings VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute(params![version, ads])?;
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::listing`].
    pub(in crate::store) async fn listing(&self, version: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT ads FROM listings WHERE version = ?1")?;
            Ok(statement.query_row(params![version], |row| row.get(0)).optional()?)
        })
        .await
    }
}
