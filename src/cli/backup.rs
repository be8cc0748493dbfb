//! `limpid backup` and `limpid restore`

use std::fs;
use std::path::PathBuf;

use super::CommandError;
use super::data::DataArguments;
use super::labels::has_labels;
use super::workspace::Workspace;
use crate::domain::{Clock, SystemClock};
use crate::ledger::{ERASED_FILE_NAME, KEY_FILE_NAME, Keyring, Ledger, back_up_into};
use crate::rights::finish_noted_erasures;
use crate::store::FILE_NAME;

/// Writes a copy of the store; the service may be running. Keys are not in it: keep keys.json and erased.txt elsewhere.
///
/// Group labels are not in it either: `limpid labels backup` copies them, so that they need not lie beside the log.
#[derive(clap::Args)]
pub(super) struct BackupArguments {
    /// Folder for copies; made when it is missing. The newest two stay.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    data: DataArguments,
}

/// Puts a copy of the store into a data folder that has keys and no store, and erases again whoever was erased since the
/// copy was made.
#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    /// The copy.
    copy: PathBuf,
    #[command(flatten)]
    data: DataArguments,
}

pub(super) async fn backup(arguments: BackupArguments) -> Result<(), CommandError> {
    let workspace = Workspace::open(&arguments.data).await?;
    let path = back_up_into(&workspace.store, &arguments.to, SystemClock.now()).await;
    tell!("{}", path.map_err(CommandError::new)?.display());
    if has_labels(&arguments.data.folder) {
        tell!("group labels are not in it: copy them with limpid labels backup");
    }
    workspace.store.close().await.map_err(CommandError::new)
}

pub(super) async fn restore(arguments: RestoreArguments) -> Result<(), CommandError> {
    let RestoreArguments { copy, data: arguments } = arguments;
    let data = &arguments.folder;
    let (keys, store) = (data.join(KEY_FILE_NAME), data.join(FILE_NAME));
    if !keys.exists() {
        return Err(CommandError::new(format!(
            "--data {}: has no {KEY_FILE_NAME}; put it and {ERASED_FILE_NAME} back first",
            data.display()
        )));
    }
    if store.exists() {
        return Err(CommandError::new(format!("--data {}: has a store; move it away first", data.display())));
    }
    Keyring::open(data).map_err(CommandError::new)?;
    let refused = |error: &dyn std::fmt::Display| CommandError::new(format!("{}: {error}", copy.display()));
    // Under another name first, so that a copy that breaks off is no store.
    let unfinished = data.join(format!("{FILE_NAME}.unfinished"));
    fs::copy(&copy, &unfinished)
        .and_then(|_| fs::File::open(&unfinished)?.sync_all())
        .and_then(|()| fs::rename(&unfinished, &store))
        .map_err(|error| refused(&error))?;
    let opened = Workspace::open(&arguments).await;
    let workspace = match opened {
        Ok(workspace) => workspace,
        Err(error) => {
            // What is no store is not left in its place.
            let _ = fs::remove_file(&store);
            return Err(refused(&error));
        }
    };
    let ledger = Ledger::new(workspace.store.clone(), workspace.keyring.clone());
    let erased = finish_noted_erasures(&ledger).await.map_err(CommandError::new)?;
    let found = ledger.verify(&[]).await.map_err(CommandError::new)?;
    tell!("{} decisions; {erased} people erased again", found.decisions);
    if let Some(fault) = found.fault {
        tell!("{}: {fault}", fault.place());
    }
    if found.keys_unreadable > 0 {
        tell!(
            "{} data keys do not open: the copy is from before the wrapping key was replaced",
            found.keys_unreadable
        );
    }
    workspace.store.close().await.map_err(CommandError::new)
}
