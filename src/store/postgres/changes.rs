//! What was made of models by hand.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::Postgres;
use super::connection::one;
use super::convert::{damaged, get, moment, parsed, place};
use super::writer::Work;
use crate::domain::{ModelVersion, TenantId};
use crate::store::{ChangeAction, ModelChange, StoreError};

impl Postgres {
    /// See [`crate::store::Store::record_change`].
    pub(in crate::store) async fn record_change(
        &self,
        change: ModelChange,
    ) -> Result<ModelChange, StoreError> {
        self.write(change).await
    }

    /// See [`crate::store::Store::changes`].
    pub(in crate::store) async fn changes(&self, tenant: &TenantId) -> Result<Vec<ModelChange>, StoreError> {
        let sql = "SELECT seq, at, action, version, previous, who, why FROM model_changes \
                   WHERE tenant = $1 ORDER BY seq";
        self.read(sql, &[&tenant.as_str()]).await?.iter().map(|row| read(row, tenant)).collect()
    }
}

impl Work for ModelChange {
    type Answer = Self;

    async fn run(&self, on: &ClientWrapper) -> Result<Self, StoreError> {
        let sql = "INSERT INTO model_changes (tenant, at, action, version, previous, who, why) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING seq";
        let row = one(
            on,
            sql,
            &[
                &self.tenant.as_str(),
                &self.at.micros(),
                &self.action.name(),
                &self.version.as_str(),
                &self.previous.as_ref().map(ModelVersion::as_str),
                &self.who,
                &self.why,
            ],
        )
        .await?;
        Ok(Self { seq: place(&row, "seq")?, ..self.clone() })
    }
}

fn read(row: &Row, tenant: &TenantId) -> Result<ModelChange, StoreError> {
    let (action, previous): (&str, Option<&str>) = (get(row, "action")?, get(row, "previous")?);
    let known = ChangeAction::ALL.into_iter().find(|known| known.name() == action);
    Ok(ModelChange {
        seq: place(row, "seq")?,
        tenant: tenant.clone(),
        at: moment(row, "at")?,
        action: known.ok_or_else(|| damaged("action"))?,
        version: parsed(row, "version", ModelVersion::parse)?,
        previous: previous.map(ModelVersion::parse).transpose().map_err(|_| damaged("previous"))?,
        who: get(row, "who")?,
        why: get(row, "why")?,
    })
}
