//! The log: decisions in chains, heads that were signed, and seals of chains that nothing is appended to any more.

use super::{ChainId, Hash, Link, Store, StoreError};
use crate::domain::{DecisionId, TenantId, Timestamp};

/// What was signed of a chain: its length and the root of the Merkle tree over its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub chain: ChainId,
    /// How many rows it had.
    pub length: u32,
    /// The root of the tree over their hashes (RFC 6962, section 2.1).
    pub root: Hash,
    /// When it was signed.
    pub at: Timestamp,
    /// The id of the key that signed.
    pub key: String,
    /// The signature (Ed25519).
    pub signature: [u8; 64],
}

/// A chain as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Which one.
    pub id: ChainId,
    /// Whether nothing is appended to it any more.
    pub sealed: bool,
    /// The last head of it that was signed and kept.
    pub head: Option<Head>,
}

/// The last head of a chain that nothing is appended to any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Place in the order of seals, from 1.
    pub ordinal: u64,
    /// The head; what was signed names `previous` as well.
    pub head: Head,
    /// Hash of what was signed of the seal before; zeros in the first.
    pub previous: Hash,
    /// When the rows were deleted because their time was over, with the signature of that.
    pub expiry: Option<Expiry>,
}

/// That the rows of a sealed chain were deleted because their time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// When.
    pub at: Timestamp,
    /// The signature of that (Ed25519).
    pub signature: [u8; 64],
}

impl Store {
    /// A decision with its place and hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn link(&self, tenant: &TenantId, id: DecisionId) -> Result<Option<Link>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.link(tenant, id).await,
            Self::Postgres(postgres) => postgres.link(tenant, id).await,
        }
    }

    /// Up to `limit` rows of the log in the order of places, after place `after` (0: from the first); fewer only at
    /// the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn links(&self, after: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.links(after, limit).await,
            Self::Postgres(postgres) => postgres.links(after, limit).await,
        }
    }

    /// The hashes of up to `limit` rows of a chain, after the row `after` (0: from the first); fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn hashes(&self, chain: ChainId, after: u32, limit: u32) -> Result<Vec<Hash>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.hashes(chain, after, limit).await,
            Self::Postgres(postgres) => postgres.hashes(chain, after, limit).await,
        }
    }

    /// All chains, or those alone that are not sealed, ascending.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn chains(&self, open: bool) -> Result<Vec<Chain>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.chains(open).await,
            Self::Postgres(postgres) => postgres.chains(open).await,
        }
    }

    /// Keeps a head in the place of a shorter one; that of a sealed chain stays.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn keep_head(&self, head: Head) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.keep_head(head).await,
            Self::Postgres(postgres) => postgres.keep_head(head).await,
        }
    }

    /// Seals a chain: nothing is appended to it any more. Whether it did; not when another seal has the place, the chain is
    /// sealed, or has grown past the head.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn seal(&self, seal: Seal) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.seal(seal).await,
            Self::Postgres(postgres) => postgres.seal(seal).await,
        }
    }

    /// Up to `limit` seals in order, after place `after` (0: from the first); fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn seals(&self, after: u64, limit: u32) -> Result<Vec<Seal>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.seals(after, limit).await,
            Self::Postgres(postgres) => postgres.seals(after, limit).await,
        }
    }

    /// The last seal.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.last_seal().await,
            Self::Postgres(postgres) => postgres.last_seal().await,
        }
    }

    /// Keeps that the time of a sealed chain is over and deletes up to `limit` of its rows, with the aliases that only
    /// they had; how many rows. Call it again until there are none.
    ///
    /// # Errors
    /// When it cannot be made durable; then nothing was deleted.
    pub async fn expire(&self, chain: ChainId, expiry: Expiry, limit: u32) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.expire(chain, expiry, limit).await,
            Self::Postgres(postgres) => postgres.expire(chain, expiry, limit).await,
        }
    }
}
