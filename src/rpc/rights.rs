//! `SubjectRightsService`: `Rectify`, `Restrict` and `Erase`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::account::timestamp;
use super::record_events::{kind, moment};
use super::status::Fields;
use super::{Service, pb, to_the_end};
use crate::decide::{CorrectedEvent, Engine, ErasureReceipt};
use crate::domain::{ChangeId, EventId};
use crate::store::Right;

/// Most that one event may be corrected to stand for.
const TIMES_MAX: u32 = 1_000;

pub(super) async fn rectify(
    service: &Service,
    request: Request<pb::RectifyRequest>,
) -> Result<Response<pb::RectifyResponse>, Status> {
    let request = request.into_inner();
    let asker = service.engine.ask(&request.subject_token, Right::Rectify).await?;
    let (id, corrected) = read(&service.engine, request)?;
    let engine = Arc::clone(&service.engine);
    to_the_end(async move { engine.rectify(&asker, &id, corrected).await }).await?;
    Ok(Response::new(pb::RectifyResponse {}))
}

pub(super) async fn restrict(
    service: &Service,
    request: Request<pb::RestrictRequest>,
) -> Result<Response<pb::RestrictResponse>, Status> {
    let request = request.into_inner();
    let asker = service.engine.ask(&request.subject_token, Right::Restrict).await?;
    let mut fields = Fields::default();
    let id = fields.take(ChangeId::parse(&request.change_id));
    let id = fields.finish(id)?;
    let engine = Arc::clone(&service.engine);
    let receipt = to_the_end(async move { engine.restrict(&asker, id, request.lift).await }).await?;
    Ok(Response::new(pb::RestrictResponse { receipt: Some(receipt.into()) }))
}

pub(super) async fn erase(
    service: &Service,
    request: Request<pb::EraseRequest>,
) -> Result<Response<pb::EraseResponse>, Status> {
    let (asker, raw_id) =
        service.engine.ask_by_name(&request.into_inner().subject_token, Right::Erase).await?;
    let (engine, labels) = (Arc::clone(&service.engine), service.labels.clone());
    let done = to_the_end(async move {
        // Whatever becomes of the one, the other is erased; the call is to be made again unless both were.
        let labels = labels.erase(asker.tenant.clone(), raw_id, engine.now()).await;
        Ok((engine.erase(&asker).await?, labels))
    });
    let (receipt, labels) = done.await?;
    let labels = labels.map_err(|error| super::labels::refusal(&error))?;
    Ok(Response::new(pb::EraseResponse {
        labels: i64::try_from(labels).unwrap_or(i64::MAX),
        ..receipt.into()
    }))
}

fn read(engine: &Engine, request: pb::RectifyRequest) -> Result<(EventId, Option<CorrectedEvent>), Status> {
    let mut fields = Fields::default();
    let parsed = EventId::parse(&request.event_id);
    let id = fields.take(parsed.map_err(|error| crate::domain::FieldError::new("event_id", error.rule)));
    let Some(wire) = request.corrected else { return fields.finish(id.map(|id| (id, None))) };
    let what = kind(&mut fields, wire.kind(), "corrected.kind");
    let when = moment(&mut fields, wire.at.as_ref(), engine.now(), "corrected.at");
    let times = match wire.times {
        0 => Some(1),
        times => u32::try_from(times).ok().filter(|times| (1..=TIMES_MAX).contains(times)),
    };
    if times.is_none() {
        fields.refuse("corrected.times", format!("must be 0 to {TIMES_MAX}, is {}", wire.times));
    }
    let corrected = what.zip(when).zip(times).map(|((kind, at), times)| CorrectedEvent {
        kind,
        at,
        attributes: wire.attributes,
        spend_micros: wire.spend_micros,
        times,
    });
    fields.finish(id.zip(corrected).map(|(id, corrected)| (id, Some(corrected))))
}

impl From<ErasureReceipt> for pb::EraseResponse {
    fn from(receipt: ErasureReceipt) -> Self {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            erased_at: Some(timestamp(receipt.at)),
            final_at: Some(timestamp(receipt.final_at)),
            models_retire_at: Some(timestamp(receipt.models_retire_at)),
            model_versions: receipt.models.iter().map(ToString::to_string).collect(),
            events: count(receipt.gone.events),
            choices: count(receipt.gone.choices),
            decisions: count(receipt.gone.decisions),
            events_in_memory: count(receipt.events_in_memory),
            labels: 0,
        }
    }
}
