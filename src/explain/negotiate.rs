//! Which of the languages on offer a browser would rather read.

use crate::domain::Locale;

/// Which of the languages on `offer` best answers an `Accept-Language` header (RFC 9110, 12.5.4), and
/// whether it was asked for. An empty header, or `*`, asks for nothing in particular: English will do.
///
/// A range that is malformed is passed over; equal weights go by the order of the header.
#[must_use]
pub fn negotiate(accept_language: &str, offer: &[Locale]) -> (Locale, bool) {
    let ranges: Vec<(&str, u16)> = accept_language.split(',').filter_map(read_range).collect();
    let mut best: Option<(Locale, u16)> = None;
    for &(tag, weight) in &ranges {
        let locale = if tag == "*" { Some(Locale::default()) } else { Locale::of_tag(tag) };
        let locale = locale.filter(|locale| offer.contains(locale));
        if let Some(locale) = locale.filter(|_| weight > 0 && best.is_none_or(|(_, most)| weight > most)) {
            best = Some((locale, weight));
        }
    }
    match best {
        Some((locale, _)) => (locale, true),
        None => (Locale::default(), ranges.is_empty()),
    }
}

/// A language range and its weight in thousandths.
fn read_range(range: &str) -> Option<(&str, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => read_weight(parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?)?,
    };
    Some((tag, weight))
}

/// A quality value: 0 to 1 with at most three decimals, in thousandths.
fn read_weight(text: &str) -> Option<u16> {
    let text = text.trim();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(header: &str) -> (Locale, bool) {
        negotiate(header, &Locale::ALL)
    }

    #[test]
    fn the_heaviest_language_that_we_speak_wins() {
        assert_eq!(all("fr"), (Locale::Fr, true));
        assert_eq!(all("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"), (Locale::Fr, true));
        assert_eq!(all("en;q=0.2, fr-CA;q=0.25"), (Locale::Fr, true));
        assert_eq!(all("pt, en-GB;q=0.5, fr;q=0.4"), (Locale::En, true));
        assert_eq!(all("de-AT, en;q=0.5"), (Locale::De, true));
        assert_eq!(all("pt-BR, es-419;q=0.9, en;q=0.8"), (Locale::Es, true));
        assert_eq!(all("it;q=0.3, nl-BE;q=0.4"), (Locale::Nl, true));
        assert_eq!(all("FR , EN"), (Locale::Fr, true));
        assert_eq!(all("fr;q=0, en;q=0.1"), (Locale::En, true));
    }

    #[test]
    fn an_unknown_language_falls_back_to_english_and_says_so() {
        assert_eq!(all("pt"), (Locale::En, false));
        assert_eq!(all("pt-BR, pl;q=0.3"), (Locale::En, false));
        assert_eq!(all("fr;q=0"), (Locale::En, false));
    }

    /// Data that are told in two languages are told in none of the other four.
    #[test]
    fn a_language_that_is_not_on_offer_gives_way_to_the_next_one() {
        let offer = [Locale::En, Locale::Fr];
        assert_eq!(negotiate("de, fr;q=0.5, en;q=0.4", &offer), (Locale::Fr, true));
        assert_eq!(negotiate("de, nl;q=0.5", &offer), (Locale::En, false));
    }

    #[test]
    fn no_wish_is_answered_in_english() {
        assert_eq!(all(""), (Locale::En, true));
        assert_eq!(all("*"), (Locale::En, true));
    }

    #[test]
    fn malformed_ranges_are_passed_over() {
        assert_eq!(all(";;,fr;q=high,en;q=0.1"), (Locale::En, true));
        assert_eq!(all("fr;q=1.5, en;q=1.0000, fr;q=.5"), (Locale::En, true));
        assert_eq!(all("fr;p=1"), (Locale::En, true));
    }
}
