//! The running service: gRPC, gRPC-Web and pages on one port.

mod server;

pub use server::{ServeError, serve};
