use super::*;
use crate::domain::Cell;
use proptest::prelude::*;

const CUTS: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0];
const NUMBER: FeatureId = FeatureId(0);
const NAME: FeatureId = FeatureId(1);
/// Bins of the number, those of missing and unseen included.
const COUNT: usize = CUTS.len() + 3;

fn levels() -> Bins {
    Bins::Levels(["a", "b", "c"].map(str::to_owned).to_vec())
}

fn table(count: usize) -> impl Strategy<Value = Vec<(i64, u32)>> {
    proptest::collection::vec((-(1_i64 << 33)..1 << 33, 0_u32..50), count)
}

fn shape(feature: FeatureId, bins: Bins, table: &[(i64, u32)]) -> ShapeFunction {
    ShapeFunction {
        feature,
        bins,
        scores: table.iter().map(|entry| Nats::from_units(entry.0)).collect(),
        bands: vec![Nats::from_units(5); table.len()],
        people: table.iter().map(|entry| entry.1).collect(),
        rows: table.iter().map(|entry| entry.1).collect(),
    }
}

/// A model as it came, of a number, a category and both together.
fn raw() -> impl Strategy<Value = AdditiveModel> {
    (table(COUNT), table(5), table(4 * 5)).prop_map(|(number, name, cells)| {
        let pair = shape(NUMBER, Bins::Cuts(Vec::new()), &cells);
        let pair = PairFunction {
            features: [NUMBER, NAME],
            bins: [Bins::Cuts(vec![3.0]), levels()],
            scores: pair.scores,
            bands: pair.bands,
            people: pair.people,
            rows: pair.rows,
        };
        let shapes = vec![shape(NUMBER, Bins::Cuts(CUTS.to_vec()), &number), shape(NAME, levels(), &name)];
        AdditiveModel::unpurified(Nats::from_units(99), shapes, vec![pair]).unwrap()
    })
}

fn model() -> impl Strategy<Value = AdditiveModel> {
    raw().prop_map(|raw| raw.purified().unwrap())
}

/// A value of each bin of the number.
fn value(bin: usize) -> Cell<'static> {
    match bin {
        0 => Cell::Missing,
        1 => Cell::Category("wrong"),
        _ => Cell::Number([0.5, 1.5, 2.5, 3.5, 4.5, 5.5][bin - 2]),
    }
}

fn score(model: &AdditiveModel, row: &[Cell<'_>]) -> Nats {
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    model.attribute(row, &mut contributions);
    model.intercept() + contributions.into_iter().sum()
}

const NAMES: [Cell<'static>; 5] =
    [Cell::Missing, Cell::Category("z"), Cell::Category("a"), Cell::Category("b"), Cell::Category("c")];

fn range() -> impl Strategy<Value = (usize, usize)> {
    (2..COUNT, 2..COUNT).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (-20.0f64..20.0).prop_map(Change::Set),
        Just(Change::Flatten),
        Just(Change::Increasing),
        Just(Change::Decreasing),
    ]
}

fn mean_of(shape: &ShapeFunction) -> Nats {
    crate::model::additive::mass::mean(&shape.scores, &shape.rows)
}

proptest! {
    #[test]
    fn an_edit_moves_the_scores_of_its_bins_and_no_others_and_can_be_undone(
        model in model(), (first, last) in range(), change in change(),
    ) {
        let stretch = Stretch::Bins { feature: NUMBER, first, last };
        let edited = match model.edit(&stretch, change) {
            Ok(edited) => edited,
            Err(error) => {
                prop_assert_eq!(error.to_string(), "change: leaves every score as it is");
                return Ok(());
            }
        };
        for bin in (0..COUNT).filter(|bin| !(first..=last).contains(bin)) {
            for name in NAMES {
                let row = [value(bin), name];
                prop_assert_eq!(score(&edited.model, &row), score(&model, &row), "bin {}", bin);
            }
        }
        let (is, was) = (edited.model.shape(NUMBER).unwrap(), model.shape(NUMBER).unwrap());
        prop_assert_eq!(mean_of(is), Nats::ZERO);
        let stretch = &is.scores[first..=last];
        match change {
            Change::Set(_) | Change::Flatten => prop_assert!(stretch.iter().all(|score| score == &stretch[0])),
            Change::Increasing => prop_assert!(stretch.is_sorted()),
            Change::Decreasing => prop_assert!(stretch.is_sorted_by(|a, b| a >= b)),
        }
        // All but `set` keep the mean over the rows: by half a unit a row of a block, and the cut.
        if !matches!(change, Change::Set(_)) && was.rows[first..=last].iter().any(|&rows| rows > 0) {
            let moved = edited.model.intercept() - model.intercept();
            prop_assert!(moved.abs() <= Nats::from_units(2), "{}", moved.units());
        }
        prop_assert_eq!(edited.model.restore(&edited.before).unwrap(), model);
    }

    #[test]
    fn an_edit_of_cells_is_purified_again_and_moves_no_other_score(
        model in model(), score_set in -20.0f64..20.0,
    ) {
        let stretch = Stretch::Cells { features: [NUMBER, NAME], first: [2, 3], last: [2, 4] };
        let edited = model.edit(&stretch, Change::Set(score_set)).unwrap();
        let pair = model.pair([NUMBER, NAME]).unwrap();
        for bin in 0..COUNT {
            for (at, name) in NAMES.into_iter().enumerate() {
                let row = [value(bin), name];
                let of_pair = pair.score(row[0], row[1]);
                let is_named = (2..=4).contains(&bin) && (3..=4).contains(&at);
                let expected = if is_named { Nats::from_f64(score_set) - of_pair } else { Nats::ZERO };
                prop_assert_eq!(score(&edited.model, &row), score(&model, &row) + expected);
            }
        }
        prop_assert!(edited.model.unpurified_pairs().is_empty());
        prop_assert_eq!(edited.purified_again, edited.before.shapes.len() == 2);
        prop_assert_eq!(edited.model.restore(&edited.before).unwrap(), model);
    }

    #[test]
    fn cells_of_a_pair_that_is_as_it_came_stay_what_they_are_set_to(model in raw()) {
        let stretch = Stretch::Cells { features: [NUMBER, NAME], first: [2, 3], last: [2, 3] };
        let edited = model.edit(&stretch, Change::Set(1.5)).unwrap();
        prop_assert!(!edited.purified_again && edited.before.shapes.is_empty());
        let pair = edited.model.pair([NUMBER, NAME]).unwrap();
        prop_assert_eq!(pair.score(Cell::Number(0.0), Cell::Category("b")), Nats::from_f64(1.5));
        prop_assert_eq!(edited.model.restore(&edited.before).unwrap(), model);
    }
}

fn plain() -> AdditiveModel {
    let table = [(0, 0), (0, 0), (4, 10), (2, 30), (8, 10), (-16, 10), (0, 0), (1, 0)];
    let table = table.map(|(nats, rows): (i64, u32)| (nats << 32, rows));
    let number = shape(NUMBER, Bins::Cuts(CUTS.to_vec()), &table);
    let name = shape(NAME, levels(), &[(0, 0); 5]);
    AdditiveModel::new(Nats::ZERO, vec![number, name], Vec::new()).unwrap()
}

fn nats(scores: &[Nats]) -> Vec<f64> {
    scores.iter().map(|score| score.to_f64()).collect()
}

#[test]
fn violators_are_pooled_by_their_rows() {
    let after = |first, last, change| {
        let stretch = Stretch::Bins { feature: NUMBER, first, last };
        let edited = plain().edit(&stretch, change).unwrap().model;
        let score = |score: &Nats| *score + edited.intercept();
        nats(&edited.shape(NUMBER).unwrap().scores[2..].iter().map(score).collect::<Vec<_>>())
    };
    // 4 of 10 rows and 2 of 30 become 2.5 of 40.
    assert_eq!(after(2, 4, Change::Increasing), [2.5, 2.5, 8.0, -16.0, 0.0, 1.0]);
    assert_eq!(after(2, 4, Change::Decreasing), [4.0, 3.5, 3.5, -16.0, 0.0, 1.0]);
    let third = Nats::from_f64(20.0 / 60.0).to_f64();
    assert_eq!(after(2, 5, Change::Increasing), [third, third, third, third, 0.0, 1.0]);
    assert_eq!(after(2, 5, Change::Flatten), [third, third, third, third, 0.0, 1.0]);
    // Bins without rows go with their neighbour, or by themselves.
    assert_eq!(after(4, 6, Change::Increasing)[2..5], [-4.0, -4.0, 0.0]);
    assert_eq!(after(5, 6, Change::Decreasing)[3..5], [-16.0; 2]);
    assert_eq!(after(6, 7, Change::Flatten)[4..], [0.5; 2]);
}

#[test]
fn categories_are_edited_by_name() {
    let stretch = Stretch::Levels { feature: NAME, names: vec!["c".to_owned(), "a".to_owned()] };
    let edited = plain().edit(&stretch, Change::Set(0.25)).unwrap().model;
    assert_eq!(nats(&edited.shape(NAME).unwrap().scores), [0.0, 0.0, 0.25, 0.0, 0.25]);
}

#[test]
fn an_edit_that_cannot_be_made_is_refused_by_its_field() {
    let bins = |feature, first, last| Stretch::Bins { feature, first, last };
    let names = |feature, names: &[&str]| Stretch::Levels {
        feature,
        names: names.iter().map(|&name| name.to_owned()).collect(),
    };
    let pair = Stretch::Cells { features: [NUMBER, NAME], first: [2, 2], last: [2, 2] };
    let set = Change::Set(1.0);
    for (stretch, change, message) in [
        (bins(FeatureId(7), 2, 3), set, "feature: the model has no term of it"),
        (pair, set, "feature: the model has no term of the two together"),
        (bins(NUMBER, 3, 2), set, "bins: must be from 0 to 7, the first not after the last, are 3..2"),
        (bins(NUMBER, 2, 8), set, "bins: must be from 0 to 7, the first not after the last, are 2..8"),
        (bins(NUMBER, 2, 3), Change::Set(f64::NAN), "set: must be a number from -20 to 20"),
        (bins(NUMBER, 2, 3), Change::Set(f64::INFINITY), "set: must be a number from -20 to 20"),
        (bins(NUMBER, 2, 3), Change::Set(-20.5), "set: must be a number from -20 to 20"),
        (bins(NUMBER, 0, 3), Change::Increasing, "bins: must be intervals of a number to be made monotone"),
        (bins(NAME, 2, 3), Change::Increasing, "bins: must be intervals of a number to be made monotone"),
        (bins(NAME, 2, 3), Change::Flatten, "change: leaves every score as it is"),
        (names(NAME, &["a", "z"]), set, "levels[1]: the model does not know \"z\""),
        (names(NAME, &[]), set, "levels: must be one at least"),
        (names(NAME, &["a"]), Change::Decreasing, "levels: have no order to be monotone in"),
        (names(NUMBER, &["a"]), set, "levels: the feature is a number and has bins"),
    ] {
        assert_eq!(plain().edit(&stretch, change).unwrap_err().to_string(), message);
    }
}
