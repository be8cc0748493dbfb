//! What one person did before one moment: the only place where affinities are computed.
//!
//! Events at or after the moment are not in a [`Past`], so nothing that is computed of one can
//! depend on them.

use std::ops::Range;

use crate::domain::{
    Ad, Affinity, AttributeId, Cell, Day, EventKind, Evidence, Micros, Statistic, Timestamp,
};

use super::history::{Log, UNKNOWN};
use super::schema::Schema;
use super::symbols::Symbols;

/// How many values are looked at in turn before the rest is searched.
const NEAR: usize = 8;

/// One person's events strictly before one moment, as far back as the longest window looks.
#[derive(Debug)]
pub struct Past<'a> {
    log: Option<&'a Log>,
    at: Timestamp,
    /// Place in the log of the first event.
    first: u32,
    /// The day of each event.
    days: Vec<Day>,
    matches: Vec<Match>,
    affinities: Vec<Wanted>,
}

/// Which events count, those of a kind, or those that also share an attribute's value with the ad;
/// and the events that may.
#[derive(Debug)]
struct Match {
    kind: EventKind,
    on: Option<AttributeId>,
    /// Places in the log, by value, then ascending by time.
    events: Vec<u32>,
    /// The values that events have, ascending, with the events that have them; one run of all
    /// events, without a value, when no attribute has to match.
    runs: Vec<(u32, Range<u32>)>,
}

/// An affinity, with what is the same for all ads.
#[derive(Debug)]
struct Wanted {
    affinity: Affinity,
    /// Its place among the matches.
    of: usize,
    /// Place in the log of the first event that its window holds.
    since: u32,
    /// Days of its window on which any event of the kind happened; only for a share of days.
    days_of_kind: u32,
}

/// Computes affinities of ads, one after the other, in buffers that serve all of them.
#[derive(Debug)]
pub struct PastReader<'p> {
    past: &'p Past<'p>,
    /// Runs of events that share a value with the ad.
    runs: Vec<Range<u32>>,
    /// Which of `runs` are those of a match.
    of_match: Vec<Option<Range<usize>>>,
    /// A bit for each day.
    days: Vec<u64>,
    /// The value of each affinity that has the same one for every ad, when it has been asked for.
    of_any_ad: Vec<Option<Cell<'static>>>,
}

impl<'a> Past<'a> {
    /// The events of `log` strictly before `at`, indexed by what `affinities` match on.
    pub(super) fn new(log: Option<&'a Log>, at: Timestamp, affinities: &[Affinity]) -> Self {
        let window_days = affinities.iter().map(|affinity| affinity.window_days).max().unwrap_or_default();
        let place = |moment: Timestamp| log.map_or(0, |log| index(log.at.partition_point(|at| *at < moment)));
        let (first, end) = (place(since(at, window_days)), place(at));
        let day = |event: u32| log.map_or(at, |log| log.at[event as usize]).day();
        let days = (first..end).map(day).collect();
        let mut past = Self { log, at, first, days, matches: Vec::new(), affinities: Vec::new() };
        for &affinity in affinities {
            let of = past.match_of(affinity.event, affinity.on, end);
            let since = place(since(at, affinity.window_days));
            let mut wanted = Wanted { affinity, of, since, days_of_kind: 0 };
            if affinity.statistic == Statistic::ShareOfDays {
                let any = past.match_of(affinity.event, None, end);
                wanted.days_of_kind = past.days(window(&past.matches[any].events, since));
            }
            past.affinities.push(wanted);
        }
        past
    }

    /// The place of a match, which is made when it is not there yet.
    fn match_of(&mut self, kind: EventKind, on: Option<AttributeId>, end: u32) -> usize {
        let known = self.matches.iter().position(|known| (known.kind, known.on) == (kind, on));
        known.unwrap_or_else(|| {
            self.matches.push(self.find_match(kind, on, end));
            self.matches.len() - 1
        })
    }

    fn find_match(&self, kind: EventKind, on: Option<AttributeId>, end: u32) -> Match {
        let Some(log) = self.log else { return Match { kind, on, events: Vec::new(), runs: Vec::new() } };
        let of_kind = (self.first..end).filter(|event| log.kind[*event as usize] == kind);
        let Some(on) = on else {
            let events: Vec<u32> = of_kind.collect();
            let runs = vec![(UNKNOWN, 0..index(events.len()))];
            return Match { kind, on: None, events, runs };
        };
        let code = |event: u32| (log.code(event as usize, on), event);
        // By code, then event, in one number: it sorts faster than two.
        let mut keys: Vec<u64> = of_kind
            .map(code)
            .filter(|(code, _)| *code != UNKNOWN)
            .map(|(code, event)| u64::from(code) << 32 | u64::from(event))
            .collect();
        keys.sort_unstable();
        #[allow(clippy::cast_possible_truncation, reason = "the lower half is taken apart from the upper")]
        let (code, event) = (|key: &u64| (key >> 32) as u32, |key: &u64| *key as u32);
        let events = keys.iter().map(event).collect();
        let mut runs = Vec::new();
        let mut start = 0;
        for run in keys.chunk_by(|a, b| code(a) == code(b)) {
            let end = start + index(run.len());
            runs.push((code(&run[0]), start..end));
            start = end;
        }
        Match { kind, on: Some(on), events, runs }
    }

    /// Computes affinities of one ad after the other.
    #[must_use]
    pub fn reader(&self) -> PastReader<'_> {
        PastReader {
            past: self,
            runs: Vec::with_capacity(self.matches.iter().map(|known| known.runs.len()).sum()),
            of_match: vec![None; self.matches.len()],
            days: Vec::with_capacity(self.span_days() / 64 + 1),
            of_any_ad: vec![None; self.affinities.len()],
        }
    }

    /// Days from the first event to the last.
    fn span_days(&self) -> usize {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return 0 };
        usize::try_from(last.number() - first.number()).unwrap_or_default()
    }

    /// The value of `affinity` for `ad`; `affinity` must be among those that the past was made for.
    #[must_use]
    pub fn cell(&self, ad: &Ad, affinity: Affinity) -> Cell<'static> {
        let place = self.affinities.iter().position(|wanted| wanted.affinity == affinity);
        let mut reader = self.reader();
        reader.next_ad();
        place.map_or(Cell::Missing, |place| reader.cell(ad, place))
    }

    /// The facts that the value of `affinity` for `ad` rests on: those of all its events, so that they
    /// are what moved the ad. A value that ad and history share is named when it is the only one.
    #[must_use]
    pub fn evidence(&self, ad: &Ad, affinity: Affinity, schema: &Schema, symbols: &Symbols) -> Evidence {
        let matching = self.matching(ad, affinity);
        let since = since(self.at, affinity.window_days);
        let events = &matching[matching.partition_point(|&event| self.moment(event) < since)..];
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
    fn matching(&self, ad: &Ad, affinity: Affinity) -> Vec<u32> {
        let known = self.matches.iter().find(|known| (known.kind, known.on) == (affinity.event, affinity.on));
        let Some(Match { events, runs, .. }) = known else { return Vec::new() };
        let Some(on) = affinity.on else { return events.clone() };
        let codes = values_of(ad, on);
        let shared = runs.iter().filter(|(code, _)| codes.binary_search(code).is_ok());
        let mut matching: Vec<u32> = shared.flat_map(|(_, run)| of_run(events, run)).copied().collect();
        matching.sort_unstable();
        matching
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

    fn day(&self, event: u32) -> Day {
        self.days[(event - self.first) as usize]
    }

    fn moment(&self, event: u32) -> Timestamp {
        self.log.map_or(self.at, |log| log.at[event as usize])
    }
}

impl PastReader<'_> {
    /// Appends the value of each affinity that the past was made for, for `ad`. One of which
    /// `permits`, given its place in the list, does not hold is withheld and not computed.
    ///
    /// An ad without a value of the attribute to match on has missing values.
    pub fn cells(&mut self, ad: &Ad, permits: impl Fn(usize) -> bool, cells: &mut Vec<Cell<'static>>) {
        self.next_ad();
        for place in 0..self.past.affinities.len() {
            cells.push(if permits(place) { self.cell(ad, place) } else { Cell::Withheld });
        }
    }

    /// Forgets what was found for the ad before: [`PastReader::cell`] is about another one now.
    pub fn next_ad(&mut self) {
        self.runs.clear();
        self.of_match.clear();
        self.of_match.resize(self.past.matches.len(), None);
    }

    /// The value of the affinity at `place` in the list for `ad`, which is the same one since
    /// [`PastReader::next_ad`].
    pub fn cell(&mut self, ad: &Ad, place: usize) -> Cell<'static> {
        let wanted = &self.past.affinities[place];
        let Some(on) = wanted.affinity.on else { return self.cell_of_any_ad(place) };
        let codes = values_of(ad, on);
        if codes.is_empty() {
            return Cell::Missing;
        }
        let found = self.of_match[wanted.of].clone().unwrap_or_else(|| self.find_runs(wanted.of, codes));
        statistic(self.past, wanted, &self.runs[found], &mut self.days)
    }

    /// The value of the affinity at `place` in the list, when no attribute has to match.
    pub fn cell_of_any_ad(&mut self, place: usize) -> Cell<'static> {
        if let Some(cell) = self.of_any_ad[place] {
            return cell;
        }
        let wanted = &self.past.affinities[place];
        let run = 0..index(self.past.matches[wanted.of].events.len());
        let cell = statistic(self.past, wanted, &[run], &mut self.days);
        self.of_any_ad[place] = Some(cell);
        cell
    }

    /// Finds the runs of events that share one of `codes`; both ascend.
    fn find_runs(&mut self, of: usize, codes: &[u32]) -> Range<usize> {
        let first = self.runs.len();
        let mut rest = self.past.matches[of].runs.as_slice();
        for code in codes {
            // Close by, as a rule, when there are many codes; else anywhere.
            let near = rest.iter().take(NEAR).position(|(there, _)| there >= code);
            let skip = near.unwrap_or_else(|| rest.partition_point(|(there, _)| there < code));
            rest = &rest[skip..];
            match rest.first() {
                Some((there, run)) if there == code => self.runs.push(run.clone()),
                Some(_) => {}
                None => break,
            }
        }
        let found = first..self.runs.len();
        self.of_match[of] = Some(found.clone());
        found
    }
}

/// The statistic of the events of some runs that the window holds. `bits` is a buffer.
fn statistic(past: &Past<'_>, wanted: &Wanted, runs: &[Range<u32>], bits: &mut Vec<u64>) -> Cell<'static> {
    let all = past.matches[wanted.of].events.as_slice();
    let in_window = |run: &Range<u32>| window(of_run(all, run), wanted.since);
    match wanted.affinity.statistic {
        Statistic::Count => Cell::Number(runs.iter().map(|run| in_window(run).len()).sum::<usize>() as f64),
        Statistic::DistinctDays => Cell::Number(f64::from(days(past, runs, in_window, bits))),
        Statistic::DaysSinceLast => {
            let last = runs.iter().filter_map(|run| in_window(run).last()).max();
            let since = |last: &u32| past.at.day().number() - past.day(*last).number();
            last.map_or(Cell::Missing, |last| Cell::Number(f64::from(since(last))))
        }
        Statistic::Spend => {
            let spend = |event: &u32| past.log.map_or(0, |log| log.spend_micros[*event as usize]);
            let spends = runs.iter().flat_map(in_window).map(spend);
            Cell::Number(spends.fold(0, Micros::saturating_add) as f64 / 1e6)
        }
        Statistic::ShareOfDays => match wanted.days_of_kind {
            0 => Cell::Missing,
            any => Cell::Number(f64::from(days(past, runs, in_window, bits)) / f64::from(any)),
        },
    }
}

/// On how many different days the events of all `runs` happened. `bits` is a buffer.
fn days<'e>(
    past: &Past<'_>,
    runs: &[Range<u32>],
    in_window: impl Fn(&Range<u32>) -> &'e [u32],
    bits: &mut Vec<u64>,
) -> u32 {
    if let [run] = runs {
        return past.days(in_window(run));
    }
    let first = past.days.first().map_or(0, |day| day.number());
    bits.clear();
    for event in runs.iter().flat_map(in_window) {
        let day = usize::try_from(past.day(*event).number() - first).unwrap_or_default();
        if bits.len() <= day / 64 {
            bits.resize(day / 64 + 1, 0);
        }
        bits[day / 64] |= 1 << (day % 64);
    }
    bits.iter().map(|days| days.count_ones()).sum()
}

/// Those of `events`, which ascend by time, from place `since` of the log on.
fn window(events: &[u32], since: u32) -> &[u32] {
    &events[events.partition_point(|&event| event < since)..]
}

fn of_run<'e>(events: &'e [u32], run: &Range<u32>) -> &'e [u32] {
    &events[run.start as usize..run.end as usize]
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
