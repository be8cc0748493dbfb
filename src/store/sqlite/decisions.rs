//! The chain of decisions.

use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use super::{Sqlite, subjects};
use crate::domain::{Alias, DecisionId, ImpressionId, TenantId};
use crate::store::chain::{self, ChainWalk};
use crate::store::{AppendedDecision, ChainState, DecisionRow, Hash, StoreError, SubjectRow};

const COLUMNS: &str = "seq, version, tenant, decision_id, impression_id, alias, at, body_digest, envelope, \
                       previous_hash, hash";

impl Sqlite {
    /// See [`crate::store::Store::append_decision`].
    pub(in crate::store) async fn append_decision(
        &self,
        row: DecisionRow,
        one_off: Option<SubjectRow>,
    ) -> Result<AppendedDecision, StoreError> {
        self.write(move |connection| append(connection, &row, one_off.as_ref())).await
    }

    /// See [`crate::store::Store::decision`].
    pub(in crate::store) async fn decision(
        &self,
        tenant: &TenantId,
        id: DecisionId,
    ) -> Result<Option<DecisionRow>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let key = params![tenant.as_str(), id.as_bytes()];
            select(connection, "tenant = ?1 AND decision_id = ?2", key)
        })
        .await
    }

    /// See [`crate::store::Store::decision_of_impression`].
    pub(in crate::store) async fn decision_of_impression(
        &self,
        tenant: &TenantId,
        impression: &ImpressionId,
    ) -> Result<Option<DecisionRow>, StoreError> {
        let (tenant, impression) = (tenant.clone(), impression.clone());
        self.read(move |connection| of_impression(connection, &tenant, &impression)).await
    }

    /// See [`crate::store::Store::decisions_of`].
    pub(in crate::store) async fn decisions_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, DecisionRow)>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM decisions WHERE alias = ?1 AND seq > ?2 AND tenant = ?3 \
                 ORDER BY seq LIMIT ?4"
            ))?;
            let key = params![alias.as_bytes(), to_column(after), tenant.as_str(), limit];
            let mut rows = statement.query(key)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((place(row, "seq")?, read(row)?));
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::verify_chain`].
    pub(in crate::store) async fn verify_chain(&self) -> Result<ChainState, StoreError> {
        self.read(walk).await
    }
}

fn append(
    connection: &Connection,
    row: &DecisionRow,
    one_off: Option<&SubjectRow>,
) -> Result<AppendedDecision, StoreError> {
    if let Some(known) = of_impression(connection, &row.tenant, &row.impression)? {
        return Ok(AppendedDecision::Known(Box::new(known)));
    }
    match one_off {
        Some(subject) => subjects::insert(connection, subject)?,
        None if is_erased(connection, row)? => return Ok(AppendedDecision::Gone),
        None => {}
    }
    let (length, previous) = head(connection)?;
    let seq = length + 1;
    let hash = chain::hash(seq, row, &previous);
    connection
        .prepare_cached("INSERT INTO decisions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(params![
            to_column(seq),
            row.version,
            row.tenant.as_str(),
            row.id.as_bytes(),
            row.impression.as_str(),
            row.alias.as_bytes(),
            row.at.micros(),
            row.body_digest,
            row.envelope,
            previous,
            hash,
        ])?;
    connection
        .prepare_cached("UPDATE chain_head SET length = ?1, hash = ?2")?
        .execute(params![to_column(seq), hash])?;
    Ok(AppendedDecision::New { seq })
}

/// Whether the person of the row's alias was erased.
fn is_erased(connection: &Connection, row: &DecisionRow) -> Result<bool, StoreError> {
    let key = params![row.tenant.as_str(), row.alias.as_bytes()];
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM erased_aliases WHERE tenant = ?1 AND alias = ?2")?;
    Ok(statement.exists(key)?)
}

fn of_impression(
    connection: &Connection,
    tenant: &TenantId,
    impression: &ImpressionId,
) -> Result<Option<DecisionRow>, StoreError> {
    let key = params![tenant.as_str(), impression.as_str()];
    select(connection, "tenant = ?1 AND impression_id = ?2", key)
}

fn select(
    connection: &Connection,
    condition: &str,
    key: impl Params,
) -> Result<Option<DecisionRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM decisions WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<DecisionRow, StoreError> {
    Ok(DecisionRow {
        version: get(row, "version")?,
        tenant: parsed(row, "tenant", TenantId::parse)?,
        id: DecisionId::new(Uuid::from_bytes(bytes(row, "decision_id")?)),
        impression: parsed(row, "impression_id", ImpressionId::parse)?,
        alias: Alias::from_bytes(bytes(row, "alias")?),
        at: moment(row, "at")?,
        body_digest: bytes(row, "body_digest")?,
        envelope: get(row, "envelope")?,
    })
}

fn head(connection: &Connection) -> Result<(u64, Hash), StoreError> {
    let mut statement = connection.prepare_cached("SELECT length, hash FROM chain_head")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or_else(|| damaged("chain_head"))?;
    Ok((place(row, "length")?, bytes(row, "hash")?))
}

fn walk(connection: &Connection) -> Result<ChainState, StoreError> {
    // Head and rows are read in one snapshot, whatever the writer does meanwhile.
    let snapshot = connection.unchecked_transaction()?;
    let (length, last) = head(&snapshot)?;
    let mut walk = ChainWalk::start();
    let mut statement = snapshot.prepare(&format!("SELECT {COLUMNS} FROM decisions ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq = place(row, "seq")?;
        let step = walk.step(seq, &read(row)?, &bytes(row, "previous_hash")?, &bytes(row, "hash")?);
        if let Err(broken) = step {
            return Ok(broken);
        }
    }
    Ok(walk.finish(length, &last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::decision;
    use crate::store::{ChainFault, FILE_NAME, Store, StoreOptions};

    /// What a verification says after `tampering` with a chain of five.
    async fn state_after(tampering: &str) -> Result<ChainState, StoreError> {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions::new(place.path())).await.unwrap();
        for n in 1..=5 {
            store.append_decision(decision("a", n), None).await.unwrap();
        }
        let file = Connection::open(place.path().join(FILE_NAME)).unwrap();
        file.execute_batch(tampering).unwrap();
        store.verify_chain().await
    }

    fn broken(seq: u64, fault: ChainFault) -> ChainState {
        ChainState::Broken { seq, fault }
    }

    #[tokio::test]
    async fn a_change_of_any_column_of_a_row_is_found() {
        for change in [
            "version = 2",
            "tenant = 'b'",
            "decision_id = randomblob(16)",
            "impression_id = 'impression-x'",
            "alias = randomblob(16)",
            "at = at + 1",
            "body_digest = randomblob(32)",
            "envelope = substr(envelope, 2)",
            "envelope = CAST(substr(envelope, 1, 500) || x'00' || substr(envelope, 502) AS BLOB)",
            "hash = randomblob(32)",
        ] {
            let state = state_after(&format!("UPDATE decisions SET {change} WHERE seq = 3")).await;
            assert_eq!(state, Ok(broken(3, ChainFault::Altered)), "{change}");
        }
        let state = state_after("UPDATE decisions SET previous_hash = zeroblob(32) WHERE seq = 3").await;
        assert_eq!(state, Ok(broken(3, ChainFault::Unlinked)));
    }

    #[tokio::test]
    async fn a_row_that_is_gone_is_found_wherever_it_was() {
        for seq in 1..=5 {
            let state = state_after(&format!("DELETE FROM decisions WHERE seq = {seq}")).await;
            assert_eq!(state, Ok(broken(seq, ChainFault::Missing)));
        }
        let state = state_after("DELETE FROM decisions").await;
        assert_eq!(state, Ok(broken(1, ChainFault::Missing)));
    }

    #[tokio::test]
    async fn rows_that_changed_places_are_found() {
        let swap = "UPDATE decisions SET seq = 99 WHERE seq = 2; UPDATE decisions SET seq = 2 WHERE seq = 3; \
                    UPDATE decisions SET seq = 3 WHERE seq = 99";
        assert_eq!(state_after(swap).await, Ok(broken(2, ChainFault::Unlinked)));
    }

    #[tokio::test]
    async fn a_row_that_was_put_in_is_found() {
        let insert = "INSERT INTO decisions SELECT 6, version, tenant, randomblob(16), 'new', alias, at, \
                      body_digest, envelope, hash, randomblob(32) FROM decisions WHERE seq = 5";
        assert_eq!(state_after(insert).await, Ok(broken(6, ChainFault::Altered)));
    }

    #[tokio::test]
    async fn a_head_that_was_changed_is_found() {
        let shorter = "UPDATE chain_head SET length = 4, hash = (SELECT hash FROM decisions WHERE seq = 4)";
        assert_eq!(state_after(shorter).await, Ok(broken(4, ChainFault::PastHead)));
        let other = "UPDATE chain_head SET hash = zeroblob(32)";
        assert_eq!(state_after(other).await, Ok(broken(5, ChainFault::PastHead)));
        let gone = state_after("DELETE FROM chain_head").await;
        assert!(matches!(gone, Err(StoreError::Corrupt { .. })), "{gone:?}");
    }
}
