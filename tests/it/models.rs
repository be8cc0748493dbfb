//! `ModelService`: which models there are, and which of them serve.

use std::fs;

use limpid::domain::ModelVersion;
use limpid::rpc::pb::{self, Profile, Response};
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_field, assert_refused, values};
use super::place::models;
use super::service::Service;

fn promoting(version: &ModelVersion) -> pb::PromoteModelRequest {
    pb::PromoteModelRequest { version: version.to_string() }
}

fn rolling_back(response: Response) -> pb::RollBackModelRequest {
    pb::RollBackModelRequest { response: response.into() }
}

async fn list(service: &Service) -> Vec<pb::ModelSummary> {
    let request = pb::ListModelsRequest::default();
    service.models().list_models(request).await.unwrap().into_inner().models
}

/// What a decision says of the model that made it, and what it made of it.
async fn decide(service: &Service, impression: &str) -> (String, Vec<(String, i64)>) {
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, impression)).await.unwrap();
    let values = values(&answer).into_iter().map(|(ad, value)| (ad.to_owned(), value)).collect();
    (answer.models[0].version.clone(), values)
}

#[tokio::test]
async fn all_versions_are_listed_those_that_serve_first() {
    let service = Service::serving(&[&models().linear, &models().click]).await;
    let all = list(&service).await;
    let active = all.iter().map(|model| model.active).collect::<Vec<_>>();
    assert_eq!(active, [true, true, false]);
    let of = |version: &ModelVersion| all.iter().find(|model| model.version == version.as_str()).unwrap();
    let linear = of(&models().linear);
    assert_eq!((linear.kind.as_str(), linear.response()), ("linear", Response::Conversion));
    assert_eq!(of(&models().additive).kind, "additive");
    assert_eq!(of(&models().click).response(), Response::Click);
    for model in &all {
        assert_eq!(model.name, "corner-shop");
        assert!(model.positives > 0 && model.positives < model.rows);
        let auc = model.metrics.iter().find(|metric| metric.name == "auc").unwrap();
        assert!(auc.low <= auc.value && auc.value <= auc.high && auc.value > 0.5, "{auc:?}");
    }
}

#[tokio::test]
async fn pages_together_are_the_whole_list() {
    let service = Service::start().await;
    let page = async |page_size: i32, page_token: &str| {
        let request = pb::ListModelsRequest { page_size, page_token: page_token.to_owned() };
        service.models().list_models(request).await.map(tonic::Response::into_inner)
    };
    let first = page(2, "").await.unwrap();
    assert_eq!(first.models.len(), 2);
    let second = page(2, &first.next_page_token).await.unwrap();
    assert!(second.next_page_token.is_empty());
    let mut together = first.models.clone();
    together.extend(second.models);
    assert_eq!(together, list(&service).await);
    assert!(page(3, "").await.unwrap().next_page_token.is_empty(), "a page that just fits is the last");

    for size in [-1, 1001] {
        assert_field(page(size, "").await, "page_size", &format!("must be 0 to 1000, is {size}"));
    }
    assert_field(page(2, "not-a-token").await, "page_token", "must come from an earlier answer");
}

#[tokio::test]
async fn a_model_is_shown_with_its_shapes() {
    let service = Service::start().await;
    for version in [&models().additive, &models().linear] {
        let request = pb::GetModelRequest { version: version.to_string() };
        let model = service.models().get_model(request).await.unwrap().into_inner();
        assert_eq!(model.schema_hash, service.engine.schema().hash);
        assert!(model.purposes.contains(&10), "whoever trained accepted improvement");
        let [contextual, full] = &model.profiles[..] else { panic!("one model for each profile") };
        assert_eq!((contextual.profile(), full.profile()), (Profile::Contextual, Profile::Full));
        assert!(contextual.intercept < 0.0 && full.intercept < 0.0, "most ads are not followed");

        let features = |profile: &pb::ProfileModel| {
            profile.shapes.iter().flat_map(|shape| shape.features.clone()).collect::<Vec<_>>()
        };
        assert!(!features(contextual).contains(&"bought_days".to_owned()));
        let bought = full.shapes.iter().find(|shape| shape.features == ["bought_days"]).unwrap();
        let scores = bought.bins.iter().filter(|bin| bin.from.is_some() || bin.to.is_some());
        let scores = scores.map(|bin| bin.score).collect::<Vec<_>>();
        assert!(scores.last() > scores.first(), "who bought more follows more: {scores:?}");

        assert_eq!(full.importances[0].features, ["bought_days"]);
        assert!(full.importances.is_sorted_by(|a, b| a.value >= b.value));
    }
}

#[tokio::test]
async fn a_promotion_moves_the_next_decision_and_a_roll_back_moves_it_back() {
    let service = Service::start().await;
    let additive = decide(&service, "one").await;
    let answer = service.models().promote_model(promoting(&models().linear)).await.unwrap().into_inner();
    assert_eq!(answer.previous_version, models().additive.as_str());
    let active = answer.active.unwrap();
    assert!(active.active && active.version == models().linear.as_str());

    let linear = decide(&service, "two").await;
    assert_eq!(
        (additive.0.as_str(), linear.0.as_str()),
        (models().additive.as_str(), models().linear.as_str())
    );
    assert_ne!(additive.1, linear.1);

    let request = rolling_back(Response::Conversion);
    let answer = service.models().roll_back_model(request).await.unwrap().into_inner();
    assert_eq!(answer.active.unwrap().version, models().additive.as_str());
    assert_eq!(answer.previous_version, models().linear.as_str());
    assert_eq!(decide(&service, "three").await, additive);

    let refused = service.models().roll_back_model(request).await;
    let message = "response conversion: no earlier promotion to go back to";
    assert_refused(refused, Code::FailedPrecondition, "NOTHING_TO_ROLL_BACK", message);
    assert_eq!(decide(&service, "four").await, additive);
}

#[tokio::test]
async fn what_serves_outlives_a_restart() {
    let service = Service::serving(&[&models().additive, &models().click, &models().linear]).await;
    let before = list(&service).await;
    let service = service.restart().await;
    assert_eq!(list(&service).await, before);
    service.models().roll_back_model(rolling_back(Response::Conversion)).await.unwrap();
    let service = service.restart().await;
    assert_eq!(decide(&service, "one").await.0, models().click.as_str(), "click models come first");
    let active = list(&service).await.into_iter().filter(|model| model.active).map(|model| model.version);
    let mut expected = [models().additive.to_string(), models().click.to_string()];
    expected.sort_unstable();
    assert_eq!(active.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_version_that_is_none_is_told_from_one_that_is_not_there() {
    let service = Service::start().await;
    let mut client = service.models();
    let not_there = "0".repeat(64);
    let message = format!("version {not_there}: there is no such model");
    let get = |version: &str| pb::GetModelRequest { version: version.to_owned() };
    let promote = |version: &str| pb::PromoteModelRequest { version: version.to_owned() };
    assert_refused(client.get_model(get(&not_there)).await, Code::NotFound, "NOT_FOUND", &message);
    assert_refused(client.promote_model(promote(&not_there)).await, Code::NotFound, "NOT_FOUND", &message);
    for none in ["", "latest", "../../etc/passwd", &"F".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
        let rule = "must be 64 lower-case hexadecimal digits";
        assert_field(client.get_model(get(none)).await, "version", rule);
        assert_field(client.promote_model(promote(none)).await, "version", rule);
    }
    let refused = client.roll_back_model(rolling_back(Response::Unspecified)).await;
    assert_field(refused, "response", "must be CLICK or CONVERSION");
}

#[tokio::test]
async fn a_damaged_artefact_is_refused_by_name_and_the_model_that_serves_goes_on() {
    let service = Service::start().await;
    let before = decide(&service, "before").await;
    let file = service.place().artefact(models().linear.as_str());
    let whole = fs::read(&file).unwrap();
    let edited = String::from_utf8(whole.clone()).unwrap().replacen("\"rows\": ", "\"rows\": 1", 1);
    assert_ne!(edited.as_bytes(), whole);
    for (damaged, message) in [
        (whole[..whole.len() / 2].to_vec(), "is truncated"),
        (Vec::new(), "is truncated"),
        (edited.into_bytes(), "was changed"),
        (b"no JSON".to_vec(), "was changed"),
    ] {
        fs::write(&file, damaged).unwrap();
        let refused = service.models().promote_model(promoting(&models().linear)).await;
        assert_refused(refused, Code::FailedPrecondition, "NOT_SERVABLE", message);
        let request = pb::GetModelRequest { version: models().linear.to_string() };
        let refused = service.models().get_model(request).await;
        assert_refused(refused, Code::FailedPrecondition, "NOT_SERVABLE", message);
        assert_eq!(list(&service).await.len(), 2, "the others are listed");
    }
    assert_eq!(decide(&service, "after").await, before);
    fs::write(&file, whole).unwrap();
    service.models().promote_model(promoting(&models().linear)).await.unwrap();
    assert_ne!(decide(&service, "whole").await, before);
}

#[tokio::test]
async fn rolling_back_to_a_damaged_artefact_changes_nothing() {
    let service = Service::serving(&[&models().linear, &models().additive]).await;
    let before = decide(&service, "before").await;
    fs::write(service.place().artefact(models().linear.as_str()), "{").unwrap();
    let refused = service.models().roll_back_model(rolling_back(Response::Conversion)).await;
    assert_refused(refused, Code::FailedPrecondition, "NOT_SERVABLE", "is truncated");
    assert_eq!(decide(&service, "after").await, before);
    let service = service.restart().await;
    assert_eq!(decide(&service, "restarted").await, before, "the next start does not trip over it");
}

#[tokio::test]
async fn an_artefact_of_another_schema_does_not_serve() {
    let service = Service::start().await;
    let text = fs::read_to_string(service.place().artefact(models().linear.as_str())).unwrap();
    let text = text.replacen(&service.engine.schema().hash, &"0".repeat(64), 1);
    let foreign = ModelVersion::of(text.as_bytes());
    let file = service.place().artefact(foreign.as_str());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();

    let refused = service.models().promote_model(promoting(&foreign)).await;
    assert_refused(refused, Code::FailedPrecondition, "NOT_SERVABLE", "was trained under schema 000");
    assert_eq!(decide(&service, "one").await.0, models().additive.as_str());
    assert_eq!(list(&service).await.len(), 4, "it is listed all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn promotions_at_the_same_time_leave_memory_and_disk_in_step() {
    let service = Service::start().await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..60 {
        let mut client = service.models();
        let version = if number % 2 == 0 { &models().linear } else { &models().additive };
        calls.spawn(async move { client.promote_model(promoting(version)).await });
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    let before = decide(&service, "before").await;
    let service = service.restart().await;
    assert_eq!(decide(&service, "after").await, before);
}
