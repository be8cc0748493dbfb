//! Events, each id once.

use std::collections::BTreeSet;

use rusqlite::{Connection, Params, Row, params};

use super::Sqlite;
use super::convert::{bytes, damaged, get, moment, parsed, place, to_column};
use super::naming;
use crate::domain::{EventId, EventKind, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::day::sum_of_day;
use crate::store::{Appended, EventRow, FoldedEvent, Rectified, StoreError, StoredEvent};

impl Sqlite {
    /// See [`crate::store::Store::append_events`].
    pub(in crate::store) async fn append_events(
        &self,
        tenant: &TenantId,
        events: Vec<(SubjectMark, EventRow)>,
    ) -> Result<Vec<Appended>, StoreError> {
        let tenant = tenant.clone();
        let append = move |connection: &Connection| {
            naming::check(connection, &tenant, events.iter().map(|(_, event)| &event.subject))?;
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
        (subject, mark): (&SubjectKey, &SubjectMark),
        id: &EventId,
        corrected: Option<EventRow>,
    ) -> Result<Rectified, StoreError> {
        let (tenant, subject, mark, id) = (tenant.clone(), *subject, *mark, id.clone());
        self.write(move |connection| {
            let rectified = rectify(connection, (&tenant, &subject, &id), corrected.as_ref())?;
            if matches!(rectified, Rectified::Was(_)) {
                naming::announce(connection, &tenant, &mark, &subject)?;
            }
            Ok(rectified)
        })
        .await
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

    /// See [`crate::store::Store::known_events`].
    pub(in crate::store) async fn known_events(
        &self,
        tenant: &TenantId,
        ids: Vec<EventId>,
    ) -> Result<BTreeSet<EventId>, StoreError> {
        let tenant = tenant.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT 1 FROM events WHERE tenant = ?1 AND event_id = ?2 \
                 UNION ALL SELECT 1 FROM event_ids WHERE tenant = ?1 AND event_id = ?2",
            )?;
            let mut known = BTreeSet::new();
            for id in ids {
                if statement.exists(params![tenant.as_str(), id.as_str()])? {
                    known.insert(id);
                }
            }
            Ok(known)
        })
        .await
    }

    /// See [`crate::store::Store::fold_events`].
    pub(in crate::store) async fn fold_events(
        &self,
        before: Timestamp,
        ids_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<FoldedEvent>, StoreError> {
        self.write(move |connection| {
            let page = "WHERE folded = 0 AND at < ?1 ORDER BY at, seq LIMIT ?2";
            let singles = select(connection, page, params![before.micros(), limit])?;
            singles.into_iter().map(|single| fold(connection, single, ids_since)).collect()
        })
        .await
    }

    /// See [`crate::store::Store::forget_event_ids`].
    pub(in crate::store) async fn forget_event_ids(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached("DELETE FROM event_ids WHERE at < ?1")?;
            Ok(statement.execute([before.micros()])? as u64)
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
    let Some(was) = select(connection, known, key)?.pop() else { return not_single(connection, key) };
    if let Some(event) = corrected {
        connection
            .prepare_cached(
                "UPDATE events SET kind = ?4, at = ?5, attributes = ?6, spend_micros = ?7, times = ?8 \
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
                event.times,
            ])?;
    } else {
        connection.prepare_cached(&format!("DELETE FROM events {known}"))?.execute(key)?;
        remember(connection, tenant, &was.event, None)?;
    }
    Ok(Rectified::Was(Box::new(was.event)))
}

/// What became of an event of a person that is not kept singly; the key is tenant, id and person.
fn not_single(connection: &Connection, key: impl Params) -> Result<Rectified, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT folded_into FROM event_ids \
         WHERE tenant = ?1 AND event_id = ?2 AND subject_key = ?3 AND folded_into IS NOT NULL",
    )?;
    let mut rows = statement.query(key)?;
    match rows.next()? {
        Some(row) => Ok(Rectified::Folded(parsed(row, "folded_into", EventId::parse)?)),
        None => Ok(Rectified::Absent),
    }
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
    let mut remembered =
        connection.prepare_cached("SELECT 1 FROM event_ids WHERE tenant = ?1 AND event_id = ?2")?;
    if remembered.exists(key)? {
        return Ok(Appended::Known);
    }
    Ok(Appended::New { seq: insert(connection, tenant, event, false)? })
}

/// Keeps an event; its place.
fn insert(
    connection: &Connection,
    tenant: &TenantId,
    event: &EventRow,
    folded: bool,
) -> Result<u64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO events (tenant, event_id, subject_key, kind, at, attributes, spend_micros, \
             received_at, times, folded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            tenant.as_str(),
            event.id.as_str(),
            event.subject.as_bytes(),
            event.kind.name(),
            event.at.micros(),
            attributes_of(event)?,
            event.spend_micros,
            event.received_at.micros(),
            event.times,
            folded,
        ])?;
    Ok(connection.last_insert_rowid().unsigned_abs())
}

/// Remembers the id of an event that is not kept by it any more.
fn remember(
    connection: &Connection,
    tenant: &TenantId,
    event: &EventRow,
    folded_into: Option<&EventId>,
) -> Result<(), StoreError> {
    let (id, subject, into) = (event.id.as_str(), event.subject.as_bytes(), folded_into.map(EventId::as_str));
    let row = params![tenant.as_str(), id, subject, event.at.micros(), into];
    connection
        .prepare_cached("INSERT INTO event_ids VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")?
        .execute(row)?;
    Ok(())
}

/// Adds a single event to the sum of its day and deletes it. The sum moves to the end, so that other processes see it.
fn fold(
    connection: &Connection,
    single: StoredEvent,
    ids_since: Timestamp,
) -> Result<FoldedEvent, StoreError> {
    let StoredEvent { seq, tenant, event, .. } = single;
    let sum = sum_of_day(&event);
    let key = params![tenant.as_str(), sum.id.as_str()];
    let known = select(connection, "WHERE tenant = ?1 AND event_id = ?2", key)?.pop();
    let mut delete = connection.prepare_cached("DELETE FROM events WHERE seq = ?1")?;
    if let Some(known) = &known {
        delete.execute([to_column(known.seq)])?;
    }
    let before = known.map_or(sum, |known| known.event);
    insert(connection, &tenant, &before.with(&event), true)?;
    if event.at >= ids_since {
        remember(connection, &tenant, &event, Some(&before.id))?;
    }
    delete.execute([to_column(seq)])?;
    Ok(FoldedEvent { tenant, event, times_before: before.times, spend_before: before.spend_micros })
}

pub(super) fn select(
    connection: &Connection,
    clause: &str,
    key: impl Params,
) -> Result<Vec<StoredEvent>, StoreError> {
    let sql = format!(
        "SELECT seq, tenant, event_id, subject_key, kind, at, attributes, spend_micros, received_at, times, folded \
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
        folded: get(row, "folded")?,
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
            times: get(row, "times")?,
        },
    })
}
