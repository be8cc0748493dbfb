//! A logged decision, opened by whoever may: its record, and the decision made again from it.

use super::{DecideError, Engine, TokenOutcome};
use crate::domain::{Decision, DecisionId, TenantId};
use crate::explain::Precision;
use crate::ledger::{ExplanationClaims, Record, TokenError, TokenKind};

/// The ad of a decision that a token opens.
pub(super) struct Opened {
    pub(super) record: Record,
    pub(super) decision: Decision,
    /// The place of the ad.
    pub(super) index: usize,
    /// How exactly facts about the person may be told to the token's holder.
    pub(super) precision: Precision,
}

impl Engine {
    /// Opens the ad that `token` was issued for.
    ///
    /// # Errors
    /// When the token is not ours or has expired, or its decision is gone or cannot be made again.
    pub(super) async fn open(&self, token: &str) -> Result<Opened, DecideError> {
        let claims = self.claims(token)?;
        let gone = || DecideError::NotFound("the decision is not in the log".to_owned());
        let record = self.ledger.read(&claims.tenant, claims.decision).await?.ok_or_else(gone)?;
        let decision = self.restore(&record)?;
        let index = claims.ad as usize;
        if index >= decision.ranked.len() {
            return Err(gone());
        }
        let (precision, outcome) = match claims.kind {
            TokenKind::Verified => (Precision::Exact, TokenOutcome::Verified),
            TokenKind::Bearer => (Precision::Banded, TokenOutcome::Bearer),
        };
        self.tally.token(outcome);
        Ok(Opened { record, decision, index, precision })
    }

    /// The record of a decision that a caller names.
    pub(super) async fn logged(&self, tenant: &TenantId, id: DecisionId) -> Result<Record, DecideError> {
        let absent = || DecideError::NotFound("decision_id: is not in the log".to_owned());
        self.ledger.read(tenant, id).await?.ok_or_else(absent)
    }

    /// What a token of ours says.
    pub(super) fn claims(&self, token: &str) -> Result<ExplanationClaims, DecideError> {
        self.keyring.tokens().verify(token, self.now()).map_err(|error| match error {
            TokenError::Expired { .. } => {
                self.tally.token(TokenOutcome::Expired);
                DecideError::TokenExpired
            }
            refused => {
                self.tally.token(TokenOutcome::Refused);
                DecideError::Token(refused.to_string())
            }
        })
    }
}
