//! Failures as gRPC statuses with `google.rpc` details (AIP-193).

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::decide::DecideError;
use crate::domain::{FieldError, FieldErrors, TenantId};
use crate::rights::SubjectTokenError;

/// The domain of our `ErrorInfo` reasons.
pub(super) const ERROR_DOMAIN: &str = "limpid";

impl From<DecideError> for Status {
    fn from(error: DecideError) -> Self {
        if let Some(detail) = error.operator_detail() {
            tracing::error!(detail, "{error}");
        }
        let (code, reason) = match &error {
            DecideError::Invalid(errors) => return invalid(errors),
            DecideError::ImpressionReused => (Code::AlreadyExists, "IMPRESSION_REUSED"),
            DecideError::NoModel(_) => (Code::FailedPrecondition, "NO_ACTIVE_MODEL"),
            DecideError::DeadlinePast => (Code::DeadlineExceeded, "DEADLINE_PAST"),
            DecideError::TokenExpired => (Code::Unauthenticated, "TOKEN_EXPIRED"),
            DecideError::SubjectToken(refused) => token_refused(refused),
            DecideError::Token(_) => (Code::Unauthenticated, "TOKEN_REFUSED"),
            DecideError::BearerToken => (Code::PermissionDenied, "BEARER_TOKEN"),
            DecideError::ConcernReused => (Code::AlreadyExists, "CONCERN_REUSED"),
            DecideError::TooManyConcerns(_) => (Code::ResourceExhausted, "TOO_MANY_CONCERNS"),
            DecideError::AnsweredBefore => (Code::FailedPrecondition, "ANSWERED_BEFORE"),
            DecideError::ChangeReused => (Code::AlreadyExists, "CHANGE_REUSED"),
            DecideError::NotFound(_) => (Code::NotFound, "NOT_FOUND"),
            DecideError::TooOften { .. } => (Code::ResourceExhausted, "ASKED_TOO_OFTEN"),
            DecideError::Erased => (Code::NotFound, "ERASED"),
            DecideError::ModelGone(_) => (Code::FailedPrecondition, "MODEL_NOT_KEPT"),
            DecideError::NothingToRollBack(_) => (Code::FailedPrecondition, "NOTHING_TO_ROLL_BACK"),
            DecideError::NotServable { .. } => (Code::FailedPrecondition, "NOT_SERVABLE"),
            DecideError::NotEditable { .. } => (Code::FailedPrecondition, "NOT_EDITABLE"),
            DecideError::LogFull => (Code::ResourceExhausted, "LOG_FULL"),
            DecideError::Unavailable(_) => (Code::Unavailable, "STORE_UNAVAILABLE"),
            DecideError::Internal(_) => (Code::Internal, "INTERNAL"),
        };
        let mut info = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, []);
        if let DecideError::TooOften { retry_seconds } = error {
            info.set_retry_info(Some(Duration::from_secs(retry_seconds.into())));
        }
        Self::with_error_details(code, error.to_string(), info)
    }
}

/// The code and the reason of a subject token that gives no right.
const fn token_refused(refused: &SubjectTokenError) -> (Code, &'static str) {
    match refused {
        SubjectTokenError::NoKeys => (Code::FailedPrecondition, "NO_SUBJECT_KEY"),
        SubjectTokenError::Expired { .. } => (Code::Unauthenticated, "TOKEN_EXPIRED"),
        SubjectTokenError::TooLow { .. } => (Code::PermissionDenied, "ASSURANCE_TOO_LOW"),
        SubjectTokenError::OtherTenant => (Code::PermissionDenied, "OTHER_TENANT"),
        SubjectTokenError::Malformed
        | SubjectTokenError::UnknownKey
        | SubjectTokenError::Forged
        | SubjectTokenError::Claims
        | SubjectTokenError::OtherAudience
        | SubjectTokenError::TooLong
        | SubjectTokenError::NotYet => (Code::Unauthenticated, "TOKEN_REFUSED"),
    }
}

/// `INVALID_ARGUMENT` with one violation a field.
pub(super) fn invalid(errors: &FieldErrors) -> Status {
    let violations =
        errors.0.iter().map(|e| FieldViolation::new(e.field.clone(), e.rule.clone())).collect::<Vec<_>>();
    let mut details = ErrorDetails::with_bad_request(violations);
    details.set_error_info("INVALID_FIELD", ERROR_DOMAIN, []);
    Status::with_error_details(Code::InvalidArgument, errors.to_string(), details)
}

/// The tenant that a request names, where it is all that can be wrong with it.
pub(super) fn tenant(text: &str) -> Result<TenantId, Status> {
    TenantId::parse(text).map_err(|error| invalid(&error.into()))
}

/// Collects the errors of fields while a request is read.
#[derive(Default)]
pub(super) struct Fields(Vec<FieldError>);

impl Fields {
    /// The value, or None with its error noted.
    pub(super) fn take<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// Notes an error.
    pub(super) fn refuse(&mut self, field: impl Into<String>, rule: impl Into<String>) {
        self.refuse_error(FieldError::new(field, rule));
    }

    /// Notes an error that was found elsewhere.
    pub(super) fn refuse_error(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// The whole, if no field was refused.
    pub(super) fn finish<T>(self, whole: Option<T>) -> Result<T, Status> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(invalid(&FieldErrors(self.0))),
        }
    }
}
