//! Public keys of participants (RFC 7517): P-256 and RSA.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Longest key id, in bytes.
pub(super) const KID_BYTES_MAX: usize = 128;

/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// Bytes of an RSA modulus.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

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
            return broken("kid", "must be 1 to 128 visible ASCII characters");
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
                let point = [[4].as_slice(), x, y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
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
    (1..=KID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

fn p256(members: &Map<String, Value>) -> Result<Key, JwkError> {
    if members.get("crv").and_then(Value::as_str) != Some("P-256") {
        return Err(JwkError { field: "crv", rule: "must be P-256" });
    }
    let coordinate = |field| {
        let bytes = bytes(members, field).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(JwkError { field, rule: "must be 32 bytes in base64url without padding" })
    };
    Ok(Key::P256 { x: coordinate("x")?, y: coordinate("y")? })
}

fn rsa(members: &Map<String, Value>) -> Result<Key, JwkError> {
    let broken = |field, rule| Err(JwkError { field, rule });
    let Some(n) = bytes(members, "n").filter(|n| MODULUS.contains(&n.len()) && n[0] != 0) else {
        return broken("n", "must be 2048 to 8192 bits in base64url without padding or leading zeros");
    };
    let e = bytes(members, "e").filter(|e| (1..=4).contains(&e.len()) && e[0] != 0);
    let Some(e) = e.filter(|e| e.last().is_some_and(|last| last % 2 == 1) && *e != [1]) else {
        return broken("e", "must be odd, over 1 and of 32 bits at most, in base64url without padding");
    };
    Ok(Key::Rsa { n, e })
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    members.get(name).and_then(Value::as_str).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 3.1 of RFC 7638.
    const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn rsa_key() -> Value {
        json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    }

    /// Appendix A.3 of RFC 7515.
    fn p256_key() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "a",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let key = Jwk::parse(&rsa_key()).unwrap();
        assert_eq!(key.key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_signatures_of_rfc_7515_are_good_and_none_beside_them() {
        // Appendix A.3.
        let key = Jwk::parse(&p256_key()).unwrap();
        let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature =
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(key.has_signed(message.as_bytes(), &signature));
        for bit in 0..signature.len() * 8 {
            let mut other = signature.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.has_signed(message.as_bytes(), &other), "bit {bit}");
        }
        for zero in [0..32, 32..64] {
            let mut other = signature.clone();
            other[zero].fill(0);
            assert!(!key.has_signed(message.as_bytes(), &other));
        }
        assert!(!key.has_signed(&message.as_bytes()[1..], &signature));
        // The same two numbers as ASN.1 has them.
        let mut der = vec![0x30, 69, 2, 32];
        der.extend_from_slice(&signature[..32]);
        der.extend_from_slice(&[2, 33, 0]);
        der.extend_from_slice(&signature[32..]);
        assert!(!key.has_signed(message.as_bytes(), &der));
    }

    #[test]
    fn what_is_published_is_read_again() {
        for key in [rsa_key(), p256_key()] {
            let key = Jwk::parse(&key).unwrap();
            assert_eq!(Jwk::parse(&key.to_json()).unwrap(), key);
        }
    }

    #[test]
    fn what_is_no_public_key_for_signatures_is_refused_by_its_member() {
        let refused = |mut key: Value, name: &str, value: Value| {
            key[name] = value;
            Jwk::parse(&key).unwrap_err().field
        };
        assert_eq!(Jwk::parse(&json!([])).unwrap_err().field, "key");
        for name in PRIVATE {
            assert_eq!(refused(p256_key(), name, json!("AA")), name);
        }
        for kid in [json!(""), json!(7), json!("é"), json!("a".repeat(129)), json!("a\nb")] {
            assert_eq!(refused(p256_key(), "kid", kid), "kid");
        }
        for kty in [json!("oct"), json!("OKP"), json!(null)] {
            assert_eq!(refused(p256_key(), "kty", kty), "kty");
        }
        assert_eq!(refused(p256_key(), "crv", json!("P-384")), "crv");
        for x in [
            "",
            "AA",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV",
        ] {
            assert_eq!(refused(p256_key(), "x", json!(x)), "x", "{x}");
        }
        assert_eq!(refused(p256_key(), "y", json!(5)), "y");
        for alg in [json!("RS256"), json!("none"), json!("HS256"), json!(1)] {
            assert_eq!(refused(p256_key(), "alg", alg), "alg");
        }
        assert_eq!(refused(rsa_key(), "alg", json!("ES256")), "alg");
        for n in ["", "AQAB", &format!("AA{RSA_N}")] {
            assert_eq!(refused(rsa_key(), "n", json!(n)), "n");
        }
        for e in ["", "AQ", "Ag", "AAM", "AQAAAAE"] {
            assert_eq!(refused(rsa_key(), "e", json!(e)), "e", "{e}");
        }
        assert_eq!(refused(rsa_key(), "use", json!("enc")), "use");
        assert_eq!(refused(rsa_key(), "key_ops", json!(["sign"])), "key_ops");
        assert!(
            Jwk::parse(&{
                let mut key = rsa_key();
                key["key_ops"] = json!(["verify"]);
                key["more"] = json!(1);
                key
            })
            .is_ok()
        );
    }
}
