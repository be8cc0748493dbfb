//! The keys by which people are named rotate: whoever comes again is known, and whoever does not is not kept.

use std::fs;

use limpid::ledger::{KEY_FILE_NAME, Keyring, Rekeyed};
use limpid::rpc::pb;
use limpid::store::FILE_NAME;
use pb::event_service_client::EventServiceClient;
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, ad, assert_refused, purchase, values};
use super::binary::{Serving, assert_fails, folders, limpid};
use super::choices::{get, grant, holder, object, objection, one, person, withdraw};
use super::place::{Backend, Place, tenant};
use super::righting::{Held, access, claims_at, controller, erase, held, token};
use super::service::{NOON, Service, at, channel, recommender};

/// A purpose that every use of purchases needs.
const PROFILE: i32 = 3;

fn keyring(place: &Place) -> Keyring {
    Keyring::open(&place.data()).unwrap()
}

/// What the person was called by the key before.
fn earlier(place: &Place, raw_id: &str) -> [u8; 32] {
    *keyring(place).named(&tenant(), raw_id).unwrap().earlier.unwrap().as_bytes()
}

/// Replaces the key once, whoever else may be at it; the version of the new one.
async fn rekey(service: &Service) -> u32 {
    let before = keyring(service.place()).naming_version();
    loop {
        if let Rekeyed::Done { version, .. } = service.engine.rekey(before).await.unwrap() {
            return version;
        }
    }
}

/// The files of the data folder that hold these bytes.
fn files_with(place: &Place, bytes: &[u8]) -> Vec<String> {
    let files = fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    let holds =
        |path: &std::path::PathBuf| fs::read(path).unwrap().windows(bytes.len()).any(|part| part == bytes);
    files.filter(holds).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// A decision about a person with its reasons.
async fn decided(service: &Service, raw_id: &str, impression: &str) -> pb::RecommendResponse {
    let asked = pb::RecommendRequest {
        reason_view: pb::ReasonView::Full.into(),
        max_ads: 6,
        ..about(raw_id, &ALL_PURPOSES, impression)
    };
    service.recommend(asked).await.unwrap()
}

/// The reasons for tea, with their evidence.
fn reasons(answer: &pb::RecommendResponse) -> &[pb::Reason] {
    &ad(answer, "tea").reasons
}

fn uses_purchases(answer: &pb::RecommendResponse) -> bool {
    answer.verdicts.iter().any(|verdict| verdict.feature == "bought_days" && verdict.permitted)
}

/// What a person is told of all that is held, but for which decisions.
fn told(held: &Held) -> (Vec<String>, Vec<String>, String) {
    let mut events: Vec<String> =
        held.events.iter().map(|event| format!("{:?} {} {}", event.at, event.kind, event.times)).collect();
    events.sort();
    let changes = held.overview.changes.iter().map(|change| change.change_id.clone()).collect();
    (events, changes, held.overview.alias.clone())
}

#[tokio::test]
async fn whoever_comes_again_is_known_with_reasons_choices_and_all_that_is_told() {
    whoever_comes_again_is_known_on(Backend::Sqlite).await;
}

#[tokio::test]
async fn whoever_comes_again_is_known_in_postgresql() {
    whoever_comes_again_is_known_on(Backend::Postgres).await;
}

async fn whoever_comes_again_is_known_on(backend: Backend) {
    let service = Service::start_on(backend).await;
    for (id, days_ago) in [("a", 3), ("b", 3), ("c", 1)] {
        service.record([purchase(id, "new-one", "TEA", days_ago)]).await.unwrap();
    }
    service.record([purchase("d", "p-05", "TEA", 2)]).await.unwrap();
    let hide = pb::ObjectRequest { advertisers: one("Hidden & Sons"), ..objection("new-one", "choice-1") };
    object(&service, hide).await.unwrap();
    service.engine.sweep().await.unwrap();
    let before = decided(&service, "new-one", "before").await;
    assert!(uses_purchases(&before) && !reasons(&before).is_empty());
    let of_example = decided(&service, "p-05", "before-of-example").await;
    let held_before = access(&service, token("new-one")).await.unwrap();

    assert_eq!(rekey(&service).await, 2);
    let former = earlier(service.place(), "new-one");
    let example_former = earlier(service.place(), "p-05");
    let after = decided(&service, "new-one", "after").await;
    assert_eq!((reasons(&after), values(&after)), (reasons(&before), values(&before)));
    let again = decided(&service, "p-05", "after-of-example").await;
    assert_eq!((reasons(&again), values(&again)), (reasons(&of_example), values(&of_example)));
    // The same request is the same decision, also under the name of then.
    let repeated = decided(&service, "new-one", "before").await;
    assert_eq!((repeated.repeated_call, &repeated.decision_id), (true, &before.decision_id));
    let other = about("new-one", &[PROFILE], "before");
    assert_refused(
        service.recommend(other).await,
        Code::AlreadyExists,
        "IMPRESSION_REUSED",
        "another request",
    );
    let told_before = told(&held_before);
    let held_after = access(&service, token("new-one")).await.unwrap();
    assert_eq!(told(&held_after), told_before);
    let ids = |held: &Held| held.decisions.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&held_after), [before.decision_id.clone(), after.decision_id.clone()]);
    let kept = get(&service, person("new-one")).await.unwrap().choices.unwrap();
    assert_eq!(kept.hidden_advertisers, ["Hidden & Sons"]);
    service.explain(&before.ads[0].explanation_token, "en").await.unwrap();
    // What was told before is not told twice.
    let again = service.record([purchase("c", "new-one", "TEA", 1)]).await.unwrap();
    assert_eq!((again.recorded, again.known), (0, 1));

    let service = service.restart().await;
    let restarted = decided(&service, "new-one", "restarted").await;
    assert_eq!((reasons(&restarted), values(&restarted)), (reasons(&before), values(&before)));
    service.engine.sweep().await.unwrap();
    let place = service.stop().await;
    for name in [former, example_former] {
        match backend {
            Backend::Sqlite => assert_eq!(files_with(&place, &name), Vec::<String>::new()),
            Backend::Postgres => {
                let database = super::database::Database::of(&place.url().unwrap());
                assert_eq!(database.tables_with(&name).await, Vec::<String>::new());
            }
        }
    }
    let now = *keyring(&place).subject_key(&tenant(), "new-one").unwrap().as_bytes();
    if matches!(backend, Backend::Sqlite) {
        assert_eq!(files_with(&place, &now), [FILE_NAME], "the search finds names");
    }
}

#[tokio::test]
async fn a_choice_that_is_made_under_the_former_name_holds_under_the_new_one() {
    let service = Service::start().await;
    service.record([purchase("a", "new-one", "TEA", 3)]).await.unwrap();
    let shown = decided(&service, "new-one", "shown").await;
    rekey(&service).await;
    // Whoever holds the token of the decision is the person of its alias, who was not seen by their raw id yet.
    let link = shown.ads[0].explanation_token.clone();
    withdraw(&service, holder(&link), "by-link", &[PROFILE]).await.unwrap();
    assert!(!uses_purchases(&decided(&service, "new-one", "seen").await));
    let changes = get(&service, person("new-one")).await.unwrap().changes;
    assert_eq!(changes.iter().map(|change| &change.change_id).collect::<Vec<_>>(), ["by-link"]);
    grant(&service, "new-one", "anew", &[PROFILE]).await;
    assert!(uses_purchases(&decided(&service, "new-one", "granted").await));
    withdraw(&service, holder(&link), "by-link-again", &[PROFILE]).await.unwrap();
    rekey(&service).await;
    assert!(!uses_purchases(&decided(&service, "new-one", "seen-again").await));
    let service = service.restart().await;
    assert!(!uses_purchases(&decided(&service, "new-one", "restarted").await));
    assert_eq!(get(&service, person("new-one")).await.unwrap().changes.len(), 3);
}

#[tokio::test]
async fn whoever_was_erased_stays_so_under_every_name() {
    let service = Service::start().await;
    for raw_id in ["p-05", "new-one"] {
        service.record([purchase(raw_id, raw_id, "TEA", 3)]).await.unwrap();
        decided(&service, raw_id, &format!("before-{raw_id}")).await;
        erase(&service, token(raw_id)).await.unwrap();
    }
    for version in 2..=4 {
        assert_eq!(rekey(&service).await, version);
    }
    let late = async |service: &Service, id: &str| {
        for raw_id in ["p-05", "new-one"] {
            let told = service.record([purchase(&format!("{raw_id}-{id}"), raw_id, "TEA", 1)]).await.unwrap();
            assert_eq!((told.recorded, told.erased), (0, 1), "{raw_id} {id}");
            assert!(!uses_purchases(&decided(service, raw_id, &format!("{raw_id}-{id}")).await), "{id}");
        }
    };
    late(&service, "late").await;
    // The example is read again at a start; nobody had seen the person under the newest name.
    rekey(&service).await;
    let service = service.restart().await;
    late(&service, "restarted").await;
    let held = access(&service, token("p-05")).await.unwrap();
    assert!(held.overview.erased_before);
    assert_eq!(held.events, Vec::new());

    // What is newer starts afresh, and is kept over the next rotation; what is older is not taken then, either.
    grant(&service, "new-one", "anew", &[PROFILE, 4]).await;
    service.clock.set(at(NOON).plus_seconds(60));
    let mut newer = purchase("newer", "new-one", "TEA", 0);
    newer.event.as_mut().unwrap().at.as_mut().unwrap().seconds += 30;
    assert_eq!(service.record([newer]).await.unwrap().recorded, 1);
    rekey(&service).await;
    assert!(uses_purchases(&decided(&service, "new-one", "afresh").await));
    let told = service.record([purchase("too-late", "new-one", "TEA", 1)]).await.unwrap();
    assert_eq!(told.erased, 1);
    let held = access(&service, token("new-one")).await.unwrap();
    assert_eq!((held.events.len(), held.overview.erased_before), (1, true));
}

#[tokio::test]
async fn a_store_that_is_put_back_from_before_a_rotation_hears_of_erasures_under_its_names() {
    let service = Service::start().await;
    service.record([purchase("of-new", "new-one", "TEA", 3)]).await.unwrap();
    service.record([purchase("of-stays", "stays", "TEA", 3)]).await.unwrap();
    let shown = decided(&service, "new-one", "before").await;
    let place = service.stop().await;
    let copy = fs::read(place.data().join(FILE_NAME)).unwrap();
    let service = Service::open(place).await;
    rekey(&service).await;
    erase(&service, token("new-one")).await.unwrap();
    let place = service.stop().await;
    for log in ["-wal", "-shm"] {
        // They are gone when the store was closed well.
        drop(fs::remove_file(place.data().join(format!("{FILE_NAME}{log}"))));
    }
    fs::write(place.data().join(FILE_NAME), copy).unwrap();

    let service = Service::open(place).await;
    let refused = service.explain(&shown.ads[0].explanation_token, "en").await;
    assert_refused(refused, Code::NotFound, "ERASED", "decision: was erased");
    assert!(!uses_purchases(&decided(&service, "new-one", "restored").await));
    assert_eq!(files_with(service.place(), b"of-new"), Vec::<String>::new());
    let held = access(&service, token("stays")).await.unwrap();
    assert_eq!(held.events.len(), 1, "the others come under their new names");
}

#[tokio::test]
async fn the_key_is_replaced_when_its_time_is_over_and_whoever_was_not_seen_is_not_kept() {
    const DAYS: i64 = 90;
    let service = Service::start().await;
    for raw_id in ["seen", "unseen", "p-05"] {
        let hide = pb::ObjectRequest { advertisers: one("Hidden & Sons"), ..objection(raw_id, raw_id) };
        object(&service, hide).await.unwrap();
    }
    let shown = decided(&service, "unseen", "shown").await;
    let version = || keyring(service.place()).naming_version();
    for (days, expected) in [(DAYS - 1, 1), (DAYS, 2), (2 * DAYS - 1, 2), (2 * DAYS, 3)] {
        service.clock.set(at(NOON).plus_days(days));
        for _ in 0..200 {
            // The service itself may be at it.
            let _ = service.engine.keep_house().await;
            if version() == expected {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(version(), expected, "after {days} days");
        while keyring(service.place()).is_rekeying() {
            let _ = service.engine.keep_house().await;
        }
        decided(&service, "seen", &format!("seen-{days}")).await;
    }
    let changes = async |raw_id: &str| get(&service, person(raw_id)).await.unwrap().changes.len();
    assert_eq!([changes("seen").await, changes("unseen").await, changes("p-05").await], [1, 0, 1]);
    let now = at(NOON).plus_days(2 * DAYS);
    let held = access(&service, controller().sign(&claims_at("unseen", now))).await.unwrap();
    assert_eq!((held.decisions, held.overview.alias.as_str()), (Vec::new(), ""));
    let id = limpid::domain::DecisionId::parse(&shown.decision_id).unwrap();
    let replayed = service.engine.replay(&tenant(), id).await;
    assert!(matches!(replayed, Ok(limpid::decide::Replayed::Erased) | Err(_)), "{replayed:?}");
    assert!(service.engine.verify_ledger().await.unwrap().is_whole());
}

fn serve(place: &Place) -> Serving {
    let key = place.path().join("controller.pub");
    fs::write(&key, controller().key().public_key()).unwrap();
    Serving::start(place, &["--subject-key", key.to_str().unwrap()])
}

/// Asks until the process has heard of a new key: until then it refuses for now whom it would name by the old one.
async fn until_heard<T>(mut ask: impl AsyncFnMut() -> Result<T, Status>) -> T {
    for _ in 0..1_000 {
        match ask().await {
            Ok(answer) => return answer,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never hears");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_store_names_people_as_the_first_one_does() {
    another_process_on_the_store_names_people_as_the_first_one_does_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_on_the_store_names_people_as_the_first_one_does_in_postgresql() {
    another_process_on_the_store_names_people_as_the_first_one_does_on(Backend::Postgres).await;
}

async fn another_process_on_the_store_names_people_as_the_first_one_does_on(backend: Backend) {
    let service = Service::start_on(backend).await;
    for raw_id in ["refuses", "p-06", "late"] {
        service.record([purchase(raw_id, raw_id, "TEA", 3)]).await.unwrap();
        decided(&service, raw_id, &format!("before-{raw_id}")).await;
    }
    for raw_id in ["refuses", "p-06"] {
        withdraw(&service, person(raw_id), raw_id, &[PROFILE]).await.unwrap();
    }
    let other = serve(service.place());
    let channel = channel(other.address);
    let uses = async |raw_id: &str, impression: String| {
        let mut client = recommender(&channel);
        let answer = until_heard(async || client.recommend(about(raw_id, &ALL_PURPOSES, &impression)).await);
        uses_purchases(answer.await.get_ref())
    };
    assert!(uses("late", "other-before".to_owned()).await);
    for round in 0..3 {
        let version = rekey(&service).await;
        assert_eq!(version, round + 2);
        // The first process sees one of them, the other one the other, and each of them both after that.
        assert!(!uses_purchases(&decided(&service, "refuses", &format!("first-{round}")).await));
        for look in 0..20 {
            for raw_id in ["refuses", "p-06"] {
                assert!(!uses(raw_id, format!("other-{round}-{look}-{raw_id}")).await, "{raw_id} {round}");
            }
        }
        assert!(!uses_purchases(&decided(&service, "p-06", &format!("first-{round}-p-06")).await));
        assert!(uses("late", format!("other-late-{round}")).await);
        // What is told to the other process counts once, under one name.
        let mut events = EventServiceClient::new(channel.clone());
        let id = format!("told-{round}");
        let told = until_heard(async || {
            let told = [purchase(&id, "late", "TEA", 1), purchase(&format!("{id}-new"), &id, "TEA", 1)];
            events.record_events(tokio_stream::iter(told)).await
        });
        assert_eq!(told.await.get_ref().recorded, 2);
        let again = service.record([purchase(&id, "late", "TEA", 1)]).await.unwrap();
        assert_eq!(again.known, 1);
    }
    for held in [
        access(&service, token("late")).await.unwrap(),
        held(&channel, controller().sign(&claims_at("late", at(NOON)))).await.unwrap(),
    ] {
        assert_eq!(held.events.iter().map(|event| event.times).sum::<i32>(), 4);
        assert_eq!(held.decisions.len(), 5);
    }
    // Whoever is erased in one is so in the other, under every name.
    assert!(uses("late", "other-known".to_owned()).await);
    erase(&service, token("late")).await.unwrap();
    assert!(!uses("late", "other-erased".to_owned()).await);
    other.stop();
    let place = service.stop().await;
    let names =
        [earlier(&place, "late"), *keyring(&place).subject_key(&tenant(), "late").unwrap().as_bytes()];
    if let Some(url) = place.url() {
        let database = super::database::Database::of(&url);
        assert_eq!(database.tables_with(&names[0]).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_people_get_their_new_names_loses_nothing() {
    let mut place = Service::start().await.stop().await;
    for round in 0..3_u64 {
        let raw_id = format!("killed-{round}");
        let mut serving = serve(&place);
        let channel = channel(serving.address);
        let told = [purchase(&format!("event-{round}"), &raw_id, "TEA", 3)];
        EventServiceClient::new(channel.clone()).record_events(tokio_stream::iter(told)).await.unwrap();
        let mut client = recommender(&channel);
        let asked = |impression: String| about(&raw_id, &ALL_PURPOSES, &impression);
        client.recommend(asked(format!("before-{round}"))).await.unwrap();
        let data = place.data();
        let rotate = tokio::task::spawn_blocking(move || {
            let data = data.to_str().unwrap();
            limpid(&["keys", "rotate", "--pseudonyms", "--forget-unseen", "--data", data])
        });
        let rotated = rotate.await.unwrap();
        assert_eq!((rotated.code, rotated.err.as_str()), (0, ""));
        let again = asked(format!("after-{round}"));
        let call = tokio::spawn(async move { client.recommend(again).await });
        tokio::time::sleep(std::time::Duration::from_micros(900 * round * round)).await;
        serving.signal("KILL");
        assert!(!serving.is_running() || serving.wait().1.code().is_none());
        let answered = call.await.unwrap().is_ok();

        let service = Service::open(place).await;
        let held = access(&service, token(&raw_id)).await.unwrap();
        assert_eq!(held.events.len(), 1, "{round}");
        assert!(held.decisions.len() > usize::from(answered), "{round}: {:?}", held.decisions);
        assert!(uses_purchases(&decided(&service, &raw_id, &format!("opened-{round}")).await));
        assert!(service.engine.verify_ledger().await.unwrap().is_whole());
        place = service.stop().await;
    }
}

#[tokio::test]
async fn training_obeys_what_was_said_under_a_former_name() {
    use super::binary::train;
    let refuse = async |place: Place| {
        let service = Service::open(place).await;
        for raw_id in ["p-05", "p-06"] {
            withdraw(&service, person(raw_id), raw_id, &ALL_PURPOSES).await.unwrap();
        }
        service.stop().await
    };
    let place = refuse(Place::new()).await;
    let data = place.data();
    let rotated = limpid(&["keys", "rotate", "--pseudonyms", "--data", data.to_str().unwrap()]);
    assert_eq!(rotated.out, "key of pseudonyms 2; 0 rows deleted of people who were not seen\n");
    // Under the same keys, once said after the rotation, once not at all.
    let under_its_keys = || {
        let other = Place::new();
        fs::copy(data.join(KEY_FILE_NAME), other.data().join(KEY_FILE_NAME)).unwrap();
        other
    };
    let (said_since, silent) = (refuse(under_its_keys()).await, under_its_keys());
    let trained = train(&place, &[]);
    assert_eq!(trained, train(&said_since, &[]));
    assert_ne!(trained, train(&silent, &[]));
    let service = Service::open(place).await;
    assert_eq!(get(&service, person("p-05")).await.unwrap().changes.len(), 1);
}

#[tokio::test]
async fn the_command_rotates_and_takes_nobodys_data_by_mistake() {
    let service = Service::start().await;
    for raw_id in ["one", "two"] {
        service.record([purchase(raw_id, raw_id, "TEA", 3)]).await.unwrap();
    }
    let place = service.stop().await;
    let data = place.data();
    let data = ["--data", data.to_str().unwrap()];
    let rotate = |further: &[&str]| limpid(&[&["keys", "rotate"], further, &data[..]].concat());
    let out = "key of pseudonyms 2; 0 rows deleted of people who were not seen\n";
    assert_eq!(rotate(&["--pseudonyms"]).out, out);
    let again = [&["keys", "rotate", "--pseudonyms"], &data[..]].concat();
    assert_fails(&again, &["2 people were not seen since ", "would be deleted", "--forget-unseen"]);
    assert_eq!(keyring(&place).naming_version(), 2);
    let alone = rotate(&["--forget-unseen"]);
    assert!(alone.code == 2 && alone.err.contains("--pseudonyms"), "{alone:?}");
    let out = "key of pseudonyms 3; 4 rows deleted of people who were not seen\n";
    let forgot = rotate(&["--pseudonyms", "--forget-unseen"]).out;
    assert!(forgot.starts_with("key of pseudonyms 3; ") && forgot.len() == out.len(), "{forgot}");
    let service = Service::open(place).await;
    assert_eq!(access(&service, token("one")).await.unwrap().events, Vec::new());
    let place = service.stop().await;

    let folders = folders(&place);
    let serve = [&["serve"], &folders.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat();
    for (days, says) in
        [("29", "30..=3650"), ("3651", "30..=3650"), ("x", "invalid digit"), ("-1", "--rekey-days")]
    {
        let ended =
            limpid(&[&serve[..], &["--listen", "127.0.0.1:0", &format!("--rekey-days={days}")]].concat());
        assert!(ended.code == 2 && ended.err.contains(says), "{days}: {ended:?}");
    }
    // Keys of before the rotation are not taken for those of the store.
    let (file, older) = (place.data().join(KEY_FILE_NAME), Place::new());
    fs::copy(older.data().join(KEY_FILE_NAME), &file).unwrap_or_else(|_| {
        keyring(&older);
        fs::copy(older.data().join(KEY_FILE_NAME), &file).unwrap()
    });
    assert_fails(
        &again,
        &["the store knows version 3 of the key of pseudonyms", "put the newest keys.json back"],
    );
}
