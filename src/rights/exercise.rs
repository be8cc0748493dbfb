//! Who exercises a right, and that it is kept.

use super::token::{Assurance, SubjectClaims, SubjectTokenError};
use crate::domain::{EventId, FieldError, SubjectKey, SubjectMark, TenantId, Timestamp};
use crate::ledger::{Keyring, KeyringError, Ledger, LedgerError};
use crate::store::{Right, RightRow, StoreError};

/// A person who showed a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Whose data.
    pub tenant: TenantId,
    /// The person.
    pub subject: SubjectKey,
    /// The person in the audit trail.
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
    /// The person whom checked claims name.
    ///
    /// # Errors
    /// When the name is empty or too long.
    pub fn of(claims: SubjectClaims, keyring: &Keyring) -> Result<Self, FieldError> {
        let named = keyring.subject_key(&claims.tenant, &claims.subject);
        let subject = named.map_err(|error| FieldError::new("subject_token.sub", error.rule))?;
        let mark = keyring.mark(&claims.tenant, &subject);
        Ok(Self { tenant: claims.tenant, subject, mark, key: claims.key, assurance: claims.assurance })
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
