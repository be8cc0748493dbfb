//! Models that were not fitted here: a file of another workbench, parts merged; edits by the command line.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::binary::{Ended, Serving, assert_fails, folders, limpid, train};
use super::example;
use super::place::Place;

/// A model as `ebm.to_json()` writes one: the page, the discount, what was bought, and two together.
fn written() -> Value {
    let feature = |name: &str, cuts: Value| json!({"name": name, "type": "continuous", "cuts": cuts});
    let term = |features: &[&str], scores: Value, weights: Value| json!({"term_features": features, "scores": scores, "bin_weights": weights});
    json!({"version": "1.0", "ebm": {
        "outputs": [{"task": "classification", "classes": [0, 1], "link": "logit", "link_param": "nan"}],
        "intercept": [-1.25],
        "features": [
            {"name": "page", "type": "nominal", "categories": [["home", "news", "recipes"]]},
            feature("discount", json!([[0.15]])),
            feature("bought_days", json!([[1.0, 3.0], [2.0]])),
        ],
        "terms": [
            term(&["page"], json!([0.0, -0.4, -0.4, 0.8, 0.0]), json!([0.0, 300.0, 300.0, 300.0, 0.0])),
            term(&["discount"], json!([0.0, -0.1, 0.3, 0.0]), json!([0.0, 675.0, 225.0, 0.0])),
            term(&["bought_days"], json!([0.0, -0.5, 0.5, 1.5, 0.0]), json!([0.0, 600.0, 150.0, 150.0, 0.0])),
            term(
                &["bought_days", "page"],
                json!([[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.1, 0.0, 0.2, 0.0], [0.0, -0.3, 0.1, 0.6, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]),
                json!([[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 250.0, 250.0, 200.0, 0.0], [0.0, 50.0, 50.0, 100.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]),
            ),
        ],
    }})
}

fn place() -> Place {
    let place = Place::bare();
    example::write(&place.example());
    place
}

fn write(place: &Place, file: &Value) -> PathBuf {
    let path = place.path().join("model.json");
    fs::write(&path, file.to_string()).unwrap();
    path
}

/// Runs a command on the folders of a place.
fn run(place: &Place, command: &[&str]) -> Ended {
    let folders = folders(place);
    limpid(&[command, &folders.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat())
}

fn fails(place: &Place, command: &[&str], says: &[&str]) {
    let folders = folders(place);
    assert_fails(&[command, &folders.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat(), says);
}

/// The version that a command printed first.
fn version(ended: &Ended) -> String {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out.lines().next().unwrap().to_owned()
}

fn artefact(place: &Place, version: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(place.artefact(version)).unwrap()).unwrap()
}

/// Runs `limpid models` on a running service.
fn call(serving: &Serving, command: &[&str]) -> String {
    let ended = limpid(&[&["models"], command, &["--server", &serving.address.to_string()]].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{command:?}: {ended:?}");
    ended.out
}

#[test]
fn a_model_of_another_workbench_is_imported_says_where_it_came_from_and_serves() {
    let place = place();
    let file = write(&place, &written());
    let file = file.to_str().unwrap();
    let raw = artefact(&place, &version(&run(&place, &["models", "import", file, "--raw"])));
    assert_eq!(raw["lineage"]["imported"]["purified"], false);
    assert_eq!(raw["profiled"]["full"]["unpurified"], json!([[0, 6]]));
    let imported = version(&run(&place, &["models", "import", file, "--promote"]));
    let kept = artefact(&place, &imported);
    let lineage = &kept["lineage"]["imported"];
    assert_eq!(lineage["format"], "InterpretML, ebm.to_json, version 1.0");
    assert_eq!(lineage["digest"], blake3::hash(&fs::read(file).unwrap()).to_hex().as_str());
    assert_eq!((&lineage["rows"], &lineage["purified"]), (&json!(900), &json!(true)));
    let full = &kept["profiled"]["full"];
    assert_eq!(full.get("unpurified"), None);
    // The cut of the pair is in the term of its feature, and context knows nothing of purchases.
    assert_eq!(full["shapes"][2]["bins"]["cuts"], json!([1.0, 2.0, 3.0]));
    let contextual = kept["profiled"]["contextual"]["shapes"].as_array().unwrap();
    assert_eq!(contextual.iter().map(|shape| &shape["feature"]).collect::<Vec<_>>(), [0, 4]);
    assert_eq!(kept["profiled"]["contextual"].get("pairs"), None);
    assert!(kept["evaluations"].as_array().unwrap().len() == 2, "it is measured on the rows held out");

    let serving = Serving::start(&place, &[]);
    assert!(call(&serving, &["list"]).starts_with(&format!("* {imported}")));
    let shown: Value = serde_json::from_str(&call(&serving, &["show", &imported])).unwrap();
    assert_eq!(shown["lineage"]["kind"], "imported");
    let changes = call(&serving, &["changes"]);
    let lines: Vec<&str> = changes.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].contains(&imported) && lines[1].ends_with(": read from model.json"),
        "{changes}"
    );
    serving.stop();
}

#[test]
fn a_file_that_does_not_fit_is_named_with_its_field() {
    let place = place();
    let mut file = written();
    file["ebm"]["features"][1]["name"] = json!("rebate");
    let path = write(&place, &file);
    let path = path.to_str().unwrap();
    let says = format!("{path}: ebm.features[1].name: the schema has no feature or column \"rebate\"");
    fails(&place, &["models", "import", path], &[&says]);
    let missing = place.path().join("nowhere.json");
    fails(&place, &["models", "import", missing.to_str().unwrap()], &["nowhere.json: No such file"]);
    assert!(!place.models().exists(), "nothing is kept");
}

#[test]
fn versions_of_different_people_are_merged_and_what_does_not_go_together_is_refused() {
    let place = place();
    let file = write(&place, &written());
    let imported = version(&run(&place, &["models", "import", file.to_str().unwrap()]));
    let trained = train(&place, &[]);
    let merged = version(&run(&place, &["models", "merge", &trained, &imported]));
    assert_eq!(version(&run(&place, &["models", "merge", &imported, &trained])), merged, "in any order");
    let kept = artefact(&place, &merged);
    let rows = |version: &str| artefact(&place, version)["training"]["rows"].as_u64().unwrap();
    let parts = kept["lineage"]["merged"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for part in parts {
        let of = part["version"].as_str().unwrap();
        assert_eq!(part["of"], json!([of]));
        assert_eq!(part["rows"], if of == imported { json!(900) } else { json!(rows(&trained)) });
    }
    assert_eq!(kept["training"]["rows"].as_u64().unwrap(), rows(&trained) + 900);

    let linear = train(&place, &["--kind", "linear"]);
    let click = train(&place, &["--response", "click"]);
    let merge = |a: &str, b: &str, says: &str| fails(&place, &["models", "merge", a, b], &[says]);
    merge(&trained, &trained, "parts[1]: holds version ");
    merge(&merged, &trained, "parts[1]: holds version ");
    merge(&trained, &linear, "only additive models can be merged, this one is linear");
    merge(&trained, &click, "parts[1]: predicts click, not conversion");
    merge(&trained, "latest", "version: must be 64 lower-case hexadecimal digits");
    merge(&trained, &"0".repeat(64), "has no version 000");
    let text = fs::read_to_string(place.artefact(&imported)).unwrap();
    let hash = artefact(&place, &imported)["schema_hash"].as_str().unwrap().to_owned();
    let text = text.replacen(&hash, &"0".repeat(64), 1);
    let foreign = limpid::domain::ModelVersion::of(text.as_bytes());
    fs::create_dir_all(place.artefact(foreign.as_str()).parent().unwrap()).unwrap();
    fs::write(place.artefact(foreign.as_str()), text).unwrap();
    merge(&trained, foreign.as_str(), "was trained under schema 000");
}

#[test]
fn an_analyst_edits_and_undoes_by_the_command_line() {
    let place = place();
    let file = write(&place, &written());
    let imported = version(&run(&place, &["models", "import", file.to_str().unwrap(), "--promote"]));
    let serving = Serving::start(&place, &[]);
    let of = |out: &str| out.trim_start_matches(['*', ' ']).split(' ').next().unwrap().to_owned();
    let edit = |version: &str, further: &[&str]| {
        let out = call(&serving, &[&["edit", version, "--why", "as agreed"], further].concat());
        assert!(out.contains(&format!("before: {version}")), "{out}");
        (of(&out), out)
    };
    let (one, _) = edit(&imported, &["--feature", "discount", "--bins", "2..2", "--set", "-0.2"]);
    let (two, _) = edit(&one, &["--feature", "page", "--level", "home", "--level", "recipes", "--flatten"]);
    let (three, _) =
        edit(&two, &["--feature", "bought_days", "--bins", "2..4", "--decreasing", "--who", "pricing"]);
    let cells = ["--feature", "page", "--bins", "2..2", "--and-feature", "bought_days", "--and-bins", "3..3"];
    let (four, out) = edit(&three, &[&cells[..], &["--set", "1.5", "--profile", "full"]].concat());
    assert!(out.contains("the pair was purified again"), "{out}");
    let kept = artefact(&place, &four);
    assert_eq!(kept["edits"].as_array().unwrap().len(), 4);
    assert_eq!((&kept["edits"][2]["who"], &kept["edits"][0]["who"]), (&json!("pricing"), &json!("analyst")));

    let mut version = four;
    for before in [&three, &two, &one, &imported] {
        version = of(&call(&serving, &["undo", &version, "--why", "as was"]));
        assert_eq!(&version, before);
    }
    assert_eq!(call(&serving, &["changes"]).lines().count(), 9);
    let address = serving.address.to_string();
    let refused = |command: &[&str], says: &str| {
        assert_fails(&[&["models"], command, &["--server", &address]].concat(), &[says]);
    };
    refused(&["undo", &imported, "--why", "once more"], "FailedPrecondition: version ");
    let set = ["--bins", "2..2", "--set", "1", "--why", "x"];
    refused(
        &[&["edit", &imported, "--feature", "shoe"], &set[..]].concat(),
        "InvalidArgument: feature: the schema has no feature \"shoe\"",
    );
    serving.stop();
    let usage = limpid(&[
        "models",
        "edit",
        &imported,
        "--feature",
        "hour",
        "--bins",
        "3-7",
        "--flatten",
        "--why",
        "x",
    ]);
    assert!(usage.code == 2 && usage.err.contains("must be FIRST..LAST, such as 3..7"), "{usage:?}");
    let none = limpid(&["models", "edit", &imported, "--feature", "hour", "--bins", "3..7", "--why", "x"]);
    assert!(none.code == 2 && none.err.contains("--set"), "{none:?}");
}
