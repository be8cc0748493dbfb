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
    Phrases::load(&Localised { en: en.to_owned(), fr: fr.to_owned(), ..Localised::default() })
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
    let say = |count, window, locale| state(&phrases, "age", fact(count, window), locale, Precision::Exact);
    assert_eq!(say(1, 7, Locale::En), "You clicked on ads here once in the last week.");
    assert_eq!(say(2, 30, Locale::En), "You clicked on ads here 2 times in the last 30 days.");
    assert_eq!(
        say(1, 7, Locale::Fr),
        "Vous avez cliqué sur des publicités ici une\u{a0}fois au cours de la dernière semaine."
    );
    for (locale, one, many, banded) in [
        (Locale::De, "in der letzten Woche einmal hier", "in den letzten 30 Tagen 2 Mal hier", "1 bis 5 Mal"),
        (Locale::Es, "una vez en la última semana", "2 veces en los últimos 30 días", "de 1 a 5 veces"),
        (Locale::It, "una volta nell’ultima settimana", "2 volte negli ultimi 30 giorni", "1–5 volte"),
        (Locale::Nl, "in de laatste week één keer", "in de laatste 30 dagen 2 keer", "1 tot 5 keer"),
    ] {
        assert!(say(1, 7, locale).contains(one), "{}", say(1, 7, locale));
        assert!(say(2, 30, locale).contains(many), "{}", say(2, 30, locale));
        let said = state(&phrases, "age", fact(2, 30), locale, Precision::Banded);
        assert!(said.contains(banded), "{said}");
    }
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
    let say = |value, locale, precision| {
        let fact = [Evidence::Number { feature: AGE, value }];
        phrases.statement("age", &fact, &features, locale, precision)
    };
    assert_eq!(say(1.0, Locale::En, Precision::Exact), "Your age: yes.");
    assert_eq!(say(0.0, Locale::Fr, Precision::Exact), "Votre âge\u{a0}: non.");
    assert_eq!(say(1.0, Locale::En, Precision::Banded), "Your age.", "a yes has no band to be told in");
}

#[test]
fn a_category_of_the_person_is_told_to_the_person_alone() {
    let phrases = load("", "").unwrap();
    let mut features = sample::features();
    features[AGE.index()].kind = FeatureKind::Categorical;
    let say = |feature: FeatureId, precision| {
        let fact = [Evidence::Category { feature, value: "over 90".to_owned() }];
        let code = features[feature.index()].datum.clone();
        phrases.statement(&code, &fact, &features, Locale::En, precision)
    };
    assert_eq!(say(AGE, Precision::Exact), "Your age: over 90.");
    assert_eq!(say(AGE, Precision::Banded), "Your age.");
    assert_eq!(say(CATEGORY, Precision::Banded), "Category of the ad: over 90.", "it is the ad's");
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
    let said =
        phrases.statement("category_purchases", &facts, &sample::features(), Locale::En, Precision::Exact);
    assert_eq!(said, "You bought frozen pizza 4 times in the last 12 weeks.");
}

fn headline(decision: &crate::domain::Decision, locale: Locale) -> String {
    let features = sample::features();
    let explanation = explain(decision, 0, &features, 5).unwrap();
    load(EN, FR).unwrap().headline(&explanation, &features, locale, Precision::Exact)
}

/// The headline in the product's own words.
fn bare_headline(decision: &crate::domain::Decision, locale: Locale) -> String {
    let features = sample::features();
    let explanation = explain(decision, 0, &features, 5).unwrap();
    load("", "").unwrap().headline(&explanation, &features, locale, Precision::Exact)
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
    assert_eq!(
        bare_headline(&sample::three_ads(), Locale::It),
        "Vede questo annuncio soprattutto per questo motivo: Lei ha comprato «FROZEN PIZZA» 4 volte nelle ultime 12 settimane."
    );
    assert_eq!(
        bare_headline(&sample::three_ads(), Locale::Es),
        "Usted ve este anuncio sobre todo por esto: usted ha comprado «FROZEN PIZZA» 4 veces en las últimas 12 semanas."
    );
    // After a colon, German goes on with a capital.
    assert_eq!(
        bare_headline(&sample::three_ads(), Locale::De),
        "Sie sehen diese Anzeige vor allem aus diesem Grund: Sie haben in den letzten 12 Wochen 4 Mal „FROZEN PIZZA“ gekauft."
    );
    assert_eq!(
        bare_headline(&sample::three_ads(), Locale::Nl),
        "U ziet deze advertentie vooral hierom: u hebt in de laatste 12 weken 4 keer ‘FROZEN PIZZA’ gekocht."
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
    assert_eq!(headline(&days(5, 1), Locale::En), "This counted most for this ad: day of the week: Monday.");
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
    assert_eq!(said, "Your age and category of the ad counted together.");
    let details = phrases.details(reason, &features, Locale::En, Precision::Exact);
    assert_eq!(details, ["You are 43.", "Category of the ad: frozen pizza."]);
}
