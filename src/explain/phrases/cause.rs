//! Why a datum is permitted or not: who said so.

use fluent_bundle::FluentArgs;

use super::Phrases;
use crate::domain::{Cause, Ground, Locale, Purposes};

impl Phrases {
    /// Why a datum is permitted or not, as a sentence.
    #[must_use]
    pub fn cause(&self, cause: Cause, locale: Locale) -> String {
        match cause {
            Cause::NotPersonal => self.text("cause-not-personal", locale),
            Cause::Accepted => self.text("cause-accepted", locale),
            Cause::GrantedBy(decider) => self.text(granted(decider.ground), locale),
            Cause::PurposesRefused(refused) => self.purposes_refused(refused, locale),
            Cause::RefusedBy { refused, decider } => match refused_by(decider.ground) {
                Some(phrase) => self.text(phrase, locale),
                None => self.purposes_refused(refused, locale),
            },
            Cause::NoSubject => self.text("cause-no-subject", locale),
            Cause::SensitiveAd => self.text("cause-sensitive-ad", locale),
            Cause::Forgotten => self.text("cause-forgotten", locale),
        }
    }

    fn purposes_refused(&self, refused: Purposes, locale: Locale) -> String {
        let mut variables = FluentArgs::new();
        variables.set("count", refused.iter().count());
        variables.set("purposes", self.purposes(refused, locale));
        self.say("cause-purposes-refused", locale, &variables)
    }
}

/// What is said of a purpose that a signal granted on this ground.
const fn granted(ground: Ground) -> &'static str {
    match ground {
        Ground::LegitimateInterest | Ground::NotOptedOut => "cause-not-objected",
        _ => "cause-accepted",
    }
}

/// What is said of a purpose that a signal refused on this ground; None when the person did not accept
/// the purpose.
const fn refused_by(ground: Ground) -> Option<&'static str> {
    Some(match ground {
        Ground::PurposeRefused | Ground::VendorRefused => return None,
        Ground::PrivacyControl => "cause-privacy-control",
        Ground::Withdrawn => "cause-withdrawn",
        Ground::Objected => "cause-objected",
        Ground::PersonalisationStopped => "cause-stopped",
        Ground::Minor | Ground::ChildDirected | Ground::AgeUnknown => "cause-age",
        Ground::OptedOutOfSale
        | Ground::OptedOutOfSharing
        | Ground::OptedOutOfTargetedAdvertising
        | Ground::SensitiveDataRefused
        | Ground::FurtherUseRefused => "cause-opted-out",
        Ground::Consented
        | Ground::LegitimateInterest
        | Ground::NotOptedOut
        | Ground::Missing
        | Ground::Unreadable
        | Ground::UnknownVersion
        | Ground::Stale
        | Ground::FromTheFuture
        | Ground::NotServiceSpecific
        | Ground::NoVendorId
        | Ground::VendorNotDisclosed
        | Ground::PublisherRestricts
        | Ground::NoNotice
        | Ground::NotAsked
        | Ground::ServiceProviderOnly => "cause-no-choice",
    })
}
