//! Erasing, putting right and wrapping anew, and the trail of rights.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Sqlite;
use super::convert::{bytes, get, moment, parsed, place, to_column};
use super::decisions::count_of_alias;
use super::names::Names;
use crate::domain::{Alias, FieldError, SubjectKey, SubjectMark, TenantId};
use crate::store::{Erasure, Gone, Pulse, Right, RightRow, StoreError, StoredRight, SubjectRow, Suppression};

impl Sqlite {
    /// See [`crate::store::Store::erase`].
    pub(in crate::store) async fn erase(&self, erasure: Erasure) -> Result<Gone, StoreError> {
        let names = Arc::clone(&self.names);
        self.write(move |connection| erase(connection, &names, &erasure)).await
    }

    /// See [`crate::store::Store::suppress`].
    pub(in crate::store) async fn suppress(&self, suppression: Suppression) -> Result<(), StoreError> {
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
            let union = ["subjects", "events", "choices"].map(of).join(" UNION ");
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
                 (SELECT coalesce(max(seq), 0) FROM choices) AS choices, \
                 (SELECT version FROM wrapping) AS wrapping",
            )?;
            let mut rows = statement.query([])?;
            let row = rows.next()?.ok_or(StoreError::Closed)?;
            Ok(Pulse {
                rights: place(row, "rights")?,
                choices: place(row, "choices")?,
                wrapping: get(row, "wrapping")?,
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

fn erase(connection: &Connection, names: &Names, erasure: &Erasure) -> Result<Gone, StoreError> {
    let Erasure { subject, entry } = erasure;
    let key = params![entry.tenant.as_str(), subject.as_bytes()];
    let alias: Option<[u8; 16]> = connection
        .prepare_cached("SELECT alias FROM subjects WHERE tenant = ?1 AND subject_key = ?2")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let mut decisions = 0;
    if let Some(alias) = alias {
        let named = params![entry.tenant.as_str(), alias];
        connection
            .prepare_cached("INSERT INTO erased_aliases VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(named)?;
        for table in ["subjects", "feedback"] {
            let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND alias = ?2");
            connection.prepare_cached(&sql)?.execute(named)?;
        }
        decisions = count_of_alias(connection, names, &entry.tenant, Alias::from_bytes(alias))?;
    }
    let delete = |table: &str| -> Result<u64, StoreError> {
        let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND subject_key = ?2");
        Ok(connection.prepare_cached(&sql)?.execute(key)? as u64)
    };
    let (events, choices) = (delete("events")?, delete("choices")?);
    delete("event_ids")?;
    let suppression = Suppression { tenant: entry.tenant.clone(), mark: entry.mark, erased_at: entry.at };
    suppress(connection, &suppression)?;
    let (_, wrapped_by) = record(connection, entry)?;
    Ok(Gone { events, choices, decisions, wrapped_by })
}

fn suppress(connection: &Connection, suppression: &Suppression) -> Result<(), StoreError> {
    let Suppression { tenant, mark, erased_at } = suppression;
    connection
        .prepare_cached(
            "INSERT INTO suppressions VALUES (?1, ?2, ?3) ON CONFLICT (tenant, mark) \
             DO UPDATE SET erased_at = max(erased_at, excluded.erased_at)",
        )?
        .execute(params![tenant.as_str(), mark.as_bytes(), erased_at.micros()])?;
    Ok(())
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
