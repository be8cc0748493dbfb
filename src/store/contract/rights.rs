//! What rights of people need of every backend.

use super::*;

pub(super) async fn an_erasure_deletes_all_of_a_person_and_nothing_of_others(place: impl Place) {
    let store = place.open().await;
    let (a, b) = (tenant("a"), tenant("b"));
    for (tenant, name) in [(&a, "a"), (&b, "b")] {
        store.subject_or_insert(subject(name, 9, Some(9))).await.unwrap();
        store.append_events(tenant, marked(vec![event("1", 5), event("2", 5)])).await.unwrap();
        store.append_choice(choice(name, 9, "c", &[])).await.unwrap();
    }
    store.subject_or_insert(subject("a", 8, Some(8))).await.unwrap();
    store.append_decision(decision("a", 9), None).await.unwrap();
    store.append_decision(decision("a", 8), None).await.unwrap();

    let gone = store.erase(erasure(9, 70)).await.unwrap();
    assert_eq!(gone, Gone { events: 2, choices: 1, decisions: 1, wrapped_by: 1 });
    let erased = SubjectKey::from_bytes([9; 32]);
    assert_eq!(store.aliases_of(&a, &erased).await, Ok(Vec::new()));
    assert_eq!(store.subject_of_alias(&a, Alias::from_bytes([9; 16])).await, Ok(None));
    assert_eq!(store.events_of(&a, &erased, 0, 9).await, Ok(Vec::new()));
    assert_eq!(store.choices_of(&a, &erased).await, Ok(Vec::new()));
    assert_eq!(
        store.people(None, 9).await.unwrap(),
        [(a.clone(), SubjectKey::from_bytes([8; 32])), (b.clone(), erased)]
    );
    assert_eq!(store.events_of(&b, &erased, 0, 9).await.unwrap().len(), 2);
    assert_eq!(store.choices_of(&b, &erased).await.unwrap().len(), 1);
    // Rows of the log stay in its chain.
    assert!(store.decision(&a, decision("a", 9).id).await.unwrap().is_some());
    assert_eq!(walk(&store).await, Ok(vec![(chain(1), 2)]));

    // Again: nothing more is found, and the younger moment counts.
    let again = store.erase(erasure(9, 60)).await.unwrap();
    assert_eq!((again.events, again.choices, again.decisions), (0, 0, 0));
    let of_seven =
        |at: i64| Suppression { tenant: b.clone(), mark: mark(7), erased_at: Timestamp::from_micros(at) };
    for (at, is_news) in [(1, true), (1, false), (0, false), (2, true)] {
        assert_eq!(store.suppress(of_seven(at)).await, Ok(is_news), "{at}");
    }
    assert_eq!(store.suppressed_at(&b, Timestamp::from_micros(2)).await, Ok(vec![mark(7)]));
    assert_eq!(store.suppressed_at(&a, Timestamp::from_micros(2)).await, Ok(Vec::new()));
    store.close().await.unwrap();
    let store = place.open().await;
    let kept = store.suppressions(None, 1).await.unwrap();
    assert_eq!(kept, [Suppression { tenant: a, mark: mark(9), erased_at: Timestamp::from_micros(70) }]);
    let after = Some((kept[0].tenant.clone(), kept[0].mark));
    let rest = store.suppressions(after, 9).await.unwrap();
    assert_eq!(rest.iter().map(|kept| kept.mark).collect::<Vec<_>>(), [mark(7)]);
}

pub(super) async fn of_someone_who_was_erased_nothing_older_is_taken(place: impl Place) {
    let store = place.open().await;
    let a = tenant("a");
    store.subject_or_insert(subject("a", 9, Some(9))).await.unwrap();
    store.erase(erasure(9, 0)).await.unwrap();
    let at = |id: &str, at: i64| EventRow { at: Timestamp::from_micros(at), ..event(id, 5) };
    let told = store.append_events(&a, marked(vec![at("old", 0), at("new", 1)])).await;
    assert_eq!(told, Ok(vec![Appended::Erased, Appended::New { seq: 1 }]));
    // Under the alias of then nothing is decided any more; the person may have another one.
    assert_eq!(store.append_decision(decision("a", 9), None).await, Ok(AppendedDecision::Gone));
    assert_eq!(store.decision(&a, decision("a", 9).id).await, Ok(None));
    let fresh = store.subject_or_insert(subject("a", 10, Some(9))).await.unwrap();
    assert_eq!(fresh.alias, Alias::from_bytes([10; 16]));
    assert!(is_new(&store.append_decision(decision("a", 10), None).await));
    let other = EventRow { subject: SubjectKey::from_bytes([1; 32]), ..at("other", 0) };
    assert_eq!(store.append_events(&a, vec![(mark(1), other)]).await, Ok(vec![Appended::New { seq: 2 }]));
}

pub(super) async fn the_trail_of_rights_is_kept_in_order_and_moves_the_pulse(place: impl Place) {
    let store = place.open().await;
    assert_eq!(
        store.pulse().await,
        Ok(Pulse { rights: 0, events: 0, choices: 0, renamings: 0, wrapping: 1, naming: 1 })
    );
    for (n, kind) in (1..).zip(Right::ALL) {
        assert_eq!(store.record_right(right(kind, 7, n)).await, Ok(u64::try_from(n).unwrap()));
    }
    store.raise_wrapping(3).await.unwrap();
    store.raise_wrapping(2).await.unwrap();
    store.append_choice(choice("a", 1, "c", &[])).await.unwrap();
    store.record_right(right(Right::Port, 7, 9)).await.unwrap();
    store.close().await.unwrap();
    let store = place.open().await;
    assert_eq!(
        store.pulse().await,
        Ok(Pulse { rights: 7, events: 0, choices: 1, renamings: 0, wrapping: 3, naming: 1 })
    );
    let page = store.rights(4, 2).await.unwrap();
    let told = page.iter().map(|kept| (kept.seq, kept.row.clone(), kept.wrapped_by)).collect::<Vec<_>>();
    assert_eq!(told, [(5, right(Right::Erase, 7, 5), 1), (6, right(Right::Object, 7, 6), 1)]);
    assert_eq!(store.rights(6, 9).await.unwrap()[0].wrapped_by, 3);
}

pub(super) async fn the_place_of_each_event_is_told_and_moves_the_pulse(place: impl Place) {
    let store = place.open().await;
    let a = tenant("a");
    let place_of = async |id: &str, spend| {
        let told = store.append_events(&a, marked(vec![event(id, spend)])).await.unwrap();
        (told[0], store.pulse().await.unwrap().events)
    };
    assert_eq!(place_of("1", 5).await, (Appended::New { seq: 1 }, 1));
    assert_eq!(place_of("2", 5).await, (Appended::New { seq: 2 }, 2));
    assert_eq!(place_of("1", 5).await, (Appended::Known, 2));
    assert_eq!(place_of("1", 6).await, (Appended::Conflict, 2));
    let folded = |page: Vec<crate::store::StoredEvent>| {
        page.iter().map(|one| (one.seq, one.folded, one.event.times)).collect::<Vec<_>>()
    };
    assert_eq!(folded(store.events(0, 9).await.unwrap()), [(1, false, 1), (2, false, 1)]);
    // A sum moves to the end with each event that joins it, so whoever reads on from a place sees it.
    let (before, since) = (Timestamp::from_micros(86_400_000_000), Timestamp::from_micros(0));
    store.fold_events(before, since, 1).await.unwrap();
    assert_eq!(folded(store.events(0, 9).await.unwrap()), [(2, false, 1), (3, true, 1)]);
    store.fold_events(before, since, 1).await.unwrap();
    assert_eq!(folded(store.events(0, 9).await.unwrap()), [(4, true, 2)]);
    assert_eq!(store.pulse().await.unwrap().events, 4);
    // Places of what is gone are not given again, to choices neither.
    store.append_choice(choice("a", 9, "c", &[])).await.unwrap();
    store.erase(erasure(9, -70)).await.unwrap();
    assert_eq!(store.pulse().await.unwrap().events, 0);
    assert_eq!(place_of("3", 5).await, (Appended::New { seq: 5 }, 5));
    store.append_choice(choice("a", 9, "d", &[])).await.unwrap();
    assert_eq!(store.pulse().await.unwrap().choices, 2);
}

pub(super) async fn data_keys_are_wrapped_anew_and_none_by_a_key_that_is_gone(place: impl Place) {
    let store = place.open().await;
    let old = store.subject_or_insert(subject("a", 1, Some(1))).await.unwrap();
    let gone = store.subject_or_insert(subject("a", 2, Some(2))).await.unwrap();
    store.raise_wrapping(2).await.unwrap();
    let late = store.subject_or_insert(subject("a", 3, Some(3))).await;
    assert_eq!(late, Err(StoreError::OldWrappingKey));
    let late = store.append_decision(decision("a", 4), Some(subject("a", 4, None))).await;
    assert_eq!(late, Err(StoreError::OldWrappingKey));
    assert_eq!(store.decision(&tenant("a"), decision("a", 4).id).await, Ok(None));
    let current = SubjectRow { wrapped_by: 2, ..subject("a", 3, Some(3)) };
    assert_eq!(store.subject_or_insert(current.clone()).await, Ok(current.clone()));

    store.erase(erasure(2, 5)).await.unwrap();
    let anew = |row: &SubjectRow| SubjectRow { wrapped_data_key: vec![7; 72], wrapped_by: 2, ..row.clone() };
    // What is gone stays gone, and what is wrapped by the key already stays as it is.
    store.rewrap(vec![anew(&old), anew(&gone), anew(&current)]).await.unwrap();
    assert_eq!(store.subjects(None, 9).await, Ok(vec![anew(&old), current]));
    assert_eq!(store.scrub().await, Ok(()));
}

pub(super) async fn an_event_is_put_right_or_taken_back_by_its_person_alone(place: impl Place) {
    let store = place.open().await;
    let (a, nine) = (tenant("a"), SubjectKey::from_bytes([9; 32]));
    store.append_events(&a, marked(vec![event("1", 5), event("2", 5)])).await.unwrap();
    let id = |id: &str| EventId::parse(id).unwrap();
    let right = EventRow { spend_micros: 6, at: Timestamp::from_micros(-9), ..event("1", 5) };
    let (other, of_b) = (SubjectKey::from_bytes([1; 32]), tenant("b"));
    for (tenant, subject, id) in [(&a, &other, id("1")), (&of_b, &nine, id("1")), (&a, &nine, id("3"))] {
        assert_eq!(store.rectify_event(tenant, (subject, &mark(1)), &id, None).await, Ok(Rectified::Absent));
    }
    let was = |event| Ok(Rectified::Was(Box::new(event)));
    assert_eq!(
        store.rectify_event(&a, (&nine, &mark(9)), &id("1"), Some(right.clone())).await,
        was(event("1", 5))
    );
    assert_eq!(store.rectify_event(&a, (&nine, &mark(9)), &id("2"), None).await, was(event("2", 5)));
    let kept: Vec<EventRow> =
        store.events_of(&a, &nine, 0, 9).await.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(kept, [right]);
    // Other processes hear whose events are to be read anew; of what was not changed they hear nothing.
    let heard = store.renamings(0, 9).await.unwrap();
    assert_eq!(heard.iter().map(|one| (one.was, one.subject)).collect::<Vec<_>>(), [(mark(9), nine); 2]);
    assert_eq!(store.pulse().await.unwrap().renamings, 2);
    // Told again it does not count again.
    let told = store.append_events(&a, marked(vec![event("2", 5), event("1", 5)])).await;
    assert_eq!(told, Ok(vec![Appended::Known, Appended::Conflict]));
    // The place of the last event is not given again, though it was taken back.
    assert_eq!(
        store.append_events(&a, marked(vec![event("3", 5)])).await,
        Ok(vec![Appended::New { seq: 3 }])
    );
    assert_eq!(store.events(2, 9).await.unwrap().len(), 1, "whoever had read up to it misses nothing");
}

pub(super) async fn events_whose_time_is_over_are_dropped_by_kind(place: impl Place) {
    let store = place.open().await;
    let a = tenant("a");
    let of = |id: &str, kind, at| EventRow { kind, at: Timestamp::from_micros(at), ..event(id, 0) };
    let events = [
        of("1", EventKind::Purchase, 1),
        of("2", EventKind::Purchase, 2),
        of("3", EventKind::Purchase, 3),
        of("4", EventKind::Browse, 1),
    ];
    store.append_events(&a, marked(events.to_vec())).await.unwrap();
    let before = Timestamp::from_micros(3);
    for dropped in [1, 1, 0] {
        assert_eq!(store.drop_events(EventKind::Purchase, before, 1).await, Ok(dropped));
    }
    let kept = store.events(0, 9).await.unwrap().into_iter().map(|e| e.event).collect::<Vec<_>>();
    assert_eq!(kept, events[2..]);
}

pub(super) async fn decisions_of_an_alias_are_paged_in_the_order_of_the_log(place: impl Place) {
    let store = place.open().await;
    let of = |n: u8| DecisionRow { alias: Alias::from_bytes([1; 16]), ..decision("a", n) };
    for row in [of(1), decision("a", 2), of(3), DecisionRow { tenant: tenant("b"), ..of(4) }, of(5)] {
        store.append_decision(row, None).await.unwrap();
    }
    let alias = Alias::from_bytes([1; 16]);
    let page = store.decisions_of(&tenant("a"), alias, 0, 2).await.unwrap();
    let seq = |index| chain(1).seq(index);
    assert_eq!(page, [(seq(1), of(1)), (seq(3), of(3))]);
    assert_eq!(store.decisions_of(&tenant("a"), alias, seq(3), 2).await.unwrap(), [(seq(5), of(5))]);
}

pub(super) async fn events_of_a_day_are_folded_into_one_row_and_their_ids_remembered(place: impl Place) {
    const DAY: i64 = 86_400_000_000;
    let store = place.open().await;
    let a = tenant("a");
    let at = |id: &str, at: i64| EventRow {
        at: Timestamp::from_micros(at),
        received_at: Timestamp::from_micros(at),
        ..event(id, 5)
    };
    let told = [at("1", 10), at("2", 20), at("3", DAY + 5), at("4", 2 * DAY), at("5", 3 * DAY)];
    store.append_events(&a, marked(told.to_vec())).await.unwrap();
    store.append_events(&tenant("b"), marked(vec![at("1", 10)])).await.unwrap();
    let before = Timestamp::from_micros(2 * DAY);
    let ids_since = Timestamp::from_micros(15);
    let folded = store.fold_events(before, ids_since, 3).await.unwrap();
    assert_eq!(
        folded
            .iter()
            .map(|one| (one.tenant.as_str(), one.event.id.as_str(), one.times_before, one.spend_before))
            .collect::<Vec<_>>(),
        [("a", "1", 0, 0), ("b", "1", 0, 0), ("a", "2", 1, 5)]
    );
    assert_eq!(store.fold_events(before, ids_since, 3).await.unwrap().len(), 1);
    assert_eq!(store.fold_events(before, ids_since, 3).await, Ok(Vec::new()));

    let nine = SubjectKey::from_bytes([9; 32]);
    let held: Vec<EventRow> =
        store.events_of(&a, &nine, 0, 9).await.unwrap().into_iter().map(|one| one.event).collect();
    let told = held
        .iter()
        .map(|one| (one.at.micros(), one.times, one.spend_micros))
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(told, [(0, 2, 10), (DAY, 1, 5), (2 * DAY, 1, 5), (3 * DAY, 1, 5)].into());
    assert!(held.iter().all(|one| one.attributes == event("x", 0).attributes));
    // An id that is remembered counts once, one that is not is another event; later ones join their day.
    let again = store.append_events(&a, marked(vec![at("2", 20), at("3", DAY + 5), at("4", 2 * DAY)])).await;
    assert_eq!(again, Ok(vec![Appended::Known; 3]));
    let ids = ["1", "2", "3", "5", "never"].map(|id| EventId::parse(id).unwrap());
    let known = store.known_events(&a, ids.to_vec()).await.unwrap();
    assert_eq!(
        known.iter().map(EventId::as_str).collect::<Vec<_>>(),
        ["2", "3", "5"],
        "the first was before ids_since"
    );
    assert!(store.known_events(&tenant("c"), ids.to_vec()).await.unwrap().is_empty());
    assert_eq!(store.append_events(&a, marked(vec![at("6", 30)])).await, Ok(vec![Appended::New { seq: 11 }]));
    let late = store.fold_events(before, ids_since, 9).await.unwrap();
    assert_eq!((late[0].times_before, late[0].spend_before), (2, 10));
    assert_eq!(store.forget_event_ids(Timestamp::from_micros(DAY)).await, Ok(2));
    let again = store.append_events(&a, marked(vec![at("2", 20), at("3", DAY + 5)])).await;
    assert_eq!(again, Ok(vec![Appended::New { seq: 13 }, Appended::Known]));

    let folded =
        store.rectify_event(&a, (&nine, &mark(9)), &EventId::parse("3").unwrap(), None).await.unwrap();
    assert!(matches!(folded, Rectified::Folded(id) if id.as_str().contains(":1970-01-02:purchase:")));
    let others = store
        .rectify_event(&a, (&SubjectKey::from_bytes([1; 32]), &mark(1)), &EventId::parse("3").unwrap(), None)
        .await;
    assert_eq!(others, Ok(Rectified::Absent));
    // The sum of a day is put right like any event, and goes with its person.
    let day = held.iter().find(|one| one.times == 2).unwrap().clone();
    assert!(day.id.as_str().starts_with(OWN_ID_PREFIX), "{}", day.id);
    let right = EventRow { times: 1, spend_micros: 4, ..day.clone() };
    let was = store.rectify_event(&a, (&nine, &mark(9)), &day.id, Some(right)).await.unwrap();
    assert!(matches!(was, Rectified::Was(was) if was.times == 3));
    let erased = store.erase(erasure(9, 70)).await.unwrap();
    assert_eq!(erased.events, 5);
    assert_eq!(
        store.forget_event_ids(Timestamp::from_micros(i64::MAX)).await,
        Ok(0),
        "ids go with their person"
    );
}
