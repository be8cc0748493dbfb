//! A logged decision made again with less: without some of its data, or under what the person chose since.
//!
//! It is made from the record, among the candidates that were scored then, and only ever with less of the
//! person's data than was permitted.

use std::collections::BTreeMap;

use super::opened::Opened;
use super::replay::Narrowing;
use super::{DecideError, Engine};
use crate::domain::{AdLabel, Choices, Decision, Feature, FeatureId, FieldError, Outcome, RankedAd, Refusal};
use crate::explain::{Instead, pushes};

/// A datum that the person controls, by its reason code, with its features.
pub(super) type Control = (String, Vec<FeatureId>);

/// A decision made again without some data.
#[derive(Clone, Debug)]
pub struct Without {
    /// The decision as it was.
    pub before: Decision,
    /// The place of the ad that is asked about.
    pub index: usize,
    /// The decision made again.
    pub after: Decision,
    /// Whether the ad is no longer among those that are shown.
    pub changes: bool,
}

impl Without {
    /// What there would have been in the place of the ad.
    #[must_use]
    pub fn instead(&self) -> Instead<'_> {
        if self.changes { instead(self.after.ranked.first().map(|first| &*first.ad)) } else { Instead::Same }
    }
}

/// What stands in the place of an ad that is not shown, when `first` comes first.
pub(super) fn instead(first: Option<&AdLabel>) -> Instead<'_> {
    first.map_or(Instead::Nothing, |ad| Instead::AdOf(&ad.advertiser))
}

impl Engine {
    /// Makes the decision that `token` opens again without some data, each named by its reason code.
    ///
    /// # Errors
    /// When the token opens nothing or asked too often, or a datum is none that the person controls and that was
    /// used.
    pub async fn without(&self, token: &str, data: &[String]) -> Result<Without, DecideError> {
        self.asks.count(token, self.now())?;
        let opened = self.open(token).await?;
        let controls = self.controls(&opened);
        let mut withheld = Vec::new();
        for (i, code) in data.iter().enumerate() {
            let (_, features) = controls.iter().find(|(known, _)| known == code).ok_or_else(|| {
                let rule = "must be a datum that the person controls and that this decision used";
                FieldError::new(format!("without_data[{i}]"), rule)
            })?;
            withheld.extend_from_slice(features);
        }
        if data.is_empty() {
            return Err(FieldError::new("without_data", "must not be empty").into());
        }
        self.narrowed(&opened, &Narrowing { withheld, ..Narrowing::default() })
    }

    /// Makes the decision that `token` opens again under a person's choices: what they refuse is withheld, and ads
    /// that they hide are refused. What they permit beyond what was in force then brings nothing back.
    ///
    /// # Errors
    /// When the token opens nothing, or the decision cannot be made again.
    pub async fn under_choices(&self, token: &str, choices: &Choices) -> Result<Without, DecideError> {
        self.opened_under(&self.open(token).await?, choices)
    }

    /// Makes an opened decision again under a person's choices.
    pub(super) fn opened_under(&self, opened: &Opened, choices: &Choices) -> Result<Without, DecideError> {
        let refused = choices.refused();
        let features = self.features_of(&opened.decision);
        let is_refused = |feature: &Feature| {
            let is_personal = !feature.is_contextual();
            is_personal
                && (choices.forgotten.contains(&feature.datum)
                    || feature.serving.minus(refused) != feature.serving)
        };
        let withheld = (0..).zip(&*features).filter(|(_, feature)| is_refused(feature));
        let withheld = withheld.map(|(id, _)| FeatureId(id)).collect();
        let exclusions = self.exclusions(Some(choices));
        let hidden = opened.record.scored.iter().filter_map(|scored| {
            // Of an ad that the catalogue knows, every category is known; of another one, the first.
            let cause = match self.catalogue.get(&scored.ad.id).filter(|known| known.label == scored.ad) {
                Some(known) => exclusions.refuse(known),
                None => exclusions.refuse_label(&scored.ad),
            };
            cause.map(|cause| Refusal { ad: scored.ad.id.clone(), cause })
        });
        self.narrowed(opened, &Narrowing { withheld, refused: hidden.collect() })
    }

    /// Makes an opened decision again with less.
    fn narrowed(&self, opened: &Opened, narrowing: &Narrowing) -> Result<Without, DecideError> {
        let Opened { record, decision, index, .. } = opened;
        let (after, _) = self.make_again(record, narrowing)?;
        let changes = !is_shown(&after, &decision.ranked[*index]);
        Ok(Without { before: decision.clone(), index: *index, after, changes })
    }

    /// The data that the person controls and that were used, with their features: those that pushed the ad most
    /// first.
    pub(super) fn controls(&self, opened: &Opened) -> Vec<Control> {
        let Opened { record, decision, index, .. } = opened;
        let features = self.features_of(decision);
        let permitted = |id: FeatureId| {
            decision.verdicts.get(id.index()).is_some_and(|verdict| verdict.outcome() == Outcome::Permitted)
        };
        let mut data = BTreeMap::<&str, Vec<FeatureId>>::new();
        for id in &record.read {
            let Some(feature) = features.get(id.index()) else { continue };
            if is_control(feature) && permitted(*id) {
                data.entry(&feature.datum).or_default().push(*id);
            }
        }
        let mut strength = BTreeMap::<String, u64>::new();
        for group in pushes(decision, *index, &features) {
            for id in &group.features {
                if let Some(feature) = features.get(id.index()) {
                    *strength.entry(feature.datum.clone()).or_default() += group.value.units().unsigned_abs();
                }
            }
        }
        let mut controls: Vec<Control> =
            data.into_iter().map(|(code, features)| (code.to_owned(), features)).collect();
        controls.sort_by_key(|(code, _)| std::cmp::Reverse(strength.get(code).copied().unwrap_or_default()));
        controls
    }
}

fn is_control(feature: &Feature) -> bool {
    feature.controllable && !feature.is_contextual()
}

/// Whether an ad is among those that a decision shows.
pub(super) fn is_shown(decision: &Decision, ad: &RankedAd) -> bool {
    decision.ranked.iter().take(decision.shown as usize).any(|shown| shown.ad.id == ad.ad.id)
}
