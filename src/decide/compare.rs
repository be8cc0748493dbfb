//! Why this ad and not that one: two ads of one logged decision.

use super::opened::Opened;
use super::{DecideError, Engine, Explained};
use crate::domain::{AdId, Decision, DecisionId, FieldError, Nats, Push, TenantId};
use crate::explain::{Contrast, Precision, contrast};

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

    /// Compares an ad that was opened with another one of its decision; None when there was no other.
    ///
    /// # Errors
    /// When there is no ad of that id in the decision.
    pub fn compare_opened(
        &self,
        explained: &Explained,
        other: Option<&AdId>,
    ) -> Result<Option<Compared>, DecideError> {
        let Explained { decision, index, precision, .. } = explained;
        if decision.ranked.len() < 2 && other.is_none() {
            return Ok(None);
        }
        self.compare_in(decision.clone(), *index, other, *precision).map(Some)
    }

    /// Compares two ads of a decision that the caller names: for whoever sees the bids anyway.
    ///
    /// # Errors
    /// When there is no such decision, or no such ad in it.
    pub async fn compare_logged(
        &self,
        tenant: &TenantId,
        id: DecisionId,
        ad: &AdId,
        other: Option<&AdId>,
    ) -> Result<Compared, DecideError> {
        let decision = self.restore(&self.logged(tenant, id).await?)?;
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
}

fn place_of(decision: &Decision, ad: &AdId, field: &str) -> Result<usize, DecideError> {
    let place = decision.ranked.iter().position(|ranked| ranked.ad.id == *ad);
    Ok(place.ok_or_else(|| FieldError::new(field, "must be an eligible ad of the decision"))?)
}
