//! Aliases and their wrapped data keys.

use rusqlite::{Connection, Params, Row, params};

use super::Sqlite;
use super::convert::{bytes, get, parsed};
use super::naming;
use super::rights::wrapping;
use crate::domain::{Alias, SubjectKey, TenantId};
use crate::store::{StoreError, SubjectRow};

impl Sqlite {
    /// See [`crate::store::Store::subject_or_insert`].
    pub(in crate::store) async fn subject_or_insert(
        &self,
        row: SubjectRow,
    ) -> Result<SubjectRow, StoreError> {
        self.write(move |connection| {
            if let Some(subject) = &row.subject
                && let Some(known) = of_subject(connection, &row.tenant, subject)?.into_iter().next()
            {
                return Ok(known);
            }
            insert(connection, &row).map(|()| row.clone())
        })
        .await
    }

    /// See [`crate::store::Store::aliases_of`].
    pub(in crate::store) async fn aliases_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let (tenant, subject) = (tenant.clone(), *subject);
        self.read(move |connection| of_subject(connection, &tenant, &subject)).await
    }

    /// See [`crate::store::Store::subject_of_alias`].
    pub(in crate::store) async fn subject_of_alias(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Option<SubjectRow>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let key = params![tenant.as_str(), alias.as_bytes()];
            Ok(select(connection, "WHERE tenant = ?1 AND alias = ?2", key)?.pop())
        })
        .await
    }

    /// See [`crate::store::Store::subjects`].
    pub(in crate::store) async fn subjects(
        &self,
        after: Option<(TenantId, Alias)>,
        limit: u32,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        self.read(move |connection| {
            // No tenant is named by the empty text, so it comes before them all.
            let (tenant, alias) = match &after {
                Some((tenant, alias)) => (tenant.as_str(), alias.as_bytes().as_slice()),
                None => ("", [].as_slice()),
            };
            let page = "WHERE (tenant, alias) > (?1, ?2) ORDER BY tenant, alias LIMIT ?3";
            select(connection, page, params![tenant, alias, limit])
        })
        .await
    }
}

/// Keeps a new alias.
pub(super) fn insert(connection: &Connection, row: &SubjectRow) -> Result<(), StoreError> {
    if row.wrapped_by < wrapping(connection)? {
        return Err(StoreError::OldWrappingKey);
    }
    naming::check(connection, &row.tenant, &row.subject)?;
    connection
        .prepare_cached(
            "INSERT INTO subjects (tenant, alias, subject_key, wrapped_data_key, wrapped_by) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            row.tenant.as_str(),
            row.alias.as_bytes(),
            row.subject.as_ref().map(SubjectKey::as_bytes),
            row.wrapped_data_key,
            row.wrapped_by,
        ])?;
    Ok(())
}

/// Deletes an alias with its data key, and what was pressed; no decision is appended under it any more.
pub(super) fn delete(connection: &Connection, tenant: &str, alias: &[u8]) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO erased_aliases VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![tenant, alias])?;
    for table in ["subjects", "feedback"] {
        let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND alias = ?2");
        connection.prepare_cached(&sql)?.execute(params![tenant, alias])?;
    }
    Ok(())
}

/// The aliases of a person, in one order.
pub(super) fn of_subject(
    connection: &Connection,
    tenant: &TenantId,
    subject: &SubjectKey,
) -> Result<Vec<SubjectRow>, StoreError> {
    let key = params![tenant.as_str(), subject.as_bytes()];
    select(connection, "WHERE tenant = ?1 AND subject_key = ?2 ORDER BY alias", key)
}

fn select(connection: &Connection, clause: &str, key: impl Params) -> Result<Vec<SubjectRow>, StoreError> {
    let sql =
        format!("SELECT tenant, alias, subject_key, wrapped_data_key, wrapped_by FROM subjects {clause}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<SubjectRow, StoreError> {
    Ok(SubjectRow {
        tenant: parsed(row, "tenant", TenantId::parse)?,
        alias: Alias::from_bytes(bytes(row, "alias")?),
        subject: get::<Option<[u8; 32]>>(row, "subject_key")?.map(SubjectKey::from_bytes),
        wrapped_data_key: get(row, "wrapped_data_key")?,
        wrapped_by: get(row, "wrapped_by")?,
    })
}
