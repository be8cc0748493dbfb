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
    ValueFacts::Level { name: name.to_owned(), label: None }
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
        models: vec![
            ModelFacts {
                profile: "full".to_owned(),
                knows: "Everything.".to_owned(),
                fitted_on: "all rows".to_owned(),
                intercept: -1.25,
                shapes: shapes(),
                pairs: (1..13).map(pair).collect(),
            },
            ModelFacts {
                profile: "contextual".to_owned(),
                knows: "Little.".to_owned(),
                fitted_on: "all rows".to_owned(),
                intercept: -1.5,
                shapes: shapes()[..1].to_vec(),
                pairs: vec![pair(1)],
            },
        ],
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
    let svg = shape::shape(&shapes()[1], "full");
    let whole = NASTY.replace('\u{0}', " ");
    assert!(texts(&svg, "title").contains(&whole), "{svg}");
    assert!(texts(&svg, "text").iter().any(|text| text.contains('…')), "{svg}");
    assert!(!texts(&svg, "text").contains(&whole), "{svg}");
}

#[test]
fn a_level_is_told_by_its_label_and_by_its_name_in_the_data() {
    let ice = ValueFacts::Level { name: "FRZN ICE".to_owned(), label: Some("ice cream".to_owned()) };
    let mut shape = shapes()[1].clone();
    shape.bins.push(bin(ice.clone(), 0.2, 9));
    let svg = shape::shape(&shape, "full");
    for text in ["ice cream", "FRZN ICE"] {
        assert!(texts(&svg, "text").iter().any(|there| there == text), "{text}: {svg}");
    }
    assert!(texts(&svg, "title").iter().any(|told| told.starts_with("ice cream (FRZN ICE): +0.20")), "{svg}");
    let mut pair = pair(3);
    pair.sides[0].bins[3] = ice;
    let svg = heat::heat_map(&pair, "full");
    assert!(texts(&svg, "text").contains(&"ice cream".to_owned()), "{svg}");
    assert!(texts(&svg, "title").contains(&"ice cream (FRZN ICE)".to_owned()), "{svg}");
    let json = serde_json::to_value(&shape).unwrap();
    assert_eq!(
        (&json["bins"][3]["name"], &json["bins"][3]["label"]),
        (&"FRZN ICE".into(), &"ice cream".into())
    );
    assert_eq!(json["bins"][2].get("label"), None);
}

#[test]
fn every_picture_of_a_term_names_its_profile() {
    let pictures = report().pictures();
    let of_terms =
        pictures.iter().filter(|picture| !["quality.svg", "reliability.svg"].contains(&&*picture.name));
    for Picture { name, svg, .. } in of_terms {
        let profile = if name.starts_with("contextual-") { "contextual profile" } else { "full profile" };
        assert!(texts(svg, "text").iter().any(|text| text == profile), "{name}");
    }
}

#[test]
fn a_model_without_terms_says_so_and_has_no_pictures() {
    let mut report = report();
    report.models[1].shapes.clear();
    report.models[1].pairs.clear();
    let pictures = report.pictures();
    assert!(pictures.iter().all(|picture| !picture.name.starts_with("contextual-")));
    assert!(
        markdown::markdown(&report, &pictures).contains("It has no terms: every row has the same score.")
    );
}

/// The boxes of the upright texts of a picture: left, top, right, bottom, what.
fn boxes(svg: &str) -> Vec<([f64; 4], String)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let upright = texts.filter(|node| node.attribute("transform").is_none());
    let of = |node: roxmltree::Node<'_, '_>| {
        let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let (class, text) = (node.attribute("class").unwrap(), node.text().unwrap_or_default());
        let (x, y, wide) = (number("x"), number("y"), svg::width(class, text));
        let before = if class.contains("end") {
            wide
        } else if class.contains("middle") {
            wide / 2.0
        } else {
            0.0
        };
        ([x - before, y - 9.0, x - before + wide, y + 2.0], text.to_owned())
    };
    upright.map(of).filter(|(_, text)| !text.is_empty()).collect()
}

#[test]
fn no_text_lies_on_another_or_leaves_its_picture() {
    for Picture { name, svg, .. } in report().pictures() {
        let all = boxes(&svg);
        for (place, (one, text)) in all.iter().enumerate() {
            assert!(one[0] >= 0.0 && one[2] <= 640.0, "{name}: {text} lies at {one:?}");
            for (other, beside) in &all[..place] {
                let meet = one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
                assert!(!meet, "{name}: {text} lies on {beside}");
            }
        }
    }
}

#[test]
fn every_picture_has_colours_for_the_night() {
    for Picture { name, svg, .. } in report().pictures() {
        assert!(svg.contains("@media(prefers-color-scheme:dark)"), "{name}");
        assert!(svg.contains("<rect class=\"paper\""), "{name}");
    }
}

#[test]
fn bins_that_stand_apart_are_drawn_only_when_they_tell_something() {
    let [numbers, levels, nothing] = &shapes()[..] else { panic!("three shapes") };
    let shown = |shape: &ShapeFacts, name: &str| {
        texts(&shape::shape(shape, "full"), "text").iter().any(|text| text == name)
    };
    assert!(shown(numbers, "missing") && !shown(numbers, "any other"));
    assert!(!shown(levels, "missing") && shown(levels, "any other"));
    assert!(!shown(nothing, "missing"));
    let note = "Nobody, or too few people, had it missing; a missing value adds 0.";
    assert!(shown(nothing, note) && !shown(numbers, note));
}

#[test]
fn cells_of_too_few_people_have_no_colour_and_no_score() {
    let told = texts(&heat::heat_map(&pair(3), "full"), "title");
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
    for old in ["shape-99-old.svg", "pair-07-a-b.svg", "contextual-shape-99-old.svg", kept] {
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
    // Two of the whole; of the full profile importances, three features and ten of the twelve pairs; of the
    // contextual one importances, a feature and a pair.
    assert_eq!(named.len(), 19, "{named:?}");
    assert!(there.contains("contextual-shape-01-----up-.svg"), "{there:?}");
    assert!(there.contains("shape-01-----up-.svg"), "{there:?}");
    assert!(text.contains("The 10 most important of 12."), "{text}");
    let [full, contextual] = ["full", "contextual"].map(|profile| {
        text.find(&format!("## The additive model, {profile} profile\n")).unwrap_or_else(|| panic!("{text}"))
    });
    assert!(full < contextual && text[contextual..].contains("Little."), "{text}");
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
