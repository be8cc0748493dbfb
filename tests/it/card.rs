//! The card of a kept model: made of its artefact and schema alone, for people and for programs.

use std::collections::BTreeSet;
use std::fs;

use limpid::rpc::pb::{self, EditChange};
use serde_json::Value;

use super::binary::limpid;
use super::place::models;
use super::service::Service;

async fn model(service: &Service, version: &str) -> pb::GetModelResponse {
    let request = pb::GetModelRequest { version: version.to_owned() };
    service.models().get_model(request).await.unwrap().into_inner()
}

/// Checks the rules of the Model Card Toolkit's schema, version 0.0.2, that a card can break.
fn assert_follows_the_toolkit(card: &Value) {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let parts = all(&[
        "schema_version",
        "model_details",
        "model_parameters",
        "quantitative_analysis",
        "considerations",
    ]);
    assert_eq!(keys(card), parts);
    assert_eq!(card["schema_version"], "0.0.2");
    for (part, known) in [
        (
            "model_details",
            &[
                "name",
                "overview",
                "documentation",
                "owners",
                "version",
                "licenses",
                "references",
                "citations",
            ][..],
        ),
        ("model_parameters", &["model_architecture", "data", "input_format", "output_format"]),
        ("quantitative_analysis", &["performance_metrics", "graphics"]),
        ("considerations", &["users", "use_cases", "limitations", "tradeoffs", "ethical_considerations"]),
    ] {
        let unknown: Vec<_> = keys(&card[part]).difference(&all(known)).cloned().collect();
        assert!(unknown.is_empty(), "{part}: {unknown:?}");
    }
    for licence in card["model_details"]["licenses"].as_array().unwrap() {
        assert_eq!(
            keys(licence).intersection(&all(&["identifier", "custom_text"])).count(),
            1,
            "one of the two"
        );
    }
    for metric in card["quantitative_analysis"]["performance_metrics"].as_array().unwrap() {
        assert!(metric["type"].is_string() && metric["value"].is_number() && metric["slice"].is_string());
    }
    for data in card["model_parameters"]["data"].as_array().unwrap() {
        assert!(data["name"].is_string() && data["description"].is_string());
        let sensitive = &data["sensitive"]["sensitive_data"];
        assert!(sensitive.is_null() || sensitive.as_array().unwrap().iter().all(Value::is_string));
    }
    for list in ["users", "use_cases", "limitations", "tradeoffs"] {
        let items = card["considerations"][list].as_array().unwrap();
        assert!(!items.is_empty() && items.iter().all(|item| item["description"].is_string()), "{list}");
    }
    for risk in card["considerations"]["ethical_considerations"].as_array().unwrap() {
        assert!(risk["name"].is_string() && risk["mitigation_strategy"].is_string());
    }
}

#[tokio::test]
async fn a_card_lies_beside_its_artefact_and_is_told_as_it_lies_there() {
    let service = Service::start().await;
    for version in [&models().additive, &models().linear, &models().click] {
        let folder = service.place().artefact(version.as_str()).parent().unwrap().to_owned();
        let told = model(&service, version.as_str()).await;
        assert_eq!(fs::read_to_string(folder.join("card.md")).unwrap(), told.card_markdown);
        assert_eq!(fs::read_to_string(folder.join("card.json")).unwrap(), told.card_json);
        assert_follows_the_toolkit(&serde_json::from_str(&told.card_json).unwrap());
        // The version is the hash of the artefact alone.
        fs::write(folder.join("card.md"), "something else").unwrap();
        fs::remove_file(folder.join("card.json")).unwrap();
        assert_eq!(model(&service, version.as_str()).await, told);
    }
    let service = service.restart().await;
    assert!(model(&service, models().additive.as_str()).await.summary.unwrap().active);
}

#[tokio::test]
async fn a_card_tells_what_the_artefact_and_the_schema_hold() {
    let service = Service::start().await;
    let told = model(&service, models().additive.as_str()).await;
    let summary = told.summary.as_ref().unwrap();
    let card = &told.card_markdown;
    let grouped = |count: i64| {
        let digits = count.to_string();
        if digits.len() > 4 {
            format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..])
        } else {
            digits
        }
    };
    for part in [
        "# Model card: corner-shop".to_owned(),
        format!("Version `{}`", summary.version),
        "the offer is bought".to_owned(),
        "## What it is not for".to_owned(),
        "credit, insurance, work or housing".to_owned(),
        format!("| rows | {} |", grouped(summary.rows)),
        format!("| of these with the response | {} (", grouped(summary.positives)),
        "| time | 2026-01-21 to 2026-02-".to_owned(),
        "| purposes that everyone in them accepted | 10 |".to_owned(),
        // Data about people, with purposes, source and how long they are kept.
        "| bought\\_days | your purchases in this category | user.behavior.purchase\\_history | first party | observed | \
         3, 4 | 10 | 365 | yes |"
            .to_owned(),
        "| member\\_years | how long you have been a member | user.account | first party | stated | 4 | 10 | 365 | yes |"
            .to_owned(),
        "- discount (the size of the discount)".to_owned(),
        "## Consent profile: full".to_owned(),
        "## Consent profile: contextual".to_owned(),
        "Calibration, in groups of rows".to_owned(),
        "Every shape, bin by bin: `limpid models show VERSION`".to_owned(),
        "accepted purpose 10".to_owned(),
        "fewer than 5 people".to_owned(),
        "## Changes by hand\n\nNone.".to_owned(),
        format!("Schema: `{}`", told.schema_hash),
        "Licence of the data, and so of what was learned from them: not stated".to_owned(),
        format!("Limpid {} (Apache-2.0)", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(card.contains(&part), "{part} is not in\n{card}");
    }
    let auc = summary.metrics.iter().find(|metric| metric.name == "auc").unwrap();
    let row = format!("| AUC | {:.4} | {:.4} to {:.4} |", auc.value, auc.low, auc.high);
    assert!(card.contains(&row), "{row} is not in\n{card}");
    let full = &told.profiles[1];
    let first = &full.importances[0];
    assert!(card.contains(&format!("| bought\\_days | {:.4} |", first.value)), "{card}");

    let json: Value = serde_json::from_str(&told.card_json).unwrap();
    let metrics = json["quantitative_analysis"]["performance_metrics"].as_array().unwrap();
    let of = |kind: &str| {
        metrics
            .iter()
            .find(|metric| metric["type"] == kind && metric["slice"] == "consent profile full")
            .unwrap()
    };
    assert_eq!(of("AUC")["value"], auc.value);
    assert_eq!(of("AUC, lower end of the 95 % interval")["value"], auc.low);
    let sensitive = json["model_parameters"]["data"][0]["sensitive"]["sensitive_data"].as_array().unwrap();
    assert_eq!(sensitive.len(), 2, "what the person did, and what the person said: {sensitive:?}");

    let linear = model(&service, models().linear.as_str()).await.card_markdown;
    assert!(linear.contains("logistic regression") && linear.contains("keeps no bands"), "{linear}");
}

#[tokio::test]
async fn the_card_of_an_edited_model_says_who_changed_what_and_why() {
    let service = Service::start().await;
    let wish = pb::EditModelRequest {
        version: models().additive.to_string(),
        feature: "bought_days".to_owned(),
        bins: Some(pb::BinRange { first: 2, last: 3 }),
        change: EditChange::Set.into(),
        set: Some(3.0),
        who: "category <b>manager</b>".to_owned(),
        why: "newcomers | are welcome".to_owned(),
        ..pb::EditModelRequest::default()
    };
    let edited = service.models().edit_model(wish).await.unwrap().into_inner().model.unwrap();
    let card = model(&service, &edited.version).await.card_markdown;
    let row = "| 2026-03-01T12:00:00Z | category &lt;b&gt;manager&lt;/b&gt; | bought\\_days: some scores set to 3 | \
               newcomers \\| are welcome |";
    assert!(card.contains(row), "{card}");
    assert!(card.contains("it was not measured since"), "{card}");
    let kept = service.place().artefact(&edited.version).parent().unwrap().join("card.md");
    assert_eq!(fs::read_to_string(kept).unwrap(), card);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_the_card_of_a_version_or_of_what_serves() {
    let service = Service::serving(&[&models().additive]).await;
    let told = model(&service, models().additive.as_str()).await;
    let address = service.address.to_string();
    let card = async |arguments: &[&str]| {
        let all = [&["models", "card"], arguments, &["--server", &address]].concat();
        let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        let run = move || limpid(&all.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    let by_name = card(&["corner-shop"]).await;
    assert_eq!((by_name.code, by_name.out), (0, told.card_markdown.clone()));
    assert_eq!(card(&[models().additive.as_str()]).await.out, told.card_markdown);
    assert_eq!(card(&["corner-shop", "--json"]).await.out, told.card_json);
    let unknown = card(&["no-such-shop"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("no-such-shop: no version serves under this name"), "{unknown:?}");
    service.engine.promote(&models().click).await.unwrap();
    let two = card(&["corner-shop"]).await;
    assert!(two.code == 1 && two.err.contains("two versions serve under this name"), "{two:?}");
}
