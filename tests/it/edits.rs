//! Edits of a model by an analyst: another version, recorded, and undone to the byte.

use std::fs;

use limpid::domain::ModelVersion;
use limpid::rpc::pb::{self, EditChange, Profile};
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_field, assert_refused, values};
use super::place::models;
use super::service::Service;

/// A wish to set the lowest bins of what people bought.
fn wish(version: &ModelVersion) -> pb::EditModelRequest {
    pb::EditModelRequest {
        version: version.to_string(),
        feature: "bought_days".to_owned(),
        bins: Some(range(2, 3)),
        change: EditChange::Set.into(),
        set: Some(3.0),
        who: "category manager".to_owned(),
        why: "newcomers are welcome".to_owned(),
        ..pb::EditModelRequest::default()
    }
}

fn range(first: i32, last: i32) -> pb::BinRange {
    pb::BinRange { first, last }
}

async fn show(service: &Service, version: &str) -> pb::GetModelResponse {
    let request = pb::GetModelRequest { version: version.to_owned() };
    service.models().get_model(request).await.unwrap().into_inner()
}

async fn decide(service: &Service, impression: &str) -> Vec<(String, i64)> {
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, impression)).await.unwrap();
    values(&answer).into_iter().map(|(ad, value)| (ad.to_owned(), value)).collect()
}

async fn promote(service: &Service, version: &str) {
    let request = pb::PromoteModelRequest { version: version.to_owned() };
    service.models().promote_model(request).await.unwrap();
}

fn undo(version: &str) -> pb::UndoEditRequest {
    let (who, why) = ("category manager".to_owned(), "it did not help".to_owned());
    pb::UndoEditRequest { version: version.to_owned(), who, why }
}

#[tokio::test]
async fn an_edit_serves_once_it_is_promoted_and_is_shown_with_all_that_it_replaced() {
    let service = Service::start().await;
    let before = decide(&service, "before").await;
    let answer = service.models().edit_model(wish(&models().additive)).await.unwrap().into_inner();
    let edited = answer.model.unwrap();
    assert!(edited.version != models().additive.as_str() && !edited.active);
    assert!(edited.metrics.is_empty(), "how good it is, is not known");
    assert_eq!(decide(&service, "edited").await, before);
    promote(&service, &edited.version).await;
    assert_ne!(decide(&service, "promoted").await, before);

    let (was, is) = (show(&service, models().additive.as_str()).await, show(&service, &edited.version).await);
    assert!(was.edits.is_empty());
    assert_eq!(
        (was.lineage.as_ref().unwrap().kind.as_str(), is.lineage.as_ref().unwrap().kind.as_str()),
        ("trained", "trained")
    );
    let [edit] = &is.edits[..] else { panic!("one edit was made") };
    assert_eq!(Some(edit), answer.edit.as_ref());
    assert_eq!(edit.previous_version, models().additive.as_str());
    assert_eq!((edit.who.as_str(), edit.why.as_str()), ("category manager", "newcomers are welcome"));
    assert_eq!(
        (&edit.features[..], edit.bins, edit.set),
        (&["bought_days".to_owned()][..], Some(range(2, 3)), Some(3.0))
    );
    assert_eq!(edit.at.unwrap().to_string(), "2026-03-01T12:00:00Z");

    let [replaced] = &edit.replaced[..] else { panic!("context knows nothing of purchases") };
    assert_eq!(replaced.profile(), Profile::Full);
    let full = |model: &pb::GetModelResponse| model.profiles[1].clone();
    assert_eq!(replaced.intercept, full(&was).intercept);
    let bought = |profile: &pb::ProfileModel| {
        profile.shapes.iter().find(|shape| shape.features == ["bought_days"]).unwrap().clone()
    };
    assert_eq!(replaced.shapes, [bought(&full(&was))]);
    assert!(bought(&full(&is)).edited && !bought(&full(&was)).edited);
    assert_eq!(full(&is).shapes.iter().filter(|shape| shape.edited).count(), 1);
    // Values that were not named keep their score.
    let score = |profile: pb::ProfileModel, bin: usize| profile.intercept + bought(&profile).bins[bin].score;
    assert!((score(full(&is), 4) - score(full(&was), 4)).abs() < 1e-9);
    assert!((score(full(&is), 2) - full(&was).intercept - 3.0).abs() < 1e-9);
}

#[tokio::test]
async fn an_undone_edit_gives_the_version_before_and_both_are_in_the_log() {
    let service = Service::start().await;
    let file = service.place().artefact(models().additive.as_str());
    let bytes = fs::read(&file).unwrap();
    let edit = async |request| {
        service.models().edit_model(request).await.unwrap().into_inner().model.unwrap().version
    };
    let first = edit(wish(&models().additive)).await;
    let flatten = pb::EditModelRequest {
        change: EditChange::Flatten.into(),
        set: None,
        feature: "page".to_owned(),
        bins: None,
        levels: vec!["home".to_owned(), "news".to_owned()],
        version: first.clone(),
        ..wish(&models().additive)
    };
    let second = edit(flatten).await;
    let shown = show(&service, &second).await;
    assert_eq!(shown.edits.len(), 2);
    assert_eq!(shown.edits[1].replaced.len(), 2, "both models know the page");

    // Even when the version before is not there any more.
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    let mut version = second.clone();
    for expected in [first.as_str(), models().additive.as_str()] {
        let answer = service.models().undo_edit(undo(&version)).await.unwrap().into_inner();
        version = answer.model.unwrap().version;
        assert_eq!(version, expected);
    }
    assert!(fs::read(&file).unwrap() == bytes);
    let refused = service.models().undo_edit(undo(&version)).await;
    assert_refused(refused, Code::FailedPrecondition, "NOT_EDITABLE", "there is no edit to undo");

    let service = service.restart().await;
    let request = pb::ListEditsRequest { page_size: 3, page_token: String::new() };
    let page = service.models().list_edits(request).await.unwrap().into_inner();
    let request = pb::ListEditsRequest { page_size: 3, page_token: page.next_page_token };
    let rest = service.models().list_edits(request).await.unwrap().into_inner();
    assert!(rest.next_page_token.is_empty());
    let changes: Vec<_> = page.changes.iter().chain(&rest.changes).collect();
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.action.as_str(), change.version.as_str(), change.previous_version.as_str()))
        .collect();
    let additive = models().additive.as_str();
    assert_eq!(
        told,
        [
            ("edit", first.as_str(), additive),
            ("edit", &second, &first),
            ("undo", &first, &second),
            ("undo", additive, &first),
        ]
    );
    assert_eq!((changes[3].who.as_str(), changes[3].why.as_str()), ("category manager", "it did not help"));
}

#[tokio::test]
async fn an_edit_that_breaks_a_rule_is_refused_by_its_field_and_leaves_no_trace() {
    let service = Service::start().await;
    let set = || wish(&models().additive);
    let refused = async |request: pb::EditModelRequest, field: &str, rule: &str| {
        assert_field(service.models().edit_model(request).await, field, rule);
    };
    let named = |feature: &str| pb::EditModelRequest { feature: feature.to_owned(), ..set() };
    refused(named("shoe"), "feature", "the schema has no feature \"shoe\"").await;
    refused(named(""), "feature", "the schema has no feature \"\"").await;
    refused(pb::EditModelRequest { version: "latest".to_owned(), ..set() }, "version", "must be 64").await;
    refused(pb::EditModelRequest { bins: Some(range(2, 99)), ..set() }, "bins", "must be from 0 to").await;
    refused(pb::EditModelRequest { bins: Some(range(4, 3)), ..set() }, "bins", "are 4..3").await;
    refused(pb::EditModelRequest { bins: Some(range(-1, 3)), ..set() }, "bins", "must not be negative").await;
    refused(pb::EditModelRequest { bins: None, ..set() }, "bins", "must be given, or levels").await;
    let levels = |feature: &str, levels: &[&str]| pb::EditModelRequest {
        feature: feature.to_owned(),
        bins: None,
        levels: levels.iter().map(|&level| level.to_owned()).collect(),
        ..set()
    };
    refused(levels("page", &["home", "moon"]), "levels[1]", "the model does not know \"moon\"").await;
    refused(levels("hour", &["noon"]), "levels", "the feature is a number and has bins").await;
    refused(
        pb::EditModelRequest { bins: Some(range(2, 3)), ..levels("page", &["home"]) },
        "levels",
        "must not be given with bins",
    )
    .await;
    for score in [f64::NAN, f64::INFINITY, 21.0] {
        refused(pb::EditModelRequest { set: Some(score), ..set() }, "set", "must be a number from -20 to 20")
            .await;
    }
    refused(pb::EditModelRequest { set: None, ..set() }, "set", "must be given").await;
    let flatten = EditChange::Flatten.into();
    refused(pb::EditModelRequest { change: flatten, ..set() }, "set", "must be given for SET alone").await;
    let unsaid = EditChange::Unspecified.into();
    refused(pb::EditModelRequest { change: unsaid, ..set() }, "change", "must be SET, FLATTEN").await;
    refused(pb::EditModelRequest { why: "  ".to_owned(), ..set() }, "why", "must have 1 to 1000 characters")
        .await;
    refused(pb::EditModelRequest { who: String::new(), ..set() }, "who", "must have 1 to 100 characters")
        .await;
    let contextual = Profile::Contextual.into();
    refused(pb::EditModelRequest { profile: contextual, ..set() }, "feature", "the model has no term of it")
        .await;
    let pair =
        |other: &str, bins| pb::EditModelRequest { and_feature: other.to_owned(), and_bins: bins, ..set() };
    refused(pair("shoe", Some(range(2, 2))), "and_feature", "the schema has no feature \"shoe\"").await;
    refused(pair("bought_days", Some(range(2, 2))), "and_feature", "must be another than feature").await;
    refused(pair("weekend", None), "and_bins", "must be given for a pair").await;
    refused(pair("", Some(range(2, 2))), "and_bins", "need the feature whose bins they are").await;
    refused(pair("shelf", Some(range(2, 2))), "feature", "the model has no term of the two together").await;
    let no_reason = pb::UndoEditRequest { why: String::new(), ..undo(models().additive.as_str()) };
    assert_field(service.models().undo_edit(no_reason).await, "why", "must have 1 to 1000 characters");
    assert_field(service.models().undo_edit(undo("latest")).await, "version", "must be 64");

    let answer = service.models().edit_model(wish(&models().linear)).await;
    let says = "only additive models can be edited, this one is linear";
    assert_refused(answer, Code::FailedPrecondition, "NOT_EDITABLE", says);
    let nowhere = pb::EditModelRequest { version: "0".repeat(64), ..set() };
    let answer = service.models().edit_model(nowhere).await;
    assert_refused(answer, Code::NotFound, "NOT_FOUND", "there is no such model");
    let page = async |page_size, token: &str| {
        service.models().list_edits(pb::ListEditsRequest { page_size, page_token: token.to_owned() }).await
    };
    assert_field(page(1001, "").await, "page_size", "must be 0 to 1000, is 1001");
    assert_field(page(1, "first").await, "page_token", "must come from an earlier answer");
    assert!(page(0, "").await.unwrap().into_inner().changes.is_empty());
    let all = service.models().list_models(pb::ListModelsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.models.len(), 3, "no version was made");
}
