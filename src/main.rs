//! The `limpid` command.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    limpid::cli::run().await
}
