//! Every word that a person reads, in every language: Fluent messages, the product's own and the
//! example's.

mod cause;
mod change;

pub use change::{Instead, Sought};

use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::domain::{
    Day, Derivation, Feature, Locale, Localised, Provenance, Purpose, Purposes, Timestamp, shown,
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

/// The messages of every language that an example can be told in.
pub struct Phrases {
    english: Bundle,
    others: BTreeMap<Locale, Bundle>,
    languages: Vec<Locale>,
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
    /// Loads the product's phrases and, after them, those of an example: the text of a Fluent file for
    /// each language that the example is told in. Without any, it is every language of the product.
    ///
    /// # Errors
    /// When a message cannot be parsed, exists already, lacks a translation, or refers to a variable
    /// that reasons do not have.
    pub fn load(example: &Localised) -> Result<Self, PhraseError> {
        let is_told =
            |locale: &Locale| *locale == Locale::En || example.is_empty() || example.given(*locale).is_some();
        let languages: Vec<Locale> = Locale::ALL.into_iter().filter(is_told).collect();
        let english = bundle(Locale::En, example)?;
        let mut others = BTreeMap::new();
        for &locale in languages.iter().filter(|locale| **locale != Locale::En) {
            others.insert(locale, bundle(locale, example)?);
        }
        let phrases = Self { english, others, languages };
        for &locale in &phrases.languages {
            for &other in &phrases.languages {
                phrases.check_translated(example, locale, other)?;
            }
            phrases.check_resolved(example, locale)?;
        }
        Ok(phrases)
    }

    /// The same phrases, but only in those of `languages` (and in English): labels of data are given in
    /// no others, and a sentence is told in one language.
    #[must_use]
    pub fn within(mut self, languages: &[Locale]) -> Self {
        self.languages.retain(|locale| *locale == Locale::En || languages.contains(locale));
        self.others.retain(|locale, _| languages.contains(locale));
        self
    }

    /// The languages that people can be answered in, English first.
    #[must_use]
    pub fn languages(&self) -> &[Locale] {
        &self.languages
    }

    /// The language to answer in when that of `tag` is asked for, and whether another had to be taken.
    /// Not asking is no fall-back.
    #[must_use]
    pub fn language_of(&self, tag: &str) -> (Locale, bool) {
        match Locale::of_tag(tag).filter(|locale| self.languages.contains(locale)) {
            Some(locale) => (locale, false),
            None => (Locale::default(), !tag.is_empty()),
        }
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

    /// A category by its label; when it has none, as others wrote it, made fit to be read.
    #[must_use]
    pub fn category(&self, key: &str, locale: Locale) -> String {
        let label = self.find(&format!("category-{}", slug(key)), None, locale, &FluentArgs::new());
        label.unwrap_or_else(|| shown(key).into_owned())
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
                variables.set("name", shown(name));
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
        self.others.get(&locale).unwrap_or(&self.english)
    }

    /// Every message that the example has in `locale`, it has in `other`.
    fn check_translated(
        &self,
        example: &Localised,
        locale: Locale,
        other: Locale,
    ) -> Result<(), PhraseError> {
        let there = self.bundle(other);
        match message_ids(example.given(locale).unwrap_or_default()).find(|id| !there.has_message(id)) {
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
        for id in message_ids(example.given(locale).unwrap_or_default()) {
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
        Locale::De => include_str!("phrases/de.ftl"),
        Locale::Es => include_str!("phrases/es.ftl"),
        Locale::It => include_str!("phrases/it.ftl"),
        Locale::Nl => include_str!("phrases/nl.ftl"),
    };
    // It gives the plural rules; our own tags always parse.
    let language: LanguageIdentifier = locale.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks of direction around every variable would show in texts that are copied.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::En => |value, _| number_in(value, Locale::En),
        Locale::Fr => |value, _| number_in(value, Locale::Fr),
        Locale::De => |value, _| number_in(value, Locale::De),
        Locale::Es => |value, _| number_in(value, Locale::Es),
        Locale::It => |value, _| number_in(value, Locale::It),
        Locale::Nl => |value, _| number_in(value, Locale::Nl),
    }));
    for source in [product, example.given(locale).unwrap_or_default()] {
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
mod tests;
