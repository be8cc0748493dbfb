//! What one process on a store is told of events, the others know within a second, once.

use limpid::domain::{EventId, EventKind};
use limpid::ledger::Keyring;
use limpid::rpc::pb;
use limpid::store::EventRow;
use pb::event_service_client::EventServiceClient;
use pb::evidence::Fact;
use tonic::transport::Channel;

use super::asking::{ALL_PURPOSES, about, ad, purchase};
use super::binary::Serving;
use super::place::{Backend, Place, tenant};
use super::righting::{access, controller, erase, held, rectify, rights, token};
use super::service::{NOON, Service, at, channel, recommender};

/// Days and purchases of tea that a decision about a person rests on.
async fn tea(channel: &Channel, raw_id: &str) -> (u32, u32) {
    let asked = pb::RecommendRequest {
        reason_view: pb::ReasonView::Full.into(),
        max_ads: 6,
        ..about(raw_id, &ALL_PURPOSES, &uuid::Uuid::new_v4().to_string())
    };
    let answer = recommender(channel).recommend(asked).await.unwrap().into_inner();
    let facts = ad(&answer, "tea").reasons.iter().flat_map(|reason| &reason.evidence);
    let mut history = facts.filter_map(|evidence| match &evidence.fact {
        Some(Fact::History(history)) => Some((history.days, history.count)),
        _ => None,
    });
    history.next().unwrap_or_default()
}

async fn tell(channel: &Channel, told: impl IntoIterator<Item = pb::RecordEventsRequest>) -> i64 {
    let told = tokio_stream::iter(told.into_iter().collect::<Vec<_>>());
    let mut events = EventServiceClient::new(channel.clone());
    events.record_events(told).await.unwrap().into_inner().recorded
}

/// Looks until it is so; how soon that is, is measured by no test.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it never is");
}

/// Serves a place in another process, which knows the controller; and a channel to it.
fn serve(place: &Place) -> (Serving, Channel) {
    let key = place.path().join("controller.pub");
    std::fs::write(&key, controller().key().public_key()).unwrap();
    let other = Serving::start(place, &["--subject-key", key.to_str().unwrap()]);
    let channel = channel(other.address);
    (other, channel)
}

fn times(events: &[pb::HeldEvent]) -> i32 {
    events.iter().map(|event| event.times).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_one_process_is_told_counts_once_in_each() {
    an_event_that_one_process_is_told_counts_once_in_each_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_one_process_is_told_counts_once_in_each_in_postgresql() {
    an_event_that_one_process_is_told_counts_once_in_each_on(Backend::Postgres).await;
}

async fn an_event_that_one_process_is_told_counts_once_in_each_on(backend: Backend) {
    let service = Service::start_on(backend).await;
    let (other, there) = serve(service.place());
    let theirs = [purchase("theirs", "new-one", "TEA", 1), purchase("theirs-too", "new-one", "TEA", 2)];
    assert_eq!(tell(&there, theirs).await, 2);
    assert_eq!(tell(&service.channel, [purchase("ours", "new-one", "TEA", 0)]).await, 1);
    service.engine.keep_house().await.unwrap();
    assert_eq!(tea(&service.channel, "new-one").await, (2, 2), "of today is what was before noon");
    assert_eq!(tell(&service.channel, [purchase("older", "new-one", "TEA", 3)]).await, 1);
    for _ in 0..3 {
        assert_eq!(tea(&service.channel, "new-one").await, (3, 3));
        service.engine.keep_house().await.unwrap();
    }
    until(async || tea(&there, "new-one").await.1 >= 4).await;
    for channel in [&service.channel, &there] {
        let held = held(channel, token("new-one")).await.unwrap().events;
        assert_eq!(times(&held), 4, "{held:?}");
    }

    // What was taken back at once does not hide what comes next, nor does whoever was erased come back.
    tell(&there, [purchase("gone", "new-one", "TEA", 1)]).await;
    rectify(&service, "new-one", "gone", None).await.unwrap();
    tell(&there, [purchase("next", "new-one", "TEA", 1)]).await;
    service.engine.keep_house().await.unwrap();
    assert_eq!(tea(&service.channel, "new-one").await, (3, 4));
    tell(&there, [purchase("erased", "new-two", "TEA", 1)]).await;
    erase(&service, token("new-two")).await.unwrap();
    service.engine.keep_house().await.unwrap();
    assert_eq!(access(&service, token("new-two")).await.unwrap().events, []);
    other.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_counts_once_whether_it_is_followed_before_its_call_ends_or_after() {
    let service = Service::start().await;
    let before = [2, 3].map(|days| purchase(&format!("before-{days}"), "new-one", "TEA", days));
    assert_eq!(tell(&service.channel, before).await, 2);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..40 {
        let channel = service.channel.clone();
        calls.spawn(async move {
            tell(&channel, [purchase(&format!("event-{number}"), "new-one", "TEA", 1)]).await
        });
    }
    let mut told = 0;
    while !calls.is_empty() {
        service.engine.follow().await.unwrap();
        while let Some(one) = calls.try_join_next() {
            told += one.unwrap();
        }
    }
    service.engine.follow().await.unwrap();
    assert_eq!((told, tea(&service.channel, "new-one").await), (40, (3, 42)));
}

#[tokio::test]
async fn an_event_whose_commit_was_in_doubt_counts_when_it_turns_out_to_be_there() {
    let service = Service::start().await;
    let before = [2, 3].map(|days| purchase(&format!("before-{days}"), "new-one", "TEA", days));
    assert_eq!(tell(&service.channel, before).await, 2);
    let subject = Keyring::open(&service.place().data()).unwrap().subject_key(&tenant(), "new-one").unwrap();
    let row = EventRow {
        id: EventId::parse("doubted").unwrap(),
        subject,
        kind: EventKind::Purchase,
        at: at(NOON).plus_days(-1),
        attributes: [("category".to_owned(), "TEA".to_owned())].into(),
        spend_micros: 2_500_000,
        received_at: at(NOON),
        times: 1,
    };
    // The store has it, and the call that brought it was told an error.
    let marked = vec![(service.engine.mark(&tenant(), &subject), row)];
    service.store.append_events(&tenant(), marked).await.unwrap();
    service.engine.keep_house().await.unwrap();
    assert_eq!(tea(&service.channel, "new-one").await, (3, 3));
    assert_eq!(tell(&service.channel, [purchase("doubted", "new-one", "TEA", 1)]).await, 0);
    assert_eq!(tea(&service.channel, "new-one").await, (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_folds_or_puts_right_is_so_in_the_others() {
    what_one_process_folds_or_puts_right_is_so_in_the_others_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_folds_or_puts_right_is_so_in_the_others_in_postgresql() {
    what_one_process_folds_or_puts_right_is_so_in_the_others_on(Backend::Postgres).await;
}

async fn what_one_process_folds_or_puts_right_is_so_in_the_others_on(backend: Backend) {
    let service = Service::start_on(backend).await;
    let told = [("a", 3), ("b", 3), ("c", 4)].map(|(id, days)| purchase(id, "new-one", "TEA", days));
    assert_eq!(service.record(told).await.unwrap().recorded, 3);
    service.record([purchase("mine", "new-one", "TEA", 1), purchase("p", "p-05", "TEA", 3)]).await.unwrap();
    let of_example = access(&service, token("p-05")).await.unwrap().events.len();
    // The other process folds what is older than yesterday when it starts.
    let (other, there) = serve(service.place());
    until(async || service.store.events(0, 99).await.unwrap().iter().filter(|one| one.folded).count() == 3)
        .await;
    service.engine.keep_house().await.unwrap();
    let both = async |expected: (u32, u32)| {
        service.engine.keep_house().await.unwrap();
        assert_eq!(tea(&service.channel, "new-one").await, expected);
        until(async || tea(&there, "new-one").await == expected).await;
        for channel in [&service.channel, &there] {
            let held = held(channel, token("new-one")).await.unwrap().events;
            assert_eq!(times(&held), i32::try_from(expected.1).unwrap(), "{held:?}");
        }
    };
    both((3, 4)).await;
    assert_eq!(access(&service, token("p-05")).await.unwrap().events.len(), of_example);

    // One that is folded before this process may have heard of it, by itself.
    tell(&there, [purchase("late", "new-one", "TEA", 3)]).await;
    service.engine.sweep().await.unwrap();
    both((3, 5)).await;
    // In this process the day's events are still those that were told.
    let sum = access(&service, token("new-one")).await.unwrap().events;
    let sum = sum.into_iter().find(|event| event.times == 3).unwrap();
    let once = pb::CorrectedEvent {
        kind: sum.kind,
        at: sum.at,
        attributes: sum.attributes.clone(),
        spend_micros: sum.spend_micros,
        times: 1,
    };
    rectify(&service, "new-one", &sum.id, Some(once)).await.unwrap();
    both((3, 3)).await;

    let mine = async |corrected| {
        let (subject_token, event_id) = (token("new-one"), "mine".to_owned());
        rights(&there).rectify(pb::RectifyRequest { subject_token, event_id, corrected }).await.unwrap();
    };
    let pb::Event { kind, at, attributes, spend_micros, .. } = purchase("", "", "TEA", 2).event.unwrap();
    let the_day_before = pb::CorrectedEvent { kind, at, attributes, spend_micros, times: 0 };
    mine(Some(the_day_before)).await;
    both((3, 3)).await;
    mine(None).await;
    both((2, 2)).await;
    other.stop();
    let service = service.restart().await;
    assert_eq!(tea(&service.channel, "new-one").await, (2, 2));
}
