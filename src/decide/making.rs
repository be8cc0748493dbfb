//! From what was read of the ads, and what they offer, to a ranking: the part of a decision that is made
//! again when it is replayed or asked about.

use std::sync::Arc;

use super::DecideError;
use super::value::{expected_per_mille, price, probability, responses_of, saturate};
use crate::domain::{
    AccountWriter, AdLabel, Bid, Nats, NotShown, Policy, Pricing, Profile, RankedAd, Refusal, RefusalCause,
    Response,
};

/// One candidate's account: model lines, saturation, price. `score` appends the lines of the model of a
/// response, and gives their sum with the profile that scored; ads without a price rank by `fallback`.
pub(super) fn value_ad(
    account: &mut AccountWriter,
    (ad, bid): (&Arc<AdLabel>, Bid),
    policy: &Policy,
    fallback: Response,
    mut score: impl FnMut(&mut AccountWriter, Response) -> Result<(Nats, Profile), DecideError>,
) -> Result<RankedAd, DecideError> {
    let mut log_probability = Nats::ZERO;
    let mut profile = Profile::Contextual;
    let ranks_by = responses_of(bid.pricing, fallback, policy.conversion_given_click);
    for &response in ranks_by {
        let (sum, scored_by) = score(account, response)?;
        log_probability += saturate(account, response, sum);
        profile = profile.max(scored_by);
    }
    if ranks_by.is_empty() {
        // A price per thousand impressions ranks by itself; the probability is for information.
        let (sum, _) = score(account, fallback)?;
        log_probability = saturate(account, fallback, sum);
        account.discard();
    }
    price(account, &bid, &policy.rates)?;
    let account = account.finish();
    Ok(RankedAd {
        ad: ad.clone(),
        bid,
        profile,
        probability: probability(log_probability),
        expected_value_per_mille: expected_per_mille(account.ranking_value(), bid.pricing),
        account,
        evidence: Vec::new(),
    })
}

/// Ads in the order in which they are ranked, each with its place among those that were scored.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    /// The eligible ones, best first.
    pub(super) ranked: Vec<RankedAd>,
    /// Those below the floor.
    pub(super) below: Vec<RankedAd>,
    /// Places of the eligible ones, then of those below the floor.
    pub(super) order: Vec<usize>,
}

impl Ranking {
    /// Parts those that are worth at least the floor from those that are not, and ranks them: the highest
    /// ranking value first; of equal ones by identifier.
    pub(super) fn of(scored: Vec<RankedAd>, policy: &Policy) -> Self {
        let is_eligible = |ad: &RankedAd| {
            let least = policy.floor.unwrap_or(f64::NEG_INFINITY);
            ad.bid.pricing == Pricing::None || ad.expected_value_per_mille as f64 >= least
        };
        let mut eligible: Vec<(Nats, usize, RankedAd)> = Vec::with_capacity(scored.len());
        let (mut below, mut places_below) = (Vec::new(), Vec::new());
        for (place, ad) in scored.into_iter().enumerate() {
            if is_eligible(&ad) {
                eligible.push((ad.ranking_value(), place, ad));
            } else {
                below.push(ad);
                places_below.push(place);
            }
        }
        eligible.sort_by(|(a_value, _, a), (b_value, _, b)| {
            b_value.cmp(a_value).then_with(|| a.ad.id.cmp(&b.ad.id))
        });
        let mut order = Vec::with_capacity(eligible.len() + below.len());
        let ranked = eligible.into_iter().map(|(_, place, ad)| {
            order.push(place);
            ad
        });
        let ranked = ranked.collect();
        order.append(&mut places_below);
        Self { ranked, below, order }
    }

    /// How many ads an answer shows.
    pub(super) fn shown(&self, policy: &Policy) -> u32 {
        u32::try_from(self.ranked.len()).unwrap_or(u32::MAX).min(policy.ads_max)
    }

    /// What is said of the ads below the floor.
    pub(super) fn refusals(&self) -> impl Iterator<Item = Refusal> {
        self.below.iter().map(|ad| Refusal { ad: ad.ad.id.clone(), cause: RefusalCause::BelowFloor })
    }

    /// Why no ad is shown, if none is.
    pub(super) fn not_shown(&self, late: bool) -> Option<NotShown> {
        match (self.ranked.is_empty(), late) {
            (false, _) => None,
            (true, true) => Some(NotShown::Deadline),
            (true, false) => Some(NotShown::NoneEligible),
        }
    }
}
