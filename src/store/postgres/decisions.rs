//! Decisions, each in the chain of its day, a batch at a time.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::ClientWrapper;
use tokio::sync::oneshot;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::connection::{execute, query};
use super::convert::{bytes, get, number, parsed, place, to_column};
use super::rights::wrapping;
use super::tips::Tips;
use super::{Postgres, subjects};
use crate::domain::{Alias, DecisionId, TenantId};
use crate::store::{AppendedDecision, ChainId, DecisionRow, Hash, Link, StoreError, SubjectRow};

const SELECT: &str = "SELECT seq, version, tenant, decision_id, alias, body_digest, commitment, hash, envelope \
                      FROM decisions";

/// A decision that is to be appended, with the caller who waits for it.
pub(super) struct Appending {
    pub(super) row: DecisionRow,
    pub(super) one_off: Option<SubjectRow>,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// What becomes of it.
pub(super) type Outcome = Result<AppendedDecision, StoreError>;

impl Postgres {
    /// See [`crate::store::Store::append_decision`].
    pub(in crate::store) async fn append_decision(
        &self,
        row: DecisionRow,
        one_off: Option<SubjectRow>,
    ) -> Result<AppendedDecision, StoreError> {
        self.writer.append(row, one_off).await
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
        let sql = format!(
            "{SELECT} WHERE seq = (SELECT seq FROM decision_ids WHERE tenant = $1 AND decision_id = $2)"
        );
        let rows = self.read(&sql, &[&tenant.as_str(), &id.as_bytes().as_slice()]).await?;
        rows.first().map(read).transpose()
    }

    /// See [`crate::store::Store::links`].
    pub(in crate::store) async fn links(&self, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        let sql = format!("{SELECT} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let rows = self.read(&sql, &[&to_column(after), &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::decisions_of`].
    pub(in crate::store) async fn decisions_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, DecisionRow)>, StoreError> {
        let sql = format!("{SELECT} WHERE alias = $1 AND seq > $2 AND tenant = $3 ORDER BY seq LIMIT $4");
        let alias = alias.as_bytes().as_slice();
        let rows = self.read(&sql, &[&alias, &to_column(after), &tenant.as_str(), &i64::from(limit)]).await?;
        rows.iter().map(|row| read(row).map(|link| (link.seq, link.row))).collect()
    }
}

/// What a statement asks by.
type Key<'a, const N: usize> = [&'a (dyn ToSql + Sync); N];

/// What a batch finds before it writes.
struct Found {
    /// Decisions of ids that are there already.
    known: BTreeMap<(TenantId, DecisionId), DecisionRow>,
    /// Those of the aliases whose people were erased.
    erased: BTreeSet<(TenantId, Alias)>,
    /// The oldest wrapping key that may still be used.
    wrapping: u32,
}

/// A decision with its place and hash.
struct New<'a> {
    row: &'a DecisionRow,
    seq: u64,
    hash: Hash,
}

/// Appends decisions in their order to chains that end at `tips`; what became of each. None when another process wrote
/// one of them meanwhile: then all is to be undone and tried again.
pub(super) async fn append(
    on: &ClientWrapper,
    tips: &mut Tips,
    batch: &[Appending],
) -> Result<Option<Vec<Outcome>>, StoreError> {
    let found = find(on, batch).await?;
    let mut fresh = BTreeMap::<(TenantId, DecisionId), &DecisionRow>::new();
    let (mut new, mut one_offs) = (Vec::new(), Vec::new());
    let mut outcomes = Vec::with_capacity(batch.len());
    for Appending { row, one_off, .. } in batch {
        let id = (row.tenant.clone(), row.id);
        let known = found.known.get(&id).or_else(|| fresh.get(&id).copied());
        outcomes.push(if let Some(known) = known {
            Ok(AppendedDecision::Known(Box::new(known.clone())))
        } else if one_off.as_ref().is_some_and(|one_off| one_off.wrapped_by < found.wrapping) {
            Err(StoreError::OldWrappingKey)
        } else if one_off.is_none() && found.erased.contains(&(row.tenant.clone(), row.alias)) {
            Ok(AppendedDecision::Gone)
        } else {
            tips.extend(row).map(|(seq, hash)| {
                new.push(New { row, seq, hash });
                one_offs.extend(one_off);
                fresh.insert(id, row);
                AppendedDecision::New { seq }
            })
        });
    }
    subjects::insert(on, &one_offs).await?;
    Ok(insert(on, &new).await?.then_some(outcomes))
}

async fn find(on: &ClientWrapper, batch: &[Appending]) -> Result<Found, StoreError> {
    let tenants: Vec<&str> = batch.iter().map(|one| one.row.tenant.as_str()).collect();
    let ids: Vec<&[u8]> = batch.iter().map(|one| one.row.id.as_bytes().as_slice()).collect();
    let aliases: Vec<&[u8]> = batch.iter().map(|one| one.row.alias.as_bytes().as_slice()).collect();
    // Known ones are rare: their rows are read when there are any.
    let known = "SELECT seq FROM decision_ids WHERE (tenant, decision_id) IN \
                 (SELECT * FROM unnest($1::text[], $2::bytea[]))";
    let erased = "SELECT tenant, alias FROM erased_aliases WHERE (tenant, alias) IN \
                  (SELECT * FROM unnest($1::text[], $2::bytea[]))";
    let (named, about): (Key<'_, 2>, Key<'_, 2>) = ([&tenants, &ids], [&tenants, &aliases]);
    let (known, erased, wrapping) =
        tokio::try_join!(query(on, known, &named), query(on, erased, &about), wrapping(on))?;
    let alias =
        |row: &Row| Ok((parsed(row, "tenant", TenantId::parse)?, Alias::from_bytes(bytes(row, "alias")?)));
    let erased = erased.iter().map(alias).collect::<Result<_, StoreError>>()?;
    let seqs = known.iter().map(|row| get::<i64>(row, "seq")).collect::<Result<Vec<_>, _>>()?;
    let known = if seqs.is_empty() {
        Vec::new()
    } else {
        query(on, &format!("{SELECT} WHERE seq = ANY ($1)"), &[&seqs]).await?
    };
    let by_id = |row| read(row).map(|link| ((link.row.tenant.clone(), link.row.id), link.row));
    Ok(Found { known: known.iter().map(by_id).collect::<Result<_, _>>()?, erased, wrapping })
}

/// Writes rows and their ids; whether all ids were free.
async fn insert(on: &ClientWrapper, new: &[New<'_>]) -> Result<bool, StoreError> {
    if new.is_empty() {
        return Ok(true);
    }
    let seqs: Vec<i64> = new.iter().map(|new| to_column(new.seq)).collect();
    let tenants: Vec<&str> = new.iter().map(|new| new.row.tenant.as_str()).collect();
    let ids: Vec<&[u8]> = new.iter().map(|new| new.row.id.as_bytes().as_slice()).collect();
    let versions: Vec<i64> = new.iter().map(|new| new.row.version.into()).collect();
    let aliases: Vec<&[u8]> = new.iter().map(|new| new.row.alias.as_bytes().as_slice()).collect();
    let digests: Vec<&[u8]> = new.iter().map(|new| new.row.body_digest.as_slice()).collect();
    let commitments: Vec<&[u8]> = new.iter().map(|new| new.row.commitment.as_slice()).collect();
    let hashes: Vec<&[u8]> = new.iter().map(|new| new.hash.as_slice()).collect();
    let envelopes: Vec<&[u8]> = new.iter().map(|new| new.row.envelope.as_slice()).collect();
    // In one order, so that two processes with the same ids wait for one another in turn.
    let free = "INSERT INTO decision_ids (tenant, decision_id, seq) \
                SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[]) AS new (tenant, id, seq) \
                ORDER BY tenant, id ON CONFLICT DO NOTHING";
    let rows = "INSERT INTO decisions (seq, version, tenant, decision_id, alias, body_digest, commitment, hash, \
                envelope) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], \
                $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])";
    let named: Key<'_, 3> = [&tenants, &ids, &seqs];
    let columns: Key<'_, 9> =
        [&seqs, &versions, &tenants, &ids, &aliases, &digests, &commitments, &hashes, &envelopes];
    let (free, _) = tokio::try_join!(execute(on, free, &named), execute(on, rows, &columns))?;
    Ok(free == new.len() as u64)
}

pub(super) fn read(row: &Row) -> Result<Link, StoreError> {
    let seq = place(row, "seq")?;
    let decision = DecisionRow {
        version: number(row, "version")?,
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
