//! A report of names as unfriendly as data can be.

use std::collections::BTreeSet;
use std::fs;

use super::*;

const NASTY: &str = "a<b> & \"c\" 'd' ]]> | `e` \u{0} very long indeed, far beyond what fits beside an axis";

fn figure(estimate: f64) -> Figure {
    Figure { estimate, low: estimate - 0.01, high: estimate + 0.02 }
}

fn bin(value: ValueFacts, score: f64, rows: u32) -> BinFacts {
    BinFacts { value, score, band: score.abs() / 3.0, rows, people: rows / 2 }
}

fn level(name: &str) -> ValueFacts {
    ValueFacts::Level { name: name.to_owned() }
}

const fn interval(from: Option<f64>, to: Option<f64>) -> ValueFacts {
    ValueFacts::Interval { from, to }
}

/// Numbers with a missing value, levels, and a feature that tells nothing.
fn shapes() -> Vec<ShapeFacts> {
    let shape = |feature: &str, bins| ShapeFacts {
        feature: feature.to_owned(),
        label: NASTY.to_owned(),
        importance: 0.2,
        bins,
    };
    let numbers = vec![
        bin(ValueFacts::Missing, -0.3, 10),
        bin(ValueFacts::Unseen, 0.0, 0),
        bin(interval(None, Some(1.5)), -0.2, 40),
        bin(interval(Some(1.5), Some(2.0)), 0.1, 30),
        bin(interval(Some(2.0), None), 0.6, 20),
    ];
    let levels =
        vec![bin(ValueFacts::Missing, 0.0, 0), bin(ValueFacts::Unseen, 0.1, 4), bin(level(NASTY), 0.4, 8)];
    let nothing = vec![
        bin(ValueFacts::Missing, 0.0, 0),
        bin(ValueFacts::Unseen, 0.0, 0),
        bin(interval(None, None), 0.0, 0),
    ];
    vec![shape("../<up>", numbers), shape("levels", levels), shape("nothing", nothing)]
}

fn pair(people: u32) -> PairFacts {
    let side = |bins: Vec<ValueFacts>| SideFacts { feature: "f/1".to_owned(), label: NASTY.to_owned(), bins };
    let down = vec![ValueFacts::Missing, ValueFacts::Unseen, level(NASTY), level("b")];
    let across =
        vec![ValueFacts::Missing, ValueFacts::Unseen, interval(None, Some(0.5)), interval(Some(0.5), None)];
    PairFacts {
        sides: [side(down), side(across)],
        importance: 0.1,
        scores: vec![0.25; 16],
        bands: vec![0.1; 16],
        rows: vec![7; 16],
        people: (0..16).map(|cell| if cell % 5 == 0 { 0 } else { people }).collect(),
    }
}

fn report() -> Report {
    let contender = |name: &str, auc| Contender {
        name: name.to_owned(),
        auc: Some(figure(auc)),
        auc_within_group: None,
        auc_group_mean: None,
        log_loss: figure(0.31),
        folds: vec![FoldFacts { rows: 50, auc, log_loss: 0.31 }],
        predicted: figure(0.2),
        observed: figure(0.2),
        reliability: vec![Calibration { rows: 9, predicted: 0.1, observed: 0.2 }],
    };
    Report {
        format: Report::FORMAT,
        example: NASTY.to_owned(),
        outcome: NASTY.to_owned(),
        held_out: "some".to_owned(),
        trained: RowCounts { rows: 100, positives: 20 },
        tested: RowCounts { rows: 50, positives: 9 },
        intervals: "Ranges are made up.".to_owned(),
        contenders: vec![contender(NASTY, 0.8), contender("additive", 0.9)],
        model: Some(ModelFacts {
            fitted_on: "all rows".to_owned(),
            intercept: -1.25,
            shapes: shapes(),
            pairs: (1..13).map(pair).collect(),
        }),
        timings: vec![Timing { name: NASTY.to_owned(), fit_seconds: vec![1.5], score_seconds: vec![0.1] }],
    }
}

/// The text of every element of a kind.
fn texts(svg: &str, of: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let elements = document.descendants().filter(|node| node.has_tag_name(of));
    elements.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_picture_is_well_formed_and_shows_names_as_they_are() {
    for Picture { name, svg, .. } in report().pictures() {
        let told = [texts(&svg, "title"), texts(&svg, "text")].concat();
        assert!(!svg.contains("<b>") && !svg.contains("NaN") && !svg.contains("inf"), "{name}: {svg}");
        assert!(
            told.iter().any(|text| text.starts_with("a<b> & \"c\" 'd' ]]>")) || name.starts_with("reliab"),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn what_a_picture_cuts_short_is_told_when_pointed_at() {
    let svg = shape::shape(&shapes()[1]);
    let whole = NASTY.replace('\u{0}', " ");
    assert!(texts(&svg, "title").contains(&whole), "{svg}");
    assert!(texts(&svg, "text").iter().any(|text| text.contains('…')), "{svg}");
    assert!(!texts(&svg, "text").contains(&whole), "{svg}");
}

#[test]
fn bins_that_stand_apart_are_drawn_only_when_they_tell_something() {
    let [numbers, levels, nothing] = &shapes()[..] else { panic!("three shapes") };
    let shown =
        |shape: &ShapeFacts, name: &str| texts(&shape::shape(shape), "text").iter().any(|text| text == name);
    assert!(shown(numbers, "missing") && !shown(numbers, "any other"));
    assert!(!shown(levels, "missing") && shown(levels, "any other"));
    assert!(!shown(nothing, "missing"));
    let note =
        "What it adds to the log-odds, with its 95 % band. It was never missing; a missing value adds 0.";
    assert!(shown(nothing, note) && !shown(numbers, note));
}

#[test]
fn cells_of_too_few_people_have_no_colour_and_no_score() {
    let told = texts(&heat::heat_map(&pair(3)), "title");
    let few = told.iter().filter(|text| text.contains("too few people to learn from (7 rows)"));
    assert_eq!(few.count(), 4);
    assert!(told.contains(&"b; 0.5 and more: too few people to learn from (7 rows)".to_owned()), "{told:?}");
    assert!(told.contains(&"b; below 0.5: +0.25 ± 0.10; 7 rows of 3 people".to_owned()), "{told:?}");
}

#[test]
fn a_folder_holds_the_figures_the_text_and_every_picture_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, kept) = (folder.path().join("new/report"), "notes.txt");
    fs::create_dir_all(&folder).unwrap();
    for old in ["shape-99-old.svg", "pair-07-a-b.svg", kept] {
        fs::write(folder.join(old), "").unwrap();
    }
    report().write(&folder).unwrap();
    let text = fs::read_to_string(folder.join("report.md")).unwrap();
    let named: BTreeSet<String> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let others = ["report.json", "report.md", kept].map(str::to_owned);
    assert_eq!(named.iter().cloned().chain(others).collect::<BTreeSet<_>>(), there);
    // Three of the whole, three features, and ten of the twelve pairs.
    assert_eq!(named.len(), 16, "{named:?}");
    assert!(there.contains("shape-01-----up-.svg"), "{there:?}");
    assert!(text.contains("The 10 most important of 12."), "{text}");
}

#[test]
fn only_timings_differ_between_two_runs() {
    let mut other = report();
    other.timings[0].fit_seconds = vec![99.0];
    let [one, other] = [report(), other].map(|report| {
        let folder = tempfile::tempdir().unwrap();
        report.write(folder.path()).unwrap();
        fs::read_to_string(folder.path().join("report.md")).unwrap()
    });
    let differ: Vec<_> = one.lines().zip(other.lines()).filter(|(a, b)| a != b).collect();
    let [(a, b)] = differ[..] else { panic!("{differ:?}") };
    assert!(a.starts_with("Seconds of each fit") && b.contains("99.0"), "{a}\n{b}");
    assert_eq!(Some(a), one.lines().last());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Report::check_folder(&file.join("report")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be written: ", file.join("report").display())), "{error}");
    assert!(report().write(&file).is_err());
}
