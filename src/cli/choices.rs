//! `limpid consent` and `limpid object`

use super::CommandError;
use super::client::{Server, refusal};
use crate::domain::{Clock, IdSource, RandomIds, SystemClock};
use crate::rpc::pb;
use pb::consent_service_client::ConsentServiceClient;
use pb::subject_rights_service_client::SubjectRightsServiceClient;

/// Shows or changes what a person accepts, purpose by purpose; the answer confirms what holds from now on.
#[derive(clap::Args)]
pub(super) struct ConsentArguments {
    #[command(subcommand)]
    command: ConsentCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Subcommand)]
enum ConsentCommand {
    /// What a person's choices come to.
    Get {
        #[command(flatten)]
        person: PersonArguments,
    },
    /// Accepts and withdraws purposes.
    Set {
        #[command(flatten)]
        person: PersonArguments,
        /// TCF purposes that are accepted, such as 3,4,7.
        #[arg(long, value_name = "PURPOSES", value_delimiter = ',')]
        grant: Vec<i32>,
        /// TCF purposes that are withdrawn.
        #[arg(long, value_name = "PURPOSES", value_delimiter = ',')]
        withdraw: Vec<i32>,
    },
    /// Withdraws purposes: all of them unless some are named.
    Withdraw {
        #[command(flatten)]
        person: PersonArguments,
        /// TCF purposes that are withdrawn.
        #[arg(
            long,
            value_name = "PURPOSES",
            value_delimiter = ',',
            default_value = "1,2,3,4,5,6,7,8,9,10,11"
        )]
        purposes: Vec<i32>,
    },
}

/// Objects to advertisers, categories, data, purposes or all personalisation, or takes that back; the answer
/// confirms what holds from now on.
#[derive(clap::Args)]
pub(super) struct ObjectArguments {
    #[command(flatten)]
    person: PersonArguments,
    /// An advertiser whose ads are not to be shown; may be repeated.
    #[arg(long, value_name = "NAME")]
    advertiser: Vec<String>,
    /// A category whose ads are not to be shown; may be repeated.
    #[arg(long, value_name = "KEY")]
    category: Vec<String>,
    /// A datum that is not to be used, by its reason code; may be repeated.
    #[arg(long, value_name = "CODE")]
    datum: Vec<String>,
    /// TCF purposes for which nothing of the person is to be used.
    #[arg(long, value_name = "PURPOSES", value_delimiter = ',')]
    purposes: Vec<i32>,
    /// Nothing that is known of the person is to be used.
    #[arg(long)]
    personalisation: bool,
    /// Take the objections back instead.
    #[arg(long)]
    take_back: bool,
    #[command(flatten)]
    server: Server,
}

/// The person, by name or by token.
#[derive(clap::Args)]
struct PersonArguments {
    /// The person as the controller calls them.
    #[arg(long, value_name = "ID", required_unless_present = "token", conflicts_with = "token")]
    subject: Option<String>,
    /// Whose data.
    #[arg(long, value_name = "TENANT", default_value = super::workspace::DEMO_TENANT)]
    tenant: String,
    /// The explanation token of an ad that the person was shown.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
}

impl From<PersonArguments> for pb::Person {
    fn from(arguments: PersonArguments) -> Self {
        use pb::person::NamedBy;
        let PersonArguments { subject, tenant, token } = arguments;
        let by_name = subject.map(|id| NamedBy::Subject(pb::SubjectName { tenant, id }));
        Self { named_by: by_name.or(token.map(NamedBy::Token)) }
    }
}

pub(super) async fn consent(arguments: ConsentArguments) -> Result<(), CommandError> {
    let mut client = ConsentServiceClient::new(arguments.server.connect().await?);
    let change_id = fresh_id();
    let receipt = match arguments.command {
        ConsentCommand::Get { person } => {
            let request = pb::GetConsentRequest { person: Some(person.into()) };
            let answer = client.get_consent(request).await.map_err(|status| refusal(&status))?.into_inner();
            tell_choices(answer.choices);
            return Ok(());
        }
        ConsentCommand::Set { person, grant, withdraw } => {
            let request = pb::SetConsentRequest { person: Some(person.into()), change_id, grant, withdraw };
            client.set_consent(request).await.map(|answer| answer.into_inner().receipt)
        }
        ConsentCommand::Withdraw { person, purposes } => {
            let request = pb::WithdrawConsentRequest { person: Some(person.into()), change_id, purposes };
            client.withdraw_consent(request).await.map(|answer| answer.into_inner().receipt)
        }
    };
    tell_receipt(receipt.map_err(|status| refusal(&status))?);
    Ok(())
}

pub(super) async fn object(arguments: ObjectArguments) -> Result<(), CommandError> {
    let mut client = SubjectRightsServiceClient::new(arguments.server.connect().await?);
    let request = pb::ObjectRequest {
        person: Some(arguments.person.into()),
        change_id: fresh_id(),
        take_back: arguments.take_back,
        purposes: arguments.purposes,
        advertisers: arguments.advertiser,
        categories: arguments.category,
        data: arguments.datum,
        personalisation: arguments.personalisation,
    };
    let answer = client.object(request).await.map_err(|status| refusal(&status))?;
    tell_receipt(answer.into_inner().receipt);
    Ok(())
}

fn fresh_id() -> String {
    RandomIds.uuid(SystemClock.now()).to_string()
}

fn tell_receipt(receipt: Option<pb::ChoiceReceipt>) {
    let receipt = receipt.unwrap_or_default();
    let changed = receipt.changed.iter().filter(|changed| **changed).count();
    tell!("kept: {changed} of {} changed something; the next decision obeys\n", receipt.changed.len());
    tell_choices(receipt.after);
    if let Some(decision) = receipt.decision {
        let ad = |id: &str, advertiser: &str| match id {
            "" => "no ad".to_owned(),
            id => format!("{id} by {advertiser}"),
        };
        tell!("\nthat decision, made again with this choice:");
        tell!("before: {}", ad(&decision.before_ad_id, &decision.before_advertiser));
        tell!("after:  {}", ad(&decision.after_ad_id, &decision.after_advertiser));
    }
}

fn tell_choices(choices: Option<pb::Choices>) {
    let choices = choices.unwrap_or_default();
    if choices == pb::Choices::default() {
        tell!("nothing was said");
        return;
    }
    let of = |granted: bool| {
        let of = choices.purposes.iter().filter(|choice| choice.granted == granted);
        of.map(|choice| choice.purpose.to_string()).collect::<Vec<_>>()
    };
    let objected = choices.objected_purposes.iter().map(ToString::to_string).collect::<Vec<_>>();
    tell_list("accepted purposes", &of(true));
    tell_list("withdrawn purposes", &of(false));
    tell_list("purposes objected to", &objected);
    tell_list("hidden advertisers", &choices.hidden_advertisers);
    tell_list("hidden categories", &choices.hidden_categories);
    tell_list("data not used", &choices.forgotten_data);
    if choices.personalisation_stopped {
        tell!("personalisation is stopped");
    }
}

fn tell_list(name: &str, values: &[String]) {
    if !values.is_empty() {
        tell!("{name}: {}", values.join(", "));
    }
}
