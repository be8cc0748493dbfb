//! `limpid models import` and `limpid models merge`: models that were not fitted here.

use super::CommandError;
use super::models::{ImportArguments, MergeArguments};
use super::workspace::{Folders, Predicts, Workspace};
use crate::data::Schema;
use crate::domain::{Clock, ModelVersion, SystemClock};
use crate::model::Artefact;
use crate::store::ChangeAction;
use crate::train::{self, BringError, ImportForm, Prepared, prepare_only};

/// Who is said to have brought a model in.
const WHO: &str = "command line";

pub(super) async fn import(arguments: &ImportArguments) -> Result<(), CommandError> {
    let file = &arguments.file;
    let json = std::fs::read(file).map_err(|e| CommandError::new(format!("{}: {e}", file.display())))?;
    let form = if arguments.raw { ImportForm::Raw } else { ImportForm::Purified };
    let why = format!("read from {}", file.file_name().unwrap_or(file.as_os_str()).display());
    bring(
        &arguments.folders,
        arguments.response,
        (ChangeAction::Import, &why),
        arguments.promote,
        |prepared, schema, workspace| {
            let named = |error: BringError| match error {
                BringError::Invalid(error) => CommandError::new(format!("{}: {error}", file.display())),
                other => CommandError::new(other),
            };
            train::import(&json, form, prepared, schema, &workspace.models).map_err(named)
        },
    )
    .await
}

pub(super) async fn merge(arguments: &MergeArguments) -> Result<(), CommandError> {
    let versions =
        arguments.versions.iter().map(|text| ModelVersion::parse(text)).collect::<Result<Vec<_>, _>>();
    let versions = versions.map_err(CommandError::new)?;
    let short = versions.iter().map(ModelVersion::short).collect::<Vec<_>>().join(", ");
    let why = format!("merged from {short}");
    bring(
        &arguments.folders,
        arguments.response,
        (ChangeAction::Merge, &why),
        arguments.promote,
        |prepared, schema, workspace| {
            train::merge_versions(&versions, prepared, schema, &workspace.models).map_err(CommandError::new)
        },
    )
    .await
}

/// Prepares the rows of the example, keeps what `make` gives among the versions and the changes, and
/// tells how good it is.
async fn bring(
    folders: &Folders,
    response: Predicts,
    (action, why): (ChangeAction, &str),
    promote: bool,
    make: impl FnOnce(&Prepared, &Schema, &Workspace) -> Result<(ModelVersion, Artefact), CommandError>,
) -> Result<(), CommandError> {
    let workspace = Workspace::open(&folders.data).await?;
    let bundle = workspace.load(&folders.example).await?;
    let (schema, prepared) = prepare_only(bundle, response.into()).map_err(CommandError::new)?;
    let (version, artefact) = make(&prepared, &schema, &workspace)?;
    tell!("{version}");
    for (profile, evaluation) in &artefact.evaluations {
        let auc = evaluation.auc.map_or("-".to_owned(), |auc| format!("{:.4}", auc.estimate));
        tell!("  {:<11} AUC {auc}, log loss {:.4}", profile.name(), evaluation.log_loss.estimate);
    }
    let registry = workspace.models_of(schema)?;
    registry.record(action, &version, (WHO, why), SystemClock.now()).await.map_err(CommandError::new)?;
    if promote {
        let promoted = registry.promote(&version, SystemClock.now()).await.map_err(CommandError::new)?;
        let before = promoted.previous.map_or("none".to_owned(), |version| version.short().to_owned());
        tell!("  serves from the next start of the service on; before: {before}");
    }
    workspace.store.close().await.map_err(CommandError::new)
}
