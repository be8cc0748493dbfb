//! `limpid train`

use super::CommandError;
use super::progress::Bar;
use super::workspace::{Folders, Kind, Predicts, Workspace};
use crate::train::{fit_profiles, keep, prepare};

/// Trains a model on an example and keeps it as a new version in the data folder.
///
/// An example is a folder with a schema.toml: purchases, ads and impressions, or one flat table.
#[derive(clap::Args)]
pub(super) struct TrainArguments {
    #[command(flatten)]
    folders: Folders,
    /// Kind of model.
    #[arg(long, value_enum, default_value = "additive")]
    kind: Kind,
    /// What it shall predict.
    #[arg(long, value_enum, default_value = "conversion")]
    response: Predicts,
    /// Make it serve at once.
    #[arg(long)]
    promote: bool,
}

pub(super) async fn run(arguments: TrainArguments) -> Result<(), CommandError> {
    let workspace = Workspace::open(&arguments.folders.data).await?;
    let bundle = workspace.load(&arguments.folders.example)?;
    let prepared = prepare(&bundle, arguments.response.into()).map_err(CommandError::new)?;
    let bar = Bar::new("training");
    let profiled = fit_profiles(arguments.kind.into(), &prepared, &bar).map_err(CommandError::new)?;
    drop(bar);
    let (version, artefact) =
        keep(profiled, &prepared, &bundle.schema, &workspace.models).map_err(CommandError::new)?;
    tell!("{version}");
    for (profile, evaluation) in &artefact.evaluations {
        let auc = evaluation.auc.map_or("-".to_owned(), |auc| format!("{:.4}", auc.estimate));
        tell!("  {:<11} AUC {auc}, log loss {:.4}", profile.name(), evaluation.log_loss.estimate);
    }
    if arguments.promote {
        let promoted = workspace.promote(bundle.schema, &version).await?;
        let before = promoted.previous.map_or("none".to_owned(), |version| version.short().to_owned());
        tell!("  serves from the next start of the service on; before: {before}");
    }
    workspace.store.close().await.map_err(CommandError::new)
}
