//! Data Deletion Requests, once a participant has vouched for them: who is to be erased, and that it is done once.
//!
//! The same request may come by several intermediaries, and again when an answer was lost. Who was erased at it and has come back since
//! must not be erased again, so it is kept which requests were carried out, for as long as one of them may come.

use super::{DecideError, Engine};
use crate::domain::{TenantId, Timestamp};
use crate::rights::{Asker, Assurance, SubjectClaims};

/// How old what a person asked may be, in days.
pub const ORIGINAL_DAYS_MAX: i64 = 45;

/// A checked request for the erasure of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionRequest {
    /// Whose data.
    pub tenant: TenantId,
    /// The person, as callers name them.
    pub raw_id: String,
    /// The domain of the first party, whom the person asked.
    pub first_party: String,
    /// The domain of whoever passed it on; the same when nobody did.
    pub requester: String,
    /// The first party's id of what the person asked.
    pub id: String,
}

impl Engine {
    /// The person of a request; None if it was carried out before.
    ///
    /// # Errors
    /// When the identifier is empty or too long, or the store cannot be read or written.
    pub async fn asker_of_deletion(&self, request: &DeletionRequest) -> Result<Option<Asker>, DecideError> {
        let DeletionRequest { tenant, raw_id, first_party, requester, .. } = request;
        if self.store.deletion_request(tenant, self.deletion_mark(request)).await?.is_some() {
            return Ok(None);
        }
        let named = self.see(tenant, raw_id).await??;
        let now = self.now();
        let via = if requester == first_party { String::new() } else { format!(" by {requester}") };
        let claims = SubjectClaims {
            tenant: tenant.clone(),
            subject: raw_id.clone(),
            // The first party signed in whom it asks for, or the specification is not kept to.
            assurance: Assurance::Substantial,
            issued_at: now,
            expires_at: now,
            key: format!("deletion request of {first_party}{via}"),
        };
        Ok(Some(Asker::of(claims, named, &self.keyring)))
    }

    /// Keeps that a request was carried out.
    ///
    /// # Errors
    /// When it cannot be made durable; then the request may erase again.
    pub async fn keep_deletion(&self, request: &DeletionRequest) -> Result<(), DecideError> {
        let mark = self.deletion_mark(request);
        Ok(self.store.keep_deletion_request(&request.tenant, mark, self.now()).await?)
    }

    /// Forgets the requests that are too old to be taken again.
    pub(super) async fn forget_deletions(&self, now: Timestamp) -> Result<u64, DecideError> {
        // A clock that is ahead may have dated a request later than we took it; a day is more than that.
        Ok(self.store.drop_deletion_requests(now.plus_days(-ORIGINAL_DAYS_MAX - 1)).await?)
    }

    fn deletion_mark(&self, request: &DeletionRequest) -> crate::store::Hash {
        let DeletionRequest { tenant, raw_id, first_party, id, .. } = request;
        self.keyring.request_mark([tenant.as_str(), first_party, id, raw_id])
    }
}
