//! A request as it comes, read and checked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tonic::Status;

use super::super::consent::signals;
use super::super::pb;
use super::super::pb::feature_value::Value;
use super::super::status::Fields;
use crate::data::AdDraft;
use crate::decide::{ADS_MAX, CANDIDATES_MAX, Engine, Floor, Offer, Request, Stated, StatedValue, Subject};
use crate::domain::{
    AdId, AdValue, Bid, Currency, FeatureKind, FieldError, ImpressionId, Origin, Pricing, Purpose, Purposes,
    TenantId, untold,
};
use crate::ledger::Named;

/// Longest text of a request that becomes part of the decision, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// Reads a request; every field that breaks a rule is named. Rules that span fields are the engine's. Tenant and person were
/// read before: `named` is what the person is named by, if there is one and the tenant is good.
pub(super) fn read(
    engine: &Engine,
    wire: pb::RecommendRequest,
    (tenant, named): (Result<TenantId, FieldError>, Option<Result<Named, FieldError>>),
    has_gpc: bool,
) -> Result<Request, Status> {
    let mut fields = Fields::default();
    let tenant = fields.take(tenant);
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
    let subject = wire.subject.map(|subject| read_subject(engine, &mut fields, named, subject));
    let signals = signals(&mut fields, wire.consent, has_gpc);
    let candidates = wire.candidates.len();
    let offers = if candidates > CANDIDATES_MAX {
        let rule = format!("must be at most {CANDIDATES_MAX}, are {candidates}");
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
    let ads_max = usize::try_from(wire.max_ads).ok().filter(|&ads| ads <= ADS_MAX);
    if ads_max.is_none() {
        fields.refuse("max_ads", format!("must be 0 to {ADS_MAX}, is {}", wire.max_ads));
    }
    // What could not be read has its error among the fields.
    let whole = tenant.zip(impression).map(|(tenant, (impression, context))| Request {
        tenant,
        impression,
        context,
        subject: subject.flatten(),
        candidates: offers,
        floor: floor.flatten(),
        ads_max: ads_max.unwrap_or_default().max(1),
        signals,
    });
    fields.finish(whole)
}

fn read_subject(
    engine: &Engine,
    fields: &mut Fields,
    named: Option<Result<Named, FieldError>>,
    wire: pb::Subject,
) -> Option<Subject> {
    let named = named.and_then(|named| fields.take(named));
    let accepted = accepted(fields, &wire.accepted_purposes, "subject.accepted_purposes");
    let features = stated(engine, fields, wire.features, Origin::Subject, "subject.features");
    let Named { subject: key, earlier } = named?;
    Some(Subject { key, earlier, accepted: accepted?, features })
}

/// Purposes by number.
pub(in crate::rpc) fn accepted(fields: &mut Fields, numbers: &[i32], field: &str) -> Option<Purposes> {
    let purposes = numbers.iter().map(|&number| Purpose::from_number(i64::from(number)));
    let purposes = purposes.collect::<Result<Purposes, _>>();
    fields.take(purposes.map_err(|error| FieldError::new(field, error.rule)))
}

fn read_offer(engine: &Engine, fields: &mut Fields, i: usize, wire: pb::Candidate) -> Option<Offer> {
    let at = |what: &str| format!("candidates[{i}]{what}");
    let inline = wire.ad.map(|ad| read_ad(engine, fields, &at(".ad"), &wire.ad_id, ad));
    let ad = fields.take(AdId::try_from(wire.ad_id).map_err(|e| e.under(at(""))));
    let bid = match wire.bid {
        None => Some(Bid { pricing: Pricing::None, micros: 0, currency: engine.base_currency() }),
        Some(bid) => read_bid(engine, fields, || at(".bid"), &bid),
    };
    Some(Offer { ad: ad?, bid: bid?, inline })
}

fn read_bid(engine: &Engine, fields: &mut Fields, at: impl Fn() -> String, wire: &pb::Bid) -> Option<Bid> {
    let pricing = match wire.pricing() {
        pb::Pricing::Cpm => Some(Pricing::Cpm),
        pb::Pricing::Cpc => Some(Pricing::Cpc),
        pb::Pricing::Cpa => Some(Pricing::Cpa),
        pb::Pricing::Unspecified => {
            fields.refuse(
                format!("{}.pricing", at()),
                "must be CPM, CPC or CPA; leave the bid out for no price",
            );
            None
        }
    };
    let currency = fields.take(Currency::parse(&wire.currency).map_err(|e| e.under(at())));
    let known = currency.and_then(|c| fields.take(engine.check_currency(c).map_err(|e| e.under(at()))));
    Some(Bid { pricing: pricing?, micros: wire.micros, currency: known? })
}

/// An ad that comes with the request; the schema checks it when it is used.
fn read_ad(engine: &Engine, fields: &mut Fields, at: &str, id: &str, wire: pb::Ad) -> AdDraft {
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
                let known = engine.schema().feature(&name).is_some();
                let name = if known { Cow::Borrowed(name.as_str()) } else { Cow::Owned(untold(&name)) };
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
        let Some(id) = schema.feature(&name) else {
            fields.refuse(format!("{at}[{}]", untold(&name)), "is not a feature of the schema");
            continue;
        };
        let at = format!("{at}[{name:?}]");
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
