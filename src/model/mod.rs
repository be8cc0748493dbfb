//! Interpretable models: a closed enum, one attribute path.
//!
//! A model has an intercept and terms. For a row it gives one contribution per term, as fixed-point
//! [`Nats`]; the score (log-odds) is the intercept plus their sum, and there is no other way to get
//! it. A kind whose score is not such a sum cannot be added.

mod fit;

pub use fit::{FitData, FitError, NoProgress, Progress};

use serde::{Deserialize, Serialize};

use crate::domain::{Cell, FeatureId, Nats};

/// An interpretable model of the log-odds of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Model {}

/// Which kind of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Weights on standardised or one-hot columns.
    Linear,
    /// One decision tree.
    Tree,
    /// A sum of shape functions.
    Additive,
}

/// One additive part of a model; its contribution is one line of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Term {
    /// Of one feature.
    Feature(FeatureId),
    /// Of two features together, beyond each alone.
    Pair(FeatureId, FeatureId),
}

impl Model {
    /// The terms, in the order of [`Model::attribute`].
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        match *self {}
    }

    /// The score of a row of which everything is average over the training rows.
    #[must_use]
    pub fn intercept(&self) -> Nats {
        match *self {}
    }

    /// Writes the contribution of each term for one row.
    ///
    /// `row` has one cell per feature of the schema, in schema order; `contributions` one share per
    /// term. Missing, unseen and withheld cells are told apart; a withheld one contributes 0.
    pub fn attribute(&self, _row: &[Cell<'_>], _contributions: &mut [Nats]) {
        match *self {}
    }
}
