//! What people read is plain and neutral, in every language.

use std::fs;
use std::path::Path;

use fluent_bundle::FluentArgs;
use limpid::data::Schema;
use limpid::domain::{
    Day, EventKind, Evidence, FeatureKind, Locale, Localised, Purpose, Purposes, Timestamp,
};
use limpid::explain::{Phrases, Precision};

use crate::reading::{Counts, plain};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(locale: Locale) -> String {
    fs::read_to_string(root().join(format!("src/explain/phrases/{locale}.ftl"))).unwrap()
}

/// What a Fluent source says, line by line, without ids, selectors and variables.
fn said(source: &str) -> Vec<String> {
    let mut lines = Vec::new();
    // A category is called what its goods are called: a cookie may be one to eat.
    for line in source.lines().filter(|line| !line.starts_with('#') && !line.starts_with("category-")) {
        let is_id = line.starts_with(|c: char| c.is_ascii_alphabetic()) || line.trim_start().starts_with('.');
        let text = if is_id { line.split_once('=').map_or("", |(_, text)| text) } else { line };
        let text = text.trim_start().trim_start_matches('*');
        let text =
            if text.starts_with('[') { text.split_once(']').map_or("", |(_, text)| text) } else { text };
        let mut plain = String::new();
        for (at, part) in text.split('{').enumerate() {
            let rest = if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) };
            plain.push_str(rest);
            plain.push(' ');
        }
        lines.push(plain.trim().to_lowercase());
    }
    lines
}

/// Words that no text may use: terms of the trade, and claims to know what a person likes, wants or is.
/// A word stands for every word that it begins.
fn banned(locale: Locale) -> Vec<&'static str> {
    let words = match locale {
        Locale::En => {
            "algorithm, model, feature, score, probabilit, log-odds, bias, intercept, variable, datum, cookie, \
             predict, opt-out, target, you like, you love, you want, you need, you prefer, you may like, \
             you enjoy, you intend, you are interested, interested in, your interests, your taste, because you are"
        }
        Locale::Fr => {
            "algorithm, modèle, score, probabilit, biais, variable, cookie, prédi, opt-out, ciblage, vous aimez, \
             vous voulez, vous préférez, vous souhaitez, vous appréciez, vous avez envie, vous avez besoin, \
             vous intéress, intéressé, vos goûts, vos intérêts, vos centres, vos envies, parce que vous êtes, \
             tu, te, toi, ton, ta, tes"
        }
        Locale::De => {
            "algorithm, modell, score, wahrscheinlich, verzerrung, variable, cookie, vorhersag, prognose, opt-out, \
             zielgruppe, sie mögen, sie lieben, sie wollen, sie möchten, sie brauchen, sie bevorzugen, ihnen gefällt, \
             interessier, ihre interessen, ihre vorlieben, ihr geschmack, weil sie, du, dein, dir, dich"
        }
        Locale::Es => {
            "algoritmo, modelo, puntuación, probabilidad, sesgo, variable, cookie, predic, predec, segmenta, \
             le gusta, le encanta, le interesa, usted quiere, usted prefiere, usted necesita, usted desea, \
             interesado, sus gustos, sus intereses, porque usted, tú, tu, tus, te, ti"
        }
        Locale::It => {
            "algoritmo, modello, punteggio, probabilità, distorsione, variabile, cookie, previsione, prevede, profilazione, \
             le piace, le interessa, lei vuole, lei preferisce, lei desidera, lei ha bisogno, \
             interessat, i suoi gusti, i suoi interessi, perché lei, tu, tuo, tua, tuoi, tue, ti"
        }
        Locale::Nl => {
            "algoritme, model, score, kans, waarschijnlijk, vertekening, variabele, cookie, voorspel, opt-out, doelgroep, \
             u houdt van, u wilt, u vindt, u verkiest, u bent geïnteresseerd, geïnteresseerd, \
             uw interesse, uw voorkeur, uw smaak, omdat u, jij, je, jou, jouw"
        }
    };
    words.split(',').map(str::trim).collect()
}

/// The first banned word in `text`, which is in lower case.
fn offence(text: &str, locale: Locale) -> Option<&'static str> {
    // Short words and those of two letters stand for themselves: `te` does not forbid `texte`.
    let is_said = |word: &&str| {
        text.match_indices(*word).any(|(at, _)| {
            let opens = !text[..at].ends_with(char::is_alphanumeric);
            let whole = !text[at + word.len()..].starts_with(char::is_alphanumeric);
            opens && (whole || word.chars().count() > 4)
        })
    };
    banned(locale).into_iter().find(is_said)
}

#[test]
fn no_text_speaks_jargon_or_claims_to_know_a_mind() {
    for locale in Locale::ALL {
        let example = root().join(format!("models/complete-journey/phrases.{locale}.ftl"));
        for text in [source(locale), fs::read_to_string(example).unwrap()] {
            let lines = said(&text);
            assert!(lines.iter().filter(|line| line.len() > 10).count() > 30, "{locale}");
            for line in lines {
                assert_eq!(offence(&line, locale), None, "{locale}: {line}");
            }
        }
    }
}

#[test]
fn a_banned_word_is_found_and_a_word_that_holds_it_is_not() {
    assert_eq!(offence("you see this because you like pizza", Locale::En), Some("you like"));
    assert_eq!(offence("der algorithmus hat entschieden", Locale::De), Some("algorithm"));
    assert_eq!(offence("le texte de la page", Locale::Fr), None);
    assert_eq!(offence("te gusta el queso", Locale::Es), Some("te"));
    assert_eq!(offence("alles over deze advertentie", Locale::Nl), None);
}

fn schema_and_phrases() -> (Schema, Phrases) {
    let schema = Schema::load(&root().join("models/complete-journey")).unwrap();
    let phrases = Phrases::load(&schema.phrases).unwrap().within(&schema.languages);
    (schema, phrases)
}

fn bought(key: Option<&str>, event: EventKind, on: bool, count: u32, window_days: u32) -> Evidence {
    let day = |text: &str| Timestamp::parse("day", text).unwrap().day();
    let at = |text: &str| -> Option<Day> { (count > 0).then(|| day(text)) };
    Evidence::History {
        event,
        attribute: on.then(|| "category".to_owned()),
        key: key.map(str::to_owned),
        days: count,
        count,
        first: at("2017-08-01T00:00:00Z"),
        last: at("2017-09-04T00:00:00Z"),
        window_days,
    }
}

/// Reasons of the example, as sentences: every datum, told of several categories, counts and windows.
fn reasons(schema: &Schema, phrases: &Phrases, locale: Locale) -> Vec<String> {
    let keys = ["FROZEN PIZZA", "CHEESE", "SOFT DRINKS", "BREAD", "LAUNDRY DETERGENTS"];
    let mut facts: Vec<(&str, Evidence)> = Vec::new();
    for (id, feature) in schema.features() {
        let datum = feature.datum.as_str();
        match &feature.kind {
            FeatureKind::Categorical => {
                let fact = |key: &str| Evidence::Category { feature: id, value: key.to_owned() };
                facts.extend(keys.map(|key| (datum, fact(key))));
            }
            FeatureKind::Numeric | FeatureKind::Flag => {
                let fact = |value| Evidence::Number { feature: id, value };
                facts.extend([1.0, 0.034, 12.0].map(|value| (datum, fact(value))));
            }
            FeatureKind::Affinity(affinity) => {
                let on = affinity.on.is_some();
                let key = |at: usize| on.then(|| keys[at]);
                for (at, count) in [0, 1, 4, 27].into_iter().enumerate() {
                    facts.push((datum, bought(key(at), affinity.event, on, count, affinity.window_days)));
                }
            }
        }
    }
    let tell = |precision| {
        facts.iter().map(move |(datum, fact)| {
            phrases.statement(datum, std::slice::from_ref(fact), &schema.features, locale, precision)
        })
    };
    tell(Precision::Exact).chain(tell(Precision::Banded)).collect()
}

/// The page's own sentences, with what stands in their variables on a real page.
fn page(schema: &Schema, phrases: &Phrases, locale: Locale) -> Vec<String> {
    let mut variables = FluentArgs::new();
    let purposes: Purposes = [Purpose::CreateAdProfile, Purpose::SelectPersonalisedAds].into_iter().collect();
    let reason = phrases.statement(
        "visits",
        &[bought(None, EventKind::Purchase, false, 4, 84)],
        &schema.features,
        locale,
        Precision::Exact,
    );
    variables.set("clause", reason.trim_end_matches('.').to_owned());
    variables.set("purposes", phrases.purposes(purposes, locale));
    variables.set("data", phrases.datum("visits", &schema.features, locale));
    variables.set("share", "12%");
    variables.set("others", 7);
    variables.set("count", 3);
    variables.set("days", 365);
    variables.set("people", 24);
    variables.set("seconds", 41);
    variables.set("name", "Green Leaf");
    variables.set("at", "4 May 2026");
    variables.set("id", "a");
    variables.set("decision", "b");
    variables.set("response", "conversion");
    let ids = source(locale);
    let ids = ids.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id.trim());
    let ids = ids.filter(|id| {
        let kinds =
            ["headline-", "compared-", "named-", "remainder", "common-", "unused-", "personal-", "change-"];
        let more =
            ["kept-none", "banded-", "cause-", "problem-", "notice-", "how-", "bid-", "kicker", "fallback-"];
        let choosing = ["control-", "state-", "receipt-", "contrast-", "changes-", "closed-"];
        kinds.iter().chain(&more).chain(&choosing).any(|kind| id.starts_with(kind))
    });
    ids.map(|id| phrases.say(id, locale, &variables)).collect()
}

/// The product's own sentences about history, for an example that has no words of its own.
fn product(schema: &Schema, locale: Locale) -> Vec<String> {
    let phrases = Phrases::load(&Localised::default()).unwrap();
    let datum = "visits";
    let mut facts = Vec::new();
    for event in EventKind::ALL {
        for (key, on) in [(Some("Pizza"), true), (None, true), (None, false)] {
            facts.extend([0, 1, 6].map(|count| bought(key, event, on, count, 30)));
        }
    }
    let tell = |fact| phrases.statement(datum, &[fact], &schema.features, locale, Precision::Exact);
    facts.into_iter().map(tell).collect()
}

#[test]
fn what_people_read_is_plain_in_every_language() {
    let (schema, phrases) = schema_and_phrases();
    for locale in Locale::ALL {
        let (reasons, page, product) =
            (reasons(&schema, &phrases, locale), page(&schema, &phrases, locale), product(&schema, locale));
        assert!(reasons.len() > 100 && page.len() > 45 && product.len() == 54, "{locale}");
        for (what, texts) in [("reasons", &reasons), ("page", &page), ("product", &product)] {
            let ease = Counts::of(texts.iter().map(String::as_str), locale).ease(locale);
            assert!(ease >= plain(locale), "{locale}: {what} read at {ease:.1}, plain is {}", plain(locale));
        }
    }
}

/// A reader who stops at one sentence should not meet one that is out of reach.
#[test]
fn no_sentence_is_long() {
    let (schema, phrases) = schema_and_phrases();
    for locale in Locale::ALL {
        let texts =
            [reasons(&schema, &phrases, locale), page(&schema, &phrases, locale), product(&schema, locale)];
        for text in texts.iter().flatten() {
            let counts = Counts::of([text.as_str()], locale);
            let (words, sentences) = (counts.words, counts.sentences);
            assert!(words / sentences <= 30.0, "{locale}: {words} words in {sentences} sentences: {text}");
        }
    }
}
