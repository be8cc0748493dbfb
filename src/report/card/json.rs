//! The card for programs: the Model Card Toolkit's JSON, schema version 0.0.2
//! (`model_card_toolkit/schema/v0.0.2/model_card.schema.json`).
//!
//! Its form has a place for one number a metric, so the ends of an interval are metrics of their own.

use serde_json::{Value, json};

use super::{Card, DataFacts, ProfileFacts, purposes};

pub(super) fn json(card: &Card) -> String {
    let value = json!({
        "schema_version": Card::SCHEMA_VERSION,
        "model_details": details(card),
        "model_parameters": parameters(card),
        "quantitative_analysis": {
            "performance_metrics": card.profiles.iter().flat_map(metrics).collect::<Vec<_>>(),
        },
        "considerations": considerations(card),
    });
    format!("{value:#}\n")
}

fn details(card: &Card) -> Value {
    let licence = match &card.licence {
        Some(licence) => json!({ "identifier": licence }),
        None => json!({ "custom_text": "not stated by the example" }),
    };
    let mut version = json!({ "name": card.version });
    if let Some(edit) = card.edits.last() {
        version["diff"] = json!(format!("{}: {}", edit.what, edit.why));
    }
    json!({
        "name": card.name,
        "overview": card.overview(),
        "documentation": format!(
            "{} {} Made by {}. Schema {}, artefact format {}.",
            card.architecture, card.origin, card.made_by, card.schema_hash, card.format_version
        ),
        "version": version,
        "licenses": [licence],
    })
}

fn parameters(card: &Card) -> Value {
    let training = &card.training;
    let span = training.span.as_ref().map(|(first, last)| format!(", from {first} to {last}"));
    let promise = card.promise.as_ref().map(|promise| format!(" {promise}"));
    let sensitive: Vec<String> = card.data.iter().filter(|datum| datum.personal).map(about_people).collect();
    let mut data = vec![json!({
        "name": format!("{} (training)", card.name),
        "sensitive": { "sensitive_data": sensitive },
        "description": format!(
            "{} rows of {} people{}; in {} rows {}. Purposes that everyone accepted: {}.{}",
            training.rows,
            training.people,
            span.unwrap_or_default(),
            training.positives,
            card.outcome,
            purposes(&training.purposes),
            promise.unwrap_or_default(),
        ),
    })];
    if let Some(quality) = card.profiles.iter().find_map(|profile| profile.quality.as_ref()) {
        data.push(json!({
            "name": format!("{} (evaluation)", card.name),
            "description": format!(
                "{} rows of {} people that were not trained on; in {} rows {}.",
                quality.rows, quality.people, quality.positives, card.outcome
            ),
        }));
    }
    let features: Vec<&str> = card.data.iter().map(|datum| datum.feature.as_str()).collect();
    json!({
        "model_architecture": card.architecture,
        "data": data,
        "input_format": format!("One value, or none, for each of the features {}.", features.join(", ")),
        "output_format": format!(
            "An intercept and one contribution for each term, in units of 2^-32 nat; their sum is the log-odds that {}.",
            card.outcome
        ),
    })
}

fn about_people(datum: &DataFacts) -> String {
    format!(
        "{} ({}): {}, {}, from {}; purposes to serve {}, to train {}; kept for {} days; {}",
        datum.feature,
        datum.label,
        datum.category,
        datum.derivation,
        datum.source,
        purposes(&datum.serving),
        purposes(&datum.training),
        datum.retention_days,
        if datum.controllable { "the person can switch it off" } else { "the person cannot switch it off" },
    )
}

fn metrics(profile: &ProfileFacts) -> Vec<Value> {
    let slice = format!("consent profile {}", profile.profile);
    let metric =
        |name: String, value: f64, slice: &str| json!({ "type": name, "value": value, "slice": slice });
    let mut metrics = Vec::new();
    if let Some(quality) = &profile.quality {
        for (name, figure) in &quality.figures {
            metrics.push(metric((*name).to_owned(), figure.estimate, &slice));
            metrics.push(metric(format!("{name}, lower end of the 95 % interval"), figure.low, &slice));
            metrics.push(metric(format!("{name}, upper end of the 95 % interval"), figure.high, &slice));
        }
        for (number, group) in (1..).zip(&quality.calibration) {
            let slice = format!("{slice}, calibration group {number} ({} rows)", group.rows);
            metrics.push(metric("mean predicted probability".to_owned(), group.predicted, &slice));
            metrics.push(metric("observed share".to_owned(), group.observed, &slice));
        }
    }
    for (term, importance) in &profile.importances {
        let slice = format!("{slice}, term {term}");
        metrics.push(metric("mean absolute contribution, log-odds".to_owned(), *importance, &slice));
    }
    metrics
}

fn considerations(card: &Card) -> Value {
    let described = |texts: &[String]| -> Vec<Value> {
        texts.iter().map(|text| json!({ "description": text })).collect()
    };
    let profiles: Vec<String> =
        card.profiles.iter().map(|profile| format!("{}: {}", profile.profile, profile.knows)).collect();
    let mut uses = vec![card.overview()];
    uses.extend(Card::not_for().map(|text| format!("Not for: {text}")));
    let risk = |name: &str, strategy: &str| json!({ "name": name, "mitigation_strategy": strategy });
    let risks = [
        risk(
            "Data that a person refused could move a decision.",
            "What was not accepted is never read; the contextual profile, which never knew personal data, serves \
             whoever refuses all of it.",
        ),
        risk(
            "A person could be told from the model.",
            card.promise.as_deref().unwrap_or(
                "No part of the model is learned from fewer people than the floor; smaller ones are merged or add 0.",
            ),
        ),
    ];
    json!({
        "users": described(&[
            "Ad servers that rank ads for an impression.".to_owned(),
            "Analysts, privacy officers and regulators who judge the model.".to_owned(),
        ]),
        "use_cases": described(&uses),
        "limitations": described(&card.limits),
        "tradeoffs": described(&profiles),
        "ethical_considerations": risks,
    })
}
