//! The command line: one file a command.
#![allow(clippy::print_stdout, reason = "this layer speaks to a terminal")]

mod client;
mod demo;
mod evaluate;
mod explain;
mod import;
mod models;
mod progress;
mod quality;
mod recommend;
mod serve;
mod train;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Why a command failed, in one line; with the exit code 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(String);

impl CommandError {
    fn new(message: impl std::fmt::Display) -> Self {
        Self(message.to_string())
    }
}

/// Explainable ad recommendation: every ad with the exact account of why it was chosen.
#[derive(Parser)]
#[command(name = "limpid", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Learn from the bundled purchases, compare models, serve, and show three decisions.
    Demo(demo::DemoArguments),
    /// Serve gRPC, gRPC-Web and the "why this ad" pages.
    Serve(serve::ServeArguments),
    /// Turn raw tables into an example that can be trained on.
    Import(import::ImportArguments),
    /// Train a model and keep it as a new version.
    Train(train::TrainArguments),
    /// Compare the models of an example on rows held out, beside baselines.
    Evaluate(evaluate::EvaluateArguments),
    /// Ask a running service for a recommendation: JSON in, JSON out.
    Recommend(recommend::RecommendArguments),
    /// Ask a running service why an ad was shown.
    Explain(explain::ExplainArguments),
    /// List, show, promote and roll back the models of a running service.
    Models(models::ModelsArguments),
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("LIMPID_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(log.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .init();
    let done = match arguments.command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Import(arguments) => import::run(&arguments),
        Command::Train(arguments) => train::run(arguments).await,
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Recommend(arguments) => recommend::run(arguments).await,
        Command::Explain(arguments) => explain::run(arguments).await,
        Command::Models(arguments) => models::run(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limpid: {error}");
            ExitCode::FAILURE
        }
    }
}
