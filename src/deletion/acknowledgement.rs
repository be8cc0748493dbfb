//! What a requester is answered: that the request was carried out, or why not, signed.

use serde_json::{Value, json};
use uuid::Uuid;

use super::participants::Participants;
use super::refusal::{Refusal, Version};
use super::signing::SigningKeyError;
use crate::domain::Timestamp;

/// The acknowledgement (acJWT) of a request token.
///
/// # Errors
/// When it cannot be signed.
pub(super) fn acknowledgement(
    participants: &Participants,
    request: &str,
    version: Version,
    outcome: Result<(), Refusal>,
    now: Timestamp,
) -> Result<String, SigningKeyError> {
    let key = participants.signing_key().ok_or(SigningKeyError::NoKey)?;
    let mut claims = json!({
        "version": version.name(),
        "rqJWT": request,
        "jti": Uuid::new_v4().to_string(),
        "iss": participants.domain,
        "iat": now.micros().div_euclid(1_000_000),
        "raResultCode": outcome.err().map_or(version.success(), |refusal| refusal.code(version)),
    });
    if let Err(refusal) = outcome {
        claims["raResultString"] = Value::String(refusal.to_string());
    }
    key.sign(&claims)
}
