use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::data::{Column, TableBuilder};
use crate::domain::FeatureId;
use crate::model::Bins;
use crate::model::additive::{AdditiveModel, PairFunction, ShapeFunction};
use crate::model::linear::{Curve, Line, LinearModel, Part};
use crate::model::tree::{Axis, Node, Rule, Scale, Side, TreeModel};

const FEATURES: u16 = 5;
const NAMES: [&str; 5] = ["a", "b", "c", "cc", "d"];

fn bins() -> impl Strategy<Value = Bins> {
    let cuts = proptest::collection::btree_set(-4_i32..4, 0..4);
    let levels = proptest::collection::btree_set(select(&NAMES[..]), 0..4);
    prop_oneof![
        cuts.prop_map(|cuts| Bins::Cuts(cuts.into_iter().map(f64::from).collect())),
        levels.prop_map(|levels| Bins::Levels(levels.into_iter().map(str::to_owned).collect())),
    ]
}

/// A table of so many scores, told apart by their place and `seed`.
fn table(count: usize, seed: usize) -> Vec<Nats> {
    (0..count).map(|place| Nats::from_f64(((place * 37 + seed * 11) % 101) as f64 / 16.0 - 3.0)).collect()
}

/// A shape function per feature and some pairs, whose bins have nothing to do with those of the shapes.
fn additive() -> impl Strategy<Value = Model> {
    let shapes = proptest::collection::vec(bins(), usize::from(FEATURES));
    let pairs = proptest::collection::btree_map((0..FEATURES, 0..FEATURES), (bins(), bins()), 0..6);
    (shapes, pairs).prop_map(|(shapes, pairs)| {
        let shape = |(feature, bins): (u16, Bins)| {
            let count = bins.count();
            ShapeFunction {
                feature: FeatureId(feature),
                bins,
                scores: table(count, usize::from(feature)),
                bands: vec![Nats::ZERO; count],
                people: vec![0; count],
                rows: vec![0; count],
            }
        };
        let pair = |((one, other), (first, second)): ((u16, u16), (Bins, Bins))| {
            let count = first.count() * second.count();
            PairFunction {
                features: [FeatureId(one), FeatureId(other)],
                bins: [first, second],
                scores: table(count, usize::from(one + other)),
                bands: vec![Nats::ZERO; count],
                people: vec![0; count],
                rows: vec![0; count],
            }
        };
        let pairs = pairs.into_iter().filter(|((one, other), _)| one < other).map(pair).collect();
        let shapes = (0..).zip(shapes).map(shape).collect();
        Model::Additive(AdditiveModel::new(Nats::from_f64(-2.5), shapes, pairs).unwrap())
    })
}

/// Steps alone are tables; with a line among them a linear model is none.
fn linear() -> impl Strategy<Value = Model> {
    let parts = proptest::collection::vec((bins(), any::<bool>()), usize::from(FEATURES));
    parts.prop_map(|parts| {
        let lines = parts.iter().filter(|(_, line)| *line).count() > 2;
        let part = |(feature, (bins, line)): (u16, (Bins, bool))| {
            let scores = table(bins.count(), usize::from(feature));
            let (slope, mean, missing) = (0.5, 1.0, Nats::from_f64(0.25));
            let straight = Line { slope, mean, lowest: -3.0, highest: 3.0, offset: -0.125, missing };
            let curve = if line && lines { Curve::Line(straight) } else { Curve::Steps { bins, scores } };
            Part { feature: FeatureId(feature), curve }
        };
        let parts = (0..).zip(parts).map(part).collect();
        Model::Linear(LinearModel::new(Nats::from_f64(-1.0), parts).unwrap())
    })
}

fn tree() -> Model {
    let number = |feature| Axis { feature: FeatureId(feature), scale: Scale::Number };
    let split = |term, below, left| Node::Split {
        term,
        rule: Rule::Below { below, missing: Side::Left },
        left,
        right: left + 1,
    };
    let leaf = |score, rows| Node::Leaf { score: Nats::from_f64(score), rows };
    let nodes =
        vec![split(0, 0.5, 1), leaf(-3.0, 70.0), split(1, -1.0, 3), leaf(-1.0, 20.0), leaf(1.0, 10.0)];
    Model::Tree(TreeModel::new(vec![number(1), number(3)], nodes).unwrap())
}

fn models() -> impl Strategy<Value = Model> {
    prop_oneof![4 => additive(), 3 => linear(), 1 => Just(tree())]
}

/// Every kind of cell in every feature: numbers on and between cuts, named and unnamed categories.
fn cell() -> impl Strategy<Value = Cell<'static>> {
    let extremes = vec![f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0];
    prop_oneof![
        1 => Just(Cell::Missing),
        1 => Just(Cell::Withheld),
        2 => (-10_i32..10).prop_map(|half| Cell::Number(f64::from(half) / 2.0)),
        1 => select(extremes).prop_map(Cell::Number),
        2 => select(&NAMES[..]).prop_map(Cell::Category),
        1 => select(vec!["", "cc?", "d?", "e"]).prop_map(Cell::Category),
    ]
}

fn rows() -> impl Strategy<Value = Vec<[Cell<'static>; FEATURES as usize]>> {
    proptest::collection::vec(proptest::array::uniform5(cell()), 1..12)
}

fn attributed(model: &Model, row: &[Cell<'_>]) -> Vec<Nats> {
    let mut contributions = vec![Nats::from_units(i64::MIN / 4); model.terms().len()];
    model.attribute(row, &mut contributions);
    contributions
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_compiled_model_gives_the_integers_of_the_model(
        model in models(),
        varying in 0_u32..1 << FEATURES,
        shared in proptest::array::uniform5(cell()),
        candidates in rows(),
        junk in cell(),
    ) {
        let varies = |feature: FeatureId| varying >> feature.0 & 1 == 1;
        let compiled = Compiled::new(&model, varies);
        prop_assert_eq!(compiled.terms(), model.terms());
        prop_assert_eq!(compiled.intercept(), model.intercept());
        let mut row = shared;
        for feature in compiled.varying() {
            row[feature.index()] = junk;
        }
        // One request: the buffers of a candidate are those of the one before.
        let mut opened = compiled.share(&row);
        let mut again = compiled.share(&row);
        for candidate in candidates {
            let cells: Vec<Cell<'_>> = compiled.varying().iter().map(|f| candidate[f.index()]).collect();
            for (feature, cell) in compiled.varying().iter().zip(&cells) {
                row[feature.index()] = *cell;
            }
            let expected = attributed(&model, &row);
            prop_assert_eq!(compiled.attribute(&mut opened, &cells), &expected[..]);
            if let Some(codes) = compiled.encode(&cells) {
                prop_assert_eq!(compiled.attribute_encoded(&mut again, &codes), &expected[..]);
            }
        }
    }

    #[test]
    fn a_table_of_rows_gets_the_integers_of_the_model(
        model in models(),
        rows in rows(),
        numeric in 0_u32..1 << FEATURES,
        withheld in any::<Index>(),
    ) {
        let mut builder = TableBuilder::default();
        for feature in 0..usize::from(FEATURES) {
            let cells = rows.iter().map(|row| row[feature]);
            let number = numeric >> feature & 1 == 1;
            builder.push(if number { Column::numeric(cells) } else { Column::categorical(cells) });
        }
        let table = builder.finish().unwrap();
        let withheld = FeatureId(u16::try_from(withheld.index(usize::from(FEATURES))).unwrap());
        let mut sums = vec![0.0; model.terms().len()];
        let mut cells = Vec::new();
        let mut scores = Vec::new();
        for row in 0..table.rows() {
            table.read_row(row, &mut cells);
            for (sum, contribution) in sums.iter_mut().zip(attributed(&model, &cells)) {
                *sum += contribution.abs().to_f64();
            }
            cells[withheld.index()] = Cell::Withheld;
            scores.push(model.intercept() + attributed(&model, &cells).into_iter().sum());
        }
        prop_assert_eq!(model.scores(&table, &[withheld]), scores);
        let means: Vec<f64> = sums.iter().map(|sum| sum / table.rows() as f64).collect();
        prop_assert_eq!(model.importances(&table), means);
    }
}

#[test]
fn a_category_of_many_levels_is_told_by_each_of_its_names() {
    let names: Vec<String> = (0..65_000).map(|level| format!("level {level:05}")).collect();
    let scores: Vec<Nats> = (0..65_002).map(Nats::from_units).collect();
    let curve = Curve::Steps { bins: Bins::Levels(names.clone()), scores };
    let part = Part { feature: FeatureId(0), curve };
    let model = Model::Linear(LinearModel::new(Nats::ZERO, vec![part]).unwrap());
    let compiled = Compiled::new(&model, |_| true);
    let mut shared = compiled.share(&[Cell::Missing]);
    for (level, name) in names.iter().enumerate().step_by(997) {
        let expected = Nats::from_units(i64::try_from(level + Bins::FIRST).unwrap());
        assert_eq!(compiled.attribute(&mut shared, &[Cell::Category(name)]), [expected]);
    }
    assert_eq!(compiled.attribute(&mut shared, &[Cell::Category("level 65000")]), [Nats::from_units(1)]);
    assert_eq!(compiled.attribute(&mut shared, &[Cell::Withheld]), [Nats::ZERO]);
}
