//! Events that are older than yesterday: kept as what a person did on a day and how often, not when exactly.

use std::sync::PoisonError;

use super::{DecideError, Engine};
use crate::data::History;
use crate::domain::{Event, Timestamp};
use crate::store::FoldedEvent;

/// Events that are folded at a time: few, so that decisions in between do not wait long.
const EVENTS_PER_STEP: u32 = 512;

impl Engine {
    /// Folds what happened before yesterday, and forgets the ids of what is too old to be told again; how many events
    /// were folded.
    pub(super) async fn fold_events(&self, now: Timestamp) -> Result<u64, DecideError> {
        let yesterday = now.day().start().plus_days(-1);
        let mut count = 0;
        loop {
            // Nobody's rows are read anew meanwhile.
            let _turn = self.reading_anew.lock().await;
            let folded = self.store.fold_events(yesterday, self.events_since(), EVENTS_PER_STEP).await?;
            if folded.is_empty() {
                break;
            }
            count += folded.len() as u64;
            let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
            for one in &folded {
                self.fold_in_memory(&mut history, one);
            }
        }
        count += self.store.forget_event_ids(self.events_since()).await?;
        Ok(count)
    }

    /// Makes of the history what a start would make of the rows.
    fn fold_in_memory(&self, history: &mut History, folded: &FoldedEvent) {
        let FoldedEvent { event: row, times_before, spend_before, .. } = folded;
        let Ok(single) = self.read_event(row.kind, row.at, &row.attributes, row.spend_micros) else { return };
        let on_day = |spend_micros| Event { at: row.at.day().start(), spend_micros, ..single.clone() };
        let sum = on_day(spend_before.saturating_add(row.spend_micros));
        // One that was told to another process and not followed yet comes with its sum.
        if history.replace_stored(&row.subject, &single, &sum) && *times_before > 0 {
            history.replace_stored(&row.subject, &on_day(*spend_before), &on_day(0));
        }
    }
}
