//! The layers of `ARCHITECTURE.md`, held to what the source says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the rim inwards. A module may use any module of a later row, none of an earlier one, and no
/// sibling of its own row.
const LAYERS: [&[&str]; 10] = [
    &["main"],
    &["cli"],
    &["app"],
    &["rpc", "web", "deletion"],
    &["decide"],
    &["rights", "train"],
    &["ledger"],
    &["admission", "consent", "explain", "fairness", "report", "store"],
    &["model", "data", "sealing"],
    &["domain"],
];

/// Pairs of one row that are allowed all the same, with the reason.
const ALLOWED: [(&str, &str); 1] = [
    ("model", "data"), // models are fitted on data's typed table
];

/// Libraries that only some modules may know.
const RIMS: [(&str, &[&str]); 14] = [
    ("tonic", &["rpc", "app", "cli"]),
    ("prost", &["rpc", "cli"]),
    ("axum", &["web", "app", "deletion"]),
    ("prometheus_client", &["app"]),
    ("clap", &["cli"]),
    ("tokio_rustls", &["app"]),
    ("pasetors", &["admission", "ledger"]),
    ("askama", &["web"]),
    ("rusqlite", &["fairness", "store"]),
    ("tokio_postgres", &["store"]),
    ("deadpool_postgres", &["store"]),
    ("tokio_postgres_rustls", &["store"]),
    ("parquet", &["data"]),
    ("linfa", &["model"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file with the module of the top level that it belongs to.
fn files() -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(source()).unwrap();
                let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
                files.push((module.to_owned(), path));
            }
        }
    }
    files.sort();
    files
}

fn row(module: &str) -> usize {
    let row = LAYERS.iter().position(|layer| layer.contains(&module));
    row.unwrap_or_else(|| panic!("{module} has no place in the layers"))
}

#[test]
fn every_module_uses_only_the_layers_to_its_right() {
    let mut broken = Vec::new();
    let mut seen = BTreeSet::new();
    for (module, path) in files().into_iter().filter(|(module, _)| module != "lib") {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (at, _) in code.match_indices("crate::") {
                let used: String =
                    code[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if used.is_empty() || used == module {
                    continue;
                }
                seen.insert((module.clone(), used.clone()));
                let fine = row(&module) < row(&used) || ALLOWED.contains(&(&module, &used));
                if !fine {
                    broken.push(format!("{}:{}: {module} uses {used}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        seen.contains(&("decide".to_owned(), "ledger".to_owned())),
        "the test does not see uses: {seen:?}"
    );
}

#[test]
fn libraries_of_the_rim_stay_at_the_rim() {
    let mut broken = Vec::new();
    // Tests may look at what a layer wrote with the library that wrote it.
    let sources = files().into_iter().filter(|(_, path)| !path.ends_with("tests.rs"));
    for (module, path) in sources.filter(|(module, _)| module != "lib" && module != "main") {
        let text = fs::read_to_string(&path).unwrap();
        for (library, modules) in RIMS {
            let used = text.lines().any(|line| {
                let code = line.split("//").next().unwrap();
                code.contains(&format!("{library}::")) && !code.contains(&format!("_{library}::"))
            });
            if used && !modules.contains(&module.as_str()) {
                broken.push(format!("{} uses {library}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_gate_makes_permitted_values() {
    for (_, path) in files() {
        let text = fs::read_to_string(&path).unwrap();
        let makes = text.contains("Permitted::new(") || text.contains("Permitted(");
        let in_gate = path.ends_with("consent/gate.rs") || path.ends_with("consent/permitted.rs");
        assert!(!makes || in_gate, "{} makes a Permitted value", path.display());
    }
}

#[test]
fn explain_cannot_see_a_model() {
    for (module, path) in files() {
        if module == "explain" {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("crate::model"), "{}", path.display());
        }
    }
}

/// The files that may name group labels: the command line, which takes them in and audits by them; where rights and counts meet them; and what
/// hands their place on to these. No other file of `rpc` or `web` may, nor anything that decides, trains or keeps the log.
const MAY_NAME_LABELS: [&str; 9] = [
    "app/server.rs",
    "cli/labels.rs",
    "deletion/routes.rs",
    "lib.rs",
    "rpc/fairness.rs",
    "rpc/held.rs",
    "rpc/labels.rs",
    "rpc/mod.rs",
    "rpc/rights.rs",
];

#[test]
fn nothing_that_decides_or_trains_can_name_group_labels() {
    let mut named = BTreeSet::new();
    for (module, path) in files().into_iter().filter(|(module, _)| module != "fairness") {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
        let names = [
            "fairness::",
            "mod fairness",
            "LabelFolder",
            "LabelStore",
            "labels_below",
            "label-keys",
            "labels.db",
        ];
        let reads =
            module == "rpc" && ["service.labels", "self.labels"].iter().any(|name| code.contains(name));
        if reads || names.iter().any(|name| code.contains(name)) {
            let inside = path.strip_prefix(source()).unwrap().to_str().unwrap().to_owned();
            named.insert((module, inside));
        }
    }
    let unmeant: Vec<_> = named
        .iter()
        .filter(|(module, path)| module != "cli" && !MAY_NAME_LABELS.contains(&path.as_str()))
        .collect();
    assert!(unmeant.is_empty(), "{unmeant:?}");
    for may in MAY_NAME_LABELS {
        assert!(named.iter().any(|(_, path)| path == may), "{may} does not name them any more");
    }
}
