//! What one person did before one moment: the only place where affinities are computed.
//!
//! Events at or after the moment are not in a [`Past`], so nothing that is computed of one can
//! depend on them.

use std::collections::BTreeMap;

use crate::domain::{
    Ad, Affinity, AttributeId, Cell, Day, EventKind, Evidence, Micros, Statistic, Timestamp,
};

use super::history::{Log, UNKNOWN};
use super::schema::Schema;
use super::symbols::Symbols;

/// One person's events strictly before one moment, as far back as the longest window looks.
#[derive(Debug)]
pub struct Past<'a> {
    log: Option<&'a Log>,
    at: Timestamp,
    /// Events of a kind, ascending by time.
    of_kind: BTreeMap<EventKind, Vec<u32>>,
    /// Events of a kind with a value of an attribute: (code, event), ascending.
    of_value: BTreeMap<(EventKind, AttributeId), Vec<(u32, u32)>>,
}

/// Which events count: those of a kind, or those that also share an attribute's value with the ad.
type Match = (EventKind, Option<AttributeId>);

impl<'a> Past<'a> {
    /// The events of `log` strictly before `at`, indexed by what `affinities` match on.
    pub(super) fn new(log: Option<&'a Log>, at: Timestamp, affinities: &[Affinity]) -> Self {
        let mut past = Self { log, at, of_kind: BTreeMap::new(), of_value: BTreeMap::new() };
        let Some(log) = log else { return past };
        let days = affinities.iter().map(|affinity| affinity.window_days).max().unwrap_or_default();
        let first = log.at.partition_point(|moment| *moment < since(at, days));
        let end = log.at.partition_point(|moment| *moment < at);
        for &Affinity { event: kind, on, .. } in affinities {
            let events = past.of_kind.entry(kind).or_insert_with(|| {
                (first..end).filter(|&event| log.kind[event] == kind).map(index).collect()
            });
            let Some(attribute) = on else { continue };
            past.of_value.entry((kind, attribute)).or_insert_with(|| {
                let code = |event: &u32| (log.code(*event as usize, attribute), *event);
                let known = |(code, _): &(u32, u32)| *code != UNKNOWN;
                let mut events = events.iter().map(code).filter(known).collect::<Vec<_>>();
                events.sort_unstable();
                events
            });
        }
        past
    }

    /// The value of `affinity` for `ad`; `affinity` must be among those that the past was made for.
    #[must_use]
    pub fn cell(&self, ad: &Ad, affinity: Affinity) -> Cell<'static> {
        let mut cells = Vec::with_capacity(1);
        self.cells(ad, &[affinity], |_| true, &mut cells);
        cells[0]
    }

    /// Appends the value of each affinity for `ad`. An affinity of which `permits`, given its place
    /// in the list, does not hold is withheld and not computed.
    ///
    /// An ad without a value of the attribute to match on has missing values.
    pub fn cells(
        &self,
        ad: &Ad,
        affinities: &[Affinity],
        permits: impl Fn(usize) -> bool,
        cells: &mut Vec<Cell<'static>>,
    ) {
        let mut matched: Vec<(Match, Vec<u32>)> = Vec::new();
        for (place, &affinity) in affinities.iter().enumerate() {
            if !permits(place) {
                cells.push(Cell::Withheld);
                continue;
            }
            let wanted = (affinity.event, affinity.on);
            let known = matched.iter().position(|(there, _)| *there == wanted).unwrap_or_else(|| {
                matched.push((wanted, self.matching(ad, wanted)));
                matched.len() - 1
            });
            let lacks_value = affinity.on.is_some_and(|on| values_of(ad, on).is_empty());
            cells.push(if lacks_value { Cell::Missing } else { self.statistic(affinity, &matched[known].1) });
        }
    }

    /// The facts that the value of `affinity` for `ad` rests on: those of all its events, so that they
    /// are what moved the ad. A value that ad and history share is named when it is the only one.
    #[must_use]
    pub fn evidence(&self, ad: &Ad, affinity: Affinity, schema: &Schema, symbols: &Symbols) -> Evidence {
        let matching = self.matching(ad, (affinity.event, affinity.on));
        let events = self.window(affinity, &matching);
        let Some(on) = affinity.on else { return self.facts(affinity, None, None, events) };
        let attribute = schema.attributes.get(usize::from(on.0)).map(|attribute| attribute.name.clone());
        let key = match (values_of(ad, on), events) {
            // Of an ad with one value it can be said what is not shared, too.
            ([only], _) => Some(*only),
            (_, [first, rest @ ..]) => {
                let code = self.code(*first, on);
                rest.iter().all(|&event| self.code(event, on) == code).then_some(code)
            }
            (_, []) => None,
        };
        let key = key.and_then(|code| symbols.name(on, code)).map(|name| name.to_string());
        self.facts(affinity, attribute, key, events)
    }

    fn code(&self, event: u32, attribute: AttributeId) -> u32 {
        self.log.map_or(UNKNOWN, |log| log.code(event as usize, attribute))
    }

    /// The events that count for `ad`, ascending by time.
    fn matching(&self, ad: &Ad, (kind, on): Match) -> Vec<u32> {
        let Some(on) = on else {
            return self.of_kind.get(&kind).cloned().unwrap_or_default();
        };
        let codes = values_of(ad, on);
        if let [only] = codes {
            return self.with_value(kind, on, *only);
        }
        let events = self.of_value.get(&(kind, on)).map(Vec::as_slice).unwrap_or_default();
        let mut matching = events
            .chunk_by(|(code, _), (next, _)| code == next)
            .filter(|chunk| codes.binary_search(&chunk[0].0).is_ok())
            .flat_map(|chunk| chunk.iter().map(|(_, event)| *event))
            .collect::<Vec<_>>();
        matching.sort_unstable();
        matching
    }

    /// The events with one value of an attribute, ascending by time.
    fn with_value(&self, kind: EventKind, on: AttributeId, code: u32) -> Vec<u32> {
        let events = self.of_value.get(&(kind, on)).map(Vec::as_slice).unwrap_or_default();
        let first = events.partition_point(|(there, _)| *there < code);
        events[first..].iter().take_while(|(there, _)| *there == code).map(|(_, event)| *event).collect()
    }

    /// Those of `events` that the window of `affinity` holds.
    fn window<'e>(&self, affinity: Affinity, events: &'e [u32]) -> &'e [u32] {
        let since = since(self.at, affinity.window_days);
        &events[events.partition_point(|&event| self.moment(event) < since)..]
    }

    fn statistic(&self, affinity: Affinity, matching: &[u32]) -> Cell<'static> {
        let events = self.window(affinity, matching);
        match affinity.statistic {
            Statistic::Count => Cell::Number(events.len() as f64),
            Statistic::DistinctDays => Cell::Number(f64::from(self.days(events))),
            Statistic::DaysSinceLast => events.last().map_or(Cell::Missing, |&last| {
                Cell::Number(f64::from(self.at.day().number() - self.day(last).number()))
            }),
            Statistic::Spend => Cell::Number(self.spend_micros(events) as f64 / 1e6),
            Statistic::ShareOfDays => {
                let any = self.of_kind.get(&affinity.event).map(Vec::as_slice).unwrap_or_default();
                match self.days(self.window(affinity, any)) {
                    0 => Cell::Missing,
                    days => Cell::Number(f64::from(self.days(events)) / f64::from(days)),
                }
            }
        }
    }

    fn facts(
        &self,
        affinity: Affinity,
        attribute: Option<String>,
        key: Option<String>,
        events: &[u32],
    ) -> Evidence {
        Evidence::History {
            event: affinity.event,
            attribute,
            key,
            days: self.days(events),
            count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            first: events.first().map(|&event| self.day(event)),
            last: events.last().map(|&event| self.day(event)),
            window_days: affinity.window_days,
        }
    }

    /// On how many different days; `events` ascend by time.
    fn days(&self, events: &[u32]) -> u32 {
        let mut last = None;
        let mut days = 0;
        for &event in events {
            let day = Some(self.day(event));
            days += u32::from(day != last);
            last = day;
        }
        days
    }

    fn spend_micros(&self, events: &[u32]) -> Micros {
        let spend = |&event: &u32| self.log.map_or(0, |log| log.spend_micros[event as usize]);
        events.iter().map(spend).fold(0, Micros::saturating_add)
    }

    fn day(&self, event: u32) -> Day {
        self.moment(event).day()
    }

    fn moment(&self, event: u32) -> Timestamp {
        self.log.map_or(self.at, |log| log.at[event as usize])
    }
}

/// The first moment of a window that ends before `at`.
fn since(at: Timestamp, window_days: u32) -> Timestamp {
    at.plus_days(-i64::from(window_days))
}

/// The codes of the values that `ad` has of an attribute, ascending.
fn values_of(ad: &Ad, attribute: AttributeId) -> &[u32] {
    ad.attributes.get(usize::from(attribute.0)).map(|values| values.codes.as_slice()).unwrap_or_default()
}

fn index(event: usize) -> u32 {
    u32::try_from(event).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
