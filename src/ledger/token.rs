//! Explanation tokens: PASETO v4.public, bound to one decision, expiring.
//!
//! Whoever holds a token may read the account of its decision, and nothing else. Times are compared
//! with the clock of the caller, not with the wall clock.

use std::fmt;

use pasetors::Public;
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use serde::{Deserialize, Serialize};

use crate::domain::{DecisionId, TenantId, Timestamp};

/// What the tokens issued here are for.
const PURPOSE: &str = "explanation";

/// By how much the clock of another server may be ahead of ours.
const CLOCK_AHEAD_SECONDS_MAX: i64 = 60;

/// Longest text that is looked at: twice the longest token that can be issued.
const TOKEN_BYTES_MAX: usize = 2048;

/// Issues and checks explanation tokens.
pub struct Tokens {
    secret: AsymmetricSecretKey<V4>,
    public: AsymmetricPublicKey<V4>,
}

/// How much a token shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Its holder is known to be the person: evidence is shown exactly.
    Verified,
    /// Anyone may hold it: evidence is shown in bands.
    Bearer,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplanationClaims {
    /// How much it shows.
    pub kind: TokenKind,
    /// Whose data.
    pub tenant: TenantId,
    /// The decision that it opens.
    pub decision: DecisionId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first moment at which it is no longer valid.
    pub expires_at: Timestamp,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    /// The text is no such token.
    #[error("token: must be a PASETO v4.public token")]
    Malformed,
    /// It was not signed by us, or was changed since.
    #[error("token: the signature does not fit")]
    Forged,
    /// Its time is over.
    #[error("token: expired at {at}")]
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// It was issued later than now.
    #[error("token: is not valid yet")]
    NotYet,
    /// We signed it, but for something else.
    #[error("token: is not an explanation token")]
    WrongPurpose,
}

/// The signed text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    purpose: String,
    kind: TokenKind,
    tenant: TenantId,
    decision: DecisionId,
    iat: String,
    exp: String,
}

impl Tokens {
    /// A token that opens `decision` from `now` for `ttl_seconds`.
    #[must_use]
    pub fn issue(
        &self,
        kind: TokenKind,
        tenant: &TenantId,
        decision: DecisionId,
        now: Timestamp,
        ttl_seconds: u32,
    ) -> String {
        self.sign(&Payload {
            purpose: PURPOSE.to_owned(),
            kind,
            tenant: tenant.clone(),
            decision,
            iat: now.to_string(),
            exp: now.plus_seconds(i64::from(ttl_seconds)).to_string(),
        })
    }

    /// What `token` says, if we issued it for explanations and it is valid at `now`.
    ///
    /// # Errors
    /// The first rule that it breaks: form, signature, purpose, time.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<ExplanationClaims, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        let untrusted = UntrustedToken::<Public, V4>::try_from(token).map_err(|_| TokenError::Malformed)?;
        // The signature alone: pasetors' own check of claims reads the wall clock.
        let trusted =
            PublicToken::verify(&self.public, &untrusted, None, None).map_err(|_| TokenError::Forged)?;
        let claims = read(trusted.payload()).ok_or(TokenError::WrongPurpose)?;
        if claims.issued_at > now.plus_seconds(CLOCK_AHEAD_SECONDS_MAX) {
            return Err(TokenError::NotYet);
        }
        if claims.expires_at <= now {
            return Err(TokenError::Expired { at: claims.expires_at });
        }
        Ok(claims)
    }

    /// Fresh keys.
    pub(super) fn fresh() -> Result<Self, String> {
        let pair = AsymmetricKeyPair::<V4>::generate().map_err(|error| error.to_string())?;
        Ok(Self { secret: pair.secret, public: pair.public })
    }

    /// The keys of 64 bytes, seed and public key; None when they do not fit together.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let secret = AsymmetricSecretKey::<V4>::from(bytes).ok()?;
        let public = AsymmetricPublicKey::try_from(&secret).ok()?;
        Some(Self { secret, public })
    }

    /// Seed and public key, as they are kept.
    pub(super) fn secret_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    fn sign(&self, payload: &Payload) -> String {
        // Neither step can fail for a payload of text and a checked key; an empty token, which
        // opens nothing, is the safe answer if one ever does.
        serde_json::to_vec(payload)
            .ok()
            .and_then(|text| PublicToken::sign(&self.secret, &text, None, None).ok())
            .unwrap_or_default()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

fn read(payload: &str) -> Option<ExplanationClaims> {
    let payload: Payload = serde_json::from_str(payload).ok()?;
    Some(ExplanationClaims {
        kind: payload.kind,
        tenant: payload.tenant,
        decision: payload.decision,
        issued_at: Timestamp::parse("iat", &payload.iat).ok()?,
        expires_at: Timestamp::parse("exp", &payload.exp).ok()?,
    })
    .filter(|_| payload.purpose == PURPOSE)
}
