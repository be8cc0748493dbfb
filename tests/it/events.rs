//! `RecordEvents`: durable, counted once, and moving the next decision.

use limpid::rpc::pb::{self, EventKind, ReasonView, evidence::Fact};

use super::asking::{ALL_PURPOSES, about, ad, assert_field, purchase, values};
use super::example::person;
use super::service::{NOON, Service, at};

/// How often the answer says that the person bought what the ad is for: on how many days, and how
/// many times.
fn purchases_told(answer: &pb::RecommendResponse, id: &str) -> (u32, u32) {
    let evidence = ad(answer, id).reasons.iter().flat_map(|reason| &reason.evidence);
    let mut history = evidence.filter_map(|evidence| match &evidence.fact {
        Some(Fact::History(history)) => Some((history.days, history.count)),
        _ => None,
    });
    history.next().unwrap_or_else(|| panic!("no reason for {id} names a purchase"))
}

fn in_full(person: &str, impression: &str) -> pb::RecommendRequest {
    let reason_view = ReasonView::Full.into();
    pb::RecommendRequest { reason_view, max_ads: 6, ..about(person, &ALL_PURPOSES, impression) }
}

#[tokio::test]
async fn what_a_person_did_moves_the_next_decision_and_is_told_as_it_was() {
    let service = Service::start().await;
    let before = service.recommend(in_full("stranger", "before")).await.unwrap();
    let mut events =
        (1..=4).map(|day| purchase(&format!("e-{day}"), "stranger", "TEA", day)).collect::<Vec<_>>();
    events.push(purchase("e-5", "stranger", "TEA", 4));
    let tally = service.record(events).await.unwrap();
    assert_eq!((tally.recorded, tally.known), (5, 0));
    let after = service.recommend(in_full("stranger", "after")).await.unwrap();
    assert!(ad(&after, "tea").ranking_value_units > ad(&before, "tea").ranking_value_units);
    assert_eq!(ad(&after, "soup").ranking_value_units, ad(&before, "soup").ranking_value_units);
    assert_eq!(purchases_told(&after, "tea"), (4, 5), "five purchases on four days");
}

#[tokio::test]
async fn an_event_that_is_sent_again_counts_once() {
    let service = Service::start().await;
    let events = || (1..=3).map(|day| purchase(&format!("e-{day}"), "stranger", "TEA", day));
    assert_eq!(service.record(events()).await.unwrap().recorded, 3);
    let once = service.recommend(in_full("stranger", "once")).await.unwrap();
    let tally = service.record(events().chain(events())).await.unwrap();
    assert_eq!((tally.recorded, tally.known), (0, 6));
    let twice = service.recommend(in_full("stranger", "twice")).await.unwrap();
    assert_eq!(values(&once), values(&twice));
    assert_eq!(purchases_told(&twice, "tea"), (3, 3));
}

#[tokio::test]
async fn an_id_that_belongs_to_another_event_is_conflicting_and_the_first_event_stands() {
    let service = Service::start().await;
    service.record([purchase("e-1", "stranger", "TEA", 3)]).await.unwrap();
    let before = service.recommend(in_full("stranger", "before")).await.unwrap();
    let mut dearer = purchase("e-1", "stranger", "TEA", 3);
    dearer.event.as_mut().unwrap().spend_micros += 1;
    let others = [
        purchase("e-1", "stranger", "SOUP", 3),
        purchase("e-1", "stranger", "TEA", 4),
        purchase("e-1", "p-01", "TEA", 3),
        dearer,
    ];
    let tally = service.record(others).await.unwrap();
    assert_eq!((tally.recorded, tally.conflicting), (0, 4));
    let after = service.recommend(in_full("stranger", "after")).await.unwrap();
    assert_eq!(values(&before), values(&after));
}

#[tokio::test]
async fn tenants_do_not_share_the_ids_of_events() {
    let service = Service::start().await;
    let mut elsewhere = purchase("e-1", "stranger", "SOUP", 3);
    elsewhere.tenant = "another".to_owned();
    let tally = service.record([purchase("e-1", "stranger", "TEA", 3), elsewhere]).await.unwrap();
    assert_eq!((tally.recorded, tally.conflicting), (2, 0));
}

#[tokio::test]
async fn an_event_of_a_sensitive_category_is_not_kept() {
    let service = Service::start().await;
    let before = service.recommend(in_full("p-05", "before")).await.unwrap();
    let pills = (1..=9).map(|day| purchase(&format!("pills-{day}"), "p-05", "PHARMACY", day));
    let tally = service.record(pills).await.unwrap();
    assert_eq!((tally.recorded, tally.sensitive), (0, 9));
    assert!(service.store.events(0, 10).await.unwrap().is_empty(), "not even on disk");
    let after = service.recommend(in_full("p-05", "after")).await.unwrap();
    assert_eq!(values(&before), values(&after));
}

#[tokio::test]
async fn an_event_at_the_moment_of_the_impression_comes_too_late() {
    let service = Service::start().await;
    let before = service.recommend(in_full("stranger", "before")).await.unwrap();
    assert_eq!(service.record([purchase("e-1", "stranger", "TEA", 0)]).await.unwrap().recorded, 1);
    let at_once = service.recommend(in_full("stranger", "at-once")).await.unwrap();
    assert_eq!(values(&before), values(&at_once));
    service.clock.set(at(NOON).plus_seconds(1));
    let later = service.recommend(in_full("stranger", "later")).await.unwrap();
    assert_ne!(values(&before), values(&later));
}

#[tokio::test]
async fn a_long_stream_counts_whole() {
    let service = Service::start().await;
    let events = (0..700).map(|number| {
        let days_ago = 1 + number / 14;
        purchase(&format!("e-{number}"), "stranger", "TEA", days_ago)
    });
    assert_eq!(service.record(events).await.unwrap().recorded, 700);
    let answer = service.recommend(in_full("stranger", "i-1")).await.unwrap();
    assert_eq!(purchases_told(&answer, "tea"), (50, 700));
}

#[tokio::test]
async fn a_stream_without_events_is_fine() {
    let service = Service::start().await;
    assert_eq!(service.record([]).await.unwrap(), pb::RecordEventsResponse::default());
}

#[tokio::test]
async fn a_bad_event_is_refused_by_its_place_and_field() {
    type Change = fn(&mut pb::RecordEventsRequest);
    fn event(request: &mut pb::RecordEventsRequest) -> &mut pb::Event {
        request.event.as_mut().unwrap()
    }
    let service = Service::start().await;
    let cases: [(&str, &str, Change); 17] = [
        ("tenant", "must not be empty", |r| r.tenant.clear()),
        ("tenant", "visible ASCII", |r| r.tenant = "zwei worte".to_owned()),
        ("event", "must be given", |r| r.event = None),
        ("event.id", "must not be empty", |r| event(r).id.clear()),
        ("event.id", "at most 128 bytes, has 129", |r| event(r).id = "x".repeat(129)),
        ("event.subject_id", "must not be empty", |r| event(r).subject_id.clear()),
        ("event.subject_id", "at most 256 bytes, has 257", |r| event(r).subject_id = "x".repeat(257)),
        ("event.kind", "must be a kind", |r| event(r).kind = 0),
        ("event.kind", "must be a kind", |r| event(r).kind = 99),
        ("event.at", "must be given", |r| event(r).at = None),
        ("event.at", "after 1970", |r| event(r).at.as_mut().unwrap().seconds = -1),
        ("event.at", "after 1970", |r| event(r).at.as_mut().unwrap().nanos = 1_000_000_000),
        ("event.at", "must not be in the future", |r| event(r).at.as_mut().unwrap().seconds += 3 * 86_400),
        ("event.accepted_purposes", "from 1 to 11, is 12", |r| event(r).accepted_purposes.push(12)),
        ("event.spend_micros", "must not be negative", |r| event(r).spend_micros = -1),
        ("event.attributes[text of 6 bytes]", "is not an attribute of the schema", |r| {
            event(r).attributes.insert("colour".to_owned(), "RED".to_owned());
        }),
        ("event.attributes.category", "must not be empty", |r| {
            event(r).attributes.insert("category".to_owned(), String::new());
        }),
    ];
    for (field, rule, change) in cases {
        let mut bad = purchase("bad", "stranger", "TEA", 2);
        change(&mut bad);
        let sent = [purchase("good-0", "stranger", "TEA", 2), purchase("good-1", "stranger", "TEA", 3), bad];
        assert_field(service.record(sent).await, &format!("events[2].{field}"), rule);
    }
    assert!(service.store.events(0, 10).await.unwrap().is_empty(), "nothing of a refused batch is kept");
}

#[tokio::test]
async fn every_broken_field_of_an_event_is_named_at_once() {
    let service = Service::start().await;
    let event = pb::Event { spend_micros: -5, ..pb::Event::default() };
    let bad = || pb::RecordEventsRequest { tenant: "demo".to_owned(), event: Some(event.clone()) };
    for field in ["event.id", "event.subject_id", "event.kind", "event.at"] {
        assert_field(service.record([bad()]).await, &format!("events[0].{field}"), "must");
    }
}

#[tokio::test]
async fn events_outlive_a_restart() {
    let service = Service::start().await;
    let events = || (1..=20).map(|day| purchase(&format!("e-{day}"), "stranger", "TEA", day));
    service.record(events()).await.unwrap();
    let before = service.recommend(in_full("stranger", "before")).await.unwrap();
    let service = service.restart().await;
    let after = service.recommend(in_full("stranger", "after")).await.unwrap();
    assert_eq!(values(&before), values(&after));
    assert_eq!(ad(&before, "tea").reasons, ad(&after, "tea").reasons);
    assert_eq!(service.record(events()).await.unwrap().known, 20);
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_memory_and_disk_in_step() {
    let service = Service::start().await;
    for (number, days_ago) in (0..200).zip((1..50).cycle()) {
        let sent = [purchase(&format!("e-{number}"), &person(number % 4), "TEA", days_ago)];
        let recording = service.record(sent);
        // At this moment or that one the caller hangs up.
        let patience = std::time::Duration::from_micros(60 * days_ago.unsigned_abs());
        drop(tokio::time::timeout(patience, recording).await);
    }
    // What is durable counts now, as it will after a start; the last write is behind all others.
    service.record([purchase("last", "p-09", "SOUP", 1)]).await.unwrap();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for number in 0..4 {
        before.push(service.recommend(in_full(&person(number), &format!("b-{number}"))).await.unwrap());
    }
    let service = service.restart().await;
    for number in 0..4 {
        after.push(service.recommend(in_full(&person(number), &format!("a-{number}"))).await.unwrap());
    }
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(values(before), values(after));
        assert_eq!(ad(before, "tea").reasons, ad(after, "tea").reasons);
    }
}

#[tokio::test]
async fn the_kinds_of_the_api_are_those_of_the_log() {
    let service = Service::start().await;
    for kind in ["BROWSE", "SEARCH", "IMPRESSION", "CLICK", "CONVERSION"] {
        let mut event = purchase(kind, "stranger", "TEA", 1);
        let name = format!("EVENT_KIND_{kind}");
        let told = event.event.as_mut().unwrap();
        told.kind = EventKind::from_str_name(&name).unwrap().into();
        if ["IMPRESSION", "CLICK", "CONVERSION"].contains(&kind) {
            (told.decision_id, told.ad_id) = (uuid::Uuid::nil().to_string(), "tea".to_owned());
        }
        assert_eq!(service.record([event]).await.unwrap().not_permitted, 1, "nothing uses {kind}");
    }
}
