//! `limpid evaluate`

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::CommandError;
use super::progress::Bar;
use super::quality::{print_folds, print_quality};
use super::workspace::{Kind, Predicts};
use crate::data::{Bundle, Schema};
use crate::domain::{Response, SubjectKey, TenantId};
use crate::explain::Phrases;
use crate::model::ModelKind;
use crate::report::Report;
use crate::train::{
    Contributions, Entrants, compare, compare_folds, fit_profiles, prepare, prepare_folds, report_folds,
    report_split,
};

/// Trains every kind of model and prints how good each is on rows held out, beside baselines.
#[derive(clap::Args)]
pub(super) struct EvaluateArguments {
    /// Folder of the example: schema.toml and the files that it names. May be repeated.
    #[arg(long, value_name = "DIR", default_value = "models/complete-journey")]
    example: Vec<PathBuf>,
    /// What the models shall predict.
    #[arg(long, value_enum, default_value = "conversion")]
    response: Predicts,
    /// Column of the rows to predict in place of the one that the schema names for the response: yes or no
    /// in each row.
    #[arg(long, value_name = "COLUMN")]
    outcome: Option<String>,
    /// A kind of model to measure alone; may be repeated. Without it, every kind and every baseline.
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// Table with a column `fold` (.csv, .csv.gz or .parquet): a number from 0 for each row of the
    /// example, in order. Every fold is measured by what the others trained, instead of the
    /// example's own split. Of several examples each has its own, in the same order.
    #[arg(long, value_name = "FILE")]
    folds: Vec<PathBuf>,
    /// Folder for a report, made when it is missing: report.md for a person, report.json with all
    /// figures, and pictures of quality, calibration, and the terms of the additive model. Of several
    /// examples each has a folder in it, called as the folder of the example.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// File for a table (CSV) of what each term contributed to the score of each row held out, in
    /// log-odds. Needs one --kind and one --example.
    #[arg(long, value_name = "FILE")]
    contributions: Option<PathBuf>,
}

/// One example to measure, with where its results go.
struct Measured<'a> {
    example: &'a Path,
    folds: Option<&'a Path>,
    out: Option<PathBuf>,
    contributions: Option<&'a Path>,
    response: Response,
    outcome: Option<&'a str>,
    kinds: Vec<ModelKind>,
}

pub(super) fn run(arguments: &EvaluateArguments) -> Result<(), CommandError> {
    let all = check(arguments)?;
    // Fits may take long; what cannot be written is told before.
    for measured in &all {
        if let Some(folder) = &measured.out {
            Report::check_folder(folder).map_err(CommandError::new)?;
        }
        if let Some(file) = measured.contributions {
            std::fs::write(file, "").map_err(|cause| not_written(file, &cause))?;
        }
    }
    for (number, measured) in all.iter().enumerate() {
        if all.len() > 1 {
            tell!("{}{}", if number > 0 { "\n" } else { "" }, measured.example.display());
        }
        evaluate(measured)?;
    }
    Ok(())
}

/// Tells which examples are to be measured how, or what arguments do not go together.
fn check(arguments: &EvaluateArguments) -> Result<Vec<Measured<'_>>, CommandError> {
    let (examples, folds) = (&arguments.example, &arguments.folds);
    if arguments.contributions.is_some() && (arguments.kind.len() != 1 || examples.len() != 1) {
        return Err(CommandError::new(
            "--contributions: needs one --kind, whose terms are told, and one --example",
        ));
    }
    if !folds.is_empty() && folds.len() != examples.len() {
        let (folds, examples) = (folds.len(), examples.len());
        let rule = format!("must be one for each --example or none; there are {folds} for {examples}");
        return Err(CommandError::new(format!("--folds: {rule}")));
    }
    let names: Vec<_> =
        examples.iter().map(|example| example.file_name().unwrap_or(example.as_os_str())).collect();
    let twice = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name));
    if let (Some((_, name)), true) = (twice, arguments.out.is_some()) {
        let rule =
            format!("two examples are in folders called {}, and so would be their reports", name.display());
        return Err(CommandError::new(format!("--out: {rule}")));
    }
    let kinds = arguments.kind.iter().map(|&kind| kind.into()).collect::<Vec<_>>();
    let of = |(place, example): (usize, &'_ PathBuf)| Measured {
        example: &examples[place],
        folds: folds.get(place).map(PathBuf::as_path),
        out: arguments.out.as_ref().map(|out| {
            if examples.len() == 1 { out.clone() } else { out.join(example.file_name().unwrap_or_default()) }
        }),
        contributions: arguments.contributions.as_deref(),
        response: arguments.response.into(),
        outcome: arguments.outcome.as_deref(),
        kinds: kinds.clone(),
    };
    Ok(examples.iter().enumerate().map(of).collect())
}

fn evaluate(measured: &Measured<'_>) -> Result<(), CommandError> {
    // Nothing is kept, so any key will do for the pseudonyms.
    let tenant = TenantId::parse("evaluate").map_err(CommandError::new)?;
    let derive = |raw_id: &str| SubjectKey::derive(&[0; 32], &tenant, raw_id);
    let mut schema = Schema::load(measured.example).map_err(CommandError::new)?;
    if let Some(column) = measured.outcome {
        schema = schema
            .with_outcome(measured.response, column)
            .map_err(|error| CommandError::new(format!("--{error}")))?;
    }
    let bundle = Bundle::load_as(measured.example, schema, &derive).map_err(CommandError::new)?;
    let entrants = Entrants::only(&measured.kinds, &bundle.schema);
    if let (Some(weight), true) = (&bundle.schema.columns.weight, measured.kinds.is_empty()) {
        tell!(
            "Training rows are weighed by {weight}; linear models and trees cannot weigh rows and are left out."
        );
    }
    match measured.folds {
        Some(file) => evaluate_folds(measured, &entrants, &bundle, file),
        None => evaluate_split(measured, &entrants, &bundle),
    }
}

/// Measures on the example's own split.
fn evaluate_split(measured: &Measured<'_>, entrants: &Entrants, bundle: &Bundle) -> Result<(), CommandError> {
    let prepared = prepare(bundle, measured.response).map_err(CommandError::new)?;
    let quality = compare(&prepared, entrants, Bar::new).map_err(CommandError::new)?;
    print_quality(&quality, &prepared);
    if let (Some(file), [(_, profiled)]) = (measured.contributions, &quality.fitted[..]) {
        let mut contributions = Contributions::default();
        contributions.add(&prepared, None, profiled);
        write_contributions(contributions, file, bundle)?;
    }
    match &measured.out {
        Some(folder) => {
            let words = Phrases::load(&bundle.schema.phrases).map_err(CommandError::new)?;
            write_report(&report_split(&bundle.schema, &words, &prepared, &quality), folder)
        }
        None => Ok(()),
    }
}

/// Measures on given folds. The model of a report is then fitted on all rows.
fn evaluate_folds(
    measured: &Measured<'_>,
    entrants: &Entrants,
    bundle: &Bundle,
    file: &Path,
) -> Result<(), CommandError> {
    let turns = prepare_folds(bundle, measured.response, file).map_err(CommandError::new)?;
    let mut contributions = Contributions::default();
    let table = compare_folds(&turns, entrants, Bar::new, &mut |fold, prepared, fitted| {
        if let (Some(_), [(_, profiled)]) = (measured.contributions, fitted) {
            contributions.add(prepared, Some(fold), profiled);
        }
    });
    let table = table.map_err(CommandError::new)?;
    print_folds(&table, &turns);
    if let Some(file) = measured.contributions {
        write_contributions(contributions, file, bundle)?;
    }
    let Some(folder) = &measured.out else { return Ok(()) };
    let whole = if entrants.kinds.contains(&ModelKind::Additive) {
        let (began, bar) = (Instant::now(), Bar::new("additive, all rows"));
        let profiled = fit_profiles(ModelKind::Additive, &turns.whole(), &bar).map_err(CommandError::new)?;
        Some((profiled, began.elapsed().as_secs_f64()))
    } else {
        None
    };
    let whole = whole.as_ref().map(|(profiled, seconds)| (profiled, *seconds));
    let words = Phrases::load(&bundle.schema.phrases).map_err(CommandError::new)?;
    write_report(&report_folds(&bundle.schema, &words, &turns, &table, whole), folder)
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
