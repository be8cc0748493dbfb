//! Signed texts: PASETO v4.public whose footer names the key by its PASERK id (`{"kid":"k4.pid..."}`), so that several
//! keys may be in use while one takes the place of another. What a text claims is for those who read it to check.

use std::fmt;

use pasetors::Public;
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::paserk::{FormatAsPaserk, Id};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// By how much the clock of whoever signs may be ahead of ours, in seconds.
pub const CLOCK_AHEAD_SECONDS_MAX: i64 = 60;

/// Longest text that is looked at, in bytes.
pub const TEXT_BYTES_MAX: usize = 4096;

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no public key.
    #[error("must hold one Ed25519 public key as PASERK (k4.public....)")]
    NoPublicKey,
    /// It is no secret key.
    #[error("must hold one Ed25519 secret key as PASERK (k4.secret....)")]
    NoSecretKey,
    /// The operating system gives no random bytes.
    #[error("cannot make a key")]
    NoRandomness,
}

/// Why a text is not taken for one that a key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// It is no such text.
    Malformed,
    /// The key that it names is not known.
    UnknownKey,
    /// The key did not sign it, or it was changed since.
    Forged,
}

/// A public key with its id.
#[derive(Clone)]
pub struct PublicKey {
    id: String,
    key: AsymmetricPublicKey<V4>,
}

#[derive(Serialize, Deserialize)]
struct Footer {
    kid: String,
}

impl PublicKey {
    /// Reads the PASERK form.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(paserk: &str) -> Result<Self, KeyError> {
        let key = AsymmetricPublicKey::<V4>::try_from(paserk.trim()).map_err(|_| KeyError::NoPublicKey)?;
        Ok(Self { id: paserk_of(&Id::from(&key)), key })
    }

    /// The PASERK id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// What a text says, and which of `keys` signed it. Its claims are not checked.
///
/// # Errors
/// The first rule that it breaks: form, key, signature.
pub fn open<K>(
    text: &str,
    keys: &[K],
    key_of: impl Fn(&K) -> &PublicKey,
) -> Result<(String, usize), Unsigned> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Unsigned::Malformed);
    }
    let untrusted = UntrustedToken::<Public, V4>::try_from(text).map_err(|_| Unsigned::Malformed)?;
    let footer: Footer =
        serde_json::from_slice(untrusted.untrusted_footer()).map_err(|_| Unsigned::Malformed)?;
    let at = keys.iter().position(|key| key_of(key).id == footer.kid).ok_or(Unsigned::UnknownKey)?;
    // The signature alone: pasetors' own check of claims reads the wall clock.
    let trusted = PublicToken::verify(&key_of(&keys[at]).key, &untrusted, None, None);
    let trusted = trusted.map_err(|_| Unsigned::Forged)?;
    Ok((trusted.payload().to_owned(), at))
}

/// Signs texts.
pub struct Signer {
    secret: AsymmetricSecretKey<V4>,
    public: AsymmetricPublicKey<V4>,
}

impl Signer {
    /// Fresh keys.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn fresh() -> Result<Self, KeyError> {
        let pair = AsymmetricKeyPair::<V4>::generate().map_err(|_| KeyError::NoRandomness)?;
        Ok(Self { secret: pair.secret, public: pair.public })
    }

    /// The signer of a secret key in its PASERK form.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(paserk: &str) -> Result<Self, KeyError> {
        let no_key = |_| KeyError::NoSecretKey;
        let secret = AsymmetricSecretKey::<V4>::try_from(paserk.trim()).map_err(no_key)?;
        let public = AsymmetricPublicKey::try_from(&secret).map_err(no_key)?;
        Ok(Self { secret, public })
    }

    /// The secret key, as it is kept.
    #[must_use]
    pub fn secret_key(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        // Writing to a string cannot fail.
        let _ = self.secret.fmt(&mut *text);
        text
    }

    /// The public key, as the service is given it.
    #[must_use]
    pub fn public_key(&self) -> String {
        paserk_of(&self.public)
    }

    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> String {
        paserk_of(&Id::from(&self.public))
    }

    /// The signed text.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> String {
        self.sign_as(payload, &self.key_id())
    }

    /// The same, naming whatever key.
    pub(crate) fn sign_as(&self, payload: &[u8], key_id: &str) -> String {
        let footer = serde_json::to_vec(&Footer { kid: key_id.to_owned() }).unwrap_or_default();
        // It cannot fail for a key that was checked; an empty text, which opens nothing, is the safe answer.
        PublicToken::sign(&self.secret, payload, Some(&footer), None).unwrap_or_default()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

fn paserk_of(key: &impl FormatAsPaserk) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = key.fmt(&mut text);
    text
}
