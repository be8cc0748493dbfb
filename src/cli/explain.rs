//! `limpid explain`

use super::CommandError;
use super::client::{Server, print_json, refusal};
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
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: ExplainArguments) -> Result<(), CommandError> {
    let channel = arguments.server.connect().await?;
    let mut client = pb::explanation_service_client::ExplanationServiceClient::new(channel);
    let request = pb::ExplainRequest { token: arguments.token, locale: arguments.locale };
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
    let unused = answer.verdicts.iter().filter(|verdict| !verdict.permitted).map(|v| v.feature.as_str());
    let unused = unused.collect::<Vec<_>>();
    if !unused.is_empty() {
        tell!("not used: {}", unused.join(", "));
    }
    Ok(())
}
