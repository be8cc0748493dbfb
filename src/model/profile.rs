//! Consent profiles: one model per set of accepted purposes, and what restores the mean when
//! single data are withheld.
//!
//! A personal term set to 0 in a model that was fitted on everything leaves the rest predicting too
//! much or too little. So whoever gives nothing is scored by a model that never knew personal data;
//! and whoever gives some by the full model with one constant per set of withheld features.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
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

    /// Joins models whose constants are known.
    ///
    /// # Errors
    /// When a constant is not of distinct features of the full model, ascending.
    pub fn with_offsets(
        contextual: Model,
        full: Model,
        offsets: Vec<WithheldOffset>,
    ) -> Result<Self, FieldError> {
        Self::try_from(Stored { contextual, full, offsets })
    }

    /// The model of `profile`.
    #[must_use]
    pub const fn model(&self, profile: Profile) -> &Model {
        match profile {
            Profile::Contextual => &self.contextual,
            Profile::Full => &self.full,
        }
    }

    /// The same with another model of a profile, of the same features. Constants stay as they were
    /// solved.
    #[must_use]
    pub(super) fn replaced(mut self, profile: Profile, model: Model) -> Self {
        match profile {
            Profile::Contextual => self.contextual = model,
            Profile::Full => self.full = model,
        }
        self
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
        let batches = Profile::ALL.map(|profile| Batch::new(self.model(profile), table, &[]));
        (0..table.rows())
            .into_par_iter()
            .map_init(
                || (Vec::with_capacity(table.width()), batches.each_ref().map(Batch::buffers)),
                |(cells, buffers), row| {
                    table.read_row(row, cells);
                    let (profile, offset) = self.choose(cells);
                    let place = usize::from(profile == Profile::Full);
                    batches[place].score(row, &mut buffers[place]) + offset
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::additive::{AdditiveParams, ValidAdditiveParams, fit, fit_from};
    use crate::model::known_truth::{FEATURES, KnownTruth};
    use crate::model::{NoProgress, metrics};

    fn quick(seed: u64) -> ValidAdditiveParams {
        let params =
            AdditiveParams { bags: 3, rounds_max: 60, learning_rate: 0.1, seed, ..AdditiveParams::default() };
        params.check().unwrap()
    }

    /// The wave and the count are personal, the category is not.
    const PERSONAL: [FeatureId; 2] = [FEATURES[0], FEATURES[1]];
    const CONTEXT: [FeatureId; 2] = [FEATURES[2], FEATURES[3]];

    fn profiled(truth: &KnownTruth) -> Profiled {
        let contextual = fit(&truth.data(&CONTEXT), &quick(1), &NoProgress).unwrap();
        let full = fit_from(&contextual, &truth.data(&FEATURES), &quick(1), &NoProgress).unwrap();
        let sets = [PERSONAL.to_vec(), vec![FEATURES[0]]];
        Profiled::new(Model::Additive(contextual), Model::Additive(full), &truth.table, &sets).unwrap()
    }

    /// The constant of a set of withheld features.
    fn offset_of(profiled: &Profiled, set: &[FeatureId]) -> Nats {
        profiled.offsets().iter().find(|known| known.features == set).unwrap().offset
    }

    /// Score of each row by the model of `profile`, completed by the constant of what is withheld.
    fn scores(profiled: &Profiled, table: &Table, profile: Profile, withheld: &[FeatureId]) -> Vec<Nats> {
        let offset = if withheld.is_empty() { Nats::ZERO } else { offset_of(profiled, withheld) };
        let scores = profiled.model(profile).scores(table, withheld);
        scores.into_iter().map(|score| score + offset).collect()
    }

    /// A row of which all but `withheld` is permitted, yet not known.
    fn row_without(withheld: &[FeatureId]) -> [Cell<'static>; FEATURES.len()] {
        FEATURES.map(|feature| if withheld.contains(&feature) { Cell::Withheld } else { Cell::Missing })
    }

    fn mean(scores: &[Nats]) -> f64 {
        scores.iter().map(|score| probability(score.to_f64())).sum::<f64>() / scores.len() as f64
    }

    #[test]
    fn masking_everyone_keeps_the_mean_probability_within_two_percent() {
        let profiled = profiled(&KnownTruth::draw(8_000, 11));
        let later = KnownTruth::draw(8_000, 12);
        let unmasked = mean(&scores(&profiled, &later.table, Profile::Full, &[]));
        for withheld in [&PERSONAL[..], &PERSONAL[..1]] {
            let masked = scores(&profiled, &later.table, Profile::Full, withheld);
            assert!((mean(&masked) / unmasked - 1.0).abs() < 0.02, "{} for {unmasked}", mean(&masked));
        }
        // Without the constant it would not: a concave mean falls when scores lose their spread.
        let bare = mean(&profiled.model(Profile::Full).scores(&later.table, &PERSONAL));
        assert!((bare / unmasked - 1.0).abs() > 0.02, "{bare} for {unmasked}");
    }

    #[test]
    fn on_the_training_rows_the_mean_is_restored_exactly() {
        let truth = KnownTruth::draw(4_000, 13);
        let profiled = profiled(&truth);
        let unmasked = mean(&scores(&profiled, &truth.table, Profile::Full, &[]));
        let masked = mean(&scores(&profiled, &truth.table, Profile::Full, &PERSONAL));
        assert!((masked - unmasked).abs() < 1e-9, "{masked} {unmasked}");
    }

    #[test]
    fn whoever_refuses_is_predicted_as_well_as_a_model_of_context_alone_can() {
        let (truth, later) = (KnownTruth::draw(8_000, 14), KnownTruth::draw(8_000, 15));
        let profiled = profiled(&truth);
        let fresh = Model::Additive(fit(&truth.data(&CONTEXT), &quick(99), &NoProgress).unwrap());
        let auc = |scores: &[Nats]| metrics::auc(scores, &later.outcome).unwrap();
        let of_fresh = auc(&fresh.scores(&later.table, &[]));
        // By the contextual profile, and by the full one with all that is personal withheld.
        for (profile, withheld) in [(Profile::Contextual, &[][..]), (Profile::Full, &PERSONAL)] {
            let of_profile = auc(&scores(&profiled, &later.table, profile, withheld));
            assert!((of_profile - of_fresh).abs() < 0.005, "{of_profile} for {of_fresh}");
        }
    }

    #[test]
    fn a_withheld_cell_contributes_nothing() {
        let profiled = profiled(&KnownTruth::draw(2_000, 16));
        let mut contributions = vec![Nats::from_units(7); 4];
        let row = [Cell::Number(0.0), Cell::Withheld, Cell::Category("level 3"), Cell::Missing];
        profiled.model(Profile::Full).attribute(&row, &mut contributions);
        assert_eq!(contributions[1], Nats::ZERO);
        assert_ne!(contributions[2], Nats::ZERO);
    }

    #[test]
    fn the_full_profile_serves_whoever_gives_a_datum_of_their_own_and_has_a_constant() {
        let profiled = profiled(&KnownTruth::draw(2_000, 17));
        assert_eq!(profiled.choose(&row_without(&[])), (Profile::Full, Nats::ZERO));
        let without_wave = profiled.choose(&row_without(&PERSONAL[..1]));
        assert_eq!(without_wave, (Profile::Full, offset_of(&profiled, &PERSONAL[..1])));
        assert_ne!(without_wave.1, Nats::ZERO);
        // Nothing personal is known: the model that never knew any serves.
        assert_eq!(profiled.choose(&row_without(&PERSONAL)), (Profile::Contextual, Nats::ZERO));
        // No constant is known for this set.
        assert_eq!(profiled.choose(&row_without(&PERSONAL[1..])), (Profile::Contextual, Nats::ZERO));
    }

    #[test]
    fn rows_are_scored_by_the_profile_that_serves_them() {
        let truth = KnownTruth::draw(1_000, 20);
        let profiled = profiled(&truth);
        let all = profiled.scores(&truth.table);
        assert_eq!(all, scores(&profiled, &truth.table, Profile::Full, &[]));
    }

    #[test]
    fn sets_are_told_apart_only_by_what_the_full_model_uses() {
        let truth = KnownTruth::draw(1_000, 18);
        let model = Model::Additive(fit(&truth.data(&FEATURES[..3]), &quick(1), &NoProgress).unwrap());
        let sets = [vec![FEATURES[3], FEATURES[0]], vec![FEATURES[0]], vec![FEATURES[3]], vec![]];
        let profiled = Profiled::new(model.clone(), model.clone(), &truth.table, &sets).unwrap();
        let features: Vec<_> = profiled.offsets().iter().map(|known| known.features.clone()).collect();
        assert_eq!(features, [vec![FEATURES[0]]]);
        let empty = truth.table.select(&[]);
        assert_eq!(
            Profiled::new(model.clone(), model, &empty, &[]),
            Err(ProfileError::Data(FitError::NoRows))
        );
    }

    #[test]
    fn stored_constants_must_name_features_of_the_full_model() {
        let truth = KnownTruth::draw(1_000, 19);
        let mut stored = serde_json::to_value(profiled(&truth)).unwrap();
        let again: Profiled = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), stored);
        stored["offsets"][1]["features"] = serde_json::json!([9]);
        assert_eq!(
            serde_json::from_value::<Profiled>(stored).unwrap_err().to_string(),
            "offsets[1].features: must be distinct features of the full model, ascending"
        );
    }
}
