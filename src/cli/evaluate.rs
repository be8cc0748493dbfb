//! `limpid evaluate`

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::CommandError;
use super::progress::Bar;
use super::quality::{print_folds, print_quality};
use super::workspace::{Kind, Predicts};
use crate::data::Bundle;
use crate::domain::{SubjectKey, TenantId};
use crate::model::ModelKind;
use crate::report::Report;
use crate::train::{
    Contributions, Entrants, compare, compare_folds, fit_profiles, prepare, prepare_folds, report_folds,
    report_split,
};

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
    /// Folder for a report, made when it is missing: report.md for a person, report.json with all
    /// figures, and pictures of quality, calibration, and every term of the additive model.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// File for a table (CSV) of what each term contributed to the score of each row held out, in
    /// log-odds. Needs one --kind.
    #[arg(long, value_name = "FILE")]
    contributions: Option<PathBuf>,
}

pub(super) fn run(arguments: &EvaluateArguments) -> Result<(), CommandError> {
    if arguments.contributions.is_some() && arguments.kind.len() != 1 {
        return Err(CommandError::new("--contributions: needs one --kind, whose terms are told"));
    }
    // Fits may take long; what cannot be written is told before.
    if let Some(folder) = &arguments.out {
        Report::check_folder(folder).map_err(CommandError::new)?;
    }
    if let Some(file) = &arguments.contributions {
        std::fs::write(file, "").map_err(|cause| not_written(file, &cause))?;
    }
    // Nothing is kept, so any key will do for the pseudonyms.
    let tenant = TenantId::parse("evaluate").map_err(CommandError::new)?;
    let derive = |raw_id: &str| SubjectKey::derive(&[0; 32], &tenant, raw_id);
    let bundle = Bundle::load(&arguments.example, &derive).map_err(CommandError::new)?;
    let kinds = arguments.kind.iter().map(|&kind| kind.into()).collect::<Vec<_>>();
    let entrants = Entrants::only(&kinds);
    match &arguments.folds {
        Some(file) => evaluate_folds(arguments, &bundle, file, &entrants),
        None => evaluate_split(arguments, &bundle, &entrants),
    }
}

/// Measures on the example's own split.
fn evaluate_split(
    arguments: &EvaluateArguments,
    bundle: &Bundle,
    entrants: &Entrants,
) -> Result<(), CommandError> {
    let prepared = prepare(bundle, arguments.response.into()).map_err(CommandError::new)?;
    let quality = compare(&prepared, entrants, Bar::new).map_err(CommandError::new)?;
    print_quality(&quality, &prepared);
    if let (Some(file), [(_, profiled)]) = (&arguments.contributions, &quality.fitted[..]) {
        let mut contributions = Contributions::default();
        contributions.add(&prepared, None, profiled);
        write_contributions(contributions, file, bundle)?;
    }
    match &arguments.out {
        Some(folder) => write_report(&report_split(&bundle.schema, &prepared, &quality), folder),
        None => Ok(()),
    }
}

/// Measures on given folds. The model of a report is then fitted on all rows.
fn evaluate_folds(
    arguments: &EvaluateArguments,
    bundle: &Bundle,
    file: &Path,
    entrants: &Entrants,
) -> Result<(), CommandError> {
    let turns = prepare_folds(bundle, arguments.response.into(), file).map_err(CommandError::new)?;
    let mut contributions = Contributions::default();
    let table = compare_folds(&turns, entrants, Bar::new, &mut |fold, prepared, fitted| {
        if let (Some(_), [(_, profiled)]) = (&arguments.contributions, fitted) {
            contributions.add(prepared, Some(fold), profiled);
        }
    });
    let table = table.map_err(CommandError::new)?;
    print_folds(&table, &turns);
    if let Some(file) = &arguments.contributions {
        write_contributions(contributions, file, bundle)?;
    }
    let Some(folder) = &arguments.out else { return Ok(()) };
    let whole = if entrants.kinds.contains(&ModelKind::Additive) {
        let (began, bar) = (Instant::now(), Bar::new("additive, all rows"));
        let profiled = fit_profiles(ModelKind::Additive, &turns.whole(), &bar).map_err(CommandError::new)?;
        Some((profiled, began.elapsed().as_secs_f64()))
    } else {
        None
    };
    let whole = whole.as_ref().map(|(profiled, seconds)| (profiled, *seconds));
    write_report(&report_folds(&bundle.schema, &turns, &table, whole), folder)
}

fn write_report(report: &Report, folder: &Path) -> Result<(), CommandError> {
    report.write(folder).map_err(CommandError::new)?;
    tell!("\nReport: {}", folder.join("report.md").display());
    Ok(())
}

fn write_contributions(
    mut contributions: Contributions,
    file: &Path,
    bundle: &Bundle,
) -> Result<(), CommandError> {
    contributions.write(file, &bundle.schema.features).map_err(|cause| not_written(file, &cause))?;
    tell!("\nContributions: {}", file.display());
    Ok(())
}

fn not_written(file: &Path, cause: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("{}: cannot be written: {cause}", file.display()))
}
