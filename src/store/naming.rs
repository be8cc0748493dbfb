//! What new names of people need of a store.

use super::{Store, StoreError, SubjectRow};
use crate::domain::{SubjectKey, SubjectMark, TenantId};

/// A person who gets another pseudonym.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// Whose data.
    pub tenant: TenantId,
    /// The pseudonym until now.
    pub from: SubjectKey,
    /// The one from now on.
    pub to: SubjectKey,
    /// The marks of both.
    pub marks: (SubjectMark, SubjectMark),
    /// The rows of all aliases of the person as they are to be: data keys are bound to the pseudonym.
    pub aliases: Vec<SubjectRow>,
}

/// A person who was renamed, as other processes hear of it: they know who is meant by the mark. If that is the mark of
/// the same pseudonym, an event of the person was put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRenaming {
    /// Place in the order of renamings, ascending and from 1.
    pub seq: u64,
    /// Whose data.
    pub tenant: TenantId,
    /// The mark of the pseudonym until then.
    pub was: SubjectMark,
    /// The pseudonym since.
    pub subject: SubjectKey,
}

impl Store {
    /// Says which key names people from now on: under a pseudonym of another one nothing new is kept, except of a person
    /// whose alias has it. An older one than that which is known changes nothing.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn raise_naming(&self, version: u32) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.raise_naming(version).await,
            Self::Postgres(postgres) => postgres.raise_naming(version).await,
        }
    }

    /// Gives all rows of a pseudonym to another one, and what is known of an erasure to its mark: all of it or nothing.
    /// Sums of one day become one. Whether there was anything.
    ///
    /// # Errors
    /// When the new pseudonym is not of the key that names people, a data key is wrapped by a key that is gone, the
    /// person has other aliases than those given ([`StoreError::Busy`]), or it cannot be made durable.
    pub async fn rename(&self, renaming: Renaming) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rename(renaming).await,
            Self::Postgres(postgres) => postgres.rename(renaming).await,
        }
    }

    /// Up to `limit` renamings in order, after place `after` (0: from the first); fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn renamings(&self, after: u64, limit: u32) -> Result<Vec<StoredRenaming>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.renamings(after, limit).await,
            Self::Postgres(postgres) => postgres.renamings(after, limit).await,
        }
    }

    /// Forgets renamings to pseudonyms that do not end so: every process has heard of them. How many.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn forget_renamings(&self, tag: u8) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.forget_renamings(tag).await,
            Self::Postgres(postgres) => postgres.forget_renamings(tag).await,
        }
    }

    /// Deletes up to `limit` rows of each table of pseudonyms that end otherwise than with one of `tags`; aliases and data keys
    /// go as with an erasure. How many. Call it again until there are none.
    ///
    /// # Errors
    /// When it cannot be made durable; then nothing was deleted.
    pub async fn drop_unreachable(&self, tags: Vec<u8>, limit: u32) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.drop_unreachable(tags, limit).await,
            Self::Postgres(postgres) => postgres.drop_unreachable(tags, limit).await,
        }
    }
}

/// Whether a pseudonym is of the key that names people.
pub(super) const fn is_named_by(version: u32, subject: &SubjectKey) -> bool {
    // Before the first rotation there is one key alone.
    version == 1 || subject.tag() == SubjectKey::tag_of(version)
}
