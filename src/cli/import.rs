//! `limpid import`

use std::path::PathBuf;

use clap::Subcommand;

use super::CommandError;
use super::progress::Bar;
use crate::data::import::complete_journey;

/// Turns raw tables into an example that can be trained on.
#[derive(clap::Args)]
pub(super) struct ImportArguments {
    #[command(subcommand)]
    source: Source,
}

#[derive(Subcommand)]
enum Source {
    /// The Complete Journey: a year of grocery purchases, coupons and redemptions (84.51°, CC0).
    CompleteJourney {
        /// Folder with the raw tables.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Folder to write the example to.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// File (CSV) for group labels of the households, as `limpid labels import` takes them; declarations go beside it (.toml).
        #[arg(long, value_name = "FILE")]
        labels: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &ImportArguments) -> Result<(), CommandError> {
    match &arguments.source {
        Source::CompleteJourney { from, to, labels } => {
            let bar = Bar::spinner("importing the raw tables");
            let summary = complete_journey::import(from, to, labels.as_deref()).map_err(CommandError::new)?;
            drop(bar);
            tell!("{summary}");
            Ok(())
        }
    }
}
