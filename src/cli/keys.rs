//! `limpid keys`, `limpid sweep`, `limpid subject-key` and `limpid subject-token`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::CommandError;
use super::data::DataArguments;
use super::workspace::{DEMO_TENANT, Folders, Workspace};
use crate::admission::signing::Signer;
use crate::data::Schema;
use crate::decide::RightsSettings;
use crate::domain::{Clock, SystemClock, TenantId, Timestamp};
use crate::ledger::{Ledger, Rekeyed, Rotated};
use crate::rights::{
    Assurance, Retention, SubjectClaims, SubjectKeys, SubjectSigner, TOKEN_SECONDS_MAX, sweep_events,
};

/// How rights are granted.
#[derive(clap::Args)]
pub(super) struct RightsOptions {
    /// A file with a controller's public key, which signs subject tokens; TENANT=FILE binds it to people of a tenant.
    /// Can be given several times, so that one key can take the place of another.
    #[arg(long = "subject-key", value_name = "[TENANT=]FILE")]
    keys: Vec<String>,
    /// After how many hours the key that wraps data keys is replaced: an erasure is final then.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8760))]
    rotate_hours: u32,
    /// After how many days the key by which people are named is replaced. Data of whoever is not seen in all the days
    /// from one time to the next are deleted; explanation tokens are good for 30.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(30..=3650))]
    rekey_days: u32,
    /// Within how many days models are to be replaced that may have been trained on data which were erased.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    model_days: u32,
}

impl RightsOptions {
    /// The settings, if every key is one.
    pub(super) fn settings(&self, log_days: u32) -> Result<RightsSettings, CommandError> {
        let mut keys = SubjectKeys::default();
        for named in &self.keys {
            let (tenant, file) = match named.split_once('=') {
                Some((tenant, file)) => {
                    let wrong = |error| CommandError::new(format!("--subject-key: {error}"));
                    (Some(TenantId::parse(tenant).map_err(wrong)?), file)
                }
                None => (None, named.as_str()),
            };
            let wrong =
                |error: &dyn std::fmt::Display| CommandError::new(format!("--subject-key {file}: {error}"));
            let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
            keys.add(&text, tenant).map_err(|error| wrong(&error))?;
        }
        let Self { rotate_hours, model_days, rekey_days, .. } = *self;
        Ok(RightsSettings { keys, rotate_hours, model_days, log_days, rekey_days })
    }
}

/// The keys of a data folder.
#[derive(clap::Args)]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(clap::Subcommand)]
enum KeysCommand {
    /// Replaces the key that wraps data keys, now; the service may be running. Erasures until now are final then.
    Rotate {
        /// Replaces the key by which people are named instead. The key before stays, so that whoever comes again is
        /// known; the one before that is destroyed.
        #[arg(long)]
        pseudonyms: bool,
        /// Deletes what is held of people who were not seen since that key was replaced last.
        #[arg(long, requires = "pseudonyms")]
        forget_unseen: bool,
        #[command(flatten)]
        data: DataArguments,
    },
}

/// Deletes events that no feature may still use, as the service does every hour.
#[derive(clap::Args)]
pub(super) struct SweepArguments {
    #[command(flatten)]
    folders: Folders,
}

/// Keys of a controller that sign subject tokens.
#[derive(clap::Args)]
pub(super) struct SubjectKeyArguments {
    #[command(subcommand)]
    command: SubjectKeyCommand,
}

#[derive(clap::Subcommand)]
enum SubjectKeyCommand {
    /// Makes a key: the secret one in FILE, for its owner only, and the public one, which the service is given, in
    /// FILE.pub.
    New {
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Signs a subject token, as a controller does for a person who signed in: for demos and tests.
#[derive(clap::Args)]
pub(super) struct SubjectTokenArguments {
    /// The file of the secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Whose data.
    #[arg(long, value_name = "TENANT", default_value = DEMO_TENANT)]
    tenant: String,
    /// The person, as callers name them.
    #[arg(long, value_name = "ID")]
    subject: String,
    /// How surely the person is the person: low, substantial or high.
    #[arg(long, value_name = "LEVEL", default_value = "substantial")]
    assurance: String,
    /// When it is issued, where the service does not go by the wall clock.
    #[arg(long, value_name = "MOMENT")]
    issued_at: Option<String>,
}

pub(super) async fn keys(arguments: KeysArguments) -> Result<(), CommandError> {
    let KeysCommand::Rotate { pseudonyms, forget_unseen, data } = arguments.command;
    let workspace = Workspace::open(&data).await?;
    let ledger = Ledger::new(workspace.store.clone(), workspace.keyring.clone());
    if pseudonyms {
        rotate_pseudonyms(&ledger, forget_unseen).await?;
        return workspace.store.close().await.map_err(CommandError::new);
    }
    let rotated = ledger.rotate(SystemClock.now()).await.map_err(CommandError::new)?;
    match rotated {
        Rotated::Done { version, rewrapped, unreadable } => {
            tell!("wrapping key {version}: {rewrapped} data keys wrapped anew; the old key is gone");
            if unreadable > 0 {
                tell!("{unreadable} data keys did not open and are lost: they had been changed");
            }
        }
        Rotated::Elsewhere => tell!("another process is replacing the key"),
    }
    workspace.store.close().await.map_err(CommandError::new)
}

async fn rotate_pseudonyms(ledger: &Ledger, forget_unseen: bool) -> Result<(), CommandError> {
    let keyring = ledger.keyring();
    if let Some(tag) = keyring.earlier_tag().filter(|_| !forget_unseen && !keyring.is_rekeying()) {
        let unseen = ledger.known_before(tag).await.map_err(CommandError::new)?.people.len();
        if unseen > 0 {
            let since = keyring.naming_since().map_or_else(String::new, |since| format!(" since {since}"));
            return Err(CommandError::new(format!(
                "{unseen} people were not seen{since}, and what is held of them would be deleted; wait, or add \
                 --forget-unseen"
            )));
        }
    }
    let version = keyring.naming_version();
    match ledger.rotate_pseudonyms(version, SystemClock.now()).await.map_err(CommandError::new)? {
        Rekeyed::Done { version, deleted } => {
            tell!("key of pseudonyms {version}; {deleted} rows deleted of people who were not seen");
        }
        Rekeyed::Elsewhere => tell!("another process is replacing the key"),
    }
    Ok(())
}

pub(super) async fn sweep(arguments: SweepArguments) -> Result<(), CommandError> {
    let schema = Schema::load(&arguments.folders.example).map_err(CommandError::new)?;
    let workspace = Workspace::open(&arguments.folders.data).await?;
    let ledger = Ledger::new(workspace.store.clone(), workspace.keyring.clone());
    let swept = sweep_events(&ledger, &Retention::of(&schema), SystemClock.now()).await;
    tell!("{} events deleted", swept.map_err(CommandError::new)?);
    workspace.store.close().await.map_err(CommandError::new)
}

pub(super) fn subject_key(arguments: &SubjectKeyArguments) -> Result<(), CommandError> {
    let SubjectKeyCommand::New { out } = &arguments.command;
    let signer = Signer::fresh().map_err(CommandError::new)?;
    write_key(out, &signer, &format!("{}\n", signer.public_key()))
}

/// Writes the secret key to a file that was not there, for its owner only, and `public` to one beside it; prints the key's
/// id.
pub(super) fn write_key(out: &Path, signer: &Signer, public: &str) -> Result<(), CommandError> {
    write_new(out, &Zeroizing::new(format!("{}\n", *signer.secret_key())), 0o600)?;
    let mut beside = out.to_owned().into_os_string();
    beside.push(".pub");
    write_new(Path::new(&beside), public, 0o644)?;
    tell!("{}", signer.key_id());
    Ok(())
}

/// The signer of the secret key in a file.
pub(super) fn read_signer(path: &Path) -> Result<Signer, CommandError> {
    let wrong =
        |error: &dyn std::fmt::Display| CommandError::new(format!("--key {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    Signer::of(&Zeroizing::new(text)).map_err(|error| wrong(&error))
}

pub(super) fn subject_token(arguments: &SubjectTokenArguments) -> Result<(), CommandError> {
    let signer = SubjectSigner::new(read_signer(&arguments.key)?);
    let assurance = Assurance::of_name(&arguments.assurance)
        .ok_or_else(|| CommandError::new("--assurance: must be low, substantial or high"))?;
    let issued_at = match &arguments.issued_at {
        Some(moment) => Timestamp::parse("--issued-at", moment).map_err(CommandError::new)?,
        None => SystemClock.now(),
    };
    tell!(
        "{}",
        signer.sign(&SubjectClaims {
            tenant: TenantId::parse(&arguments.tenant).map_err(CommandError::new)?,
            subject: arguments.subject.clone(),
            assurance,
            issued_at,
            expires_at: issued_at.plus_seconds(TOKEN_SECONDS_MAX),
            key: signer.key().key_id(),
        })
    );
    Ok(())
}

/// A file that was not there.
pub(super) fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), CommandError> {
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| CommandError::new(format!("--out {}: {error}", path.display())))
}
