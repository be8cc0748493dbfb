//! Walking the whole log: every row against the hashes, every chain against what was signed of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::merkle::Tree;
use super::signing::{LogPublicKey, seal_hash};
use super::witness::Witnessed;
use super::{Ledger, LedgerError};
use crate::store::{ChainFault, ChainId, ChainWalk, Hash, Head, Link, Place, Seal, Store, StoreError};

/// Seals that are read at a time.
const SEALS_PER_PAGE: u32 = 1024;

/// Rows that are read at a time.
const ROWS_PER_PAGE: u32 = 512;

/// How many aliases are read at a time.
const ALIASES_PER_PAGE: u32 = 1024;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many decisions there are, up to the fault if there is one.
    pub decisions: u64,
    /// In how many chains.
    pub chains: u64,
    /// How many heads and seals were checked, those of the witness among them.
    pub heads: u64,
    /// The first fault that was found.
    pub fault: Option<Fault>,
    /// How many data keys do not open: their rows were changed, or the keyring is another one.
    pub keys_unreadable: u64,
}

impl Verification {
    /// Whether nothing was changed.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.fault.is_none() && self.keys_unreadable == 0
    }
}

/// What is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A row of a chain.
    Row(Place, ChainFault),
    /// From here on rows are gone that a head covers.
    CutOff(Place),
    /// The rows up to here are not those that a head was signed of.
    Exchanged(Place),
    /// There are rows from here on after the chain was sealed.
    PastSeal(Place),
    /// The chain is not among those that were claimed.
    Unclaimed(ChainId),
    /// A head of the chain was not signed by the key.
    Unsigned(ChainId),
    /// The seal of the chain is gone.
    Unsealed(ChainId),
    /// The seal of this ordinal is gone, was changed, or another one is in its place.
    Seal(u64),
}

impl Fault {
    /// Where it is: the place of a row, a chain, or a seal.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Row(place, _) | Self::CutOff(place) | Self::Exchanged(place) | Self::PastSeal(place) => {
                place.to_string()
            }
            Self::Unclaimed(chain) | Self::Unsigned(chain) | Self::Unsealed(chain) => chain.to_string(),
            Self::Seal(ordinal) => format!("seal {ordinal}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(_, fault) => fault.fmt(f),
            Self::CutOff(_) => f.write_str("the rows from here on are gone"),
            Self::Exchanged(_) => f.write_str("the rows up to here are not those that were signed"),
            Self::PastSeal(_) => f.write_str("the rows from here on were put in after the day was sealed"),
            Self::Unclaimed(_) => f.write_str("nobody claimed this chain"),
            Self::Unsigned(_) => f.write_str("a head of this chain was not signed by the key of the log"),
            Self::Unsealed(_) => f.write_str("the seal of this chain is gone"),
            Self::Seal(_) => f.write_str("the seal is gone, or is not the one that was signed"),
        }
    }
}

impl Ledger {
    /// Walks the whole log, then tries every data key.
    ///
    /// # Errors
    /// When the store cannot be read; what was tampered with is an answer, not an error.
    pub async fn verify(&self, witness: &[Witnessed]) -> Result<Verification, LedgerError> {
        let mut found = verify(&self.store, &self.log_key.public(), witness).await?;
        let mut after = None;
        loop {
            let page = self.store.subjects(after, ALIASES_PER_PAGE).await?;
            found.keys_unreadable += page.iter().filter(|row| self.unwrap(row).is_none()).count() as u64;
            match page.into_iter().last() {
                Some(last) => after = Some((last.tenant, last.alias)),
                None => return Ok(found),
            }
        }
    }
}

/// Walks a log by the public key alone: what is sealed stays closed.
///
/// # Errors
/// When the store cannot be read; what was tampered with is an answer, not an error.
pub async fn verify(
    store: &Store,
    key: &LogPublicKey,
    witness: &[Witnessed],
) -> Result<Verification, StoreError> {
    let mut verifying = Verifying::begin(store, key, witness).await?;
    while verifying.next_page(ROWS_PER_PAGE).await? {}
    verifying.finish().await
}

/// A verification under way. The service goes on meanwhile: what it does is no fault.
struct Verifying<'a> {
    store: &'a Store,
    key: &'a LogPublicKey,
    walk: Walk,
    /// The place of the last row that was read.
    after: u64,
    fault: Option<Fault>,
}

impl<'a> Verifying<'a> {
    async fn begin(
        store: &'a Store,
        key: &'a LogPublicKey,
        witness: &[Witnessed],
    ) -> Result<Self, StoreError> {
        // What was signed comes first: rows that are appended meanwhile only make chains longer.
        let (said, fault) = Said::gather(store, key, witness).await?;
        Ok(Self { store, key, walk: Walk::of(said), after: 0, fault })
    }

    /// Walks through up to `rows` more rows; whether there may be others.
    async fn next_page(&mut self, rows: u32) -> Result<bool, StoreError> {
        if self.fault.is_some() {
            return Ok(false);
        }
        let page = self.store.links(self.after, rows).await?;
        let Some(last) = page.last() else { return Ok(false) };
        self.after = last.seq;
        for link in &page {
            while let Err(fault) = self.walk.step(link) {
                if !self.came_meanwhile(fault).await? {
                    self.fault = Some(fault);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn finish(mut self) -> Result<Verification, StoreError> {
        while self.fault.is_none()
            && let Err(fault) = self.walk.finish()
        {
            if !self.came_meanwhile(fault).await? {
                self.fault = Some(fault);
            }
        }
        Ok(Verification {
            decisions: self.walk.decisions,
            chains: self.walk.visited.len() as u64,
            heads: self.walk.said.heads,
            fault: self.fault,
            keys_unreadable: 0,
        })
    }

    /// Whether what was found is what the service has signed or claimed since the beginning: rows of a day are gone because their time is
    /// over, or a chain was begun. Then the walk goes on with that.
    async fn came_meanwhile(&mut self, fault: Fault) -> Result<bool, StoreError> {
        let chain = match fault {
            Fault::Row(place, ChainFault::Missing) | Fault::CutOff(place) => place.chain,
            Fault::Unclaimed(chain) => chain,
            Fault::Row(_, ChainFault::Altered)
            | Fault::Exchanged(_)
            | Fault::PastSeal(_)
            | Fault::Unsigned(_)
            | Fault::Unsealed(_)
            | Fault::Seal(_) => return Ok(false),
        };
        let (now, None) = Said::gather(self.store, self.key, &[]).await? else { return Ok(false) };
        if let Fault::Unclaimed(_) = fault {
            return Ok(now.claimed.contains(&chain) && self.walk.said.claimed.insert(chain));
        }
        let is_over = now.expired.contains(&chain) && self.walk.said.expired.insert(chain);
        if is_over {
            self.walk.leave(chain);
        }
        Ok(is_over)
    }
}

/// What was signed of the log.
#[derive(Debug, Default)]
struct Said {
    claimed: BTreeSet<ChainId>,
    /// The length of each chain that was sealed.
    sealed: BTreeMap<ChainId, u32>,
    /// Chains whose rows were deleted because their time was over.
    expired: BTreeSet<ChainId>,
    /// The roots by length of each chain: one each, unless something was exchanged.
    roots: BTreeMap<ChainId, BTreeMap<u32, BTreeSet<Hash>>>,
    heads: u64,
}

impl Said {
    /// All that store and witness say, and the first fault in it.
    async fn gather(
        store: &Store,
        key: &LogPublicKey,
        witness: &[Witnessed],
    ) -> Result<(Self, Option<Fault>), StoreError> {
        let mut said = Self::default();
        let mut fault = None;
        // In this order a chain that is sealed in between has its seal.
        let chains = store.chains(false).await?;
        let seals = said.gather_seals(store, key, &mut fault).await?;
        for chain in chains {
            said.claimed.insert(chain.id);
            if chain.sealed && !said.sealed.contains_key(&chain.id) {
                fault.get_or_insert(Fault::Unsealed(chain.id));
            }
            if let Some(head) = &chain.head {
                said.take(head, key.signed_head(head), &mut fault);
            }
        }
        for line in witness {
            match line {
                Witnessed::Head(head) => said.take(head, key.signed_head(head), &mut fault),
                Witnessed::Seal(seal) => {
                    said.take(&seal.head, key.signed_seal(seal), &mut fault);
                    let kept = seals.get(&seal.ordinal);
                    if kept.is_none_or(|kept| seal_hash(kept) != seal_hash(seal)) {
                        fault.get_or_insert(Fault::Seal(seal.ordinal));
                    }
                }
            }
        }
        Ok((said, fault))
    }

    async fn gather_seals(
        &mut self,
        store: &Store,
        key: &LogPublicKey,
        fault: &mut Option<Fault>,
    ) -> Result<BTreeMap<u64, Seal>, StoreError> {
        let mut seals: BTreeMap<u64, Seal> = BTreeMap::new();
        loop {
            let last = seals.last_key_value().map(|(ordinal, seal)| (*ordinal, seal_hash(seal)));
            let (mut after, mut previous) = last.unwrap_or_default();
            let page = store.seals(after, SEALS_PER_PAGE).await?;
            if page.is_empty() {
                return Ok(seals);
            }
            for seal in page {
                let follows = seal.ordinal == after + 1 && seal.previous == previous;
                let is_as_signed =
                    key.signed_seal(&seal) && (seal.expiry.is_none() || key.signed_expiry(&seal));
                if !follows || !is_as_signed {
                    fault.get_or_insert(Fault::Seal(after + 1));
                }
                self.take(&seal.head, true, fault);
                self.sealed.insert(seal.head.chain, seal.head.length);
                if seal.expiry.is_some() {
                    self.expired.insert(seal.head.chain);
                }
                (after, previous) = (seal.ordinal, seal_hash(&seal));
                seals.insert(seal.ordinal, seal);
            }
        }
    }

    fn take(&mut self, head: &Head, is_signed: bool, fault: &mut Option<Fault>) {
        self.heads += 1;
        if !is_signed {
            fault.get_or_insert(Fault::Unsigned(head.chain));
        }
        self.roots.entry(head.chain).or_default().entry(head.length).or_default().insert(head.root);
    }
}

/// A walk through the rows, chain after chain.
struct Walk {
    said: Said,
    at: Option<(ChainWalk, Tree)>,
    visited: BTreeSet<ChainId>,
    decisions: u64,
    /// How many of them are of the chain that was begun last.
    of_chain: u64,
}

impl Walk {
    const fn of(said: Said) -> Self {
        Self { said, at: None, visited: BTreeSet::new(), decisions: 0, of_chain: 0 }
    }

    fn step(&mut self, link: &Link) -> Result<(), Fault> {
        let place = Place::of(link.seq);
        // Deleting what expired goes on in the background.
        if self.said.expired.contains(&place.chain) {
            return Ok(());
        }
        if !self.visited.contains(&place.chain) {
            self.finish_chain()?;
            if !self.said.claimed.contains(&place.chain) {
                return Err(Fault::Unclaimed(place.chain));
            }
            self.visited.insert(place.chain);
            self.at = Some((ChainWalk::start(place.chain), Tree::default()));
            self.of_chain = 0;
        }
        let Some((walk, tree)) = &mut self.at else { return Ok(()) };
        walk.step(link).map_err(|(place, fault)| Fault::Row(place, fault))?;
        tree.push(link.hash);
        if self.said.sealed.get(&place.chain).is_some_and(|length| *length < place.index) {
            return Err(Fault::PastSeal(place));
        }
        let roots = self.said.roots.get(&place.chain).and_then(|roots| roots.get(&place.index));
        if roots.is_some_and(|roots| roots.iter().any(|root| *root != tree.root())) {
            return Err(Fault::Exchanged(place));
        }
        self.decisions += 1;
        self.of_chain += 1;
        Ok(())
    }

    /// Leaves the chain that was begun last: its rows are deleted now, and those that were seen do not count.
    fn leave(&mut self, chain: ChainId) {
        if self.visited.remove(&chain) {
            self.at = None;
            self.decisions -= self.of_chain;
            self.of_chain = 0;
        }
    }

    /// Whether the chain that was walked is as long as any head says.
    fn finish_chain(&mut self) -> Result<(), Fault> {
        match self.at.take() {
            Some((walk, _)) => self.is_long_enough(walk.chain(), walk.length()),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Fault> {
        self.finish_chain()?;
        let unseen = self.said.roots.keys().filter(|chain| !self.visited.contains(chain));
        let mut unseen = unseen.filter(|chain| !self.said.expired.contains(chain));
        unseen.try_for_each(|chain| self.is_long_enough(*chain, 0))
    }

    fn is_long_enough(&self, chain: ChainId, length: u32) -> Result<(), Fault> {
        let longest = self.said.roots.get(&chain).and_then(|roots| roots.last_key_value());
        match longest {
            Some((signed, _)) if *signed > length => Err(Fault::CutOff(Place { chain, index: length + 1 })),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
