//! What is kept no longer than the schema says: events that no feature may still use are deleted.

use super::exercise::RightError;
use crate::data::Schema;
use crate::domain::{Affinity, EventKind, FeatureKind, Timestamp};
use crate::ledger::Ledger;

/// Events that are deleted at a time: few, so that decisions in between do not wait long.
const EVENTS_PER_STEP: u32 = 512;

/// For how many days events of each kind are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention(Vec<(EventKind, u32)>);

impl Retention {
    /// As long as any feature made of events of the kind may use them; no day when none is.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let days = |kind: EventKind| {
            let of_kind = schema.features.iter().filter(|feature| match feature.kind {
                FeatureKind::Affinity(Affinity { event, .. }) => event == kind,
                FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Flag => false,
            });
            of_kind.map(|feature| feature.retention_days).max().unwrap_or(0)
        };
        Self(EventKind::ALL.into_iter().map(|kind| (kind, days(kind))).collect())
    }

    /// For how many days events of a kind are kept.
    #[must_use]
    pub fn days(&self, kind: EventKind) -> u32 {
        self.0.iter().find(|(of, _)| *of == kind).map_or(0, |(_, days)| *days)
    }

    /// Whether an event of a kind that happened at a moment may still be kept at `now`.
    #[must_use]
    pub fn keeps(&self, kind: EventKind, at: Timestamp, now: Timestamp) -> bool {
        at >= self.first_kept(kind, now)
    }

    fn first_kept(&self, kind: EventKind, now: Timestamp) -> Timestamp {
        now.plus_days(-i64::from(self.days(kind)))
    }
}

/// Deletes the events of the store whose time is over; how many.
///
/// # Errors
/// When the store cannot be written; what was deleted until then stays so.
pub async fn sweep_events(ledger: &Ledger, retention: &Retention, now: Timestamp) -> Result<u64, RightError> {
    let mut swept = 0;
    for (kind, _) in &retention.0 {
        loop {
            let before = retention.first_kept(*kind, now);
            let dropped = ledger.store().drop_events(*kind, before, EVENTS_PER_STEP).await?;
            swept += dropped;
            if dropped < u64::from(EVENTS_PER_STEP) {
                break;
            }
        }
    }
    if swept > 0 {
        ledger.scrub().await?;
    }
    Ok(swept)
}
