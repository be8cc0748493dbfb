//! Decisions, each in the chain of its day.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use uuid::Uuid;

use super::convert::{bytes, get, parsed, place, to_column};
use super::index::Index;
use super::{Sqlite, subjects};
use crate::domain::{Alias, Day, DecisionId, TenantId};
use crate::store::{
    AppendedDecision, ChainId, DecisionRow, Hash, Link, Place, StoreError, SubjectRow, chain,
};

const COLUMNS: &str = "seq, version, tenant, decision_id, alias, body_digest, commitment, hash, envelope";

impl Sqlite {
    /// See [`crate::store::Store::append_decision`].
    pub(in crate::store) async fn append_decision(
        &self,
        row: DecisionRow,
        one_off: Option<SubjectRow>,
    ) -> Result<AppendedDecision, StoreError> {
        let (claim, index) = (self.claim, Arc::clone(&self.index));
        self.write(move |connection| append(connection, &index, &claim, &row, one_off.as_ref())).await
    }

    /// See [`crate::store::Store::decision`].
    pub(in crate::store) async fn decision(
        &self,
        tenant: &TenantId,
        id: DecisionId,
    ) -> Result<Option<DecisionRow>, StoreError> {
        Ok(self.link(tenant, id).await?.map(|link| link.row))
    }

    /// See [`crate::store::Store::link`].
    pub(in crate::store) async fn link(
        &self,
        tenant: &TenantId,
        id: DecisionId,
    ) -> Result<Option<Link>, StoreError> {
        let (tenant, index) = (tenant.clone(), Arc::clone(&self.index));
        self.read(move |connection| {
            let places = index.find(connection, *id.as_bytes())?;
            of_id(connection, places, &tenant, id)
        })
        .await
    }

    /// See [`crate::store::Store::links`].
    pub(in crate::store) async fn links(&self, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        self.read(move |connection| {
            select(connection, "seq > ?1 ORDER BY seq LIMIT ?2", params![to_column(after), limit])
        })
        .await
    }

    /// See [`crate::store::Store::decisions_of`].
    pub(in crate::store) async fn decisions_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, DecisionRow)>, StoreError> {
        let (tenant, index) = (tenant.clone(), Arc::clone(&self.index));
        self.read(move |connection| {
            let places = index.find(connection, *alias.as_bytes())?;
            let links = places.into_iter().filter(|seq| *seq > after).map(|seq| at(connection, seq));
            let links = links.filter_map(Result::transpose);
            let is_theirs = |row: &DecisionRow| row.tenant == tenant && row.alias == alias;
            let theirs = links.filter(|link| link.as_ref().map_or(true, |link| is_theirs(&link.row)));
            theirs.take(limit as usize).map(|link| link.map(|link| (link.seq, link.row))).collect()
        })
        .await
    }
}

fn append(
    connection: &Connection,
    index: &Index,
    claim: &[u8; 16],
    row: &DecisionRow,
    one_off: Option<&SubjectRow>,
) -> Result<AppendedDecision, StoreError> {
    let places = index.find_in_batch(connection, *row.id.as_bytes())?;
    if let Some(known) = of_id(connection, places, &row.tenant, row.id)? {
        return Ok(AppendedDecision::Known(Box::new(known.row)));
    }
    match one_off {
        Some(subject) => subjects::insert(connection, subject)?,
        None if is_erased(connection, row)? => return Ok(AppendedDecision::Gone),
        None => {}
    }
    let chain = match claimed(connection, claim, row.day)? {
        Some(chain) => chain,
        None => claim_chain(connection, claim, row.day)?,
    };
    let (last, previous) = end_of(connection, chain)?;
    let seq = last + 1;
    if Place::of(seq).chain != chain {
        return Err(StoreError::Conflict { rule: format!("chain {chain} is full") });
    }
    connection.prepare_cached("INSERT INTO decisions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
        params![
            to_column(seq),
            row.version,
            row.tenant.as_str(),
            row.id.as_bytes(),
            row.alias.as_bytes(),
            row.body_digest,
            row.commitment,
            chain::hash(seq, row, previous),
            row.envelope,
        ],
    )?;
    index.add(seq, [*row.id.as_bytes(), *row.alias.as_bytes()]);
    Ok(AppendedDecision::New { seq })
}

/// The chain of the day that was claimed and is still open.
fn claimed(connection: &Connection, claim: &[u8; 16], day: Day) -> Result<Option<ChainId>, StoreError> {
    let sql = "SELECT writer FROM chains WHERE day = ?1 AND claim = ?2 AND sealed = 0";
    let mut statement = connection.prepare_cached(sql)?;
    let writer = statement.query_row(params![day.number(), claim], |row| row.get(0)).optional()?;
    Ok(writer.and_then(|writer| ChainId::new(day, writer)))
}

/// Claims the next writer's number of a day.
fn claim_chain(connection: &Connection, claim: &[u8; 16], day: Day) -> Result<ChainId, StoreError> {
    let sql = "SELECT coalesce(max(writer), 0) + 1 FROM chains WHERE day = ?1";
    let writer: u16 = connection.prepare_cached(sql)?.query_row([day.number()], |row| row.get(0))?;
    let beyond = || StoreError::Conflict { rule: format!("the log cannot hold writer {writer} of {day}") };
    let chain = ChainId::new(day, writer).ok_or_else(beyond)?;
    connection
        .prepare_cached("INSERT INTO chains (day, writer, claim) VALUES (?1, ?2, ?3)")?
        .execute(params![day.number(), writer, claim])?;
    Ok(chain)
}

/// Place and hash of the last row of a chain; the place before the first one when it has none.
pub(super) fn end_of(connection: &Connection, chain: ChainId) -> Result<(u64, Option<Hash>), StoreError> {
    let seqs = chain.seqs();
    let mut statement = connection.prepare_cached(
        "SELECT seq, hash FROM decisions WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT 1",
    )?;
    let mut rows = statement.query(params![to_column(*seqs.start()), to_column(*seqs.end())])?;
    match rows.next()? {
        Some(row) => Ok((place(row, "seq")?, Some(bytes(row, "hash")?))),
        None => Ok((*seqs.start(), None)),
    }
}

/// Whether the person of the row's alias was erased.
fn is_erased(connection: &Connection, row: &DecisionRow) -> Result<bool, StoreError> {
    let key = params![row.tenant.as_str(), row.alias.as_bytes()];
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM erased_aliases WHERE tenant = ?1 AND alias = ?2")?;
    Ok(statement.exists(key)?)
}

/// The decision of an id, at one of some places.
fn of_id(
    connection: &Connection,
    places: BTreeSet<u64>,
    tenant: &TenantId,
    id: DecisionId,
) -> Result<Option<Link>, StoreError> {
    for seq in places {
        if let Some(link) =
            at(connection, seq)?.filter(|link| link.row.id == id && link.row.tenant == *tenant)
        {
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// How many decisions there are of an alias, as the batch under way finds them.
pub(super) fn count_of_alias(
    connection: &Connection,
    index: &Index,
    tenant: &TenantId,
    alias: Alias,
) -> Result<u64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM decisions WHERE seq = ?1 AND alias = ?2 AND tenant = ?3")?;
    let mut count = 0;
    for seq in index.find_in_batch(connection, *alias.as_bytes())? {
        count += u64::from(statement.exists(params![to_column(seq), alias.as_bytes(), tenant.as_str()])?);
    }
    Ok(count)
}

/// The row at a place.
fn at(connection: &Connection, seq: u64) -> Result<Option<Link>, StoreError> {
    Ok(select(connection, "seq = ?1", [to_column(seq)])?.pop())
}

fn select(connection: &Connection, condition: &str, key: impl Params) -> Result<Vec<Link>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM decisions WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Link, StoreError> {
    let seq = place(row, "seq")?;
    let decision = DecisionRow {
        version: get(row, "version")?,
        tenant: parsed(row, "tenant", TenantId::parse)?,
        id: DecisionId::new(Uuid::from_bytes(bytes(row, "decision_id")?)),
        alias: Alias::from_bytes(bytes(row, "alias")?),
        day: ChainId::of(seq).day(),
        body_digest: bytes(row, "body_digest")?,
        commitment: bytes(row, "commitment")?,
        envelope: get(row, "envelope")?,
    };
    Ok(Link { seq, row: decision, hash: bytes(row, "hash")? })
}
