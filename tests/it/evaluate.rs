//! `limpid evaluate`: what it measures, and the report that it writes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::binary::{Ended, assert_fails, limpid};
use super::example;
use super::place::Place;

/// Rows of the example's impressions.
const ROWS: usize = 2_400;

/// The example, and a file of folds beside it.
fn with_folds(text: &str) -> (Place, PathBuf) {
    let place = Place::bare();
    example::write(&place.example());
    let file = place.path().join("folds.csv");
    fs::write(&file, text).unwrap();
    (place, file)
}

/// A file of folds in which row `i` is in the fold that `of` says.
fn folds(rows: usize, of: impl Fn(usize) -> usize) -> String {
    let mut text = "fold\n".to_owned();
    for row in 0..rows {
        writeln!(text, "{}", of(row)).unwrap();
    }
    text
}

/// The numbers of a line of the table, its name and signs left out.
fn numbers(line: &str) -> Vec<f64> {
    line[20..].split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn every_fold_is_measured_by_what_the_others_trained() {
    // People have 40 rows each, one after the other.
    let (place, file) = with_folds(&folds(ROWS, |row| row / 40 % 3));
    let example = place.example();
    let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--folds", file.to_str().unwrap()];
    let ended = limpid(&[&arguments[..], &["--kind", "linear"]].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    // Of sixty people twelve did not accept that their rows train.
    assert!(ended.out.contains("3 folds of 1920 rows"), "{}", ended.out);
    let lines = ended.out.lines().skip_while(|line| !line.starts_with("model")).collect::<Vec<_>>();
    let [_, linear, turns @ ..] = &lines[..] else { panic!("{lines:?}") };
    assert!(linear.starts_with("linear ") && turns.len() == 3, "{}", ended.out);
    for (column, mean) in [(0, numbers(linear)[0]), (1, numbers(linear)[2])] {
        let of_folds = turns.iter().map(|line| numbers(line)[column]).sum::<f64>() / 3.0;
        assert!((of_folds - mean).abs() < 1.1e-4, "{of_folds} {mean}: {}", ended.out);
    }
}

#[test]
fn one_kind_can_be_measured_alone() {
    let (place, _) = with_folds("");
    let example = place.example();
    let ended = limpid(&["evaluate", "--example", example.to_str().unwrap(), "--kind", "tree"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("\ntree ") && !ended.out.contains("\nlinear "), "{}", ended.out);
    let ended = limpid(&["evaluate", "--kind", "forest"]);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
    assert!(ended.err.contains("invalid value 'forest' for '--kind <KIND>'"), "{}", ended.err);
}

#[test]
fn another_column_of_the_rows_can_be_what_is_predicted() {
    let (place, _) = with_folds("");
    let example = place.example();
    let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--kind", "linear"];
    let measured = |further: &[&str]| {
        let ended = limpid(&[&arguments[..], further].concat());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
        let linear = ended.out.lines().find(|line| line.starts_with("linear ")).unwrap().to_owned();
        // What took how long is in the last column.
        (ended.out.lines().next().unwrap().to_owned(), linear[..linear.len() - 10].to_owned())
    };
    let (named, by_column) = measured(&["--outcome", "clicked"]);
    assert_eq!(named, "Predicting: clicked");
    assert_eq!(by_column, measured(&["--response", "click"]).1);
    assert_ne!(by_column, measured(&[]).1);
    for (column, says) in [
        ("page", "--outcome: must not be page, which is the column of feature page"),
        ("campaign", "--outcome: must not be campaign, which is a fixed column"),
        ("regretted", "has no column regretted; it has subject, at, ad, campaign, page"),
        ("member_years", "--outcome: must not be member_years, which is the column of feature member_years"),
    ] {
        assert_fails(&[&arguments[..], &["--outcome", column]].concat(), &[says]);
    }
}

#[test]
fn folds_that_cannot_be_tested_are_named() {
    // People 7, 8 and 9 of ten refused something; 7 and 9 are in no row that trains.
    let refuses = |row: usize| [7, 9].contains(&(row / 40 % 10));
    for (text, says) in [
        (folds(ROWS - 1, |row| row % 3), "column fold has 2399 rows, the data have 2400"),
        (folds(ROWS, |_| 0), "fold 0 leaves no row to train"),
        (folds(ROWS, |row| row % 2 * 2), "fold 1 leaves no row to test"),
        (folds(ROWS, |row| if refuses(row) { 1 } else { row % 2 * 2 }), "fold 1 leaves no row to test"),
        (folds(ROWS, |row| usize::from(row > 0)), "fold 0 leaves only rows of outcome false to test"),
        ("part\n0\n".to_owned(), "has no column fold; it has part"),
    ] {
        let (place, file) = with_folds(&text);
        let (example, path) = (place.example(), file.to_str().unwrap());
        let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--folds", path];
        assert_fails(&arguments, &[path, says]);
    }
    let (place, file) = with_folds("");
    let (example, path) = (place.example(), file.with_file_name("none.csv"));
    let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--folds", path.to_str().unwrap()];
    assert_fails(&arguments, &[path.to_str().unwrap(), "cannot be read: No such file"]);
}

/// Runs `evaluate` on the example of a place.
fn evaluate(place: &Place, further: &[&str]) -> Ended {
    let example = place.example();
    let ended = limpid(&[&["evaluate", "--example", example.to_str().unwrap()], further].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    ended
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

/// A report, all of it but how long things took.
fn untimed(folder: &Path) -> (Value, Vec<(String, String)>) {
    let mut json: Value = serde_json::from_str(&text(&folder.join("report.json"))).unwrap();
    json.as_object_mut().unwrap().remove("timings").unwrap();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| !file.ends_with("report.json"))
        .map(|file| {
            let lines: Vec<_> =
                text(&file).lines().filter(|line| !line.starts_with("Seconds ")).map(str::to_owned).collect();
            (file.file_name().unwrap().to_str().unwrap().to_owned(), lines.join("\n"))
        })
        .collect();
    files.sort();
    (json, files)
}

#[test]
fn a_report_tells_what_was_printed_and_is_the_same_at_every_run() {
    let (place, _) = with_folds("");
    let [one, other] = ["one", "other"].map(|name| place.path().join(name));
    let ended = evaluate(&place, &["--out", one.to_str().unwrap()]);
    evaluate(&place, &["--out", other.to_str().unwrap()]);
    assert!(ended.out.ends_with(&format!("Report: {}\n", one.join("report.md").display())), "{}", ended.out);
    let (json, files) = untimed(&one);
    assert_eq!((&json, &files), (&untimed(&other).0, &untimed(&other).1));

    let contenders = json["contenders"].as_array().unwrap();
    for kind in ["linear", "tree", "additive"] {
        let contender = contenders.iter().find(|contender| contender["name"] == kind).unwrap();
        let line = ended.out.lines().find(|line| line.starts_with(&format!("{kind} "))).unwrap();
        for measure in ["auc", "log_loss"] {
            let figure = &contender[measure];
            let [estimate, low, high] = ["estimate", "low", "high"].map(|end| figure[end].as_f64().unwrap());
            let printed = format!("{estimate:.4} ({low:.4}-{high:.4})");
            assert!(line.contains(&printed), "{printed}: {line}");
        }
    }
    // Every feature of the schema has its picture, and every picture is well-formed.
    let pictures: Vec<_> = files.iter().filter(|(name, _)| name != "report.md").collect();
    for feature in ["page", "hour", "weekend", "shelf", "discount", "member_years", "bought_days"] {
        assert!(pictures.iter().any(|(name, _)| name.ends_with(&format!("-{feature}.svg"))), "{feature}");
    }
    // The model of each consent profile is drawn, and what it does not know is not in it.
    let models = json["models"].as_array().unwrap();
    let profiles: Vec<_> = models.iter().map(|model| model["profile"].as_str().unwrap()).collect();
    assert_eq!(profiles, ["full", "contextual"]);
    let contextual = |feature: &str| {
        let end = format!("-{feature}.svg");
        pictures.iter().any(|(name, _)| name.starts_with("contextual-shape-") && name.ends_with(&end))
    };
    assert!(contextual("page") && contextual("discount"));
    assert!(!contextual("member_years") && !contextual("bought_days"));
    for (name, svg) in pictures {
        let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(document.root_element().has_tag_name("svg"));
        let markdown = &files.iter().find(|(name, _)| name == "report.md").unwrap().1;
        assert!(markdown.contains(&format!("]({name})")), "{name} is not in report.md");
    }
}

#[test]
fn contributions_add_up_to_the_scores_in_whole_units() {
    let (place, file) = with_folds(&folds(ROWS, |row| row / 40 % 2));
    let table = place.path().join("contributions.csv");
    let arguments = ["--kind", "linear", "--contributions", table.to_str().unwrap()];
    evaluate(&place, &[&["--folds", file.to_str().unwrap()], &arguments[..]].concat());
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..6], ["row", "fold", "outcome", "score", "intercept", "withheld"]);
    assert!(header.contains(&"bought_days".to_owned()), "{header:?}");
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let units = |column: usize| record[column].parse::<f64>().unwrap() * 4_294_967_296.0;
        let lines: f64 = (4..record.len()).map(units).sum();
        assert_eq!((units(3), units(3).fract()), (lines, 0.0), "{record:?}");
        let (row, fold): (usize, usize) = (record[0].parse().unwrap(), record[1].parse().unwrap());
        assert_eq!(fold, row / 40 % 2);
        rows.push(row);
    }
    // Rows of people who did not accept training are in no model and in no table.
    assert!(rows.is_sorted_by(|a, b| a < b) && rows.len() == 1_920, "{}", rows.len());
    assert!(rows.iter().all(|row| ![7, 9].contains(&(row / 40 % 10))));
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_fitted() {
    let (place, file) = with_folds("");
    let (example, out) = (place.example(), file.join("report"));
    let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--out", out.to_str().unwrap()];
    assert_fails(&arguments, &[out.to_str().unwrap(), "cannot be written"]);
    let table = place.path().join("contributions.csv");
    let alone = ["evaluate", "--contributions", table.to_str().unwrap()];
    assert_fails(&alone, &["--contributions: needs one --kind, whose terms are told, and one --example"]);
    let folder = place.path().to_str().unwrap();
    let arguments = ["evaluate", "--kind", "tree", "--contributions", folder];
    assert_fails(&arguments, &[&format!("{folder}: cannot be written")]);
}

#[test]
fn several_examples_have_a_report_each() {
    let (place, file) = with_folds(&folds(ROWS, |row| row / 40 % 2));
    let other = place.path().join("other");
    example::write(&other);
    let (first, out) = (place.example(), place.path().join("out"));
    let [first, other, out_text, file] = [&first, &other, &out, &file].map(|path| path.to_str().unwrap());
    let examples = ["evaluate", "--example", first, "--example", other, "--kind", "tree"];
    let both = limpid(&[&examples[..], &["--out", out_text, "--folds", file, "--folds", file]].concat());
    assert_eq!((both.code, both.err.as_str()), (0, ""), "{both:?}");
    assert!(both.out.contains(&format!("\n{other}\nPredicting:")), "{}", both.out);
    assert_eq!(untimed(&out.join("example")), untimed(&out.join("other")));

    assert_fails(
        &[&examples[..], &["--folds", file]].concat(),
        &["--folds: must be one for each --example or none; there are 1 for 2"],
    );
    let same = ["evaluate", "--example", first, "--example", first, "--out", out_text];
    assert_fails(&same, &["--out: two examples are in folders called example"]);
}

/// A flat table of 2,000 visits whose rows count for what a column says.
const WEIGHED: &str = r#"
name = "visits"
test_share = 0.2
[files]
table = "visits.csv"
[columns]
weight = "counts"
[[outcome]]
response = "conversion"
column = "bought"
name = "bought"
[[feature]]
name = "minutes"
kind = "numeric"
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

#[test]
fn kinds_that_cannot_weigh_rows_are_left_out_and_refused_when_they_are_named() {
    let place = Place::bare();
    fs::create_dir_all(place.example()).unwrap();
    fs::write(place.example().join("schema.toml"), WEIGHED).unwrap();
    let mut table = "minutes,bought,counts\n".to_owned();
    for visit in 0..2_000 {
        let minutes = visit * 7 % 50;
        let bought = u8::from((visit * 13 + minutes) % 50 < minutes);
        writeln!(table, "{minutes},{bought},{}", 1 + visit % 3).unwrap();
    }
    fs::write(place.example().join("visits.csv"), table).unwrap();
    let ended = evaluate(&place, &[]);
    let told =
        "Training rows are weighed by counts; linear models and trees cannot weigh rows and are left out.";
    assert_eq!(ended.out.lines().next(), Some(told));
    assert!(ended.out.contains("\nadditive ") && !ended.out.contains("\nlinear "), "{}", ended.out);
    let example = place.example();
    for kind in ["linear", "tree"] {
        let says =
            format!("columns.weight: is in the schema, but models of the kind {kind} cannot weigh rows");
        assert_fails(&["evaluate", "--example", example.to_str().unwrap(), "--kind", kind], &[&says]);
    }
}
