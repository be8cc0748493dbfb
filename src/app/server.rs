//! Listeners and what each of them offers, drained gracefully.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic_web::GrpcWebLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::admit::{Entrance, admit_call, admit_page};
use super::connections::incoming;
use super::metrics::{self, Metrics};
use super::tls::Tls;
use crate::admission::{Admission, ConnectionLimits, Door};
use crate::decide::{DecideError, Engine};
use crate::deletion::{self, Participants};
use crate::fairness::LabelFolder;
use crate::web::Framing;
use crate::{rpc, web};

/// How often an idle connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls that one connection may have under way.
const CALLS_PER_CONNECTION: usize = 256;
/// Calls that one connection may have begun.
const STREAMS_PER_CONNECTION: u32 = 1024;
/// Bytes of the metadata of a call: tokens and consent strings fit well.
const HEADER_BYTES_MAX: u32 = 32 << 10;
/// A year, as browsers remember it.
const SECURE_ALWAYS: &str = "max-age=31536000";

/// How often the doings of other processes are looked at: an erasure is heard of well within a second.
const HOUSEKEEPING: Duration = Duration::from_millis(250);

/// How often labels are swept.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How often it is signed how far the log has come.
const HEADS: Duration = Duration::from_secs(1);

/// Why serving ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The built-in descriptors do not decode.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The listener failed.
    #[error("serving: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// A port, and how it is secured.
#[derive(Debug)]
pub struct Listening {
    /// The port.
    pub listener: TcpListener,
    /// How; None: not at all.
    pub tls: Option<Arc<Tls>>,
}

impl Listening {
    /// Without TLS: for ports of this machine.
    #[must_use]
    pub const fn plain(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// Where the service is reached.
#[derive(Debug)]
pub enum Listeners {
    /// Everything on one port, which only this machine reaches.
    Joined(Listening),
    /// Calls and metrics on one, pages and what takes a person's token on another, if there is one.
    Apart {
        /// For those who are signed in.
        private: Listening,
        /// For people.
        public: Option<Listening>,
    },
}

/// What is served, and to whom.
#[derive(Debug)]
pub struct Serving {
    /// Which sites may show the pages in a frame.
    pub framing: Framing,
    /// Who may call what.
    pub admission: Arc<Admission>,
    /// Where.
    pub listeners: Listeners,
    /// Whose Data Deletion Requests are taken; None: nobody's.
    pub participants: Option<Arc<Participants>>,
    /// Where group labels are, which people's rights reach and no decision does.
    pub labels: LabelFolder,
    /// How long calls under way are waited for at the end: a caller that never ends its stream must not keep the process.
    pub drain_max: Duration,
}

/// Serves `engine` until `shutdown` resolves, then lets calls under way finish.
///
/// # Errors
/// When a listener fails.
pub async fn serve(
    engine: Arc<Engine>,
    serving: Serving,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let Serving { framing, admission, listeners, participants, labels, drain_max } = serving;
    let metrics = Arc::new(Metrics::of(engine.clone()));
    let calls = |door| calls((&engine, &labels), &admission, &metrics, door);
    let pages = |tls: bool| {
        let deletion =
            participants.clone().map(|listed| deletion::router(engine.clone(), labels.clone(), listed));
        let pages = web::router(engine.clone(), &framing).merge(deletion.unwrap_or_default());
        admitted(pages, &engine, &admission, tls)
    };
    let told = || metrics::router(Arc::clone(&metrics));
    // Each router carries a fall-back, so the pages come first and gRPC takes the rest.
    let (inside, outside) = match listeners {
        Listeners::Joined(listening) => {
            let all = pages(listening.tls.is_some()).merge(told());
            ((listening, all.fallback_service(calls(Door::Private).await?)), None)
        }
        Listeners::Apart { private, public } => {
            let inside = told().route("/healthz", get(|| async { "ok\n" }));
            let inside = inside.fallback_service(calls(Door::Private).await?);
            let outside = match public {
                None => None,
                Some(public) => {
                    let pages = pages(public.tls.is_some());
                    Some((public, pages.fallback_service(calls(Door::Public).await?)))
                }
            };
            ((private, inside), outside)
        }
    };
    let secured = [Some(&inside), outside.as_ref()].into_iter().flatten();
    let secured: Vec<Arc<Tls>> = secured.filter_map(|(listening, _)| listening.tls.clone()).collect();
    let (drains, draining) = watch::channel(false);
    let limits = admission.limits().connections();
    let run = |(listening, app)| run(listening, app, limits, draining.clone());
    let served = async {
        match outside {
            None => run(inside).await,
            Some(outside) => tokio::try_join!(run(inside), run(outside)).map(drop),
        }
    };
    let shutdown = async {
        shutdown.await;
        let _ = drains.send(true);
        tokio::time::sleep(drain_max).await;
    };
    let housekeeping = again_and_again(HOUSEKEEPING, || engine.keep_house());
    let signing = again_and_again(HEADS, || engine.keep_heads());
    tokio::select! {
        served = served => served?,
        () = housekeeping => {}
        () = signing => {}
        () = sweep_labels(&labels, &engine) => {}
        () = follow_files(&admission, &secured) => {}
        () = shutdown => tracing::warn!("calls under way were given up after {drain_max:?}"),
    }
    if let Err(error) = engine.keep_heads().await {
        tracing::warn!(%error, "the last decisions are not signed yet; the next start does it");
    }
    Ok(())
}

/// Does something every so often; what goes on failing is told once.
async fn again_and_again<F>(every: Duration, mut work: impl FnMut() -> F)
where
    F: Future<Output = Result<(), DecideError>>,
{
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = None;
    loop {
        turns.tick().await;
        let detail = |error: &DecideError| error.operator_detail().unwrap_or_default().to_owned();
        let failed = work().await.err().map(|error| (error.to_string(), detail(&error)));
        if failed != failing {
            if let Some((error, detail)) = &failed {
                tracing::warn!(error, detail, "housekeeping is tried again");
            }
            failing = failed;
        }
    }
}

/// Deletes labels whose time is over, now and every hour; what goes on failing is told once.
async fn sweep_labels(labels: &LabelFolder, engine: &Engine) {
    let mut turns = tokio::time::interval(SWEEP);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = None;
    loop {
        turns.tick().await;
        let failed = labels.sweep(engine.now()).await.err();
        if let (Some(error), true) = (&failed, failed != failing) {
            tracing::warn!(%error, "labels whose time is over are swept again in an hour");
        }
        failing = failed;
    }
}

/// Serves one port until it drains.
async fn run(
    listening: Listening,
    app: Router,
    limits: ConnectionLimits,
    mut draining: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let drains = async move { drop(draining.wait_for(|draining| *draining).await) };
    tonic::transport::Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_max_header_list_size(Some(HEADER_BYTES_MAX))
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .max_concurrent_streams(Some(STREAMS_PER_CONNECTION))
        .add_routes(tonic::service::Routes::from(app))
        .serve_with_incoming_shutdown(incoming(listening.listener, listening.tls, limits), drains)
        .await?;
    Ok(())
}

/// The calls that are let in at a door.
async fn calls(
    (engine, labels): (&Arc<Engine>, &LabelFolder),
    admission: &Arc<Admission>,
    metrics: &Arc<Metrics>,
    door: Door,
) -> Result<Router, ServeError> {
    let entrance = Entrance { admission: admission.clone(), engine: engine.clone(), door };
    let calls = rpc::routes(engine.clone(), labels.clone()).await?.into_axum_router();
    // Refusals are answered in the caller's form of gRPC, and counted.
    let calls = calls.layer(from_fn_with_state(entrance, admit_call)).layer(GrpcWebLayer::new());
    Ok(calls.layer(from_fn_with_state(Arc::clone(metrics), calls_only)))
}

/// What anyone may ask for; where it is secure, browsers are told to ask for nothing else.
fn admitted(pages: Router, engine: &Arc<Engine>, admission: &Arc<Admission>, is_secure: bool) -> Router {
    let entrance = Entrance { admission: admission.clone(), engine: engine.clone(), door: Door::Public };
    let pages = pages.layer(from_fn_with_state(entrance, admit_page));
    if !is_secure {
        return pages;
    }
    let always = HeaderValue::from_static(SECURE_ALWAYS);
    pages.layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, always))
}

/// Looks again and again whether the files of keys and certificates were exchanged.
async fn follow_files(admission: &Admission, secured: &[Arc<Tls>]) {
    let mut turns = tokio::time::interval(HOUSEKEEPING);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut locked, mut stale) = (None, None);
    loop {
        turns.tick().await;
        // What goes on failing is told once.
        let wrong = admission.reread_keys().err();
        if wrong != locked {
            if let Some(error) = &wrong {
                tracing::error!(%error, "nobody is let in until the file of caller keys is good again");
            } else {
                tracing::warn!("the file of caller keys is good again");
            }
            locked = wrong;
        }
        let wrong = secured.iter().find_map(|tls| tls.reread().err()).map(|error| error.to_string());
        if wrong != stale {
            if let Some(error) = &wrong {
                tracing::error!(error, "the certificates stay as they were");
            }
            stale = wrong;
        }
    }
}

/// Lets calls through and measures them. What is no call asks for a page that does not exist; gRPC-Web would call it a bad request.
async fn calls_only(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind.is_some_and(|kind| kind.starts_with(b"application/grpc")) {
        let (uri, since) = (request.uri().clone(), Instant::now());
        let answer = next.run(request).await;
        metrics.call(uri.path().trim_start_matches('/'), answer.headers(), since.elapsed());
        answer
    } else {
        (StatusCode::NOT_FOUND, "not found\n").into_response()
    }
}
