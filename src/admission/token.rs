//! Caller tokens: who calls, as what, of which tenant; and the file of the keys that sign them.
//!
//! A token is a signed text ([`super::signing`]) with the claims `aud` (the name of the installation), `tenant`, `roles`,
//! `iat`, `exp` (at most a day later), `jti` (its id) and, when it is bound to a client certificate, `certificate` (the
//! SHA-256 of it, 64 hexadecimal digits): then it is of no use to whoever only copies it.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::role::Role;
use super::signing::{CLOCK_AHEAD_SECONDS_MAX, KeyError, PublicKey, Signer, Unsigned, open};
use crate::domain::{TenantId, Timestamp};

/// How long a token may be valid after it was issued, in seconds.
pub const CALLER_SECONDS_MAX: i64 = 86_400;

/// Longest id of a token, in bytes.
const TOKEN_ID_BYTES_MAX: usize = 64;

/// Tokens that were verified and are remembered; beyond them all are verified again.
const REMEMBERED_MAX: usize = 4096;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerClaims {
    /// Whose data it may ask for.
    pub tenant: TenantId,
    /// What its holder is here to do.
    pub roles: Vec<Role>,
    /// Its id.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first moment at which it is no longer valid.
    pub expires_at: Timestamp,
    /// The SHA-256 of the client certificate that it is bound to.
    pub certificate: Option<[u8; 32]>,
    /// The id of the key that signed it.
    pub key: String,
}

/// Why a token admits nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerTokenError {
    /// The metadata is not of the form.
    #[error("authorization: must be Bearer and a token")]
    NoBearer,
    /// The text is no such token.
    #[error("authorization: must be a PASETO v4.public token whose footer names its key")]
    Malformed,
    /// The key is not one of ours, or no longer.
    #[error("authorization: the key of the token is not known here")]
    UnknownKey,
    /// It was not signed by that key, or was changed since.
    #[error("authorization: the signature does not fit")]
    Forged,
    /// It was signed, but its claims are not those of a caller token.
    #[error("authorization: must have the claims aud, tenant, roles, iat, exp and jti")]
    Claims,
    /// It is for another installation.
    #[error("authorization: aud names another service")]
    OtherAudience,
    /// Its key may not sign for that tenant or role.
    #[error("authorization: the key may not sign for this tenant or role")]
    BeyondKey,
    /// It would be valid for too long.
    #[error("authorization: exp must be at most {CALLER_SECONDS_MAX} s after iat, and not before it")]
    TooLong,
    /// It was issued later than now.
    #[error("authorization: is not valid yet")]
    NotYet,
    /// Its time is over.
    #[error("authorization: expired at {at}")]
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// The file of keys lists it as taken back.
    #[error("authorization: was taken back")]
    Revoked,
    /// It is bound to a certificate that the connection does not have.
    #[error("authorization: is bound to another client certificate")]
    OtherCertificate,
}

/// What is wrong with a file of keys. The file itself is never quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFileError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is not of the form.
    #[error("{0}")]
    Form(String),
    /// A key is none.
    #[error("key {number}: {error}")]
    Key {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong.
        error: KeyError,
    },
    /// A key is there twice: which rules would hold?
    #[error("key {number}: is there twice")]
    Twice {
        /// Which, counted from 1.
        number: usize,
    },
    /// There is none.
    #[error("must hold at least one [[key]]")]
    Empty,
}

/// The keys whose tokens are taken.
pub struct CallerKeys {
    audience: String,
    keys: Vec<Known>,
    /// What was signed, by the hash of the token: a signature costs more than a hash, and a caller shows its token often.
    verified: Mutex<HashMap<[u8; 32], Arc<CallerClaims>>>,
}

struct Known {
    key: PublicKey,
    tenant: Option<TenantId>,
    roles: Option<Vec<Role>>,
    revoked: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    #[serde(default)]
    key: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    public: String,
    tenant: Option<TenantId>,
    roles: Option<Vec<Role>>,
    #[serde(default)]
    revoked: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    aud: String,
    tenant: TenantId,
    roles: Vec<Role>,
    iat: String,
    exp: String,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

impl CallerKeys {
    /// Reads the text of a file of keys (TOML): for each `[[key]]` its `public` key as PASERK, and, when they are given, the
    /// one `tenant` and the `roles` that it may sign for, and the ids of tokens that are `revoked`.
    ///
    /// # Errors
    /// When it breaks a rule.
    pub fn parse(text: &str, audience: &str) -> Result<Self, KeysFileError> {
        let form = |error: &toml::de::Error| {
            let before = error.span().map_or("", |span| &text[..span.start.min(text.len())]);
            let line = before.matches('\n').count() + 1;
            KeysFileError::Form(format!(
                "line {line}: must be [[key]] with public, tenant, roles and revoked"
            ))
        };
        let file: KeysFile = toml::from_str(text).map_err(|error| form(&error))?;
        let mut keys: Vec<Known> = Vec::with_capacity(file.key.len());
        for (i, entry) in file.key.into_iter().enumerate() {
            let number = i + 1;
            let key = PublicKey::of(&entry.public).map_err(|error| KeysFileError::Key { number, error })?;
            if keys.iter().any(|known| known.key.id() == key.id()) {
                return Err(KeysFileError::Twice { number });
            }
            keys.push(Known { key, tenant: entry.tenant, roles: entry.roles, revoked: entry.revoked });
        }
        if keys.is_empty() {
            return Err(KeysFileError::Empty);
        }
        Ok(Self { audience: audience.to_owned(), keys, verified: Mutex::default() })
    }

    /// Keys that admit nobody.
    pub(super) fn none() -> Self {
        Self { audience: String::new(), keys: Vec::new(), verified: Mutex::default() }
    }

    /// What `token` says, if one of the keys signed it and it is valid at `now` on a connection whose client certificate
    /// has this SHA-256.
    ///
    /// # Errors
    /// The first rule that it breaks: form, key, signature, audience, key's reach, time, revocation, certificate.
    pub fn verify(
        &self,
        token: &str,
        certificate: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Arc<CallerClaims>, CallerTokenError> {
        use CallerTokenError as Error;
        let claims = self.signed(token)?;
        if claims.issued_at > now.plus_seconds(CLOCK_AHEAD_SECONDS_MAX) {
            return Err(Error::NotYet);
        }
        if claims.expires_at <= now {
            return Err(Error::Expired { at: claims.expires_at });
        }
        if claims.certificate.is_some() && claims.certificate != certificate {
            return Err(Error::OtherCertificate);
        }
        Ok(claims)
    }

    /// All that does not depend on the moment and the connection.
    fn signed(&self, token: &str) -> Result<Arc<CallerClaims>, CallerTokenError> {
        use CallerTokenError as Error;
        let hash = *blake3::hash(token.as_bytes()).as_bytes();
        let remembered = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(claims) = remembered {
            return Ok(claims);
        }
        let (text, at) = open(token, &self.keys, |known| &known.key).map_err(|unsigned| match unsigned {
            Unsigned::Malformed => Error::Malformed,
            Unsigned::UnknownKey => Error::UnknownKey,
            Unsigned::Forged => Error::Forged,
        })?;
        let known = &self.keys[at];
        let payload: Payload = serde_json::from_str(&text).map_err(|_| Error::Claims)?;
        let moment = |text: &str| Timestamp::parse("claim", text).map_err(|_| Error::Claims);
        let (issued_at, expires_at) = (moment(&payload.iat)?, moment(&payload.exp)?);
        let certificate = match payload.certificate {
            Some(hex) => Some(*blake3::Hash::from_hex(hex).map_err(|_| Error::Claims)?.as_bytes()),
            None => None,
        };
        if payload.roles.is_empty() || !(1..=TOKEN_ID_BYTES_MAX).contains(&payload.jti.len()) {
            return Err(Error::Claims);
        }
        if payload.aud != self.audience {
            return Err(Error::OtherAudience);
        }
        let tenant_fits = known.tenant.as_ref().is_none_or(|tenant| *tenant == payload.tenant);
        let may_sign = |role: &Role| known.roles.as_ref().is_none_or(|roles| roles.contains(role));
        if !tenant_fits || !payload.roles.iter().all(may_sign) {
            return Err(Error::BeyondKey);
        }
        if expires_at > issued_at.plus_seconds(CALLER_SECONDS_MAX) || expires_at < issued_at {
            return Err(Error::TooLong);
        }
        if known.revoked.contains(&payload.jti) {
            return Err(Error::Revoked);
        }
        let claims = Arc::new(CallerClaims {
            tenant: payload.tenant,
            roles: payload.roles,
            id: payload.jti,
            issued_at,
            expires_at,
            certificate,
            key: known.key.id().to_owned(),
        });
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED_MAX {
            verified.clear();
        }
        verified.insert(hash, claims.clone());
        Ok(claims)
    }
}

impl fmt::Debug for CallerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|known| &known.key)).finish()
    }
}

/// Signs caller tokens.
#[derive(Debug)]
pub struct CallerSigner(Signer);

impl CallerSigner {
    /// With this key.
    #[must_use]
    pub const fn new(signer: Signer) -> Self {
        Self(signer)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Signer {
        &self.0
    }

    /// A token for the installation `audience` that says these claims; its key is this one, whatever they say.
    #[must_use]
    pub fn sign(&self, audience: &str, claims: &CallerClaims) -> String {
        let payload = Payload {
            aud: audience.to_owned(),
            tenant: claims.tenant.clone(),
            roles: claims.roles.clone(),
            iat: claims.issued_at.to_string(),
            exp: claims.expires_at.to_string(),
            jti: claims.id.clone(),
            certificate: claims
                .certificate
                .map(|sha256| blake3::Hash::from_bytes(sha256).to_hex().to_string()),
        };
        self.0.sign(&serde_json::to_vec(&payload).unwrap_or_default())
    }
}

/// The entry of a public key in a file of keys.
#[must_use]
pub fn key_entry(public: &str, tenant: Option<&TenantId>, roles: &[Role]) -> String {
    let mut entry = format!("[[key]]\npublic = \"{public}\"\n");
    if let Some(tenant) = tenant {
        // Quoted as JSON is: a basic string of TOML.
        let _ = writeln!(entry, "tenant = {}", serde_json::Value::from(tenant.as_str()));
    }
    if !roles.is_empty() {
        let names = roles.iter().map(|role| format!("\"{}\"", role.name())).collect::<Vec<_>>();
        let _ = writeln!(entry, "roles = [{}]", names.join(", "));
    }
    entry
}

#[cfg(test)]
mod tests;
