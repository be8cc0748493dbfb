//! Rights where they meet what is in memory: whoever is erased or restricted is so from the next decision on, in
//! every process on the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use super::{ChoiceIn, ChoiceReceipt, DecideError, Engine};
use crate::domain::{
    ChangeId, Choices, EventId, EventKind, FieldError, Micros, ModelVersion, Purposes, Statement, SubjectKey,
    SubjectMark, Teller, TenantId, Timestamp,
};
use crate::ledger::Rotated;
use crate::rights::{
    Asker, Correction, RightError, SubjectKeys, all_suppressions, erase, finish_noted_erasures, keep_record,
    rectify, sweep_events,
};
use crate::store::{EventRow, Gone, Pulse, Right, RightRow};

/// Entries of the trail and changes of choices that are read at a time.
const PER_PAGE: u32 = 1024;
/// How often events whose time is over are deleted.
const SWEEP_SECONDS: i64 = 3_600;
const SECONDS_PER_HOUR: i64 = 3_600;

/// How rights are granted.
#[derive(Debug)]
pub struct RightsSettings {
    /// The keys of controllers that sign subject tokens.
    pub keys: SubjectKeys,
    /// After how many hours the key that wraps data keys is replaced.
    pub rotate_hours: u32,
    /// Within how many days models are to be replaced that were trained on data which were erased.
    pub model_days: u32,
    /// For how many days decisions are kept.
    pub log_days: u32,
    /// After how many days the key by which people are named is replaced.
    pub rekey_days: u32,
}

impl Default for RightsSettings {
    fn default() -> Self {
        Self { keys: SubjectKeys::default(), rotate_hours: 24, model_days: 30, log_days: 180, rekey_days: 90 }
    }
}

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

/// An event as its person says it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectedEvent {
    /// What kind of thing.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Attribute values by name.
    pub attributes: BTreeMap<String, String>,
    /// What was spent, in micros.
    pub spend_micros: Micros,
    /// How often on that day.
    pub times: u32,
}

impl Engine {
    /// The person whom a subject token names, if it gives the right.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ask(&self, token: &str, right: Right) -> Result<Asker, DecideError> {
        Ok(self.ask_by_name(token, right).await?.0)
    }

    /// The same, with the person's raw id, which the token alone tells: by it the rights reach what is not kept under a pseudonym of
    /// the service.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ask_by_name(&self, token: &str, right: Right) -> Result<(Asker, String), DecideError> {
        let claims = self.rights.keys.verify(token, right, self.now()).map_err(RightError::from)?;
        let named = self.see(&claims.tenant, &claims.subject).await?;
        let named = named.map_err(|error| FieldError::new("subject_token.sub", error.rule))?;
        let raw_id = claims.subject.clone();
        Ok((Asker::of(claims, named, &self.keyring), raw_id))
    }

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

    /// Stops all use of a person's data while a dispute runs, or lifts that again; the data stay.
    ///
    /// # Errors
    /// As [`Engine::choose`].
    pub async fn restrict(
        &self,
        asker: &Asker,
        id: ChangeId,
        lift: bool,
    ) -> Result<ChoiceReceipt, DecideError> {
        keep_record(&self.ledger, asker, Right::Restrict, self.now()).await?;
        let statements = vec![if lift { Statement::Lift } else { Statement::Restrict }];
        let (tenant, subject) = (asker.tenant.clone(), asker.subject);
        self.choose(ChoiceIn { tenant, subject, id, teller: Teller::Person, statements }).await
    }

    /// Corrects an event of a person, or takes it back when `corrected` is None. Events of the example have no ids,
    /// and are corrected where the example lies.
    ///
    /// # Errors
    /// When nothing of the person is held under the id, the event breaks a rule, or the store cannot be written.
    pub async fn rectify(
        &self,
        asker: &Asker,
        id: &EventId,
        corrected: Option<CorrectedEvent>,
    ) -> Result<(), DecideError> {
        let now = self.now();
        let correction = match corrected {
            None => Correction::Delete,
            Some(corrected) => Correction::Replace(Box::new(self.check_correction(asker, id, corrected)?)),
        };
        rectify(&self.ledger, asker, id, correction, now).await?;
        self.read_anew(&asker.tenant, &asker.subject).await
    }

    fn check_correction(
        &self,
        asker: &Asker,
        id: &EventId,
        corrected: CorrectedEvent,
    ) -> Result<EventRow, DecideError> {
        let CorrectedEvent { kind, at, attributes, spend_micros, times } = corrected;
        let event = self.read_event(kind, at, &attributes, spend_micros).map_err(|errors| {
            crate::domain::FieldErrors(errors.0.into_iter().map(|e| e.under("corrected")).collect())
        })?;
        if self.is_sensitive(&event) {
            return Err(FieldError::new("corrected.attributes", "must not be of a sensitive category").into());
        }
        let subject = asker.subject;
        let received_at = self.now();
        Ok(EventRow { id: id.clone(), subject, kind, at, attributes, spend_micros, received_at, times })
    }

    /// Keeps that a right was exercised.
    ///
    /// # Errors
    /// When it cannot be made durable; then nothing may be told.
    pub async fn keep_right(&self, asker: &Asker, right: Right) -> Result<(), DecideError> {
        Ok(keep_record(&self.ledger, asker, right, self.now()).await?)
    }

    /// Keeps that a person objected, by `vouched`: the controller, a decision's token, or the id of a key.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn keep_objection(
        &self,
        tenant: &TenantId,
        mark: SubjectMark,
        vouched: &str,
    ) -> Result<(), DecideError> {
        let row = RightRow {
            tenant: tenant.clone(),
            mark,
            right: Right::Object,
            at: self.now(),
            by_key: vouched.to_owned(),
            assurance: String::new(),
        };
        self.store.record_right(row).await?;
        Ok(())
    }

    /// Takes in what other processes on the store did: new keys, new names, erasures, choices, events.
    ///
    /// # Errors
    /// When store or keys cannot be read.
    pub async fn follow(&self) -> Result<(), DecideError> {
        let mut last = self.followed.lock().await;
        let pulse = self.store.pulse().await?;
        if pulse.wrapping > self.keyring.wrapping_version() || self.keyring.is_rotating() {
            self.keyring.reload().map_err(RightError::from)?;
        }
        self.follow_naming(last.renamings, pulse.renamings, pulse.naming).await?;
        self.follow_rights(last.rights, pulse.rights).await?;
        self.follow_choices(last.choices, pulse.choices).await?;
        let events = self.follow_events(last.events, pulse.events).await?;
        *last = Pulse { events, ..pulse };
        Ok(())
    }

    async fn follow_rights(&self, mut after: u64, until: u64) -> Result<(), DecideError> {
        while after < until {
            let page = self.store.rights(after, PER_PAGE).await?;
            let Some(newest) = page.last() else { break };
            after = newest.seq;
            for stored in page {
                let RightRow { tenant, mark, right, at, .. } = stored.row;
                if right == Right::Erase && self.suppressed.insert(mark, at) {
                    // The entry knows the person by the raw id; memory knows them by pseudonyms.
                    let marks = self.store.suppressed_at(&tenant, at).await?;
                    for mark in &marks {
                        self.suppressed.insert(*mark, at);
                    }
                    self.ledger.forget_all();
                    self.drop_marked(&tenant, &marks, at);
                }
            }
        }
        Ok(())
    }

    async fn follow_choices(&self, mut after: u64, until: u64) -> Result<(), DecideError> {
        while after < until {
            let page = self.store.choices(after, PER_PAGE).await?;
            let Some(newest) = page.last() else { break };
            after = newest.seq;
            for stored in page {
                let (tenant, subject) = (stored.row.tenant, stored.row.subject);
                let _turn = self.choices.turn(&subject).await;
                let choices = self.store.current_choices(&tenant, &subject).await?;
                self.choices.set(subject, choices);
            }
        }
        Ok(())
    }

    /// What has to be done now and then: taking in what others did, replacing the wrapping key, deleting what is kept
    /// no longer. It is called several times a second, and does little most times.
    ///
    /// # Errors
    /// When store or keys cannot be read or written; the next call tries again.
    pub async fn keep_house(&self) -> Result<(), DecideError> {
        self.follow().await?;
        self.finish_erasures().await?;
        let now = self.now();
        self.rotate_when_due(now).await?;
        self.rekey_when_due(now).await?;
        let is_due =
            |last: Option<Timestamp>| last.is_none_or(|last| last.plus_seconds(SWEEP_SECONDS) <= now);
        if is_due(*self.swept_at.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.sweep().await?;
            *self.swept_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        Ok(())
    }

    /// Finishes the erasures that the store was not there to hear of.
    async fn finish_erasures(&self) -> Result<(), DecideError> {
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

    async fn rotate_when_due(&self, now: Timestamp) -> Result<(), DecideError> {
        let hours = i64::from(self.rights.rotate_hours);
        let Some(since) = self.keyring.wrapping_since() else {
            return Ok(self.keyring.date_wrapping(now).map_err(RightError::from)?);
        };
        if since.plus_seconds(hours * SECONDS_PER_HOUR) > now && !self.keyring.is_rotating() {
            return Ok(());
        }
        self.rotate().await.map(drop)
    }

    /// Replaces the key that wraps data keys, now.
    ///
    /// # Errors
    /// When keys or rows cannot be written; then the old key is still there.
    pub async fn rotate(&self) -> Result<Rotated, DecideError> {
        let rotated = self.ledger.rotate(self.now()).await?;
        if let Rotated::Done { version, rewrapped, unreadable } = rotated {
            tracing::info!(version, rewrapped, unreadable, "the wrapping key was replaced");
        }
        Ok(rotated)
    }

    /// Signs how far the log has come, and seals days that are over. It is called about every second.
    ///
    /// # Errors
    /// When store or witness cannot be read or written; the next call goes on.
    pub async fn keep_heads(&self) -> Result<(), DecideError> {
        Ok(self.ledger.keep_heads(self.now()).await?)
    }

    /// Deletes decisions and events whose time is over, events from memory as well; how many events of either.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn sweep(&self) -> Result<(u64, u64), DecideError> {
        let now = self.now();
        let decisions = self.ledger.drop_days(self.rights.log_days, now).await?;
        if decisions > 0 {
            tracing::info!(decisions, "decisions were deleted whose time was over");
        }
        let stored = sweep_events(&self.ledger, &self.retention, now).await?;
        let folded = self.fold_events(now).await?;
        let renamed = self.renamed.swap(false, Ordering::Relaxed);
        if folded + self.forget_renamings(now).await? > 0 || renamed {
            self.ledger.scrub().await?;
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let in_memory = history.retain(|kind, at| self.retention.keeps(kind, at, now));
        Ok((stored, in_memory as u64))
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
    fn drop_marked(&self, tenant: &TenantId, marks: &[SubjectMark], until: Timestamp) {
        for subject in self.people_in_memory() {
            if marks.contains(&self.keyring.mark(tenant, &subject)) {
                self.drop_person(&subject, until);
            }
        }
    }
}

/// Nothing was followed yet.
pub(super) fn nothing_followed() -> tokio::sync::Mutex<Pulse> {
    tokio::sync::Mutex::new(Pulse::default())
}
