//! Whatever is done to a log is found: by its rows, by what was signed, or by the witness.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::domain::{Decision, Timestamp};
use crate::ledger::tests::{decision, entry, file, fresh, open, tenant};
use crate::ledger::{Ledger, Witness};
use crate::store::Place;

/// Noon of the decisions' day, and the day after when it is sealed.
const TODAY: Timestamp = Timestamp::from_micros(1_504_526_400_000_000);
const TOMORROW: Timestamp = Timestamp::from_micros(1_504_612_800_000_000);

/// Five decisions of one chain, their head signed, kept and witnessed.
struct Log {
    place: TempDir,
    ledger: Ledger,
}

impl Log {
    async fn of_five() -> Self {
        let (place, ledger) = fresh().await;
        let witness = Witness::open(&place.path().join("witness.jsonl")).unwrap();
        let ledger = ledger.with_witness(witness);
        let log = Self { place, ledger };
        log.append(1..=5).await;
        log.ledger.keep_heads(TODAY).await.unwrap();
        log
    }

    async fn append(&self, numbers: std::ops::RangeInclusive<u8>) {
        for n in numbers {
            self.ledger.record(&tenant(), None, [n; 32], &entry(&decision(n))).await.unwrap();
        }
    }

    async fn append_tomorrow(&self, n: u8) {
        let later = Decision { at: TOMORROW, ..decision(n) };
        self.ledger.record(&tenant(), None, [n; 32], &entry(&later)).await.unwrap();
    }

    fn witness(&self) -> PathBuf {
        self.place.path().join("witness.jsonl")
    }

    fn tamper(&self, sql: &str) {
        file(&self.place).execute_batch(sql).unwrap();
    }

    /// The fault that is found with the witness.
    async fn fault(&self) -> Option<Fault> {
        self.ledger.verify(&Witness::read(&self.witness()).unwrap()).await.unwrap().fault
    }

    /// The fault that the store alone shows.
    async fn fault_without_witness(&self) -> Option<Fault> {
        self.ledger.verify(&[]).await.unwrap().fault
    }
}

fn chain() -> ChainId {
    ChainId::new(TODAY.day(), 1).unwrap()
}

fn at(index: u32) -> Place {
    Place { chain: chain(), index }
}

/// A condition that is true of the `n`th row.
fn row(n: u32) -> String {
    format!("seq = {}", at(n).seq())
}

#[tokio::test]
async fn a_log_as_it_was_written_is_whole_with_and_without_keys() {
    let log = Log::of_five().await;
    log.append(6..=7).await;
    let witness = Witness::read(&log.witness()).unwrap();
    let found = log.ledger.verify(&witness).await.unwrap();
    let whole = Verification { decisions: 7, chains: 1, heads: 2, fault: None, keys_unreadable: 0 };
    assert_eq!(found, whole);
    assert!(found.is_whole());
    assert_eq!(verify(log.ledger.store(), &log.ledger.public_key(), &witness).await, Ok(whole));
}

#[tokio::test]
async fn a_change_of_any_column_of_a_row_is_found() {
    for change in [
        "version = 2",
        "tenant = 'b'",
        "decision_id = randomblob(16)",
        "alias = randomblob(16)",
        "body_digest = randomblob(32)",
        "commitment = randomblob(32)",
        "envelope = substr(envelope, 2)",
        "envelope = CAST(substr(envelope, 1, 50) || x'00' || substr(envelope, 52) AS BLOB)",
        "hash = randomblob(32)",
    ] {
        let log = Log::of_five().await;
        log.tamper(&format!("UPDATE decisions SET {change} WHERE {}", row(3)));
        assert_eq!(log.fault().await, Some(Fault::Row(at(3), ChainFault::Altered)), "{change}");
    }
}

#[tokio::test]
async fn a_row_that_is_gone_is_found_wherever_it_was() {
    for n in 1..=4 {
        let log = Log::of_five().await;
        log.tamper(&format!("DELETE FROM decisions WHERE {}", row(n)));
        assert_eq!(log.fault_without_witness().await, Some(Fault::Row(at(n), ChainFault::Missing)));
    }
    let log = Log::of_five().await;
    log.tamper(&format!("DELETE FROM decisions WHERE {}", row(5)));
    assert_eq!(log.fault_without_witness().await, Some(Fault::CutOff(at(5))));
    log.tamper("DELETE FROM decisions");
    assert_eq!(log.fault_without_witness().await, Some(Fault::CutOff(at(1))));
}

#[tokio::test]
async fn what_is_cut_off_with_its_head_is_found_by_the_witness() {
    let log = Log::of_five().await;
    log.append(6..=6).await;
    log.ledger.keep_heads(TODAY).await.unwrap();
    // Whoever kept the head of five puts it back.
    log.tamper(&format!("DELETE FROM decisions WHERE {}", row(6)));
    let witness = Witness::read(&log.witness()).unwrap();
    let Witnessed::Head(older) = &witness[0] else { panic!("{witness:?}") };
    file(&log.place)
        .execute(
            "UPDATE chains SET length = 5, root = ?1, at = ?2, signature = ?3",
            rusqlite::params![older.root, older.at.micros(), older.signature],
        )
        .unwrap();
    assert_eq!(log.fault_without_witness().await, None);
    assert_eq!(log.fault().await, Some(Fault::CutOff(at(6))));
    // A whole chain that is gone leaves nothing but the witness.
    log.tamper("DELETE FROM decisions; DELETE FROM chains");
    assert_eq!(log.fault_without_witness().await, None);
    assert_eq!(log.fault().await, Some(Fault::CutOff(at(1))));
}

#[tokio::test]
async fn rows_that_changed_places_are_found() {
    let log = Log::of_five().await;
    let (two, three, aside) = (row(2), row(3), at(99).seq());
    log.tamper(&format!(
        "UPDATE decisions SET seq = {aside} WHERE {two}; UPDATE decisions SET {two} WHERE {three}; \
         UPDATE decisions SET {three} WHERE seq = {aside}"
    ));
    assert_eq!(log.fault().await, Some(Fault::Row(at(2), ChainFault::Altered)));
}

/// Puts a copy of the last row behind it, its hash as the rule wants it.
fn append_as_the_rule_wants(log: &Log, links: &[Link]) {
    let last = links.last().unwrap();
    let mut row = last.row.clone();
    row.id = crate::domain::DecisionId::new(uuid::Uuid::from_bytes([77; 16]));
    let seq = last.seq + 1;
    let hash = crate::store::leaf_hash(&crate::store::leaf(seq, &row, &last.hash));
    file(&log.place)
        .execute(
            "INSERT INTO decisions SELECT ?1, version, tenant, ?2, alias, body_digest, commitment, ?3, envelope \
             FROM decisions WHERE seq = ?4",
            rusqlite::params![seq.cast_signed(), row.id.as_bytes(), hash, last.seq.cast_signed()],
        )
        .unwrap();
}

#[tokio::test]
async fn a_chain_that_was_written_anew_by_the_rule_is_not_what_was_signed() {
    let log = Log::of_five().await;
    log.tamper(&format!("DELETE FROM decisions WHERE {}", row(5)));
    append_as_the_rule_wants(&log, &log.ledger.store().links(0, 9).await.unwrap());
    assert_eq!(log.fault_without_witness().await, Some(Fault::Exchanged(at(5))));
}

#[tokio::test]
async fn a_head_is_signed_by_the_key_of_the_log() {
    let log = Log::of_five().await;
    log.tamper("UPDATE chains SET length = 4");
    assert_eq!(log.fault_without_witness().await, Some(Fault::Unsigned(chain())));
    let log = Log::of_five().await;
    log.tamper("DELETE FROM chains");
    assert_eq!(log.fault_without_witness().await, Some(Fault::Unclaimed(chain())));
    let stranger = Ledger::new(
        log.ledger.store().clone(),
        std::sync::Arc::new(crate::ledger::Keyring::fresh().unwrap()),
    );
    assert_eq!(stranger.verify(&[]).await.unwrap().fault, Some(Fault::Unclaimed(chain())));
    let log = Log::of_five().await;
    let line = std::fs::read_to_string(log.witness()).unwrap().replace("\"length\":5", "\"length\":6");
    std::fs::write(log.witness(), line).unwrap();
    assert_eq!(log.fault().await, Some(Fault::Unsigned(chain())));
}

#[tokio::test]
async fn a_day_that_is_over_is_sealed_and_nothing_joins_it() {
    let log = Log::of_five().await;
    log.append_tomorrow(6).await;
    log.ledger.keep_heads(TOMORROW).await.unwrap();
    let seals = log.ledger.store().seals(0, 9).await.unwrap();
    assert_eq!(
        seals.iter().map(|seal| (seal.ordinal, seal.head.chain, seal.head.length)).collect::<Vec<_>>(),
        [(1, chain(), 5)]
    );
    assert_eq!(log.fault().await, None);
    // A decision that comes late all the same has a chain of its own.
    log.append(7..=7).await;
    assert_eq!(log.fault().await, None);
    assert_eq!(log.ledger.verify(&[]).await.unwrap().chains, 3);

    let links = log.ledger.store().links(0, 5).await.unwrap();
    append_as_the_rule_wants(&log, &links);
    assert_eq!(log.fault_without_witness().await, Some(Fault::PastSeal(at(6))));
}

#[tokio::test]
async fn a_seal_that_is_gone_or_changed_is_found() {
    let sealed = async || {
        let log = Log::of_five().await;
        log.append_tomorrow(6).await;
        log.ledger.keep_heads(TOMORROW).await.unwrap();
        log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
        assert_eq!((log.fault().await, log.ledger.store().seals(0, 9).await.unwrap().len()), (None, 2));
        log
    };
    for change in ["length = 4", "root = randomblob(32)", "at = at + 1", "signature = randomblob(64)"] {
        let log = sealed().await;
        log.tamper(&format!("UPDATE seals SET {change} WHERE ordinal = 1"));
        assert_eq!(log.fault_without_witness().await, Some(Fault::Seal(1)), "{change}");
    }
    let log = sealed().await;
    log.tamper("DELETE FROM seals WHERE ordinal = 1");
    assert_eq!(log.fault_without_witness().await, Some(Fault::Seal(1)));
    // The last day with all that tells of it.
    let log = sealed().await;
    let tomorrow = ChainId::new(TOMORROW.day(), 1).unwrap();
    log.tamper(&format!(
        "DELETE FROM seals WHERE ordinal = 2; DELETE FROM chains WHERE day = {}; DELETE FROM decisions WHERE seq > {}",
        tomorrow.day().number(),
        tomorrow.seq(0),
    ));
    assert_eq!(log.fault_without_witness().await, None);
    assert_eq!(log.fault().await, Some(Fault::Seal(2)));
    let log = sealed().await;
    log.tamper("DELETE FROM seals WHERE ordinal = 2");
    assert_eq!(log.fault_without_witness().await, Some(Fault::Unsealed(tomorrow)));
}

#[tokio::test]
async fn a_day_whose_time_is_over_goes_and_its_seal_stays() {
    let log = Log::of_five().await;
    log.append_tomorrow(6).await;
    log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
    assert_eq!(log.ledger.drop_days(2, TOMORROW.plus_days(1)).await, Ok(0));
    assert_eq!(log.ledger.drop_days(1, TOMORROW.plus_days(1)).await, Ok(5));
    assert_eq!(log.ledger.read(&tenant(), decision(1).id).await, Ok(None));
    assert!(log.ledger.read(&tenant(), decision(6).id).await.unwrap().is_some());
    let found = log.ledger.verify(&Witness::read(&log.witness()).unwrap()).await.unwrap();
    assert_eq!((found.fault, found.decisions, found.keys_unreadable), (None, 1, 0));
    // That it is over was signed; to delete more and claim it is not.
    log.tamper("UPDATE seals SET expired_at = 5, expiry_signature = zeroblob(64) WHERE ordinal = 2; DELETE FROM decisions");
    assert_eq!(log.fault_without_witness().await, Some(Fault::Seal(2)));
}

/// A log of five decisions of a day that is sealed, and one of the next; a verification that has read the first `rows`.
async fn under_way(log: &Log, rows: u32, meanwhile: impl AsyncFnOnce()) -> Verification {
    let (store, key) = (log.ledger.store(), log.ledger.public_key());
    let witness = Witness::read(&log.witness()).unwrap();
    let mut verifying = Verifying::begin(store, &key, &witness).await.unwrap();
    if rows > 0 {
        assert!(verifying.next_page(rows).await.unwrap());
    }
    meanwhile().await;
    while verifying.next_page(2).await.unwrap() {}
    verifying.finish().await.unwrap()
}

#[tokio::test]
async fn a_day_that_goes_while_the_log_is_walked_is_no_fault() {
    // Before its first row, in its middle, at its end, and when the walk is past it.
    for rows in 0..=6 {
        let log = Log::of_five().await;
        log.append_tomorrow(6).await;
        log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
        let found = under_way(&log, rows, async || {
            assert_eq!(log.ledger.drop_days(1, TOMORROW.plus_days(1)).await, Ok(5));
        })
        .await;
        assert_eq!(found.fault, None, "after {rows}");
        // What was seen whole before it went counts.
        let expected = if rows < 5 { (1, 1) } else { (6, 2) };
        assert!([(1, 1), expected].contains(&(found.decisions, found.chains)), "{rows}: {found:?}");
    }
    // All days at once.
    let log = Log::of_five().await;
    log.append_tomorrow(6).await;
    log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
    let found = under_way(&log, 3, async || {
        assert_eq!(log.ledger.drop_days(1, TOMORROW.plus_days(9)).await, Ok(6));
    })
    .await;
    assert_eq!((found.fault, found.decisions, found.chains), (None, 0, 0));
}

#[tokio::test]
async fn rows_of_a_day_that_go_in_part_while_the_log_is_walked_are_no_fault() {
    for (rows, gone) in [(0, 2), (2, 3), (2, 4), (4, 4), (4, 5)] {
        let log = Log::of_five().await;
        log.append_tomorrow(6).await;
        log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
        let found = under_way(&log, rows, async || {
            let seal = &log.ledger.store().seals(0, 1).await.unwrap()[0];
            let expiry = log.ledger.log_key.expiry(seal, TOMORROW);
            assert_eq!(log.ledger.store().expire(chain(), expiry, gone).await, Ok(u64::from(gone)));
        })
        .await;
        assert_eq!(found.fault, None, "{gone} after {rows}");
    }
}

#[tokio::test]
async fn what_goes_while_the_log_is_walked_without_a_signature_is_found() {
    for (change, fault) in [
        ("DELETE FROM decisions", Fault::CutOff(at(3))),
        (
            "DELETE FROM decisions; UPDATE seals SET expired_at = 5, expiry_signature = zeroblob(64)",
            Fault::CutOff(at(3)),
        ),
        ("DELETE FROM decisions; UPDATE seals SET length = 2 WHERE ordinal = 1", Fault::CutOff(at(3))),
    ] {
        let log = Log::of_five().await;
        log.append_tomorrow(6).await;
        log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
        let found = under_way(&log, 2, async || log.tamper(change)).await;
        assert_eq!(found.fault, Some(fault), "{change}");
    }
    // A row that was changed is found, though the day goes before the walk ends.
    let log = Log::of_five().await;
    log.append_tomorrow(6).await;
    log.ledger.keep_heads(TOMORROW.plus_days(2)).await.unwrap();
    log.tamper(&format!("UPDATE decisions SET version = 2 WHERE {}", row(2)));
    let key = log.ledger.public_key();
    let mut verifying = Verifying::begin(log.ledger.store(), &key, &[]).await.unwrap();
    assert!(!verifying.next_page(3).await.unwrap());
    log.ledger.drop_days(1, TOMORROW.plus_days(1)).await.unwrap();
    let found = verifying.finish().await.unwrap();
    assert_eq!(found.fault, Some(Fault::Row(at(2), ChainFault::Altered)));
}

#[tokio::test]
async fn a_chain_that_is_begun_or_sealed_while_the_log_is_walked_is_no_fault() {
    let log = Log::of_five().await;
    let found = under_way(&log, 2, async || {
        log.append_tomorrow(6).await;
        log.ledger.keep_heads(TOMORROW).await.unwrap();
    })
    .await;
    assert_eq!((found.fault, found.decisions, found.chains), (None, 6, 2));
    // Rows that nobody claimed are found all the same.
    let log = Log::of_five().await;
    let found = under_way(&log, 2, async || {
        log.append_tomorrow(6).await;
        log.tamper(&format!("DELETE FROM chains WHERE day = {}", TOMORROW.day().number()));
    })
    .await;
    assert_eq!(found.fault, Some(Fault::Unclaimed(ChainId::new(TOMORROW.day(), 1).unwrap())));
}

#[tokio::test]
async fn after_a_restart_heads_go_on_where_they_were() {
    let log = Log::of_five().await;
    log.append(6..=6).await;
    log.ledger.store().close().await.unwrap();
    let again = open(log.place.path()).await;
    again.keep_heads(TODAY).await.unwrap();
    let head = again.store().chains(true).await.unwrap()[0].head.clone().unwrap();
    assert_eq!(head.length, 6);
    again.record(&tenant(), None, [7; 32], &entry(&decision(7))).await.unwrap();
    again.keep_heads(TODAY).await.unwrap();
    let found = again.verify(&[]).await.unwrap();
    assert_eq!((found.fault, found.decisions, found.chains, found.heads), (None, 7, 2, 2));
}

#[tokio::test]
async fn a_witness_that_cannot_be_read_is_named_by_its_line() {
    let log = Log::of_five().await;
    let text = std::fs::read_to_string(log.witness()).unwrap();
    for broken in ["not JSON", "{}", &text.replace("\"root\":\"", "\"root\":\"x")] {
        std::fs::write(log.witness(), format!("{text}{}\n", broken.trim_end())).unwrap();
        let error = Witness::read(&log.witness()).unwrap_err();
        assert!(error.to_string().contains("line 2: "), "{error}");
    }
    let missing = log.place.path().join("missing");
    assert!(matches!(Witness::read(&missing), Err(crate::ledger::WitnessError::Unusable { .. })));
    assert!(Witness::open(log.place.path()).is_err());
}
