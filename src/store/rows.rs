//! The rows that every backend keeps.

use std::collections::BTreeMap;

use super::Hash;
use crate::domain::{
    Alias, Day, DecisionId, EventId, EventKind, Micros, ModelVersion, Response, SubjectKey, TenantId,
    Timestamp,
};

/// One sealed decision. The store adds its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Format of the row and of what its envelope holds.
    pub version: u8,
    /// Whose data.
    pub tenant: TenantId,
    /// The decision; at most one row of a tenant has it.
    pub id: DecisionId,
    /// The random name of the person, or of nobody.
    pub alias: Alias,
    /// The day.
    pub day: Day,
    /// Digest of the request, to tell a repeat from another request under the same impression.
    pub body_digest: [u8; 32],
    /// SHA-256 of what the envelope holds.
    pub commitment: Hash,
    /// The encrypted decision.
    pub envelope: Vec<u8>,
}

/// What became of a decision that was to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendedDecision {
    /// It is durable, at this place of the log.
    New {
        /// The place, see [`super::Place`].
        seq: u64,
    },
    /// There is a decision of the id; nothing was written.
    Known(Box<DecisionRow>),
    /// The person of the alias was erased meanwhile; nothing was written.
    Gone,
}

/// One alias with its data key, wrapped by a key that the store does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRow {
    /// Whose data.
    pub tenant: TenantId,
    /// The random name.
    pub alias: Alias,
    /// The person; None for the one-off alias of a decision about nobody.
    pub subject: Option<SubjectKey>,
    /// The data key, wrapped.
    pub wrapped_data_key: Vec<u8>,
    /// The version of the wrapping key.
    pub wrapped_by: u32,
}

/// One event as its caller told it: attributes by name, so that no row depends on a schema's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The caller's identifier; the same one is taken once.
    pub id: EventId,
    /// Who did it.
    pub subject: SubjectKey,
    /// What kind of thing.
    pub kind: EventKind,
    /// When it happened.
    pub at: Timestamp,
    /// Attribute values by name.
    pub attributes: BTreeMap<String, String>,
    /// What was spent, in millionths of the currency of the data.
    pub spend_micros: Micros,
    /// When we were told.
    pub received_at: Timestamp,
    /// How often it happened: once, unless the row is the sum of a day; then `at` is the start of that day.
    pub times: u32,
}

/// An event that was folded into the sum of its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedEvent {
    /// Whose data.
    pub tenant: TenantId,
    /// The event as it was.
    pub event: EventRow,
    /// How often the sum had counted before.
    pub times_before: u32,
    /// What the sum had come to before, in micros.
    pub spend_before: Micros,
}

impl EventRow {
    /// The sum of a day with one more event.
    pub(super) fn with(&self, event: &Self) -> Self {
        Self {
            times: self.times.saturating_add(event.times),
            spend_micros: self.spend_micros.saturating_add(event.spend_micros),
            ..self.clone()
        }
    }

    /// Whether both tell the same thing; when we were told does not count.
    #[must_use]
    pub fn tells_the_same_as(&self, other: &Self) -> bool {
        Self { received_at: other.received_at, ..self.clone() } == *other
    }
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Appended {
    /// It is durable.
    New {
        /// Its place in the order of arrival.
        seq: u64,
    },
    /// The same event had been taken before; nothing was written.
    Known,
    /// Another event had been taken under this id; nothing was written.
    Conflict,
    /// The person was erased after it happened; nothing was written.
    Erased,
}

/// An event read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Place in the order of arrival, ascending and from 1; a sum moves to the end with each event that joins it. No place
    /// is given twice.
    pub seq: u64,
    /// Whose data.
    pub tenant: TenantId,
    /// Whether it is the sum of a day.
    pub folded: bool,
    /// The event.
    pub event: EventRow,
}

/// One change of the model that serves a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// Place in the order of changes, ascending.
    pub seq: u64,
    /// Whose service.
    pub tenant: TenantId,
    /// The response whose model changed.
    pub response: Response,
    /// The version that serves since.
    pub version: ModelVersion,
    /// When.
    pub at: Timestamp,
    /// Forward or back.
    pub action: PromotionAction,
    /// The version that served before.
    pub previous: Option<ModelVersion>,
}

/// Forward or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromotionAction {
    /// A version was chosen.
    Promote,
    /// The choice before the last was restored.
    RollBack,
}

/// Something that was made of a model by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelChange {
    /// Place in the order of changes, ascending; the store gives it.
    pub seq: u64,
    /// Whose service.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub action: ChangeAction,
    /// The version that it gave.
    pub version: ModelVersion,
    /// The version that was edited, or whose last edit was undone.
    pub previous: Option<ModelVersion>,
    /// The role or name of who did it.
    pub who: String,
    /// Why.
    pub why: String,
}

/// What was done to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeAction {
    /// Scores were changed.
    Edit,
    /// The last edit was taken back.
    Undo,
    /// A file of another workbench was read.
    Import,
    /// Models of parts were merged.
    Merge,
}

impl ChangeAction {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Edit, Self::Undo, Self::Import, Self::Merge];

    /// The name used in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Undo => "undo",
            Self::Import => "import",
            Self::Merge => "merge",
        }
    }
}

/// The versions chosen and not taken back, oldest first; the last one serves.
#[must_use]
pub fn standing(promotions: &[Promotion]) -> Vec<&ModelVersion> {
    let mut standing = Vec::new();
    for promotion in promotions {
        match promotion.action {
            PromotionAction::Promote => standing.push(&promotion.version),
            PromotionAction::RollBack => {
                standing.pop();
            }
        }
    }
    standing
}
