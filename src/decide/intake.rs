//! Which events are believed. Whoever can tell the service events could make a person appear to like anything, or an
//! ad to work: so an outcome counts only for a decision that showed the ad to this person, once and in its time; nobody does
//! more in a day than people do; and what is not believed is counted, by cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::events::EventIn;
use super::{DecideError, Engine};
use crate::domain::{
    AdId, Day, DecisionId, EventId, EventKind, QuarantineCause, Quarantined, SubjectKey, TenantId, Timestamp,
};
use crate::store::OWN_ID_PREFIX;

/// What is believed of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeSettings {
    /// For how many days after it happened an event is taken; as long its id is remembered.
    pub event_days: u32,
    /// For how many days after a decision what comes of it counts.
    pub outcome_days: u32,
    /// Most events of one person on one day.
    pub person_day_max: u64,
    /// Most events of one caller, that is of one tenant, on one day.
    pub caller_day_max: u64,
}

impl Default for IntakeSettings {
    fn default() -> Self {
        Self { event_days: 7, outcome_days: 30, person_day_max: 1_000, caller_day_max: 10_000_000 }
    }
}

/// The decision and the ad of which an event is an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeOf {
    /// The decision.
    pub decision: DecisionId,
    /// The ad that it showed.
    pub ad: AdId,
}

/// How many events each caller told today.
#[derive(Debug, Default)]
pub(super) struct ToldToday(Mutex<BTreeMap<TenantId, (Day, u64)>>);

impl ToldToday {
    /// Counts one more; whether it is within so many.
    fn count(&self, tenant: &TenantId, today: Day, max: u64) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, count) = told.entry(tenant.clone()).or_insert((today, 0));
        if *day != today {
            (*day, *count) = (today, 0);
        }
        *count += 1;
        *count <= max
    }
}

/// How many events that are new each person did on each day, of those that were read of one batch.
#[derive(Debug, Default)]
pub(super) struct InBatch {
    counts: BTreeMap<(SubjectKey, Day), u64>,
    /// Ids that were taken before: a stream that is sent again is not told twice.
    known: BTreeSet<(TenantId, EventId)>,
}

impl Engine {
    /// Why an event is not believed; None when it is. The outcome of a decision is given the id under which it
    /// counts once, whatever its caller named it.
    pub(super) async fn believe(
        &self,
        event: &mut EventIn,
        batch: &mut InBatch,
    ) -> Result<Option<QuarantineCause>, DecideError> {
        let (settings, now) = (&self.intake, self.now());
        if !self.told_today.count(&event.tenant, now.day(), settings.caller_day_max) {
            return Ok(Some(QuarantineCause::CallerDay));
        }
        if event.at < now.plus_days(-i64::from(settings.event_days)) {
            return Ok(Some(QuarantineCause::TooOld));
        }
        if let Some(of) = event.of.clone()
            && let Some(cause) = self.believe_outcome(event, &of).await?
        {
            return Ok(Some(cause));
        }
        if batch.known.contains(&(event.tenant.clone(), event.id.clone())) {
            return Ok(None);
        }
        let in_batch = batch.counts.entry((event.subject, event.at.day())).or_default();
        *in_batch += 1;
        let is_within = *in_batch + self.done_on(&event.subject, event.at.day()) <= settings.person_day_max;
        Ok((!is_within).then_some(QuarantineCause::PersonDay))
    }

    /// A batch that is about to be read: which of its events were taken before is looked up only where somebody would
    /// else do more in a day than is believed.
    pub(super) async fn begin_batch(&self, events: &[EventIn]) -> Result<InBatch, DecideError> {
        let mut told = BTreeMap::<(SubjectKey, Day), Vec<&EventIn>>::new();
        for event in events {
            told.entry((event.subject, event.at.day())).or_default().push(event);
        }
        let mut batch = InBatch::default();
        for ((subject, day), events) in told {
            if events.len() as u64 + self.done_on(&subject, day) <= self.intake.person_day_max {
                continue;
            }
            for event in events {
                let known = self.store.known_events(&event.tenant, vec![event.id.clone()]).await?;
                batch.known.extend(known.into_iter().map(|id| (event.tenant.clone(), id)));
            }
        }
        Ok(batch)
    }

    async fn believe_outcome(
        &self,
        event: &mut EventIn,
        of: &OutcomeOf,
    ) -> Result<Option<QuarantineCause>, DecideError> {
        let shown = self.ledger.shown_to(&event.tenant, of.decision, &event.subject).await?;
        let Some(record) = shown else { return Ok(Some(QuarantineCause::Unlogged)) };
        let shown = record.shown().position(|ad| ad.id == of.ad);
        let Some(rank) = shown else { return Ok(Some(QuarantineCause::NotShown)) };
        let until = record.at.plus_days(i64::from(self.intake.outcome_days));
        if !(record.at..until).contains(&event.at) {
            return Ok(Some(QuarantineCause::OutsideWindow));
        }
        event.id = outcome_id(event.kind, of.decision, rank)?;
        Ok(None)
    }

    /// How many events of a person are known of a day.
    fn done_on(&self, subject: &SubjectKey, day: Day) -> u64 {
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        history.count_of(subject, day.start(), day.start().plus_days(1)) as u64
    }

    /// Keeps how many events were not believed.
    pub(super) async fn count_quarantined(
        &self,
        by_cause: BTreeMap<(TenantId, QuarantineCause), u64>,
    ) -> Result<(), DecideError> {
        let day = self.now().day();
        let mut by_tenant = BTreeMap::<TenantId, Vec<Quarantined>>::new();
        for ((tenant, cause), events) in by_cause {
            self.tally.quarantined(cause, events);
            by_tenant.entry(tenant).or_default().push(Quarantined { day, cause, events });
        }
        for (tenant, more) in by_tenant {
            self.store.add_quarantined(&tenant, more).await?;
        }
        Ok(())
    }

    /// How many events of a tenant were not believed, by day and cause.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn quarantined(&self, tenant: &TenantId) -> Result<Vec<Quarantined>, DecideError> {
        Ok(self.store.quarantined(tenant).await?)
    }

    /// Since when an event must have happened to be taken now.
    #[must_use]
    pub fn events_since(&self) -> Timestamp {
        self.now().plus_days(-i64::from(self.intake.event_days))
    }
}

/// The id under which an outcome counts once.
fn outcome_id(kind: EventKind, decision: DecisionId, rank: usize) -> Result<EventId, DecideError> {
    Ok(EventId::parse(&format!("{OWN_ID_PREFIX}{}:{decision}:{rank}", kind.name()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_tells_is_counted_by_day_and_apart_from_others() {
        let told = ToldToday::default();
        let (a, b) = (TenantId::parse("a").unwrap(), TenantId::parse("b").unwrap());
        let (today, tomorrow) = (Day::from_number(1), Day::from_number(2));
        assert_eq!([1, 2, 3].map(|_| told.count(&a, today, 2)), [true, true, false]);
        assert!(told.count(&b, today, 2));
        assert_eq!([1, 2, 3].map(|_| told.count(&a, tomorrow, 2)), [true, true, false]);
    }

    #[test]
    fn an_outcome_has_one_id_for_each_kind_decision_and_ad() {
        let decision = DecisionId::new(uuid::Uuid::from_bytes([7; 16]));
        let id = |kind, rank| outcome_id(kind, decision, rank).unwrap();
        assert_eq!(id(EventKind::Click, 1).as_str(), format!("limpid:click:{decision}:1"));
        assert_ne!(id(EventKind::Click, 1), id(EventKind::Conversion, 1));
        assert_ne!(id(EventKind::Click, 1), id(EventKind::Click, 0));
    }
}
