//! The languages that people are answered in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language with every phrase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English; what an unknown language falls back to.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Dutch.
    Nl,
}

impl Locale {
    /// All languages.
    pub const ALL: [Self; 6] = [Self::En, Self::Fr, Self::De, Self::Es, Self::It, Self::Nl];

    /// The language tag: `en`, `fr`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
            Self::Es => "es",
            Self::It => "it",
            Self::Nl => "nl",
        }
    }

    /// The language of a BCP 47 tag such as `fr`, `fr-CA` or `fr_FR`; None when we do not speak it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.tag()))
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// One text in several languages: always in English, in the others when they are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    /// In English.
    pub en: String,
    /// In French; empty when it is not given, as are those below.
    #[serde(default)]
    pub fr: String,
    /// In German.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub de: String,
    /// In Spanish.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub es: String,
    /// In Italian.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub it: String,
    /// In Dutch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub nl: String,
}

impl Localised {
    /// The text in `locale`, or in English when it is not given in that language.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        self.given(locale).unwrap_or(&self.en)
    }

    /// The text in `locale`; None when it is not given in that language.
    #[must_use]
    pub fn given(&self, locale: Locale) -> Option<&str> {
        let text = match locale {
            Locale::En => &self.en,
            Locale::Fr => &self.fr,
            Locale::De => &self.de,
            Locale::Es => &self.es,
            Locale::It => &self.it,
            Locale::Nl => &self.nl,
        };
        Some(text.as_str()).filter(|text| !text.trim().is_empty())
    }

    /// The same, with `text` in `locale`.
    #[must_use]
    pub fn with(mut self, locale: Locale, text: impl Into<String>) -> Self {
        let place = match locale {
            Locale::En => &mut self.en,
            Locale::Fr => &mut self.fr,
            Locale::De => &mut self.de,
            Locale::Es => &mut self.es,
            Locale::It => &mut self.it,
            Locale::Nl => &mut self.nl,
        };
        *place = text.into();
        self
    }

    /// Whether it is given in no language.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Locale::ALL.into_iter().all(|locale| self.given(locale).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_tag_whatever_region_follows() {
        for locale in Locale::ALL {
            assert_eq!(Locale::of_tag(locale.tag()), Some(locale));
            assert_eq!(Locale::of_tag(&format!("{}-CH", locale.tag().to_uppercase())), Some(locale));
        }
        assert_eq!(Locale::of_tag("pt_BR"), None);
        assert_eq!(Locale::of_tag(""), None);
    }

    #[test]
    fn a_text_that_is_not_given_in_a_language_is_told_in_english() {
        let text = Localised::default().with(Locale::En, "age").with(Locale::De, "Alter");
        assert_eq!(text.get(Locale::De), "Alter");
        assert_eq!((text.get(Locale::It), text.given(Locale::It)), ("age", None));
        assert!(!text.is_empty() && Localised::default().is_empty());
    }

    #[test]
    fn each_language_has_a_text_of_its_own() {
        let write = |text: Localised, locale: Locale| text.with(locale, locale.tag());
        let text = Locale::ALL.into_iter().fold(Localised::default(), write);
        for locale in Locale::ALL {
            assert_eq!(text.given(locale), Some(locale.tag()));
        }
        let written = serde_json::to_string(&text).unwrap();
        assert_eq!(serde_json::from_str::<Localised>(&written).unwrap(), text);
    }

    /// Texts as they were written before there were other languages.
    #[test]
    fn a_text_in_two_languages_is_written_as_before() {
        let two = Localised::default().with(Locale::En, "age").with(Locale::Fr, "âge");
        assert_eq!(serde_json::to_string(&two).unwrap(), r#"{"en":"age","fr":"âge"}"#);
    }
}
