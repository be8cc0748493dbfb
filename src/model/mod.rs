//! Interpretable models: a closed enum, one attribute path.
//!
//! A model has an intercept and terms. For a row it gives one contribution per term, as fixed-point
//! [`Nats`]; the score (log-odds) is the intercept plus their sum, and there is no other way to get
//! it. A kind whose score is not such a sum cannot be added.

pub mod additive;
mod artefact;
mod batch;
mod bin;
mod compiled;
mod fit;
mod fold;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod known_truth;
pub mod linear;
pub mod link;
pub mod metrics;
mod packed;
mod profile;
#[cfg(test)]
mod properties;
mod ranges;
mod settings;
pub mod tree;
pub mod tune;

pub use artefact::{
    Artefact, ArtefactError, ArtefactFeature, Edit, EditError, EditRequest, EditedProfile, FeatureType,
    Import, Lineage, MergedPart, Training, check_author, list, load, write_beside,
};
pub use bin::Bins;
pub use compiled::{Code, Compiled, Shared};
pub use fit::{FitData, FitError, NoProgress, Progress};
pub use profile::{ProfileError, Profiled, WithheldOffset};
pub use ranges::ValueRange;
pub use tune::{Tuned, hold_out_people, tune};

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::additive::AdditiveModel;
use self::batch::Batch;
use self::linear::LinearModel;
use self::tree::TreeModel;
use crate::data::Table;
use crate::domain::{Cell, FeatureId, Nats};

/// Rows that are summed as one part.
const ROWS_AT_ONCE: usize = 16_384;

/// An interpretable model of the log-odds of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Model {
    /// A sum of shape functions.
    Additive(AdditiveModel),
    /// Weights on standardised, binned or one-hot columns.
    Linear(LinearModel),
    /// One decision tree.
    Tree(TreeModel),
}

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

impl ModelKind {
    /// The name used in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Tree => "tree",
            Self::Additive => "additive",
        }
    }
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
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> ModelKind {
        match self {
            Self::Linear(_) => ModelKind::Linear,
            Self::Tree(_) => ModelKind::Tree,
            Self::Additive(_) => ModelKind::Additive,
        }
    }

    /// The terms, in the order of [`Model::attribute`].
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        match self {
            Self::Additive(model) => model.terms(),
            Self::Linear(model) => model.terms(),
            Self::Tree(model) => model.terms(),
        }
    }

    /// The score of a row of which everything is average over the training rows.
    #[must_use]
    pub fn intercept(&self) -> Nats {
        match self {
            Self::Additive(model) => model.intercept(),
            Self::Linear(model) => model.intercept(),
            Self::Tree(model) => model.intercept(),
        }
    }

    /// Writes the contribution of each term for one row.
    ///
    /// `row` has one cell per feature of the schema, in schema order; `contributions` one share per
    /// term. Missing, unseen and withheld cells are told apart; a withheld one contributes 0.
    pub fn attribute(&self, row: &[Cell<'_>], contributions: &mut [Nats]) {
        match self {
            Self::Additive(model) => model.attribute(row, contributions),
            Self::Linear(model) => model.attribute(row, contributions),
            Self::Tree(model) => model.attribute(row, contributions),
        }
    }

    /// The features of the terms, distinct and ascending.
    #[must_use]
    pub fn features(&self) -> Vec<FeatureId> {
        let of_term = |term: &Term| match *term {
            Term::Feature(feature) => [feature, feature],
            Term::Pair(a, b) => [a, b],
        };
        let mut features: Vec<FeatureId> = self.terms().iter().flat_map(of_term).collect();
        features.sort_unstable();
        features.dedup();
        features
    }

    /// The score of every row of `table` with the cells of `withheld` withheld as well: its
    /// contributions, summed.
    #[must_use]
    pub fn scores(&self, table: &Table, withheld: &[FeatureId]) -> Vec<Nats> {
        self.map_scores(table, withheld, |_, score| score)
    }

    /// What `of` makes of the number and the score of every row.
    fn map_scores<T: Send>(
        &self,
        table: &Table,
        withheld: &[FeatureId],
        of: impl Fn(usize, Nats) -> T + Sync,
    ) -> Vec<T> {
        let batch = Batch::new(self, table, withheld);
        let rows = (0..table.rows()).into_par_iter();
        rows.map_init(|| batch.buffers(), |buffers, row| of(row, batch.score(row, buffers))).collect()
    }

    /// The mean absolute contribution of each term over the rows of `table`, in nats.
    #[must_use]
    pub fn importances(&self, table: &Table) -> Vec<f64> {
        let batch = Batch::new(self, table, &[]);
        let of_rows = |rows: Range<usize>| {
            let mut buffers = batch.buffers();
            let mut sums = vec![0.0; self.terms().len()];
            for row in rows {
                for (sum, contribution) in sums.iter_mut().zip(batch.attribute(row, &mut buffers)) {
                    *sum += contribution.abs().to_f64();
                }
            }
            sums
        };
        // Parts of fixed size, summed in order: threads do not change the result.
        let parts = (0..table.rows().div_ceil(ROWS_AT_ONCE)).into_par_iter().map(|part| {
            let start = part * ROWS_AT_ONCE;
            of_rows(start..table.rows().min(start + ROWS_AT_ONCE))
        });
        let mut sums = vec![0.0; self.terms().len()];
        for part in parts.collect::<Vec<_>>() {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        sums.iter().map(|sum| sum / (table.rows().max(1) as f64)).collect()
    }
}
