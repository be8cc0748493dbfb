//! A decision as the answer that its caller wants to see.

use tonic::Status;

use super::super::account::{account, evidence, reason_code, timestamp, verdict};
use super::super::pb;
use super::super::status::invalid;
use crate::decide::{Engine, Recommended};
use crate::domain::{Decision, FieldError, Locale, NotShown, RefusalCause};
use crate::explain::{Explanation, Phrases, Precision};
use crate::ledger::TokenKind;

/// What the caller wants to see of a decision: no part of the decision itself.
pub(super) struct View {
    locale: Locale,
    fell_back: bool,
    accounts: pb::AccountView,
    reasons: pb::ReasonView,
}

impl View {
    pub(super) fn read(request: &pb::RecommendRequest, phrases: &Phrases) -> Result<Self, Status> {
        let view = |field: &str, number: i32| {
            invalid(&FieldError::new(field, format!("must be a view of the API, is {number}")).into())
        };
        let (locale, fell_back) = phrases.language_of(&request.locale);
        Ok(Self {
            locale,
            fell_back,
            accounts: pb::AccountView::try_from(request.account_view)
                .map_err(|_| view("account_view", request.account_view))?,
            reasons: pb::ReasonView::try_from(request.reason_view)
                .map_err(|_| view("reason_view", request.reason_view))?,
        })
    }

    /// The answer to show of a decision.
    pub(super) fn answer(&self, engine: &Engine, recommended: &Recommended) -> pb::RecommendResponse {
        let decision = &recommended.decision;
        let shown = decision.shown as usize;
        let count = if self.accounts == pb::AccountView::All { decision.ranked.len() } else { shown };
        let ads = (0..count).map(|index| self.ranked_ad(engine, recommended, index, index < shown));
        let not_shown = match decision.not_shown {
            None => pb::NotShown::Unspecified,
            Some(NotShown::NoneEligible) => pb::NotShown::NoneEligible,
            Some(NotShown::Deadline) => pb::NotShown::Deadline,
        };
        let refused = decision.refused.iter().map(|refusal| pb::Refusal {
            ad_id: refusal.ad.to_string(),
            cause: match refusal.cause {
                RefusalCause::BelowFloor => pb::RefusalCause::BelowFloor,
                RefusalCause::UnknownAd => pb::RefusalCause::UnknownAd,
                RefusalCause::HiddenAdvertiser => pb::RefusalCause::HiddenAdvertiser,
                RefusalCause::HiddenCategory => pb::RefusalCause::HiddenCategory,
            }
            .into(),
        });
        let models = decision.versions.models.iter().map(|(response, version)| pb::ModelUse {
            response: pb::Response::from(*response).into(),
            version: version.to_string(),
        });
        pb::RecommendResponse {
            decision_id: decision.id.to_string(),
            decided_at: Some(timestamp(decision.at)),
            ads: ads.collect(),
            not_shown: not_shown.into(),
            refused: refused.collect(),
            verdicts: decision.verdicts.iter().map(|v| verdict(*v, &decision.features)).collect(),
            locale: self.locale.tag().to_owned(),
            locale_fell_back: self.fell_back,
            models: models.collect(),
            repeated_call: recommended.repeated,
        }
    }

    fn ranked_ad(
        &self,
        engine: &Engine,
        recommended: &Recommended,
        index: usize,
        shown: bool,
    ) -> pb::RankedAd {
        let decision = &recommended.decision;
        let ad = &decision.ranked[index];
        let explanation = if shown { engine.explain_ad(decision, index) } else { None };
        let accounts =
            self.accounts == pb::AccountView::All || (self.accounts == pb::AccountView::Selected && shown);
        let full = shown && self.reasons == pb::ReasonView::Full;
        let reasons = explanation.as_ref().map(|explanation| {
            reasons(engine, decision, explanation, self.locale, full.then_some(Precision::Exact))
        });
        let headline = explanation.as_ref().filter(|_| full);
        let headline =
            headline.map(|explanation| engine.headline(decision, explanation, self.locale, Precision::Exact));
        pb::RankedAd {
            ad_id: ad.ad.id.to_string(),
            rank: i32::try_from(index + 1).unwrap_or(i32::MAX),
            probability: ad.probability,
            ranking_value_units: ad.ranking_value().units(),
            expected_value_per_mille_micros: ad.expected_value_per_mille,
            currency: engine.base_currency().code().to_owned(),
            account: accounts.then(|| account(&ad.account, &decision.features)),
            reasons: reasons.unwrap_or_default(),
            named_share: explanation.map_or(0.0, |explanation| explanation.named_share),
            profile: pb::Profile::from(ad.profile).into(),
            explanation_token: if shown {
                engine.token(decision, index, TokenKind::Verified)
            } else {
                String::new()
            },
            headline: headline.unwrap_or_default(),
        }
    }
}

/// A share to the whole percent.
pub(in crate::rpc) fn percent(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

/// Reasons by code; with a precision, their sentences and evidence too.
pub(in crate::rpc) fn reasons(
    engine: &Engine,
    decision: &Decision,
    explanation: &Explanation,
    locale: Locale,
    precision: Option<Precision>,
) -> Vec<pb::Reason> {
    let names = &decision.features;
    let reasons = explanation.reasons.iter().map(|reason| {
        let mut wire = reason_code(reason, names);
        if let Some(precision) = precision {
            let exact = precision == Precision::Exact;
            wire.text = engine.sentence(decision, reason, locale, precision);
            let features = engine.features_of(decision);
            let told = reason.evidence.iter().map(|fact| evidence(fact, names, &features, precision));
            wire.evidence = told.collect();
            // What a datum adds could be looked up in the model's shapes, and tell its very value.
            if !exact {
                wire.push_units = 0;
                wire.share = percent(wire.share);
            }
        }
        wire
    });
    reasons.collect()
}
