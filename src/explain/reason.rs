//! Reasons: the strongest pushes with their evidence, and what they leave unsaid.

use crate::domain::{
    Cause, Decision, Derivation, Evidence, Feature, FeatureId, Origin, Outcome, Provenance, Purposes, Push,
    RankedAd, Reason, Standing,
};

use super::push::{Measured, measure};

/// The reason code of what the advertiser offers; such a reason has no features.
pub const BID_CODE: &str = "bid";

/// Why one ad was chosen, as far as its account says.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the reasons are compared with.
    pub baseline: Baseline,
    /// The strongest reasons: those for the ad by push, then those against it by push.
    pub reasons: Vec<Reason>,
    /// The part of all push that `reasons` name, from 0 to 1; 0 when nothing pushed at all.
    pub named_share: f64,
    /// The part that they do not name: weaker reasons, and what the product adds of its own.
    pub remainder: f64,
    /// What had one and the same effect on every ad that could have been shown.
    pub common: Vec<Common>,
    /// The data that were not used, in schema order.
    pub unused: Vec<Unused>,
    /// Whether data about the person made any difference between the ads.
    pub personal: bool,
}

/// What a push is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The mean over the eligible ads, of which so many were other ones.
    OtherAds {
        /// How many other ads were eligible; at least 1.
        others: usize,
    },
    /// The mean of the training rows: no other ad was eligible.
    TrainingMean,
}

/// A datum that counted alike for every eligible ad: true, but no reason for this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    /// Stable key, as of a reason.
    pub code: String,
    /// The features it restates.
    pub features: Vec<FeatureId>,
    /// The facts it rests on.
    pub evidence: Vec<Evidence>,
}

/// A datum that was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Stable key, as of a reason.
    pub datum: String,
    /// Why not.
    pub cause: Cause,
    /// The purposes that it needs.
    pub purposes: Purposes,
    /// The features that were withheld.
    pub features: Vec<FeatureId>,
}

/// Explains why the candidate `ad_index` of `decision.ranked` stands where it does, in at most
/// `max_reasons` reasons; None when there is no such candidate.
///
/// The reasons are the strongest pushes, the strongest one for the ad always among them. What the
/// product adds of its own (intercepts, offsets, saturation) is never a reason, but is push, so it
/// counts in the remainder. `features` is the schema that the decision was made with.
#[must_use]
pub fn explain(
    decision: &Decision,
    ad_index: usize,
    features: &[Feature],
    max_reasons: usize,
) -> Option<Explanation> {
    let ad = decision.ranked.get(ad_index)?;
    let groups = measure(decision, ad_index, features);
    let total: u128 = groups.iter().map(|group| group.scaled.unsigned_abs()).sum();
    let candidates = decision.ranked.len();
    let named = choose(&groups, max_reasons);
    let named_total: u128 = named.iter().map(|group| group.scaled.unsigned_abs()).sum();
    let named_share = share(named_total, total);
    Some(Explanation {
        baseline: match candidates {
            1 => Baseline::TrainingMean,
            _ => Baseline::OtherAds { others: candidates - 1 },
        },
        reasons: named.iter().map(|group| state(group, total, candidates, ad, features)).collect(),
        named_share,
        remainder: if total == 0 { 0.0 } else { 1.0 - named_share },
        common: groups.iter().filter_map(|group| state_common(group, ad)).collect(),
        unused: list_unused(decision, ad, features),
        personal: moved_by_personal_data(&groups, features),
    })
}

/// The groups that become reasons: for the ad by push, then against it by push.
fn choose(groups: &[Measured], max_reasons: usize) -> Vec<&Measured> {
    let mut named: Vec<&Measured> =
        groups.iter().filter(|group| group.push != Push::Policy && group.scaled != 0).collect();
    let strongest_for = named.iter().position(|group| group.scaled > 0);
    if let Some(position) = strongest_for.filter(|position| *position >= max_reasons) {
        let strongest_for = named.remove(position);
        named.insert(max_reasons.saturating_sub(1), strongest_for);
    }
    named.truncate(max_reasons);
    named.sort_by_key(|group| group.scaled < 0); // stable: strongest first on either side
    named
}

fn state(group: &Measured, total: u128, candidates: usize, ad: &RankedAd, features: &[Feature]) -> Reason {
    let known = || group.features.iter().filter_map(|id| features.get(id.index()));
    // A group seldom mixes sources; where it does, what most needs to be told is told.
    let provenance = known().map(|feature| &feature.provenance).find(|from| **from != Provenance::FirstParty);
    let derivation = known().map(|feature| feature.derivation).max_by_key(|how| match how {
        Derivation::Stated => 0,
        Derivation::Observed => 1,
        Derivation::Inferred => 2,
    });
    Reason {
        code: code(&group.push),
        standing: if group.scaled < 0 { Standing::Against } else { Standing::For },
        push: group.value(candidates),
        share: share(group.scaled.unsigned_abs(), total),
        evidence: evidence_of(&group.features, ad),
        features: group.features.clone(),
        purposes: known().fold(Purposes::NONE, |needed, feature| needed.union(feature.serving)),
        provenance: provenance.cloned().unwrap_or(Provenance::FirstParty),
        derivation: derivation.unwrap_or(Derivation::Stated),
        controllable: known().any(|feature| feature.controllable),
    }
}

fn state_common(group: &Measured, ad: &RankedAd) -> Option<Common> {
    match (&group.push, group.common) {
        (Push::Datum(code), true) => Some(Common {
            code: code.clone(),
            features: group.features.clone(),
            evidence: evidence_of(&group.features, ad),
        }),
        (Push::Datum(_) | Push::Bid | Push::Policy, _) => None,
    }
}

fn code(push: &Push) -> String {
    match push {
        Push::Datum(datum) => datum.clone(),
        Push::Bid => BID_CODE.to_owned(),
        Push::Policy => "policy".to_owned(),
    }
}

/// The facts behind `features`, in their order, each once.
fn evidence_of(features: &[FeatureId], ad: &RankedAd) -> Vec<Evidence> {
    let mut facts: Vec<Evidence> = Vec::new();
    for (_, fact) in features.iter().flat_map(|id| ad.evidence.iter().filter(move |(of, _)| of == id)) {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    facts
}

fn list_unused(decision: &Decision, ad: &RankedAd, features: &[Feature]) -> Vec<Unused> {
    let mut unused: Vec<Unused> = Vec::new();
    for verdict in &decision.verdicts {
        let Some(feature) = features.get(verdict.feature.index()) else { continue };
        let cause = match verdict.outcome() {
            Outcome::Withheld => verdict.cause,
            Outcome::Permitted if ad.sensitive && is_personal(feature) => Cause::SensitiveAd,
            Outcome::Permitted => continue,
        };
        let same = unused.iter_mut().find(|known| {
            known.datum == feature.datum
                && std::mem::discriminant(&known.cause) == std::mem::discriminant(&cause)
        });
        match same {
            Some(known) => {
                known.purposes = known.purposes.union(verdict.needs);
                known.cause = unite(known.cause, cause);
                known.features.push(verdict.feature);
            }
            None => unused.push(Unused {
                datum: feature.datum.clone(),
                cause,
                purposes: verdict.needs,
                features: vec![verdict.feature],
            }),
        }
    }
    unused
}

/// Two causes of one kind as one.
fn unite(one: Cause, other: Cause) -> Cause {
    match (one, other) {
        (Cause::PurposesRefused(some), Cause::PurposesRefused(more)) => {
            Cause::PurposesRefused(some.union(more))
        }
        (cause, _) => cause,
    }
}

fn moved_by_personal_data(groups: &[Measured], features: &[Feature]) -> bool {
    groups.iter().flat_map(|group| &group.moved).any(|id| features.get(id.index()).is_none_or(is_personal))
}

/// Whether a feature says something about the person.
#[must_use]
pub fn is_personal(feature: &Feature) -> bool {
    match feature.origin {
        Origin::Subject | Origin::History => true,
        Origin::Context | Origin::Ad => false,
    }
}

fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, AGE, BOUGHT, CATEGORY, SINCE, WEEKDAY, account, ad, decision, of};
    use super::*;
    use crate::domain::{LineSource, Nats, Purpose, Response};

    fn explained(decision: &Decision, max_reasons: usize) -> Explanation {
        explain(decision, 0, &sample::features(), max_reasons).unwrap()
    }

    fn codes(explanation: &Explanation) -> Vec<&str> {
        explanation.reasons.iter().map(|reason| reason.code.as_str()).collect()
    }

    #[test]
    fn reasons_come_for_then_against_each_by_push_with_their_facts() {
        let explanation = explained(&sample::three_ads(), 4);
        assert_eq!(codes(&explanation), ["category_purchases", "bid", "age", "category"]);
        assert_eq!(explanation.reasons[3].standing, Standing::Against);
        assert_eq!(explanation.baseline, Baseline::OtherAds { others: 2 });
        let purchases = &explanation.reasons[0];
        assert_eq!(
            purchases.evidence,
            [sample::bought_four_times()],
            "told once, though two features say so"
        );
        assert_eq!(purchases.features, [BOUGHT, SINCE]);
        assert_eq!(purchases.purposes.to_string(), "3, 4");
        assert!(purchases.controllable);
        assert_eq!(explanation.reasons[2].provenance, Provenance::Partner("Panel & Co".to_owned()));
        assert_eq!(explanation.reasons[2].derivation, Derivation::Inferred);
        let bid = &explanation.reasons[1];
        assert!(bid.features.is_empty() && bid.evidence.is_empty() && !bid.controllable);
    }

    #[test]
    fn the_strongest_reason_for_the_ad_is_stated_even_when_all_stronger_ones_are_against_it() {
        let here = account(&[(of(AGE), -90), (of(BOUGHT), -80), (of(CATEGORY), -70), (of(WEEKDAY), 10)]);
        let there = account(&[(of(AGE), 0), (of(BOUGHT), 0), (of(CATEGORY), 0), (of(WEEKDAY), 0)]);
        let decision = decision(vec![ad("a", here), ad("b", there)]);
        assert_eq!(codes(&explained(&decision, 2)), ["weekday", "age"]);
        assert_eq!(codes(&explained(&decision, 1)), ["weekday"]);
        assert!(explained(&decision, 0).reasons.is_empty());
    }

    #[test]
    fn what_is_equal_for_all_is_common_and_no_reason() {
        let explanation = explained(&sample::three_ads(), 10);
        assert!(!codes(&explanation).contains(&"weekday"));
        assert_eq!(explanation.common.len(), 1);
        assert_eq!(explanation.common[0].code, "weekday");
        assert_eq!(explanation.common[0].evidence.len(), 1);
    }

    #[test]
    fn what_the_product_adds_is_no_reason_but_stays_in_the_remainder() {
        let explanation = explained(&sample::three_ads(), 10);
        assert!(!codes(&explanation).contains(&"policy"));
        // pushes: 860 purchases, 63.33 bid, 10 age, -183.33 category, -35 policy (nearly)
        assert!((explanation.remainder - 35.0 / 1151.67).abs() < 1e-3, "{}", explanation.remainder);
    }

    #[test]
    fn a_rare_datum_keeps_its_own_share_and_is_not_told_as_another() {
        let with = |rare| {
            let here = account(&[(of(BOUGHT), 900), (of(AGE), rare)]);
            decision(vec![ad("a", here), ad("b", account(&[(of(BOUGHT), 0), (of(AGE), 0)]))])
        };
        let (without_it, with_it) = (explained(&with(0), 1), explained(&with(100), 1));
        assert_eq!(codes(&with_it), ["category_purchases"]);
        assert_eq!(with_it.reasons[0].push, without_it.reasons[0].push);
        assert!((with_it.named_share - 0.9).abs() < 1e-12 && (with_it.remainder - 0.1).abs() < 1e-12);
        assert_eq!(codes(&explained(&with(100), 2)), ["category_purchases", "age"]);
    }

    #[test]
    fn ads_that_nothing_tells_apart_have_no_reasons_and_no_remainder() {
        let same = account(&[(of(AGE), 5), (LineSource::Bid, 7)]);
        let explanation = explained(&decision(vec![ad("a", same.clone()), ad("b", same)]), 3);
        assert!(explanation.reasons.is_empty() && !explanation.personal);
        assert_eq!((explanation.named_share, explanation.remainder), (0.0, 0.0));
    }

    #[test]
    fn withheld_data_are_listed_by_datum_and_cause() {
        let mut decision = sample::three_ads();
        for id in [BOUGHT, SINCE, AGE] {
            let refused = match id {
                SINCE => Purposes::NONE.with(Purpose::SelectPersonalisedAds),
                _ => Purposes::NONE.with(Purpose::CreateAdProfile),
            };
            decision.verdicts[id.index()].cause = Cause::PurposesRefused(refused);
        }
        let unused = explained(&decision, 3).unused;
        assert_eq!(unused.len(), 2);
        assert_eq!(
            (unused[0].datum.as_str(), unused[0].features.as_slice()),
            ("category_purchases", &[BOUGHT, SINCE][..])
        );
        assert_eq!(unused[0].cause, Cause::PurposesRefused(decision.verdicts[0].needs));
        assert_eq!(unused[1].datum, "age");
    }

    #[test]
    fn nothing_known_of_the_person_is_used_for_a_sensitive_ad() {
        let mut decision = sample::three_ads();
        decision.ranked[0].sensitive = true;
        let unused = explained(&decision, 3).unused;
        let data: Vec<(&str, Cause)> = unused.iter().map(|u| (u.datum.as_str(), u.cause)).collect();
        assert_eq!(data, [("category_purchases", Cause::SensitiveAd), ("age", Cause::SensitiveAd)]);
    }

    #[test]
    fn context_alone_is_not_personal() {
        let here = account(&[(of(CATEGORY), 50), (of(WEEKDAY), 10)]);
        let there = account(&[(of(CATEGORY), 20), (of(WEEKDAY), 10)]);
        assert!(!explained(&decision(vec![ad("a", here), ad("b", there)]), 3).personal);
        assert!(explained(&sample::three_ads(), 3).personal);
    }

    #[test]
    fn there_is_nothing_to_explain_of_an_ad_that_is_not_there() {
        assert_eq!(explain(&sample::three_ads(), 3, &sample::features(), 3), None);
    }

    fn sources() -> [LineSource; 8] {
        [
            LineSource::Intercept(Response::Conversion),
            of(BOUGHT),
            of(SINCE),
            of(AGE),
            of(CATEGORY),
            LineSource::Pair(Response::Conversion, AGE, CATEGORY),
            LineSource::Saturation(Response::Conversion),
            LineSource::Bid,
        ]
    }

    proptest! {
        #[test]
        fn adding_the_same_to_every_ad_changes_no_reason(
            ads in proptest::collection::vec(proptest::array::uniform8(-1_000_000_000i64..1_000_000_000), 2..7),
            shift in -1_000_000_000_000i64..1_000_000_000_000,
            at in 0usize..8,
        ) {
            let build = |shift: i64| {
                let line = |values: [i64; 8]| {
                    let lines: Vec<_> = sources().into_iter().zip(values).enumerate()
                        .map(|(i, (source, value))| (source, if i == at { value + shift } else { value })).collect();
                    ad("a", account(&lines))
                };
                decision(ads.iter().copied().map(line).collect())
            };
            let (before, after) = (explained(&build(0), 4), explained(&build(shift), 4));
            prop_assert_eq!(before.reasons, after.reasons);
            prop_assert_eq!(before.named_share, after.named_share);
        }

        #[test]
        fn scaling_every_bid_changes_no_reason(
            bids in proptest::collection::vec(1i64..1_000_000_000, 2..7),
            purchases in proptest::collection::vec(-2_000_000_000i64..2_000_000_000, 7),
            factor in 2i64..1000,
        ) {
            let build = |factor: i64| {
                let offer = |bid: i64| Nats::from_f64(libm::log((bid * factor) as f64)).units();
                decision(bids.iter().zip(&purchases).map(|(&bid, &bought)| {
                    ad("a", account(&[(of(BOUGHT), bought), (LineSource::Bid, offer(bid))]))
                }).collect())
            };
            let (before, after) = (explained(&build(1), 4), explained(&build(factor), 4));
            for (one, other) in before.reasons.iter().zip(&after.reasons) {
                // The logarithm of each bid is quantised once, so a push may differ by a unit or two.
                prop_assert!((one.push - other.push).abs().units() <= 2);
                prop_assert!((one.share - other.share).abs() < 1e-6);
            }
        }

        #[test]
        fn the_shares_and_the_remainder_are_all_there_is(
            ads in proptest::collection::vec(proptest::array::uniform8(-1_000_000_000i64..1_000_000_000), 1..7),
            max_reasons in 0usize..8,
        ) {
            let line = |values: &[i64; 8]| {
                ad("a", account(&sources().into_iter().zip(*values).collect::<Vec<_>>()))
            };
            let explanation = explained(&decision(ads.iter().map(line).collect()), max_reasons);
            let shares: f64 = explanation.reasons.iter().map(|reason| reason.share).sum();
            prop_assert!((shares - explanation.named_share).abs() < 1e-12);
            prop_assert!((shares + explanation.remainder - 1.0).abs() < 1e-12);
            prop_assert!(explanation.reasons.len() <= max_reasons);
        }
    }
}
