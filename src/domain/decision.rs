//! The logged outcome for one impression.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Account, AdId, AdLabel, Bid, DecisionId, Evidence, FeatureId, ImpressionId, Micros, ModelVersion, Nats,
    Purposes, Response, TenantId, Timestamp, Verdict, shared,
};

/// What was decided for one impression, and all that an explanation of it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its identifier.
    pub id: DecisionId,
    /// Whose data.
    pub tenant: TenantId,
    /// The impression decided on.
    pub impression: ImpressionId,
    /// When, by the injected clock.
    pub at: Timestamp,
    /// What it was decided with.
    pub versions: Versions,
    /// Whether the request named a person.
    pub has_subject: bool,
    /// The purposes in force.
    pub accepted: Purposes,
    /// What the gate said of each feature, in schema order.
    pub verdicts: Vec<Verdict>,
    /// Names of the schema's features, so that lines can be named without the schema.
    #[serde(with = "shared")]
    pub features: Arc<[String]>,
    /// The eligible candidates, best first.
    pub ranked: Vec<RankedAd>,
    /// How many of `ranked` the answer shows.
    pub shown: u32,
    /// The candidates that were not eligible.
    pub refused: Vec<Refusal>,
    /// Why no ad is shown, if none is.
    pub not_shown: Option<NotShown>,
}

/// The versions that a decision was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Content hash of the schema.
    pub schema: String,
    /// The model of each response that took part.
    pub models: Vec<(Response, ModelVersion)>,
    /// The table of conversion rates.
    pub rates: String,
}

/// The consent profile whose model scored a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// No personal data.
    Contextual,
    /// All that was permitted.
    Full,
}

impl Profile {
    /// All profiles, poorest first.
    pub const ALL: [Self; 2] = [Self::Contextual, Self::Full];

    /// The name used in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contextual => "contextual",
            Self::Full => "full",
        }
    }
}

/// One eligible candidate with its account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedAd {
    /// The ad.
    #[serde(with = "shared")]
    pub ad: Arc<AdLabel>,
    /// What it offered.
    pub bid: Bid,
    /// The profile whose model scored it.
    pub profile: Profile,
    /// Probability of the event paid for, or of the best-known response when none is.
    pub probability: f64,
    /// Expected value of a thousand such impressions, in micros of the base currency; 0 when
    /// nothing is paid.
    pub expected_value_per_mille: Micros,
    /// The lines that sum to its ranking value.
    pub account: Account,
    /// The facts behind the features, for the ads that are shown.
    pub evidence: Vec<(FeatureId, Evidence)>,
}

impl RankedAd {
    /// The value by which it was ranked.
    #[must_use]
    pub fn ranking_value(&self) -> Nats {
        self.account.ranking_value()
    }
}

/// A candidate that was not eligible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The ad.
    pub ad: AdId,
    /// Why.
    pub cause: RefusalCause,
}

/// Why a candidate was not eligible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefusalCause {
    /// It offers less than the floor.
    BelowFloor,
    /// The catalogue does not know it.
    UnknownAd,
    /// The person does not want ads of its advertiser.
    HiddenAdvertiser,
    /// The person does not want ads of its category.
    HiddenCategory,
}

/// Why an impression is left without an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NotShown {
    /// No candidate was eligible.
    NoneEligible,
    /// There was no time left to score them.
    Deadline,
}
