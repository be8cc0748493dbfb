//! What is held of a person, told part by part: from the store, the log and memory.

use std::sync::PoisonError;

use super::{DecideError, Engine};
use crate::data::ShownRow;
use crate::domain::{AttributeId, Choices, Event, EventKind, Response, Standing, Timestamp};
use crate::ledger::{Concern, Record, SealedDecision};
use crate::rights::{Asker, HeldAd, HeldChange, HeldDecision, HeldEvent, Source, held_events};
use crate::store::{EventRow, FeedbackRow};

/// Parts that are read at a time.
const PARTS_PER_PAGE: u32 = 256;

/// What is held of a person, at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOverview {
    /// The random name under which decisions are kept, if there are any.
    pub alias: Option<String>,
    /// What the person's choices come to.
    pub choices: Choices,
    /// What was said of the person's data, oldest first.
    pub changes: Vec<HeldChange>,
    /// Whether the person was erased before, and what is held is younger.
    pub erased_before: bool,
}

/// Some parts, and where to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldPage<T> {
    /// The parts.
    pub parts: Vec<T>,
    /// The place of the last; None when these are all.
    pub next: Option<u64>,
}

impl Engine {
    /// What is held of a person, at a glance.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held_overview(&self, asker: &Asker) -> Result<HeldOverview, DecideError> {
        let aliases = self.store.aliases_of(&asker.tenant, &asker.subject).await?;
        let (choices, changes) = self.choices(&asker.tenant, &asker.subject).await?;
        Ok(HeldOverview {
            alias: aliases.first().map(|row| row.alias.to_hex()),
            choices,
            changes,
            erased_before: self.is_erased(&asker.tenant, &asker.subject, Timestamp::from_micros(i64::MIN)),
        })
    }

    /// The events that callers told of a person, after place `after`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held_events(&self, asker: &Asker, after: u64) -> Result<HeldPage<HeldEvent>, DecideError> {
        let page = held_events(&self.ledger, asker, after, PARTS_PER_PAGE).await?;
        let next = page.last().map(|(place, _)| *place);
        Ok(HeldPage { parts: page.into_iter().map(|(_, row)| self.told(row)).collect(), next })
    }

    /// The events of a person that are in the data which the service was given to start with.
    #[must_use]
    pub fn held_of_example(&self, asker: &Asker) -> Vec<HeldEvent> {
        let given: Vec<Event> = {
            let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
            history.given_of(&asker.subject).collect()
        };
        let mut held: Vec<HeldEvent> = given.iter().map(|event| self.given(event)).collect();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        held.extend(shown.of_subject(&asker.subject).iter().map(|row| self.given_row(row)));
        held
    }

    /// A row of the example: an ad that was shown, what was stated then, and what came of it.
    fn given_row(&self, row: &ShownRow) -> HeldEvent {
        let ad = row.ad().map(|ad| ("ad".to_owned(), ad.to_string()));
        let outcome =
            |(response, happened): &(Response, bool)| (response.name().to_owned(), happened.to_string());
        let attributes = ad.into_iter().chain(row.stated.iter().cloned());
        HeldEvent {
            id: None,
            kind: EventKind::Impression,
            at: row.at.unwrap_or_default(),
            attributes: attributes.chain(row.outcomes.iter().map(outcome)).collect(),
            spend_micros: 0,
            received_at: None,
            times: 1,
            source: Source::Example,
            retention_days: self.retention.days(EventKind::Impression),
        }
    }

    /// The decisions about a person, after place `after` of the log.
    ///
    /// # Errors
    /// When the log cannot be read, or a decision does not open.
    pub async fn held_decisions(
        &self,
        asker: &Asker,
        after: u64,
    ) -> Result<HeldPage<HeldDecision>, DecideError> {
        let mut page = Vec::new();
        for row in self.store.aliases_of(&asker.tenant, &asker.subject).await? {
            page.extend(self.ledger.decisions_of(&asker.tenant, row.alias, after, PARTS_PER_PAGE).await?);
        }
        page.sort_by_key(|sealed| sealed.seq);
        page.truncate(PARTS_PER_PAGE as usize);
        let next = page.last().map(|sealed| sealed.seq);
        let parts = page.into_iter().map(|sealed| self.decided(sealed)).collect::<Result<_, _>>()?;
        Ok(HeldPage { parts, next })
    }

    /// What was said of ads with the tokens of a person's decisions.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held_feedback(
        &self,
        asker: &Asker,
    ) -> Result<(Vec<Concern>, Vec<FeedbackRow>), DecideError> {
        let (mut concerns, mut pressed) = (Vec::new(), Vec::new());
        for row in self.store.aliases_of(&asker.tenant, &asker.subject).await? {
            concerns.extend(self.ledger.concerns_of(&asker.tenant, row.alias).await?);
            pressed.extend(self.store.feedback_of(&asker.tenant, row.alias).await?);
        }
        Ok((concerns, pressed))
    }

    fn decided(&self, sealed: SealedDecision) -> Result<HeldDecision, DecideError> {
        let record = sealed.record?;
        Ok(HeldDecision {
            id: record.id,
            impression: record.impression.clone(),
            at: record.at,
            accepted: record.accepted,
            models: record.versions.models.iter().map(|(_, version)| version.clone()).collect(),
            shown: self.shown(&record),
        })
    }

    /// The ads that a decision showed; without reasons when it cannot be made again.
    fn shown(&self, record: &Record) -> Vec<HeldAd> {
        let decision = self.restore(record).ok();
        let reasons = |index: usize| {
            let explained = decision.as_ref().and_then(|decision| self.explain_ad(decision, index));
            let reasons = explained.map(|explanation| explanation.reasons).unwrap_or_default();
            let standing = reasons.into_iter().filter(|reason| reason.standing == Standing::For);
            standing.map(|reason| reason.code).collect()
        };
        let shown = record.scored.iter().take(record.upshot.evidence.len()).enumerate();
        shown
            .map(|(index, scored)| HeldAd {
                ad: scored.ad.id.clone(),
                advertiser: scored.ad.advertiser.clone(),
                payer: scored.ad.payer.clone(),
                reasons: reasons(index),
            })
            .collect()
    }

    fn told(&self, row: EventRow) -> HeldEvent {
        HeldEvent {
            id: Some(row.id),
            kind: row.kind,
            at: row.at,
            attributes: row.attributes,
            spend_micros: row.spend_micros,
            received_at: Some(row.received_at),
            times: row.times,
            source: Source::Told,
            retention_days: self.retention.days(row.kind),
        }
    }

    fn given(&self, event: &Event) -> HeldEvent {
        let attributes = (0..).map(AttributeId).zip(&self.schema.attributes).zip(&event.attributes);
        let named = attributes.filter_map(|((id, attribute), code)| {
            let name = self.symbols.name(id, (*code)?)?;
            Some((attribute.name.clone(), name.to_string()))
        });
        HeldEvent {
            id: None,
            kind: event.kind,
            at: event.at,
            attributes: named.collect(),
            spend_micros: event.spend_micros,
            received_at: None,
            times: 1,
            source: Source::Example,
            retention_days: self.retention.days(event.kind),
        }
    }
}
