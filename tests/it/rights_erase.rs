//! Erasure is final: in memory, in the store, in its files, after a restart, and in whatever comes back.

use std::fs;

use limpid::decide::Replayed;
use limpid::domain::DecisionId;
use limpid::ledger::KEY_FILE_NAME;
use limpid::rpc::pb::{self, VerdictCause};
use limpid::store::{FILE_NAME, Right};
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_refused, purchase, values};
use super::binary::Serving;
use super::choices::{get, grant, holder, object, objection, one, person, withdraw};
use super::place::{Backend, Place, tenant};
use super::righting::{access, claims_at, controller, erase, rights, token};
use super::service::{NOON, Service, at, channel, recommender};

/// Whether the person's purchases are used, and on how many days they bought tea.
async fn days_of_tea(service: &Service, id: &str, impression: &str) -> Option<f64> {
    let answer = service.recommend(about(id, &ALL_PURPOSES, impression)).await.unwrap();
    let bought = answer.verdicts.iter().find(|verdict| verdict.feature == "bought_days").unwrap();
    if !bought.permitted {
        return None;
    }
    let held = access(service, token(id)).await.unwrap();
    let of_tea =
        held.events.iter().filter(|event| event.attributes.get("category").is_some_and(|of| of == "TEA"));
    let mut days: Vec<i64> = of_tea.map(|event| event.at.as_ref().unwrap().seconds / 86_400).collect();
    days.sort_unstable();
    days.dedup();
    Some(days.len() as f64)
}

/// The bytes of store and log.
fn files(place: &Place) -> Vec<u8> {
    let read = |name: String| fs::read(place.data().join(name)).unwrap_or_default();
    [read(FILE_NAME.to_owned()), read(format!("{FILE_NAME}-wal"))].concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn of_someone_who_was_erased_nothing_is_left_to_use_to_tell_or_to_find() {
    let service = Service::start().await;
    service.record([purchase("event-of-p-05", "p-05", "TEA", 3)]).await.unwrap();
    let hide = pb::ObjectRequest { advertisers: one("Hidden & Sons"), ..objection("p-05", "choice-1") };
    object(&service, hide).await.unwrap();
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    let other = service.recommend(about("p-06", &ALL_PURPOSES, "other")).await.unwrap();
    assert!(holds(&files(service.place()), "event-of-p-05"), "the search works");

    let receipt = erase(&service, token("p-05")).await.unwrap();
    assert_eq!((receipt.events, receipt.choices, receipt.decisions), (1, 1, 1));
    assert!(receipt.events_in_memory > 1, "those of the example, too");
    let (erased_at, final_at) = (receipt.erased_at.unwrap(), receipt.final_at.unwrap());
    assert_eq!(erased_at.seconds * 1_000_000, at(NOON).micros());
    assert_eq!(final_at.seconds - erased_at.seconds, 86_400);
    assert_eq!(receipt.models_retire_at.unwrap().seconds - erased_at.seconds, 30 * 86_400);
    assert_eq!(receipt.model_versions.len(), 3);

    // Nothing in the files.
    for text in ["event-of-p-05", "Hidden & Sons"] {
        assert!(!holds(&files(service.place()), text), "{text}");
    }
    // Nothing to tell: the decision is erased, and its token gives no choice.
    let token_of_then = before.ads[0].explanation_token.clone();
    let refused = service.explain(&token_of_then, "en").await;
    assert_refused(refused, Code::NotFound, "ERASED", "decision: was erased");
    let refused = withdraw(&service, holder(&token_of_then), "choice-2", &[3]).await;
    assert_refused(refused, Code::NotFound, "ERASED", "decision: was erased");
    let id = DecisionId::parse(&before.decision_id).unwrap();
    assert_eq!(service.engine.replay(&tenant(), id).await.unwrap(), Replayed::Erased);
    let again = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await;
    assert_refused(again, Code::NotFound, "ERASED", "decision: was erased");
    assert!(get(&service, person("p-05")).await.unwrap().changes.is_empty());
    // Nothing to use: what callers remember of a consent is older.
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    for verdict in after.verdicts.iter().filter(|verdict| verdict.cause() != VerdictCause::NotPersonal) {
        assert_eq!(
            (verdict.permitted, verdict.cause()),
            (false, VerdictCause::PurposesRefused),
            "{verdict:?}"
        );
    }
    let nobody = service.recommend(about("p-05", &[], "refusing")).await.unwrap();
    assert_eq!(values(&after), values(&nobody));
    // The others are as they were, and the log is whole.
    assert!(service.explain(&other.ads[0].explanation_token, "en").await.is_ok());
    assert_eq!(service.decisions_logged().await, 4);
    assert!(service.engine.verify_ledger().await.unwrap().is_whole());
    let trail = service.store.rights(0, 99).await.unwrap();
    let rights = trail.iter().map(|kept| (kept.row.right, kept.row.by_key.as_str())).collect::<Vec<_>>();
    let key = controller().key().key_id();
    assert_eq!(rights, [(Right::Object, "controller"), (Right::Erase, key.as_str())]);

    // Again is fine, and finds only what came since.
    let again = erase(&service, token("p-05")).await.unwrap();
    assert_eq!((again.events, again.choices, again.decisions), (0, 0, 2));
}

#[tokio::test]
async fn nothing_older_brings_an_erased_person_back_and_what_is_newer_starts_afresh() {
    let service = Service::start().await;
    assert!(days_of_tea(&service, "p-05", "before").await.is_some());
    erase(&service, token("p-05")).await.unwrap();
    let old = service.record([purchase("old", "p-05", "TEA", 1)]).await.unwrap();
    assert_eq!((old.recorded, old.erased), (0, 1));
    let of_another = service.record([purchase("another", "p-06", "TEA", 1)]).await.unwrap();
    assert_eq!((of_another.recorded, of_another.erased), (1, 0));

    // A restart reads the example again; the person has to accept anew before anything is used.
    let service = service.restart().await;
    assert_eq!(days_of_tea(&service, "p-05", "restarted").await, None);
    grant(&service, "p-05", "anew", &[3, 4]).await;
    assert_eq!(days_of_tea(&service, "p-05", "accepted").await, Some(0.0));
    service.clock.set(at(NOON).plus_seconds(60));
    let mut newer = purchase("newer", "p-05", "TEA", 0);
    newer.event.as_mut().unwrap().at.as_mut().unwrap().seconds += 30;
    assert_eq!(service.record([newer]).await.unwrap().recorded, 1);
    assert_eq!(days_of_tea(&service, "p-05", "newer").await, Some(1.0));
    let service = service.restart().await;
    assert_eq!(days_of_tea(&service, "p-05", "newer-restarted").await, Some(1.0));
    let held = access(&service, token("p-05")).await.unwrap();
    assert!(held.overview.erased_before);
    assert_eq!(held.events.len(), 1);
}

#[tokio::test]
async fn a_store_that_is_restored_from_before_an_erasure_hears_of_it() {
    let service = Service::start().await;
    service.record([purchase("event-of-p-05", "p-05", "TEA", 3)]).await.unwrap();
    let shown = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    let place = service.stop().await;
    let backup = fs::read(place.data().join(FILE_NAME)).unwrap();
    let service = Service::open(place).await;
    erase(&service, token("p-05")).await.unwrap();
    let place = service.stop().await;
    for log in ["-wal", "-shm"] {
        // They are gone when the store was closed well.
        drop(fs::remove_file(place.data().join(format!("{FILE_NAME}{log}"))));
    }
    fs::write(place.data().join(FILE_NAME), backup).unwrap();

    let service = Service::open(place).await;
    let refused = service.explain(&shown.ads[0].explanation_token, "en").await;
    assert_refused(refused, Code::NotFound, "ERASED", "decision: was erased");
    assert_eq!(days_of_tea(&service, "p-05", "restored").await, None);
    assert!(!holds(&files(service.place()), "event-of-p-05"));
    let old = service.record([purchase("old", "p-05", "TEA", 1)]).await.unwrap();
    assert_eq!(old.erased, 1);
}

#[tokio::test]
async fn the_key_that_wraps_is_replaced_when_its_time_is_over_and_decisions_open_as_before() {
    let service = Service::start().await;
    let shown = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    service.engine.keep_house().await.unwrap();
    let version = || limpid::ledger::Keyring::open(&service.place().data()).unwrap().wrapping_version();
    service.clock.set(at(NOON).plus_seconds(86_399));
    service.engine.keep_house().await.unwrap();
    assert_eq!(version(), 1);
    service.clock.set(at(NOON).plus_seconds(86_400));
    // The service itself may be at it.
    while version() == 1 || service.engine.rotate().await.is_err() {
        service.engine.keep_house().await.unwrap();
    }
    assert!(version() >= 2);
    service.explain(&shown.ads[0].explanation_token, "en").await.unwrap();
    let service = service.restart().await;
    service.explain(&shown.ads[0].explanation_token, "en").await.unwrap();
}

/// Serves a place in another process, which knows the controller.
fn serve(place: &Place) -> Serving {
    let key = place.path().join("controller.pub");
    fs::write(&key, controller().key().public_key()).unwrap();
    Serving::start(place, &["--subject-key", key.to_str().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_store_hears_of_an_erasure() {
    another_process_on_the_store_hears_of_an_erasure_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_store_hears_of_an_erasure_in_postgresql() {
    another_process_on_the_store_hears_of_an_erasure_on(Backend::Postgres).await;
}

async fn another_process_on_the_store_hears_of_an_erasure_on(backend: Backend) {
    let service = Service::start_on(backend).await;
    let other = serve(service.place());
    let channel = channel(other.address);
    let uses = async |id: &str, impression: String| {
        let answer = recommender(&channel).recommend(about(id, &ALL_PURPOSES, &impression)).await;
        let answer = answer.unwrap().into_inner();
        answer.verdicts.iter().any(|verdict| verdict.feature == "bought_days" && verdict.permitted)
    };
    assert!(uses("p-05", "known".to_owned()).await);
    erase(&service, token("p-05")).await.unwrap();
    // It had decided about the person, and learns with the next decision.
    assert!(!uses("p-05", "at-once".to_owned()).await);
    // Of whom it had not decided, it learns by looking; how soon is measured by no test.
    erase(&service, token("p-06")).await.unwrap();
    let mut looks = 0;
    while uses("p-06", format!("look-{looks}")).await {
        looks += 1;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(looks < 1_000, "it never learns");
    }
    other.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_an_erasure_leaves_it_not_begun_or_done() {
    a_kill_in_the_middle_of_an_erasure_leaves_it_not_begun_or_done_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_an_erasure_leaves_it_not_begun_or_done_in_postgresql() {
    a_kill_in_the_middle_of_an_erasure_leaves_it_not_begun_or_done_on(Backend::Postgres).await;
}

async fn a_kill_in_the_middle_of_an_erasure_leaves_it_not_begun_or_done_on(backend: Backend) {
    let mut place = Service::start_on(backend).await.stop().await;
    for round in 0..4_u64 {
        let id = format!("killed-{round}");
        let mut serving = serve(&place);
        let channel = channel(serving.address);
        let mut events = pb::event_service_client::EventServiceClient::new(channel.clone());
        let told = [purchase(&format!("event-{round}"), &id, "TEA", 3)];
        events.record_events(tokio_stream::iter(told)).await.unwrap();
        let asked = about(&id, &ALL_PURPOSES, &format!("impression-{round}"));
        let shown = recommender(&channel).recommend(asked).await.unwrap().into_inner();
        let subject_token = controller().sign(&claims_at(&id, at(NOON)));
        let call =
            tokio::spawn(async move { rights(&channel).erase(pb::EraseRequest { subject_token }).await });
        tokio::time::sleep(std::time::Duration::from_micros(700 * round * round)).await;
        serving.signal("KILL");
        assert!(!serving.is_running() || serving.wait().1.code().is_none());
        let acknowledged = call.await.unwrap().is_ok();

        let service = Service::open(place).await;
        let told = service.explain(&shown.ads[0].explanation_token, "en").await.is_ok();
        let held = access(&service, token(&id)).await.unwrap();
        assert_eq!((held.events.len() == 1, held.decisions.len() == 1), (told, told), "half there");
        assert!(!(acknowledged && told), "acknowledged, and there");
        assert_eq!(held.overview.erased_before, !told);
        assert!(service.engine.verify_ledger().await.unwrap().is_whole());
        place = service.stop().await;
    }
}

#[tokio::test]
async fn training_knows_nothing_of_someone_who_was_erased() {
    use super::binary::train;
    let (one, other) = (Place::new(), Place::new());
    for place in [&one, &other] {
        fs::remove_dir_all(place.models()).unwrap();
    }
    // The same example under the same keys, once without what the erased person did.
    let service = Service::open(one).await;
    erase(&service, token("p-05")).await.unwrap();
    let one = service.stop().await;
    fs::copy(one.data().join(KEY_FILE_NAME), other.data().join(KEY_FILE_NAME)).unwrap();
    let example = other.example();
    for file in ["events.csv", "impressions.csv"] {
        let text = fs::read_to_string(example.join(file)).unwrap();
        let lines = text.lines().enumerate().filter(|(n, line)| *n == 0 || !line.contains("p-05"));
        let left = lines.map(|(_, line)| line.to_owned() + "\n").collect::<String>();
        assert!(left.len() < text.len());
        fs::write(example.join(file), left).unwrap();
    }
    assert_eq!(train(&one, &[]), train(&other, &[]));
}
