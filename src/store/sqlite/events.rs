//! Events, each id once.

use rusqlite::{Connection, Params, Row, params};

use super::Sqlite;
use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use crate::domain::{EventId, EventKind, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::{Appended, EventRow, Rectified, StoreError, StoredEvent};

impl Sqlite {
    /// See [`crate::store::Store::append_events`].
    pub(in crate::store) async fn append_events(
        &self,
        tenant: &TenantId,
        events: Vec<(SubjectMark, EventRow)>,
    ) -> Result<Vec<Appended>, StoreError> {
        let tenant = tenant.clone();
        let append = move |connection: &Connection| {
            events.iter().map(|(mark, event)| append(connection, (&tenant, mark), event)).collect()
        };
        self.write(append).await
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

    /// See [`crate::store::Store::events_of`].
    pub(in crate::store) async fn events_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let (tenant, subject) = (tenant.clone(), *subject);
        self.read(move |connection| {
            let page = "WHERE tenant = ?1 AND subject_key = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
            let key = params![tenant.as_str(), subject.as_bytes(), to_column(after), limit];
            select(connection, page, key)
        })
        .await
    }

    /// See [`crate::store::Store::rectify_event`].
    pub(in crate::store) async fn rectify_event(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
        id: &EventId,
        corrected: Option<EventRow>,
    ) -> Result<Rectified, StoreError> {
        let (tenant, subject, id) = (tenant.clone(), *subject, id.clone());
        self.write(move |connection| rectify(connection, (&tenant, &subject, &id), corrected.as_ref())).await
    }

    /// See [`crate::store::Store::drop_events`].
    pub(in crate::store) async fn drop_events(
        &self,
        kind: EventKind,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(
                "DELETE FROM events WHERE seq IN \
                 (SELECT seq FROM events WHERE kind = ?1 AND at < ?2 ORDER BY seq LIMIT ?3)",
            )?;
            Ok(statement.execute(params![kind.name(), before.micros(), limit])? as u64)
        })
        .await
    }
}

/// Deletes one event for good, or puts another in its place.
fn rectify(
    connection: &Connection,
    (tenant, subject, id): (&TenantId, &SubjectKey, &EventId),
    corrected: Option<&EventRow>,
) -> Result<Rectified, StoreError> {
    let key = params![tenant.as_str(), id.as_str(), subject.as_bytes()];
    let known = "WHERE tenant = ?1 AND event_id = ?2 AND subject_key = ?3";
    let Some(was) = select(connection, known, key)?.pop() else { return Ok(Rectified::Absent) };
    if let Some(event) = corrected {
        connection
            .prepare_cached(
                "UPDATE events SET kind = ?4, at = ?5, attributes = ?6, spend_micros = ?7 \
                 WHERE tenant = ?1 AND event_id = ?2 AND subject_key = ?3",
            )?
            .execute(params![
                tenant.as_str(),
                id.as_str(),
                subject.as_bytes(),
                event.kind.name(),
                event.at.micros(),
                attributes_of(event)?,
                event.spend_micros,
            ])?;
    } else {
        connection.prepare_cached(&format!("DELETE FROM events {known}"))?.execute(key)?;
        connection
            .prepare_cached("INSERT INTO retracted_events VALUES (?1, ?2)")?
            .execute(params![tenant.as_str(), id.as_str()])?;
    }
    Ok(Rectified::Was(Box::new(was.event)))
}

fn attributes_of(event: &EventRow) -> Result<String, StoreError> {
    serde_json::to_string(&event.attributes)
        .map_err(|error| StoreError::Conflict { rule: format!("attributes: {error}") })
}

fn append(
    connection: &Connection,
    (tenant, mark): (&TenantId, &SubjectMark),
    event: &EventRow,
) -> Result<Appended, StoreError> {
    let mut suppressed = connection
        .prepare_cached("SELECT 1 FROM suppressions WHERE tenant = ?1 AND mark = ?2 AND erased_at >= ?3")?;
    if suppressed.exists(params![tenant.as_str(), mark.as_bytes(), event.at.micros()])? {
        return Ok(Appended::Erased);
    }
    let key = params![tenant.as_str(), event.id.as_str()];
    if let Some(known) = select(connection, "WHERE tenant = ?1 AND event_id = ?2", key)?.pop() {
        let same = known.event.tells_the_same_as(event);
        return Ok(if same { Appended::Known } else { Appended::Conflict });
    }
    let mut retracted =
        connection.prepare_cached("SELECT 1 FROM retracted_events WHERE tenant = ?1 AND event_id = ?2")?;
    if retracted.exists(key)? {
        return Ok(Appended::Known);
    }
    let attributes = attributes_of(event)?;
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
