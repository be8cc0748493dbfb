//! What a site says of consent signals, as arguments.

use clap::ValueEnum;

use super::CommandError;
use crate::consent::{ConsentConfig, ConsentSettings, UnknownAge};
use crate::domain::{Purpose, Purposes};

/// How consent signals are read.
#[derive(clap::Args)]
pub(super) struct ConsentArguments {
    /// The service's number in the IAB Global Vendor List; without one no consent string can grant anything.
    #[arg(long, value_name = "NUMBER")]
    vendor_id: Option<u16>,
    /// TCF purposes that the service has registered there on legitimate interest, such as 2,7,9,10.
    #[arg(long, value_name = "PURPOSES", value_delimiter = ',')]
    legitimate_interest: Vec<i64>,
    /// After how many days a consent string counts for nothing.
    #[arg(long, value_name = "DAYS", default_value_t = ConsentConfig::default().stale_days)]
    consent_days: u32,
    /// What an unknown age means.
    #[arg(long, value_enum, default_value = "adult")]
    unknown_age: AgeMeans,
}

/// What an unknown age means.
#[derive(Clone, Copy, ValueEnum)]
enum AgeMeans {
    /// The other signals decide.
    Adult,
    /// Context alone decides.
    Minor,
}

impl ConsentArguments {
    /// The settings, if they hold.
    pub(super) fn settings(self) -> Result<ConsentSettings, CommandError> {
        let purposes = self.legitimate_interest.into_iter().map(Purpose::from_number);
        let config = ConsentConfig {
            vendor_id: self.vendor_id,
            legitimate_interest: purposes
                .collect::<Result<Purposes, _>>()
                .map_err(|error| CommandError::new(format!("--legitimate-interest {}", error.rule)))?,
            stale_days: self.consent_days,
            unknown_age: match self.unknown_age {
                AgeMeans::Adult => UnknownAge::AsAdult,
                AgeMeans::Minor => UnknownAge::ContextOnly,
            },
        };
        config.check().map_err(|errors| CommandError::new(format!("consent settings: {errors}")))
    }
}
