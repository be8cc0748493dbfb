//! The page that stands in when what was asked for cannot be shown or done.

use askama::Template;
use fluent_bundle::FluentArgs;

use super::place::Placed;
use super::setting::{Language, Say, Setting};

/// Why there is no page, or why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The token has expired.
    Expired,
    /// The token is forged, cut off or otherwise not ours.
    Invalid,
    /// The decision does not exist, or has been erased.
    NotFound,
    /// The person made no such change.
    NoReceipt,
    /// The token asked too often.
    TooOften {
        /// When it may ask again.
        retry_seconds: u32,
    },
    /// The token is one that anyone may hold, so nothing can be changed with it.
    Bearer,
    /// The decision is about nobody whose choice could be kept.
    Nobody,
    /// A form that another page than ours sent.
    Elsewhere,
    /// A form, or a question, that breaks a rule.
    Malformed,
    /// A form that is longer than any of ours.
    TooLarge,
    /// The name of the change or the question belongs to another one.
    Reused,
    /// There are as many questions about the decision as there may be.
    TooManyConcerns,
    /// The service cannot do it now.
    Unavailable,
}

impl Problem {
    /// All problems.
    pub const ALL: [Self; 13] = [
        Self::Expired,
        Self::Invalid,
        Self::NotFound,
        Self::NoReceipt,
        Self::TooOften { retry_seconds: 60 },
        Self::Bearer,
        Self::Nobody,
        Self::Elsewhere,
        Self::Malformed,
        Self::TooLarge,
        Self::Reused,
        Self::TooManyConcerns,
        Self::Unavailable,
    ];

    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Expired => 410,
            Self::Invalid | Self::Bearer | Self::Elsewhere => 403,
            Self::NotFound | Self::NoReceipt => 404,
            Self::TooOften { .. } => 429,
            Self::Nobody | Self::Reused | Self::TooManyConcerns => 409,
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::Unavailable => 503,
        }
    }

    /// The message of its title; `-text` names the message below it.
    const fn message(self) -> &'static str {
        match self {
            Self::Expired => "problem-expired",
            Self::Invalid => "problem-invalid",
            Self::NotFound => "problem-not-found",
            Self::NoReceipt => "problem-no-receipt",
            Self::TooOften { .. } => "problem-too-often",
            Self::Bearer => "problem-bearer",
            Self::Nobody => "problem-nobody",
            Self::Elsewhere => "problem-elsewhere",
            Self::Malformed | Self::TooLarge => "problem-malformed",
            Self::Reused => "problem-reused",
            Self::TooManyConcerns => "problem-too-many-concerns",
            Self::Unavailable => "problem-unavailable",
        }
    }

    /// Whether the page of reasons can still be opened.
    const fn leads_back(self) -> bool {
        !matches!(self, Self::Expired | Self::Invalid | Self::NotFound)
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    title: String,
    text: String,
    detail: Option<&'a str>,
    back: Option<String>,
}

/// The page as HTML. It says nothing of the token, not even whether it was ever valid. `detail` names the field and
/// the rule of what breaks one.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub fn problem_page(
    problem: Problem,
    setting: &Setting<'_>,
    detail: Option<&str>,
) -> Result<String, askama::Error> {
    let (say, placed) = (setting.say(), setting.placed);
    let mut variables = FluentArgs::new();
    if let Problem::TooOften { retry_seconds } = problem {
        variables.set("seconds", retry_seconds);
    }
    ProblemPage {
        say,
        placed,
        languages: setting.languages(|lang| placed.why_query(lang)),
        fallback: setting.fallback(),
        title: say.text(problem.message()),
        text: say.with(&format!("{}-text", problem.message()), &variables),
        detail,
        back: placed.why(say.lang()).filter(|_| problem.leads_back()),
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Locale, Localised};
    use crate::explain::Phrases;

    fn page(problem: Problem, locale: Locale, asked_supported: bool, placed: &Placed) -> String {
        let phrases = Phrases::load(&Localised::default()).unwrap();
        let setting = Setting { phrases: &phrases, locale, asked_supported, placed, sample: false };
        problem_page(problem, &setting, None).unwrap()
    }

    #[test]
    fn each_problem_is_told_in_each_language() {
        let page = |problem, locale| page(problem, locale, true, &Placed::default());
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
        let html = page(Problem::NotFound, Locale::En, false, &Placed::default());
        assert!(html.contains("not available in your language"));
    }

    #[test]
    fn the_way_back_is_shown_where_there_is_one() {
        let placed = Placed::new(true, Some("abc"));
        for problem in Problem::ALL {
            let back =
                page(problem, Locale::En, true, &placed).contains("href=\"/why/abc?lang=en&#38;embed=1\"");
            let lost = matches!(problem, Problem::Expired | Problem::Invalid | Problem::NotFound);
            assert_eq!(back, !lost, "{problem:?}");
        }
        let wait = page(Problem::TooOften { retry_seconds: 41 }, Locale::En, true, &placed);
        assert!(wait.contains("41 seconds"), "{wait}");
    }
}
