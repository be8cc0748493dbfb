//! Erasing, putting right and wrapping anew, and the trail of rights.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::convert::{bytes, get, moment, parsed, place, to_column};
use super::decisions::count_of_alias;
use super::index::Index;
use super::{Sqlite, naming, subjects};
use crate::domain::{FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::{Erasure, Gone, Pulse, Right, RightRow, StoreError, StoredRight, SubjectRow, Suppression};

impl Sqlite {
    /// See [`crate::store::Store::erase`].
    pub(in crate::store) async fn erase(&self, erasure: Erasure) -> Result<Gone, StoreError> {
        let index = Arc::clone(&self.index);
        self.write(move |connection| erase(connection, &index, &erasure)).await
    }

    /// See [`crate::store::Store::suppress`].
    pub(in crate::store) async fn suppress(&self, suppression: Suppression) -> Result<bool, StoreError> {
        self.write(move |connection| suppress(connection, &suppression)).await
    }

    /// See [`crate::store::Store::suppressions`].
    pub(in crate::store) async fn suppressions(
        &self,
        after: Option<(TenantId, SubjectMark)>,
        limit: u32,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.read(move |connection| {
            let (tenant, mark) = match &after {
                Some((tenant, mark)) => (tenant.as_str(), mark.as_bytes().as_slice()),
                None => ("", [].as_slice()),
            };
            let mut statement = connection.prepare_cached(
                "SELECT tenant, mark, erased_at FROM suppressions WHERE (tenant, mark) > (?1, ?2) \
                 ORDER BY tenant, mark LIMIT ?3",
            )?;
            let mut rows = statement.query(params![tenant, mark, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Suppression {
                    tenant: parsed(row, "tenant", TenantId::parse)?,
                    mark: SubjectMark::from_bytes(bytes(row, "mark")?),
                    erased_at: moment(row, "erased_at")?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::suppressed_at`].
    pub(in crate::store) async fn suppressed_at(
        &self,
        tenant: &TenantId,
        at: Timestamp,
    ) -> Result<Vec<SubjectMark>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT mark FROM suppressions WHERE tenant = ?1 AND erased_at = ?2")?;
            let mut rows = statement.query(params![tenant.as_str(), at.micros()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(SubjectMark::from_bytes(bytes(row, "mark")?));
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::people`].
    pub(in crate::store) async fn people(
        &self,
        after: Option<(TenantId, SubjectKey)>,
        limit: u32,
    ) -> Result<Vec<(TenantId, SubjectKey)>, StoreError> {
        self.read(move |connection| {
            let (tenant, subject) = match &after {
                Some((tenant, subject)) => (tenant.as_str(), subject.as_bytes().as_slice()),
                None => ("", [].as_slice()),
            };
            let beyond = "WHERE subject_key IS NOT NULL AND (tenant, subject_key) > (?1, ?2)";
            let of = |table: &str| format!("SELECT tenant, subject_key FROM {table} {beyond}");
            let union = ["subjects", "events", "event_ids", "choices"].map(of).join(" UNION ");
            let sql = format!("{union} ORDER BY tenant, subject_key LIMIT ?3");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![tenant, subject, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let subject = SubjectKey::from_bytes(bytes(row, "subject_key")?);
                found.push((parsed(row, "tenant", TenantId::parse)?, subject));
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::record_right`].
    pub(in crate::store) async fn record_right(&self, row: RightRow) -> Result<u64, StoreError> {
        self.write(move |connection| record(connection, &row).map(|(seq, _)| seq)).await
    }

    /// See [`crate::store::Store::rights`].
    pub(in crate::store) async fn rights(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredRight>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, tenant, mark, name, at, by_key, assurance, wrapped_by FROM rights \
                 WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?;
            let mut rows = statement.query(params![to_column(after), limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::pulse`].
    pub(in crate::store) async fn pulse(&self) -> Result<Pulse, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT coalesce(max(seq), 0) FROM rights) AS rights, \
                 (SELECT coalesce(max(seq), 0) FROM events) AS events, \
                 (SELECT coalesce(max(seq), 0) FROM choices) AS choices, \
                 (SELECT coalesce(max(seq), 0) FROM renamings) AS renamings, \
                 (SELECT version FROM wrapping) AS wrapping, (SELECT version FROM naming) AS naming",
            )?;
            let mut rows = statement.query([])?;
            let row = rows.next()?.ok_or(StoreError::Closed)?;
            Ok(Pulse {
                rights: place(row, "rights")?,
                events: place(row, "events")?,
                choices: place(row, "choices")?,
                renamings: place(row, "renamings")?,
                wrapping: get(row, "wrapping")?,
                naming: get(row, "naming")?,
            })
        })
        .await
    }

    /// See [`crate::store::Store::raise_wrapping`].
    pub(in crate::store) async fn raise_wrapping(&self, version: u32) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE wrapping SET version = ?1 WHERE version < ?1")?
                .execute(params![version])?;
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::rewrap`].
    pub(in crate::store) async fn rewrap(&self, rows: Vec<SubjectRow>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE subjects SET wrapped_data_key = ?3, wrapped_by = ?4 \
                 WHERE tenant = ?1 AND alias = ?2 AND wrapped_by < ?4",
            )?;
            for row in &rows {
                let (tenant, alias) = (row.tenant.as_str(), row.alias.as_bytes());
                statement.execute(params![tenant, alias, row.wrapped_data_key, row.wrapped_by])?;
            }
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::scrub`].
    pub(in crate::store) async fn scrub(&self) -> Result<(), StoreError> {
        self.writer.scrub().await
    }
}

/// The wrapping key that is in use.
pub(super) fn wrapping(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.prepare_cached("SELECT version FROM wrapping")?.query_row([], |row| row.get(0))?)
}

fn erase(connection: &Connection, index: &Index, erasure: &Erasure) -> Result<Gone, StoreError> {
    let Erasure { subjects: named, named_by, marks, entry } = erasure;
    let version = naming::naming(connection)?;
    if named_by.is_some_and(|named_by| named_by < version) {
        return Err(StoreError::OldName);
    }
    let mut gone = Gone::default();
    for subject in named {
        erase_subject(connection, index, &entry.tenant, subject, &mut gone)?;
    }
    for mark in marks {
        let (tenant, mark) = (entry.tenant.clone(), *mark);
        suppress(connection, &Suppression { tenant, mark, erased_at: entry.at })?;
    }
    (_, gone.wrapped_by) = record(connection, entry)?;
    Ok(gone)
}

fn erase_subject(
    connection: &Connection,
    index: &Index,
    tenant: &TenantId,
    subject: &SubjectKey,
    gone: &mut Gone,
) -> Result<(), StoreError> {
    for row in subjects::of_subject(connection, tenant, subject)? {
        subjects::delete(connection, tenant.as_str(), row.alias.as_bytes())?;
        gone.decisions += count_of_alias(connection, index, tenant, row.alias)?;
    }
    let delete = |table: &str| -> Result<u64, StoreError> {
        let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND subject_key = ?2");
        Ok(connection.prepare_cached(&sql)?.execute(params![tenant.as_str(), subject.as_bytes()])? as u64)
    };
    gone.events += delete("events")?;
    gone.choices += delete("choices")?;
    delete("event_ids")?;
    // Other processes drop the person by the marks of both names.
    delete("renamings")?;
    Ok(())
}

/// Whether it is news.
fn suppress(connection: &Connection, suppression: &Suppression) -> Result<bool, StoreError> {
    let Suppression { tenant, mark, erased_at } = suppression;
    let changed = connection
        .prepare_cached(
            "INSERT INTO suppressions VALUES (?1, ?2, ?3) ON CONFLICT (tenant, mark) \
             DO UPDATE SET erased_at = excluded.erased_at WHERE erased_at < excluded.erased_at",
        )?
        .execute(params![tenant.as_str(), mark.as_bytes(), erased_at.micros()])?;
    Ok(changed > 0)
}

/// Appends to the trail; the place, and the wrapping key of the moment.
fn record(connection: &Connection, row: &RightRow) -> Result<(u64, u32), StoreError> {
    let wrapped_by = wrapping(connection)?;
    let seq: i64 = connection
        .prepare_cached(
            "INSERT INTO rights (tenant, mark, name, at, by_key, assurance, wrapped_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING seq",
        )?
        .query_row(
            params![
                row.tenant.as_str(),
                row.mark.as_bytes(),
                row.right.name(),
                row.at.micros(),
                row.by_key,
                row.assurance,
                wrapped_by,
            ],
            |row| row.get(0),
        )?;
    Ok((u64::try_from(seq).unwrap_or_default(), wrapped_by))
}

fn read(row: &Row<'_>) -> Result<StoredRight, StoreError> {
    let right = |name: &str| Right::of_name(name).ok_or_else(|| FieldError::new("name", "is unknown"));
    Ok(StoredRight {
        seq: place(row, "seq")?,
        row: RightRow {
            tenant: parsed(row, "tenant", TenantId::parse)?,
            mark: SubjectMark::from_bytes(bytes(row, "mark")?),
            right: parsed(row, "name", right)?,
            at: moment(row, "at")?,
            by_key: get(row, "by_key")?,
            assurance: get(row, "assurance")?,
        },
        wrapped_by: get(row, "wrapped_by")?,
    })
}
