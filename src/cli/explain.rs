//! `limpid explain`

use super::CommandError;
use super::client::{Server, print_json, refusal};
use crate::domain::escaped;
use crate::rpc::pb;

/// Asks a running service why an ad was shown: the headline, the reasons, and what was not used.
///
/// A decision is opened by the explanation token that came with the ad: `explanationToken` of
/// `limpid recommend`, or the last part of the address of a "why this ad" page.
#[derive(clap::Args)]
pub(super) struct ExplainArguments {
    /// The explanation token that came with the ad.
    token: String,
    /// Language of the sentences: en, fr, de, es, it or nl, as far as the example is told in it.
    #[arg(long, default_value = "en")]
    locale: String,
    /// Print everything as JSON: reasons, evidence, verdicts, the exact account.
    #[arg(long)]
    json: bool,
    /// Tell contributions as changes of a probability, too; each is true of the order in which they are told alone.
    #[arg(long)]
    probabilities: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: ExplainArguments) -> Result<(), CommandError> {
    let channel = arguments.server.connect().await?;
    let mut client = pb::explanation_service_client::ExplanationServiceClient::new(channel);
    let request = pb::ExplainRequest {
        token: arguments.token,
        locale: arguments.locale,
        probabilities: arguments.probabilities,
    };
    let answer = client.explain(request).await.map_err(|status| refusal(&status))?.into_inner();
    if arguments.json {
        return print_json(&answer, "ExplainResponse");
    }
    tell!("{}\n", answer.headline);
    for reason in &answer.reasons {
        let sign = if reason.standing() == pb::Standing::Against { '-' } else { '+' };
        tell!("  {sign} {:>3.0} %  {}", reason.share * 100.0, reason.text);
    }
    tell!("\nnamed: {:.0} % of what set this ad apart", answer.named_share * 100.0);
    answer.probability_walks.iter().for_each(print_walk);
    let unused = answer.verdicts.iter().filter(|verdict| !verdict.permitted).map(|v| v.feature.as_str());
    let unused = unused.collect::<Vec<_>>();
    if !unused.is_empty() {
        tell!("not used: {}", unused.join(", "));
    }
    Ok(())
}

fn print_walk(walk: &pb::ProbabilityWalk) {
    let response = if walk.response() == pb::Response::Click { "click" } else { "conversion" };
    tell!("\n{response}: {:.3} % for an average one", walk.baseline * 100.0);
    for step in &walk.steps {
        tell!("  {:>+9.3} points  {}", step.change * 100.0, escaped(&step.code));
    }
    tell!("  {:>9.3} %       for this ad", walk.probability * 100.0);
    tell!("{}", walk.note);
}
