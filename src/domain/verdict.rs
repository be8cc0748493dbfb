//! What the consent gate said of each feature, and why.

use serde::{Deserialize, Serialize};

use super::{Decider, FeatureId, Purposes};

/// The gate's answer for one feature of one impression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The feature.
    pub feature: FeatureId,
    /// The purposes it needs.
    pub needs: Purposes,
    /// Why it is permitted or withheld.
    pub cause: Cause,
}

impl Verdict {
    /// Permitted or withheld.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self.cause {
            Cause::NotPersonal | Cause::Accepted | Cause::GrantedBy(_) => Outcome::Permitted,
            Cause::PurposesRefused(_)
            | Cause::NoSubject
            | Cause::SensitiveAd
            | Cause::RefusedBy { .. }
            | Cause::Forgotten => Outcome::Withheld,
        }
    }
}

/// Whether a feature may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It may.
    Permitted,
    /// It may not, and is not read.
    Withheld,
}

/// Why a feature is permitted or withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// It says nothing about a person.
    NotPersonal,
    /// Every purpose it needs was accepted; so say records from before signals were weighed.
    Accepted,
    /// These purposes were not accepted; so say records from before signals were weighed.
    PurposesRefused(Purposes),
    /// The request names no person.
    NoSubject,
    /// The ad's category is sensitive: it is chosen by context alone.
    SensitiveAd,
    /// Signals refuse these purposes; told is what decided on the first of them.
    RefusedBy {
        /// The purposes that are refused.
        refused: Purposes,
        /// What decided.
        decider: Decider,
    },
    /// Signals grant every purpose it needs; told is what decided on the first of them.
    GrantedBy(Decider),
    /// The person objects to the use of this datum.
    Forgotten,
}
