//! `limpid serve`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use super::consent::ConsentArguments;
use super::deletion::DeletionOptions;
use super::intake::IntakeOptions;
use super::keys::RightsOptions;
use super::labels::labels_below;
use super::ledger::LogOptions;
use super::listening::{ListeningArguments, announcement};
use super::workspace::{Folders, Workspace};
use crate::admission::Trail;
use crate::app::{self, Serving};
use crate::web::Framing;

/// How long calls under way are waited for unless the caller says otherwise.
pub(super) const DRAIN_SECONDS: u64 = 20;

/// Serves gRPC, gRPC-Web and the "why this ad" pages, until Ctrl-C: on one port of this machine, or for others on
/// a private and a public one.
///
/// Models come from the data folder; without an active one every call is refused with a clear error.
#[derive(clap::Args)]
pub(super) struct ServeArguments {
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    consent: ConsentArguments,
    #[command(flatten)]
    listening: ListeningArguments,
    #[command(flatten)]
    embedding: EmbedArguments,
    #[command(flatten)]
    rights: RightsOptions,
    #[command(flatten)]
    deletion: DeletionOptions,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    intake: IntakeOptions,
    /// Folder of group labels, which people's rights reach; without it, `labels` in the data folder.
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
    /// Start the clock where the example says, so that its windows are not empty.
    #[arg(long)]
    example_clock: bool,
    /// Longest wait for calls under way when the service is stopped, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = DRAIN_SECONDS)]
    drain_seconds: u64,
}

/// Which sites may show the pages in a frame.
#[derive(clap::Args)]
pub(super) struct EmbedArguments {
    /// A site that may show the pages in a frame, such as `https://shop.example`; can be given several times.
    #[arg(long = "embed-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
}

impl EmbedArguments {
    /// The sites, if each is one.
    pub(super) fn framing(&self) -> Result<Framing, CommandError> {
        Framing::by(self.origins.iter().map(String::as_str))
            .map_err(|error| CommandError::new(format!("--embed-origin: {error}")))
    }
}

pub(super) async fn run(arguments: ServeArguments) -> Result<(), CommandError> {
    let consent = arguments.consent.settings()?;
    let framing = arguments.embedding.framing()?;
    let rights = arguments.rights.settings(arguments.log.log_days)?;
    let participants = arguments.deletion.participants()?;
    let witness = arguments.log.witness()?;
    let intake = arguments.intake.settings();
    let limits = arguments.listening.limits()?;
    let listeners = arguments.listening.bind().await?;
    let mut workspace = Workspace::open(&arguments.folders.data).await?;
    workspace.witness = witness;
    workspace.backups = arguments.log.backups;
    let trail = Arc::new(Trail::open(&arguments.folders.data.folder).map_err(CommandError::new)?);
    let admission = arguments.listening.admission(limits)?.with_trail(trail);
    let bundle = workspace.load(&arguments.folders.example).await?;
    if arguments.example_clock && bundle.schema.demo_clock.is_none() {
        return Err(CommandError::new("--example-clock: the schema has no demo_clock"));
    }
    let engine =
        Arc::new(workspace.engine(bundle, consent, (rights, intake), arguments.example_clock).await?);
    if engine.models().map_err(CommandError::new)?.iter().all(|model| !model.active) {
        eprintln!("limpid: no model is active yet; `limpid train --promote` makes one");
    }
    let drain_max = Duration::from_secs(arguments.drain_seconds);
    let labels = labels_below(arguments.labels, &arguments.folders.data.folder);
    let admission = Arc::new(admission);
    let serving = Serving { framing, admission, listeners, participants, labels, drain_max };
    Box::pin(serve(&workspace, engine, serving)).await
}

/// Serves until Ctrl-C or SIGTERM, lets calls under way finish, then closes the store.
pub(super) async fn serve(
    workspace: &Workspace,
    engine: Arc<crate::decide::Engine>,
    serving: Serving,
) -> Result<(), CommandError> {
    // Whoever reads that the service is there may stop it.
    let stop = stop_signal().map_err(CommandError::new)?;
    for line in announcement(&serving)? {
        tell!("{line}");
    }
    app::serve(engine, serving, stop).await.map_err(CommandError::new)?;
    workspace.store.close().await.map_err(CommandError::new)?;
    tell!("Drained and closed.");
    Ok(())
}

/// Resolves on Ctrl-C or SIGTERM. From this call on, not from the first poll, neither ends the process by
/// itself.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
