//! The formats that a database went through.

use tokio_postgres::Client;

use super::convert::get;
use super::writer::ORDER;
use crate::store::{Hash, StoreError};

/// The formats in order; `schema_version` holds how many of them a database went through.
const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_first.sql"), include_str!("migrations/0002_deletion_requests.sql")];

/// Brings the tables up to date, one process at a time. What tells the `keys` of the data from others is kept when
/// there is none yet.
pub(super) async fn migrate(client: &mut Client, keys: Option<&Hash>) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(&format!("SELECT pg_advisory_xact_lock({ORDER})")).await?;
    transaction.batch_execute("CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL)").await?;
    let found = transaction.query_opt("SELECT max(version) FROM schema_version", &[]).await?;
    let found = found.and_then(|row| row.get::<_, Option<i64>>(0)).unwrap_or(0);
    let mut format = 0;
    for migration in MIGRATIONS {
        format += 1;
        if found < format {
            transaction.batch_execute(migration).await?;
            transaction.execute("INSERT INTO schema_version VALUES ($1)", &[&format]).await?;
        }
    }
    if found > format {
        return Err(StoreError::NewerFormat { found, known: format });
    }
    if let Some(keys) = keys {
        transaction
            .execute("INSERT INTO keys VALUES (0, $1) ON CONFLICT DO NOTHING", &[&keys.as_slice()])
            .await?;
        let kept = transaction.query_one("SELECT told_by FROM keys", &[]).await?;
        if get::<&[u8]>(&kept, "told_by")? != keys {
            return Err(StoreError::OtherKeys);
        }
    }
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::database::Database;
    use crate::store::{PostgresOptions, Store};

    async fn open(database: &Database, keys: Option<Hash>) -> Result<Store, StoreError> {
        Store::connect(&PostgresOptions { keys, ..PostgresOptions::new(database.url()) }).await
    }

    #[tokio::test]
    async fn a_database_of_a_newer_format_is_refused_and_left_alone() {
        let database = Database::make().await;
        open(&database, None).await.unwrap().close().await.unwrap();
        let known = i64::try_from(MIGRATIONS.len()).unwrap();
        database.run(&format!("INSERT INTO schema_version VALUES ({})", known + 1)).await;
        for _ in 0..2 {
            let refused = open(&database, None).await.unwrap_err();
            assert_eq!(refused, StoreError::NewerFormat { found: known + 1, known });
        }
    }

    #[tokio::test]
    async fn many_processes_may_open_a_new_database_at_once() {
        let database = Database::make().await;
        let opened = tokio::join!(
            open(&database, None),
            open(&database, None),
            open(&database, None),
            open(&database, None)
        );
        let (one, two, three, four) = opened;
        for store in [one, two, three, four] {
            assert_eq!(store.unwrap().pulse().await.unwrap().wrapping, 1);
        }
    }

    #[tokio::test]
    async fn a_database_of_other_keys_is_refused() {
        let database = Database::make().await;
        open(&database, Some([1; 32])).await.unwrap().close().await.unwrap();
        assert_eq!(open(&database, Some([2; 32])).await.unwrap_err(), StoreError::OtherKeys);
        open(&database, Some([1; 32])).await.unwrap();
        open(&database, None).await.unwrap();
    }
}
