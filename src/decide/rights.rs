//! Rights where they meet what is in memory: whatever is exercised holds from the next decision on, in every process on the
//! store. Erasing has a file of its own.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{ChoiceIn, ChoiceReceipt, DecideError, Engine};
use crate::domain::{
    ChangeId, EventId, EventKind, FieldError, Micros, Statement, SubjectMark, Teller, TenantId, Timestamp,
};
use crate::ledger::Rotated;
use crate::rights::{Asker, Correction, RightError, SubjectKeys, keep_record, rectify, sweep_events};
use crate::store::{EventRow, Pulse, Right, RightRow};

/// Entries of the trail and changes of choices that are read at a time.
const PER_PAGE: u32 = 1024;
/// How often events whose time is over are deleted.
const SWEEP_SECONDS: i64 = 3_600;
pub(super) const SECONDS_PER_HOUR: i64 = 3_600;

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
        self.forget_deletions(now).await?;
        let renamed = self.renamed.swap(false, Ordering::Relaxed);
        if folded + self.forget_renamings(now).await? > 0 || renamed {
            self.ledger.scrub().await?;
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let in_memory = history.retain(|kind, at| self.retention.keeps(kind, at, now));
        Ok((stored, in_memory as u64))
    }
}

/// Nothing was followed yet.
pub(super) fn nothing_followed() -> tokio::sync::Mutex<Pulse> {
    tokio::sync::Mutex::new(Pulse::default())
}
