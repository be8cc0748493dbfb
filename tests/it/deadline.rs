//! Deadlines: full, then context alone, then no ad; each of them logged.

use limpid::rpc::pb::{self, NotShown, Profile};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

use super::asking::{ALL_PURPOSES, about, ad, assert_field, assert_refused, candidate};
use super::service::Service;

fn within(timeout: &'static str, asked: pb::RecommendRequest) -> Request<pb::RecommendRequest> {
    let mut request = Request::new(asked);
    request.metadata_mut().insert("grpc-timeout", MetadataValue::from_static(timeout));
    request
}

#[tokio::test]
async fn with_time_enough_everything_permitted_decides() {
    let service = Service::start().await;
    let asked = pb::RecommendRequest { tmax_ms: 60_000, ..about("p-05", &ALL_PURPOSES, "i-1") };
    let answer = service.recommend(within("60S", asked)).await.unwrap();
    assert_eq!(ad(&answer, "tea").profile(), Profile::Full);
}

#[tokio::test]
async fn with_little_time_nothing_personal_decides_and_the_decision_is_logged() {
    let service = Service::start().await;
    let asked = |tmax_ms: i32| pb::RecommendRequest { tmax_ms, ..about("p-05", &ALL_PURPOSES, "i-1") };
    let hurried = service.recommend(asked(1)).await.unwrap();
    assert!(hurried.ads.iter().all(|ad| ad.profile() == Profile::Contextual));
    // A machine that was busy elsewhere may have had no time left at all.
    assert!(!hurried.ads.is_empty() || hurried.not_shown() == NotShown::Deadline);

    let again = service.recommend(asked(0)).await.unwrap();
    assert!(again.repeated_call && again.decision_id == hurried.decision_id);
    assert_eq!((again.ads.len(), again.not_shown), (hurried.ads.len(), hurried.not_shown));
    assert_eq!(service.decisions_logged().await, 1);
}

#[tokio::test]
async fn more_candidates_need_more_time() {
    let service = Service::start().await;
    let inline = |number: usize| {
        let ad = pb::Ad { advertiser: "A".to_owned(), ..pb::Ad::default() };
        pb::Candidate { ad: Some(ad), ..candidate(&format!("ad-{number}")) }
    };
    // Ten thousand candidates are given 200 milliseconds; with less, context alone decides.
    let candidates = (0..10_000).map(inline).collect();
    let asked = pb::RecommendRequest { candidates, tmax_ms: 190, ..about("p-05", &ALL_PURPOSES, "i-1") };
    let answer = service.recommend(asked).await.unwrap();
    assert!(answer.ads.iter().all(|ad| ad.profile() == Profile::Contextual));
}

#[tokio::test]
async fn a_call_that_comes_after_its_deadline_decides_nothing() {
    let service = Service::start().await;
    let refused = service.engine.recommend(&parsed(), Some(std::time::Instant::now())).await.unwrap();
    assert!(refused.decision.ranked.is_empty(), "with no time left no ad is shown, and that is logged");
    assert_eq!(service.decisions_logged().await, 1);

    let asked = || about("p-05", &ALL_PURPOSES, "i-1");
    let refused = service.recommend(within("0m", asked())).await;
    match refused.as_ref().map_err(tonic::Status::code) {
        // The timer of the transport may be faster than the handler.
        Err(Code::Cancelled) => {}
        _ => assert_refused(refused, Code::DeadlineExceeded, "DEADLINE_PAST", "the deadline had passed"),
    }
    assert_eq!(service.decisions_logged().await, 1, "a call that is refused leaves its impression free");
}

#[tokio::test]
async fn a_timeout_that_is_none_is_refused_by_name() {
    let service = Service::start().await;
    for bad in ["soon", "12", "1x", "999999999S"] {
        let refused = service.recommend(within(bad, about("p-05", &ALL_PURPOSES, "i-1"))).await;
        assert_field(refused, "grpc-timeout", "must be digits and a unit");
    }
}

/// A request as the engine takes it: one ad, about nobody.
fn parsed() -> limpid::decide::Request {
    use limpid::domain::{AdId, Bid, Currency, ImpressionId, Pricing};
    let bid = Bid { pricing: Pricing::None, micros: 0, currency: Currency::parse("USD").unwrap() };
    limpid::decide::Request {
        tenant: super::place::tenant(),
        impression: ImpressionId::parse("late").unwrap(),
        context: limpid::decide::Stated::new(),
        subject: None,
        candidates: vec![limpid::decide::Offer { ad: AdId::parse("tea").unwrap(), bid, inline: None }],
        floor: None,
        ads_max: 1,
        signals: None,
    }
}
