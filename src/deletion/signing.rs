//! Our own key, by which acknowledgements are signed: ES256.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jwk::Jwk;

/// What the file of a key begins and ends with (RFC 7468, section 10).
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Digits on a line of such a file.
const LINE: usize = 64;

/// Longest file of a key, in bytes.
const FILE_BYTES_MAX: usize = 4096;

/// What is wrong with a key of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It holds something else.
    #[error("must hold one P-256 private key as PKCS #8 in PEM; `limpid deletion key` makes one")]
    NoKey,
    /// Others may read it.
    #[error("must be for its owner only (chmod 600)")]
    Open,
    /// The operating system gives no random bytes.
    #[error("a key cannot be made or used: no random bytes")]
    NoRandomness,
}

/// A key of ours.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: Jwk,
    random: SystemRandom,
}

impl SigningKey {
    /// Makes a key: the text of its file.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn fresh() -> Result<Zeroizing<String>, SigningKeyError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = made.map_err(|_| SigningKeyError::NoRandomness)?;
        let digits = Zeroizing::new(STANDARD.encode(made.as_ref()));
        // Room from the start: growing would leave a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(512));
        text.push_str(BEGIN);
        for (n, digit) in digits.chars().enumerate() {
            if n % LINE == 0 {
                text.push('\n');
            }
            text.push(digit);
        }
        text.push('\n');
        text.push_str(END);
        text.push('\n');
        Ok(text)
    }

    /// The key of a text in PEM.
    ///
    /// # Errors
    /// When it holds none.
    pub fn of(pem: &str) -> Result<Self, SigningKeyError> {
        let inside = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let digits = inside.map(|inside| {
            let mut digits = Zeroizing::new(String::with_capacity(inside.len()));
            digits.extend(inside.chars().filter(|digit| !digit.is_ascii_whitespace()));
            digits
        });
        let bytes = digits.and_then(|digits| STANDARD.decode(digits.as_bytes()).ok()).map(Zeroizing::new);
        let bytes = bytes.ok_or(SigningKeyError::NoKey)?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, &random);
        let pair = pair.map_err(|_| SigningKeyError::NoKey)?;
        let public = Jwk::of_point(pair.public_key().as_ref()).ok_or(SigningKeyError::NoKey)?;
        Ok(Self { pair, public, random })
    }

    /// The key in a file that only its owner may read.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(path: &Path) -> Result<Self, SigningKeyError> {
        use std::os::unix::fs::PermissionsExt as _;
        let unreadable = |error: std::io::Error| SigningKeyError::Unreadable(error.to_string());
        // One file from here on, though another may take its name meanwhile.
        let file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(SigningKeyError::Open);
        }
        // Room from the start: growing would leave a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX + 1));
        let most = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
        file.take(most).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() > FILE_BYTES_MAX { Err(SigningKeyError::NoKey) } else { Self::of(&text) }
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    /// A token that says this, signed.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn sign(&self, claims: &Value) -> Result<String, SigningKeyError> {
        let header = json!({"alg": "ES256", "kid": self.public.kid(), "typ": "JWT"});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut token = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(&self.random, token.as_bytes());
        let signature = signature.map_err(|_| SigningKeyError::NoRandomness)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.kid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deletion::jws::Jws;

    #[test]
    fn a_key_is_read_as_it_was_made_and_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, text) = (tempfile::tempdir().unwrap(), SigningKey::fresh().unwrap());
        let path = folder.path().join("key.pem");
        std::fs::write(&path, text.as_str()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let key = SigningKey::read(&path).unwrap();
        assert_eq!(key.public(), SigningKey::of(&text).unwrap().public());
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.public().kid()));
        for mode in [0o640, 0o604] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(SigningKey::read(&path).unwrap_err(), SigningKeyError::Open);
        }
        let none = SigningKey::read(&folder.path().join("none"));
        assert!(matches!(none, Err(SigningKeyError::Unreadable(_))));
        // As long as a file may be, and a byte longer.
        for (length, outcome) in [(FILE_BYTES_MAX, Ok(())), (FILE_BYTES_MAX + 1, Err(SigningKeyError::NoKey))]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            std::fs::write(&path, format!("{:<length$}", text.as_str())).unwrap();
            assert_eq!(SigningKey::read(&path).map(|_| ()), outcome);
        }
        std::fs::write(&path, [0xff; 9]).unwrap();
        assert!(matches!(SigningKey::read(&path), Err(SigningKeyError::Unreadable(_))));
    }

    #[test]
    fn what_is_signed_says_by_which_key_and_how() {
        let key = SigningKey::of(&SigningKey::fresh().unwrap()).unwrap();
        let token = key.sign(&json!({"iss": "limpid.example"})).unwrap();
        let parts: Vec<_> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let header = format!(r#"{{"alg":"ES256","kid":"{}","typ":"JWT"}}"#, key.public().kid());
        assert_eq!(parts[0], header.as_bytes());
        assert_eq!(parts[1], br#"{"iss":"limpid.example"}"#);
        // Two numbers of 32 bytes each, and other ones each time.
        assert_eq!((parts.len(), parts[2].len()), (3, 64));
        assert_ne!(key.sign(&json!({"iss": "limpid.example"})).unwrap(), token);
        let claims = Jws::parse(&token).unwrap().verify(key.public()).unwrap();
        assert_eq!(claims.text("iss"), Some("limpid.example"));
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let text = SigningKey::fresh().unwrap();
        let cut = text.replace(END, "");
        let public = text.replace("PRIVATE", "PUBLIC");
        let no_digits = format!("{BEGIN}\n!\n{END}\n");
        // Ed25519, of RFC 8410.
        let other =
            format!("{BEGIN}\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n{END}\n");
        for wrong in ["", &cut, &public, &no_digits, &other] {
            assert_eq!(SigningKey::of(wrong).unwrap_err(), SigningKeyError::NoKey);
        }
    }
}
