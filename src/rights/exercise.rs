//! Who exercises a right, and that it is kept.

use super::token::{Assurance, SubjectClaims, SubjectTokenError};
use crate::domain::{EventId, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::ledger::{Keyring, KeyringError, Ledger, LedgerError, Named};
use crate::store::{Right, RightRow, StoreError};

/// A person who showed a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub subject: SubjectKey,
    /// The person by the key of pseudonyms before, while that is kept.
    pub earlier: Option<SubjectKey>,
    /// The person in the audit trail, whatever keys of pseudonyms come.
    pub mark: SubjectMark,
    /// The id of the key that vouched.
    pub key: String,
    /// How surely.
    pub assurance: Assurance,
}

/// Why a right was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RightError {
    /// The token gives no such right.
    #[error(transparent)]
    Token(#[from] SubjectTokenError),
    /// A field breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The log failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What is named is not held of the person.
    #[error("event_id: nothing is held of the person under it")]
    NoSuchEvent,
    /// The event is kept as part of its day.
    #[error("event_id: is kept as part of its day; {0} is to be put right instead")]
    Folded(EventId),
}

impl From<StoreError> for RightError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<KeyringError> for RightError {
    fn from(error: KeyringError) -> Self {
        Self::Ledger(error.into())
    }
}

impl Asker {
    /// The person whom checked claims name, and what they are named by the keys of the moment.
    #[must_use]
    pub fn of(claims: SubjectClaims, named: Named, keyring: &Keyring) -> Self {
        let mark = keyring.person_mark(&claims.tenant, &claims.subject);
        let Named { subject, earlier } = named;
        let SubjectClaims { tenant, key, assurance, .. } = claims;
        Self { tenant, subject, earlier, mark, key, assurance }
    }

    /// The pseudonyms of the person, that of the newest key first.
    #[must_use]
    pub fn subjects(&self) -> Vec<SubjectKey> {
        [Some(self.subject), self.earlier].into_iter().flatten().collect()
    }

    /// By what the person is known again: by the raw id, whenever it comes; and by the pseudonyms, in older copies of the
    /// store and in other processes.
    #[must_use]
    pub fn marks(&self, keyring: &Keyring) -> Vec<SubjectMark> {
        let named = self.subjects().into_iter().map(|subject| keyring.mark(&self.tenant, &subject));
        std::iter::once(self.mark).chain(named).collect()
    }

    /// The entry of the trail for a right of this person.
    #[must_use]
    pub fn entry(&self, right: Right, at: Timestamp) -> RightRow {
        RightRow {
            tenant: self.tenant.clone(),
            mark: self.mark,
            right,
            at,
            by_key: self.key.clone(),
            assurance: self.assurance.name().to_owned(),
        }
    }
}

/// Keeps that a right was exercised: before anything is told.
///
/// # Errors
/// When it cannot be made durable; then nothing may be told.
pub async fn keep_record(
    ledger: &Ledger,
    asker: &Asker,
    right: Right,
    at: Timestamp,
) -> Result<(), RightError> {
    ledger.store().record_right(asker.entry(right, at)).await?;
    Ok(())
}
