//! What every backend must do. A backend is added by adding a line at the end.

mod choices;
mod concerns;
#[path = "../../tests/it/database.rs"]
pub(super) mod database;
mod deletion_requests;
mod log;
mod models;
mod naming;
mod rights;

use std::collections::BTreeMap;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    AnswerRow, Answered, Appended, AppendedChoice, AppendedConcern, AppendedDecision,
    CONCERNS_PER_DECISION_MAX, Chain, ChainFault, ChainId, ChainWalk, ChangeAction, ChoiceRow, ConcernRow,
    DecisionRow, Erasure, EventRow, Expiry, FILE_NAME, FeedbackCount, FeedbackRow, Gone, Head, ModelChange,
    OWN_ID_PREFIX, Place as At, PostgresOptions, PromotionAction, Pulse, Rectified, Renaming, Right,
    RightRow, Seal, Store, StoreError, StoreOptions, StoredChoice, StoredConcern, StoredRenaming, SubjectRow,
    Suppression,
};
use crate::domain::{
    Alias, ChangeId, ChoiceChange, Choices, ConcernId, ConcernOutcome, ConcernTopic, Day, DecisionId,
    EventId, EventKind, FeedbackKind, ModelVersion, Objection, Purpose, QuarantineCause, Quarantined,
    Response, Statement, SubjectKey, SubjectMark, Teller, TenantId, Timestamp,
};

use choices::*;
use concerns::*;
use database::Database;
use deletion_requests::*;
use log::*;
use models::*;
use naming::*;
use rights::*;

pub(super) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// The `n`th decision of a tenant.
pub(super) fn decision(tenant_name: &str, n: u8) -> DecisionRow {
    DecisionRow {
        version: 1,
        tenant: tenant(tenant_name),
        id: DecisionId::new(Uuid::from_bytes([n; 16])),
        alias: Alias::from_bytes([n; 16]),
        day: Day::from_number(17_413),
        body_digest: [n; 32],
        commitment: [n; 32],
        envelope: vec![n; 1000],
    }
}

fn subject(tenant_name: &str, alias: u8, subject: Option<u8>) -> SubjectRow {
    SubjectRow {
        tenant: tenant(tenant_name),
        alias: Alias::from_bytes([alias; 16]),
        subject: subject.map(|n| SubjectKey::from_bytes([n; 32])),
        wrapped_data_key: vec![alias; 72],
        wrapped_by: 1,
    }
}

fn event(id: &str, spend_micros: i64) -> EventRow {
    EventRow {
        id: EventId::parse(id).unwrap(),
        subject: SubjectKey::from_bytes([9; 32]),
        kind: EventKind::Purchase,
        at: Timestamp::from_micros(-5),
        attributes: BTreeMap::from([("category".to_owned(), "CAFÉ \"FINE\"".to_owned())]),
        spend_micros,
        received_at: Timestamp::from_micros(7),
        times: 1,
    }
}

/// Events with the mark of their person.
fn marked(events: Vec<EventRow>) -> Vec<(SubjectMark, EventRow)> {
    events.into_iter().map(|event| (mark(9), event)).collect()
}

fn mark(n: u8) -> SubjectMark {
    SubjectMark::from_bytes([n; 32])
}

fn right(right: Right, n: u8, at: i64) -> RightRow {
    RightRow {
        tenant: tenant("a"),
        mark: mark(n),
        right,
        at: Timestamp::from_micros(at),
        by_key: "k4.pid.x".to_owned(),
        assurance: "substantial".to_owned(),
    }
}

/// The person `n` of tenant a is erased.
fn erasure(n: u8, at: i64) -> Erasure {
    let (subjects, marks) = (vec![SubjectKey::from_bytes([n; 32])], vec![mark(n)]);
    Erasure { subjects, named_by: Some(1), marks, entry: right(Right::Erase, n, at) }
}

/// A change by the person `n` of a tenant.
pub(super) fn choice(tenant_name: &str, n: u8, id: &str, statements: &[Statement]) -> ChoiceRow {
    ChoiceRow {
        tenant: tenant(tenant_name),
        subject: SubjectKey::from_bytes([n; 32]),
        change: ChoiceChange {
            id: ChangeId::parse(id).unwrap(),
            at: Timestamp::from_micros(11),
            teller: Teller::Person,
            statements: statements.to_vec(),
        },
    }
}

fn version(n: u8) -> ModelVersion {
    ModelVersion::of(&[n])
}

fn is_new(appended: &Result<AppendedDecision, StoreError>) -> bool {
    matches!(appended, Ok(AppendedDecision::New { .. }))
}

/// A place in which one store can be opened again and again.
pub(super) trait Place {
    async fn open(&self) -> Store;

    /// The tables, and files if it has any, that hold these bytes anywhere; no store may be open.
    async fn rows_with(&self, bytes: &[u8]) -> Vec<String>;
}

impl Place for tempfile::TempDir {
    async fn open(&self) -> Store {
        Store::open(StoreOptions::new(self.path())).await.unwrap()
    }

    async fn rows_with(&self, bytes: &[u8]) -> Vec<String> {
        let holds = |whole: &[u8]| whole.windows(bytes.len()).any(|part| part == bytes);
        let files = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap());
        let files = files.filter(|entry| holds(&std::fs::read(entry.path()).unwrap()));
        let mut found: Vec<String> =
            files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let file = rusqlite::Connection::open(self.path().join(FILE_NAME)).unwrap();
        let mut tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for table in tables.map(Result::unwrap) {
            let mut all = file.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = all.column_count();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let cells = (0..columns).map(|column| row.get_ref(column).unwrap());
                if cells.filter_map(|cell| cell.as_bytes().ok()).any(holds) {
                    found.push(table.clone());
                }
            }
        }
        found
    }
}

impl Place for Database {
    async fn open(&self) -> Store {
        Store::connect(&PostgresOptions::new(self.url())).await.unwrap()
    }

    async fn rows_with(&self, bytes: &[u8]) -> Vec<String> {
        self.tables_with(bytes).await
    }
}

/// Walks all chains; how long each is.
pub(super) async fn walk(store: &Store) -> Result<Vec<(ChainId, u32)>, (At, ChainFault)> {
    let mut walks: BTreeMap<ChainId, ChainWalk> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = store.links(after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        for link in &page {
            let chain = At::of(link.seq).chain;
            walks.entry(chain).or_insert_with(|| ChainWalk::start(chain)).step(link)?;
        }
    }
    Ok(walks.into_iter().map(|(chain, walk)| (chain, walk.length())).collect())
}

/// The chain of a writer of the day of [`decision`].
fn chain(writer: u16) -> ChainId {
    ChainId::new(decision("a", 0).day, writer).unwrap()
}

async fn a_decision_is_read_back_as_written(place: impl Place) {
    let store = place.open().await;
    let row = decision("a", 1);
    let seq = chain(1).seq(1);
    assert_eq!(store.append_decision(row.clone(), None).await, Ok(AppendedDecision::New { seq }));
    assert_eq!(store.decision(&row.tenant, row.id).await, Ok(Some(row.clone())));
    assert_eq!(
        store.link(&row.tenant, row.id).await.unwrap().map(|link| (link.seq, link.row)),
        Some((seq, row.clone()))
    );
    assert_eq!(store.decision(&row.tenant, decision("a", 2).id).await, Ok(None));
}

async fn no_tenant_reads_the_rows_of_another(place: impl Place) {
    let store = place.open().await;
    let row = decision("a", 1);
    store.append_decision(row.clone(), None).await.unwrap();
    store.subject_or_insert(subject("a", 1, Some(1))).await.unwrap();
    store.promote(&row.tenant, Response::Click, version(1), Timestamp::from_micros(1)).await.unwrap();
    let other = tenant("b");
    assert_eq!(store.decision(&other, row.id).await, Ok(None));
    assert_eq!(store.aliases_of(&other, &SubjectKey::from_bytes([1; 32])).await, Ok(Vec::new()));
    assert_eq!(store.subject_of_alias(&other, Alias::from_bytes([1; 16])).await, Ok(None));
    assert_eq!(store.active(&other, Response::Click).await, Ok(None));
    // Both may use the same ids.
    assert!(is_new(&store.append_decision(decision("b", 1), None).await));
    assert_eq!(
        store.append_events(&tenant("a"), marked(vec![event("e", 1)])).await,
        Ok(vec![Appended::New { seq: 1 }])
    );
    assert_eq!(
        store.append_events(&other, marked(vec![event("e", 2)])).await,
        Ok(vec![Appended::New { seq: 2 }])
    );
}

async fn an_id_is_decided_on_once(place: impl Place) {
    let store = place.open().await;
    let first = decision("a", 1);
    store.append_decision(first.clone(), None).await.unwrap();
    let second = DecisionRow { id: first.id, ..decision("a", 2) };
    let one_off = subject("a", 2, None);
    let appended = store.append_decision(second.clone(), Some(one_off)).await;
    assert_eq!(appended, Ok(AppendedDecision::Known(Box::new(first.clone()))));
    assert_eq!(store.decision(&second.tenant, second.id).await, Ok(Some(first)));
    assert_eq!(store.subject_of_alias(&second.tenant, second.alias).await, Ok(None));
}

async fn of_concurrent_decisions_of_one_id_one_is_new(place: impl Place) {
    let store = place.open().await;
    let mut writes = JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        let row = DecisionRow { id: decision("a", 0).id, ..decision("a", n) };
        writes.spawn(async move { store.append_decision(row, None).await });
    }
    let appended = writes.join_all().await;
    assert_eq!(appended.iter().filter(|&a| is_new(a)).count(), 1);
    assert!(appended.iter().all(Result::is_ok));
}

async fn a_job_that_fails_spoils_no_other_of_its_batch(place: impl Place) {
    let store = place.open().await;
    store.append_decision(decision("a", 0), None).await.unwrap();
    let mut writes = JoinSet::new();
    for n in 1..=100 {
        let store = store.clone();
        // Every third one is of a day that no log can hold.
        let day = if n % 3 == 0 { Day::from_number(-1) } else { decision("a", n).day };
        let row = DecisionRow { day, ..decision("a", n) };
        writes.spawn(async move { (n, store.append_decision(row, Some(subject("a", n, None))).await) });
    }
    for (n, appended) in writes.join_all().await {
        let alias = store.subject_of_alias(&tenant("a"), Alias::from_bytes([n; 16])).await.unwrap();
        if n % 3 == 0 {
            assert!(matches!(appended, Err(StoreError::Conflict { .. })), "{n}: {appended:?}");
            assert_eq!(alias, None, "{n}: its alias is undone with it");
        } else {
            assert!(is_new(&appended), "{n}: {appended:?}");
            assert!(alias.is_some(), "{n}");
        }
    }
    assert_eq!(walk(&store).await, Ok(vec![(chain(1), 68)]));
}

async fn a_person_has_one_alias_whoever_asks_first(place: impl Place) {
    let store = place.open().await;
    let mut writes = JoinSet::new();
    for n in 1..=20 {
        let store = store.clone();
        writes.spawn(async move { store.subject_or_insert(subject("a", n, Some(7))).await.unwrap() });
    }
    let winners = writes.join_all().await;
    let kept = store.aliases_of(&tenant("a"), &SubjectKey::from_bytes([7; 32])).await.unwrap();
    assert_eq!(kept.len(), 1);
    let kept = kept[0].clone();
    assert!(winners.iter().all(|winner| *winner == kept));
    assert_eq!(store.subject_of_alias(&kept.tenant, kept.alias).await, Ok(Some(kept)));
}

async fn aliases_are_paged_without_gap_or_repeat(place: impl Place) {
    let store = place.open().await;
    let mut written = Vec::new();
    for (tenant_name, n) in [("a", 3), ("a", 9), ("b", 1), ("b", 3), ("b", 4)] {
        written.push(store.subject_or_insert(subject(tenant_name, n, None)).await.unwrap());
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.subjects(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.tenant.clone(), last.alias));
        read.extend(page);
    }
    assert_eq!(read, written);
}

async fn an_event_is_taken_once_and_another_under_its_id_is_told_apart(place: impl Place) {
    let store = place.open().await;
    let a = tenant("a");
    let told = store.append_events(&a, marked(vec![event("1", 5), event("2", 5), event("1", 5)])).await;
    assert_eq!(told, Ok(vec![Appended::New { seq: 1 }, Appended::New { seq: 2 }, Appended::Known]));
    let later = EventRow { received_at: Timestamp::from_micros(99), ..event("1", 5) };
    let told = store.append_events(&a, marked(vec![later, event("2", 6), event("3", 5)])).await;
    assert_eq!(told, Ok(vec![Appended::Known, Appended::Conflict, Appended::New { seq: 3 }]));
    let kept: Vec<EventRow> = store.events(0, 100).await.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(kept, [event("1", 5), event("2", 5), event("3", 5)]);
    assert_eq!(store.append_events(&a, Vec::new()).await, Ok(Vec::new()));
}

async fn events_are_paged_in_order_of_arrival(place: impl Place) {
    let store = place.open().await;
    for (tenant_name, id) in [("b", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("a", "5")] {
        store.append_events(&tenant(tenant_name), marked(vec![event(id, 0)])).await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.events(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        read.extend(page.into_iter().map(|e| (e.tenant.to_string(), e.event.id.to_string())));
    }
    let expected = [("b", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("a", "5")];
    assert_eq!(read, expected.map(|(tenant, id)| (tenant.to_owned(), id.to_owned())));
}

async fn a_list_of_ads_is_kept_once_under_its_version(place: impl Place) {
    let store = place.open().await;
    assert_eq!(store.listing([1; 32]).await, Ok(None));
    store.keep_listing([1; 32], vec![7; 5_000]).await.unwrap();
    store.keep_listing([2; 32], vec![8]).await.unwrap();
    // What is kept under a version is what was kept first.
    store.keep_listing([1; 32], vec![9]).await.unwrap();
    store.close().await.unwrap();
    let store = place.open().await;
    assert_eq!(store.listing([1; 32]).await, Ok(Some(vec![7; 5_000])));
    assert_eq!(store.listing([2; 32]).await, Ok(Some(vec![8])));
}

async fn closing_keeps_all_that_was_acknowledged_and_refuses_the_rest(place: impl Place) {
    let store = place.open().await;
    let mut writes = JoinSet::new();
    for n in 0..200 {
        let store = store.clone();
        writes.spawn(async move { (n, store.append_decision(decision("a", n), None).await) });
    }
    tokio::task::yield_now().await;
    store.close().await.unwrap();
    let written = writes.join_all().await;
    assert_eq!(store.append_decision(decision("a", 250), None).await, Err(StoreError::Closed));
    assert_eq!(store.links(0, 1).await, Err(StoreError::Closed));
    assert_eq!(store.close().await, Ok(()));
    let store = place.open().await;
    for (n, appended) in written {
        let kept = store.decision(&tenant("a"), decision("a", n).id).await.unwrap();
        assert!(is_new(&appended) || appended == Err(StoreError::Closed), "{n}: {appended:?}");
        assert_eq!(is_new(&appended), kept.is_some(), "{n}");
    }
}

async fn what_is_not_believed_is_counted_by_day_and_cause(place: impl Place) {
    let store = place.open().await;
    let (a, b) = (tenant("a"), tenant("b"));
    let count = |day, cause, events| Quarantined { day: Day::from_number(day), cause, events };
    let (old, unlogged) = (QuarantineCause::TooOld, QuarantineCause::Unlogged);
    store.add_quarantined(&a, vec![count(2, old, 3), count(1, old, 1), count(2, unlogged, 1)]).await.unwrap();
    store.add_quarantined(&a, vec![count(2, old, 4)]).await.unwrap();
    store.add_quarantined(&b, vec![count(2, old, 9)]).await.unwrap();
    store.add_quarantined(&b, Vec::new()).await.unwrap();
    store.close().await.unwrap();
    let store = place.open().await;
    let kept = store.quarantined(&a).await.unwrap();
    assert_eq!(kept, [count(1, old, 1), count(2, old, 7), count(2, unlogged, 1)]);
    assert_eq!(store.quarantined(&b).await, Ok(vec![count(2, old, 9)]));
}

/// Runs the suite on a backend: its name, and how to make a place for its stores.
macro_rules! suite {
    ($backend:ident, $make:expr) => {
        suite!($backend, $make, [
            a_decision_is_read_back_as_written,
            no_tenant_reads_the_rows_of_another,
            an_id_is_decided_on_once,
            of_concurrent_decisions_of_one_id_one_is_new,
            a_job_that_fails_spoils_no_other_of_its_batch,
            each_opening_has_a_chain_of_its_own_a_day,
            heads_only_grow_and_a_sealed_chain_takes_nothing_more,
            seals_are_kept_in_order_one_a_chain,
            a_chain_whose_time_is_over_goes_with_the_aliases_that_it_alone_had,
            a_person_has_one_alias_whoever_asks_first,
            aliases_are_paged_without_gap_or_repeat,
            an_event_is_taken_once_and_another_under_its_id_is_told_apart,
            events_are_paged_in_order_of_arrival,
            rolling_back_restores_the_version_before_and_stops_at_the_first,
            promoting_what_serves_already_changes_nothing,
            changes_of_models_are_kept_in_order_and_apart_by_tenant,
            a_change_of_choices_is_taken_once_and_another_under_its_id_is_told_apart,
            choices_are_kept_in_order_and_apart_by_person_and_tenant,
            a_list_of_ads_is_kept_once_under_its_version,
            an_erasure_deletes_all_of_a_person_and_nothing_of_others,
            of_someone_who_was_erased_nothing_older_is_taken,
            the_trail_of_rights_is_kept_in_order_and_moves_the_pulse,
            the_place_of_each_event_is_told_and_moves_the_pulse,
            data_keys_are_wrapped_anew_and_none_by_a_key_that_is_gone,
            everything_of_a_person_gets_the_new_name_and_nothing_is_left_under_the_old_one,
            what_there_is_under_two_names_becomes_one_and_counts_once,
            under_a_name_of_before_nothing_new_is_kept_but_of_someone_whose_alias_has_it,
            a_name_is_given_only_by_the_key_of_the_moment_and_to_what_was_looked_at,
            what_nobody_can_be_led_to_is_deleted_and_nothing_else,
            an_event_is_put_right_or_taken_back_by_its_person_alone,
            events_whose_time_is_over_are_dropped_by_kind,
            events_of_a_day_are_folded_into_one_row_and_their_ids_remembered,
            decisions_of_an_alias_are_paged_in_the_order_of_the_log,
            a_concern_is_taken_once_and_answered_once,
            so_many_concerns_about_a_decision_and_no_more,
            feedback_counts_people_and_each_ad_once,
            what_is_not_believed_is_counted_by_day_and_cause,
            a_deletion_request_is_known_from_the_first_time_until_its_time_is_over,
            closing_keeps_all_that_was_acknowledged_and_refuses_the_rest,
        ]);
    };
    ($backend:ident, $make:expr, [$($case:ident,)*]) => {
        mod $backend {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($make).await;
                }
            )*
        }
    };
}

suite!(sqlite, tempfile::tempdir().unwrap());
suite!(postgres, super::Database::make().await);
