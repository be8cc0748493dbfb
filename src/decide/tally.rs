//! What the service did since it started, counted: numbers alone, nothing of any person.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{Decision, QuarantineCause};

/// Counts of what was done.
#[derive(Debug, Default)]
pub struct Tally {
    with_ad: AtomicU64,
    without_ad: AtomicU64,
    tokens: [AtomicU64; TokenOutcome::ALL.len()],
    quarantined: [AtomicU64; QuarantineCause::ALL.len()],
}

/// What became of a token that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    /// It opened a decision for the person.
    Verified,
    /// It opened a decision for whoever holds it.
    Bearer,
    /// Its time was over.
    Expired,
    /// It was none of ours.
    Refused,
}

impl TokenOutcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Verified, Self::Bearer, Self::Expired, Self::Refused];

    /// The name used in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Bearer => "bearer",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }
}

impl Tally {
    /// Decisions that were logged: those that show an ad, and those that show none.
    #[must_use]
    pub fn decisions(&self) -> [u64; 2] {
        [&self.with_ad, &self.without_ad].map(|count| count.load(Ordering::Relaxed))
    }

    /// Tokens that were shown, by what became of them.
    #[must_use]
    pub fn tokens(&self, outcome: TokenOutcome) -> u64 {
        self.tokens[outcome as usize].load(Ordering::Relaxed)
    }

    /// Events that were not believed, by cause.
    #[must_use]
    pub fn events_quarantined(&self, cause: QuarantineCause) -> u64 {
        self.quarantined[cause as usize].load(Ordering::Relaxed)
    }

    pub(super) fn quarantined(&self, cause: QuarantineCause, events: u64) {
        self.quarantined[cause as usize].fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn logged(&self, decision: &Decision) {
        let count = if decision.shown > 0 { &self.with_ad } else { &self.without_ad };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn token(&self, outcome: TokenOutcome) {
        self.tokens[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }
}
