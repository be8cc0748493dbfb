//! `limpid ledger`

use std::path::{Path, PathBuf};

use super::CommandError;
use super::data::DataArguments;
use super::workspace::{DEMO_TENANT, Workspace};
use crate::domain::{Clock, DecisionId, SystemClock, TenantId};
use crate::ledger::{Export, Fault, Ledger, LogPublicKey, Verification, Witness, Witnessed, verify};

/// Walks the log of decisions, and shows single ones with the proof that they were logged.
#[derive(clap::Args)]
pub(super) struct LedgerArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Walks the whole log; fails when a decision was changed, dropped, swapped, put in or cut off. The service may be running.
    Verify {
        #[command(flatten)]
        data: DataArguments,
        /// The witness file that the service was given: it finds what was cut off the end.
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// A file with the public key of the log: then the keys of the data folder are not needed, and data keys are not tried.
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    /// Prints the public key of the log, by which others check what is exported.
    Key {
        #[command(flatten)]
        data: DataArguments,
    },
    /// Writes a decision with the proof that it was logged.
    Export {
        /// The decision: `decisionId` of `limpid recommend`.
        decision: String,
        /// Whose data.
        #[arg(long, default_value = DEMO_TENANT)]
        tenant: String,
        /// Where to; a new file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        data: DataArguments,
    },
    /// Checks an exported decision by the public key alone, and prints what was decided.
    Check {
        /// The exported decision.
        file: PathBuf,
        /// A file with the public key of the log.
        #[arg(long, value_name = "FILE")]
        public_key: PathBuf,
    },
}

/// How the log is kept.
#[derive(clap::Args)]
pub(super) struct LogOptions {
    /// A file to which the signed heads of the log are added, best on another machine: what is cut off the log is found by it.
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// For how many days decisions are kept.
    #[arg(long, value_name = "DAYS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(super) log_days: u32,
    /// A folder into which a copy of the store is written whenever the wrapping key is replaced.
    #[arg(long, value_name = "DIR")]
    pub(super) backups: Option<PathBuf>,
}

impl LogOptions {
    /// The witness file, if there is to be one.
    pub(super) fn witness(&self) -> Result<Option<Witness>, CommandError> {
        let open = |path: &PathBuf| Witness::open(path).map_err(|error| named("--witness", path, &error));
        self.witness.as_ref().map(open).transpose()
    }
}

pub(super) async fn run(arguments: LedgerArguments) -> Result<(), CommandError> {
    match arguments.command {
        Command::Verify { data, witness, public_key } => {
            let witness = witness.as_deref().map_or(Ok(Vec::new()), read_witness)?;
            let found = match &public_key {
                Some(file) => {
                    let (key, store) = (read_key(file)?, data.open_store(None).await?);
                    verify(&store, &key, &witness).await.map_err(CommandError::new)?
                }
                None => open(&data).await?.verify(&witness).await.map_err(CommandError::new)?,
            };
            tell_log(&found)
        }
        Command::Key { data } => {
            tell!("{}", open(&data).await?.public_key().to_hex());
            Ok(())
        }
        Command::Export { decision, tenant, out, data } => {
            let tenant = TenantId::parse(&tenant).map_err(CommandError::new)?;
            let id = DecisionId::parse(&decision).map_err(CommandError::new)?;
            let exported = open(&data).await?.export(&tenant, id, SystemClock.now()).await;
            let exported = exported.map_err(CommandError::new)?;
            let exported = exported.ok_or_else(|| CommandError::new("the log has no such decision"))?;
            let text = serde_json::to_string_pretty(&exported).map_err(CommandError::new)?;
            super::keys::write_new(&out, &format!("{text}\n"), 0o600)
        }
        Command::Check { file, public_key } => check(&file, &read_key(&public_key)?),
    }
}

async fn open(data: &DataArguments) -> Result<Ledger, CommandError> {
    let workspace = Workspace::open(data).await?;
    Ok(Ledger::new(workspace.store, workspace.keyring))
}

fn read_witness(file: &Path) -> Result<Vec<Witnessed>, CommandError> {
    Witness::read(file).map_err(CommandError::new)
}

fn read_key(file: &Path) -> Result<LogPublicKey, CommandError> {
    let text = std::fs::read_to_string(file).map_err(|error| named("--public-key", file, &error))?;
    LogPublicKey::parse(&text).map_err(|error| named("--public-key", file, &error))
}

fn named(argument: &str, file: &Path, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("{argument} {}: {error}", file.display()))
}

fn tell_log(found: &Verification) -> Result<(), CommandError> {
    let Verification { decisions, chains, heads, fault, keys_unreadable } = found;
    if found.is_whole() {
        tell!("whole; decisions: {decisions}, chains: {chains}, signed heads and seals: {heads}");
        return Ok(());
    }
    if let Some(fault) = fault {
        tell!("{}: {fault}", Fault::place(fault));
    }
    if *keys_unreadable > 0 {
        tell!("{keys_unreadable} data keys do not open");
    }
    Err(CommandError::new("the log is not as it was written"))
}

fn check(file: &Path, key: &LogPublicKey) -> Result<(), CommandError> {
    let text = std::fs::read_to_string(file).map_err(|error| named("", file, &error))?;
    let export: Export = serde_json::from_str(&text).map_err(|error| named("", file, &error))?;
    let checked = export.check(key).map_err(CommandError::new)?;
    tell!("decision {} is logged at {}", checked.decision, checked.place);
    tell!("signed at {}: {} decisions in its chain by then", checked.signed_at, checked.length);
    match checked.told {
        Some(told) => tell!("{told:#}"),
        None => tell!("what it held was erased"),
    }
    Ok(())
}
