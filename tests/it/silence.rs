//! What a person says and is called stays out of errors, of logs and of metrics, whatever goes wrong and however much is
//! logged.

use std::collections::BTreeSet;
use std::fs;

use limpid::rpc::pb;
use proptest::prelude::*;
use tonic::Status;
use tonic_types::StatusExt;

use super::admitting::{call_with, method, with_text};
use super::asked_by_token::all_calls;
use super::asking::{ALL_PURPOSES, about, purchase};
use super::binary::{Serving, limpid, limpid_reading, train};
use super::deletion_parties::{draft, list, write_list};
use super::place::Place;
use super::service::{Service, channel, recommender};
use super::web_client::{get, send};

/// Fields whose values are names of models, which are nobody's: an error may tell them.
const NAMES_OF_MODELS: [&str; 3] = ["feature", "and_feature", "levels"];

/// All that an error tells.
fn told(status: &Status) -> String {
    let metadata = String::from_utf8_lossy(status.details()).into_owned();
    format!("{} {:?} {metadata} {:?}", status.message(), status.get_error_details(), status.metadata())
}

/// Fills each string of each request with `marker`, and asserts that no error gives it back.
async fn assert_never_told(service: &Service, marker: &str) -> usize {
    let mut asked = 0;
    for call in all_calls().into_iter().map(|call| format!("limpid.v1.{call}")) {
        let input = method(&call).unwrap().input();
        for (path, message) in with_text(&input, marker, &|_| true) {
            let is_of_models = call.ends_with("/EditModel") && NAMES_OF_MODELS.contains(&path.as_str());
            let answer = call_with(&service.channel, &call, &message, &[]).await;
            if let Err(status) = answer {
                let told = told(&status);
                assert!(is_of_models || !told.contains(marker), "{call} {path}: {told}");
                asked += 1;
            }
        }
    }
    asked
}

#[tokio::test]
async fn no_error_gives_back_what_a_caller_wrote() {
    let service = Service::start().await;
    for marker in ["zq7marker7qz", "two words zq7", "zq7\u{e9}\u{202e}\u{1f642}", &"zq7".repeat(400)] {
        let asked = assert_never_told(&service, marker).await;
        assert!(asked > 60, "{asked} errors");
    }
}

#[tokio::test]
async fn no_error_gives_back_what_stands_in_a_request_that_is_fine_but_for_it() {
    let service = Service::start().await;
    let marker = "zq7marker7qz";
    let long = marker.repeat(30);
    let fill: [fn(&mut pb::RecommendRequest, &str); 6] = [
        |request, text| request.subject.as_mut().unwrap().id = text.to_owned(),
        |request, text| {
            let value = super::asking::category(text);
            request.subject.as_mut().unwrap().features.insert("member_years".to_owned(), value);
        },
        |request, text| {
            let value = super::asking::number(1.0);
            request.subject.as_mut().unwrap().features.insert(text.to_owned(), value);
        },
        |request, text| {
            request.impression.as_mut().unwrap().context.insert(text.to_owned(), super::asking::flag(true));
        },
        |request, text| request.consent.get_or_insert_default().tc_string = text.to_owned(),
        |request, text| request.consent.get_or_insert_default().gpp_string = text.to_owned(),
    ];
    let mut refused = 0;
    for text in [marker, &long, &format!("{marker}\n"), &format!("C{marker}")] {
        for (i, fill) in fill.iter().enumerate() {
            let mut request = about("p-05", &ALL_PURPOSES, &format!("i-{i}-{}", text.len()));
            fill(&mut request, text);
            if let Err(status) = recommender(&service.channel).recommend(request).await {
                assert!(!told(&status).contains(marker), "{i}: {status:?}");
                refused += 1;
            }
        }
        for field in ["name", "value", "subject", "id"] {
            let mut event = purchase("e-1", "p-05", "TEA", 1);
            let inside = event.event.as_mut().unwrap();
            match field {
                "name" => drop(inside.attributes.insert(text.to_owned(), "x".to_owned())),
                "value" => drop(inside.attributes.insert("category".to_owned(), text.to_owned())),
                "subject" => inside.subject_id = text.to_owned(),
                _ => inside.id = text.to_owned(),
            }
            if let Err(status) = service.record([event]).await {
                assert!(!told(&status).contains(marker), "{field}: {status:?}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 12, "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn no_error_gives_back_any_text(text in "\\PC{12,40}") {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let asked = runtime.block_on(async {
            let service = Service::start().await;
            assert_never_told(&service, &text).await
        });
        prop_assert!(asked > 60);
    }
}

#[test]
fn nothing_that_holds_a_key_shows_it() {
    let signer = limpid::admission::signing::Signer::fresh().unwrap();
    let secret = signer.secret_key().to_string();
    let short = secret.strip_prefix("k4.secret.").unwrap()[..12].to_owned();
    let shown = format!("{signer:?}");
    let shown = format!("{shown} {:#?}", limpid::rights::SubjectSigner::new(signer));
    assert!(!shown.contains(&short) && shown.contains("(..)"), "{shown}");
    let place = Place::new();
    let keys = limpid::ledger::Keyring::open(&place.data()).unwrap();
    let shown = format!("{keys:?} {:?}", keys.tokens());
    let kept = fs::read_to_string(place.data().join("keys.json")).unwrap();
    let digits = |text: &&str| text.len() >= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let secrets = kept.split('"').filter(digits).collect::<Vec<_>>();
    assert!(secrets.len() >= 4, "{}", secrets.len());
    assert!(secrets.iter().all(|secret| !shown.contains(&secret[..12])), "{shown}");
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Texts that must not be in anything that the service writes about itself.
struct Secrets(Vec<String>);

impl Secrets {
    fn assert_silent(&self, what: &str, text: &str) {
        for secret in self.0.iter().filter(|secret| !secret.is_empty()) {
            let at = text.find(secret.as_str());
            let around = at.map(|at| text[..at].lines().last().unwrap_or_default().to_owned());
            assert!(at.is_none(), "{what} tells {secret:?} after {around:?}");
        }
    }
}

#[test]
fn a_whole_session_at_the_finest_level_of_logging_tells_nothing_of_anyone() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let key = place.path().join("controller.key").to_str().unwrap().to_owned();
    let made = limpid(&["subject-key", "new", "--out", &key]);
    assert_eq!(made.code, 0, "{made:?}");
    let list = write_list(place.path(), &list());
    let key_of = format!("{key}.pub");
    let asked = ["--subject-key", &key_of, "--vendor-id", "42"];
    let deletion = ["--deletion-participants", list.to_str().unwrap()];
    let mut serving = Serving::start_logging(&place, &[asked.as_slice(), &deletion].concat());
    let address = serving.address;
    let runtime = tokio::runtime::Runtime::new().unwrap();

    let (person, concern) = ("zq7-person-7qz", "zq7 my own words about this ad 7qz");
    let consent = "CPzq7AAPzq7AAAcABBENBkCsAP_AAH_AAAAAJFNf_X__b2_j-_59";
    let mut secrets =
        Secrets(vec![person.to_owned(), concern.to_owned(), consent.to_owned(), "zq7".to_owned()]);
    let server = address.to_string();
    let text = |ended: super::binary::Ended| {
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.out
    };
    runtime.block_on(async {
        let channel = channel(address);
        let mut events = pb::event_service_client::EventServiceClient::new(channel.clone());
        let told =
            (0..5).map(|n| purchase(&format!("zq7-event-{n}"), person, "TEA", n + 1)).collect::<Vec<_>>();
        events.record_events(tokio_stream::iter(told)).await.unwrap();
        for n in 0..3 {
            let mut request = about(person, &ALL_PURPOSES, &format!("i-{n}"));
            request.reason_view = pb::ReasonView::Full.into();
            if n == 2 {
                request.consent.get_or_insert_default().tc_string = consent.to_owned();
            }
            let answer = recommender(&channel).recommend(request).await.unwrap().into_inner();
            for ad in &answer.ads {
                secrets.0.push(ad.explanation_token.clone());
                secrets.0.extend(ad.reasons.iter().map(|reason| reason.text.clone()));
            }
        }
        // What is refused is not told either.
        let mut wrong = about(person, &[99], "wrong");
        wrong.subject.as_mut().unwrap().features.insert("zq7-name".to_owned(), super::asking::number(1.0));
        recommender(&channel).recommend(wrong).await.unwrap_err();
        let token = secrets.0.iter().find(|text| text.starts_with("v4.public.")).unwrap().clone();
        for path in ["", "?lang=fr", "/changes", "/what-if?without=purchases", "/concerns"] {
            get(address, &format!("/why/{token}{path}"), &[("cookie", "zq7=1"), ("sec-gpc", "1")]).await;
        }
        get(address, "/why/zq7-forged", &[]).await;
        let site = ("sec-fetch-site", "same-origin");
        let form = ("content-type", "application/x-www-form-urlencoded");
        send(
            address,
            "POST",
            &format!("/why/{token}/concerns"),
            &[site, form],
            b"topic=unfair&text=zq7+words",
        )
        .await;
        let mut feedback = pb::feedback_service_client::FeedbackServiceClient::new(channel.clone());
        // Someone else is erased, and someone is not.
        for (n, person) in ["zq7-erased-7qz", "zq7-not-erased-7qz"].into_iter().enumerate() {
            let mut asked = draft("2.0", person, "zq7-request");
            if n == 1 {
                asked.request["identifierType"] = "zq7-type".into();
            }
            let asked = asked.token();
            let reply = send(
                address,
                "POST",
                "/deletion-requests",
                &[("content-type", "application/jwt")],
                asked.as_bytes(),
            );
            let reply = reply.await;
            assert_eq!(reply.status, if n == 0 { 202 } else { 400 }, "{}", reply.body);
            assert!(!reply.body.contains("zq7"), "{}", reply.body);
            secrets.0.push(asked);
        }
        let raised = pb::RaiseConcernRequest {
            token,
            concern_id: "zq7-concern".to_owned(),
            topic: pb::ConcernTopic::Unfair.into(),
            text: concern.to_owned(),
        };
        feedback.raise_concern(raised).await.unwrap();
        let answer = pb::ResolveConcernRequest {
            tenant: "demo".to_owned(),
            concern_id: "zq7-concern".to_owned(),
            outcome: pb::ConcernOutcome::Explained.into(),
            answer: "zq7 what the person reads 7qz".to_owned(),
        };
        feedback.resolve_concern(answer).await.unwrap();
    });
    text(limpid(&["consent", "withdraw", "--purposes", "3", "--subject", person, "--server", &server]));
    text(limpid(&["object", "--advertiser", "Green Leaf", "--subject", person, "--server", &server]));
    let noon = super::service::NOON;
    let signed = ["subject-token", "--key", &key, "--subject", person, "--issued-at", noon];
    let subject_token = text(limpid(&signed)).trim_end().to_owned();
    secrets.0.push(subject_token.clone());
    let file = place.path().join("subject.token").to_str().unwrap().to_owned();
    fs::write(&file, &subject_token).unwrap();
    for command in [&["access"][..], &["port"], &["restrict"], &["restrict", "--lift"], &["erase"]] {
        text(limpid(&[command, &["--subject-token-file", &file, "--server", &server]].concat()));
    }
    let refused = limpid_reading("{\"tenant\": \"zq7 no tenant\"}", &["recommend", "--server", &server]);
    assert_eq!(refused.code, 1);

    let metrics = runtime.block_on(get(address, "/metrics", &[])).body;
    assert!(metrics.contains("limpid_decisions_logged"), "{metrics}");
    secrets.assert_silent("/metrics", &metrics);
    let mut logged = serving.logged();
    assert!(logged.lines().count() > 500 && logged.contains("TRACE"), "{}", logged.lines().count());
    assert!(serving.is_running());
    serving.signal("TERM");
    let (printed, _) = serving.wait();
    logged.push_str(&printed);
    // Bytes that are told as hexadecimal digits or as escapes are told all the same.
    secrets.0.push(digits(person.as_bytes()));
    let keys = limpid::ledger::Keyring::open(&place.data()).unwrap();
    let pseudonym = keys.subject_key(&super::place::tenant(), person).unwrap();
    let pseudonym = serde_json::to_value(pseudonym).unwrap();
    let pseudonym: Vec<u8> = serde_json::from_value(pseudonym).unwrap();
    secrets.0.push(digits(&pseudonym));
    secrets.0.push(format!("{pseudonym:?}"));
    let distinct: BTreeSet<&String> = secrets.0.iter().collect();
    let reasons = distinct.iter().filter(|text| text.starts_with("You ")).count();
    let tokens = distinct.iter().filter(|text| text.starts_with("v4.public.")).count();
    assert!(reasons > 0 && tokens > 1, "{distinct:?}");
    secrets.assert_silent("the log", &logged);
}
