//! Consent profiles: one model per set of accepted purposes, and what restores the mean when
//! single data are withheld.
//!
//! A personal term set to 0 in a model that was fitted on everything leaves the rest predicting too
//! much or too little. So whoever gives nothing is scored by a model that never knew personal data;
//! and whoever gives some by the full model with one constant per set of withheld features.

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
        Ok(Self { contextual, full, features, offsets })
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

    /// Writes the contribution of each term of the model of `profile` for `row`, and returns the
    /// withheld offset that completes its account.
    ///
    /// None when the profile has no constant for what is withheld in `row`: the caller then scores
    /// with the contextual profile, which needs none.
    pub fn attribute(&self, row: &[Cell<'_>], profile: Profile, contributions: &mut [Nats]) -> Option<Nats> {
        let offset = self.offset(row, profile)?;
        self.model(profile).attribute(row, contributions);
        Some(offset)
    }

    /// The constant that goes with what is withheld in `row`: 0 when that is nothing which the
    /// model of `profile` uses, None when the set has no constant.
    #[must_use]
    pub fn offset(&self, row: &[Cell<'_>], profile: Profile) -> Option<Nats> {
        match profile {
            Profile::Contextual => Some(Nats::ZERO),
            Profile::Full => {
                let withheld = || {
                    let features = self.features.iter().copied();
                    features.filter(|feature| row[feature.index()] == Cell::Withheld)
                };
                if withheld().next().is_none() {
                    return Some(Nats::ZERO);
                }
                let known =
                    self.offsets.iter().find(|known| withheld().eq(known.features.iter().copied()))?;
                Some(known.offset)
            }
        }
    }
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
        Ok(Self { contextual, full, features, offsets })
    }
}

impl From<Profiled> for Stored {
    fn from(profiled: Profiled) -> Self {
        let Profiled { contextual, full, features: _, offsets } = profiled;
        Self { contextual, full, offsets }
    }
}
