//! Reasons as sentences.

use fluent_bundle::{FluentArgs, FluentValue};

use crate::domain::{Day, EventKind, Evidence, Feature, FeatureId, FeatureKind, Locale, Reason, Standing};

use super::figures::{Precision, band, number, percent, roughly};
use super::phrases::{Phrases, date_variables};
use super::reason::{BID_CODE, Baseline, Explanation, is_personal};

/// The least share that is not written as 0 percent.
const PERCENT_MIN: f64 = 0.000_5;

impl Phrases {
    /// A reason as one sentence, from the fact that moved the ad most.
    ///
    /// `features` is the schema that the decision was made with. Facts about the person are told as
    /// exactly as `precision` allows.
    #[must_use]
    pub fn reason(
        &self,
        reason: &Reason,
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> String {
        if reason.features.is_empty() && reason.code == BID_CODE {
            let id = match reason.standing {
                Standing::For => "bid-higher",
                Standing::Against => "bid-lower",
            };
            return self.text(id, locale);
        }
        self.statement(&reason.code, &reason.evidence, features, locale, precision)
    }

    /// What else is known of a reason, as sentences: its other facts, and when it was last so.
    #[must_use]
    pub fn details(
        &self,
        reason: &Reason,
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> Vec<String> {
        let sentence = self.reason(reason, features, locale, precision);
        let told = reason.evidence.iter().map(|fact| {
            let code = datum_of(fact, reason, features).unwrap_or_default();
            self.fact(code, fact, features, locale, precision)
        });
        let last = reason.evidence.iter().find_map(|fact| match fact {
            Evidence::History { last, .. } => *last,
            Evidence::Number { .. }
            | Evidence::Category { .. }
            | Evidence::Missing { .. }
            | Evidence::Withheld { .. } => None,
        });
        let last = last.map(|last| self.day(last, locale, precision)).filter(|last| !sentence.contains(last));
        let last = last.map(|last| self.say("last-time", locale, &[("when", last)].into_iter().collect()));
        let mut details: Vec<String> = Vec::new();
        for detail in told.chain(last) {
            if detail != sentence && !details.contains(&detail) {
                details.push(detail);
            }
        }
        details
    }

    /// The headline: the strongest reason for the ad, in one sentence.
    #[must_use]
    pub fn headline(
        &self,
        explanation: &Explanation,
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> String {
        match explanation.baseline {
            Baseline::TrainingMean => return self.text("headline-only", locale),
            Baseline::OtherAds { .. } => {}
        }
        let Some(first) = explanation.reasons.iter().find(|reason| reason.standing == Standing::For) else {
            let even = explanation.reasons.is_empty() && explanation.remainder == 0.0;
            return self.text(if even { "headline-even" } else { "headline-none" }, locale);
        };
        let id = match (first.share >= 0.5, self.has_verb(first, locale)) {
            (true, true) => "headline-mainly",
            (false, true) => "headline-partly",
            (true, false) => "headline-mainly-value",
            (false, false) => "headline-partly-value",
        };
        let mut variables = FluentArgs::new();
        variables.set("clause", clause(&self.reason(first, features, locale, precision), locale));
        self.say(id, locale, &variables)
    }

    /// Whether a reason is told by a whole sentence, not by a label and its value.
    fn has_verb(&self, reason: &Reason, locale: Locale) -> bool {
        let is_history = |fact: &Evidence| matches!(fact, Evidence::History { .. });
        reason.code == BID_CODE
            || reason.code.contains('+')
            || reason.evidence.first().is_some_and(is_history)
            || self.bundle(locale).has_message(&format!("reason-{}", reason.code))
    }

    /// What is known of one datum as a sentence; its name when there is no evidence.
    #[must_use]
    pub fn statement(
        &self,
        code: &str,
        evidence: &[Evidence],
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> String {
        let own_datum = features.iter().any(|feature| feature.datum == code);
        let telling = evidence.iter().find(|fact| !matches!(fact, Evidence::Missing { .. }));
        match telling.or(evidence.first()).filter(|_| own_datum) {
            Some(fact) => self.fact(code, fact, features, locale, precision),
            None => sentence(&match code.split_once('+') {
                Some((one, other)) => {
                    let sides = [("one", one), ("other", other)];
                    let sides = sides.map(|(name, side)| (name, self.datum(side, features, locale)));
                    self.say("pair-counted", locale, &sides.into_iter().collect())
                }
                None => self.datum(code, features, locale),
            }),
        }
    }

    /// One fact as a sentence: the example's, or else one that is made of the label.
    fn fact(
        &self,
        code: &str,
        fact: &Evidence,
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> String {
        if !tells_value(fact, features, precision) {
            return sentence(&self.datum(code, features, locale));
        }
        let mut variables = self.fact_variables(fact, features, locale, precision);
        variables.set("label", self.fact_label(code, fact, features, locale));
        // An example's message and the product's own have a value and attributes: the first that is
        // there tells the fact.
        let of_feature = |id: &FeatureId| features.get(id.index()).map(|feature| feature.name.as_str());
        let (example, own): (&[Option<&str>], &[Option<&str>]) = match fact {
            Evidence::History { count: 0, .. } => (&[Some("absent")], &[Some("absent")]),
            Evidence::History { attribute: Some(_), key: None, .. } => (&[Some("several"), None], &[None]),
            Evidence::History { .. } => (&[None], &[None]),
            Evidence::Number { feature, .. } | Evidence::Category { feature, .. } => {
                (&[of_feature(feature), None], &[None])
            }
            Evidence::Missing { .. } => (&[Some("missing")], &[None]),
            Evidence::Withheld { .. } => (&[], &[None]),
        };
        let find = |id: &str, attributes: &[Option<&str>]| {
            attributes.iter().find_map(|attribute| self.find(id, *attribute, locale, &variables))
        };
        let text = find(&format!("reason-{code}"), example).or_else(|| find(own_id(fact), own));
        sentence(&text.unwrap_or_else(|| self.datum(code, features, locale)))
    }

    fn fact_variables(
        &self,
        fact: &Evidence,
        features: &[Feature],
        locale: Locale,
        precision: Precision,
    ) -> FluentArgs<'static> {
        let mut variables = FluentArgs::new();
        match fact {
            Evidence::History { key, days, count, last, window_days, .. } => {
                if let Some(key) = key {
                    variables.set("key", self.category(key, locale));
                }
                variables.set("times", self.count(*days, locale, precision));
                variables.set("count", self.count(*count, locale, precision));
                variables.set("weeks", (window_days / 7).max(1));
                variables.set("days", *window_days);
                variables.set("window", self.window(*window_days, locale));
                if let Some(last) = last {
                    variables.set("last", self.bare_day(*last, locale, precision));
                    variables.set("when", self.day(*last, locale, precision));
                }
            }
            Evidence::Number { feature, value } => {
                let told = Told::of(features.get(feature.index()), precision);
                let shown = if told == Told::Roughly { roughly(*value) } else { *value };
                variables.set("value", self.value(*value, told, locale));
                variables.set("number", shown);
                // "0%" would say that there is nothing of it, which no part of a whole that was rounded can say.
                let tiny = (0.0..PERCENT_MIN).contains(&shown);
                let percent = if tiny { self.text("percent-tiny", locale) } else { percent(shown, locale) };
                variables.set("percent", percent);
            }
            Evidence::Category { value, .. } => {
                let label = self.category(value, locale);
                variables.set("key", label.clone());
                variables.set("value", label);
            }
            Evidence::Missing { .. } | Evidence::Withheld { .. } => {}
        }
        variables
    }

    /// What the fact is about: its feature's label, or the datum.
    fn fact_label(&self, code: &str, fact: &Evidence, features: &[Feature], locale: Locale) -> String {
        let feature = match fact {
            Evidence::Number { feature, .. }
            | Evidence::Category { feature, .. }
            | Evidence::Missing { feature }
            | Evidence::Withheld { feature, .. } => features.get(feature.index()),
            Evidence::History { .. } => None,
        };
        let label = match feature {
            Some(feature) => feature.label.get(locale).to_owned(),
            None => self.datum(code, features, locale),
        };
        capitalised(&label)
    }

    /// A count as it is, or its band as text.
    fn count(&self, count: u32, locale: Locale, precision: Precision) -> FluentValue<'static> {
        match precision {
            Precision::Exact => FluentValue::from(count),
            Precision::Banded => match band(count) {
                (0, Some(0)) => FluentValue::from(0),
                (from, Some(to)) => {
                    let ends: FluentArgs<'_> = [("from", from), ("to", to)].into_iter().collect();
                    FluentValue::from(self.say("band", locale, &ends))
                }
                (from, None) => {
                    let ends: FluentArgs<'_> = [("from", from)].into_iter().collect();
                    FluentValue::from(self.say("band-open", locale, &ends))
                }
            },
        }
    }

    /// A day with its preposition, or its month.
    fn day(&self, day: Day, locale: Locale, precision: Precision) -> String {
        let id = match precision {
            Precision::Exact => "on-day",
            Precision::Banded => "in-month",
        };
        self.say(id, locale, &date_variables(day))
    }

    /// A day, or its month, without a preposition.
    fn bare_day(&self, day: Day, locale: Locale, precision: Precision) -> String {
        let id = match precision {
            Precision::Exact => "day",
            Precision::Banded => "month",
        };
        self.say(id, locale, &date_variables(day))
    }

    /// How far back was looked, with its preposition.
    fn window(&self, days: u32, locale: Locale) -> String {
        let (id, count) =
            if days.is_multiple_of(7) { ("window-weeks", days / 7) } else { ("window-days", days) };
        self.say(id, locale, &[("count", count)].into_iter().collect())
    }

    /// A number as text: yes or no for a flag; roughly, if it is the person's and not theirs to see.
    fn value(&self, value: f64, told: Told, locale: Locale) -> String {
        match told {
            Told::Flag => self.text(if value == 0.0 { "no" } else { "yes" }, locale),
            Told::Exactly => number(value, locale),
            Told::Roughly => {
                let variables = [("value", number(roughly(value), locale))].into_iter().collect();
                self.say("roughly", locale, &variables)
            }
        }
    }
}

/// Whether the value of a stated fact may be told at all: a category or a yes about the person has no band to be told
/// in.
#[must_use]
pub fn tells_value(fact: &Evidence, features: &[Feature], precision: Precision) -> bool {
    let impersonal = |id: &FeatureId| features.get(id.index()).is_some_and(|feature| !is_personal(feature));
    let is_flag =
        |id: &FeatureId| features.get(id.index()).is_some_and(|feature| feature.kind == FeatureKind::Flag);
    match (precision, fact) {
        (Precision::Exact, _)
        | (_, Evidence::History { .. } | Evidence::Missing { .. } | Evidence::Withheld { .. }) => true,
        (Precision::Banded, Evidence::Category { feature, .. }) => impersonal(feature),
        (Precision::Banded, Evidence::Number { feature, .. }) => impersonal(feature) || !is_flag(feature),
    }
}

/// A number as exactly as it may be told.
#[must_use]
pub fn told_number(value: f64, feature: Option<&Feature>, precision: Precision) -> f64 {
    match Told::of(feature, precision) {
        Told::Roughly => roughly(value),
        Told::Flag | Told::Exactly => value,
    }
}

/// How a number may be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Flag,
    Exactly,
    Roughly,
}

impl Told {
    fn of(feature: Option<&Feature>, precision: Precision) -> Self {
        let impersonal = feature.is_some_and(|feature| !is_personal(feature));
        match feature.map(|feature| &feature.kind) {
            Some(FeatureKind::Flag) => Self::Flag,
            _ if precision == Precision::Exact || impersonal => Self::Exactly,
            Some(FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Affinity(_)) | None => {
                Self::Roughly
            }
        }
    }
}

/// The datum of a reason that a fact belongs to: of a pair, the side that has such a feature; None when
/// both have.
fn datum_of<'a>(fact: &Evidence, reason: &Reason, features: &'a [Feature]) -> Option<&'a str> {
    let is_of = |id: &FeatureId, feature: &Feature| match (fact, &feature.kind) {
        (Evidence::History { event, attribute, window_days, .. }, FeatureKind::Affinity(affinity)) => {
            affinity.event == *event
                && affinity.window_days == *window_days
                && affinity.on.is_some() == attribute.is_some()
        }
        (Evidence::History { .. }, _) => false,
        (
            Evidence::Number { feature, .. }
            | Evidence::Category { feature, .. }
            | Evidence::Missing { feature }
            | Evidence::Withheld { feature, .. },
            _,
        ) => feature == id,
    };
    let known = reason.features.iter().filter_map(|id| Some((id, features.get(id.index())?)));
    let mut data =
        known.filter(|(id, feature)| is_of(id, feature)).map(|(_, feature)| feature.datum.as_str());
    let first = data.next()?;
    data.all(|datum| datum == first).then_some(first)
}

/// The product's own message for a fact that the example has no words for.
fn own_id(fact: &Evidence) -> &'static str {
    match fact {
        Evidence::History { attribute, key, event, .. } => match (event, (attribute, key)) {
            (EventKind::Browse, (Some(_), Some(_))) => "history-browse",
            (EventKind::Purchase, (Some(_), Some(_))) => "history-purchase",
            (EventKind::Search, (Some(_), Some(_))) => "history-search",
            (EventKind::Impression, (Some(_), Some(_))) => "history-impression",
            (EventKind::Click, (Some(_), Some(_))) => "history-click",
            (EventKind::Conversion, (Some(_), Some(_))) => "history-conversion",
            (EventKind::Browse, (Some(_), None)) => "history-browse-alike",
            (EventKind::Purchase, (Some(_), None)) => "history-purchase-alike",
            (EventKind::Search, (Some(_), None)) => "history-search-alike",
            (EventKind::Impression, (Some(_), None)) => "history-impression-alike",
            (EventKind::Click, (Some(_), None)) => "history-click-alike",
            (EventKind::Conversion, (Some(_), None)) => "history-conversion-alike",
            (EventKind::Browse, (None, _)) => "history-browse-any",
            (EventKind::Purchase, (None, _)) => "history-purchase-any",
            (EventKind::Search, (None, _)) => "history-search-any",
            (EventKind::Impression, (None, _)) => "history-impression-any",
            (EventKind::Click, (None, _)) => "history-click-any",
            (EventKind::Conversion, (None, _)) => "history-conversion-any",
        },
        Evidence::Number { .. } | Evidence::Category { .. } => "fact-value",
        Evidence::Missing { .. } => "fact-missing",
        Evidence::Withheld { .. } => "fact-withheld",
    }
}

/// `text` with a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut sentence = capitalised(text.trim());
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// `text` as a part of a longer sentence: without its full stop and its capital. German keeps the capital
/// after a colon, and Italian where it tells the person spoken to (`Lei`) from another one (`lei`).
fn clause(sentence: &str, locale: Locale) -> String {
    let text = sentence.trim().trim_end_matches('.');
    let is_kept = match locale {
        Locale::De => true,
        Locale::It => text.starts_with("Lei ") || text.starts_with("Le "),
        Locale::En | Locale::Fr | Locale::Es | Locale::Nl => false,
    };
    if is_kept {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let acronym = text.chars().nth(1).is_some_and(char::is_uppercase);
    match characters.next() {
        Some(first) if !acronym => first.to_lowercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

/// `text` with a capital at its start.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests;
