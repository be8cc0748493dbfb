//! Events that are not believed move nothing, and are counted by cause.

use limpid::rpc::pb;
use limpid::rpc::pb::event_service_client::EventServiceClient;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, purchase};
use super::place::{Place, TENANT};
use super::service::{NOON, Service, at};
use super::web_client::get;

/// What came of an ad of a decision, about a person, so many minutes after noon.
fn outcome(
    kind: pb::EventKind,
    id: &str,
    person: &str,
    of: (&str, &str),
    minutes: i64,
) -> pb::RecordEventsRequest {
    let mut request = purchase(id, person, "TEA", 0);
    let event = request.event.as_mut().unwrap();
    event.set_kind(kind);
    event.at = Some(prost_types::Timestamp {
        seconds: at(NOON).plus_seconds(60 * minutes).micros() / 1_000_000,
        nanos: 0,
    });
    (event.decision_id, event.ad_id) = (of.0.to_owned(), of.1.to_owned());
    request
}

async fn causes(service: &Service) -> Vec<(String, i64)> {
    let mut client = EventServiceClient::new(service.channel.clone());
    let request = pb::GetQuarantineRequest { tenant: TENANT.to_owned() };
    let counts = client.get_quarantine(request).await.unwrap().into_inner().counts;
    assert!(counts.iter().all(|count| ["2026-03-01", "2026-04-10"].contains(&&*count.day)), "{counts:?}");
    counts.iter().map(|count| (count.cause().as_str_name().to_owned(), count.events)).collect()
}

fn cause(name: &str, events: i64) -> (String, i64) {
    (format!("QUARANTINE_CAUSE_{name}"), events)
}

#[tokio::test]
async fn an_outcome_counts_once_and_only_for_a_decision_that_showed_the_ad_to_this_person() {
    let (place, version) = Place::with_clicks();
    let service = Service::open(place).await;
    service.engine.promote(&version).await.unwrap();
    let one_ad =
        |person, impression| pb::RecommendRequest { max_ads: 1, ..about(person, &ALL_PURPOSES, impression) };
    let answer = service.recommend(one_ad("anna", "shown")).await.unwrap();
    let others = service.recommend(one_ad("bert", "others")).await.unwrap();
    let shown = (answer.decision_id.as_str(), answer.ads[0].ad_id.as_str());
    let not_shown = answer.ads[1].ad_id.as_str();
    service.clock.set(at(NOON).plus_seconds(3600));

    let click = |id: &str, of| outcome(pb::EventKind::Click, id, "anna", of, 10);
    let told = service.record([click("1", shown), click("2", shown), click("1", shown)]).await.unwrap();
    assert_eq!((told.recorded, told.known, told.quarantined), (1, 2, 0), "whatever it is called");

    let unknown = uuid::Uuid::nil().to_string();
    let told = service
        .record([
            click("3", (others.decision_id.as_str(), shown.1)),
            click("4", (unknown.as_str(), shown.1)),
            click("5", (answer.decision_id.as_str(), not_shown)),
            outcome(pb::EventKind::Click, "6", "anna", shown, -1),
            outcome(pb::EventKind::Click, "7", "nobody-we-know", shown, 10),
        ])
        .await
        .unwrap();
    assert_eq!((told.recorded, told.quarantined), (0, 5));
    let all = [cause("NOT_SHOWN", 1), cause("OUTSIDE_WINDOW", 1), cause("UNLOGGED", 3)];
    assert_eq!(causes(&service).await, all);
    let metrics = get(service.address, "/metrics", &[]).await.body;
    assert!(metrics.contains("limpid_events_quarantined_total{outcome=\"unlogged\"} 3"), "{metrics}");

    // After a month it is over; the counts are kept.
    let service = service.restart().await;
    assert_eq!(causes(&service).await, all);
    service.clock.set(at(NOON).plus_days(40));
    let late = outcome(pb::EventKind::Click, "8", "anna", shown, 60 * 24 * 31);
    assert_eq!(service.record([late]).await.unwrap().quarantined, 1);
    assert_eq!(causes(&service).await.len(), 4);
}

#[tokio::test]
async fn what_happened_too_long_ago_is_not_believed() {
    let service = Service::start().await;
    let told = service
        .record([purchase("old", "anna", "TEA", 101), purchase("new", "anna", "TEA", 99)])
        .await
        .unwrap();
    assert_eq!((told.recorded, told.quarantined), (1, 1));
    assert_eq!(causes(&service).await, [cause("TOO_OLD", 1)]);
}

#[tokio::test]
async fn nobody_does_more_in_a_day_than_people_do() {
    let service = Service::start().await;
    let of = |numbers: std::ops::Range<u32>, days_ago| {
        numbers
            .map(move |n| purchase(&format!("{days_ago}-{n}"), "anna", "TEA", days_ago))
            .collect::<Vec<_>>()
    };
    let told = service.record(of(0..700, 3)).await.unwrap();
    assert_eq!((told.recorded, told.quarantined), (700, 0));
    let told = service.record(of(700..1010, 3)).await.unwrap();
    assert_eq!((told.recorded, told.quarantined), (300, 10));
    assert_eq!(service.record(of(0..5, 4)).await.unwrap().recorded, 5, "another day");
    // A stream that broke off is sent again whole: what was taken before is known, and no excess.
    let told = service.record(of(0..600, 5)).await.unwrap();
    assert_eq!((told.recorded, told.quarantined), (600, 0));
    let told = service.record(of(0..900, 5)).await.unwrap();
    assert_eq!((told.recorded, told.known, told.quarantined), (300, 600, 0));
    assert_eq!(causes(&service).await, [cause("PERSON_DAY", 10)]);
}

#[tokio::test]
async fn an_outcome_names_its_decision_and_nothing_else_does() {
    let service = Service::start().await;
    let answer = service.recommend(about("anna", &ALL_PURPOSES, "shown")).await.unwrap();
    for (kind, decision, ad, field) in [
        (pb::EventKind::Click, "", "tea", "events[0].event.decision_id"),
        (pb::EventKind::Conversion, "no id", "tea", "events[0].event.decision_id"),
        (pb::EventKind::Impression, answer.decision_id.as_str(), "", "events[0].event.ad_id"),
        (pb::EventKind::Purchase, answer.decision_id.as_str(), "", "events[0].event.decision_id"),
        (pb::EventKind::Browse, "", "tea", "events[0].event.ad_id"),
    ] {
        let refused = service.record([outcome(kind, "1", "anna", (decision, ad), 0)]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(field), "{kind:?}: {}", refused.message());
    }
}
