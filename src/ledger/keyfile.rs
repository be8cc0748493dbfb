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
use super::pseudonyms::{HashKey, Pseudonyms};
use super::token::Tokens;
use crate::domain::Timestamp;
use crate::sealing::{DataKey, hex, unhex, write_unnamed};

/// Format of the file as this build writes it; it reads those before it, too.
pub(super) const FORMAT: u32 = 3;

/// Most versions of the wrapping key that a file holds.
const WRAPPING_KEYS_MAX: usize = 2;

/// Most versions of the key of pseudonyms that a file holds: in use, the one before, and one that is about to go.
const SUBJECT_HASH_KEYS_MAX: usize = 3;

/// What is wrong with a key of 64 digits.
const KEY_RULE: &str = "must be 64 hexadecimal digits";

/// The file as it is written. It borrows its text, which is wiped after reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile<'a> {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(borrow)]
    subject_hash_keys: Vec<VersionedKey<'a>>,
    mark_key: &'a str,
    #[serde(borrow)]
    wrapping_keys: Vec<VersionedKey<'a>>,
    token_key: &'a str,
    check: &'a str,
}

/// One version of a key that is replaced now and then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionedKey<'a> {
    version: u32,
    made_at: Option<i64>,
    key: &'a str,
}

/// The second format: one key of pseudonyms for ever.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondKeyFile<'a> {
    #[serde(rename = "format")]
    _format: u32,
    subject_hash_key: &'a str,
    mark_key: &'a str,
    #[serde(borrow)]
    wrapping_keys: Vec<VersionedKey<'a>>,
    token_key: &'a str,
    check: &'a str,
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
        2 => of_second(&serde_json::from_str(text).map_err(syntax)?, path).map_err(damaged),
        FORMAT => of_file(&serde_json::from_str(text).map_err(syntax)?, path).map_err(damaged),
        found => Err(KeyringError::NewerFormat { path: path.to_owned(), found }),
    }
}

type Broken = (&'static str, String);

fn of_file(file: &KeyFile<'_>, path: &Path) -> Result<Keyring, Broken> {
    let pseudonyms = pseudonyms(&file.subject_hash_keys)?;
    let wrapping = wrapping(&file.wrapping_keys)?;
    let mark = secret("mark_key", file.mark_key)?;
    let keyring = Keyring::of(mark, pseudonyms, tokens(file.token_key)?, wrapping, Some(path.to_owned()));
    let fits = check(&keyring, &keyring.wrapping(), &keyring.kept_pseudonyms()) == file.check;
    if fits { Ok(keyring) } else { Err(("check", "does not fit the keys".to_owned())) }
}

fn of_second(file: &SecondKeyFile<'_>, path: &Path) -> Result<Keyring, Broken> {
    let subject_hash = secret("subject_hash_key", file.subject_hash_key)?;
    let mark = secret("mark_key", file.mark_key)?;
    let (wrapping, tokens) = (wrapping(&file.wrapping_keys)?, tokens(file.token_key)?);
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 key file check v2");
    hasher.update(subject_hash.expose_secret());
    hasher.update(mark.expose_secret());
    hash_wrapping(&mut hasher, &wrapping);
    hasher.update(tokens.secret_bytes());
    if *hex(&hasher.finalize().as_bytes()[..8]) != file.check {
        return Err(("check", "does not fit the keys".to_owned()));
    }
    Ok(Keyring::of(mark, Pseudonyms::first(subject_hash), tokens, wrapping, Some(path.to_owned())))
}

/// The keys of pseudonyms: versions follow each other, and no two are one key.
fn pseudonyms(entries: &[VersionedKey<'_>]) -> Result<Pseudonyms, Broken> {
    const FIELD: &str = "subject_hash_keys";
    let mut keys = BTreeMap::new();
    for entry in entries {
        let made_at = entry.made_at.map(Timestamp::from_micros);
        keys.insert(entry.version, HashKey::new(secret(FIELD, entry.key)?, made_at));
    }
    if keys.len() != entries.len() || !(1..=SUBJECT_HASH_KEYS_MAX).contains(&keys.len()) {
        return Err((FIELD, format!("must be 1 to {SUBJECT_HASH_KEYS_MAX} of different versions")));
    }
    let follow = keys.keys().zip(keys.keys().skip(1)).all(|(one, next)| *next == one + 1);
    if !follow || keys.contains_key(&0) || keys.contains_key(&u32::MAX) {
        return Err((FIELD, "must have versions that follow each other, from 1".to_owned()));
    }
    Ok(Pseudonyms::of(keys))
}

fn wrapping(entries: &[VersionedKey<'_>]) -> Result<Wrapping, Broken> {
    let mut keys = BTreeMap::new();
    for entry in entries {
        let key = DataKey::of(key("wrapping_keys", entry.key)?.as_slice());
        keys.insert(entry.version, Arc::new(key.ok_or(("wrapping_keys", KEY_RULE.to_owned()))?));
    }
    if keys.len() != entries.len() || !(1..=WRAPPING_KEYS_MAX).contains(&keys.len()) {
        return Err(("wrapping_keys", format!("must be 1 to {WRAPPING_KEYS_MAX} of different versions")));
    }
    let made_at = entries.iter().max_by_key(|entry| entry.version);
    let made_at = made_at.and_then(|entry| entry.made_at).map(Timestamp::from_micros);
    Ok(Wrapping { keys, made_at })
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
    let mark = SecretBox::new(Box::new(mark));
    Ok(Keyring::of(mark, Pseudonyms::first(subject_hash), tokens, wrapping, Some(path.to_owned())))
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

/// The file that holds the keys of `keyring`, with these wrapping keys and keys of pseudonyms.
pub(super) fn text(keyring: &Keyring, wrapping: &Wrapping, pseudonyms: &Pseudonyms) -> Zeroizing<String> {
    // Room from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2048));
    let _ = write!(text, "{{\n  \"format\": {FORMAT},\n  \"subject_hash_keys\": [");
    let hash_keys = pseudonyms.keys().map(|(version, key)| (version, key.made_at(), hex(key.secret())));
    write_versions(&mut text, hash_keys);
    let mark = hex(keyring.mark.expose_secret());
    let _ = write!(text, "\n  ],\n  \"mark_key\": \"{}\",\n  \"wrapping_keys\": [", *mark);
    let wrapping_keys = wrapping.keys.iter();
    let wrapping_keys =
        wrapping_keys.map(|(version, key)| (*version, made_at(wrapping, *version), hex(key.as_bytes())));
    write_versions(&mut text, wrapping_keys);
    let token = hex(keyring.tokens.secret_bytes());
    let check = check(keyring, wrapping, pseudonyms);
    let _ = write!(text, "\n  ],\n  \"token_key\": \"{}\",\n  \"check\": \"{check}\"\n}}\n", *token);
    text
}

/// The versions of a key, as entries of an array.
fn write_versions(
    text: &mut String,
    keys: impl Iterator<Item = (u32, Option<Timestamp>, Zeroizing<String>)>,
) {
    for (n, (version, made_at, key)) in keys.enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let made_at = made_at.map_or("null".to_owned(), |at| at.micros().to_string());
        let _ = write!(
            text,
            "{comma}\n    {{ \"version\": {version}, \"made_at\": {made_at}, \"key\": \"{}\" }}",
            *key
        );
    }
}

/// Only of the newest it is known when it was made; the other one is about to go.
fn made_at(wrapping: &Wrapping, version: u32) -> Option<Timestamp> {
    wrapping.made_at.filter(|_| version == wrapping.newest())
}

/// Digest by which a damaged file is told from a whole one.
pub(super) fn check(keyring: &Keyring, wrapping: &Wrapping, pseudonyms: &Pseudonyms) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 key file check v3");
    for (version, key) in pseudonyms.keys() {
        hasher.update(&version.to_le_bytes());
        hasher.update(&key.made_at().map_or(i64::MIN, Timestamp::micros).to_le_bytes());
        hasher.update(key.secret());
    }
    hasher.update(keyring.mark.expose_secret());
    hash_wrapping(&mut hasher, wrapping);
    hasher.update(keyring.tokens.secret_bytes());
    hex(&hasher.finalize().as_bytes()[..8]).to_string()
}

fn hash_wrapping(hasher: &mut blake3::Hasher, wrapping: &Wrapping) {
    for (version, key) in &wrapping.keys {
        hasher.update(&version.to_le_bytes());
        hasher.update(&made_at(wrapping, *version).map_or(i64::MIN, Timestamp::micros).to_le_bytes());
        hasher.update(key.as_bytes());
    }
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
