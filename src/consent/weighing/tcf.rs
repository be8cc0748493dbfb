//! What strings of the transparency and consent frameworks say of each purpose.

use super::settings::CONSENT_ONLY;
use super::{ConsentSettings, Opinion};
use crate::consent::signal::{Head, Ids, Restriction, RestrictionKind, TcString, TcfCanada};
use crate::domain::{Ground, Purpose, Purposes, Signal, Timestamp};

/// The policy (TCF v2.3) from which on a string must name the vendors that the person was told of.
const POLICY_DISCLOSES: u8 = 5;
/// How far the clocks of two machines may be apart.
const AHEAD_DAYS: i64 = 1;

/// What a string of the European framework says.
pub(super) fn europe(signal: Signal, settings: &ConsentSettings, read: &TcString, now: Timestamp) -> Opinion {
    let vendor = match vendor(settings, &read.head, read.disclosed_vendors.as_ref(), now) {
        Ok(vendor) if read.is_service_specific => vendor,
        Ok(_) => return Opinion::refuses_all(signal, Ground::NotServiceSpecific),
        Err(ground) => return Opinion::refuses_all(signal, ground),
    };
    let by_consent = Basis {
        purposes: Purpose::ALL.into_iter().filter(|p| read.purpose_consents.contains(p.number())).collect(),
        names_vendor: read.vendor_consents.contains(vendor),
    };
    let told = |p: &Purpose| read.purpose_legitimate_interests.contains(p.number());
    let by_interest = Basis {
        purposes: settings.legitimate_interest().iter().filter(told).collect(),
        names_vendor: read.vendor_legitimate_interests.contains(vendor),
    };
    weigh(signal, vendor, by_consent, by_interest, &read.publisher_restrictions)
}

/// What a section of Canada's framework says. Implied consent takes the place of legitimate interest.
pub(super) fn canada(
    signal: Signal,
    settings: &ConsentSettings,
    read: &TcfCanada,
    now: Timestamp,
) -> Opinion {
    let vendor = match vendor(settings, &read.head, read.disclosed_vendors.as_ref(), now) {
        Ok(vendor) => vendor,
        Err(ground) => return Opinion::refuses_all(signal, ground),
    };
    let expressly = Basis {
        purposes: Purpose::ALL.into_iter().filter(|p| read.purposes_express.contains(p.number())).collect(),
        names_vendor: read.vendors_express.contains(vendor),
    };
    let implied = |p: &Purpose| read.purposes_implied.contains(p.number());
    let implied = Basis {
        purposes: settings.legitimate_interest().iter().filter(implied).collect(),
        names_vendor: read.vendors_implied.contains(vendor),
    };
    weigh(signal, vendor, expressly, implied, &read.publisher_restrictions)
}

/// A legal basis: the purposes that it holds for, and whether it holds for this vendor.
#[derive(Clone, Copy)]
struct Basis {
    purposes: Purposes,
    names_vendor: bool,
}

impl Basis {
    fn permits(self, purpose: Purpose) -> bool {
        self.names_vendor && self.purposes.contains(purpose)
    }
}

/// The number that the string must name, if the string as a whole holds.
fn vendor(
    settings: &ConsentSettings,
    head: &Head,
    disclosed: Option<&Ids>,
    now: Timestamp,
) -> Result<u16, Ground> {
    if head.last_updated > now.plus_days(AHEAD_DAYS) {
        return Err(Ground::FromTheFuture);
    }
    if head.last_updated.plus_days(settings.stale_days().into()) < now {
        return Err(Ground::Stale);
    }
    let vendor = settings.vendor_id().ok_or(Ground::NoVendorId)?;
    let is_disclosed = match disclosed {
        Some(vendors) => vendors.contains(vendor),
        None => head.policy_version < POLICY_DISCLOSES,
    };
    if is_disclosed { Ok(vendor) } else { Err(Ground::VendorNotDisclosed) }
}

fn weigh(
    signal: Signal,
    vendor: u16,
    by_consent: Basis,
    by_interest: Basis,
    restrictions: &[Restriction],
) -> Opinion {
    let mut opinion = Opinion::silent(signal);
    for purpose in Purpose::ALL {
        let one = Purposes::NONE.with(purpose);
        let (may_consent, may_interest) = bases_left(vendor, purpose, restrictions);
        let consented = by_consent.permits(purpose);
        let interested = by_interest.permits(purpose) && !CONSENT_ONLY.contains(purpose);
        let is_asked = by_consent.purposes.contains(purpose) || by_interest.purposes.contains(purpose);
        opinion = match (consented && may_consent, interested && may_interest) {
            (true, _) => opinion.granting(one, Ground::Consented),
            (false, true) => opinion.granting(one, Ground::LegitimateInterest),
            (false, false) if consented || interested => opinion.refusing(one, Ground::PublisherRestricts),
            (false, false) if is_asked => opinion.refusing(one, Ground::VendorRefused),
            (false, false) => opinion.refusing(one, Ground::PurposeRefused),
        };
    }
    opinion
}

/// Whether the publisher leaves consent and legitimate interest to this vendor for a purpose.
fn bases_left(vendor: u16, purpose: Purpose, restrictions: &[Restriction]) -> (bool, bool) {
    let of_vendor = restrictions.iter().filter(|restriction| {
        restriction.purpose == purpose.number() && restriction.vendors.contains(vendor)
    });
    of_vendor.fold((true, true), |(consent, interest), restriction| match restriction.kind {
        RestrictionKind::NotAllowed | RestrictionKind::Undefined => (false, false),
        RestrictionKind::RequireConsent => (consent, false),
        RestrictionKind::RequireLegitimateInterest => (false, interest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_legitimate_interest_permits_what_needs_consent() {
        let every = Basis { purposes: Purposes::ALL, names_vendor: true };
        let none = Basis { purposes: Purposes::NONE, names_vendor: true };
        let opinion = weigh(Signal::TcString, 42, none, every, &[]);
        for purpose in Purpose::ALL {
            let say = opinion.says[usize::from(purpose.number()) - 1].unwrap();
            assert_eq!(say.grants, ![1, 3, 4, 5, 6].contains(&purpose.number()), "{purpose:?}");
        }
    }
}
