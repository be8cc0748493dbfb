//! Who may call what: by role, tenant and token; tokens forged, swapped, replayed and taken back.

use std::collections::BTreeSet;
use std::fs;

use limpid::admission::{CALLS, CallerClaims, Role, rule_of};
use limpid::rpc::pb;
use prost_reflect::prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::admitting::{
    Guarded, bearer, call_with, claims, claims_at, empty, entry, method, of_tenant, signer, with_text,
};
use super::asked_by_token::all_calls;
use super::asking::{ALL_PURPOSES, about, assert_refused, purchase};
use super::explain::tea_for_a_tea_drinker;
use super::righting;
use super::service::{NOON, at};
use super::web_client::get;

const RECOMMEND: &str = "limpid.v1.RecommendationService/Recommend";
const LIST_MODELS: &str = "limpid.v1.ModelService/ListModels";

/// The reason of a refusal; none of an answer.
fn reason(answer: &Result<(), Status>) -> String {
    let details = answer.as_ref().err().map(StatusExt::get_error_details);
    details.and_then(|details| Some(details.error_info()?.reason.clone())).unwrap_or_default()
}

#[test]
fn every_call_of_the_api_is_decided_and_nothing_else() {
    let ours: BTreeSet<String> = all_calls().into_iter().map(|call| format!("limpid.v1.{call}")).collect();
    for call in &ours {
        assert!(rule_of(call).is_some(), "{call}: who may call it belongs into src/admission/role.rs");
    }
    for rule in CALLS.iter().filter(|rule| rule.call.starts_with("limpid.")) {
        assert!(ours.contains(rule.call), "{}: there is no such call any more", rule.call);
    }
}

#[tokio::test]
async fn each_call_is_for_its_roles_and_refused_to_the_others() {
    let guarded = Guarded::start().await;
    let (mut let_in, mut kept_out) = (0, 0);
    for rule in CALLS.iter().filter(|rule| rule.call.starts_with("limpid.")) {
        let message = empty(rule.call);
        for role in Role::ALL {
            let answer = guarded.call(rule.call, &message, &[role]).await;
            if rule.roles.contains(&role) || rule.roles.contains(&Role::Subject) {
                assert_ne!(reason(&answer), "OTHER_ROLE", "{} by {role:?}", rule.call);
                let_in += 1;
            } else {
                let says = format!("{}: is for the role ", rule.call);
                assert_refused(answer, Code::PermissionDenied, "OTHER_ROLE", &says);
                kept_out += 1;
            }
        }
        let answer = call_with(&guarded.channel, rule.call, &message, &[]).await;
        if rule.roles.contains(&Role::Subject) {
            assert_ne!(reason(&answer), "CALLER_TOKEN_NEEDED", "{}", rule.call);
        } else {
            let says = format!("{}: needs a caller token of the role ", rule.call);
            assert_refused(answer, Code::Unauthenticated, "CALLER_TOKEN_NEEDED", &says);
        }
    }
    assert!(let_in > 60 && kept_out > 60, "{let_in} {kept_out}");
}

#[tokio::test]
async fn a_caller_of_several_roles_may_do_what_each_of_them_may() {
    let guarded = Guarded::start().await;
    let both = [Role::AdServer, Role::Analyst];
    guarded.call(LIST_MODELS, &empty(LIST_MODELS), &both).await.unwrap();
    let undo = "limpid.v1.ModelService/UndoEdit";
    let answer = guarded.call(undo, &empty(undo), &both).await;
    assert_refused(answer, Code::PermissionDenied, "OTHER_ROLE", "is for the role admin");
}

#[tokio::test]
async fn no_call_reads_or_changes_anything_of_another_tenant() {
    let guarded = Guarded::start().await;
    let is_tenant = |name: &str| name == "tenant";
    let mut found = BTreeSet::new();
    for call in all_calls().into_iter().map(|call| format!("limpid.v1.{call}")) {
        let input = method(&call).unwrap().input();
        let rule = rule_of(&call).unwrap();
        for tenant in ["other", "", "demo ", "Demo", "demo\u{0}"] {
            for (path, message) in with_text(&input, tenant, &is_tenant) {
                for role in rule.roles.iter().filter(|role| **role != Role::Subject) {
                    let answer = guarded.call(&call, &message, &[*role]).await;
                    let told = reason(&answer);
                    let says = format!("{call} {path} {role:?}: {answer:?}");
                    // Whoever may name neither person nor decision is told that before the tenant is looked at.
                    assert!(["OTHER_TENANT", "NAMES_DECISION"].contains(&told.as_str()), "{says}");
                    found.insert((call.clone(), path.clone()));
                }
            }
        }
        for (path, message) in with_text(&input, "demo", &is_tenant) {
            let role = rule.roles[0];
            let answer = guarded.call(&call, &message, &[role]).await;
            assert_ne!(reason(&answer), "OTHER_TENANT", "{call} {path}: {answer:?}");
        }
    }
    let known = [
        "ConsentService/GetConsent",
        "ConsentService/SetConsent",
        "ConsentService/WithdrawConsent",
        "DecisionService/ReplayDecision",
        "EventService/GetQuarantine",
        "EventService/RecordEvents",
        "ExplanationService/Compare",
        "FairnessService/ListGroupAttributes",
        "FeedbackService/GetFeedback",
        "FeedbackService/ListConcerns",
        "FeedbackService/ResolveConcern",
        "RecommendationService/Recommend",
        "SubjectRightsService/Object",
    ];
    let calls: BTreeSet<&str> =
        found.iter().map(|(call, _)| call.strip_prefix("limpid.v1.").unwrap()).collect();
    assert_eq!(calls, BTreeSet::from(known));
}

#[tokio::test]
async fn the_same_request_with_the_token_of_another_tenant_finds_nothing() {
    let guarded = Guarded::start().await;
    let request = about("p-05", &ALL_PURPOSES, "shown");
    let ours = bearer(&guarded.token(&[Role::AdServer]));
    let theirs = of_tenant(claims(&guarded.signer, &[Role::AdServer]), "rival");
    let theirs = bearer(&guarded.signer.sign("limpid", &theirs));
    let recommend = async |token: &str| {
        let mut message = empty(RECOMMEND);
        message.transcode_from(&request).unwrap();
        call_with(&guarded.channel, RECOMMEND, &message, &[("authorization", token)]).await
    };
    assert_refused(
        recommend(&theirs).await,
        Code::PermissionDenied,
        "OTHER_TENANT",
        "tenant: must be the tenant",
    );
    recommend(&ours).await.unwrap();
    assert_refused(
        recommend(&theirs).await,
        Code::PermissionDenied,
        "OTHER_TENANT",
        "tenant: must be the tenant",
    );
}

#[tokio::test]
async fn only_an_ad_server_speaks_for_a_person_whom_it_names() {
    let guarded = Guarded::start().await;
    let call = "limpid.v1.ConsentService/GetConsent";
    let token = tea_for_a_tea_drinker(&guarded.service).await.explanation_token;
    let of = |named_by| {
        let mut message = empty(call);
        message
            .transcode_from(&pb::GetConsentRequest { person: Some(pb::Person { named_by: Some(named_by) }) })
            .unwrap();
        message
    };
    let by_token = of(pb::person::NamedBy::Token(token));
    let by_name = of(pb::person::NamedBy::Subject(pb::SubjectName {
        tenant: "demo".to_owned(),
        id: "p-05".to_owned(),
    }));
    for channel in [guarded.channel.clone(), super::service::channel(guarded.public)] {
        call_with(&channel, call, &by_token, &[]).await.unwrap();
        let answer = call_with(&channel, call, &by_name, &[]).await;
        assert_refused(answer, Code::PermissionDenied, "NAMES_PERSON", "person: must be named by a token");
    }
    guarded.call(call, &by_name, &[Role::AdServer]).await.unwrap();
    for role in [Role::Subject, Role::Analyst, Role::Steward, Role::Auditor, Role::Admin] {
        let answer = guarded.call(call, &by_name, &[role]).await;
        assert_refused(answer, Code::PermissionDenied, "NAMES_PERSON", "person: must be named by a token");
    }
}

#[tokio::test]
async fn a_steward_opens_a_decision_for_a_stated_purpose_alone() {
    let guarded = Guarded::start().await;
    let answer = guarded.service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let call = "limpid.v1.DecisionService/ReplayDecision";
    let mut message = empty(call);
    let request =
        pb::ReplayDecisionRequest { tenant: "demo".to_owned(), decision_id: answer.decision_id.clone() };
    message.transcode_from(&request).unwrap();
    let compare = "limpid.v1.ExplanationService/Compare";
    let mut compared = empty(compare);
    let logged = pb::LoggedAd {
        tenant: "demo".to_owned(),
        decision_id: answer.decision_id,
        ad_id: answer.ads[0].ad_id.clone(),
    };
    let named_by = Some(pb::compare_request::NamedBy::Logged(logged));
    compared.transcode_from(&pb::CompareRequest { named_by, ..pb::CompareRequest::default() }).unwrap();
    let steward = bearer(&guarded.token(&[Role::Steward]));
    for (call, message) in [(call, &message), (compare, &compared)] {
        let without = call_with(&guarded.channel, call, message, &[("authorization", &steward)]).await;
        assert_refused(without, Code::PermissionDenied, "PURPOSE_MISSING", "limpid-purpose: must state");
        for purpose in [" ", &"x".repeat(201)] {
            let metadata = [("authorization", steward.as_str()), ("limpid-purpose", purpose)];
            let answer = call_with(&guarded.channel, call, message, &metadata).await;
            let refused = if purpose == " " { "PURPOSE_M" } else { "PURPOSE_MALFORMED" };
            assert!(reason(&answer).starts_with(refused), "{answer:?}");
        }
        guarded.call(call, message, &[Role::Steward]).await.unwrap();
        let auditor = bearer(&guarded.token(&[Role::Auditor]));
        call_with(&guarded.channel, call, message, &[("authorization", &auditor)]).await.unwrap();
    }
    let answer = guarded.call(compare, &compared, &[Role::AdServer]).await;
    assert_refused(answer, Code::PermissionDenied, "NAMES_DECISION", "named_by: must be a token");
}

#[tokio::test]
async fn forged_swapped_and_stale_tokens_let_nobody_in() {
    let guarded = Guarded::start().await;
    let signer = &guarded.signer;
    let good = guarded.token(&[Role::Admin]);
    let place = good.len() / 2;
    let other = if &good[place..=place] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &good[..place], &good[place + 1..]);
    // The payload of one token with the signature of another.
    let analyst = guarded.token(&[Role::Analyst]);
    let swapped = format!("{}{}", &good[..place], &analyst[place.min(analyst.len())..]);
    let explanation = tea_for_a_tea_drinker(&guarded.service).await.explanation_token;
    let long = CallerClaims { expires_at: at(NOON).plus_days(2), ..claims(signer, &[Role::Admin]) };
    let cases = [
        (forged, "CALLER_TOKEN_REFUSED"),
        (swapped, "CALLER_TOKEN_REFUSED"),
        (
            super::admitting::signer().sign("limpid", &claims(&super::admitting::signer(), &[Role::Admin])),
            "CALLER_TOKEN_REFUSED",
        ),
        (signer.sign("staging", &claims(signer, &[Role::Admin])), "CALLER_TOKEN_REFUSED"),
        (signer.sign("limpid", &long), "CALLER_TOKEN_REFUSED"),
        (
            signer.sign("limpid", &claims_at(signer, &[Role::Admin], at(NOON).plus_seconds(120))),
            "CALLER_TOKEN_REFUSED",
        ),
        (
            signer.sign("limpid", &claims_at(signer, &[Role::Admin], at(NOON).plus_seconds(-3600))),
            "CALLER_TOKEN_EXPIRED",
        ),
        (righting::token("p-05"), "CALLER_TOKEN_REFUSED"),
        (explanation, "CALLER_TOKEN_REFUSED"),
        (String::new(), "CALLER_TOKEN_REFUSED"),
        ("x".repeat(5_000), "CALLER_TOKEN_REFUSED"),
    ];
    let ask = async |authorization: &str| {
        call_with(&guarded.channel, LIST_MODELS, &empty(LIST_MODELS), &[("authorization", authorization)])
            .await
    };
    for (token, expected) in cases {
        let answer = ask(&bearer(&token)).await;
        assert_refused(answer, Code::Unauthenticated, expected, "authorization: ");
    }
    for authorization in
        [good.clone(), format!("bearer {good}"), format!("Basic {good}"), format!("Bearer  {good}")]
    {
        assert_refused(
            ask(&authorization).await,
            Code::Unauthenticated,
            "CALLER_TOKEN_REFUSED",
            "authorization: ",
        );
    }
    ask(&bearer(&good)).await.unwrap();
    // A caller token is no token of a person either.
    let person = pb::AccessRequest { subject_token: good.clone(), locale: String::new() };
    let refused = righting::rights(&guarded.service.channel).access(person).await.map(drop);
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(guarded.service.explain(&good, "en").await.unwrap_err().code(), Code::Unauthenticated);
    // What was good an hour ago is replayed.
    guarded.service.clock.set(at(NOON).plus_seconds(3600));
    assert_refused(
        ask(&bearer(&good)).await,
        Code::Unauthenticated,
        "CALLER_TOKEN_EXPIRED",
        "authorization: expired",
    );
}

#[tokio::test]
async fn a_key_is_replaced_while_the_service_runs_and_one_that_is_taken_out_stops() {
    let guarded = Guarded::start().await;
    let old = bearer(&guarded.token(&[Role::Analyst]));
    let next = signer();
    let new = bearer(&next.sign("limpid", &claims(&next, &[Role::Analyst])));
    let ask = async |token: &str| {
        call_with(&guarded.channel, LIST_MODELS, &empty(LIST_MODELS), &[("authorization", token)]).await
    };
    let until = async |token: &str, expected: &str| loop {
        if reason(&ask(token).await) == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    ask(&old).await.unwrap();
    assert_eq!(reason(&ask(&new).await), "CALLER_TOKEN_REFUSED");
    fs::write(&guarded.keys_file, entry(&guarded.signer) + &entry(&next)).unwrap();
    until(&new, "").await;
    ask(&old).await.unwrap();
    fs::write(&guarded.keys_file, entry(&next)).unwrap();
    until(&old, "CALLER_TOKEN_REFUSED").await;
    ask(&new).await.unwrap();
    // One token alone is taken back.
    fs::write(&guarded.keys_file, entry(&next) + "revoked = [\"token-1\"]\n").unwrap();
    until(&new, "CALLER_TOKEN_REFUSED").await;
    let other = CallerClaims { id: "token-2".to_owned(), ..claims(&next, &[Role::Analyst]) };
    ask(&bearer(&next.sign("limpid", &other))).await.unwrap();
    // A file that is not good lets nobody in until it is.
    fs::write(&guarded.keys_file, "[[key]]\npublic = \"\"").unwrap();
    until(&bearer(&next.sign("limpid", &other)), "CALLER_TOKEN_REFUSED").await;
    fs::write(&guarded.keys_file, entry(&next)).unwrap();
    until(&new, "").await;
}

#[tokio::test]
async fn the_public_port_offers_pages_and_what_a_persons_token_opens() {
    let guarded = Guarded::start().await;
    let channel = super::service::channel(guarded.public);
    let admin = bearer(&guarded.token(&Role::ALL));
    for rule in CALLS.iter().filter(|rule| rule.call.starts_with("limpid.")) {
        let answer = call_with(&channel, rule.call, &empty(rule.call), &[("authorization", &admin)]).await;
        if rule.roles.contains(&Role::Subject) {
            assert_ne!(reason(&answer), "NOT_PUBLIC", "{}", rule.call);
        } else {
            assert_refused(
                answer,
                Code::PermissionDenied,
                "NOT_PUBLIC",
                "is not offered on the public listener",
            );
        }
    }
    let token = tea_for_a_tea_drinker(&guarded.service).await.explanation_token;
    let page = format!("/why/{token}");
    for (path, private, public) in [
        (page.as_str(), 404, 200),
        ("/how-it-works", 404, 200),
        ("/widget.js", 404, 200),
        ("/.well-known/gpc.json", 404, 200),
        ("/metrics", 200, 404),
        ("/healthz", 200, 200),
    ] {
        assert_eq!(get(guarded.private, path, &[]).await.status, private, "{path} inside");
        let outside = get(guarded.public, path, &[]).await;
        assert_eq!((outside.status, outside.header("set-cookie")), (public, ""), "{path} outside");
    }
}

#[tokio::test]
async fn reflection_is_for_whoever_is_signed_in() {
    let guarded = Guarded::start().await;
    let nothing = empty(LIST_MODELS);
    for call in CALLS.iter().map(|rule| rule.call).filter(|call| call.starts_with("grpc.reflection.")) {
        let answer = call_with(&guarded.channel, call, &nothing, &[]).await;
        assert_refused(answer, Code::Unauthenticated, "CALLER_TOKEN_NEEDED", "needs a caller token");
        let answer = call_with(&super::service::channel(guarded.public), call, &nothing, &[]).await;
        assert_refused(answer, Code::PermissionDenied, "NOT_PUBLIC", "is not offered");
        let answer = guarded.call(call, &nothing, &[Role::AdServer]).await;
        assert_eq!(reason(&answer), "", "{answer:?}");
    }
    let health = "grpc.health.v1.Health/Check";
    call_with(&super::service::channel(guarded.public), health, &nothing, &[]).await.unwrap();
    let unknown = call_with(&guarded.channel, "limpid.v1.ModelService/Nothing", &nothing, &[]).await;
    assert_refused(unknown, Code::Unimplemented, "NO_SUCH_CALL", "there is no such call");
}

#[tokio::test]
async fn a_caller_is_held_to_its_rate_its_cost_and_the_size_of_its_messages() {
    let limits = "[analyst]\ncalls_per_second = 2\ncalls_burst = 3\n[ad_server]\ncost_per_second = 2\ncost_burst = 9\n\
                  [auditor]\nmessage_bytes = 20\n";
    let guarded = Guarded::limited(limits).await;
    let list = async |roles: &[Role]| guarded.call(LIST_MODELS, &empty(LIST_MODELS), roles).await;
    for _ in 0..3 {
        list(&[Role::Analyst]).await.unwrap();
    }
    let refused = list(&[Role::Analyst]).await;
    let retry = refused.as_ref().unwrap_err().get_error_details().retry_info().unwrap().retry_delay;
    assert_eq!(retry, Some(std::time::Duration::from_secs(1)));
    assert_refused(refused, Code::ResourceExhausted, "TOO_MANY_CALLS", "there is room again in 1 s");
    list(&[Role::Admin]).await.unwrap();
    guarded.service.clock.set(at(NOON).plus_seconds(1));
    list(&[Role::Analyst]).await.unwrap();

    let events = "limpid.v1.EventService/RecordEvents";
    let mut event = empty(events);
    event.transcode_from(&purchase("e-1", "p-05", "tea", 1)).unwrap();
    let record = async || guarded.call(events, &event, &[Role::AdServer]).await;
    for _ in 0..9 {
        record().await.unwrap();
    }
    let refused = record().await;
    assert_eq!(
        refused.as_ref().unwrap_err().get_error_details().retry_info().unwrap().retry_delay,
        Some(std::time::Duration::from_secs(1))
    );
    assert_refused(refused, Code::ResourceExhausted, "TOO_MUCH_AT_ONCE", "too many candidates and events");

    let mut long = empty(LIST_MODELS);
    long.transcode_from(&pb::ListModelsRequest { page_token: "x".repeat(40), ..Default::default() }).unwrap();
    assert!(long.encoded_len() > 20);
    let refused = guarded.call(LIST_MODELS, &long, &[Role::Auditor]).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert!(refused.message().contains("must be at most 20 bytes, has 42"), "{refused:?}");
}

#[tokio::test]
async fn pages_are_held_to_a_rate_for_each_address() {
    let guarded = Guarded::limited("[subject]\ncalls_per_second = 1\ncalls_burst = 2").await;
    let ask = async || get(guarded.public, "/how-it-works", &[]).await;
    for _ in 0..2 {
        assert_eq!(ask().await.status, 200);
    }
    let turned_away = ask().await;
    assert_eq!((turned_away.status, turned_away.header("retry-after")), (429, "1"));
    guarded.service.clock.set(at(NOON).plus_seconds(1));
    assert_eq!(ask().await.status, 200);
}

#[tokio::test]
async fn whoever_guesses_tokens_is_slowed_down() {
    let guarded = Guarded::limited("[subject]\ncalls_per_second = 1\ncalls_burst = 3").await;
    let guess = async || {
        call_with(&guarded.channel, LIST_MODELS, &empty(LIST_MODELS), &[("authorization", "Bearer guess")])
            .await
    };
    for _ in 0..3 {
        assert_eq!(reason(&guess().await), "CALLER_TOKEN_REFUSED");
    }
    assert_eq!(reason(&guess().await), "TOO_MANY_CALLS");
    guarded.call(LIST_MODELS, &empty(LIST_MODELS), &[Role::Analyst]).await.unwrap();
}
