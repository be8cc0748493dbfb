//! Events, each id once.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connection::{execute, query};
use super::convert::{bytes, damaged, get, moment, number, parsed, place, to_column};
use super::writer::Work;
use super::{Postgres, naming};
use crate::domain::{EventId, EventKind, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::day::sum_of_day;
use crate::store::{Appended, EventRow, FoldedEvent, Rectified, StoreError, StoredEvent};

pub(super) const SELECT: &str = "SELECT seq, tenant, event_id, subject_key, kind, at, attributes, spend_micros, received_at, \
                      times, folded FROM events";

impl Postgres {
    /// See [`crate::store::Store::append_events`].
    pub(in crate::store) async fn append_events(
        &self,
        tenant: &TenantId,
        events: Vec<(SubjectMark, EventRow)>,
    ) -> Result<Vec<Appended>, StoreError> {
        self.write(Append { tenant: tenant.clone(), events }).await
    }

    /// See [`crate::store::Store::events`].
    pub(in crate::store) async fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!("{SELECT} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let rows = self.read(&sql, &[&to_column(after), &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }

    /// See [`crate::store::Store::events_of`].
    pub(in crate::store) async fn events_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql =
            format!("{SELECT} WHERE tenant = $1 AND subject_key = $2 AND seq > $3 ORDER BY seq LIMIT $4");
        let subject = subject.as_bytes().as_slice();
        let rows =
            self.read(&sql, &[&tenant.as_str(), &subject, &to_column(after), &i64::from(limit)]).await?;
        rows.iter().map(read).collect()
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
        self.write(Rectify { tenant, subject, mark, id, corrected }).await
    }

    /// See [`crate::store::Store::drop_events`].
    pub(in crate::store) async fn drop_events(
        &self,
        kind: EventKind,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(Drop { kind, before, limit }).await
    }

    /// See [`crate::store::Store::known_events`].
    pub(in crate::store) async fn known_events(
        &self,
        tenant: &TenantId,
        ids: Vec<EventId>,
    ) -> Result<BTreeSet<EventId>, StoreError> {
        let sql = "SELECT event_id FROM events WHERE tenant = $1 AND event_id = ANY ($2) \
                   UNION SELECT event_id FROM event_ids WHERE tenant = $1 AND event_id = ANY ($2)";
        let ids: Vec<&str> = ids.iter().map(EventId::as_str).collect();
        let rows = self.read(sql, &[&tenant.as_str(), &ids]).await?;
        rows.iter().map(|row| parsed(row, "event_id", EventId::parse)).collect()
    }

    /// See [`crate::store::Store::fold_events`].
    pub(in crate::store) async fn fold_events(
        &self,
        before: Timestamp,
        ids_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<FoldedEvent>, StoreError> {
        self.write(Fold { before, ids_since, limit }).await
    }

    /// See [`crate::store::Store::forget_event_ids`].
    pub(in crate::store) async fn forget_event_ids(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(Forget { before }).await
    }
}

struct Append {
    tenant: TenantId,
    events: Vec<(SubjectMark, EventRow)>,
}

impl Work for Append {
    type Answer = Vec<Appended>;

    async fn run(&self, on: &ClientWrapper) -> Result<Vec<Appended>, StoreError> {
        if self.events.is_empty() {
            return Ok(Vec::new());
        }
        let subjects: Vec<&SubjectKey> = self.events.iter().map(|(_, event)| &event.subject).collect();
        let (erased, ()) = tokio::try_join!(self.erased(on), naming::check(on, &self.tenant, &subjects))?;
        let known = self.known(on).await?;
        let remembered = self.remembered(on).await?;
        let mut fresh = BTreeMap::<&EventId, &EventRow>::new();
        let (mut new, mut new_at) = (Vec::new(), Vec::new());
        let mut appended = Vec::with_capacity(self.events.len());
        for (mark, event) in &self.events {
            let until = erased.get(mark.as_bytes().as_slice());
            let known = known.get(event.id.as_str()).or_else(|| fresh.get(&event.id).copied());
            appended.push(if until.is_some_and(|until| event.at <= *until) {
                Appended::Erased
            } else if let Some(known) = known {
                if known.tells_the_same_as(event) { Appended::Known } else { Appended::Conflict }
            } else if remembered.contains(event.id.as_str()) {
                Appended::Known
            } else {
                fresh.insert(&event.id, event);
                new.push(event);
                new_at.push(appended.len());
                Appended::New { seq: 0 }
            });
        }
        let places = insert(on, &self.tenant, &new, false).await?;
        for (index, event) in new_at.into_iter().zip(new) {
            let seq = *places.get(event.id.as_str()).ok_or_else(|| damaged("event_id"))?;
            appended[index] = Appended::New { seq };
        }
        Ok(appended)
    }
}

impl Append {
    /// Until when what people of these events did is erased, by their marks.
    async fn erased(&self, on: &ClientWrapper) -> Result<BTreeMap<Vec<u8>, Timestamp>, StoreError> {
        let marks: Vec<&[u8]> = self.events.iter().map(|(mark, _)| mark.as_bytes().as_slice()).collect();
        let sql = "SELECT mark, erased_at FROM suppressions WHERE tenant = $1 AND mark = ANY ($2)";
        let rows = query(on, sql, &[&self.tenant.as_str(), &marks]).await?;
        rows.iter().map(|row| Ok((get(row, "mark")?, moment(row, "erased_at")?))).collect()
    }

    /// The events that there are under these ids.
    async fn known(&self, on: &ClientWrapper) -> Result<BTreeMap<String, EventRow>, StoreError> {
        let sql = format!("{SELECT} WHERE tenant = $1 AND event_id = ANY ($2)");
        let rows = query(on, &sql, &[&self.tenant.as_str(), &self.ids()]).await?;
        let read = |row| read(row).map(|stored| (stored.event.id.to_string(), stored.event));
        rows.iter().map(read).collect()
    }

    /// Those of these ids that are remembered of events that were folded or taken back.
    async fn remembered(&self, on: &ClientWrapper) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT event_id FROM event_ids WHERE tenant = $1 AND event_id = ANY ($2)";
        let rows = query(on, sql, &[&self.tenant.as_str(), &self.ids()]).await?;
        rows.iter().map(|row| get(row, "event_id")).collect()
    }

    fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|(_, event)| event.id.as_str()).collect()
    }
}

struct Rectify {
    tenant: TenantId,
    subject: SubjectKey,
    mark: SubjectMark,
    id: EventId,
    corrected: Option<EventRow>,
}

impl Work for Rectify {
    type Answer = Rectified;

    /// Deletes one event for good, or puts another in its place.
    async fn run(&self, on: &ClientWrapper) -> Result<Rectified, StoreError> {
        let (tenant, id) = (self.tenant.as_str(), self.id.as_str());
        let subject = self.subject.as_bytes().as_slice();
        let known = "WHERE tenant = $1 AND event_id = $2 AND subject_key = $3";
        let rows = query(on, &format!("{SELECT} {known}"), &[&tenant, &id, &subject]).await?;
        let Some(was) = rows.first() else { return self.not_single(on).await };
        let was = read(was)?;
        if let Some(event) = &self.corrected {
            let sql = format!(
                "UPDATE events SET kind = $4, at = $5, attributes = $6, spend_micros = $7, times = $8 {known}"
            );
            execute(
                on,
                &sql,
                &[
                    &tenant,
                    &id,
                    &subject,
                    &event.kind.name(),
                    &event.at.micros(),
                    &attributes_of(event)?,
                    &event.spend_micros,
                    &i64::from(event.times),
                ],
            )
            .await?;
        } else {
            execute(on, &format!("DELETE FROM events {known}"), &[&tenant, &id, &subject]).await?;
            remember(on, &self.tenant, &was.event, None).await?;
        }
        naming::announce(on, &self.tenant, &self.mark, &self.subject).await?;
        Ok(Rectified::Was(Box::new(was.event)))
    }
}

impl Rectify {
    /// What became of an event that is not kept singly.
    async fn not_single(&self, on: &ClientWrapper) -> Result<Rectified, StoreError> {
        let sql = "SELECT folded_into FROM event_ids \
                   WHERE tenant = $1 AND event_id = $2 AND subject_key = $3 AND folded_into IS NOT NULL";
        let subject = self.subject.as_bytes().as_slice();
        let rows = query(on, sql, &[&self.tenant.as_str(), &self.id.as_str(), &subject]).await?;
        match rows.first() {
            Some(row) => Ok(Rectified::Folded(parsed(row, "folded_into", EventId::parse)?)),
            None => Ok(Rectified::Absent),
        }
    }
}

struct Drop {
    kind: EventKind,
    before: Timestamp,
    limit: u32,
}

impl Work for Drop {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        let sql = "DELETE FROM events WHERE seq IN \
                   (SELECT seq FROM events WHERE kind = $1 AND at < $2 ORDER BY seq LIMIT $3)";
        execute(on, sql, &[&self.kind.name(), &self.before.micros(), &i64::from(self.limit)]).await
    }
}

struct Fold {
    before: Timestamp,
    ids_since: Timestamp,
    limit: u32,
}

impl Work for Fold {
    type Answer = Vec<FoldedEvent>;

    async fn run(&self, on: &ClientWrapper) -> Result<Vec<FoldedEvent>, StoreError> {
        let sql = format!("{SELECT} WHERE NOT folded AND at < $1 ORDER BY at, seq LIMIT $2");
        let singles = query(on, &sql, &[&self.before.micros(), &i64::from(self.limit)]).await?;
        let mut folded = Vec::with_capacity(singles.len());
        for single in &singles {
            folded.push(self.fold(on, read(single)?).await?);
        }
        Ok(folded)
    }
}

impl Fold {
    /// Adds a single event to the sum of its day and deletes it. The sum moves to the end, so that other processes see it.
    async fn fold(&self, on: &ClientWrapper, single: StoredEvent) -> Result<FoldedEvent, StoreError> {
        let StoredEvent { seq, tenant, event, .. } = single;
        let sum = sum_of_day(&event);
        let sql = format!("{SELECT} WHERE tenant = $1 AND event_id = $2");
        let known = query(on, &sql, &[&tenant.as_str(), &sum.id.as_str()]).await?;
        let known = known.first().map(read).transpose()?;
        let delete = "DELETE FROM events WHERE seq = $1";
        if let Some(known) = &known {
            execute(on, delete, &[&to_column(known.seq)]).await?;
        }
        let before = known.map_or(sum, |known| known.event);
        insert(on, &tenant, &[&before.with(&event)], true).await?;
        if event.at >= self.ids_since {
            remember(on, &tenant, &event, Some(&before.id)).await?;
        }
        execute(on, delete, &[&to_column(seq)]).await?;
        Ok(FoldedEvent { tenant, event, times_before: before.times, spend_before: before.spend_micros })
    }
}

struct Forget {
    before: Timestamp,
}

impl Work for Forget {
    type Answer = u64;

    async fn run(&self, on: &ClientWrapper) -> Result<u64, StoreError> {
        execute(on, "DELETE FROM event_ids WHERE at < $1", &[&self.before.micros()]).await
    }
}

/// Keeps events in their order; their places by their ids.
async fn insert(
    on: &ClientWrapper,
    tenant: &TenantId,
    events: &[&EventRow],
    folded: bool,
) -> Result<BTreeMap<String, u64>, StoreError> {
    if events.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    let subjects: Vec<&[u8]> = events.iter().map(|event| event.subject.as_bytes().as_slice()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    let moments: Vec<i64> = events.iter().map(|event| event.at.micros()).collect();
    let attributes = events.iter().map(|event| attributes_of(event)).collect::<Result<Vec<_>, _>>()?;
    let spends: Vec<i64> = events.iter().map(|event| event.spend_micros).collect();
    let received: Vec<i64> = events.iter().map(|event| event.received_at.micros()).collect();
    let times: Vec<i64> = events.iter().map(|event| i64::from(event.times)).collect();
    let sql = "INSERT INTO events (tenant, event_id, subject_key, kind, at, attributes, spend_micros, \
               received_at, times, folded) SELECT $1::text, id, subject, kind, at, attributes, spend, received, times, $10 \
               FROM unnest($2::text[], $3::bytea[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
               $8::bigint[], $9::bigint[]) WITH ORDINALITY \
               AS told (id, subject, kind, at, attributes, spend, received, times, place) ORDER BY place RETURNING seq, event_id";
    let rows = query(
        on,
        sql,
        &[
            &tenant.as_str(),
            &ids,
            &subjects,
            &kinds,
            &moments,
            &attributes,
            &spends,
            &received,
            &times,
            &folded,
        ],
    )
    .await?;
    rows.iter().map(|row| Ok((get(row, "event_id")?, place(row, "seq")?))).collect()
}

/// Remembers the id of an event that is not kept by it any more.
async fn remember(
    on: &ClientWrapper,
    tenant: &TenantId,
    event: &EventRow,
    folded_into: Option<&EventId>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO event_ids VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let (id, subject, into) =
        (event.id.as_str(), event.subject.as_bytes().as_slice(), folded_into.map(EventId::as_str));
    execute(on, sql, &[&tenant.as_str(), &id, &subject, &event.at.micros(), &into]).await?;
    Ok(())
}

fn attributes_of(event: &EventRow) -> Result<String, StoreError> {
    serde_json::to_string(&event.attributes)
        .map_err(|error| StoreError::Conflict { rule: format!("attributes: {error}") })
}

pub(super) fn read(row: &Row) -> Result<StoredEvent, StoreError> {
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
            attributes: serde_json::from_str(get(row, "attributes")?).map_err(|_| damaged("attributes"))?,
            spend_micros: get(row, "spend_micros")?,
            received_at: moment(row, "received_at")?,
            times: number(row, "times")?,
        },
    })
}
