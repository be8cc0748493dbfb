//! Why this ad and not that one: the difference of two accounts.

use super::push::measure;
use crate::domain::{Decision, Feature, Nats, Push};

/// What one group of lines does for an ad more than for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrast {
    /// What the group is.
    pub push: Push,
    /// Its value for the one ad less that for the other.
    pub difference: Nats,
}

/// How the account of the candidate `one` differs from that of `other`, strongest first: groups sum to the
/// difference of the two ranking values, exactly. None when there is no such candidate, or they are one.
///
/// `features` is the schema that the decision was made with.
#[must_use]
pub fn contrast(
    decision: &Decision,
    one: usize,
    other: usize,
    features: &[Feature],
) -> Option<Vec<Contrast>> {
    let pair = [decision.ranked.get(one)?, decision.ranked.get(other)?];
    if one == other {
        return None;
    }
    let pair = Decision { ranked: pair.map(Clone::clone).into(), ..decision.clone() };
    // Of two candidates a push, times their number, is 2 x the one - (the one + the other).
    let groups = measure(&pair, 0, features).into_iter();
    let exact = |group: super::push::Measured| Contrast {
        difference: Nats::from_units(i64::try_from(group.scaled).unwrap_or(i64::MAX)),
        push: group.push,
    };
    Some(groups.map(exact).filter(|group| group.difference != Nats::ZERO).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Line, RankedAd};
    use crate::explain::sample::{features, three_ads};

    proptest! {
        #[test]
        fn groups_sum_to_the_difference_of_the_ranking_values(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), -1_000_000..1_000_000_i64), 0..20)
        ) {
            let mut decision = three_ads();
            for (place, units) in changes {
                let ad = place.index(decision.ranked.len());
                let mut lines: Vec<Line> = decision.ranked[ad].account.lines().collect();
                let line = place.index(lines.len());
                lines[line].value += Nats::from_units(units);
                decision.ranked[ad].account = lines.into();
            }
            let values: Vec<Nats> = decision.ranked.iter().map(RankedAd::ranking_value).collect();
            for one in 0..values.len() {
                for other in (0..values.len()).filter(|other| *other != one) {
                    let groups = contrast(&decision, one, other, &features()).unwrap();
                    let sum: Nats = groups.iter().map(|group| group.difference).sum();
                    prop_assert_eq!(sum, values[one] - values[other]);
                    let back = contrast(&decision, other, one, &features()).unwrap();
                    let back: Nats = back.iter().map(|group| group.difference).sum();
                    prop_assert_eq!(back, values[other] - values[one]);
                }
            }
        }
    }

    #[test]
    fn an_ad_is_compared_with_another_one_that_was_there() {
        let decision = three_ads();
        assert_eq!(contrast(&decision, 0, 0, &features()), None);
        assert_eq!(contrast(&decision, 0, 99, &features()), None);
    }
}
