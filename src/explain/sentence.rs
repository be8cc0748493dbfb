//! Reasons as sentences.

use fluent_bundle::{FluentArgs, FluentValue};

use crate::domain::{Day, EventKind, Evidence, Feature, FeatureId, FeatureKind, Locale, Reason, Standing};

use super::figures::{Precision, band, number, percent, roughly};
use super::phrases::{Phrases, date_variables};
use super::reason::{BID_CODE, Baseline, Explanation, is_personal};

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
        let own = features.iter().any(|feature| feature.datum == reason.code);
        let code = if own { reason.code.as_str() } else { "" };
        let told = reason.evidence.iter().map(|fact| self.fact(code, fact, features, locale, precision));
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
        variables.set("clause", clause(&self.reason(first, features, locale, precision)));
        self.say(id, locale, &variables)
    }

    /// Whether a reason is told by a whole sentence, not by a label and its value.
    fn has_verb(&self, reason: &Reason, locale: Locale) -> bool {
        let is_history = |fact: &Evidence| matches!(fact, Evidence::History { .. });
        reason.code == BID_CODE
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
            None => sentence(&self.datum(code, features, locale)),
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
                variables.set("percent", percent(shown, locale));
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

/// `text` as a part of a longer sentence: without its capital and its full stop.
fn clause(sentence: &str) -> String {
    let text = sentence.trim().trim_end_matches('.');
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
mod tests {
    use super::super::sample::{self, AGE, BOUGHT, CATEGORY, WEEKDAY, account, ad, decision, of};
    use super::super::{PhraseError, explain};
    use super::*;
    use crate::domain::{Cause, LineSource, Localised};

    const EN: &str = "
category-frozen-pizza = frozen pizza
datum-category_purchases = your purchases of this kind
reason-category_purchases = you bought { $key } { $times ->
    [one] once
   *[other] { $times } times
} in the last { $weeks } weeks
    .absent = You have not bought { $key } in the last { $weeks } weeks.
reason-age = You are { $value }.
    .missing = Your age is not known.
";
    const FR: &str = "
category-frozen-pizza = pizzas surgelées
datum-category_purchases = vos achats de ce genre
reason-category_purchases = Vous avez acheté des { $key } { $times } fois ces { $weeks } dernières semaines.
    .absent = Vous n’avez pas acheté de { $key } ces { $weeks } dernières semaines.
reason-age = Vous avez { $value } ans.
    .missing = Votre âge est inconnu.
";

    fn load(en: &str, fr: &str) -> Result<Phrases, PhraseError> {
        Phrases::load(&Localised { en: en.to_owned(), fr: fr.to_owned() })
    }

    fn state(phrases: &Phrases, code: &str, fact: Evidence, locale: Locale, precision: Precision) -> String {
        phrases.statement(code, &[fact], &sample::features(), locale, precision)
    }

    #[test]
    fn a_reason_is_said_in_the_words_of_the_example() {
        let phrases = load(EN, FR).unwrap();
        let say = |fact, locale| state(&phrases, "category_purchases", fact, locale, Precision::Exact);
        assert_eq!(
            say(sample::bought_four_times(), Locale::En),
            "You bought frozen pizza 4 times in the last 12 weeks."
        );
        assert_eq!(
            say(sample::bought_four_times(), Locale::Fr),
            "Vous avez acheté des pizzas surgelées 4 fois ces 12 dernières semaines."
        );
        assert_eq!(
            say(sample::bought_nothing(), Locale::En),
            "You have not bought frozen pizza in the last 12 weeks."
        );
        assert_eq!(
            say(sample::bought_nothing(), Locale::Fr),
            "Vous n’avez pas acheté de pizzas surgelées ces 12 dernières semaines."
        );
    }

    #[test]
    fn a_bearer_link_tells_ranges_and_months_and_no_exact_figure() {
        let (features, decision) = (sample::features(), sample::three_ads());
        let explanation = explain(&decision, 0, &features, 5).unwrap();
        for phrases in [load(EN, FR).unwrap(), load("", "").unwrap()] {
            let tell = |locale, precision| -> String {
                let tell = |reason: &Reason| {
                    let details = phrases.details(reason, &features, locale, precision).join(" ");
                    format!("{} {details}\n", phrases.reason(reason, &features, locale, precision))
                };
                explanation.reasons.iter().map(tell).collect::<String>().replace('\u{a0}', " ")
            };
            let banded = tell(Locale::En, Precision::Banded);
            assert!(banded.contains("1 to 5 times") && banded.contains("in September 2017"), "{banded}");
            assert!(banded.contains("about 40"), "{banded}");
            assert!(!banded.contains("4 times") && !banded.contains("1 September") && !banded.contains("43"));
            let banded = tell(Locale::Fr, Precision::Banded);
            assert!(banded.contains("1 à 5 fois") && banded.contains("en septembre 2017"), "{banded}");
            let exact = tell(Locale::Fr, Precision::Exact);
            assert!(exact.contains(" 4 fois") && exact.contains("le 1er septembre 2017"), "{exact}");
            assert!(exact.contains("43"), "{exact}");
        }
    }

    #[test]
    fn a_schema_with_nothing_but_labels_has_reasons_too() {
        let phrases = load("", "").unwrap();
        let say = |code, fact, locale| state(&phrases, code, fact, locale, Precision::Exact);
        let category = Evidence::Category { feature: CATEGORY, value: "Drinks".to_owned() };
        assert_eq!(say("category", category.clone(), Locale::En), "Category of the ad: Drinks.");
        assert_eq!(say("category", category, Locale::Fr), "Catégorie de la publicité\u{a0}: Drinks.");
        let age = Evidence::Number { feature: AGE, value: 1234.5 };
        assert_eq!(say("age", age, Locale::Fr), "Votre âge\u{a0}: 1\u{202f}234,5.");
        assert_eq!(say("age", Evidence::Missing { feature: AGE }, Locale::En), "Your age: not known.");
        assert_eq!(
            say("category_purchases", sample::bought_four_times(), Locale::En),
            "You bought “FROZEN PIZZA” 4 times in the last 12 weeks."
        );
    }

    #[test]
    fn every_kind_of_fact_is_a_sentence_in_every_language() {
        let phrases = load("", "").unwrap();
        let history = EventKind::ALL.into_iter().flat_map(|event| {
            [None, Some("FROZEN PIZZA".to_owned())].into_iter().flat_map(move |key| {
                [(0, 10), (1, 7), (2, 365), (60, 84)].map(|(count, window_days)| Evidence::History {
                    event,
                    attribute: None,
                    key: key.clone(),
                    days: count,
                    count,
                    first: None,
                    last: None,
                    window_days,
                })
            })
        });
        let feature = AGE;
        let others = [
            Evidence::Number { feature, value: -3.25 },
            Evidence::Category { feature, value: "older".to_owned() },
            Evidence::Missing { feature },
            Evidence::Withheld { feature, cause: Cause::SensitiveAd },
        ];
        for fact in history.chain(others) {
            for locale in Locale::ALL {
                for precision in [Precision::Exact, Precision::Banded] {
                    let said = state(&phrases, "age", fact.clone(), locale, precision);
                    let well_formed =
                        said.ends_with('.') && said.starts_with(char::is_uppercase) && said.contains(' ');
                    assert!(well_formed && !said.contains(['{', '$']) && !said.contains("  "), "{said}");
                }
            }
        }
    }

    #[test]
    fn one_and_many_are_told_apart() {
        let phrases = load("", "").unwrap();
        let fact = |count, window_days| Evidence::History {
            event: EventKind::Click,
            attribute: None,
            key: None,
            days: count,
            count,
            first: None,
            last: None,
            window_days,
        };
        let say =
            |count, window, locale| state(&phrases, "age", fact(count, window), locale, Precision::Exact);
        assert_eq!(say(1, 7, Locale::En), "You clicked on ads here once in the last week.");
        assert_eq!(say(2, 30, Locale::En), "You clicked on ads here 2 times in the last 30 days.");
        assert_eq!(
            say(1, 7, Locale::Fr),
            "Vous avez cliqué sur des publicités ici une\u{a0}fois au cours de la dernière semaine."
        );
        let many = state(&phrases, "age", fact(90, 14), Locale::Fr, Precision::Banded);
        assert_eq!(
            many,
            "Vous avez cliqué sur des publicités ici plus de 20\u{a0}fois au cours des 2 dernières semaines."
        );
    }

    #[test]
    fn a_flag_is_yes_or_no() {
        let phrases = load("", "").unwrap();
        let mut features = sample::features();
        features[AGE.index()].kind = FeatureKind::Flag;
        let say = |value, locale| {
            let fact = [Evidence::Number { feature: AGE, value }];
            phrases.statement("age", &fact, &features, locale, Precision::Banded)
        };
        assert_eq!(say(1.0, Locale::En), "Your age: yes.");
        assert_eq!(say(0.0, Locale::Fr), "Votre âge\u{a0}: non.");
    }

    #[test]
    fn a_message_that_a_fact_cannot_complete_gives_way_to_the_general_one() {
        let phrases = load("reason-age = Last { $when }.\n", "reason-age = Hier { $when }.\n").unwrap();
        let age = Evidence::Number { feature: AGE, value: 43.0 };
        assert_eq!(state(&phrases, "age", age, Locale::En, Precision::Exact), "Your age: 43.");
    }

    #[test]
    fn the_known_fact_is_told_before_the_unknown_one() {
        let phrases = load(EN, FR).unwrap();
        let facts = [Evidence::Missing { feature: BOUGHT }, sample::bought_four_times()];
        let said = phrases.statement(
            "category_purchases",
            &facts,
            &sample::features(),
            Locale::En,
            Precision::Exact,
        );
        assert_eq!(said, "You bought frozen pizza 4 times in the last 12 weeks.");
    }

    fn headline(decision: &crate::domain::Decision, locale: Locale) -> String {
        let features = sample::features();
        let explanation = explain(decision, 0, &features, 5).unwrap();
        load(EN, FR).unwrap().headline(&explanation, &features, locale, Precision::Exact)
    }

    #[test]
    fn the_headline_says_because_only_of_what_spoke_for_this_ad() {
        assert_eq!(
            headline(&sample::three_ads(), Locale::En),
            "You see this ad mainly because you bought frozen pizza 4 times in the last 12 weeks."
        );
        assert_eq!(
            headline(&sample::three_ads(), Locale::Fr),
            "Vous voyez cette publicité surtout pour cette raison\u{a0}: vous avez acheté des pizzas surgelées 4 fois ces 12 dernières semaines."
        );
        let offers = |one, other| {
            let lines = |bid, weekday| account(&[(LineSource::Bid, bid), (of(WEEKDAY), weekday)]);
            decision(vec![ad("a", lines(one, -5)), ad("b", lines(other, 5))])
        };
        assert_eq!(
            headline(&offers(3, 1), Locale::En),
            "You see this ad partly because its advertiser offered more than the other advertisers did on average."
        );
        assert_eq!(headline(&offers(1, 1), Locale::En), "No single reason speaks for this ad.");
        let days = |one, other| {
            let on = |weekday: i64, name: &str| {
                let mut ad = ad(name, account(&[(of(WEEKDAY), weekday)]));
                ad.evidence =
                    vec![(WEEKDAY, Evidence::Category { feature: WEEKDAY, value: "Monday".to_owned() })];
                ad
            };
            decision(vec![on(one, "a"), on(other, "b")])
        };
        assert_eq!(
            headline(&days(5, 1), Locale::En),
            "This counted most for this ad: day of the week: Monday."
        );
    }

    #[test]
    fn the_headline_of_an_only_or_an_equal_ad_gives_no_reason() {
        let mut only = sample::three_ads();
        only.ranked.truncate(1);
        assert_eq!(headline(&only, Locale::En), "This was the only ad that could be shown here.");
        let same = account(&[(of(AGE), 5)]);
        let equal = decision(vec![ad("a", same.clone()), ad("b", same)]);
        assert_eq!(
            headline(&equal, Locale::Fr),
            "Rien ne distinguait cette publicité des autres qui auraient pu s’afficher ici."
        );
    }

    #[test]
    fn a_pair_names_both_sides_and_tells_their_facts_apart() {
        let pair = LineSource::Pair(crate::domain::Response::Click, AGE, CATEGORY);
        let mut here = ad("a", account(&[(pair, 9)]));
        here.evidence = vec![
            (AGE, Evidence::Number { feature: AGE, value: 43.0 }),
            (CATEGORY, Evidence::Category { feature: CATEGORY, value: "FROZEN PIZZA".to_owned() }),
        ];
        let (decision, features) = (decision(vec![here]), sample::features());
        let explanation = explain(&decision, 0, &features, 5).unwrap();
        let (phrases, reason) = (load(EN, FR).unwrap(), &explanation.reasons[0]);
        let said = phrases.reason(reason, &features, Locale::En, Precision::Exact);
        assert_eq!(said, "Your age, together with category of the ad.");
        let details = phrases.details(reason, &features, Locale::En, Precision::Exact);
        assert_eq!(details, ["Your age: 43.", "Category of the ad: frozen pizza."]);
    }
}
