//! Who makes a call, as `app` let it in, and refusals as statuses.

use std::time::Duration;

use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::status::ERROR_DOMAIN;
use crate::admission::{Caller, CallerTokenError, Refused, Shed};

/// Who makes the call. One that was let in by nobody may do what nobody may who is not signed in.
pub(super) fn caller_of<T>(request: &Request<T>) -> Caller {
    request.extensions().get::<Caller>().cloned().unwrap_or_else(Caller::nobody)
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let (code, reason) = match refused {
            Refused::NoSuchCall => (Code::Unimplemented, "NO_SUCH_CALL"),
            Refused::NotPublic(_) => (Code::PermissionDenied, "NOT_PUBLIC"),
            Refused::TokenNeeded(_) => (Code::Unauthenticated, "CALLER_TOKEN_NEEDED"),
            Refused::Token(CallerTokenError::Expired { .. }) => {
                (Code::Unauthenticated, "CALLER_TOKEN_EXPIRED")
            }
            Refused::Token(_) => (Code::Unauthenticated, "CALLER_TOKEN_REFUSED"),
            Refused::OtherRole(_) => (Code::PermissionDenied, "OTHER_ROLE"),
            Refused::OtherTenant => (Code::PermissionDenied, "OTHER_TENANT"),
            Refused::NamesPerson => (Code::PermissionDenied, "NAMES_PERSON"),
            Refused::NamesDecision => (Code::PermissionDenied, "NAMES_DECISION"),
            Refused::PurposeMissing => (Code::PermissionDenied, "PURPOSE_MISSING"),
            Refused::PurposeMalformed => (Code::InvalidArgument, "PURPOSE_MALFORMED"),
            Refused::Shed(Shed::Calls(_)) => (Code::ResourceExhausted, "TOO_MANY_CALLS"),
            Refused::Shed(Shed::Cost(_)) => (Code::ResourceExhausted, "TOO_MUCH_AT_ONCE"),
            Refused::Shed(Shed::Busy(_)) => (Code::ResourceExhausted, "BUSY"),
            Refused::TrailUnwritable => (Code::Unavailable, "TRAIL_UNWRITABLE"),
        };
        let mut info = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, []);
        if let Refused::Shed(Shed::Calls(seconds) | Shed::Cost(seconds) | Shed::Busy(seconds)) = refused {
            info.set_retry_info(Some(Duration::from_secs(seconds.into())));
        }
        Self::with_error_details(code, refused.to_string(), info)
    }
}
