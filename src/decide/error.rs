//! Why a call was not answered: what the caller is told, and what the operator is.

use thiserror::Error;

use crate::domain::{FieldError, FieldErrors, ModelVersion, Response};
use crate::ledger::LedgerError;
use crate::model::EditError;
use crate::rights::{RightError, SubjectTokenError};
use crate::store::StoreError;
use crate::train::RegistryError;

/// Why a call was not answered. The message is the caller's; it holds nothing personal.
#[derive(Debug, Error)]
pub enum DecideError {
    /// Fields of the request break rules.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The impression was decided for another request.
    #[error("impression.id: was used with another request, which was decided and logged")]
    ImpressionReused,
    /// No model predicts what the price rests on.
    #[error("no model of the response {} is active: train one and promote it", .0.name())]
    NoModel(Response),
    /// The caller's deadline had passed before the call came in.
    #[error("the deadline had passed before the call came in")]
    DeadlinePast,
    /// The token has expired.
    #[error("token: has expired")]
    TokenExpired,
    /// The token is malformed or forged; the text names the field and the rule.
    #[error("{0}")]
    Token(String),
    /// The subject token gives no right; the text names the rule.
    #[error(transparent)]
    SubjectToken(#[from] SubjectTokenError),
    /// The token asked too often.
    #[error("token: asked too often; ask again in {retry_seconds} s")]
    TooOften {
        /// When it may ask again.
        retry_seconds: u32,
    },
    /// The token is one that anyone may hold.
    #[error("token: must be the person's own: one that anyone may hold only reads the reasons for its ad")]
    BearerToken,
    /// The id of a concern belongs to another concern.
    #[error("concern_id: was used with another concern, which is kept")]
    ConcernReused,
    /// There are as many concerns about a decision as there may be.
    #[error("there are {0} concerns about this decision already, and no more are taken")]
    TooManyConcerns(u32),
    /// A concern has been answered.
    #[error("concern_id: has been answered, and an answer stands")]
    AnsweredBefore,
    /// The id of a change belongs to another change.
    #[error("change_id: was used with another change, which is kept")]
    ChangeReused,
    /// What the caller names is not there.
    #[error("{0}")]
    NotFound(String),
    /// What the decision held was erased.
    #[error("decision: was erased")]
    Erased,
    /// A model that a decision was made with is no longer kept, so its account cannot be made again.
    #[error("version {}: took part in the decision and is no longer kept", .0.short())]
    ModelGone(ModelVersion),
    /// There is no earlier model to go back to.
    #[error("response {}: no earlier promotion to go back to", .0.name())]
    NothingToRollBack(Response),
    /// The version is there but must not serve.
    #[error("version {}: {reason}", version.short())]
    NotServable {
        /// The version.
        version: ModelVersion,
        /// Why not.
        reason: String,
    },
    /// The version cannot be edited, or has no edit to undo.
    #[error("version {}: {reason}", version.short())]
    NotEditable {
        /// The version.
        version: ModelVersion,
        /// Why not.
        reason: String,
    },
    /// The log cannot grow: nothing is decided that cannot be logged.
    #[error("the decision log is full: no decision is made that cannot be logged")]
    LogFull,
    /// The store cannot be used now; the text is the operator's.
    #[error("the store is not available")]
    Unavailable(String),
    /// Something that should not happen did; the text is the operator's.
    #[error("internal error")]
    Internal(String),
}

impl DecideError {
    /// What the operator is told beyond the caller's message.
    #[must_use]
    pub fn operator_detail(&self) -> Option<&str> {
        match self {
            Self::Unavailable(detail) | Self::Internal(detail) => Some(detail),
            Self::Invalid(_)
            | Self::ImpressionReused
            | Self::NoModel(_)
            | Self::DeadlinePast
            | Self::TokenExpired
            | Self::Token(_)
            | Self::SubjectToken(_)
            | Self::TooOften { .. }
            | Self::BearerToken
            | Self::ConcernReused
            | Self::TooManyConcerns(_)
            | Self::AnsweredBefore
            | Self::ChangeReused
            | Self::NotFound(_)
            | Self::Erased
            | Self::ModelGone(_)
            | Self::NothingToRollBack(_)
            | Self::NotServable { .. }
            | Self::NotEditable { .. }
            | Self::LogFull => None,
        }
    }
}

impl From<FieldError> for DecideError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(error.into())
    }
}

impl From<FieldErrors> for DecideError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<LedgerError> for DecideError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => error.into(),
            LedgerError::ImpressionReused => Self::ImpressionReused,
            LedgerError::Erased(_) => Self::Erased,
            LedgerError::Keys(error) => Self::Unavailable(error.to_string()),
            LedgerError::Witness(error) => Self::Unavailable(error.to_string()),
            LedgerError::Unreadable { .. } | LedgerError::OtherVersion { .. } | LedgerError::Seal { .. } => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<RightError> for DecideError {
    fn from(error: RightError) -> Self {
        match error {
            RightError::Token(error) => Self::SubjectToken(error),
            RightError::Field(error) => error.into(),
            RightError::Ledger(error) => error.into(),
            RightError::NoSuchEvent | RightError::Folded(_) => Self::NotFound(error.to_string()),
        }
    }
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::LogFull,
            StoreError::Unwritable { .. }
            | StoreError::Busy
            | StoreError::Away { .. }
            | StoreError::InDoubt
            | StoreError::NotHere { .. }
            | StoreError::Address { .. }
            | StoreError::OtherKeys
            | StoreError::Corrupt { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::Unreleased { .. }
            | StoreError::Conflict { .. }
            | StoreError::OldWrappingKey
            | StoreError::OldName
            | StoreError::Closed
            | StoreError::Io { .. } => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<RegistryError> for DecideError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unknown(_) => Self::NotFound(error.to_string()),
            RegistryError::NotServable { version, reason } => {
                Self::NotServable { version, reason: reason.to_string() }
            }
            RegistryError::Edit { reason: EditError::Invalid(error), .. } => error.into(),
            RegistryError::Edit { version, reason } => {
                Self::NotEditable { version, reason: reason.to_string() }
            }
            RegistryError::NothingToRollBack(response) => Self::NothingToRollBack(response),
            RegistryError::Folder(error) => Self::Unavailable(error.to_string()),
            RegistryError::Store(error) => error.into(),
            RegistryError::Poisoned => Self::Internal(error.to_string()),
        }
    }
}
