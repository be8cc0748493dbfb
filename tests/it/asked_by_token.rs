//! Every call that a token can be shown to, asked alike: what holds of one has to hold of all.

use limpid::rpc::pb;
use limpid::rpc::pb::consent_service_client::ConsentServiceClient;
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::feedback_service_client::FeedbackServiceClient;
use limpid::rpc::pb::subject_rights_service_client::SubjectRightsServiceClient;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};
use tonic::{Response, Status};

use super::choices::holder;
use super::service::Service;

/// The descriptor of the API.
pub(crate) fn pool() -> DescriptorPool {
    DescriptorPool::decode(pb::DESCRIPTORS).unwrap()
}

/// Every call of ours, as `Service/Call`.
pub(crate) fn all_calls() -> Vec<String> {
    let pool = pool();
    let services = pool.services().filter(|service| service.package_name() == "limpid.v1");
    let names = services.flat_map(|service| {
        let of_service =
            |method: prost_reflect::MethodDescriptor| format!("{}/{}", service.name(), method.name());
        service.methods().map(of_service).collect::<Vec<_>>()
    });
    names.collect()
}

/// The calls whose request has a place for a token.
pub(crate) fn calls_with_a_token() -> Vec<String> {
    let pool = pool();
    let takes = |call: &String| {
        let (service, name) = call.split_once('/').unwrap();
        let service = pool.get_service_by_name(&format!("limpid.v1.{service}")).unwrap();
        let method = service.methods().find(|method| method.name() == name).unwrap();
        has_token(&method.input())
    };
    all_calls().into_iter().filter(takes).collect()
}

fn has_token(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| {
        let nested = match field.kind() {
            Kind::Message(nested) => nested.package_name() == "limpid.v1" && has_token(&nested),
            _ => false,
        };
        field.name() == "token" || nested
    })
}

/// The answer of a call as JSON of its message, with all that is in it.
pub(crate) fn json<M: Message>(answer: Response<M>, name: &str) -> String {
    let message = pool().get_message_by_name(&format!("limpid.v1.{name}")).unwrap();
    let mut dynamic = DynamicMessage::new(message);
    dynamic.transcode_from(&answer.into_inner()).unwrap();
    serde_json::to_string(&dynamic).unwrap()
}

/// Asks a call with a token, in every case with a request that is fine but for it. A call that joins the API has to
/// join here.
pub(crate) async fn ask(service: &Service, call: &str, token: &str, locale: &str) -> Result<String, Status> {
    let mut explain = ExplanationServiceClient::new(service.channel.clone());
    let mut consent = ConsentServiceClient::new(service.channel.clone());
    let (token, locale) = (token.to_owned(), locale.to_owned());
    let person = Some(holder(&token));
    let change_id = format!("change-{}", call.replace('/', "-"));
    let mut feedback = FeedbackServiceClient::new(service.channel.clone());
    let concern = pb::RaiseConcernRequest {
        concern_id: format!("concern-{}", &blake3::hash(token.as_bytes()).to_hex()[..16]),
        topic: pb::ConcernTopic::Unfair.into(),
        text: "I stand apart".to_owned(),
        token: token.clone(),
    };
    match call {
        "ExplanationService/Explain" => {
            let request = pb::ExplainRequest { token, locale, ..pb::ExplainRequest::default() };
            explain.explain(request).await.map(|answer| json(answer, "ExplainResponse"))
        }
        "ExplanationService/GetNotice" => {
            let request = pb::GetNoticeRequest { token, locale };
            explain.get_notice(request).await.map(|answer| json(answer, "GetNoticeResponse"))
        }
        "ExplanationService/Compare" => {
            let named_by = Some(pb::compare_request::NamedBy::Token(token));
            let request = pb::CompareRequest { named_by, other_ad_id: String::new(), locale };
            explain.compare(request).await.map(|answer| json(answer, "CompareResponse"))
        }
        "ExplanationService/WhatIf" => {
            let request = pb::WhatIfRequest { token, without_data: vec!["purchases".to_owned()], locale };
            explain.what_if(request).await.map(|answer| json(answer, "WhatIfResponse"))
        }
        "ExplanationService/FindChanges" => {
            let request = pb::FindChangesRequest { token, locale };
            explain.find_changes(request).await.map(|answer| json(answer, "FindChangesResponse"))
        }
        "ConsentService/GetConsent" => {
            let request = pb::GetConsentRequest { person };
            consent.get_consent(request).await.map(|answer| json(answer, "GetConsentResponse"))
        }
        "ConsentService/SetConsent" => {
            let request = pb::SetConsentRequest { person, change_id, grant: vec![3], withdraw: Vec::new() };
            consent.set_consent(request).await.map(|answer| json(answer, "SetConsentResponse"))
        }
        "ConsentService/WithdrawConsent" => {
            let request = pb::WithdrawConsentRequest { person, change_id, purposes: vec![5] };
            consent.withdraw_consent(request).await.map(|answer| json(answer, "WithdrawConsentResponse"))
        }
        "SubjectRightsService/Object" => {
            let advertisers = vec!["Nobody's".to_owned()];
            let request =
                pb::ObjectRequest { person, change_id, advertisers, ..pb::ObjectRequest::default() };
            let mut rights = SubjectRightsServiceClient::new(service.channel.clone());
            rights.object(request).await.map(|answer| json(answer, "ObjectResponse"))
        }
        "FeedbackService/SubmitFeedback" => {
            let request = pb::SubmitFeedbackRequest { token, kind: pb::FeedbackKind::Clear.into() };
            feedback.submit_feedback(request).await.map(|answer| json(answer, "SubmitFeedbackResponse"))
        }
        "FeedbackService/RaiseConcern" => {
            feedback.raise_concern(concern).await.map(|answer| json(answer, "RaiseConcernResponse"))
        }
        "FeedbackService/GetConcern" => {
            let request = pb::GetConcernRequest { token, concern_id: concern.concern_id.clone() };
            // The one that is asked for; whatever refuses it refuses the other call, too.
            let _ = feedback.raise_concern(concern).await;
            feedback.get_concern(request).await.map(|answer| json(answer, "GetConcernResponse"))
        }
        joined => panic!("{joined} takes a token: how it is asked belongs here"),
    }
}

/// The calls that only the person's own token may make.
pub(crate) fn is_the_persons_own(call: &str) -> bool {
    !["ExplanationService/", "FeedbackService/"].iter().any(|service| call.starts_with(service))
}
