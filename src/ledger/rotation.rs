//! Replacing the key that wraps data keys.
//!
//! A data key that was deleted may still lie in a backup, wrapped. It is gone for good when the key that wraps it is
//! gone, so that one is replaced every so often: a new one is made and kept beside the old one; from then on no data
//! key is wrapped by the old one; all that are left are wrapped anew; a backup is written, if there is a folder for
//! them; the old one is destroyed. Cut off anywhere, the
//! file holds every key that is needed, and the next rotation goes on from there. Processes on one store take turns
//! by a lock on a file beside the keys.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::keyring::{Keyring, KeyringError, Wrapping, no_randomness, unusable};
use super::{Ledger, LedgerError, backup, keyfile, owned_by};
use crate::domain::Timestamp;
use crate::sealing::DataKey;
use crate::store::{StoreError, SubjectRow};

/// Name of the file that is locked, beside the keys.
const LOCK_FILE_NAME: &str = "keys.lock";

/// Data keys that are wrapped anew at a time: few, so that decisions in between do not wait long.
const KEYS_PER_PAGE: u32 = 256;

/// How often the files are scrubbed again when somebody reads from them.
const SCRUBS_MAX: u32 = 5;

/// What became of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The old key is gone.
    Done {
        /// The version of the key that wraps now.
        version: u32,
        /// How many data keys were wrapped anew.
        rewrapped: u64,
        /// How many could not be, because they were changed: they are lost.
        unreadable: u64,
    },
    /// Another process is at it.
    Elsewhere,
}

impl Ledger {
    /// Replaces the wrapping key, or finishes what was cut off. When this returns the old one is destroyed.
    ///
    /// # Errors
    /// When keys or rows cannot be written; then the old key is still there, and the next call goes on.
    pub async fn rotate(&self, now: Timestamp) -> Result<Rotated, LedgerError> {
        let Some(_lock) = self.keyring.lock()? else { return Ok(Rotated::Elsewhere) };
        let version = self.keyring.begin_rotation(now)?;
        self.store.raise_wrapping(version).await?;
        let (mut rewrapped, mut unreadable, mut after) = (0, 0, None);
        loop {
            let page = self.store.subjects(after, KEYS_PER_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.tenant.clone(), last.alias));
            let mut anew = Vec::new();
            for row in page.into_iter().filter(|row| row.wrapped_by < version) {
                match self.unwrap(&row) {
                    Some(key) => anew.push(self.wrapped_anew(row, &key)?),
                    None => unreadable += 1,
                }
            }
            rewrapped += anew.len() as u64;
            if !anew.is_empty() {
                self.store.rewrap(anew).await?;
            }
        }
        self.scrub().await?;
        if let Some(folder) = &self.backups {
            // Before the old key goes: from now on there is a copy that the new one opens.
            backup::back_up_into(&self.store, folder, now).await?;
        }
        self.keyring.finish_rotation()?;
        Ok(Rotated::Done { version, rewrapped, unreadable })
    }

    /// Sees to it that no byte of what was deleted is in the files of the store any more.
    ///
    /// # Errors
    /// When somebody reads from them for seconds.
    pub async fn scrub(&self) -> Result<(), LedgerError> {
        for _ in 1..SCRUBS_MAX {
            match self.store.scrub().await {
                Err(StoreError::Busy) => tokio::time::sleep(Duration::from_millis(50)).await,
                other => return Ok(other?),
            }
        }
        Ok(self.store.scrub().await?)
    }

    fn wrapped_anew(&self, row: SubjectRow, key: &DataKey) -> Result<SubjectRow, LedgerError> {
        let (wrapped_data_key, wrapped_by) = self.keyring.wrap(key, &owned_by(&row))?;
        Ok(SubjectRow { wrapped_data_key, wrapped_by, ..row })
    }
}

impl Keyring {
    /// Notes when the wrapping key was made, if nobody did; another process that is at it notes it, too.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn date_wrapping(&self, now: Timestamp) -> Result<(), KeyringError> {
        if self.wrapping_since().is_some() {
            return Ok(());
        }
        let Some(_lock) = self.lock()? else { return Ok(()) };
        self.reload()?;
        let wrapping = self.wrapping();
        if wrapping.made_at.is_some() {
            return Ok(());
        }
        self.keep(Wrapping { keys: wrapping.keys.clone(), made_at: Some(now) })
    }

    /// Makes a new wrapping key beside the old one, unless there are two already; its version.
    fn begin_rotation(&self, now: Timestamp) -> Result<u32, KeyringError> {
        self.reload()?;
        let wrapping = self.wrapping();
        if wrapping.keys.len() == 1 {
            let fresh = DataKey::fresh().map_err(|error| no_randomness(&error))?;
            let mut keys = wrapping.keys.clone();
            keys.insert(wrapping.newest() + 1, Arc::new(fresh));
            self.keep(Wrapping { keys, made_at: Some(now) })?;
        }
        Ok(self.wrapping_version())
    }

    /// Destroys all wrapping keys but the newest.
    fn finish_rotation(&self) -> Result<(), KeyringError> {
        let wrapping = self.wrapping();
        let newest = wrapping.newest();
        let keys = wrapping.keys.iter().filter(|(version, _)| **version == newest);
        let keys = keys.map(|(version, key)| (*version, key.clone())).collect();
        self.keep(Wrapping { keys, made_at: wrapping.made_at })
    }

    fn keep(&self, wrapping: Wrapping) -> Result<(), KeyringError> {
        if let Some(path) = self.path() {
            let text = keyfile::text(self, &wrapping, &self.kept_pseudonyms());
            keyfile::replace(path, text.as_bytes()).map_err(|error| unusable(path, &error))?;
        }
        self.set_wrapping(Arc::new(wrapping));
        Ok(())
    }

    /// The turn to write the keys, until it is dropped; None while another process has it. It ends with its process.
    pub(super) fn lock(&self) -> Result<Option<Lock>, KeyringError> {
        let Some(path) = self.path() else { return Ok(Some(Lock { _file: None })) };
        let path = path.with_file_name(LOCK_FILE_NAME);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|error| unusable(&path, &error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock { _file: Some(file) })),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Ok(None),
            Err(error) => Err(unusable(&path, &error.into())),
        }
    }
}

/// The turn to write the keys.
pub(super) struct Lock {
    _file: Option<File>,
}

#[cfg(test)]
mod tests;
