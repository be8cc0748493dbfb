//! `limpid recommend`

use super::CommandError;
use super::client::{Server, print_json, read_json, refusal};
use crate::rpc::pb;

/// A request to try: it is the canonical JSON of a `RecommendRequest`.
const EXAMPLE: &str = r#"Example:
  {"tenant": "demo", "impression": {"id": "i-1"}, "candidates": [{"adId": "14-10000085475"}],
   "reasonView": "REASON_VIEW_FULL"}"#;

/// Asks a running service for a recommendation: JSON in, JSON out.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct RecommendArguments {
    /// File with the request; `-` is standard input.
    #[arg(default_value = "-")]
    request: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: RecommendArguments) -> Result<(), CommandError> {
    let request = read_json::<pb::RecommendRequest>(&arguments.request, "RecommendRequest")?;
    let channel = arguments.server.connect().await?;
    let mut client = pb::recommendation_service_client::RecommendationServiceClient::new(channel);
    let answer = client.recommend(request).await.map_err(|status| refusal(&status))?;
    print_json(answer.get_ref(), "RecommendResponse")
}
