//! Events: durable first, then part of the history that the next decision reads.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::PoisonError;

use super::intake::OutcomeOf;
use super::{DecideError, Engine};
use crate::consent::in_force;
use crate::data::{EventDraft, Intake};
use crate::domain::{
    AttributeId, Event, EventId, EventKind, FieldErrors, Micros, Purposes, SubjectKey, TenantId, Timestamp,
};
use crate::store::{Appended, EventRow};

/// One event, after it was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct EventIn {
    /// Whose data.
    pub tenant: TenantId,
    /// Its identifier; it counts once.
    pub id: EventId,
    /// The person.
    pub subject: SubjectKey,
    /// What kind of thing.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Attribute values by name.
    pub attributes: BTreeMap<String, String>,
    /// What was spent, in micros.
    pub spend_micros: Micros,
    /// The purposes in force.
    pub accepted: Purposes,
    /// Of what it is an outcome: given if its kind is one, and only then.
    pub of: Option<OutcomeOf>,
}

/// What became of some events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// Newly recorded.
    pub recorded: i64,
    /// Known already.
    pub known: i64,
    /// Not kept: their id belongs to another event.
    pub conflicting: i64,
    /// Not kept: no accepted purpose lets anything use them.
    pub not_permitted: i64,
    /// Not kept: their category is sensitive.
    pub sensitive: i64,
    /// Not kept: the person was erased after they happened.
    pub erased: i64,
    /// Not kept: they are not believed; counted by cause.
    pub quarantined: i64,
}

impl AddAssign for EventTally {
    fn add_assign(&mut self, more: Self) {
        self.recorded += more.recorded;
        self.known += more.known;
        self.conflicting += more.conflicting;
        self.not_permitted += more.not_permitted;
        self.sensitive += more.sensitive;
        self.erased += more.erased;
        self.quarantined += more.quarantined;
    }
}

impl Engine {
    /// Checks what the schema says of an event; fields are named as in an event.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn check_event(&self, event: &EventIn) -> Result<(), FieldErrors> {
        self.read_event(event.kind, event.at, &event.attributes, event.spend_micros).map(drop)
    }

    /// Records events. Those that nothing may use, those of sensitive categories, and those that are not believed are not
    /// kept; the others are durable when this returns, and count from the next decision on.
    ///
    /// # Errors
    /// When an event does not fit the schema, or the batch cannot be made durable; then none of it
    /// counts.
    pub async fn record_events(&self, events: Vec<EventIn>) -> Result<EventTally, DecideError> {
        let mut tally = EventTally::default();
        let mut by_tenant = BTreeMap::<TenantId, Vec<(EventIn, Event)>>::new();
        let (mut batch, mut quarantined) = (self.begin_batch(&events).await?, BTreeMap::new());
        for mut incoming in events {
            let event =
                self.read_event(incoming.kind, incoming.at, &incoming.attributes, incoming.spend_micros)?;
            if self.is_erased(&incoming.tenant, &incoming.subject, incoming.at) {
                tally.erased += 1;
            } else if !self.keeps(&incoming) {
                tally.not_permitted += 1;
            } else if self.is_sensitive(&event) {
                tally.sensitive += 1;
            } else if let Some(cause) = self.believe(&mut incoming, &mut batch).await? {
                tally.quarantined += 1;
                *quarantined.entry((incoming.tenant, cause)).or_default() += 1;
            } else {
                by_tenant.entry(incoming.tenant.clone()).or_default().push((incoming, event));
            }
        }
        // What was read above is theirs only as long as that is their name.
        self.check_named(by_tenant.values().flatten().map(|(incoming, _)| &incoming.subject))?;
        for (tenant, events) in by_tenant {
            let marked = |incoming: &EventIn| self.keyring.mark(&tenant, &incoming.subject);
            let rows = events.iter().map(|(incoming, _)| (marked(incoming), self.row(incoming))).collect();
            let appended = self.store.append_events(&tenant, rows).await?;
            let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
            for ((incoming, event), appended) in events.into_iter().zip(appended) {
                match appended {
                    // Erased since it was written; whoever erases drops from memory after noting it.
                    Appended::New { .. } if self.is_erased(&tenant, &incoming.subject, incoming.at) => {
                        tally.erased += 1;
                    }
                    Appended::New { seq } => match history.insert_stored(incoming.subject, &[event], seq) {
                        // Known is what was followed before this got here.
                        Intake::Kept | Intake::Known => tally.recorded += 1,
                        Intake::Sensitive => tally.sensitive += 1,
                    },
                    Appended::Known => tally.known += 1,
                    Appended::Conflict => tally.conflicting += 1,
                    Appended::Erased => tally.erased += 1,
                }
            }
        }
        self.count_quarantined(quarantined).await?;
        Ok(tally)
    }

    /// Reads back what the store has of people, choices first and then events: what a start has to do.
    ///
    /// # Errors
    /// When the store cannot be read, or what is left to do of an erasure cannot be done.
    pub async fn recall(&self) -> Result<(), DecideError> {
        self.ledger.announce_names().await?;
        // First of all, so that nothing of someone who was erased is read, and nothing that happens meanwhile missed.
        self.recall_erasures().await?;
        self.recall_choices().await?;
        self.recall_events().await?;
        self.learn_unseen(self.keyring.earlier_tag()).await?;
        self.rename_roster().await?;
        self.try_models();
        Ok(())
    }

    /// Whether anything may use the event, by what its caller accepted and by what the person chose here.
    fn keeps(&self, event: &EventIn) -> bool {
        let own = self.own_choices(&event.tenant, &event.subject).unwrap_or_default();
        let accepted = in_force(&self.consent, event.accepted, &own, self.clock.now());
        self.gate.keeps(event.kind, accepted, &own.forgotten)
    }

    /// An event in the codes of the schema.
    pub(super) fn read_event(
        &self,
        kind: EventKind,
        at: Timestamp,
        attributes: &BTreeMap<String, String>,
        spend_micros: Micros,
    ) -> Result<Event, FieldErrors> {
        let mut attributes = attributes.clone();
        let product = attributes.remove(&self.schema.columns.product).unwrap_or_default();
        let draft = EventDraft { kind, at, product, attributes, spend_micros };
        draft.check(&self.schema, &self.symbols, &self.products)
    }

    /// The events that a row stands for, in the codes of the schema: as many as it counts, the first of which has what
    /// was spent.
    pub(super) fn events_of_row(&self, row: &EventRow) -> Result<Vec<Event>, FieldErrors> {
        let first = self.read_event(row.kind, row.at, &row.attributes, row.spend_micros)?;
        let mut events = vec![Event { spend_micros: 0, ..first.clone() }; row.times as usize];
        if let Some(event) = events.first_mut() {
            *event = first;
        }
        Ok(events)
    }

    /// Whether a value of the event is on the sensitive list.
    pub(super) fn is_sensitive(&self, event: &Event) -> bool {
        let attributes = (0..).map(AttributeId).zip(&self.schema.attributes).zip(&event.attributes);
        attributes.into_iter().any(|((id, attribute), code)| {
            let name = code.and_then(|code| self.symbols.name(id, code));
            name.is_some_and(|name| attribute.sensitive.contains(&*name))
        })
    }

    fn row(&self, event: &EventIn) -> EventRow {
        EventRow {
            id: event.id.clone(),
            subject: event.subject,
            kind: event.kind,
            at: event.at,
            attributes: event.attributes.clone(),
            spend_micros: event.spend_micros,
            received_at: self.clock.now(),
            times: 1,
        }
    }
}
