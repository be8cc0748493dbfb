//! Contributions as changes of a probability, for those who ask: true only of the order that they are taken in.
//!
//! Contributions add up as log-odds. As probabilities they do not: what one changes depends on where the
//! others have led before. So they are taken one after the other, and the order is stated: largest first.

use std::collections::BTreeMap;

use super::push::DatumNames;
use crate::domain::{Account, Decision, Feature, LineSource, Nats, Response};

/// Units of a probability: 2^-32, as of lines.
const UNITS: f64 = 4_294_967_296.0;
/// The code of the constant that stands for what is withheld.
pub const WITHHELD_CODE: &str = "withheld_offset";

/// How a probability comes about, from the average row to the ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// What the probability is of.
    pub response: Response,
    /// The probability of an average row, in units of 2^-32.
    pub baseline: i64,
    /// One datum more each time: those that move the log-odds most first, equal ones by code.
    pub steps: Vec<WalkStep>,
}

/// What one datum changes after those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkStep {
    /// The reason code of the datum, or [`WITHHELD_CODE`].
    pub code: String,
    /// What it adds to the log-odds: true in any order.
    pub contribution: Nats,
    /// By how much the probability changes, in units of 2^-32: true in this order.
    pub change: i64,
}

impl Walk {
    /// The probability at its end, in units of 2^-32: baseline and changes, summed.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.baseline + self.steps.iter().map(|step| step.change).sum::<i64>()
    }
}

/// The walk of each model that moved the ad at `ad_index`; empty when none did or there is no such ad. What is
/// bid is in none of them.
#[must_use]
pub fn walks(decision: &Decision, ad_index: usize, features: &[Feature]) -> Vec<Walk> {
    let Some(ad) = decision.ranked.get(ad_index) else { return Vec::new() };
    let name = DatumNames { features, names: &decision.features };
    [Response::Click, Response::Conversion]
        .into_iter()
        .filter_map(|response| walk(&ad.account, response, &name))
        .collect()
}

fn walk(account: &Account, response: Response, name: &DatumNames<'_>) -> Option<Walk> {
    let mut score = account.baseline(response)?;
    let mut data = BTreeMap::<String, Nats>::new();
    for line in account.lines() {
        let code = match line.source {
            LineSource::Feature(of, feature) if of == response => name.datum(feature),
            LineSource::Pair(of, one, other) if of == response => name.pair(one, other),
            LineSource::WithheldOffset(of) if of == response => WITHHELD_CODE.to_owned(),
            LineSource::Feature(..)
            | LineSource::Pair(..)
            | LineSource::WithheldOffset(_)
            | LineSource::Intercept(_)
            | LineSource::Saturation(_)
            | LineSource::Bid
            | LineSource::PerMille
            | LineSource::CurrencyRate => continue,
        };
        *data.entry(code).or_insert(Nats::ZERO) += line.value;
    }
    let mut data: Vec<(String, Nats)> = data.into_iter().collect();
    // Stable: equal ones stay in the order of their codes.
    data.sort_by_key(|(_, value)| std::cmp::Reverse(value.units().unsigned_abs()));
    let baseline = probability_units(score);
    let mut before = baseline;
    let steps = data.into_iter().map(|(code, contribution)| {
        score += contribution;
        let after = probability_units(score);
        let change = after - before;
        before = after;
        WalkStep { code, contribution, change }
    });
    Some(Walk { response, baseline, steps: steps.collect() })
}

/// The probability of log-odds, to the nearest unit.
#[allow(clippy::cast_possible_truncation, reason = "from 0 to 2^32")]
fn probability_units(score: Nats) -> i64 {
    let probability = 1.0 / (1.0 + libm::exp(-score.to_f64()));
    (probability * UNITS).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, AGE, BOUGHT, CATEGORY, SINCE, account, ad, decision, of};
    use super::*;

    const CONVERSION: Response = Response::Conversion;
    /// One nat.
    const NAT: i64 = 4_294_967_296;

    fn walk_of(lines: &[(LineSource, i64)]) -> Vec<Walk> {
        walks(&decision(vec![ad("a", account(lines))]), 0, &sample::features())
    }

    #[test]
    fn the_largest_comes_first_whatever_its_sign_and_equal_ones_by_code() {
        let walks = walk_of(&[
            (LineSource::Intercept(CONVERSION), -2 * NAT),
            (of(CATEGORY), NAT / 4),
            (of(AGE), NAT / 4),
            (of(BOUGHT), -NAT),
            (of(SINCE), NAT / 8),
            (LineSource::WithheldOffset(CONVERSION), NAT / 16),
            (LineSource::Saturation(CONVERSION), -NAT / 9),
            (LineSource::Bid, 13 * NAT),
        ]);
        let [walk] = &walks[..] else { panic!("one model") };
        let codes: Vec<&str> = walk.steps.iter().map(|step| step.code.as_str()).collect();
        assert_eq!(codes, ["category_purchases", "age", "category", WITHHELD_CODE]);
        assert_eq!(walk.steps[0].contribution.units(), NAT / 8 - NAT, "lines of one datum are one step");
        assert!(walk.steps[0].change < 0 && walk.steps[1].change > 0);
        assert!(
            walk.steps[1].change < walk.steps[2].change,
            "the same contribution moves a low probability less than one that is nearer to a half"
        );
    }

    #[test]
    fn each_model_has_a_walk_of_its_own_and_an_ad_ranked_by_its_price_has_none() {
        let both = walk_of(&[
            (LineSource::Intercept(Response::Click), -NAT),
            (LineSource::Feature(Response::Click, AGE), NAT),
            (LineSource::Intercept(CONVERSION), -3 * NAT),
            (of(AGE), 2 * NAT),
        ]);
        let ends: Vec<(Response, f64)> =
            both.iter().map(|walk| (walk.response, walk.end() as f64 / UNITS)).collect();
        let logistic = |score: f64| 1.0 / (1.0 + libm::exp(-score));
        assert_eq!(ends.len(), 2);
        assert!((ends[0].1 - 0.5).abs() < 1e-9 && ends[0].0 == Response::Click);
        assert!((ends[1].1 - logistic(-1.0)).abs() < 1e-9 && ends[1].0 == CONVERSION);
        assert!(walk_of(&[(LineSource::Bid, NAT), (LineSource::PerMille, -NAT)]).is_empty());
        assert!(walks(&sample::three_ads(), 9, &sample::features()).is_empty());
    }

    proptest! {
        #[test]
        fn the_steps_lead_exactly_to_the_probability_of_the_score(
            intercept in -20 * NAT..20 * NAT,
            values in proptest::collection::vec(-3 * NAT..3 * NAT, 4),
        ) {
            let lines = [BOUGHT, SINCE, AGE, CATEGORY].map(of).into_iter().zip(values.iter().copied());
            let lines: Vec<_> =
                std::iter::once((LineSource::Intercept(CONVERSION), intercept)).chain(lines).collect();
            let walk = &walk_of(&lines)[0];
            let score = Nats::from_units(intercept + values.iter().sum::<i64>());
            prop_assert_eq!(walk.end(), probability_units(score));
            let place = |step: &WalkStep| {
                (std::cmp::Reverse(step.contribution.units().unsigned_abs()), step.code.clone())
            };
            prop_assert!(walk.steps.is_sorted_by_key(place));
            for step in &walk.steps {
                prop_assert!(step.change == 0 || (step.change > 0) == (step.contribution > Nats::ZERO));
            }
        }
    }
}
