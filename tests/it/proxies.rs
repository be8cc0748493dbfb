//! The audit of proxies through the binary: what hints at a group is found, and nothing is told of few.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use limpid::domain::{Clock, SystemClock};
use serde_json::Value;

use super::binary::{Ended, assert_fails, limpid, train};
use super::place::Place;

const DECLARED: &str = r#"
[[attribute]]
name = "loyal"
values = ["yes", "no"]
basis = "legitimate interest (GDPR Art. 6(1)(f)): audits of fairness"
retention_days = 30
source = "made up"
special_category = "none"

[[attribute]]
name = "rare"
values = ["yes", "no"]
basis = "legitimate interest (GDPR Art. 6(1)(f)): audits of fairness"
retention_days = 30
source = "made up"
special_category = "none"
"#;

/// Whether each person of the example is a member for longer than half of them; and four of them are rare.
fn labels(place: &Place) -> String {
    let text = fs::read_to_string(place.example().join("impressions.csv")).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let column = |name: &str| header.iter().position(|of| *of == name).unwrap();
    let (subject, years) = (column("subject"), column("member_years"));
    let years: BTreeMap<&str, f64> =
        rows.filter_map(|row| Some((row[subject], row[years].parse().ok()?))).collect();
    let mut sorted: Vec<f64> = years.values().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let mut table = "id,loyal,rare\n".to_owned();
    for (place, (id, years)) in years.into_iter().enumerate() {
        let (loyal, rare) =
            (if years >= median { "yes" } else { "no" }, if place < 4 { "yes" } else { "no" });
        writeln!(table, "{id},{loyal},{rare}").unwrap();
    }
    table
}

fn fine(ended: Ended) -> String {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out
}

#[test]
fn a_feature_that_tells_a_group_is_a_finding_and_no_group_of_four_is_told_of() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (example, data, out) = (path("example"), path("data"), path("out"));
    let proxies = ["proxies", "--example", &example, "--data", &data];
    assert_fails(&proxies, &["there are no labels; `limpid labels import` takes some"]);
    fs::write(path("labels.csv"), labels(&place)).unwrap();
    fs::write(path("labels.toml"), DECLARED).unwrap();
    let (csv, toml, now) = (path("labels.csv"), path("labels.toml"), SystemClock.now().to_string());
    let import = ["labels", "import", &csv, "--attributes", &toml, "--collected", &now, "--data", &data];
    fine(limpid(&import));
    assert_fails(&[&proxies[..], &["--threshold", "1.5"]].concat(), &["--threshold: must be from 0.5 to 1"]);

    let told = fine(limpid(&[&proxies[..], &["--out", &out]].concat()));
    assert!(told.contains("loyal: yes") && told.contains("* member_years"), "{told}");
    assert!(!told.contains("rare"), "{told}");
    assert!(told.contains("score of conversion "), "the model that serves: {told}");
    let report: Value = serde_json::from_str(&fs::read_to_string(path("out/proxies.json")).unwrap()).unwrap();
    let groups = report["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1, "of two values one is the mirror of the other: {report}");
    let best = &groups[0]["alone"][0];
    assert_eq!((best["by"].as_str(), best["is_finding"].as_bool()), (Some("member_years"), Some(true)));
    assert!(best["auc"]["low"].as_f64().unwrap() > 0.7, "{best}");
    assert_eq!(groups[0]["importances"][0][0], "member_years");
    let others = groups[0]["alone"].as_array().unwrap().iter().skip(1);
    assert!(
        others.clone().count() > 3 && others.clone().any(|hint| hint["is_finding"] == false),
        "{groups:?}"
    );
    let page = fs::read_to_string(path("out/proxies.md")).unwrap();
    assert!(page.contains("| loyal: yes |") && page.contains("**") && !page.contains("p-0"), "{page}");
    // Twice the same.
    assert_eq!(fine(limpid(&proxies)), told.split("\nReport:").next().unwrap());
}
