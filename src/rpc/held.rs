//! `SubjectRightsService`: `Access` and `Port`, streamed while they are read.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::account::{purposes, timestamp};
use super::labels::labels_of;
use super::transparency::data_uses;
use super::{Service, pb};
use crate::decide::{Engine, HeldOverview, HeldPage};
use crate::domain::Locale;
use crate::rights::{Asker, HeldAd, HeldDecision, HeldEvent, HeldLabel, HeldPart, PortForm, PortWriter};
use crate::store::{FeedbackRow, Right};

/// Pieces that wait for a slow caller.
const PIECES_WAITING: usize = 4;
/// Events of the example that are sent together.
const EVENTS_PER_PIECE: usize = 256;
/// A piece of a file is sent when it has so many bytes.
const PIECE_BYTES: usize = 64 << 10;

pub(super) type Stream<T> = ReceiverStream<Result<T, Status>>;

pub(super) async fn access(
    service: &Service,
    request: Request<pb::AccessRequest>,
) -> Result<Response<Stream<pb::AccessResponse>>, Status> {
    let request = request.into_inner();
    let engine = Arc::clone(&service.engine);
    let (asker, raw_id) = engine.ask_by_name(&request.subject_token, Right::Access).await?;
    engine.keep_right(&asker, Right::Access).await?;
    let labels = labels_of(&service.labels, &asker, raw_id).await?;
    let (locale, _) = engine.phrases().language_of(&request.locale);
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        if let Err(status) = tell_all(&engine, &asker, labels, locale, &sender).await {
            // The caller may have gone.
            let _ = sender.send(Err(status)).await;
        }
    });
    Ok(Response::new(ReceiverStream::new(receiver)))
}

async fn tell_all(
    engine: &Engine,
    asker: &Asker,
    labels: Vec<HeldLabel>,
    locale: Locale,
    sender: &mpsc::Sender<Result<pb::AccessResponse, Status>>,
) -> Result<(), Status> {
    use pb::access_response::Part;
    let tell = async |part: Part| sender.send(Ok(pb::AccessResponse { part: Some(part) })).await.is_ok();
    let overview = engine.held_overview(asker).await?;
    if !tell(Part::Overview(wire_of(engine, asker, overview, locale))).await {
        return Ok(());
    }
    let labels = labels.into_iter().map(pb::HeldLabel::from).collect::<Vec<_>>();
    if !labels.is_empty() && !tell(Part::Labels(pb::HeldLabels { labels })).await {
        return Ok(());
    }
    let mut after = Some(0);
    while let Some(place) = after {
        let HeldPage { parts, next } = engine.held_events(asker, place).await?;
        let events = parts.into_iter().map(pb::HeldEvent::from).collect::<Vec<_>>();
        if !events.is_empty() && !tell(Part::Events(pb::HeldEvents { events })).await {
            return Ok(());
        }
        after = next;
    }
    for events in engine.held_of_example(asker).chunks(EVENTS_PER_PIECE) {
        let events = events.iter().cloned().map(pb::HeldEvent::from).collect();
        if !tell(Part::Events(pb::HeldEvents { events })).await {
            return Ok(());
        }
    }
    let mut after = Some(0);
    while let Some(place) = after {
        let HeldPage { parts, next } = engine.held_decisions(asker, place).await?;
        let decisions = parts.into_iter().map(pb::HeldDecision::from).collect::<Vec<_>>();
        if !decisions.is_empty() && !tell(Part::Decisions(pb::HeldDecisions { decisions })).await {
            return Ok(());
        }
        after = next;
    }
    let (concerns, presses) = engine.held_feedback(asker).await?;
    if !concerns.is_empty() || !presses.is_empty() {
        let concerns = concerns.into_iter().map(pb::Concern::from).collect();
        let presses = presses.into_iter().map(pb::HeldPress::from).collect();
        tell(Part::Feedback(pb::HeldFeedback { concerns, presses })).await;
    }
    Ok(())
}

pub(super) async fn port(
    service: &Service,
    request: Request<pb::PortRequest>,
) -> Result<Response<Stream<pb::PortResponse>>, Status> {
    let request = request.into_inner();
    let engine = Arc::clone(&service.engine);
    let (asker, raw_id) = engine.ask_by_name(&request.subject_token, Right::Port).await?;
    let form = match request.format() {
        pb::PortFormat::Unspecified | pb::PortFormat::Json => PortForm::Json,
        pb::PortFormat::Csv => PortForm::Csv,
    };
    engine.keep_right(&asker, Right::Port).await?;
    let labels = labels_of(&service.labels, &asker, raw_id).await?;
    let (sender, receiver) = mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        let mut pieces = Pieces { sender, gathered: String::new() };
        if let Err(status) = write_all(&engine, &asker, labels, form, &mut pieces).await {
            let _ = pieces.sender.send(Err(status)).await;
        }
    });
    Ok(Response::new(ReceiverStream::new(receiver)))
}

/// A file that is sent piece by piece.
struct Pieces {
    sender: mpsc::Sender<Result<pb::PortResponse, Status>>,
    gathered: String,
}

impl Pieces {
    /// Appends text; an error when the caller has gone.
    async fn append(&mut self, text: &str) -> Result<(), Status> {
        self.gathered.push_str(text);
        if self.gathered.len() < PIECE_BYTES { Ok(()) } else { self.send().await }
    }

    async fn send(&mut self) -> Result<(), Status> {
        let chunk = std::mem::take(&mut self.gathered).into_bytes();
        let gone = |_| Status::cancelled("the caller has gone");
        self.sender.send(Ok(pb::PortResponse { chunk })).await.map_err(gone)
    }
}

async fn write_all(
    engine: &Engine,
    asker: &Asker,
    labels: Vec<HeldLabel>,
    form: PortForm,
    pieces: &mut Pieces,
) -> Result<(), Status> {
    let (mut writer, head) = PortWriter::begin(form, &asker.tenant, engine.now());
    pieces.append(&head).await?;
    for change in engine.held_overview(asker).await?.changes {
        pieces.append(&writer.part(&HeldPart::Change(change))).await?;
    }
    for label in labels {
        pieces.append(&writer.part(&HeldPart::Label(label))).await?;
    }
    let mut after = Some(0);
    while let Some(place) = after {
        let HeldPage { parts, next } = engine.held_events(asker, place).await?;
        for event in parts {
            pieces.append(&writer.part(&HeldPart::Event(event))).await?;
        }
        after = next;
    }
    for event in engine.held_of_example(asker) {
        pieces.append(&writer.part(&HeldPart::Event(event))).await?;
    }
    let mut after = Some(0);
    while let Some(place) = after {
        let HeldPage { parts, next } = engine.held_decisions(asker, place).await?;
        for decision in parts {
            pieces.append(&writer.part(&HeldPart::Decision(decision))).await?;
        }
        after = next;
    }
    let (concerns, presses) = engine.held_feedback(asker).await?;
    let said = concerns.into_iter().map(HeldPart::Concern).chain(presses.into_iter().map(HeldPart::Press));
    for part in said {
        pieces.append(&writer.part(&part)).await?;
    }
    pieces.append(&writer.end()).await?;
    pieces.send().await
}

fn wire_of(engine: &Engine, asker: &Asker, held: HeldOverview, locale: Locale) -> pb::HeldOverview {
    pb::HeldOverview {
        alias: held.alias.unwrap_or_default(),
        choices: Some((&held.choices).into()),
        changes: held.changes.iter().map(pb::ChoiceChange::from).collect(),
        uses: data_uses(engine.schema().features.iter().filter(|f| !f.is_contextual()), locale),
        recipients: vec![asker.tenant.to_string()],
        erased_before: held.erased_before,
    }
}

impl From<HeldEvent> for pb::HeldEvent {
    fn from(event: HeldEvent) -> Self {
        Self {
            id: event.id.map(|id| id.to_string()).unwrap_or_default(),
            kind: pb::EventKind::from(event.kind).into(),
            at: Some(timestamp(event.at)),
            attributes: event.attributes.into_iter().collect(),
            spend_micros: event.spend_micros,
            received_at: event.received_at.map(timestamp),
            source: event.source.name().to_owned(),
            retention_days: i32::try_from(event.retention_days).unwrap_or(i32::MAX),
            times: i32::try_from(event.times).unwrap_or(i32::MAX),
        }
    }
}

impl From<HeldLabel> for pb::HeldLabel {
    fn from(label: HeldLabel) -> Self {
        Self {
            attribute: label.attribute,
            value: label.value,
            collected_at: Some(timestamp(label.collected_at)),
            kept_until: Some(timestamp(label.kept_until)),
            source: label.source,
            basis: label.basis,
            special_basis: label.special_basis.unwrap_or_default(),
        }
    }
}

impl From<HeldDecision> for pb::HeldDecision {
    fn from(decision: HeldDecision) -> Self {
        Self {
            id: decision.id.to_string(),
            impression_id: decision.impression.to_string(),
            at: Some(timestamp(decision.at)),
            accepted_purposes: purposes(decision.accepted),
            model_versions: decision.models.iter().map(ToString::to_string).collect(),
            shown: decision.shown.into_iter().map(pb::HeldAd::from).collect(),
        }
    }
}

impl From<FeedbackRow> for pb::HeldPress {
    fn from(press: FeedbackRow) -> Self {
        Self {
            decision_id: press.decision.to_string(),
            ad_place: i32::try_from(press.ad).unwrap_or(i32::MAX),
            kind: pb::FeedbackKind::from(press.kind).into(),
            at: Some(timestamp(press.at)),
        }
    }
}

impl From<HeldAd> for pb::HeldAd {
    fn from(ad: HeldAd) -> Self {
        let HeldAd { ad, advertiser, payer, reasons } = ad;
        Self { ad_id: ad.to_string(), advertiser, payer, reason_codes: reasons }
    }
}
