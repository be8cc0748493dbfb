//! `(tenant, impression)` decides once.

use limpid::rpc::pb::{self, AccountView, ReasonView};
use tokio::task::JoinSet;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_refused, candidate, flag, purchase, values};
use super::place::models;
use super::service::{NOON, Service, at};

#[tokio::test]
async fn the_same_request_gets_the_same_decision_and_says_so() {
    let service = Service::start().await;
    let asked = || about("p-05", &ALL_PURPOSES, "i-1");
    let first = service.recommend(asked()).await.unwrap();
    assert!(!first.repeated_call);

    // Whatever has changed since, the logged decision stands.
    service.record([purchase("e-1", "p-05", "TEA", 1)]).await.unwrap();
    service.engine.promote(&models().linear).await.unwrap();
    service.clock.set(at(NOON).plus_seconds(3600));
    let again = service.recommend(asked()).await.unwrap();
    assert!(again.repeated_call);
    let told = |answer: &pb::RecommendResponse| {
        (answer.decision_id.clone(), answer.decided_at, answer.models.clone(), answer.verdicts.clone())
    };
    assert_eq!(told(&first), told(&again));
    assert_eq!(values(&first), values(&again));
    assert_eq!(service.decisions_logged().await, 1);
}

#[tokio::test]
async fn how_an_answer_is_told_is_no_part_of_what_was_asked() {
    let service = Service::start().await;
    let first = service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    let told_otherwise = pb::RecommendRequest {
        locale: "fr".to_owned(),
        account_view: AccountView::None.into(),
        reason_view: ReasonView::Full.into(),
        tmax_ms: 5_000,
        ..about("p-05", &ALL_PURPOSES, "i-1")
    };
    let again = service.recommend(told_otherwise).await.unwrap();
    assert!(again.repeated_call && again.decision_id == first.decision_id);
    assert_eq!(again.locale, "fr");
}

#[tokio::test]
async fn another_request_for_the_same_impression_is_refused() {
    let service = Service::start().await;
    service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    let asked = || about("p-05", &ALL_PURPOSES, "i-1");
    let mut other_page = asked();
    other_page.impression.as_mut().unwrap().context.insert("weekend".to_owned(), flag(false));
    let floor = Some(pb::Floor { cpm_micros: 1, currency: "USD".to_owned() });
    let others = [
        about("p-06", &ALL_PURPOSES, "i-1"),
        about("p-05", &[3, 4], "i-1"),
        about_nobody("i-1"),
        other_page,
        pb::RecommendRequest { max_ads: 2, ..asked() },
        pb::RecommendRequest { candidates: vec![candidate("tea")], ..asked() },
        pb::RecommendRequest { floor, ..asked() },
    ];
    for other in others {
        let refused = service.recommend(other).await;
        assert_refused(refused, Code::AlreadyExists, "IMPRESSION_REUSED", "impression.id: was used");
    }
    assert!(
        service.recommend(asked()).await.unwrap().repeated_call,
        "the first request still has its answer"
    );
    assert_eq!(service.decisions_logged().await, 1);
}

#[tokio::test]
async fn tenants_do_not_share_impressions() {
    let service = Service::start().await;
    let of = |tenant: &str| pb::RecommendRequest { tenant: tenant.to_owned(), ..about_nobody("i-1") };
    let first = service.recommend(of("demo")).await.unwrap();
    let other = service.recommend(of("another")).await.unwrap();
    assert!(!other.repeated_call);
    assert_ne!(first.decision_id, other.decision_id);
    assert!(service.recommend(of("another")).await.unwrap().repeated_call);
    assert_eq!(service.decisions_logged().await, 2);
}

#[tokio::test]
async fn a_person_of_another_tenant_is_another_person() {
    let service = Service::start().await;
    let of = |tenant: &str, impression: &str| pb::RecommendRequest {
        tenant: tenant.to_owned(),
        ..about("p-05", &ALL_PURPOSES, impression)
    };
    let stranger = service.recommend(of("another", "i-1")).await.unwrap();
    service.record((1..=9).map(|day| purchase(&format!("e-{day}"), "p-05", "TEA", day))).await.unwrap();
    let still = service.recommend(of("another", "i-2")).await.unwrap();
    assert_eq!(values(&stranger), values(&still));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_at_the_same_time_decides_once() {
    let service = Service::start().await;
    let mut calls = JoinSet::new();
    for _ in 0..24 {
        let mut client = super::service::recommender(&service.channel);
        calls.spawn(async move { client.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await });
    }
    let answers = calls.join_all().await;
    let answers = answers.into_iter().map(|answer| answer.unwrap().into_inner()).collect::<Vec<_>>();
    assert_eq!(answers.iter().filter(|answer| !answer.repeated_call).count(), 1);
    assert!(answers.iter().all(|answer| answer.decision_id == answers[0].decision_id));
    assert!(answers.iter().all(|answer| values(answer) == values(&answers[0])));
    assert_eq!(service.decisions_logged().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_different_requests_at_the_same_time_one_wins() {
    let service = Service::start().await;
    let mut calls = JoinSet::new();
    for number in 0..24 {
        let mut client = super::service::recommender(&service.channel);
        let person = super::example::person(number);
        calls.spawn(async move { client.recommend(about(&person, &ALL_PURPOSES, "i-1")).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_refused(refused, Code::AlreadyExists, "IMPRESSION_REUSED", "impression.id");
    }
    assert_eq!(service.decisions_logged().await, 1);
}

#[tokio::test]
async fn a_restart_forgets_no_impression() {
    let service = Service::start().await;
    let first = service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    let service = service.restart().await;
    let again = service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    assert!(again.repeated_call && again.decision_id == first.decision_id);
    assert_eq!(values(&again), values(&first));
    let refused = service.recommend(about_nobody("i-1")).await;
    assert_refused(refused, Code::AlreadyExists, "IMPRESSION_REUSED", "impression.id");
}
