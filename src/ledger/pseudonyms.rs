//! The keys by which people are named, and the names that follow from them.
//!
//! A raw id becomes a pseudonym by the newest key. After a rotation the key before it is kept, too, so that whoever
//! comes again is found under the former pseudonym and renamed; see [`super::rekeying`]. The mark of a person is made
//! of the raw id by a key that stays, and is kept of those alone who exercised a right.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use secrecy::{ExposeSecret, SecretBox};

use super::keyring::{FIRST_VERSION, Keyring};
use crate::domain::{FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::store::Hash;

/// Keys of pseudonyms that are in use: the newest, and the one before.
const IN_USE: usize = 2;

/// A person, as the keys of the moment name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The pseudonym.
    pub subject: SubjectKey,
    /// The one by the key before, while that is kept.
    pub earlier: Option<SubjectKey>,
}

/// One version of the key that makes pseudonyms.
#[derive(Clone)]
pub(super) struct HashKey {
    key: Arc<SecretBox<[u8; 32]>>,
    made_at: Option<Timestamp>,
}

impl HashKey {
    pub(super) fn new(key: SecretBox<[u8; 32]>, made_at: Option<Timestamp>) -> Self {
        Self { key: Arc::new(key), made_at }
    }

    pub(super) fn secret(&self) -> &[u8; 32] {
        self.key.expose_secret()
    }

    pub(super) const fn made_at(&self) -> Option<Timestamp> {
        self.made_at
    }
}

/// The keys that make pseudonyms, by version: one, two after a rotation, or three while the oldest is about to go.
#[derive(Clone)]
pub(super) struct Pseudonyms(BTreeMap<u32, HashKey>);

impl Pseudonyms {
    /// The first key of an installation.
    pub(super) fn first(key: SecretBox<[u8; 32]>) -> Self {
        Self([(FIRST_VERSION, HashKey::new(key, None))].into())
    }

    /// These keys; there is at least one.
    pub(super) const fn of(keys: BTreeMap<u32, HashKey>) -> Self {
        Self(keys)
    }

    /// All of them, the oldest first.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u32, &HashKey)> {
        self.0.iter().map(|(version, key)| (*version, key))
    }

    /// The version of the key that names people.
    pub(super) fn version(&self) -> u32 {
        self.0.last_key_value().map_or(FIRST_VERSION, |(version, _)| *version)
    }

    /// When that was made, if it was noted.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.0.last_key_value().and_then(|(_, key)| key.made_at)
    }

    /// The version before, while its key is kept.
    pub(super) fn earlier(&self) -> Option<u32> {
        self.0.keys().rev().nth(1).copied()
    }

    /// Whether the oldest key is about to be destroyed.
    pub(super) fn is_rekeying(&self) -> bool {
        self.0.len() > IN_USE
    }

    /// The same with a new key that names people from now on.
    pub(super) fn with(&self, key: HashKey) -> Self {
        let mut keys = self.0.clone();
        keys.insert(self.version() + 1, key);
        Self(keys)
    }

    /// The same with the newest key dated.
    pub(super) fn dated(&self, at: Timestamp) -> Self {
        let mut keys = self.0.clone();
        if let Some(mut newest) = keys.last_entry() {
            newest.get_mut().made_at = Some(at);
        }
        Self(keys)
    }

    /// The same without keys that are not in use any more.
    pub(super) fn in_use(&self) -> Self {
        Self(self.0.iter().rev().take(IN_USE).map(|(version, key)| (*version, key.clone())).collect())
    }

    /// What ends the pseudonyms of keys that are in use.
    pub(super) fn tags(&self) -> Vec<u8> {
        self.0.keys().rev().take(IN_USE).map(|version| SubjectKey::tag_of(*version)).collect()
    }

    fn name(&self, tenant: &TenantId, raw_id: &str) -> Result<Named, FieldError> {
        let mut newest_first = self.0.iter().rev();
        let mut name = || {
            let (version, key) = newest_first.next()?;
            Some(SubjectKey::derive(key.secret(), tenant, raw_id).map(|name| name.of_version(*version)))
        };
        let subject = name().unwrap_or_else(|| Err(FieldError::new("subject.id", "cannot be named")))?;
        Ok(Named { subject, earlier: name().transpose()? })
    }
}

impl Keyring {
    /// The pseudonyms of a person of `tenant`.
    ///
    /// # Errors
    /// When `raw_id` is empty or longer than 256 bytes.
    pub fn named(&self, tenant: &TenantId, raw_id: &str) -> Result<Named, FieldError> {
        self.names_in_use().name(tenant, raw_id)
    }

    /// The pseudonym of a person of `tenant`.
    ///
    /// # Errors
    /// When `raw_id` is empty or longer than 256 bytes.
    pub fn subject_key(&self, tenant: &TenantId, raw_id: &str) -> Result<SubjectKey, FieldError> {
        self.named(tenant, raw_id).map(|named| named.subject)
    }

    /// The mark of the person of a raw id, which outlives an erasure and every rotation.
    #[must_use]
    pub fn person_mark(&self, tenant: &TenantId, raw_id: &str) -> SubjectMark {
        SubjectMark::of_person(self.people.expose_secret(), tenant, raw_id)
    }

    /// What stays of a Data Deletion Request that was carried out: a hash of all that tells it from others, under a key of its own.
    #[must_use]
    pub fn request_mark(&self, parts: [&str; 4]) -> Hash {
        let key = blake3::derive_key("limpid 2026-11 deletion requests", self.people.expose_secret());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// The mark of a pseudonym, by which rows under it are known.
    #[must_use]
    pub fn mark(&self, tenant: &TenantId, subject: &SubjectKey) -> SubjectMark {
        SubjectMark::derive(self.mark.expose_secret(), tenant, subject)
    }

    /// The version of the key that names people here.
    #[must_use]
    pub fn naming_version(&self) -> u32 {
        self.names_in_use().version()
    }

    /// When it was made, if that was noted.
    #[must_use]
    pub fn naming_since(&self) -> Option<Timestamp> {
        self.names_in_use().since()
    }

    /// What ends the pseudonyms of the key before, while that is kept.
    #[must_use]
    pub fn earlier_tag(&self) -> Option<u8> {
        self.names_in_use().earlier().map(SubjectKey::tag_of)
    }

    /// Whether a pseudonym is one of the newest key.
    #[must_use]
    pub fn is_current(&self, subject: &SubjectKey) -> bool {
        subject.tag() == SubjectKey::tag_of(self.naming_version())
    }

    /// Whether a pseudonym is of a key that is in use.
    #[must_use]
    pub fn is_of_use(&self, subject: &SubjectKey) -> bool {
        self.names_in_use().tags().contains(&subject.tag())
    }

    /// The version of the newest key in the file, as it was read last: people are named by it once
    /// [`Keyring::take_up_names`] was called.
    #[must_use]
    pub fn newest_naming(&self) -> u32 {
        self.kept_pseudonyms().version()
    }

    /// What ends the pseudonyms of the key before the newest one in the file.
    #[must_use]
    pub fn next_earlier_tag(&self) -> Option<u8> {
        self.kept_pseudonyms().earlier().map(SubjectKey::tag_of)
    }

    /// Whether the destruction of the oldest key of pseudonyms was cut off.
    #[must_use]
    pub fn is_rekeying(&self) -> bool {
        self.kept_pseudonyms().is_rekeying()
    }

    /// Names people by the newest key of the file from now on.
    pub fn take_up_names(&self) {
        let kept = self.kept_pseudonyms();
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// The keys of pseudonyms by which people are named here.
    pub(super) fn names_in_use(&self) -> Arc<Pseudonyms> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys of pseudonyms as they are in the file.
    pub(super) fn kept_pseudonyms(&self) -> Arc<Pseudonyms> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_kept_pseudonyms(&self, pseudonyms: Arc<Pseudonyms>) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = pseudonyms;
    }
}
