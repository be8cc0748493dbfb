//! `limpid quarantine`, and which events a service believes

use super::CommandError;
use super::client::{Server, refusal};
use super::workspace::DEMO_TENANT;
use crate::decide::IntakeSettings;
use crate::rpc::pb;
use pb::event_service_client::EventServiceClient;

/// Which events are believed.
#[derive(clap::Args)]
pub(super) struct IntakeOptions {
    /// For how many days after it happened an event is taken.
    #[arg(long, value_name = "DAYS", default_value_t = IntakeSettings::default().event_days, value_parser = clap::value_parser!(u32).range(1..=365))]
    event_days: u32,
    /// For how many days after a decision impressions, clicks and conversions of its ads count.
    #[arg(long, value_name = "DAYS", default_value_t = IntakeSettings::default().outcome_days, value_parser = clap::value_parser!(u32).range(1..=365))]
    outcome_days: u32,
    /// Most events of one person on one day.
    #[arg(long, value_name = "EVENTS", default_value_t = IntakeSettings::default().person_day_max)]
    person_day_events: u64,
    /// Most events of one tenant on one day.
    #[arg(long, value_name = "EVENTS", default_value_t = IntakeSettings::default().caller_day_max)]
    caller_day_events: u64,
}

impl IntakeOptions {
    pub(super) const fn settings(&self) -> IntakeSettings {
        IntakeSettings {
            event_days: self.event_days,
            outcome_days: self.outcome_days,
            person_day_max: self.person_day_events,
            caller_day_max: self.caller_day_events,
        }
    }
}

/// Tells how many events were not believed, by day and cause.
#[derive(clap::Args)]
pub(super) struct QuarantineArguments {
    /// Whose data.
    #[arg(long, default_value = DEMO_TENANT)]
    tenant: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: QuarantineArguments) -> Result<(), CommandError> {
    let mut client = EventServiceClient::new(arguments.server.connect().await?);
    let answer = client.get_quarantine(pb::GetQuarantineRequest { tenant: arguments.tenant }).await;
    let counts = answer.map_err(|status| refusal(&status))?.into_inner().counts;
    if counts.is_empty() {
        tell!("every event was believed");
    }
    for count in counts {
        let cause = match count.cause() {
            pb::QuarantineCause::TooOld => "happened too long ago",
            pb::QuarantineCause::Unlogged => "outcome of a decision that is not logged for this person",
            pb::QuarantineCause::NotShown => "outcome of an ad that was not shown",
            pb::QuarantineCause::OutsideWindow => "outcome before its decision, or too long after it",
            pb::QuarantineCause::PersonDay => "more events of one person on one day than are believed",
            pb::QuarantineCause::CallerDay => "more events of the tenant on one day than are believed",
            pb::QuarantineCause::Unspecified => "unknown",
        };
        tell!("{}  {:>8}  {cause}", count.day, count.events);
    }
    Ok(())
}
