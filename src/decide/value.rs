//! From a model's lines and a bid to a ranking value: ln(bid) + ln(probability), line by line.

use crate::domain::{AccountWriter, Bid, FieldError, LineSource, Micros, Nats, Pricing, Rates, Response};

/// The responses whose probability a price rests on, when `conversion_given_click` says how the
/// conversion model was trained.
#[must_use]
pub(super) fn responses_of(
    pricing: Pricing,
    fallback: Response,
    conversion_given_click: bool,
) -> &'static [Response] {
    match (pricing, fallback) {
        (Pricing::Cpm, _) => &[],
        (Pricing::Cpc, _) | (Pricing::None, Response::Click) => &[Response::Click],
        (Pricing::Cpa, _) | (Pricing::None, Response::Conversion) if conversion_given_click => {
            &[Response::Click, Response::Conversion]
        }
        (Pricing::Cpa, _) | (Pricing::None, Response::Conversion) => &[Response::Conversion],
    }
}

/// Adds the step from the score of `response` to its log-probability: -ln(1 + e^score).
///
/// Returns the log-probability, which is score plus saturation, exactly.
pub(super) fn saturate(account: &mut AccountWriter, response: Response, score: Nats) -> Nats {
    let s = score.to_f64();
    let ln_1p_exp = if s > 0.0 { s + libm::log1p(libm::exp(-s)) } else { libm::log1p(libm::exp(s)) };
    let saturation = -Nats::from_f64(ln_1p_exp);
    account.push(LineSource::Saturation(response), saturation);
    score + saturation
}

/// Adds the lines of a bid: price, per mille, currency.
///
/// # Errors
/// When the rate table does not know the currency.
pub(super) fn price(account: &mut AccountWriter, bid: &Bid, rates: &Rates) -> Result<(), FieldError> {
    if bid.pricing == Pricing::None {
        return Ok(());
    }
    account.push(LineSource::Bid, Nats::from_f64(libm::log(bid.micros as f64)));
    if bid.pricing == Pricing::Cpm {
        account.push(LineSource::PerMille, -Nats::from_f64(libm::log(1000.0)));
    }
    if bid.currency != rates.base {
        account.push(LineSource::CurrencyRate, rates.line(bid.currency)?);
    }
    Ok(())
}

/// What a thousand impressions of this ranking value are worth, in micros of the base currency; 0
/// without a price.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "clamped to the range of exact doubles")]
pub(super) fn expected_per_mille(ranking_value: Nats, pricing: Pricing) -> Micros {
    if pricing == Pricing::None {
        return 0;
    }
    let micros = 1000.0 * libm::exp(ranking_value.to_f64());
    micros.round().clamp(0.0, 9.0e15) as Micros
}

/// The probability of a log-probability.
#[must_use]
pub(super) fn probability(log_probability: Nats) -> f64 {
    libm::exp(log_probability.to_f64()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, Currency};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn rates() -> Rates {
        let eur = Currency::parse("EUR").unwrap();
        let usd = Currency::parse("USD").unwrap();
        Rates { version: "test".to_owned(), base: usd, per_unit: BTreeMap::from([(eur, 1.1)]) }
    }

    fn value(pricing: Pricing, micros: Micros, currency: &str, score: f64) -> (Account, f64) {
        let mut account = AccountWriter::default();
        let bid = Bid { pricing, micros, currency: Currency::parse(currency).unwrap() };
        let mut p = 1.0;
        for &response in responses_of(pricing, Response::Conversion, false) {
            let score = Nats::from_f64(score);
            account.push(LineSource::Intercept(response), score);
            p *= probability(saturate(&mut account, response, score));
        }
        price(&mut account, &bid, &rates()).unwrap();
        (account.finish(), p)
    }

    proptest! {
        #[test]
        fn the_lines_sum_to_the_logarithm_of_bid_times_probability(score in -20.0f64..20.0, micros in 1i64..1_000_000_000) {
            for (pricing, per) in [(Pricing::Cpa, 1.0), (Pricing::Cpc, 1.0), (Pricing::Cpm, 1000.0)] {
                let (account, p) = value(pricing, micros, "EUR", score);
                let expected = libm::log(micros as f64 * 1.1 / per * p);
                prop_assert!((account.ranking_value().to_f64() - expected).abs() < 1e-8);
                let sigmoid = 1.0 / (1.0 + libm::exp(-score));
                prop_assert!(pricing == Pricing::Cpm || (p - sigmoid).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_thousand_impressions_at_a_cpm_are_worth_the_cpm() {
        let (account, _) = value(Pricing::Cpm, 2_500_000, "USD", 0.0);
        assert_eq!(expected_per_mille(account.ranking_value(), Pricing::Cpm), 2_500_000);
    }

    #[test]
    fn without_a_price_the_probability_ranks() {
        let (account, p) = value(Pricing::None, 0, "USD", -2.0);
        assert!((account.ranking_value().to_f64() - libm::log(p)).abs() < 1e-9);
        assert_eq!(expected_per_mille(account.ranking_value(), Pricing::None), 0);
    }

    #[test]
    fn an_unknown_currency_is_refused() {
        let bid = Bid { pricing: Pricing::Cpa, micros: 1, currency: Currency::parse("XXX").unwrap() };
        let error = price(&mut AccountWriter::default(), &bid, &rates()).unwrap_err();
        assert_eq!(error.to_string(), "currency: XXX is not in the rate table test");
    }
}
