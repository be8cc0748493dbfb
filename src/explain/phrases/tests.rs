use std::collections::BTreeSet;

use super::super::sample;
use super::*;
use crate::domain::{Cause, Decider, Ground, Signal};

const PRODUCT: [(Locale, &str); 6] = [
    (Locale::En, include_str!("en.ftl")),
    (Locale::Fr, include_str!("fr.ftl")),
    (Locale::De, include_str!("de.ftl")),
    (Locale::Es, include_str!("es.ftl")),
    (Locale::It, include_str!("it.ftl")),
    (Locale::Nl, include_str!("nl.ftl")),
];

fn load(en: &str, fr: &str) -> Result<Phrases, PhraseError> {
    Phrases::load(&Localised { en: en.to_owned(), fr: fr.to_owned(), ..Localised::default() })
}

fn error(en: &str, fr: &str) -> String {
    load(en, fr).err().unwrap().to_string()
}

/// Every text that the product can say, completed in every grammatical number.
fn all_texts(locale: Locale) -> Vec<(String, String)> {
    let phrases = load("", "").unwrap();
    let source = PRODUCT.iter().find(|(of, _)| *of == locale).unwrap().1;
    let variables: BTreeSet<&str> = source
        .split('$')
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
        .collect();
    let mut texts = Vec::new();
    for value in [FluentValue::from(1), FluentValue::from(5), FluentValue::from("word")] {
        let sample: FluentArgs<'_> = variables.iter().map(|name| (*name, value.clone())).collect();
        for id in message_ids(source) {
            for attribute in [None, Some("absent")] {
                if let Some(text) = complete(phrases.bundle(locale), id, attribute, &sample) {
                    texts.push((id.to_owned(), text.unwrap()));
                }
            }
        }
    }
    assert!(texts.len() > 300, "{}", texts.len());
    texts
}

/// The ids of messages and attributes of a source in order, each with the variables that it says.
fn outline(source: &str) -> Vec<(String, BTreeSet<&str>)> {
    let mut outline: Vec<(String, BTreeSet<&str>)> = Vec::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        let attribute = line.trim_start().starts_with('.').then(|| line.split('=').next().unwrap().trim());
        if let Some(id) = message_ids(line).next().or(attribute) {
            outline.push((id.to_owned(), BTreeSet::new()));
        }
        let variables = line
            .split('$')
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap());
        outline.last_mut().into_iter().for_each(|(_, said)| said.extend(variables.clone()));
    }
    outline
}

/// Where a language needs a variable to choose its form, another may not.
#[test]
fn every_language_has_every_message_and_attribute_with_the_same_variables() {
    let english = outline(PRODUCT[0].1);
    for (locale, source) in &PRODUCT[1..] {
        let other = outline(source);
        let ids = |outline: &[(String, BTreeSet<&str>)]| -> Vec<String> {
            outline.iter().map(|(id, _)| id.clone()).collect()
        };
        assert_eq!(ids(&english), ids(&other), "{locale}");
        for ((id, here), (_, there)) in english.iter().zip(&other) {
            let only_chooses = |variable: &&str| id == "on-day" && *variable == "day";
            let differing: Vec<&str> = here
                .symmetric_difference(there)
                .copied()
                .filter(|variable| !only_chooses(variable))
                .collect();
            assert!(differing.is_empty(), "{locale}: {id}: {differing:?}");
        }
    }
}

#[test]
fn each_language_calls_itself_by_a_name_of_its_own() {
    let phrases = load("", "").unwrap();
    let names = phrases.languages().iter().map(|locale| phrases.text("language-name", *locale));
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["English", "Français", "Deutsch", "Español", "Italiano", "Nederlands"]
    );
}

#[test]
fn only_the_languages_of_the_example_are_offered() {
    let phrases = load("datum-age = age\n", "datum-age = âge\n").unwrap();
    assert_eq!(phrases.languages(), [Locale::En, Locale::Fr]);
    assert_eq!(phrases.language_of("fr-CH"), (Locale::Fr, false));
    assert_eq!(phrases.language_of("de"), (Locale::En, true));
    assert_eq!(phrases.language_of(""), (Locale::En, false));
    // What is asked in another language all the same is answered in one that is whole.
    assert_eq!(phrases.text("page-title", Locale::De), "Why this ad");
    let labels_in_two = load("", "").unwrap().within(&[Locale::En, Locale::It]);
    assert_eq!(labels_in_two.languages(), [Locale::En, Locale::It]);
    assert_eq!(labels_in_two.text("page-title", Locale::It), "Perché questo annuncio");
    assert_eq!(labels_in_two.text("page-title", Locale::Fr), "Why this ad");
}

#[test]
fn no_text_shows_its_machinery() {
    for locale in Locale::ALL {
        for (id, text) in all_texts(locale) {
            assert!(!text.contains(['{', '}', '$']) && !text.trim().is_empty(), "{id}: {text}");
            assert!(!text.contains("  ") && !text.contains("(s)"), "{id}: {text}");
        }
    }
}

#[test]
fn french_has_its_spaces_and_its_apostrophe() {
    for (id, text) in all_texts(Locale::Fr) {
        let characters: Vec<char> = text.chars().collect();
        let no_break = |at: Option<&char>| matches!(at, Some('\u{a0}' | '\u{202f}'));
        for (i, character) in characters.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|i| characters.get(i));
            match character {
                ';' | ':' | '!' | '?' | '%' | '»' => assert!(no_break(before), "{id}: {text}"),
                '«' => assert!(no_break(characters.get(i + 1)), "{id}: {text}"),
                other => assert!(!matches!(other, '\'' | '"'), "{id}: {text}"),
            }
        }
    }
}

/// German and Spanish set a narrow space before the sign of percent; quotation marks are each language's own.
#[test]
fn every_language_has_its_own_marks() {
    let (quotes, spaced) = (['“', '”', '„', '«', '»', '‘', '"', '\''], [Locale::Fr, Locale::De, Locale::Es]);
    let own = |locale: Locale| match locale {
        Locale::En => "“”",
        Locale::Fr | Locale::Es | Locale::It => "«»",
        Locale::De => "„“",
        Locale::Nl => "‘",
    };
    for locale in Locale::ALL {
        for (id, text) in all_texts(locale) {
            let foreign =
                quotes.iter().find(|quote| text.contains(**quote) && !own(locale).contains(**quote));
            assert_eq!(foreign, None, "{locale}: {id}: {text}");
            for (at, _) in text.match_indices('%') {
                assert_eq!(
                    text[..at].ends_with('\u{202f}'),
                    spaced.contains(&locale),
                    "{locale}: {id}: {text}"
                );
            }
        }
    }
}

#[test]
fn people_are_addressed_politely() {
    let familiar = |locale| match locale {
        Locale::En => "thou",
        Locale::Fr => "tu te toi ton ta tes",
        Locale::De => "du dich dir dein deine deiner deinen deinem euch euer",
        Locale::Es => "tú tu tus te ti contigo vosotros vuestro",
        Locale::It => "tu te ti tuo tua tuoi tue voi vostro",
        Locale::Nl => "jij je jou jouw jullie",
    };
    for locale in Locale::ALL {
        let familiar: Vec<&str> = familiar(locale).split(' ').collect();
        for (id, text) in all_texts(locale) {
            let words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
            assert!(
                words.into_iter().all(|word| !familiar.contains(&word.as_str())),
                "{locale}: {id}: {text}"
            );
        }
    }
}

#[test]
fn sentences_end_with_a_full_stop() {
    let sentences = [
        "headline-",
        "compared-",
        "cause-",
        "bid-",
        "history-",
        "fact-",
        "named-",
        "personal-",
        "common-",
        "change-",
        "kept-none",
    ];
    for locale in Locale::ALL {
        for (id, text) in all_texts(locale) {
            if sentences.iter().any(|prefix| id.starts_with(prefix)) || id.ends_with("-text") {
                assert!(text.ends_with('.') && !text.ends_with(".."), "{id}: {text}");
            }
        }
    }
}

/// The person is told who refused, and never of a refusal that was not theirs.
#[test]
fn what_a_signal_decided_is_told_as_what_it_was() {
    let phrases = load("", "").unwrap();
    let decider =
        |ground| Decider { purpose: Purpose::SelectPersonalisedAds, signal: Signal::TcString, ground };
    let refused = |ground| {
        let cause = Cause::RefusedBy {
            refused: Purposes::NONE.with(Purpose::SelectPersonalisedAds),
            decider: decider(ground),
        };
        phrases.cause(cause, Locale::En)
    };
    let alone = phrases
        .cause(Cause::PurposesRefused(Purposes::NONE.with(Purpose::SelectPersonalisedAds)), Locale::En);
    assert_eq!(refused(Ground::PurposeRefused), alone);
    assert!(refused(Ground::PrivacyControl).contains("browser"));
    assert!(refused(Ground::Minor).contains("children"));
    assert!(refused(Ground::OptedOutOfSale).contains("opted out"));
    assert!(refused(Ground::Withdrawn).contains("withdrew"));
    assert!(refused(Ground::Objected).contains("objected"));
    assert!(refused(Ground::PersonalisationStopped).contains("nothing about you"));
    for ground in [Ground::Missing, Ground::Unreadable, Ground::Stale, Ground::VendorNotDisclosed] {
        assert!(refused(ground).contains("no valid choice"), "{}", refused(ground));
    }
    let granted = |ground| phrases.cause(Cause::GrantedBy(decider(ground)), Locale::En);
    assert_eq!(granted(Ground::Consented), phrases.cause(Cause::Accepted, Locale::En));
    assert!(granted(Ground::NotOptedOut).contains("object"));
}

#[test]
fn every_cause_purpose_and_origin_of_data_has_its_words() {
    let phrases = load("", "").unwrap();
    let causes = [
        Cause::NotPersonal,
        Cause::Accepted,
        Cause::PurposesRefused(Purposes::ALL),
        Cause::NoSubject,
        Cause::SensitiveAd,
        Cause::Forgotten,
    ];
    for locale in Locale::ALL {
        let mut said: Vec<String> = causes.iter().map(|cause| phrases.cause(*cause, locale)).collect();
        said.extend(Purpose::ALL.map(|purpose| phrases.purpose(purpose, locale)));
        said.push(phrases.provenance(&Provenance::FirstParty, locale));
        said.push(phrases.provenance(&Provenance::Partner("Panel & Co".to_owned()), locale));
        for derivation in [Derivation::Stated, Derivation::Observed, Derivation::Inferred] {
            said.push(phrases.derivation(derivation, locale));
        }
        let distinct: BTreeSet<&String> = said.iter().collect();
        assert_eq!(distinct.len(), said.len());
        assert!(said.iter().all(|text| text.contains(' ') && !text.contains("purpose-")), "{said:?}");
    }
}

#[test]
fn several_purposes_are_listed_as_one_would_say_them() {
    let phrases = load("", "").unwrap();
    let three: Purposes =
        [Purpose::MeasureAds, Purpose::StoreOnDevice, Purpose::ImproveServices].into_iter().collect();
    assert_eq!(
        phrases.purposes(three, Locale::En),
        "store or read information on your device, measure how well ads work and develop and improve services"
    );
    assert_eq!(
        phrases.purposes(Purposes::NONE.with(Purpose::MeasureAds), Locale::Fr),
        "mesurer l’efficacité des publicités"
    );
    assert_eq!(phrases.purposes(Purposes::NONE, Locale::En), "");
}

#[test]
fn moments_are_written_as_each_language_does() {
    let phrases = load("", "").unwrap();
    let at = Timestamp::parse("at", "2017-09-01T09:05:59Z").unwrap();
    assert_eq!(phrases.moment(at, Locale::En), "1 September 2017 at 09:05 UTC");
    assert_eq!(phrases.moment(at, Locale::Fr), "1er septembre 2017 à 09\u{a0}h\u{a0}05 UTC");
    assert_eq!(phrases.moment(at, Locale::De), "1. September 2017 um 09:05 Uhr UTC");
    assert_eq!(phrases.moment(at, Locale::Es), "1 de septiembre de 2017 a las 09:05 UTC");
    assert_eq!(phrases.moment(at, Locale::It), "1º settembre 2017 alle 09:05 UTC");
    assert_eq!(phrases.moment(at, Locale::Nl), "1 september 2017 om 09:05 UTC");
    for locale in Locale::ALL {
        let all: BTreeSet<String> =
            (0..12).map(|month| phrases.moment(at.plus_days(month * 30 + 10), locale)).collect();
        assert_eq!(all.len(), 12, "{locale}");
    }
}

#[test]
fn a_day_has_its_preposition() {
    let phrases = load("", "").unwrap();
    let on = |day: &str, locale| {
        let day = Timestamp::parse("at", &format!("2017-09-{day}T00:00:00Z")).unwrap().day();
        phrases.say("on-day", locale, &date_variables(day))
    };
    assert_eq!(on("04", Locale::En), "on 4 September 2017");
    assert_eq!(on("04", Locale::De), "am 4. September 2017");
    assert_eq!(on("04", Locale::Es), "el 4 de septiembre de 2017");
    assert_eq!(on("04", Locale::It), "il 4 settembre 2017");
    assert_eq!(on("08", Locale::It), "l’8 settembre 2017");
    assert_eq!(on("11", Locale::It), "l’11 settembre 2017");
    assert_eq!(on("04", Locale::Nl), "op 4 september 2017");
}

#[test]
fn a_datum_goes_by_the_phrase_of_the_example_or_else_by_its_label() {
    let phrases = load("datum-age = how old you are\n", "datum-age = votre âge\n").unwrap();
    let features = sample::features();
    assert_eq!(phrases.datum("age", &features, Locale::En), "how old you are");
    assert_eq!(phrases.datum("weekday", &features, Locale::Fr), "jour de la semaine");
    assert_eq!(
        phrases.datum("age+weekday", &features, Locale::Fr),
        "votre âge, en lien avec jour de la semaine"
    );
    assert_eq!(phrases.datum("gone", &features, Locale::En), "gone");
}

#[test]
fn a_category_goes_by_its_label_or_else_as_it_is() {
    let phrases = load("category-frzn-ice = ice\n", "category-frzn-ice = glace\n").unwrap();
    assert_eq!(phrases.category("FRZN ICE", Locale::Fr), "glace");
    assert_eq!(phrases.category("FRZN FISH", Locale::Fr), "FRZN FISH");
}

#[test]
fn a_slug_is_lower_case_with_single_hyphens() {
    assert_eq!(slug("FRZN ICE"), "frzn-ice");
    assert_eq!(slug(" CHEESE/ 100% "), "cheese-100");
    assert_eq!(slug("***"), "");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let rule = error("# fine\nreason-a = yes\n\nreason-b { $key }\n", "");
    assert!(rule.starts_with("phrases.en.ftl, line 4: "), "{rule}");
    assert!(error("", "reason-a = { $key\n").starts_with("phrases.fr.ftl, line "));
}

#[test]
fn a_message_that_exists_already_is_refused() {
    assert_eq!(error("yes = aye\n", "yes = ouais\n"), "phrases.en.ftl: message yes is already defined");
    assert_eq!(error("a = 1\na = 2\n", "a = 1\n"), "phrases.en.ftl: message a is already defined");
}

#[test]
fn a_message_without_translation_is_refused() {
    let rule = "phrases.fr.ftl: message reason-a is missing; another language has it";
    assert_eq!(error("reason-a = You.\n", "# rien\n"), rule);
    assert_eq!(
        error("", "datum-a = vous\n"),
        "phrases.en.ftl: message datum-a is missing; another language has it"
    );
}

#[test]
fn an_unknown_variable_is_refused_in_whatever_variant_it_hides() {
    let good = "reason-a = Vous, { $times } fois.\n";
    let rule = error("reason-a = You, { $often } times.\n", good);
    assert!(rule.starts_with("phrases.en.ftl: message reason-a cannot be completed: "), "{rule}");
    assert!(rule.contains("$often"), "{rule}");
    let hidden = "reason-a = You, { $times ->\n    [one] { $only } time\n   *[other] { $times } times\n}.\n";
    assert!(error(hidden, good).contains("$only"));
    assert!(error("reason-a = You.\n    .absent = You, { $nobody }.\n", good).contains("$nobody"));
    assert!(error("datum-a = { $key }\n", "datum-a = x\n").contains("$key"));
}

#[test]
fn phrases_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&load("", "").unwrap());
}
