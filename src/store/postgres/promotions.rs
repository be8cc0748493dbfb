//! Which model serves, and which served before.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::Postgres;
use super::connection::{one, query};
use super::convert::{damaged, get, moment, parsed, place};
use super::writer::Work;
use crate::domain::{ModelVersion, Response, TenantId, Timestamp};
use crate::store::rows::standing;
use crate::store::{Promotion, PromotionAction, StoreError};

const SELECT: &str = "SELECT seq, version, at, action, previous FROM promotions \
                      WHERE tenant = $1 AND response = $2 ORDER BY seq";

impl Postgres {
    /// See [`crate::store::Store::promote`].
    pub(in crate::store) async fn promote(
        &self,
        tenant: &TenantId,
        response: Response,
        version: ModelVersion,
        at: Timestamp,
    ) -> Result<Promotion, StoreError> {
        self.write(Promote { tenant: tenant.clone(), response, version, at }).await
    }

    /// See [`crate::store::Store::roll_back`].
    pub(in crate::store) async fn roll_back(
        &self,
        tenant: &TenantId,
        response: Response,
        at: Timestamp,
    ) -> Result<Option<Promotion>, StoreError> {
        self.write(RollBack { tenant: tenant.clone(), response, at }).await
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
        let rows = self.read(SELECT, &[&tenant.as_str(), &response.name()]).await?;
        rows.iter().map(|row| read(row, tenant, response)).collect()
    }
}

struct Promote {
    tenant: TenantId,
    response: Response,
    version: ModelVersion,
    at: Timestamp,
}

impl Work for Promote {
    type Answer = Promotion;

    async fn run(&self, on: &ClientWrapper) -> Result<Promotion, StoreError> {
        let before = select(on, &self.tenant, self.response).await?;
        let previous = standing(&before).last().map(|&version| version.clone());
        if let Some(last) = before.last()
            && previous.as_ref() == Some(&self.version)
        {
            return Ok(last.clone());
        }
        insert(
            on,
            Promotion {
                seq: 0,
                tenant: self.tenant.clone(),
                response: self.response,
                version: self.version.clone(),
                at: self.at,
                action: PromotionAction::Promote,
                previous,
            },
        )
        .await
    }
}

struct RollBack {
    tenant: TenantId,
    response: Response,
    at: Timestamp,
}

impl Work for RollBack {
    type Answer = Option<Promotion>;

    async fn run(&self, on: &ClientWrapper) -> Result<Option<Promotion>, StoreError> {
        let before = select(on, &self.tenant, self.response).await?;
        let [.., earlier, last] = standing(&before)[..] else { return Ok(None) };
        insert(
            on,
            Promotion {
                seq: 0,
                tenant: self.tenant.clone(),
                response: self.response,
                version: earlier.clone(),
                at: self.at,
                action: PromotionAction::RollBack,
                previous: Some(last.clone()),
            },
        )
        .await
        .map(Some)
    }
}

/// Keeps a change; the change with its place.
async fn insert(on: &ClientWrapper, promotion: Promotion) -> Result<Promotion, StoreError> {
    let sql = "INSERT INTO promotions (tenant, response, version, at, action, previous) \
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq";
    let row = one(
        on,
        sql,
        &[
            &promotion.tenant.as_str(),
            &promotion.response.name(),
            &promotion.version.as_str(),
            &promotion.at.micros(),
            &name(promotion.action),
            &promotion.previous.as_ref().map(ModelVersion::as_str),
        ],
    )
    .await?;
    Ok(Promotion { seq: place(&row, "seq")?, ..promotion })
}

async fn select(
    on: &ClientWrapper,
    tenant: &TenantId,
    response: Response,
) -> Result<Vec<Promotion>, StoreError> {
    let rows = query(on, SELECT, &[&tenant.as_str(), &response.name()]).await?;
    rows.iter().map(|row| read(row, tenant, response)).collect()
}

fn read(row: &Row, tenant: &TenantId, response: Response) -> Result<Promotion, StoreError> {
    let (action, previous): (&str, Option<&str>) = (get(row, "action")?, get(row, "previous")?);
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
        previous: previous.map(ModelVersion::parse).transpose().map_err(|_| damaged("previous"))?,
    })
}

/// The action as its column holds it.
const fn name(action: PromotionAction) -> &'static str {
    match action {
        PromotionAction::Promote => "promote",
        PromotionAction::RollBack => "rollback",
    }
}
