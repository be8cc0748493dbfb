//! Reasons: what made this ad rise against the others, with the facts that each rests on.

use serde::{Deserialize, Serialize};

use super::{Cause, Day, Derivation, EventKind, FeatureId, Nats, Provenance, Purposes};

/// What one group of lines did for one candidate, compared with the other eligible candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct PushGroup {
    /// What the group is.
    pub push: Push,
    /// The group's value less its mean over the eligible candidates (or, with a single candidate,
    /// less its training mean, which is 0).
    pub value: Nats,
    /// The features whose lines are in the group.
    pub features: Vec<FeatureId>,
}

/// The things that can push an ad up or down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Push {
    /// A datum that a person would name; the text is its reason code.
    Datum(String),
    /// What the advertiser offers, currency included.
    Bid,
    /// What the product adds of its own: intercepts, offsets and saturation.
    Policy,
}

/// A sentence's worth of why: a stable key with its push, evidence and data use.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable key.
    pub code: String,
    /// For or against this ad.
    pub standing: Standing,
    /// How much it pushed.
    pub push: Nats,
    /// Its part of all push, from 0 to 1.
    pub share: f64,
    /// The facts it rests on.
    pub evidence: Vec<Evidence>,
    /// The features it restates.
    pub features: Vec<FeatureId>,
    /// The purposes under which the data were used.
    pub purposes: Purposes,
    /// Where the data come from.
    pub provenance: Provenance,
    /// How they came to be.
    pub derivation: Derivation,
    /// Whether the person can switch them off.
    pub controllable: bool,
}

/// Whether a reason speaks for or against the ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// It made the ad rise.
    For,
    /// It made the ad sink, yet the ad was chosen.
    Against,
}

/// A fact that a reason rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Evidence {
    /// Things that the person did.
    History {
        /// What kind of thing.
        event: EventKind,
        /// The attribute that ad and history share, such as `category`; None when all counts.
        attribute: Option<String>,
        /// The value that they share with the ad, such as `FROZEN PIZZA`; None when they share several, or
        /// when they share none and the ad has several.
        key: Option<String>,
        /// On how many different days.
        days: u32,
        /// How many events.
        count: u32,
        /// The first day in the window.
        first: Option<Day>,
        /// The last day in the window.
        last: Option<Day>,
        /// How far back was looked, in days.
        window_days: u32,
    },
    /// A value that the request or the catalogue states.
    Number {
        /// The feature.
        feature: FeatureId,
        /// Its value.
        value: f64,
    },
    /// A category that the request or the catalogue states.
    Category {
        /// The feature.
        feature: FeatureId,
        /// Its value.
        value: String,
    },
    /// The value is permitted but not known.
    Missing {
        /// The feature.
        feature: FeatureId,
    },
    /// The value was not used.
    Withheld {
        /// The feature.
        feature: FeatureId,
        /// Why not.
        cause: Cause,
    },
}
