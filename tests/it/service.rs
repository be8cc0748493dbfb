//! The service as its callers meet it: real gRPC on a free port, a clock that moves only when told to,
//! identifiers that count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use limpid::admission::{Admission, LimitConfig, Limits};
use limpid::app::{self, Listeners, Listening, Serving};
use limpid::consent::ConsentConfig;
use limpid::data::Shown;
use limpid::decide::{Engine, EngineParts, IntakeSettings};
use limpid::deletion::Participants;
use limpid::domain::{Currency, IdSource, ManualClock, ModelVersion, Rates, TenantId, Timestamp};
use limpid::explain::Phrases;
use limpid::fairness::LabelFolder;
use limpid::ledger::{Keyring, Ledger};
use limpid::rpc::pb::recommendation_service_client::RecommendationServiceClient;
use limpid::rpc::pb::{self, model_service_client::ModelServiceClient};
use limpid::store::{Store, StoreOptions};
use limpid::train::Registry;
use limpid::web::Framing;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::deletion_parties::list_of;
use super::place::{Backend, Place, models};

/// Noon of 1 March 2026, the day after the last event of the example.
pub(crate) const NOON: &str = "2026-03-01T12:00:00Z";

/// The service's number in the vendor list.
pub(crate) const VENDOR: u16 = 42;

/// Longer than any test waits.
const DRAIN_MAX: Duration = Duration::from_secs(600);

/// A service that runs in this process.
pub(crate) struct Service {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    pub(crate) channel: Channel,
    place: Place,
    /// None when it has been told to stop.
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Service {
    /// A new place with the additive conversion model serving.
    pub(crate) async fn start() -> Self {
        Self::serving(&[&models().additive]).await
    }

    /// The same, with the store in such a backend.
    pub(crate) async fn start_on(backend: Backend) -> Self {
        let service = Self::open(Place::on(backend).await).await;
        service.engine.promote(&models().additive).await.unwrap();
        service
    }

    /// A new place with these models serving.
    pub(crate) async fn serving(versions: &[&ModelVersion]) -> Self {
        let service = Self::open(Place::new()).await;
        for version in versions {
            service.engine.promote(version).await.unwrap();
        }
        service
    }

    /// The service of a place, as it was left.
    pub(crate) async fn open(place: Place) -> Self {
        let consent = ConsentConfig { vendor_id: Some(VENDOR), ..ConsentConfig::default() };
        let keyring = Arc::new(Keyring::open(&place.data()).unwrap());
        let store = place.store().await;
        Self::open_on(place, keyring, store, consent).await
    }

    /// The same, with other options of the store.
    pub(crate) async fn open_with(place: Place, options: StoreOptions) -> Self {
        Self::open_as(place, options, ConsentConfig { vendor_id: Some(VENDOR), ..ConsentConfig::default() })
            .await
    }

    /// The same, with other settings of consent.
    pub(crate) async fn open_as(place: Place, options: StoreOptions, consent: ConsentConfig) -> Self {
        let keyring = Arc::new(Keyring::open(&place.data()).unwrap());
        let store = Store::open(options).await.unwrap();
        Self::open_on(place, keyring, store, consent).await
    }

    async fn open_on(place: Place, keyring: Arc<Keyring>, store: Store, consent: ConsentConfig) -> Self {
        let bundle = place.load(&keyring);
        let schema = Arc::new(bundle.schema);
        let shown = Shown::of(&bundle.impressions, &schema);
        let clock = Arc::new(ManualClock::at(at(NOON)));
        let tenant = TenantId::parse("service").unwrap();
        let registry = Registry::open(place.models(), schema.clone(), store.clone(), tenant).await.unwrap();
        let engine = Arc::new(Engine::new(EngineParts {
            registry,
            phrases: Phrases::load(&schema.phrases).unwrap(),
            schema,
            consent: consent.check().unwrap(),
            catalogue: bundle.catalogue,
            symbols: bundle.symbols,
            products: bundle.products,
            shown,
            roster: place.roster(),
            history: bundle.history,
            ledger: Ledger::new(store.clone(), keyring.clone()),
            store: store.clone(),
            keyring,
            rates: rates(),
            clock: clock.clone(),
            ids: place.ids.clone(),
            rights: super::righting::settings(),
            intake: IntakeSettings { event_days: 100, ..IntakeSettings::default() },
            sample: true,
        }));
        engine.recall().await.unwrap();
        // What a start sweeps is swept before anything is told.
        engine.keep_house().await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let labels = LabelFolder::at(place.labels());
        let list = list_of(place.path());
        let participants = list.exists().then(|| Arc::new(Participants::read(&list).unwrap()));
        let serving = Serving { labels, participants, ..open_to_all(listener, Framing::default()) };
        let served = tokio::spawn({
            let engine = engine.clone();
            async move {
                let stopped = async { drop(stopped.await) };
                app::serve(engine, serving, stopped).await.unwrap();
            }
        });
        Self { engine, clock, store, address, channel: channel(address), place, stop: Some(stop), served }
    }

    /// Tells the service to stop, and does not wait for it.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    /// Drains and closes; the place stays.
    pub(crate) async fn stop(mut self) -> Place {
        self.begin_stop();
        let Self { engine, channel, store, place, served, .. } = self;
        drop((engine, channel));
        served.await.unwrap();
        store.close().await.unwrap();
        place
    }

    /// Stops, and starts again on what is on disk.
    pub(crate) async fn restart(self) -> Self {
        Self::open(self.stop().await).await
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// How many decisions the log holds; it must be whole.
    pub(crate) async fn decisions_logged(&self) -> u64 {
        let verified = self.engine.verify_ledger().await.unwrap();
        assert!(verified.is_whole(), "{verified:?}");
        verified.decisions
    }

    pub(crate) async fn recommend(
        &self,
        request: impl tonic::IntoRequest<pb::RecommendRequest>,
    ) -> Result<pb::RecommendResponse, Status> {
        recommender(&self.channel).recommend(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn record(
        &self,
        events: impl IntoIterator<Item = pb::RecordEventsRequest>,
    ) -> Result<pb::RecordEventsResponse, Status> {
        let events = tokio_stream::iter(events.into_iter().collect::<Vec<_>>());
        let mut client = pb::event_service_client::EventServiceClient::new(self.channel.clone());
        client.record_events(Request::new(events)).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn explain(&self, token: &str, locale: &str) -> Result<pb::ExplainResponse, Status> {
        let request = pb::ExplainRequest {
            token: token.to_owned(),
            locale: locale.to_owned(),
            ..pb::ExplainRequest::default()
        };
        let mut client = pb::explanation_service_client::ExplanationServiceClient::new(self.channel.clone());
        client.explain(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn notice(&self, token: &str, locale: &str) -> Result<pb::Notice, Status> {
        let request = pb::GetNoticeRequest { token: token.to_owned(), locale: locale.to_owned() };
        let mut client = pb::explanation_service_client::ExplanationServiceClient::new(self.channel.clone());
        client.get_notice(request).await.map(|answer| answer.into_inner().notice.unwrap())
    }

    pub(crate) fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel.clone())
    }
}

/// Everything on one port, to whoever asks, as on a machine of one's own.
pub(crate) fn open_to_all(listener: TcpListener, framing: Framing) -> Serving {
    Serving {
        framing,
        admission: Arc::new(Admission::open(Limits::of(&LimitConfig::default()).unwrap())),
        listeners: Listeners::Joined(Listening::plain(listener)),
        participants: None,
        labels: LabelFolder::at("no-labels".into()),
        drain_max: DRAIN_MAX,
    }
}

/// A client that takes answers of any size.
pub(crate) fn recommender(channel: &Channel) -> RecommendationServiceClient<Channel> {
    RecommendationServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX)
}

/// A channel that connects when it is first used.
pub(crate) fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse("at", text).unwrap()
}

/// US dollars; a euro is worth 1.10 of them.
fn rates() -> Rates {
    let currency = |code| Currency::parse(code).unwrap();
    Rates { version: "test".to_owned(), base: currency("USD"), per_unit: [(currency("EUR"), 1.1)].into() }
}

/// Identifiers that carry their moment and count up from 1.
#[derive(Debug, Default)]
pub(crate) struct CountedIds(AtomicU64);

impl CountedIds {
    /// A source that goes on from the same number.
    pub(crate) fn copy(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::SeqCst)))
    }
}

impl IdSource for CountedIds {
    fn uuid(&self, now: Timestamp) -> uuid::Uuid {
        let millis = u64::try_from(now.micros() / 1000).unwrap();
        let mut tail = [0; 10];
        tail[2..].copy_from_slice(&(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}
