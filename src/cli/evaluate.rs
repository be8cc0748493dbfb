//! `limpid evaluate`

use std::path::PathBuf;

use super::CommandError;
use super::progress::Bar;
use super::quality::print_quality;
use super::workspace::Predicts;
use crate::data::Bundle;
use crate::domain::{SubjectKey, TenantId};
use crate::train::{compare, prepare};

/// Trains every kind of model and prints how good each is on rows held out, beside baselines.
#[derive(clap::Args)]
pub(super) struct EvaluateArguments {
    /// Folder of the example: schema.toml and the files that it names.
    #[arg(long, value_name = "DIR", default_value = "models/complete-journey")]
    example: PathBuf,
    /// What the models shall predict.
    #[arg(long, value_enum, default_value = "conversion")]
    response: Predicts,
}

pub(super) fn run(arguments: &EvaluateArguments) -> Result<(), CommandError> {
    // Nothing is kept, so any key will do for the pseudonyms.
    let tenant = TenantId::parse("evaluate").map_err(CommandError::new)?;
    let derive = |raw_id: &str| SubjectKey::derive(&[0; 32], &tenant, raw_id);
    let bundle = Bundle::load(&arguments.example, &derive).map_err(CommandError::new)?;
    let prepared = prepare(&bundle, arguments.response.into()).map_err(CommandError::new)?;
    let quality = compare(&prepared, Bar::new).map_err(CommandError::new)?;
    print_quality(&quality, &prepared);
    Ok(())
}
