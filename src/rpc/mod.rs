//! gRPC: the only layer that knows tonic and prost. One file a service or call: convert, call,
//! convert.

mod account;
mod caller;
mod choices;
mod consent;
mod consent_service;
mod decisions;
mod edits;
mod explain;
mod fairness;
mod feedback;
mod held;
mod labels;
mod models;
mod recommend;
mod record_events;
mod rights;
mod status;
mod subject_rights;
mod transparency;
mod what_if;

use std::future::Future;
use std::sync::Arc;

use crate::decide::{DecideError, Engine};
use crate::fairness::LabelFolder;

/// The messages and services of `proto/limpid/v1`.
#[allow(
    missing_docs,
    clippy::pedantic,
    clippy::panic,
    clippy::large_enum_variant,
    unreachable_pub,
    unused_qualifications,
    reason = "generated"
)]
pub mod pb {
    tonic::include_proto!("limpid.v1");
    /// The descriptors of all services, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/limpid.bin"));
}

/// Largest message that is read, in bytes: 10,000 candidates with their ads fit well.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// All services of `limpid.v1` on one engine.
#[derive(Clone)]
struct Service {
    engine: Arc<Engine>,
    /// For rights and counts alone.
    labels: LabelFolder,
}

/// The gRPC routes: the services, health, and reflection v1 and v1alpha.
///
/// # Errors
/// When the built-in descriptors do not decode.
pub async fn routes(
    engine: Arc<Engine>,
    labels: LabelFolder,
) -> Result<tonic::service::Routes, tonic_reflection::server::Error> {
    use pb::{
        consent_service_server::ConsentServiceServer, decision_service_server::DecisionServiceServer,
        event_service_server::EventServiceServer, explanation_service_server::ExplanationServiceServer,
        fairness_service_server::FairnessServiceServer, feedback_service_server::FeedbackServiceServer,
        model_service_server::ModelServiceServer, recommendation_service_server::RecommendationServiceServer,
        subject_rights_service_server::SubjectRightsServiceServer,
        transparency_service_server::TransparencyServiceServer,
    };
    let service = Service { engine, labels };
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<RecommendationServiceServer<Service>>().await;
    reporter.set_serving::<ExplanationServiceServer<Service>>().await;
    reporter.set_serving::<EventServiceServer<Service>>().await;
    reporter.set_serving::<ModelServiceServer<Service>>().await;
    reporter.set_serving::<TransparencyServiceServer<Service>>().await;
    reporter.set_serving::<ConsentServiceServer<Service>>().await;
    reporter.set_serving::<SubjectRightsServiceServer<Service>>().await;
    reporter.set_serving::<DecisionServiceServer<Service>>().await;
    reporter.set_serving::<FeedbackServiceServer<Service>>().await;
    reporter.set_serving::<FairnessServiceServer<Service>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut routes = tonic::service::Routes::builder();
    routes
        .add_service(
            RecommendationServiceServer::new(service.clone())
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
                .send_compressed(tonic::codec::CompressionEncoding::Gzip),
        )
        .add_service(ExplanationServiceServer::new(service.clone()))
        .add_service(EventServiceServer::new(service.clone()))
        .add_service(ModelServiceServer::new(service.clone()))
        .add_service(ConsentServiceServer::new(service.clone()))
        .add_service(SubjectRightsServiceServer::new(service.clone()))
        .add_service(TransparencyServiceServer::new(service.clone()))
        .add_service(FeedbackServiceServer::new(service.clone()))
        .add_service(FairnessServiceServer::new(service.clone()))
        .add_service(DecisionServiceServer::new(service))
        .add_service(health)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok(routes.routes())
}

/// The names of all calls of ours, as they are asked for: `limpid.v1.RecommendationService/Recommend`.
#[must_use]
pub fn call_names() -> Vec<String> {
    let Ok(pool) = prost_reflect::DescriptorPool::decode(pb::DESCRIPTORS) else { return Vec::new() };
    let names = pool.services().flat_map(|service| {
        let of_service =
            |call: prost_reflect::MethodDescriptor| format!("{}/{}", service.full_name(), call.name());
        service.methods().map(of_service).collect::<Vec<_>>()
    });
    names.collect()
}

/// Runs `work` to its end even when its caller has gone: what is durable has to take effect, too.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, DecideError>> + Send + 'static,
) -> Result<T, DecideError> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|error| Err(DecideError::Internal(error.to_string())))
}
