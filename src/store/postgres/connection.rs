//! Connections: where the database is, how a session is set up, and what its errors mean.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::{Hash, StoreError};

/// How long to wait for the server to answer a new connection, and for a place in a pool.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How long what was sent may stay without a sign that it arrived.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Settings of every session: a commit is on disk when it is acknowledged; who waits for another process longer than
/// this hears that the store is busy; a process that stands still holds nobody up for long; and statements that are as
/// short as these are not compiled.
const SESSION: &str = "-c synchronous_commit=on -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s \
                       -c client_min_messages=warning -c jit=off";

/// Where and how to open a store in PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; it may hold a password, so it is never printed.
    pub url: SecretString,
    /// Connections that read at the same time, at least 1.
    pub readers: usize,
    /// Writes that may wait for the writer, at least 1; further callers wait for a place.
    pub queue: usize,
    /// What tells the keys that the data are under from others: a database of other keys is refused. None: any.
    pub keys: Option<Hash>,
}

impl PostgresOptions {
    /// The defaults for the database of `url`: 4 readers, a queue of 1,024.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: SecretString::from(url.into()), readers: 4, queue: 1024, keys: None }
    }

    /// Reads the URL.
    ///
    /// # Errors
    /// When it is none, or asks for what this build cannot do; no part of it is repeated.
    pub(super) fn config(&self) -> Result<Config, StoreError> {
        let url = self.url.expose_secret();
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(StoreError::Address { rule: "must begin with postgres://" });
        }
        // The parser's own words may repeat a part of the password.
        let parsed = url.parse::<Config>();
        let mut config = parsed.map_err(|_| StoreError::Address {
            rule: "must read postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        })?;
        if config.get_hosts().is_empty() {
            return Err(StoreError::Address { rule: "must name a host" });
        }
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_here) {
            return Err(StoreError::Address {
                rule: "must say sslmode=require, or sslmode=disable where nobody else is on the way to the host",
            });
        }
        let own = config.get_options().map(|own| format!("{own} ")).unwrap_or_default();
        config.options(format!("{own}{SESSION}"));
        if config.get_application_name().is_none() {
            config.application_name("limpid");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(WAIT_MAX);
        }
        // A server that went without a word is given up after a while.
        config.tcp_user_timeout(SILENCE_MAX).keepalives_idle(SILENCE_MAX);
        Ok(config)
    }
}

/// Whether nothing that is sent to the host leaves the machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    }
}

/// TLS with servers whose certificates the system trusts for their names.
fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let unusable = |cause: String| StoreError::Io { cause: format!("TLS cannot be used: {cause}") };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(unusable("the system trusts no certificate".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Up to `size` sessions, each made when it is first wanted and made anew when it broke.
pub(super) fn pool(config: &Config, size: usize) -> Result<Pool, StoreError> {
    let (to, how) = (config.clone(), ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let manager = if config.get_ssl_mode() == SslMode::Require {
        Manager::from_config(to, tls()?, how)
    } else {
        Manager::from_config(to, NoTls, how)
    };
    Pool::builder(manager)
        .max_size(size.max(1))
        .wait_timeout(Some(WAIT_MAX))
        .create_timeout(Some(WAIT_MAX))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Io { cause: error.to_string() })
}

/// A session of `pool`.
pub(super) async fn session(pool: &Pool) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => error.into(),
        PoolError::Closed => StoreError::Closed,
        PoolError::Timeout(_) => StoreError::Away { cause: "it does not answer in time".to_owned() },
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::Io { cause: error.to_string() }
        }
    })
}

/// The rows of a statement, which is prepared once for each session.
pub(super) async fn query(
    on: &ClientWrapper,
    sql: &str,
    key: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let statement = on.prepare_cached(sql).await?;
    Ok(on.query(&statement, key).await?)
}

/// The one row of a statement that always has one.
pub(super) async fn one(
    on: &ClientWrapper,
    sql: &str,
    key: &[&(dyn ToSql + Sync)],
) -> Result<Row, StoreError> {
    let row = query(on, sql, key).await?.pop();
    row.ok_or_else(|| StoreError::Corrupt { what: "a row that is always there is gone".to_owned() })
}

/// Runs a statement; how many rows it changed.
pub(super) async fn execute(
    on: &ClientWrapper,
    sql: &str,
    key: &[&(dyn ToSql + Sync)],
) -> Result<u64, StoreError> {
    let statement = on.prepare_cached(sql).await?;
    Ok(on.execute(&statement, key).await?)
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // What comes from no server is the way to it, or a value that the driver cannot carry.
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let cause = source.unwrap_or_else(|| error.to_string());
            return if error.is_closed() || is_about_the_way(&error) {
                Self::Away { cause }
            } else {
                Self::Io { cause }
            };
        };
        // The message names tables and rules; the detail would repeat values.
        let text = || db.message().to_owned();
        let code = db.code();
        match code.code().get(..2) {
            _ if *code == SqlState::DISK_FULL => Self::Full,
            _ if *code == SqlState::TOO_MANY_CONNECTIONS => Self::Away { cause: text() },
            // Shutting down, starting up, connection lost.
            Some("08") => Self::Away { cause: text() },
            Some("57") if *code != SqlState::QUERY_CANCELED => Self::Away { cause: text() },
            Some("55" | "40" | "57") => Self::Busy,
            Some("23") => Self::Conflict { rule: text() },
            Some("XX") => Self::Corrupt { what: text() },
            _ => Self::Io { cause: text() },
        }
    }
}

/// Whether a socket failed, or a connection could not be made.
fn is_about_the_way(error: &tokio_postgres::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<std::io::Error>() {
            return true;
        }
        source = cause.source();
    }
    // "connection timed out" has no source.
    error.to_string().contains("timed out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        PostgresOptions::new(url).config().unwrap_err().to_string()
    }

    #[test]
    fn an_address_that_is_none_is_refused_by_its_rule_and_never_repeated() {
        for (url, rule) in [
            ("limpid.db", "must begin with postgres://"),
            ("mysql://secret@host/limpid", "must begin with postgres://"),
            (
                "postgres://limpid@host/limpid?secret=1",
                "must read postgres://USER:PASSWORD@HOST:PORT/DATABASE",
            ),
            (
                "postgres://limpid:secret@host:secret/limpid",
                "must read postgres://USER:PASSWORD@HOST:PORT/DATABASE",
            ),
            ("postgres:///limpid?password=secret", "must name a host"),
        ] {
            let said = refusal(url);
            assert!(said.starts_with(&format!("the address of the store {rule}")), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_it_is_said_that_it_need_not() {
        let rule = "must say sslmode=require, or sslmode=disable where nobody else is on the way to the host";
        for host in ["db.example", "10.0.0.1", "localhost,db.example", "[2001:db8::1]"] {
            assert!(refusal(&format!("postgres://{host}/limpid")).contains(rule), "{host}");
            for mode in ["require", "disable"] {
                let url = format!("postgres://{host}/limpid?sslmode={mode}");
                assert!(PostgresOptions::new(url).config().is_ok(), "{host} {mode}");
            }
        }
        for host in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
            assert!(PostgresOptions::new(format!("postgres://{host}/limpid")).config().is_ok(), "{host}");
        }
    }

    #[test]
    fn a_password_is_in_no_debug_output() {
        let options = PostgresOptions::new("postgres://limpid:secret@localhost/limpid");
        let config = options.config().unwrap();
        let pool = pool(&config, 1).unwrap();
        for debug in [format!("{options:?}"), format!("{config:?}"), format!("{pool:?}")] {
            assert!(!debug.contains("secret"), "{debug}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_away_and_its_password_unsaid() {
        let url = "postgres://limpid:secret@%2Fnowhere/limpid";
        let refused = super::super::Postgres::open(&PostgresOptions::new(url)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Away { .. }), "{refused:?}");
        assert!(!refused.to_string().contains("secret"));
    }

    #[test]
    fn settings_of_the_url_come_before_those_that_a_store_needs() {
        let url = "postgres://localhost/limpid?options=-c%20synchronous_commit%3Doff&application_name=shop";
        let config = PostgresOptions::new(url).config().unwrap();
        let settings = config.get_options().unwrap();
        assert!(settings.starts_with("-c synchronous_commit=off -c synchronous_commit=on"), "{settings}");
        assert_eq!(config.get_application_name(), Some("shop"));
    }
}
