//! What sections of the United States say of each purpose: nothing is asked for, much can be opted out of.

use super::{GAINS_OF_OTHERS, Opinion, PROFILES};
use crate::consent::signal::{UsField, UsPrivacy, UsSection};
use crate::domain::{Ground, Purposes, Signal};

/// Answers of two bits: 1 and 2 mean what the field says.
const YES: u8 = 1;
const NO: u8 = 2;

/// The rights to opt out: the question, the notice of it, what it stops, and what it is called.
const OPT_OUTS: [(UsField, UsField, Purposes, Ground); 3] = [
    (UsField::SaleOptOut, UsField::SaleOptOutNotice, GAINS_OF_OTHERS, Ground::OptedOutOfSale),
    (UsField::SharingOptOut, UsField::SharingOptOutNotice, GAINS_OF_OTHERS, Ground::OptedOutOfSharing),
    (
        UsField::TargetedAdvertisingOptOut,
        UsField::TargetedAdvertisingOptOutNotice,
        PROFILES,
        Ground::OptedOutOfTargetedAdvertising,
    ),
];

/// What a section says: what is opted out of is refused; the rest is granted if the person was told.
pub(super) fn section(signal: Signal, read: &UsSection) -> Opinion {
    let is_known = read.version == 1 || read.version == 2 && read.name == "usnat";
    if !is_known {
        return Opinion::refuses_all(signal, Ground::UnknownVersion);
    }
    let answer = |field: UsField| read.answers(field).first().copied();
    let any = |field: UsField, is: fn(u8) -> bool| read.answers(field).iter().any(|answer| is(*answer));
    let is_refusal = |answer: u8| answer != 0 && answer != NO;

    let mut opinion = Opinion::silent(signal);
    if any(UsField::KnownChildSensitiveDataConsents, |answer| answer != 0) {
        opinion = opinion.refusing(Purposes::ALL, Ground::Minor);
    }
    for (question, _, stops, ground) in OPT_OUTS {
        if any(question, is_refusal) {
            opinion = opinion.refusing(stops, ground);
        }
    }
    for further in [UsField::PersonalDataConsents, UsField::AdditionalDataProcessingConsent] {
        if any(further, is_refusal) {
            opinion = opinion.refusing(GAINS_OF_OTHERS, Ground::FurtherUseRefused);
        }
    }
    if any(UsField::SensitiveDataProcessing, is_refusal) {
        opinion = opinion.refusing(PROFILES, Ground::SensitiveDataRefused);
    }
    let serves_only = any(UsField::MspaServiceProviderMode, |answer| answer == YES || answer == 3);
    // Of the later field 1 is the opt-out mode and 2 the service provider's.
    if serves_only || any(UsField::MspaMode, |answer| answer >= 2) {
        opinion = opinion.refusing(PROFILES, Ground::ServiceProviderOnly);
    }
    for notice in [UsField::SharingNotice, UsField::ProcessingNotice] {
        if answer(notice).is_some_and(|answer| answer >= NO) {
            opinion = opinion.refusing(GAINS_OF_OTHERS, Ground::NoNotice);
        }
    }
    for (question, notice, stops, _) in OPT_OUTS {
        // An answer without the question's notice is none.
        let told = answer(notice) == Some(YES);
        if answer(question).is_some_and(|answer| answer != 0) && !told || answer(notice) >= Some(NO) {
            opinion = opinion.refusing(stops, Ground::NoNotice);
        }
    }
    // Profiles need the answer of the question that is about them, where the law puts it.
    let about_profiles = answer(UsField::TargetedAdvertisingOptOut).or(answer(UsField::SharingOptOut));
    if about_profiles != Some(NO) {
        opinion = opinion.refusing(PROFILES, Ground::NotAsked);
    }
    opinion.granting(Purposes::ALL, Ground::NotOptedOut)
}

/// What the superseded string says.
pub(super) fn privacy(signal: Signal, read: UsPrivacy) -> Opinion {
    let opinion = Opinion::silent(signal);
    let opinion = match (read.notice, read.sale_opt_out) {
        (_, Some(true)) => opinion.refusing(GAINS_OF_OTHERS, Ground::OptedOutOfSale),
        (Some(true), Some(false)) => opinion,
        (Some(true), None) => opinion.refusing(GAINS_OF_OTHERS, Ground::NotAsked),
        (Some(false) | None, Some(false) | None) => opinion.refusing(GAINS_OF_OTHERS, Ground::NoNotice),
    };
    opinion.granting(Purposes::ALL, Ground::NotOptedOut)
}
