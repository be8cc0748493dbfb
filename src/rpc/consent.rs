//! Consent signals on the wire.

use tonic::metadata::MetadataMap;

use super::pb;
use super::recommend::accepted;
use super::status::Fields;
use crate::consent::{Age, SignalText, Signals};
use crate::domain::{Cause, Decider, Ground, Purposes, Signal, Verdict};

/// The header by which browsers ask neither to sell nor to share.
const SEC_GPC: &str = "sec-gpc";
/// The number of a section that stands for none.
const NO_SECTION: i32 = -1;

/// Whether the call carries the browser's header.
pub(super) fn has_gpc(metadata: &MetadataMap) -> bool {
    metadata.get(SEC_GPC).is_some_and(|value| value.as_bytes() == b"1")
}

/// The signals of a request; None when it carries none.
pub(super) fn signals(fields: &mut Fields, wire: Option<pb::Consent>, has_gpc: bool) -> Option<Signals> {
    if wire.is_none() && !has_gpc {
        return None;
    }
    let wire = wire.unwrap_or_default();
    let text = |text: String| (!text.is_empty()).then_some(SignalText(text));
    let stored = wire.stored_choices.map(|stored| {
        let field = "consent.stored_choices.accepted_purposes";
        accepted(fields, &stored.accepted_purposes, field).unwrap_or_default()
    });
    let age = match pb::Age::try_from(wire.age) {
        Ok(_) if wire.coppa => Age::Minor,
        Ok(pb::Age::Unspecified) => Age::Unknown,
        Ok(pb::Age::Adult) => Age::Adult,
        Ok(pb::Age::Minor) => Age::Minor,
        Err(_) => {
            fields.refuse("consent.age", format!("must be an age of the API, is {}", wire.age));
            Age::Minor
        }
    };
    Some(Signals {
        tc_string: text(wire.tc_string),
        gdpr_applies: wire.gdpr_applies,
        gpp_string: text(wire.gpp_string),
        gpp_sections: sections(fields, &wire.gpp_sid),
        gpc: wire.gpc || has_gpc,
        age,
        child_directed: wire.child_directed,
        stored,
    })
}

/// The sections that apply; None when that is not said.
fn sections(fields: &mut Fields, numbers: &[i32]) -> Option<Vec<u16>> {
    match numbers {
        [] => None,
        [NO_SECTION] => Some(Vec::new()),
        numbers => {
            let mut sections = Vec::with_capacity(numbers.len());
            for (i, number) in numbers.iter().enumerate() {
                match u16::try_from(*number) {
                    Ok(id) if id > 0 => sections.push(id),
                    _ => fields.refuse(
                        format!("consent.gpp_sid[{i}]"),
                        format!("must be 1 to 65535, or -1 alone, is {number}"),
                    ),
                }
            }
            Some(sections)
        }
    }
}

/// What decided on a feature, where a purpose was asked about.
pub(super) fn decided_by(verdict: &Verdict) -> Option<pb::ConsentDecider> {
    let stored = |purposes: Purposes, ground: Ground| {
        let purpose = purposes.iter().next()?;
        Some(Decider { purpose, signal: Signal::StoredChoices, ground })
    };
    let decider = match verdict.cause {
        Cause::NotPersonal | Cause::NoSubject | Cause::SensitiveAd | Cause::Forgotten => None,
        Cause::Accepted => stored(verdict.needs, Ground::Consented),
        Cause::PurposesRefused(refused) => stored(refused, Ground::PurposeRefused),
        Cause::RefusedBy { decider, .. } | Cause::GrantedBy(decider) => Some(decider),
    };
    decider.map(|decider| pb::ConsentDecider {
        purpose: decider.purpose.number().into(),
        signal: pb::ConsentSignal::from(decider.signal).into(),
        gpp_section: match decider.signal {
            Signal::GppSection(id) => id.into(),
            Signal::StoredChoices
            | Signal::TcString
            | Signal::GppString
            | Signal::GlobalPrivacyControl
            | Signal::Age
            | Signal::OwnChoices => 0,
        },
        ground: pb::ConsentGround::from(decider.ground).into(),
    })
}

impl From<Signal> for pb::ConsentSignal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::StoredChoices => Self::StoredChoices,
            Signal::TcString => Self::TcString,
            Signal::GppString => Self::GppString,
            Signal::GppSection(_) => Self::GppSection,
            Signal::GlobalPrivacyControl => Self::Gpc,
            Signal::Age => Self::Age,
            Signal::OwnChoices => Self::OwnChoices,
        }
    }
}

impl From<Ground> for pb::ConsentGround {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::Consented => Self::Consented,
            Ground::LegitimateInterest => Self::LegitimateInterest,
            Ground::NotOptedOut => Self::NotOptedOut,
            Ground::Missing => Self::Missing,
            Ground::Unreadable => Self::Unreadable,
            Ground::UnknownVersion => Self::UnknownVersion,
            Ground::Stale => Self::Stale,
            Ground::FromTheFuture => Self::FromTheFuture,
            Ground::NotServiceSpecific => Self::NotServiceSpecific,
            Ground::NoVendorId => Self::NoVendorId,
            Ground::VendorNotDisclosed => Self::VendorNotDisclosed,
            Ground::VendorRefused => Self::VendorRefused,
            Ground::PurposeRefused => Self::PurposeRefused,
            Ground::PublisherRestricts => Self::PublisherRestricts,
            Ground::NoNotice => Self::NoNotice,
            Ground::NotAsked => Self::NotAsked,
            Ground::OptedOutOfSale => Self::OptedOutOfSale,
            Ground::OptedOutOfSharing => Self::OptedOutOfSharing,
            Ground::OptedOutOfTargetedAdvertising => Self::OptedOutOfTargetedAdvertising,
            Ground::SensitiveDataRefused => Self::SensitiveDataRefused,
            Ground::FurtherUseRefused => Self::FurtherUseRefused,
            Ground::ServiceProviderOnly => Self::ServiceProviderOnly,
            Ground::PrivacyControl => Self::PrivacyControl,
            Ground::Minor => Self::Minor,
            Ground::ChildDirected => Self::ChildDirected,
            Ground::AgeUnknown => Self::AgeUnknown,
            Ground::Withdrawn => Self::Withdrawn,
            Ground::Objected => Self::Objected,
            Ground::PersonalisationStopped => Self::PersonalisationStopped,
        }
    }
}
