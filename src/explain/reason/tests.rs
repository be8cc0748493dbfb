use std::sync::Arc;

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
    assert_eq!(purchases.evidence, [sample::bought_four_times()], "told once, though two features say so");
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
    Arc::make_mut(&mut decision.ranked[0].ad).sensitive = true;
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
