//! Logged decisions made again: identical after a restart and a newer model, and told apart from what is
//! not.

use std::fs;

use limpid::domain::DecisionId;
use limpid::rpc::pb::decision_service_client::DecisionServiceClient;
use limpid::rpc::pb::{self, AccountView, Pricing, ReplayOutcome};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_refused, bid, priced};
use super::place::{TENANT, models};
use super::service::Service;

/// What a record may take beside its candidates, and for each of them, in bytes.
const RECORD_BYTES: usize = 2_000;
const CANDIDATE_BYTES: usize = 48;

async fn replay(service: &Service, decision_id: &str) -> pb::ReplayDecisionResponse {
    let request =
        pb::ReplayDecisionRequest { tenant: TENANT.to_owned(), decision_id: decision_id.to_owned() };
    let mut client = DecisionServiceClient::new(service.channel.clone());
    client.replay_decision(request).await.unwrap().into_inner()
}

/// Requests of every form: people and purposes, prices and currencies, floors.
fn request(rng: &mut ChaCha8Rng, call: usize) -> pb::RecommendRequest {
    let person = format!("p-{:02}", rng.gen_range(1..=40));
    let purposes: Vec<i32> = ALL_PURPOSES.iter().copied().filter(|_| rng.gen_bool(0.7)).collect();
    let impression = format!("replay-{call}");
    let asked =
        if rng.gen_bool(0.1) { about_nobody(&impression) } else { about(&person, &purposes, &impression) };
    let pricing = [Pricing::Cpa, Pricing::Cpc, Pricing::Cpm, Pricing::Unspecified][rng.gen_range(0..4)];
    let currency = ["USD", "EUR"][rng.gen_range(0..2)];
    let asked = if pricing == Pricing::Unspecified {
        asked
    } else {
        priced(asked, &bid(pricing, rng.gen_range(1..9_000_000), currency))
    };
    let floor = rng
        .gen_bool(0.3)
        .then(|| pb::Floor { cpm_micros: rng.gen_range(0..2_000_000_000), currency: currency.to_owned() });
    pb::RecommendRequest { floor, max_ads: rng.gen_range(1..=3), ..asked }
}

/// Decides `count` random requests; the decisions' ids.
pub(crate) async fn decide(
    service: &Service,
    rng: &mut ChaCha8Rng,
    calls: std::ops::Range<usize>,
) -> Vec<String> {
    let mut ids = Vec::new();
    for call in calls {
        ids.push(service.recommend(request(rng, call)).await.unwrap().decision_id);
    }
    ids
}

#[tokio::test]
async fn ten_thousand_decisions_are_identical_after_a_restart_and_a_newer_model() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let service = Service::serving(&[&models().additive, &models().click]).await;
    let mut ids = decide(&service, &mut rng, 0..5_000).await;
    service.engine.promote(&models().linear).await.unwrap();
    ids.extend(decide(&service, &mut rng, 5_000..10_000).await);
    let service = service.restart().await;
    service.engine.promote(&models().additive).await.unwrap();
    for id in &ids {
        let again = replay(&service, id).await;
        assert_eq!((again.outcome(), again.differences), (ReplayOutcome::Identical, Vec::new()), "{id}");
    }
}

#[tokio::test]
async fn a_repeated_call_gets_the_account_that_the_first_one_got() {
    let service = Service::serving(&[&models().additive, &models().click]).await;
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for call in 0..200 {
        let asked = pb::RecommendRequest { account_view: AccountView::All.into(), ..request(&mut rng, call) };
        let first = service.recommend(asked.clone()).await.unwrap();
        let again = service.recommend(asked).await.unwrap();
        assert!(again.repeated_call && !first.repeated_call);
        let tokenless = |mut answer: pb::RecommendResponse| {
            answer.repeated_call = false;
            for ad in &mut answer.ads {
                ad.explanation_token.clear();
            }
            answer
        };
        assert_eq!(tokenless(again), tokenless(first));
    }
}

#[tokio::test]
async fn a_record_stays_within_its_bound() {
    let service = Service::start().await;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for call in 0..300 {
        let asked = pb::RecommendRequest { max_ads: 1, ..request(&mut rng, call) };
        if service.recommend(asked.clone()).await.is_err() {
            // A price per click, and no model of clicks.
            continue;
        }
        let file = Connection::open(service.place().data().join(limpid::store::FILE_NAME)).unwrap();
        let newest = "SELECT length(envelope) FROM decisions ORDER BY seq DESC LIMIT 1";
        let bytes: i64 = file.query_row(newest, [], |row| row.get(0)).unwrap();
        let most = RECORD_BYTES + CANDIDATE_BYTES * asked.candidates.len();
        assert!(
            usize::try_from(bytes).unwrap() <= most,
            "{bytes} bytes for {} candidates",
            asked.candidates.len()
        );
    }
}

#[tokio::test]
async fn a_decision_whose_key_is_gone_is_told_as_erased() {
    let service = Service::start().await;
    let id = service.recommend(about_nobody("gone")).await.unwrap().decision_id;
    let place = service.stop().await;
    let file = Connection::open(place.data().join(limpid::store::FILE_NAME)).unwrap();
    file.execute_batch("DELETE FROM subjects").unwrap();
    drop(file);
    let service = Service::open(place).await;
    let again = replay(&service, &id).await;
    assert_eq!((again.outcome(), again.decided_at), (ReplayOutcome::Erased, None));
}

#[tokio::test]
async fn a_decision_whose_model_is_no_longer_kept_is_told_as_expired() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-01", &ALL_PURPOSES, "retired")).await.unwrap();
    service.engine.promote(&models().linear).await.unwrap();
    fs::remove_file(service.place().artefact(models().additive.as_str())).unwrap();
    let service = service.restart().await;
    let again = replay(&service, &answer.decision_id).await;
    assert_eq!(again.outcome(), ReplayOutcome::Expired);
    assert_eq!(again.missing_model_version, models().additive.to_string());
    // Nothing is told of what cannot be made again.
    let refused = service.explain(&answer.ads[0].explanation_token, "en").await;
    let message =
        format!("version {}: took part in the decision and is no longer kept", models().additive.short());
    assert_refused(refused, Code::FailedPrecondition, "MODEL_NOT_KEPT", &message);
}

#[tokio::test]
async fn a_decision_that_is_not_there_is_told_by_its_field() {
    let service = Service::start().await;
    let mut client = DecisionServiceClient::new(service.channel.clone());
    let mut ask = async |tenant: &str, id: &str| {
        let request = pb::ReplayDecisionRequest { tenant: tenant.to_owned(), decision_id: id.to_owned() };
        client.replay_decision(request).await.map(tonic::Response::into_inner)
    };
    let known = service.recommend(about_nobody("known")).await.unwrap().decision_id;
    let absent = DecisionId::new(uuid::Uuid::nil()).to_string();
    let message = "decision_id: is not in the log";
    assert_refused(ask(TENANT, &absent).await, Code::NotFound, "NOT_FOUND", message);
    assert_refused(ask("other", &known).await, Code::NotFound, "NOT_FOUND", message);
    let refused = ask("", "no id").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("tenant") && refused.message().contains("decision_id"), "{refused:?}");
    assert_eq!(ask(TENANT, &known).await.unwrap().outcome(), ReplayOutcome::Identical);
}

#[tokio::test]
async fn a_log_is_walked_and_what_was_changed_is_named() {
    let service = Service::start().await;
    for impression in ["one", "two", "three"] {
        service.recommend(about_nobody(impression)).await.unwrap();
    }
    let verify = async |service: &Service| {
        let mut client = DecisionServiceClient::new(service.channel.clone());
        client.verify_ledger(pb::VerifyLedgerRequest {}).await.unwrap().into_inner()
    };
    let found = verify(&service).await;
    assert_eq!((found.whole, found.decisions, found.fault.as_str()), (true, 3, ""));
    let place = service.stop().await;
    let file = Connection::open(place.data().join(limpid::store::FILE_NAME)).unwrap();
    file.execute_batch("UPDATE decisions SET alias = randomblob(16) WHERE seq & 3 = 2").unwrap();
    drop(file);
    let found = verify(&Service::open(place).await).await;
    assert_eq!((found.whole, found.decisions, found.fault_at.as_str()), (false, 1, "2026-03-01/1/2"));
    assert_eq!(found.fault, "the row is not the one that was written at this place");
}
