//! What was acknowledged survives: a kill at any moment, a database that restarts, and a log that cannot grow.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use limpid::ledger::{Keyring, Ledger};
use limpid::rpc::pb::consent_service_client::ConsentServiceClient;
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::{self, evidence::Fact};
use limpid::store::StoreOptions;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, assert_refused, purchase, values};
use super::binary::Serving;
use super::choices::person;
use super::place::{Backend, Place};
use super::righting::{claims_at, controller, held as held_of, rights};
use super::service::{NOON, Service, at, channel, recommender};

const CLIENTS: usize = 6;

/// How often a service is killed on each backend; `LIMPID_KILLS` says otherwise.
const KILLS: u64 = 20;

/// One change of choices and one erasure come on so many decisions and events of a client.
const EVERY: i64 = 3;

/// What one client was told is done.
#[derive(Default)]
struct Acknowledged {
    /// Impressions with the answers to them.
    decisions: Vec<(String, pb::RecommendResponse)>,
    /// Events of this client that were sent, in order, and how many of them were acknowledged.
    sent: Vec<pb::RecordEventsRequest>,
    recorded: usize,
    /// Changes of choices, by their ids.
    choices: Vec<String>,
    /// People who were to be erased, each with one event and one decision.
    leaving: Vec<Leaving>,
}

/// What clients do.
#[derive(Clone)]
struct Load {
    /// Begins the names of impressions.
    prefix: String,
    /// Whether they erase.
    erases: bool,
}

/// Someone who was to be erased.
struct Leaving {
    id: String,
    /// The token of the decision.
    token: String,
    erased: bool,
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

/// Asks, tells, changes choices and erases in turn, about a person of its own and some who leave, until a call fails;
/// its last error.
async fn load(channel: Channel, load: Load, client: usize, limit: Arc<Limit>) -> (Acknowledged, Status) {
    let mut acknowledged = Acknowledged::default();
    for number in 0.. {
        if let Err(status) = turn(&channel, (&load, client, number), &limit, &mut acknowledged).await {
            return (acknowledged, status);
        }
    }
    unreachable!("a load ends with an error")
}

async fn turn(
    channel: &Channel,
    (load, client, number): (&Load, usize, i64),
    limit: &Limit,
    acknowledged: &mut Acknowledged,
) -> Result<(), Status> {
    let (name, impression) = (client_name(client), format!("{}-{client}-{number}", load.prefix));
    let answer = recommender(channel).recommend(about(&name, &ALL_PURPOSES, &impression)).await?.into_inner();
    acknowledged.decisions.push((impression.clone(), answer));
    limit.count();
    let event = purchase(&impression, &name, "TEA", 1 + number % 50);
    acknowledged.sent.push(event.clone());
    acknowledged.recorded += usize::try_from(record(channel, vec![event]).await?.recorded).unwrap();
    limit.count();
    if number % EVERY == 0 {
        let grant = vec![1 + i32::try_from(number % 11).unwrap()];
        let (person, change_id) = (Some(person(&name)), impression.clone());
        let change = pb::SetConsentRequest { person, change_id, grant, withdraw: Vec::new() };
        ConsentServiceClient::new(channel.clone()).set_consent(change).await?;
        acknowledged.choices.push(impression.clone());
        limit.count();
    }
    if number % EVERY == 1 && load.erases {
        let id = format!("leaves-{impression}");
        record(channel, vec![purchase(&id, &id, "TEA", 1)]).await?;
        let asked = about(&id, &ALL_PURPOSES, &id);
        let token =
            recommender(channel).recommend(asked).await?.into_inner().ads[0].explanation_token.clone();
        acknowledged.leaving.push(Leaving { id: id.clone(), token, erased: false });
        rights(channel).erase(pb::EraseRequest { subject_token: subject_token(&id) }).await?;
        acknowledged.leaving.last_mut().unwrap().erased = true;
        limit.count();
    }
    Ok(())
}

/// A token for the clock of the example, which every process starts anew.
fn subject_token(id: &str) -> String {
    controller().sign(&claims_at(id, at(NOON)))
}

async fn tells(channel: &Channel, token: &str) -> Result<pb::ExplainResponse, Status> {
    let token = token.to_owned();
    let request = pb::ExplainRequest { token, locale: String::new(), ..pb::ExplainRequest::default() };
    ExplanationServiceClient::new(channel.clone()).explain(request).await.map(tonic::Response::into_inner)
}

/// Asserts that every acknowledged decision is told and repeated as it was acknowledged.
async fn assert_decisions_are_there(channel: &Channel, client: usize, acknowledged: &Acknowledged) {
    for (impression, answer) in &acknowledged.decisions {
        let told = tells(channel, &answer.ads[0].explanation_token).await.unwrap();
        assert_eq!((&told.decision_id, &told.account), (&answer.decision_id, &answer.ads[0].account));

        let asked = about(&client_name(client), &ALL_PURPOSES, impression);
        let again = recommender(channel).recommend(asked).await.unwrap().into_inner();
        assert!(again.repeated_call && again.decision_id == answer.decision_id);
        assert_eq!(values(&again), values(answer));
    }
}

/// Asserts that every acknowledged change of choices is there, and whoever was erased is gone; and of whoever was not
/// for certain, that all is there or nothing.
async fn assert_choices_and_erasures_hold(channel: &Channel, client: usize, acknowledged: &Acknowledged) {
    let asked = pb::GetConsentRequest { person: Some(person(&client_name(client))) };
    let held = ConsentServiceClient::new(channel.clone()).get_consent(asked).await.unwrap().into_inner();
    for id in &acknowledged.choices {
        assert!(held.changes.iter().any(|change| change.change_id == *id), "{id} is lost");
    }
    for Leaving { id, token, erased } in &acknowledged.leaving {
        let held = held_of(channel, subject_token(id)).await.unwrap();
        // An erasure that the store was not there to hear of is finished when it is back; how soon is measured by no test.
        for look in 0.. {
            if tells(channel, token).await.is_err() || !held.overview.erased_before {
                break;
            }
            assert!(look < 1_000, "it is never finished");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let told = tells(channel, token).await.is_ok();
        let held = held_of(channel, subject_token(id)).await.unwrap();
        assert_eq!((held.events.len() == 1, held.decisions.len() == 1), (told, told), "{id} is half there");
        assert_eq!(held.overview.erased_before, !told, "{id}");
        assert!(!(*erased && told), "{id} was erased, and is there");
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
    let store = place.store().await;
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
        let of = Load { prefix: prefix.to_owned(), erases: true };
        let load = load(channel(serving.address), of, client, limit.clone());
        clients.spawn(async move { (client, load.await.0) });
    }
    limit.reached.notified().await;
    end(serving);
    let mut ended = clients.join_all().await;
    ended.sort_by_key(|(client, _)| *client);
    ended.into_iter().map(|(_, acknowledged)| acknowledged).collect()
}

/// Serves a place in another process, which knows the controller.
fn serve(place: &Place) -> Serving {
    Serving::start(place, &["--subject-key", &controller_key(place), "--event-days", "60"])
}

/// A file with the controller's public key.
fn controller_key(place: &Place) -> String {
    let key = place.path().join("controller.pub");
    std::fs::write(&key, controller().key().public_key()).unwrap();
    key.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    kill_again_and_again(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged_in_postgresql() {
    kill_again_and_again(Backend::Postgres).await;
}

/// Kills a service under load, and has the next one, which is killed in its turn, tell what is there.
async fn kill_again_and_again(backend: Backend) {
    let kills = std::env::var("LIMPID_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let place = Service::start_on(backend).await.stop().await;
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut decided, mut counted) = (0, [0; CLIENTS]);
    let mut serving = serve(&place);
    for round in 0..kills {
        let prefix = format!("round-{round}");
        let until = random.r#gen_range(5..90);
        let pause = Duration::from_micros(random.r#gen_range(0..5_000));
        let kill = |serving: &mut Serving| {
            std::thread::sleep(pause);
            serving.signal("KILL");
        };
        let acknowledged = under_load(&mut serving, &prefix, until, kill).await;
        let (_, status) = serving.wait();
        assert_eq!(status.code(), None, "it was killed, not ended");

        serving = serve(&place);
        let channel = channel(serving.address);
        for (client, acknowledged) in acknowledged.iter().enumerate() {
            decided += acknowledged.decisions.len();
            assert_decisions_are_there(&channel, client, acknowledged).await;
            assert_choices_and_erasures_hold(&channel, client, acknowledged).await;
            let tally = record(&channel, acknowledged.sent.clone()).await.unwrap();
            // Of an event under way at the kill either is true; never of one that was acknowledged.
            let known = usize::try_from(tally.known).unwrap();
            assert!((acknowledged.recorded..=acknowledged.sent.len()).contains(&known), "{known}");
            counted[client] += acknowledged.sent.len();
            let resent = purchases_that_count(&channel, client, &format!("{prefix}-resent-{client}")).await;
            assert_eq!(resent, counted[client], "sent again, all of them count once");
            decided += 1;
        }
    }
    serving.stop();
    assert!(chain_length(&place).await >= decided);
}

/// A server of its own, because it is restarted.
struct OwnServer {
    url: String,
}

impl OwnServer {
    fn start() -> Self {
        let started = Self::run("start", "");
        let url = started.split('\'').nth(1).unwrap_or_else(|| panic!("{started}"));
        Self { url: url.to_owned() }
    }

    fn restart(&self) {
        Self::run("restart", &self.url);
    }

    fn run(what: &str, url: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres");
        let ended = Command::new(script).arg(what).env("LIMPID_TEST_POSTGRES", url).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap()
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        Self::run("stop", &self.url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_restarts_in_mid_load_is_waited_for_and_nothing_acknowledged_is_lost() {
    let server = OwnServer::start();
    let place = Place::new().with_url(&server.url);
    let service = Service::open(place).await;
    service.engine.promote(&super::place::models().additive).await.unwrap();
    let place = service.stop().await;
    let serving = serve(&place);
    for round in 0..3 {
        let mut clients = JoinSet::new();
        let limit = Limit::of(20 * CLIENTS);
        for client in 0..CLIENTS {
            let of = Load { prefix: format!("round-{round}"), erases: true };
            let load = load(channel(serving.address), of, client, limit.clone());
            clients.spawn(async move { (client, load.await) });
        }
        limit.reached.notified().await;
        tokio::task::block_in_place(|| server.restart());
        // It is back; the service finds that out by itself, and every client has heard a clear refusal or will go on.
        let mut ended = Vec::new();
        tokio::time::sleep(Duration::from_millis(200)).await;
        while let Some(client) = clients.try_join_next() {
            ended.push(client.unwrap());
        }
        assert!(!ended.is_empty(), "nobody noticed");
        clients.abort_all();
        let channel = channel(serving.address);
        for (client, (acknowledged, status)) in ended {
            let refused = Err::<(), _>(status);
            assert_refused(refused, Code::Unavailable, "STORE_UNAVAILABLE", "the store is not available");
            assert_decisions_are_there(&channel, client, &acknowledged).await;
            assert_choices_and_erasures_hold(&channel, client, &acknowledged).await;
            let tally = record(&channel, acknowledged.sent.clone()).await.unwrap();
            assert!(usize::try_from(tally.known).unwrap() >= acknowledged.recorded);
        }
    }
    serving.stop();
    assert!(chain_length(&place).await > 3 * CLIENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_grow_refuses_loses_nothing_and_goes_on_when_it_can() {
    let place = Service::start().await.stop().await;
    let mut serving = Serving::start_within(&place, 512);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        // An erasure would make room.
        let of = Load { prefix: "full".to_owned(), erases: false };
        let load = load(channel(serving.address), of, client, Limit::of(usize::MAX));
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
