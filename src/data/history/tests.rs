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
