//! `EventService.RecordEvents`.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::caller::caller_of;
use super::recommend::accepted;
use super::status::Fields;
use super::{Service, pb, to_the_end};
use crate::decide::{DecideError, Engine, EventIn, EventTally};
use crate::domain::{EventId, EventKind, TenantId, Timestamp};

/// Events that are made durable together while a stream goes on.
const BATCH: usize = 256;

#[tonic::async_trait]
impl pb::event_service_server::EventService for Service {
    async fn record_events(
        &self,
        request: Request<Streaming<pb::RecordEventsRequest>>,
    ) -> Result<Response<pb::RecordEventsResponse>, Status> {
        let caller = caller_of(&request);
        let mut stream = request.into_inner();
        let mut tally = EventTally::default();
        let mut batch = Vec::new();
        let mut number = 0;
        while let Some(wire) = stream.message().await? {
            caller.names_people(&wire.tenant)?;
            caller.spend(1, self.engine.now())?;
            batch.push(read(&self.engine, number, wire)?);
            number += 1;
            if batch.len() == BATCH {
                tally += record(&self.engine, std::mem::take(&mut batch)).await?;
            }
        }
        tally += record(&self.engine, batch).await?;
        Ok(Response::new(pb::RecordEventsResponse {
            recorded: tally.recorded,
            known: tally.known,
            conflicting: tally.conflicting,
            not_permitted: tally.not_permitted,
            sensitive: tally.sensitive,
            erased: tally.erased,
        }))
    }
}

/// Makes events durable and lets them count.
async fn record(engine: &Arc<Engine>, events: Vec<EventIn>) -> Result<EventTally, DecideError> {
    let engine = engine.clone();
    to_the_end(async move { engine.record_events(events).await }).await
}

/// Reads and checks the event of this number in its stream.
fn read(engine: &Engine, number: usize, wire: pb::RecordEventsRequest) -> Result<EventIn, Status> {
    let mut fields = Fields::default();
    let at = |field: &str| format!("events[{number}].{field}");
    let tenant = fields.take(TenantId::parse(&wire.tenant).map_err(|e| e.under(format!("events[{number}]"))));
    let Some(event) = wire.event else {
        fields.refuse(at("event"), "must be given");
        return fields.finish(None);
    };
    let kind = kind(&mut fields, event.kind(), &at("event.kind"));
    let id = fields.take(EventId::parse(&event.id).map_err(|e| e.under(format!("events[{number}]"))));
    let subject = tenant.as_ref().and_then(|tenant| {
        let key = engine.subject_key(tenant, &event.subject_id);
        fields.take(key.map_err(|e| crate::domain::FieldError::new(at("event.subject_id"), e.rule)))
    });
    let accepted = accepted(&mut fields, &event.accepted_purposes, &at("event.accepted_purposes"));
    let when = moment(&mut fields, event.at.as_ref(), engine.now(), &at("event.at"));
    let whole = match (tenant, id, subject, kind, when, accepted) {
        (Some(tenant), Some(id), Some(subject), Some(kind), Some(when), Some(accepted)) => Some(EventIn {
            tenant,
            id,
            subject,
            kind,
            at: when,
            attributes: event.attributes,
            spend_micros: event.spend_micros,
            accepted,
        }),
        _ => None,
    };
    if let Some(Err(errors)) = whole.as_ref().map(|event| engine.check_event(event)) {
        errors.0.into_iter().for_each(|error| fields.refuse_error(error.under(at("event"))));
    }
    fields.finish(whole)
}

/// A kind of event.
pub(super) fn kind(fields: &mut Fields, wire: pb::EventKind, field: &str) -> Option<EventKind> {
    match wire {
        pb::EventKind::Browse => Some(EventKind::Browse),
        pb::EventKind::Purchase => Some(EventKind::Purchase),
        pb::EventKind::Search => Some(EventKind::Search),
        pb::EventKind::Impression => Some(EventKind::Impression),
        pb::EventKind::Click => Some(EventKind::Click),
        pb::EventKind::Conversion => Some(EventKind::Conversion),
        pb::EventKind::Unspecified => {
            fields.refuse(field, "must be a kind of the API");
            None
        }
    }
}

impl From<EventKind> for pb::EventKind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Browse => Self::Browse,
            EventKind::Purchase => Self::Purchase,
            EventKind::Search => Self::Search,
            EventKind::Impression => Self::Impression,
            EventKind::Click => Self::Click,
            EventKind::Conversion => Self::Conversion,
        }
    }
}

/// A moment that has been.
pub(super) fn moment(
    fields: &mut Fields,
    wire: Option<&prost_types::Timestamp>,
    now: Timestamp,
    field: &str,
) -> Option<Timestamp> {
    let when = wire.and_then(after_1970);
    match when {
        None => fields.refuse(field, "must be given, after 1970"),
        Some(when) if when > now => {
            fields.refuse(field, format!("must not be in the future: it is {now} here"));
        }
        Some(_) => {}
    }
    when
}

/// A moment after 1970 with whole nanoseconds.
fn after_1970(wire: &prost_types::Timestamp) -> Option<Timestamp> {
    let nanos = i64::from(wire.nanos);
    let seconds = wire.seconds.checked_mul(1_000_000)?;
    let sound = wire.seconds >= 0 && (0..1_000_000_000).contains(&nanos);
    sound.then(|| Timestamp::from_micros(seconds.saturating_add(nanos / 1000)))
}
