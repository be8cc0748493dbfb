//! `limpid recommend`

use super::CommandError;
use super::client::{Server, print_json, read_json, refusal};
use crate::rpc::pb;

const EXAMPLE: &str = r#"Example, beside a running `limpid demo`:
  echo '{"tenant": "demo", "impression": {"id": "i-1"},
         "subject": {"id": "2322", "acceptedPurposes": [3, 4, 7]},
         "candidates": [{"adId": "17-54280011660"}, {"adId": "17-54369530009"}],
         "reasonView": "REASON_VIEW_FULL"}' | limpid recommend"#;

/// Asks a running service for a recommendation: a `RecommendRequest` as JSON in, a
/// `RecommendResponse` as JSON out.
///
/// The fields are those of `recommendation_service.proto` in their JSON form.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLE)]
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
