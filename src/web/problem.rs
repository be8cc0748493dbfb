//! The page that stands in when a "why this ad" page cannot be shown.

use askama::Template;

use crate::domain::Locale;
use crate::explain::Phrases;

use super::place::Placed;
use super::why::{Language, other_languages};

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The token has expired.
    Expired,
    /// The token is forged, cut off or otherwise not ours.
    Invalid,
    /// The decision does not exist, or has been erased.
    NotFound,
}

impl Problem {
    /// All problems.
    pub const ALL: [Self; 3] = [Self::Expired, Self::Invalid, Self::NotFound];

    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Expired => 410,
            Self::Invalid => 403,
            Self::NotFound => 404,
        }
    }

    /// The message of its title; `-text` names the message below it.
    const fn message(self) -> &'static str {
        match self {
            Self::Expired => "problem-expired",
            Self::Invalid => "problem-invalid",
            Self::NotFound => "problem-not-found",
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    placed: &'a Placed,
    lang: &'static str,
    languages: Vec<Language>,
    languages_label: String,
    fallback: Option<String>,
    title: String,
    text: String,
}

/// The page as HTML. It says nothing of the token, not even whether it was ever valid.
///
/// `asked_supported` is what [`negotiate`](crate::explain::negotiate) said of the language.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub fn problem_page(
    problem: Problem,
    phrases: &Phrases,
    locale: Locale,
    asked_supported: bool,
    placed: &Placed,
) -> Result<String, askama::Error> {
    ProblemPage {
        placed,
        lang: locale.tag(),
        languages: other_languages(phrases, locale),
        languages_label: phrases.text("languages", locale),
        fallback: (!asked_supported).then(|| phrases.text("fallback-language", locale)),
        title: phrases.text(problem.message(), locale),
        text: phrases.text(&format!("{}-text", problem.message()), locale),
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Localised;

    #[test]
    fn each_problem_is_told_in_each_language() {
        let phrases = Phrases::load(&Localised::default()).unwrap();
        let page =
            |problem, locale| problem_page(problem, &phrases, locale, true, &Placed::default()).unwrap();
        assert!(page(Problem::Expired, Locale::En).contains("<h1>This link has expired</h1>"));
        assert!(page(Problem::Invalid, Locale::Fr).contains("<h1>Ce lien n’est pas valable</h1>"));
        for locale in Locale::ALL {
            for problem in Problem::ALL {
                let html = page(problem, locale);
                assert!(html.contains(&format!("<html lang=\"{locale}\">")) && !html.contains("problem-"));
                assert!(html.contains("href=\"/assets/why.css\""));
            }
        }
    }

    #[test]
    fn an_unknown_language_is_answered_in_english_and_says_so() {
        let phrases = Phrases::load(&Localised::default()).unwrap();
        let html = problem_page(Problem::NotFound, &phrases, Locale::En, false, &Placed::default()).unwrap();
        assert!(html.contains("not available in your language"));
    }
}
