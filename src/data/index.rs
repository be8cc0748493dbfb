//! One person's events by what affinities match on.
//!
//! An index is made when the person's past is first asked for, and kept until an event comes.

use std::ops::Range;

use crate::domain::{AttributeId, Day, EventKind};

use super::history::{Log, UNKNOWN};

/// How many values are looked at in turn before the rest is searched.
const NEAR: usize = 8;

/// A log's events by kind and value.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// The day of each event.
    pub days: Vec<Day>,
    pub matches: Vec<Match>,
}

/// The events of a kind, by the value that they share with others.
#[derive(Clone, Debug)]
pub(super) struct Match {
    kind: EventKind,
    on: Option<AttributeId>,
    /// Places in the log, by value, then ascending by time.
    pub events: Vec<u32>,
    /// The values that events have, ascending, with the events that have them; one run of all
    /// events, without a value, when no attribute has to match.
    pub runs: Vec<(u32, Range<u32>)>,
    seen: Seen,
}

/// Which values there may be, by their lowest bits: of an ad's values most are none of the person's, and
/// need not be searched for.
#[derive(Clone, Debug)]
struct Seen {
    /// A power of two of words.
    bits: Vec<u64>,
}

impl Index {
    /// The events of `log` by each attribute, and by none.
    pub(super) fn of(log: &Log) -> Self {
        let mut matches = Vec::new();
        for kind in EventKind::ALL.into_iter().filter(|kind| log.kind.contains(kind)) {
            matches.push(Match::of_kind(log, kind));
            matches.extend(log.attributes().map(|on| Match::by_value(log, kind, on)));
        }
        Self { days: log.at.iter().map(|at| at.day()).collect(), matches }
    }

    /// Where the events of `kind` by `on` are; None when there are none of that kind.
    pub(super) fn find(&self, kind: EventKind, on: Option<AttributeId>) -> Option<usize> {
        self.matches.iter().position(|known| (known.kind, known.on) == (kind, on))
    }
}

impl Match {
    fn of_kind(log: &Log, kind: EventKind) -> Self {
        let events: Vec<u32> = log.of_kind(kind).collect();
        let runs = vec![(UNKNOWN, 0..narrow(events.len()))];
        Self { kind, on: None, events, seen: Seen::of(&runs), runs }
    }

    fn by_value(log: &Log, kind: EventKind, on: AttributeId) -> Self {
        let code = |event: u32| (log.code(event as usize, on), event);
        // By code, then event, in one number: it sorts faster than two.
        let mut keys: Vec<u64> = log
            .of_kind(kind)
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
            let end = start + narrow(run.len());
            runs.push((code(&run[0]), start..end));
            start = end;
        }
        Self { kind, on: Some(on), events, seen: Seen::of(&runs), runs }
    }

    /// The runs of events that have one of `codes`, which ascend.
    pub(super) fn shared<'i>(&'i self, codes: &'i [u32]) -> impl Iterator<Item = &'i Range<u32>> {
        let mut rest = self.runs.as_slice();
        codes.iter().filter(|code| self.seen.may_hold(**code)).filter_map(move |code| {
            // Close by, as a rule, when there are many codes; else anywhere.
            let near = rest.iter().take(NEAR).position(|(there, _)| there >= code);
            let skip = near.unwrap_or_else(|| rest.partition_point(|(there, _)| there < code));
            rest = &rest[skip..];
            rest.first().filter(|(there, _)| there == code).map(|(_, run)| run)
        })
    }

    /// The events of a run that `window`, a range of places in the log, holds.
    pub(super) fn events_of(&self, run: &Range<u32>, window: &Range<u32>) -> &[u32] {
        let events = &self.events[run.start as usize..run.end as usize];
        let events = &events[events.partition_point(|&event| event < window.start)..];
        match events.last() {
            Some(&last) if last >= window.end => {
                &events[..events.partition_point(|&event| event < window.end)]
            }
            Some(_) | None => events,
        }
    }
}

impl Seen {
    /// A word for eight values or less.
    fn of(runs: &[(u32, Range<u32>)]) -> Self {
        let mut seen = Self { bits: vec![0; (runs.len() / 8 + 1).next_power_of_two()] };
        for (code, _) in runs {
            let (word, bit) = seen.place(*code);
            seen.bits[word] |= bit;
        }
        seen
    }

    fn may_hold(&self, code: u32) -> bool {
        let (word, bit) = self.place(code);
        self.bits[word] & bit != 0
    }

    fn place(&self, code: u32) -> (usize, u64) {
        ((code / 64) as usize & (self.bits.len() - 1), 1 << (code % 64))
    }
}

/// A place in a log.
pub(super) fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
