//! The ledger on a real store.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::*;
use crate::domain::{
    Ad, AdId, AdLabel, AdValue, Bid, Cause, Cell, Currency, EventKind, Evidence, FeatureId, ImpressionId,
    Inputs, Line, LineSource, ModelVersion, Nats, Policy, Pricing, Profile, Purpose, Purposes, RankedAd,
    Rates, Refusal, RefusalCause, Response, Timestamp, Verdict, Versions,
};
use crate::store::{FILE_NAME, StoreOptions};

pub(super) fn tenant() -> TenantId {
    TenantId::parse("shop").unwrap()
}

/// A decision on impression `n` that uses every kind of part.
pub(super) fn decision(n: u8) -> Decision {
    let lines = [
        (LineSource::Intercept(Response::Click), -5),
        (LineSource::Feature(Response::Click, FeatureId(1)), i64::MIN + 1),
        (LineSource::Bid, 1 << 40),
    ];
    let lines = lines.map(|(source, units)| Line { source, value: Nats::from_units(units) });
    let feature = FeatureId(1);
    let history = Evidence::History {
        event: EventKind::Purchase,
        attribute: Some("category".to_owned()),
        key: Some("FROZEN PIZZA".to_owned()),
        days: 4,
        count: 5,
        first: None,
        last: Some(Timestamp::default().day()),
        window_days: 84,
    };
    Decision {
        id: DecisionId::new(Uuid::from_bytes([n; 16])),
        tenant: tenant(),
        impression: ImpressionId::parse(&format!("impression-{n}")).unwrap(),
        at: Timestamp::from_micros(1_504_519_200_123_456),
        versions: Versions {
            schema: "schema".to_owned(),
            models: vec![(Response::Click, ModelVersion::of(b"model"))],
            rates: "rates".to_owned(),
        },
        has_subject: true,
        accepted: Purposes::NONE.with(Purpose::CreateAdProfile),
        verdicts: vec![Verdict {
            feature,
            needs: Purposes::ALL,
            cause: Cause::PurposesRefused(Purposes::ALL.minus(Purposes::NONE.with(Purpose::CreateAdProfile))),
        }],
        features: ["a", "b"].map(str::to_owned).into(),
        ranked: vec![RankedAd {
            ad: Arc::new(AdLabel {
                id: AdId::parse("ad-1").unwrap(),
                advertiser: "Kaffeehaus".to_owned(),
                payer: "Kaffeehaus".to_owned(),
                domain: String::new(),
                category: "FROZEN PIZZA".to_owned(),
                sensitive: false,
            }),
            bid: Bid { pricing: Pricing::Cpc, micros: 5, currency: Currency::parse("EUR").unwrap() },
            profile: Profile::Full,
            probability: 0.1 + 0.2,
            expected_value_per_mille: -7,
            account: lines.into_iter().collect(),
            evidence: vec![(feature, history), (feature, Evidence::Number { feature, value: -0.0 })],
        }],
        shown: 1,
        refused: vec![Refusal { ad: AdId::parse("ad-2").unwrap(), cause: RefusalCause::BelowFloor }],
        not_shown: None,
    }
}

/// What [`decision`] was made of.
pub(super) fn workings(decision: &Decision) -> Workings<'static> {
    Workings {
        policy: Policy {
            floor: Some(0.5),
            ads_max: 1,
            conversion_given_click: false,
            rates: Rates {
                version: "rates".to_owned(),
                base: Currency::parse("EUR").unwrap(),
                per_unit: [].into(),
            },
        },
        inputs: Inputs {
            shared: vec![FeatureId(0)],
            rows: [vec![Cell::Category("morning")], Vec::new()],
            varying: vec![FeatureId(1)],
            own: Vec::new(),
            cells: vec![Cell::Number(0.5); decision.ranked.len()],
            sensitive: vec![false; decision.ranked.len()],
        },
        order: (0..decision.ranked.len()).collect(),
        below: Vec::new(),
    }
}

pub(super) fn entry(decision: &Decision) -> Entry {
    Entry::of(decision, &workings(decision), &Listing::of([].iter())).unwrap()
}

/// What comes back of a decision.
pub(super) fn record(decision: &Decision) -> Record {
    Sheet::of(decision, &workings(decision), &Listing::of([].iter())).record(None).unwrap()
}

pub(super) async fn open(folder: &Path) -> Ledger {
    let keyring = Keyring::open(folder).unwrap();
    let store = Store::open(StoreOptions::new(folder)).await.unwrap();
    Ledger::new(store, Arc::new(keyring))
}

pub(super) async fn fresh() -> (TempDir, Ledger) {
    let place = tempfile::tempdir().unwrap();
    let ledger = open(place.path()).await;
    (place, ledger)
}

pub(super) fn person(ledger: &Ledger, raw_id: &str) -> SubjectKey {
    ledger.keyring.subject_key(&tenant(), raw_id).unwrap()
}

pub(super) fn file(place: &TempDir) -> Connection {
    Connection::open(place.path().join(FILE_NAME)).unwrap()
}

/// The alias of the `n`th row.
fn alias_of_row(file: &Connection, n: i64) -> Vec<u8> {
    let sql = "SELECT alias FROM decisions ORDER BY seq LIMIT 1 OFFSET ?1 - 1";
    file.query_row(sql, [n], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_decision_comes_back_to_the_unit_after_a_restart() {
    let (place, ledger) = fresh().await;
    let someone = person(&ledger, "someone");
    assert_eq!(
        ledger.record(&tenant(), Some(&someone), [1; 32], &entry(&decision(1))).await,
        Ok(Recorded::New)
    );
    assert_eq!(ledger.record(&tenant(), None, [2; 32], &entry(&decision(2))).await, Ok(Recorded::New));
    ledger.store.close().await.unwrap();
    let ledger = open(place.path()).await;
    assert_eq!(person(&ledger, "someone"), someone);
    for n in [1, 2] {
        assert_eq!(ledger.read(&tenant(), decision(n).id).await, Ok(Some(record(&decision(n)))));
    }
    assert_eq!(ledger.read(&tenant(), decision(3).id).await, Ok(None));
    assert!(ledger.verify(&[]).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_repeat_gives_the_first_decision_and_another_request_is_refused() {
    let (_place, ledger) = fresh().await;
    ledger.record(&tenant(), None, [1; 32], &entry(&decision(1))).await.unwrap();
    let late = Decision { at: Timestamp::from_micros(7), ..decision(1) };
    let repeat = ledger.record(&tenant(), None, [1; 32], &entry(&late)).await;
    assert_eq!(repeat, Ok(Recorded::Repeat(Box::new(record(&decision(1))))));
    let other = ledger.record(&tenant(), None, [2; 32], &entry(&late)).await;
    assert_eq!(other, Err(LedgerError::ImpressionReused));
}

#[tokio::test]
async fn of_concurrent_records_of_one_impression_one_is_new_and_the_others_follow_it() {
    let (_place, ledger) = fresh().await;
    let mut records = JoinSet::new();
    for n in 0..20 {
        let ledger = ledger.clone();
        let late = Decision { at: Timestamp::from_micros(i64::from(n)), ..decision(1) };
        // Half of the callers ask with one request, half with another.
        records.spawn(async move {
            let someone = person(&ledger, "someone");
            (late.at, n % 2, ledger.record(&tenant(), Some(&someone), [n % 2; 32], &entry(&late)).await)
        });
    }
    let recorded = records.join_all().await;
    let news: Vec<_> = recorded.iter().filter(|(_, _, result)| *result == Ok(Recorded::New)).collect();
    let [(at, body, _)] = news[..] else { panic!("{} are new", news.len()) };
    for (_, other_body, result) in recorded.iter().filter(|(_, _, result)| *result != Ok(Recorded::New)) {
        match result {
            Ok(Recorded::Repeat(known)) => assert_eq!((known.at, other_body), (*at, body)),
            refused => {
                assert_eq!(*refused, Err(LedgerError::ImpressionReused));
                assert_ne!(other_body, body);
            }
        }
    }
}

#[tokio::test]
async fn a_person_keeps_one_random_alias_and_nobody_shares_one() {
    let (place, ledger) = fresh().await;
    let (anna, bert) = (person(&ledger, "anna"), person(&ledger, "bert"));
    for (n, someone) in [(1, Some(&anna)), (2, Some(&anna)), (3, Some(&bert)), (4, None), (5, None)] {
        ledger.record(&tenant(), someone, [n; 32], &entry(&decision(n))).await.unwrap();
    }
    let file = file(&place);
    let aliases: Vec<_> = (1..=5).map(|seq| alias_of_row(&file, seq)).collect();
    assert_eq!(aliases[0], aliases[1]);
    let different: std::collections::BTreeSet<_> = aliases.iter().collect();
    assert_eq!(different.len(), 4);
    // Random, not derived: another installation gives the same person another alias.
    let (elsewhere, second) = fresh().await;
    second.record(&tenant(), Some(&anna), [1; 32], &entry(&decision(1))).await.unwrap();
    assert_ne!(alias_of_row(&self::file(&elsewhere), 1), aliases[0]);
}

#[tokio::test]
async fn the_files_hold_nothing_of_a_decision_in_clear() {
    let (place, ledger) = fresh().await;
    let someone = person(&ledger, "someone-in-clear");
    ledger.record(&tenant(), Some(&someone), [1; 32], &entry(&decision(1))).await.unwrap();
    let log = format!("{FILE_NAME}-wal");
    let before: Vec<u8> = [FILE_NAME, &log].map(|name| fs::read(place.path().join(name)).unwrap()).concat();
    ledger.store.close().await.unwrap();
    let after = fs::read(place.path().join(FILE_NAME)).unwrap();
    for bytes in [before, after] {
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("shop"), "the search works");
        for text in ["Kaffeehaus", "FROZEN PIZZA", "someone-in-clear", "ad-1", "impression-1"] {
            assert!(!holds(text), "{text} is there in clear");
        }
    }
}

#[tokio::test]
async fn a_decision_about_a_person_carries_no_subject_key() {
    let (place, ledger) = fresh().await;
    let someone = person(&ledger, "someone");
    ledger.record(&tenant(), Some(&someone), [1; 32], &entry(&decision(1))).await.unwrap();
    let held: i64 = file(&place)
        .query_row(
            "SELECT count(*) FROM decisions WHERE instr(envelope, ?1) OR instr(alias, ?1)",
            [someone.as_bytes()],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(held, 0);
}

#[tokio::test]
async fn an_envelope_in_another_row_does_not_open() {
    let (place, ledger) = fresh().await;
    let someone = person(&ledger, "someone");
    for n in [1, 2] {
        ledger.record(&tenant(), Some(&someone), [n; 32], &entry(&decision(n))).await.unwrap();
    }
    let swap = "UPDATE decisions SET envelope = (SELECT envelope FROM decisions ORDER BY seq LIMIT 1) \
                WHERE seq = (SELECT max(seq) FROM decisions)";
    file(&place).execute_batch(swap).unwrap();
    let id = decision(2).id;
    let cause = "its envelope was changed";
    assert_eq!(ledger.read(&tenant(), id).await, Err(LedgerError::Unreadable { id, cause }));
    assert!(!ledger.verify(&[]).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_wrapped_key_that_was_changed_or_moved_is_found() {
    for tampering in [
        "UPDATE subjects SET wrapped_data_key = randomblob(72) WHERE subject_key IS NULL",
        "UPDATE subjects SET subject_key = randomblob(32) WHERE subject_key IS NOT NULL",
        "UPDATE subjects SET alias = randomblob(16) WHERE subject_key IS NULL",
        "UPDATE subjects SET tenant = 'other' WHERE subject_key IS NULL",
    ] {
        let (place, ledger) = fresh().await;
        let someone = person(&ledger, "someone");
        ledger.record(&tenant(), Some(&someone), [1; 32], &entry(&decision(1))).await.unwrap();
        ledger.record(&tenant(), None, [2; 32], &entry(&decision(2))).await.unwrap();
        file(&place).execute_batch(tampering).unwrap();
        let verification = ledger.verify(&[]).await.unwrap();
        assert_eq!(verification.keys_unreadable, 1, "{tampering}");
        assert!(!verification.is_whole());
    }
}

#[tokio::test]
async fn a_decision_whose_key_is_gone_is_erased() {
    let (place, ledger) = fresh().await;
    ledger.record(&tenant(), None, [1; 32], &entry(&decision(1))).await.unwrap();
    file(&place).execute_batch("DELETE FROM subjects").unwrap();
    let id = decision(1).id;
    assert_eq!(ledger.read(&tenant(), id).await, Err(LedgerError::Erased(id)));
}

#[tokio::test]
async fn the_keys_of_another_installation_open_nothing() {
    let (_place, ledger) = fresh().await;
    let someone = person(&ledger, "someone");
    ledger.record(&tenant(), Some(&someone), [1; 32], &entry(&decision(1))).await.unwrap();
    let stranger = Ledger::new(ledger.store.clone(), Arc::new(Keyring::fresh().unwrap()));
    let id = decision(1).id;
    let cause = "its data key does not open";
    assert_eq!(stranger.read(&tenant(), id).await, Err(LedgerError::Unreadable { id, cause }));
    let second = stranger.record(&tenant(), Some(&someone), [2; 32], &entry(&decision(2))).await;
    assert!(matches!(second, Err(LedgerError::Seal { .. })), "{second:?}");
    assert_eq!(stranger.verify(&[]).await.unwrap().keys_unreadable, 1);
}

#[tokio::test]
async fn a_row_of_another_version_is_named_as_such() {
    for found in [3, 5] {
        let (place, ledger) = fresh().await;
        ledger.record(&tenant(), None, [1; 32], &entry(&decision(1))).await.unwrap();
        file(&place).execute("UPDATE decisions SET version = ?1", [found]).unwrap();
        let id = decision(1).id;
        assert_eq!(ledger.read(&tenant(), id).await, Err(LedgerError::OtherVersion { id, found }));
    }
}

#[tokio::test]
async fn an_ad_of_a_kept_listing_is_written_as_its_place_and_comes_back_whole() {
    let (place, ledger) = fresh().await;
    let decision = decision(1);
    let ad = Ad {
        label: decision.ranked[0].ad.clone(),
        attributes: Vec::new(),
        features: vec![(FeatureId(1), AdValue::Number(0.5))],
    };
    let listing = Arc::new(Listing::of([Arc::new(ad)].iter()));
    let mut workings = workings(&decision);
    workings.inputs.own = vec![FeatureId(1)];
    let short = Entry::of(&decision, &workings, &listing).unwrap();
    let tells = |entry: &Entry| entry.plain.windows(10).any(|window| window == b"Kaffeehaus");
    assert_eq!((tells(&short), tells(&entry(&decision))), (false, true));
    ledger.keep(&listing).await.unwrap();
    ledger.record(&tenant(), None, [1; 32], &short).await.unwrap();
    ledger.store.close().await.unwrap();

    let ledger = open(place.path()).await;
    let read = ledger.read(&tenant(), decision.id).await.unwrap().unwrap();
    assert_eq!(read.scored[0].ad, decision.ranked[0].ad);
    let mut row = Vec::new();
    read.row(0, &mut row);
    assert_eq!(row, [Cell::Category("morning"), Cell::Number(0.5)]);

    // A listing that was changed is not the one that the record names.
    file(&place).execute_batch("UPDATE listings SET ads = zeroblob(9)").unwrap();
    let (id, cause) = (decision.id, "the ads that it refers to are gone");
    let ledger = open(place.path()).await;
    assert_eq!(ledger.read(&tenant(), id).await, Err(LedgerError::Unreadable { id, cause }));
}

#[tokio::test]
async fn an_ad_that_only_has_the_id_of_a_listed_one_is_told_in_full() {
    let (_place, ledger) = fresh().await;
    let decision = decision(1);
    let label = AdLabel { payer: "Someone else".to_owned(), ..AdLabel::clone(&decision.ranked[0].ad) };
    let ad = Ad { label: Arc::new(label), attributes: Vec::new(), features: Vec::new() };
    let entry = Entry::of(&decision, &workings(&decision), &Listing::of([Arc::new(ad)].iter())).unwrap();
    ledger.record(&tenant(), None, [1; 32], &entry).await.unwrap();
    let read = ledger.read(&tenant(), decision.id).await.unwrap().unwrap();
    assert_eq!(read.scored[0].ad, decision.ranked[0].ad);
}

#[tokio::test]
async fn a_full_store_refuses_the_decision_and_still_gives_those_it_has() {
    let place = tempfile::tempdir().unwrap();
    let options = StoreOptions { page_count_max: Some(48), ..StoreOptions::new(place.path()) };
    let keyring = Arc::new(Keyring::open(place.path()).unwrap());
    let ledger = Ledger::new(Store::open(options).await.unwrap(), keyring);
    let mut acknowledged = 0;
    let refusal = loop {
        match ledger.record(&tenant(), None, [0; 32], &entry(&decision(acknowledged))).await {
            Ok(recorded) => assert_eq!(recorded, Recorded::New),
            Err(error) => break error,
        }
        acknowledged += 1;
    };
    assert_eq!(refusal, LedgerError::Store(StoreError::Full));
    assert!(acknowledged > 0);
    for n in 0..acknowledged {
        assert_eq!(ledger.read(&tenant(), decision(n).id).await, Ok(Some(record(&decision(n)))));
    }
    assert!(ledger.verify(&[]).await.unwrap().is_whole());
}
