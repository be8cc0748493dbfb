//! How tests exercise rights: a controller's key, tokens that it signs, and the calls.

use std::sync::OnceLock;

use limpid::decide::RightsSettings;
use limpid::domain::{TenantId, Timestamp};
use limpid::rights::{Assurance, SubjectClaims, SubjectKeys, SubjectSigner, TOKEN_SECONDS_MAX};
use limpid::rpc::pb::subject_rights_service_client::SubjectRightsServiceClient;
use limpid::rpc::pb::{self, access_response::Part};
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::place::TENANT;
use super::service::{NOON, Service, at};

/// The controller of all tests.
pub(crate) fn controller() -> &'static SubjectSigner {
    static CONTROLLER: OnceLock<SubjectSigner> = OnceLock::new();
    CONTROLLER.get_or_init(|| SubjectSigner::new(limpid::admission::signing::Signer::fresh().unwrap()))
}

/// The service knows the controller's key.
pub(crate) fn settings() -> RightsSettings {
    let mut keys = SubjectKeys::default();
    keys.add(&controller().key().public_key(), None).unwrap();
    RightsSettings { keys, ..RightsSettings::default() }
}

/// What a token of a person of the example says, at noon.
pub(crate) fn claims(person: &str) -> SubjectClaims {
    claims_at(person, at(NOON))
}

pub(crate) fn claims_at(person: &str, issued_at: Timestamp) -> SubjectClaims {
    SubjectClaims {
        tenant: TenantId::parse(TENANT).unwrap(),
        subject: person.to_owned(),
        assurance: Assurance::Substantial,
        issued_at,
        expires_at: issued_at.plus_seconds(TOKEN_SECONDS_MAX),
        key: controller().key().key_id(),
    }
}

pub(crate) fn token(person: &str) -> String {
    controller().sign(&claims(person))
}

pub(crate) fn rights(channel: &Channel) -> SubjectRightsServiceClient<Channel> {
    SubjectRightsServiceClient::new(channel.clone())
}

pub(crate) async fn erase(service: &Service, subject_token: String) -> Result<pb::EraseResponse, Status> {
    rights(&service.channel).erase(pb::EraseRequest { subject_token }).await.map(Response::into_inner)
}

/// Everything that is held of a person.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) overview: pb::HeldOverview,
    pub(crate) events: Vec<pb::HeldEvent>,
    pub(crate) decisions: Vec<pb::HeldDecision>,
    pub(crate) feedback: pb::HeldFeedback,
    pub(crate) labels: Vec<pb::HeldLabel>,
}

pub(crate) async fn access(service: &Service, subject_token: String) -> Result<Held, Status> {
    held(&service.channel, subject_token).await
}

pub(crate) async fn held(channel: &Channel, subject_token: String) -> Result<Held, Status> {
    let request = pb::AccessRequest { subject_token, locale: "fr".to_owned() };
    let mut stream = rights(channel).access(request).await?.into_inner();
    let mut held = Held::default();
    while let Some(answer) = stream.message().await? {
        match answer.part.unwrap() {
            Part::Overview(overview) => held.overview = overview,
            Part::Events(more) => held.events.extend(more.events),
            Part::Decisions(more) => held.decisions.extend(more.decisions),
            Part::Feedback(said) => held.feedback = said,
            Part::Labels(more) => held.labels.extend(more.labels),
        }
    }
    Ok(held)
}

pub(crate) async fn port(
    service: &Service,
    subject_token: String,
    format: pb::PortFormat,
) -> Result<String, Status> {
    let request = pb::PortRequest { subject_token, format: format.into() };
    let mut stream = rights(&service.channel).port(request).await?.into_inner();
    let mut file = Vec::new();
    while let Some(piece) = stream.message().await? {
        file.extend(piece.chunk);
    }
    Ok(String::from_utf8(file).unwrap())
}

pub(crate) async fn rectify(
    service: &Service,
    person: &str,
    event_id: &str,
    corrected: Option<pb::CorrectedEvent>,
) -> Result<pb::RectifyResponse, Status> {
    let request =
        pb::RectifyRequest { subject_token: token(person), event_id: event_id.to_owned(), corrected };
    rights(&service.channel).rectify(request).await.map(Response::into_inner)
}

pub(crate) async fn restrict(
    service: &Service,
    person: &str,
    change_id: &str,
    lift: bool,
) -> Result<pb::ChoiceReceipt, Status> {
    let request = pb::RestrictRequest { subject_token: token(person), change_id: change_id.to_owned(), lift };
    rights(&service.channel).restrict(request).await.map(|answer| answer.into_inner().receipt.unwrap())
}
