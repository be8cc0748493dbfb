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
        self.logs.get(subject).is_some_and(|log| log.places.contains(&place))
    }

    /// The last place of the store that there is an event of `subject` from.
    #[must_use]
    pub fn last_stored(&self, subject: &SubjectKey) -> u64 {
        self.logs.get(subject).and_then(|log| log.places.iter().max().copied()).unwrap_or(GIVEN)
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
        self.at = kept(self.at.len()).map(|place| self.at[place]).collect();
        self.index.take();
    }

    fn insert(&mut self, event: &Event, codes: impl Iterator<Item = u32>, stored_at: u64) {
        let place = self.at.partition_point(|at| *at <= event.at);
        self.at.insert(place, event.at);
        self.kind.insert(place, event.kind);
        self.spend_micros.insert(place, event.spend_micros);
        self.places.insert(place, stored_at);
        let first = place * usize::from(self.attributes);
        self.codes.splice(first..first, codes);
        self.index.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::{ad, moment, person, schema};
    use crate::domain::{Attribute, Statistic};

    fn event(when: &str, category: Option<u32>) -> Event {
        Event {
            kind: EventKind::Purchase,
            at: moment(when),
            attributes: vec![category, None, None],
            spend_micros: 0,
        }
    }

    #[test]
    fn an_event_of_a_sensitive_value_is_not_kept() {
        let schema = schema();
        let symbols = Symbols::of(&schema);
        let category = schema.attribute("category").unwrap();
        let pharmacy = symbols.intern(category, "PHARMACY");
        let soup = symbols.intern(category, "SOUP");
        let mut history = History::new(&schema, &symbols);
        assert_eq!(history.insert(person("p1"), &event("2024-02-01", Some(pharmacy))), Intake::Sensitive);
        assert_eq!((history.events(), history.people()), (0, 0));
        assert_eq!(history.insert(person("p1"), &event("2024-02-01", Some(soup))), Intake::Kept);
        // The same code under another attribute is another value.
        let mut of_brand = event("2024-02-01", None);
        of_brand.attributes[1] = Some(pharmacy);
        assert_eq!(history.insert(person("p1"), &of_brand), Intake::Kept);
        assert_eq!((history.events(), history.people()), (2, 1));
    }

    #[test]
    fn a_person_who_is_removed_leaves_nothing() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        for when in ["2024-02-02", "2024-02-01"] {
            assert_eq!(history.insert(person("p1"), &event(when, None)), Intake::Kept);
        }
        assert_eq!(history.insert(person("p2"), &event("2024-02-03", None)), Intake::Kept);
        assert_eq!(history.remove(&person("p1")), 2);
        assert_eq!(history.remove(&person("p1")), 0);
        assert_eq!((history.events(), history.people()), (1, 1));
    }

    #[test]
    fn what_was_done_under_two_names_is_told_under_the_new_one() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        let [old, new] = ["old", "new"].map(person);
        for (who, when, code) in [(old, "2024-02-01", 1), (new, "2024-02-02", 2), (old, "2024-02-03", 3)] {
            let _ = history.insert(who, &event(when, Some(code)));
        }
        history.rename(&old, new);
        history.rename(&old, new);
        let told: Vec<Event> = history.events_of(&new).collect();
        let days = [("2024-02-01", 1), ("2024-02-02", 2), ("2024-02-03", 3)];
        assert_eq!(told, days.map(|(when, code)| event(when, Some(code))));
        history.rename(&new, old);
        assert_eq!((history.events_of(&old).count(), history.people()), (3, 1));
        history.retain_people(|subject| *subject == new);
        assert_eq!(history.people(), 0);
    }

    #[test]
    fn what_happened_until_a_moment_is_forgotten_and_what_came_later_stays() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        for (when, code) in [("2024-02-01", 1), ("2024-02-02", 2), ("2024-02-03", 3)] {
            let _ = history.insert(person("p1"), &event(when, Some(code)));
        }
        assert_eq!(history.remove_until(&person("p1"), moment("2024-02-02")), 2);
        let left: Vec<Event> = history.events_of(&person("p1")).collect();
        assert_eq!(left, [event("2024-02-03", Some(3))]);
        assert_eq!(history.remove_until(&person("p1"), moment("2024-02-03")), 1);
        assert_eq!((history.events(), history.people()), (0, 0));
    }

    #[test]
    fn a_row_of_the_store_is_there_once_and_what_was_given_stays_when_rows_are_replaced() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        let (who, [one, two]) = (person("p1"), [1, 2].map(|code| event("2024-02-01", Some(code))));
        assert_eq!(history.insert(who, &one), Intake::Kept);
        assert_eq!(history.insert_stored(who, std::slice::from_ref(&one), 7), Intake::Kept);
        assert_eq!(history.insert_stored(who, std::slice::from_ref(&one), 7), Intake::Known);
        assert_eq!(history.insert_stored(who, &[two.clone(), two.clone()], 9), Intake::Kept);
        let counts = |history: &History| {
            (history.stored_on_day_of(&who, &one), history.stored_on_day_of(&who, &two), history.events())
        };
        assert_eq!((counts(&history), history.last_stored(&who)), ((1, 2, 4), 9));
        assert_eq!(history.stored_on_day_of(&who, &event("2024-02-02", Some(1))), 0);
        assert!(history.replace_stored(&who, &one, &two));
        assert!(!history.replace_stored(&who, &one, &two), "what was given is not of the store");
        assert_eq!((counts(&history), history.has_stored(&who, 7)), ((0, 3, 4), true));
        history.forget_stored(&who, 7);
        assert_eq!((counts(&history), history.has_stored(&who, 7)), ((0, 2, 3), false));
        history.rename(&who, person("p2"));
        assert!(history.has_stored(&person("p2"), 9));
        history.forget_stored(&person("p2"), 9);
        assert_eq!(history.given_of(&person("p2")).collect::<Vec<_>>(), [one]);
        assert_eq!(history.last_stored(&person("p2")), 0);
    }

    #[test]
    fn events_that_are_not_to_be_kept_leave_the_others_as_they_were() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        for (who, when, code) in [("p1", "2024-02-01", 1), ("p1", "2024-02-03", 3), ("p2", "2024-02-01", 4)] {
            let _ = history.insert(person(who), &event(when, Some(code)));
        }
        assert_eq!(history.retain(|_, at| at > moment("2024-02-02")), 2);
        assert_eq!(history.events_of(&person("p1")).collect::<Vec<_>>(), [event("2024-02-03", Some(3))]);
        assert_eq!((history.events(), history.people()), (1, 1));
    }

    #[test]
    fn an_event_counts_even_when_the_past_was_asked_for_before() {
        let schema = schema();
        let mut history = History::new(&schema, &Symbols::of(&schema));
        let of_category = AttributeId(0);
        let ad = Ad {
            attributes: vec![Attribute { codes: vec![1] }],
            ..ad(&schema, &Symbols::of(&schema), "ad", &[])
        };
        let counted = |history: &History| {
            let affinity = Affinity {
                event: EventKind::Purchase,
                on: Some(of_category),
                statistic: Statistic::Count,
                window_days: 30,
            };
            history.cell(&person("p1"), &ad, affinity, moment("2024-02-20"))
        };
        assert_eq!(counted(&history), Cell::Number(0.0));
        for (count, when) in [(1.0, "2024-02-03"), (2.0, "2024-02-01"), (3.0, "2024-02-04")] {
            assert_eq!(history.insert(person("p1"), &event(when, Some(1))), Intake::Kept);
            assert_eq!(counted(&history), Cell::Number(count));
        }
    }

    #[test]
    fn events_that_come_late_take_their_place_in_time() {
        let schema = schema();
        let symbols = Symbols::of(&schema);
        let mut history = History::new(&schema, &symbols);
        for (when, code) in [("2024-02-03", 3), ("2024-02-01", 1), ("2024-02-02", 2), ("2024-02-02", 4)] {
            assert_eq!(history.insert(person("p1"), &event(when, Some(code))), Intake::Kept);
        }
        let log = &history.logs[&person("p1")];
        assert!(log.at.is_sorted());
        let codes = (0..log.len()).map(|event| log.code(event, AttributeId(0))).collect::<Vec<_>>();
        assert_eq!(codes, [1, 2, 4, 3]);
        assert_eq!(log.code(0, AttributeId(1)), UNKNOWN);
    }
}
