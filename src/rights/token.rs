//! Subject tokens: PASETO v4.public, signed by the controller for one person, for at most ten minutes.
//!
//! Several keys may be in use while one takes the place of another ([`crate::admission::signing`]). A key may be bound to a tenant; then it vouches for nobody of another one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::admission::signing::{CLOCK_AHEAD_SECONDS_MAX, KeyError, PublicKey, Signer, Unsigned, open};
use crate::domain::{TenantId, Timestamp};
use crate::store::Right;

/// For whom the tokens are.
const AUDIENCE: &str = "limpid";

/// How long a token may be valid after it was issued.
pub const TOKEN_SECONDS_MAX: i64 = 600;

/// How surely the person is the person, as eIDAS (Regulation (EU) 910/2014, Article 8) tells levels apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// The person holds a link or a device.
    Low,
    /// The person signed in.
    Substantial,
    /// The person showed an identity document.
    High,
}

impl Assurance {
    /// All of them, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Substantial, Self::High];

    /// The name used in tokens and in the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }

    /// The level of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// What a right needs: to stop the use of data costs the wrong person nothing; to see, take along, change or
    /// delete them would.
    #[must_use]
    pub const fn needed_for(right: Right) -> Self {
        match right {
            Right::Object | Right::Restrict => Self::Low,
            Right::Access | Right::Port | Right::Rectify | Right::Erase => Self::Substantial,
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectClaims {
    /// Whose data.
    pub tenant: TenantId,
    /// The person, as callers name them.
    pub subject: String,
    /// How surely.
    pub assurance: Assurance,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first moment at which it is no longer valid.
    pub expires_at: Timestamp,
    /// The id of the key that signed it.
    pub key: String,
}

/// Why a token gives no right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectTokenError {
    /// No key was given that could have signed one.
    #[error("subject_token: no key is known here; start the service with --subject-key")]
    NoKeys,
    /// The text is no such token.
    #[error("subject_token: must be a PASETO v4.public token whose footer names its key")]
    Malformed,
    /// The key is not one of ours.
    #[error("subject_token: its key is not known here")]
    UnknownKey,
    /// It was not signed by that key, or was changed since.
    #[error("subject_token: the signature does not fit")]
    Forged,
    /// It was signed, but its claims are not those of a subject token.
    #[error("subject_token: must have the claims aud, tenant, sub, assurance, iat and exp")]
    Claims,
    /// It is for another service.
    #[error("subject_token: aud must be {AUDIENCE}")]
    OtherAudience,
    /// Its key vouches for people of another tenant.
    #[error("subject_token: its key vouches for people of another tenant")]
    OtherTenant,
    /// It would be valid for too long.
    #[error("subject_token: exp must be at most {TOKEN_SECONDS_MAX} s after iat, and not before it")]
    TooLong,
    /// It was issued later than now, or is for later.
    #[error("subject_token: is not valid yet")]
    NotYet,
    /// It was issued too long ago.
    #[error("subject_token: expired at {at}")]
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// The person is not known surely enough for the right.
    #[error("subject_token: assurance {} is too low: {} needs {}", found.name(), right.name(), needed.name())]
    TooLow {
        /// The right.
        right: Right,
        /// What the token says.
        found: Assurance,
        /// What the right needs.
        needed: Assurance,
    },
}

/// The public keys of controllers.
#[derive(Default)]
pub struct SubjectKeys(Vec<Known>);

struct Known {
    key: PublicKey,
    /// None: people of any tenant.
    tenant: Option<TenantId>,
}

/// The signed text. Claims beside these are the controller's own.
#[derive(Serialize, Deserialize)]
struct Payload {
    aud: String,
    tenant: TenantId,
    sub: String,
    assurance: Assurance,
    iat: String,
    exp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<String>,
}

impl SubjectKeys {
    /// Adds a public key in its PASERK form; it vouches for people of `tenant` alone if one is given.
    ///
    /// # Errors
    /// When it is none.
    pub fn add(&mut self, paserk: &str, tenant: Option<TenantId>) -> Result<(), KeyError> {
        self.0.push(Known { key: PublicKey::of(paserk)?, tenant });
        Ok(())
    }

    /// What `token` says, if a key of ours signed it and it is valid at `now` for `right`.
    ///
    /// # Errors
    /// The first rule that it breaks: form, key, signature, audience, tenant, time, assurance.
    pub fn verify(
        &self,
        token: &str,
        right: Right,
        now: Timestamp,
    ) -> Result<SubjectClaims, SubjectTokenError> {
        use SubjectTokenError as Error;
        if self.0.is_empty() {
            return Err(Error::NoKeys);
        }
        let (text, at) = open(token, &self.0, |known| &known.key).map_err(|unsigned| match unsigned {
            Unsigned::Malformed => Error::Malformed,
            Unsigned::UnknownKey => Error::UnknownKey,
            Unsigned::Forged => Error::Forged,
        })?;
        let known = &self.0[at];
        let payload: Payload = serde_json::from_str(&text).map_err(|_| Error::Claims)?;
        if payload.aud != AUDIENCE {
            return Err(Error::OtherAudience);
        }
        if known.tenant.as_ref().is_some_and(|tenant| *tenant != payload.tenant) {
            return Err(Error::OtherTenant);
        }
        let moment = |text: &str| Timestamp::parse("claim", text).map_err(|_| Error::Claims);
        let (issued_at, expires_at) = (moment(&payload.iat)?, moment(&payload.exp)?);
        let from = payload.nbf.as_deref().map(moment).transpose()?.unwrap_or(issued_at).max(issued_at);
        if expires_at > issued_at.plus_seconds(TOKEN_SECONDS_MAX) || expires_at < issued_at {
            return Err(Error::TooLong);
        }
        if from > now.plus_seconds(CLOCK_AHEAD_SECONDS_MAX) {
            return Err(Error::NotYet);
        }
        if expires_at <= now {
            return Err(Error::Expired { at: expires_at });
        }
        let (found, needed) = (payload.assurance, Assurance::needed_for(right));
        if found < needed {
            return Err(Error::TooLow { right, found, needed });
        }
        let Payload { tenant, sub: subject, assurance, .. } = payload;
        Ok(SubjectClaims {
            tenant,
            subject,
            assurance,
            issued_at,
            expires_at,
            key: known.key.id().to_owned(),
        })
    }
}

impl fmt::Debug for SubjectKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|known| &known.key)).finish()
    }
}

/// Signs subject tokens, as a controller does: for demos and tests.
#[derive(Debug)]
pub struct SubjectSigner(Signer);

impl SubjectSigner {
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

    /// A token that says these claims; its key is this one, whatever they say.
    #[must_use]
    pub fn sign(&self, claims: &SubjectClaims) -> String {
        self.sign_for(AUDIENCE, claims)
    }

    /// The same for any audience.
    fn sign_for(&self, audience: &str, claims: &SubjectClaims) -> String {
        let payload = Payload {
            aud: audience.to_owned(),
            tenant: claims.tenant.clone(),
            sub: claims.subject.clone(),
            assurance: claims.assurance,
            iat: claims.issued_at.to_string(),
            exp: claims.expires_at.to_string(),
            nbf: None,
        };
        self.0.sign(&serde_json::to_vec(&payload).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
