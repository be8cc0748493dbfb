//! Choices of people: changes in order, and what they come to.

use super::{Store, StoreError};
use crate::domain::{ChangeId, ChoiceChange, Choices, SubjectKey, TenantId};

/// One change of one person's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceRow {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub subject: SubjectKey,
    /// What was said.
    pub change: ChoiceChange,
}

impl ChoiceRow {
    /// Whether both tell the same thing of the same person; when it was told does not count.
    #[must_use]
    pub fn tells_the_same_as(&self, other: &Self) -> bool {
        let change = ChoiceChange { at: other.change.at, ..self.change.clone() };
        Self { change, ..self.clone() } == *other
    }
}

/// A change read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChoice {
    /// Place in the order of changes of all people, ascending and from 1.
    pub seq: u64,
    /// The change.
    pub row: ChoiceRow,
}

/// What became of a change that was to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendedChoice {
    /// It is durable, at this place.
    New {
        /// Place in the order of changes.
        seq: u64,
    },
    /// The same change had been taken before, as it is here; nothing was written.
    Known(Box<StoredChoice>),
    /// Another change had been taken under this id; nothing was written.
    Conflict,
}

impl Store {
    /// Appends a change of a person's choices; each id once.
    ///
    /// # Errors
    /// When the row cannot be made durable; then nothing was taken.
    pub async fn append_choice(&self, row: ChoiceRow) -> Result<AppendedChoice, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.append_choice(row).await,
            Self::Postgres(postgres) => postgres.append_choice(row).await,
        }
    }

    /// The change of an id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn choice(&self, tenant: &TenantId, id: &ChangeId) -> Result<Option<StoredChoice>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.choice(tenant, id).await,
            Self::Postgres(postgres) => postgres.choice(tenant, id).await,
        }
    }

    /// All changes of a person's choices, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn choices_of(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Vec<StoredChoice>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.choices_of(tenant, subject).await,
            Self::Postgres(postgres) => postgres.choices_of(tenant, subject).await,
        }
    }

    /// What a person's choices come to now; the default when nothing was said.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn current_choices(
        &self,
        tenant: &TenantId,
        subject: &SubjectKey,
    ) -> Result<Choices, StoreError> {
        let stored = self.choices_of(tenant, subject).await?;
        Ok(Choices::of(stored.iter().map(|stored| &stored.row.change)))
    }

    /// Up to `limit` changes of all people in order, after place `after` (0: from the first); fewer only at the
    /// end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn choices(&self, after: u64, limit: u32) -> Result<Vec<StoredChoice>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.choices(after, limit).await,
            Self::Postgres(postgres) => postgres.choices(after, limit).await,
        }
    }
}
