//! Feedback and concerns: whoever holds the token of an ad can say what they think of it, contest it, and follow what
//! becomes of that.

use super::replay::Replayed;
use super::{DecideError, Engine};
use crate::domain::{
    ANSWER_CHARACTERS_MAX, CONCERN_CHARACTERS_MAX, ConcernAnswer, ConcernId, ConcernOutcome, ConcernTopic,
    FeedbackKind, FieldError, PEOPLE_FLOOR, TenantId, is_unseen,
};
use crate::ledger::{Concern, ExplanationClaims, Raised, TokenKind};
use crate::store::{CONCERNS_PER_DECISION_MAX, FeedbackCount, FeedbackRow};

/// A concern as it is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernIn {
    /// Its identifier; it is taken once.
    pub id: ConcernId,
    /// What it is about.
    pub topic: ConcernTopic,
    /// In the person's own words; may be empty.
    pub text: String,
}

/// Checks a text of a field: at most so many characters, and none that nobody can see.
///
/// # Errors
/// The rule that it breaks; the text itself is not repeated.
fn check_text(field: &str, text: &str, characters_max: usize) -> Result<(), FieldError> {
    let characters = text.chars().count();
    if characters > characters_max {
        let rule = format!("must be at most {characters_max} characters, has {characters}");
        return Err(FieldError::new(field, rule));
    }
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| is_unseen(c) && !breaks(c)) {
        let rule =
            format!("must have no characters that cannot be seen; text of {characters} characters has");
        return Err(FieldError::new(field, rule));
    }
    Ok(())
}

impl Engine {
    /// Keeps feedback on the ad of a token; whether it is new. The same of the same ad counts once.
    ///
    /// # Errors
    /// When the token is refused, its decision is gone, or nothing can be kept.
    pub async fn submit_feedback(&self, token: &str, kind: FeedbackKind) -> Result<bool, DecideError> {
        let ExplanationClaims { tenant, decision, ad, .. } = self.claims(token)?;
        let alias = self.ledger.alias_of_decision(&tenant, decision).await?.ok_or_else(gone)?;
        let row = FeedbackRow { tenant, decision, ad, kind, alias, at: self.now() };
        Ok(self.store.append_feedback(row).await?)
    }

    /// How often each kind of feedback was given, those that enough people gave.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn feedback(&self, tenant: &TenantId) -> Result<Vec<FeedbackCount>, DecideError> {
        let mut counts = self.store.feedback_counts(tenant).await?;
        counts.retain(|count| count.people >= PEOPLE_FLOOR);
        Ok(counts)
    }

    /// Raises a concern about the ad of a token; whether an earlier, identical call did.
    ///
    /// # Errors
    /// When the text breaks a rule, the token is refused, its decision is gone, the id belongs to another concern, there
    /// are too many, or nothing can be kept.
    pub async fn raise_concern(
        &self,
        token: &str,
        incoming: ConcernIn,
    ) -> Result<(Concern, bool), DecideError> {
        check_text("text", &incoming.text, CONCERN_CHARACTERS_MAX)?;
        let ExplanationClaims { tenant, decision, ad, .. } = self.claims(token)?;
        let alias = self.ledger.alias_of_decision(&tenant, decision).await?.ok_or_else(gone)?;
        let ConcernIn { id, topic, text } = incoming;
        let raised = Concern {
            seq: 0,
            tenant,
            id,
            decision,
            ad,
            topic,
            at: self.now(),
            text: Some(text),
            outcome: None,
            answer: None,
        };
        let same = |known: &Concern| {
            (known.decision, known.ad, known.topic) == (raised.decision, raised.ad, raised.topic)
                && known.text == raised.text
        };
        match self.ledger.raise(alias, raised.clone()).await? {
            Raised::New(concern) => Ok((*concern, false)),
            Raised::Known(known) if same(&known) => Ok((*known, true)),
            Raised::Known(_) => Err(DecideError::ConcernReused),
            Raised::TooMany => Err(DecideError::TooManyConcerns(CONCERNS_PER_DECISION_MAX)),
        }
    }

    /// What became of a concern about the decision of a token. What was written is told to a verified token alone.
    ///
    /// # Errors
    /// When the token is refused, or there is no such concern about its decision.
    pub async fn concern(&self, token: &str, id: &ConcernId) -> Result<Concern, DecideError> {
        let claims = self.claims(token)?;
        self.ledger.alias_of_decision(&claims.tenant, claims.decision).await?.ok_or_else(gone)?;
        let known = self.ledger.concern(&claims.tenant, id).await?;
        let known = known.filter(|concern| concern.decision == claims.decision);
        known.map(|concern| told_to(claims.kind, concern)).ok_or_else(unknown)
    }

    /// The concerns about the decision of a token, oldest first. What was written is told to a verified token alone.
    ///
    /// # Errors
    /// When the token is refused or its decision is gone.
    pub async fn concerns_about(&self, token: &str) -> Result<Vec<Concern>, DecideError> {
        let claims = self.claims(token)?;
        let alias = self.ledger.alias_of_decision(&claims.tenant, claims.decision).await?.ok_or_else(gone)?;
        let mut concerns = self.ledger.concerns_of(&claims.tenant, alias).await?;
        concerns.retain(|concern| concern.decision == claims.decision);
        Ok(concerns.into_iter().map(|concern| told_to(claims.kind, concern)).collect())
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
    ) -> Result<Vec<Concern>, DecideError> {
        Ok(self.ledger.concerns(tenant, open, after, limit).await?)
    }

    /// Answers a concern. An answer stands: the same one again changes nothing, another one is refused.
    ///
    /// # Errors
    /// When the text is empty or breaks a rule, there is no such concern, it has another answer, its person was
    /// erased, or the answer cannot be kept.
    pub async fn resolve_concern(
        &self,
        tenant: &TenantId,
        id: &ConcernId,
        outcome: ConcernOutcome,
        text: &str,
    ) -> Result<Concern, DecideError> {
        check_text("answer", text, ANSWER_CHARACTERS_MAX)?;
        if text.trim().is_empty() {
            return Err(FieldError::new("answer", "must not be empty: it is what the person reads").into());
        }
        let answer = ConcernAnswer { at: self.now(), outcome, text: text.to_owned() };
        let (concern, is_new) = self.ledger.answer(tenant, id, &answer).await?.ok_or_else(unknown)?;
        let stands = concern.answer.as_ref();
        let same = stands.is_some_and(|known| (known.outcome, &known.text) == (outcome, &answer.text));
        if is_new || same { Ok(concern) } else { Err(DecideError::AnsweredBefore) }
    }

    /// What the decision of a concern comes to, made again: what whoever answers has to know first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn check_concern(&self, concern: &Concern) -> Result<Replayed, DecideError> {
        self.replay(&concern.tenant, concern.decision).await
    }
}

/// A concern as the holder of a token may read it.
fn told_to(kind: TokenKind, concern: Concern) -> Concern {
    match kind {
        TokenKind::Verified => concern,
        TokenKind::Bearer => Concern { text: None, answer: None, ..concern },
    }
}

fn gone() -> DecideError {
    DecideError::NotFound("the decision is not in the log".to_owned())
}

fn unknown() -> DecideError {
    DecideError::NotFound("concern_id: there is no such concern".to_owned())
}
