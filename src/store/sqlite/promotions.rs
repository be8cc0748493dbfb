//! Which model serves, and which served before.

use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::convert::{damaged, get, moment, parsed, place};
use crate::domain::{ModelVersion, Response, TenantId, Timestamp};
use crate::store::rows::standing;
use crate::store::{Promotion, PromotionAction, StoreError};

impl Sqlite {
    /// See [`crate::store::Store::promote`].
    pub(in crate::store) async fn promote(
        &self,
        tenant: &TenantId,
        response: Response,
        version: ModelVersion,
        at: Timestamp,
    ) -> Result<Promotion, StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection| {
            let before = select(connection, &tenant, response)?;
            let previous = standing(&before).last().map(|&version| version.clone());
            if let Some(last) = before.last()
                && previous.as_ref() == Some(&version)
            {
                return Ok(last.clone());
            }
            let (tenant, version) = (tenant.clone(), version.clone());
            let action = PromotionAction::Promote;
            insert(connection, Promotion { seq: 0, tenant, response, version, at, action, previous })
        })
        .await
    }

    /// See [`crate::store::Store::roll_back`].
    pub(in crate::store) async fn roll_back(
        &self,
        tenant: &TenantId,
        response: Response,
        at: Timestamp,
    ) -> Result<Option<Promotion>, StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection| {
            let before = select(connection, &tenant, response)?;
            let [.., earlier, last] = standing(&before)[..] else { return Ok(None) };
            let (version, previous) = (earlier.clone(), Some(last.clone()));
            let (tenant, action) = (tenant.clone(), PromotionAction::RollBack);
            insert(connection, Promotion { seq: 0, tenant, response, version, at, action, previous })
                .map(Some)
        })
        .await
    }

    /// See [`crate::store::Store::active`].
    pub(in crate::store) async fn active(
        &self,
        tenant: &TenantId,
        response: Response,
    ) -> Result<Option<ModelVersion>, StoreError> {
        let promotions = self.promotions(tenant, response).await?;
        Ok(standing(&promotions).pop().cloned())
    }

    /// See [`crate::store::Store::promotions`].
    pub(in crate::store) async fn promotions(
        &self,
        tenant: &TenantId,
        response: Response,
    ) -> Result<Vec<Promotion>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| select(connection, &tenant, response)).await
    }
}

/// Keeps a change; the change with its place.
fn insert(connection: &Connection, promotion: Promotion) -> Result<Promotion, StoreError> {
    let seq: i64 = connection
        .prepare_cached(
            "INSERT INTO promotions (tenant, response, version, at, action, previous) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING seq",
        )?
        .query_row(
            params![
                promotion.tenant.as_str(),
                promotion.response.name(),
                promotion.version.as_str(),
                promotion.at.micros(),
                name(promotion.action),
                promotion.previous.as_ref().map(ModelVersion::as_str),
            ],
            |row| row.get(0),
        )?;
    Ok(Promotion { seq: u64::try_from(seq).unwrap_or_default(), ..promotion })
}

fn select(
    connection: &Connection,
    tenant: &TenantId,
    response: Response,
) -> Result<Vec<Promotion>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, version, at, action, previous FROM promotions \
         WHERE tenant = ?1 AND response = ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![tenant.as_str(), response.name()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row, tenant, response)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>, tenant: &TenantId, response: Response) -> Result<Promotion, StoreError> {
    let action: String = get(row, "action")?;
    let previous: Option<String> = get(row, "previous")?;
    Ok(Promotion {
        seq: place(row, "seq")?,
        tenant: tenant.clone(),
        response,
        version: parsed(row, "version", ModelVersion::parse)?,
        at: moment(row, "at")?,
        action: [PromotionAction::Promote, PromotionAction::RollBack]
            .into_iter()
            .find(|&known| name(known) == action)
            .ok_or_else(|| damaged("action"))?,
        previous: previous
            .map(|text| ModelVersion::parse(&text))
            .transpose()
            .map_err(|_| damaged("previous"))?,
    })
}

/// The action as its column holds it.
const fn name(action: PromotionAction) -> &'static str {
    match action {
        PromotionAction::Promote => "promote",
        PromotionAction::RollBack => "rollback",
    }
}
