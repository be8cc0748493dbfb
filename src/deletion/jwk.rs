//! Public keys of participants (RFC 7517): P-256 and RSA.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::agreement::{self, ECDH_P256, EphemeralPrivateKey, agree_ephemeral};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Longest key id, in bytes.
pub(super) const KID_BYTES_MAX: usize = 128;

/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// Bits of an RSA modulus.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Largest RSA exponent: `ring` takes none above it.
const EXPONENT_MAX: u64 = (1 << 33) - 1;

/// What only a private key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Es256,
    Rs256,
}

impl Algorithm {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256].into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// What is wrong with a key; it says nothing of what the key holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct JwkError {
    /// Which member.
    pub field: &'static str,
    /// Which rule it breaks.
    pub rule: &'static str,
}

/// A public key with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    kid: String,
    key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    P256 { x: [u8; COORDINATE], y: [u8; COORDINATE] },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl Jwk {
    /// Reads a key. Members that are not known say nothing (RFC 7517, section 4).
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(value: &Value) -> Result<Self, JwkError> {
        let broken = |field, rule| Err(JwkError { field, rule });
        let Some(members) = value.as_object() else { return broken("key", "must be a JSON object") };
        if let Some(field) = PRIVATE.into_iter().find(|name| members.contains_key(*name)) {
            return broken(field, "must not be there: it is of a private key; list the public one");
        }
        let kid = members.get("kid").and_then(Value::as_str);
        let Some(kid) = kid.filter(|kid| is_kid(kid)) else {
            return broken("kid", "must be 1 to 128 printable ASCII characters");
        };
        let key = match members.get("kty").and_then(Value::as_str) {
            Some("EC") => p256(members)?,
            Some("RSA") => rsa(members)?,
            _ => return broken("kty", "must be EC or RSA"),
        };
        let known = Self { kid: kid.to_owned(), key };
        if members.get("alg").is_some_and(|alg| alg.as_str() != Some(known.algorithm().name())) {
            return broken("alg", "must be ES256 with EC and RS256 with RSA, or absent");
        }
        if members.get("use").is_some_and(|purpose| purpose.as_str() != Some("sig")) {
            return broken("use", "must be sig, or absent");
        }
        let verifies = |operations: &Value| {
            operations.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
        };
        if members.get("key_ops").is_some_and(|operations| !verifies(operations)) {
            return broken("key_ops", "must hold verify, or be absent");
        }
        Ok(known)
    }

    /// The key of a point of P-256: 4, then both coordinates. Its id is its thumbprint (RFC 7638).
    pub(super) fn of_point(point: &[u8]) -> Option<Self> {
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(COORDINATE)?;
        let key = Key::P256 { x: x.try_into().ok()?, y: y.try_into().ok()? };
        Some(Self { kid: key.thumbprint(), key })
    }

    /// The id of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that fits the key.
    pub(super) const fn algorithm(&self) -> Algorithm {
        match self.key {
            Key::P256 { .. } => Algorithm::Es256,
            Key::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Whether `signature` is the key's for `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::P256 { x, y } => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point_of(x, y));
                key.verify(message, signature).is_ok()
            }
            Key::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }

    /// The key as it is published.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut members = self.key.members();
        for (name, value) in [("kid", self.kid.as_str()), ("alg", self.algorithm().name()), ("use", "sig")] {
            members.insert(name.to_owned(), value.into());
        }
        Value::Object(members)
    }
}

impl Key {
    /// What RFC 7638 requires of a key, in its order.
    fn members(&self) -> Map<String, Value> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let members = match self {
            Self::P256 { x, y } => json!({"crv": "P-256", "kty": "EC", "x": text(x), "y": text(y)}),
            Self::Rsa { n, e } => json!({"e": text(e), "kty": "RSA", "n": text(n)}),
        };
        match members {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn thumbprint(&self) -> String {
        let members = Value::Object(self.members()).to_string();
        URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
    }
}

/// Whether a text may be the id of a key.
pub(super) fn is_kid(text: &str) -> bool {
    (1..=KID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn p256(members: &Map<String, Value>) -> Result<Key, JwkError> {
    if members.get("crv").and_then(Value::as_str) != Some("P-256") {
        return Err(JwkError { field: "crv", rule: "must be P-256" });
    }
    let coordinate = |field| {
        let bytes = bytes(members, field).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(JwkError { field, rule: "must be 32 bytes in base64url without padding" })
    };
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    check_point(&point_of(&x, &y))?;
    Ok(Key::P256 { x, y })
}

/// Both coordinates as one text of bytes (SEC 1, section 2.3.3, uncompressed).
fn point_of(x: &[u8; COORDINATE], y: &[u8; COORDINATE]) -> Vec<u8> {
    [[4].as_slice(), x, y].concat()
}

/// Refuses what is no point of the curve. `ring` checks a key only where it is used, and only an agreement, here with
/// a key that is thrown away, tells a bad key from a bad signature.
fn check_point(point: &[u8]) -> Result<(), JwkError> {
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
    let ours = ours.map_err(|_| JwkError { field: "key", rule: "cannot be checked: no random bytes" })?;
    let theirs = agreement::UnparsedPublicKey::new(&ECDH_P256, point);
    let agreed = agree_ephemeral(ours, &theirs, |_| ());
    agreed.map_err(|_| JwkError { field: "x", rule: "must be, with y, a point of P-256" })
}

fn rsa(members: &Map<String, Value>) -> Result<Key, JwkError> {
    let broken = |field, rule| Err(JwkError { field, rule });
    let Some(n) = bytes(members, "n").filter(|n| is_modulus(n)) else {
        return broken(
            "n",
            "must be odd and of 2048 to 8192 bits, in base64url without padding or leading zeros",
        );
    };
    let Some(e) = bytes(members, "e").filter(|e| is_exponent(e)) else {
        return broken(
            "e",
            "must be odd, over 1 and of at most 33 bits, in base64url without padding or leading zeros",
        );
    };
    Ok(Key::Rsa { n, e })
}

/// Whether a number, most significant byte first, may be a modulus.
fn is_modulus(number: &[u8]) -> bool {
    let (Some(first), Some(last)) = (number.first(), number.last()) else { return false };
    let bits = (number.len() * 8).saturating_sub(first.leading_zeros() as usize);
    *first != 0 && last % 2 == 1 && MODULUS_BITS.contains(&bits)
}

/// Whether a number, most significant byte first, may be an exponent.
fn is_exponent(number: &[u8]) -> bool {
    let fits = number.len() <= size_of::<u64>() && number.first().is_some_and(|first| *first != 0);
    let value = number.iter().take(size_of::<u64>()).fold(0, |value, byte| value << 8 | u64::from(*byte));
    fits && value % 2 == 1 && (3..=EXPONENT_MAX).contains(&value)
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    members.get(name).and_then(Value::as_str).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
}

#[cfg(test)]
mod tests;
