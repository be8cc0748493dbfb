//! Counts of events that were not believed.

use rusqlite::params;

use super::Sqlite;
use super::convert::{get, parsed, place, to_column};
use crate::domain::{Day, FieldError, QuarantineCause, Quarantined, TenantId};
use crate::store::StoreError;

impl Sqlite {
    /// See [`crate::store::Store::add_quarantined`].
    pub(in crate::store) async fn add_quarantined(
        &self,
        tenant: &TenantId,
        more: Vec<Quarantined>,
    ) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO quarantine (tenant, day, cause, events) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (tenant, day, cause) DO UPDATE SET events = events + excluded.events",
            )?;
            for Quarantined { day, cause, events } in &more {
                let row = params![tenant.as_str(), day.number(), cause.name(), to_column(*events)];
                statement.execute(row)?;
            }
            Ok(())
        })
        .await
    }

    /// See [`crate::store::Store::quarantined`].
    pub(in crate::store) async fn quarantined(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT day, cause, events FROM quarantine WHERE tenant = ?1 ORDER BY day, cause",
            )?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Quarantined {
                    day: Day::from_number(get(row, "day")?),
                    cause: parsed(row, "cause", |name| {
                        QuarantineCause::of_name(name).ok_or_else(|| FieldError::new("cause", "is unknown"))
                    })?,
                    events: place(row, "events")?,
                });
            }
            Ok(found)
        })
        .await
    }
}
