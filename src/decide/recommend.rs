//! Recommend: the policy, top to bottom.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::score::{Facts, Scorer};
use super::value::{expected_per_mille, price, probability, responses_of, saturate};
use super::{DecideError, Engine, Offer, Request};
use crate::consent::{Signals, Weighing};
use crate::domain::{
    Ad, Choices, Decision, DecisionId, Nats, NotShown, Pricing, Profile, Purposes, RankedAd, Refusal,
    RefusalCause, Response, Timestamp, Versions,
};
use crate::ledger::Recorded;
use crate::train::ActiveModels;

/// With less time left than this, plus [`FULL_PER_CANDIDATE`] each, context alone decides.
const FULL_AT_LEAST: Duration = Duration::from_millis(2);
/// What a candidate may cost when it is scored on everything that is permitted.
const FULL_PER_CANDIDATE: Duration = Duration::from_micros(20);
/// How many candidates are scored between two looks at the clock.
const CANDIDATES_BETWEEN_LOOKS: usize = 64;

/// An offer with its ad.
type Competing<'r> = (&'r Offer, Arc<Ad>);

/// A logged decision.
#[derive(Clone, Debug)]
pub struct Recommended {
    /// The decision, as it is in the ledger.
    pub decision: Decision,
    /// Whether an earlier, identical call made it.
    pub repeated: bool,
}

impl Engine {
    /// Decides one impression. The decision is durable when this returns.
    ///
    /// `deadline` is when the caller stops waiting: with little time left context alone decides,
    /// with none no ad is shown; either is logged.
    ///
    /// # Errors
    /// When the request breaks a rule, the impression was used for another request, a price rests
    /// on a response that no model predicts, or the decision cannot be logged.
    pub async fn recommend(
        &self,
        request: &Request,
        deadline: Option<Instant>,
    ) -> Result<Recommended, DecideError> {
        request.check()?;
        let subject = request.subject.as_ref().map(|subject| &subject.key);
        let decision = self.decide(request, deadline)?;
        match self.ledger.record(&request.tenant, subject, request.digest(), &decision).await? {
            Recorded::New => Ok(Recommended { decision, repeated: false }),
            Recorded::Repeat(logged) => Ok(Recommended { decision: *logged, repeated: true }),
        }
    }

    /// Makes the decision, without logging it.
    fn decide(&self, request: &Request, deadline: Option<Instant>) -> Result<Decision, DecideError> {
        let at = self.clock.now();
        let own = request.subject.as_ref().and_then(|subject| self.choices.of(&subject.key));
        let weighing = self.weigh(request, own.as_deref(), at);
        let verdicts = self.gate.judge(request.subject.is_some(), &weighing);
        let models = self.registry.active();
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let facts = Facts::new(self, request, &history, at, &verdicts);

        let (candidates, mut refused) = self.find_ads(request, own.as_deref())?;
        let hurry = deadline.is_some_and(|deadline| is_short(deadline, candidates.len()));
        let readable = if hurry { &self.context_only } else { &verdicts };
        let mut scorer = Scorer::new(self, &facts, readable);
        let scored = self.score_all(&mut scorer, &models, &candidates, deadline)?;
        let late = scored.is_none();

        let (ranked, below) = self.apply_floor(request, scored.unwrap_or_default())?;
        refused.extend(below);
        let mut ranked = rank(ranked);
        let shown = ranked.len().min(request.ads_max);
        for ad in &mut ranked[..shown] {
            if let Some((_, known)) =
                candidates.iter().find(|(_, candidate)| Arc::ptr_eq(&candidate.label, &ad.ad))
            {
                ad.evidence = facts.evidence(self, readable, known, &ad.account);
            }
        }
        let not_shown = match (ranked.is_empty(), late) {
            (false, _) => None,
            (true, true) => Some(NotShown::Deadline),
            (true, false) => Some(NotShown::NoneEligible),
        };
        Ok(Decision {
            id: DecisionId::new(self.ids.uuid(at)),
            tenant: request.tenant.clone(),
            impression: request.impression.clone(),
            at,
            versions: self.versions(&models),
            has_subject: request.subject.is_some(),
            accepted: if request.subject.is_some() { weighing.accepted() } else { Purposes::NONE },
            verdicts: verdicts.as_slice().to_vec(),
            features: self.feature_names.clone(),
            ranked,
            shown: u32::try_from(shown).unwrap_or(u32::MAX),
            refused,
            not_shown,
        })
    }

    /// What the signals of a request come to at the moment `at`, the person's own choices among them.
    fn weigh(&self, request: &Request, own: Option<&Choices>, at: Timestamp) -> Weighing {
        let accepted = request.subject.as_ref().map(|subject| subject.accepted).unwrap_or_default();
        match &request.signals {
            Some(signals) => Weighing::with_choices(&self.consent, signals, accepted, own, at),
            None => Weighing::with_choices(&self.consent, &Signals::default(), accepted, own, at),
        }
    }

    fn versions(&self, models: &ActiveModels) -> Versions {
        let used = |response: Response| models.get(response).map(|model| (response, model.version.clone()));
        Versions {
            schema: self.schema.hash.clone(),
            models: [Response::Click, Response::Conversion].into_iter().filter_map(used).collect(),
            rates: self.rates.version.clone(),
        }
    }

    /// The ads that compete, and those that the catalogue does not know or the person does not want.
    fn find_ads<'r>(
        &self,
        request: &'r Request,
        own: Option<&Choices>,
    ) -> Result<(Vec<Competing<'r>>, Vec<Refusal>), DecideError> {
        let exclusions = self.exclusions(own);
        let mut found = Vec::with_capacity(request.candidates.len());
        let mut refused = Vec::new();
        for (i, offer) in request.candidates.iter().enumerate() {
            let ad = match &offer.inline {
                Some(draft) => Some(Arc::new(self.check_ad(i, draft)?)),
                None => self.catalogue.get(&offer.ad).cloned(),
            };
            let refusal = match &ad {
                Some(ad) => exclusions.refuse(ad),
                None => Some(RefusalCause::UnknownAd),
            };
            match (ad, refusal) {
                (Some(ad), None) => found.push((offer, ad)),
                (_, cause) => refused.extend(cause.map(|cause| Refusal { ad: offer.ad.clone(), cause })),
            }
        }
        Ok((found, refused))
    }

    /// The account of every candidate; None when time ran out.
    fn score_all<'r>(
        &self,
        scorer: &mut Scorer<'r>,
        models: &'r ActiveModels,
        candidates: &'r [Competing<'_>],
        deadline: Option<Instant>,
    ) -> Result<Option<Vec<RankedAd>>, DecideError> {
        let mut scored = Vec::with_capacity(candidates.len());
        for (i, (offer, ad)) in candidates.iter().enumerate() {
            if i % CANDIDATES_BETWEEN_LOOKS == 0 && deadline.is_some_and(|deadline| left(deadline).is_zero())
            {
                return Ok(None);
            }
            scored.push(self.score_one(scorer, models, offer, ad)?);
        }
        Ok(Some(scored))
    }

    /// One candidate's account: model lines, saturation, price.
    fn score_one<'r>(
        &self,
        scorer: &mut Scorer<'r>,
        models: &'r ActiveModels,
        offer: &Offer,
        ad: &'r Arc<Ad>,
    ) -> Result<RankedAd, DecideError> {
        let fallback = models.fallback().unwrap_or(Response::Conversion);
        let find = |response: Response| models.get(response).ok_or(DecideError::NoModel(response));
        let mut log_probability = Nats::ZERO;
        let mut profile = Profile::Contextual;
        let ranks_by = responses_of(offer.bid.pricing, fallback, self.schema.conversion_given_click());
        for &response in ranks_by {
            let (score, scored_by) = scorer.score(find(response)?, ad);
            log_probability += saturate(&mut scorer.account, response, score);
            profile = profile.max(scored_by);
        }
        if ranks_by.is_empty() {
            // A price per thousand impressions ranks by itself; the probability is for information.
            let (score, _) = scorer.score(find(fallback)?, ad);
            log_probability = saturate(&mut scorer.account, fallback, score);
            scorer.account.discard();
        }
        price(&mut scorer.account, &offer.bid, &self.rates)?;
        let account = scorer.account.finish();
        Ok(RankedAd {
            ad: ad.label.clone(),
            bid: offer.bid,
            profile,
            probability: probability(log_probability),
            expected_value_per_mille: expected_per_mille(account.ranking_value(), offer.bid.pricing),
            account,
            evidence: Vec::new(),
        })
    }

    /// Parts those that are worth at least the floor from those that are not.
    fn apply_floor(
        &self,
        request: &Request,
        scored: Vec<RankedAd>,
    ) -> Result<(Vec<RankedAd>, Vec<Refusal>), DecideError> {
        let Some(floor) = request.floor else { return Ok((scored, Vec::new())) };
        let least = floor.micros as f64 * self.rates.rate(floor.currency)?;
        let (above, below): (Vec<_>, Vec<_>) = scored
            .into_iter()
            .partition(|ad| ad.bid.pricing == Pricing::None || ad.expected_value_per_mille as f64 >= least);
        let refusal = |ad: RankedAd| Refusal { ad: ad.ad.id.clone(), cause: RefusalCause::BelowFloor };
        Ok((above, below.into_iter().map(refusal).collect()))
    }
}

/// The highest ranking value first; of equal ones by identifier.
fn rank(ads: Vec<RankedAd>) -> Vec<RankedAd> {
    let mut valued: Vec<(Nats, RankedAd)> = ads.into_iter().map(|ad| (ad.ranking_value(), ad)).collect();
    valued.sort_by(|(a_value, a), (b_value, b)| b_value.cmp(a_value).then_with(|| a.ad.id.cmp(&b.ad.id)));
    valued.into_iter().map(|(_, ad)| ad).collect()
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Whether the time left is too short to score so many candidates on everything that is permitted.
fn is_short(deadline: Instant, candidates: usize) -> bool {
    let candidates = u32::try_from(candidates).unwrap_or(u32::MAX);
    left(deadline) < FULL_AT_LEAST + FULL_PER_CANDIDATE * candidates
}
