//! `limpid concerns`

use super::CommandError;
use super::client::{Connection, Server, refusal};
use crate::domain::{Clock, IdSource, RandomIds, SystemClock, Timestamp};
use crate::rpc::pb;
use pb::feedback_service_client::FeedbackServiceClient;

/// Contests an ad or its explanation, and answers whoever did.
#[derive(clap::Args)]
pub(super) struct ConcernsArguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Raises a concern about an ad; prints its identifier.
    Raise {
        /// The explanation token of the ad.
        token: String,
        /// What it is about.
        #[arg(long, value_enum, default_value = "other")]
        topic: Topic,
        /// In your own words.
        #[arg(long, default_value = "")]
        text: String,
    },
    /// What became of a concern.
    Show {
        /// An explanation token of the decision that it is about.
        token: String,
        /// The concern.
        concern: String,
    },
    /// The concerns that have no answer yet, oldest first.
    List {
        /// Those that have one, too.
        #[arg(long)]
        all: bool,
        /// Whose data.
        #[arg(long, default_value = super::workspace::DEMO_TENANT)]
        tenant: String,
    },
    /// Answers a concern; an answer stands.
    Answer {
        /// The concern.
        concern: String,
        /// Whether the person was right.
        #[arg(long, value_enum)]
        outcome: Outcome,
        /// What the person reads.
        text: String,
        /// Whose data.
        #[arg(long, default_value = super::workspace::DEMO_TENANT)]
        tenant: String,
    },
    /// How often each kind of feedback was given, where at least 5 people gave it.
    Feedback {
        /// Whose data.
        #[arg(long, default_value = super::workspace::DEMO_TENANT)]
        tenant: String,
    },
}

/// What a concern is about.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Topic {
    /// A reason that is not true.
    WrongReason,
    /// Data that should not be used.
    UnwantedData,
    /// Being treated unfairly.
    Unfair,
    /// An ad that misleads, offends or is against the law.
    Content,
    /// An explanation that cannot be understood.
    Unclear,
    /// Something else.
    Other,
}

/// What became of a concern.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Outcome {
    /// The person was right.
    Upheld,
    /// Nothing was wrong.
    Explained,
}

pub(super) async fn run(arguments: ConcernsArguments) -> Result<(), CommandError> {
    let mut client = FeedbackServiceClient::new(arguments.server.connect().await?);
    match arguments.command {
        Command::Raise { token, topic, text } => {
            let concern_id = RandomIds.uuid(SystemClock.now()).to_string();
            let topic = pb::ConcernTopic::from(topic).into();
            let request = pb::RaiseConcernRequest { token, concern_id, topic, text };
            let answer = client.raise_concern(request).await.map_err(|status| refusal(&status))?;
            tell(&answer.into_inner().concern.unwrap_or_default());
        }
        Command::Show { token, concern } => {
            let request = pb::GetConcernRequest { token, concern_id: concern };
            let answer = client.get_concern(request).await.map_err(|status| refusal(&status))?;
            tell(&answer.into_inner().concern.unwrap_or_default());
        }
        Command::List { all, tenant } => list(&mut client, tenant, !all).await?,
        Command::Answer { concern, outcome, text, tenant } => {
            let request = pb::ResolveConcernRequest {
                tenant,
                concern_id: concern,
                outcome: pb::ConcernOutcome::from(outcome).into(),
                answer: text,
            };
            let answer = client.resolve_concern(request).await.map_err(|status| refusal(&status))?;
            tell(&answer.into_inner().concern.unwrap_or_default());
        }
        Command::Feedback { tenant } => {
            let answer = client.get_feedback(pb::GetFeedbackRequest { tenant }).await;
            let counts = answer.map_err(|status| refusal(&status))?.into_inner().counts;
            for count in &counts {
                let kind = plain(count.kind().as_str_name(), "FEEDBACK_KIND_");
                tell!("{kind}: {} people, {} ads", count.people, count.ads);
            }
            if counts.is_empty() {
                tell!("nothing that at least 5 people gave");
            }
        }
    }
    Ok(())
}

async fn list(
    client: &mut FeedbackServiceClient<Connection>,
    tenant: String,
    open_only: bool,
) -> Result<(), CommandError> {
    let mut request = pb::ListConcernsRequest { tenant, open_only, ..pb::ListConcernsRequest::default() };
    loop {
        let answer = client.list_concerns(request.clone()).await;
        let page = answer.map_err(|status| refusal(&status))?.into_inner();
        if page.concerns.is_empty() && request.page_token.is_empty() {
            tell!("none");
        }
        page.concerns.iter().for_each(tell);
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

fn tell(concern: &pb::Concern) {
    let day = |at: &Option<prost_types::Timestamp>| {
        let seconds = at.as_ref().map(|at| at.seconds).unwrap_or_default();
        Timestamp::from_micros(seconds.saturating_mul(1_000_000)).to_string()
    };
    tell!("concern {}: {}", concern.concern_id, plain(concern.topic().as_str_name(), "CONCERN_TOPIC_"));
    tell!("  raised {}, to be answered by {}", day(&concern.raised_at), day(&concern.due_at));
    let remade = plain(concern.remade().as_str_name(), "REPLAY_OUTCOME_");
    tell!("  decision {}, made again: {remade}", concern.decision_id);
    if !concern.text.is_empty() {
        tell!("  said: {}", concern.text);
    }
    match concern.outcome() {
        pb::ConcernOutcome::Unspecified => tell!("  no answer yet"),
        outcome => {
            let outcome = plain(outcome.as_str_name(), "CONCERN_OUTCOME_");
            tell!("  {outcome} on {}: {}", day(&concern.answered_at), concern.answer);
        }
    }
}

/// The name of a value of an enum, as a person writes it.
fn plain(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', " ")
}

impl From<Topic> for pb::ConcernTopic {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::WrongReason => Self::WrongReason,
            Topic::UnwantedData => Self::UnwantedData,
            Topic::Unfair => Self::Unfair,
            Topic::Content => Self::Content,
            Topic::Unclear => Self::Unclear,
            Topic::Other => Self::Other,
        }
    }
}

impl From<Outcome> for pb::ConcernOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Upheld => Self::Upheld,
            Outcome::Explained => Self::Explained,
        }
    }
}
