//! Why this ad and not that one, what without some data, and what would have changed the choice: recomputed here from
//! the accounts, and tried through the service.

use limpid::domain::{Clock, Timestamp};
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::{self, BidStanding, LineKind, Pricing};
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, about_nobody, account, assert_refused, bid};
use super::place::TENANT;
use super::service::Service;

fn client(service: &Service) -> ExplanationServiceClient<tonic::transport::Channel> {
    ExplanationServiceClient::new(service.channel.clone())
}

/// Every ad of the example, each with a price of its own.
async fn decided(service: &Service, person: &str, impression: &str) -> pb::RecommendResponse {
    let mut asked = about(person, &ALL_PURPOSES, impression);
    for (place, candidate) in (1..).zip(&mut asked.candidates) {
        candidate.bid = Some(bid(Pricing::Cpa, 900_000 + 20_000 * place, "USD"));
    }
    service.recommend(pb::RecommendRequest { max_ads: 6, ..asked }).await.unwrap()
}

async fn compare(service: &Service, request: pb::CompareRequest) -> Result<pb::CompareResponse, Status> {
    client(service).compare(request).await.map(tonic::Response::into_inner)
}

fn by_token(token: &str, other: &str) -> pb::CompareRequest {
    pb::CompareRequest {
        named_by: Some(pb::compare_request::NamedBy::Token(token.to_owned())),
        other_ad_id: other.to_owned(),
        locale: String::new(),
    }
}

fn by_name(answer: &pb::RecommendResponse, ad: &str, other: &str) -> pb::CompareRequest {
    let logged = pb::LoggedAd {
        tenant: TENANT.to_owned(),
        decision_id: answer.decision_id.clone(),
        ad_id: ad.to_owned(),
    };
    pb::CompareRequest {
        named_by: Some(pb::compare_request::NamedBy::Logged(logged)),
        other_ad_id: other.to_owned(),
        locale: String::new(),
    }
}

#[tokio::test]
async fn what_sets_two_ads_apart_sums_to_the_difference_of_their_ranking_values() {
    let service = Service::start().await;
    for person in ["p-01", "p-02", "p-03"] {
        let answer = decided(&service, person, person).await;
        for one in &answer.ads {
            for other in answer.ads.iter().filter(|other| other.ad_id != one.ad_id) {
                let told = compare(&service, by_name(&answer, &one.ad_id, &other.ad_id)).await.unwrap();
                let difference = one.ranking_value_units - other.ranking_value_units;
                assert_eq!(told.difference_units, difference);
                assert_eq!(told.differences.iter().map(|d| d.units).sum::<i64>(), difference);
                let line = |ad: &pb::RankedAd| {
                    let lines = account(ad).lines.iter();
                    lines
                        .filter(|line| line.kind() == LineKind::Bid)
                        .map(|line| line.value_units)
                        .sum::<i64>()
                };
                let of_bid = told.differences.iter().find(|d| d.code == "bid").map_or(0, |d| d.units);
                assert_eq!(of_bid, line(one) - line(other));
                assert_eq!(told.bid() == BidStanding::Higher, of_bid > 0);
            }
        }
    }
}

#[tokio::test]
async fn the_person_hears_of_bids_only_which_is_higher() {
    let service = Service::start().await;
    let answer = decided(&service, "p-01", "secret").await;
    let (first, second) = (&answer.ads[0], &answer.ads[1]);
    let told = compare(&service, by_token(&first.explanation_token, "")).await.unwrap();
    assert_eq!((&told.ad_id, &told.other_ad_id), (&first.ad_id, &second.ad_id), "the one that came next");
    assert_eq!(told.difference_units, 0);
    let bids = |ad: &pb::RankedAd| {
        account(ad).lines.iter().find(|line| line.kind() == LineKind::Bid).unwrap().value_units
    };
    let standing = match bids(first).cmp(&bids(second)) {
        std::cmp::Ordering::Greater => BidStanding::Higher,
        std::cmp::Ordering::Less => BidStanding::Lower,
        std::cmp::Ordering::Equal => BidStanding::Equal,
    };
    assert_eq!(told.bid(), standing);
    for difference in &told.differences {
        let secret = ["bid", "policy"].contains(&difference.code.as_str());
        assert!(!secret || difference.units == 0, "{difference:?}");
        assert_eq!(difference.text.is_empty(), difference.code == "policy");
        assert!(!difference.text.contains(char::is_numeric), "{}", difference.text);
    }
}

#[tokio::test]
async fn an_ad_that_was_not_there_is_not_compared_with() {
    let service = Service::start().await;
    let answer = decided(&service, "p-01", "absent").await;
    let first = &answer.ads[0];
    let message = "other_ad_id: must be an eligible ad of the decision";
    let refused = compare(&service, by_token(&first.explanation_token, "no-such-ad")).await;
    assert_refused(refused, Code::InvalidArgument, "INVALID_FIELD", message);
    let message = "other_ad_id: must be another eligible ad of the decision";
    let refused = compare(&service, by_token(&first.explanation_token, &first.ad_id)).await;
    assert_refused(refused, Code::InvalidArgument, "INVALID_FIELD", message);
    let refused = compare(&service, by_token("v4.public.forged", "")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let refused = compare(&service, pb::CompareRequest::default()).await;
    let message = "named_by: must be given: a token or a logged ad";
    assert_refused(refused, Code::InvalidArgument, "INVALID_FIELD", message);
}

/// What leaving data out comes to, by the service.
async fn without(service: &Service, token: &str, data: &[&str]) -> Result<pb::WhatIfResponse, Status> {
    let request = pb::WhatIfRequest {
        token: token.to_owned(),
        without_data: data.iter().map(|code| (*code).to_owned()).collect(),
        locale: String::new(),
    };
    client(service).what_if(request).await.map(tonic::Response::into_inner)
}

async fn find(service: &Service, token: &str) -> pb::FindChangesResponse {
    let request = pb::FindChangesRequest { token: token.to_owned(), locale: String::new() };
    client(service).find_changes(request).await.unwrap().into_inner()
}

fn a_minute_later(service: &Service) {
    service.clock.set(Timestamp::from_micros(service.clock.now().micros() + 60_000_000));
}

/// All sets of up to three of the controls.
fn sets(controls: &[String]) -> Vec<Vec<&str>> {
    let mut sets: Vec<Vec<&str>> = Vec::new();
    for mask in 1_u32..1 << controls.len() {
        if mask.count_ones() <= 3 {
            let held = controls.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0);
            sets.push(held.map(|(_, code)| code.as_str()).collect());
        }
    }
    sets.sort_by_key(Vec::len);
    sets
}

#[tokio::test]
async fn the_smallest_sets_are_those_that_flip_when_they_are_tried_one_by_one() {
    let service = Service::start().await;
    let mut found = 0;
    for person in ["p-01", "p-02", "p-05", "p-08", "p-13"] {
        let answer = decided(&service, person, &format!("flips-{person}")).await;
        let only_first = pb::RecommendRequest { max_ads: 1, ..request_of(person) };
        let first = service.recommend(only_first).await.unwrap();
        assert_eq!(first.ads[0].ad_id, answer.ads[0].ad_id);
        let token = &first.ads[0].explanation_token;
        let told = find(&service, token).await;
        assert!(told.complete && !told.controls.is_empty());
        let mut smallest: Vec<Vec<&str>> = Vec::new();
        for set in sets(&told.controls) {
            a_minute_later(&service);
            let tried = without(&service, token, &set).await.unwrap();
            assert_eq!(tried.changes, tried.first_ad_id != first.ads[0].ad_id);
            let is_smallest = !smallest.iter().any(|less| less.iter().all(|code| set.contains(code)));
            if tried.changes && is_smallest {
                smallest.push(set);
            }
        }
        let mut told_sets: Vec<Vec<&str>> =
            told.changes.iter().map(|change| change.data.iter().map(String::as_str).collect()).collect();
        for set in told_sets.iter_mut().chain(&mut smallest) {
            set.sort_unstable();
        }
        told_sets.sort();
        smallest.sort();
        assert_eq!(told_sets, smallest, "{person}");
        found += smallest.len();
    }
    assert!(found > 0, "some choice can be changed");
}

fn request_of(person: &str) -> pb::RecommendRequest {
    let mut asked = about(person, &ALL_PURPOSES, &format!("first-{person}"));
    for (place, candidate) in (1..).zip(&mut asked.candidates) {
        candidate.bid = Some(bid(Pricing::Cpa, 900_000 + 20_000 * place, "USD"));
    }
    asked
}

#[tokio::test]
async fn who_controls_nothing_that_was_used_is_told_so() {
    let service = Service::start().await;
    let answer = service.recommend(about_nobody("nobody")).await.unwrap();
    let told = find(&service, &answer.ads[0].explanation_token).await;
    assert_eq!((told.controls.len(), told.changes.len(), told.complete), (0, 0, true));
    assert!(told.text.starts_with("No data that you control were used"), "{}", told.text);
}

#[tokio::test]
async fn only_data_that_the_decision_used_can_be_left_out() {
    let service = Service::start().await;
    // Purpose 4 alone: what needs purpose 3 is refused, and what refusing less would bring is never shown.
    let answer = service.recommend(about("p-01", &[4], "narrow")).await.unwrap();
    let token = &answer.ads[0].explanation_token;
    let permitted = service.recommend(about("p-01", &ALL_PURPOSES, "wide")).await.unwrap();
    let all = find(&service, &permitted.ads[0].explanation_token).await.controls;
    let used = find(&service, token).await.controls;
    let refused: Vec<&String> = all.iter().filter(|code| !used.contains(code)).collect();
    assert!(!refused.is_empty());
    for code in refused.into_iter().map(String::as_str).chain(["no such datum", "ad_category"]) {
        let rule = "without_data[0]: must be a datum that the person controls and that this decision used";
        let answer = without(&service, token, &[code]).await;
        assert_refused(answer, Code::InvalidArgument, "INVALID_FIELD", rule);
    }
    let answer = without(&service, token, &[]).await;
    assert_refused(answer, Code::InvalidArgument, "INVALID_FIELD", "without_data: must not be empty");
}

#[tokio::test]
async fn a_token_that_asks_too_often_waits() {
    let service = Service::start().await;
    let answer = decided(&service, "p-01", "often").await;
    let token = &answer.ads[0].explanation_token;
    let control = find(&service, token).await.controls[0].clone();
    for _ in 0..29 {
        without(&service, token, &[&control]).await.unwrap();
    }
    let refused = without(&service, token, &[&control]).await;
    let message = "token: asked too often; ask again in 61 s";
    assert_refused(refused, Code::ResourceExhausted, "ASKED_TOO_OFTEN", message);
    // Another token of the same decision has its own.
    without(&service, &answer.ads[1].explanation_token, &[&control]).await.unwrap();
    a_minute_later(&service);
    without(&service, token, &[&control]).await.unwrap();
}
