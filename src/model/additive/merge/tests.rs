use super::*;
use crate::domain::Cell;
use proptest::prelude::*;

const CUTS: [f64; 6] = [-2.0, -1.0, 0.0, 0.5, 3.0, 8.0];
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Fewest people of a bin.
const FLOOR: u32 = 5;

/// Some of the cuts or names.
fn bins(feature: u16) -> impl Strategy<Value = Bins> {
    proptest::collection::vec(any::<bool>(), 6).prop_map(move |chosen| {
        if feature == 1 {
            Bins::Levels(
                NAMES.iter().zip(&chosen).filter(|(_, c)| **c).map(|(n, _)| (*n).to_owned()).collect(),
            )
        } else {
            Bins::Cuts(CUTS.iter().zip(&chosen).filter(|(_, c)| **c).map(|(cut, _)| *cut).collect())
        }
    })
}

/// Score, band, and people where there are some.
type Entry = (i64, i64, u32);

fn table(count: usize) -> impl Strategy<Value = Vec<Entry>> {
    let people = prop_oneof![Just(0), FLOOR..200];
    proptest::collection::vec((-(1_i64 << 34)..1 << 34, 0..1_i64 << 30, people), count)
}

fn shape(feature: u16) -> impl Strategy<Value = ShapeFunction> {
    let with_table = move |bins: Bins| {
        table(bins.count()).prop_map(move |table| ShapeFunction {
            feature: FeatureId(feature),
            bins: bins.clone(),
            scores: table.iter().map(|entry| Nats::from_units(entry.0)).collect(),
            bands: table.iter().map(|entry| Nats::from_units(entry.1)).collect(),
            people: table.iter().map(|entry| entry.2).collect(),
            rows: table.iter().map(|entry| entry.2 * 2).collect(),
        })
    };
    bins(feature).prop_flat_map(with_table)
}

fn pair(one: u16, other: u16) -> impl Strategy<Value = PairFunction> {
    let with_table = move |(down, along): (Bins, Bins)| {
        table(down.count() * along.count()).prop_map(move |table| PairFunction {
            features: [FeatureId(one), FeatureId(other)],
            bins: [down.clone(), along.clone()],
            scores: table.iter().map(|entry| Nats::from_units(entry.0)).collect(),
            bands: table.iter().map(|entry| Nats::from_units(entry.1)).collect(),
            people: table.iter().map(|entry| entry.2).collect(),
            rows: table.iter().map(|entry| entry.2).collect(),
        })
    };
    (bins(one), bins(other)).prop_flat_map(with_table)
}

/// A model that may lack the third feature or one of two pairs.
fn model() -> impl Strategy<Value = AdditiveModel> {
    let parts = (
        (shape(0), shape(1), shape(2)),
        (pair(0, 1), pair(0, 2)),
        any::<[bool; 3]>(),
        -(1_i64 << 33)..1 << 33,
    );
    parts.prop_map(|((x, y, z), (xy, xz), has, intercept)| {
        let shapes = [Some(x), Some(y), has[0].then_some(z)].into_iter().flatten().collect();
        let pairs = [has[1].then_some(xy), (has[0] && has[2]).then_some(xz)].into_iter().flatten().collect();
        AdditiveModel::unpurified(Nats::from_units(intercept), shapes, pairs).unwrap().purified().unwrap()
    })
}

fn score(model: &AdditiveModel, row: &[Cell<'_>]) -> Nats {
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    model.attribute(row, &mut contributions);
    model.intercept() + contributions.into_iter().sum()
}

fn number() -> impl Strategy<Value = Cell<'static>> {
    let at_cut = proptest::sample::select(CUTS.to_vec());
    prop_oneof![(-3.0f64..9.0).prop_map(Cell::Number), at_cut.prop_map(Cell::Number), Just(Cell::Missing)]
}

fn row() -> impl Strategy<Value = [Cell<'static>; 3]> {
    let name = proptest::sample::select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(Cell::Category);
    (number(), prop_oneof![name, Just(Cell::Missing)], number()).prop_map(|(x, y, z)| [x, y, z])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn the_merged_score_is_the_weighted_mean_of_the_parts_scores(
        models in proptest::collection::vec((model(), 1_u64..1_000_000), 1..5),
        rows in proptest::collection::vec(row(), 20),
    ) {
        let parts: Vec<Part<'_>> = models.iter().map(|(model, rows)| Part { model, rows: *rows }).collect();
        let merged = merge(&parts).unwrap();
        let total: u64 = parts.iter().map(|part| part.rows).sum();
        for row in rows {
            let sum: i128 = parts
                .iter()
                .map(|part| i128::from(score(part.model, &row).units()) * i128::from(part.rows))
                .sum();
            let off = i128::from(score(&merged, &row).units()) * i128::from(total) - sum;
            // Half a unit for the intercept and each term.
            let most = i128::from(total) * (merged.terms().len() as i128 + 1);
            prop_assert!(2 * off.abs() <= most, "{off} of {most}");
        }
    }

    #[test]
    fn the_order_of_the_parts_does_not_change_a_byte(
        models in proptest::collection::vec((model(), 1_u64..1_000_000), 2..5),
        turn in 1_usize..5,
    ) {
        let mut parts: Vec<Part<'_>> = models.iter().map(|(model, rows)| Part { model, rows: *rows }).collect();
        let bytes = serde_json::to_string(&merge(&parts).unwrap()).unwrap();
        let pivot = turn % parts.len();
        parts.rotate_left(pivot);
        parts[1..].reverse();
        prop_assert_eq!(serde_json::to_string(&merge(&parts).unwrap()).unwrap(), bytes);
    }

    #[test]
    fn the_floor_of_people_holds_and_no_row_is_lost(
        models in proptest::collection::vec((model(), 1_u64..1_000_000), 1..5),
    ) {
        let parts: Vec<Part<'_>> = models.iter().map(|(model, rows)| Part { model, rows: *rows }).collect();
        let merged = merge(&parts).unwrap();
        for shape in merged.shapes() {
            prop_assert!(shape.people.iter().all(|&people| people == 0 || people >= FLOOR));
            let of_parts = parts.iter().filter_map(|part| part.model.shape(shape.feature));
            let of_parts: u32 = of_parts.map(|shape| shape.rows.iter().sum::<u32>()).sum();
            prop_assert_eq!(shape.rows.iter().sum::<u32>(), of_parts);
        }
        for pair in merged.pairs() {
            prop_assert!(pair.people.iter().all(|&people| people == 0 || people >= FLOOR));
            let of_parts = parts.iter().filter_map(|part| part.model.pair(pair.features));
            let of_parts: u32 = of_parts.map(|pair| pair.rows.iter().sum::<u32>()).sum();
            prop_assert_eq!(pair.rows.iter().sum::<u32>(), of_parts);
        }
    }
}

/// A model of one feature with a cut.
fn one_cut(cut: f64, scores: [f64; 2], band: f64, people: u32) -> AdditiveModel {
    let entries = |of: [f64; 2]| [0.0, 0.0, of[0], of[1]].map(Nats::from_f64).to_vec();
    let shape = ShapeFunction {
        feature: FeatureId(0),
        bins: Bins::Cuts(vec![cut]),
        scores: entries(scores),
        bands: entries([band; 2]),
        people: vec![0, 0, people, people],
        rows: vec![0, 0, 100, 100],
    };
    AdditiveModel::new(Nats::ZERO, vec![shape], Vec::new()).unwrap()
}

#[test]
fn bins_are_joined_people_add_up_and_bands_shrink() {
    let (one, other) = (one_cut(0.0, [-1.0, 1.0], 0.3, 7), one_cut(5.0, [-2.0, 2.0], 0.4, 9));
    let merged = merge(&[Part { model: &one, rows: 300 }, Part { model: &other, rows: 100 }]).unwrap();
    let shape = &merged.shapes()[0];
    assert_eq!(shape.bins, Bins::Cuts(vec![0.0, 5.0]));
    assert_eq!(shape.people, [0, 0, 16, 16, 16]);
    assert_eq!(shape.rows, [0, 0, 150, 100, 150]);
    // Means of -1.25, 0.25 and 1.25, centred over those rows.
    let expected = [-1.25, 0.25, 1.25].map(|score| score - 25.0 / 400.0);
    for (score, expected) in shape.scores[2..].iter().zip(expected) {
        assert!((score.to_f64() - expected).abs() < 1e-9, "{score} {expected}");
    }
    let band = 0.225_f64.hypot(0.1);
    assert!(shape.bands[2..].iter().all(|found| (found.to_f64() - band).abs() < 1e-9));
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let error = |parts: &[Part<'_>]| merge(parts).unwrap_err().to_string();
    let one = one_cut(0.0, [-1.0, 1.0], 0.3, 7);
    let part = Part { model: &one, rows: 300 };
    assert_eq!(error(&[]), "parts: must be one at least");
    assert_eq!(error(&[part, part]), "parts[1]: is the same model as parts[0]");
    assert_eq!(error(&[Part { rows: 0, ..part }]), "parts[0].rows: must be positive");
    let shape = &one.shapes()[0];
    let named = Bins::Levels(vec!["a".to_owned(), "b".to_owned()]);
    let named = ShapeFunction { bins: named, ..shape.clone() };
    let named = AdditiveModel::new(Nats::ZERO, vec![named], Vec::new()).unwrap();
    assert_eq!(
        error(&[part, Part { model: &named, rows: 1 }]),
        "features[0].bins: must all be of numbers or all of categories"
    );
    let full = ShapeFunction { rows: vec![0, 0, u32::MAX, 0], scores: vec![Nats::ZERO; 4], ..shape.clone() };
    let full = AdditiveModel::new(Nats::ZERO, vec![full], Vec::new()).unwrap();
    assert_eq!(
        error(&[part, Part { model: &full, rows: 1 }]),
        "features[0].rows: must be at most 4294967295 in all"
    );
}
