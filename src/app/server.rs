//! One listener for everything, drained gracefully.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::server::TcpIncoming;
use tonic_web::GrpcWebLayer;

use super::metrics::{self, Metrics};
use crate::decide::{DecideError, Engine};
use crate::web::Framing;
use crate::{rpc, web};

/// How often an idle connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls that one connection may have under way.
const CALLS_PER_CONNECTION: usize = 256;

/// How often the doings of other processes are looked at: an erasure is heard of well within a second.
const HOUSEKEEPING: Duration = Duration::from_millis(250);

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

/// Serves `engine` on `listener` until `shutdown` resolves, then lets calls under way finish, for
/// `drain_max` at most: a caller that never ends its stream must not keep the process. Only the sites of
/// `framing` may show its pages in a frame.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    engine: Arc<Engine>,
    framing: &Framing,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    drain_max: Duration,
) -> Result<(), ServeError> {
    let keeping = engine.clone();
    let grpc = rpc::routes(engine.clone()).await?.into_axum_router();
    let metrics = Arc::new(Metrics::of(engine.clone()));
    let grpc = grpc.layer(GrpcWebLayer::new()).layer(from_fn_with_state(Arc::clone(&metrics), calls_only));
    // Both routers carry a fall-back, so the pages come first and gRPC takes the rest.
    let app = web::router(engine, framing).merge(metrics::router(metrics)).fallback_service(grpc);
    let (drains, draining) = oneshot::channel();
    let shutdown = async {
        shutdown.await;
        let _ = drains.send(());
    };
    let served = tonic::transport::Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .add_routes(tonic::service::Routes::from(app))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown);
    let housekeeping = again_and_again(HOUSEKEEPING, || keeping.keep_house());
    let signing = again_and_again(HEADS, || keeping.keep_heads());
    let overdue = async {
        match draining.await {
            Ok(()) => tokio::time::sleep(drain_max).await,
            // Serving ended by itself.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = served => served?,
        () = housekeeping => {}
        () = signing => {}
        () = overdue => tracing::warn!("calls under way were given up after {drain_max:?}"),
    }
    if let Err(error) = keeping.keep_heads().await {
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
