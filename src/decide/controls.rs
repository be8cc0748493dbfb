//! What the person of a decision can choose about it, and what a choice did to it.

use super::choices::receipt;
use super::{ChoiceReceipt, DecideError, Engine, Explained, Without};
use crate::domain::{AdLabel, ChangeId, Choices, Purposes, SubjectKey, TenantId};
use crate::ledger::TokenKind;

/// What can be chosen about the ad that a token opens.
#[derive(Clone, Debug)]
pub struct Controls {
    /// Who may choose here.
    pub chooser: Chooser,
    /// What was chosen so far; nothing unless the person may choose here.
    pub choices: Choices,
    /// The ad.
    pub ad: AdLabel,
    /// The data that the person controls and that the decision used, by reason code, those that pushed the ad most
    /// first.
    pub data: Vec<String>,
    /// The purposes that those data were used for.
    pub purposes: Purposes,
}

/// Who may choose about a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chooser {
    /// The person whom it is about.
    Person(TenantId, SubjectKey),
    /// Nobody who holds this token: it is one that anyone may hold.
    Bearer,
    /// Nobody: it is about no one, or no one who is known any more.
    Nobody,
}

/// A change of choices that was kept, and what it does to a decision.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The change.
    pub receipt: ChoiceReceipt,
    /// What holds now.
    pub now: Choices,
    /// The decision under what held before the change.
    pub before: Without,
    /// The decision under what held with it.
    pub after: Without,
}

impl Engine {
    /// The ad that `token` was issued for, explained, and what can be chosen about it.
    ///
    /// # Errors
    /// When the token opens nothing.
    pub async fn explain_with_controls(&self, token: &str) -> Result<(Explained, Controls), DecideError> {
        let opened = self.open(token).await?;
        let chooser = self.chooser_of(token).await?;
        let ad = (*opened.decision.ranked[opened.index].ad).clone();
        let controls = self.controls(&opened);
        let features = self.features_of(&opened.decision);
        let used = controls.iter().flat_map(|(_, ids)| ids).filter_map(|id| features.get(id.index()));
        let purposes = used.fold(Purposes::NONE, |all, feature| all.union(feature.serving));
        let choices = match &chooser {
            Chooser::Person(tenant, subject) => self.store.current_choices(tenant, subject).await?,
            Chooser::Bearer | Chooser::Nobody => Choices::default(),
        };
        let data = controls.into_iter().map(|(code, _)| code).collect();
        drop(features);
        Ok((self.explained(opened)?, Controls { chooser, choices, ad, data, purposes }))
    }

    /// Who may choose about the decision of `token`.
    ///
    /// # Errors
    /// When the token is refused, or its decision is not in the log.
    pub async fn chooser_of(&self, token: &str) -> Result<Chooser, DecideError> {
        let claims = self.claims(token)?;
        let row = self.store.decision(&claims.tenant, claims.decision).await?;
        let gone = || DecideError::NotFound("the decision is not in the log".to_owned());
        let alias = row.ok_or_else(gone)?.alias;
        match claims.kind {
            TokenKind::Bearer => Ok(Chooser::Bearer),
            TokenKind::Verified => {
                let person = self.store.subject_of_alias(&claims.tenant, alias).await?;
                let subject = person.and_then(|person| person.subject);
                Ok(subject.map_or(Chooser::Nobody, |subject| Chooser::Person(claims.tenant, subject)))
            }
        }
    }

    /// A change that the person of a token made, with the token's decision before and after it.
    ///
    /// # Errors
    /// When the token is not the person's, or the person made no such change.
    pub async fn kept_change(&self, token: &str, id: &ChangeId) -> Result<Kept, DecideError> {
        let (tenant, subject) = self.person_of_token(token).await?;
        let (now, changes) = self.choices(&tenant, &subject).await?;
        let mut before = Choices::default();
        let mut found = None;
        for change in changes {
            if change.id == *id {
                found = Some(change);
                break;
            }
            before.apply(&change);
        }
        let change =
            found.ok_or_else(|| DecideError::NotFound("change_id: is not the person's".to_owned()))?;
        let receipt = receipt(change, before);
        let opened = self.open(token).await?;
        let before = self.opened_under(&opened, &receipt.before)?;
        let after = self.opened_under(&opened, &receipt.after)?;
        Ok(Kept { receipt, now, before, after })
    }

    /// An identifier for a change that somebody is about to make.
    #[must_use]
    pub fn fresh_change_id(&self) -> ChangeId {
        ChangeId::fresh(self.ids.uuid(self.now()))
    }
}
