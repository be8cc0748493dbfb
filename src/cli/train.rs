//! `limpid train`

use super::CommandError;
use super::models::print_promise;
use super::progress::Bar;
use super::workspace::{Folders, Kind, Predicts, Workspace};
use crate::model::Artefact;
use crate::model::additive::{PrivateParams, ValidPrivateParams};
use crate::train::{HeldOut, fit_profiles, keep, prepare_only, train_privately};

/// Trains a model on an example and keeps it as a new version in the data folder.
///
/// An example is a folder with a schema.toml: purchases, ads and impressions, or one flat table.
///
/// With --epsilon the model is trained under differential privacy: what it tells hardly depends on any
/// one person. Numbers then need bounds in the schema.
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
    #[command(flatten)]
    privacy: PrivacyArguments,
}

/// What is promised to the people of the training rows.
#[derive(clap::Args)]
struct PrivacyArguments {
    /// By how much a person may move the odds of any outcome of training: e to this power.
    #[arg(long, requires = "delta", allow_negative_numbers = true)]
    epsilon: Option<f64>,
    /// The probability with which that may fail; below 1 over the number of people.
    #[arg(long, requires = "epsilon", allow_negative_numbers = true)]
    delta: Option<f64>,
    /// Most rows of a person that train; further ones are dropped by a draw.
    #[arg(long, value_name = "ROWS", default_value = "1", requires = "epsilon")]
    rows_per_person: u32,
    /// Measure the private model on the people held out and keep the figures. They are about people
    /// to whom nothing is promised.
    #[arg(long, requires = "epsilon")]
    measure: bool,
}

impl PrivacyArguments {
    /// The settings of a private fit; None when it shall not be private.
    fn params(&self, kind: Kind) -> Result<Option<ValidPrivateParams>, CommandError> {
        let (Some(epsilon), Some(delta)) = (self.epsilon, self.delta) else { return Ok(None) };
        match kind {
            Kind::Additive => {}
            Kind::Linear | Kind::Tree => {
                return Err(CommandError::new("epsilon: only the additive kind can be trained privately"));
            }
        }
        let params =
            PrivateParams { rows_per_person_max: self.rows_per_person, ..PrivateParams::new(epsilon, delta) };
        params.check().map(Some).map_err(CommandError::new)
    }

    const fn held_out(&self) -> HeldOut {
        if self.measure { HeldOut::Measured } else { HeldOut::LeftAlone }
    }
}

pub(super) async fn run(arguments: TrainArguments) -> Result<(), CommandError> {
    let privacy = arguments.privacy.params(arguments.kind)?;
    let workspace = Workspace::open(&arguments.folders.data).await?;
    let example = &arguments.folders.example;
    let bundle = if privacy.is_some() {
        workspace.load_exact(example).await?
    } else {
        workspace.load(example).await?
    };
    let (schema, prepared) = prepare_only(bundle, arguments.response.into()).map_err(CommandError::new)?;
    let whom = match arguments.kind {
        Kind::Linear => Some("a linear model"),
        Kind::Tree => Some("a tree"),
        Kind::Additive => None,
    };
    if let Some(whom) = whom {
        prepared.asked.refuse_for(whom).map_err(CommandError::new)?;
    }
    let models = &workspace.models;
    let bar = Bar::new("training");
    let kept = match &privacy {
        Some(params) => {
            train_privately(&prepared, &schema, params, arguments.privacy.held_out(), models, &bar)
        }
        None => fit_profiles(arguments.kind.into(), &prepared, &bar)
            .and_then(|profiled| keep(profiled, &prepared, &schema, models)),
    };
    drop(bar);
    let (version, artefact) = kept.map_err(CommandError::new)?;
    tell!("{version}");
    print_artefact(&artefact);
    if arguments.promote {
        let promoted = workspace.promote(schema, &version).await?;
        let before = promoted.previous.map_or("none".to_owned(), |version| version.short().to_owned());
        tell!("  serves from the next start of the service on; before: {before}");
    }
    workspace.store.close().await.map_err(CommandError::new)
}

fn print_artefact(artefact: &Artefact) {
    if let Some(promise) = &artefact.privacy {
        print_promise(promise.epsilon, promise.delta, promise.rows_per_person_max.into());
    }
    for (profile, evaluation) in &artefact.evaluations {
        let auc = evaluation.auc.map_or("-".to_owned(), |auc| format!("{:.4}", auc.estimate));
        tell!("  {:<11} AUC {auc}, log loss {:.4}", profile.name(), evaluation.log_loss.estimate);
    }
}
