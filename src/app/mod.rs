//! The running service: gRPC, gRPC-Web and pages, on one port of this machine or on a private and a public one.

mod admit;
mod connections;
mod metrics;
mod server;
mod tls;

pub use admit::is_of_this_machine;
pub use server::{Listeners, Listening, ServeError, Serving, serve};
pub use tls::{Tls, TlsError, TlsFiles, fingerprint_of};
