//! `RecommendationService.Recommend`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tonic::{Request, Response, Status};

use super::account::{account, evidence, reason_code, timestamp, verdict};
use super::consent::{has_gpc, signals};
use super::pb::feature_value::Value;
use super::status::{Fields, invalid};
use super::{Service, locale, pb};
use crate::data::AdDraft;
use crate::decide::{Engine, Floor, Offer, Recommended, Stated, StatedValue, Subject};
use crate::domain::{
    AdId, AdValue, Bid, Currency, Decision, FeatureKind, FieldError, FieldErrors, ImpressionId, Locale,
    NotShown, Origin, Pricing, Purpose, Purposes, RefusalCause, TenantId,
};
use crate::explain::{Explanation, Precision};
use crate::ledger::TokenKind;

/// Longest text of a request that becomes part of the decision, in bytes.
const TEXT_BYTES_MAX: usize = 256;

#[tonic::async_trait]
impl pb::recommendation_service_server::RecommendationService for Service {
    async fn recommend(
        &self,
        request: Request<pb::RecommendRequest>,
    ) -> Result<Response<pb::RecommendResponse>, Status> {
        let deadline = deadline(&request)?;
        let has_gpc = has_gpc(request.metadata());
        let request = request.into_inner();
        let view = View::read(&request)?;
        let request = read(&self.engine, request, has_gpc)?;
        let recommended = self.engine.recommend(&request, deadline).await?;
        Ok(Response::new(view.answer(&self.engine, &recommended)))
    }
}

/// The moment by which the caller wants its answer: `grpc-timeout` and `tmax_ms`, whichever is
/// sooner.
fn deadline(request: &Request<pb::RecommendRequest>) -> Result<Option<Instant>, Status> {
    let tmax_ms = request.get_ref().tmax_ms;
    let tmax = u64::try_from(tmax_ms).map_err(|_| {
        invalid(&FieldError::new("tmax_ms", format!("must not be negative, is {tmax_ms}")).into())
    })?;
    let tmax = (tmax > 0).then(|| Duration::from_millis(tmax));
    let timeout = match request.metadata().get("grpc-timeout") {
        None => None,
        Some(text) => Some(text.to_str().ok().and_then(grpc_timeout).ok_or_else(|| {
            invalid(&FieldError::new("grpc-timeout", "must be digits and a unit: H, M, S, m, u or n").into())
        })?),
    };
    let left = [tmax, timeout].into_iter().flatten().min();
    if left.is_some_and(|left| left.is_zero()) {
        return Err(crate::decide::DecideError::DeadlinePast.into());
    }
    Ok(left.map(|left| Instant::now() + left))
}

/// A `grpc-timeout`: up to eight digits and a unit.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let amount = digits.parse::<u64>().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// What the caller wants to see of a decision: no part of the decision itself.
struct View {
    locale: Locale,
    fell_back: bool,
    accounts: pb::AccountView,
    reasons: pb::ReasonView,
}

impl View {
    fn read(request: &pb::RecommendRequest) -> Result<Self, Status> {
        let view = |field: &str, number: i32| {
            invalid(&FieldError::new(field, format!("must be a view of the API, is {number}")).into())
        };
        let (locale, fell_back) = locale(&request.locale);
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
    fn answer(&self, engine: &Engine, recommended: &Recommended) -> pb::RecommendResponse {
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
            ad_id: ad.ad.to_string(),
            rank: i32::try_from(index + 1).unwrap_or(i32::MAX),
            probability: ad.probability,
            ranking_value_units: ad.ranking_value().units(),
            expected_value_per_mille_micros: ad.expected_value_per_mille,
            currency: engine.base_currency().code(),
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

/// Reasons by code; with a precision, their sentences and evidence too.
pub(super) fn reasons(
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
            wire.evidence = reason.evidence.iter().map(|fact| evidence(fact, names, exact)).collect();
        }
        wire
    });
    reasons.collect()
}

/// Reads and checks a request; every field that breaks a rule is named.
fn read(
    engine: &Engine,
    wire: pb::RecommendRequest,
    has_gpc: bool,
) -> Result<crate::decide::Request, Status> {
    let mut fields = Fields::default();
    let tenant = fields.take(TenantId::parse(&wire.tenant));
    let impression = match wire.impression {
        None => {
            fields.refuse("impression", "must be given");
            None
        }
        Some(impression) => {
            let id = fields.take(ImpressionId::parse(&impression.id));
            let context =
                stated(engine, &mut fields, impression.context, Origin::Context, "impression.context");
            id.map(|id| (id, context))
        }
    };
    let subject = wire.subject.map(|subject| read_subject(engine, &mut fields, tenant.as_ref(), subject));
    let signals = signals(&mut fields, wire.consent, has_gpc);
    let candidates = wire.candidates.len();
    let offers = if candidates > crate::decide::CANDIDATES_MAX {
        let rule = format!("must be at most {}, are {candidates}", crate::decide::CANDIDATES_MAX);
        fields.refuse("candidates", rule);
        Vec::new()
    } else {
        let offers = wire.candidates.into_iter().enumerate();
        offers.filter_map(|(i, candidate)| read_offer(engine, &mut fields, i, candidate)).collect()
    };
    let floor = wire.floor.map(|floor| {
        let currency = fields.take(Currency::parse(&floor.currency).map_err(|e| e.under("floor")));
        let known =
            currency.and_then(|c| fields.take(engine.check_currency(c).map_err(|e| e.under("floor"))));
        known.map(|currency| Floor { micros: floor.cpm_micros, currency })
    });
    let ads_max = usize::try_from(wire.max_ads).ok().filter(|&ads| ads <= crate::decide::ADS_MAX);
    if ads_max.is_none() {
        fields.refuse("max_ads", format!("must be 0 to {}, is {}", crate::decide::ADS_MAX, wire.max_ads));
    }
    let whole = match (tenant, impression, &subject, &floor) {
        (Some(tenant), Some((impression, context)), None | Some(Some(_)), None | Some(Some(_)))
            if candidates == offers.len() =>
        {
            Some(crate::decide::Request {
                tenant,
                impression,
                context,
                subject: None,
                candidates: offers,
                floor: None,
                ads_max: ads_max.unwrap_or_default().max(1),
                signals: None,
            })
        }
        _ => None,
    };
    let whole = whole.map(|request| crate::decide::Request {
        subject: subject.flatten(),
        floor: floor.flatten(),
        signals,
        ..request
    });
    let request = fields.finish(whole)?;
    request.check().map_err(|errors: FieldErrors| invalid(&errors))?;
    Ok(request)
}

fn read_subject(
    engine: &Engine,
    fields: &mut Fields,
    tenant: Option<&TenantId>,
    wire: pb::Subject,
) -> Option<Subject> {
    let key = tenant.and_then(|tenant| fields.take(engine.subject_key(tenant, &wire.id)));
    let accepted = accepted(fields, &wire.accepted_purposes, "subject.accepted_purposes");
    let features = stated(engine, fields, wire.features, Origin::Subject, "subject.features");
    Some(Subject { key: key?, accepted: accepted?, features })
}

/// Purposes by number.
pub(super) fn accepted(fields: &mut Fields, numbers: &[i32], field: &str) -> Option<Purposes> {
    let purposes = numbers.iter().map(|&number| Purpose::from_number(i64::from(number)));
    let purposes = purposes.collect::<Result<Purposes, _>>();
    fields.take(purposes.map_err(|error| FieldError::new(field, error.rule)))
}

fn read_offer(engine: &Engine, fields: &mut Fields, i: usize, wire: pb::Candidate) -> Option<Offer> {
    let at = format!("candidates[{i}]");
    let ad = fields.take(AdId::parse(&wire.ad_id).map_err(|e| e.under(&at)));
    let bid = match wire.bid {
        None => Some(Bid { pricing: Pricing::None, micros: 0, currency: engine.base_currency() }),
        Some(bid) => read_bid(engine, fields, &format!("{at}.bid"), &bid),
    };
    let inline = wire.ad.map(|ad| read_ad(fields, &format!("{at}.ad"), &wire.ad_id, ad));
    Some(Offer { ad: ad?, bid: bid?, inline })
}

fn read_bid(engine: &Engine, fields: &mut Fields, at: &str, wire: &pb::Bid) -> Option<Bid> {
    let pricing = match wire.pricing() {
        pb::Pricing::Cpm => Some(Pricing::Cpm),
        pb::Pricing::Cpc => Some(Pricing::Cpc),
        pb::Pricing::Cpa => Some(Pricing::Cpa),
        pb::Pricing::Unspecified => {
            fields.refuse(format!("{at}.pricing"), "must be CPM, CPC or CPA; leave the bid out for no price");
            None
        }
    };
    let currency = fields.take(Currency::parse(&wire.currency).map_err(|e| e.under(at)));
    let known = currency.and_then(|c| fields.take(engine.check_currency(c).map_err(|e| e.under(at))));
    Some(Bid { pricing: pricing?, micros: wire.micros, currency: known? })
}

/// An ad that comes with the request; the schema checks it when it is used.
fn read_ad(fields: &mut Fields, at: &str, id: &str, wire: pb::Ad) -> AdDraft {
    if wire.advertiser.is_empty() {
        fields.refuse(format!("{at}.advertiser"), "must not be empty");
    }
    let named = [("advertiser", &wire.advertiser), ("payer", &wire.payer), ("domain", &wire.domain)];
    for (name, text) in named {
        check_text(fields, format!("{at}.{name}"), text);
    }
    let payer = if wire.payer.is_empty() { wire.advertiser.clone() } else { wire.payer };
    let features = wire.features.into_iter().filter_map(|(name, value)| {
        let value = match value.value? {
            Value::Number(number) => AdValue::Number(number),
            Value::Flag(flag) => AdValue::Number(f64::from(u8::from(flag))),
            Value::Category(category) => {
                check_text(fields, format!("{at}.features.{name}"), &category);
                AdValue::Category(category)
            }
        };
        Some((name, value))
    });
    let features = features.collect();
    AdDraft {
        id: id.to_owned(),
        advertiser: wire.advertiser,
        payer,
        domain: wire.domain,
        features,
        attributes: wire.attributes.into_iter().map(|(name, values)| (name, values.values)).collect(),
    }
}

/// Features that the caller states, checked against the schema.
fn stated(
    engine: &Engine,
    fields: &mut Fields,
    wire: BTreeMap<String, pb::FeatureValue>,
    origin: Origin,
    at: &str,
) -> Stated {
    let schema = engine.schema();
    let mut stated = Stated::new();
    for (name, value) in wire {
        let at = format!("{at}[{name:?}]");
        let Some(id) = schema.feature(&name) else {
            fields.refuse(at, "is not a feature of the schema");
            continue;
        };
        let feature = &schema.features[id.index()];
        if feature.origin != origin {
            fields.refuse(at, format!("is a feature of the {}", origin_name(feature.origin)));
            continue;
        }
        let read = match (&feature.kind, value.value) {
            (_, None) => continue,
            (FeatureKind::Numeric, Some(Value::Number(number))) if number.is_finite() => {
                StatedValue::Number(number)
            }
            (FeatureKind::Flag, Some(Value::Flag(flag))) => StatedValue::Number(f64::from(u8::from(flag))),
            (FeatureKind::Categorical, Some(Value::Category(category))) => {
                check_text(fields, at, &category);
                StatedValue::Category(category)
            }
            (FeatureKind::Numeric, Some(Value::Number(number))) => {
                fields.refuse(at, format!("must be finite, is {number}"));
                continue;
            }
            (FeatureKind::Numeric, Some(Value::Category(_) | Value::Flag(_))) => {
                fields.refuse(at, "must be a number");
                continue;
            }
            (FeatureKind::Flag, Some(Value::Number(_) | Value::Category(_))) => {
                fields.refuse(at, "must be a flag");
                continue;
            }
            (FeatureKind::Categorical, Some(Value::Number(_) | Value::Flag(_))) => {
                fields.refuse(at, "must be a category");
                continue;
            }
            (FeatureKind::Affinity(_), Some(_)) => {
                fields.refuse(at, "is made of history and cannot be stated");
                continue;
            }
        };
        stated.insert(id, read);
    }
    stated
}

/// Refuses a text that is too long: it is logged once for every ad that is shown.
fn check_text(fields: &mut Fields, at: String, text: &str) {
    if text.len() > TEXT_BYTES_MAX {
        fields.refuse(at, format!("must be at most {TEXT_BYTES_MAX} bytes, has {}", text.len()));
    }
}

const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Subject => "subject",
        Origin::History => "history",
        Origin::Context => "impression's context",
        Origin::Ad => "ad",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_timeout_is_digits_and_a_unit() {
        assert_eq!(grpc_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(grpc_timeout("2S"), Some(Duration::from_secs(2)));
        for bad in ["", "S", "12", "-1S", "123456789S", "1x", "1é"] {
            assert_eq!(grpc_timeout(bad), None, "{bad}");
        }
    }
}
