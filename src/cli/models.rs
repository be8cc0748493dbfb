//! `limpid models`

use clap::Subcommand;

use super::CommandError;
use super::client::{Server, print_json, refusal};
use crate::rpc::pb::{self, model_service_client::ModelServiceClient};

/// Lists, shows, promotes and rolls back the models of a running service.
#[derive(clap::Args)]
pub(super) struct ModelsArguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand)]
enum Action {
    /// List all versions, those that serve first, marked by `*`.
    List,
    /// Print one version with its shapes as JSON.
    Show {
        /// All 64 digits of the version.
        version: String,
    },
    /// Make a version serve.
    Promote {
        /// All 64 digits of the version.
        version: String,
    },
    /// Make the version serve that served before.
    RollBack {
        /// click or conversion.
        response: String,
    },
}

pub(super) async fn run(arguments: ModelsArguments) -> Result<(), CommandError> {
    let mut client = ModelServiceClient::new(arguments.server.connect().await?);
    match arguments.action {
        Action::List => list(&mut client).await,
        Action::Show { version } => {
            let answer = client.get_model(pb::GetModelRequest { version }).await;
            print_json(answer.map_err(|status| refusal(&status))?.get_ref(), "GetModelResponse")
        }
        Action::Promote { version } => {
            let answer = client.promote_model(pb::PromoteModelRequest { version }).await;
            let answer = answer.map_err(|status| refusal(&status))?.into_inner();
            print_change(answer.active, &answer.previous_version);
            Ok(())
        }
        Action::RollBack { response } => {
            let response = match response.as_str() {
                "click" => pb::Response::Click,
                "conversion" => pb::Response::Conversion,
                _ => return Err(CommandError::new("response: must be click or conversion")),
            };
            let answer = client.roll_back_model(pb::RollBackModelRequest { response: response.into() }).await;
            let answer = answer.map_err(|status| refusal(&status))?.into_inner();
            print_change(answer.active, &answer.previous_version);
            Ok(())
        }
    }
}

async fn list(client: &mut ModelServiceClient<tonic::transport::Channel>) -> Result<(), CommandError> {
    let mut page_token = String::new();
    loop {
        let request = pb::ListModelsRequest { page_size: 0, page_token };
        let page = client.list_models(request).await.map_err(|status| refusal(&status))?.into_inner();
        page.models.iter().for_each(print_summary);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

fn print_summary(model: &pb::ModelSummary) {
    let mark = if model.active { '*' } else { ' ' };
    let metrics = model.metrics.iter().map(|m| format!("{} {:.3}", m.name, m.value)).collect::<Vec<_>>();
    let response = if model.response() == pb::Response::Click { "click" } else { "conversion" };
    tell!("{mark} {}  {}  {:<8}  {response}  {}", model.version, model.name, model.kind, metrics.join("  "));
}

fn print_change(active: Option<pb::ModelSummary>, previous: &str) {
    if let Some(active) = active {
        print_summary(&active);
    }
    tell!("  before: {}", if previous.is_empty() { "none" } else { previous });
}
