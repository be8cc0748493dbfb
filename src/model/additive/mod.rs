//! The additive model: an intercept and one shape function per feature.
//!
//! Generalised additive models with boosted shapes after Lou, Caruana and Gehrke 2012 (mains) and
//! Nori et al. 2019 (`InterpretML`'s explainable boosting machine). A contribution is one table
//! look-up, so an account costs what a prediction costs.

mod bag;
mod boost;
mod calibrate;
mod histogram;
mod params;
mod step;

pub use boost::{fit, fit_from};
pub use params::{AdditiveParams, ValidAdditiveParams};

use serde::{Deserialize, Serialize};

use super::{Bins, Term};
use crate::data::Table;
use crate::domain::{Cell, FeatureId, FieldError, Nats};

/// An intercept and one shape function per feature.
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
    /// How many distinct people each bin was learned from: 0, or at least the floor.
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
}

impl AdditiveModel {
    /// A model of these tables.
    ///
    /// # Errors
    /// When features are not distinct and ascending, or a table does not fit its bins.
    pub fn new(intercept: Nats, shapes: Vec<ShapeFunction>) -> Result<Self, FieldError> {
        if !shapes.is_sorted_by(|a, b| a.feature < b.feature) {
            return Err(FieldError::new("shapes", "must have distinct features in ascending order"));
        }
        for (i, shape) in shapes.iter().enumerate() {
            shape.check().map_err(|error| error.under(format!("shapes[{i}]")))?;
        }
        let terms = shapes.iter().map(|shape| Term::Feature(shape.feature)).collect();
        Ok(Self { intercept, terms, shapes })
    }

    /// One term per shape function, in ascending order of features.
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

    /// The shape function of `feature`, if it has one.
    #[must_use]
    pub fn shape(&self, feature: FeatureId) -> Option<&ShapeFunction> {
        let at = self.shapes.binary_search_by_key(&feature, |shape| shape.feature).ok()?;
        self.shapes.get(at)
    }

    /// Writes the contribution of each term for one row; a withheld cell's is 0.
    pub fn attribute(&self, row: &[Cell<'_>], contributions: &mut [Nats]) {
        for (shape, contribution) in self.shapes.iter().zip(contributions) {
            *contribution = shape.score(row[shape.feature.index()]);
        }
    }

    /// The score of every row of `table`: its contributions, summed.
    fn scores(&self, table: &Table) -> Vec<Nats> {
        super::scores(table, &[], self.terms.len(), |row, contributions| {
            self.attribute(row, contributions);
            self.intercept
        })
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
        let count = self.bins.count();
        let lens = [
            ("scores", self.scores.len()),
            ("bands", self.bands.len()),
            ("people", self.people.len()),
            ("rows", self.rows.len()),
        ];
        for (table, len) in lens {
            if len != count {
                return Err(FieldError::new(table, format!("must have {count} entries, has {len}")));
            }
        }
        Ok(())
    }
}

impl TryFrom<Tables> for AdditiveModel {
    type Error = FieldError;
    fn try_from(tables: Tables) -> Result<Self, FieldError> {
        Self::new(tables.intercept, tables.shapes)
    }
}

impl From<AdditiveModel> for Tables {
    fn from(model: AdditiveModel) -> Self {
        Self { intercept: model.intercept, shapes: model.shapes }
    }
}
