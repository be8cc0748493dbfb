//! Who takes part: a file of the operator's that lists us, whose requests count, and by which keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};

use super::jwk::Jwk;
use super::signing::SigningKey;
use crate::domain::TenantId;

/// Longest file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Most participants.
const PARTICIPANTS_MAX: usize = 1_000;
/// Most keys that one of them has at a time.
const KEYS_MAX: usize = 16;
/// Most types of identifiers.
const IDENTIFIERS_MAX: usize = 16;
/// Longest name of a type of identifier, in bytes.
const TYPE_BYTES_MAX: usize = 64;
/// Longest name of a domain, in bytes (RFC 1035, section 2.3.4).
const DOMAIN_BYTES_MAX: usize = 253;

/// How often others should look whether what we publish has changed: once a day, in seconds.
const POLL_SECONDS: u32 = 86_400;
/// Where our keys are published, below the address of the endpoint.
pub(super) const JWKS_PATH: &str = "/.well-known/iabtl/jwks.json";

/// What is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct ParticipantsError {
    /// Where.
    pub field: String,
    /// Which rule it breaks.
    pub rule: String,
}

fn broken(field: impl fmt::Display, rule: impl fmt::Display) -> ParticipantsError {
    ParticipantsError { field: field.to_string(), rule: rule.to_string() }
}

/// How an identifier is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As it stands.
    Plain,
    /// 64 lowercase hexadecimal digits.
    Sha256,
}

impl Format {
    /// The name in requests and in what we publish.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Sha256 => "sha256",
        }
    }

    pub(super) fn fits(self, value: &str) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match self {
            Self::Plain => true,
            Self::Sha256 => value.len() == 64 && value.bytes().all(is_digit),
        }
    }
}

/// An identifier that we take: the one by which the ad server names people to us.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// What it is: `customer_id`, `email`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it is written.
    pub format: Format,
}

/// One whose requests count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The registered domain (eTLD+1), which is the issuer of its tokens.
    pub domain: String,
    /// Whose people it may ask for as a first party; None for one that only passes requests on.
    pub tenant: Option<TenantId>,
    /// The first parties whose requests it may pass on.
    pub forwards_for: BTreeSet<String>,
    /// Its keys, by id.
    pub keys: BTreeMap<String, Jwk>,
}

/// Us, and those whose requests count.
#[derive(Debug)]
pub struct Participants {
    /// Our registered domain, which is the issuer of our tokens.
    pub domain: String,
    /// Where requests are sent.
    pub endpoint: String,
    /// The identifiers that we take.
    pub identifiers: Vec<Identifier>,
    /// Everyone on the list, by domain.
    pub all: BTreeMap<String, Participant>,
    keys: Vec<SigningKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParticipantsFile {
    domain: String,
    endpoint: String,
    keys: Vec<String>,
    identifiers: Vec<Identifier>,
    participants: Vec<ParticipantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParticipantEntry {
    domain: String,
    tenant: Option<String>,
    #[serde(default)]
    forwards_for: Vec<String>,
    jwks: Keys,
}

/// A set of keys, or the file beside this one that holds it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    File(String),
    Set(KeySet),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Participants {
    /// Reads the file, and the files of keys that it names; their paths are taken from its folder.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn read(path: &Path) -> Result<Self, ParticipantsError> {
        let file: ParticipantsFile = serde_json::from_str(&text_of(path, "file")?)
            .map_err(|error| broken("file", format!("is not as it has to be: {error}")))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let domain = check_domain("domain", file.domain)?;
        check_endpoint(&file.endpoint)?;
        check_identifiers(&file.identifiers)?;
        let keys = file.keys.iter().enumerate().map(|(n, name)| {
            let key = SigningKey::read(&folder.join(name));
            key.map_err(|error| broken(format!("keys[{n}]"), error))
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let ids: BTreeSet<_> = keys.iter().map(|key| key.public().kid()).collect();
        if !(1..=KEYS_MAX).contains(&keys.len()) || ids.len() != keys.len() {
            return Err(broken("keys", format!("must be 1 to {KEYS_MAX} files of different keys")));
        }
        if !(1..=PARTICIPANTS_MAX).contains(&file.participants.len()) {
            return Err(broken("participants", format!("must be 1 to {PARTICIPANTS_MAX}")));
        }
        let mut all = BTreeMap::new();
        for (n, entry) in file.participants.into_iter().enumerate() {
            let field = format!("participants[{n}]");
            let participant = check_participant(&field, entry, folder)?;
            if participant.domain == domain || all.contains_key(&participant.domain) {
                return Err(broken(format!("{field}.domain"), "must be there once, and not be ours"));
            }
            all.insert(participant.domain.clone(), participant);
        }
        let is_first_party = |domain: &String| all.get(domain).is_some_and(|known| known.tenant.is_some());
        for participant in all.values() {
            if let Some(unknown) = participant.forwards_for.iter().find(|first| !is_first_party(first)) {
                let field = format!("participants ({}).forwards_for", participant.domain);
                return Err(broken(field, format!("{unknown} must be listed with a tenant")));
            }
        }
        Ok(Self { domain, endpoint: file.endpoint, identifiers: file.identifiers, all, keys })
    }

    /// The key that signs; the others are published because what they signed may still be on its way.
    pub(super) fn signing_key(&self) -> Option<&SigningKey> {
        self.keys.first()
    }

    /// What is served as `dsrdelete.json`: what version 1.0 asks for and what 2.0 does.
    #[must_use]
    pub fn published(&self) -> Value {
        let identifier = |(n, identifier): (usize, &Identifier)| json!({"id": n + 1, "type": identifier.kind, "format": identifier.format.name()});
        json!({
            "endpoint": self.endpoint,
            "pollFrequency": POLL_SECONDS,
            "identifiers": self.identifiers.iter().enumerate().map(identifier).collect::<Vec<_>>(),
            "publicKey": self.public_keys(),
            "jwksUri": self.jwks_address(),
            "vendorScriptRequirement": false,
        })
    }

    /// What is served as `jwks.json`.
    #[must_use]
    pub fn published_keys(&self) -> Value {
        json!({"pollFrequency": POLL_SECONDS, "keys": self.public_keys()})
    }

    fn public_keys(&self) -> Vec<Value> {
        self.keys.iter().map(|key| key.public().to_json()).collect()
    }

    fn jwks_address(&self) -> String {
        let origin = self.endpoint.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        format!("{origin}{JWKS_PATH}")
    }
}

fn text_of(path: &Path, field: &str) -> Result<String, ParticipantsError> {
    let unreadable = |error: std::io::Error| broken(field, format!("cannot be read: {error}"));
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(broken(field, format!("must be at most {FILE_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// A name of two labels or more, as eTLD+1 are; which of them are registered only the public suffix list knows.
fn check_domain(field: impl fmt::Display, domain: String) -> Result<String, ParticipantsError> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let labels = domain.split('.');
    if domain.len() > DOMAIN_BYTES_MAX || labels.clone().count() < 2 || !labels.clone().all(is_label) {
        return Err(broken(field, "must be a domain in lowercase, such as shop.example"));
    }
    Ok(domain)
}

fn check_endpoint(endpoint: &str) -> Result<(), ParticipantsError> {
    let address = endpoint.parse::<Uri>().ok();
    let host = address.as_ref().and_then(Uri::host).unwrap_or_default();
    let is_ours = |host: &str| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let is_secure = match address.as_ref().and_then(Uri::scheme_str) {
        Some("https") => !host.is_empty(),
        Some("http") => is_ours(host),
        _ => false,
    };
    let is_bare =
        address.as_ref().is_some_and(|address| address.query().is_none()) && !endpoint.contains('@');
    if is_secure && is_bare {
        return Ok(());
    }
    Err(broken("endpoint", "must be an https address (http only on this machine) without user and query"))
}

fn check_identifiers(identifiers: &[Identifier]) -> Result<(), ParticipantsError> {
    if !(1..=IDENTIFIERS_MAX).contains(&identifiers.len()) {
        return Err(broken("identifiers", format!("must be 1 to {IDENTIFIERS_MAX}")));
    }
    for (n, identifier) in identifiers.iter().enumerate() {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let kind = &identifier.kind;
        if !(1..=TYPE_BYTES_MAX).contains(&kind.len()) || !kind.bytes().all(is_name) {
            let rule = format!("must be 1 to {TYPE_BYTES_MAX} letters, digits, _ or -");
            return Err(broken(format!("identifiers[{n}].type"), rule));
        }
        if identifiers[..n].contains(identifier) {
            return Err(broken(format!("identifiers[{n}]"), "must be there once"));
        }
    }
    Ok(())
}

fn check_participant(
    field: &str,
    entry: ParticipantEntry,
    folder: &Path,
) -> Result<Participant, ParticipantsError> {
    let domain = check_domain(format!("{field}.domain"), entry.domain)?;
    let tenant = entry.tenant.as_deref().map(TenantId::parse).transpose();
    let tenant = tenant.map_err(|error| broken(format!("{field}.tenant"), error.rule))?;
    let forwards_for: BTreeSet<String> = entry.forwards_for.into_iter().collect();
    if tenant.is_none() && forwards_for.is_empty() {
        return Err(broken(
            field,
            "must have a tenant, as a first party, or forwards_for, as an intermediary",
        ));
    }
    let field = format!("{field}.jwks");
    let set = match entry.jwks {
        Keys::Set(set) => set,
        Keys::File(name) => serde_json::from_str(&text_of(&folder.join(name), &field)?)
            .map_err(|error| broken(&field, format!("must hold a set of keys: {error}")))?,
    };
    if !(1..=KEYS_MAX).contains(&set.keys.len()) {
        return Err(broken(field, format!("must hold 1 to {KEYS_MAX} keys")));
    }
    let mut keys = BTreeMap::new();
    for (n, key) in set.keys.iter().enumerate() {
        let key = Jwk::parse(key);
        let key = key.map_err(|error| broken(format!("{field}.keys[{n}].{}", error.field), error.rule))?;
        if keys.insert(key.kid().to_owned(), key).is_some() {
            return Err(broken(format!("{field}.keys[{n}].kid"), "must be there once"));
        }
    }
    Ok(Participant { domain, tenant, forwards_for, keys })
}

#[cfg(test)]
mod tests;
