//! What every page begins with: its language, where it stands, and the other languages that it is told in.

use fluent_bundle::FluentArgs;

use super::place::Placed;
use crate::domain::{AdLabel, Locale, shown};
use crate::explain::Phrases;

/// How a page is to be told.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The words.
    pub phrases: &'a Phrases,
    /// The language.
    pub locale: Locale,
    /// Whether that is a language that was asked for.
    pub asked_supported: bool,
    /// Where the page stands, and the token that opened it.
    pub placed: &'a Placed,
    /// Whether the page shows sample data, and has to say so.
    pub sample: bool,
}

impl<'a> Setting<'a> {
    pub(super) fn say(&self) -> Say<'a> {
        Say { phrases: self.phrases, locale: self.locale }
    }

    /// The languages that the page can be read in besides, each by the link that `href` makes of it.
    pub(super) fn languages(&self, href: impl Fn(&str) -> String) -> Vec<Language> {
        let others = self.phrases.languages().iter().filter(|other| **other != self.locale);
        let language = |other: &Locale| Language {
            tag: other.tag(),
            name: self.phrases.text("language-name", *other),
            href: href(other.tag()),
        };
        others.map(language).collect()
    }

    /// That another language than the one that was asked for had to be taken.
    pub(super) fn fallback(&self) -> Option<String> {
        (!self.asked_supported).then(|| self.say().text("fallback-language"))
    }

    /// That what the page shows is made up, when it is.
    pub(super) fn sample_note(&self) -> Option<String> {
        self.sample.then(|| self.say().text("sample-note"))
    }
}

/// A language that a page links to.
pub(super) struct Language {
    pub(super) tag: &'static str,
    /// What it calls itself.
    pub(super) name: String,
    pub(super) href: String,
}

/// The phrases in one language.
#[derive(Clone, Copy)]
pub(super) struct Say<'a> {
    pub(super) phrases: &'a Phrases,
    pub(super) locale: Locale,
}

impl Say<'_> {
    pub(super) fn text(&self, id: &str) -> String {
        self.phrases.text(id, self.locale)
    }

    pub(super) fn with(&self, id: &str, variables: &FluentArgs<'_>) -> String {
        self.phrases.say(id, self.locale, variables)
    }

    /// A message about what has a name.
    pub(super) fn about(&self, id: &str, name: impl Into<String>) -> String {
        self.with(id, &[("name", name.into())].into_iter().collect())
    }

    pub(super) fn lang(&self) -> &'static str {
        self.locale.tag()
    }

    pub(super) fn percent(&self, percent: u32) -> String {
        match percent {
            0 => self.text("share-tiny"),
            _ => self.with("share", &[("percent", percent)].into_iter().collect()),
        }
    }

    /// An ad, by whom and about what it is.
    pub(super) fn ad(&self, ad: &AdLabel) -> String {
        let mut variables = FluentArgs::new();
        variables.set("advertiser", shown(&ad.advertiser));
        variables.set("category", self.phrases.category(&ad.category, self.locale));
        self.with("an-ad", &variables)
    }
}
