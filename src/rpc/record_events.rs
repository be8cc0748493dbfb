//! `EventService`: what people did, and which of it is not believed.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::caller::caller_of;
use super::recommend::accepted;
use super::status::{Fields, tenant};
use super::{Service, pb, to_the_end};
use crate::decide::{DecideError, Engine, EventIn, EventTally, OutcomeOf};
use crate::domain::{
    AdId, DecisionId, EventId, EventKind, FieldError, QuarantineCause, Quarantined, TenantId, Timestamp,
};
use crate::ledger::Named;
use crate::store::OWN_ID_PREFIX;

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
            let tenant = TenantId::parse(&wire.tenant);
            let named = match (&wire.event, &tenant) {
                (Some(event), Ok(tenant)) => Some(self.engine.see(tenant, &event.subject_id).await?),
                _ => None,
            };
            batch.push(read(&self.engine, number, (tenant, named), wire)?);
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
            quarantined: tally.quarantined,
        }))
    }

    async fn get_quarantine(
        &self,
        request: Request<pb::GetQuarantineRequest>,
    ) -> Result<Response<pb::GetQuarantineResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.check_tenant(&request.tenant)?;
        let tenant = tenant(&request.tenant)?;
        let counts = self.engine.quarantined(&tenant).await?;
        Ok(Response::new(pb::GetQuarantineResponse { counts: counts.into_iter().map(count).collect() }))
    }
}

fn count(quarantined: Quarantined) -> pb::QuarantineCount {
    let cause = match quarantined.cause {
        QuarantineCause::TooOld => pb::QuarantineCause::TooOld,
        QuarantineCause::Unlogged => pb::QuarantineCause::Unlogged,
        QuarantineCause::NotShown => pb::QuarantineCause::NotShown,
        QuarantineCause::OutsideWindow => pb::QuarantineCause::OutsideWindow,
        QuarantineCause::PersonDay => pb::QuarantineCause::PersonDay,
        QuarantineCause::CallerDay => pb::QuarantineCause::CallerDay,
    };
    pb::QuarantineCount {
        day: quarantined.day.to_string(),
        cause: cause.into(),
        events: i64::try_from(quarantined.events).unwrap_or(i64::MAX),
    }
}

/// Makes events durable and lets them count.
async fn record(engine: &Arc<Engine>, events: Vec<EventIn>) -> Result<EventTally, DecideError> {
    let engine = engine.clone();
    to_the_end(async move { engine.record_events(events).await }).await
}

/// Reads and checks the event of this number in its stream. Tenant and person were read before: `named` is what the person is
/// named by, if the tenant is good.
fn read(
    engine: &Engine,
    number: usize,
    (tenant, named): (Result<TenantId, FieldError>, Option<Result<Named, FieldError>>),
    wire: pb::RecordEventsRequest,
) -> Result<EventIn, Status> {
    let mut fields = Fields::default();
    let at = |field: &str| format!("events[{number}].{field}");
    let tenant = fields.take(tenant.map_err(|error| error.under(format!("events[{number}]"))));
    let Some(event) = wire.event else {
        fields.refuse(at("event"), "must be given");
        return fields.finish(None);
    };
    let kind = kind(&mut fields, event.kind(), &at("event.kind"));
    let id = fields.take(EventId::parse(&event.id).map_err(|e| e.under(format!("events[{number}]"))));
    let id = id.filter(|id| {
        let is_own = id.as_str().starts_with(OWN_ID_PREFIX);
        if is_own {
            fields.refuse(
                at("event.id"),
                format!("must not begin with {OWN_ID_PREFIX}, as ids of the service do"),
            );
        }
        !is_own
    });
    let subject = named.and_then(|named| {
        fields.take(named.map_err(|error| FieldError::new(at("event.subject_id"), error.rule)))
    });
    let subject = subject.map(|named| named.subject);
    let accepted = accepted(&mut fields, &event.accepted_purposes, &at("event.accepted_purposes"));
    let when = moment(&mut fields, event.at.as_ref(), engine.now(), &at("event.at"));
    let of = outcome_of(&mut fields, &event, kind, &at("event"));
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
            of,
        }),
        _ => None,
    };
    if let Some(Err(errors)) = whole.as_ref().map(|event| engine.check_event(event)) {
        errors.0.into_iter().for_each(|error| fields.refuse_error(error.under(at("event"))));
    }
    fields.finish(whole)
}

/// Of what an event is an outcome, if its kind is one.
fn outcome_of(
    fields: &mut Fields,
    event: &pb::Event,
    kind: Option<EventKind>,
    field: &str,
) -> Option<OutcomeOf> {
    let told = [("decision_id", &event.decision_id), ("ad_id", &event.ad_id)];
    if kind?.is_outcome() {
        let decision = fields.take(DecisionId::parse(&event.decision_id).map_err(|e| e.under(field)));
        let ad = fields.take(AdId::parse(&event.ad_id).map_err(|e| e.under(field)));
        return decision.zip(ad).map(|(decision, ad)| OutcomeOf { decision, ad });
    }
    for (name, _) in told.into_iter().filter(|(_, text)| !text.is_empty()) {
        fields
            .refuse(format!("{field}.{name}"), "must be given for impressions, clicks and conversions only");
    }
    None
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
