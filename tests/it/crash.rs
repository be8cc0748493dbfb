//! What was acknowledged survives: a kill at any moment, and a log that cannot grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use limpid::ledger::{Keyring, Ledger};
use limpid::rpc::pb::{self, evidence::Fact, explanation_service_client::ExplanationServiceClient};
use limpid::store::{Store, StoreOptions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, assert_refused, purchase, values};
use super::binary::Serving;
use super::place::Place;
use super::service::{Service, channel, recommender};

const CLIENTS: usize = 6;
const ROUNDS: u64 = 3;

/// What one client was told is done.
#[derive(Default)]
struct Acknowledged {
    /// Impressions with the answers to them.
    decisions: Vec<(String, pb::RecommendResponse)>,
    /// Events of this client that were sent, in order, and how many of them were acknowledged.
    sent: Vec<pb::RecordEventsRequest>,
    recorded: usize,
}

/// Stops the load when so much was acknowledged.
struct Limit {
    left: AtomicUsize,
    reached: Notify,
}

impl Limit {
    fn of(count: usize) -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(count), reached: Notify::new() })
    }

    fn count(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.reached.notify_one();
        }
    }
}

fn client_name(client: usize) -> String {
    format!("client-{client}")
}

async fn record(
    channel: &Channel,
    events: Vec<pb::RecordEventsRequest>,
) -> Result<pb::RecordEventsResponse, Status> {
    let mut client = pb::event_service_client::EventServiceClient::new(channel.clone());
    client.record_events(tokio_stream::iter(events)).await.map(tonic::Response::into_inner)
}

/// Asks and tells in turn, about a person of its own, until a call fails; its last error.
async fn load(channel: Channel, prefix: String, client: usize, limit: Arc<Limit>) -> (Acknowledged, Status) {
    let mut acknowledged = Acknowledged::default();
    for number in 0.. {
        let impression = format!("{prefix}-{client}-{number}");
        let asked = about(&client_name(client), &ALL_PURPOSES, &impression);
        match recommender(&channel).recommend(asked).await {
            Ok(answer) => acknowledged.decisions.push((impression.clone(), answer.into_inner())),
            Err(status) => return (acknowledged, status),
        }
        limit.count();
        let event = purchase(&impression, &client_name(client), "TEA", 1 + number % 50);
        acknowledged.sent.push(event.clone());
        match record(&channel, vec![event]).await {
            Ok(tally) => acknowledged.recorded += usize::try_from(tally.recorded).unwrap(),
            Err(status) => return (acknowledged, status),
        }
        limit.count();
    }
    unreachable!("a load ends with an error")
}

/// Asserts that every acknowledged decision is told and repeated as it was acknowledged.
async fn assert_decisions_are_there(channel: &Channel, client: usize, acknowledged: &Acknowledged) {
    for (impression, answer) in &acknowledged.decisions {
        let token = answer.ads[0].explanation_token.clone();
        let request = pb::ExplainRequest { token, locale: String::new(), ..pb::ExplainRequest::default() };
        let told =
            ExplanationServiceClient::new(channel.clone()).explain(request).await.unwrap().into_inner();
        assert_eq!((&told.decision_id, &told.account), (&answer.decision_id, &answer.ads[0].account));

        let asked = about(&client_name(client), &ALL_PURPOSES, impression);
        let again = recommender(channel).recommend(asked).await.unwrap().into_inner();
        assert!(again.repeated_call && again.decision_id == answer.decision_id);
        assert_eq!(values(&again), values(answer));
    }
}

/// How many purchases of tea a fresh decision about the client's person rests on.
async fn purchases_that_count(channel: &Channel, client: usize, impression: &str) -> usize {
    let asked = pb::RecommendRequest {
        reason_view: pb::ReasonView::Full.into(),
        max_ads: 6,
        ..about(&client_name(client), &ALL_PURPOSES, impression)
    };
    let answer = recommender(channel).recommend(asked).await.unwrap().into_inner();
    let tea = answer.ads.iter().find(|ad| ad.ad_id == "tea").unwrap();
    let mut facts = tea.reasons.iter().flat_map(|reason| &reason.evidence);
    let count = facts.find_map(|evidence| match &evidence.fact {
        Some(Fact::History(history)) => Some(history.count as usize),
        _ => None,
    });
    count.expect("purchases are a reason for tea")
}

/// Opens what a service has left behind; the number of decisions in its chain, which must be whole.
async fn chain_length(place: &Place) -> usize {
    let keyring = Arc::new(Keyring::open(&place.data()).unwrap());
    let store = Store::open(StoreOptions::new(place.data())).await.unwrap();
    let verified = Ledger::new(store.clone(), keyring).verify(&[]).await.unwrap();
    store.close().await.unwrap();
    assert!(verified.is_whole(), "{verified:?}");
    usize::try_from(verified.decisions).unwrap()
}

/// Puts a service under load; what was acknowledged until `limit`, when `end` is done to it.
async fn under_load(
    serving: &mut Serving,
    prefix: &str,
    until: usize,
    end: impl FnOnce(&mut Serving),
) -> Vec<Acknowledged> {
    let limit = Limit::of(until);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let load = load(channel(serving.address), prefix.to_owned(), client, limit.clone());
        clients.spawn(async move { (client, load.await.0) });
    }
    limit.reached.notified().await;
    end(serving);
    let mut ended = clients.join_all().await;
    ended.sort_by_key(|(client, _)| *client);
    ended.into_iter().map(|(_, acknowledged)| acknowledged).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let place = Service::start().await.stop().await;
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut decided, mut counted) = (0, [0; CLIENTS]);
    for round in 0..ROUNDS {
        let mut serving = Serving::start(&place, &[]);
        let until = random.r#gen_range(40..200);
        let prefix = format!("round-{round}");
        let acknowledged = under_load(&mut serving, &prefix, until, |serving| serving.signal("KILL")).await;
        let (_, status) = serving.wait();
        assert_eq!(status.code(), None, "it was killed, not ended");
        decided += acknowledged.iter().map(|client| client.decisions.len()).sum::<usize>();

        let serving = Serving::start(&place, &[]);
        let channel = channel(serving.address);
        for (client, acknowledged) in acknowledged.iter().enumerate() {
            assert_decisions_are_there(&channel, client, acknowledged).await;
            let of = |what: &str| format!("round-{round}-{what}-{client}");
            let count = purchases_that_count(&channel, client, &of("after")).await - counted[client];
            // Of an event under way at the kill either is true; never of one that was acknowledged.
            assert!((acknowledged.recorded..=acknowledged.sent.len()).contains(&count), "{count}");
            let tally = record(&channel, acknowledged.sent.clone()).await.unwrap();
            assert_eq!(usize::try_from(tally.known).unwrap(), count);
            counted[client] += acknowledged.sent.len();
            let resent = purchases_that_count(&channel, client, &of("resent")).await;
            assert_eq!(resent, counted[client], "sent again, all of them count once");
            decided += 2;
        }
        serving.stop();
    }
    assert!(chain_length(&place).await >= decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_grow_refuses_loses_nothing_and_goes_on_when_it_can() {
    let place = Service::start().await.stop().await;
    let mut serving = Serving::start_within(&place, 512);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let load = load(channel(serving.address), "full".to_owned(), client, Limit::of(usize::MAX));
        clients.spawn(async move { (client, load.await) });
    }
    let mut ended = clients.join_all().await;
    ended.sort_by_key(|(client, _)| *client);
    let acknowledged = ended.into_iter().map(|(_, (acknowledged, status))| {
        let refused = Err::<(), _>(status);
        assert_refused(refused, Code::Unavailable, "STORE_UNAVAILABLE", "the store is not available");
        acknowledged
    });
    let acknowledged = acknowledged.collect::<Vec<_>>();
    let decided = acknowledged.iter().map(|client| client.decisions.len()).sum::<usize>();
    assert!(decided > 0, "the limit left room for something");

    // It is alive, refuses what it cannot keep, and still tells what it has decided.
    assert!(serving.is_running());
    let still = channel(serving.address);
    for attempt in 0..3 {
        let asked = about("p-05", &ALL_PURPOSES, &format!("refused-{attempt}"));
        let refused = recommender(&still).recommend(asked).await;
        assert_refused(refused, Code::Unavailable, "STORE_UNAVAILABLE", "the store is not available");
    }
    for (client, acknowledged) in acknowledged.iter().enumerate() {
        assert_decisions_are_there(&still, client, acknowledged).await;
    }
    assert!(
        serving.logged().contains("the store is not available"),
        "the operator is told: {}",
        serving.logged()
    );
    serving.signal("KILL");
    serving.wait();

    let serving = Serving::start(&place, &[]);
    let channel = channel(serving.address);
    for (client, acknowledged) in acknowledged.iter().enumerate() {
        assert_decisions_are_there(&channel, client, acknowledged).await;
        let tally = record(&channel, acknowledged.sent.clone()).await.unwrap();
        assert!(usize::try_from(tally.known).unwrap() >= acknowledged.recorded);
    }
    let asked = about("p-05", &ALL_PURPOSES, "refused-0");
    assert!(!recommender(&channel).recommend(asked).await.unwrap().into_inner().repeated_call);
    serving.stop();
    assert_eq!(chain_length(&place).await, decided + 1);
}

#[tokio::test]
async fn a_store_at_its_limit_says_that_it_is_full_and_changes_nothing_in_memory() {
    let place = Service::start().await.stop().await;
    let options = StoreOptions { page_count_max: Some(48), ..StoreOptions::new(place.data()) };
    let service = Service::open_with(place, options).await;
    let full = "the decision log is full: no decision is made that cannot be logged";
    let mut decided = 0;
    let refused = loop {
        match service.recommend(about("p-05", &ALL_PURPOSES, &format!("i-{decided}"))).await {
            Ok(_) => decided += 1,
            Err(status) => break status,
        }
    };
    assert!(decided > 0);
    assert_refused(Err::<(), _>(refused), Code::ResourceExhausted, "LOG_FULL", full);

    let mut recorded = 0;
    let refused = loop {
        match service.record([purchase(&format!("e-{recorded}"), "p-05", "TEA", 1)]).await {
            Ok(_) => recorded += 1,
            Err(status) => break status,
        }
    };
    assert_refused(Err::<(), _>(refused), Code::ResourceExhausted, "LOG_FULL", full);
    let service = service.restart().await;
    let tally = service.record([purchase(&format!("e-{recorded}"), "p-05", "TEA", 1)]).await.unwrap();
    assert_eq!(tally.recorded, 1, "the refused event was not half there");
    let first = service.recommend(about("p-05", &ALL_PURPOSES, "i-0")).await.unwrap();
    assert!(first.repeated_call);
}
