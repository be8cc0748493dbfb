//! What is signed of the log, so that whoever has the public key alone can check it.
//!
//! A signature (Ed25519, RFC 8032) is over a short text of lines in UTF-8, each ended by a line feed: a title, then name and
//! value. Times are as RFC 3339 has them, hashes in hexadecimal digits.

use std::fmt;

use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};
use sha2::{Digest, Sha256};

use crate::domain::{FieldError, Timestamp};
use crate::sealing::{hex, unhex};
use crate::store::{ChainId, Expiry, Hash, Head, Seal};

/// The key that signs heads and seals; never printed.
pub(super) struct LogKey {
    pair: KeyPair,
    id: String,
}

/// By which heads and seals are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPublicKey(PublicKey);

impl LogKey {
    /// The key of a seed.
    pub(super) fn of(seed: [u8; 32]) -> Self {
        let pair = KeyPair::from_seed(Seed::new(seed));
        Self { id: LogPublicKey(pair.pk).id(), pair }
    }

    /// The public half.
    pub(super) const fn public(&self) -> LogPublicKey {
        LogPublicKey(self.pair.pk)
    }

    /// Signs the head of a chain.
    pub(super) fn head(&self, chain: ChainId, length: u32, root: Hash, at: Timestamp) -> Head {
        let head = Head { chain, length, root, at, key: self.id.clone(), signature: [0; 64] };
        Head { signature: self.sign(&head_text(&head)), ..head }
    }

    /// Signs the last head of a chain, after the seal before.
    pub(super) fn seal(&self, head: Head, last: Option<&Seal>) -> Seal {
        let previous = last.map(seal_hash).unwrap_or_default();
        let mut seal =
            Seal { ordinal: last.map_or(1, |last| last.ordinal + 1), head, previous, expiry: None };
        seal.head.key.clone_from(&self.id);
        seal.head.signature = self.sign(&seal_text(&seal));
        seal
    }

    /// Signs that the time of a sealed chain is over.
    pub(super) fn expiry(&self, seal: &Seal, at: Timestamp) -> Expiry {
        Expiry { at, signature: self.sign(&expiry_text(seal, at)) }
    }

    fn sign(&self, text: &str) -> [u8; 64] {
        *self.pair.sk.sign(text, None)
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(..)")
    }
}

impl LogPublicKey {
    /// The key of 64 hexadecimal digits.
    ///
    /// # Errors
    /// When `text` is no such key.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let key = unhex::<32>(text.trim()).and_then(|bytes| PublicKey::from_slice(bytes.as_slice()).ok());
        key.map(Self)
            .ok_or_else(|| FieldError::new("public key", "must be an Ed25519 key of 64 hexadecimal digits"))
    }

    /// Its 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&*self.0).to_string()
    }

    /// The name by which signatures refer to it: the first 16 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&Sha256::digest(*self.0)[..8]).to_string()
    }

    pub(super) fn signed_head(&self, head: &Head) -> bool {
        self.signed(&head_text(head), &head.signature)
    }

    pub(super) fn signed_seal(&self, seal: &Seal) -> bool {
        self.signed(&seal_text(seal), &seal.head.signature)
    }

    /// Whether the expiry of a seal, if it has one, was signed.
    pub(super) fn signed_expiry(&self, seal: &Seal) -> bool {
        seal.expiry.is_some_and(|expiry| self.signed(&expiry_text(seal, expiry.at), &expiry.signature))
    }

    fn signed(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.0.verify(text, &Signature::new(*signature)).is_ok()
    }
}

/// What is signed of a head.
pub(super) fn head_text(head: &Head) -> String {
    format!("limpid log head v1\n{}", lines(head))
}

/// What is signed of a seal.
pub(super) fn seal_text(seal: &Seal) -> String {
    let previous = hex(&seal.previous);
    format!("limpid log seal v1\nordinal {}\n{}previous {}\n", seal.ordinal, lines(&seal.head), *previous)
}

/// What is signed when the time of a sealed chain is over.
fn expiry_text(seal: &Seal, at: Timestamp) -> String {
    let (chain, root) = (seal.head.chain, hex(&seal.head.root));
    format!("limpid log expiry v1\nday {}\nwriter {}\nroot {}\nat {at}\n", chain.day(), chain.writer(), *root)
}

/// The hash by which the next seal names this one.
pub(super) fn seal_hash(seal: &Seal) -> Hash {
    Sha256::digest(seal_text(seal)).into()
}

fn lines(head: &Head) -> String {
    let (day, writer) = (head.chain.day(), head.chain.writer());
    let (length, root, at) = (head.length, hex(&head.root), head.at);
    format!("day {day}\nwriter {writer}\nlength {length}\nroot {}\nat {at}\n", *root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;

    fn chain(writer: u16) -> ChainId {
        ChainId::new(Day::from_number(17_413), writer).unwrap()
    }

    fn head(key: &LogKey) -> Head {
        key.head(chain(1), 3, [7; 32], Timestamp::from_micros(1_504_519_200_123_456))
    }

    #[test]
    fn what_is_signed_is_a_text_that_anyone_can_read() {
        let key = LogKey::of([1; 32]);
        let root = "07".repeat(32);
        let text = format!(
            "limpid log head v1\nday 2017-09-04\nwriter 1\nlength 3\nroot {root}\nat 2017-09-04T10:00:00.123456Z\n"
        );
        assert_eq!(head_text(&head(&key)), text);
        let seal = key.seal(head(&key), None);
        let (rest, zeros) = (text.split_once('\n').unwrap().1, "0".repeat(64));
        assert_eq!(seal_text(&seal), format!("limpid log seal v1\nordinal 1\n{rest}previous {zeros}\n"));
    }

    #[test]
    fn a_signature_is_over_every_part_and_for_one_thing() {
        let key = LogKey::of([1; 32]);
        let public = key.public();
        let head = head(&key);
        assert!(public.signed_head(&head));
        let later = Timestamp::from_micros(head.at.micros() + 1);
        for changed in [
            Head { chain: chain(2), ..head.clone() },
            Head { length: 4, ..head.clone() },
            Head { root: [8; 32], ..head.clone() },
            Head { at: later, ..head.clone() },
            Head { signature: [0; 64], ..head.clone() },
        ] {
            assert!(!public.signed_head(&changed), "{changed:?}");
        }
        let first = key.seal(head.clone(), None);
        let second = key.seal(head.clone(), Some(&first));
        assert!(public.signed_seal(&first) && public.signed_seal(&second));
        assert_eq!((second.ordinal, second.previous), (2, seal_hash(&first)));
        assert!(!public.signed_seal(&Seal { ordinal: 3, ..second.clone() }));
        assert!(!public.signed_seal(&Seal { previous: [1; 32], ..second.clone() }));
        // A head is no seal, and a seal is no head.
        assert!(!public.signed_seal(&Seal { head: head.clone(), ..first.clone() }));
        assert!(!public.signed_head(&first.head));
        let expired = Seal { expiry: Some(key.expiry(&first, later)), ..first.clone() };
        assert!(public.signed_expiry(&expired) && !public.signed_expiry(&first));
        let expiry = Expiry { at: head.at, ..expired.expiry.unwrap() };
        assert!(!public.signed_expiry(&Seal { expiry: Some(expiry), ..first }));
        assert!(!LogKey::of([2; 32]).public().signed_head(&head));
    }

    #[test]
    fn a_public_key_is_read_as_it_is_written_and_nothing_else_is_one() {
        let public = LogKey::of([1; 32]).public();
        assert_eq!(LogPublicKey::parse(&format!("{}\n", public.to_hex())), Ok(public));
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            assert!(LogPublicKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_key_is_not_printed() {
        assert_eq!(format!("{:?}", LogKey::of([1; 32])), "LogKey(..)");
    }
}
