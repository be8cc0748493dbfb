//! The command line: one file a command.

/// Prints a line, as `println!` does; but a reader who has gone (`limpid models list | head -1`) is no
/// reason to panic.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::print_line(format_args!($($text)*)) };
}

mod backup;
mod callers;
mod choices;
mod client;
mod concerns;
mod consent;
mod data;
mod decisions;
mod deletion;
mod demo;
mod evaluate;
mod explain;
mod import;
mod intake;
mod keys;
mod labels;
mod ledger;
mod listening;
mod models;
mod models_bring;
mod progress;
mod proxies;
mod quality;
mod recommend;
mod rights;
mod serve;
mod train;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::domain::escaped;

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

// Each command's help is the text of its own arguments.
#[derive(Subcommand)]
enum Command {
    Demo(demo::DemoArguments),
    Serve(Box<serve::ServeArguments>),
    Import(import::ImportArguments),
    Train(train::TrainArguments),
    Evaluate(evaluate::EvaluateArguments),
    Recommend(recommend::RecommendArguments),
    Explain(explain::ExplainArguments),
    Consent(choices::ConsentArguments),
    Object(choices::ObjectArguments),
    Access(rights::AccessArguments),
    Port(rights::PortArguments),
    Erase(rights::EraseArguments),
    Rectify(rights::RectifyArguments),
    Restrict(rights::RestrictArguments),
    Rights(rights::RightsArguments),
    Keys(keys::KeysArguments),
    Sweep(keys::SweepArguments),
    Deletion(deletion::DeletionArguments),
    Labels(labels::LabelsArguments),
    Proxies(proxies::ProxiesArguments),
    SubjectKey(keys::SubjectKeyArguments),
    SubjectToken(keys::SubjectTokenArguments),
    CallerKey(callers::CallerKeyArguments),
    CallerToken(callers::CallerTokenArguments),
    Audit(callers::AuditArguments),
    Concerns(concerns::ConcernsArguments),
    Decisions(decisions::DecisionsArguments),
    Ledger(ledger::LedgerArguments),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
    Quarantine(intake::QuarantineArguments),
    Models(models::ModelsArguments),
}

/// Names in it come from outside: a terminal is shown what it would otherwise obey.
fn print_line(text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    let text = text.to_string();
    let lines = text.split('\n').map(escaped).collect::<Vec<_>>().join("\n");
    let _ = writeln!(std::io::stdout().lock(), "{lines}");
}

/// A log of which every event is one line, whatever it tells of.
struct Escaping<W>(W);

impl<W: std::io::Write> std::io::Write for Escaping<W> {
    /// Takes all of an event at once, as the subscriber hands it over.
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        writeln!(self.0, "{}", escaped(text.trim_end_matches('\n')))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Runs the command that the process was started with.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("LIMPID_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(log.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")))
        .with_ansi(false)
        .with_writer(|| Escaping(std::io::stderr()))
        .init();
    let done = match arguments.command {
        Command::Demo(arguments) => Box::pin(demo::run(arguments)).await,
        Command::Serve(arguments) => Box::pin(serve::run(*arguments)).await,
        Command::Import(arguments) => import::run(&arguments),
        Command::Train(arguments) => train::run(arguments).await,
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Recommend(arguments) => recommend::run(arguments).await,
        Command::Explain(arguments) => explain::run(arguments).await,
        Command::Consent(arguments) => choices::consent(arguments).await,
        Command::Object(arguments) => choices::object(arguments).await,
        Command::Access(arguments) => rights::access(arguments).await,
        Command::Port(arguments) => rights::port(arguments).await,
        Command::Erase(arguments) => rights::erase(arguments).await,
        Command::Rectify(arguments) => rights::rectify(arguments).await,
        Command::Restrict(arguments) => rights::restrict(arguments).await,
        Command::Rights(arguments) => rights::rights(arguments).await,
        Command::Keys(arguments) => keys::keys(arguments).await,
        Command::Sweep(arguments) => keys::sweep(arguments).await,
        Command::Deletion(arguments) => deletion::run(&arguments),
        Command::Labels(arguments) => labels::run(&arguments),
        Command::Proxies(arguments) => proxies::run(arguments).await,
        Command::SubjectKey(arguments) => keys::subject_key(&arguments),
        Command::SubjectToken(arguments) => keys::subject_token(&arguments),
        Command::CallerKey(arguments) => callers::caller_key(&arguments),
        Command::CallerToken(arguments) => callers::caller_token(&arguments),
        Command::Audit(arguments) => callers::audit(&arguments),
        Command::Concerns(arguments) => concerns::run(arguments).await,
        Command::Decisions(arguments) => decisions::run(arguments).await,
        Command::Ledger(arguments) => ledger::run(arguments).await,
        Command::Backup(arguments) => backup::backup(arguments).await,
        Command::Restore(arguments) => backup::restore(arguments).await,
        Command::Quarantine(arguments) => intake::run(arguments).await,
        Command::Models(arguments) => models::run(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limpid: {}", escaped(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use clap::CommandFactory;

    use super::{Arguments, Escaping};

    /// What opens the reasons for one ad, and is part of the address of their page: a link, not a secret of whoever runs the
    /// service.
    const LINKS: [&str; 6] = [
        "limpid explain token",
        "limpid consent get token",
        "limpid consent set token",
        "limpid consent withdraw token",
        "limpid object token",
        "limpid concerns raise token",
    ];

    /// The arguments of a command and of those below it, each with the command's name.
    fn arguments(command: &clap::Command, name: &str) -> Vec<(String, clap::Arg)> {
        let own = command
            .get_arguments()
            .map(|argument| (format!("{name} {}", argument.get_id()), argument.clone()));
        let below = command
            .get_subcommands()
            .flat_map(|below| arguments(below, &format!("{name} {}", below.get_name())));
        own.chain(below).collect()
    }

    #[test]
    fn no_secret_is_given_on_the_command_line() {
        let all = arguments(&Arguments::command(), "limpid");
        assert!(all.len() > 100, "{}", all.len());
        let mut files = 0;
        for (name, argument) in all {
            let id = argument.get_id().as_str();
            let is_shy =
                ["token", "secret", "password", "key", "credential"].iter().any(|word| id.contains(word));
            let takes = argument.get_value_names().unwrap_or_default().join(" ");
            let is_number = takes == "DAYS";
            if is_shy && !is_number && !LINKS.contains(&name.as_str()) && name != "limpid concerns show token"
            {
                assert!(takes.ends_with("FILE"), "{name} takes {takes}: a secret comes from a file");
                files += 1;
            }
        }
        assert!(files > 20, "{files}");
    }

    #[test]
    fn an_event_of_the_log_is_one_line_whatever_it_tells_of() {
        let mut log = Vec::new();
        Escaping(&mut log).write_all("WARN limpid: tea\u{1b}[2J\nERROR limpid: forged\n".as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(log).unwrap(),
            "WARN limpid: tea\\u001b[2J\\u000aERROR limpid: forged\n"
        );
    }
}
