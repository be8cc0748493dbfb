//! Concerns about logged decisions: what is written in them is sealed as the decision is, under the data key of its
//! person, so that whoever is erased is erased here too.

use super::{Ledger, LedgerError};
use crate::domain::{
    Alias, ConcernAnswer, ConcernId, ConcernOutcome, ConcernTopic, DecisionId, TenantId, Timestamp,
};
use crate::store::{AnswerRow, Answered, AppendedConcern, ConcernRow, StoredConcern};

/// A concern, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Its place in the order of concerns; 0 before it has one.
    pub seq: u64,
    /// Whose data.
    pub tenant: TenantId,
    /// Its identifier.
    pub id: ConcernId,
    /// The decision that it is about.
    pub decision: DecisionId,
    /// Which of the decision's ads.
    pub ad: u32,
    /// What it is about.
    pub topic: ConcernTopic,
    /// When it was raised.
    pub at: Timestamp,
    /// What was written; None when its person was erased.
    pub text: Option<String>,
    /// What became of it.
    pub outcome: Option<ConcernOutcome>,
    /// The answer; None as well when its person was erased.
    pub answer: Option<ConcernAnswer>,
}

/// What became of a concern that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raised {
    /// It is durable.
    New(Box<Concern>),
    /// A concern had been raised under its id: this one.
    Known(Box<Concern>),
    /// There are as many about the decision as there may be.
    TooMany,
}

impl Ledger {
    /// The alias in the log of the person whom a decision is about, or of nobody; None when there is no such
    /// decision.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alias_of_decision(
        &self,
        tenant: &TenantId,
        decision: DecisionId,
    ) -> Result<Option<Alias>, LedgerError> {
        Ok(self.store.decision(tenant, decision).await?.map(|row| row.alias))
    }

    /// Keeps a concern about a decision whose alias is `alias`, its text sealed.
    ///
    /// # Errors
    /// When the person was erased, or the concern cannot be made durable.
    pub async fn raise(&self, alias: Alias, concern: Concern) -> Result<Raised, LedgerError> {
        let erased = LedgerError::Erased(concern.decision);
        let key = self.key_of(&concern.tenant, alias).await?.ok_or(erased)?;
        let text = concern.text.as_deref().unwrap_or_default();
        let row = ConcernRow {
            tenant: concern.tenant.clone(),
            id: concern.id.clone(),
            decision: concern.decision,
            ad: concern.ad,
            alias,
            topic: concern.topic,
            at: concern.at,
            text: key.seal(text.as_bytes(), &bound_to(b"concern", &concern.tenant, &concern.id))?,
            answer: None,
        };
        match self.store.append_concern(row).await? {
            AppendedConcern::New { seq } => Ok(Raised::New(Box::new(Concern { seq, ..concern }))),
            AppendedConcern::Known(known) => self.open_concern(*known).await.map(Box::new).map(Raised::Known),
            AppendedConcern::TooMany => Ok(Raised::TooMany),
        }
    }

    /// The concern of an id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concern(&self, tenant: &TenantId, id: &ConcernId) -> Result<Option<Concern>, LedgerError> {
        match self.store.concern(tenant, id).await? {
            Some(stored) => self.open_concern(stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Up to `limit` concerns after place `after`, those without an answer alone if `open`; fewer only at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concerns(
        &self,
        tenant: &TenantId,
        open: bool,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Concern>, LedgerError> {
        self.open_concerns(self.store.concerns(tenant, open, after, limit).await?).await
    }

    /// The concerns of a person, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn concerns_of(&self, tenant: &TenantId, alias: Alias) -> Result<Vec<Concern>, LedgerError> {
        self.open_concerns(self.store.concerns_of(tenant, alias).await?).await
    }

    /// Answers a concern, once; the concern as it stands then, and whether this answer is the one that stands. None
    /// when there is no such concern.
    ///
    /// # Errors
    /// When its person was erased, or the answer cannot be made durable.
    pub async fn answer(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
        answer: &ConcernAnswer,
    ) -> Result<Option<(Concern, bool)>, LedgerError> {
        let Some(StoredConcern { row, .. }) = self.store.concern(tenant, id).await? else {
            return Ok(None);
        };
        let key = self.key_of(tenant, row.alias).await?.ok_or(LedgerError::Erased(row.decision))?;
        let sealed = AnswerRow {
            at: answer.at,
            outcome: answer.outcome,
            text: key.seal(answer.text.as_bytes(), &bound_to(b"answer", tenant, id))?,
        };
        let is_new = match self.store.answer_concern(tenant, id, sealed).await? {
            Answered::Now => true,
            Answered::Before(_) => false,
            Answered::Unknown => return Ok(None),
        };
        Ok(self.concern(tenant, id).await?.map(|concern| (concern, is_new)))
    }

    async fn open_concerns(&self, stored: Vec<StoredConcern>) -> Result<Vec<Concern>, LedgerError> {
        let mut opened = Vec::with_capacity(stored.len());
        for concern in stored {
            opened.push(self.open_concern(concern).await?);
        }
        Ok(opened)
    }

    async fn open_concern(&self, StoredConcern { seq, row }: StoredConcern) -> Result<Concern, LedgerError> {
        let key = self.key_of(&row.tenant, row.alias).await?;
        let open = |sealed: &[u8], part: &[u8]| {
            let plain = key.as_ref()?.open(sealed, &bound_to(part, &row.tenant, &row.id))?;
            String::from_utf8(plain.to_vec()).ok()
        };
        let answer = row.answer.as_ref().and_then(|answer| {
            let text = open(&answer.text, b"answer")?;
            Some(ConcernAnswer { at: answer.at, outcome: answer.outcome, text })
        });
        Ok(Concern {
            seq,
            text: open(&row.text, b"concern"),
            outcome: row.answer.as_ref().map(|answer| answer.outcome),
            answer,
            tenant: row.tenant,
            id: row.id,
            decision: row.decision,
            ad: row.ad,
            topic: row.topic,
            at: row.at,
        })
    }
}

/// What a sealed text is bound to.
fn bound_to(part: &[u8], tenant: &TenantId, id: &ConcernId) -> Vec<u8> {
    [part, b" ", id.as_str().as_bytes(), b" ", tenant.as_str().as_bytes()].concat()
}
