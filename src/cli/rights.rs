//! `limpid access`, `port`, `erase`, `rectify`, `restrict`, and `limpid rights`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use secrecy::ExposeSecret;

use super::CommandError;
use super::client::{Connection, Server, print_json, refusal, secret};
use super::data::DataArguments;
use super::workspace::Workspace;
use crate::domain::{Clock, IdSource, RandomIds, SystemClock, Timestamp};
use crate::rpc::pb;
use pb::subject_rights_service_client::SubjectRightsServiceClient;

/// Entries of the trail that are read at a time.
const PER_PAGE: u32 = 1024;

/// The person, by a token that the controller signed.
#[derive(clap::Args)]
struct TokenArguments {
    /// The file of the subject token (`limpid subject-token` makes one); else the environment's `LIMPID_SUBJECT_TOKEN`.
    #[arg(long, value_name = "FILE")]
    subject_token_file: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

impl TokenArguments {
    fn token(&self) -> Result<String, CommandError> {
        let file = self.subject_token_file.as_deref();
        let token = secret("--subject-token-file", file, "LIMPID_SUBJECT_TOKEN")?;
        let missing = "--subject-token-file: must be given, or LIMPID_SUBJECT_TOKEN be set";
        Ok(token.ok_or_else(|| CommandError::new(missing))?.expose_secret().to_owned())
    }
}

/// Shows everything that is held of a person, as JSON, a line each.
#[derive(clap::Args)]
pub(super) struct AccessArguments {
    #[command(flatten)]
    person: TokenArguments,
    /// Language of texts.
    #[arg(long, default_value = "en")]
    locale: String,
}

/// Writes everything that is held of a person to standard output, to take along.
#[derive(clap::Args)]
pub(super) struct PortArguments {
    #[command(flatten)]
    person: TokenArguments,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Form::Json)]
    format: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// One JSON object.
    Json,
    /// A table of comma-separated values.
    Csv,
}

/// Erases a person, for good; the answer says when it is final.
#[derive(clap::Args)]
pub(super) struct EraseArguments {
    #[command(flatten)]
    person: TokenArguments,
}

/// Corrects an event of a person, or takes it back.
#[derive(clap::Args)]
pub(super) struct RectifyArguments {
    #[command(flatten)]
    person: TokenArguments,
    /// The event, as its caller named it.
    #[arg(long, value_name = "ID")]
    event: String,
    /// It did not happen.
    #[arg(long, conflicts_with_all = ["kind", "at", "attribute", "spend_micros", "times"], required_unless_present = "at")]
    delete: bool,
    /// What kind of thing it was: browse, purchase, search, impression, click or conversion.
    #[arg(long, default_value = "purchase")]
    kind: String,
    /// When it was.
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    /// An attribute, as name=value; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    attribute: Vec<String>,
    /// What was spent, in millionths.
    #[arg(long, value_name = "MICROS", default_value_t = 0)]
    spend_micros: i64,
    /// How often, of an event that stands for several of a day.
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    times: i32,
}

/// Stops all use of a person's data while a dispute runs, or lifts that again.
#[derive(clap::Args)]
pub(super) struct RestrictArguments {
    #[command(flatten)]
    person: TokenArguments,
    /// The dispute is over.
    #[arg(long)]
    lift: bool,
}

/// Shows which rights were exercised, and how often: from the data folder, without any data of people.
#[derive(clap::Args)]
pub(super) struct RightsArguments {
    #[command(flatten)]
    data: DataArguments,
}

pub(super) async fn access(arguments: AccessArguments) -> Result<(), CommandError> {
    let mut client = client(&arguments.person).await?;
    let (subject_token, locale) = (arguments.person.token()?, arguments.locale);
    let answer = client.access(pb::AccessRequest { subject_token, locale }).await;
    let mut stream = answer.map_err(|status| refusal(&status))?.into_inner();
    while let Some(part) = stream.message().await.map_err(|status| refusal(&status))? {
        print_json(&part, "AccessResponse")?;
    }
    Ok(())
}

pub(super) async fn port(arguments: PortArguments) -> Result<(), CommandError> {
    let mut client = client(&arguments.person).await?;
    let format = match arguments.format {
        Form::Json => pb::PortFormat::Json,
        Form::Csv => pb::PortFormat::Csv,
    };
    let subject_token = arguments.person.token()?;
    let answer = client.port(pb::PortRequest { subject_token, format: format.into() }).await;
    let mut stream = answer.map_err(|status| refusal(&status))?.into_inner();
    while let Some(piece) = stream.message().await.map_err(|status| refusal(&status))? {
        // As it is: it is a file, and a reader who has gone is no reason to fail.
        let _ = std::io::stdout().lock().write_all(&piece.chunk);
    }
    Ok(())
}

pub(super) async fn erase(arguments: EraseArguments) -> Result<(), CommandError> {
    let mut client = client(&arguments.person).await?;
    let subject_token = arguments.person.token()?;
    let answer = client.erase(pb::EraseRequest { subject_token }).await;
    let receipt = answer.map_err(|status| refusal(&status))?.into_inner();
    tell!("erased at {}", moment(receipt.erased_at));
    tell!(
        "deleted: {} events, {} choices, the key of {} decisions; {} events dropped from memory",
        receipt.events,
        receipt.choices,
        receipt.decisions,
        receipt.events_in_memory
    );
    tell!("final at {}, when the key that wraps what backups hold is gone", moment(receipt.final_at));
    let models = receipt.model_versions.iter().map(|version| version.get(..12).unwrap_or(version));
    let models = models.collect::<Vec<_>>().join(", ");
    tell!(
        "models that may have been trained on it are to be replaced by {}: {models}",
        moment(receipt.models_retire_at)
    );
    Ok(())
}

pub(super) async fn rectify(arguments: RectifyArguments) -> Result<(), CommandError> {
    let mut client = client(&arguments.person).await?;
    let corrected = match arguments.at.as_deref().filter(|_| !arguments.delete) {
        None => None,
        Some(at) => {
            let at = Timestamp::parse("--at", at).map_err(CommandError::new)?;
            let seconds = at.micros().div_euclid(1_000_000);
            let name = format!("EVENT_KIND_{}", arguments.kind.to_ascii_uppercase());
            let kind = pb::EventKind::from_str_name(&name).unwrap_or_default();
            let mut attributes = std::collections::HashMap::new();
            for pair in &arguments.attribute {
                let no_pair = || CommandError::new("--attribute: must be NAME=VALUE");
                let (name, value) = pair.split_once('=').ok_or_else(no_pair)?;
                attributes.insert(name.to_owned(), value.to_owned());
            }
            Some(pb::CorrectedEvent {
                kind: kind.into(),
                at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
                attributes: attributes.into_iter().collect(),
                spend_micros: arguments.spend_micros,
                times: arguments.times,
            })
        }
    };
    let (subject_token, event_id) = (arguments.person.token()?, arguments.event);
    let done = client.rectify(pb::RectifyRequest { subject_token, event_id, corrected }).await;
    done.map_err(|status| refusal(&status))?;
    tell!("put right; the next decision obeys");
    Ok(())
}

pub(super) async fn restrict(arguments: RestrictArguments) -> Result<(), CommandError> {
    let mut client = client(&arguments.person).await?;
    let (subject_token, lift) = (arguments.person.token()?, arguments.lift);
    let change_id = RandomIds.uuid(SystemClock.now()).to_string();
    let done = client.restrict(pb::RestrictRequest { subject_token, change_id, lift }).await;
    done.map_err(|status| refusal(&status))?;
    tell!(
        "{}",
        if lift { "lifted; what was said before holds again" } else { "nothing of the person is used" }
    );
    Ok(())
}

pub(super) async fn rights(arguments: RightsArguments) -> Result<(), CommandError> {
    let workspace = Workspace::open(&arguments.data).await?;
    let in_use = workspace.keyring.wrapping_version();
    let (mut after, mut counts) = (0, BTreeMap::new());
    loop {
        let page = workspace.store.rights(after, PER_PAGE).await.map_err(CommandError::new)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in page {
            let row = stored.row;
            let state = match row.right {
                crate::store::Right::Erase if stored.wrapped_by < in_use => "  final",
                crate::store::Right::Erase => "  not final yet",
                _ => "",
            };
            let (right, mark) = (row.right.name(), row.mark.short());
            tell!("{}  {right:8}  {}  {mark}  {} {}{state}", row.at, row.tenant, row.by_key, row.assurance);
            *counts.entry(right).or_insert(0_u64) += 1;
        }
    }
    let counts = counts.iter().map(|(right, count)| format!("{right} {count}")).collect::<Vec<_>>();
    tell!("{}", if counts.is_empty() { "no right was exercised".to_owned() } else { counts.join(", ") });
    workspace.store.close().await.map_err(CommandError::new)
}

async fn client(person: &TokenArguments) -> Result<SubjectRightsServiceClient<Connection>, CommandError> {
    Ok(SubjectRightsServiceClient::new(person.server.connect().await?))
}

fn moment(wire: Option<prost_types::Timestamp>) -> Timestamp {
    let wire = wire.unwrap_or_default();
    Timestamp::from_micros(
        wire.seconds.saturating_mul(1_000_000).saturating_add(i64::from(wire.nanos / 1000)),
    )
}
