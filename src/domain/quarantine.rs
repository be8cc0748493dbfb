//! Events that are not believed: why, and how many.

use super::Day;

/// Why an event is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuarantineCause {
    /// It happened longer ago than ids of events are remembered, so it could count twice.
    TooOld,
    /// An outcome of a decision that is not logged for this person.
    Unlogged,
    /// An outcome of an ad that the decision did not show.
    NotShown,
    /// An outcome before its decision, or after the time in which it counts.
    OutsideWindow,
    /// More events of one person on one day than are believed.
    PersonDay,
    /// More events of one caller on one day than are believed.
    CallerDay,
}

impl QuarantineCause {
    /// All causes.
    pub const ALL: [Self; 6] =
        [Self::TooOld, Self::Unlogged, Self::NotShown, Self::OutsideWindow, Self::PersonDay, Self::CallerDay];

    /// The name used in the store and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::Unlogged => "unlogged",
            Self::NotShown => "not_shown",
            Self::OutsideWindow => "outside_window",
            Self::PersonDay => "person_day",
            Self::CallerDay => "caller_day",
        }
    }

    /// The cause of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// How many events were not believed on a day, for one cause. Nothing else is kept of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// The day on which they were told.
    pub day: Day,
    /// Why.
    pub cause: QuarantineCause,
    /// How many.
    pub events: u64,
}
