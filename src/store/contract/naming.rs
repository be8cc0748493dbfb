//! What new names of people need of every backend.

use super::*;

/// The pseudonym of the person `n` under a key of this version.
fn named(n: u8, version: u32) -> SubjectKey {
    SubjectKey::from_bytes([n; 32]).of_version(version)
}

fn alias_row(alias: u8, subject: SubjectKey) -> SubjectRow {
    SubjectRow { subject: Some(subject), ..subject_row(alias) }
}

fn subject_row(alias: u8) -> SubjectRow {
    subject("a", alias, None)
}

/// The person `n` gets the name of version 2; the data keys of these aliases are wrapped anew.
fn renaming(n: u8, aliases: &[u8]) -> Renaming {
    let to = named(n, 2);
    let anew = |alias: &u8| SubjectRow { wrapped_data_key: vec![99; 72], ..alias_row(*alias, to) };
    Renaming {
        tenant: tenant("a"),
        from: named(n, 1),
        to,
        marks: (mark(n), mark(n + 100)),
        aliases: aliases.iter().map(anew).collect(),
    }
}

fn of(id: &str, subject: SubjectKey) -> EventRow {
    EventRow { subject, ..event(id, 5) }
}

fn said(id: &str, subject: SubjectKey, statements: &[Statement]) -> ChoiceRow {
    ChoiceRow { subject, ..choice("a", 0, id, statements) }
}

/// All that the store has of a name.
async fn held(store: &Store, subject: &SubjectKey) -> (usize, usize, usize) {
    let a = tenant("a");
    (
        store.aliases_of(&a, subject).await.unwrap().len(),
        store.events_of(&a, subject, 0, 99).await.unwrap().len(),
        store.choices_of(&a, subject).await.unwrap().len(),
    )
}

pub(super) async fn everything_of_a_person_gets_the_new_name_and_nothing_is_left_under_the_old_one(
    place: impl Place,
) {
    const DAY: i64 = 86_400_000_000;
    let store = place.open().await;
    let a = tenant("a");
    let (old, other) = (named(9, 1), named(8, 1));
    for (alias, subject) in [(9, old), (8, other)] {
        store.subject_or_insert(alias_row(alias, subject)).await.unwrap();
        let mine = |id: &str| format!("{alias}-{id}");
        let told = ["1", "2", "3"].map(|id| of(&mine(id), subject));
        let later = EventRow { at: Timestamp::from_micros(5 * DAY), ..of(&mine("4"), subject) };
        store.append_events(&a, marked([&told[..], &[later]].concat())).await.unwrap();
        store.append_choice(said(&mine("c"), subject, &[Statement::Restrict])).await.unwrap();
    }
    store.append_decision(decision("a", 9), None).await.unwrap();
    let (before, since) = (Timestamp::from_micros(DAY), Timestamp::from_micros(-DAY));
    assert_eq!(store.fold_events(before, since, 99).await.unwrap().len(), 6);
    let erased_at = Timestamp::from_micros(-9);
    store.suppress(Suppression { tenant: a.clone(), mark: mark(9), erased_at }).await.unwrap();
    assert_eq!(held(&store, &old).await, (1, 2, 1));

    store.raise_naming(2).await.unwrap();
    assert_eq!(store.rename(renaming(9, &[9])).await, Ok(true));
    let new = named(9, 2);
    assert_eq!((held(&store, &old).await, held(&store, &new).await), ((0, 0, 0), (1, 2, 1)));
    let row = store.subject_of_alias(&a, Alias::from_bytes([9; 16])).await.unwrap().unwrap();
    assert_eq!((row.subject, row.wrapped_data_key), (Some(new), vec![99; 72]));
    let people = store.people(None, 9).await.unwrap();
    assert_eq!(people.into_iter().map(|(_, subject)| subject).collect::<Vec<_>>(), [other, new]);
    // What is remembered goes along: an id, an erasure, that ids lead to the sum of their day.
    let again = store.append_events(&a, marked(vec![of("9-2", new)])).await;
    assert_eq!(again, Ok(vec![Appended::Known]));
    assert_eq!(store.suppressed_at(&a, erased_at).await, Ok(vec![mark(9), mark(109)]));
    let rectified = store.rectify_event(&a, (&new, &mark(1)), &EventId::parse("9-2").unwrap(), None).await;
    let Ok(Rectified::Folded(day)) = rectified else { panic!("{rectified:?}") };
    let events = store.events_of(&a, &new, 0, 9).await.unwrap();
    let sum = events.iter().find(|stored| stored.event.times == 3).unwrap();
    assert_eq!(sum.event.id, day);
    let of_old = crate::store::day::id_of_sum(&EventRow { subject: old, ..sum.event.clone() });
    assert_ne!(day, of_old, "its id follows from the new name");
    assert!(!store.known_events(&a, vec![of_old.clone()]).await.unwrap().contains(&of_old));
    // The decisions are under the alias, as before.
    assert_eq!(store.decisions_of(&a, row.alias, 0, 9).await.unwrap().len(), 1);

    // Others hear of it, and to do it again does nothing.
    assert_eq!(store.rename(renaming(9, &[])).await, Ok(false));
    let heard = StoredRenaming { seq: 1, tenant: a.clone(), was: mark(9), subject: new };
    assert_eq!(store.renamings(0, 9).await, Ok(vec![heard]));
    assert_eq!(store.pulse().await.unwrap().renamings, 1);
    assert_eq!(store.forget_renamings(2).await, Ok(0));
    assert_eq!(store.forget_renamings(3).await, Ok(1));
    assert_eq!(store.rename(renaming(8, &[8])).await, Ok(true));
    assert_eq!(store.renamings(1, 9).await.unwrap()[0].seq, 2, "places are not given again");
    store.scrub().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(place.rows_with(old.as_bytes()).await, Vec::<String>::new());
    assert!(!place.rows_with(new.as_bytes()).await.is_empty(), "the search finds names");
}

pub(super) async fn what_there_is_under_two_names_becomes_one_and_counts_once(place: impl Place) {
    const DAY: i64 = 86_400_000_000;
    let store = place.open().await;
    let a = tenant("a");
    let (old, new) = (named(9, 1), named(9, 2));
    let stop = [Statement::Object(Objection::Personalisation)];
    for (alias, subject, statements) in [(9, old, &stop[..]), (7, new, &[])] {
        store.subject_or_insert(alias_row(alias, subject)).await.unwrap();
        store.append_events(&a, marked(vec![of(&format!("{alias}-1"), subject)])).await.unwrap();
        store.append_choice(said(&format!("{alias}-c"), subject, statements)).await.unwrap();
        store.append_decision(decision("a", alias), None).await.unwrap();
    }
    store.append_events(&a, marked(vec![of("9-2", old)])).await.unwrap();
    let (before, since) = (Timestamp::from_micros(DAY), Timestamp::from_micros(-DAY));
    store.fold_events(before, since, 99).await.unwrap();
    store.raise_naming(2).await.unwrap();
    assert_eq!(store.rename(renaming(9, &[9])).await, Ok(true));

    let events = store.events_of(&a, &new, 0, 9).await.unwrap();
    let told: Vec<_> = events.iter().map(|stored| (stored.event.times, stored.event.spend_micros)).collect();
    assert_eq!(told, [(3, 15)], "one sum of the day");
    for id in ["9-1", "9-2", "7-1"] {
        let rectified = store.rectify_event(&a, (&new, &mark(1)), &EventId::parse(id).unwrap(), None).await;
        assert_eq!(rectified, Ok(Rectified::Folded(events[0].event.id.clone())), "{id}");
        assert_eq!(
            store.append_events(&a, marked(vec![of(id, new)])).await,
            Ok(vec![Appended::Known]),
            "{id}"
        );
    }
    assert_eq!(store.choices_of(&a, &new).await.unwrap().len(), 2);
    assert!(store.current_choices(&a, &new).await.unwrap().personalisation_stopped);
    // Both aliases are the person's, with their decisions; one of them is the one to use.
    let aliases = store.aliases_of(&a, &new).await.unwrap();
    assert_eq!(
        aliases.iter().map(|row| row.alias).collect::<Vec<_>>(),
        [7, 9].map(|n| decision("a", n).alias)
    );
    let asked = store.subject_or_insert(alias_row(5, new)).await.unwrap();
    assert_eq!(asked, aliases[0]);
    // All of it goes with the person.
    let erasure = Erasure { subjects: vec![new, old], named_by: Some(2), ..erasure(9, 70) };
    let gone = store.erase(erasure).await.unwrap();
    assert_eq!((gone.events, gone.choices, gone.decisions), (1, 2, 2));
    assert_eq!(store.people(None, 9).await, Ok(Vec::new()));
    store.scrub().await.unwrap();
    store.close().await.unwrap();
    for name in [old, new] {
        assert_eq!(place.rows_with(name.as_bytes()).await, Vec::<String>::new());
    }
}

pub(super) async fn under_a_name_of_before_nothing_new_is_kept_but_of_someone_whose_alias_has_it(
    place: impl Place,
) {
    let store = place.open().await;
    let a = tenant("a");
    let (known, unknown) = (named(9, 1), named(8, 1));
    store.subject_or_insert(alias_row(9, known)).await.unwrap();
    // Before the first rotation names are not looked at.
    store.append_events(&a, marked(vec![of("first", SubjectKey::from_bytes([77; 32]))])).await.unwrap();
    store.raise_naming(2).await.unwrap();
    store.raise_naming(1).await.unwrap();
    assert_eq!(store.pulse().await.unwrap().naming, 2);

    let late = store.append_events(&a, marked(vec![of("1", named(7, 2)), of("2", unknown)])).await;
    assert_eq!(late, Err(StoreError::OldName));
    assert_eq!(store.append_choice(said("1", unknown, &[])).await, Err(StoreError::OldName));
    assert_eq!(store.subject_or_insert(alias_row(8, unknown)).await, Err(StoreError::OldName));
    let erasure = |version| Erasure { subjects: vec![known], named_by: version, ..erasure(9, 1) };
    assert_eq!(store.erase(erasure(Some(1))).await, Err(StoreError::OldName));
    assert_eq!(held(&store, &unknown).await, (0, 0, 0));
    assert_eq!(store.rights(0, 9).await, Ok(Vec::new()));
    assert_eq!(store.suppressions(None, 9).await, Ok(Vec::new()));

    let told = marked(vec![of("3", known), of("4", named(7, 2))]);
    let told = store.append_events(&a, told).await.unwrap();
    assert!(told.iter().all(|one| matches!(one, Appended::New { .. })), "{told:?}");
    assert!(matches!(store.append_choice(said("2", known, &[])).await, Ok(AppendedChoice::New { .. })));
    assert_eq!(store.rename(renaming(9, &[9])).await, Ok(true));
    assert_eq!(store.append_choice(said("3", known, &[])).await, Err(StoreError::OldName));
    // What is finished of an erasure is so by rows alone.
    assert!(store.erase(erasure(None)).await.is_ok());
}

pub(super) async fn a_name_is_given_only_by_the_key_of_the_moment_and_to_what_was_looked_at(
    place: impl Place,
) {
    let store = place.open().await;
    let a = tenant("a");
    let old = named(9, 1);
    store.subject_or_insert(alias_row(9, old)).await.unwrap();
    store.raise_naming(3).await.unwrap();
    assert_eq!(store.rename(renaming(9, &[9])).await, Err(StoreError::OldName));
    let to = named(9, 3);
    let third = |aliases: &[u8], wrapped_by: u32| {
        let renaming = renaming(9, aliases);
        let anew = |row| SubjectRow { subject: Some(to), wrapped_by, ..row };
        let aliases = renaming.aliases.iter().cloned().map(anew).collect();
        Renaming { to, aliases, ..renaming }
    };
    // The alias came after the look.
    assert_eq!(store.rename(third(&[], 1)).await, Err(StoreError::Busy));
    assert_eq!(store.rename(third(&[8], 1)).await, Err(StoreError::Busy));
    store.raise_wrapping(2).await.unwrap();
    assert_eq!(store.rename(third(&[9], 1)).await, Err(StoreError::OldWrappingKey));
    assert_eq!(store.aliases_of(&a, &old).await.unwrap(), [alias_row(9, old)]);
    // One that does not open stays what it is.
    let mut closed = third(&[9], 1);
    closed.aliases[0].wrapped_data_key = alias_row(9, old).wrapped_data_key;
    assert_eq!(store.rename(closed).await, Ok(true));
    assert_eq!(store.aliases_of(&a, &to).await.unwrap(), [alias_row(9, to)]);
}

pub(super) async fn what_nobody_can_be_led_to_is_deleted_and_nothing_else(place: impl Place) {
    let store = place.open().await;
    let a = tenant("a");
    let people = [named(1, 1), named(2, 1), named(3, 2), named(4, 3)];
    for (n, subject) in (1..).zip(people) {
        store.subject_or_insert(alias_row(n, subject)).await.unwrap();
        store.append_events(&a, marked(vec![of(&n.to_string(), subject)])).await.unwrap();
        store.append_choice(said(&n.to_string(), subject, &[])).await.unwrap();
        store.append_decision(decision("a", n), None).await.unwrap();
    }
    let about_nobody = decision("a", 9);
    store.append_decision(about_nobody.clone(), Some(subject_row(9))).await.unwrap();
    let tags = vec![SubjectKey::tag_of(2), SubjectKey::tag_of(3)];
    assert_eq!(store.drop_unreachable(tags.clone(), 1).await, Ok(3));
    assert_eq!(store.drop_unreachable(tags.clone(), 9).await, Ok(3));
    assert_eq!(store.drop_unreachable(tags, 9).await, Ok(0));
    for (subject, left) in people.iter().zip([0, 0, 1, 1]) {
        assert_eq!(held(&store, subject).await, (left, left, left));
    }
    // Decisions stay in their chain, and under an alias that is gone none is added.
    assert_eq!(walk(&store).await, Ok(vec![(chain(1), 5)]));
    assert!(store.subject_of_alias(&a, about_nobody.alias).await.unwrap().is_some());
    let late = DecisionRow { id: decision("a", 20).id, ..decision("a", 1) };
    assert_eq!(store.append_decision(late, None).await, Ok(AppendedDecision::Gone));
}
