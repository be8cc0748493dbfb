use std::fmt::Write;
use std::fs;

use tempfile::TempDir;

use crate::data::sample::{derive, flat_schema};
use crate::data::{Bundle, DataError, Dataset, Schema};
use crate::domain::{Cell, FeatureId, Response};

const ROWS: usize = 150_000;
const PLACE: FeatureId = FeatureId(0);
const VISITS: FeatureId = FeatureId(1);
const AMOUNT: FeatureId = FeatureId(2);
const RARE: FeatureId = FeatureId(3);

/// The folder of a flat table of these lines.
fn example(lines: &str) -> TempDir {
    let schema = flat_schema(&[
        ("place", "categorical"),
        ("visits", "numeric"),
        ("amount", "numeric"),
        ("rare", "flag"),
    ]);
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("schema.toml"), schema).unwrap();
    fs::write(dir.path().join("rows.csv"), lines).unwrap();
    dir
}

/// Rows with 300 places, 90 numbers of visits, as many amounts as rows, and a flag that hardly any has.
fn lines() -> String {
    let mut lines = "clicked,place,visits,amount,rare\n".to_owned();
    for row in 0..ROWS {
        let place = if row % 11 == 0 { String::new() } else { format!("p{}", (row * 7) % 300) };
        let visits = if row % 13 == 0 { String::new() } else { ((row * row) % 90).to_string() };
        let amount = (row * 7_919 % ROWS) as f64 / 8.0;
        let rare = if row % 10_000 == 9_999 { "yes" } else { "" };
        writeln!(lines, "{},{place},{visits},{amount},{rare}", row % 3 % 2).unwrap();
    }
    lines
}

fn load(dir: &TempDir, rows_exact: usize) -> Result<Bundle, DataError> {
    Bundle::load_rounded(dir.path(), Schema::load(dir.path())?, rows_exact, &derive)
}

fn rows(dir: &TempDir, rows_exact: usize) -> Dataset {
    let bundle = load(dir, rows_exact).unwrap();
    bundle.dataset(Response::Click, &|_, _| true).unwrap()
}

#[test]
fn a_large_table_has_the_cells_of_the_exact_one_but_for_rounding() {
    let dir = example(&lines());
    let (exact, rounded) = (rows(&dir, ROWS), rows(&dir, ROWS - 1));
    assert_eq!(exact.outcome, rounded.outcome);
    assert_eq!([&exact, &rounded].map(|data| data.table.column(AMOUNT).is_rounded()), [false, true]);
    for row in 0..ROWS {
        for feature in [PLACE, VISITS, RARE] {
            let cell = |data: &'_ Dataset| format!("{:?}", data.table.column(feature).cell(row));
            assert_eq!(cell(&exact), cell(&rounded), "row {row}, feature {feature:?}");
        }
        let amount = |data: &Dataset| match data.table.column(AMOUNT).cell(row) {
            Cell::Number(amount) => amount,
            cell => panic!("row {row}: {cell:?}"),
        };
        let (exact, rounded) = (amount(&exact), amount(&rounded));
        // One interval of 253 is 75 of 18,750 wide.
        assert!((exact - rounded).abs() < 80.0, "row {row}: {exact} became {rounded}");
    }
}

#[test]
fn a_bad_cell_beyond_the_first_rows_is_told_by_its_line() {
    let mut lines = lines();
    lines.push_str("1,p1,much,1,no\n");
    let dir = example(&lines);
    let error = load(&dir, 100).unwrap_err().to_string();
    let said = format!("rows.csv: line {}, column visits must be a finite number", ROWS + 2);
    assert!(error.ends_with(&said), "{error}");
}

#[test]
fn the_same_rows_are_rounded_to_the_same_cells() {
    let dir = example(&lines());
    assert_eq!(rows(&dir, 100), rows(&dir, 100));
}
