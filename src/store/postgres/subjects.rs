//! Aliases and their wrapped data keys.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connection::{execute, query};
use super::convert::{bytes, damaged, get, number, parsed};
use super::rights::wrapping;
use super::writer::Work;
use super::{Postgres, naming};
use crate::domain::{Alias, SubjectKey, TenantId};
use crate::store::{StoreError, SubjectRow};

const SELECT: &str = "SELECT tenant, alias, subject_key, wrapped_data_key, wrapped_by FROM subjects";
const OF_SUBJECT: &str = "WHERE tenant = $1 AND subject_key = $2 ORDER BY alias";

impl Postgres {
    /// See [`crate::store::Store::subject_or_insert`].
    pub(in crate::store) async fn subject_or_insert(
        &self,
        row: SubjectRow,
    ) -> Result<SubjectRow, StoreError> {
        self.write(row).await
    }

    /// See [`crate::store::Store::aliases_of`].
    pub(in crate::store) async fn aliases_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let key = subject.as_bytes().as_slice();
        let rows = self.read(&format!("{SELECT} {OF_SUBJECT}"), &[&tenant.as_str(), &key]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::subject_of_alias`].
    pub(in crate::store) async fn subject_of_alias(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Option<SubjectRow>, StoreError> {
        let sql = format!("{SELECT} WHERE tenant = $1 AND alias = $2");
        let rows = self.read(&sql, &[&tenant.as_str(), &alias.as_bytes().as_slice()]).await?;
        rows.first().map(read).transpose()
    }

    /// See [`crate::store::Store::subjects`].
    pub(in crate::store) async fn subjects(
        &self,
        after: Option<(TenantId, Alias)>,
        limit: u32,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        // No tenant is named by the empty text, so it comes before them all.
        let (tenant, alias) = match &after {
            Some((tenant, alias)) => (tenant.as_str(), alias.as_bytes().as_slice()),
            None => ("", [].as_slice()),
        };
        let sql = format!("{SELECT} WHERE (tenant, alias) > ($1, $2) ORDER BY tenant, alias LIMIT $3");
        let rows = self.read(&sql, &[&tenant, &alias, &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }
}

impl Work for SubjectRow {
    type Answer = Self;

    async fn run(&self, on: &ClientWrapper) -> Result<Self, StoreError> {
        if let Some(subject) = &self.subject {
            if let Some(known) = of_subject(on, &self.tenant, subject).await?.into_iter().next() {
                return Ok(known);
            }
            naming::check(on, &self.tenant, &[subject]).await?;
        }
        insert(on, &[self]).await.map(|()| self.clone())
    }
}

/// The aliases of a person, in one order.
pub(super) async fn of_subject(
    on: &ClientWrapper,
    tenant: &TenantId,
    subject: &SubjectKey,
) -> Result<Vec<SubjectRow>, StoreError> {
    let key = subject.as_bytes().as_slice();
    let rows = query(on, &format!("{SELECT} {OF_SUBJECT}"), &[&tenant.as_str(), &key]).await?;
    rows.iter().map(read).collect()
}

/// Deletes an alias with its data key, and what was pressed; no decision is appended under it any more.
pub(super) async fn delete(on: &ClientWrapper, tenant: &str, alias: &[u8]) -> Result<(), StoreError> {
    let mark = "INSERT INTO erased_aliases VALUES ($1, $2) ON CONFLICT DO NOTHING";
    execute(on, mark, &[&tenant, &alias]).await?;
    for table in ["subjects", "feedback"] {
        let sql = format!("DELETE FROM {table} WHERE tenant = $1 AND alias = $2");
        execute(on, &sql, &[&tenant, &alias]).await?;
    }
    Ok(())
}

/// Keeps new aliases.
pub(super) async fn insert(on: &ClientWrapper, rows: &[&SubjectRow]) -> Result<(), StoreError> {
    let Some(oldest) = rows.iter().map(|row| row.wrapped_by).min() else { return Ok(()) };
    if oldest < wrapping(on).await? {
        return Err(StoreError::OldWrappingKey);
    }
    let tenants: Vec<&str> = rows.iter().map(|row| row.tenant.as_str()).collect();
    let aliases: Vec<&[u8]> = rows.iter().map(|row| row.alias.as_bytes().as_slice()).collect();
    let subjects: Vec<Option<&[u8]>> =
        rows.iter().map(|row| row.subject.as_ref().map(|subject| subject.as_bytes().as_slice())).collect();
    let keys: Vec<&[u8]> = rows.iter().map(|row| row.wrapped_data_key.as_slice()).collect();
    let versions: Vec<i64> = rows.iter().map(|row| row.wrapped_by.into()).collect();
    let sql = "INSERT INTO subjects (tenant, alias, subject_key, wrapped_data_key, wrapped_by) \
               SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[])";
    execute(on, sql, &[&tenants, &aliases, &subjects, &keys, &versions]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<SubjectRow, StoreError> {
    let subject = get::<Option<&[u8]>>(row, "subject_key")?;
    let subject = subject.map(<[u8; 32]>::try_from).transpose().map_err(|_| damaged("subject_key"))?;
    Ok(SubjectRow {
        tenant: parsed(row, "tenant", TenantId::parse)?,
        alias: Alias::from_bytes(bytes(row, "alias")?),
        subject: subject.map(SubjectKey::from_bytes),
        wrapped_data_key: get(row, "wrapped_data_key")?,
        wrapped_by: number(row, "wrapped_by")?,
    })
}
