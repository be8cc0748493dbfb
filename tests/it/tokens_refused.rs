//! Tokens that open nothing, decisions of models that are gone, languages that nobody wrote: every call says so.

use std::fs;

use limpid::domain::{DecisionId, TenantId};
use limpid::ledger::{Keyring, TokenKind};
use limpid::rpc::pb;
use serde_json::Value;
use tonic::Code;

use super::asked_by_token::{ask, calls_with_a_token, is_the_persons_own};
use super::asking::{ALL_PURPOSES, about, assert_refused};
use super::explain::tea_for_a_tea_drinker;
use super::place::{models, tenant};
use super::service::Service;
use super::web_client::get;

fn forged(token: &str) -> String {
    let place = token.len() - 20;
    let other = if &token[place..=place] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..place], &token[place + 1..])
}

#[tokio::test]
async fn the_calls_that_take_a_token_are_found() {
    let calls = calls_with_a_token();
    for known in ["ExplanationService/Explain", "ExplanationService/Compare", "ConsentService/GetConsent"] {
        assert!(calls.contains(&known.to_owned()), "{calls:?}");
    }
    assert!(!calls.contains(&"ModelService/GetModel".to_owned()), "{calls:?}");
}

#[tokio::test]
async fn every_call_answers_to_a_good_token_and_refuses_a_forged_one() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    for call in calls_with_a_token() {
        for refused in [forged(&token), String::new(), "no token".to_owned(), "x".repeat(5_000)] {
            let answer = ask(&service, &call, &refused, "en").await;
            assert_refused(answer, Code::Unauthenticated, "TOKEN_REFUSED", "token: ");
        }
        let answer = ask(&service, &call, &token, "en").await;
        assert!(answer.is_ok(), "{call}: {answer:?}");
    }
}

#[tokio::test]
async fn every_call_refuses_a_token_whose_time_is_over() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    service.clock.set(service.engine.now().plus_days(31));
    for call in calls_with_a_token() {
        let answer = ask(&service, &call, &token, "en").await;
        assert_refused(answer, Code::Unauthenticated, "TOKEN_EXPIRED", "token: has expired");
    }
}

#[tokio::test]
async fn every_call_refuses_a_token_of_another_installation() {
    let (here, there) = (Service::start().await, Service::start().await);
    tea_for_a_tea_drinker(&here).await;
    let foreign = tea_for_a_tea_drinker(&there).await.explanation_token;
    for call in calls_with_a_token() {
        let answer = ask(&here, &call, &foreign, "en").await;
        assert_refused(answer, Code::Unauthenticated, "TOKEN_REFUSED", "token: the signature does not fit");
    }
}

#[tokio::test]
async fn a_token_for_one_tenant_opens_no_decision_of_another() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let id = DecisionId::parse(&answer.decision_id).unwrap();
    let keys = Keyring::open(&service.place().data()).unwrap();
    let issue = |tenant: &TenantId| {
        keys.tokens().issue(TokenKind::Verified, tenant, (id, 0), service.engine.now(), 60)
    };
    let (own, other) = (issue(&tenant()), issue(&TenantId::parse("other").unwrap()));
    for call in calls_with_a_token() {
        let answer = ask(&service, &call, &other, "en").await;
        assert_refused(answer, Code::NotFound, "NOT_FOUND", "not in the log");
        assert!(ask(&service, &call, &own, "en").await.is_ok(), "{call}");
    }
}

#[tokio::test]
async fn a_token_that_anyone_may_hold_changes_nothing() {
    let service = Service::start().await;
    let ad = tea_for_a_tea_drinker(&service).await;
    let decision = service.engine.explain(&ad.explanation_token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    for call in calls_with_a_token() {
        let answer = ask(&service, &call, &bearer, "en").await;
        if is_the_persons_own(&call) {
            assert_refused(answer, Code::PermissionDenied, "BEARER_TOKEN", "token: must be the person's own");
        } else {
            assert!(answer.is_ok(), "{call}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_decision_of_a_model_that_is_gone_is_told_so_by_every_call() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    service.engine.promote(&models().linear).await.unwrap();
    fs::remove_file(service.place().artefact(models().additive.as_str())).unwrap();
    let service = service.restart().await;
    let message =
        format!("version {}: took part in the decision and is no longer kept", models().additive.short());
    for call in calls_with_a_token().iter().filter(|call| call.starts_with("ExplanationService/")) {
        let answer = ask(&service, call, &token, "en").await;
        assert_refused(answer, Code::FailedPrecondition, "MODEL_NOT_KEPT", &message);
    }
    // What a person chooses does not depend on any model.
    assert!(ask(&service, "ConsentService/GetConsent", &token, "en").await.is_ok());
    assert!(ask(&service, "SubjectRightsService/Object", &token, "en").await.is_ok());
    let page = get(service.address, &format!("/why/{token}"), &[]).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("<h1"), "a page for people says that it cannot be told any more");
    let decision = service.recommend(about("p-05", &ALL_PURPOSES, "next")).await;
    assert!(decision.is_ok(), "the model that serves goes on");
}

#[tokio::test]
async fn a_language_that_nobody_wrote_falls_back_to_english_in_every_call() {
    let service = Service::start().await;
    let token = tea_for_a_tea_drinker(&service).await.explanation_token;
    for locale in ["tlh", "xx-YY", "../../etc/passwd", "\u{202e}fr", &"e".repeat(10_000)] {
        for call in calls_with_a_token().iter().filter(|call| call.starts_with("ExplanationService/")) {
            let told = async |locale: &str| -> Value {
                let answer = ask(&service, call, &token, locale).await.unwrap();
                serde_json::from_str(&answer).unwrap()
            };
            let (english, mut unknown) = (told("en").await, told(locale).await);
            unknown.as_object_mut().unwrap().remove("localeFellBack");
            assert_eq!(unknown, english, "{call}");
        }
        service.clock.set(service.engine.now().plus_seconds(61));
        let request = pb::GetHowItWorksRequest { locale: locale.to_owned() };
        let mut client =
            pb::transparency_service_client::TransparencyServiceClient::new(service.channel.clone());
        assert_eq!(client.get_how_it_works(request).await.unwrap().into_inner().locale, "en");
        let request = pb::GetDataUseRequest { locale: locale.to_owned() };
        assert_eq!(client.get_data_use(request).await.unwrap().into_inner().locale, "en");
    }
    let page = get(service.address, &format!("/why/{token}?lang=tlh"), &[]).await;
    assert!(page.status == 200 && page.body.contains("not available in your language"), "{}", page.body);
}
