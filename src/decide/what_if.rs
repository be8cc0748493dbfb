//! A logged decision asked about: why not another ad, what without some data, and what would have changed it.
//!
//! Everything here is made again from the record, among the candidates that were scored then, and only ever with
//! less of the person's data than was permitted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::replay::Change;
use super::{DecideError, Engine};
use crate::domain::{
    AdId, AdLabel, Choices, Decision, Feature, FeatureId, FieldError, Nats, Outcome, Push, RankedAd, Refusal,
    TenantId,
};
use crate::explain::{Contrast, Instead, Precision, Sought, contrast, pushes};
use crate::ledger::{ExplanationClaims, Record, TokenError, TokenKind};

/// Most data among which it is sought what would have changed a decision: those that pushed most.
pub const CONTROLS_MAX: usize = 20;
/// Most data in one set.
pub const TOGETHER_MAX: usize = 3;
/// How often a decision is made again, at most, in one search.
pub const RESCORINGS_MAX: usize = 2_000;

/// Two ads of one decision.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The decision.
    pub decision: Decision,
    /// The place of the ad that is asked about.
    pub index: usize,
    /// The place of the other one.
    pub other: usize,
    /// What differs, strongest first; it sums to the difference of the ranking values.
    pub groups: Vec<Contrast>,
    /// How exactly facts about the person may be told.
    pub precision: Precision,
}

impl Compared {
    /// How much what is offered for this ad exceeds what is offered for the other one.
    #[must_use]
    pub fn bid(&self) -> Nats {
        let bid = self.groups.iter().find(|group| group.push == Push::Bid);
        bid.map_or(Nats::ZERO, |group| group.difference)
    }
}

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

/// What would have changed a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flips {
    /// The data that the person controls and that were used, by reason code, those that pushed most first.
    pub controls: Vec<String>,
    /// The smallest sets without which the ad would not have been shown, with the ad that comes first then.
    pub sets: Vec<Flip>,
    /// Whether the ad would not have been shown without all of the controls together.
    pub all_together: bool,
    /// Whether every set of up to [`TOGETHER_MAX`] data was tried.
    pub complete: bool,
    /// How often the decision was made again.
    pub rescorings: usize,
}

/// A set of data without which another ad would have been shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The data, by reason code.
    pub data: Vec<String>,
    /// The ad that comes first then; None when none is shown.
    pub instead: Option<Arc<AdLabel>>,
}

impl Without {
    /// What there would have been in the place of the ad.
    #[must_use]
    pub fn instead(&self) -> Instead<'_> {
        if self.changes { instead(self.after.ranked.first().map(|first| &*first.ad)) } else { Instead::Same }
    }
}

impl Flips {
    /// What the search came to.
    #[must_use]
    pub fn sought(&self) -> Sought {
        match self {
            Self { sets, .. } if !sets.is_empty() => Sought::Found,
            Self { controls, .. } if controls.is_empty() => Sought::NoControl,
            Self { complete: false, .. } => Sought::NotWithinBound,
            Self { all_together: true, .. } => Sought::OnlyMany,
            _ => Sought::Nothing,
        }
    }
}

impl Flip {
    /// What there would have been in the place of the ad.
    #[must_use]
    pub fn instead(&self) -> Instead<'_> {
        instead(self.instead.as_deref())
    }
}

fn instead(first: Option<&AdLabel>) -> Instead<'_> {
    first.map_or(Instead::Nothing, |ad| Instead::AdOf(&ad.advertiser))
}

/// A decision that a token opens, as it is kept.
struct Opened {
    record: Record,
    decision: Decision,
    index: usize,
    precision: Precision,
}

impl Engine {
    /// Compares the ad that `token` was issued for with another one of the decision: the one of that id, or the one
    /// that came next.
    ///
    /// # Errors
    /// When the token opens nothing, or there is no such other ad.
    pub async fn compare(&self, token: &str, other: Option<&AdId>) -> Result<Compared, DecideError> {
        let Opened { decision, index, precision, .. } = self.open(token).await?;
        self.compare_in(decision, index, other, precision)
    }

    /// Compares two ads of a decision that the caller names: for whoever sees the bids anyway.
    ///
    /// # Errors
    /// When there is no such decision, or no such ad in it.
    pub async fn compare_logged(
        &self,
        tenant: &TenantId,
        id: crate::domain::DecisionId,
        ad: &AdId,
        other: Option<&AdId>,
    ) -> Result<Compared, DecideError> {
        let gone = || DecideError::NotFound("decision_id: is not in the log".to_owned());
        let record = self.ledger.read(tenant, id).await?.ok_or_else(gone)?;
        let decision = self.restore(&record)?;
        let index = place_of(&decision, ad, "ad_id")?;
        self.compare_in(decision, index, other, Precision::Exact)
    }

    fn compare_in(
        &self,
        decision: Decision,
        index: usize,
        other: Option<&AdId>,
        precision: Precision,
    ) -> Result<Compared, DecideError> {
        let other = match other {
            Some(ad) => place_of(&decision, ad, "other_ad_id")?,
            // The one that came next; of the last one, the one before it.
            None if index + 1 < decision.ranked.len() => index + 1,
            None => index.saturating_sub(1),
        };
        let features = self.features_of(&decision);
        let groups = contrast(&decision, index, other, &features)
            .ok_or_else(|| FieldError::new("other_ad_id", "must be another eligible ad of the decision"))?;
        Ok(Compared { decision, index, other, groups, precision })
    }

    /// Makes the decision that `token` opens again without some data, each named by its reason code.
    ///
    /// # Errors
    /// When the token opens nothing or asked too often, or a datum is none that the person controls and that was
    /// used.
    pub async fn without(&self, token: &str, data: &[String]) -> Result<Without, DecideError> {
        self.asks.count(token, self.now())?;
        let Opened { record, decision, index, .. } = self.open(token).await?;
        let controls = self.controls(&record, &decision, index);
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
        let change = Change { withheld, ..Change::default() };
        let (after, _) = self.make_again(&record, &change)?;
        let changes = !is_shown(&after, &decision.ranked[index]);
        Ok(Without { before: decision, index, after, changes })
    }

    /// Makes the decision that `token` opens again under a person's choices: what they refuse is withheld, and ads
    /// that they hide are refused. What they permit beyond what was in force then brings nothing back.
    ///
    /// # Errors
    /// When the token opens nothing, or the decision cannot be made again.
    pub async fn under_choices(&self, token: &str, choices: &Choices) -> Result<Without, DecideError> {
        let Opened { record, decision, index, .. } = self.open(token).await?;
        let refused = choices.refused();
        let features = self.features_of(&decision);
        let is_refused = |feature: &Feature| {
            let is_personal = !feature.is_contextual();
            is_personal
                && (choices.forgotten.contains(&feature.datum)
                    || feature.serving.minus(refused) != feature.serving)
        };
        let withheld = (0..).zip(&*features).filter(|(_, feature)| is_refused(feature));
        let withheld = withheld.map(|(id, _)| FeatureId(id)).collect();
        let exclusions = self.exclusions(Some(choices));
        let hidden = record.scored.iter().filter_map(|scored| {
            // Of an ad that the catalogue knows, every category is known; of another one, the first.
            let cause = match self.catalogue.get(&scored.ad.id).filter(|known| known.label == scored.ad) {
                Some(known) => exclusions.refuse(known),
                None => exclusions.refuse_label(&scored.ad),
            };
            cause.map(|cause| Refusal { ad: scored.ad.id.clone(), cause })
        });
        let change = Change { withheld, refused: hidden.collect() };
        drop(features);
        let (after, _) = self.make_again(&record, &change)?;
        let changes = !is_shown(&after, &decision.ranked[index]);
        Ok(Without { before: decision, index, after, changes })
    }

    /// Seeks the smallest sets of data without which the ad that `token` was issued for would not have been shown.
    ///
    /// # Errors
    /// When the token opens nothing, or asked too often.
    pub async fn what_would_change(&self, token: &str) -> Result<(Decision, Flips), DecideError> {
        self.asks.count(token, self.now())?;
        let Opened { record, decision, index, .. } = self.open(token).await?;
        let all = self.controls(&record, &decision, index);
        let controls = &all[..all.len().min(CONTROLS_MAX)];
        let mut search = Search { engine: self, record: &record, ad: &decision.ranked[index], rescorings: 0 };
        let mut flips = Flips {
            controls: controls.iter().map(|(code, _)| code.clone()).collect(),
            sets: Vec::new(),
            all_together: false,
            complete: controls.len() == all.len(),
            rescorings: 0,
        };
        if !controls.is_empty() {
            let everything: Vec<usize> = (0..controls.len()).collect();
            flips.all_together = search.flips(controls, &everything)?.is_some();
        }
        let mut found: Vec<Vec<usize>> = Vec::new();
        for size in 1..=TOGETHER_MAX.min(controls.len()) {
            for set in combinations(controls.len(), size) {
                // What holds a smaller set that does is not one of the smallest.
                if found.iter().any(|smaller| smaller.iter().all(|one| set.contains(one))) {
                    continue;
                }
                if search.rescorings == RESCORINGS_MAX {
                    flips.complete = false;
                    break;
                }
                if let Some(flip) = search.flips(controls, &set)? {
                    flips.sets.push(flip);
                    found.push(set);
                }
            }
        }
        flips.rescorings = search.rescorings;
        Ok((decision, flips))
    }

    async fn open(&self, token: &str) -> Result<Opened, DecideError> {
        let claims = self.claims(token)?;
        let gone = || DecideError::NotFound("the decision is not in the log".to_owned());
        let record = self.ledger.read(&claims.tenant, claims.decision).await?.ok_or_else(gone)?;
        let decision = self.restore(&record)?;
        let index = claims.ad as usize;
        if index >= decision.ranked.len() {
            return Err(gone());
        }
        let precision = match claims.kind {
            TokenKind::Verified => Precision::Exact,
            TokenKind::Bearer => Precision::Banded,
        };
        Ok(Opened { record, decision, index, precision })
    }

    /// What a token of ours says.
    pub(super) fn claims(&self, token: &str) -> Result<ExplanationClaims, DecideError> {
        self.keyring.tokens().verify(token, self.now()).map_err(|error| match error {
            TokenError::Expired { .. } => DecideError::TokenExpired,
            refused => DecideError::Token(refused.to_string()),
        })
    }

    /// The data that the person controls and that were used, with their features: those that pushed the ad most
    /// first.
    fn controls(&self, record: &Record, decision: &Decision, index: usize) -> Vec<(String, Vec<FeatureId>)> {
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
        for group in pushes(decision, index, &features) {
            for id in &group.features {
                if let Some(feature) = features.get(id.index()) {
                    *strength.entry(feature.datum.clone()).or_default() += group.value.units().unsigned_abs();
                }
            }
        }
        let mut controls: Vec<(String, Vec<FeatureId>)> =
            data.into_iter().map(|(code, features)| (code.to_owned(), features)).collect();
        controls.sort_by_key(|(code, _)| std::cmp::Reverse(strength.get(code).copied().unwrap_or_default()));
        controls
    }
}

/// One search for what would have changed a decision.
struct Search<'s> {
    engine: &'s Engine,
    record: &'s Record,
    ad: &'s RankedAd,
    rescorings: usize,
}

impl Search<'_> {
    /// What a set of the controls comes to, if without it the ad is not shown.
    fn flips(
        &mut self,
        controls: &[(String, Vec<FeatureId>)],
        set: &[usize],
    ) -> Result<Option<Flip>, DecideError> {
        self.rescorings += 1;
        let withheld = set.iter().flat_map(|one| controls[*one].1.iter().copied()).collect();
        let (after, _) = self.engine.make_again(self.record, &Change { withheld, ..Change::default() })?;
        Ok((!is_shown(&after, self.ad)).then(|| Flip {
            data: set.iter().map(|one| controls[*one].0.clone()).collect(),
            instead: after.ranked.first().map(|first| first.ad.clone()),
        }))
    }
}

fn is_control(feature: &Feature) -> bool {
    feature.controllable && !feature.is_contextual()
}

/// Whether an ad is among those that a decision shows.
pub(super) fn is_shown(decision: &Decision, ad: &RankedAd) -> bool {
    decision.ranked.iter().take(decision.shown as usize).any(|shown| shown.ad.id == ad.ad.id)
}

fn place_of(decision: &Decision, ad: &AdId, field: &str) -> Result<usize, DecideError> {
    let place = decision.ranked.iter().position(|ranked| ranked.ad.id == *ad);
    Ok(place.ok_or_else(|| FieldError::new(field, "must be an eligible ad of the decision"))?)
}

/// All sets of `size` of the numbers below `count`, each ascending.
fn combinations(count: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let mut next: Option<Vec<usize>> = (size <= count).then(|| (0..size).collect());
    std::iter::from_fn(move || {
        let set = next.take()?;
        let mut after = set.clone();
        for place in (0..size).rev() {
            if after[place] + (size - place) < count {
                after[place] += 1;
                for later in place + 1..size {
                    after[later] = after[later - 1] + 1;
                }
                next = Some(after);
                break;
            }
        }
        Some(set)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_once_each_in_order() {
        let sets: Vec<_> = combinations(4, 2).collect();
        assert_eq!(sets, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(combinations(20, 3).count(), 1_140);
        assert_eq!(combinations(2, 3).count(), 0);
        assert_eq!(combinations(3, 3).count(), 1);
    }

    #[test]
    fn all_sets_of_the_most_controls_stay_within_the_bound() {
        let sets: usize = (1..=TOGETHER_MAX).map(|size| combinations(CONTROLS_MAX, size).count()).sum();
        assert!(sets < RESCORINGS_MAX, "{sets}");
    }
}
