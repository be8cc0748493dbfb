//! New names of people.

use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::Sqlite;
use super::convert::{bytes, parsed, place, to_column};
use super::events::select as select_events;
use super::rights::wrapping;
use super::subjects;
use crate::domain::{SubjectKey, SubjectMark, TenantId};
use crate::store::day::id_of_sum;
use crate::store::naming::is_named_by;
use crate::store::{EventRow, Renaming, StoreError, StoredRenaming};

impl Sqlite {
    /// See [`crate::store::Store::raise_naming`].
    pub(in crate::store) async fn raise_naming(&self, version: u32) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE naming SET version = ?1 WHERE version < ?1")?
                .execute(params![version])?;
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::rename`].
    pub(in crate::store) async fn rename(&self, renaming: Renaming) -> Result<bool, StoreError> {
        self.write(move |connection| rename(connection, &renaming)).await
    }

    /// See [`crate::store::Store::renamings`].
    pub(in crate::store) async fn renamings(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredRenaming>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, tenant, was, subject_key FROM renamings WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?;
            let mut rows = statement.query(params![to_column(after), limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(StoredRenaming {
                    seq: place(row, "seq")?,
                    tenant: parsed(row, "tenant", TenantId::parse)?,
                    was: SubjectMark::from_bytes(bytes(row, "was")?),
                    subject: SubjectKey::from_bytes(bytes(row, "subject_key")?),
                });
            }
            Ok(found)
        })
        .await
    }

    /// See [`crate::store::Store::forget_renamings`].
    pub(in crate::store) async fn forget_renamings(&self, tag: u8) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let mut statement =
                connection.prepare_cached("DELETE FROM renamings WHERE substr(subject_key, 32, 1) <> ?1")?;
            Ok(statement.execute([[tag]])? as u64)
        })
        .await
    }

    /// See [`crate::store::Store::drop_unreachable`].
    pub(in crate::store) async fn drop_unreachable(
        &self,
        tags: Vec<u8>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| drop_unreachable(connection, &tags, limit)).await
    }
}

/// Refuses people who are named by a key that was replaced, unless the alias has that name still.
pub(super) fn check<'a>(
    connection: &Connection,
    tenant: &TenantId,
    subjects: impl IntoIterator<Item = &'a SubjectKey>,
) -> Result<(), StoreError> {
    let version = naming(connection)?;
    let mut known =
        connection.prepare_cached("SELECT 1 FROM subjects WHERE tenant = ?1 AND subject_key = ?2")?;
    for subject in subjects {
        if !is_named_by(version, subject) && !known.exists(params![tenant.as_str(), subject.as_bytes()])? {
            return Err(StoreError::OldName);
        }
    }
    Ok(())
}

/// The version of the key by which people are named.
pub(super) fn naming(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.prepare_cached("SELECT version FROM naming")?.query_row([], |row| row.get(0))?)
}

fn rename(connection: &Connection, renaming: &Renaming) -> Result<bool, StoreError> {
    let Renaming { tenant, from, to, marks, aliases } = renaming;
    if !is_named_by(naming(connection)?, to) {
        return Err(StoreError::OldName);
    }
    let oldest = wrapping(connection)?;
    let known = subjects::of_subject(connection, tenant, from)?;
    if !known.iter().map(|row| row.alias).eq(aliases.iter().map(|row| row.alias)) {
        return Err(StoreError::Busy);
    }
    let key = params![tenant.as_str(), from.as_bytes(), to.as_bytes()];
    let mut moved = 0;
    for (row, was) in aliases.iter().zip(&known) {
        // One that does not open is as it was.
        if row.wrapped_by < oldest && row.wrapped_data_key != was.wrapped_data_key {
            return Err(StoreError::OldWrappingKey);
        }
        moved += connection
            .prepare_cached(
                "UPDATE subjects SET subject_key = ?3, wrapped_data_key = ?4, wrapped_by = ?5 \
                 WHERE tenant = ?1 AND alias = ?2",
            )?
            .execute(params![
                tenant.as_str(),
                row.alias.as_bytes(),
                to.as_bytes(),
                row.wrapped_data_key,
                row.wrapped_by,
            ])?;
    }
    let sums = "WHERE tenant = ?1 AND subject_key = ?2 AND folded = 1 ORDER BY seq";
    for sum in select_events(connection, sums, params![tenant.as_str(), from.as_bytes()])? {
        moved += 1;
        rename_sum(connection, tenant, &sum.event, to)?;
    }
    for table in ["events", "event_ids", "choices"] {
        let sql = format!("UPDATE {table} SET subject_key = ?3 WHERE tenant = ?1 AND subject_key = ?2");
        moved += connection.prepare_cached(&sql)?.execute(key)?;
    }
    connection
        .prepare_cached(
            "INSERT INTO suppressions SELECT tenant, ?3, erased_at FROM suppressions \
             WHERE tenant = ?1 AND mark = ?2 ON CONFLICT (tenant, mark) \
             DO UPDATE SET erased_at = max(erased_at, excluded.erased_at)",
        )?
        .execute(params![tenant.as_str(), marks.0.as_bytes(), marks.1.as_bytes()])?;
    if moved > 0 {
        announce(connection, tenant, &marks.0, to)?;
    }
    Ok(moved > 0)
}

/// Tells other processes that everything of a person is to be read anew.
pub(super) fn announce(
    connection: &Connection,
    tenant: &TenantId,
    was: &SubjectMark,
    subject: &SubjectKey,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO renamings (tenant, was, subject_key) VALUES (?1, ?2, ?3)")?
        .execute(params![tenant.as_str(), was.as_bytes(), subject.as_bytes()])?;
    Ok(())
}

/// The id of a sum follows from the pseudonym. Where there is a sum of that day already, both become one.
fn rename_sum(
    connection: &Connection,
    tenant: &TenantId,
    sum: &EventRow,
    to: &SubjectKey,
) -> Result<(), StoreError> {
    let id = id_of_sum(&EventRow { subject: *to, ..sum.clone() });
    let ids = params![tenant.as_str(), sum.id.as_str(), id.as_str()];
    let there = "WHERE tenant = ?1 AND event_id = ?2";
    let known = select_events(connection, there, params![tenant.as_str(), id.as_str()])?.pop();
    if let Some(known) = known {
        if known.event.attributes != sum.attributes {
            // One of them was put right: they are not of one kind any more.
            return Ok(());
        }
        let times = known.event.times.saturating_add(sum.times);
        let spend = known.event.spend_micros.saturating_add(sum.spend_micros);
        connection
            .prepare_cached(
                "UPDATE events SET times = ?3, spend_micros = ?4 WHERE tenant = ?1 AND event_id = ?2",
            )?
            .execute(params![tenant.as_str(), id.as_str(), times, spend])?;
        connection
            .prepare_cached("DELETE FROM events WHERE tenant = ?1 AND event_id = ?2")?
            .execute(params![tenant.as_str(), sum.id.as_str()])?;
    } else {
        connection
            .prepare_cached("UPDATE events SET event_id = ?3 WHERE tenant = ?1 AND event_id = ?2")?
            .execute(ids)?;
    }
    connection
        .prepare_cached("UPDATE event_ids SET folded_into = ?3 WHERE tenant = ?1 AND folded_into = ?2")?
        .execute(ids)?;
    Ok(())
}

fn drop_unreachable(connection: &Connection, tags: &[u8], limit: u32) -> Result<u64, StoreError> {
    let marks = (1..=tags.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let lost =
        format!("subject_key IS NOT NULL AND substr(subject_key, 32, 1) NOT IN ({marks}) LIMIT {limit}");
    let tags: Vec<[u8; 1]> = tags.iter().map(|tag| [*tag]).collect();
    let key = || params_from_iter(tags.iter().map(|tag| tag as &dyn ToSql));
    let aliases: Vec<(String, Vec<u8>)> = connection
        .prepare_cached(&format!("SELECT tenant, alias FROM subjects WHERE {lost}"))?
        .query_map(key(), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (tenant, alias) in &aliases {
        subjects::delete(connection, tenant, alias)?;
    }
    let mut deleted = aliases.len();
    for (table, row) in
        [("events", "seq"), ("event_ids", "(tenant, event_id)"), ("choices", "seq"), ("renamings", "seq")]
    {
        let columns = row.trim_matches(['(', ')']);
        let sql = format!("DELETE FROM {table} WHERE {row} IN (SELECT {columns} FROM {table} WHERE {lost})");
        deleted += connection.prepare_cached(&sql)?.execute(key())?;
    }
    Ok(deleted as u64)
}
