//! Contributions as changes of a probability: exact in the order that is stated, and marked as true of it alone.

use limpid::ledger::TokenKind;
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::{self, LineKind, Pricing, Response, WalkOrder};
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, account, assert_refused, bid, priced};
use super::binary::limpid;
use super::place::models;
use super::service::Service;

const UNITS: f64 = 4_294_967_296.0;

async fn explain(service: &Service, token: &str, locale: &str) -> Result<pb::ExplainResponse, Status> {
    let request =
        pb::ExplainRequest { token: token.to_owned(), locale: locale.to_owned(), probabilities: true };
    let mut client = ExplanationServiceClient::new(service.channel.clone());
    client.explain(request).await.map(tonic::Response::into_inner)
}

fn logistic(score: i64) -> f64 {
    1.0 / (1.0 + libm::exp(-(score as f64) / UNITS))
}

#[tokio::test]
async fn the_steps_lead_from_the_average_to_the_probability_of_the_ad() {
    let service = Service::serving(&[&models().additive, &models().click]).await;
    for (pricing, response) in [(Pricing::Cpa, Response::Conversion), (Pricing::Cpc, Response::Click)] {
        for purposes in [&ALL_PURPOSES[..], &[4], &[]] {
            let impression = format!("{}-{}", pricing.as_str_name(), purposes.len());
            let asked = priced(about("p-05", purposes, &impression), &bid(pricing, 2_000_000, "USD"));
            let answer = service.recommend(pb::RecommendRequest { max_ads: 6, ..asked }).await.unwrap();
            for ad in &answer.ads {
                let told = explain(&service, &ad.explanation_token, "en").await.unwrap();
                let [walk] = &told.probability_walks[..] else { panic!("one model took part") };
                assert_eq!((walk.response(), walk.order()), (response, WalkOrder::LargestFirst));
                assert!(walk.note.contains("only true in this order"), "{}", walk.note);
                // Recomputed from the lines of the account.
                let value = |kind: LineKind| {
                    let lines = account(ad).lines.iter().filter(|line| line.kind() == kind);
                    lines.map(|line| line.value_units).sum::<i64>()
                };
                let mut score = value(LineKind::Intercept);
                let mut units = walk.baseline_units;
                assert!((walk.baseline - logistic(score)).abs() < 1.0 / UNITS);
                for step in &walk.steps {
                    score += step.contribution_units;
                    units += step.change_units;
                    assert!((units as f64 / UNITS - logistic(score)).abs() < 1.0 / UNITS, "{step:?}");
                }
                assert_eq!(units, walk.probability_units);
                assert!((walk.probability - ad.probability).abs() < 1e-9, "{walk:?}");
                let model =
                    [LineKind::Feature, LineKind::Pair, LineKind::WithheldOffset, LineKind::Intercept];
                assert_eq!(score, model.map(value).iter().sum::<i64>());
                assert!(walk.steps.is_sorted_by_key(|step| {
                    (std::cmp::Reverse(step.contribution_units.unsigned_abs()), step.code.clone())
                }));
                assert!(walk.steps.iter().all(|step| step.code != "bid" && step.code != "policy"));
            }
        }
    }
}

#[tokio::test]
async fn what_is_bid_is_in_no_walk() {
    let service = Service::start().await;
    let mut walks = Vec::new();
    for micros in [1_000_000, 77_000_000] {
        let asked =
            priced(about("p-05", &ALL_PURPOSES, &micros.to_string()), &bid(Pricing::Cpa, micros, "EUR"));
        let answer = service.recommend(asked).await.unwrap();
        walks
            .push(explain(&service, &answer.ads[0].explanation_token, "en").await.unwrap().probability_walks);
    }
    assert_eq!(walks[0], walks[1]);
    let asked = priced(about("p-05", &ALL_PURPOSES, "cpm"), &bid(Pricing::Cpm, 1_000_000, "USD"));
    let answer = service.recommend(asked).await.unwrap();
    let told = explain(&service, &answer.ads[0].explanation_token, "en").await.unwrap();
    assert!(told.probability_walks.is_empty(), "its price alone ranks it");
}

#[tokio::test]
async fn only_the_person_is_told_and_only_when_asked() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let token = &answer.ads[0].explanation_token;
    assert!(service.explain(token, "en").await.unwrap().probability_walks.is_empty());
    let french = explain(&service, token, "fr").await.unwrap();
    assert!(french.probability_walks[0].note.contains("dans cet ordre"), "{french:?}");

    let decision = service.engine.explain(token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    let refused = explain(&service, &bearer, "en").await;
    assert_refused(refused, Code::PermissionDenied, "BEARER_TOKEN", "token: must be the person's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_them_with_the_word_of_warning() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let (token, address) = (answer.ads[0].explanation_token.clone(), service.address.to_string());
    let told = tokio::task::spawn_blocking(move || {
        let plain = limpid(&["explain", &token, "--server", &address]);
        let asked = limpid(&["explain", &token, "--probabilities", "--server", &address]);
        (plain, asked)
    });
    let (plain, asked) = told.await.unwrap();
    assert_eq!((plain.code, asked.code), (0, 0), "{asked:?}");
    assert!(!plain.out.contains("points"), "{}", plain.out);
    for part in ["conversion: ", "% for an average one", " points  purchases", "only true in this order"] {
        assert!(asked.out.contains(part), "{part}: {}", asked.out);
    }
}
