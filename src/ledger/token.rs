//! Explanation tokens: PASETO v4.public, bound to one ad of one decision, expiring.
//!
//! Whoever holds a token may read the account of that ad, and nothing else. Times are compared
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
    /// Which of the decision's ads it opens, counted from 0 in the order of rank.
    pub ad: u32,
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
    ad: u32,
    iat: String,
    exp: String,
}

impl Tokens {
    /// A token that opens one ad of a decision from `now` for `ttl_seconds`; the ad counts from 0 in
    /// the order of rank.
    #[must_use]
    pub fn issue(
        &self,
        kind: TokenKind,
        tenant: &TenantId,
        (decision, ad): (DecisionId, u32),
        now: Timestamp,
        ttl_seconds: u32,
    ) -> String {
        self.sign(&Payload {
            purpose: PURPOSE.to_owned(),
            kind,
            tenant: tenant.clone(),
            decision,
            ad,
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
        ad: payload.ad,
        issued_at: Timestamp::parse("iat", &payload.iat).ok()?,
        expires_at: Timestamp::parse("exp", &payload.exp).ok()?,
    })
    .filter(|_| payload.purpose == PURPOSE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_504_519_200_123_456);

    fn tenant() -> TenantId {
        TenantId::parse("shop").unwrap()
    }

    fn decision() -> DecisionId {
        DecisionId::new(Uuid::from_bytes([7; 16]))
    }

    fn issue(tokens: &Tokens, kind: TokenKind) -> String {
        tokens.issue(kind, &tenant(), (decision(), 2), NOW, 3600)
    }

    /// A token of any payload with any signature.
    fn assemble(payload: &[u8], signature: &[u8]) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut token = PublicToken::HEADER.to_owned();
        for chunk in [payload, signature].concat().chunks(3) {
            let bits =
                chunk.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
            for letter in 0..=chunk.len() {
                token.push(char::from(LETTERS[(bits >> (18 - 6 * letter) & 63) as usize]));
            }
        }
        token
    }

    fn parts(token: &str) -> (Vec<u8>, Vec<u8>) {
        let token = UntrustedToken::<Public, V4>::try_from(token).unwrap();
        let payload = token.untrusted_payload().to_vec();
        let signature = token.untrusted_message()[payload.len()..].to_vec();
        (payload, signature)
    }

    #[test]
    fn a_token_says_what_it_was_issued_for_until_it_expires() {
        let tokens = Tokens::fresh().unwrap();
        for kind in [TokenKind::Verified, TokenKind::Bearer] {
            let token = issue(&tokens, kind);
            assert!(token.starts_with("v4.public."));
            let expires_at = NOW.plus_seconds(3600);
            let claims = ExplanationClaims {
                kind,
                tenant: tenant(),
                decision: decision(),
                ad: 2,
                issued_at: NOW,
                expires_at,
            };
            assert_eq!(tokens.verify(&token, NOW), Ok(claims.clone()));
            let last = Timestamp::from_micros(expires_at.micros() - 1);
            assert_eq!(tokens.verify(&token, last), Ok(claims));
            assert_eq!(tokens.verify(&token, expires_at), Err(TokenError::Expired { at: expires_at }));
        }
    }

    #[test]
    fn a_token_from_the_future_is_not_valid_yet_beyond_a_minute() {
        let tokens = Tokens::fresh().unwrap();
        let token = issue(&tokens, TokenKind::Bearer);
        assert!(tokens.verify(&token, NOW.plus_seconds(-60)).is_ok());
        assert_eq!(tokens.verify(&token, NOW.plus_seconds(-61)), Err(TokenError::NotYet));
    }

    #[test]
    fn a_token_that_was_changed_or_cut_anywhere_is_refused() {
        let tokens = Tokens::fresh().unwrap();
        let token = issue(&tokens, TokenKind::Bearer);
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = token.clone();
            changed.replace_range(at..=at, other);
            let refused = tokens.verify(&changed, NOW);
            assert!(matches!(refused, Err(TokenError::Forged | TokenError::Malformed)), "{at}: {refused:?}");
            let refused = tokens.verify(&token[..at], NOW);
            assert!(matches!(refused, Err(TokenError::Forged | TokenError::Malformed)), "{at}: {refused:?}");
        }
    }

    #[test]
    fn a_bearer_token_cannot_be_made_a_verified_one() {
        let tokens = Tokens::fresh().unwrap();
        let (bearer, signature) = parts(&issue(&tokens, TokenKind::Bearer));
        assert!(tokens.verify(&assemble(&bearer, &signature), NOW).is_ok(), "assembling works");
        let verified = String::from_utf8(bearer).unwrap().replace("bearer", "verified");
        let swapped = assemble(verified.as_bytes(), &signature);
        assert_eq!(tokens.verify(&swapped, NOW), Err(TokenError::Forged));
    }

    #[test]
    fn a_token_of_another_key_is_forged() {
        let token = issue(&Tokens::fresh().unwrap(), TokenKind::Verified);
        assert_eq!(Tokens::fresh().unwrap().verify(&token, NOW), Err(TokenError::Forged));
    }

    #[test]
    fn a_token_that_we_signed_for_something_else_opens_nothing() {
        let tokens = Tokens::fresh().unwrap();
        let other = Payload {
            purpose: "erasure".to_owned(),
            kind: TokenKind::Verified,
            tenant: tenant(),
            decision: decision(),
            ad: 0,
            iat: NOW.to_string(),
            exp: NOW.plus_seconds(60).to_string(),
        };
        assert_eq!(tokens.verify(&tokens.sign(&other), NOW), Err(TokenError::WrongPurpose));
        let bare = PublicToken::sign(&tokens.secret, b"{}", None, None).unwrap();
        assert_eq!(tokens.verify(&bare, NOW), Err(TokenError::WrongPurpose));
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        let tokens = Tokens::fresh().unwrap();
        let long = format!("v4.public.{}", "A".repeat(TOKEN_BYTES_MAX));
        for text in ["", "v4.public.", "v4.local.AAAA", "v3.public.AAAA", "é", "a.b.c.d.e", &long] {
            assert_eq!(tokens.verify(text, NOW), Err(TokenError::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_opens_anything(text in "(v4\\.public\\.)?[A-Za-z0-9_.é-]{0,300}") {
            let tokens = Tokens::of(Tokens::fresh().unwrap().secret_bytes()).unwrap();
            prop_assert!(tokens.verify(&text, NOW).is_err());
        }
    }
}
