//! Where the data of the service are: keys and models in a folder, the store there or in a database.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::CommandError;
use crate::domain::{SubjectKey, TenantId};
use crate::ledger::Keyring;
use crate::store::{PostgresOptions, Store, StoreOptions};

/// Where keys, models and the store are.
#[derive(clap::Args)]
pub(super) struct DataArguments {
    /// Folder for keys, log and models; made when it is missing.
    #[arg(long = "data", value_name = "DIR", default_value = "limpid-data")]
    pub(super) folder: PathBuf,
    /// Keep the log in this PostgreSQL database, `postgres://USER@HOST/DATABASE`, and not in the folder.
    #[arg(long, value_name = "URL", env = "LIMPID_STORE", hide_env_values = true)]
    store: Option<StoreUrl>,
    /// File that holds the URL of --store, for one with a password: other users see the options of a process.
    #[arg(long, value_name = "FILE")]
    store_file: Option<PathBuf>,
}

/// A URL that may hold a password. Taken as it is, so that no message of the command line repeats it.
#[derive(Clone)]
struct StoreUrl(SecretString);

impl FromStr for StoreUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl DataArguments {
    /// Opens the store, which has to be that of `keyring` if one is given: what is sealed in it stays so without.
    pub(super) async fn open_store(&self, keyring: Option<&Keyring>) -> Result<Store, CommandError> {
        let opened = match self.url()? {
            None => Store::open(StoreOptions::new(&self.folder)).await,
            Some(url) => {
                let keys = keyring.map(keys).transpose()?;
                Store::connect(&PostgresOptions { keys, ..url }).await
            }
        };
        opened.map_err(CommandError::new)
    }

    /// The database, if one was named. A file counts more than the environment.
    fn url(&self) -> Result<Option<PostgresOptions>, CommandError> {
        let Some(path) = &self.store_file else {
            return Ok(self.store.as_ref().map(|url| PostgresOptions::new(url.0.expose_secret())));
        };
        let text = std::fs::read_to_string(path).map(SecretString::from);
        let text =
            text.map_err(|error| CommandError::new(format!("--store-file {}: {error}", path.display())))?;
        Ok(Some(PostgresOptions::new(text.expose_secret().trim())))
    }
}

/// What tells keys from others: the mark of nobody.
fn keys(keyring: &Keyring) -> Result<[u8; 32], CommandError> {
    let nobody = TenantId::parse("nobody").map_err(CommandError::new)?;
    Ok(*keyring.mark(&nobody, &SubjectKey::from_bytes([0; 32])).as_bytes())
}
