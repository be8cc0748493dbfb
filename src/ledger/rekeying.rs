//! Replacing the key by which people are named, and giving people their new names.
//!
//! A rotation makes a new key beside the one in use. From then on nothing is kept under a pseudonym of the older key but
//! of someone whose alias still has it, and whoever is seen is renamed. The key that was older still is destroyed, and
//! before it whatever is left under its pseudonyms: nobody can be led to it any more. Cut off anywhere, the file has the
//! new key or has not, and the next call goes on from there. A process that hears of a new key takes it up: it says so
//! to the store, learns who is known by the former name alone, and only then names people by the new one.

use std::collections::BTreeSet;

use super::keyfile;
use super::keyring::{Keyring, KeyringError, no_randomness, unusable};
use super::pseudonyms::{HashKey, Pseudonyms};
use super::{Ledger, LedgerError, owned_by};
use crate::domain::{SubjectKey, TenantId, Timestamp};
use crate::sealing::random;
use crate::store::{Renaming, StoreError, SubjectRow};

/// People, and rows of nobody's, that are read or deleted at a time.
const PER_PAGE: u32 = 1024;

/// How often a person is renamed again when another process changed the alias meanwhile.
const RENAMES_MAX: u32 = 5;

/// What became of a rotation of the key of pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rekeyed {
    /// The new key is in use, and at most one older one is kept.
    Done {
        /// The version of the key that names people now.
        version: u32,
        /// Rows that were deleted because nobody can be led to them any more.
        deleted: u64,
    },
    /// Another process is at it.
    Elsewhere,
}

/// People who are known by a pseudonym of the key before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownBefore {
    /// Who.
    pub people: BTreeSet<(TenantId, SubjectKey)>,
    /// The tenants of all people, however named.
    pub tenants: BTreeSet<TenantId>,
}

impl Ledger {
    /// Replaces the key of pseudonyms of a version, unless that was done meanwhile, or finishes what was cut off, and
    /// destroys the key before it. This process has to take the new names up then.
    ///
    /// # Errors
    /// When keys or rows cannot be written; the next call goes on.
    pub async fn rotate_pseudonyms(&self, version: u32, now: Timestamp) -> Result<Rekeyed, LedgerError> {
        let Some(_lock) = self.keyring.lock()? else { return Ok(Rekeyed::Elsewhere) };
        self.keyring.begin_rekeying(version, now)?;
        self.name_by_the_newest().await
    }

    /// Finishes the replacement of a key of pseudonyms that was cut off, or that another process is at, and begins none.
    ///
    /// # Errors
    /// When keys or rows cannot be written; the next call goes on.
    pub async fn finish_pseudonyms(&self) -> Result<Rekeyed, LedgerError> {
        let Some(_lock) = self.keyring.lock()? else { return Ok(Rekeyed::Elsewhere) };
        self.keyring.reload()?;
        self.name_by_the_newest().await
    }

    async fn name_by_the_newest(&self) -> Result<Rekeyed, LedgerError> {
        let version = self.keyring.newest_naming();
        self.store.raise_naming(version).await?;
        let mut deleted = 0;
        if self.keyring.is_rekeying() {
            deleted = self.drop_unreachable().await?;
            self.keyring.finish_rekeying()?;
        }
        Ok(Rekeyed::Done { version, deleted })
    }

    /// Says to the store which key names people from now on, and deletes what a store that was put back has under
    /// pseudonyms of keys that are gone: what a start has to do before people are named.
    ///
    /// # Errors
    /// When the store knows of a newer key than the file has, or cannot be written.
    pub async fn announce_names(&self) -> Result<(), LedgerError> {
        let (kept, known) = (self.keyring.newest_naming(), self.store.pulse().await?.naming);
        if known > kept {
            return Err(KeyringError::OlderThanStore { found: kept, known }.into());
        }
        if known < kept {
            self.store.raise_naming(kept).await?;
            self.drop_unreachable().await?;
        }
        Ok(())
    }

    /// Whoever the store knows by a pseudonym of this ending, and all tenants of whose people it has anything.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn known_before(&self, tag: u8) -> Result<KnownBefore, LedgerError> {
        let (mut known, mut after) = (KnownBefore::default(), None);
        loop {
            let page = self.store.people(after, PER_PAGE).await?;
            let Some(last) = page.last() else { return Ok(known) };
            after = Some(last.clone());
            for (tenant, subject) in page {
                if !known.tenants.contains(&tenant) {
                    known.tenants.insert(tenant.clone());
                }
                if subject.tag() == tag {
                    known.people.insert((tenant, subject));
                }
            }
        }
    }

    /// Gives everything that the store has of a person under one pseudonym to another one, in one step; data keys are
    /// wrapped anew, because they are bound to the name. To do it again finds nothing more and is fine.
    ///
    /// # Errors
    /// When it cannot be made durable; then nothing was renamed.
    pub async fn rename(
        &self,
        tenant: &TenantId,
        from: &SubjectKey,
        to: &SubjectKey,
    ) -> Result<(), LedgerError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let aliases = self.store.aliases_of(tenant, from).await?;
            let aliases = aliases.into_iter().map(|row| self.renamed(row, to)).collect::<Result<_, _>>()?;
            let renaming = Renaming {
                tenant: tenant.clone(),
                from: *from,
                to: *to,
                marks: (self.keyring.mark(tenant, from), self.keyring.mark(tenant, to)),
                aliases,
            };
            match self.store.rename(renaming).await {
                Ok(_) => break,
                Err(StoreError::OldWrappingKey) if tries < RENAMES_MAX => self.keyring.reload()?,
                Err(StoreError::Busy) if tries < RENAMES_MAX => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.forget(tenant, from);
        Ok(())
    }

    /// The row of an alias under another pseudonym. A data key that does not open stays as it is: it is lost already.
    fn renamed(&self, row: SubjectRow, to: &SubjectKey) -> Result<SubjectRow, LedgerError> {
        let key = self.unwrap(&row);
        let mut renamed = SubjectRow { subject: Some(*to), ..row };
        if let Some(key) = key {
            (renamed.wrapped_data_key, renamed.wrapped_by) = self.keyring.wrap(&key, &owned_by(&renamed))?;
        }
        Ok(renamed)
    }

    /// Deletes what is kept under pseudonyms of keys that are not in use; how many rows.
    async fn drop_unreachable(&self) -> Result<u64, LedgerError> {
        let tags = self.keyring.kept_pseudonyms().tags();
        let mut deleted = 0;
        loop {
            let more = self.store.drop_unreachable(tags.clone(), PER_PAGE).await?;
            if more == 0 {
                break;
            }
            deleted += more;
        }
        self.forget_all();
        self.scrub().await?;
        Ok(deleted)
    }
}

impl Keyring {
    /// Notes when the key of pseudonyms was made, if nobody did; another process that is at it notes it, too.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn date_naming(&self, now: Timestamp) -> Result<(), KeyringError> {
        if self.kept_pseudonyms().since().is_some() {
            return Ok(());
        }
        let Some(_lock) = self.lock()? else { return Ok(()) };
        self.reload()?;
        let kept = self.kept_pseudonyms();
        if kept.since().is_none() {
            self.keep_pseudonyms(kept.dated(now))?;
        }
        // It names no one otherwise than before.
        if self.newest_naming() == self.naming_version() {
            self.take_up_names();
        }
        Ok(())
    }

    /// Makes a new key of pseudonyms beside those in use, unless one is about to be destroyed, or the newest is not that of
    /// the version any more.
    pub(super) fn begin_rekeying(&self, version: u32, now: Timestamp) -> Result<(), KeyringError> {
        self.reload()?;
        let kept = self.kept_pseudonyms();
        if kept.is_rekeying() || kept.version() != version {
            return Ok(());
        }
        let fresh = random().map_err(|error| no_randomness(&error))?;
        self.keep_pseudonyms(kept.with(HashKey::new(Box::new(fresh).into(), Some(now))))
    }

    /// Destroys the keys of pseudonyms that are not in use any more.
    fn finish_rekeying(&self) -> Result<(), KeyringError> {
        self.keep_pseudonyms(self.kept_pseudonyms().in_use())
    }

    fn keep_pseudonyms(&self, pseudonyms: Pseudonyms) -> Result<(), KeyringError> {
        if let Some(path) = self.path() {
            let text = keyfile::text(self, &self.wrapping(), &pseudonyms);
            keyfile::replace(path, text.as_bytes()).map_err(|error| unusable(path, &error))?;
        }
        self.set_kept_pseudonyms(pseudonyms.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
