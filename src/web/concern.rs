//! "Tell us what you think": feedback in one press, the form of a question, what was asked before, and the page of one
//! question with its answer.

use askama::Template;

use super::place::Placed;
use super::setting::{Language, Say, Setting};
use crate::decide::Replayed;
use crate::domain::{ANSWER_DAYS, CONCERN_CHARACTERS_MAX, ConcernOutcome, ConcernTopic, FeedbackKind};
use crate::ledger::Concern;

/// What a page offers to press; that an ad was closed is told by the site that showed it.
const PRESSES: [FeedbackKind; 4] =
    [FeedbackKind::Clear, FeedbackKind::Unclear, FeedbackKind::Relevant, FeedbackKind::NotRelevant];

/// The part of the page of reasons, in words.
pub(super) struct ConcernsView {
    pub(super) feedback_action: String,
    pub(super) presses: Vec<Choice>,
    pub(super) action: String,
    /// The name of the question that the form asks; sent twice, it is asked once.
    pub(super) fresh: String,
    pub(super) topics: Vec<Choice>,
    pub(super) characters_max: usize,
    pub(super) earlier: Vec<Earlier>,
}

/// A thing to choose.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: String,
}

/// A question that was asked before.
pub(super) struct Earlier {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) state: String,
}

impl ConcernsView {
    /// What a page offers, and the questions about its decision; `fresh` names the next one.
    pub(super) fn of(setting: &Setting<'_>, concerns: &[Concern], fresh: String) -> Self {
        let say = setting.say();
        let choice = |prefix: &str, name: &'static str| Choice {
            name,
            label: say.text(&format!("{prefix}-{}", name.replace('_', "-"))),
        };
        let earlier = concerns.iter().map(|concern| Earlier {
            href: setting.placed.concern(concern.id.as_str(), say.lang()),
            title: topic(say, concern.topic),
            state: say.text(state(concern)),
        });
        Self {
            feedback_action: setting.placed.feedback(say.lang()),
            presses: PRESSES.map(|kind| choice("press", kind.name())).into(),
            action: setting.placed.concerns(say.lang()),
            fresh,
            topics: ConcernTopic::ALL.map(|topic| choice("topic", topic.name())).into(),
            characters_max: CONCERN_CHARACTERS_MAX,
            earlier: earlier.collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "concern.html")]
struct ConcernPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    topic: String,
    raised: String,
    state: String,
    /// When it was or is to be answered.
    when: String,
    /// What was written, line by line; None when it is not for the reader's eyes, or gone.
    text: Option<Vec<String>>,
    answer: Option<Vec<String>>,
    remade: String,
}

/// The page of a question as HTML; `remade` is its decision, made again.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub(super) fn concern_page(
    setting: &Setting<'_>,
    concern: &Concern,
    remade: &Replayed,
) -> Result<String, askama::Error> {
    let say = setting.say();
    let on = |id: &str, at| say.with(id, &[("at", say.phrases.moment(at, say.locale))].into_iter().collect());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let answer = concern.answer.as_ref();
    ConcernPage {
        say,
        placed: setting.placed,
        languages: setting.languages(|lang| setting.placed.concern(concern.id.as_str(), lang)),
        fallback: setting.fallback(),
        topic: topic(say, concern.topic),
        raised: on("concern-raised", concern.at),
        state: say.text(state(concern)),
        when: match answer {
            Some(answer) => on("concern-answered", answer.at),
            None if concern.outcome.is_some() => say.text("concern-sealed"),
            None => on("concern-due", concern.at.plus_days(ANSWER_DAYS)),
        },
        text: concern.text.as_deref().filter(|text| !text.is_empty()).map(lines),
        answer: answer.map(|answer| lines(&answer.text)),
        remade: say.text(match remade {
            Replayed::Identical(_) => "concern-remade-same",
            Replayed::Differs(_) => "concern-remade-other",
            Replayed::Erased | Replayed::Expired(_) => "concern-remade-gone",
        }),
    }
    .render()
}

#[derive(Template)]
#[template(path = "thanks.html")]
struct ThanksPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
}

/// The page after a press, as HTML.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub(super) fn thanks_page(setting: &Setting<'_>) -> Result<String, askama::Error> {
    ThanksPage {
        say: setting.say(),
        placed: setting.placed,
        languages: setting.languages(|lang| setting.placed.feedback(lang)),
        fallback: setting.fallback(),
    }
    .render()
}

fn topic(say: Say<'_>, topic: ConcernTopic) -> String {
    say.text(&format!("topic-{}", topic.name().replace('_', "-")))
}

const fn state(concern: &Concern) -> &'static str {
    match concern.outcome {
        None => "concern-waits",
        Some(ConcernOutcome::Upheld) => "concern-upheld",
        Some(ConcernOutcome::Explained) => "concern-explained",
    }
}
