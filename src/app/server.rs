//! One listener for everything, drained gracefully.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic_web::GrpcWebLayer;

use crate::decide::Engine;
use crate::{rpc, web};

/// How often an idle connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls that one connection may have under way.
const CALLS_PER_CONNECTION: usize = 256;

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

/// Serves `engine` on `listener` until `shutdown` resolves, then lets calls under way finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    engine: Arc<Engine>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let grpc = rpc::routes(engine.clone()).await?.into_axum_router().layer(GrpcWebLayer::new());
    // Both routers carry a fall-back, so the pages come first and gRPC takes the rest.
    let app = web::router(engine).fallback_service(grpc);
    tonic::transport::Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .add_routes(tonic::service::Routes::from(app))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown)
        .await?;
    Ok(())
}
