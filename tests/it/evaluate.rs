//! `limpid evaluate`: what it measures, and the report that it writes.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::binary::{assert_fails, limpid};
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
