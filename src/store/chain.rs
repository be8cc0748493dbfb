//! The chain of decisions: each row carries the hash of the row before.
//!
//! A row's hash covers every one of its columns, its place and the hash of its predecessor, each
//! part preceded by its length, so that a change, removal, insertion or swap of any row is found by
//! walking the chain. That the newest rows were cut off is found by the head that is kept apart.

use super::DecisionRow;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// The hash that the first row names as that of its predecessor.
pub(super) const GENESIS: Hash = [0; 32];

/// The hash of `row` at place `seq` after a row of hash `previous`.
#[must_use]
pub(super) fn hash(seq: u64, row: &DecisionRow, previous: &Hash) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key("limpid 2026-11 decision chain v1");
    hasher.update(&[row.version]);
    hasher.update(&seq.to_le_bytes());
    hasher.update(&row.at.micros().to_le_bytes());
    for part in [
        row.tenant.as_str().as_bytes(),
        row.id.as_bytes(),
        row.impression.as_str().as_bytes(),
        row.alias.as_bytes(),
        &row.body_digest,
        &row.envelope,
        previous,
    ] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// What walking the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// Every row is as it was written.
    Whole {
        /// How many rows.
        length: u64,
        /// The hash of the last one.
        head: Hash,
    },
    /// Something was changed; what follows the place was not looked at.
    Broken {
        /// The first place that is not as it was written.
        seq: u64,
        /// What is wrong there.
        fault: ChainFault,
    },
}

/// How a chain can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChainFault {
    /// The row at this place is gone.
    #[error("the row at this place is gone")]
    Missing,
    /// The row does not have the hash it claims.
    #[error("the row does not have the hash that it claims")]
    Altered,
    /// The row follows another row than the one before it.
    #[error("the row follows another row than the one before it")]
    Unlinked,
    /// The rows from here on are not covered by the head, or the head was changed.
    #[error("the rows from here on are not covered by the head of the log, or the head was changed")]
    PastHead,
}

/// Walks a chain row by row, in the order of places.
#[derive(Debug)]
pub(super) struct ChainWalk {
    length: u64,
    head: Hash,
}

impl ChainWalk {
    /// Stands before the first row.
    #[must_use]
    pub(super) const fn start() -> Self {
        Self { length: 0, head: GENESIS }
    }

    /// Takes the next row; the break when it is not the one that was written here.
    ///
    /// # Errors
    /// The state of the broken chain.
    pub(super) fn step(
        &mut self,
        seq: u64,
        row: &DecisionRow,
        previous: &Hash,
        own: &Hash,
    ) -> Result<(), ChainState> {
        let expected = self.length + 1;
        let broken = |fault| Err(ChainState::Broken { seq: expected, fault });
        if seq != expected {
            return broken(ChainFault::Missing);
        }
        if *previous != self.head {
            return broken(ChainFault::Unlinked);
        }
        if hash(seq, row, previous) != *own {
            return broken(ChainFault::Altered);
        }
        (self.length, self.head) = (expected, *own);
        Ok(())
    }

    /// Compares the end of the walk with the head that was kept apart.
    #[must_use]
    pub(super) fn finish(self, length: u64, head: &Hash) -> ChainState {
        let Self { length: walked, head: last } = self;
        if walked < length {
            ChainState::Broken { seq: walked + 1, fault: ChainFault::Missing }
        } else if walked > length || last != *head {
            ChainState::Broken { seq: length.max(1), fault: ChainFault::PastHead }
        } else {
            ChainState::Whole { length, head: last }
        }
    }
}
