//! What every sealed store needs: authenticated encryption, XChaCha20-Poly1305 with a random nonce in front
//! (draft-irtf-cfrg-xchacha), and files of keys that are whole or not there.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Why nothing could be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// The operating system gives no random bytes.
    #[error("{0}")]
    NoRandomness(String),
    /// It is too large.
    #[error("too large to encrypt")]
    TooLarge,
}

const NONCE_BYTES: usize = 24;

/// A key that encrypts; wiped from memory when dropped.
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key of fresh random bytes.
    pub(crate) fn fresh() -> Result<Self, SealError> {
        random().map(Zeroizing::new).map(Self)
    }

    /// A key of these bytes; None unless they are 32.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Zeroizing::new).map(Self)
    }

    /// The bytes of the key.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Encrypts `plain`, bound to `context`.
    pub(crate) fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: context })
            .map_err(|_| SealError::TooLarge)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what was sealed under the same `context`; None when anything differs.
    pub(crate) fn open(&self, envelope: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = envelope.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: sealed, aad: context };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.as_bytes().into())
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| SealError::NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// Writes the whole file under another name, then gives it its name, unless that is taken: a crash
/// leaves a whole file or none.
pub(crate) fn write_first(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut unnamed = path.to_owned().into_os_string();
    unnamed.push(format!(".{}", uuid::Uuid::new_v4()));
    let unnamed = Path::new(&unnamed);
    let written = write_unnamed(unnamed, text)
        .and_then(|()| fs::hard_link(unnamed, path))
        .and_then(|()| File::open(folder)?.sync_all());
    let removed = fs::remove_file(unnamed);
    written.and(removed)
}

/// A file that was not there, for its owner only, durable.
pub(crate) fn write_unnamed(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes of so many hexadecimal digits; None when they are not that.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; N]);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
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
