//! `limpid train --epsilon`: a promise that is kept, or refused.

use std::fmt::Write as _;
use std::fs;

use super::binary::{Serving, assert_fails, folders, limpid};
use super::place::Place;

const SCHEMA: &str = r#"
name = "visits"
test_share = 0.2
accepted_by_all = [10]
demo_clock = "2026-03-01T10:00:00Z"

[files]
table = "visits.csv"

[[outcome]]
response = "conversion"
column = "bought"
name = "bought"

[[feature]]
name = "minutes"
kind = "numeric"
bounds = [0, 60]
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "minutes"
label = { en = "minutes", fr = "minutes" }
"#;

/// 2,000 people of two visits each: who stays longer buys.
fn visits(schema: &str) -> Place {
    let place = Place::bare();
    fs::create_dir_all(place.example()).unwrap();
    fs::write(place.example().join("schema.toml"), schema).unwrap();
    let mut table = "subject,minutes,bought\n".to_owned();
    for visit in 0..4_000 {
        let (person, minutes) = (visit / 2, visit * 7 % 50);
        let bought = u8::from((visit * 13 + minutes) % 50 < minutes);
        writeln!(table, "p{person},{minutes},{bought}").unwrap();
    }
    fs::write(place.example().join("visits.csv"), table).unwrap();
    place
}

fn train<'a>(folders: &'a [String], further: &[&'a str]) -> Vec<&'a str> {
    ["train"].into_iter().chain(folders.iter().map(String::as_str)).chain(further.iter().copied()).collect()
}

#[test]
fn a_private_model_states_its_promise_and_is_measured_only_on_demand() {
    let place = visits(SCHEMA);
    let folders = folders(&place);
    let private = ["--epsilon", "2", "--delta", "1e-5", "--rows-per-person", "2"];
    let ended = limpid(&train(&folders, &private));
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines: Vec<&str> = ended.out.lines().collect();
    let promise = "  private: epsilon 2, delta 0.00001 for a person of up to 2 rows";
    let hidden =
        "  hidden: whether any one person, with all rows of theirs, was trained on; not the people held out";
    assert_eq!(lines[1..], [promise, hidden], "{ended:?}");
    let file = place.models().join("visits").join(lines[0]).join("artefact.json");
    let artefact: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(artefact["privacy"]["unit"], "person");
    assert_eq!(artefact["privacy"]["mechanism"], "discrete_gaussian");
    assert_eq!(artefact["evaluations"], serde_json::json!([]));

    let measured = limpid(&train(&folders, &[&private[..], &["--measure", "--promote"]].concat()));
    assert!(measured.code == 0 && measured.out.contains("full        AUC 0."), "{measured:?}");
    assert!(measured.out.contains("serves from the next start"), "{measured:?}");

    let serving = Serving::start(&place, &[]);
    let call = |command: &[&str]| {
        let server = serving.address.to_string();
        let ended = limpid(&[&["models"], command, &["--server", &server]].concat());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{command:?}: {ended:?}");
        ended.out
    };
    let listed = call(&["list"]);
    assert_eq!(listed.matches(&format!("{promise}\n{hidden}\n")).count(), 2, "{listed}");
    let shown: serde_json::Value = serde_json::from_str(&call(&["show", lines[0]])).unwrap();
    let shown = &shown["summary"]["privacy"];
    for (field, value) in
        [("epsilon", 2.0), ("delta", 1e-5), ("mu", artefact["privacy"]["mu"].as_f64().unwrap())]
    {
        assert_eq!(shown[field].as_f64(), Some(value), "{field}: {shown}");
    }
    for (field, value) in [("unit", "person"), ("rowsPerPersonMax", "2"), ("mechanism", "discrete_gaussian")]
    {
        assert_eq!(shown[field], value, "{field}: {shown}");
    }
    serving.stop();
}

#[test]
fn a_promise_that_cannot_be_kept_is_refused_before_anything_is_kept() {
    let place = visits(SCHEMA);
    let folders = folders(&place);
    for (epsilon, delta, says) in [
        ("0", "1e-5", "epsilon: must be from 0.01 to 20, is 0"),
        ("-1", "1e-5", "epsilon: must be from 0.01 to 20, is -1"),
        ("NaN", "1e-5", "epsilon: must be from 0.01 to 20, is NaN"),
        ("inf", "1e-5", "epsilon: must be from 0.01 to 20, is inf"),
        ("1", "0", "delta: must be from 0.000000000001 to 0.01, is 0"),
        ("1", "1", "delta: must be from 0.000000000001 to 0.01, is 1"),
        ("1", "NaN", "delta: must be from 0.000000000001 to 0.01, is NaN"),
        ("1", "0.005", "delta: must be below 1 over the number of people, about "),
    ] {
        assert_fails(&train(&folders, &["--epsilon", epsilon, "--delta", delta]), &[says]);
    }
    for kind in ["linear", "tree"] {
        let further = ["--epsilon", "1", "--delta", "1e-5", "--kind", kind];
        assert_fails(
            &train(&folders, &further),
            &["epsilon: only the additive kind can be trained privately"],
        );
    }
    let rows = ["--epsilon", "1", "--delta", "1e-5", "--rows-per-person", "0"];
    assert_fails(&train(&folders, &rows), &["rows_per_person_max: must be from 1 to 1000, is 0"]);
    assert!(!place.models().join("visits").exists());

    // Half a promise is none.
    for half in [&["--epsilon", "1"][..], &["--delta", "1e-5"], &["--measure"], &["--rows-per-person", "2"]] {
        assert_eq!(limpid(&train(&folders, half)).code, 2, "{half:?}");
    }
}

#[test]
fn a_number_without_bounds_is_not_trained_on_privately() {
    let place = visits(&SCHEMA.replace("bounds = [0, 60]\n", ""));
    let folders = folders(&place);
    let says = "feature minutes: must have bounds in the schema";
    assert_fails(&train(&folders, &["--epsilon", "1", "--delta", "1e-5"]), &[says]);
}
