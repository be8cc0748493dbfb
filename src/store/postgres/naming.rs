//! New names of people.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connection::{execute, one, query};
use super::convert::{bytes, get, number, parsed, place, to_column};
use super::events::{self, SELECT as SELECT_EVENTS};
use super::rights::wrapping;
use super::writer::Work;
use super::{Postgres, subjects};
use crate::domain::{SubjectKey, SubjectMark, TenantId};
use crate::store::day::id_of_sum;
use crate::store::naming::is_named_by;
use crate::store::{EventRow, Renaming, StoreError, StoredRenaming};

impl Postgres {
    /// See [`crate::store::Store::raise_naming`].
    pub(in crate::store) async fn raise_naming(&self, version: u32) -> Result<(), StoreError> {
        self.write(Raise(version)).await
    }

    /// See [`crate::store::Store::rename`].
    pub(in crate::store) async fn rename(&self, renaming: Renaming) -> Result<bool, StoreError> {
        self.write(renaming).await
    }

    /// See [`crate::store::Store::renamings`].
    pub(in crate::store) async fn renamings(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredRenaming>, StoreError> {
        let sql = "SELECT seq, tenant, was, subject_key FROM renamings WHERE seq > $1 ORDER BY seq LIMIT $2";
        let read = |row: &Row| {
            Ok(StoredRenaming {
                seq: place(row, "seq")?,
                tenant: parsed(row, "tenant", TenantId::parse)?,
                was: SubjectMark::from_bytes(bytes(row, "was")?),
                subject: SubjectKey::from_bytes(bytes(row, "subject_key")?),
            })
        };
        self.read(sql, &[&to_column(after), &i64::from(limit)]).await?.iter().map(read).collect()
    }

    /// See [`crate::store::Store::forget_renamings`].
    pub(in crate::store) async fn forget_renamings(&self, tag: u8) -> Result<u64, StoreError> {
        self.write(Forget(tag)).await
    }

    /// See [`crate::store::Store::drop_unreachable`].
    pub(in crate::store) async fn drop_unreachable(
        &self,
        tags: Vec<u8>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(Drop { tags, limit }).await
    }
}

/// Refuses people who are named by a key that was replaced, unless the alias has that name still.
pub(super) async fn check(
    on: &ClientWrapper,
    tenant: &TenantId,
    subjects: &[&SubjectKey],
) -> Result<(), StoreError> {
    let version = naming(on).await?;
    for subject in subjects.iter().filter(|subject| !is_named_by(version, subject)) {
        if subjects::of_subject(on, tenant, subject).await?.is_empty() {
            return Err(StoreError::OldName);
        }
    }
    Ok(())
}

/// The version of the key by which people are named.
pub(super) async fn naming(on: &ClientWrapper) -> Result<u32, StoreError> {
    number(&one(on, "SELECT version FROM naming WHERE id = 0", &[]).await?, "version")
}

struct Raise(u32);

impl Work for Raise {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let version = i64::from(self.0);
        execute(on, "UPDATE naming SET version = $1 WHERE version < $1", &[&version]).await?;
        Ok(())
    }
}

struct Forget(u8);

impl Work for Forget {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        let sql = "DELETE FROM renamings WHERE get_byte(subject_key, 31) <> $1";
        execute(on, sql, &[&i32::from(self.0)]).await
    }
}

impl Work for Renaming {
    type Answer = bool;

    async fn run(&self, on: &ClientWrapper) -> Result<bool, StoreError> {
        let Self { tenant, from, to, marks, aliases } = self;
        if !is_named_by(naming(on).await?, to) {
            return Err(StoreError::OldName);
        }
        let oldest = wrapping(on).await?;
        let known = subjects::of_subject(on, tenant, from).await?;
        if !known.iter().map(|row| row.alias).eq(aliases.iter().map(|row| row.alias)) {
            return Err(StoreError::Busy);
        }
        let (tenant_name, was, is) = (tenant.as_str(), from.as_bytes().as_slice(), to.as_bytes().as_slice());
        let mut moved = 0;
        for (row, was) in aliases.iter().zip(&known) {
            // One that does not open is as it was.
            if row.wrapped_by < oldest && row.wrapped_data_key != was.wrapped_data_key {
                return Err(StoreError::OldWrappingKey);
            }
            let sql = "UPDATE subjects SET subject_key = $3, wrapped_data_key = $4, wrapped_by = $5 \
                       WHERE tenant = $1 AND alias = $2";
            let (alias, by) = (row.alias.as_bytes().as_slice(), i64::from(row.wrapped_by));
            moved += execute(on, sql, &[&tenant_name, &alias, &is, &row.wrapped_data_key, &by]).await?;
        }
        let sums = format!("{SELECT_EVENTS} WHERE tenant = $1 AND subject_key = $2 AND folded ORDER BY seq");
        for sum in query(on, &sums, &[&tenant_name, &was]).await? {
            moved += 1;
            rename_sum(on, tenant, &events::read(&sum)?.event, to).await?;
        }
        for table in ["events", "event_ids", "choices"] {
            let sql = format!("UPDATE {table} SET subject_key = $3 WHERE tenant = $1 AND subject_key = $2");
            moved += execute(on, &sql, &[&tenant_name, &was, &is]).await?;
        }
        let (from_mark, to_mark) = (marks.0.as_bytes().as_slice(), marks.1.as_bytes().as_slice());
        let sql = "INSERT INTO suppressions SELECT tenant, $3, erased_at FROM suppressions \
                   WHERE tenant = $1 AND mark = $2 ON CONFLICT (tenant, mark) \
                   DO UPDATE SET erased_at = greatest(suppressions.erased_at, excluded.erased_at)";
        execute(on, sql, &[&tenant_name, &from_mark, &to_mark]).await?;
        if moved > 0 {
            announce(on, tenant, &marks.0, to).await?;
        }
        Ok(moved > 0)
    }
}

/// Tells other processes that everything of a person is to be read anew.
pub(super) async fn announce(
    on: &ClientWrapper,
    tenant: &TenantId,
    was: &SubjectMark,
    subject: &SubjectKey,
) -> Result<(), StoreError> {
    let (was, subject) = (was.as_bytes().as_slice(), subject.as_bytes().as_slice());
    let sql = "INSERT INTO renamings (tenant, was, subject_key) VALUES ($1, $2, $3)";
    execute(on, sql, &[&tenant.as_str(), &was, &subject]).await?;
    Ok(())
}

/// The id of a sum follows from the pseudonym. Where there is a sum of that day already, both become one.
async fn rename_sum(
    on: &ClientWrapper,
    tenant: &TenantId,
    sum: &EventRow,
    to: &SubjectKey,
) -> Result<(), StoreError> {
    let id = id_of_sum(&EventRow { subject: *to, ..sum.clone() });
    let (tenant, was, is) = (tenant.as_str(), sum.id.as_str(), id.as_str());
    let there = format!("{SELECT_EVENTS} WHERE tenant = $1 AND event_id = $2");
    let known = query(on, &there, &[&tenant, &is]).await?;
    let known = known.first().map(events::read).transpose()?.map(|known| known.event);
    if let Some(known) = known {
        if known.attributes != sum.attributes {
            // One of them was put right: they are not of one kind any more.
            return Ok(());
        }
        let times = i64::from(known.times.saturating_add(sum.times));
        let spend = known.spend_micros.saturating_add(sum.spend_micros);
        let sql = "UPDATE events SET times = $3, spend_micros = $4 WHERE tenant = $1 AND event_id = $2";
        execute(on, sql, &[&tenant, &is, &times, &spend]).await?;
        execute(on, "DELETE FROM events WHERE tenant = $1 AND event_id = $2", &[&tenant, &was]).await?;
    } else {
        let sql = "UPDATE events SET event_id = $3 WHERE tenant = $1 AND event_id = $2";
        execute(on, sql, &[&tenant, &was, &is]).await?;
    }
    let sql = "UPDATE event_ids SET folded_into = $3 WHERE tenant = $1 AND folded_into = $2";
    execute(on, sql, &[&tenant, &was, &is]).await?;
    Ok(())
}

struct Drop {
    tags: Vec<u8>,
    limit: u32,
}

impl Work for Drop {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        let tags: Vec<i32> = self.tags.iter().map(|tag| i32::from(*tag)).collect();
        let limit = i64::from(self.limit);
        let lost = "subject_key IS NOT NULL AND get_byte(subject_key, 31) <> ALL ($1) LIMIT $2";
        let sql = format!("SELECT tenant, alias FROM subjects WHERE {lost}");
        let aliases = query(on, &sql, &[&tags, &limit]).await?;
        for row in &aliases {
            subjects::delete(on, get(row, "tenant")?, get(row, "alias")?).await?;
        }
        let mut deleted = aliases.len() as u64;
        for (table, row) in
            [("events", "seq"), ("event_ids", "(tenant, event_id)"), ("choices", "seq"), ("renamings", "seq")]
        {
            let columns = row.trim_matches(['(', ')']);
            let sql =
                format!("DELETE FROM {table} WHERE {row} IN (SELECT {columns} FROM {table} WHERE {lost})");
            deleted += execute(on, &sql, &[&tags, &limit]).await?;
        }
        Ok(deleted)
    }
}
