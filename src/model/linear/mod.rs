//! The linear model: a weight on each column of an encoded row.
//!
//! Logistic regression with an L2 penalty, by linfa. A feature's columns (its standardised number or
//! its bins or categories, and the indicator that it is missing) count together as one contribution:
//! weight x (value - training mean), summed.

mod encode;
mod fit;
mod params;

pub use fit::fit;
pub use params::{Encoding, LinearParams, ValidLinearParams};

use serde::{Deserialize, Serialize};

use super::Term;
use super::bin::Bins;
use crate::domain::{Cell, FeatureId, FieldError, Nats};

/// An intercept, and what the value of each feature adds to it.
///
/// Every part is centred: its mean over the training rows in which the feature was not withheld is
/// 0 to within rounding, so the intercept is the score of an average row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct LinearModel {
    intercept: Nats,
    terms: Vec<Term>,
    parts: Vec<Part>,
}

/// What the value of one feature adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The feature.
    pub feature: FeatureId,
    /// What its value adds.
    pub curve: Curve,
}

/// From a value to a contribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Curve {
    /// A number on a straight line.
    Line(Line),
    /// A step per bin or category.
    Steps {
        /// How values become bins.
        bins: Bins,
        /// What each bin adds: [`Bins::count`] entries.
        scores: Vec<Nats>,
    },
}

/// slope x (number - mean) + offset, quantised once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Nats per unit of the number.
    pub slope: f64,
    /// Training mean of the numbers that were known.
    pub mean: f64,
    /// A number below counts as this one: rare extremes neither steer the fit nor the answer.
    pub lowest: f64,
    /// A number above counts as this one.
    pub highest: f64,
    /// Nats that any known number adds, for not being missing.
    pub offset: f64,
    /// What a missing number adds.
    pub missing: Nats,
}

/// What an artefact holds of the model; made into one only when every part is sound.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    intercept: Nats,
    parts: Vec<Part>,
}

impl LinearModel {
    /// A model of these parts.
    ///
    /// # Errors
    /// When features are not distinct and ascending, or a part is not sound.
    pub fn new(intercept: Nats, parts: Vec<Part>) -> Result<Self, FieldError> {
        if !parts.is_sorted_by(|a, b| a.feature < b.feature) {
            return Err(FieldError::new("parts", "must have distinct features in ascending order"));
        }
        for (i, part) in parts.iter().enumerate() {
            part.curve.check().map_err(|error| error.under(format!("parts[{i}]")))?;
        }
        let terms = parts.iter().map(|part| Term::Feature(part.feature)).collect();
        Ok(Self { intercept, terms, parts })
    }

    /// One term per feature.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The score of an average row.
    #[must_use]
    pub const fn intercept(&self) -> Nats {
        self.intercept
    }

    /// The parts, in the order of the terms.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Writes the contribution of each term; see [`super::Model::attribute`].
    pub fn attribute(&self, row: &[Cell<'_>], contributions: &mut [Nats]) {
        for (part, contribution) in self.parts.iter().zip(contributions) {
            *contribution = part.curve.at(row[part.feature.index()]);
        }
    }
}

impl Curve {
    /// What `cell` adds; 0 when it is withheld.
    fn at(&self, cell: Cell<'_>) -> Nats {
        match self {
            Self::Line(line) => line.at(cell),
            Self::Steps { bins, scores } => bins.encode(cell).map_or(Nats::ZERO, |bin| scores[bin]),
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Line(line) => line.check(),
            Self::Steps { bins, scores } => {
                bins.check()?;
                if scores.len() == bins.count() {
                    return Ok(());
                }
                let rule = format!("must be {}, one per bin, are {}", bins.count(), scores.len());
                Err(FieldError::new("scores", rule))
            }
        }
    }
}

impl Line {
    fn at(&self, cell: Cell<'_>) -> Nats {
        match cell {
            Cell::Number(number) if number.is_nan() => self.missing,
            Cell::Number(number) => {
                let number = number.clamp(self.lowest, self.highest);
                Nats::from_f64(self.slope * (number - self.mean) + self.offset)
            }
            Cell::Missing => self.missing,
            // No number has this type; it says nothing.
            Cell::Category(_) | Cell::Withheld => Nats::ZERO,
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        let numbers = [
            ("slope", self.slope),
            ("mean", self.mean),
            ("lowest", self.lowest),
            ("highest", self.highest),
            ("offset", self.offset),
        ];
        if let Some((field, _)) = numbers.iter().find(|(_, number)| !number.is_finite()) {
            return Err(FieldError::new(*field, "must be finite"));
        }
        if self.lowest > self.highest {
            return Err(FieldError::new("lowest", "must not be above highest"));
        }
        Ok(())
    }
}

impl TryFrom<Parts> for LinearModel {
    type Error = FieldError;
    fn try_from(parts: Parts) -> Result<Self, FieldError> {
        Self::new(parts.intercept, parts.parts)
    }
}

impl From<LinearModel> for Parts {
    fn from(model: LinearModel) -> Self {
        Self { intercept: model.intercept, parts: model.parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let missing = Nats::from_f64(-0.25);
        Line { slope: 2.0, mean: 3.0, lowest: 0.0, highest: 5.0, offset: 0.5, missing }
    }

    fn model(curve: Curve) -> LinearModel {
        LinearModel::new(Nats::ZERO, vec![Part { feature: FeatureId(0), curve }]).unwrap()
    }

    fn contribution(model: &LinearModel, cell: Cell<'_>) -> f64 {
        let mut contributions = [Nats::from_f64(9.0)];
        model.attribute(&[cell], &mut contributions);
        contributions[0].to_f64()
    }

    #[test]
    fn a_number_adds_slope_times_its_distance_from_the_mean() {
        let model = model(Curve::Line(line()));
        assert_eq!(contribution(&model, Cell::Number(4.0)), 2.5);
        assert_eq!(contribution(&model, Cell::Number(1e300)), 4.5);
        assert_eq!(contribution(&model, Cell::Number(f64::NEG_INFINITY)), -5.5);
    }

    #[test]
    fn missing_unseen_and_withheld_are_told_apart() {
        let bins = Bins::Levels(vec!["a".into(), "b".into()]);
        let scores = [0.1, 0.2, 0.3, 0.4].map(Nats::from_f64).to_vec();
        let steps = model(Curve::Steps { bins, scores: scores.clone() });
        let cells = [Cell::Missing, Cell::Category("never seen"), Cell::Category("a"), Cell::Category("b")];
        for (cell, expected) in cells.into_iter().zip(scores) {
            assert_eq!(contribution(&steps, cell), expected.to_f64());
        }
        assert_eq!(contribution(&steps, Cell::Withheld), 0.0);
        let line = model(Curve::Line(line()));
        assert_eq!(contribution(&line, Cell::Missing), -0.25);
        assert_eq!(contribution(&line, Cell::Number(f64::NAN)), -0.25);
        assert_eq!(contribution(&line, Cell::Category("text")), 0.0);
        assert_eq!(contribution(&line, Cell::Withheld), 0.0);
    }

    #[test]
    fn parts_that_are_not_sound_are_refused_by_their_rule() {
        let error = |curve: Curve| {
            LinearModel::new(Nats::ZERO, vec![Part { feature: FeatureId(0), curve }]).unwrap_err().to_string()
        };
        assert_eq!(error(Curve::Line(Line { slope: f64::NAN, ..line() })), "parts[0].slope: must be finite");
        assert_eq!(
            error(Curve::Line(Line { lowest: 6.0, ..line() })),
            "parts[0].lowest: must not be above highest"
        );
        let short = Curve::Steps { bins: Bins::Cuts(vec![1.0]), scores: vec![Nats::ZERO; 3] };
        assert_eq!(error(short), "parts[0].scores: must be 4, one per bin, are 3");
        let falling = Curve::Steps { bins: Bins::Cuts(vec![1.0, 0.0]), scores: vec![Nats::ZERO; 5] };
        assert_eq!(error(falling), "parts[0].cuts: must be distinct and ascending");
        let part = Part { feature: FeatureId(0), curve: Curve::Line(line()) };
        assert_eq!(
            LinearModel::new(Nats::ZERO, vec![part.clone(), part]).unwrap_err().to_string(),
            "parts: must have distinct features in ascending order"
        );
    }

    #[test]
    fn an_edited_artefact_is_refused() {
        let model = model(Curve::Line(line()));
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<LinearModel>(&text).unwrap(), model);
        let error = serde_json::from_str::<LinearModel>(&text.replace("\"highest\":5.0", "\"highest\":-5.0"));
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("parts[0].lowest: must not be above highest"), "{error}");
    }
}
