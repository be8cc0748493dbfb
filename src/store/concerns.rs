//! What people said of ads: feedback, each kind once for an ad, and concerns with their answers.

use super::{Store, StoreError};
use crate::domain::{
    Alias, ConcernId, ConcernOutcome, ConcernTopic, DecisionId, FeedbackKind, TenantId, Timestamp,
};

/// Most concerns about one decision.
pub const CONCERNS_PER_DECISION_MAX: u32 = 10;

/// One concern; its texts are sealed under the data key of the person's alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernRow {
    /// Whose data.
    pub tenant: TenantId,
    /// Its identifier.
    pub id: ConcernId,
    /// The decision that it is about.
    pub decision: DecisionId,
    /// Which of the decision's ads.
    pub ad: u32,
    /// The random name of the person in the log.
    pub alias: Alias,
    /// What it is about.
    pub topic: ConcernTopic,
    /// When it was raised.
    pub at: Timestamp,
    /// What the person wrote, sealed.
    pub text: Vec<u8>,
    /// The answer, when there is one.
    pub answer: Option<AnswerRow>,
}

/// The answer to a concern, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// When it was given.
    pub at: Timestamp,
    /// What became of the concern.
    pub outcome: ConcernOutcome,
    /// The answer in words, sealed.
    pub text: Vec<u8>,
}

/// A concern read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConcern {
    /// Place in the order of concerns, ascending and from 1.
    pub seq: u64,
    /// The concern.
    pub row: ConcernRow,
}

/// What became of a concern that was to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendedConcern {
    /// It is durable, at this place.
    New {
        /// Place in the order of concerns.
        seq: u64,
    },
    /// A concern had been taken under its id, as it is here; nothing was written.
    Known(Box<StoredConcern>),
    /// There are [`CONCERNS_PER_DECISION_MAX`] about the decision; nothing was written.
    TooMany,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is durable.
    Now,
    /// The concern had been answered, as it is here; nothing was written.
    Before(Box<StoredConcern>),
    /// There is no such concern.
    Unknown,
}

/// One press of feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackRow {
    /// Whose data.
    pub tenant: TenantId,
    /// The decision.
    pub decision: DecisionId,
    /// Which of its ads.
    pub ad: u32,
    /// What is said.
    pub kind: FeedbackKind,
    /// The random name of the person in the log.
    pub alias: Alias,
    /// When.
    pub at: Timestamp,
}

/// How often something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackCount {
    /// What.
    pub kind: FeedbackKind,
    /// By how many people.
    pub people: u64,
    /// Of how many ads in all.
    pub ads: u64,
}

impl Store {
    /// Appends a concern that has no answer; each id once.
    ///
    /// # Errors
    /// When the row cannot be made durable; then nothing was taken.
    pub async fn append_concern(&self, row: ConcernRow) -> Result<AppendedConcern, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.append_concern(row).await,
            Self::Postgres(postgres) => postgres.append_concern(row).await,
        }
    }

    /// The concern of an id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
    ) -> Result<Option<StoredConcern>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.concern(tenant, id).await,
            Self::Postgres(postgres) => postgres.concern(tenant, id).await,
        }
    }

    /// Up to `limit` concerns in order, after place `after` (0: from the first), those without an answer alone if
    /// `open`; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concerns(
        &self,
        tenant: &TenantId,
        open: bool,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.concerns(tenant, open, after, limit).await,
            Self::Postgres(postgres) => postgres.concerns(tenant, open, after, limit).await,
        }
    }

    /// The concerns of one person, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concerns_of(
        &self,
        tenant: &TenantId,
        alias: Alias,
    ) -> Result<Vec<StoredConcern>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.concerns_of(tenant, alias).await,
            Self::Postgres(postgres) => postgres.concerns_of(tenant, alias).await,
        }
    }

    /// Answers a concern, once.
    ///
    /// # Errors
    /// When the answer cannot be made durable; then nothing changed.
    pub async fn answer_concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
        answer: AnswerRow,
    ) -> Result<Answered, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.answer_concern(tenant, id, answer).await,
            Self::Postgres(postgres) => postgres.answer_concern(tenant, id, answer).await,
        }
    }

    /// Keeps feedback; whether it is new. The same of the same ad counts once.
    ///
    /// # Errors
    /// When the row cannot be made durable.
    pub async fn append_feedback(&self, row: FeedbackRow) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.append_feedback(row).await,
            Self::Postgres(postgres) => postgres.append_feedback(row).await,
        }
    }

    /// The feedback of one person, in the order of decisions.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn feedback_of(&self, tenant: &TenantId, alias: Alias) -> Result<Vec<FeedbackRow>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.feedback_of(tenant, alias).await,
            Self::Postgres(postgres) => postgres.feedback_of(tenant, alias).await,
        }
    }

    /// How often each kind of feedback was given, those that were.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn feedback_counts(&self, tenant: &TenantId) -> Result<Vec<FeedbackCount>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.feedback_counts(tenant).await,
            Self::Postgres(postgres) => postgres.feedback_counts(tenant).await,
        }
    }
}
