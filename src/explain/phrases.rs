//! Every word that a person reads, in every language: Fluent messages, the product's own and the
//! example's.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::domain::{
    Cause, Day, Derivation, Feature, Locale, Localised, Provenance, Purpose, Purposes, Timestamp,
};

use super::figures;

/// Variables that a `reason-` message of an example may use.
///
/// - `$key`: the category that the ad and the history share, by its label
/// - `$times`: on how many days it happened, `$count`: how often; `2` or `1 to 5`
/// - `$weeks`, `$days`: how far back was looked; `$window`: the same as words, `in the last 12 weeks`
/// - `$last`: the last day, `4 September 2017`, or its month; `$when`: the same with its preposition,
///   `on 4 September 2017` or `in September 2017`, which a sentence should prefer
/// - `$value`: a number or a category, by its label; `$number`: a number, for choosing its plural;
///   `$percent`: a number times 100
///
/// Attributes of the message: `.absent` when nothing was found in the history, `.missing` when a value
/// is not known, `.several` when ad and history share several values (there is no `$key` then), and
/// one by the name of each feature whose value is told in other words.
const REASON_VARIABLES: [&str; 11] =
    ["key", "times", "count", "weeks", "days", "window", "last", "when", "value", "number", "percent"];

/// The messages of every language.
pub struct Phrases {
    en: Bundle,
    fr: Bundle,
}

type Bundle = FluentBundle<FluentResource>;

/// Why phrases cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// A message that is not Fluent.
    #[error("phrases.{locale}.ftl, line {line}: {rule}")]
    Syntax {
        /// The language.
        locale: Locale,
        /// Line of the error, from 1.
        line: usize,
        /// What the parser found.
        rule: String,
    },
    /// A message that is defined twice, or that the product itself defines.
    #[error("phrases.{locale}.ftl: message {message} is already defined")]
    Twice {
        /// The language.
        locale: Locale,
        /// The message.
        message: String,
    },
    /// A message that another language has.
    #[error("phrases.{locale}.ftl: message {message} is missing; another language has it")]
    Missing {
        /// The language that lacks it.
        locale: Locale,
        /// The message.
        message: String,
    },
    /// A message that refers to something that does not exist.
    #[error("phrases.{locale}.ftl: message {message} {rule}")]
    Unresolved {
        /// The language.
        locale: Locale,
        /// The message.
        message: String,
        /// What it refers to.
        rule: String,
    },
}

impl Phrases {
    /// Loads the product's phrases and, after them, those of an example (the text of a Fluent file
    /// for each language; may be empty).
    ///
    /// # Errors
    /// When a message cannot be parsed, exists already, lacks a translation, or refers to a variable
    /// that reasons do not have.
    pub fn load(example: &Localised) -> Result<Self, PhraseError> {
        let phrases = Self { en: bundle(Locale::En, example)?, fr: bundle(Locale::Fr, example)? };
        for locale in Locale::ALL {
            for other in Locale::ALL {
                phrases.check_translated(example, locale, other)?;
            }
            phrases.check_resolved(example, locale)?;
        }
        Ok(phrases)
    }

    /// The product's message `id`, which has no variables; the id itself if there is none.
    #[must_use]
    pub fn text(&self, id: &str, locale: Locale) -> String {
        self.say(id, locale, &FluentArgs::new())
    }

    /// The product's message `id` with its variables; the id itself if there is none.
    #[must_use]
    pub fn say(&self, id: &str, locale: Locale, variables: &FluentArgs<'_>) -> String {
        self.find(id, None, locale, variables).unwrap_or_else(|| id.to_owned())
    }

    /// A datum as a noun phrase, such as `your purchases in this category`; a pair names both sides.
    #[must_use]
    pub fn datum(&self, code: &str, features: &[Feature], locale: Locale) -> String {
        let none = FluentArgs::new();
        if let Some(phrase) = self.find(&format!("datum-{code}"), None, locale, &none) {
            return phrase;
        }
        if let Some(feature) = features.iter().find(|feature| feature.datum == code) {
            return feature.label.get(locale).to_owned();
        }
        match code.split_once('+') {
            Some((one, other)) => {
                let mut sides = FluentArgs::new();
                sides.set("one", self.datum(one, features, locale));
                sides.set("other", self.datum(other, features, locale));
                self.say("datum-pair", locale, &sides)
            }
            None => code.to_owned(),
        }
    }

    /// A category by its label; as it is when it has none.
    #[must_use]
    pub fn category(&self, key: &str, locale: Locale) -> String {
        let label = self.find(&format!("category-{}", slug(key)), None, locale, &FluentArgs::new());
        label.unwrap_or_else(|| key.to_owned())
    }

    /// Why a datum is permitted or not, as a sentence.
    #[must_use]
    pub fn cause(&self, cause: Cause, locale: Locale) -> String {
        match cause {
            Cause::NotPersonal => self.text("cause-not-personal", locale),
            Cause::Accepted => self.text("cause-accepted", locale),
            Cause::PurposesRefused(refused) => {
                let mut variables = FluentArgs::new();
                variables.set("count", refused.iter().count());
                variables.set("purposes", self.purposes(refused, locale));
                self.say("cause-purposes-refused", locale, &variables)
            }
            Cause::NoSubject => self.text("cause-no-subject", locale),
            Cause::SensitiveAd => self.text("cause-sensitive-ad", locale),
        }
    }

    /// What a purpose is for, in plain words: `choose ads using a profile of you`.
    #[must_use]
    pub fn purpose(&self, purpose: Purpose, locale: Locale) -> String {
        self.text(&format!("purpose-{}", purpose.number()), locale)
    }

    /// Several purposes: `one, another and a third`.
    #[must_use]
    pub fn purposes(&self, purposes: Purposes, locale: Locale) -> String {
        let mut names: Vec<String> = purposes.iter().map(|purpose| self.purpose(purpose, locale)).collect();
        let last = names.pop().unwrap_or_default();
        if names.is_empty() {
            return last;
        }
        let others = names.join(&self.text("list-separator", locale));
        format!("{others}{}{last}", self.text("list-last", locale))
    }

    /// Where data come from: `this site`.
    #[must_use]
    pub fn provenance(&self, provenance: &Provenance, locale: Locale) -> String {
        match provenance {
            Provenance::FirstParty => self.text("provenance-first-party", locale),
            Provenance::Partner(name) => {
                let mut variables = FluentArgs::new();
                variables.set("name", name.clone());
                self.say("provenance-partner", locale, &variables)
            }
        }
    }

    /// How data came to be: `observed`.
    #[must_use]
    pub fn derivation(&self, derivation: Derivation, locale: Locale) -> String {
        let id = match derivation {
            Derivation::Stated => "derivation-stated",
            Derivation::Observed => "derivation-observed",
            Derivation::Inferred => "derivation-inferred",
        };
        self.text(id, locale)
    }

    /// A moment: `4 September 2017 at 10:00 UTC`.
    #[must_use]
    pub fn moment(&self, at: Timestamp, locale: Locale) -> String {
        let minutes = at.micros().div_euclid(60_000_000).rem_euclid(24 * 60);
        let mut variables = date_variables(at.day());
        variables.set("hour", format!("{:02}", minutes / 60));
        variables.set("minute", format!("{:02}", minutes % 60));
        self.say("moment", locale, &variables)
    }

    /// The message `id` (or one of its attributes); None if it does not exist or cannot be completed.
    pub(super) fn find(
        &self,
        id: &str,
        attribute: Option<&str>,
        locale: Locale,
        variables: &FluentArgs<'_>,
    ) -> Option<String> {
        complete(self.bundle(locale), id, attribute, variables)?.ok()
    }

    pub(super) fn bundle(&self, locale: Locale) -> &Bundle {
        match locale {
            Locale::En => &self.en,
            Locale::Fr => &self.fr,
        }
    }

    /// Every message that the example has in `locale`, it has in `other`.
    fn check_translated(
        &self,
        example: &Localised,
        locale: Locale,
        other: Locale,
    ) -> Result<(), PhraseError> {
        let there = self.bundle(other);
        match message_ids(example.get(locale)).find(|id| !there.has_message(id)) {
            None => Ok(()),
            Some(id) => Err(PhraseError::Missing { locale: other, message: id.to_owned() }),
        }
    }

    /// The value of the message `id`, as None, and its attributes.
    fn parts(&self, id: &str, locale: Locale) -> Vec<Option<&str>> {
        let attributes =
            self.bundle(locale).get_message(id).into_iter().flat_map(|message| message.attributes());
        std::iter::once(None).chain(attributes.map(|attribute| Some(attribute.id()))).collect()
    }

    /// Every reason can be completed with the variables that reasons have.
    fn check_resolved(&self, example: &Localised, locale: Locale) -> Result<(), PhraseError> {
        for id in message_ids(example.get(locale)) {
            for variables in sample_variables(id) {
                for attribute in self.parts(id, locale) {
                    if let Some(Err(rule)) = complete(self.bundle(locale), id, attribute, &variables) {
                        return Err(PhraseError::Unresolved { locale, message: id.to_owned(), rule });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Variables that lead through the singular, the plural and the banded variant of a message.
fn sample_variables(id: &str) -> Vec<FluentArgs<'static>> {
    if !id.starts_with("reason-") {
        return vec![FluentArgs::new()];
    }
    [FluentValue::from(1), FluentValue::from(5), FluentValue::from("1 to 5")]
        .into_iter()
        .map(|value| REASON_VARIABLES.into_iter().map(|variable| (variable, value.clone())).collect())
        .collect()
}

/// The variables of a date.
pub(super) fn date_variables(day: Day) -> FluentArgs<'static> {
    let (year, month, day) = day.civil();
    let mut variables = FluentArgs::new();
    variables.set("day", day);
    variables.set("month", month);
    variables.set("year", year.to_string()); // a year has no thousands separator
    variables
}

/// The part of a message id that stands for a category: `FROZEN PIZZA` is `frozen-pizza`.
pub(super) fn slug(key: &str) -> String {
    let mut slug = String::with_capacity(key.len());
    for character in key.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn bundle(locale: Locale, example: &Localised) -> Result<Bundle, PhraseError> {
    let product = match locale {
        Locale::En => include_str!("phrases/en.ftl"),
        Locale::Fr => include_str!("phrases/fr.ftl"),
    };
    // It gives the plural rules; our own tags always parse.
    let language: LanguageIdentifier = locale.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks of direction around every variable would show in texts that are copied.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::En => |value, _| number_in(value, Locale::En),
        Locale::Fr => |value, _| number_in(value, Locale::Fr),
    }));
    for source in [product, example.get(locale)] {
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
            let (at, rule) = errors.first().map_or((0, String::new()), |e| (e.pos.start, e.kind.to_string()));
            PhraseError::Syntax { locale, line: line_of(source, at), rule }
        })?;
        bundle.add_resource(resource).map_err(|errors| match errors.into_iter().next() {
            Some(FluentError::Overriding { id, .. }) => PhraseError::Twice { locale, message: id },
            other => PhraseError::Twice { locale, message: format!("{other:?}") },
        })?;
    }
    Ok(bundle)
}

fn number_in(value: &FluentValue<'_>, locale: Locale) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(figures::number(number.value, locale)),
        _ => None, // a foreign enum: texts are written as they are
    }
}

/// The text of a message or attribute; None if there is no such thing, Err(rule) if it refers to
/// something that does not exist.
fn complete(
    bundle: &Bundle,
    id: &str,
    attribute: Option<&str>,
    variables: &FluentArgs<'_>,
) -> Option<Result<String, String>> {
    let message = bundle.get_message(id)?;
    let pattern = match attribute {
        None => message.value()?,
        Some(name) => message.get_attribute(name)?.value(),
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(variables), &mut errors).into_owned();
    Some(match errors.first() {
        None => Ok(text),
        Some(error) => Err(format!("cannot be completed: {error}")),
    })
}

/// The ids of the messages in a Fluent source, in order.
fn message_ids(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once('=').map(|(id, _)| id.trim_end()))
}

fn line_of(source: &str, position: usize) -> usize {
    1 + source.as_bytes().iter().take(position).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sample;
    use super::*;

    const PRODUCT: [(Locale, &str); 2] =
        [(Locale::En, include_str!("phrases/en.ftl")), (Locale::Fr, include_str!("phrases/fr.ftl"))];

    fn load(en: &str, fr: &str) -> Result<Phrases, PhraseError> {
        Phrases::load(&Localised { en: en.to_owned(), fr: fr.to_owned() })
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

    #[test]
    fn every_language_has_every_message_and_attribute() {
        let outline = |source: &str| -> Vec<String> {
            let attribute = |line: &str| {
                line.trim_start().starts_with('.').then(|| line.split('=').next().unwrap().trim().to_owned())
            };
            source
                .lines()
                .filter_map(|line| message_ids(line).next().map(str::to_owned).or_else(|| attribute(line)))
                .collect()
        };
        assert_eq!(outline(PRODUCT[0].1), outline(PRODUCT[1].1));
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
    fn no_text_speaks_jargon() {
        let jargon = [
            "log-odds",
            "feature",
            "score",
            "model",
            "algorithm",
            "probability",
            "bias",
            "intercept",
            "variable",
            "modèle",
            "algorithme",
            "probabilité",
            "biais",
            "opt-out",
            "datum",
            "cookie",
        ];
        for locale in Locale::ALL {
            for (id, text) in all_texts(locale) {
                let text = text.to_lowercase();
                assert!(jargon.iter().all(|word| !text.contains(word)), "{id}: {text}");
            }
        }
    }

    #[test]
    fn french_has_its_spaces_its_apostrophe_and_its_vous() {
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
            let familiar = ["tu", "te", "toi", "ton", "ta", "tes"];
            let words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
            assert!(words.into_iter().all(|word| !familiar.contains(&word.as_str())), "{id}: {text}");
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

    #[test]
    fn every_cause_purpose_and_origin_of_data_has_its_words() {
        let phrases = load("", "").unwrap();
        let causes = [
            Cause::NotPersonal,
            Cause::Accepted,
            Cause::PurposesRefused(Purposes::ALL),
            Cause::NoSubject,
            Cause::SensitiveAd,
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
        let all: BTreeSet<String> =
            (0..12).map(|month| phrases.moment(at.plus_days(month * 30 + 10), Locale::Fr)).collect();
        assert_eq!(all.len(), 12);
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
        assert_eq!(error("reason-a = You.\n", ""), rule);
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
        let hidden =
            "reason-a = You, { $times ->\n    [one] { $only } time\n   *[other] { $times } times\n}.\n";
        assert!(error(hidden, good).contains("$only"));
        assert!(error("reason-a = You.\n    .absent = You, { $nobody }.\n", good).contains("$nobody"));
        assert!(error("datum-a = { $key }\n", "datum-a = x\n").contains("$key"));
    }

    #[test]
    fn phrases_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&load("", "").unwrap());
    }
}
