//! What would have changed a logged decision: the smallest sets of data without which another ad is shown.

use std::sync::Arc;

use super::opened::Opened;
use super::replay::Narrowing;
use super::what_if::{Control, instead, is_shown};
use super::{DecideError, Engine};
use crate::domain::{AdLabel, Decision, RankedAd};
use crate::explain::{Instead, Sought};
use crate::ledger::Record;

/// Most data among which it is sought what would have changed a decision: those that pushed most.
pub const CONTROLS_MAX: usize = 20;
/// Most data in one set.
pub const TOGETHER_MAX: usize = 3;
/// How often a decision is made again, at most, in one search.
pub const RESCORINGS_MAX: usize = 2_000;

/// What would have changed a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flips {
    /// The place of the ad that is asked about.
    pub index: usize,
    /// The data that the person controls and that were used, by reason code, those that pushed most first.
    pub controls: Vec<String>,
    /// The smallest sets without which the ad would not have been shown, with the ad that comes first then.
    pub sets: Vec<Flip>,
    /// Whether the ad would not have been shown without all of the controls together.
    pub all_together: bool,
    /// Whether every set of up to [`TOGETHER_MAX`] data was tried.
    pub complete: bool,
    /// How often the decision was made again.
    pub rescorings: usize,
}

/// A set of data without which another ad would have been shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The data, by reason code.
    pub data: Vec<String>,
    /// The ad that comes first then; None when none is shown.
    pub instead: Option<Arc<AdLabel>>,
}

impl Flips {
    /// What the search came to.
    #[must_use]
    pub fn sought(&self) -> Sought {
        match self {
            Self { sets, .. } if !sets.is_empty() => Sought::Found,
            Self { controls, .. } if controls.is_empty() => Sought::NoControl,
            Self { complete: false, .. } => Sought::NotWithinBound,
            Self { all_together: true, .. } => Sought::OnlyMany,
            _ => Sought::Nothing,
        }
    }
}

impl Flip {
    /// What there would have been in the place of the ad.
    #[must_use]
    pub fn instead(&self) -> Instead<'_> {
        instead(self.instead.as_deref())
    }
}

impl Engine {
    /// Seeks the smallest sets of data without which the ad that `token` was issued for would not have been shown.
    ///
    /// # Errors
    /// When the token opens nothing, or asked too often.
    pub async fn what_would_change(self: &Arc<Self>, token: &str) -> Result<(Decision, Flips), DecideError> {
        self.asks.count(token, self.now())?;
        let opened = self.open(token).await?;
        // A search takes long for a thread on which auctions wait.
        let engine = Arc::clone(self);
        let search = tokio::task::spawn_blocking(move || engine.seek(opened));
        search.await.unwrap_or_else(|error| Err(DecideError::Internal(error.to_string())))
    }

    fn seek(&self, opened: Opened) -> Result<(Decision, Flips), DecideError> {
        let all = self.controls(&opened);
        let Opened { record, decision, index, .. } = opened;
        let controls = &all[..all.len().min(CONTROLS_MAX)];
        let mut search = Search { engine: self, record: &record, ad: &decision.ranked[index], rescorings: 0 };
        let mut flips = Flips {
            index,
            controls: controls.iter().map(|(code, _)| code.clone()).collect(),
            sets: Vec::new(),
            all_together: false,
            complete: controls.len() == all.len(),
            rescorings: 0,
        };
        if !controls.is_empty() {
            let everything: Vec<usize> = (0..controls.len()).collect();
            flips.all_together = search.flips(controls, &everything)?.is_some();
        }
        let mut found: Vec<Vec<usize>> = Vec::new();
        for size in 1..=TOGETHER_MAX.min(controls.len()) {
            for set in combinations(controls.len(), size) {
                // What holds a smaller set that does is not one of the smallest.
                if found.iter().any(|smaller| smaller.iter().all(|one| set.contains(one))) {
                    continue;
                }
                if search.rescorings == RESCORINGS_MAX {
                    flips.complete = false;
                    break;
                }
                if let Some(flip) = search.flips(controls, &set)? {
                    flips.sets.push(flip);
                    found.push(set);
                }
            }
        }
        flips.rescorings = search.rescorings;
        Ok((decision, flips))
    }
}

/// One search for what would have changed a decision.
struct Search<'s> {
    engine: &'s Engine,
    record: &'s Record,
    ad: &'s RankedAd,
    rescorings: usize,
}

impl Search<'_> {
    /// What a set of the controls comes to, if without it the ad is not shown.
    fn flips(&mut self, controls: &[Control], set: &[usize]) -> Result<Option<Flip>, DecideError> {
        self.rescorings += 1;
        let withheld = set.iter().flat_map(|one| controls[*one].1.iter().copied()).collect();
        let (after, _) =
            self.engine.make_again(self.record, &Narrowing { withheld, ..Narrowing::default() })?;
        Ok((!is_shown(&after, self.ad)).then(|| Flip {
            data: set.iter().map(|one| controls[*one].0.clone()).collect(),
            instead: after.ranked.first().map(|first| first.ad.clone()),
        }))
    }
}

/// All sets of `size` of the numbers below `count`, each ascending.
fn combinations(count: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let mut next: Option<Vec<usize>> = (size <= count).then(|| (0..size).collect());
    std::iter::from_fn(move || {
        let set = next.take()?;
        let mut after = set.clone();
        for place in (0..size).rev() {
            if after[place] + (size - place) < count {
                after[place] += 1;
                for later in place + 1..size {
                    after[later] = after[later - 1] + 1;
                }
                next = Some(after);
                break;
            }
        }
        Some(set)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_once_each_in_order() {
        let sets: Vec<_> = combinations(4, 2).collect();
        assert_eq!(sets, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(combinations(20, 3).count(), 1_140);
        assert_eq!(combinations(2, 3).count(), 0);
        assert_eq!(combinations(3, 3).count(), 1);
    }

    #[test]
    fn all_sets_of_the_most_controls_stay_within_the_bound() {
        let sets: usize = (1..=TOGETHER_MAX).map(|size| combinations(CONTROLS_MAX, size).count()).sum();
        assert!(sets < RESCORINGS_MAX, "{sets}");
    }
}
