//! `SECURITY.md` is held to the source: each threat names tests, and they exist.

use std::fs;
use std::path::Path;

/// All source files of the crate and its tests, as one text.
fn source() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".venv") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

/// What stands between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let (_, table) = model.split_once("| threat | defence | test |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|')).collect::<Vec<_>>();
    assert!(rows.len() >= 30, "{}", rows.len());
    let source = source();
    for row in rows {
        let cells = row.trim_matches('|').split(" | ").collect::<Vec<_>>();
        let tests = names(cells.last().unwrap());
        assert!(cells.len() == 3 && !tests.is_empty(), "{row}");
        for test in tests {
            // A function, a module of tests, or the script that runs them all.
            let is_module = [format!("tests/it/{test}.rs"), format!("src/model/{test}.rs")];
            let exists = source.contains(&format!("fn {test}("))
                || is_module.iter().any(|path| root.join(path).exists())
                || root.join(test).exists();
            assert!(exists, "{test} is named by {row}");
        }
    }
}

#[test]
fn the_threat_model_names_every_way_in_that_the_command_line_offers() {
    let model = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).unwrap();
    let help = super::binary::limpid(&["serve", "--help"]).out;
    for option in ["--listen", "--public-listen", "--caller-keys", "--limits", "--audience"] {
        assert!(help.contains(option) && model.contains(option), "{option}");
    }
}
