//! What callers ask, and what they are refused with.

use limpid::rpc::pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::example::ADS;
use super::place::TENANT;

/// Every purpose of the framework.
pub(crate) const ALL_PURPOSES: [i32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// A request about nobody for every ad of the example, without prices.
pub(crate) fn about_nobody(impression: &str) -> pb::RecommendRequest {
    pb::RecommendRequest {
        tenant: TENANT.to_owned(),
        impression: Some(pb::Impression {
            id: impression.to_owned(),
            context: [
                ("page".to_owned(), category("recipes")),
                ("hour".to_owned(), number(18.0)),
                ("weekend".to_owned(), flag(true)),
            ]
            .into(),
        }),
        candidates: ADS.map(candidate).into(),
        account_view: pb::AccountView::All.into(),
        ..pb::RecommendRequest::default()
    }
}

/// The same about a person who accepted these purposes.
pub(crate) fn about(person: &str, purposes: &[i32], impression: &str) -> pb::RecommendRequest {
    let subject = pb::Subject {
        id: person.to_owned(),
        accepted_purposes: purposes.to_vec(),
        features: [("member_years".to_owned(), number(3.0))].into(),
    };
    pb::RecommendRequest { subject: Some(subject), ..about_nobody(impression) }
}

/// The same request with a price for every candidate.
pub(crate) fn priced(request: pb::RecommendRequest, bid: &pb::Bid) -> pb::RecommendRequest {
    let candidates = request.candidates.into_iter();
    let candidates = candidates.map(|candidate| pb::Candidate { bid: Some(bid.clone()), ..candidate });
    pb::RecommendRequest { candidates: candidates.collect(), ..request }
}

pub(crate) fn candidate(ad: &str) -> pb::Candidate {
    pb::Candidate { ad_id: ad.to_owned(), bid: None, ad: None }
}

pub(crate) fn bid(pricing: pb::Pricing, micros: i64, currency: &str) -> pb::Bid {
    pb::Bid { pricing: pricing.into(), micros, currency: currency.to_owned() }
}

pub(crate) fn number(value: f64) -> pb::FeatureValue {
    pb::FeatureValue { value: Some(pb::feature_value::Value::Number(value)) }
}

pub(crate) fn category(value: &str) -> pb::FeatureValue {
    pb::FeatureValue { value: Some(pb::feature_value::Value::Category(value.to_owned())) }
}

pub(crate) fn flag(value: bool) -> pb::FeatureValue {
    pb::FeatureValue { value: Some(pb::feature_value::Value::Flag(value)) }
}

/// A purchase in a category, so many days before noon of 1 March 2026, by a person who accepted
/// everything.
pub(crate) fn purchase(id: &str, person: &str, category: &str, days_ago: i64) -> pb::RecordEventsRequest {
    let noon = super::service::at(super::service::NOON);
    let at = prost_types::Timestamp { seconds: noon.plus_days(-days_ago).micros() / 1_000_000, nanos: 0 };
    let event = pb::Event {
        id: id.to_owned(),
        subject_id: person.to_owned(),
        kind: pb::EventKind::Purchase.into(),
        at: Some(at),
        attributes: [("category".to_owned(), category.to_owned())].into(),
        spend_micros: 2_500_000,
        accepted_purposes: ALL_PURPOSES.to_vec(),
        ..pb::Event::default()
    };
    pb::RecordEventsRequest { tenant: TENANT.to_owned(), event: Some(event) }
}

/// The answer's entry of an ad.
pub(crate) fn ad<'a>(answer: &'a pb::RecommendResponse, id: &str) -> &'a pb::RankedAd {
    answer.ads.iter().find(|ad| ad.ad_id == id).unwrap_or_else(|| panic!("{id} is not in the answer"))
}

/// The account that came with an ad.
pub(crate) fn account(ad: &pb::RankedAd) -> &pb::Account {
    ad.account.as_ref().expect("an account was asked for")
}

/// What every candidate is worth, in units, by ad.
pub(crate) fn values(answer: &pb::RecommendResponse) -> Vec<(&str, i64)> {
    let mut values =
        answer.ads.iter().map(|ad| (ad.ad_id.as_str(), ad.ranking_value_units)).collect::<Vec<_>>();
    values.sort_unstable();
    values
}

/// Asserts that a call was refused for one field, and says so in code, message and details alike.
pub(crate) fn assert_field<T: std::fmt::Debug>(answer: Result<T, Status>, field: &str, rule: &str) {
    let status = answer.expect_err(field);
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violations = &details.bad_request().expect("a bad request has its fields").field_violations;
    let named = violations.iter().find(|violation| violation.field == field);
    let named = named.unwrap_or_else(|| panic!("{field} is not among {violations:?}"));
    assert!(named.description.contains(rule), "{field}: {}", named.description);
    let message = format!("{field}: {}", named.description);
    assert!(status.message().contains(&message), "{} does not say {message}", status.message());
    assert_eq!(reason(&status), "INVALID_FIELD");
}

/// Asserts that a call was refused with a code, a reason for programs and a message for people.
pub(crate) fn assert_refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    code: Code,
    reason_code: &str,
    message: &str,
) {
    let status = answer.expect_err(message);
    assert_eq!((status.code(), reason(&status).as_str()), (code, reason_code), "{status:?}");
    assert!(status.message().contains(message), "{} does not say {message}", status.message());
}

/// The reason of a status, in the domain of the service.
fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().expect("a status has its reason");
    assert_eq!(info.domain, "limpid");
    info.reason.clone()
}
