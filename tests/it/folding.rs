//! What happened before yesterday is kept as what, on which day and how often; and counts as it did.

use limpid::rpc::pb;
use pb::evidence::Fact;

use super::asking::{ALL_PURPOSES, about, ad, purchase};
use super::righting::{access, rectify, token};
use super::service::{NOON, Service, at};

/// Days and purchases of tea that a decision about the person rests on.
async fn tea(service: &Service, impression: &str) -> (u32, u32) {
    let asked = pb::RecommendRequest {
        reason_view: pb::ReasonView::Full.into(),
        max_ads: 6,
        ..about("new-one", &ALL_PURPOSES, impression)
    };
    let answer = service.recommend(asked).await.unwrap();
    let facts = ad(&answer, "tea").reasons.iter().flat_map(|reason| &reason.evidence);
    let mut history = facts.filter_map(|evidence| match &evidence.fact {
        Some(Fact::History(history)) => Some((history.days, history.count)),
        _ => None,
    });
    history.next().unwrap_or_default()
}

#[tokio::test]
async fn events_from_before_yesterday_are_kept_by_day_and_count_as_they_did() {
    let service = Service::start().await;
    let told = ["a", "b", "c"].map(|id| purchase(id, "new-one", "TEA", 3));
    let all =
        told.iter().cloned().chain([purchase("d", "new-one", "TEA", 4), purchase("e", "new-one", "TEA", 1)]);
    assert_eq!(service.record(all).await.unwrap().recorded, 5);
    assert_eq!(tea(&service, "before").await, (3, 5));
    let single = access(&service, token("new-one")).await.unwrap().events;
    assert_eq!(single.iter().filter(|event| event.times == 1).count(), 5);

    service.engine.sweep().await.unwrap();
    assert_eq!(tea(&service, "after").await, (3, 5));
    let service = service.restart().await;
    assert_eq!(tea(&service, "restarted").await, (3, 5));

    let held = access(&service, token("new-one")).await.unwrap().events;
    let times: Vec<i32> = held.iter().map(|event| event.times).collect();
    assert_eq!(times.iter().sum::<i32>(), 5);
    let day = held.iter().find(|event| event.times == 3).unwrap();
    assert_eq!(day.spend_micros, 3 * 2_500_000);
    assert_eq!(day.at.unwrap().seconds, at(NOON).plus_days(-3).day().start().micros() / 1_000_000);
    assert!(held.iter().any(|event| event.id == "e"), "yesterday's are kept singly");
    assert!(held.iter().all(|event| !["a", "b", "c", "d"].contains(&&*event.id)), "{held:?}");
    let again = service.record(told).await.unwrap();
    assert_eq!((again.recorded, again.known), (0, 3), "ids are remembered");

    let refused = rectify(&service, "new-one", "a", None).await.unwrap_err();
    assert!(
        refused.message().contains(&format!("is kept as part of its day; {} is to be", day.id)),
        "{refused:?}"
    );
    // The sum of a day is put right as an event is.
    let corrected = pb::CorrectedEvent {
        kind: day.kind,
        at: day.at,
        attributes: day.attributes.clone(),
        spend_micros: 2_500_000,
        times: 1,
    };
    rectify(&service, "new-one", &day.id, Some(corrected.clone())).await.unwrap();
    assert_eq!(tea(&service, "corrected").await, (3, 3));
    let too_many = pb::CorrectedEvent { times: 1_001, ..corrected };
    let refused = rectify(&service, "new-one", &day.id, Some(too_many)).await.unwrap_err();
    assert!(refused.message().contains("corrected.times: must be 0 to 1000, is 1001"), "{refused:?}");
    rectify(&service, "new-one", &day.id, None).await.unwrap();
    assert_eq!(tea(&service, "deleted").await, (2, 2));
    assert_eq!(tea(&service.restart().await, "deleted-restarted").await, (2, 2));
}

#[tokio::test]
async fn ids_of_the_service_are_its_own() {
    let service = Service::start().await;
    let refused = service.record([purchase("limpid:day:2026-02-01", "anna", "TEA", 3)]).await.unwrap_err();
    assert!(refused.message().contains("events[0].event.id: must not begin with limpid:"), "{refused:?}");
}
