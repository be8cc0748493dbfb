//! Erasing where it meets what is in memory: nothing of whoever is erased is read, kept or put back, under any name.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use super::rights::SECONDS_PER_HOUR;
use super::{DecideError, Engine};
use crate::domain::{Choices, ModelVersion, Purposes, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::rights::{Asker, all_suppressions, erase, finish_noted_erasures};
use crate::store::Gone;

/// The people who were erased, by their marks, and until when.
#[derive(Debug, Default)]
pub(super) struct Suppressed(RwLock<HashMap<SubjectMark, Timestamp, foldhash::fast::RandomState>>);

impl Suppressed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn until(&self, mark: &SubjectMark) -> Option<Timestamp> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(mark).copied()
    }

    /// Whether that is news.
    pub(super) fn insert(&self, mark: SubjectMark, erased_at: Timestamp) -> bool {
        let mut marks = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = marks.get(&mark).copied();
        if known.is_some_and(|known| known >= erased_at) {
            return false;
        }
        marks.insert(mark, erased_at);
        true
    }
}

/// What an erased person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureReceipt {
    /// Since when nothing of the person is used; in other processes on the store within a second.
    pub at: Timestamp,
    /// When nobody can read what a backup may still hold, because the key that wraps it is gone.
    pub final_at: Timestamp,
    /// By when models are to be replaced that may have been trained on the data.
    pub models_retire_at: Timestamp,
    /// Which ones.
    pub models: Vec<ModelVersion>,
    /// What was deleted from the store.
    pub gone: Gone,
    /// Events and rows that were dropped from memory, those of the example included.
    pub events_in_memory: u64,
}

impl Engine {
    /// Erases a person; it is done in this process when this returns, and in every other one within a second.
    ///
    /// # Errors
    /// When it cannot be made durable; nothing of the person is used any more all the same, and what was noted of it is
    /// finished when the store is back.
    pub async fn erase(&self, asker: &Asker) -> Result<ErasureReceipt, DecideError> {
        let _turn = self.choices.turn(&asker.subject).await;
        let at = self.now();
        self.check_named([&asker.subject])?;
        // From here on no decision reads, and no event adds.
        for mark in asker.marks(&self.keyring) {
            self.suppressed.insert(mark, at);
        }
        let dropped = asker.subjects().into_iter().map(|subject| self.drop_person(&subject, at));
        let events_in_memory = dropped.sum();
        let erased = erase(&self.ledger, asker, at).await;
        if erased.is_err() {
            self.owes_erasures.store(true, Ordering::Relaxed);
        }
        let erased = erased?;
        let hours = i64::from(self.rights.rotate_hours);
        let since = self.keyring.wrapping_since().unwrap_or(at);
        let models = self.registry.list()?.into_iter().map(|model| model.version).collect();
        Ok(ErasureReceipt {
            at,
            final_at: since.plus_seconds(hours * SECONDS_PER_HOUR).max(at),
            models_retire_at: at.plus_days(i64::from(self.rights.model_days)),
            models,
            gone: erased.gone,
            events_in_memory,
        })
    }

    /// Finishes the erasures that the store was not there to hear of.
    pub(super) async fn finish_erasures(&self) -> Result<(), DecideError> {
        if !self.owes_erasures.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let finished = finish_noted_erasures(&self.ledger).await;
        // Data keys that are at hand may be of someone who is gone.
        self.ledger.forget_all();
        if finished.is_err() {
            self.owes_erasures.store(true, Ordering::Relaxed);
        }
        Ok(finished.map(drop)?)
    }

    /// Whether what happened to a person at a moment was erased.
    pub(super) fn is_erased(&self, tenant: &TenantId, subject: &SubjectKey, at: Timestamp) -> bool {
        !self.suppressed.is_empty()
            && self.suppressed.until(&self.keyring.mark(tenant, subject)).is_some_and(|until| at <= until)
    }

    /// What a person's choices come to. Of someone who was erased, no purpose is in force that was not accepted here
    /// since: what callers remember of them is older.
    pub(super) fn own_choices(&self, tenant: &TenantId, subject: &SubjectKey) -> Option<Arc<Choices>> {
        let own = self.choices.of(subject);
        if self.suppressed.is_empty() || self.suppressed.until(&self.keyring.mark(tenant, subject)).is_none()
        {
            return own;
        }
        let mut choices = own.as_deref().cloned().unwrap_or_default();
        let granted = choices.granted.keys().copied().collect::<Purposes>();
        choices.objected = choices.objected.union(Purposes::ALL.minus(granted));
        Some(Arc::new(choices))
    }

    /// Learns who was erased: what a start has to do before anything else.
    pub(super) async fn recall_erasures(&self) -> Result<(), DecideError> {
        *self.followed.lock().await = self.store.pulse().await?;
        let finished = finish_noted_erasures(&self.ledger).await?;
        if finished > 0 {
            tracing::warn!(finished, "erasures were finished that the store had not heard of");
        }
        let suppressions = all_suppressions(&self.ledger).await?;
        for known in &suppressions {
            self.suppressed.insert(known.mark, known.erased_at);
        }
        if suppressions.is_empty() {
            return Ok(());
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        let people: BTreeSet<SubjectKey> = history.subjects().chain(shown.subjects()).copied().collect();
        // The example's people are of one tenant; a pseudonym is of its tenant alone, so no other can be meant.
        for tenant in suppressions.iter().map(|known| &known.tenant).collect::<BTreeSet<_>>() {
            for subject in &people {
                if let Some(until) = self.suppressed.until(&self.keyring.mark(tenant, subject)) {
                    history.remove_until(subject, until);
                    shown.remove(subject);
                }
            }
        }
        Ok(())
    }

    /// Drops from memory what happened to a person until a moment; how many events that were.
    pub(super) fn drop_person(&self, subject: &SubjectKey, until: Timestamp) -> u64 {
        self.choices.remove(subject);
        let shown = self.shown.write().unwrap_or_else(PoisonError::into_inner).remove(subject);
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        (history.remove_until(subject, until) + shown) as u64
    }

    /// The same of the person of these marks.
    pub(super) fn drop_marked(&self, tenant: &TenantId, marks: &[SubjectMark], until: Timestamp) {
        for subject in self.people_in_memory() {
            if marks.contains(&self.keyring.mark(tenant, &subject)) {
                self.drop_person(&subject, until);
            }
        }
    }
}
