//! `limpid deletion`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CommandError;
use super::keys::write_new;
use crate::deletion::{Participants, SigningKey};

/// Data Deletion Requests of the IAB Tech Lab: our key, and the list of those whose requests count.
#[derive(clap::Args)]
pub(super) struct DeletionArguments {
    #[command(subcommand)]
    command: DeletionCommand,
}

#[derive(clap::Subcommand)]
enum DeletionCommand {
    /// Makes a key that signs acknowledgements (ES256), in a file for its owner only; prints the public key.
    Key {
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Reads a list of participants, and the files that it names, as `limpid serve` does; prints what would be published.
    Check {
        /// The list.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Whose Data Deletion Requests are taken.
#[derive(clap::Args)]
pub(super) struct DeletionOptions {
    /// A list of participants, whose Data Deletion Requests (IAB Tech Lab) are then taken; without it nobody's are.
    #[arg(long, value_name = "FILE")]
    deletion_participants: Option<PathBuf>,
}

impl DeletionOptions {
    /// The participants, if there is a list and it is one.
    pub(super) fn participants(&self) -> Result<Option<Arc<Participants>>, CommandError> {
        let read = |path: &PathBuf| read(path, "--deletion-participants ").map(Arc::new);
        self.deletion_participants.as_ref().map(read).transpose()
    }
}

pub(super) fn run(arguments: &DeletionArguments) -> Result<(), CommandError> {
    match &arguments.command {
        DeletionCommand::Key { out } => {
            let text = SigningKey::fresh().map_err(CommandError::new)?;
            let key = SigningKey::of(&text).map_err(CommandError::new)?;
            write_new(out, &text, 0o600)?;
            tell!("{}", key.public().to_json());
            Ok(())
        }
        DeletionCommand::Check { file } => check(&read(file, "")?),
    }
}

fn read(path: &Path, option: &str) -> Result<Participants, CommandError> {
    let wrong = |error| CommandError::new(format!("{option}{}: {error}", path.display()));
    Participants::read(path).map_err(wrong)
}

fn check(participants: &Participants) -> Result<(), CommandError> {
    tell!("{}, as others find it at https://{}/dsrdelete.json:", participants.domain, participants.domain);
    let published = serde_json::to_string_pretty(&participants.published()).map_err(CommandError::new)?;
    tell!("{published}");
    for participant in participants.all.values() {
        let asks = participant.tenant.as_ref().map(|tenant| format!("asks for people of {tenant}"));
        let forwards = participant.forwards_for.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let forwards = Some(forwards).filter(|names| !names.is_empty());
        let forwards = forwards.map(|names| format!("passes on requests of {names}"));
        let does = asks.into_iter().chain(forwards).collect::<Vec<_>>().join("; ");
        let keys = participant.keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        tell!("{}: {does}; keys {keys}", participant.domain);
    }
    Ok(())
}
