//! The row into which the events of a day are folded.

use super::EventRow;
use crate::domain::EventId;

/// How ids begin that the service gives; callers may not choose such.
pub const OWN_ID_PREFIX: &str = "limpid:";

/// The row that sums up the day of an event, as it is when nothing was folded into it yet.
#[must_use]
pub(super) fn sum_of_day(event: &EventRow) -> EventRow {
    let day = event.at.day();
    EventRow {
        id: id_of_sum(event),
        at: day.start(),
        received_at: day.start(),
        spend_micros: 0,
        times: 0,
        ..event.clone()
    }
}

/// The id of the sum of an event's day, by its person, kind and attributes.
#[must_use]
pub(super) fn id_of_sum(event: &EventRow) -> EventId {
    let day = event.at.day();
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 events of a day v1");
    hasher.update(event.subject.as_bytes());
    for part in event.attributes.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = &hasher.finalize().to_hex()[..24];
    let id = format!("{OWN_ID_PREFIX}day:{day}:{}:{digest}", event.kind.name());
    // It is short and of visible letters; what it is made of has been checked.
    EventId::parse(&id).unwrap_or_else(|_| event.id.clone())
}
