//! Rotations of the key of pseudonyms, what they leave of the former names, and where they are cut off.

use std::fs;

use super::super::tests::{decision, entry, fresh, open, record, tenant};
use super::*;
use crate::ledger::{KEY_FILE_NAME, Named, Recorded, SealedDecision};
use crate::store::FILE_NAME;

const NOW: Timestamp = Timestamp::from_micros(1_768_003_200_000_000);

/// Replaces the key and takes the new one up.
async fn rotate(ledger: &Ledger) -> Rekeyed {
    let rekeyed = ledger.rotate_pseudonyms(ledger.keyring.naming_version(), NOW).await.unwrap();
    ledger.keyring.take_up_names();
    rekeyed
}

fn named(ledger: &Ledger, raw_id: &str) -> Named {
    ledger.keyring.named(&tenant(), raw_id).unwrap()
}

/// Whoever is named so gets the name of the moment, as on sight.
async fn see(ledger: &Ledger, raw_id: &str) -> SubjectKey {
    let Named { subject, earlier } = named(ledger, raw_id);
    if let Some(earlier) = earlier {
        ledger.rename(&tenant(), &earlier, &subject).await.unwrap();
    }
    subject
}

async fn decide(ledger: &Ledger, subject: &SubjectKey, n: u8) -> Result<Recorded, LedgerError> {
    ledger.record(&tenant(), Some(subject), [n; 32], &entry(&decision(n))).await
}

/// The numbers of a person's decisions that open.
async fn decisions(ledger: &Ledger, subject: &SubjectKey) -> Vec<u8> {
    let mut opened = Vec::new();
    for row in ledger.store.aliases_of(&tenant(), subject).await.unwrap() {
        for SealedDecision { record: read, .. } in
            ledger.decisions_of(&tenant(), row.alias, 0, 99).await.unwrap()
        {
            opened.extend((0..20).filter(|n| read == Ok(record(&decision(*n)))));
        }
    }
    opened
}

fn file_has(place: &tempfile::TempDir, bytes: &[u8]) -> bool {
    let files = fs::read_dir(place.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|file| file.windows(bytes.len()).any(|part| part == bytes))
}

#[tokio::test]
async fn whoever_is_seen_between_rotations_keeps_everything_under_ever_new_names() {
    let (place, ledger) = fresh().await;
    let mut names = vec![named(&ledger, "anna").subject];
    for n in 1..=4 {
        decide(&ledger, names.last().unwrap(), n).await.unwrap();
        // A data key wrapped anew for its new owner is wrapped anew like any other.
        ledger.rotate(NOW).await.unwrap();
        let rekeyed = rotate(&ledger).await;
        // What goes is that others hear of the renaming before.
        let deleted = u64::from(n > 2);
        assert_eq!(rekeyed, Rekeyed::Done { version: u32::from(n) + 1, deleted });
        names.push(see(&ledger, "anna").await);
        assert_eq!(decisions(&ledger, names.last().unwrap()).await, (1..=n).collect::<Vec<_>>());
    }
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 5);
    let Named { subject, earlier } = named(&ledger, "anna");
    assert_eq!((subject, earlier), (names[4], Some(names[3])));
    ledger.scrub().await.unwrap();
    assert!(
        !names[..3].iter().any(|name| file_has(&place, name.as_bytes())),
        "no key is left that made them"
    );
    assert_eq!(ledger.store.forget_renamings(names[4].tag()).await, Ok(1));
    ledger.scrub().await.unwrap();
    ledger.store.close().await.unwrap();
    for name in &names[..4] {
        assert!(!file_has(&place, name.as_bytes()), "former names are in no file");
    }
    assert!(file_has(&place, names[4].as_bytes()), "the search finds names");
    let ledger = open(place.path()).await;
    assert_eq!(decisions(&ledger, &names[4]).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn of_whoever_is_not_seen_from_one_rotation_to_the_next_nothing_is_kept() {
    let (place, ledger) = fresh().await;
    let [anna, bert] = ["anna", "bert"].map(|raw_id| named(&ledger, raw_id).subject);
    decide(&ledger, &anna, 1).await.unwrap();
    decide(&ledger, &bert, 2).await.unwrap();
    ledger.record(&tenant(), None, [3; 32], &entry(&decision(3))).await.unwrap();
    let keys = || fs::read_to_string(place.path().join(KEY_FILE_NAME)).unwrap();
    let first = crate::sealing::hex(ledger.keyring.kept_pseudonyms().keys().next().unwrap().1.secret());
    assert_eq!(rotate(&ledger).await, Rekeyed::Done { version: 2, deleted: 0 });
    let seen = see(&ledger, "anna").await;
    assert!(keys().contains(first.as_str()));
    assert_eq!(rotate(&ledger).await, Rekeyed::Done { version: 3, deleted: 1 });
    assert!(!keys().contains(first.as_str()), "the key is destroyed");

    assert_eq!(decisions(&ledger, &seen).await, [1]);
    assert_eq!(ledger.store.people(None, 9).await.unwrap(), [(tenant(), seen)]);
    // The decisions stay in the log, one of which nobody can open; of nobody's, all is as it was.
    assert_eq!(ledger.read(&tenant(), decision(2).id).await, Err(LedgerError::Erased(decision(2).id)));
    assert_eq!(ledger.read(&tenant(), decision(3).id).await, Ok(Some(record(&decision(3)))));
    assert!(ledger.verify(&[]).await.unwrap().is_whole());
    ledger.store.close().await.unwrap();
    assert!(!file_has(&place, bert.as_bytes()));
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_anywhere_is_not_begun_or_is_finished() {
    for step in 0..4 {
        let (place, ledger) = fresh().await;
        let [anna, bert] = ["anna", "bert"].map(|raw_id| named(&ledger, raw_id).subject);
        decide(&ledger, &anna, 1).await.unwrap();
        decide(&ledger, &bert, 2).await.unwrap();
        rotate(&ledger).await;
        let anna = see(&ledger, "anna").await;
        // The file was written under another name and did not get its own: nothing began.
        fs::write(place.path().join("keys.json.half"), "{").unwrap();
        if step > 0 {
            ledger.keyring.begin_rekeying(2, NOW).unwrap();
        }
        if step > 1 {
            ledger.store.raise_naming(3).await.unwrap();
        }
        if step > 2 {
            let tags = ledger.keyring.kept_pseudonyms().tags();
            assert_eq!(ledger.store.drop_unreachable(tags, 1).await, Ok(1));
        }
        ledger.store.close().await.unwrap();

        let ledger = open(place.path()).await;
        ledger.announce_names().await.unwrap();
        assert_eq!(ledger.keyring.is_rekeying(), step > 0, "{step}");
        assert_eq!(decisions(&ledger, &anna).await, [1], "{step}");
        assert_eq!(named(&ledger, "bert").earlier.as_ref() == Some(&bert), step == 0, "{step}");
        let version = ledger.keyring.naming_version();
        let rekeyed = ledger.rotate_pseudonyms(version, NOW).await.unwrap();
        assert!(matches!(rekeyed, Rekeyed::Done { version: 3, .. }), "{step}: {rekeyed:?}");
        assert!(!ledger.keyring.is_rekeying());
        assert_eq!(decisions(&ledger, &anna).await, [1], "{step}");
        assert_eq!(ledger.store.people(None, 9).await.unwrap(), [(tenant(), anna)], "{step}");
        ledger.store.close().await.unwrap();
        let ledger = open(place.path()).await;
        let Named { earlier, .. } = named(&ledger, "anna");
        assert_eq!((earlier, ledger.keyring.naming_version()), (Some(anna), 3));
    }
}

#[tokio::test]
async fn two_who_find_that_it_is_time_replace_the_key_once() {
    let (place, ledger) = fresh().await;
    let other = open(place.path()).await;
    let turn = ledger.keyring.lock().unwrap();
    assert_eq!(other.rotate_pseudonyms(1, NOW).await, Ok(Rekeyed::Elsewhere));
    drop(turn);
    for ledger in [&ledger, &other] {
        let rekeyed = ledger.rotate_pseudonyms(1, NOW).await;
        assert_eq!(rekeyed, Ok(Rekeyed::Done { version: 2, deleted: 0 }));
    }
    // A wrapping key that is replaced by one who has not taken the new names up leaves them in the file.
    let third = open(place.path()).await;
    ledger.rotate_pseudonyms(2, NOW).await.unwrap();
    third.rotate(NOW).await.unwrap();
    assert_eq!(Keyring::open(place.path()).unwrap().naming_version(), 3);
    assert_eq!(third.keyring.naming_version(), 2);
    third.keyring.take_up_names();
    assert_eq!(third.keyring.naming_version(), 3);
}

#[tokio::test]
async fn a_process_that_has_not_heard_of_a_new_key_names_nobody_new_by_the_old_one() {
    let (place, ledger) = fresh().await;
    let other = open(place.path()).await;
    let [anna, bert] = ["anna", "bert"].map(|raw_id| named(&other, raw_id).subject);
    decide(&other, &anna, 1).await.unwrap();
    rotate(&ledger).await;
    assert_eq!(decide(&other, &bert, 2).await, Err(StoreError::OldName.into()));
    // Of whom the alias is known it is decided on, wherever the name has got by now.
    let anna_now = see(&ledger, "anna").await;
    assert_eq!(decide(&other, &anna, 3).await, Ok(Recorded::New));
    assert_eq!(decisions(&ledger, &anna_now).await, [1, 3]);
    other.forget_all();
    assert_eq!(decide(&other, &anna, 4).await, Err(StoreError::OldName.into()));
    other.keyring.reload().unwrap();
    other.keyring.take_up_names();
    assert_eq!(named(&other, "anna").subject, anna_now);
    assert_eq!(decide(&other, &anna_now, 4).await, Ok(Recorded::New));
}

#[tokio::test]
async fn a_store_that_is_put_back_from_before_two_rotations_keeps_nothing_under_lost_names() {
    let (place, ledger) = fresh().await;
    let anna = named(&ledger, "anna").subject;
    decide(&ledger, &anna, 1).await.unwrap();
    ledger.store.close().await.unwrap();
    let copy = fs::read(place.path().join(FILE_NAME)).unwrap();
    let ledger = open(place.path()).await;
    rotate(&ledger).await;
    rotate(&ledger).await;
    ledger.store.close().await.unwrap();
    let newest = fs::read(place.path().join(FILE_NAME)).unwrap();
    fs::write(place.path().join(FILE_NAME), copy).unwrap();

    let ledger = open(place.path()).await;
    ledger.announce_names().await.unwrap();
    assert_eq!(ledger.store.people(None, 9).await, Ok(Vec::new()));
    ledger.store.close().await.unwrap();
    assert!(!file_has(&place, anna.as_bytes()));

    // Keys that are older than the store are not taken for its keys.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join(FILE_NAME), newest).unwrap();
    let keyring = Keyring::fresh().unwrap();
    let text = keyfile::text(&keyring, &keyring.wrapping(), &keyring.kept_pseudonyms());
    fs::write(other.path().join(KEY_FILE_NAME), text.as_bytes()).unwrap();
    let refused = open(other.path()).await.announce_names().await.unwrap_err();
    assert_eq!(refused, KeyringError::OlderThanStore { found: 1, known: 3 }.into());
    assert!(refused.to_string().contains("put the newest keys.json back"), "{refused}");
}

#[tokio::test]
async fn when_a_key_of_pseudonyms_was_made_is_noted_once_and_kept() {
    let (place, ledger) = fresh().await;
    assert_eq!(ledger.keyring.naming_since(), None);
    ledger.keyring.date_naming(NOW).unwrap();
    ledger.keyring.date_naming(NOW.plus_seconds(9)).unwrap();
    assert_eq!(ledger.keyring.naming_since(), Some(NOW));
    let again = Keyring::open(place.path()).unwrap();
    assert_eq!((again.naming_since(), again.naming_version()), (Some(NOW), 1));
    ledger.rotate_pseudonyms(1, NOW.plus_seconds(9)).await.unwrap();
    let again = Keyring::open(place.path()).unwrap();
    assert_eq!((again.naming_since(), again.naming_version()), (Some(NOW.plus_seconds(9)), 2));
}

#[tokio::test]
async fn the_mark_of_a_person_stays_and_is_not_that_of_a_name() {
    let (_place, ledger) = fresh().await;
    let marks = |raw_id: &str| ledger.keyring.person_mark(&tenant(), raw_id);
    let (mark, name) = (marks("anna"), named(&ledger, "anna").subject);
    rotate(&ledger).await;
    assert_eq!(marks("anna"), mark);
    let of_name = ledger.keyring.mark(&tenant(), &name);
    assert!(![of_name, marks("bert")].contains(&mark));
    assert_ne!(ledger.keyring.mark(&tenant(), &named(&ledger, "anna").subject), of_name);
}

#[tokio::test]
async fn whoever_finishes_what_another_process_is_at_begins_nothing() {
    let (place, ledger) = fresh().await;
    rotate(&ledger).await;
    let other = open(place.path()).await;
    ledger.keyring.begin_rekeying(2, NOW).unwrap();
    other.keyring.reload().unwrap();
    assert!(other.keyring.is_rekeying());
    let done = Rekeyed::Done { version: 3, deleted: 0 };
    assert_eq!(ledger.finish_pseudonyms().await, Ok(done));
    // By now it is done, and the other process has not heard of it.
    assert_eq!(other.finish_pseudonyms().await, Ok(done));
    assert_eq!((other.keyring.newest_naming(), other.keyring.is_rekeying()), (3, false));
}
