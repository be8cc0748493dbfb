//! What people chose.

use super::*;

pub(super) async fn a_change_of_choices_is_taken_once_and_another_under_its_id_is_told_apart(
    place: impl Place,
) {
    let store = place.open().await;
    let said = [Statement::Withdraw(Purpose::MeasureAds)];
    let first = choice("a", 1, "c", &said);
    assert_eq!(store.append_choice(first.clone()).await, Ok(AppendedChoice::New { seq: 1 }));
    let mut again = first.clone();
    again.change.at = Timestamp::from_micros(99);
    let known = AppendedChoice::Known(Box::new(StoredChoice { seq: 1, row: first.clone() }));
    assert_eq!(store.append_choice(again).await, Ok(known));
    let mut by_another = first.clone();
    by_another.change.teller = Teller::Controller;
    let others = [choice("a", 2, "c", &said), choice("a", 1, "c", &[]), by_another];
    for other in others {
        assert_eq!(store.append_choice(other).await, Ok(AppendedChoice::Conflict));
    }
    assert_eq!(store.choice(&first.tenant, &first.change.id).await.unwrap().unwrap().row, first);
    assert_eq!(store.choice(&tenant("b"), &first.change.id).await, Ok(None));
    // Another tenant may use the same id.
    assert_eq!(store.append_choice(choice("b", 1, "c", &[])).await, Ok(AppendedChoice::New { seq: 2 }));
}

pub(super) async fn choices_are_kept_in_order_and_apart_by_person_and_tenant(place: impl Place) {
    let store = place.open().await;
    let hide = Statement::Object(Objection::Advertiser("Café \"Fine\"".to_owned()));
    let (grant, withdraw) = (Statement::Grant(Purpose::MeasureAds), Statement::Withdraw(Purpose::MeasureAds));
    let rows = [
        choice("a", 1, "1", std::slice::from_ref(&grant)),
        choice("a", 2, "2", std::slice::from_ref(&grant)),
        choice("b", 1, "3", std::slice::from_ref(&grant)),
        choice("a", 1, "4", &[hide, withdraw]),
    ];
    for row in &rows {
        store.append_choice(row.clone()).await.unwrap();
    }
    store.close().await.unwrap();
    let store = place.open().await;
    let of = |n: u8| SubjectKey::from_bytes([n; 32]);
    let changes = store.choices_of(&tenant("a"), &of(1)).await.unwrap();
    let places = changes.iter().map(|stored| stored.seq).collect::<Vec<_>>();
    assert_eq!(places, [1, 4]);
    assert_eq!(
        changes.into_iter().map(|stored| stored.row).collect::<Vec<_>>(),
        [rows[0].clone(), rows[3].clone()]
    );

    let choices = store.current_choices(&tenant("a"), &of(1)).await.unwrap();
    assert_eq!(choices, Choices::of([&rows[0].change, &rows[3].change]));
    assert!(choices.granted.is_empty() && choices.hidden_advertisers.contains("Café \"Fine\""));
    assert_eq!(store.current_choices(&tenant("b"), &of(2)).await, Ok(Choices::default()));

    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.choices(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        read.extend(page.into_iter().map(|stored| stored.row));
    }
    assert_eq!(read, rows);
}
