//! What one person did before one moment: the only place where affinities are computed.
//!
//! Events at or after the moment are not in a [`Past`], so nothing that is computed of one can
//! depend on them.

use std::ops::Range;

use crate::domain::{
    Ad, Affinity, AttributeId, Cell, Day, EventKind, Evidence, Micros, Statistic, Timestamp,
};

use super::history::{Log, UNKNOWN};
use super::index::{Index, Match, narrow};
use super::schema::Schema;
use super::symbols::Symbols;

/// One person's events strictly before one moment, as far back as the longest window looks.
#[derive(Debug)]
pub struct Past<'a> {
    log: &'a Log,
    index: &'a Index,
    at: Timestamp,
    affinities: Vec<Wanted>,
}

/// An affinity, with what is the same for all ads.
#[derive(Debug)]
struct Wanted {
    affinity: Affinity,
    /// Where the events that may count are in the index; None when there are none.
    of: Option<usize>,
    /// Places in the log of the events that its window holds.
    window: Range<u32>,
    /// Days of its window on which any event of the kind happened; only for a share of days.
    days_of_kind: u32,
}

/// Computes affinities of ads, one after the other, in buffers that serve all of them.
#[derive(Debug)]
pub struct PastReader<'p> {
    past: &'p Past<'p>,
    /// Runs of events that share a value with the ad.
    runs: Vec<Range<u32>>,
    /// Which of `runs` are those of a match of the index.
    of_match: Vec<Option<Range<usize>>>,
    /// A bit for each day.
    days: Vec<u64>,
    /// The value of each affinity that has the same one for every ad, when it has been asked for.
    of_any_ad: Vec<Option<Cell<'static>>>,
}

impl<'a> Past<'a> {
    /// The events of `log` strictly before `at`, prepared for `affinities`.
    pub(super) fn new(log: &'a Log, at: Timestamp, affinities: &[Affinity]) -> Self {
        let past = Self { log, index: log.index(), at, affinities: Vec::new() };
        let affinities = affinities.iter().map(|affinity| past.prepare(*affinity)).collect();
        Self { affinities, ..past }
    }

    fn prepare(&self, affinity: Affinity) -> Wanted {
        let window = self.window(affinity.window_days);
        let days_of_kind = match affinity.statistic {
            Statistic::ShareOfDays => self
                .find(affinity.event, None)
                .map_or(0, |any| self.days(any.events_of(&any.runs[0].1, &window))),
            Statistic::Count | Statistic::DistinctDays | Statistic::DaysSinceLast | Statistic::Spend => 0,
        };
        Wanted { affinity, of: self.index.find(affinity.event, affinity.on), window, days_of_kind }
    }

    /// Places in the log of the events of so many days before the moment.
    fn window(&self, days: u32) -> Range<u32> {
        let place = |moment: Timestamp| narrow(self.log.at.partition_point(|at| *at < moment));
        place(self.at.plus_days(-i64::from(days)))..place(self.at)
    }

    fn find(&self, kind: EventKind, on: Option<AttributeId>) -> Option<&'a Match> {
        self.index.find(kind, on).map(|place| &self.index.matches[place])
    }

    /// Computes affinities of one ad after the other.
    #[must_use]
    pub fn reader(&self) -> PastReader<'_> {
        PastReader {
            past: self,
            runs: Vec::with_capacity(self.index.matches.iter().map(|known| known.runs.len()).sum()),
            of_match: vec![None; self.index.matches.len()],
            days: Vec::with_capacity(self.span_days() / 64 + 1),
            of_any_ad: vec![None; self.affinities.len()],
        }
    }

    /// Days from the first event that a window holds to the last.
    fn span_days(&self) -> usize {
        let windows = self.affinities.iter().map(|wanted| &wanted.window);
        let first = windows.filter(|window| !window.is_empty()).min_by_key(|window| window.start);
        first.map_or(0, |window| self.days_between(window.start, window.end - 1))
    }

    /// Days from one event to a later one.
    fn days_between(&self, one: u32, other: u32) -> usize {
        usize::try_from(self.day(other).number() - self.day(one).number()).unwrap_or_default()
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
        let events = self.matching(ad, affinity);
        let Some(on) = affinity.on else { return self.facts(affinity, None, None, &events) };
        let attribute = schema.attributes.get(usize::from(on.0)).map(|attribute| attribute.name.clone());
        let key = match (values_of(ad, on), events.as_slice()) {
            // Of an ad with one value it can be said what is not shared, too.
            ([only], _) => Some(*only),
            (_, [first, rest @ ..]) => {
                let code = self.log.code(*first as usize, on);
                rest.iter().all(|&event| self.log.code(event as usize, on) == code).then_some(code)
            }
            (_, []) => None,
        };
        let key = key.and_then(|code| symbols.name(on, code)).map(|name| name.to_string());
        self.facts(affinity, attribute, key, &events)
    }

    /// The events that count for `ad`, ascending by time.
    fn matching(&self, ad: &Ad, affinity: Affinity) -> Vec<u32> {
        let Some(known) = self.find(affinity.event, affinity.on) else { return Vec::new() };
        let codes = affinity.on.map_or([UNKNOWN].as_slice(), |on| values_of(ad, on));
        let window = self.window(affinity.window_days);
        let mut matching: Vec<u32> =
            known.shared(codes).flat_map(|run| known.events_of(run, &window)).copied().collect();
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
        self.index.days[event as usize]
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
        self.of_match.fill(None);
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
        let found = match wanted.of {
            Some(of) => self.of_match[of].clone().unwrap_or_else(|| self.find_runs(of, codes)),
            None => 0..0,
        };
        statistic(self.past, wanted, &self.runs[found], &mut self.days)
    }

    /// The value of the affinity at `place` in the list, when no attribute has to match.
    pub fn cell_of_any_ad(&mut self, place: usize) -> Cell<'static> {
        if let Some(cell) = self.of_any_ad[place] {
            return cell;
        }
        let wanted = &self.past.affinities[place];
        let all = wanted.of.map(|of| self.past.index.matches[of].runs[0].1.clone());
        let cell = statistic(self.past, wanted, all.as_slice(), &mut self.days);
        self.of_any_ad[place] = Some(cell);
        cell
    }

    /// Finds the runs of events that share one of `codes`.
    fn find_runs(&mut self, of: usize, codes: &[u32]) -> Range<usize> {
        let first = self.runs.len();
        self.runs.extend(self.past.index.matches[of].shared(codes).cloned());
        let found = first..self.runs.len();
        self.of_match[of] = Some(found.clone());
        found
    }
}

/// The statistic of the events of some runs that the window holds. `bits` is a buffer.
fn statistic(past: &Past<'_>, wanted: &Wanted, runs: &[Range<u32>], bits: &mut Vec<u64>) -> Cell<'static> {
    let known = wanted.of.map(|of| &past.index.matches[of]);
    let in_window =
        |run: &Range<u32>| known.map_or([].as_slice(), |known| known.events_of(run, &wanted.window));
    match wanted.affinity.statistic {
        Statistic::Count => Cell::Number(runs.iter().map(|run| in_window(run).len()).sum::<usize>() as f64),
        Statistic::DistinctDays => Cell::Number(f64::from(days(past, wanted, runs, in_window, bits))),
        Statistic::DaysSinceLast => {
            let last = runs.iter().filter_map(|run| in_window(run).last()).max();
            let since = |last: &u32| past.at.day().number() - past.day(*last).number();
            last.map_or(Cell::Missing, |last| Cell::Number(f64::from(since(last))))
        }
        Statistic::Spend => {
            let spend = |event: &u32| past.log.spend_micros[*event as usize];
            let spends = runs.iter().flat_map(in_window).map(spend);
            Cell::Number(spends.fold(0, Micros::saturating_add) as f64 / 1e6)
        }
        Statistic::ShareOfDays => match wanted.days_of_kind {
            0 => Cell::Missing,
            any => Cell::Number(f64::from(days(past, wanted, runs, in_window, bits)) / f64::from(any)),
        },
    }
}

/// On how many different days the events of all `runs` happened. `bits` is a buffer.
fn days<'e>(
    past: &Past<'_>,
    wanted: &Wanted,
    runs: &[Range<u32>],
    in_window: impl Fn(&Range<u32>) -> &'e [u32],
    bits: &mut Vec<u64>,
) -> u32 {
    if let [run] = runs {
        return past.days(in_window(run));
    }
    bits.clear();
    for event in runs.iter().flat_map(in_window) {
        let day = past.days_between(wanted.window.start, *event);
        if bits.len() <= day / 64 {
            bits.resize(day / 64 + 1, 0);
        }
        bits[day / 64] |= 1 << (day % 64);
    }
    bits.iter().map(|days| days.count_ones()).sum()
}

/// The codes of the values that `ad` has of an attribute, ascending.
fn values_of(ad: &Ad, attribute: AttributeId) -> &[u32] {
    ad.attributes.get(usize::from(attribute.0)).map(|values| values.codes.as_slice()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
