//! Signed tokens: JSON Web Tokens (RFC 7519) in compact form (RFC 7515), read as strictly as can be.
//!
//! A token counts only when a key that is listed for its issuer signed it. What a header could offer instead is refused:
//! no signature, a shared secret, a key that comes along or is to be fetched, an extension that has to be understood. A
//! member that is there twice is refused, too: whoever reads the other one would read another token.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::jwk::{Algorithm, Jwk, is_kid};

/// Longest token, in bytes.
pub(super) const TOKEN_BYTES_MAX: usize = 16 << 10;

/// How deep what a token says may be nested.
const DEPTH_MAX: usize = 8;

/// Why a header must not bring a key, or tell where one is.
const NO_KEY: &str = "must not be there: only a key that is listed counts";

/// Why a header must not change how a token is to be read.
const NO_EXTENSION: &str = "must not be there: no extension is understood";

/// What a header must not have, and why.
const REFUSED: [(&str, &str); 7] = [
    ("jwk", NO_KEY),
    ("jku", NO_KEY),
    ("x5u", NO_KEY),
    ("x5c", NO_KEY),
    ("crit", NO_EXTENSION),
    ("b64", NO_EXTENSION),
    ("zip", NO_EXTENSION),
];

/// Why a text is no token, or not one that a key signed; it tells nothing of what the token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("{part}: {rule}")]
    Malformed { part: &'static str, rule: &'static str },
    /// The key is for another algorithm.
    #[error("alg: must be that of the key")]
    Algorithm,
    #[error("the signature does not fit")]
    Signature,
}

/// What a token says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

impl fmt::Debug for Claims {
    /// How many there are: what they say may name a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({})", self.0.len())
    }
}

/// A token whose signature is still to be looked at.
pub(super) struct Jws<'t> {
    kid: String,
    algorithm: Algorithm,
    signed: &'t str,
    claims: Claims,
    signature: Vec<u8>,
}

impl<'t> Jws<'t> {
    /// Reads a token.
    pub(super) fn parse(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(broken("token", "must be at most 16384 bytes"));
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(broken("token", "must be three parts with a dot between them"));
        };
        let (header_members, claims) = (members("header", header)?, members("payload", payload)?);
        let signature = bytes("signature", signature)?;
        let (algorithm, kid) = check_header(&header_members)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        Ok(Self { kid, algorithm, signed, claims: Claims(claims), signature })
    }

    /// The id of the key that is said to have signed.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// What the token says, whoever made it: good to know whose key to look for, and for nothing else.
    pub(super) const fn unverified(&self) -> &Claims {
        &self.claims
    }

    /// What the token says, if `key` signed it.
    pub(super) fn verify(self, key: &Jwk) -> Result<Claims, TokenError> {
        if self.algorithm != key.algorithm() {
            return Err(TokenError::Algorithm);
        }
        let is_good = key.has_signed(self.signed.as_bytes(), &self.signature);
        if is_good { Ok(self.claims) } else { Err(TokenError::Signature) }
    }
}

fn broken(part: &'static str, rule: &'static str) -> TokenError {
    TokenError::Malformed { part, rule }
}

/// How the token is signed, and by which key.
fn check_header(members: &Map<String, Value>) -> Result<(Algorithm, String), TokenError> {
    if let Some((name, rule)) = REFUSED.into_iter().find(|(name, _)| members.contains_key(*name)) {
        return Err(broken(name, rule));
    }
    // What is no text becomes one that breaks every rule below.
    let text = |name: &str| members.get(name).map(|value| value.as_str().unwrap_or_default());
    if text("typ").is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(broken("typ", "must be JWT, or absent"));
    }
    let algorithm = text("alg").and_then(Algorithm::of_name);
    let algorithm = algorithm.ok_or(broken("alg", "must be ES256 or RS256"))?;
    let kid = text("kid").filter(|kid| is_kid(kid));
    let kid = kid.ok_or(broken("kid", "must be 1 to 128 printable ASCII characters"))?;
    Ok((algorithm, kid.to_owned()))
}

fn members(part: &'static str, text: &str) -> Result<Map<String, Value>, TokenError> {
    let members = read(&bytes(part, text)?);
    members.ok_or(broken(part, "must be a JSON object without a member twice, at most 8 levels deep"))
}

/// The bytes of a part: of several texts that stand for them, the one whose spare bits are 0 and that has no padding.
fn bytes(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| !bytes.is_empty());
    bytes.ok_or(broken(part, "must be base64url without padding, and not be empty"))
}

/// The members of a JSON object, if none is there twice at any depth.
pub(super) fn read(text: &[u8]) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0 }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Reads a value so deep inside others.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(E::custom("is nested too deep"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inside)?;
            if all.insert(name, value).is_some() {
                return Err(A::Error::custom("has a member twice"));
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests;
