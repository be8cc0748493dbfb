//! Numbers as people write them: grouped, cut to what matters, in bands, in percent.

use crate::domain::Locale;

/// How exactly a person's own facts are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Counts and dates as they are: for a person who has proved who they are.
    Exact,
    /// Count ranges and months: for a link that works for whoever holds it.
    Banded,
}

/// Narrow no-break space: groups digits in French and Spanish.
const NARROW_SPACE: &str = "\u{202f}";

/// How a language writes numbers.
struct Form {
    /// Between groups of three digits.
    group: &'static str,
    /// Before the decimals.
    point: &'static str,
    /// The fewest digits that are grouped.
    grouped_from: usize,
}

impl Form {
    const fn of(locale: Locale) -> Self {
        let (group, point) = match locale {
            Locale::En => (",", "."),
            Locale::Fr | Locale::Es => (NARROW_SPACE, ","),
            Locale::De | Locale::It | Locale::Nl => (".", ","),
        };
        // Four digits stay together in Spanish (Ortografía de la lengua española, 2010, 8.2.1).
        let grouped_from = match locale {
            Locale::Es => 5,
            Locale::En | Locale::Fr | Locale::De | Locale::It | Locale::Nl => 4,
        };
        Self { group, point, grouped_from }
    }
}

/// `value` with digits grouped, and at least three significant digits: `1,234.5` or `1 234,5`.
pub(super) fn number(value: f64, locale: Locale) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let form = Form::of(locale);
    let text = format!("{:.*}", decimals(value), value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 && text.bytes().any(|b| matches!(b, b'1'..=b'9')) { "\u{2212}" } else { "" };
    let mut written = format!("{sign}{}", grouped(whole, &form));
    if !fraction.is_empty() {
        written.push_str(form.point);
        written.push_str(fraction);
    }
    written
}

/// `share` of a whole in percent: whole ones from 10 on, below it one decimal.
pub(super) fn percent(share: f64, locale: Locale) -> String {
    let percent = share * 100.0;
    let rounded = if percent.abs() >= 10.0 { percent.round() } else { (percent * 10.0).round() / 10.0 };
    number(rounded, locale)
}

/// Decimals enough for three significant digits; never less than 2, as of prices, nor more than 6.
fn decimals(value: f64) -> usize {
    let mut decimals = 2;
    let mut rest = value.abs();
    while rest > 0.0 && rest < 0.1 && decimals < 6 {
        rest *= 10.0;
        decimals += 1;
    }
    decimals
}

fn grouped(digits: &str, form: &Form) -> String {
    if digits.len() < form.grouped_from {
        return digits.to_owned();
    }
    let mut written = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            written.push_str(form.group);
        }
        written.push(digit);
    }
    written
}

/// The lowest count of the band that `count` falls into: what an interface of numbers may tell of it.
#[must_use]
pub fn band_floor(count: u32) -> u32 {
    band(count).0
}

/// The range that a count is told in: from, to; no end for the last one.
pub(super) fn band(count: u32) -> (u32, Option<u32>) {
    match count {
        0 => (0, Some(0)),
        1..=5 => (1, Some(5)),
        6..=10 => (6, Some(10)),
        11..=20 => (11, Some(20)),
        21.. => (20, None),
    }
}

/// `value` to one significant digit.
pub(super) fn roughly(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let mut scale = 1.0_f64;
    while value.abs() / scale >= 10.0 {
        scale *= 10.0;
    }
    while value.abs() / scale < 1.0 {
        scale /= 10.0;
    }
    (value / scale).round() * scale
}

/// Shares of a whole as whole percents that add up to their rounded sum: what rounding takes from
/// one is given to the one that it cut most (largest remainder).
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares are from 0 to 1")]
pub fn percents(shares: &[f64]) -> Vec<u32> {
    let exact: Vec<f64> = shares.iter().map(|share| share.clamp(0.0, 1.0) * 100.0).collect();
    let mut whole: Vec<u32> = exact.iter().map(|percent| percent.floor() as u32).collect();
    let wanted = exact.iter().sum::<f64>().round() as u32;
    let missing = wanted.saturating_sub(whole.iter().sum()) as usize;
    let mut by_cut: Vec<usize> = (0..exact.len()).collect();
    by_cut.sort_by(|&a, &b| (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())));
    for &i in by_cut.iter().take(missing) {
        whole[i] += 1;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        assert_eq!(number(1234.5, Locale::En), "1,234.5");
        assert_eq!(number(1234.5, Locale::Fr), "1\u{202f}234,5");
        assert_eq!(number(-1_234_567.0, Locale::En), "\u{2212}1,234,567");
        assert_eq!(number(12.0, Locale::Fr), "12");
        assert_eq!(number(0.0, Locale::En), "0");
        assert_eq!(number(-0.000_000_01, Locale::En), "0");
        assert_eq!(number(0.037_42, Locale::En), "0.037");
        assert_eq!(number(19.99, Locale::Fr), "19,99");
        assert_eq!(number(999.999, Locale::En), "1,000");
        for locale in [Locale::De, Locale::It, Locale::Nl] {
            assert_eq!(number(1234.5, locale), "1.234,5", "{locale}");
            assert_eq!(number(-1_234_567.0, locale), "\u{2212}1.234.567", "{locale}");
        }
        assert_eq!(number(1234.5, Locale::Es), "1234,5");
        assert_eq!(number(12_345.0, Locale::Es), "12\u{202f}345");
    }

    #[test]
    fn a_share_is_whole_from_ten_percent_on() {
        assert_eq!(percent(0.123_4, Locale::De), "12");
        assert_eq!(percent(0.012_34, Locale::De), "1,2");
        assert_eq!(percent(0.012_34, Locale::En), "1.2");
    }

    #[test]
    fn a_rough_value_keeps_one_digit() {
        assert_eq!(roughly(437.0), 400.0);
        assert_eq!(roughly(-96.0), -100.0);
        assert_eq!(number(roughly(0.0372), Locale::En), "0.04");
        assert_eq!(roughly(0.0), 0.0);
    }

    proptest! {
        #[test]
        fn a_band_holds_its_count(count in 0u32..2000) {
            let (from, to) = band(count);
            prop_assert!(from <= count && to.is_none_or(|to| count <= to));
        }

        #[test]
        fn percents_add_up_to_their_rounded_sum(parts in proptest::collection::vec(0.0f64..1.0, 1..8), scale in 0.0f64..1.0) {
            let whole: f64 = parts.iter().sum::<f64>().max(1e-9);
            let shares: Vec<f64> = parts.iter().map(|part| part / whole * scale).collect();
            let sum: f64 = shares.iter().sum::<f64>() * 100.0;
            let percents = percents(&shares);
            prop_assert!((f64::from(percents.iter().sum::<u32>()) - sum).abs() <= 0.5 + 1e-6);
            for (percent, share) in percents.iter().zip(&shares) {
                prop_assert!((f64::from(*percent) - share * 100.0).abs() < 1.0);
            }
        }
    }
}
