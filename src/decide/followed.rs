//! Events that other processes on the store were told: read on from the last place, and a person's anew where rows changed.
//!
//! Each event in memory that is not of the example knows the place of its row in the store, and nothing of a place is
//! inserted twice. So it does not matter whether an event of this process's own is followed before the call that
//! appended it puts it into memory, or after: whoever comes second changes nothing.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use super::{DecideError, Engine};
use crate::data::History;
use crate::domain::{Event, SubjectKey, TenantId};
use crate::store::StoredEvent;

/// Events that are read at a time when the service starts.
const EVENTS_PER_PAGE: u32 = 10_000;
/// Events that are followed at a time: few, so that decisions in between do not wait long.
const EVENTS_PER_STEP: u32 = 512;

impl Engine {
    /// Puts the events of the store back into the history.
    pub(super) async fn recall_events(&self) -> Result<(), DecideError> {
        let mut after = 0;
        loop {
            let page = self.store.events(after, EVENTS_PER_PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
            for stored in &page {
                self.put(&mut history, stored);
            }
        }
    }

    /// Takes in the events after a place, which are there up to another; the place to go on from.
    pub(super) async fn follow_events(&self, mut after: u64, until: u64) -> Result<u64, DecideError> {
        while after < until {
            let page = self.store.events(after, EVENTS_PER_STEP).await?;
            let Some(newest) = page.last() else { break };
            after = newest.seq;
            for (tenant, subject) in self.take_in(page) {
                self.read_anew(&tenant, &subject).await?;
            }
        }
        Ok(after.max(until))
    }

    /// Takes rows in; whose rows are to be read anew instead.
    fn take_in(&self, mut page: Vec<StoredEvent>) -> BTreeSet<(TenantId, SubjectKey)> {
        {
            // Most are of this process's own, and there.
            let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
            page.retain(|stored| !history.has_stored(&stored.event.subject, stored.seq));
        }
        let mut anew = BTreeSet::new();
        if page.is_empty() {
            return anew;
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        for stored in page {
            if !stored.folded {
                self.put(&mut history, &stored);
            } else if !self.is_summed(&history, &stored) {
                anew.insert((stored.tenant, stored.event.subject));
            }
        }
        anew
    }

    /// Whether the events that were folded into a sum are in memory, as they were.
    fn is_summed(&self, history: &History, stored: &StoredEvent) -> bool {
        let Some(events) = self.events_to_put(stored) else { return true };
        events
            .first()
            .is_none_or(|event| history.stored_on_day_of(&stored.event.subject, event) == events.len())
    }

    /// Makes of what is in memory of a person what the store has, beside what is of the example.
    pub(super) async fn read_anew(&self, tenant: &TenantId, subject: &SubjectKey) -> Result<(), DecideError> {
        let _turn = self.reading_anew.lock().await;
        // Places ascend in the order of commits: up to here, what is not among the rows that are read now is gone. What comes
        // meanwhile has a later place, and stays.
        let until = self.history.read().unwrap_or_else(PoisonError::into_inner).last_stored(subject);
        let (mut rows, mut after) = (Vec::new(), 0);
        loop {
            let page = self.store.events_of(tenant, subject, after, EVENTS_PER_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            rows.extend(page);
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        history.forget_stored(subject, until);
        for stored in &rows {
            self.put(&mut history, stored);
        }
        Ok(())
    }

    /// Puts a row into memory, unless it is there or nothing may use it. Whoever erases notes it before dropping from
    /// memory, and memory is held here, so that nothing of theirs is put back.
    fn put(&self, history: &mut History, stored: &StoredEvent) {
        if let Some(events) = self.events_to_put(stored) {
            let _ = history.insert_stored(stored.event.subject, &events, stored.seq);
        }
    }

    fn events_to_put(&self, stored: &StoredEvent) -> Option<Vec<Event>> {
        let row = &stored.event;
        // A store may have been restored from before an erasure while this process ran.
        if self.is_erased(&stored.tenant, &row.subject, row.at)
            || !self.retention.keeps(row.kind, row.at, self.now())
        {
            return None;
        }
        match self.events_of_row(row) {
            Ok(events) => Some(events),
            Err(error) => {
                tracing::warn!(%error, "an event does not fit the schema any more");
                None
            }
        }
    }
}
