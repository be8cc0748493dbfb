//! The keys of the labels, in a file of their own beside them: one that names people, one that seals, one that marks the erased.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretBox};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::LabelError;
use crate::domain::{FieldError, SubjectKey, TenantId};
use crate::sealing::{self, DataKey, hex, unhex};

/// Name of the file in the folder of labels.
pub const LABEL_KEY_FILE_NAME: &str = "label-keys.json";

const FORMAT: i64 = 1;

/// The keys of a folder of labels. They are wiped from memory when dropped, and never printed.
pub(super) struct LabelKeys {
    names: SecretBox<[u8; 32]>,
    erased: SecretBox<[u8; 32]>,
    pub(super) seal: DataKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile<'a> {
    format: i64,
    name_key: &'a str,
    seal_key: &'a str,
    erased_key: &'a str,
    check: &'a str,
}

#[derive(Deserialize)]
struct AnyKeyFile {
    format: i64,
}

impl LabelKeys {
    /// Reads the keys of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, LabelError> {
        let path = folder.join(LABEL_KEY_FILE_NAME);
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => of_text(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(LabelError::KeysMissing { path }),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// The same; makes them when the folder has neither keys nor labels.
    pub(super) fn read_or_make(folder: &Path, has_labels: bool) -> Result<Self, LabelError> {
        match Self::read(folder) {
            Err(LabelError::KeysMissing { path }) if !has_labels => {
                let text = fresh_text().map_err(|error| LabelError::Seal { cause: error.to_string() })?;
                match sealing::write_first(folder, &path, text.as_bytes()) {
                    // Another process may have been faster: its keys are the ones that count.
                    Ok(()) => Self::read(folder),
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(folder),
                    Err(error) => Err(unusable(&path, &error)),
                }
            }
            other => other,
        }
    }

    /// The name of the row of an attribute of a person.
    pub(super) fn name(
        &self,
        tenant: &TenantId,
        raw_id: &str,
        attribute: u32,
    ) -> Result<[u8; 32], FieldError> {
        Ok(Self::name_by(&self.person(tenant, raw_id)?, attribute))
    }

    /// The key of the names of a person's rows: whoever has it finds them, and nobody else's.
    pub(super) fn person(&self, tenant: &TenantId, raw_id: &str) -> Result<[u8; 32], FieldError> {
        Ok(*person(&self.names, tenant, raw_id)?.finalize().as_bytes())
    }

    /// The name of the row of an attribute, by the key of its person.
    pub(super) fn name_by(person: &[u8; 32], attribute: u32) -> [u8; 32] {
        *blake3::keyed_hash(person, &attribute.to_le_bytes()).as_bytes()
    }

    /// What is noted of an attribute that was erased.
    pub(super) fn attribute_mark(&self, tenant: &TenantId, name: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(self.erased.expose_secret());
        for part in ["attribute", tenant.as_str(), name] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// What stays of a person who was erased.
    pub(super) fn mark(&self, tenant: &TenantId, raw_id: &str) -> Result<[u8; 32], FieldError> {
        Ok(*person(&self.erased, tenant, raw_id)?.finalize().as_bytes())
    }
}

/// A hash of a person, to which more may be added: the length of either part comes first.
fn person(key: &SecretBox<[u8; 32]>, tenant: &TenantId, raw_id: &str) -> Result<blake3::Hasher, FieldError> {
    if !(1..=SubjectKey::RAW_BYTES_MAX).contains(&raw_id.len()) {
        let rule = format!("must be 1 to {} bytes, has {}", SubjectKey::RAW_BYTES_MAX, raw_id.len());
        return Err(FieldError::new("id", rule));
    }
    let mut hasher = blake3::Hasher::new_keyed(key.expose_secret());
    for part in [tenant.as_str(), raw_id] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    Ok(hasher)
}

impl fmt::Debug for LabelKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabelKeys(..)")
    }
}

fn of_text(path: &Path, text: &str) -> Result<LabelKeys, LabelError> {
    let damaged = |what: String| LabelError::Damaged { path: path.to_owned(), what };
    // The message of a JSON error could quote a key, so only its place is told.
    let syntax = |error: serde_json::Error| {
        damaged(format!("it is not as it was written (line {}, column {})", error.line(), error.column()))
    };
    let AnyKeyFile { format } = serde_json::from_str(text).map_err(syntax)?;
    if format > FORMAT {
        return Err(LabelError::NewerFormat { path: path.to_owned(), found: format, known: FORMAT });
    }
    let file: KeyFile<'_> = serde_json::from_str(text).map_err(syntax)?;
    if file.format != FORMAT {
        return Err(damaged(format!("format must be {FORMAT}")));
    }
    let key = |field: &str, text: &str| {
        unhex::<32>(text).ok_or_else(|| damaged(format!("{field} must be 64 hexadecimal digits")))
    };
    let (names, seal) = (key("name_key", file.name_key)?, key("seal_key", file.seal_key)?);
    let erased = key("erased_key", file.erased_key)?;
    if *check(&[&*names, &*seal, &*erased]) != file.check {
        return Err(damaged("check does not fit the keys".to_owned()));
    }
    Ok(LabelKeys {
        names: SecretBox::new(Box::new(*names)),
        erased: SecretBox::new(Box::new(*erased)),
        seal: DataKey::of(&*seal)
            .ok_or_else(|| damaged("seal_key must be 64 hexadecimal digits".to_owned()))?,
    })
}

fn fresh_text() -> Result<Zeroizing<String>, sealing::SealError> {
    let key = || sealing::random::<32>().map(Zeroizing::new);
    let (names, seal, erased) = (key()?, key()?, key()?);
    let check = check(&[&*names, &*seal, &*erased]);
    // Room from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(1024));
    for (before, part) in [
        (format!("{{\n  \"format\": {FORMAT},\n  \"name_key\": \""), &hex(&*names)),
        ("\",\n  \"seal_key\": \"".to_owned(), &hex(&*seal)),
        ("\",\n  \"erased_key\": \"".to_owned(), &hex(&*erased)),
        ("\",\n  \"check\": \"".to_owned(), &check),
    ] {
        text.push_str(&before);
        text.push_str(part);
    }
    text.push_str("\"\n}\n");
    Ok(text)
}

/// Digest by which a damaged file is told from a whole one.
fn check(keys: &[&[u8; 32]]) -> Zeroizing<String> {
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 label key file check v1");
    for key in keys {
        hasher.update(*key);
    }
    hex(&hasher.finalize().as_bytes()[..8])
}

pub(super) fn unusable(path: &Path, error: &dyn fmt::Display) -> LabelError {
    LabelError::Unusable { path: PathBuf::from(path), cause: error.to_string() }
}
