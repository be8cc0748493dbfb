//! What the service says of itself: health, reflection, how it works, which data it uses.

use limpid::decide::WorkedValue;
use limpid::domain::{Locale, Profile};
use limpid::rpc::pb::{self, Derivation};
use limpid::train::ShapeBin;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::place::models;
use super::service::Service;

const SERVICES: [&str; 10] = [
    "limpid.v1.ConsentService",
    "limpid.v1.DecisionService",
    "limpid.v1.EventService",
    "limpid.v1.ExplanationService",
    "limpid.v1.FairnessService",
    "limpid.v1.FeedbackService",
    "limpid.v1.ModelService",
    "limpid.v1.RecommendationService",
    "limpid.v1.SubjectRightsService",
    "limpid.v1.TransparencyService",
];

#[tokio::test]
async fn every_service_says_that_it_serves() {
    let service = Service::start().await;
    let mut client = HealthClient::new(service.channel.clone());
    for name in SERVICES.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: name.to_owned() };
        let status = client.check(request).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{name}");
    }
    let request = HealthCheckRequest { service: "limpid.v1.Nothing".to_owned() };
    assert_eq!(client.check(request).await.unwrap_err().code(), Code::NotFound);
}

/// Asks a version of reflection for its services, and for the file that declares `Recommend`.
macro_rules! reflected {
    ($version:ident, $channel:expr) => {{
        use reflection::server_reflection_request::MessageRequest;
        use reflection::server_reflection_response::MessageResponse;
        use tonic_reflection::pb::$version as reflection;
        let ask = |message_request| reflection::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message_request),
        };
        let asked = [
            ask(MessageRequest::ListServices(String::new())),
            ask(MessageRequest::FileContainingSymbol("limpid.v1.RecommendationService.Recommend".to_owned())),
        ];
        let mut client = reflection::server_reflection_client::ServerReflectionClient::new($channel);
        let mut answers =
            client.server_reflection_info(tokio_stream::iter(asked)).await.unwrap().into_inner();
        let mut next = async || answers.message().await.unwrap().unwrap().message_response.unwrap();
        let MessageResponse::ListServicesResponse(list) = next().await else { panic!("no list") };
        let MessageResponse::FileDescriptorResponse(file) = next().await else { panic!("no file") };
        let names = list.service.into_iter().map(|service| service.name).collect::<Vec<_>>();
        (names, file.file_descriptor_proto)
    }};
}

#[tokio::test]
async fn both_versions_of_reflection_know_every_service() {
    let service = Service::start().await;
    let v1 = reflected!(v1, service.channel.clone());
    let v1alpha = reflected!(v1alpha, service.channel.clone());
    for (mut names, files) in [v1, v1alpha] {
        names.retain(|name| name.starts_with("limpid."));
        names.sort_unstable();
        assert_eq!(names, SERVICES);
        let declares = |file: &Vec<u8>| file.windows(9).any(|window| window == b"Recommend");
        assert!(files.iter().any(declares), "the file that declares the call");
    }
}

#[tokio::test]
async fn a_call_that_does_not_exist_is_unimplemented() {
    let service = Service::start().await;
    let mut client = tonic::client::Grpc::new(service.channel.clone());
    for path in ["/limpid.v1.ExplanationService/Guess", "/limpid.v2.ExplanationService/Explain"] {
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<pb::ExplainRequest, pb::ExplainResponse>::default();
        let request = tonic::Request::new(pb::ExplainRequest::default());
        let status = client.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn how_it_works_is_told_from_the_model_that_serves() {
    let service = Service::start().await;
    let mut client = pb::transparency_service_client::TransparencyServiceClient::new(service.channel.clone());
    let mut ask = async |locale: &str| {
        let request = pb::GetHowItWorksRequest { locale: locale.to_owned() };
        client.get_how_it_works(request).await.unwrap().into_inner()
    };
    let (english, french, unknown) = (ask("en").await, ask("fr-FR").await, ask("de").await);
    assert_eq!(
        (english.locale.as_str(), french.locale.as_str(), unknown.locale.as_str()),
        ("en", "fr", "en")
    );
    assert_eq!(unknown, english);
    let shares = english.looks_at.iter().map(|datum| datum.share).sum::<f64>();
    assert!((shares - 1.0).abs() < 1e-9);
    assert!(english.looks_at.is_sorted_by(|a, b| a.share >= b.share));
    let purchases = english.looks_at.iter().find(|datum| datum.code == "purchases").unwrap();
    assert!(purchases.personal && purchases.label == "your purchases in this category");
    let page = english.looks_at.iter().find(|datum| datum.code == "page").unwrap();
    assert!(!page.personal);
    for (in_english, in_french) in english.steps.iter().zip(&french.steps) {
        assert!(!in_english.is_empty() && !in_english.starts_with("how-") && in_english != in_french);
    }
    assert_eq!(english.never_looks_at.len(), french.never_looks_at.len());
    assert!(!english.never_looks_at.is_empty());
    assert_eq!((english.estimates.len(), english.choices.len()), (5, 4));
    assert_eq!((purchases.about(), page.about()), (pb::DataSubject::History, pb::DataSubject::Context));
    assert_eq!((&purchases.purposes[..], purchases.retention_days), (&[3, 4][..], 365));
    assert!(purchases.controllable && !page.controllable && page.purposes.is_empty());
    let source =
        pb::DataSource { provenance: "first_party".to_owned(), derivation: Derivation::Observed.into() };
    assert_eq!(purchases.sources, [source]);
}

/// Nobody is in it: its values are of bins that many people were in, and its sum is the model's own.
#[tokio::test]
async fn the_worked_example_is_the_models_own_sum_and_stands_on_many_people() {
    let service = Service::start().await;
    let example = service.engine.how_it_works(Locale::En).example.unwrap();
    assert!(example.steps.len() >= 3, "{example:?}");
    let serving = service.engine.models().unwrap().into_iter().find(|model| model.active).unwrap();
    let detail = service.engine.model(&serving.version).unwrap();
    let full = detail.profiles.iter().find(|profile| profile.profile == Profile::Full).unwrap();
    assert_eq!(example.start.score, full.intercept);
    let mut added = Vec::new();
    for step in &example.steps {
        let name = &service.engine.schema().features[step.feature.index()].name;
        let shape = full.shapes.iter().find(|shape| shape.features == [name.clone()]).unwrap();
        let holds = |bin: &&ShapeBin| match &step.value {
            WorkedValue::Category(category) => bin.label == *category,
            WorkedValue::Number(number) => {
                (bin.from.is_some() || bin.to.is_some() || bin.label == "any number")
                    && bin.from.is_none_or(|from| *number >= from)
                    && bin.to.is_none_or(|to| *number < to)
            }
        };
        let bin = shape.bins.iter().find(holds).unwrap();
        assert!(bin.people >= 5, "{name}: {bin:?}");
        added.push(bin.score);
        let odds = libm::exp(step.estimate.score);
        assert!((step.estimate.of_thousand - 1000.0 * odds / (1.0 + odds)).abs() < 1e-6);
        assert!(!step.fact.is_empty() && !step.fact.contains("PHARMACY"), "{}", step.fact);
    }
    let first = example.steps[0].estimate.score - example.start.score;
    assert!((first - added[0]).abs() < 1e-9, "{first} {added:?}");
    // Alone, the terms of single features give the sum; pairs add what both values have beyond that.
    if full.shapes.iter().all(|shape| shape.features.len() == 1) {
        let sum = full.intercept + added.iter().sum::<f64>();
        assert!((example.steps.last().unwrap().estimate.score - sum).abs() < 1e-9);
    }
}

#[tokio::test]
async fn a_kind_of_model_that_keeps_no_counts_has_no_worked_example() {
    let service = Service::serving(&[&models().linear]).await;
    let told = service.engine.how_it_works(Locale::En);
    assert!(told.example.is_none() && !told.looks_at.is_empty());
}

#[tokio::test]
async fn every_use_of_data_is_told_as_the_schema_has_it() {
    let service = Service::start().await;
    let mut client = pb::transparency_service_client::TransparencyServiceClient::new(service.channel.clone());
    let request = pb::GetDataUseRequest { locale: "fr".to_owned() };
    let answer = client.get_data_use(request).await.unwrap().into_inner();
    assert_eq!((answer.uses.len(), answer.locale.as_str()), (7, "fr"));
    let expected = pb::DataUse {
        feature: "bought_days".to_owned(),
        label: "vos achats dans cette catégorie".to_owned(),
        data_category: "user.behavior.purchase_history".to_owned(),
        provenance: "first_party".to_owned(),
        derivation: Derivation::Observed.into(),
        serving_purposes: vec![3, 4],
        training_purposes: vec![10],
        retention_days: 365,
        controllable: true,
    };
    assert_eq!(answer.uses[6], expected);
}
