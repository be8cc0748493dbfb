use std::fmt::Write as _;
use std::fs;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::data::Bundle;
use crate::domain::{Direction, FeatureId, Response, SubjectKey, TenantId};
use crate::model::NoProgress;
use crate::model::additive::PrivateParams;
use crate::train::{Asked, prepare};

const ROWS: usize = 4_000;

const SCHEMA: &str = r#"
name = "rows"
test_share = 0.2
accepted_by_all = [3, 4, 10]

[files]
table = "rows.csv"

[[outcome]]
response = "click"
column = "clicked"
name = "clicked"
"#;

/// A feature of the schema, personal if serving needs a purpose, with what is declared of its values.
fn feature(name: &str, kind: &str, serving: Option<u8>, declared: &str) -> String {
    let origin = match serving {
        Some(purpose) => {
            format!("origin = \"subject\"\nserving = [{purpose}]\ntraining = [10]\nretention_days = 30")
        }
        None => "origin = \"context\"\nretention_days = 0".to_owned(),
    };
    format!(
        r#"
[[feature]]
name = "{name}"
kind = "{kind}"
{origin}
{declared}
data_category = "user"
provenance = "first_party"
derivation = "stated"
sensitivity = "ordinary"
controllable = false
datum = "{name}"
label = {{ en = "{name}", fr = "{name}" }}
"#
    )
}

/// Rows of which each feature moves the outcome. Who is older is mostly new.
fn rows_csv() -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut text = "age,job,new,slot,clicked\n".to_owned();
    for _ in 0..ROWS {
        let (age, job, slot) = (rng.gen_range(18..90), rng.gen_range(0..3), rng.gen_range(0..2));
        let new = i32::from(rng.gen_bool(if age > 54 { 0.9 } else { 0.1 }));
        let score = f64::from(age - 50) / 25.0 + f64::from(job + new + slot) - 2.5;
        let clicked = u8::from(rng.gen_bool(crate::model::link::probability(score)));
        writeln!(text, "{age},job {job},{new},slot {slot},{clicked}").unwrap();
    }
    text
}

/// The example in a folder, with `bounds` declared of the age.
fn example(bounds: &str) -> (TempDir, Bundle) {
    let dir = TempDir::new().unwrap();
    let schema = [
        SCHEMA.to_owned(),
        feature("age", "numeric", Some(4), bounds),
        feature("job", "categorical", None, "levels = [\"job 0\", \"job 1\", \"job 2\"]"),
        feature("new", "flag", Some(3), ""),
        feature("slot", "categorical", None, ""),
    ];
    fs::write(dir.path().join("schema.toml"), schema.concat()).unwrap();
    fs::write(dir.path().join("rows.csv"), rows_csv()).unwrap();
    let derive = |id: &str| SubjectKey::derive(&[7; 32], &TenantId::parse("tests").unwrap(), id);
    let bundle = Bundle::load(dir.path(), &derive).unwrap();
    (dir, bundle)
}

fn params() -> ValidPrivateParams {
    PrivateParams::new(1.0, 1e-6).check().unwrap()
}

fn artefact(seed: u64) -> (Artefact, Prepared) {
    let (_dir, bundle) = example("bounds = [0, 120]");
    let prepared = prepare(&bundle, Response::Click).unwrap();
    let noise = &mut Noise::seeded(seed);
    (fit(&prepared, &bundle.schema, &params(), noise, &NoProgress).unwrap(), prepared)
}

/// Every number of a document with its path.
fn numbers(path: &str, value: &Value, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Number(number) => found.push((path.to_owned(), number.as_f64().unwrap())),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(i, entry)| numbers(&format!("{path}/{i}"), entry, found));
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(key, entry)| numbers(&format!("{path}/{key}"), entry, found));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Whether a number is known without any row: it identifies, was declared, or states the promise.
fn is_public(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts[1], "format_version" | "features" | "privacy")
        || path.starts_with("/training/purposes")
        || parts.iter().any(|part| matches!(*part, "feature" | "cuts"))
        || path.starts_with("/profiled/offsets") && parts.contains(&"features")
}

#[test]
fn no_field_of_the_artefact_is_exact() {
    let [(one, prepared), (other, _)] = [1, 2].map(artefact);
    let read = |artefact: &Artefact| {
        let mut found = Vec::new();
        numbers("", &serde_json::to_value(artefact).unwrap(), &mut found);
        found
    };
    let (one_read, other_read) = (read(&one), read(&other));
    // The same rows under other noise: a number that stays was not made of what is noisy. 0 says that
    // there is nothing: of a bin that no row can be in, or in which fewer than none were counted.
    let mut told = 0;
    for (path, number) in one_read.iter().filter(|(path, number)| !is_public(path) && *number != 0.0) {
        told += 1;
        let again = other_read.iter().find(|(there, _)| there == path);
        assert!(again.is_none_or(|(_, again)| again != number), "{path} is {number} whatever the noise");
    }
    assert!(told > 100, "{told} numbers");

    // None of what describes the rows as they are is there as a number.
    let positives = prepared.train.outcome.iter().filter(|happened| **happened).count();
    let rows = prepared.train.rows();
    for exact in [rows, positives, rows - positives] {
        assert!(one_read.iter().all(|(_, number)| *number != exact as f64), "{exact}");
    }
    assert_eq!(one.evaluations, []);
    // What is public of numbers: their cuts are edges that were known ahead of the rows.
    let KnownValues::Numbers(edges) = KnownValues::of(&schema_of_age()).unwrap() else { unreachable!() };
    let cuts = one_read.iter().filter(|(path, _)| path.contains("/cuts/"));
    assert!(cuts.into_iter().all(|(_, cut)| *cut == 0.5 || edges.contains(cut)));
    assert_eq!(one.training.purposes, Purposes::try_from(vec![3, 4, 10]).unwrap());
}

fn schema_of_age() -> crate::domain::Feature {
    example("bounds = [0, 120]").1.schema.features.swap_remove(0)
}

#[test]
fn the_artefact_states_what_was_promised_and_is_read_back() {
    let (artefact, prepared) = artefact(3);
    let told = artefact.privacy.clone().unwrap();
    assert_eq!((told.epsilon, told.delta, told.rows_per_person_max), (1.0, 1e-6, 1));
    assert!(told.levels_named_from.unwrap() > told.count_noise * 5.0);
    let read = Artefact::from_bytes(&artefact.to_bytes().unwrap()).unwrap();
    assert_eq!(read, artefact);
    // The counts are near the truth, and say less than it.
    let rows = prepared.train.rows() as f64;
    assert!((artefact.training.rows as f64 - rows).abs() < 10.0 * told.count_noise);
    assert_eq!(artefact.training.people, artefact.training.rows);
    // A promise that is none is refused.
    let mut stored = serde_json::to_value(&artefact).unwrap();
    stored["privacy"]["epsilon"] = serde_json::json!(-1.0);
    let error = Artefact::from_bytes(&serde_json::to_vec(&stored).unwrap()).unwrap_err().to_string();
    assert!(error.contains("privacy.epsilon: must be positive and finite, is -1"), "{error}");
}

#[test]
fn a_model_without_promise_says_nothing_of_one() {
    let (private, prepared) = artefact(3);
    let (_dir, bundle) = example("bounds = [0, 120]");
    let profiled = private.profiled.clone();
    let folder = TempDir::new().unwrap();
    let (_, exact) = crate::train::keep(profiled, &prepared, &bundle.schema, folder.path()).unwrap();
    assert_eq!(exact.privacy, None);
    assert!(!String::from_utf8(exact.to_bytes().unwrap()).unwrap().contains("privacy"));
}

#[test]
fn whoever_withholds_is_predicted_the_same_mean() {
    let (_dir, bundle) = example("bounds = [0, 120]");
    let prepared = prepare(&bundle, Response::Click).unwrap();
    let params = PrivateParams::new(8.0, 1e-6).check().unwrap();
    let artefact = fit(&prepared, &bundle.schema, &params, &mut Noise::seeded(4), &NoProgress).unwrap();
    let table = &prepared.train.table;
    let mean = |scores: &[crate::domain::Nats]| {
        let sum: f64 = scores.iter().map(|s| crate::model::link::probability(s.to_f64())).sum();
        sum / scores.len() as f64
    };
    let full = artefact.profiled.model(Profile::Full);
    let all = mean(&full.scores(table, &[]));
    assert_eq!(artefact.profiled.offsets().len(), 2);
    for known in artefact.profiled.offsets() {
        let without = full.scores(table, &known.features);
        let restored: Vec<_> = without.iter().map(|&score| score + known.offset).collect();
        let restored = mean(&restored);
        assert!((restored / all - 1.0).abs() < 0.02, "{restored} for {all} without {:?}", known.features);
    }
}

#[test]
fn people_held_out_are_left_alone_unless_they_are_asked_for() {
    let (_dir, bundle) = example("bounds = [0, 120]");
    let prepared = prepare(&bundle, Response::Click).unwrap();
    let folder = TempDir::new().unwrap();
    let train = |held_out| {
        train_privately(&prepared, &bundle.schema, &params(), held_out, folder.path(), &NoProgress).unwrap()
    };
    let (version, alone) = train(HeldOut::LeftAlone);
    assert_eq!(alone.evaluations, []);
    let kept = crate::model::load(folder.path(), "rows", &version).unwrap();
    assert_eq!(kept, alone);
    let (again, measured) = train(HeldOut::Measured);
    assert_ne!(again, version, "the noise is new each time");
    let auc = measured.evaluations.iter().find(|(profile, _)| *profile == Profile::Full).unwrap().1.auc;
    assert!(auc.unwrap().estimate > 0.7, "{auc:?}");
}

#[test]
fn a_number_without_bounds_is_named() {
    let (_dir, bundle) = example("");
    let prepared = prepare(&bundle, Response::Click).unwrap();
    let error = fit(&prepared, &bundle.schema, &params(), &mut Noise::seeded(1), &NoProgress).unwrap_err();
    let rule = "must have bounds in the schema: private training may not ask the data for them";
    assert_eq!(error.to_string(), format!("feature age: {rule}"));
}

#[test]
fn what_a_schema_asks_of_other_fits_is_refused_before_a_row_is_read() {
    let (dir, bundle) = example("bounds = [0, 120]");
    let prepared = prepare(&bundle, Response::Click).unwrap();
    let weighed = Asked { weighed: true, ..Asked::default() };
    let pairs = Asked { pairs: vec![[FeatureId(0), FeatureId(1)]], ..Asked::default() };
    let monotone = Asked { monotone: [(FeatureId(0), Direction::Increasing)].into(), ..Asked::default() };
    for (asked, field) in [(monotone, "monotone"), (pairs, "pair"), (weighed, "columns.weight")] {
        let prepared = Prepared { asked, ..prepare(&bundle, Response::Click).unwrap() };
        let folder = dir.path().join("models");
        let (params, left) = (params(), HeldOut::LeftAlone);
        let refused = train_privately(&prepared, &bundle.schema, &params, left, &folder, &NoProgress);
        let Err(TrainError::Fit(FitError::Params(error))) = refused else {
            panic!("{field} must be refused")
        };
        let rule = "is in the schema, but a private fit cannot keep to it";
        assert_eq!(error, FieldError::new(field, rule));
        assert!(!folder.exists());
    }
    let (params, folder) = (params(), dir.path());
    let kept = train_privately(&prepared, &bundle.schema, &params, HeldOut::LeftAlone, folder, &NoProgress);
    assert!(kept.is_ok());
}
