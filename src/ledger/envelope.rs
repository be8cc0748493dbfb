//! Authenticated encryption: XChaCha20-Poly1305 with a random nonce in front (draft-irtf-cfrg-xchacha).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::LedgerError;

const NONCE_BYTES: usize = 24;

/// A key that encrypts; wiped from memory when dropped.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key of fresh random bytes.
    pub(super) fn fresh() -> Result<Self, LedgerError> {
        random().map(Zeroizing::new).map(Self)
    }

    /// A key of these bytes; None unless they are 32.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Zeroizing::new).map(Self)
    }

    /// The bytes of the key.
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Encrypts `plain`, bound to `context`.
    pub(super) fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: context })
            .map_err(|_| LedgerError::Seal { cause: "too large to encrypt".to_owned() })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what was sealed under the same `context`; None when anything differs.
    pub(super) fn open(&self, envelope: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = envelope.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: sealed, aad: context };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.as_bytes().into())
    }
}

/// Random bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], LedgerError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| LedgerError::Seal { cause: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_opens_only_whole_under_its_key_and_context() {
        let key = DataKey::fresh().unwrap();
        let envelope = key.seal(b"because you bought coffee", b"row 1").unwrap();
        assert_eq!(key.open(&envelope, b"row 1").unwrap().as_slice(), b"because you bought coffee");
        assert!(key.open(&envelope, b"row 2").is_none());
        assert!(DataKey::fresh().unwrap().open(&envelope, b"row 1").is_none());
        for length in 0..envelope.len() {
            assert!(key.open(&envelope[..length], b"row 1").is_none(), "cut to {length} bytes");
        }
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert!(key.open(&changed, b"row 1").is_none(), "byte {at} changed");
        }
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        let key = DataKey::fresh().unwrap();
        assert_ne!(key.seal(b"same", b"").unwrap(), key.seal(b"same", b"").unwrap());
    }
}
