//! `limpid decisions`

use super::CommandError;
use super::client::{Server, refusal};
use crate::rpc::pb;
use pb::decision_service_client::DecisionServiceClient;

/// Makes logged decisions again, and walks their log.
#[derive(clap::Args)]
pub(super) struct DecisionsArguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes a logged decision again and compares, to the unit; fails when it is not the same.
    Replay {
        /// The decision: `decisionId` of `limpid recommend`.
        decision: String,
        /// Whose data.
        #[arg(long, default_value = super::workspace::DEMO_TENANT)]
        tenant: String,
    },
    /// Has the service walk its log; fails when something was changed. `limpid ledger verify` asks nobody.
    Verify,
}

pub(super) async fn run(arguments: DecisionsArguments) -> Result<(), CommandError> {
    let mut client = DecisionServiceClient::new(arguments.server.connect().await?);
    match arguments.command {
        Command::Replay { decision, tenant } => {
            let request = pb::ReplayDecisionRequest { tenant, decision_id: decision };
            let answer = client.replay_decision(request).await;
            tell_replay(&answer.map_err(|status| refusal(&status))?.into_inner())
        }
        Command::Verify => {
            let answer = client.verify_ledger(pb::VerifyLedgerRequest {}).await;
            tell_log(&answer.map_err(|status| refusal(&status))?.into_inner())
        }
    }
}

fn tell_replay(answer: &pb::ReplayDecisionResponse) -> Result<(), CommandError> {
    match answer.outcome() {
        pb::ReplayOutcome::Identical => {
            tell!("identical: {} eligible ads, to the unit", answer.eligible);
            tell!("models: {}", answer.model_versions.join(", "));
            Ok(())
        }
        pb::ReplayOutcome::Erased => {
            tell!("erased: what the decision held is gone");
            Ok(())
        }
        pb::ReplayOutcome::Expired => {
            tell!("expired: the model {} is no longer kept", answer.missing_model_version);
            Ok(())
        }
        pb::ReplayOutcome::Differs | pb::ReplayOutcome::Unspecified => {
            for difference in &answer.differences {
                let line = difference.line.as_ref().map_or("ranking value".to_owned(), |line| {
                    format!("{} {} {}", line.kind().as_str_name(), line.feature, line.second_feature)
                });
                let (logged, now) = (difference.logged_units, difference.now_units);
                tell!("{}: {}: logged {logged}, now {now}", difference.ad_id, line.trim_end());
            }
            Err(CommandError::new("the decision is not the one that was logged"))
        }
    }
}

fn tell_log(answer: &pb::VerifyLedgerResponse) -> Result<(), CommandError> {
    if answer.whole {
        tell!(
            "whole; decisions: {}, chains: {}, signed heads and seals: {}",
            answer.decisions,
            answer.chains,
            answer.heads
        );
        return Ok(());
    }
    if !answer.fault_at.is_empty() {
        tell!("{}: {}", answer.fault_at, answer.fault);
    }
    if answer.keys_unreadable > 0 {
        tell!("{} data keys do not open", answer.keys_unreadable);
    }
    Err(CommandError::new("the log is not as it was written"))
}
