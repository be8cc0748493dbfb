//! The secrets of an installation, in one file beside the store.
//!
//! Two keys stay: one for the marks of people who were erased, one for tokens. From these follow, each by a name of its own:
//! from that of marks the keys of the marks of raw ids and by which decisions and requests are named, from that of tokens
//! the one that signs the log. The key that wraps data keys is replaced now and then; while that is under way the file holds
//! the old one and the new one, see [`super::rotation`]. So is the key of pseudonyms, of which the one before stays until
//! the next rotation, see [`super::pseudonyms`].

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
use super::pseudonyms::Pseudonyms;
use super::signing::LogKey;
use super::token::Tokens;
use crate::domain::{DecisionId, ImpressionId, TenantId, Timestamp};
use crate::sealing::{self, DataKey, SealError, random};
use crate::store;

/// Name of the file in the data folder.
pub const KEY_FILE_NAME: &str = "keys.json";

/// The version of the first wrapping key.
pub(super) const FIRST_VERSION: u32 = 1;

/// The secrets of an installation. They are wiped from memory when dropped, and never printed.
pub struct Keyring {
    pub(super) mark: SecretBox<[u8; 32]>,
    /// By which raw ids are marked.
    pub(super) people: SecretBox<[u8; 32]>,
    pub(super) tokens: Tokens,
    /// By which decisions and requests are named.
    names: SecretBox<[u8; 32]>,
    wrapping: RwLock<Arc<Wrapping>>,
    /// The keys of pseudonyms as they are in the file.
    pub(super) kept: RwLock<Arc<Pseudonyms>>,
    /// Those by which people are named here: the process has to take newer ones up first.
    pub(super) in_use: RwLock<Arc<Pseudonyms>>,
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
    /// The store has heard of a newer key of pseudonyms.
    #[error(
        "the store knows version {known} of the key of pseudonyms, the newest in {KEY_FILE_NAME} is {found}; put the \
         newest {KEY_FILE_NAME} back"
    )]
    OlderThanStore {
        /// The newest version of the file.
        found: u32,
        /// The version that the store knows.
        known: u32,
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
        let pseudonyms = Pseudonyms::first(subject_hash);
        let wrapping = DataKey::fresh().map_err(|error| no_randomness(&error))?;
        let wrapping = Wrapping { keys: [(FIRST_VERSION, Arc::new(wrapping))].into(), made_at: None };
        let tokens = Tokens::fresh().map_err(|cause| KeyringError::NoRandomness { cause })?;
        Ok(Self::of(mark, pseudonyms, tokens, wrapping, None))
    }

    /// The keyring of these keys.
    pub(super) fn of(
        mark: SecretBox<[u8; 32]>,
        pseudonyms: Pseudonyms,
        tokens: Tokens,
        wrapping: Wrapping,
        path: Option<PathBuf>,
    ) -> Self {
        let derived = |name: &str| SecretBox::new(Box::new(blake3::derive_key(name, mark.expose_secret())));
        let names = derived("limpid 2026-11 names of decisions v1");
        let people = derived("limpid 2026-11 marks of people v1");
        let (wrapping, pseudonyms) = (RwLock::new(Arc::new(wrapping)), Arc::new(pseudonyms));
        let (kept, in_use) = (RwLock::new(pseudonyms.clone()), RwLock::new(pseudonyms));
        Self { mark, people, tokens, names, wrapping, kept, in_use, path }
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

    /// Reads the keys that are replaced again: another process may have done that. Wrapping keys that are not in the
    /// file any more are forgotten; newer keys of pseudonyms are used once they are taken up.
    ///
    /// # Errors
    /// When the file is damaged, lost, or cannot be read.
    pub fn reload(&self) -> Result<(), KeyringError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| unusable(path, &error))?;
        let read = keyfile::read(path, &text)?;
        self.set_wrapping(read.wrapping());
        self.set_kept_pseudonyms(read.kept_pseudonyms());
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
    let text = keyfile::text(&keyring, &keyring.wrapping(), &keyring.kept_pseudonyms());
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
mod tests;
