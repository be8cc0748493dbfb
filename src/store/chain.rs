//! The log as chains: what one writer appended on one day, each row with a hash over itself and the row before.
//!
//! The hash of a row is that of a leaf in the sense of RFC 6962, section 2.1, so that a chain can be summed up as a
//! Merkle tree: SHA-256 of a zero byte and the bytes of [`leaf`]. They hold every column of the row, of the
//! envelope its hash alone, and the hash of the row before; so a change, removal, insertion or swap of any row is found by
//! walking the chain. That the newest rows were cut off is found by the heads that were signed.

use std::fmt;
use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::DecisionRow;
use crate::domain::Day;

/// A hash of 32 bytes.
pub type Hash = [u8; 32];

/// The hash that the first row of a chain names as that of its predecessor.
const GENESIS: Hash = [0; 32];

/// Bits of a place that count within a chain.
const INDEX_BITS: u32 = 32;
/// Bits of a place that name the writer.
const WRITER_BITS: u32 = 14;
/// Days that a log can hold: until the year 2328.
const DAYS: i32 = 1 << 17;

/// One chain of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId {
    day: Day,
    writer: u16,
}

impl ChainId {
    /// The chain of a writer of a day; None when the log cannot hold it.
    #[must_use]
    pub fn new(day: Day, writer: u16) -> Option<Self> {
        let holds = (0..DAYS).contains(&day.number()) && (1..1 << WRITER_BITS).contains(&writer);
        holds.then_some(Self { day, writer })
    }

    /// The chain that a place is of.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "14 and 17 bits")]
    pub const fn of(seq: u64) -> Self {
        let chain = seq >> INDEX_BITS;
        let writer = (chain & ((1 << WRITER_BITS) - 1)) as u16;
        Self { day: Day::from_number((chain >> WRITER_BITS) as i32), writer }
    }

    /// The day (UTC).
    #[must_use]
    pub const fn day(self) -> Day {
        self.day
    }

    /// The writer's number of the day, from 1.
    #[must_use]
    pub const fn writer(self) -> u16 {
        self.writer
    }

    /// The place in the log of the row `index` of the chain, from 1.
    #[must_use]
    pub fn seq(self, index: u32) -> u64 {
        let chain = u64::from(self.day.number().unsigned_abs()) << WRITER_BITS | u64::from(self.writer);
        chain << INDEX_BITS | u64::from(index)
    }

    /// All places of the chain.
    #[must_use]
    pub fn seqs(self) -> RangeInclusive<u64> {
        self.seq(0)..=self.seq(u32::MAX)
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.day, self.writer)
    }
}

/// A place in the log, as it is told: day, writer, and index in their chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chain.
    pub chain: ChainId,
    /// Place in the chain, from 1.
    pub index: u32,
}

impl Place {
    /// The place of a number.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the index is the lower half")]
    pub const fn of(seq: u64) -> Self {
        Self { chain: ChainId::of(seq), index: seq as u32 }
    }

    /// Its number.
    #[must_use]
    pub fn seq(self) -> u64 {
        self.chain.seq(self.index)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.chain, self.index)
    }
}

/// One row of the log with its place and the hash that it claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The place.
    pub seq: u64,
    /// The row.
    pub row: DecisionRow,
    /// The hash of its leaf.
    pub hash: Hash,
}

/// What a leaf is made of, numbers big-endian: version (1 byte), place (8), length of the tenant (4) and tenant, decision
/// (16), alias (16), digest of the request (32), commitment (32), SHA-256 of the envelope (32), hash of the row before (32).
#[must_use]
pub fn leaf(seq: u64, row: &DecisionRow, previous: &Hash) -> Vec<u8> {
    let tenant = row.tenant.as_str().as_bytes();
    let mut bytes = Vec::with_capacity(173 + tenant.len());
    bytes.push(row.version);
    bytes.extend(seq.to_be_bytes());
    bytes.extend(u32::try_from(tenant.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(tenant);
    bytes.extend(row.id.as_bytes());
    bytes.extend(row.alias.as_bytes());
    bytes.extend(row.body_digest);
    bytes.extend(row.commitment);
    bytes.extend(Sha256::digest(&row.envelope));
    bytes.extend(previous);
    bytes
}

/// The hash of a leaf of these bytes (RFC 6962, section 2.1).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into()
}

/// The hash of a row that follows one of the hash `previous`, None for the first.
#[must_use]
pub(super) fn hash(seq: u64, row: &DecisionRow, previous: Option<Hash>) -> Hash {
    leaf_hash(&leaf(seq, row, &previous.unwrap_or(GENESIS)))
}

/// How a chain can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChainFault {
    /// The row at this place is gone.
    #[error("the row at this place is gone")]
    Missing,
    /// The row is not the one that was written here, or the row before was exchanged.
    #[error("the row is not the one that was written at this place")]
    Altered,
}

/// Walks one chain row by row, in the order of places.
#[derive(Clone, Debug)]
pub struct ChainWalk {
    chain: ChainId,
    length: u32,
    last: Hash,
}

impl ChainWalk {
    /// Stands before the first row.
    #[must_use]
    pub const fn start(chain: ChainId) -> Self {
        Self { chain, length: 0, last: GENESIS }
    }

    /// Takes the next row of the chain.
    ///
    /// # Errors
    /// The place and the fault, when it is not the one that was written here.
    pub fn step(&mut self, link: &Link) -> Result<(), (Place, ChainFault)> {
        let index = self.length + 1;
        let expected = Place { chain: self.chain, index };
        if link.seq != expected.seq() {
            return Err((expected, ChainFault::Missing));
        }
        if leaf_hash(&leaf(link.seq, &link.row, &self.last)) != link.hash {
            return Err((expected, ChainFault::Altered));
        }
        (self.length, self.last) = (index, link.hash);
        Ok(())
    }

    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    /// How many rows were walked.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_says_day_writer_and_index(day in 0..DAYS, writer in 1..1_u16 << WRITER_BITS, index: u32) {
            let chain = ChainId::new(Day::from_number(day), writer).unwrap();
            let place = Place { chain, index };
            prop_assert_eq!(Place::of(place.seq()), place);
            prop_assert!(i64::try_from(place.seq()).is_ok());
            prop_assert!(chain.seqs().contains(&place.seq()));
            prop_assert!(*chain.seqs().end() < u64::MAX >> 1);
        }
    }

    #[test]
    fn days_and_writers_beyond_what_a_place_holds_are_refused() {
        for (day, writer) in [(-1, 1), (DAYS, 1), (0, 0), (0, 1 << WRITER_BITS)] {
            assert_eq!(ChainId::new(Day::from_number(day), writer), None, "{day} {writer}");
        }
        let place = Place { chain: ChainId::new(Day::from_number(17_413), 2).unwrap(), index: 7 };
        assert_eq!(place.to_string(), "2017-09-04/2/7");
    }
}
