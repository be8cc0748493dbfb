//! Signing how far the log has come, sealing days that are over, and dropping those whose time is over.

use std::collections::BTreeMap;

use super::merkle::Tree;
use super::signing::LogKey;
use super::witness::{Witness, Witnessed};
use super::{Ledger, LedgerError};
use crate::domain::Timestamp;
use crate::store::{Chain, ChainId, Head, Store};

/// How long after the end of its day a chain is sealed: decisions that were begun within it are long over.
const SEALED_AFTER_SECONDS: i64 = 3600;

/// Hashes that are read at a time.
pub(super) const HASHES_PER_PAGE: u32 = 4096;

/// Rows that are deleted at a time: few, so that decisions in between do not wait long.
const EXPIRED_AT_ONCE: u32 = 256;

/// The trees over the chains that are open, as far as they were read.
pub(super) type Trees = BTreeMap<ChainId, Tree>;

impl Ledger {
    /// The same ledger, of which each head that is signed goes to a witness file, too.
    #[must_use]
    pub fn with_witness(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Signs how long each open chain is, if it grew, and seals those whose day is over. A row that is cut off later
    /// is found missing once a head has been kept that covers it.
    ///
    /// # Errors
    /// When store or witness cannot be read or written; the next call goes on.
    pub async fn keep_heads(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut trees = self.trees.lock().await;
        let open = self.store.chains(true).await?;
        trees.retain(|id, _| open.iter().any(|chain| chain.id == *id));
        for chain in open {
            let tree = trees.entry(chain.id).or_default();
            catch_up(&self.store, chain.id, tree).await?;
            let day_over = chain.id.day().start().plus_days(1).plus_seconds(SEALED_AFTER_SECONDS) <= now;
            if day_over {
                self.seal(&chain, tree, now).await?;
            } else if tree.length() > chain.head.as_ref().map_or(0, |head| head.length) {
                let head = self.log_key.head(chain.id, tree.length(), tree.root(), now);
                self.bear_witness(&Witnessed::Head(head.clone())).await?;
                self.store.keep_head(head).await?;
            }
        }
        Ok(())
    }

    /// Seals a chain, unless another process seals one at the same time: then it is this one's turn with the next call.
    async fn seal(&self, chain: &Chain, tree: &Tree, now: Timestamp) -> Result<(), LedgerError> {
        let last = self.store.last_seal().await?;
        let head = self.log_key.head(chain.id, tree.length(), tree.root(), now);
        let seal = self.log_key.seal(head, last.as_ref());
        if self.store.seal(seal.clone()).await? {
            self.bear_witness(&Witnessed::Seal(seal)).await?;
        }
        Ok(())
    }

    /// Deletes the decisions of sealed days that are older than `days`; how many. Their seals stay.
    ///
    /// # Errors
    /// When the store cannot be read or written; the next call goes on.
    pub async fn drop_days(&self, days: u32, now: Timestamp) -> Result<u64, LedgerError> {
        let oldest = now.plus_days(-i64::from(days)).day();
        let (mut dropped, mut after) = (0, 0);
        loop {
            let page = self.store.seals(after, HASHES_PER_PAGE).await?;
            let Some(last) = page.last() else { return Ok(dropped) };
            after = last.ordinal;
            for seal in page.iter().filter(|seal| seal.head.chain.day() < oldest) {
                let expiry = seal.expiry.unwrap_or_else(|| self.log_key.expiry(seal, now));
                loop {
                    let gone = self.store.expire(seal.head.chain, expiry, EXPIRED_AT_ONCE).await?;
                    dropped += gone;
                    if gone == 0 {
                        break;
                    }
                }
            }
        }
    }

    async fn bear_witness(&self, said: &Witnessed) -> Result<(), LedgerError> {
        match &self.witness {
            Some(witness) => Ok(witness.add(said).await?),
            None => Ok(()),
        }
    }
}

/// Adds to a tree the rows that were appended to its chain since.
async fn catch_up(store: &Store, chain: ChainId, tree: &mut Tree) -> Result<(), LedgerError> {
    loop {
        let hashes = store.hashes(chain, tree.length(), HASHES_PER_PAGE).await?;
        let is_last = hashes.len() < HASHES_PER_PAGE as usize;
        for hash in hashes {
            tree.push(hash);
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A head of a chain over its first `length` rows, made from the store.
pub(super) async fn head_now(
    store: &Store,
    key: &LogKey,
    chain: ChainId,
    now: Timestamp,
) -> Result<Head, LedgerError> {
    let mut tree = Tree::default();
    catch_up(store, chain, &mut tree).await?;
    Ok(key.head(chain, tree.length(), tree.root(), now))
}
