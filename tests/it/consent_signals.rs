//! Consent signals through the real service: what they do not permit moves nothing, and the answer says which
//! of them decided.

use std::fs;

use limpid::consent::{ConsentConfig, UnknownAge};
use limpid::rpc::pb::{self, ConsentGround, ConsentSignal, Profile, VerdictCause};
use limpid::store::StoreOptions;
use tonic::{Code, Request};

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_field, assert_refused, values};
use super::binary::{assert_fails, folders};
use super::consent::{everything_told, twins};
use super::place::Place;
use super::service::{NOON, Service, VENDOR, at};
use super::web_client::get;

#[path = "../../src/consent/signal/write.rs"]
mod write;

use write::{TcWritten, Written, gpp_written};

/// A request about `p-05`, of whom no choice is kept, with these signals.
fn with(consent: pb::Consent, impression: &str) -> pb::RecommendRequest {
    pb::RecommendRequest { consent: Some(consent), ..about("p-05", &[], impression) }
}

/// A string of the day before noon by which these purposes are accepted, and this service among others.
fn accepting(consents: &[u16]) -> TcWritten {
    let noon = u64::try_from(at(NOON).micros() / 1_000_000).unwrap();
    TcWritten {
        updated_seconds: noon - 86_400,
        consents: consents.to_vec(),
        vendors: vec![7, VENDOR],
        ..TcWritten::default()
    }
}

fn tc(string: &TcWritten) -> pb::Consent {
    pb::Consent { tc_string: string.text(), ..pb::Consent::default() }
}

/// California, told of both rights, with these opt-outs of sale and sharing.
fn california(sale: u64, sharing: u64) -> String {
    let bits = Written::default().number(1, 6).answers(&[1, 1, 0, sale, sharing]);
    bits.answers(&[0; 12]).answers(&[1, 0, 0]).text()
}

fn gpp(sections: &[(u64, String)]) -> pb::Consent {
    pb::Consent { gpp_string: gpp_written(sections), ..pb::Consent::default() }
}

/// What decided on a feature: purpose, signal, section, ground.
fn decided(answer: &pb::RecommendResponse, feature: &str) -> (i32, ConsentSignal, i32, ConsentGround) {
    let verdict = answer.verdicts.iter().find(|verdict| verdict.feature == feature).unwrap();
    let by = verdict.decided_by.expect("a purpose was asked about");
    (by.purpose, by.signal(), by.gpp_section, by.ground())
}

/// Asserts that context alone decided, as for nobody, and that this signal and ground are told.
async fn assert_withheld(
    service: &Service,
    request: pb::RecommendRequest,
    by: (ConsentSignal, ConsentGround),
) {
    let impression = request.impression.clone().unwrap().id;
    let nobody = service.recommend(about_nobody(&format!("{impression}-nobody"))).await.unwrap();
    let answer = service.recommend(request).await.unwrap();
    assert_eq!(values(&answer), values(&nobody), "{by:?}");
    assert!(answer.ads.iter().all(|ad| ad.profile() == Profile::Contextual), "{by:?}");
    for verdict in answer.verdicts.iter().filter(|verdict| !verdict.needs.is_empty()) {
        assert!(!verdict.permitted);
        assert_eq!(verdict.cause(), VerdictCause::PurposesRefused);
    }
    let (_, signal, _, ground) = decided(&answer, "member_years");
    assert_eq!((signal, ground), by);
}

#[tokio::test]
async fn a_string_that_accepts_the_purposes_lets_the_history_speak() {
    let service = Service::start().await;
    let answer = service.recommend(with(tc(&accepting(&[3, 4])), "string")).await.unwrap();
    let kept = service.recommend(about("p-05", &[3, 4], "kept")).await.unwrap();
    assert_eq!(values(&answer), values(&kept));
    let granted = (3, ConsentSignal::TcString, 0, ConsentGround::Consented);
    assert_eq!(decided(&answer, "bought_days"), granted);
    assert_eq!(decided(&kept, "bought_days"), (3, ConsentSignal::StoredChoices, 0, ConsentGround::Consented));
    let about_context = answer.verdicts.iter().find(|verdict| verdict.feature == "page").unwrap();
    assert_eq!(about_context.decided_by, None);
}

#[tokio::test]
async fn a_string_without_purpose_4_withholds_what_is_personal() {
    let service = Service::start().await;
    let others = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11];
    let request = with(tc(&accepting(&others)), "without-4");
    let refused = (ConsentSignal::TcString, ConsentGround::PurposeRefused);
    assert_withheld(&service, request.clone(), refused).await;
    let answer = service.recommend(request).await.unwrap();
    assert!(answer.repeated_call);
    for feature in ["member_years", "bought_days"] {
        assert_eq!(decided(&answer, feature), (4, refused.0, 0, refused.1), "purpose 4 alone is refused");
    }
}

#[tokio::test]
async fn a_string_that_does_not_hold_withholds_and_is_no_error() {
    let service = Service::start().await;
    let all = (1..=11).collect::<Vec<_>>();
    let fine = accepting(&all);
    let restricted = |kind| vec![(4, kind, vec![(VENDOR, VENDOR)])];
    let cases = [
        (tc(&TcWritten { vendors: vec![7], ..fine.clone() }), ConsentGround::VendorRefused),
        (tc(&TcWritten { policy_version: 5, ..fine.clone() }), ConsentGround::VendorNotDisclosed),
        (
            tc(&TcWritten { updated_seconds: fine.updated_seconds - 400 * 86_400, ..fine.clone() }),
            ConsentGround::Stale,
        ),
        (tc(&TcWritten { restrictions: restricted(0), ..fine.clone() }), ConsentGround::PublisherRestricts),
        (tc(&TcWritten { restrictions: restricted(2), ..fine }), ConsentGround::PublisherRestricts),
        (
            pb::Consent { tc_string: "no such string".to_owned(), ..pb::Consent::default() },
            ConsentGround::Unreadable,
        ),
        (pb::Consent { tc_string: "C".repeat(1 << 20), ..pb::Consent::default() }, ConsentGround::Unreadable),
        (pb::Consent { gdpr_applies: true, ..pb::Consent::default() }, ConsentGround::Missing),
    ];
    for (number, (consent, ground)) in cases.into_iter().enumerate() {
        let request = with(consent, &format!("broken-{number}"));
        assert_withheld(&service, request, (ConsentSignal::TcString, ground)).await;
    }
    let gpp = pb::Consent { gpp_string: "DBABLA".to_owned(), ..pb::Consent::default() };
    let unreadable = (ConsentSignal::GppString, ConsentGround::Unreadable);
    assert_withheld(&service, with(gpp, "broken-gpp"), unreadable).await;
}

#[tokio::test]
async fn a_string_grows_stale_by_the_clock_of_the_service() {
    let service = Service::start().await;
    let string = tc(&accepting(&[3, 4]));
    let fresh = service.recommend(with(string.clone(), "fresh")).await.unwrap();
    assert_eq!(decided(&fresh, "bought_days").3, ConsentGround::Consented);
    service.clock.set(at(NOON).plus_days(396));
    let stale = service.recommend(with(string.clone(), "stale")).await.unwrap();
    assert_eq!(decided(&stale, "bought_days").3, ConsentGround::Stale);
    let again = service.recommend(with(string, "fresh")).await.unwrap();
    assert!(again.repeated_call && again.verdicts == fresh.verdicts, "what was decided stands");
}

#[tokio::test]
async fn the_browsers_switch_wins_over_consent() {
    let service = Service::start().await;
    let all = (1..=11).collect::<Vec<_>>();
    let accepted = |consent: pb::Consent, impression: &str| pb::RecommendRequest {
        consent: Some(consent),
        ..about("p-05", &ALL_PURPOSES, impression)
    };
    let switched = (ConsentSignal::Gpc, ConsentGround::PrivacyControl);
    let field = pb::Consent { gpc: true, ..tc(&accepting(&all)) };
    assert_withheld(&service, accepted(field, "field"), switched).await;

    let mut call = Request::new(about("p-05", &ALL_PURPOSES, "header"));
    call.metadata_mut().insert("sec-gpc", "1".parse().unwrap());
    let answer = service.recommend(call).await.unwrap();
    assert_eq!(decided(&answer, "bought_days"), (3, switched.0, 0, switched.1));

    let section = pb::Consent { gpp_sid: vec![-1], ..gpp(&[(8, california(2, 2) + ".YA")]) };
    let by_section = (ConsentSignal::GppSection, ConsentGround::PrivacyControl);
    assert_withheld(&service, accepted(section, "section"), by_section).await;
}

#[tokio::test]
async fn children_are_served_by_context_alone() {
    let service = Service::start().await;
    let fine = tc(&accepting(&[3, 4]));
    let cases = [
        (pb::Consent { child_directed: true, ..fine.clone() }, ConsentGround::ChildDirected),
        (pb::Consent { coppa: true, age: pb::Age::Adult.into(), ..fine.clone() }, ConsentGround::Minor),
        (pb::Consent { age: pb::Age::Minor.into(), ..fine.clone() }, ConsentGround::Minor),
    ];
    for (number, (consent, ground)) in cases.into_iter().enumerate() {
        let request = with(consent, &format!("child-{number}"));
        assert_withheld(&service, request, (ConsentSignal::Age, ground)).await;
    }

    let place = service.stop().await;
    let options = StoreOptions::new(place.data());
    let unknown_age = UnknownAge::ContextOnly;
    let careful = ConsentConfig { vendor_id: Some(VENDOR), unknown_age, ..ConsentConfig::default() };
    let service = Service::open_as(place, options, careful).await;
    let unknown = (ConsentSignal::Age, ConsentGround::AgeUnknown);
    assert_withheld(&service, with(fine.clone(), "unknown"), unknown).await;
    assert_withheld(&service, about("p-05", &ALL_PURPOSES, "unknown-and-silent"), unknown).await;
    let adult = pb::Consent { age: pb::Age::Adult.into(), ..fine };
    let answer = service.recommend(with(adult, "adult")).await.unwrap();
    assert_eq!(decided(&answer, "bought_days").3, ConsentGround::Consented);
}

#[tokio::test]
async fn in_the_united_states_an_opt_out_withholds_and_its_absence_does_not() {
    let service = Service::start().await;
    let kept = service.recommend(about("p-05", &ALL_PURPOSES, "kept")).await.unwrap();
    let told = pb::Consent { gpp_sid: vec![8], ..gpp(&[(8, california(2, 2))]) };
    let answer = service.recommend(with(told, "told")).await.unwrap();
    assert_eq!(values(&answer), values(&kept));
    assert_eq!(
        decided(&answer, "bought_days"),
        (3, ConsentSignal::GppSection, 8, ConsentGround::NotOptedOut)
    );
    let opted_out = (ConsentSignal::GppSection, ConsentGround::OptedOutOfSale);
    assert_withheld(&service, with(gpp(&[(8, california(1, 2))]), "sale"), opted_out).await;
    let missing = pb::Consent { gpp_sid: vec![9], ..gpp(&[(8, california(2, 2))]) };
    let missing_by = (ConsentSignal::GppSection, ConsentGround::Missing);
    assert_withheld(&service, with(missing, "missing"), missing_by).await;
}

#[tokio::test]
async fn choices_that_are_kept_narrow_what_a_string_grants() {
    let service = Service::start().await;
    let string = tc(&accepting(&[3, 4]));
    let narrowed = pb::RecommendRequest { consent: Some(string.clone()), ..about("p-05", &[4], "narrowed") };
    let answer = service.recommend(narrowed).await.unwrap();
    let refused = (3, ConsentSignal::StoredChoices, 0, ConsentGround::PurposeRefused);
    assert_eq!(decided(&answer, "bought_days"), refused);
    assert_eq!(decided(&answer, "member_years").3, ConsentGround::Consented);
    let withdrawn = pb::Consent { stored_choices: Some(pb::StoredChoices::default()), ..string };
    assert_withheld(&service, with(withdrawn, "withdrawn"), (refused.1, refused.3)).await;
}

#[tokio::test]
async fn with_signals_that_refuse_the_persons_history_changes_no_byte() {
    let (one, other) = twins().await;
    let all = (1..=11).collect::<Vec<_>>();
    let refusals = [
        tc(&accepting(&[1, 2, 4, 5, 6, 7, 8, 9, 10, 11])),
        pb::Consent { tc_string: "unreadable".to_owned(), ..pb::Consent::default() },
        pb::Consent { gpc: true, ..tc(&accepting(&all)) },
        pb::Consent { child_directed: true, ..tc(&accepting(&all)) },
        gpp(&[(8, california(2, 1))]),
    ];
    for (number, consent) in refusals.into_iter().enumerate() {
        let asked = || with(consent.clone(), &format!("refused-{number}"));
        let told = everything_told(&one, asked()).await;
        assert!(told == everything_told(&other, asked()).await, "signal {number} let the history in");
    }
    let asked = || with(tc(&accepting(&all)), "accepted");
    let told = everything_told(&one, asked()).await;
    assert!(told != everything_told(&other, asked()).await, "the two histories differ where they may");
}

#[tokio::test]
async fn another_string_is_another_request() {
    let service = Service::start().await;
    let asked = |consents: &[u16]| with(tc(&accepting(consents)), "i-1");
    let first = service.recommend(asked(&[3, 4])).await.unwrap();
    assert!(!first.repeated_call);
    assert!(service.recommend(asked(&[3, 4])).await.unwrap().repeated_call);
    let says = "was used with another request";
    assert_refused(service.recommend(asked(&[3])).await, Code::AlreadyExists, "IMPRESSION_REUSED", says);
}

#[tokio::test]
async fn a_consent_string_is_written_nowhere() {
    let service = Service::start().await;
    let consent = tc(&accepting(&[3, 4]));
    let string = consent.tc_string.clone();
    service.recommend(with(consent, "i-1")).await.unwrap();
    let place: Place = service.stop().await;
    let paths = fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.is_file()).collect::<Vec<_>>();
    assert!(files.len() >= 2, "keys and log were looked at");
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(string.len()).any(|window| window == string.as_bytes());
        assert!(!found, "{} holds the string", path.display());
    }
}

#[tokio::test]
async fn a_field_of_consent_that_is_none_is_named() {
    let service = Service::start().await;
    let cases = [
        (pb::Consent { age: 9, ..pb::Consent::default() }, "consent.age", "must be an age of the API, is 9"),
        (
            pb::Consent { gpp_sid: vec![7, 0], ..pb::Consent::default() },
            "consent.gpp_sid[1]",
            "must be 1 to 65535, or -1 alone, is 0",
        ),
        (
            pb::Consent { gpp_sid: vec![-1, 7], ..pb::Consent::default() },
            "consent.gpp_sid[0]",
            "must be 1 to 65535, or -1 alone, is -1",
        ),
        (
            pb::Consent {
                stored_choices: Some(pb::StoredChoices { accepted_purposes: vec![12] }),
                ..pb::Consent::default()
            },
            "consent.stored_choices.accepted_purposes",
            "must be a TCF purpose from 1 to 11, is 12",
        ),
    ];
    for (consent, field, rule) in cases {
        assert_field(service.recommend(with(consent, "i-1")).await, field, rule);
    }
    assert_eq!(service.decisions_logged().await, 0);
}

#[tokio::test]
async fn the_service_tells_that_it_honours_the_browsers_switch() {
    let service = Service::start().await;
    let reply = get(service.address, "/.well-known/gpc.json", &[]).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    let told: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(told["gpc"], serde_json::json!(true));
    let since = told["lastUpdate"].as_str().unwrap();
    assert_eq!(at(since).day().to_string(), since);
}

#[test]
fn settings_that_would_permit_too_much_are_refused_before_anything_is_made() {
    let place = Place::bare();
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    for (arguments, says) in [
        (["--vendor-id", "0"], "vendor_id: must not be 0"),
        (["--consent-days", "0"], "stale_days: must be 1 to 3653, is 0"),
        (["--legitimate-interest", "2,4"], "must not hold purposes that need consent: 4"),
        (["--legitimate-interest", "12"], "must be a TCF purpose from 1 to 11, is 12"),
    ] {
        assert_fails(&[&["serve"], &arguments[..], &folders[..]].concat(), &[says]);
    }
    assert!(!place.data().exists(), "nothing was made");
}
