use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::data::Bundle;
use crate::domain::{Response, SubjectKey, TenantId};
use crate::model::NoProgress;
use crate::train::prepare;

/// Rows of a number and a category; `origin` is of both.
fn schema(origin: &str) -> String {
    let feature = |name: &str, kind: &str| {
        format!(
            r#"
[[feature]]
name = "{name}"
kind = "{kind}"
{origin}
data_category = "user"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
datum = "{name}"
label = {{ en = "{name}", fr = "{name}" }}
"#
        )
    };
    let head = r#"
name = "rows"
accepted_by_all = [4, 10]
train_before = "2024-02-01"
[files]
table = "rows.csv"
[columns]
weight = "counts"
[[outcome]]
response = "click"
column = "clicked"
name = "clicked"
"#;
    [head.to_owned(), feature("hour", "numeric"), feature("page", "categorical")].concat()
}

const CONTEXT: &str = "origin = \"context\"\nretention_days = 0";
const PERSONAL: &str = "origin = \"subject\"\nserving = [4]\ntraining = [10]\nretention_days = 30";

/// Rows that train, 60 to test by, and `late` more that train; `counts` gives the weight of each by its
/// number and outcome. A row in three is clicked, whatever the hour and the page.
fn rows(trained: usize, late: usize, counts: impl Fn(usize, bool) -> &'static str) -> String {
    let mut text = "hour,page,clicked,at,counts\n".to_owned();
    for row in 0..trained + 60 + late {
        let (hour, page) = (row * 11 % 25, row * 7 % 4);
        let clicked = row % 3 == 0;
        let day = if (trained..trained + 60).contains(&row) { "2024-02-02" } else { "2024-01-01" };
        let (clicks, counts) = (u8::from(clicked), counts(row, clicked));
        writeln!(text, "{hour},page {page},{clicks},{day},{counts}").unwrap();
    }
    text
}

fn prepared(origin: &str, table: &str) -> (Prepared, Schema) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("schema.toml"), schema(origin)).unwrap();
    fs::write(dir.path().join("rows.csv"), table).unwrap();
    let derive = |id: &str| SubjectKey::derive(&[7; 32], &TenantId::parse("tests").unwrap(), id);
    let bundle = Bundle::load(dir.path(), &derive).unwrap();
    (prepare(&bundle, Response::Click).unwrap(), bundle.schema)
}

fn trained(kind: ModelKind, origin: &str, table: &str) -> Result<Artefact, TrainError> {
    let (prepared, schema) = prepared(origin, table);
    let profiled = fit_profiles(kind, &prepared, &NoProgress)?;
    Ok(describe(profiled, &prepared, &schema))
}

fn additive(table: &str) -> Artefact {
    trained(ModelKind::Additive, CONTEXT, table).unwrap()
}

fn intercept(artefact: &Artefact, profile: Profile) -> f64 {
    artefact.profiled.model(profile).intercept().to_f64()
}

fn twice_if_clicked(_row: usize, clicked: bool) -> &'static str {
    if clicked { "2" } else { "1" }
}

#[test]
fn a_row_counts_for_what_its_weight_column_says() {
    let even = intercept(&additive(&rows(900, 0, twice_if_clicked)), Profile::Full);
    assert!(even.abs() < 0.05, "{even}");
    let rare = intercept(&additive(&rows(900, 0, |_, _| "1")), Profile::Full);
    assert!((rare + libm::log(2.0)).abs() < 0.05, "{rare}");
}

#[test]
fn the_base_rate_of_a_profile_without_features_is_weighed_too() {
    let artefact = trained(ModelKind::Additive, PERSONAL, &rows(900, 0, twice_if_clicked)).unwrap();
    assert_eq!(intercept(&artefact, Profile::Contextual), 0.0);
}

#[test]
fn rows_of_weight_0_leave_no_trace_in_the_artefact() {
    let with = additive(&rows(600, 300, |row, _| if row < 660 { "1" } else { "0" }));
    let without = additive(&rows(600, 0, |_, _| "1"));
    assert_eq!((with.training.rows, with.training.people), (600, 600));
    assert_eq!(with, without);
}

#[test]
fn figures_are_of_the_rows_held_out_as_they_came() {
    let alike = additive(&rows(600, 0, |_, _| "1"));
    let tests_weigh = additive(&rows(600, 0, |row, _| if row < 600 { "1" } else { "1000" }));
    assert_eq!(alike.evaluations.len(), 2);
    assert_eq!(alike, tests_weigh);
}

#[test]
fn rows_that_all_count_alike_give_the_same_model_however_much_they_count() {
    let plain = additive(&rows(600, 0, |_, _| "1"));
    for extreme in ["1e-300", "1e300", "4.9e-324"] {
        let model = additive(&rows(600, 0, |_, _| extreme));
        assert_eq!(model.profiled, plain.profiled, "{extreme}");
    }
}

#[test]
fn a_row_that_outweighs_all_others_gives_finite_scores() {
    for (heavy, light) in [("1e300", "1"), ("1", "1e-300"), ("1e300", "1e-300")] {
        let table = rows(600, 0, |row, _| if row == 17 { heavy } else { light });
        let artefact = additive(&table);
        let (prepared, _) = prepared(CONTEXT, &table);
        let scores = artefact.profiled.scores(&prepared.train.table);
        let largest = scores.iter().map(|score| score.to_f64().abs()).fold(0.0, f64::max);
        assert!(largest < 70.0, "{heavy} beside {light}: {largest}");
        assert!(artefact.importances.iter().all(|(_, all)| all.iter().all(|nats| nats.is_finite())));
    }
}

#[test]
fn kinds_that_cannot_weigh_rows_refuse_the_weight_column() {
    let table = rows(300, 0, twice_if_clicked);
    for kind in [ModelKind::Linear, ModelKind::Tree] {
        let Err(TrainError::Fit(FitError::Params(error))) = trained(kind, CONTEXT, &table) else {
            panic!("{} must refuse", kind.name());
        };
        assert_eq!(error.field, "columns.weight");
        let rule = format!("models of the kind {} cannot weigh rows", kind.name());
        assert!(error.rule.contains(&rule), "{error}");
    }
}
