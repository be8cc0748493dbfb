//! Models as functions that can be drawn, and rules that can be read.

use crate::domain::{Feature, FeatureId, Nats};
use crate::model::additive::{AdditiveModel, Before, PairFunction, ShapeFunction};
use crate::model::linear::{Curve, Line, LinearModel};
use crate::model::tree::{Node, Rule, Scale, Side, TreeModel};
use crate::model::{Bins, Model};

/// One term of a model. An additive or linear one has bins, a tree has rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The feature; two for a pair.
    pub features: Vec<String>,
    /// Its score by bin.
    pub bins: Vec<ShapeBin>,
    /// A tree's rules in words: one line a leaf.
    pub rules: Vec<String>,
    /// Whether an edit changed it since it was fitted.
    pub edited: bool,
    /// Whether it is a pair that is as another workbench made it: not purified.
    pub unpurified: bool,
}

/// One bin of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeBin {
    /// What falls into it.
    pub label: String,
    /// Lower edge of an interval.
    pub from: Option<f64>,
    /// Upper edge of an interval.
    pub to: Option<f64>,
    /// Contribution, in log-odds.
    pub score: f64,
    /// Half width of the band in which refits fall, in log-odds.
    pub band: f64,
    /// Distinct people in it at training; 0 where the kind does not keep it, or an imported file does
    /// not say.
    pub people: u64,
}

impl Shape {
    /// A term with bins.
    fn drawn(features: Vec<String>, bins: Vec<ShapeBin>) -> Self {
        Self { features, bins, rules: Vec::new(), edited: false, unpurified: false }
    }
}

/// The terms of a model, with features by name.
pub(super) fn shapes(model: &Model, features: &[Feature]) -> Vec<Shape> {
    match model {
        Model::Additive(model) => additive(model, features),
        Model::Linear(model) => linear(model, features),
        Model::Tree(model) => tree(model, features),
    }
}

pub(super) fn name(feature: FeatureId, features: &[Feature]) -> String {
    features.get(feature.index()).map_or_else(|| format!("feature {}", feature.0), |f| f.name.clone())
}

fn additive(model: &AdditiveModel, features: &[Feature]) -> Vec<Shape> {
    let shapes = model.shapes().iter().map(|shape| feature_shape(shape, features));
    let pairs = model.pairs().iter().map(|pair| {
        let unpurified = model.unpurified_pairs().contains(&pair.features);
        Shape { unpurified, ..pair_shape(pair, features) }
    });
    shapes.chain(pairs).collect()
}

/// The terms that an edit replaced, with features by name.
pub(super) fn replaced(before: &Before, features: &[Feature]) -> Vec<Shape> {
    let shapes = before.shapes.iter().map(|shape| feature_shape(shape, features));
    shapes.chain(before.pairs.iter().map(|pair| pair_shape(pair, features))).collect()
}

fn feature_shape(shape: &ShapeFunction, features: &[Feature]) -> Shape {
    let mut bins = steps(&shape.bins, &shape.scores);
    for ((bin, band), people) in bins.iter_mut().zip(&shape.bands).zip(&shape.people) {
        bin.band = band.to_f64();
        bin.people = u64::from(*people);
    }
    Shape::drawn(vec![name(shape.feature, features)], bins)
}

/// The cells of a pair that enough people were in, each with the bins of both features.
fn pair_shape(pair: &PairFunction, features: &[Feature]) -> Shape {
    let across = pair.bins[1].count();
    let cell = |cell: usize| {
        let [one, other] =
            [(0, cell / across), (1, cell % across)].map(|(i, bin)| describe(&pair.bins[i], bin).0);
        ShapeBin {
            label: format!("{one}; {other}"),
            from: None,
            to: None,
            score: pair.scores[cell].to_f64(),
            band: pair.bands[cell].to_f64(),
            people: u64::from(pair.people[cell]),
        }
    };
    // Of an imported model the people are not known, but the rows are.
    let is_imported = pair.people.iter().all(|&people| people == 0);
    let known =
        (0..pair.scores.len()).filter(|&cell| pair.people[cell] > 0 || (is_imported && pair.rows[cell] > 0));
    let names = pair.features.map(|feature| name(feature, features));
    Shape::drawn(names.to_vec(), known.map(cell).collect())
}

fn linear(model: &LinearModel, features: &[Feature]) -> Vec<Shape> {
    let shapes = model.parts().iter().map(|part| {
        let bins = match &part.curve {
            Curve::Line(line) => ends(line),
            Curve::Steps { bins, scores } => steps(bins, scores),
        };
        Shape::drawn(vec![name(part.feature, features)], bins)
    });
    shapes.collect()
}

fn steps(bins: &Bins, scores: &[Nats]) -> Vec<ShapeBin> {
    let bin = |(index, score): (usize, &Nats)| {
        let (label, from, to) = describe(bins, index);
        ShapeBin { label, from, to, score: score.to_f64(), band: 0.0, people: 0 }
    };
    scores.iter().enumerate().map(bin).collect()
}

/// What falls into a bin: in words, and as an interval if it is one.
fn describe(bins: &Bins, index: usize) -> (String, Option<f64>, Option<f64>) {
    match (bins, index) {
        (_, Bins::MISSING) => ("missing".to_owned(), None, None),
        (_, Bins::UNSEEN) => ("any other".to_owned(), None, None),
        (Bins::Levels(names), _) => (names.get(index - Bins::FIRST).cloned().unwrap_or_default(), None, None),
        (Bins::Cuts(cuts), _) => {
            let from = (index > Bins::FIRST).then(|| cuts[index - Bins::FIRST - 1]);
            let to = cuts.get(index - Bins::FIRST).copied();
            (interval(from, to), from, to)
        }
    }
}

fn interval(from: Option<f64>, to: Option<f64>) -> String {
    match (from, to) {
        (None, None) => "any number".to_owned(),
        (None, Some(to)) => format!("below {to}"),
        (Some(from), None) => format!("{from} and more"),
        (Some(from), Some(to)) => format!("{from} to below {to}"),
    }
}

/// A straight line by its two ends, and what a missing number adds.
fn ends(line: &Line) -> Vec<ShapeBin> {
    let at = |number: f64| ShapeBin {
        label: format!("at {number}"),
        from: Some(number),
        to: Some(number),
        score: line.slope * (number - line.mean) + line.offset,
        band: 0.0,
        people: 0,
    };
    let missing = ShapeBin {
        label: "missing".to_owned(),
        from: None,
        to: None,
        score: line.missing.to_f64(),
        band: 0.0,
        people: 0,
    };
    vec![at(line.lowest), at(line.highest), missing]
}

/// The whole tree as one shape: its terms cannot be drawn apart.
fn tree(model: &TreeModel, features: &[Feature]) -> Vec<Shape> {
    let names = model.axes().iter().map(|axis| name(axis.feature, features)).collect::<Vec<_>>();
    let mut rules = Vec::new();
    read_node(model, &names, 0, &mut Vec::new(), &mut rules);
    vec![Shape { rules, ..Shape::drawn(names, Vec::new()) }]
}

fn read_node(
    model: &TreeModel,
    names: &[String],
    at: usize,
    path: &mut Vec<String>,
    rules: &mut Vec<String>,
) {
    match model.nodes()[at] {
        Node::Leaf { score, rows } => {
            let when = if path.is_empty() { "always".to_owned() } else { path.join(" and ") };
            rules.push(format!("{when}: {:+.3} ({rows:.0} rows)", score.to_f64()));
        }
        Node::Split { term, rule, left, right } => {
            let scale = &model.axes()[term].scale;
            let (yes, no) = conditions(&names[term], scale, rule);
            for (condition, child) in [(yes, left), (no, right)] {
                path.push(condition);
                read_node(model, names, child, path, rules);
                path.pop();
            }
        }
    }
}

/// When a row goes left, and when right, in words.
fn conditions(name: &str, scale: &Scale, rule: Rule) -> (String, String) {
    match (rule, scale) {
        (Rule::Missing, _) => (format!("{name} is missing"), format!("{name} is known")),
        (Rule::Below { below, missing }, Scale::Number) => {
            let (left, right) = or_missing(missing);
            (format!("{name} is below {below}{left}"), format!("{name} is {below} or more{right}"))
        }
        (Rule::Below { below, missing }, Scale::Ranks { levels, ranks, .. }) => {
            let (left, right) = or_missing(missing);
            let low = levels.iter().zip(ranks).filter(|(_, rank)| f64::from(**rank) < below);
            let low = low.map(|(level, _)| level.as_str()).collect::<Vec<_>>().join(", ");
            (format!("{name} is one of [{low}]{left}"), format!("{name} is none of [{low}]{right}"))
        }
    }
}

const fn or_missing(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Left => (" or missing", ""),
        Side::Right => ("", " or missing"),
    }
}
