//! Durable rows: decisions in a hash chain, aliases, events, choices, promotions, changes of models.
//!
//! [`Store`] is the contract that every backend meets: embedded SQLite, and PostgreSQL. Another one is a
//! variant here, its async methods, and one line of the contract suite. A write is durable when its future resolves, and never half there; a future that is dropped may
//! still have written.

mod chain;
mod choices;
mod concerns;
#[cfg(test)]
mod contract;
mod day;
mod deletion_requests;
mod error;
mod log;
mod naming;
mod postgres;
mod quarantine;
mod rights;
mod rows;
mod sqlite;

pub use chain::{ChainFault, ChainId, ChainWalk, Hash, Link, Place, leaf, leaf_hash};
pub use choices::{AppendedChoice, ChoiceRow, StoredChoice};
pub use concerns::{
    AnswerRow, Answered, AppendedConcern, CONCERNS_PER_DECISION_MAX, ConcernRow, FeedbackCount, FeedbackRow,
    StoredConcern,
};
pub use day::OWN_ID_PREFIX;
pub use error::StoreError;
pub use log::{Chain, Expiry, Head, Seal};
pub use naming::{Renaming, StoredRenaming};
pub use postgres::PostgresOptions;
pub use rights::{Erasure, Gone, Pulse, Rectified, Right, RightRow, StoredRight, Suppression};
pub use rows::{
    Appended, AppendedDecision, ChangeAction, DecisionRow, EventRow, FoldedEvent, ModelChange, Promotion,
    PromotionAction, StoredEvent, SubjectRow, standing,
};
pub use sqlite::{FILE_NAME, StoreOptions};

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::{
    Alias, DecisionId, EventId, ModelVersion, Response, SubjectKey, SubjectMark, TenantId, Timestamp,
};

/// An open store. Clones share it.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file in the data folder.
    Sqlite(sqlite::Sqlite),
    /// A database that several processes, on several machines, may use.
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the embedded store, creating folder and file when they are missing and bringing an
    /// older file up to date.
    ///
    /// # Errors
    /// When the folder or file cannot be written, is damaged, or is of a newer format.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        sqlite::Sqlite::open(options).await.map(Self::Sqlite)
    }

    /// Opens the store of a PostgreSQL database, making its tables when they are missing and bringing older
    /// ones up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or written, or is of a newer format.
    pub async fn connect(options: &PostgresOptions) -> Result<Self, StoreError> {
        postgres::Postgres::open(options).await.map(Self::Postgres)
    }

    /// Appends a decision to this opening's chain of the day, with `one_off`, the alias that only this decision has,
    /// if it is about nobody. Does nothing when its id has been decided on.
    ///
    /// # Errors
    /// When the row cannot be made durable, or the log cannot hold its day.
    pub async fn append_decision(
        &self,
        row: DecisionRow,
        one_off: Option<SubjectRow>,
    ) -> Result<AppendedDecision, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.append_decision(row, one_off).await,
            Self::Postgres(postgres) => postgres.append_decision(row, one_off).await,
        }
    }

    /// The decision of an id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decision(
        &self,
        tenant: &TenantId,
        id: DecisionId,
    ) -> Result<Option<DecisionRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.decision(tenant, id).await,
            Self::Postgres(postgres) => postgres.decision(tenant, id).await,
        }
    }

    /// Keeps a list of ads, in bytes, under its content hash; does nothing when it is kept already.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn keep_listing(&self, version: Hash, ads: Vec<u8>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.keep_listing(version, ads).await,
            Self::Postgres(postgres) => postgres.keep_listing(version, ads).await,
        }
    }

    /// The list of ads of a content hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn listing(&self, version: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.listing(version).await,
            Self::Postgres(postgres) => postgres.listing(version).await,
        }
    }

    /// Keeps `row` unless its person has an alias; either way, the row that counts.
    ///
    /// # Errors
    /// When the row cannot be made durable, or its alias is taken.
    pub async fn subject_or_insert(&self, row: SubjectRow) -> Result<SubjectRow, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.subject_or_insert(row).await,
            Self::Postgres(postgres) => postgres.subject_or_insert(row).await,
        }
    }

    /// The aliases of a person: one, or several if more than one was known before both pseudonyms were found to be of
    /// one person. The first is the one to use.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn aliases_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.aliases_of(tenant, subject).await,
            Self::Postgres(postgres) => postgres.aliases_of(tenant, subject).await,
        }
    }

    /// The row of an alias.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn subject_of_alias(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Option<SubjectRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.subject_of_alias(tenant, alias).await,
            Self::Postgres(postgres) => postgres.subject_of_alias(tenant, alias).await,
        }
    }

    /// Up to `limit` aliases of all tenants, ascending, after the one named; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn subjects(
        &self,
        after: Option<(TenantId, Alias)>,
        limit: u32,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.subjects(after, limit).await,
            Self::Postgres(postgres) => postgres.subjects(after, limit).await,
        }
    }

    /// Appends events, all or none, each id once and each with the mark of its person; the answers are in the order
    /// of `events`. What happened before a person of the mark was erased is not taken.
    ///
    /// # Errors
    /// When the rows cannot be made durable; then none was taken.
    pub async fn append_events(
        &self,
        tenant: &TenantId,
        events: Vec<(SubjectMark, EventRow)>,
    ) -> Result<Vec<Appended>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.append_events(tenant, events).await,
            Self::Postgres(postgres) => postgres.append_events(tenant, events).await,
        }
    }

    /// Up to `limit` events of all tenants in order of arrival, after place `after` (0: from the
    /// first); fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.events(after, limit).await,
            Self::Postgres(postgres) => postgres.events(after, limit).await,
        }
    }

    /// Which of these ids were taken before, those of events that were folded or taken back among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn known_events(
        &self,
        tenant: &TenantId,
        ids: Vec<EventId>,
    ) -> Result<BTreeSet<EventId>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.known_events(tenant, ids).await,
            Self::Postgres(postgres) => postgres.known_events(tenant, ids).await,
        }
    }

    /// Folds up to `limit` single events that happened before a moment into one row for each person, kind, day and
    /// attributes; which ones. The ids of those since `ids_since` are remembered.
    ///
    /// # Errors
    /// When it cannot be made durable; then none was folded.
    pub async fn fold_events(
        &self,
        before: Timestamp,
        ids_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<FoldedEvent>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.fold_events(before, ids_since, limit).await,
            Self::Postgres(postgres) => postgres.fold_events(before, ids_since, limit).await,
        }
    }

    /// Forgets the remembered ids of events that happened before a moment; how many.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn forget_event_ids(&self, before: Timestamp) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.forget_event_ids(before).await,
            Self::Postgres(postgres) => postgres.forget_event_ids(before).await,
        }
    }

    /// Makes `version` the one that serves `response`; when it does so already, nothing is written
    /// and the answer is the change since which it does.
    ///
    /// # Errors
    /// When the change cannot be made durable.
    pub async fn promote(
        &self,
        tenant: &TenantId,
        response: Response,
        version: ModelVersion,
        at: Timestamp,
    ) -> Result<Promotion, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.promote(tenant, response, version, at).await,
            Self::Postgres(postgres) => postgres.promote(tenant, response, version, at).await,
        }
    }

    /// Takes the last promotion of `response` that still stands back; None, and no change, when
    /// none stands before it.
    ///
    /// # Errors
    /// When the change cannot be made durable.
    pub async fn roll_back(
        &self,
        tenant: &TenantId,
        response: Response,
        at: Timestamp,
    ) -> Result<Option<Promotion>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.roll_back(tenant, response, at).await,
            Self::Postgres(postgres) => postgres.roll_back(tenant, response, at).await,
        }
    }

    /// The version that serves `response`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn active(
        &self,
        tenant: &TenantId,
        response: Response,
    ) -> Result<Option<ModelVersion>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.active(tenant, response).await,
            Self::Postgres(postgres) => postgres.active(tenant, response).await,
        }
    }

    /// All changes of the model that serves `response`, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn promotions(
        &self,
        tenant: &TenantId,
        response: Response,
    ) -> Result<Vec<Promotion>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.promotions(tenant, response).await,
            Self::Postgres(postgres) => postgres.promotions(tenant, response).await,
        }
    }

    /// Keeps what was made of a model by hand; the change with its place.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn record_change(&self, change: ModelChange) -> Result<ModelChange, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.record_change(change).await,
            Self::Postgres(postgres) => postgres.record_change(change).await,
        }
    }

    /// All that was made of models by hand, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn changes(&self, tenant: &TenantId) -> Result<Vec<ModelChange>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.changes(tenant).await,
            Self::Postgres(postgres) => postgres.changes(tenant).await,
        }
    }

    /// Writes a copy of the whole store to a new file, as it is at one moment; what was deleted is not in it. Calls go on.
    ///
    /// # Errors
    /// When the file is there, cannot be written, or the store cannot be read; and of a database, which has means of its own.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.back_up(to).await,
            Self::Postgres(_) => Err(StoreError::NotHere { what: "a copy is made by pg_dump" }),
        }
    }

    /// Finishes what was handed in and closes; every later call of any clone is refused. Closing
    /// twice is fine.
    ///
    /// # Errors
    /// When the end of the log cannot be folded into the file; nothing is lost by that.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => {
                postgres.close().await;
                Ok(())
            }
        }
    }
}
