//! `/metrics`: what the service tells of itself, and that it tells of nobody.

use limpid::ledger::TokenKind;
use limpid::rpc::pb;

use super::asking::{ALL_PURPOSES, about, about_nobody};
use super::explain::tea_for_a_tea_drinker;
use super::place::models;
use super::service::Service;
use super::web_client::get;

/// The value of a metric with these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> f64 {
    let is_it = |line: &&str| {
        line.split(['{', ' ']).next() == Some(name) && labels.iter().all(|label| line.contains(label))
    };
    let mut found = text.lines().filter(is_it);
    let line = found.next().unwrap_or_else(|| panic!("{name} {labels:?} is not in\n{text}"));
    assert_eq!(found.next(), None, "{name} {labels:?} is there once");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn metrics(service: &Service) -> String {
    let page = get(service.address, "/metrics", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(page.body.ends_with("# EOF\n"), "{}", page.body);
    page.body
}

const RECOMMEND: &str = "rpc_method=\"limpid.v1.RecommendationService/Recommend\"";
const COUNT: &str = "rpc_server_call_duration_seconds_count";

#[tokio::test]
async fn calls_decisions_and_tokens_are_counted() {
    let service = Service::start().await;
    let before = metrics(&service).await;
    assert_eq!(value(&before, COUNT, &[RECOMMEND, "\"OK\""]), 0.0, "it is there from the start");
    assert_eq!(value(&before, "limpid_decisions_logged_total", &["\"ad\""]), 0.0);

    let first = service.recommend(about("p-05", &ALL_PURPOSES, "one")).await.unwrap();
    service.recommend(about("p-05", &ALL_PURPOSES, "one")).await.unwrap();
    service.recommend(about_nobody("two")).await.unwrap();
    service.recommend(pb::RecommendRequest::default()).await.unwrap_err();
    let none = pb::RecommendRequest {
        candidates: vec![super::asking::candidate("no-such-ad")],
        ..about_nobody("three")
    };
    service.recommend(none).await.unwrap();
    let token = &first.ads[0].explanation_token;
    service.explain(token, "en").await.unwrap();
    let decision = service.engine.explain(token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    service.explain(&bearer, "en").await.unwrap();
    service.explain("forged", "en").await.unwrap_err();
    service.clock.set(service.engine.now().plus_days(31));
    service.explain(token, "en").await.unwrap_err();

    let after = metrics(&service).await;
    assert_eq!(value(&after, COUNT, &[RECOMMEND, "\"OK\"", "rpc_system_name=\"grpc\""]), 4.0);
    assert_eq!(value(&after, COUNT, &[RECOMMEND, "\"INVALID_ARGUMENT\""]), 1.0);
    let bucket = "rpc_server_call_duration_seconds_bucket";
    assert_eq!(value(&after, bucket, &[RECOMMEND, "\"OK\"", "le=\"+Inf\""]), 4.0);
    assert!(value(&after, "rpc_server_call_duration_seconds_sum", &[RECOMMEND, "\"OK\""]) > 0.0);
    assert_eq!(value(&after, COUNT, &["ExplanationService/Explain", "\"UNAUTHENTICATED\""]), 2.0);
    assert_eq!(value(&after, "limpid_decisions_logged_total", &["\"ad\""]), 2.0, "a repeated call logs none");
    assert_eq!(value(&after, "limpid_decisions_logged_total", &["\"no_ad\""]), 1.0);
    assert_eq!(value(&after, "limpid_tokens_opened_total", &["\"verified\""]), 2.0);
    assert_eq!(value(&after, "limpid_tokens_opened_total", &["\"bearer\""]), 1.0);
    assert_eq!(value(&after, "limpid_tokens_opened_total", &["\"expired\""]), 1.0);
    assert_eq!(value(&after, "limpid_tokens_opened_total", &["\"refused\""]), 1.0);
}

#[tokio::test]
async fn how_the_models_that_serve_stood_their_trial_is_told_by_version() {
    let service = Service::serving(&[&models().additive, &models().click]).await;
    let text = metrics(&service).await;
    for (version, response) in [(&models().additive, "conversion"), (&models().click, "click")] {
        let of = [format!("model_version=\"{}\"", version.short()), format!("response=\"{response}\"")];
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        assert_eq!(value(&text, "limpid_model_self_test_truthful", &of), 1.0);
        assert_eq!(value(&text, "limpid_model_self_test_alone_gap_max_nats", &of), 0.0);
        assert_eq!(value(&text, "limpid_model_self_test_disagreements", &of), 0.0);
        assert!(value(&text, "limpid_model_self_test_withheld_data", &of) > 20.0);
        assert!(value(&text, "limpid_model_self_test_slope_max_nats", &of) > 0.0);
    }
    service.engine.promote(&models().linear).await.unwrap();
    let text = metrics(&service).await;
    assert!(text.contains(models().linear.short()) && !text.contains(models().additive.short()), "{text}");
}

#[tokio::test]
async fn nothing_of_a_person_is_among_the_metrics() {
    let service = Service::start().await;
    let ad = tea_for_a_tea_drinker(&service).await;
    let told = service.explain(&ad.explanation_token, "en").await.unwrap();
    let path = format!("/why/{}", ad.explanation_token);
    get(service.address, &path, &[]).await;
    // Names that a caller makes up are no labels.
    let odd = "/limpid.v1.RecommendationService/Nobody-Knows-This";
    get(service.address, odd, &[("content-type", "application/grpc")]).await;
    let text = metrics(&service).await;
    let mut secrets = vec!["drinker", "demo", "Nobody-Knows-This", "i-1", "v4.public", "why", "TEA"];
    secrets.extend([ad.explanation_token.as_str(), told.headline.as_str(), told.decision_id.as_str()]);
    secrets.extend(told.reasons.iter().flat_map(|reason| [reason.text.as_str(), reason.code.as_str()]));
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    // Every label has one of few names.
    for line in text.lines().filter(|line| line.contains('{')) {
        let labels = line.split_once('{').unwrap().1.split_once('}').unwrap().0;
        for label in labels.split(',') {
            let (name, _) = label.split_once('=').unwrap();
            let known = ["rpc_system_name", "rpc_method", "rpc_response_status_code", "outcome", "le"];
            let of_models = ["model_version", "response", "kind"];
            assert!(known.contains(&name) || of_models.contains(&name), "{line}");
        }
    }
}
