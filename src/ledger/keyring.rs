//! The secrets of an installation, in one file beside the store.

use std::fmt::{self, Write as _};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretBox};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::LedgerError;
use super::envelope::{DataKey, random};
use super::token::Tokens;
use crate::domain::{FieldError, SubjectKey, TenantId};
use crate::store;

/// Name of the file in the data folder.
pub const KEY_FILE_NAME: &str = "keys.json";

/// Format of the file.
const FORMAT: u32 = 1;

/// The secrets of an installation. They are wiped from memory when dropped, and never printed.
pub struct Keyring {
    subject_hash: SecretBox<[u8; 32]>,
    wrapping: DataKey,
    tokens: Tokens,
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

impl Keyring {
    /// Reads the keys of a data folder; makes them, readable for their owner only, when the folder
    /// has neither keys nor store. Open the keyring before the store.
    ///
    /// # Errors
    /// When the file is damaged, lost, or cannot be written.
    pub fn open(folder: &Path) -> Result<Self, KeyringError> {
        let path = folder.join(KEY_FILE_NAME);
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => read(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => create(folder, path),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Fresh keys that are kept nowhere: for tests and tools.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn fresh() -> Result<Self, KeyringError> {
        let subject_hash = random().map_err(|error| no_randomness(&error))?;
        let wrapping = DataKey::fresh().map_err(|error| no_randomness(&error))?;
        let tokens = Tokens::fresh().map_err(|cause| KeyringError::NoRandomness { cause })?;
        Ok(Self { subject_hash: SecretBox::new(Box::new(subject_hash)), wrapping, tokens })
    }

    /// The pseudonym of a person of `tenant`.
    ///
    /// # Errors
    /// When `raw_id` is empty or longer than 256 bytes.
    pub fn subject_key(&self, tenant: &TenantId, raw_id: &str) -> Result<SubjectKey, FieldError> {
        SubjectKey::derive(self.subject_hash.expose_secret(), tenant, raw_id)
    }

    /// The issuer of explanation tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Encrypts a data key, bound to `context`.
    pub(super) fn wrap(&self, key: &DataKey, context: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.wrapping.seal(key.as_bytes(), context)
    }

    /// Decrypts a data key; None when it was changed or wrapped under other keys.
    pub(super) fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Option<DataKey> {
        self.wrapping.open(wrapped, context).and_then(|bytes| DataKey::of(&bytes))
    }

    /// Digest by which a damaged file is told from a whole one.
    fn check(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 key file check v1");
        hasher.update(self.subject_hash.expose_secret());
        hasher.update(self.wrapping.as_bytes());
        hasher.update(self.tokens.secret_bytes());
        hex(&hasher.finalize().as_bytes()[..8]).to_string()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

/// The file as it is written. It borrows its text, which is wiped after reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile<'a> {
    format: u32,
    subject_hash_key: &'a str,
    wrapping_key: &'a str,
    token_key: &'a str,
    check: &'a str,
}

/// The one field that every format has.
#[derive(Deserialize)]
struct AnyKeyFile {
    format: u32,
}

fn read(path: &Path, text: &str) -> Result<Keyring, KeyringError> {
    let damaged =
        |field, rule: &str| KeyringError::Damaged { path: path.to_owned(), field, rule: rule.to_owned() };
    // The message of a JSON error could quote a key, so only its place is told.
    let syntax = |error: serde_json::Error| {
        damaged(
            "file",
            &format!("is not as it was written (line {}, column {})", error.line(), error.column()),
        )
    };
    let AnyKeyFile { format } = serde_json::from_str(text).map_err(syntax)?;
    if format != FORMAT {
        return Err(KeyringError::NewerFormat { path: path.to_owned(), found: format });
    }
    let file: KeyFile<'_> = serde_json::from_str(text).map_err(syntax)?;
    debug_assert_eq!(file.format, FORMAT);
    let rule = "must be 64 hexadecimal digits";
    let subject_hash = unhex::<32>(file.subject_hash_key).ok_or_else(|| damaged("subject_hash_key", rule))?;
    let wrapping = unhex::<32>(file.wrapping_key).ok_or_else(|| damaged("wrapping_key", rule))?;
    let tokens = unhex::<64>(file.token_key)
        .and_then(|bytes| Tokens::of(bytes.as_slice()))
        .ok_or_else(|| damaged("token_key", "must be an Ed25519 key pair of 128 hexadecimal digits"))?;
    let keyring = Keyring {
        subject_hash: SecretBox::new(Box::new(*subject_hash)),
        wrapping: DataKey::of(wrapping.as_slice()).ok_or_else(|| damaged("wrapping_key", rule))?,
        tokens,
    };
    if keyring.check() == file.check { Ok(keyring) } else { Err(damaged("check", "does not fit the keys")) }
}

fn create(folder: &Path, path: PathBuf) -> Result<Keyring, KeyringError> {
    if folder.join(store::FILE_NAME).exists() {
        // Unless another process has just made both.
        return if path.exists() { Keyring::open(folder) } else { Err(KeyringError::Missing { path }) };
    }
    let keyring = Keyring::fresh()?;
    let text = Zeroizing::new(format!(
        "{{\n  \"format\": {FORMAT},\n  \"subject_hash_key\": \"{}\",\n  \"wrapping_key\": \"{}\",\n  \
         \"token_key\": \"{}\",\n  \"check\": \"{}\"\n}}\n",
        *hex(keyring.subject_hash.expose_secret()),
        *hex(keyring.wrapping.as_bytes()),
        *hex(keyring.tokens.secret_bytes()),
        keyring.check(),
    ));
    match write(folder, &path, text.as_bytes()) {
        Ok(()) => Ok(keyring),
        // Another process was faster: its keys are the ones that count.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Keyring::open(folder),
        Err(error) => Err(unusable(&path, &error)),
    }
}

/// Writes the whole file under another name, then gives it its name, unless that is taken: a crash
/// leaves a whole file or none.
fn write(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unnamed = folder.join(format!("{KEY_FILE_NAME}.{}", uuid::Uuid::new_v4()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unnamed)?;
    let written = file
        .write_all(text)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&unnamed, path))
        .and_then(|()| fs::File::open(folder)?.sync_all());
    let removed = fs::remove_file(&unnamed);
    written.and(removed)
}

fn unusable(path: &Path, error: &std::io::Error) -> KeyringError {
    KeyringError::Unusable { path: path.to_owned(), cause: error.to_string() }
}

fn no_randomness(error: &LedgerError) -> KeyringError {
    KeyringError::NoRandomness { cause: error.to_string() }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    // Room from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; N]);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
        assert_eq!(read.check(), made.check());
        let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [KEY_FILE_NAME]);
        assert_ne!(Keyring::fresh().unwrap().check(), made.check());
    }

    #[test]
    fn processes_that_start_together_agree_on_one_keyring() {
        let place = tempfile::tempdir().unwrap();
        let start = || Keyring::open(place.path()).unwrap().check();
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
        for field in ["subject_hash_key", "wrapping_key", "token_key", "check"] {
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
        fs::write(&path, r#"{ "format": 2, "keys": [] }"#).unwrap();
        let error = Keyring::open(place.path()).unwrap_err();
        assert_eq!(error, KeyringError::NewerFormat { path, found: 2 });
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
