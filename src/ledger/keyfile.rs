//! The file of keys: how it is read, and how it is written so that a crash leaves a whole one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, Write as _};
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::keyring::{FIRST_VERSION, KEY_FILE_NAME, Keyring, KeyringError, Wrapping};
use super::token::Tokens;
use crate::domain::Timestamp;
use crate::sealing::{DataKey, hex, unhex, write_unnamed};

/// Format of the file as this build writes it; it reads those before it, too.
pub(super) const FORMAT: u32 = 2;

/// Most versions of the wrapping key that a file holds.
const WRAPPING_KEYS_MAX: usize = 2;

/// What is wrong with a key of 64 digits.
const KEY_RULE: &str = "must be 64 hexadecimal digits";

/// The file as it is written. It borrows its text, which is wiped after reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile<'a> {
    #[serde(rename = "format")]
    _format: u32,
    subject_hash_key: &'a str,
    mark_key: &'a str,
    #[serde(borrow)]
    wrapping_keys: Vec<WrappingKey<'a>>,
    token_key: &'a str,
    check: &'a str,
}

/// One version of the wrapping key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappingKey<'a> {
    version: u32,
    made_at: Option<i64>,
    key: &'a str,
}

/// The first format: one wrapping key, and no key of marks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstKeyFile<'a> {
    #[serde(rename = "format")]
    _format: u32,
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

/// The keys of a file.
pub(super) fn read(path: &Path, text: &str) -> Result<Keyring, KeyringError> {
    let damaged =
        |(field, rule): (&'static str, String)| KeyringError::Damaged { path: path.to_owned(), field, rule };
    // The message of a JSON error could quote a key, so only its place is told.
    let syntax = |error: serde_json::Error| {
        let rule = format!("is not as it was written (line {}, column {})", error.line(), error.column());
        damaged(("file", rule))
    };
    let AnyKeyFile { format } = serde_json::from_str(text).map_err(syntax)?;
    match format {
        1 => of_first(&serde_json::from_str(text).map_err(syntax)?, path).map_err(damaged),
        FORMAT => of_file(&serde_json::from_str(text).map_err(syntax)?, path).map_err(damaged),
        found => Err(KeyringError::NewerFormat { path: path.to_owned(), found }),
    }
}

type Broken = (&'static str, String);

fn of_file(file: &KeyFile<'_>, path: &Path) -> Result<Keyring, Broken> {
    let mut keys = BTreeMap::new();
    for entry in &file.wrapping_keys {
        let key = DataKey::of(key("wrapping_keys", entry.key)?.as_slice());
        keys.insert(entry.version, Arc::new(key.ok_or(("wrapping_keys", KEY_RULE.to_owned()))?));
    }
    if keys.len() != file.wrapping_keys.len() || !(1..=WRAPPING_KEYS_MAX).contains(&keys.len()) {
        return Err(("wrapping_keys", format!("must be 1 to {WRAPPING_KEYS_MAX} of different versions")));
    }
    let made_at = file.wrapping_keys.iter().max_by_key(|entry| entry.version);
    let made_at = made_at.and_then(|entry| entry.made_at).map(Timestamp::from_micros);
    let secrets = (secret("subject_hash_key", file.subject_hash_key)?, secret("mark_key", file.mark_key)?);
    let wrapping = Wrapping { keys, made_at };
    let keyring = Keyring::of(secrets, tokens(file.token_key)?, wrapping, Some(path.to_owned()));
    let fits = check(&keyring, &keyring.wrapping()) == file.check;
    if fits { Ok(keyring) } else { Err(("check", "does not fit the keys".to_owned())) }
}

/// The key of marks was not made then; it follows from the key of pseudonyms, and stays when that one changes.
fn of_first(file: &FirstKeyFile<'_>, path: &Path) -> Result<Keyring, Broken> {
    let subject_hash = secret("subject_hash_key", file.subject_hash_key)?;
    let wrapping_key = key("wrapping_key", file.wrapping_key)?;
    let tokens = tokens(file.token_key)?;
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 key file check v1");
    hasher.update(subject_hash.expose_secret());
    hasher.update(wrapping_key.as_slice());
    hasher.update(tokens.secret_bytes());
    if *hex(&hasher.finalize().as_bytes()[..8]) != file.check {
        return Err(("check", "does not fit the keys".to_owned()));
    }
    let mark =
        blake3::derive_key("limpid 2026-11 mark key of a first key file", subject_hash.expose_secret());
    let wrapping_key = DataKey::of(wrapping_key.as_slice()).ok_or(("wrapping_key", KEY_RULE.to_owned()))?;
    let wrapping = Wrapping { keys: [(FIRST_VERSION, Arc::new(wrapping_key))].into(), made_at: None };
    let secrets = (subject_hash, SecretBox::new(Box::new(mark)));
    Ok(Keyring::of(secrets, tokens, wrapping, Some(path.to_owned())))
}

fn key(field: &'static str, text: &str) -> Result<Zeroizing<[u8; 32]>, Broken> {
    unhex::<32>(text).ok_or_else(|| (field, KEY_RULE.to_owned()))
}

fn secret(field: &'static str, text: &str) -> Result<SecretBox<[u8; 32]>, Broken> {
    Ok(SecretBox::new(Box::new(*key(field, text)?)))
}

fn tokens(text: &str) -> Result<Tokens, Broken> {
    let rule = || ("token_key", "must be an Ed25519 key pair of 128 hexadecimal digits".to_owned());
    unhex::<64>(text).and_then(|bytes| Tokens::of(bytes.as_slice())).ok_or_else(rule)
}

/// The file that holds the keys of `keyring`, with these wrapping keys.
pub(super) fn text(keyring: &Keyring, wrapping: &Wrapping) -> Zeroizing<String> {
    // Room from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2048));
    let (subject_hash, mark) = (hex(keyring.subject_hash.expose_secret()), hex(keyring.mark.expose_secret()));
    let _ = write!(
        text,
        "{{\n  \"format\": {FORMAT},\n  \"subject_hash_key\": \"{}\",\n  \"mark_key\": \"{}\",\n  \
         \"wrapping_keys\": [",
        *subject_hash, *mark,
    );
    for (n, (version, key)) in wrapping.keys.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let made_at = made_at(wrapping, *version).map_or("null".to_owned(), |at| at.micros().to_string());
        let key = hex(key.as_bytes());
        let _ = write!(
            text,
            "{comma}\n    {{ \"version\": {version}, \"made_at\": {made_at}, \"key\": \"{}\" }}",
            *key
        );
    }
    let token = hex(keyring.tokens.secret_bytes());
    let check = check(keyring, wrapping);
    let _ = write!(text, "\n  ],\n  \"token_key\": \"{}\",\n  \"check\": \"{check}\"\n}}\n", *token);
    text
}

/// Only of the newest it is known when it was made; the other one is about to go.
fn made_at(wrapping: &Wrapping, version: u32) -> Option<Timestamp> {
    wrapping.made_at.filter(|_| version == wrapping.newest())
}

/// Digest by which a damaged file is told from a whole one.
pub(super) fn check(keyring: &Keyring, wrapping: &Wrapping) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 key file check v2");
    hasher.update(keyring.subject_hash.expose_secret());
    hasher.update(keyring.mark.expose_secret());
    for (version, key) in &wrapping.keys {
        hasher.update(&version.to_le_bytes());
        hasher.update(&made_at(wrapping, *version).map_or(i64::MIN, Timestamp::micros).to_le_bytes());
        hasher.update(key.as_bytes());
    }
    hasher.update(keyring.tokens.secret_bytes());
    hex(&hasher.finalize().as_bytes()[..8]).to_string()
}

/// Puts a file in the place of the one that is there, in one step, then overwrites what the old one held. Where the
/// file system copies on write, its bytes may stay on the disk until they are used again.
pub(super) fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut old = OpenOptions::new().write(true).open(path)?;
    let unnamed = folder.join(format!("{KEY_FILE_NAME}.{}", uuid::Uuid::new_v4()));
    let replaced = write_unnamed(&unnamed, text).and_then(|()| fs::rename(&unnamed, path));
    if let Err(error) = replaced {
        let _ = fs::remove_file(&unnamed);
        return Err(error);
    }
    File::open(folder)?.sync_all()?;
    let length = usize::try_from(old.metadata()?.len()).unwrap_or_default();
    old.rewind()?;
    old.write_all(&vec![0; length])?;
    old.sync_all()
}
