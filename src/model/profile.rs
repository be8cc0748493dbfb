//! Consent profiles: one model per set of accepted purposes, and what restores the mean when
//! single data are withheld.
//!
//! A personal term set to 0 in a model that was fitted on everything leaves the rest predicting too
//! much or too little. So whoever gives nothing is scored by a model that never knew personal data;
//! and whoever gives some by the full model with one constant per set of withheld features.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::link::{offset_for_mean, probability};
use super::{FitError, Model};
use crate::data::Table;
use crate::domain::{Cell, FeatureId, FieldError, Nats, Profile};

/// The models of one response, by consent profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Profiled {
    contextual: Model,
    full: Model,
    /// The features of the full model.
    features: Vec<FeatureId>,
    /// Those of them that the contextual model does not use.
    personal: Vec<FeatureId>,
    /// In ascending order of their features.
    offsets: Vec<WithheldOffset>,
}

/// What an artefact holds of the profiles.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    contextual: Model,
    full: Model,
    offsets: Vec<WithheldOffset>,
}

/// What restores the mean probability when these features are withheld.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldOffset {
    /// The withheld features of the full model, distinct and ascending; never empty.
    pub features: Vec<FeatureId>,
    /// The constant.
    pub offset: Nats,
}

/// Why there is no set of profiles.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// More sets than are worth a constant each.
    #[error("{count} sets of withheld features, at most {max} are provided for")]
    TooManySets {
        /// How many there are.
        count: usize,
        /// How many may be.
        max: usize,
    },
    /// A feature that the table has no column for, or no rows.
    #[error(transparent)]
    Data(#[from] FitError),
}

impl Profiled {
    /// Most sets of withheld features that have a constant.
    pub const SETS_MAX: usize = 64;

    /// Joins the models of the two profiles and solves the constant of each set in `withheld`, over
    /// the rows of `table`: the full model's mean probability with the set withheld becomes what it
    /// is without. Features that the full model does not use do not count.
    ///
    /// # Errors
    /// When there are too many sets, no rows, or a model uses a feature beyond the table.
    pub fn new(
        contextual: Model,
        full: Model,
        table: &Table,
        withheld: &[Vec<FeatureId>],
    ) -> Result<Self, ProfileError> {
        if table.rows() == 0 {
            return Err(FitError::NoRows.into());
        }
        for model in [&contextual, &full] {
            if let Some(feature) = model.features().into_iter().find(|f| f.index() >= table.width()) {
                return Err(FitError::UnknownFeature { feature, width: table.width() }.into());
            }
        }
        let features = full.features();
        let restrict = |set: &Vec<FeatureId>| -> Vec<FeatureId> {
            features.iter().copied().filter(|feature| set.contains(feature)).collect()
        };
        let mut sets: Vec<Vec<FeatureId>> =
            withheld.iter().map(restrict).filter(|set| !set.is_empty()).collect();
        sets.sort_unstable();
        sets.dedup();
        if sets.len() > Self::SETS_MAX {
            return Err(ProfileError::TooManySets { count: sets.len(), max: Self::SETS_MAX });
        }
        let scores_without =
            |set: &[FeatureId]| full.scores(table, set).into_iter().map(Nats::to_f64).collect::<Vec<_>>();
        let mean = scores_without(&[]).into_iter().map(probability).sum::<f64>() / table.rows() as f64;
        let offsets = sets
            .into_iter()
            .map(|features| {
                let offset = Nats::from_f64(offset_for_mean(&scores_without(&features), mean));
                WithheldOffset { features, offset }
            })
            .collect();
        let personal = beyond(&contextual, &features);
        Ok(Self { contextual, full, features, personal, offsets })
    }

    /// The model of `profile`.
    #[must_use]
    pub const fn model(&self, profile: Profile) -> &Model {
        match profile {
            Profile::Contextual => &self.contextual,
            Profile::Full => &self.full,
        }
    }

    /// The constants by set of withheld features.
    #[must_use]
    pub fn offsets(&self) -> &[WithheldOffset] {
        &self.offsets
    }

    /// The profile that serves `row`, and the withheld offset that completes its account.
    ///
    /// The full profile serves when it knows at least one datum that the contextual one does not
    /// use, and has a constant for what is withheld; context serves all others, without an offset.
    #[must_use]
    pub fn choose(&self, row: &[Cell<'_>]) -> (Profile, Nats) {
        let is_withheld = |feature: &FeatureId| row[feature.index()] == Cell::Withheld;
        let knows_more = self.personal.iter().any(|feature| !is_withheld(feature));
        let withheld = || self.features.iter().copied().filter(is_withheld);
        if !knows_more && !self.personal.is_empty() {
            return (Profile::Contextual, Nats::ZERO);
        }
        if withheld().next().is_none() {
            return (Profile::Full, Nats::ZERO);
        }
        let known = self.offsets.iter().find(|known| withheld().eq(known.features.iter().copied()));
        known.map_or((Profile::Contextual, Nats::ZERO), |known| (Profile::Full, known.offset))
    }

    /// The score of every row of `table` as it is served: by the profile of [`Profiled::choose`].
    #[must_use]
    pub fn scores(&self, table: &Table) -> Vec<Nats> {
        let terms = Profile::ALL.map(|profile| self.model(profile).terms().len());
        let terms_max = terms.into_iter().max().unwrap_or_default();
        (0..table.rows())
            .into_par_iter()
            .map_init(
                || (Vec::with_capacity(table.width()), vec![Nats::ZERO; terms_max]),
                |(cells, contributions), row| {
                    table.read_row(row, cells);
                    let (profile, offset) = self.choose(cells);
                    let model = self.model(profile);
                    let contributions = &mut contributions[..model.terms().len()];
                    model.attribute(cells, contributions);
                    model.intercept() + contributions.iter().copied().sum() + offset
                },
            )
            .collect()
    }
}

/// The features of `full` that `contextual` does not use.
fn beyond(contextual: &Model, features: &[FeatureId]) -> Vec<FeatureId> {
    let known = contextual.features();
    features.iter().copied().filter(|feature| known.binary_search(feature).is_err()).collect()
}

impl TryFrom<Stored> for Profiled {
    type Error = FieldError;
    fn try_from(stored: Stored) -> Result<Self, FieldError> {
        let Stored { contextual, full, offsets } = stored;
        let features = full.features();
        for (i, known) in offsets.iter().enumerate() {
            let ascending = known.features.is_sorted_by(|a, b| a < b);
            let used = known.features.iter().all(|feature| features.binary_search(feature).is_ok());
            if known.features.is_empty() || !ascending || !used {
                let rule = "must be distinct features of the full model, ascending";
                return Err(FieldError::new(format!("offsets[{i}].features"), rule));
            }
        }
        let personal = beyond(&contextual, &features);
        Ok(Self { contextual, full, features, personal, offsets })
    }
}

impl From<Profiled> for Stored {
    fn from(profiled: Profiled) -> Self {
        let Profiled { contextual, full, features: _, personal: _, offsets } = profiled;
        Self { contextual, full, offsets }
    }
}
