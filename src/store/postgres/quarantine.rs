//! Counts of events that were not believed.

use deadpool_postgres::ClientWrapper;

use super::Postgres;
use super::connection::execute;
use super::convert::{number, parsed, place, to_column};
use super::writer::Work;
use crate::domain::{Day, FieldError, QuarantineCause, Quarantined, TenantId};
use crate::store::StoreError;

impl Postgres {
    /// See [`crate::store::Store::add_quarantined`].
    pub(in crate::store) async fn add_quarantined(
        &self,
        tenant: &TenantId,
        more: Vec<Quarantined>,
    ) -> Result<(), StoreError> {
        self.write(Add { tenant: tenant.clone(), more }).await
    }

    /// See [`crate::store::Store::quarantined`].
    pub(in crate::store) async fn quarantined(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let sql = "SELECT day, cause, events FROM quarantine WHERE tenant = $1 ORDER BY day, cause";
        let read = |row: &tokio_postgres::Row| {
            Ok(Quarantined {
                day: Day::from_number(number(row, "day")?),
                cause: parsed(row, "cause", |name| {
                    QuarantineCause::of_name(name).ok_or_else(|| FieldError::new("cause", "is unknown"))
                })?,
                events: place(row, "events")?,
            })
        };
        self.read(sql, &[&tenant.as_str()]).await?.iter().map(read).collect()
    }
}

struct Add {
    tenant: TenantId,
    more: Vec<Quarantined>,
}

impl Work for Add {
    type Answer = ();

    async fn run(&self, on: &ClientWrapper) -> Result<(), StoreError> {
        let sql = "INSERT INTO quarantine (tenant, day, cause, events) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (tenant, day, cause) DO UPDATE SET events = quarantine.events + excluded.events";
        for Quarantined { day, cause, events } in &self.more {
            let (day, events) = (i64::from(day.number()), to_column(*events));
            execute(on, sql, &[&self.tenant.as_str(), &day, &cause.name(), &events]).await?;
        }
        Ok(())
    }
}
