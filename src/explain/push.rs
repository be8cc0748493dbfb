//! Push: what made one ad rise or sink against the other eligible ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Account, Decision, Feature, FeatureId, LineSource, Nats, Push, PushGroup};

/// The push of every group of lines on the candidate `ad_index` of `decision.ranked`, strongest
/// first; empty when there is no such candidate.
///
/// Lines of one datum are one group, whatever model they come from. The push of a group is its value
/// less its mean over the eligible candidates, so what is equal for all pushes nothing. A single
/// candidate has nobody to be compared with: its data count as they stand, that is against the mean
/// of the training rows, and everything else as nothing.
///
/// `features` is the schema that the decision was made with, in schema order.
#[must_use]
pub fn pushes(decision: &Decision, ad_index: usize, features: &[Feature]) -> Vec<PushGroup> {
    measure(decision, ad_index, features)
        .into_iter()
        .map(|group| PushGroup {
            value: group.value(decision.ranked.len()),
            push: group.push,
            features: group.features,
        })
        .collect()
}

/// The push of one group, exactly: in line units times the number of eligible candidates.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) push: Push,
    /// Number of candidates x value - sum of the values over the candidates.
    pub(super) scaled: i128,
    /// The features of the group, strongest first for this candidate.
    pub(super) features: Vec<FeatureId>,
    /// Those of them whose own lines pushed.
    pub(super) moved: Vec<FeatureId>,
    /// Whether the group has one and the same value, not 0, for each of several candidates.
    pub(super) common: bool,
}

impl Measured {
    /// The push in line units, to the nearest one.
    pub(super) fn value(&self, candidates: usize) -> Nats {
        nearest_quotient(self.scaled, i128::try_from(candidates.max(1)).unwrap_or(i128::MAX))
    }
}

/// Measures every group, strongest first, equal ones by name.
pub(super) fn measure(decision: &Decision, ad_index: usize, features: &[Feature]) -> Vec<Measured> {
    if ad_index >= decision.ranked.len() {
        return Vec::new();
    }
    let name = DatumNames { features, names: &decision.features };
    let groups: Vec<BTreeMap<Push, Group>> =
        decision.ranked.iter().map(|ad| group_lines(&ad.account, &name)).collect();
    let mut measured: Vec<Measured> = groups
        .iter()
        .flat_map(BTreeMap::keys)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|push| measure_group(push, &groups, ad_index))
        .collect();
    measured.sort_by(|a, b| {
        b.scaled.unsigned_abs().cmp(&a.scaled.unsigned_abs()).then_with(|| a.push.cmp(&b.push))
    });
    measured
}

/// The lines of one group in one account.
#[derive(Default)]
struct Group {
    value: i128,
    of_feature: BTreeMap<FeatureId, i128>,
}

fn group_lines(account: &Account, name: &DatumNames<'_>) -> BTreeMap<Push, Group> {
    let mut groups: BTreeMap<Push, Group> = BTreeMap::new();
    for line in &account.lines {
        let value = i128::from(line.value.units());
        let (push, sides) = match line.source {
            LineSource::Feature(_, feature) => (Push::Datum(name.datum(feature)), vec![feature]),
            LineSource::Pair(_, one, other) => (Push::Datum(name.pair(one, other)), vec![one, other]),
            LineSource::Bid | LineSource::PerMille | LineSource::CurrencyRate => (Push::Bid, vec![]),
            LineSource::Intercept(_) | LineSource::WithheldOffset(_) | LineSource::Saturation(_) => {
                (Push::Policy, vec![])
            }
        };
        let group = groups.entry(push).or_default();
        group.value += value;
        for feature in sides {
            *group.of_feature.entry(feature).or_default() += value;
        }
    }
    groups
}

fn measure_group(push: &Push, groups: &[BTreeMap<Push, Group>], ad_index: usize) -> Measured {
    let of = |candidate: &BTreeMap<Push, Group>| candidate.get(push).map_or(0, |group| group.value);
    let own = of(&groups[ad_index]);
    let alone = groups.len() == 1;
    let scaled = match push {
        Push::Datum(_) if alone => own,
        Push::Bid | Push::Policy if alone => 0,
        Push::Datum(_) | Push::Bid | Push::Policy => scaled_push(own, groups.iter().map(of)),
    };
    let ranked = rank_features(push, groups, ad_index);
    Measured {
        push: push.clone(),
        scaled,
        moved: ranked.iter().filter(|(strength, _)| *strength != 0).map(|(_, id)| *id).collect(),
        features: ranked.into_iter().map(|(_, id)| id).collect(),
        common: !alone && own != 0 && groups.iter().all(|candidate| of(candidate) == own),
    }
}

/// The features of a group by the magnitude of their own push, so that evidence of what moved the
/// ad most comes first.
fn rank_features(push: &Push, groups: &[BTreeMap<Push, Group>], ad_index: usize) -> Vec<(u128, FeatureId)> {
    let all: BTreeSet<FeatureId> = groups
        .iter()
        .filter_map(|candidate| candidate.get(push))
        .flat_map(|group| group.of_feature.keys().copied())
        .collect();
    let strength = |feature: FeatureId| {
        let of = |candidate: &BTreeMap<Push, Group>| {
            candidate.get(push).and_then(|group| group.of_feature.get(&feature)).copied().unwrap_or(0)
        };
        let own = of(&groups[ad_index]);
        let scaled = if groups.len() == 1 { own } else { scaled_push(own, groups.iter().map(of)) };
        scaled.unsigned_abs()
    };
    let mut ranked: Vec<(u128, FeatureId)> = all.into_iter().map(|id| (strength(id), id)).collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked
}

fn scaled_push(own: i128, of_each: impl ExactSizeIterator<Item = i128>) -> i128 {
    let candidates = i128::try_from(of_each.len()).unwrap_or(i128::MAX);
    candidates * own - of_each.sum::<i128>()
}

/// The quotient rounded to the nearest unit, halves away from zero.
fn nearest_quotient(numerator: i128, denominator: i128) -> Nats {
    let magnitude = (numerator.abs() + denominator / 2) / denominator;
    let units = i64::try_from(numerator.signum() * magnitude);
    Nats::from_units(units.unwrap_or(if numerator < 0 { i64::MIN } else { i64::MAX }))
}

/// Names the datum that a feature belongs to.
struct DatumNames<'a> {
    features: &'a [Feature],
    /// Names logged with the decision, for a feature that the schema at hand does not have.
    names: &'a [String],
}

impl DatumNames<'_> {
    fn datum(&self, feature: FeatureId) -> String {
        self.features
            .get(feature.index())
            .map(|feature| feature.datum.clone())
            .or_else(|| self.names.get(feature.index()).cloned())
            .unwrap_or_else(|| format!("feature {}", feature.0))
    }

    fn pair(&self, one: FeatureId, other: FeatureId) -> String {
        let (one, other) = (self.datum(one), self.datum(other));
        match one.cmp(&other) {
            std::cmp::Ordering::Less => format!("{one}+{other}"),
            std::cmp::Ordering::Equal => one,
            std::cmp::Ordering::Greater => format!("{other}+{one}"),
        }
    }
}
