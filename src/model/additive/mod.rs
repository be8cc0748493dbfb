//! The additive model: an intercept, one shape function per feature, and functions of pairs.
//!
//! Generalised additive models with boosted shapes after Lou, Caruana and Gehrke 2012 (mains), Lou et
//! al. 2013 (pairs) and Nori et al. 2019 (`InterpretML`'s explainable boosting machine). A contribution
//! is one table look-up, so an account costs what a prediction costs.

mod boost;
mod calibrate;
mod column;
mod counts;
mod edit;
mod fit;
mod grid;
mod guidance;
mod histogram;
mod interact;
mod interpret;
mod left_out;
mod mass;
mod merge;
mod pair;
mod params;
mod pass;
mod private;
mod purify;
mod step;
#[cfg(test)]
mod truth;

pub use edit::{Before, Change, Edited, Stretch};
pub use fit::{fit, fit_from, fit_guided};
pub use guidance::Guidance;
pub use interpret::InterpretModel;
pub use merge::{Part, merge};
pub use pair::PairFunction;
pub use params::{AdditiveParams, ValidAdditiveParams};
pub use private::{
    Guarantee, KnownValues, Mechanism, Noise, PrivacyUnit, PrivateFit, PrivateParams, PrivateTask,
    ValidPrivateParams, fit_private,
};

use serde::{Deserialize, Serialize};

use super::{Bins, Model, Term};
use crate::data::Table;
use crate::domain::{Cell, FeatureId, FieldError, Nats};

/// An intercept, one shape function per feature, and functions of some pairs of these features.
///
/// Every table is centred: its mean over the training rows in which the feature was not withheld
/// is 0 (to the unit), so that the intercept is the score of an average row and a contribution says
/// by how much a value differs from the average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Tables", into = "Tables")]
pub struct AdditiveModel {
    intercept: Nats,
    terms: Vec<Term>,
    shapes: Vec<ShapeFunction>,
    pairs: Vec<PairFunction>,
    /// Pairs that are as another workbench made them; ascending.
    unpurified: Vec<[FeatureId; 2]>,
}

/// The score of one feature across its bins. All tables have [`Bins::count`] entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeFunction {
    /// The feature.
    pub feature: FeatureId,
    /// How its values become bins.
    pub bins: Bins,
    /// What each bin adds to the score.
    pub scores: Vec<Nats>,
    /// Half the width of each score's 95 % band: 1.96 standard errors by the delete-a-group
    /// jackknife over the outer bags.
    pub bands: Vec<Nats>,
    /// How many distinct people each bin was learned from: 0, or at least the floor. 0 with rows when
    /// that is not known: the model was imported.
    pub people: Vec<u32>,
    /// How many rows each bin was learned from.
    pub rows: Vec<u32>,
}

/// What an artefact holds of the model; made into one only when every table fits.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    intercept: Nats,
    shapes: Vec<ShapeFunction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<PairFunction>,
    /// The pairs of an imported model that are as they came: not purified. Of all others it is checked
    /// that they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unpurified: Vec<[FeatureId; 2]>,
}

impl AdditiveModel {
    /// A model of these tables.
    ///
    /// # Errors
    /// When features or pairs are not distinct and ascending, a pair is of a feature without a shape
    /// function, a table does not fit its bins, or a pair is not purified.
    pub fn new(
        intercept: Nats,
        shapes: Vec<ShapeFunction>,
        pairs: Vec<PairFunction>,
    ) -> Result<Self, FieldError> {
        Self::checked(Tables { intercept, shapes, pairs, unpurified: Vec::new() })
    }

    /// A model of these tables whose pairs are as they came: not purified, which the artefact states.
    /// An account is exact all the same; but what a pair holds, one of its features may tell alone.
    ///
    /// # Errors
    /// As [`AdditiveModel::new`], save that no pair has to be purified.
    pub fn unpurified(
        intercept: Nats,
        shapes: Vec<ShapeFunction>,
        pairs: Vec<PairFunction>,
    ) -> Result<Self, FieldError> {
        let unpurified = pairs.iter().map(|pair| pair.features).collect();
        Self::checked(Tables { intercept, shapes, pairs, unpurified })
    }

    fn checked(tables: Tables) -> Result<Self, FieldError> {
        let Tables { intercept, shapes, pairs, unpurified } = tables;
        if !shapes.is_sorted_by(|a, b| a.feature < b.feature) {
            return Err(FieldError::new("shapes", "must have distinct features in ascending order"));
        }
        for (i, shape) in shapes.iter().enumerate() {
            shape.check().map_err(|error| error.under(format!("shapes[{i}]")))?;
        }
        if !pairs.is_sorted_by(|a, b| a.features < b.features) {
            return Err(FieldError::new("pairs", "must have distinct features in ascending order"));
        }
        for (i, pair) in pairs.iter().enumerate() {
            let checked =
                if unpurified.contains(&pair.features) { pair.check_tables() } else { pair.check() };
            checked.map_err(|error| error.under(format!("pairs[{i}]")))?;
            let has_shape = |f: FeatureId| shapes.binary_search_by_key(&f, |shape| shape.feature).is_ok();
            if !pair.features.into_iter().all(has_shape) {
                let rule = "must each have a shape function";
                return Err(FieldError::new(format!("pairs[{i}].features"), rule));
            }
        }
        let known = |features| pairs.binary_search_by_key(features, |pair| pair.features).is_ok();
        if !unpurified.is_sorted_by(|a, b| a < b) || !unpurified.iter().all(known) {
            return Err(FieldError::new("unpurified", "must be distinct pairs of the model, ascending"));
        }
        let mains = shapes.iter().map(|shape| Term::Feature(shape.feature));
        let terms = mains.chain(pairs.iter().map(|pair| Term::Pair(pair.features[0], pair.features[1])));
        Ok(Self { intercept, terms: terms.collect(), shapes, pairs, unpurified })
    }

    /// One term per shape function and pair, each in ascending order of features.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The score of an average row.
    #[must_use]
    pub const fn intercept(&self) -> Nats {
        self.intercept
    }

    /// The shape functions, in the order of the terms.
    #[must_use]
    pub fn shapes(&self) -> &[ShapeFunction] {
        &self.shapes
    }

    /// The functions of pairs, in the order of the terms.
    #[must_use]
    pub fn pairs(&self) -> &[PairFunction] {
        &self.pairs
    }

    /// The pairs that are stated not to be purified, ascending.
    #[must_use]
    pub fn unpurified_pairs(&self) -> &[[FeatureId; 2]] {
        &self.unpurified
    }

    /// The shape function of `feature`, if it has one.
    #[must_use]
    pub fn shape(&self, feature: FeatureId) -> Option<&ShapeFunction> {
        let at = self.shapes.binary_search_by_key(&feature, |shape| shape.feature).ok()?;
        self.shapes.get(at)
    }

    /// The function of a pair, if there is one.
    #[must_use]
    pub fn pair(&self, features: [FeatureId; 2]) -> Option<&PairFunction> {
        let at = self.pairs.binary_search_by_key(&features, |pair| pair.features).ok()?;
        self.pairs.get(at)
    }

    /// Writes the contribution of each term for one row; a withheld cell's is 0.
    pub fn attribute(&self, row: &[Cell<'_>], contributions: &mut [Nats]) {
        let (of_shapes, of_pairs) = contributions.split_at_mut(self.shapes.len());
        for (shape, contribution) in self.shapes.iter().zip(of_shapes) {
            *contribution = shape.score(row[shape.feature.index()]);
        }
        for (pair, contribution) in self.pairs.iter().zip(of_pairs) {
            let [one, other] = pair.features.map(|feature| row[feature.index()]);
            *contribution = pair.score(one, other);
        }
    }

    /// The score of every row of `table`: its contributions, summed.
    fn scores(&self, table: &Table) -> Vec<Nats> {
        Model::Additive(self.clone()).scores(table, &[])
    }
}

impl ShapeFunction {
    /// What `cell` adds to the score: 0 when it is withheld.
    #[must_use]
    pub fn score(&self, cell: Cell<'_>) -> Nats {
        self.bins.encode(cell).map_or(Nats::ZERO, |bin| self.scores[bin])
    }

    /// The mean absolute contribution over the rows that it was learned from, in nats.
    #[must_use]
    pub fn importance(&self) -> f64 {
        let rows: f64 = self.rows.iter().map(|&rows| f64::from(rows)).sum();
        let push = self.scores.iter().zip(&self.rows).map(|(s, &rows)| s.abs().to_f64() * f64::from(rows));
        if rows > 0.0 { push.sum::<f64>() / rows } else { 0.0 }
    }

    fn check(&self) -> Result<(), FieldError> {
        self.bins.check().map_err(|error| error.under("bins"))?;
        check_lengths(self.bins.count(), &self.scores, &self.bands, &self.people, &self.rows)
    }
}

/// Checks that every table of a function has `count` entries.
fn check_lengths(
    count: usize,
    scores: &[Nats],
    bands: &[Nats],
    people: &[u32],
    rows: &[u32],
) -> Result<(), FieldError> {
    let lengths =
        [("scores", scores.len()), ("bands", bands.len()), ("people", people.len()), ("rows", rows.len())];
    match lengths.into_iter().find(|(_, length)| *length != count) {
        Some((table, length)) => {
            Err(FieldError::new(table, format!("must have {count} entries, has {length}")))
        }
        None => Ok(()),
    }
}

impl TryFrom<Tables> for AdditiveModel {
    type Error = FieldError;
    fn try_from(tables: Tables) -> Result<Self, FieldError> {
        Self::checked(tables)
    }
}

impl From<AdditiveModel> for Tables {
    fn from(model: AdditiveModel) -> Self {
        let AdditiveModel { intercept, terms: _, shapes, pairs, unpurified } = model;
        Self { intercept, shapes, pairs, unpurified }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, TableBuilder};
    use proptest::prelude::*;

    /// Score, band and count of one bin.
    type Entry = (f64, f64, u32);

    /// Shape functions of random tables: numbers and categories take turns.
    fn shapes() -> impl Strategy<Value = Vec<ShapeFunction>> {
        let table = proptest::collection::vec((-40.0f64..40.0, 0.0f64..1.0, any::<u32>()), 6);
        proptest::collection::vec((table, -50.0f64..50.0), 1..7).prop_map(|tables| {
            let shape = |(i, (table, low)): (u16, (Vec<Entry>, f64))| ShapeFunction {
                feature: FeatureId(i),
                bins: if i % 2 == 0 {
                    Bins::Cuts(vec![low, low + 1.0 / 3.0, low + 7.0])
                } else {
                    Bins::Levels(["a", "b", "c", "d"].map(str::to_owned).to_vec())
                },
                scores: table.iter().map(|entry| Nats::from_f64(entry.0)).collect(),
                bands: table.iter().map(|entry| Nats::from_f64(entry.1)).collect(),
                people: table.iter().map(|entry| entry.2).collect(),
                rows: table.iter().map(|entry| entry.2).collect(),
            };
            (0..).zip(tables).map(shape).collect()
        })
    }

    fn cell() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            (-60.0f64..60.0).prop_map(Cell::Number),
            proptest::sample::select(vec!["a", "b", "d", "z", ""]).prop_map(Cell::Category),
            Just(Cell::Missing),
            Just(Cell::Withheld),
        ]
    }

    proptest! {
        #[test]
        fn an_account_sums_to_the_score_in_any_order_and_survives_storage(
            intercept in -10.0f64..10.0,
            shapes in shapes(),
            row in proptest::collection::vec(cell(), 7),
            turn in any::<usize>(),
        ) {
            let model = Model::Additive(AdditiveModel::new(Nats::from_f64(intercept), shapes, Vec::new()).unwrap());
            let mut contributions = vec![Nats::from_units(1); model.terms().len()];
            model.attribute(&row, &mut contributions);
            for (term, &contribution) in model.terms().iter().zip(&contributions) {
                let Term::Feature(feature) = term else { unreachable!() };
                prop_assert!(row[feature.index()] != Cell::Withheld || contribution == Nats::ZERO);
            }
            let score = model.intercept() + contributions.iter().copied().sum();
            let mut turned = contributions.clone();
            turned.push(model.intercept());
            let pivot = turn % turned.len();
            turned.rotate_left(pivot);
            turned.reverse();
            prop_assert_eq!(turned.iter().copied().sum::<Nats>(), score);
            let text = serde_json::to_string(&model).unwrap();
            let again: Model = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &model);
            let mut stored = vec![Nats::ZERO; contributions.len()];
            again.attribute(&row, &mut stored);
            prop_assert_eq!(stored, contributions);
        }

        #[test]
        fn a_table_scores_alike_on_any_number_of_threads(
            shapes in shapes(),
            cells in proptest::collection::vec((-60.0f64..60.0, proptest::sample::select(vec!["a", "c", "z"])), 1..60),
        ) {
            let mut builder = TableBuilder::default();
            for i in 0..7 {
                builder.push(if i % 2 == 0 {
                    Column::numeric(cells.iter().map(|cell| Cell::Number(cell.0)))
                } else {
                    Column::categorical(cells.iter().map(|cell| Cell::Category(cell.1)))
                });
            }
            let table = builder.finish().unwrap();
            let model = Model::Additive(AdditiveModel::new(Nats::ZERO, shapes, Vec::new()).unwrap());
            let at = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| model.scores(&table, &[FeatureId(0)]))
            };
            let one = at(1);
            for threads in [2, 3, 7] {
                prop_assert_eq!(at(threads), one.clone());
            }
        }
    }

    #[test]
    fn tables_that_do_not_fit_are_refused() {
        let shape = |feature| ShapeFunction {
            feature: FeatureId(feature),
            bins: Bins::Cuts(Vec::new()),
            scores: vec![Nats::ZERO; 3],
            bands: vec![Nats::ZERO; 3],
            people: vec![0; 3],
            rows: vec![0; 3],
        };
        let error = |shapes| AdditiveModel::new(Nats::ZERO, shapes, Vec::new()).unwrap_err().to_string();
        assert_eq!(error(vec![shape(1), shape(1)]), "shapes: must have distinct features in ascending order");
        let short = ShapeFunction { people: vec![0; 2], ..shape(1) };
        assert_eq!(error(vec![shape(0), short]), "shapes[1].people: must have 3 entries, has 2");
        let unordered = ShapeFunction { bins: Bins::Cuts(vec![2.0, 1.0]), ..shape(0) };
        assert_eq!(error(vec![unordered]), "shapes[0].bins.cuts: must be distinct and ascending");
    }
}
