//! Events, each id once.

use rusqlite::{Connection, Params, Row, params};

use super::Sqlite;
use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use crate::domain::{EventId, EventKind, FieldError, SubjectKey, TenantId};
use crate::store::{Appended, EventRow, StoreError, StoredEvent};

impl Sqlite {
    /// See [`crate::store::Store::append_events`].
    pub(in crate::store) async fn append_events(
        &self,
        tenant: &TenantId,
        events: Vec<EventRow>,
    ) -> Result<Vec<Appended>, StoreError> {
        let tenant = tenant.clone();
        self.write(move |connection| events.iter().map(|event| append(connection, &tenant, event)).collect())
            .await
    }

    /// See [`crate::store::Store::events`].
    pub(in crate::store) async fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(move |connection| {
            let page = "WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            select(connection, page, params![to_column(after), limit])
        })
        .await
    }
}

fn append(connection: &Connection, tenant: &TenantId, event: &EventRow) -> Result<Appended, StoreError> {
    let key = params![tenant.as_str(), event.id.as_str()];
    if let Some(known) = select(connection, "WHERE tenant = ?1 AND event_id = ?2", key)?.pop() {
        let same = known.event.tells_the_same_as(event);
        return Ok(if same { Appended::Known } else { Appended::Conflict });
    }
    let attributes = serde_json::to_string(&event.attributes)
        .map_err(|error| StoreError::Conflict { rule: format!("attributes: {error}") })?;
    connection
        .prepare_cached(
            "INSERT INTO events (tenant, event_id, subject_key, kind, at, attributes, spend_micros, \
             received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            tenant.as_str(),
            event.id.as_str(),
            event.subject.as_bytes(),
            event.kind.name(),
            event.at.micros(),
            attributes,
            event.spend_micros,
            event.received_at.micros(),
        ])?;
    Ok(Appended::New)
}

fn select(connection: &Connection, clause: &str, key: impl Params) -> Result<Vec<StoredEvent>, StoreError> {
    let sql = format!(
        "SELECT seq, tenant, event_id, subject_key, kind, at, attributes, spend_micros, received_at \
         FROM events {clause}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<StoredEvent, StoreError> {
    let attributes: String = get(row, "attributes")?;
    Ok(StoredEvent {
        seq: place(row, "seq")?,
        tenant: parsed(row, "tenant", TenantId::parse)?,
        event: EventRow {
            id: parsed(row, "event_id", EventId::parse)?,
            subject: SubjectKey::from_bytes(bytes(row, "subject_key")?),
            kind: parsed(row, "kind", |name| {
                EventKind::of_name(name).ok_or_else(|| FieldError::new("kind", "is unknown"))
            })?,
            at: moment(row, "at")?,
            attributes: serde_json::from_str(&attributes).map_err(|_| damaged("attributes"))?,
            spend_micros: get(row, "spend_micros")?,
            received_at: moment(row, "received_at")?,
        },
    })
}
