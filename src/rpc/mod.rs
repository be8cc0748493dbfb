//! gRPC: the only layer that knows tonic and prost.

/// The messages and services of `proto/limpid/v1`.
#[allow(
    missing_docs,
    clippy::pedantic,
    unreachable_pub,
    clippy::panic,
    unused_qualifications,
    reason = "generated"
)]
pub mod pb {
    tonic::include_proto!("limpid.v1");
    /// The descriptors of all services, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/limpid.bin"));
}
