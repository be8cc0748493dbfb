//! Signals: what people told of what may be done with their data, and which of it decided.

use serde::{Deserialize, Serialize};

use super::Purpose;

/// Where a word on a purpose comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// The choices that the caller keeps.
    StoredChoices,
    /// The transparency and consent string of the European framework.
    TcString,
    /// The string of the Global Privacy Platform as a whole.
    GppString,
    /// One section of that string, by its number in the platform.
    GppSection(u16),
    /// Global Privacy Control: the switch of the browser.
    GlobalPrivacyControl,
    /// The person's age, or whom the place is made for.
    Age,
    /// The choices that the person made with this service.
    OwnChoices,
}

/// Why a signal grants or refuses a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ground {
    /// Granted: the person consented.
    Consented,
    /// Granted: legitimate interest was told, and not objected to.
    LegitimateInterest,
    /// Granted: the person was told of the right to opt out, and did not.
    NotOptedOut,
    /// Refused: the signal that should grant it is not there.
    Missing,
    /// Refused: the signal cannot be read.
    Unreadable,
    /// Refused: the signal is of a version whose fields are not known.
    UnknownVersion,
    /// Refused: the signal is too old.
    Stale,
    /// Refused: the signal is of a day to come.
    FromTheFuture,
    /// Refused: the string holds for no service in particular, so it is void.
    NotServiceSpecific,
    /// Refused: this service has no vendor id that a string could name.
    NoVendorId,
    /// Refused: the person was not told of this vendor.
    VendorNotDisclosed,
    /// Refused: the person did not accept this vendor.
    VendorRefused,
    /// Refused: the person did not accept the purpose.
    PurposeRefused,
    /// Refused: the publisher forbids it, or asks for a legal basis that is not there.
    PublisherRestricts,
    /// Refused: the person was not told of the right to opt out.
    NoNotice,
    /// Refused: the question whether to opt out was not put.
    NotAsked,
    /// Refused: opted out of sale.
    OptedOutOfSale,
    /// Refused: opted out of sharing.
    OptedOutOfSharing,
    /// Refused: opted out of targeted advertising.
    OptedOutOfTargetedAdvertising,
    /// Refused: some kind of sensitive data is refused.
    SensitiveDataRefused,
    /// Refused: uses that were not foreseen are refused.
    FurtherUseRefused,
    /// Refused: the transaction is one of a mere service provider.
    ServiceProviderOnly,
    /// Refused: the browser asks neither to sell nor to share.
    PrivacyControl,
    /// Refused: a known child or minor.
    Minor,
    /// Refused: the place is made for children.
    ChildDirected,
    /// Refused: the age is not known, and the site wants context alone then.
    AgeUnknown,
    /// Refused: the person withdrew the purpose.
    Withdrawn,
    /// Refused: the person objects to the purpose.
    Objected,
    /// Refused: the person wants nothing used that is known of them.
    PersonalisationStopped,
}

/// The signal that decided on a purpose, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decider {
    /// The purpose.
    pub purpose: Purpose,
    /// The signal.
    pub signal: Signal,
    /// Why.
    pub ground: Ground,
}
