//! What an erasure and a rotation leave, looked for in the bytes of the files.

use std::fs;

use super::super::tests::{decision, entry, file, fresh, open, person, record, tenant};
use super::*;
use crate::domain::SubjectKey;
use crate::ledger::{KEY_FILE_NAME, Recorded, bound_to};
use crate::store::{DecisionRow, Erasure, FILE_NAME, Right, RightRow};

const NOW: Timestamp = Timestamp::from_micros(1_768_003_200_000_000);

/// The bytes of store and log.
fn files(place: &tempfile::TempDir) -> Vec<u8> {
    let read = |name: String| fs::read(place.path().join(name)).unwrap_or_default();
    [read(FILE_NAME.to_owned()), read(format!("{FILE_NAME}-wal"))].concat()
}

async fn erase(ledger: &Ledger, subject: SubjectKey) {
    let mark = ledger.keyring.mark(&tenant(), &subject);
    let entry = RightRow {
        tenant: tenant(),
        mark,
        right: Right::Erase,
        at: NOW,
        by_key: "key".to_owned(),
        assurance: "high".to_owned(),
    };
    let erasure = Erasure { subjects: vec![subject], named_by: None, marks: vec![mark], entry };
    ledger.store.erase(erasure).await.unwrap();
    ledger.forget(&tenant(), &subject);
    ledger.scrub().await.unwrap();
}

/// Whether any 32 bytes are a key that opens the person's decision, or any wrapped key unwraps to one.
fn opens(bytes: &[u8], wrapping: &Wrapping, person: &SubjectRow, row: &DecisionRow) -> bool {
    let is_key = |key: &DataKey| key.open(&row.envelope, &bound_to(row)).is_some();
    let unwraps = |wrapped: &[u8]| {
        let keys = wrapping.keys.values();
        let mut opened = keys.filter_map(|by| by.open(wrapped, &owned_by(person)));
        opened.any(|bytes| DataKey::of(&bytes).is_some_and(|key| is_key(&key)))
    };
    // The room ahead in the log is zeros: no key, wrapped or not, and far too many to try.
    let windows = |size| bytes.windows(size).filter(|window| window.iter().any(|byte| *byte != 0));
    windows(32).any(|window| DataKey::of(window).is_some_and(|key| is_key(&key)))
        || windows(person.wrapped_data_key.len()).any(unwraps)
}

#[tokio::test]
async fn after_a_rotation_no_byte_of_store_log_or_backup_opens_what_was_erased() {
    let (place, ledger) = fresh().await;
    let (anna, bert) = (person(&ledger, "anna"), person(&ledger, "bert"));
    for (n, someone) in [(1, Some(&anna)), (2, Some(&bert)), (3, None)] {
        ledger.record(&tenant(), someone, [n; 32], &entry(&decision(n))).await.unwrap();
    }
    let subject = ledger.store.aliases_of(&tenant(), &anna).await.unwrap().pop().unwrap();
    let row = ledger.store.decision(&tenant(), decision(1).id).await.unwrap().unwrap();
    let backup = files(&place);
    let key = ledger.unwrap(&subject).unwrap();
    let before = ledger.keyring.wrapping();
    assert!(opens(&backup, &before, &subject, &row), "the search finds a wrapped key");
    let planted = [&backup[..77], key.as_bytes(), &backup[77..]].concat();
    let nothing = Wrapping { keys: [].into(), made_at: None };
    assert!(opens(&planted, &nothing, &subject, &row), "the search finds a key in clear");

    erase(&ledger, anna).await;
    assert!(!opens(&files(&place), &before, &subject, &row), "it left the files with the erasure");
    assert!(opens(&backup, &before, &subject, &row), "a backup is not final yet");

    let rotated = ledger.rotate(NOW).await.unwrap();
    assert_eq!(rotated, Rotated::Done { version: 2, rewrapped: 2, unreadable: 0 });
    let after = ledger.keyring.wrapping();
    assert_eq!(after.keys.keys().copied().collect::<Vec<_>>(), [2]);
    for (bytes, what) in [(files(&place), "the files"), (backup, "the backup")] {
        assert!(!opens(&bytes, &after, &subject, &row), "{what}");
    }
    // The destroyed key is in no file.
    let old = crate::sealing::hex(before.keys[&1].as_bytes());
    for file in fs::read_dir(place.path()).unwrap() {
        let text = String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned();
        assert!(!text.contains(old.as_str()));
    }

    // The others are as they were, and the chain is whole.
    let id = decision(1).id;
    assert_eq!(ledger.read(&tenant(), id).await, Err(LedgerError::Erased(id)));
    for n in [2, 3] {
        assert_eq!(ledger.read(&tenant(), decision(n).id).await, Ok(Some(record(&decision(n)))));
    }
    assert!(ledger.verify(&[]).await.unwrap().is_whole());
    ledger.store.close().await.unwrap();
    let ledger = open(place.path()).await;
    assert_eq!(ledger.read(&tenant(), decision(2).id).await, Ok(Some(record(&decision(2)))));
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_anywhere_is_finished_and_loses_nothing() {
    for step in 0..4 {
        let (place, ledger) = fresh().await;
        for n in 1..=3 {
            let someone = person(&ledger, &format!("person {n}"));
            ledger.record(&tenant(), Some(&someone), [n; 32], &entry(&decision(n))).await.unwrap();
        }
        ledger.keyring.begin_rotation(NOW).unwrap();
        if step > 0 {
            ledger.store.raise_wrapping(2).await.unwrap();
        }
        let rows = ledger.store.subjects(None, 9).await.unwrap();
        for row in rows.into_iter().take([0, 0, 1, 3][step]) {
            let key = ledger.unwrap(&row).unwrap();
            ledger.store.rewrap(vec![ledger.wrapped_anew(row, &key).unwrap()]).await.unwrap();
        }
        ledger.store.close().await.unwrap();

        let ledger = open(place.path()).await;
        assert!(ledger.keyring.is_rotating());
        for n in 1..=3 {
            assert_eq!(
                ledger.read(&tenant(), decision(n).id).await,
                Ok(Some(record(&decision(n)))),
                "{step}"
            );
        }
        let rewrapped = [3, 3, 2, 0][step];
        let rotated = ledger.rotate(NOW).await.unwrap();
        assert_eq!(rotated, Rotated::Done { version: 2, rewrapped, unreadable: 0 }, "{step}");
        ledger.store.close().await.unwrap();
        let ledger = open(place.path()).await;
        assert!(!ledger.keyring.is_rotating());
        for n in 1..=3 {
            assert_eq!(
                ledger.read(&tenant(), decision(n).id).await,
                Ok(Some(record(&decision(n)))),
                "{step}"
            );
        }
    }
}

#[tokio::test]
async fn a_process_that_did_not_hear_of_a_rotation_wraps_by_the_new_key_and_reads_on() {
    let (place, ledger) = fresh().await;
    let other = open(place.path()).await;
    let (anna, bert) = (person(&ledger, "anna"), person(&ledger, "bert"));
    ledger.record(&tenant(), Some(&anna), [1; 32], &entry(&decision(1))).await.unwrap();
    ledger.rotate(NOW).await.unwrap();
    for (n, someone) in [(2, Some(&bert)), (3, None)] {
        let recorded = other.record(&tenant(), someone, [n; 32], &entry(&decision(n))).await;
        assert_eq!(recorded, Ok(Recorded::New));
    }
    for n in 1..=3 {
        for reader in [&ledger, &other] {
            assert_eq!(reader.read(&tenant(), decision(n).id).await, Ok(Some(record(&decision(n)))));
        }
    }
    let old: i64 = file(&place)
        .query_row("SELECT count(*) FROM subjects WHERE wrapped_by < 2", [], |row| row.get(0))
        .unwrap();
    assert_eq!(old, 0);
}

#[tokio::test]
async fn one_process_at_a_time_replaces_the_key_and_its_end_ends_the_turn() {
    let (place, ledger) = fresh().await;
    let other = open(place.path()).await;
    let turn = ledger.keyring.lock().unwrap();
    assert!(turn.is_some());
    assert_eq!(other.rotate(NOW).await, Ok(Rotated::Elsewhere));
    drop(turn);
    assert!(matches!(other.rotate(NOW).await, Ok(Rotated::Done { version: 2, .. })));
    assert!(matches!(ledger.rotate(NOW).await, Ok(Rotated::Done { version: 3, .. })));
}

#[tokio::test]
async fn when_a_key_was_made_is_noted_once_and_kept() {
    let (place, ledger) = fresh().await;
    assert_eq!(ledger.keyring.wrapping_since(), None);
    ledger.keyring.date_wrapping(NOW).unwrap();
    ledger.keyring.date_wrapping(NOW.plus_seconds(9)).unwrap();
    let again = Keyring::open(place.path()).unwrap();
    assert_eq!((again.wrapping_since(), again.wrapping_version()), (Some(NOW), 1));
    ledger.rotate(NOW.plus_seconds(9)).await.unwrap();
    let names: Vec<String> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(KEY_FILE_NAME))
        .collect();
    assert_eq!(names, [KEY_FILE_NAME], "no half-written file is left");
}

#[tokio::test]
async fn a_decision_made_of_someone_who_was_erased_meanwhile_is_not_recorded() {
    let (place, ledger) = fresh().await;
    let other = open(place.path()).await;
    let anna = person(&ledger, "anna");
    other.record(&tenant(), Some(&anna), [1; 32], &entry(&decision(1))).await.unwrap();
    erase(&ledger, anna).await;
    // The other process has the alias at hand, and learns that it is gone; then it gets another one.
    let recorded = other.record(&tenant(), Some(&anna), [2; 32], &entry(&decision(2))).await;
    assert_eq!(recorded, Ok(Recorded::Gone));
    let recorded = other.record(&tenant(), Some(&anna), [2; 32], &entry(&decision(2))).await;
    assert_eq!(recorded, Ok(Recorded::New));
    assert_eq!(ledger.read(&tenant(), decision(2).id).await, Ok(Some(record(&decision(2)))));
}
