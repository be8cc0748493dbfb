//! What is held of a person, part by part: one form for those who read it and those who take it along.

use std::collections::BTreeMap;

use super::exercise::{Asker, RightError};
use crate::domain::{
    AdId, ChoiceChange, DecisionId, EventId, EventKind, ImpressionId, Micros, ModelVersion, Purposes,
    Timestamp,
};
use crate::ledger::{Concern, Ledger};
use crate::store::{EventRow, FeedbackRow};

/// One part of what is held.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldPart {
    /// Something that the person did.
    Event(HeldEvent),
    /// Something that the person, or the controller for them, said of their data.
    Change(HeldChange),
    /// A decision about the person.
    Decision(HeldDecision),
    /// A question about such a decision.
    Concern(Concern),
    /// Feedback on an ad of such a decision.
    Press(FeedbackRow),
    /// A group label, which no decision reads.
    Label(HeldLabel),
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A caller told it.
    Told,
    /// It is in the data that the service was given to start with.
    Example,
}

impl Source {
    /// The name in what people take along.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Example => "example",
        }
    }
}

/// An event as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldEvent {
    /// The caller's identifier, or the one of a day; events of the example have none.
    pub id: Option<EventId>,
    /// What kind of thing.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Attribute values by name.
    pub attributes: BTreeMap<String, String>,
    /// What was spent, in micros.
    pub spend_micros: Micros,
    /// When the service was told; None for events of the example.
    pub received_at: Option<Timestamp>,
    /// How often: once, or several times on the day that begins then.
    pub times: u32,
    /// Where it comes from.
    pub source: Source,
    /// For how many days such events are kept.
    pub retention_days: u32,
}

/// A group label as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLabel {
    /// The attribute.
    pub attribute: String,
    /// The value.
    pub value: String,
    /// When it was collected.
    pub collected_at: Timestamp,
    /// Until when it is kept.
    pub kept_until: Timestamp,
    /// For how many days such labels are kept.
    pub retention_days: u32,
    /// Where it comes from.
    pub source: String,
    /// The lawful basis.
    pub basis: String,
    /// The exception that permits a special category.
    pub special_basis: Option<String>,
}

/// A change of choices as it is held.
pub type HeldChange = ChoiceChange;

/// A decision as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDecision {
    /// The decision.
    pub id: DecisionId,
    /// The impression decided on.
    pub impression: ImpressionId,
    /// When.
    pub at: Timestamp,
    /// The purposes that were in force.
    pub accepted: Purposes,
    /// The models that took part.
    pub models: Vec<ModelVersion>,
    /// The ads that were shown, with why.
    pub shown: Vec<HeldAd>,
}

/// An ad that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAd {
    /// The ad.
    pub ad: AdId,
    /// On whose behalf.
    pub advertiser: String,
    /// Who paid.
    pub payer: String,
    /// Reason codes, strongest first; empty when the models of then are no longer kept.
    pub reasons: Vec<String>,
}

/// Up to `limit` events that callers told of a person, after place `after`, with their places.
///
/// # Errors
/// When the store cannot be read.
pub async fn held_events(
    ledger: &Ledger,
    asker: &Asker,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, EventRow)>, RightError> {
    let stored = ledger.store().events_of(&asker.tenant, &asker.subject, after, limit).await?;
    Ok(stored.into_iter().map(|stored| (stored.seq, stored.event)).collect())
}
