//! The decision log: each decision sealed under a key of its own person, chained, told only after
//! it is durable.
//!
//! A row names its person by a random alias. What was decided is encrypted with a data key that
//! only this alias has; the data key is wrapped by a key that lies outside the store. The rows of one writer and day
//! are a chain; how long it is, is signed about every second, and when the day is over it is sealed by the root of a
//! Merkle tree over its rows. A row commits to what its envelope holds, so that a decision can be shown to others with
//! a proof that it was logged, without the key that opens all decisions of its person.

mod aliases;
mod backup;
mod column;
mod concerns;
mod erased;
mod heads;
mod keyfile;
mod keyring;
mod listing;
mod merkle;
mod proof;
mod pseudonyms;
mod record;
mod rekeying;
mod rotation;
mod signing;
#[cfg(test)]
mod tests;
mod token;
mod verify;
mod witness;

pub use backup::back_up_into;
pub use concerns::{Concern, Raised};
pub use erased::{ERASED_FILE_NAME, NotedErasure};
pub use keyring::{KEY_FILE_NAME, Keyring, KeyringError};
pub use listing::Listing;
pub use proof::{Checked, Export, ProofError};
pub use pseudonyms::Named;
pub use record::{Record, Upshot};
pub use rekeying::{KnownBefore, Rekeyed};
pub use rotation::Rotated;
pub use signing::LogPublicKey;
pub use token::{ExplanationClaims, TokenError, TokenKind, Tokens};
pub use verify::{Fault, Verification, verify};
pub use witness::{Witness, WitnessError, Witnessed};

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::{Alias, Day, Decision, DecisionId, SubjectKey, TenantId, Workings};
use crate::sealing::{DataKey, SealError, random};
use crate::store::{AppendedDecision, DecisionRow, Hash, Store, StoreError, SubjectRow};
use aliases::{Aliases, Known};
use heads::Trees;
use listing::Listings;
use record::Sheet;
use signing::LogKey;

/// Format of the rows that this build writes and reads: what the envelope holds is a salt, then a [`Sheet`].
const ROW_VERSION: u8 = 4;

/// Random bytes before what an envelope holds, so that nobody can try out what a row commits to.
const SALT_BYTES: usize = 32;

/// The decision log. Clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    store: Store,
    keyring: Arc<Keyring>,
    aliases: Arc<Aliases>,
    listings: Arc<Listings>,
    log_key: Arc<LogKey>,
    trees: Arc<tokio::sync::Mutex<Trees>>,
    witness: Option<Witness>,
    /// Where copies of the store go.
    backups: Option<PathBuf>,
}

/// A decision as it is to be recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    id: DecisionId,
    day: Day,
    /// The salt, then the sheet.
    plain: Vec<u8>,
}

impl Entry {
    /// What is recorded of `decision`, which was made of `workings`; of the ads of `listing` only which they
    /// are. The listing must have been kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of(decision: &Decision, workings: &Workings<'_>, listing: &Listing) -> Result<Self, LedgerError> {
        let salt = random::<SALT_BYTES>()?;
        let plain = postcard::to_extend(&Sheet::of(decision, workings, listing), salt.to_vec())
            .map_err(|error| LedgerError::Seal { cause: error.to_string() })?;
        Ok(Self { id: decision.id, day: decision.at.day(), plain })
    }
}

/// What became of a decision that was to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// It is durable and may be told.
    New,
    /// The same request had been decided on: this decision stands, the other one is void.
    Repeat(Box<Record>),
    /// The person was erased while it was made: nothing was recorded, and it must not be told.
    Gone,
}

/// One decision of a person, opened.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedDecision {
    /// Its place in the log.
    pub seq: u64,
    /// What is kept of it, or why it does not open.
    pub record: Result<Record, LedgerError>,
}

/// What can go wrong with the ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store failed; nothing of the call was kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The impression was decided on for another request.
    #[error("impression.id: was used before, with another request")]
    ImpressionReused,
    /// A decision does not open: its row was changed, its key is gone, or the keyring is another.
    #[error("decision {id} cannot be opened: {cause}")]
    Unreadable {
        /// The decision.
        id: DecisionId,
        /// Which step failed.
        cause: &'static str,
    },
    /// The data key of a decision is gone, and with it what it held.
    #[error("decision {0} was erased")]
    Erased(DecisionId),
    /// A decision was written by a newer build, or by one that was never released.
    #[error("decision {id} has row version {found}, this build knows version {ROW_VERSION}")]
    OtherVersion {
        /// The decision.
        id: DecisionId,
        /// The version of its row.
        found: u8,
    },
    /// The file of keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// The witness file cannot be used.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The operating system gives no random bytes, or a value cannot be sealed.
    #[error("cannot seal the decision: {cause}")]
    Seal {
        /// Why.
        cause: String,
    },
}

impl From<SealError> for LedgerError {
    fn from(error: SealError) -> Self {
        Self::Seal { cause: error.to_string() }
    }
}

impl Ledger {
    /// A ledger in `store` under the keys of `keyring`.
    #[must_use]
    pub fn new(store: Store, keyring: Arc<Keyring>) -> Self {
        let log_key = Arc::new(keyring.log_key());
        let (aliases, listings, trees) = (Arc::default(), Arc::default(), Arc::default());
        Self { store, keyring, aliases, listings, log_key, trees, witness: None, backups: None }
    }

    /// Makes a listing durable, so that entries may refer to it.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn keep(&self, listing: &Arc<Listing>) -> Result<(), LedgerError> {
        self.listings.keep(&self.store, listing).await
    }

    /// Makes a decision durable. `body_digest` stands for the request that it answers, and `subject` for
    /// the person it is about, if any.
    ///
    /// Of two concurrent calls for one impression one is new, and the other a repeat or refused.
    ///
    /// # Errors
    /// When the impression was used for another request, or the decision cannot be made durable.
    pub async fn record(
        &self,
        tenant: &TenantId,
        subject: Option<&SubjectKey>,
        body_digest: [u8; 32],
        entry: &Entry,
    ) -> Result<Recorded, LedgerError> {
        let recorded = self.record_once(tenant, subject, body_digest, entry).await;
        if recorded == Err(LedgerError::Store(StoreError::OldWrappingKey)) {
            // Another process replaced the key since it was read.
            self.keyring.reload()?;
            return self.record_once(tenant, subject, body_digest, entry).await;
        }
        recorded
    }

    async fn record_once(
        &self,
        tenant: &TenantId,
        subject: Option<&SubjectKey>,
        body_digest: [u8; 32],
        entry: &Entry,
    ) -> Result<Recorded, LedgerError> {
        let (Known { alias, key }, one_off) = if let Some(subject) = subject {
            (self.alias_of(tenant, subject).await?, None)
        } else {
            let (row, key) = self.fresh_alias(tenant, None)?;
            (Known { alias: row.alias, key: Arc::new(key) }, Some(row))
        };
        let mut row = DecisionRow {
            version: ROW_VERSION,
            tenant: tenant.clone(),
            id: entry.id,
            alias,
            day: entry.day,
            body_digest: self.keyring.body_mark(body_digest),
            commitment: commitment(&entry.plain),
            envelope: Vec::new(),
        };
        row.envelope = key.seal(&entry.plain, &bound_to(&row))?;
        let body_mark = row.body_digest;
        match self.store.append_decision(row, one_off).await? {
            AppendedDecision::New { .. } => Ok(Recorded::New),
            AppendedDecision::Known(known) if known.body_digest != body_mark => {
                Err(LedgerError::ImpressionReused)
            }
            AppendedDecision::Known(known) => self.open(*known).await.map(Box::new).map(Recorded::Repeat),
            AppendedDecision::Gone => {
                if let Some(subject) = subject {
                    self.aliases.forget(tenant, subject);
                }
                Ok(Recorded::Gone)
            }
        }
    }

    /// What is kept of the decision of an id.
    ///
    /// # Errors
    /// When the store cannot be read or the decision does not open.
    pub async fn read(&self, tenant: &TenantId, id: DecisionId) -> Result<Option<Record>, LedgerError> {
        match self.store.decision(tenant, id).await? {
            Some(row) => self.open(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// What is kept of the decision of an id, if it answers the request of this digest.
    ///
    /// # Errors
    /// When it answers another one, the store cannot be read, or the decision does not open.
    pub async fn repeat_of(
        &self,
        tenant: &TenantId,
        id: DecisionId,
        body_digest: [u8; 32],
    ) -> Result<Record, LedgerError> {
        match self.store.decision(tenant, id).await? {
            Some(row) if row.body_digest == self.keyring.body_mark(body_digest) => self.open(row).await,
            Some(_) | None => Err(LedgerError::ImpressionReused),
        }
    }

    /// What is kept of the decision of an id, if it was about this person and nobody erased it.
    ///
    /// # Errors
    /// When the store cannot be read or the decision does not open.
    pub async fn shown_to(
        &self,
        tenant: &TenantId,
        id: DecisionId,
        subject: &SubjectKey,
    ) -> Result<Option<Record>, LedgerError> {
        let aliases = self.store.aliases_of(tenant, subject).await?;
        match self.store.decision(tenant, id).await? {
            Some(row) if aliases.iter().any(|known| known.alias == row.alias) => {
                self.open(row).await.map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Up to `limit` decisions of a person with their places in the log, after place `after`: each opened, or why it
    /// does not open.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decisions_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SealedDecision>, LedgerError> {
        let mut opened = Vec::new();
        for (seq, row) in self.store.decisions_of(tenant, alias, after, limit).await? {
            opened.push(SealedDecision { seq, record: self.open(row).await });
        }
        Ok(opened)
    }

    /// Forgets the alias and the data key of a person who was erased.
    pub fn forget(&self, tenant: &TenantId, subject: &SubjectKey) {
        self.aliases.forget(tenant, subject);
    }

    /// Forgets all aliases and data keys that are at hand: some person was erased elsewhere.
    pub fn forget_all(&self) {
        self.aliases.forget_all();
    }

    /// Where rows are kept.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The key by which others check what is signed of the log.
    #[must_use]
    pub fn public_key(&self) -> LogPublicKey {
        self.log_key.public()
    }

    /// The secret keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The alias of a person and its data key, made when this is the first decision about them.
    async fn alias_of(&self, tenant: &TenantId, subject: &SubjectKey) -> Result<Known, LedgerError> {
        if let Some(known) = self.aliases.get(tenant, subject) {
            return Ok(known);
        }
        let row = match self.store.aliases_of(tenant, subject).await?.into_iter().next() {
            Some(row) => row,
            None => self.store.subject_or_insert(self.fresh_alias(tenant, Some(*subject))?.0).await?,
        };
        let closed = || LedgerError::Seal { cause: "the person's data key does not open".to_owned() };
        let known = Known { alias: row.alias, key: Arc::new(self.unwrap(&row).ok_or_else(closed)?) };
        self.aliases.insert(tenant, subject, known.clone());
        Ok(known)
    }

    fn fresh_alias(
        &self,
        tenant: &TenantId,
        subject: Option<SubjectKey>,
    ) -> Result<(SubjectRow, DataKey), LedgerError> {
        let alias = Alias::from_bytes(random()?);
        let key = DataKey::fresh()?;
        let mut row = SubjectRow {
            tenant: tenant.clone(),
            alias,
            subject,
            wrapped_data_key: Vec::new(),
            wrapped_by: 0,
        };
        (row.wrapped_data_key, row.wrapped_by) = self.keyring.wrap(&key, &owned_by(&row))?;
        Ok((row, key))
    }

    async fn open(&self, row: DecisionRow) -> Result<Record, LedgerError> {
        let plain = self.unseal(&row).await?;
        let unreadable = |cause| LedgerError::Unreadable { id: row.id, cause };
        let nothing = || unreadable("its envelope holds no decision");
        let sheet: Sheet<'_> =
            plain.get(SALT_BYTES..).and_then(|sheet| postcard::from_bytes(sheet).ok()).ok_or_else(nothing)?;
        let listing = match sheet.listing() {
            Some(version) => {
                let listing = self.listings.find(&self.store, version).await?;
                Some(listing.ok_or_else(|| unreadable("the ads that it refers to are gone"))?)
            }
            None => None,
        };
        sheet.record(listing.as_deref()).ok_or_else(nothing)
    }

    /// What the envelope of a row holds, salt first.
    async fn unseal(&self, row: &DecisionRow) -> Result<Zeroizing<Vec<u8>>, LedgerError> {
        let id = row.id;
        if row.version != ROW_VERSION {
            return Err(LedgerError::OtherVersion { id, found: row.version });
        }
        let unreadable = |cause| LedgerError::Unreadable { id, cause };
        let subject =
            self.store.subject_of_alias(&row.tenant, row.alias).await?.ok_or(LedgerError::Erased(id))?;
        let key = self.unwrap(&subject).ok_or_else(|| unreadable("its data key does not open"))?;
        key.open(&row.envelope, &bound_to(row)).ok_or_else(|| unreadable("its envelope was changed"))
    }

    /// The data key of an alias; None when it was erased.
    async fn key_of(&self, tenant: &TenantId, alias: Alias) -> Result<Option<DataKey>, LedgerError> {
        Ok(self.store.subject_of_alias(tenant, alias).await?.and_then(|row| self.unwrap(&row)))
    }

    fn unwrap(&self, row: &SubjectRow) -> Option<DataKey> {
        self.keyring.unwrap(&row.wrapped_data_key, row.wrapped_by, &owned_by(row))
    }
}

/// What a row commits to: the hash of what its envelope holds, salt first.
fn commitment(plain: &[u8]) -> Hash {
    Sha256::digest(plain).into()
}

/// What an envelope is bound to: moved to another row, it does not open.
fn bound_to(row: &DecisionRow) -> Vec<u8> {
    let tenant = row.tenant.as_str().as_bytes();
    [b"decision".as_slice(), &[row.version], row.id.as_bytes(), row.alias.as_bytes(), tenant].concat()
}

/// What a wrapped data key is bound to.
fn owned_by(row: &SubjectRow) -> Vec<u8> {
    let subject = row.subject.as_ref().map_or(&[0; 32], SubjectKey::as_bytes);
    let tenant = row.tenant.as_str().as_bytes();
    [b"data key".as_slice(), row.alias.as_bytes(), subject, tenant].concat()
}
