//! Identifiers, each checked once where it enters.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::FieldError;

/// Longest identifier that a caller may choose, in bytes.
const ID_BYTES_MAX: usize = 128;

/// Declares an identifier that a caller chooses: 1 to 128 bytes of visible ASCII.
macro_rules! caller_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Checks a `", $field, "`: 1 to 128 bytes, visible ASCII only.")]
            ///
            /// # Errors
            /// Names the broken rule; the value itself is not repeated.
            pub fn parse(text: &str) -> Result<Self, FieldError> {
                check_id($field, text).map(|()| Self(text.to_owned()))
            }

            /// The identifier as the caller wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = FieldError;
            fn try_from(text: String) -> Result<Self, FieldError> {
                check_id($field, &text).map(|()| Self(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn check_id(field: &'static str, text: &str) -> Result<(), FieldError> {
    if text.is_empty() {
        return Err(FieldError::new(field, "must not be empty"));
    }
    if text.len() > ID_BYTES_MAX {
        return Err(FieldError::new(
            field,
            format!("must be at most {ID_BYTES_MAX} bytes, has {}", text.len()),
        ));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(FieldError::new(
            field,
            format!("must be visible ASCII; text of {} bytes is not", text.len()),
        ));
    }
    Ok(())
}

caller_id!(
    /// Whose data this is; part of every key, token and metric label.
    TenantId,
    "tenant"
);
caller_id!(
    /// One opportunity to show an ad; with the tenant, the idempotency key of a decision.
    ImpressionId,
    "impression.id"
);
caller_id!(
    /// One ad of the catalogue.
    AdId,
    "ad_id"
);
caller_id!(
    /// One event of a caller; the same id is taken once.
    EventId,
    "event.id"
);
caller_id!(
    /// One change of a person's choices; the same id is taken once.
    ChangeId,
    "change_id"
);
caller_id!(
    /// One concern of a person; the same id is taken once.
    ConcernId,
    "concern_id"
);

impl ChangeId {
    /// The name of a change that somebody is about to make.
    #[must_use]
    pub fn fresh(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

/// The content hash of a model artefact: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ModelVersion(String);

impl ModelVersion {
    /// Checks a model version.
    ///
    /// # Errors
    /// When `text` is not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::new("version", "must be 64 lower-case hexadecimal digits"))
        }
    }

    /// The version of an artefact with these bytes (BLAKE3).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits: enough for a person to tell two versions apart.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl TryFrom<String> for ModelVersion {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<ModelVersion> for String {
    fn from(version: ModelVersion) -> Self {
        version.0
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The logged outcome of one impression; a UUID of version 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(Uuid);

impl DecisionId {
    /// Wraps a fresh identifier.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// Reads the hyphenated form.
    ///
    /// # Errors
    /// When `text` is not a UUID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        Uuid::parse_str(text).map(Self).map_err(|_| FieldError::new("decision_id", "must be a UUID"))
    }

    /// The 16 bytes of the identifier.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The keyed pseudonym of a person: BLAKE3 of tenant and raw id under a secret key. The raw id is
/// never stored. Of a pseudonym that is kept, the last byte tells the version of its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// Longest raw id, in bytes.
    pub const RAW_BYTES_MAX: usize = 256;

    /// Derives the pseudonym of `raw_id` for `tenant` under `key`.
    ///
    /// # Errors
    /// When `raw_id` is empty or longer than 256 bytes.
    pub fn derive(key: &[u8; 32], tenant: &TenantId, raw_id: &str) -> Result<Self, FieldError> {
        if raw_id.is_empty() {
            return Err(FieldError::new("subject.id", "must not be empty"));
        }
        if raw_id.len() > Self::RAW_BYTES_MAX {
            let rule = format!("must be at most {} bytes, has {}", Self::RAW_BYTES_MAX, raw_id.len());
            return Err(FieldError::new("subject.id", rule));
        }
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(&(tenant.as_str().len() as u64).to_le_bytes());
        hasher.update(tenant.as_str().as_bytes());
        hasher.update(raw_id.as_bytes());
        Ok(Self(*hasher.finalize().as_bytes()))
    }

    /// The same pseudonym, as made under a key of this version.
    #[must_use]
    pub const fn of_version(mut self, version: u32) -> Self {
        self.0[31] = Self::tag_of(version);
        self
    }

    /// What tells the version of the key that this was made under: two that follow each other are told apart, and
    /// all others that are in use at the same time.
    #[must_use]
    pub const fn tag(&self) -> u8 {
        self.0[31]
    }

    /// The tag of a version.
    #[must_use]
    pub const fn tag_of(version: u32) -> u8 {
        version.to_le_bytes()[0]
    }

    /// A key read back from the store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(..)")
    }
}

/// What is kept of a person who was erased, and in the audit trail: a hash under a key of its own, of the person's raw id
/// or of a pseudonym.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectMark([u8; 32]);

impl SubjectMark {
    /// The mark of a pseudonym of `tenant` under `key`.
    #[must_use]
    pub fn derive(key: &[u8; 32], tenant: &TenantId, subject: &SubjectKey) -> Self {
        Self::of(key, tenant, subject.as_bytes())
    }

    /// The mark of the person of a raw id, under a key that no pseudonyms are marked by; it stays when pseudonyms change.
    #[must_use]
    pub fn of_person(key: &[u8; 32], tenant: &TenantId, raw_id: &str) -> Self {
        Self::of(key, tenant, raw_id.as_bytes())
    }

    fn of(key: &[u8; 32], tenant: &TenantId, name: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(&(tenant.as_str().len() as u64).to_le_bytes());
        hasher.update(tenant.as_str().as_bytes());
        hasher.update(name);
        Self(*hasher.finalize().as_bytes())
    }

    /// A mark read back.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the mark.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 hexadecimal digits: enough to find the entries of one person.
    #[must_use]
    pub fn short(&self) -> String {
        let first = self.0.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        format!("{first:016x}")
    }
}

impl fmt::Debug for SubjectMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectMark({})", self.short())
    }
}

/// The random name under which the ledger keeps one person's decisions; it cannot be derived from
/// the subject key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alias([u8; 16]);

impl Alias {
    /// An alias of these random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The alias in hexadecimal digits, as its person is told it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// The 16 bytes of the alias.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_kept_as_written_or_refused_without_being_repeated(text in ".{0,160}") {
            match AdId::parse(&text) {
                Ok(id) => prop_assert_eq!(id.as_str(), text.as_str()),
                Err(error) => prop_assert!(text.is_empty() || text.len() < 3 || !error.to_string().contains(&text)),
            }
        }
    }

    #[test]
    fn two_tenants_give_one_person_two_keys() {
        let key = [7; 32];
        let a = SubjectKey::derive(&key, &TenantId::parse("a").unwrap(), "bc").unwrap();
        let b = SubjectKey::derive(&key, &TenantId::parse("ab").unwrap(), "c").unwrap();
        assert_ne!(a, b);
    }

    #[test]
    fn a_pseudonym_tells_the_version_of_its_key_and_little_else_changes() {
        let one = SubjectKey::derive(&[7; 32], &TenantId::parse("a").unwrap(), "b").unwrap();
        let (first, second) = (one.of_version(1), one.of_version(2));
        assert_eq!((first.tag(), second.tag()), (1, 2));
        assert_eq!(first.as_bytes()[..31], second.as_bytes()[..31]);
        assert_eq!(SubjectKey::tag_of(257), SubjectKey::tag_of(1));
    }
}
