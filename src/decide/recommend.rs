//! Recommend: the policy, top to bottom.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::making::{Ranking, value_ad};
use super::score::{Facts, Scorer};
use super::{DecideError, Engine, Offer, Request};
use crate::consent::{Signals, Weighing};
use crate::data::History;
use crate::domain::{
    AccountWriter, Ad, Choices, Decision, DecisionId, FieldError, Inputs, Policy, Purposes, RankedAd, Rates,
    Refusal, RefusalCause, Response, Timestamp, Versions, Workings,
};
use crate::ledger::{Entry, LedgerError, Recorded};
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
        let (mut decision, mut entry) = self.decide(request, deadline)?;
        // Before any record refers to it.
        self.listed.get_or_try_init(|| self.ledger.keep(&self.listing)).await?;
        loop {
            let recorded = self.ledger.record(&request.tenant, subject, request.digest(), &entry).await;
            if recorded == Err(LedgerError::ImpressionReused)
                && let Some(digest) = request.earlier_digest()
            {
                let logged = self.ledger.repeat_of(&request.tenant, decision.id, digest).await?;
                return Ok(Recommended { decision: self.restore(&logged)?, repeated: true });
            }
            match recorded? {
                Recorded::New => {
                    self.tally.logged(&decision);
                    return Ok(Recommended { decision, repeated: false });
                }
                Recorded::Repeat(logged) => {
                    return Ok(Recommended { decision: self.restore(&logged)?, repeated: true });
                }
                // The person was erased, perhaps by another process, after their data were read.
                Recorded::Gone => {
                    self.follow().await?;
                    (decision, entry) = self.decide(request, deadline)?;
                }
            }
        }
    }

    /// Makes the decision, and what is to be logged of it.
    fn decide(&self, request: &Request, deadline: Option<Instant>) -> Result<(Decision, Entry), DecideError> {
        let at = self.clock.now();
        let person = request.subject.as_ref().map(|subject| &subject.key);
        let own = person.and_then(|subject| self.own_choices(&request.tenant, subject));
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let id = self.keyring.decision_id(&request.tenant, &request.impression);
        let made =
            self.make(request, deadline, (at, id), (&history, own.as_deref()), |decision, workings| {
                Ok(Entry::of(decision, workings, &self.listing)?)
            })?;
        // What was read is theirs only as long as that is their name.
        self.check_named(person)?;
        Ok(made)
    }

    /// Makes a decision of what people did and chose, and keeps of it what `keep` makes of its workings.
    pub(super) fn make<T>(
        &self,
        request: &Request,
        deadline: Option<Instant>,
        (at, id): (Timestamp, DecisionId),
        (history, own): (&History, Option<&Choices>),
        keep: impl FnOnce(&Decision, &Workings<'_>) -> Result<T, DecideError>,
    ) -> Result<(Decision, T), DecideError> {
        let weighing = self.weigh(request, own, at);
        let verdicts = self.gate.judge(request.subject.is_some(), &weighing);
        let models = self.registry.active();
        let facts = Facts::new(self, request, history, at, &verdicts);

        let policy = self.policy(request)?;
        let (candidates, refused) = self.find_ads(request, own)?;
        let hurry = deadline.is_some_and(|deadline| is_short(deadline, candidates.len()));
        let readable = if hurry { &self.context_only } else { &verdicts };
        let mut scorer = Scorer::new(self, &facts, readable, models.reads());
        let scored = score_all(&mut scorer, &models, &policy, &candidates, deadline)?;
        let late = scored.is_none();

        let mut ranking = Ranking::of(scored.unwrap_or_default(), &policy);
        let shown = ranking.shown(&policy);
        for (ad, place) in ranking.ranked.iter_mut().zip(&ranking.order).take(shown as usize) {
            ad.evidence = facts.evidence(self, readable, &candidates[*place].1, &ad.account);
        }
        let refused = refused.into_iter().chain(ranking.refusals()).collect();
        let not_shown = ranking.not_shown(late);
        let decision = Decision {
            id,
            tenant: request.tenant.clone(),
            impression: request.impression.clone(),
            at,
            versions: self.versions(&models),
            has_subject: request.subject.is_some(),
            accepted: if request.subject.is_some() { weighing.accepted() } else { Purposes::NONE },
            verdicts: verdicts.as_slice().to_vec(),
            features: self.feature_names.clone(),
            ranked: ranking.ranked,
            shown,
            refused,
            not_shown,
        };
        let inputs = if late { Inputs::default() } else { scorer.into_inputs() };
        let workings = Workings { policy, inputs, order: ranking.order, below: ranking.below };
        let kept = keep(&decision, &workings)?;
        Ok((decision, kept))
    }

    /// What decides beside the models.
    fn policy(&self, request: &Request) -> Result<Policy, DecideError> {
        let floor = request
            .floor
            .map(|floor| Ok::<_, FieldError>(floor.micros as f64 * self.rates.rate(floor.currency)?));
        let mut per_unit = BTreeMap::new();
        for Offer { bid, .. } in &request.candidates {
            if let Some(rate) = self.rates.per_unit.get(&bid.currency) {
                per_unit.insert(bid.currency, *rate);
            }
        }
        Ok(Policy {
            floor: floor.transpose()?,
            ads_max: u32::try_from(request.ads_max).unwrap_or(u32::MAX),
            conversion_given_click: self.schema.conversion_given_click(),
            rates: Rates { version: self.rates.version.clone(), base: self.rates.base, per_unit },
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
}

/// The account of every candidate; None when time ran out.
fn score_all<'r>(
    scorer: &mut Scorer<'r>,
    models: &'r ActiveModels,
    policy: &Policy,
    candidates: &'r [Competing<'_>],
    deadline: Option<Instant>,
) -> Result<Option<Vec<RankedAd>>, DecideError> {
    let fallback = models.fallback().unwrap_or(Response::Conversion);
    let mut account = AccountWriter::default();
    let mut scored = Vec::with_capacity(candidates.len());
    for (i, (offer, ad)) in candidates.iter().enumerate() {
        if i % CANDIDATES_BETWEEN_LOOKS == 0 && deadline.is_some_and(|deadline| left(deadline).is_zero()) {
            return Ok(None);
        }
        scorer.read(ad);
        let score = |account: &mut AccountWriter, response: Response| {
            let model = models.get(response).ok_or(DecideError::NoModel(response))?;
            Ok(scorer.score(account, model))
        };
        scored.push(value_ad(&mut account, (&ad.label, offer.bid), policy, fallback, score)?);
    }
    Ok(Some(scored))
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Whether the time left is too short to score so many candidates on everything that is permitted.
fn is_short(deadline: Instant, candidates: usize) -> bool {
    let candidates = u32::try_from(candidates).unwrap_or(u32::MAX);
    left(deadline) < FULL_AT_LEAST + FULL_PER_CANDIDATE * candidates
}
