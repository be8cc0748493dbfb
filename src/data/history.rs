//! What each person did, in order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::domain::{
    Ad, Affinity, AttributeId, Cell, Event, EventKind, Evidence, Micros, SubjectKey, Timestamp,
};

use super::index::{Index, narrow};
use super::past::Past;
use super::schema::Schema;
use super::symbols::Symbols;

/// The code of an attribute that an event has no value for.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// The place of events that the store does not tell of.
const GIVEN: u64 = 0;

/// The log of whoever did nothing.
static NOTHING: Log = Log::nothing(0);

/// The events of every person. Events with a sensitive attribute value are never kept.
#[derive(Clone, Debug)]
pub struct History {
    logs: BTreeMap<SubjectKey, Log>,
    /// Codes of the sensitive values, by attribute.
    sensitive: Vec<BTreeSet<u32>>,
}

/// Whether an event was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Intake {
    /// It was, and moves later decisions.
    Kept,
    /// It is there already, from the same place of the store.
    Known,
    /// It was not: it would tell of the person's health or family state.
    Sensitive,
}

/// One person's events: an array for each part of an event, ascending by time; events of one moment
/// in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub at: Vec<Timestamp>,
    pub kind: Vec<EventKind>,
    pub spend_micros: Vec<Micros>,
    /// The place in the store of the row that tells of it; 0 if it is of the data that the service was given.
    places: Vec<u64>,
    /// The last of the places: what comes from the store comes in their order, so that few are looked for.
    newest: u64,
    /// Events x attributes; [`UNKNOWN`] where there is no value.
    codes: Vec<u32>,
    attributes: u8,
    index: OnceLock<Index>,
}

impl History {
    /// A history without events, for attributes of `schema`.
    #[must_use]
    pub fn new(schema: &Schema, symbols: &Symbols) -> Self {
        let codes = |(id, values): (AttributeId, &BTreeSet<String>)| {
            values.iter().map(|value| symbols.intern(id, value)).collect()
        };
        let values = schema.attributes.iter().map(|attribute| &attribute.sensitive);
        let sensitive = (0..=u8::MAX).map(AttributeId).zip(values).map(codes).collect();
        Self { logs: BTreeMap::new(), sensitive }
    }

    /// Adds an event of `subject` at its place in time. Events may come in any order.
    pub fn insert(&mut self, subject: SubjectKey, event: &Event) -> Intake {
        self.insert_at(subject, event, GIVEN)
    }

    /// Adds the events that a row of the store tells of, unless something of the row's place is there: whoever comes second
    /// with a row changes nothing.
    pub fn insert_stored(&mut self, subject: SubjectKey, events: &[Event], place: u64) -> Intake {
        if self.has_stored(&subject, place) {
            return Intake::Known;
        }
        let mut intake = Intake::Kept;
        for event in events {
            intake = self.insert_at(subject, event, place);
        }
        intake
    }

    /// Whether there are events of `subject` from a place of the store.
    #[must_use]
    pub fn has_stored(&self, subject: &SubjectKey, place: u64) -> bool {
        self.logs.get(subject).is_some_and(|log| place <= log.newest && log.places.contains(&place))
    }

    /// The last place of the store that there is an event of `subject` from.
    #[must_use]
    pub fn last_stored(&self, subject: &SubjectKey) -> u64 {
        self.logs.get(subject).map_or(GIVEN, |log| log.newest)
    }

    /// Forgets the events of `subject` that came from the store, up to a place.
    pub fn forget_stored(&mut self, subject: &SubjectKey, until: u64) {
        let Some(log) = self.logs.get_mut(subject) else { return };
        let kept: Vec<bool> = log.places.iter().map(|place| *place == GIVEN || *place > until).collect();
        log.keep(|place| kept[place]);
        if log.len() == 0 {
            self.logs.remove(subject);
        }
    }

    /// How many events of `subject` came from the store and differ from `event` in the hour and in what was spent alone.
    #[must_use]
    pub fn stored_on_day_of(&self, subject: &SubjectKey, event: &Event) -> usize {
        let Some(log) = self.logs.get(subject) else { return 0 };
        let day = event.at.day();
        let of_day =
            (0..log.len()).filter(|place| log.places[*place] != GIVEN && log.at[*place].day() == day);
        let events = of_day.map(|place| log.event(place));
        events.filter(|other| other.kind == event.kind && other.attributes == event.attributes).count()
    }

    fn insert_at(&mut self, subject: SubjectKey, event: &Event, place: u64) -> Intake {
        let code = |index: usize| event.attributes.get(index).copied().flatten();
        let mut sensitive = self.sensitive.iter().enumerate();
        if sensitive.any(|(index, codes)| code(index).is_some_and(|code| codes.contains(&code))) {
            return Intake::Sensitive;
        }
        let attributes = self.sensitive.len();
        let width = u8::try_from(attributes).unwrap_or(u8::MAX);
        let log = self.logs.entry(subject).or_insert_with(|| Log::nothing(width));
        log.insert(event, (0..attributes).map(|index| code(index).unwrap_or(UNKNOWN)), place);
        Intake::Kept
    }

    /// Forgets everything that `subject` did; returns how many events that were.
    pub fn remove(&mut self, subject: &SubjectKey) -> usize {
        self.logs.remove(subject).map_or(0, |log| log.len())
    }

    /// Gives what a person did under one name to another name, beside what was done under that.
    pub fn rename(&mut self, from: &SubjectKey, to: SubjectKey) {
        let Some(log) = self.logs.remove(from) else { return };
        let Some(there) = self.logs.get_mut(&to) else {
            self.logs.insert(to, log);
            return;
        };
        for place in 0..log.len() {
            let codes = log.attributes().map(|attribute| log.code(place, attribute));
            there.insert(&log.event(place), codes, log.places[place]);
        }
    }

    /// Forgets people of whom `keeps` does not say otherwise.
    pub fn retain_people(&mut self, keeps: impl Fn(&SubjectKey) -> bool) {
        self.logs.retain(|subject, _| keeps(subject));
    }

    /// Forgets what `subject` did until a moment, that moment included; returns how many events that were.
    pub fn remove_until(&mut self, subject: &SubjectKey, until: Timestamp) -> usize {
        let Some(log) = self.logs.get_mut(subject) else { return 0 };
        let gone = log.at.partition_point(|at| *at <= until);
        log.keep(|event| event >= gone);
        if log.len() == 0 {
            self.logs.remove(subject);
        }
        gone
    }

    /// Puts `now` in the place of one event of `subject` that came from the store; whether there was one.
    pub fn replace_stored(&mut self, subject: &SubjectKey, was: &Event, now: &Event) -> bool {
        let Some(log) = self.logs.get_mut(subject) else { return false };
        let is_it = |place: &usize| log.places[*place] != GIVEN && log.event(*place) == *was;
        let Some(found) = (0..log.len()).find(is_it) else { return false };
        let place = log.places[found];
        log.keep(|place| place != found);
        self.insert_at(*subject, now, place) == Intake::Kept
    }

    /// Keeps the events of which `keeps` says so, by kind and moment; returns how many were forgotten.
    pub fn retain(&mut self, keeps: impl Fn(EventKind, Timestamp) -> bool) -> usize {
        let mut forgotten = 0;
        self.logs.retain(|_, log| {
            let kept: Vec<bool> = log.kind.iter().zip(&log.at).map(|(kind, at)| keeps(*kind, *at)).collect();
            let gone = kept.iter().filter(|kept| !**kept).count();
            if gone > 0 {
                log.keep(|place| kept[place]);
            }
            forgotten += gone;
            log.len() > 0
        });
        forgotten
    }

    /// Everyone with an event.
    pub fn subjects(&self) -> impl Iterator<Item = &SubjectKey> {
        self.logs.keys()
    }

    /// What `subject` did, in order of time.
    pub fn events_of(&self, subject: &SubjectKey) -> impl Iterator<Item = Event> {
        let log = self.logs.get(subject);
        log.into_iter().flat_map(|log| (0..log.len()).map(|place| log.event(place)))
    }

    /// What the data tell that the service was given, of what `subject` did.
    pub fn given_of(&self, subject: &SubjectKey) -> impl Iterator<Item = Event> {
        let log = self.logs.get(subject);
        let given = |log: &'_ Log, place: &usize| log.places[*place] == GIVEN;
        log.into_iter().flat_map(move |log| {
            (0..log.len()).filter(move |place| given(log, place)).map(|place| log.event(place))
        })
    }

    /// How many events of `subject` happened from a moment until before another.
    #[must_use]
    pub fn count_of(&self, subject: &SubjectKey, from: Timestamp, until: Timestamp) -> usize {
        self.logs.get(subject).map_or(0, |log| {
            let before = |moment: Timestamp| log.at.partition_point(|at| *at < moment);
            before(until).saturating_sub(before(from))
        })
    }

    /// Number of events kept.
    #[must_use]
    pub fn events(&self) -> usize {
        self.logs.values().map(Log::len).sum()
    }

    /// Number of people with an event.
    #[must_use]
    pub fn people(&self) -> usize {
        self.logs.len()
    }

    /// What `subject` did strictly before `at`, prepared for the affinities given: make it once for
    /// all candidates of an impression.
    #[must_use]
    pub fn before(&self, subject: &SubjectKey, at: Timestamp, affinities: &[Affinity]) -> Past<'_> {
        Past::new(self.logs.get(subject).unwrap_or(&NOTHING), at, affinities)
    }

    /// The value of one affinity feature for one ad, of events strictly before `at`.
    #[must_use]
    pub fn cell(&self, subject: &SubjectKey, ad: &Ad, affinity: Affinity, at: Timestamp) -> Cell<'static> {
        self.before(subject, at, &[affinity]).cell(ad, affinity)
    }

    /// The facts that the value of [`History::cell`] rests on.
    #[must_use]
    pub fn evidence(
        &self,
        subject: &SubjectKey,
        ad: &Ad,
        affinity: Affinity,
        at: Timestamp,
        schema: &Schema,
        symbols: &Symbols,
    ) -> Evidence {
        self.before(subject, at, &[affinity]).evidence(ad, affinity, schema, symbols)
    }
}

impl Log {
    /// A log without events, for so many attributes.
    const fn nothing(attributes: u8) -> Self {
        Self {
            at: Vec::new(),
            kind: Vec::new(),
            spend_micros: Vec::new(),
            places: Vec::new(),
            newest: GIVEN,
            codes: Vec::new(),
            attributes,
            index: OnceLock::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.at.len()
    }

    /// The code of an event's attribute.
    pub(super) fn code(&self, event: usize, attribute: AttributeId) -> u32 {
        self.codes[event * usize::from(self.attributes) + usize::from(attribute.0)]
    }

    /// The attributes of events.
    pub(super) fn attributes(&self) -> impl Iterator<Item = AttributeId> + use<> {
        (0..self.attributes).map(AttributeId)
    }

    /// Places of the events of a kind.
    pub(super) fn of_kind(&self, kind: EventKind) -> impl Iterator<Item = u32> {
        (0..narrow(self.len())).filter(move |event| self.kind[*event as usize] == kind)
    }

    /// The events by what affinities match on.
    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self))
    }

    /// The event at a place.
    fn event(&self, place: usize) -> Event {
        let code = |attribute| Some(self.code(place, attribute)).filter(|code| *code != UNKNOWN);
        Event {
            kind: self.kind[place],
            at: self.at[place],
            attributes: self.attributes().map(code).collect(),
            spend_micros: self.spend_micros[place],
        }
    }

    /// Keeps the events whose places `keeps` names.
    fn keep(&mut self, keeps: impl Fn(usize) -> bool) {
        let attributes = usize::from(self.attributes);
        self.codes = (0..self.codes.len())
            .filter(|cell| keeps(cell / attributes.max(1)))
            .map(|cell| self.codes[cell])
            .collect();
        let kept = |count: usize| (0..count).filter(|place| keeps(*place));
        self.kind = kept(self.kind.len()).map(|place| self.kind[place]).collect();
        self.spend_micros = kept(self.spend_micros.len()).map(|place| self.spend_micros[place]).collect();
        self.places = kept(self.places.len()).map(|place| self.places[place]).collect();
        self.newest = self.places.iter().copied().max().unwrap_or(GIVEN);
        self.at = kept(self.at.len()).map(|place| self.at[place]).collect();
        self.index.take();
    }

    fn insert(&mut self, event: &Event, codes: impl Iterator<Item = u32>, stored_at: u64) {
        let place = self.at.partition_point(|at| *at <= event.at);
        self.at.insert(place, event.at);
        self.kind.insert(place, event.kind);
        self.spend_micros.insert(place, event.spend_micros);
        self.places.insert(place, stored_at);
        self.newest = self.newest.max(stored_at);
        let first = place * usize::from(self.attributes);
        self.codes.splice(first..first, codes);
        self.index.take();
    }
}

#[cfg(test)]
mod tests;
