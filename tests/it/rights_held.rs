//! What is held of a person is told whole, to that person alone, and taken along.

use limpid::rights::{Assurance, SubjectClaims, SubjectSigner};
use limpid::rpc::pb::{self, PortFormat};
use limpid::store::Right::{Access, Erase, Object, Port, Rectify, Restrict};
use serde_json::Value;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_field, assert_refused, purchase};
use super::choices::{object, objection, one};
use super::righting::{access, claims, controller, erase, port, rectify, restrict, rights, token};
use super::service::{NOON, Service, at};

#[tokio::test]
async fn access_tells_all_that_is_held_and_nothing_of_others() {
    let service = Service::start().await;
    service.record([purchase("mine", "p-05", "TEA", 3), purchase("other", "p-06", "TEA", 3)]).await.unwrap();
    object(&service, pb::ObjectRequest { categories: one("SOUP"), ..objection("p-05", "c") }).await.unwrap();
    let mine = service.recommend(about("p-05", &ALL_PURPOSES, "mine")).await.unwrap();
    service.recommend(about("p-06", &ALL_PURPOSES, "other")).await.unwrap();

    let held = access(&service, token("p-05")).await.unwrap();
    let told = held.events.iter().filter(|event| event.source == "told").collect::<Vec<_>>();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].id.as_str(), told[0].kind(), told[0].retention_days),
        ("mine", pb::EventKind::Purchase, 365)
    );
    assert_eq!((told[0].attributes["category"].as_str(), told[0].spend_micros), ("TEA", 2_500_000));
    assert!(told[0].received_at.is_some());
    // What the example holds, line by line, without what is sensitive: that was never kept.
    let lines = |file: &str| {
        let text = std::fs::read_to_string(service.place().example().join(file)).unwrap();
        let of = |line: &&str| line.split(',').any(|cell| cell == "p-05") && !line.contains("PHARMACY");
        text.lines().filter(of).count()
    };
    let given = |kind: pb::EventKind| {
        let of_example = held.events.iter().filter(|event| event.source == "example" && event.id.is_empty());
        of_example.filter(|event| event.kind() == kind).count()
    };
    assert!(lines("events.csv") > 0 && lines("impressions.csv") > 0);
    assert_eq!(given(pb::EventKind::Purchase), lines("events.csv"));
    assert_eq!(given(pb::EventKind::Impression), lines("impressions.csv"));
    let row = held.events.iter().find(|event| event.kind() == pb::EventKind::Impression).unwrap();
    for name in ["ad", "member_years", "click", "conversion"] {
        assert!(row.attributes.contains_key(name), "{name}: {row:?}");
    }

    let [decision] = &held.decisions[..] else { panic!("{:?}", held.decisions) };
    assert_eq!((decision.id.as_str(), decision.impression_id.as_str()), (mine.decision_id.as_str(), "mine"));
    assert_eq!(decision.accepted_purposes, ALL_PURPOSES);
    assert_eq!(decision.shown[0].ad_id, mine.ads[0].ad_id);
    assert!(!decision.shown[0].reason_codes.is_empty() && !decision.model_versions.is_empty());
    let overview = held.overview;
    assert_eq!((overview.alias.len(), overview.changes.len()), (32, 1));
    assert_eq!(overview.choices.unwrap().hidden_categories, ["SOUP"]);
    let uses =
        overview.uses.iter().map(|used| (used.label.as_str(), used.retention_days)).collect::<Vec<_>>();
    assert_eq!(uses, [("votre ancienneté de membre", 365), ("vos achats dans cette catégorie", 365)]);
    assert_eq!(overview.recipients, ["demo"]);
}

#[tokio::test]
async fn what_is_taken_along_is_the_same_for_programs_and_spreadsheets() {
    let service = Service::start().await;
    service.record([purchase("=1+1", "p-05", "TEA", 3)]).await.unwrap();
    object(&service, pb::ObjectRequest { advertisers: one("=cmd|' /C calc'!A0"), ..objection("p-05", "c") })
        .await
        .unwrap();
    service.recommend(about("p-05", &ALL_PURPOSES, "mine")).await.unwrap();
    let held = access(&service, token("p-05")).await.unwrap();

    let json: Value =
        serde_json::from_str(&port(&service, token("p-05"), PortFormat::Json).await.unwrap()).unwrap();
    let parts = json["parts"].as_array().unwrap();
    let count = |part: &str| parts.iter().filter(|given| given["part"] == part).count();
    assert_eq!((count("event"), count("choice"), count("decision")), (held.events.len(), 1, 1));
    assert_eq!(json["count"], parts.len());
    let csv = port(&service, token("p-05"), PortFormat::Csv).await.unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.records().collect::<Result<Vec<_>, _>>().unwrap();
    assert!(rows.len() >= parts.len());
    for cell in rows.iter().flat_map(|row| row.iter().take(6)) {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert!(rows.iter().any(|row| &row[1] == "'=1+1"));
}

#[tokio::test]
async fn every_right_needs_the_persons_token_and_leaves_its_trace() {
    let service = Service::start().await;
    service.record([purchase("mine", "p-05", "TEA", 3)]).await.unwrap();
    let shown = service.recommend(about("p-05", &ALL_PURPOSES, "mine")).await.unwrap();
    let of_decision = shown.ads[0].explanation_token.clone();
    let signed = |claims: SubjectClaims| controller().sign(&claims);
    let stranger = SubjectSigner::new(limpid::admission::signing::Signer::fresh().unwrap());
    let noon = at(NOON);
    let cases = [
        (
            of_decision,
            Code::Unauthenticated,
            "TOKEN_REFUSED",
            "must be a PASETO v4.public token whose footer",
        ),
        (String::new(), Code::Unauthenticated, "TOKEN_REFUSED", "must be a PASETO"),
        (stranger.sign(&claims("p-05")), Code::Unauthenticated, "TOKEN_REFUSED", "its key is not known here"),
        (
            signed(SubjectClaims { issued_at: noon.plus_seconds(-600), expires_at: noon, ..claims("p-05") }),
            Code::Unauthenticated,
            "TOKEN_EXPIRED",
            "expired at 2026-03-01T12:00:00Z",
        ),
        (
            signed(SubjectClaims {
                issued_at: noon.plus_seconds(-300),
                expires_at: noon.plus_seconds(301),
                ..claims("p-05")
            }),
            Code::Unauthenticated,
            "TOKEN_REFUSED",
            "exp must be at most 600 s after iat",
        ),
        (
            signed(SubjectClaims {
                issued_at: noon.plus_seconds(61),
                expires_at: noon.plus_seconds(99),
                ..claims("p-05")
            }),
            Code::Unauthenticated,
            "TOKEN_REFUSED",
            "is not valid yet",
        ),
        (
            signed(SubjectClaims { assurance: Assurance::Low, ..claims("p-05") }),
            Code::PermissionDenied,
            "ASSURANCE_TOO_LOW",
            "assurance low is too low",
        ),
    ];
    for (subject_token, code, reason, message) in cases {
        let mut client = rights(&service.channel);
        assert_refused(access(&service, subject_token.clone()).await, code, reason, message);
        assert_refused(port(&service, subject_token.clone(), PortFormat::Csv).await, code, reason, message);
        assert_refused(erase(&service, subject_token.clone()).await, code, reason, message);
        let request = pb::RectifyRequest {
            subject_token: subject_token.clone(),
            event_id: "mine".to_owned(),
            corrected: None,
        };
        assert_refused(client.rectify(request).await, code, reason, message);
        if reason != "ASSURANCE_TOO_LOW" {
            let request = pb::RestrictRequest { subject_token, change_id: "c".to_owned(), lift: false };
            assert_refused(client.restrict(request).await, code, reason, message);
        }
    }
    assert_eq!(service.store.rights(0, 9).await.unwrap(), [], "nothing was exercised");
    let unnamed = signed(SubjectClaims { subject: String::new(), ..claims("p-05") });
    assert_field(erase(&service, unnamed).await, "subject_token.sub", "must not be empty");

    access(&service, token("p-05")).await.unwrap();
    port(&service, token("p-05"), PortFormat::Json).await.unwrap();
    restrict(&service, "p-05", "c-1", false).await.unwrap();
    rectify(&service, "p-05", "mine", None).await.unwrap();
    let by_token = pb::Person { named_by: Some(pb::person::NamedBy::SubjectToken(token("p-05"))) };
    let hide = pb::ObjectRequest { person: Some(by_token), advertisers: one("A"), ..objection("", "c-2") };
    assert_eq!(object(&service, hide).await.unwrap().change.unwrap().teller(), pb::Teller::Person);
    erase(&service, token("p-05")).await.unwrap();
    let trail = service.store.rights(0, 9).await.unwrap();
    let rights = trail.iter().map(|kept| kept.row.right).collect::<Vec<_>>();
    assert_eq!(rights, [Access, Port, Restrict, Rectify, Object, Erase]);
    assert!(
        trail
            .iter()
            .all(|kept| kept.row.mark == trail[0].row.mark && kept.row.by_key == controller().key().key_id())
    );
}
