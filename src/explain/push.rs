//! Push: what made one ad rise or sink against the other eligible ones.

use std::collections::BTreeMap;

use crate::domain::{Account, Decision, Feature, FeatureId, LineSource, Nats, Push, PushGroup, RankedAd};

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
    let Some(ad) = decision.ranked.get(ad_index) else { return Vec::new() };
    let tally = Tally::of(&ad.account, &decision.ranked);
    let groups = group_sources(&tally.sources, features, &decision.features);
    let alike = find_alike(&groups, &tally);
    let mut measured: Vec<Measured> = groups
        .into_iter()
        .zip(alike)
        .map(|((push, members), alike)| measure_group(push, &members, alike, &tally))
        .collect();
    measured.sort_by(|a, b| {
        b.scaled.unsigned_abs().cmp(&a.scaled.unsigned_abs()).then_with(|| a.push.cmp(&b.push))
    });
    measured
}

/// What each source of lines adds to one account, and to all accounts together.
struct Tally<'d> {
    candidates: i128,
    sources: Vec<LineSource>,
    own: Vec<i128>,
    total: Vec<i128>,
    families: Vec<Family<'d>>,
}

/// The accounts of which all lines come from the same sources.
struct Family<'d> {
    /// One of them.
    like: &'d Account,
    /// The place of each line's source in the tally.
    places: Vec<usize>,
    /// The values of each account.
    values: Vec<&'d [Nats]>,
}

impl<'d> Tally<'d> {
    fn of(own: &'d Account, ranked: &'d [RankedAd]) -> Self {
        let mut tally = Self {
            candidates: ranked.len() as i128,
            sources: Vec::new(),
            own: Vec::new(),
            total: Vec::new(),
            families: Vec::new(),
        };
        for (place, value) in tally.add_sources(own).into_iter().zip(own.values()) {
            tally.own[place] += i128::from(value.units());
        }
        for RankedAd { account, .. } in ranked {
            tally.add_account(account);
        }
        for family in &tally.families {
            for (place, value) in family.lines() {
                tally.total[place] += i128::from(value.units());
            }
        }
        tally
    }

    fn add_account(&mut self, account: &'d Account) {
        if let Some(family) = self.families.iter_mut().find(|family| family.like.is_like(account)) {
            family.values.push(account.values());
        } else {
            let places = self.add_sources(account);
            self.families.push(Family { like: account, places, values: vec![account.values()] });
        }
    }

    /// The place of each line's source.
    fn add_sources(&mut self, account: &Account) -> Vec<usize> {
        let place = |source: &LineSource| {
            self.sources.iter().position(|known| known == source).unwrap_or_else(|| {
                self.sources.push(*source);
                self.own.push(0);
                self.total.push(0);
                self.sources.len() - 1
            })
        };
        account.sources().iter().map(place).collect()
    }

    /// The push of one source: candidates x value - sum of the values.
    fn scaled(&self, source: usize) -> i128 {
        let compared = self.candidates * self.own[source] - self.total[source];
        match self.sources[source] {
            // An only ad has nobody to be compared with.
            LineSource::Feature(..) | LineSource::Pair(..) if self.candidates == 1 => self.own[source],
            LineSource::Feature(..)
            | LineSource::Pair(..)
            | LineSource::Intercept(_)
            | LineSource::WithheldOffset(_)
            | LineSource::Saturation(_)
            | LineSource::Bid
            | LineSource::PerMille
            | LineSource::CurrencyRate => compared,
        }
    }
}

impl Family<'_> {
    /// All lines of all accounts, each with the place of its source.
    fn lines(&self) -> impl Iterator<Item = (usize, Nats)> {
        self.values.iter().flat_map(|values| self.places.iter().copied().zip(values.iter().copied()))
    }
}

/// The sources of each group.
fn group_sources(
    sources: &[LineSource],
    features: &[Feature],
    names: &[String],
) -> BTreeMap<Push, Vec<usize>> {
    let name = DatumNames { features, names };
    let mut groups: BTreeMap<Push, Vec<usize>> = BTreeMap::new();
    for (index, source) in sources.iter().enumerate() {
        let push = match *source {
            LineSource::Feature(_, feature) => Push::Datum(name.datum(feature)),
            LineSource::Pair(_, one, other) => Push::Datum(name.pair(one, other)),
            LineSource::Bid | LineSource::PerMille | LineSource::CurrencyRate => Push::Bid,
            LineSource::Intercept(_) | LineSource::WithheldOffset(_) | LineSource::Saturation(_) => {
                Push::Policy
            }
        };
        groups.entry(push).or_default().push(index);
    }
    groups
}

/// For each group, whether every candidate has the same value of it.
fn find_alike(groups: &BTreeMap<Push, Vec<usize>>, tally: &Tally<'_>) -> Vec<bool> {
    let mut group_of = vec![0; tally.sources.len()];
    for (group, members) in groups.values().enumerate() {
        for &source in members {
            group_of[source] = group;
        }
    }
    let own: Vec<i128> =
        groups.values().map(|members| members.iter().map(|&source| tally.own[source]).sum()).collect();
    let mut alike = vec![true; groups.len()];
    let mut sums = vec![0; groups.len()];
    for Family { places, values, .. } in &tally.families {
        let groups: Vec<usize> = places.iter().map(|&place| group_of[place]).collect();
        for values in values {
            sums.fill(0);
            for (&group, value) in groups.iter().zip(*values) {
                sums[group] += i128::from(value.units());
            }
            for ((alike, sum), own) in alike.iter_mut().zip(&sums).zip(&own) {
                *alike &= sum == own;
            }
        }
    }
    alike
}

fn measure_group(push: Push, members: &[usize], alike: bool, tally: &Tally<'_>) -> Measured {
    let mut of_feature: BTreeMap<FeatureId, i128> = BTreeMap::new();
    for &member in members {
        let sides = match tally.sources[member] {
            LineSource::Feature(_, feature) => [Some(feature), None],
            LineSource::Pair(_, one, other) => [Some(one), Some(other)],
            LineSource::Intercept(_)
            | LineSource::WithheldOffset(_)
            | LineSource::Saturation(_)
            | LineSource::Bid
            | LineSource::PerMille
            | LineSource::CurrencyRate => [None, None],
        };
        for feature in sides.into_iter().flatten() {
            *of_feature.entry(feature).or_default() += tally.scaled(member);
        }
    }
    let mut ranked: Vec<(u128, FeatureId)> =
        of_feature.into_iter().map(|(feature, scaled)| (scaled.unsigned_abs(), feature)).collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let own: i128 = members.iter().map(|&member| tally.own[member]).sum();
    Measured {
        push,
        scaled: members.iter().map(|&member| tally.scaled(member)).sum(),
        moved: ranked.iter().filter(|(strength, _)| *strength != 0).map(|(_, feature)| *feature).collect(),
        features: ranked.into_iter().map(|(_, feature)| feature).collect(),
        common: alike && tally.candidates > 1 && own != 0,
    }
}

/// The quotient rounded to the nearest unit, halves away from zero.
fn nearest_quotient(numerator: i128, denominator: i128) -> Nats {
    let magnitude = (numerator.abs() + denominator / 2) / denominator;
    let units = i64::try_from(numerator.signum() * magnitude);
    Nats::from_units(units.unwrap_or(if numerator < 0 { i64::MIN } else { i64::MAX }))
}

/// Names the datum that a feature belongs to.
pub(super) struct DatumNames<'a> {
    pub(super) features: &'a [Feature],
    /// Names logged with the decision, for a feature that the schema at hand does not have.
    pub(super) names: &'a [String],
}

impl DatumNames<'_> {
    pub(super) fn datum(&self, feature: FeatureId) -> String {
        self.features
            .get(feature.index())
            .map(|feature| feature.datum.clone())
            .or_else(|| self.names.get(feature.index()).cloned())
            .unwrap_or_else(|| format!("feature {}", feature.0))
    }

    pub(super) fn pair(&self, one: FeatureId, other: FeatureId) -> String {
        let (one, other) = (self.datum(one), self.datum(other));
        match one.cmp(&other) {
            std::cmp::Ordering::Less => format!("{one}+{other}"),
            std::cmp::Ordering::Equal => one,
            std::cmp::Ordering::Greater => format!("{other}+{one}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, AGE, BOUGHT, CATEGORY, SINCE, WEEKDAY, account, ad, decision, of};
    use super::*;
    use crate::domain::Response;

    fn datum(name: &str) -> Push {
        Push::Datum(name.to_owned())
    }

    fn value(groups: &[PushGroup], push: &Push) -> i64 {
        groups.iter().find(|group| group.push == *push).unwrap().value.units()
    }

    #[test]
    fn a_push_is_the_value_less_its_mean_over_the_eligible_ads() {
        let groups = pushes(&sample::three_ads(), 0, &sample::features());
        // purchases: 1100, -100, -280; mean 240
        assert_eq!(value(&groups, &datum("category_purchases")), 860);
        assert_eq!(value(&groups, &Push::Bid), 63); // 400 - 336.67
        assert_eq!(value(&groups, &datum("weekday")), 0);
        assert_eq!(value(&groups, &Push::Policy), -35); // -45 - (-10)
    }

    #[test]
    fn features_of_one_datum_in_both_models_are_one_group() {
        let both = account(&[
            (LineSource::Feature(Response::Click, BOUGHT), 5),
            (LineSource::Feature(Response::Conversion, BOUGHT), 7),
            (LineSource::Pair(Response::Conversion, BOUGHT, SINCE), 30),
            (LineSource::Feature(Response::Click, SINCE), 100),
        ]);
        let groups = pushes(&decision(vec![ad("a", both)]), 0, &sample::features());
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].value.units(), 142);
        assert_eq!(groups[0].features, [SINCE, BOUGHT], "the strongest first");
    }

    #[test]
    fn a_pair_of_two_data_is_its_own_group_whatever_the_order_of_its_sides() {
        let one = account(&[(LineSource::Pair(Response::Click, AGE, BOUGHT), 10)]);
        let other = account(&[(LineSource::Pair(Response::Click, BOUGHT, AGE), -10)]);
        let groups = pushes(&decision(vec![ad("a", one), ad("b", other)]), 0, &sample::features());
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].push, datum("age+category_purchases"));
        assert_eq!(groups[0].value.units(), 10);
    }

    #[test]
    fn bid_price_unit_and_currency_are_one_group() {
        let offer = [(LineSource::Bid, 90), (LineSource::PerMille, -30), (LineSource::CurrencyRate, 6)];
        let other = [(LineSource::Bid, 40)];
        let groups = pushes(&decision(vec![ad("a", account(&offer)), ad("b", account(&other))]), 0, &[]);
        assert_eq!(groups.len(), 1);
        assert_eq!(value(&groups, &Push::Bid), 13);
    }

    #[test]
    fn an_only_ad_is_compared_with_the_training_mean() {
        let only = account(&[
            (LineSource::Intercept(Response::Click), -900),
            (of(AGE), -40),
            (of(CATEGORY), 25),
            (LineSource::Bid, 700),
        ]);
        let groups = pushes(&decision(vec![ad("a", only)]), 0, &sample::features());
        assert_eq!(value(&groups, &datum("age")), -40);
        assert_eq!(value(&groups, &datum("category")), 25);
        assert_eq!(value(&groups, &Push::Bid), 0);
        assert_eq!(value(&groups, &Push::Policy), 0);
    }

    #[test]
    fn a_datum_that_only_the_others_have_still_pushes() {
        let (with, without) = (account(&[(of(WEEKDAY), 0), (of(AGE), 60)]), account(&[(of(WEEKDAY), 0)]));
        let groups = pushes(&decision(vec![ad("a", without), ad("b", with)]), 0, &sample::features());
        assert_eq!(value(&groups, &datum("age")), -30);
    }

    #[test]
    fn a_feature_that_the_schema_lacks_goes_by_its_logged_name() {
        let mut decision = decision(vec![ad("a", account(&[(of(AGE), 3)]))]);
        assert_eq!(pushes(&decision, 0, &[])[0].push, datum("age"));
        decision.features = [].into();
        assert_eq!(pushes(&decision, 0, &[])[0].push, datum("feature 2"));
    }

    #[test]
    fn there_is_no_push_on_an_ad_that_is_not_there() {
        assert!(pushes(&sample::three_ads(), 3, &sample::features()).is_empty());
        assert!(pushes(&decision(vec![]), 0, &[]).is_empty());
    }

    #[test]
    fn extreme_lines_neither_wrap_nor_panic() {
        let high = account(&[(of(AGE), i64::MAX), (of(BOUGHT), i64::MIN)]);
        let low = account(&[(of(AGE), i64::MIN), (of(BOUGHT), i64::MAX)]);
        let groups = pushes(&decision(vec![ad("a", high), ad("b", low)]), 0, &sample::features());
        assert_eq!(value(&groups, &datum("age")), i64::MAX);
        assert_eq!(value(&groups, &datum("category_purchases")), i64::MIN);
    }

    proptest! {
        #[test]
        fn the_pushes_on_all_ads_cancel_out(values in proptest::collection::vec(-1_000_000_000_000i64..1_000_000_000_000, 2..9)) {
            let ads: Vec<_> = values.iter().map(|&v| ad("a", account(&[(of(AGE), v)]))).collect();
            let decision = decision(ads);
            let scaled: i128 = (0..values.len()).map(|i| measure(&decision, i, &sample::features())[0].scaled).sum();
            prop_assert_eq!(scaled, 0);
        }

        #[test]
        fn the_order_of_lines_does_not_matter(values in proptest::array::uniform5(-1000i64..1000), turn in 0usize..5) {
            let sources = [BOUGHT, SINCE, AGE, CATEGORY, WEEKDAY].map(of);
            let mut lines: Vec<_> = sources.into_iter().zip(values).collect();
            let straight = ad("a", account(&lines));
            lines.rotate_left(turn);
            let turned = ad("a", account(&lines));
            let other = ad("b", account(&[(of(AGE), 7), (of(BOUGHT), 70)]));
            let pushes = |ads| pushes(&decision(ads), 0, &sample::features());
            let expected = pushes(vec![straight.clone(), other.clone()]);
            prop_assert_eq!(&expected, &pushes(vec![turned.clone(), other.clone()]));
            prop_assert_eq!(pushes(vec![straight, other.clone(), turned.clone()]), pushes(vec![turned.clone(), other, turned]));
        }

        #[test]
        fn rounding_is_to_the_nearest_unit(numerator in -1_000_000i64..1_000_000, denominator in 1i64..1000) {
            let units = nearest_quotient(numerator.into(), denominator.into()).units();
            prop_assert!(2 * (units * denominator - numerator).abs() <= denominator);
        }
    }
}
