//! Where the service listens, and to whom: an address that others reach is secured, or refused.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::CommandError;
use crate::admission::{Admission, LimitConfig, Limits};
use crate::app::{Listeners, Listening, Serving, Tls, TlsFiles, is_of_this_machine};

/// Where the service is reached, and by whom.
#[derive(clap::Args)]
pub(super) struct ListeningArguments {
    /// Address to listen on; port 0 takes a free one. One that others reach needs --tls-cert, --client-ca and --caller-keys.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
    /// Address for people: pages, and calls with a person's token. Without it, an address of this machine offers both.
    #[arg(long, value_name = "HOST:PORT")]
    public_listen: Option<SocketAddr>,
    /// The certificate of the service, with those between it and its root (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The file of its secret key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The certificates whose holders sign those of callers (PEM): no caller of --listen connects without one.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// The certificate for --public-listen, if it is another.
    #[arg(long, value_name = "FILE", requires = "public_tls_key", requires = "public_listen")]
    public_tls_cert: Option<PathBuf>,
    /// The file of its secret key.
    #[arg(long, value_name = "FILE", requires = "public_tls_cert")]
    public_tls_key: Option<PathBuf>,
    /// The public keys that sign caller tokens (TOML; `limpid caller-key new` writes one). Read again when it changes.
    #[arg(long, value_name = "FILE")]
    caller_keys: Option<PathBuf>,
    /// The name of this installation: caller tokens for another one are refused.
    #[arg(long, value_name = "NAME", default_value = AUDIENCE)]
    audience: String,
    /// Limits that differ from the defaults (TOML: a table for each role, and connections).
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
}

/// The name of an installation that has no other.
pub(super) const AUDIENCE: &str = "limpid";

impl ListeningArguments {
    /// Binds the ports before anything slow is done, so that a port in use is told at once.
    pub(super) async fn bind(&self) -> Result<Listeners, CommandError> {
        self.check()?;
        let private = files(self.tls_cert.as_ref(), self.tls_key.as_ref(), self.client_ca.as_ref());
        let public = files(self.public_tls_cert.as_ref(), self.public_tls_key.as_ref(), None)
            .or_else(|| files(self.tls_cert.as_ref(), self.tls_key.as_ref(), None));
        let private = listening(self.listen, private).await?;
        Ok(match self.public_listen {
            Some(address) => Listeners::Apart { private, public: Some(listening(address, public).await?) },
            None if is_of_this_machine(self.listen.ip()) => Listeners::Joined(private),
            None => Listeners::Apart { private, public: None },
        })
    }

    /// The limits of all roles.
    pub(super) fn limits(&self) -> Result<Limits, CommandError> {
        let Some(path) = &self.limits else { return defaults() };
        let wrong = |error: &dyn std::fmt::Display| {
            CommandError::new(format!("--limits {}: {error}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let config = LimitConfig::parse(&text).map_err(|error| wrong(&error))?;
        Limits::of(&config).map_err(|error| wrong(&error))
    }

    /// Who is let in.
    pub(super) fn admission(&self, limits: Limits) -> Result<Admission, CommandError> {
        let Some(path) = &self.caller_keys else { return Ok(Admission::open(limits)) };
        Admission::by_keys(path.clone(), &self.audience, limits)
            .map_err(|error| CommandError::new(format!("--caller-keys {}: {error}", path.display())))
    }

    /// No address that others reach without all that tells them apart.
    fn check(&self) -> Result<(), CommandError> {
        let refuse = |option: &str, address: SocketAddr, missing: &str| {
            let text = format!("{option} {address}: others reach this address, so it needs {missing}");
            Err(CommandError::new(text))
        };
        if !is_of_this_machine(self.listen.ip()) {
            let missing = [
                ("--tls-cert and --tls-key", self.tls_cert.is_none()),
                ("--client-ca", self.client_ca.is_none()),
                ("--caller-keys", self.caller_keys.is_none()),
            ];
            if let Some((missing, _)) = missing.iter().find(|(_, missing)| *missing) {
                return refuse("--listen", self.listen, missing);
            }
        }
        if let Some(address) = self.public_listen.filter(|address| !is_of_this_machine(address.ip())) {
            if self.tls_cert.is_none() && self.public_tls_cert.is_none() {
                return refuse("--public-listen", address, "--public-tls-cert and --public-tls-key");
            }
            if self.caller_keys.is_none() {
                return refuse("--public-listen", address, "--caller-keys");
            }
        }
        Ok(())
    }
}

/// The limits where nothing else is said.
pub(super) fn defaults() -> Result<Limits, CommandError> {
    Limits::of(&LimitConfig::default()).map_err(CommandError::new)
}

fn files(certificate: Option<&PathBuf>, key: Option<&PathBuf>, ca: Option<&PathBuf>) -> Option<TlsFiles> {
    let (certificate, key) = certificate.cloned().zip(key.cloned())?;
    Some(TlsFiles { certificate, key, client_ca: ca.cloned() })
}

async fn listening(address: SocketAddr, files: Option<TlsFiles>) -> Result<Listening, CommandError> {
    let tls = files.map(Tls::of).transpose().map_err(CommandError::new)?;
    Ok(Listening { listener: bind(address).await?, tls: tls.map(Arc::new) })
}

/// Binds a port.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, CommandError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            CommandError::new(format!("{address} is in use; choose another port"))
        }
        _ => CommandError::new(format!("{address}: {error}")),
    })
}

/// What is told of a service that is about to begin, a line each.
pub(super) fn announcement(serving: &Serving) -> Result<Vec<String>, CommandError> {
    let at = |listening: &Listening| -> Result<String, CommandError> {
        let address = listening.listener.local_addr().map_err(CommandError::new)?;
        let scheme = if listening.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{address}"))
    };
    let open = serving.admission.is_open();
    if open {
        tracing::info!("no caller keys: every call is open to whoever reaches this machine's own addresses");
    }
    let end = if open { "(open to this machine; Ctrl-C ends)" } else { "(Ctrl-C ends)" };
    Ok(match &serving.listeners {
        Listeners::Joined(all) => vec![format!("Serving gRPC, gRPC-Web and pages on {} {end}", at(all)?)],
        Listeners::Apart { private, public } => {
            let mut lines = vec![format!("Serving gRPC and metrics on {} {end}", at(private)?)];
            if let Some(public) = public {
                lines.push(format!("Serving pages and calls with a person's token on {} {end}", at(public)?));
            }
            lines
        }
    })
}
