//! What people did: the history that affinity features are made of.

use serde::{Deserialize, Serialize};

use super::{Micros, Timestamp};

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum EventKind {
    /// Looked at a page.
    Browse,
    /// Bought something.
    Purchase,
    /// Searched for something.
    Search,
    /// Was shown an ad.
    Impression,
    /// Clicked on an ad.
    Click,
    /// Did what the ad was for, such as redeeming a coupon.
    Conversion,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Browse, Self::Purchase, Self::Search, Self::Impression, Self::Click, Self::Conversion];

    /// The name used in files and phrases.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Purchase => "purchase",
            Self::Search => "search",
            Self::Impression => "impression",
            Self::Click => "click",
            Self::Conversion => "conversion",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is what came of an ad that was shown, and so belongs to a decision.
    #[must_use]
    pub const fn is_outcome(self) -> bool {
        match self {
            Self::Impression | Self::Click | Self::Conversion => true,
            Self::Browse | Self::Purchase | Self::Search => false,
        }
    }
}

/// One thing that one person did.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What kind of thing.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The code of each attribute, in the order of the schema's attributes; None when unknown.
    pub attributes: Vec<Option<u32>>,
    /// What was spent, in millionths of the currency of the data; 0 when nothing.
    pub spend_micros: Micros,
}
