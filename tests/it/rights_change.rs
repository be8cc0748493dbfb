//! Restricting, putting right, and keeping no longer than was said.

use limpid::rpc::pb;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_field, assert_refused, purchase, values};
use super::choices::{grant, object, objection, one};
use super::righting::{access, rectify, restrict, token};
use super::service::{NOON, Service, at};

fn uses_purchases(answer: &pb::RecommendResponse) -> bool {
    answer.verdicts.iter().any(|verdict| verdict.feature == "bought_days" && verdict.permitted)
}

#[tokio::test]
async fn while_a_dispute_runs_nothing_of_the_person_is_used_and_nothing_is_lost() {
    let service = Service::start().await;
    service.record([purchase("mine", "p-05", "TEA", 3)]).await.unwrap();
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    assert!(uses_purchases(&before));
    object(&service, pb::ObjectRequest { advertisers: one("A"), ..objection("p-05", "c-0") }).await.unwrap();

    let receipt = restrict(&service, "p-05", "c-1", false).await.unwrap();
    assert_eq!((receipt.changed, receipt.after.unwrap().restricted), (vec![true], true));
    assert!(restrict(&service, "p-05", "c-1", false).await.unwrap().repeated_call);
    let refused = restrict(&service, "p-05", "c-1", true).await;
    assert_refused(refused, Code::AlreadyExists, "CHANGE_REUSED", "change_id");
    assert_field(restrict(&service, "p-05", "", false).await, "change_id", "must not be empty");
    // Neither what callers pass on nor what is accepted meanwhile is used, and nothing new is kept.
    grant(&service, "p-05", "c-2", &[3, 4]).await;
    let service = service.restart().await;
    let during = service.recommend(about("p-05", &ALL_PURPOSES, "during")).await.unwrap();
    let refusing = service.recommend(about("p-05", &[], "refusing")).await.unwrap();
    assert!(!uses_purchases(&during));
    assert_eq!(values(&during), values(&refusing));
    let told = service.record([purchase("meanwhile", "p-05", "TEA", 1)]).await.unwrap();
    assert_eq!((told.recorded, told.not_permitted), (0, 1));
    let held = access(&service, token("p-05")).await.unwrap().events;
    assert!(held.iter().any(|event| event.source == "told"), "the data stay");

    restrict(&service, "p-05", "c-3", true).await.unwrap();
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    assert_eq!(values(&after), values(&before));
    let choices = access(&service, token("p-05")).await.unwrap().overview.choices.unwrap();
    assert_eq!((choices.restricted, choices.hidden_advertisers), (false, one("A")));
}

fn corrected(category: &str) -> pb::CorrectedEvent {
    let event = purchase("", "", category, 1).event.unwrap();
    let pb::Event { kind, at, attributes, spend_micros, .. } = event;
    pb::CorrectedEvent { kind, at, attributes, spend_micros, times: 0 }
}

#[tokio::test]
async fn what_was_put_right_counts_so_from_the_next_decision_on_and_after_a_restart() {
    let service = Service::start().await;
    let asked = |impression: &str| about("new-one", &ALL_PURPOSES, impression);
    let never = service.recommend(asked("never")).await.unwrap();
    service.record([purchase("soup", "new-two", "SOUP", 1)]).await.unwrap();
    let of_soup = service.recommend(about("new-two", &ALL_PURPOSES, "soup")).await.unwrap();
    service.record([purchase("mine", "new-one", "TEA", 1)]).await.unwrap();
    let of_tea = service.recommend(asked("tea")).await.unwrap();
    assert_ne!(values(&of_tea), values(&never), "it moves the score");

    rectify(&service, "new-one", "mine", Some(corrected("SOUP"))).await.unwrap();
    let right = service.recommend(asked("right")).await.unwrap();
    assert_eq!(values(&right), values(&of_soup));
    let service = service.restart().await;
    assert_eq!(values(&service.recommend(asked("restarted")).await.unwrap()), values(&of_soup));
    rectify(&service, "new-one", "mine", None).await.unwrap();
    assert_eq!(values(&service.recommend(asked("gone")).await.unwrap()), values(&never));
    assert!(access(&service, token("new-one")).await.unwrap().events.is_empty());
    // Told again it stays taken back.
    let told = service.record([purchase("mine", "new-one", "TEA", 3)]).await.unwrap();
    assert_eq!((told.recorded, told.known), (0, 1));
    assert_eq!(values(&service.recommend(asked("told-again")).await.unwrap()), values(&never));
}

#[tokio::test]
async fn what_cannot_be_put_right_is_refused_by_name_and_changes_nothing() {
    let service = Service::start().await;
    service.record([purchase("mine", "p-05", "TEA", 3), purchase("other", "p-06", "TEA", 3)]).await.unwrap();
    for id in ["other", "absent"] {
        let refused = rectify(&service, "p-05", id, None).await;
        assert_refused(
            refused,
            Code::NotFound,
            "NOT_FOUND",
            "event_id: nothing is held of the person under it",
        );
    }
    assert_field(rectify(&service, "p-05", "", None).await, "event_id", "must not be empty");
    let wrong = async |change: fn(&mut pb::CorrectedEvent)| {
        let mut event = corrected("SOUP");
        change(&mut event);
        rectify(&service, "p-05", "mine", Some(event)).await
    };
    assert_field(wrong(|event| event.kind = 0).await, "corrected.kind", "must be a kind");
    assert_field(wrong(|event| event.at = None).await, "corrected.at", "must be given");
    assert_field(
        wrong(|event| event.at.as_mut().unwrap().seconds = 4_000_000_000).await,
        "corrected.at",
        "future",
    );
    let sensitive =
        wrong(|event| drop(event.attributes.insert("category".to_owned(), "PHARMACY".to_owned()))).await;
    assert_field(sensitive, "corrected.attributes", "sensitive");
    assert!(wrong(|event| event.spend_micros = -1).await.is_err());
    let held = access(&service, token("p-05")).await.unwrap();
    assert_eq!(held.events.iter().find(|event| event.id == "mine").unwrap().attributes["category"], "TEA");
}

#[tokio::test]
async fn events_are_kept_as_long_as_a_feature_may_use_them_and_no_longer() {
    let service = Service::start().await;
    let days = async |service: &Service, seconds: i64| {
        service.clock.set(at(NOON).plus_days(360).plus_seconds(seconds));
        service.engine.sweep().await.unwrap();
        let stored = service.store.events(0, 99).await.unwrap();
        stored.into_iter().map(|stored| stored.event.at.day().to_string()).collect::<Vec<_>>()
    };
    service.record([purchase("older", "p-05", "TEA", 5), purchase("newer", "p-05", "TEA", 1)]).await.unwrap();
    assert_eq!(days(&service, 0).await, ["2026-02-24", "2026-02-28"]);
    assert_eq!(days(&service, 1).await, ["2026-02-28"]);
    service.clock.set(at(NOON).plus_days(400));
    service.engine.sweep().await.unwrap();
    assert_eq!(service.store.events(0, 99).await.unwrap(), []);
    // In memory, too, the example's events included.
    service.clock.set(at(NOON));
    let held = access(&service, token("p-05")).await.unwrap();
    let events = held.events.iter().filter(|event| event.kind() == pb::EventKind::Purchase);
    assert_eq!(events.count(), 0);
}
