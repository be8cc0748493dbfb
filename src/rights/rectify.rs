//! Putting right: one event corrected, or taken back.

use super::exercise::{Asker, RightError, keep_record};
use crate::domain::{EventId, Timestamp};
use crate::ledger::Ledger;
use crate::store::{EventRow, Rectified, Right};

/// What is to become of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// It did not happen: it is deleted, and its id is not taken again.
    Delete,
    /// It happened like this; the id is that of the event.
    Replace(Box<EventRow>),
}

/// Corrects an event that the person's controller told.
///
/// # Errors
/// When nothing of the person is held under the id, or the store cannot be written; then nothing changed.
pub async fn rectify(
    ledger: &Ledger,
    asker: &Asker,
    id: &EventId,
    correction: Correction,
    at: Timestamp,
) -> Result<(), RightError> {
    keep_record(ledger, asker, Right::Rectify, at).await?;
    let corrected = match correction {
        Correction::Delete => None,
        Correction::Replace(event) => Some(*event),
    };
    let mark = ledger.keyring().mark(&asker.tenant, &asker.subject);
    match ledger.store().rectify_event(&asker.tenant, (&asker.subject, &mark), id, corrected).await? {
        Rectified::Was(_) => Ok(ledger.scrub().await?),
        Rectified::Folded(day) => Err(RightError::Folded(day)),
        Rectified::Absent => Err(RightError::NoSuchEvent),
    }
}
