//! `limpid models`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::CommandError;
use super::client::{Connection, Server, print_json, refusal};
use super::models_bring;
use super::workspace::{Folders, Predicts};
use crate::domain::{ModelVersion, escaped};
use crate::rpc::pb::{self, model_service_client::ModelServiceClient};

/// Lists, shows, promotes, rolls back and edits the models of a running service; brings models in.
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
    /// Print the card of a version: what it is for, what it was made of, how good it is, what is known against it.
    Card {
        /// All 64 digits of the version, or the name of an example: then the version that serves.
        #[arg(value_name = "NAME|VERSION")]
        which: String,
        /// Print it as JSON of the Model Card Toolkit.
        #[arg(long)]
        json: bool,
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
    /// Change scores of a term of an additive model: gives another version.
    Edit(Box<EditArguments>),
    /// Take the last edit of a version back.
    Undo {
        /// All 64 digits of the version.
        version: String,
        #[command(flatten)]
        author: Author,
    },
    /// List edits, undoings, imports and merges, oldest first.
    Changes,
    /// Keep a model of `InterpretML` as a new version in the data folder.
    Import(ImportArguments),
    /// Merge versions that were trained on different people's rows to a new one in the data folder.
    Merge(MergeArguments),
}

/// Who changes a model, and why.
#[derive(Args)]
struct Author {
    /// Why.
    #[arg(long)]
    why: String,
    /// The role or name of who wants it.
    #[arg(long, default_value = "analyst")]
    who: String,
}

#[derive(Args)]
struct EditArguments {
    /// All 64 digits of the version.
    version: String,
    /// The feature by name.
    #[arg(long)]
    feature: String,
    /// The other feature, for cells of a pair.
    #[arg(long, value_name = "FEATURE")]
    and_feature: Option<String>,
    /// Bins as `models show` lists them, counted from 0 and the last included: 3..7.
    #[arg(long, value_name = "FIRST..LAST", value_parser = read_range)]
    bins: Option<pb::BinRange>,
    /// Bins of the other feature, for cells of a pair.
    #[arg(long, value_name = "FIRST..LAST", value_parser = read_range)]
    and_bins: Option<pb::BinRange>,
    /// A category by name, instead of bins; may be repeated.
    #[arg(long = "level", value_name = "NAME")]
    levels: Vec<String>,
    #[command(flatten)]
    change: ChangeArguments,
    /// The profile whose model is edited, when it is not every one that has the term.
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    #[command(flatten)]
    author: Author,
}

/// What becomes of the scores.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct ChangeArguments {
    /// Set all to this many log-odds, before the table is centred.
    #[arg(long, value_name = "SCORE", allow_hyphen_values = true)]
    set: Option<f64>,
    /// Set all to their mean over the training rows.
    #[arg(long)]
    flatten: bool,
    /// Make them rise from bin to bin.
    #[arg(long)]
    increasing: bool,
    /// Make them fall from bin to bin.
    #[arg(long)]
    decreasing: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProfileName {
    /// No personal data.
    Contextual,
    /// All that was permitted.
    Full,
}

#[derive(Args)]
pub(super) struct ImportArguments {
    /// The file that `ebm.to_json()` wrote.
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) folders: Folders,
    /// What it predicts.
    #[arg(long, value_enum, default_value = "conversion")]
    pub(super) response: Predicts,
    /// Leave pairs as they came, instead of purifying them.
    #[arg(long)]
    pub(super) raw: bool,
    /// Make it serve at once.
    #[arg(long)]
    pub(super) promote: bool,
}

#[derive(Args)]
pub(super) struct MergeArguments {
    /// All 64 digits of each version.
    #[arg(required = true, num_args = 2..)]
    pub(super) versions: Vec<String>,
    #[command(flatten)]
    pub(super) folders: Folders,
    /// What they predict.
    #[arg(long, value_enum, default_value = "conversion")]
    pub(super) response: Predicts,
    /// Make what they give serve at once.
    #[arg(long)]
    pub(super) promote: bool,
}

pub(super) async fn run(arguments: ModelsArguments) -> Result<(), CommandError> {
    let action = match arguments.action {
        Action::Import(import) => return models_bring::import(&import).await,
        Action::Merge(merge) => return models_bring::merge(&merge).await,
        action => action,
    };
    let mut client = ModelServiceClient::new(arguments.server.connect().await?);
    match action {
        // Done above, without a service.
        Action::Import(_) | Action::Merge(_) => Ok(()),
        Action::List => list(&mut client).await,
        Action::Show { version } => {
            let answer = client.get_model(pb::GetModelRequest { version }).await;
            print_json(answer.map_err(|status| refusal(&status))?.get_ref(), "GetModelResponse")
        }
        Action::Card { which, json } => card(&mut client, which, json).await,
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
        Action::Edit(edit) => {
            let answer = client.edit_model(edit_request(*edit)).await;
            let answer = answer.map_err(|status| refusal(&status))?.into_inner();
            print_edit(&answer);
            Ok(())
        }
        Action::Undo { version, author: Author { why, who } } => {
            let answer = client.undo_edit(pb::UndoEditRequest { version, who, why }).await;
            let answer = answer.map_err(|status| refusal(&status))?.into_inner();
            answer.model.iter().for_each(print_summary);
            Ok(())
        }
        Action::Changes => list_changes(&mut client).await,
    }
}

fn edit_request(edit: EditArguments) -> pb::EditModelRequest {
    let EditArguments { version, feature, and_feature, bins, and_bins, levels, change, profile, author } =
        edit;
    let ChangeArguments { set, flatten, increasing, decreasing: _ } = change;
    let change = match (set, flatten, increasing) {
        (Some(_), ..) => pb::EditChange::Set,
        (None, true, _) => pb::EditChange::Flatten,
        (None, false, true) => pb::EditChange::Increasing,
        (None, false, false) => pb::EditChange::Decreasing,
    };
    let profile = match profile {
        None => pb::Profile::Unspecified,
        Some(ProfileName::Contextual) => pb::Profile::Contextual,
        Some(ProfileName::Full) => pb::Profile::Full,
    };
    pb::EditModelRequest {
        version,
        profile: profile.into(),
        feature,
        and_feature: and_feature.unwrap_or_default(),
        bins,
        and_bins,
        levels,
        change: change.into(),
        set,
        who: author.who,
        why: author.why,
    }
}

/// Reads `3..7`, both included.
fn read_range(text: &str) -> Result<pb::BinRange, String> {
    let ends = text.split_once("..").map(|(first, last)| (first.parse(), last.parse()));
    match ends {
        Some((Ok(first), Ok(last))) => Ok(pb::BinRange { first, last }),
        _ => Err("must be FIRST..LAST, such as 3..7".to_owned()),
    }
}

fn print_edit(answer: &pb::EditModelResponse) {
    answer.model.iter().for_each(print_summary);
    let Some(edit) = &answer.edit else { return };
    tell!("  before: {}", edit.previous_version);
    for replaced in &edit.replaced {
        let again = if replaced.purified_again {
            "; the pair was purified again: a part of the edit is in the terms of its features"
        } else {
            ""
        };
        tell!("  {}: {} edited{again}", replaced.profile().as_str_name(), edit.features.join(" and "));
    }
}

async fn list_changes(client: &mut ModelServiceClient<Connection>) -> Result<(), CommandError> {
    let mut page_token = String::new();
    loop {
        let request = pb::ListEditsRequest { page_size: 0, page_token };
        let page = client.list_edits(request).await.map_err(|status| refusal(&status))?.into_inner();
        for change in &page.changes {
            let at = change.at.as_ref().map(ToString::to_string).unwrap_or_default();
            tell!(
                "{at}  {:<6}  {}  {}: {}",
                change.action,
                change.version,
                escaped(&change.who),
                escaped(&change.why)
            );
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

async fn list(client: &mut ModelServiceClient<Connection>) -> Result<(), CommandError> {
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

/// Prints the card of a version, or of the one that serves under a name.
async fn card(
    client: &mut ModelServiceClient<Connection>,
    which: String,
    json: bool,
) -> Result<(), CommandError> {
    let version = match ModelVersion::parse(&which) {
        Ok(version) => version.to_string(),
        Err(_) => serving(client, &which).await?,
    };
    let answer = client.get_model(pb::GetModelRequest { version }).await;
    let model = answer.map_err(|status| refusal(&status))?.into_inner();
    let card = if json { model.card_json } else { model.card_markdown };
    card.lines().for_each(|line| tell!("{}", escaped(line)));
    Ok(())
}

/// The version that serves under a name; those that serve come first in a list.
async fn serving(client: &mut ModelServiceClient<Connection>, name: &str) -> Result<String, CommandError> {
    let page = client.list_models(pb::ListModelsRequest::default()).await;
    let models = page.map_err(|status| refusal(&status))?.into_inner().models;
    let mut serving = models.into_iter().filter(|model| model.active && model.name == name);
    match (serving.next(), serving.next()) {
        (Some(model), None) => Ok(model.version),
        (Some(_), Some(_)) => Err(CommandError::new(format!(
            "{}: two versions serve under this name; name one, as `limpid models list` does",
            escaped(name)
        ))),
        (None, _) => Err(CommandError::new(format!("{}: no version serves under this name", escaped(name)))),
    }
}

fn print_summary(model: &pb::ModelSummary) {
    let mark = if model.active { '*' } else { ' ' };
    let metrics = model.metrics.iter().map(|m| format!("{} {:.3}", m.name, m.value)).collect::<Vec<_>>();
    let response = if model.response() == pb::Response::Click { "click" } else { "conversion" };
    tell!("{mark} {}  {}  {:<8}  {response}  {}", model.version, model.name, model.kind, metrics.join("  "));
    if let Some(promise) = &model.privacy {
        print_promise(promise.epsilon, promise.delta, promise.rows_per_person_max);
    }
}

/// Prints what was promised to the people of the training rows, and what that hides.
pub(super) fn print_promise(epsilon: f64, delta: f64, rows: i64) {
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    tell!("  private: epsilon {epsilon}, delta {delta} for a person of up to {rows}");
    tell!(
        "  hidden: whether any one person, with all rows of theirs, was trained on; not the people held out"
    );
}

fn print_change(active: Option<pb::ModelSummary>, previous: &str) {
    if let Some(active) = active {
        print_summary(&active);
    }
    tell!("  before: {}", if previous.is_empty() { "none" } else { previous });
}
