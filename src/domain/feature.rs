//! What a schema says of one feature.

use serde::{Deserialize, Serialize};

use super::{AttributeId, EventKind, Localised, Purposes};

/// Index of a feature in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeatureId(pub u16);

impl FeatureId {
    /// The index, for slices in schema order.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A feature with all that law and courtesy want known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name in requests, artefacts and accounts.
    pub name: String,
    /// What its values are.
    pub kind: FeatureKind,
    /// What its values can be, stated ahead of all data; private training must not ask the data.
    pub declared: Option<Declared>,
    /// Which way additive models may let it go, if not either way.
    pub monotone: Option<Direction>,
    /// What it describes.
    pub origin: Origin,
    /// Purposes that must be accepted before it may serve; empty when it is not personal data.
    pub serving: Purposes,
    /// Purposes that must be accepted before it may train; empty when it is not personal data.
    pub training: Purposes,
    /// Fideslang data category, such as `user.behavior.purchase_history`.
    pub data_category: String,
    /// Where the data come from.
    pub provenance: Provenance,
    /// How the data came to be.
    pub derivation: Derivation,
    /// Whether it may be used at all.
    pub sensitivity: Sensitivity,
    /// Whether the person can switch it off.
    pub controllable: bool,
    /// How long the data behind it are kept, in days; 0 when nothing is kept.
    pub retention_days: u32,
    /// The datum that a person would name; features of one datum share a reason. It is the reason
    /// code.
    pub datum: String,
    /// The column of the impressions or ads table; unused for affinity features.
    pub column: String,
    /// What a person calls it.
    pub label: Localised,
}

impl Feature {
    /// A feature of which nothing is known any more but its name; taken for personal.
    #[must_use]
    pub fn retired(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: FeatureKind::Numeric,
            declared: None,
            monotone: None,
            origin: Origin::Subject,
            serving: Purposes::NONE,
            training: Purposes::NONE,
            data_category: String::new(),
            provenance: Provenance::FirstParty,
            derivation: Derivation::Observed,
            sensitivity: Sensitivity::Ordinary,
            controllable: false,
            retention_days: 0,
            datum: name.to_owned(),
            column: name.to_owned(),
            label: Localised { en: name.to_owned(), ..Localised::default() },
        }
    }

    /// Whether it needs no consent: such features make up the contextual profile.
    #[must_use]
    pub fn is_contextual(&self) -> bool {
        self.serving.is_empty()
    }

    /// Whether the ads that compete for one impression may differ in it.
    #[must_use]
    pub fn differs_between_ads(&self) -> bool {
        match self.kind {
            FeatureKind::Affinity(affinity) => affinity.on.is_some(),
            FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Flag => self.origin == Origin::Ad,
        }
    }
}

/// Which way the score may go with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// A larger number never lowers the score.
    Increasing,
    /// A larger number never raises the score.
    Decreasing,
}

/// What the values of a feature can be, as known ahead of all data.
#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    /// Numbers lie between these; what lies beyond counts as the bound.
    Bounds {
        /// The least.
        low: f64,
        /// The greatest; above `low`.
        high: f64,
    },
    /// The categories, distinct and ascending; others count as unseen.
    Levels(Vec<String>),
}

/// What the values of a feature are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// A finite number.
    Numeric,
    /// One of a set of names.
    Categorical,
    /// Yes or no, as 1 or 0.
    Flag,
    /// A number made of the person's history, matched with the candidate.
    Affinity(Affinity),
}

/// How a feature is made of history: which events count, and what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affinity {
    /// The kind of event that counts.
    pub event: EventKind,
    /// The attribute that event and ad must share; None when every event of the kind counts.
    pub on: Option<AttributeId>,
    /// What is computed of the events that count.
    pub statistic: Statistic,
    /// How far back, in days; events before that do not count.
    pub window_days: u32,
}

/// What is computed of the events in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// How many events.
    Count,
    /// On how many different days.
    DistinctDays,
    /// How many days since the last event; missing when there is none in the window.
    DaysSinceLast,
    /// What was spent in all, in currency units.
    Spend,
    /// The days on which a matching event happened, over the days on which any event of the kind
    /// did; missing when there is none in the window.
    ShareOfDays,
}

/// What a feature describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The person.
    Subject,
    /// What the person did.
    History,
    /// The place and moment.
    Context,
    /// The ad.
    Ad,
}

/// Where data come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// The site itself.
    FirstParty,
    /// A partner, by name.
    Partner(String),
}

/// How data came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Derivation {
    /// The person said so.
    Stated,
    /// It was seen.
    Observed,
    /// It was concluded.
    Inferred,
}

/// Whether a feature may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// It may.
    Ordinary,
    /// A special category of personal data: refused at training.
    SpecialCategory,
    /// For audits only: never a feature, never read while serving.
    GroupLabel,
}
