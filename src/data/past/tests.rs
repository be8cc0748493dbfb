use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::data::sample::{ad, moment, person, schema};
use crate::data::{History, Intake};
use crate::domain::{Attribute, Event, SubjectKey};

const DAY: i64 = 86_400_000_000;
/// Codes of each attribute's values; 0 of the category is the sensitive one.
const CODES: u32 = 4;
const STATISTICS: [Statistic; 5] = [
    Statistic::Count,
    Statistic::DistinctDays,
    Statistic::DaysSinceLast,
    Statistic::Spend,
    Statistic::ShareOfDays,
];

fn at() -> Timestamp {
    moment("2024-02-20T10:00:00Z")
}

fn someone() -> SubjectKey {
    person("p1")
}

/// Every statistic of every kind of event, on every attribute and on none, in three windows.
fn all_affinities() -> Vec<Affinity> {
    let mut all = Vec::new();
    for event in EventKind::ALL {
        for on in [None, Some(AttributeId(0)), Some(AttributeId(1)), Some(AttributeId(2))] {
            for statistic in STATISTICS {
                all.extend([1, 7, 60].map(|window_days| Affinity { event, on, statistic, window_days }));
            }
        }
    }
    all
}

/// Events of a few kinds, so that many match, at moments from `days`. Some share a moment or are
/// exactly on the edge of a window.
fn any_events(days: Range<i64>) -> impl Strategy<Value = Vec<Event>> {
    let moments = prop_oneof![
        days.clone().prop_map(|day| day * DAY),
        (days, 0..DAY).prop_map(|(day, micros)| day * DAY + micros)
    ];
    let codes = prop::array::uniform3(prop::option::of(0..CODES));
    let event =
        (0..3_usize, moments, codes, 0..9_000_000_i64).prop_map(|(kind, offset, codes, spend)| Event {
            kind: EventKind::ALL[kind],
            at: Timestamp::from_micros(at().micros() + offset),
            attributes: codes.to_vec(),
            spend_micros: spend,
        });
    prop::collection::vec(event, 0..40)
}

fn any_ad() -> impl Strategy<Value = Ad> {
    prop::array::uniform3(prop::collection::btree_set(0..CODES, 0..4)).prop_map(|values| Ad {
        attributes: values.map(|codes| Attribute { codes: codes.into_iter().collect() }).to_vec(),
        ..ad(&schema(), &Symbols::of(&schema()), "ad", &[])
    })
}

fn history<'a>(events: impl IntoIterator<Item = &'a Event>) -> History {
    let schema = schema();
    let mut history = History::new(&schema, &Symbols::of(&schema));
    for event in events {
        let sensitive = event.attributes[0] == Some(0);
        let expected = if sensitive { Intake::Sensitive } else { Intake::Kept };
        assert_eq!(history.insert(someone(), event), expected);
    }
    history
}

/// All that can be known of the past for an ad: each value with its evidence.
fn everything(history: &History, ad: &Ad) -> Vec<(Cell<'static>, Evidence)> {
    let schema = schema();
    let symbols = Symbols::of(&schema);
    for attribute in [AttributeId(0), AttributeId(1), AttributeId(2)] {
        (0..CODES).for_each(|code| {
            symbols.intern(attribute, &format!("value {code}"));
        });
    }
    let affinities = all_affinities();
    let past = history.before(&someone(), at(), &affinities);
    let mut cells = Vec::new();
    past.reader().cells(ad, |_| true, &mut cells);
    let evidence = affinities.iter().map(|affinity| past.evidence(ad, *affinity, &schema, &symbols));
    cells.into_iter().zip(evidence).collect()
}

/// The events that count, by the definition and nothing else.
fn counting<'e>(events: &'e [Event], ad: &Ad, affinity: Affinity) -> Vec<&'e Event> {
    let since = at().micros() - i64::from(affinity.window_days) * DAY;
    let counts = |event: &&Event| {
        event.kind == affinity.event
            && event.attributes[0] != Some(0)
            && (since..at().micros()).contains(&event.at.micros())
            && affinity.on.is_none_or(|on| {
                let on = usize::from(on.0);
                event.attributes[on].is_some_and(|code| ad.attributes[on].codes.contains(&code))
            })
    };
    events.iter().filter(counts).collect()
}

fn days(events: &[&Event]) -> BTreeSet<i64> {
    events.iter().map(|event| event.at.micros().div_euclid(DAY)).collect()
}

fn by_definition(events: &[Event], ad: &Ad, affinity: Affinity) -> Cell<'static> {
    if affinity.on.is_some_and(|on| ad.attributes[usize::from(on.0)].codes.is_empty()) {
        return Cell::Missing;
    }
    let counting_events = counting(events, ad, affinity);
    let days_of = days(&counting_events);
    match affinity.statistic {
        Statistic::Count => Cell::Number(counting_events.len() as f64),
        Statistic::DistinctDays => Cell::Number(days_of.len() as f64),
        Statistic::DaysSinceLast => days_of
            .last()
            .map_or(Cell::Missing, |last| Cell::Number((at().micros().div_euclid(DAY) - last) as f64)),
        Statistic::Spend => {
            Cell::Number(counting_events.iter().map(|event| event.spend_micros).sum::<i64>() as f64 / 1e6)
        }
        Statistic::ShareOfDays => {
            match days(&counting(events, ad, Affinity { on: None, ..affinity })).len() {
                0 => Cell::Missing,
                all => Cell::Number(days_of.len() as f64 / all as f64),
            }
        }
    }
}

proptest! {
    #[test]
    fn events_at_or_after_the_moment_move_no_value_and_no_evidence(
        before in any_events(-70..0),
        after in any_events(0..400),
        order in any::<prop::sample::Index>(),
        ad in any_ad(),
    ) {
        let earlier = before.iter().filter(|event| event.at < at()).collect::<Vec<_>>();
        let later = before.iter().chain(&after).filter(|event| event.at >= at()).collect::<Vec<_>>();
        // The later ones come in between the earlier ones.
        let mut mixed = earlier.clone();
        let place = order.index(mixed.len() + 1);
        mixed.splice(place..place, later.iter().copied());
        prop_assert_eq!(everything(&history(earlier), &ad), everything(&history(mixed), &ad));
    }

    #[test]
    fn every_statistic_is_what_its_definition_says(events in any_events(-70..5), ad in any_ad()) {
        let history = history(&events);
        let told = everything(&history, &ad);
        for (affinity, (cell, _)) in all_affinities().into_iter().zip(told) {
            prop_assert_eq!(cell, by_definition(&events, &ad, affinity), "{:?}", affinity);
            // A past that was made for this one alone says the same.
            prop_assert_eq!(cell, history.cell(&someone(), &ad, affinity, at()));
        }
    }

    #[test]
    fn evidence_states_the_events_that_the_value_was_made_of(events in any_events(-70..5), ad in any_ad()) {
        let told = everything(&history(&events), &ad);
        for (affinity, (_, evidence)) in all_affinities().into_iter().zip(told) {
            let counting = counting(&events, &ad, affinity);
            let Evidence::History { event, attribute, key, days: on_days, count, first, last, window_days } =
                evidence
            else {
                panic!("evidence of an affinity is of history")
            };
            prop_assert_eq!((event, window_days), (affinity.event, affinity.window_days));
            prop_assert_eq!(count as usize, counting.len());
            let numbers = days(&counting);
            prop_assert_eq!(on_days as usize, numbers.len());
            prop_assert_eq!(first.map(|day| i64::from(day.number())), numbers.first().copied());
            prop_assert_eq!(last.map(|day| i64::from(day.number())), numbers.last().copied());
            prop_assert_eq!(attribute.is_some(), affinity.on.is_some());
            prop_assert_eq!(key.is_some(), shared_value(&counting, &ad, affinity).is_some(), "{:?}", affinity);
        }
    }

    #[test]
    fn the_order_in_which_events_come_does_not_matter(
        (events, shuffled) in any_events(-70..5)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        ad in any_ad(),
    ) {
        let mut in_order = events;
        in_order.sort_by_key(|event| event.at);
        prop_assert_eq!(everything(&history(&in_order), &ad), everything(&history(&shuffled), &ad));
    }
}

/// The one value that ad and history share; of an ad with one value that one, shared or not.
fn shared_value(counting: &[&Event], ad: &Ad, affinity: Affinity) -> Option<u32> {
    let on = usize::from(affinity.on?.0);
    let shared = counting.iter().filter_map(|event| event.attributes[on]).collect::<BTreeSet<_>>();
    match (ad.attributes[on].codes.as_slice(), shared.len()) {
        ([only], _) => Some(*only),
        (_, 1) => shared.into_iter().next(),
        _ => None,
    }
}

/// Purchases in categories at given moments, and an ad of the categories given.
fn purchases(moments: &[(&str, &str)], categories: &[&str]) -> (History, Schema, Symbols, Ad) {
    let schema = schema();
    let symbols = Symbols::of(&schema);
    let mut history = History::new(&schema, &symbols);
    for (when, category) in moments {
        let event = Event {
            kind: EventKind::Purchase,
            at: moment(when),
            attributes: vec![Some(symbols.intern(AttributeId(0), category)), None, None],
            spend_micros: 1_000_000,
        };
        assert_eq!(history.insert(someone(), &event), Intake::Kept);
    }
    let ad = ad(&schema, &symbols, "ad", &[("category", categories)]);
    (history, schema, symbols, ad)
}

fn on_category(statistic: Statistic, window_days: u32) -> Affinity {
    Affinity { event: EventKind::Purchase, on: Some(AttributeId(0)), statistic, window_days }
}

#[test]
fn a_window_holds_its_first_moment_and_not_the_impressions() {
    for (when, counts) in [
        ("2024-01-21T09:59:59.999999Z", 0.0),
        ("2024-01-21T10:00:00Z", 1.0),
        ("2024-02-20T09:59:59.999999Z", 1.0),
        ("2024-02-20T10:00:00Z", 0.0),
        ("2024-02-20T10:00:00.000001Z", 0.0),
    ] {
        let (history, _, _, ad) = purchases(&[(when, "SOUP")], &["SOUP"]);
        let count = history.cell(&someone(), &ad, on_category(Statistic::Count, 30), at());
        assert_eq!(count, Cell::Number(counts), "{when}");
    }
}

#[test]
fn days_are_those_of_the_calendar_and_not_of_24_hours() {
    let moments =
        [("2024-02-18T23:59:00Z", "SOUP"), ("2024-02-19T00:01:00Z", "SOUP"), ("2024-02-19T23:00:00Z", "TEA")];
    let (history, _, _, ad) = purchases(&moments, &["SOUP"]);
    let cell = |statistic| history.cell(&someone(), &ad, on_category(statistic, 30), at());
    assert_eq!(cell(Statistic::DistinctDays), Cell::Number(2.0));
    assert_eq!(cell(Statistic::DaysSinceLast), Cell::Number(1.0));
    assert_eq!(cell(Statistic::ShareOfDays), Cell::Number(1.0));
    assert_eq!(cell(Statistic::Spend), Cell::Number(2.0));
}

#[test]
fn nothing_in_the_window_is_none_or_unknown_by_statistic() {
    let (history, _, _, ad) = purchases(&[("2023-01-01", "SOUP")], &["SOUP"]);
    let cell = |statistic| history.cell(&someone(), &ad, on_category(statistic, 30), at());
    let none = [Cell::Number(0.0), Cell::Number(0.0), Cell::Missing, Cell::Number(0.0), Cell::Missing];
    assert_eq!(STATISTICS.map(cell), none);
    let stranger = history.cell(&person("p2"), &ad, on_category(Statistic::Count, 30), at());
    assert_eq!(stranger, Cell::Number(0.0));
}

#[test]
fn an_ad_without_a_value_to_match_on_has_no_value() {
    let (history, _, _, ad) = purchases(&[("2024-02-01", "SOUP")], &[]);
    for statistic in STATISTICS {
        assert_eq!(history.cell(&someone(), &ad, on_category(statistic, 30), at()), Cell::Missing);
    }
}

#[test]
fn the_key_is_named_when_one_value_is_shared_and_only_then() {
    let key = |moments: &[(&str, &str)], categories: &[&str]| {
        let (history, schema, symbols, ad) = purchases(moments, categories);
        let affinity = on_category(Statistic::DistinctDays, 30);
        match history.evidence(&someone(), &ad, affinity, at(), &schema, &symbols) {
            Evidence::History { attribute, key, days, .. } => {
                assert_eq!(attribute.as_deref(), Some("category"));
                (key, days)
            }
            other => panic!("{other:?}"),
        }
    };
    let soup = ("2024-02-01", "SOUP");
    let tea = ("2024-02-02", "TEA");
    let old_tea = ("2023-02-02", "TEA");
    assert_eq!(key(&[soup, tea], &["SOUP", "TEA"]), (None, 2));
    assert_eq!(key(&[soup, old_tea], &["SOUP", "TEA"]), (Some("SOUP".to_owned()), 1));
    assert_eq!(key(&[soup, tea], &["SOUP", "BREAD"]), (Some("SOUP".to_owned()), 1));
    assert_eq!(key(&[], &["SOUP", "TEA"]), (None, 0));
    // Of an ad with one value it can be said what is not shared, too.
    assert_eq!(key(&[tea], &["SOUP"]), (Some("SOUP".to_owned()), 0));
}

#[test]
fn a_value_that_is_not_permitted_is_withheld_in_its_place() {
    let (history, _, _, ad) = purchases(&[("2024-02-01", "SOUP")], &["SOUP"]);
    let affinities =
        [Statistic::Count, Statistic::Spend, Statistic::DistinctDays].map(|s| on_category(s, 30));
    let mut cells = vec![Cell::Number(7.0)];
    history.before(&someone(), at(), &affinities).reader().cells(&ad, |place| place != 1, &mut cells);
    assert_eq!(cells, [Cell::Number(7.0), Cell::Number(1.0), Cell::Withheld, Cell::Number(1.0)]);
}
