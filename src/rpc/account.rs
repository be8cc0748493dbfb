//! Accounts, verdicts and reasons on the wire.

use std::collections::BTreeMap;

use super::consent::decided_by;
use super::pb;
use crate::domain::{
    Account, Cause, Day, Derivation, Evidence, Feature, FeatureId, Line, LineSource, Outcome, Profile,
    Provenance, Purposes, Reason, Response, Standing, Timestamp, Verdict,
};
use crate::explain::{Precision, tells_value, told_number};

impl From<Response> for pb::Response {
    fn from(response: Response) -> Self {
        match response {
            Response::Click => Self::Click,
            Response::Conversion => Self::Conversion,
        }
    }
}

impl From<Profile> for pb::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Contextual => Self::Contextual,
            Profile::Full => Self::Full,
        }
    }
}

impl From<Derivation> for pb::Derivation {
    fn from(derivation: Derivation) -> Self {
        match derivation {
            Derivation::Stated => Self::Stated,
            Derivation::Observed => Self::Observed,
            Derivation::Inferred => Self::Inferred,
        }
    }
}

/// A moment on the wire.
pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = at.micros().rem_euclid(1_000_000) * 1000;
    prost_types::Timestamp {
        seconds: at.micros().div_euclid(1_000_000),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// Purposes by number.
pub(super) fn purposes(purposes: Purposes) -> Vec<i32> {
    purposes.iter().map(|purpose| i32::from(purpose.number())).collect()
}

/// A provenance as text.
pub(super) fn provenance(provenance: &Provenance) -> String {
    match provenance {
        Provenance::FirstParty => "first_party".to_owned(),
        Provenance::Partner(name) => name.clone(),
    }
}

/// A line, its features by name.
pub(super) fn line(line: Line, names: &[String]) -> pb::Line {
    let name = |feature: FeatureId| names.get(feature.index()).cloned().unwrap_or_default();
    let none = String::new;
    let (kind, response, feature, second_feature) = match line.source {
        LineSource::Intercept(r) => (pb::LineKind::Intercept, Some(r), none(), none()),
        LineSource::Feature(r, f) => (pb::LineKind::Feature, Some(r), name(f), none()),
        LineSource::Pair(r, f, g) => (pb::LineKind::Pair, Some(r), name(f), name(g)),
        LineSource::WithheldOffset(r) => (pb::LineKind::WithheldOffset, Some(r), none(), none()),
        LineSource::Saturation(r) => (pb::LineKind::Saturation, Some(r), none(), none()),
        LineSource::Bid => (pb::LineKind::Bid, None, none(), none()),
        LineSource::PerMille => (pb::LineKind::PerMille, None, none(), none()),
        LineSource::CurrencyRate => (pb::LineKind::CurrencyRate, None, none(), none()),
    };
    pb::Line {
        kind: kind.into(),
        response: response.map_or(pb::Response::Unspecified, pb::Response::from).into(),
        feature,
        second_feature,
        value_units: line.value.units(),
        value: line.value.to_f64(),
    }
}

/// An account, its features by name.
pub(super) fn account(account: &Account, names: &[String]) -> pb::Account {
    let name = |feature: FeatureId| names.get(feature.index()).cloned().unwrap_or_default();
    let mut attributions = BTreeMap::<Response, pb::Attribution>::new();
    for line in account.lines() {
        let (response, key) = match line.source {
            LineSource::Intercept(r) | LineSource::WithheldOffset(r) | LineSource::Saturation(r) => (r, None),
            LineSource::Feature(r, f) => (r, Some(name(f))),
            LineSource::Pair(r, f, g) => (r, Some(format!("{} x {}", name(f), name(g)))),
            LineSource::Bid | LineSource::PerMille | LineSource::CurrencyRate => continue,
        };
        let attribution = attributions.entry(response).or_insert_with(|| pb::Attribution {
            response: pb::Response::from(response).into(),
            baseline_output_value: account.baseline(response).unwrap_or_default().to_f64(),
            instance_output_value: account.score(response).unwrap_or_default().to_f64(),
            feature_attributions: BTreeMap::new(),
        });
        if let Some(key) = key {
            attribution.feature_attributions.insert(key, line.value.to_f64());
        }
    }
    pb::Account {
        lines: account.lines().map(|of_account| line(of_account, names)).collect(),
        ranking_value_units: account.ranking_value().units(),
        attributions: attributions.into_values().collect(),
    }
}

/// A verdict, its feature by name.
pub(super) fn verdict(verdict: Verdict, names: &[String]) -> pb::Verdict {
    let (cause, refused) = match verdict.cause {
        Cause::NotPersonal => (pb::VerdictCause::NotPersonal, Purposes::NONE),
        Cause::Accepted | Cause::GrantedBy(_) => (pb::VerdictCause::Accepted, Purposes::NONE),
        Cause::PurposesRefused(refused) | Cause::RefusedBy { refused, .. } => {
            (pb::VerdictCause::PurposesRefused, refused)
        }
        Cause::NoSubject => (pb::VerdictCause::NoSubject, Purposes::NONE),
        Cause::SensitiveAd => (pb::VerdictCause::SensitiveAd, Purposes::NONE),
        Cause::Forgotten => (pb::VerdictCause::Forgotten, Purposes::NONE),
    };
    pb::Verdict {
        feature: names.get(verdict.feature.index()).cloned().unwrap_or_default(),
        permitted: verdict.outcome() == Outcome::Permitted,
        cause: cause.into(),
        needs: purposes(verdict.needs),
        refused: purposes(refused),
        decided_by: decided_by(&verdict),
    }
}

/// A reason by its code: what a caller may carry.
pub(super) fn reason_code(reason: &Reason, names: &[String]) -> pb::Reason {
    let standing = match reason.standing {
        Standing::For => pb::Standing::For,
        Standing::Against => pb::Standing::Against,
    };
    pb::Reason {
        code: reason.code.clone(),
        standing: standing.into(),
        push_units: reason.push.units(),
        share: reason.share,
        text: String::new(),
        evidence: Vec::new(),
        features: reason.features.iter().filter_map(|f| names.get(f.index()).cloned()).collect(),
        purposes: purposes(reason.purposes),
        provenance: provenance(&reason.provenance),
        derivation: pb::Derivation::from(reason.derivation).into(),
        controllable: reason.controllable,
    }
}

/// A fact, as exactly as `precision` allows: counts and days as they are, or in bands; numbers about the person as
/// they are, or roughly.
pub(super) fn evidence(
    evidence: &Evidence,
    names: &[String],
    features: &[Feature],
    precision: Precision,
) -> pb::Evidence {
    let exact = precision == Precision::Exact;
    let name = |feature: &FeatureId| names.get(feature.index()).cloned().unwrap_or_default();
    let (feature, fact) = match evidence {
        Evidence::History { event, attribute, key, days, count, first, last, window_days } => {
            let day = |day: &Option<Day>| match (day, exact) {
                (None, _) => String::new(),
                (Some(day), true) => day.to_string(),
                (Some(day), false) => {
                    let (year, month, _) = day.civil();
                    format!("{year:04}-{month:02}")
                }
            };
            let band = |count: u32| if exact { count } else { crate::explain::band_floor(count) };
            let history = pb::HistoryEvidence {
                event: event.name().to_owned(),
                attribute: attribute.clone().unwrap_or_default(),
                key: key.clone().unwrap_or_default(),
                days: band(*days),
                count: band(*count),
                first_day: day(first),
                last_day: day(last),
                window_days: *window_days,
                banded: !exact,
            };
            (String::new(), Some(pb::evidence::Fact::History(history)))
        }
        Evidence::Number { feature, .. } | Evidence::Category { feature, .. }
            if !tells_value(evidence, features, precision) =>
        {
            (name(feature), None)
        }
        Evidence::Number { feature, value } => {
            let told = told_number(*value, features.get(feature.index()), precision);
            (name(feature), Some(pb::evidence::Fact::Number(told)))
        }
        Evidence::Category { feature, value } => {
            (name(feature), Some(pb::evidence::Fact::Category(value.clone())))
        }
        Evidence::Missing { feature } => (name(feature), Some(pb::evidence::Fact::Missing(true))),
        Evidence::Withheld { feature, .. } => (name(feature), None),
    };
    pb::Evidence { feature, fact }
}
