//! The running service: gRPC, gRPC-Web and pages on one port.

mod metrics;
mod server;

pub use server::{ServeError, serve};
