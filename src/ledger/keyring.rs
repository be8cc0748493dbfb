//! The secrets of an installation, in one file beside the store.
//!
//! Three keys stay: one for pseudonyms, one for the marks of people who were erased, one for tokens. From these follow, each by
//! a name of its own: from that of marks the keys by which decisions and requests are named, from that of tokens the one that
//! signs the log. The key that
//! wraps data keys is replaced now and then; while that is under way the file holds the old one and the new one,
//! see [`super::rotation`].

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use super::LedgerError;
use super::keyfile::{self, FORMAT};
use super::signing::LogKey;
use super::token::Tokens;
use crate::domain::{DecisionId, FieldError, ImpressionId, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::sealing::{self, DataKey, SealError, random};
use crate::store;

/// Name of the file in the data folder.
pub const KEY_FILE_NAME: &str = "keys.json";

/// The version of the first wrapping key.
pub(super) const FIRST_VERSION: u32 = 1;

/// The secrets of an installation. They are wiped from memory when dropped, and never printed.
pub struct Keyring {
    pub(super) subject_hash: SecretBox<[u8; 32]>,
    pub(super) mark: SecretBox<[u8; 32]>,
    pub(super) tokens: Tokens,
    /// By which decisions and requests are named.
    names: SecretBox<[u8; 32]>,
    wrapping: RwLock<Arc<Wrapping>>,
    /// None when the keys are kept nowhere.
    path: Option<PathBuf>,
}

/// The keys that wrap data keys, by version: one, or two while the older one is replaced.
pub(super) struct Wrapping {
    pub(super) keys: BTreeMap<u32, Arc<DataKey>>,
    /// When the newest was made; None when that was not noted.
    pub(super) made_at: Option<Timestamp>,
}

/// What can be wrong with the file of keys. A damaged or lost file is never replaced: without its
/// keys nothing in the store can be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The folder or file cannot be read or written.
    #[error("cannot read or write {}: {cause}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// Why, in the words of the operating system.
        cause: String,
    },
    /// The file is not what was written.
    #[error("{} is damaged: {field} {rule}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The field at fault.
        field: &'static str,
        /// The rule that it breaks.
        rule: String,
    },
    /// The file was written by a newer build.
    #[error("{} has format {found}, this build knows format {FORMAT}; use a newer build", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// There is a store but no file of keys to open it with.
    #[error("{} is missing although the folder has a store; restore it from a backup", path.display())]
    Missing {
        /// Where the file should be.
        path: PathBuf,
    },
    /// The operating system gives no random bytes.
    #[error("cannot make keys: {cause}")]
    NoRandomness {
        /// Why.
        cause: String,
    },
}

impl Wrapping {
    /// The version of the key that wraps from now on.
    pub(super) fn newest(&self) -> u32 {
        self.keys.last_key_value().map_or(FIRST_VERSION, |(version, _)| *version)
    }
}

impl Keyring {
    /// Reads the keys of a data folder; makes them, readable for their owner only, when the folder
    /// has neither keys nor store. Open the keyring before the store.
    ///
    /// # Errors
    /// When the file is damaged, lost, or cannot be written.
    pub fn open(folder: &Path) -> Result<Self, KeyringError> {
        let path = folder.join(KEY_FILE_NAME);
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => keyfile::read(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => create(folder, path),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Fresh keys that are kept nowhere: for tests and tools.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn fresh() -> Result<Self, KeyringError> {
        let key = || random().map(|bytes| SecretBox::new(Box::new(bytes)));
        let (subject_hash, mark) =
            key().and_then(|one| Ok((one, key()?))).map_err(|error| no_randomness(&error))?;
        let wrapping = DataKey::fresh().map_err(|error| no_randomness(&error))?;
        let wrapping = Wrapping { keys: [(FIRST_VERSION, Arc::new(wrapping))].into(), made_at: None };
        let tokens = Tokens::fresh().map_err(|cause| KeyringError::NoRandomness { cause })?;
        Ok(Self::of((subject_hash, mark), tokens, wrapping, None))
    }

    /// The keyring of these keys.
    pub(super) fn of(
        (subject_hash, mark): (SecretBox<[u8; 32]>, SecretBox<[u8; 32]>),
        tokens: Tokens,
        wrapping: Wrapping,
        path: Option<PathBuf>,
    ) -> Self {
        let names = blake3::derive_key("limpid 2026-11 names of decisions v1", mark.expose_secret());
        let names = SecretBox::new(Box::new(names));
        Self { subject_hash, mark, tokens, names, wrapping: RwLock::new(Arc::new(wrapping)), path }
    }

    /// The pseudonym of a person of `tenant`.
    ///
    /// # Errors
    /// When `raw_id` is empty or longer than 256 bytes.
    pub fn subject_key(&self, tenant: &TenantId, raw_id: &str) -> Result<SubjectKey, FieldError> {
        SubjectKey::derive(self.subject_hash.expose_secret(), tenant, raw_id)
    }

    /// The mark of a person, which outlives an erasure.
    #[must_use]
    pub fn mark(&self, tenant: &TenantId, subject: &SubjectKey) -> SubjectMark {
        SubjectMark::derive(self.mark.expose_secret(), tenant, subject)
    }

    /// The name of the decision on an impression: the same whoever asks, and nothing that others could make out.
    #[must_use]
    pub fn decision_id(&self, tenant: &TenantId, impression: &ImpressionId) -> DecisionId {
        let mut hasher = blake3::Hasher::new_keyed(self.names.expose_secret());
        for part in [tenant.as_str(), impression.as_str()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut name = [0; 16];
        name.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        DecisionId::new(uuid::Builder::from_custom_bytes(name).into_uuid())
    }

    /// What is kept of the digest of a request: nobody else can try out which request it was.
    pub(super) fn body_mark(&self, digest: [u8; 32]) -> [u8; 32] {
        *blake3::keyed_hash(self.names.expose_secret(), &digest).as_bytes()
    }

    /// The key that signs the log.
    pub(super) fn log_key(&self) -> LogKey {
        LogKey::of(blake3::derive_key("limpid 2026-11 log signing key v1", self.tokens.secret_bytes()))
    }

    /// The issuer of explanation tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// When the wrapping key was made, if that was noted.
    #[must_use]
    pub fn wrapping_since(&self) -> Option<Timestamp> {
        self.wrapping().made_at
    }

    /// The version of the wrapping key.
    #[must_use]
    pub fn wrapping_version(&self) -> u32 {
        self.wrapping().newest()
    }

    /// Whether the wrapping key is being replaced, or was until something cut that off.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        self.wrapping().keys.len() > 1
    }

    /// Reads the wrapping keys again: another process may have replaced them. Those that are not in the file any
    /// more are forgotten.
    ///
    /// # Errors
    /// When the file is damaged, lost, or cannot be read.
    pub fn reload(&self) -> Result<(), KeyringError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unusable(path, &error))?;
        self.set_wrapping(keyfile::read(path, &text)?.wrapping());
        Ok(())
    }

    /// Encrypts a data key, bound to `context`; what it is wrapped in, and by which key.
    pub(super) fn wrap(&self, key: &DataKey, context: &[u8]) -> Result<(Vec<u8>, u32), LedgerError> {
        let wrapping = self.wrapping();
        let no_key = || LedgerError::Seal { cause: "there is no wrapping key".to_owned() };
        let (version, by) = wrapping.keys.last_key_value().ok_or_else(no_key)?;
        Ok((by.seal(key.as_bytes(), context)?, *version))
    }

    /// Decrypts a data key; None when it was changed or its wrapping key is gone.
    pub(super) fn unwrap(&self, wrapped: &[u8], version: u32, context: &[u8]) -> Option<DataKey> {
        if !self.wrapping().keys.contains_key(&version) {
            // Another process may have made it. That the file cannot be read shows in that nothing opens.
            let _ = self.reload();
        }
        let wrapping = self.wrapping();
        wrapping.keys.get(&version)?.open(wrapped, context).and_then(|bytes| DataKey::of(&bytes))
    }

    /// The wrapping keys as they are.
    pub(super) fn wrapping(&self) -> Arc<Wrapping> {
        self.wrapping.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_wrapping(&self, wrapping: Arc<Wrapping>) {
        *self.wrapping.write().unwrap_or_else(PoisonError::into_inner) = wrapping;
    }

    /// Where the keys are kept.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

fn create(folder: &Path, path: PathBuf) -> Result<Keyring, KeyringError> {
    if folder.join(store::FILE_NAME).exists() {
        // Unless another process has just made both.
        return if path.exists() { Keyring::open(folder) } else { Err(KeyringError::Missing { path }) };
    }
    let keyring = Keyring { path: Some(path.clone()), ..Keyring::fresh()? };
    let text = keyfile::text(&keyring, &keyring.wrapping());
    match sealing::write_first(folder, &path, text.as_bytes()) {
        Ok(()) => Ok(keyring),
        // Another process was faster: its keys are the ones that count.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Keyring::open(folder),
        Err(error) => Err(unusable(&path, &error)),
    }
}

pub(super) fn unusable(path: &Path, error: &std::io::Error) -> KeyringError {
    KeyringError::Unusable { path: path.to_owned(), cause: error.to_string() }
}

pub(super) fn no_randomness(error: &SealError) -> KeyringError {
    KeyringError::NoRandomness { cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn check(keyring: &Keyring) -> String {
        keyfile::check(keyring, &keyring.wrapping())
    }

    fn folder_with_keys() -> (tempfile::TempDir, PathBuf, Keyring) {
        let place = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(place.path()).unwrap();
        let path = place.path().join(KEY_FILE_NAME);
        (place, path, keyring)
    }

    #[test]
    fn keys_are_made_once_for_their_owner_only_and_read_back() {
        let (place, path, made) = folder_with_keys();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = Keyring::open(place.path()).unwrap();
        assert_eq!(check(&read), check(&made));
        let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [KEY_FILE_NAME]);
        assert_ne!(check(&Keyring::fresh().unwrap()), check(&made));
    }

    #[test]
    fn processes_that_start_together_agree_on_one_keyring() {
        let place = tempfile::tempdir().unwrap();
        let start = || check(&Keyring::open(place.path()).unwrap());
        let checks: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(checks.iter().all(|check| *check == checks[0]));
    }

    #[test]
    fn a_file_cut_short_is_refused_and_never_replaced() {
        let (place, path, _) = folder_with_keys();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() - 2 {
            fs::write(&path, &whole[..length]).unwrap();
            let error = Keyring::open(place.path()).unwrap_err();
            assert!(matches!(error, KeyringError::Damaged { .. }), "{length} bytes: {error:?}");
            assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
        }
    }

    #[test]
    fn a_changed_digit_of_any_key_is_found_and_the_message_holds_no_key() {
        let (place, path, _) = folder_with_keys();
        let whole = fs::read_to_string(&path).unwrap();
        for field in ["subject_hash_key", "mark_key", "\"key", "token_key", "check"] {
            let at = whole.find(field).unwrap() + field.len() + 6;
            for digit in ["x", if whole[at..].starts_with('0') { "1" } else { "0" }] {
                let mut text = whole.clone();
                text.replace_range(at..=at, digit);
                fs::write(&path, &text).unwrap();
                let error = Keyring::open(place.path()).unwrap_err();
                assert!(matches!(error, KeyringError::Damaged { .. }), "{field}: {error:?}");
                assert!(!error.to_string().contains(&text[at..at + 12]), "{error}");
            }
        }
    }

    #[test]
    fn a_file_of_a_newer_format_is_named_as_such() {
        let (place, path, _) = folder_with_keys();
        fs::write(&path, r#"{ "format": 3, "keys": [] }"#).unwrap();
        let error = Keyring::open(place.path()).unwrap_err();
        assert_eq!(error, KeyringError::NewerFormat { path, found: 3 });
    }

    #[test]
    fn a_file_of_the_first_format_opens_with_its_key_as_the_first_version() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(KEY_FILE_NAME);
        let text = include_str!("../../tests/data/keys/first_format.json");
        assert!(text.contains("\"format\": 1"));
        fs::write(&path, text).unwrap();
        let (one, again) = (Keyring::open(place.path()).unwrap(), Keyring::open(place.path()).unwrap());
        assert_eq!((one.wrapping_version(), one.wrapping_since()), (FIRST_VERSION, None));
        let (tenant, subject) = (TenantId::parse("shop").unwrap(), SubjectKey::from_bytes([7; 32]));
        assert_eq!(one.mark(&tenant, &subject), again.mark(&tenant, &subject));
        let (wrapped, version) = one.wrap(&DataKey::fresh().unwrap(), b"row").unwrap();
        assert!(again.unwrap(&wrapped, version, b"row").is_some());
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "opening changes nothing");
    }

    #[test]
    fn lost_keys_of_a_store_are_not_made_anew() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(store::FILE_NAME), "").unwrap();
        let path = place.path().join(KEY_FILE_NAME);
        assert_eq!(Keyring::open(place.path()).unwrap_err(), KeyringError::Missing { path: path.clone() });
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_below_a_file_is_named_as_unusable() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Keyring::open(&file.join("data")).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("cannot read or write ") && message.contains("keys.json"), "{message}");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let keyring = Keyring::fresh().unwrap();
        assert_eq!(format!("{keyring:?} {:?}", keyring.tokens()), "Keyring(..) Tokens(..)");
    }
}
