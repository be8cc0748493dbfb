//! New names of people: whoever is seen under the key of pseudonyms before is renamed, in the store and in memory, in
//! every process on the store.
//!
//! A raw id enters by [`Engine::see`] alone. It gives the pseudonym of the newest key; where the key before is kept and the
//! person is known by that one, everything of theirs gets the new name first. Who is known so is in memory, so that a
//! look at it costs one hash. After the key was replaced nothing new is kept under the older names, so whoever is not
//! known when the process takes the new key up is not known later.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock};

use super::{DecideError, Engine, all_choices};
use crate::domain::{Choices, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::ledger::{KnownBefore, Named, NotedErasure, Rekeyed};
use crate::rights::{RightError, finish_erasure};
use crate::store::{StoreError, Suppression};

/// Renamings that are read at a time.
const PER_PAGE: u32 = 1024;

/// For how long other processes have time to hear of renamings to names of the key before.
const HEARD_SECONDS: i64 = 3_600;

const SECONDS_PER_DAY: i64 = 86_400;

type Hashing = foldhash::fast::RandomState;

/// People who are known by the key of pseudonyms before alone.
#[derive(Debug, Default)]
pub(super) struct Unseen(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Whether the store has anything of them.
    people: HashMap<SubjectKey, bool, Hashing>,
    by_mark: HashMap<SubjectMark, SubjectKey, Hashing>,
}

impl Unseen {
    /// Whether a person is among them; if so, whether the store has anything of theirs.
    fn of(&self, subject: &SubjectKey) -> Option<bool> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).people.get(subject).copied()
    }

    fn of_mark(&self, mark: &SubjectMark) -> Option<SubjectKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_mark.get(mark).copied()
    }

    fn forget(&self, subject: &SubjectKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).people.remove(subject);
    }

    fn set(&self, known: Known) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl Engine {
    /// What a person is named by the keys of the moment, after everything that is known of them has got that name.
    ///
    /// # Errors
    /// The inner one when the raw id is empty or too long; the outer one when the store cannot be read or written.
    pub async fn see(
        &self,
        tenant: &TenantId,
        raw_id: &str,
    ) -> Result<Result<Named, FieldError>, DecideError> {
        let named = match self.keyring.named(tenant, raw_id) {
            Ok(named) => named,
            Err(error) => return Ok(Err(error)),
        };
        let Some(earlier) = named.earlier else { return Ok(Ok(named)) };
        if self.unseen.of(&earlier).is_some() {
            self.rename(tenant, earlier, named.subject).await?;
        }
        if !self.suppressed.is_empty() {
            self.carry_mark(tenant, raw_id, &named).await?;
        }
        Ok(Ok(named))
    }

    /// Gives everything of a person another name: in the store first, then in memory. Cut off, it is done again.
    async fn rename(&self, tenant: &TenantId, from: SubjectKey, to: SubjectKey) -> Result<(), DecideError> {
        let _turns = self.choices.turns(&from, &to).await;
        // Another call may have been faster.
        let Some(is_stored) = self.unseen.of(&from) else { return Ok(()) };
        if is_stored {
            self.ledger.rename(tenant, &from, &to).await?;
        }
        self.rename_in_memory(tenant, from, to, is_stored).await
    }

    async fn rename_in_memory(
        &self,
        tenant: &TenantId,
        from: SubjectKey,
        to: SubjectKey,
        is_stored: bool,
    ) -> Result<(), DecideError> {
        if is_stored || self.choices.has(&from) {
            // What is on disk, in the order in which it was said under either name.
            let choices = self.store.current_choices(tenant, &to).await?;
            if choices != Choices::default() {
                self.choices.set(to, choices);
            }
        }
        self.choices.remove(&from);
        self.ledger.forget(tenant, &from);
        if let Some(until) = self.suppressed.until(&self.keyring.mark(tenant, &from)) {
            self.suppressed.insert(self.keyring.mark(tenant, &to), until);
        }
        self.shown.write().unwrap_or_else(PoisonError::into_inner).rename(&from, to);
        self.history.write().unwrap_or_else(PoisonError::into_inner).rename(&from, to);
        self.unseen.forget(&from);
        self.renamed.store(true, Ordering::Relaxed);
        // Sums of both names are one by now, and what was put right under the former name may not have been heard of.
        if is_stored { self.read_anew(tenant, &to).await } else { Ok(()) }
    }

    /// Whoever was erased is so under every name. An erasure that a process noted under a name of before is finished here.
    async fn carry_mark(&self, tenant: &TenantId, raw_id: &str, named: &Named) -> Result<(), DecideError> {
        let person = self.keyring.person_mark(tenant, raw_id);
        let Some(erased_at) = self.suppressed.until(&person) else { return Ok(()) };
        let mark = self.keyring.mark(tenant, &named.subject);
        if self.suppressed.until(&mark).is_some_and(|until| until >= erased_at) {
            return Ok(());
        }
        let suppression = Suppression { tenant: tenant.clone(), mark, erased_at };
        if self.store.suppress(suppression).await? && self.has_rows(tenant, &named.subject).await? {
            let noted = NotedErasure { tenant: tenant.clone(), marks: vec![person, mark], erased_at };
            finish_erasure(&self.ledger, vec![named.subject], &noted).await?;
            self.choices.remove(&named.subject);
        }
        self.suppressed.insert(mark, erased_at);
        // What the person said since, perhaps to another process, holds.
        self.shown.write().unwrap_or_else(PoisonError::into_inner).remove(&named.subject);
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        history.remove_until(&named.subject, erased_at);
        Ok(())
    }

    async fn has_rows(&self, tenant: &TenantId, subject: &SubjectKey) -> Result<bool, DecideError> {
        Ok(!self.store.aliases_of(tenant, subject).await?.is_empty()
            || !self.store.events_of(tenant, subject, 0, 1).await?.is_empty()
            || !self.store.choices_of(tenant, subject).await?.is_empty())
    }

    /// Takes in what other processes renamed, and the key that names people now. Those who were renamed before it was
    /// replaced are looked for before and after.
    pub(super) async fn follow_naming(&self, after: u64, until: u64, naming: u32) -> Result<(), DecideError> {
        self.follow_renamings(after, until).await?;
        if naming > self.keyring.naming_version() {
            self.keyring.reload().map_err(RightError::from)?;
        }
        if self.keyring.newest_naming() > self.keyring.naming_version() {
            self.take_up_names().await?;
            self.follow_renamings(after, until).await?;
        }
        Ok(())
    }

    async fn follow_renamings(&self, mut after: u64, until: u64) -> Result<(), DecideError> {
        while after < until {
            let page = self.store.renamings(after, PER_PAGE).await?;
            let Some(newest) = page.last() else { break };
            after = newest.seq;
            for stored in page {
                if stored.was == self.keyring.mark(&stored.tenant, &stored.subject) {
                    // An event was put right.
                    self.read_anew(&stored.tenant, &stored.subject).await?;
                    continue;
                }
                let Some(from) = self.unseen.of_mark(&stored.was) else { continue };
                let _turns = self.choices.turns(&from, &stored.subject).await;
                if self.unseen.of(&from).is_some() && self.keyring.is_current(&stored.subject) {
                    self.rename_in_memory(&stored.tenant, from, stored.subject, true).await?;
                }
            }
        }
        Ok(())
    }

    /// Names people by the newest key of the file from now on.
    async fn take_up_names(&self) -> Result<(), DecideError> {
        self.ledger.announce_names().await?;
        self.learn_unseen(self.keyring.next_earlier_tag()).await?;
        self.choices.add(all_choices(&self.store).await?);
        self.keyring.take_up_names();
        self.ledger.forget_all();
        let is_of_use = |subject: &SubjectKey| self.keyring.is_of_use(subject);
        self.choices.retain(is_of_use);
        self.shown.write().unwrap_or_else(PoisonError::into_inner).retain_people(is_of_use);
        self.history.write().unwrap_or_else(PoisonError::into_inner).retain_people(is_of_use);
        self.rename_roster().await
    }

    /// Learns who is known by a name of this ending alone.
    pub(super) async fn learn_unseen(&self, tag: Option<u8>) -> Result<(), DecideError> {
        let Some(tag) = tag else { return Ok(()) };
        let KnownBefore { people, mut tenants } = self.ledger.known_before(tag).await?;
        tenants.extend(self.roster.iter().map(|(tenant, _)| tenant.clone()));
        let mut known = Known::default();
        for (tenant, subject) in &people {
            known.people.insert(*subject, true);
            known.by_mark.insert(self.keyring.mark(tenant, subject), *subject);
        }
        for subject in self.people_in_memory().into_iter().filter(|subject| subject.tag() == tag) {
            if known.people.contains_key(&subject) {
                continue;
            }
            known.people.insert(subject, false);
            // Another process may have renamed the person before this one looked; of which tenant they are, is not known.
            for tenant in &tenants {
                known.by_mark.insert(self.keyring.mark(tenant, &subject), subject);
            }
        }
        self.unseen.set(known);
        Ok(())
    }

    /// Whoever is in memory, under whatever name.
    pub(super) fn people_in_memory(&self) -> BTreeSet<SubjectKey> {
        let mut people: BTreeSet<SubjectKey> = self.choices.people().into_iter().collect();
        people.extend(self.shown.read().unwrap_or_else(PoisonError::into_inner).subjects());
        people.extend(self.history.read().unwrap_or_else(PoisonError::into_inner).subjects());
        people
    }

    /// The raw ids of the people of the example are at hand, so they need not be waited for.
    pub(super) async fn rename_roster(&self) -> Result<(), DecideError> {
        for (tenant, raw_id) in &self.roster {
            self.see(tenant, raw_id).await??;
        }
        Ok(())
    }

    /// Fails when the key that a person was named by was replaced: by now everything of theirs may have another name.
    pub(super) fn check_named<'s>(
        &self,
        subjects: impl IntoIterator<Item = &'s SubjectKey>,
    ) -> Result<(), DecideError> {
        let is_current = subjects.into_iter().all(|subject| self.keyring.is_current(subject));
        if is_current { Ok(()) } else { Err(StoreError::OldName.into()) }
    }

    /// Replaces the key by which people are named when its time is over.
    pub(super) async fn rekey_when_due(&self, now: Timestamp) -> Result<(), DecideError> {
        let days = i64::from(self.rights.rekey_days);
        // Taken before its age is looked at: another process may replace it meanwhile, and one that is new stays.
        let version = self.keyring.naming_version();
        let Some(since) = self.keyring.naming_since() else {
            return Ok(self.keyring.date_naming(now).map_err(RightError::from)?);
        };
        if since.plus_seconds(days * SECONDS_PER_DAY) <= now {
            self.rekey(version).await?;
        } else if self.keyring.is_rekeying() {
            self.ledger.finish_pseudonyms().await?;
            self.follow().await?;
        }
        Ok(())
    }

    /// Replaces the key of this version, by which people are named, now, unless that was done meanwhile; what is held of
    /// whoever was not seen since the last time is deleted.
    ///
    /// # Errors
    /// When keys or rows cannot be written; the next call goes on.
    pub async fn rekey(&self, version: u32) -> Result<Rekeyed, DecideError> {
        let rekeyed = self.ledger.rotate_pseudonyms(version, self.now()).await?;
        if let Rekeyed::Done { version, deleted } = rekeyed {
            tracing::info!(version, deleted, "the key by which people are named was replaced");
        }
        self.follow().await?;
        Ok(rekeyed)
    }

    /// Forgets renamings that every process has heard of; how many.
    pub(super) async fn forget_renamings(&self, now: Timestamp) -> Result<u64, DecideError> {
        let is_heard =
            self.keyring.naming_since().is_some_and(|since| since.plus_seconds(HEARD_SECONDS) <= now);
        if !is_heard {
            return Ok(0);
        }
        Ok(self.store.forget_renamings(SubjectKey::tag_of(self.keyring.naming_version())).await?)
    }
}
