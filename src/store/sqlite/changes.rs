//! What was made of models by hand.

use rusqlite::{Row, params};

use super::Sqlite;
use super::convert::{damaged, get, moment, parsed, place};
use crate::domain::{ModelVersion, TenantId};
use crate::store::{ChangeAction, ModelChange, StoreError};

impl Sqlite {
    /// See [`crate::store::Store::record_change`].
    pub(in crate::store) async fn record_change(
        &self,
        change: ModelChange,
    ) -> Result<ModelChange, StoreError> {
        self.write(move |connection| {
            let seq: i64 = connection
                .prepare_cached(
                    "INSERT INTO model_changes (tenant, at, action, version, previous, who, why) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING seq",
                )?
                .query_row(
                    params![
                        change.tenant.as_str(),
                        change.at.micros(),
                        change.action.name(),
                        change.version.as_str(),
                        change.previous.as_ref().map(ModelVersion::as_str),
                        change.who,
                        change.why,
                    ],
                    |row| row.get(0),
                )?;
            Ok(ModelChange { seq: u64::try_from(seq).unwrap_or_default(), ..change.clone() })
        })
        .await
    }

    /// See [`crate::store::Store::changes`].
    pub(in crate::store) async fn changes(&self, tenant: &TenantId) -> Result<Vec<ModelChange>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, at, action, version, previous, who, why FROM model_changes \
                 WHERE tenant = ?1 ORDER BY seq",
            )?;
            let mut rows = statement.query(params![tenant.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(row, &tenant)?);
            }
            Ok(found)
        })
        .await
    }
}

fn read(row: &Row<'_>, tenant: &TenantId) -> Result<ModelChange, StoreError> {
    let (action, previous): (String, Option<String>) = (get(row, "action")?, get(row, "previous")?);
    let known = ChangeAction::ALL.into_iter().find(|known| known.name() == action);
    let previous = previous.map(|text| ModelVersion::parse(&text)).transpose();
    Ok(ModelChange {
        seq: place(row, "seq")?,
        tenant: tenant.clone(),
        at: moment(row, "at")?,
        action: known.ok_or_else(|| damaged("action"))?,
        version: parsed(row, "version", ModelVersion::parse)?,
        previous: previous.map_err(|_| damaged("previous"))?,
        who: get(row, "who")?,
        why: get(row, "why")?,
    })
}
