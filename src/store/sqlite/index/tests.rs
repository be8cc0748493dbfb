use std::sync::Arc;

use super::*;
use crate::domain::{Alias, Day, DecisionId, Timestamp};
use crate::store::contract::{decision, tenant};
use crate::store::sqlite::{FILE_NAME, Sqlite, StoreOptions};
use crate::store::{AppendedDecision, DecisionRow, Expiry, Head, Seal};

/// The decision of a number, of which two in a row are about one person.
fn numbered(n: u32) -> DecisionRow {
    let named = |n: u32| *blake3::hash(&n.to_le_bytes()).as_bytes();
    let half = |n: u32| <[u8; 16]>::try_from(&named(n)[..16]).unwrap();
    DecisionRow {
        id: DecisionId::new(uuid::Uuid::from_bytes(half(2 * n))),
        alias: Alias::from_bytes(half(2 * (n / 2) + 1)),
        ..decision("a", 1)
    }
}

async fn append(store: &Sqlite, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let appended = store.append_decision(numbered(n), None).await;
        assert!(matches!(appended, Ok(AppendedDecision::New { .. })), "{n}: {appended:?}");
    }
}

async fn assert_found(store: &Sqlite, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let row = numbered(n);
        let again = store.append_decision(row.clone(), None).await;
        assert_eq!(again, Ok(AppendedDecision::Known(Box::new(row.clone()))), "{n}");
        assert_eq!(store.decision(&row.tenant, row.id).await, Ok(Some(row.clone())), "{n}");
        assert_eq!(store.decision(&tenant("b"), row.id).await, Ok(None), "{n}");
        let theirs = store.decisions_of(&row.tenant, row.alias, 0, 9).await.unwrap();
        let ids: Vec<_> = theirs.into_iter().map(|(_, row)| row.id).collect();
        assert_eq!(ids, [numbered(n / 2 * 2).id, numbered(n / 2 * 2 + 1).id], "{n}");
    }
}

/// How many names are in the table.
async fn entries_in_table(store: &Sqlite) -> u32 {
    let sql = "SELECT count(*) FROM decision_index";
    store.read(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
}

async fn open(place: &tempfile::TempDir) -> Sqlite {
    Sqlite::open(StoreOptions::new(place.path())).await.unwrap()
}

#[tokio::test]
async fn decisions_are_found_while_their_names_join_the_table_and_when_the_store_opens_again() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place).await;
    let few = u32::try_from(ENTRIES).unwrap() / 2;
    append(&store, 0..few - 2).await;
    assert_eq!(entries_in_table(&store).await, 0, "so few are kept in memory");
    append(&store, few - 2..4 * few).await;
    let joined = entries_in_table(&store).await;
    assert!((2 * few..8 * few).contains(&joined), "{joined} of {}", 8 * few);
    assert_found(&store, 0..4 * few).await;

    // As a kill leaves it.
    let copies = tempfile::tempdir().unwrap();
    for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
        std::fs::copy(place.path().join(&name), copies.path().join(&name)).unwrap();
    }
    let copy = open(&copies).await;
    assert_found(&copy, 0..4 * few).await;
    append(&copy, 4 * few..6 * few).await;
    copy.close().await.unwrap();
    let copy = open(&copies).await;
    assert_eq!(entries_in_table(&copy).await, 12 * few, "closing leaves none out");
    assert_found(&copy, 0..6 * few).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_one_process_appends_another_finds_and_does_not_append_again() {
    let place = tempfile::tempdir().unwrap();
    let (one, other) = (open(&place).await, open(&place).await);
    let few = u32::try_from(ENTRIES).unwrap() / 4;
    for round in 0..8 {
        append(if round % 2 == 0 { &one } else { &other }, round * few..(round + 1) * few).await;
        assert_found(&one, 0..(round + 1) * few).await;
        assert_found(&other, 0..(round + 1) * few).await;
    }
    // One is killed, say, and what only the other knew of is found by whoever comes.
    other.close().await.unwrap();
    let third = open(&place).await;
    append(&third, 8 * few..9 * few + 1).await;
    assert_found(&third, 0..9 * few).await;
    for store in [one, third] {
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_batch_that_was_undone_leaves_no_name() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place).await;
    let index = Arc::clone(&store.index);
    let failed: Result<(), _> = store
        .write(move |connection| {
            connection.execute_batch("ROLLBACK")?;
            index.add(numbered(0).day.number().unsigned_abs().into(), [[7; 16]; 2]);
            Err(StoreError::Busy)
        })
        .await;
    assert_eq!(failed, Err(StoreError::Busy));
    assert!(store.index.state().recent.is_empty());
    assert!(store.index.state().batch.is_empty());
    append(&store, 0..2).await;
    assert_found(&store, 0..2).await;
    assert_eq!(store.index.state().recent.len(), 4);
}

#[tokio::test]
async fn names_of_a_chain_whose_time_is_over_are_gone_and_join_no_more() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place).await;
    let late = open(&place).await;
    let few = u32::try_from(ENTRIES).unwrap() / 2;
    append(&store, 0..few + 9).await;
    // Another process knows the names, too.
    assert_found(&late, 0..4).await;
    let chain = store.chains(true).await.unwrap()[0].id;
    let head = Head {
        chain,
        length: few + 9,
        root: [1; 32],
        at: Timestamp::from_micros(1),
        key: "k".to_owned(),
        signature: [2; 64],
    };
    let seal = Seal { ordinal: 1, head, previous: [0; 32], expiry: None };
    assert_eq!(store.seal(seal).await, Ok(true));
    let expiry = Expiry { at: Timestamp::from_micros(2), signature: [3; 64] };
    while store.expire(chain, expiry, 5).await.unwrap() > 0 {}
    assert_eq!(entries_in_table(&store).await, 0);
    // The same impressions may be decided on again, on a later day.
    let tomorrow = |n| DecisionRow { day: Day::from_number(numbered(n).day.number() + 1), ..numbered(n) };
    for n in 0..4 * few {
        let appended = late.append_decision(tomorrow(n), None).await;
        assert!(matches!(appended, Ok(AppendedDecision::New { .. })), "{n}: {appended:?}");
    }
    for store in [late, store] {
        store.close().await.unwrap();
    }
    let store = open(&place).await;
    assert_eq!(entries_in_table(&store).await, 8 * few);
    let row = tomorrow(3);
    assert_eq!(store.decision(&row.tenant, row.id).await, Ok(Some(row)));
    store.close().await.unwrap();
}
