//! `limpid evaluate`

use std::path::{Path, PathBuf};

use super::CommandError;
use super::progress::Bar;
use super::quality::{print_folds, print_quality};
use super::workspace::{Kind, Predicts};
use crate::data::Bundle;
use crate::domain::{Response, SubjectKey, TenantId};
use crate::train::{Entrants, compare, compare_folds, prepare, prepare_folds};

/// Trains every kind of model and prints how good each is on rows held out, beside baselines.
#[derive(clap::Args)]
pub(super) struct EvaluateArguments {
    /// Folder of the example: schema.toml and the files that it names.
    #[arg(long, value_name = "DIR", default_value = "models/complete-journey")]
    example: PathBuf,
    /// What the models shall predict.
    #[arg(long, value_enum, default_value = "conversion")]
    response: Predicts,
    /// A kind of model to measure alone; may be repeated. Without it, every kind and every baseline.
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// Table with a column `fold` (.csv, .csv.gz or .parquet): a number from 0 for each row of the
    /// example, in order. Every fold is measured by what the others trained, instead of the
    /// example's own split.
    #[arg(long, value_name = "FILE")]
    folds: Option<PathBuf>,
}

pub(super) fn run(arguments: &EvaluateArguments) -> Result<(), CommandError> {
    // Nothing is kept, so any key will do for the pseudonyms.
    let tenant = TenantId::parse("evaluate").map_err(CommandError::new)?;
    let derive = |raw_id: &str| SubjectKey::derive(&[0; 32], &tenant, raw_id);
    let bundle = Bundle::load(&arguments.example, &derive).map_err(CommandError::new)?;
    let kinds = arguments.kind.iter().map(|&kind| kind.into()).collect::<Vec<_>>();
    let entrants = Entrants::only(&kinds);
    match &arguments.folds {
        Some(file) => evaluate_folds(&bundle, arguments.response.into(), file, &entrants),
        None => evaluate_split(&bundle, arguments.response.into(), &entrants),
    }
}

/// Measures on the example's own split.
fn evaluate_split(bundle: &Bundle, response: Response, entrants: &Entrants) -> Result<(), CommandError> {
    let prepared = prepare(bundle, response).map_err(CommandError::new)?;
    let quality = compare(&prepared, entrants, Bar::new).map_err(CommandError::new)?;
    print_quality(&quality, &prepared);
    Ok(())
}

/// Measures on given folds.
fn evaluate_folds(
    bundle: &Bundle,
    response: Response,
    file: &Path,
    entrants: &Entrants,
) -> Result<(), CommandError> {
    let turns = prepare_folds(bundle, response, file).map_err(CommandError::new)?;
    let table = compare_folds(&turns, entrants, Bar::new).map_err(CommandError::new)?;
    let outcome = bundle.schema.outcome(response).map_or("", |outcome| &outcome.name);
    print_folds(&table, &turns, outcome);
    Ok(())
}
