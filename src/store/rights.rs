//! What the rights of people need of a store: erasing, putting right, wrapping anew, and the trail of it.

use super::{DecisionRow, EventRow, Store, StoreError, StoredEvent, SubjectRow};
use crate::domain::{Alias, EventId, EventKind, SubjectKey, SubjectMark, TenantId, Timestamp};

/// A right of a person over their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To be told everything that is held.
    Access,
    /// To take it along.
    Port,
    /// To have it corrected.
    Rectify,
    /// To have its use stopped while it stays.
    Restrict,
    /// To have it deleted.
    Erase,
    /// To object to its use.
    Object,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Access, Self::Port, Self::Rectify, Self::Restrict, Self::Erase, Self::Object];

    /// The name used in the store and in the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Port => "port",
            Self::Rectify => "rectify",
            Self::Restrict => "restrict",
            Self::Erase => "erase",
            Self::Object => "object",
        }
    }

    /// The right of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// One right that was exercised; it holds nothing of the person but the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightRow {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub mark: SubjectMark,
    /// Which right.
    pub right: Right,
    /// When.
    pub at: Timestamp,
    /// The id of the key that vouched for the person.
    pub by_key: String,
    /// How surely the person is the person.
    pub assurance: String,
}

/// A right that was exercised, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRight {
    /// Place in the order of the trail, ascending and from 1.
    pub seq: u64,
    /// What was done.
    pub row: RightRow,
    /// The wrapping key of that moment; an erasure is final when a younger one has taken its place.
    pub wrapped_by: u32,
}

/// A person who is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The person's pseudonyms.
    pub subjects: Vec<SubjectKey>,
    /// The version of the newest key that named the person; None if rows alone did. If the store knows a newer one, nothing
    /// is erased: the person may have rows under another name by now.
    pub named_by: Option<u32>,
    /// By what the person is to be known again: the marks of the raw id and of the pseudonyms.
    pub marks: Vec<SubjectMark>,
    /// The entry of the trail; its moment is that of the erasure.
    pub entry: RightRow,
}

/// What an erasure deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Events.
    pub events: u64,
    /// Changes of choices.
    pub choices: u64,
    /// Decisions that nobody can read any more.
    pub decisions: u64,
    /// The wrapping key in use.
    pub wrapped_by: u32,
}

/// What is kept of a person who was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub mark: SubjectMark,
    /// What happened until then is not to come back.
    pub erased_at: Timestamp,
}

/// By which other processes see that something changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Place of the last right that was exercised; 0 when none was.
    pub rights: u64,
    /// Place of the last event; 0 when there is none.
    pub events: u64,
    /// Place of the last change of choices; 0 when there is none.
    pub choices: u64,
    /// Place of the last person who was renamed, or whose event was put right; 0 when none was.
    pub renamings: u64,
    /// The oldest wrapping key that may still be used.
    pub wrapping: u32,
    /// The key by which people are named.
    pub naming: u32,
}

/// What became of an event that was to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rectified {
    /// It was changed or deleted; this is what it was.
    Was(Box<EventRow>),
    /// It is part of the sum of a day, which has this id.
    Folded(EventId),
    /// The person has no event of the id.
    Absent,
}

impl Store {
    /// Deletes a person's data key and alias, events and choices, and keeps the mark and an entry of the trail: all
    /// of it or nothing. To erase again finds nothing more and is fine.
    ///
    /// # Errors
    /// When people are named by a newer key, or it cannot be made durable; then nothing was deleted.
    pub async fn erase(&self, erasure: Erasure) -> Result<Gone, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.erase(erasure).await,
            Self::Postgres(postgres) => postgres.erase(erasure).await,
        }
    }

    /// Keeps a mark that another copy of the store knows, or that the person has come to have; the younger moment
    /// counts. Whether that is news.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn suppress(&self, suppression: Suppression) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.suppress(suppression).await,
            Self::Postgres(postgres) => postgres.suppress(suppression).await,
        }
    }

    /// Up to `limit` marks of all tenants, ascending, after the one named; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppressions(
        &self,
        after: Option<(TenantId, SubjectMark)>,
        limit: u32,
    ) -> Result<Vec<Suppression>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.suppressions(after, limit).await,
            Self::Postgres(postgres) => postgres.suppressions(after, limit).await,
        }
    }

    /// The marks of whoever was erased at a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppressed_at(
        &self,
        tenant: &TenantId,
        at: Timestamp,
    ) -> Result<Vec<SubjectMark>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.suppressed_at(tenant, at).await,
            Self::Postgres(postgres) => postgres.suppressed_at(tenant, at).await,
        }
    }

    /// Up to `limit` people of whom anything is held, ascending, after the one named; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn people(
        &self,
        after: Option<(TenantId, SubjectKey)>,
        limit: u32,
    ) -> Result<Vec<(TenantId, SubjectKey)>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.people(after, limit).await,
            Self::Postgres(postgres) => postgres.people(after, limit).await,
        }
    }

    /// Appends to the trail of rights; the place of the entry.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn record_right(&self, row: RightRow) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.record_right(row).await,
            Self::Postgres(postgres) => postgres.record_right(row).await,
        }
    }

    /// Up to `limit` entries of the trail of all tenants in order, after place `after` (0: from the first); fewer
    /// only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn rights(&self, after: u64, limit: u32) -> Result<Vec<StoredRight>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rights(after, limit).await,
            Self::Postgres(postgres) => postgres.rights(after, limit).await,
        }
    }

    /// What tells whether anything changed that other processes have to obey.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pulse(&self) -> Result<Pulse, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pulse().await,
            Self::Postgres(postgres) => postgres.pulse().await,
        }
    }

    /// Lets no new data key be wrapped by a key older than `version`; never goes back.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn raise_wrapping(&self, version: u32) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.raise_wrapping(version).await,
            Self::Postgres(postgres) => postgres.raise_wrapping(version).await,
        }
    }

    /// Puts wrapped data keys in the place of those that older wrapping keys wrap. A row that is gone stays gone.
    ///
    /// # Errors
    /// When it cannot be made durable; then none was replaced.
    pub async fn rewrap(&self, rows: Vec<SubjectRow>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rewrap(rows).await,
            Self::Postgres(postgres) => postgres.rewrap(rows).await,
        }
    }

    /// Sees to it that no byte of what was deleted is in the files any more.
    ///
    /// # Errors
    /// When another process reads what is to go, for longer than the waiting time; try again.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.scrub().await,
            Self::Postgres(postgres) => postgres.scrub().await,
        }
    }

    /// Up to `limit` events of a person in order of arrival, after place `after`; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.events_of(tenant, subject, after, limit).await,
            Self::Postgres(postgres) => postgres.events_of(tenant, subject, after, limit).await,
        }
    }

    /// Deletes a person's event, or puts `corrected` in its place under the same id. A deleted id is not taken again.
    ///
    /// # Errors
    /// When it cannot be made durable; then nothing changed.
    pub async fn rectify_event(
        &self,
        tenant: &TenantId,
        person: (&SubjectKey, &SubjectMark),
        id: &EventId,
        corrected: Option<EventRow>,
    ) -> Result<Rectified, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rectify_event(tenant, person, id, corrected).await,
            Self::Postgres(postgres) => postgres.rectify_event(tenant, person, id, corrected).await,
        }
    }

    /// Deletes up to `limit` events of a kind that happened before a moment; how many.
    ///
    /// # Errors
    /// When it cannot be made durable; then none was deleted.
    pub async fn drop_events(
        &self,
        kind: EventKind,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.drop_events(kind, before, limit).await,
            Self::Postgres(postgres) => postgres.drop_events(kind, before, limit).await,
        }
    }

    /// Up to `limit` decisions of an alias with their places in the chain, after place `after`; fewer only at the
    /// end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decisions_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, DecisionRow)>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.decisions_of(tenant, alias, after, limit).await,
            Self::Postgres(postgres) => postgres.decisions_of(tenant, alias, after, limit).await,
        }
    }
}
