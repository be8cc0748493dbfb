//! "What would have changed this": the smallest sets of data that would have, and what there would have been
//! without one.

use askama::Template;

use super::place::Placed;
use super::setting::{Language, Say, Setting};
use crate::decide::{Flips, Without};
use crate::domain::{Decision, Feature, shown};
use crate::explain::{Instead, capitalised};

/// What the search of a page came to.
pub(super) enum Asked<'a> {
    /// All that would have changed the decision.
    Everything(&'a Decision, &'a Flips),
    /// The decision without one datum, by its reason code.
    One(&'a str, &'a Without),
}

/// The page as HTML.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub(super) fn changes_page(
    setting: &Setting<'_>,
    features: &[Feature],
    asked: &Asked<'_>,
) -> Result<String, askama::Error> {
    let (say, placed) = (setting.say(), setting.placed);
    let page = match asked {
        Asked::Everything(decision, flips) => {
            let one = |code: &String| One {
                label: capitalised(&say.phrases.datum(code, features, say.locale)),
                href: placed.what_if(code, say.lang()),
            };
            ChangesPage {
                say,
                placed,
                languages: setting.languages(|lang| placed.changes(lang)),
                fallback: setting.fallback(),
                about: this_ad(say, decision, flips.index),
                answer: say.phrases.sought(flips.sought(), say.locale),
                outcomes: outcomes(say, features, flips),
                ones: flips.controls.iter().map(one).collect(),
                tried: (flips.rescorings > 0)
                    .then(|| say.with("changes-tried", &[("count", flips.rescorings)].into_iter().collect())),
                alone: false,
                sample: setting.sample_note(),
            }
        }
        Asked::One(code, without) => ChangesPage {
            say,
            placed,
            languages: setting.languages(|lang| placed.what_if(code, lang)),
            fallback: setting.fallback(),
            about: this_ad(say, &without.before, without.index),
            answer: say.phrases.change(&[(*code).to_owned()], without.instead(), features, say.locale),
            outcomes: Vec::new(),
            ones: Vec::new(),
            tried: None,
            alone: true,
            sample: setting.sample_note(),
        },
    };
    page.render()
}

/// The sets by what they come to, in the order in which they were found.
fn outcomes(say: Say<'_>, features: &[Feature], flips: &Flips) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for flip in &flips.sets {
        let text = match flip.instead() {
            Instead::AdOf(advertiser) => {
                let variables = [("advertiser", shown(advertiser))].into_iter().collect();
                say.with("changes-instead", &variables)
            }
            Instead::Nothing | Instead::Same => say.text("changes-instead-none"),
        };
        let labels = flip.data.iter().map(|code| say.phrases.datum(code, features, say.locale));
        let set = capitalised(&labels.collect::<Vec<_>>().join(" + "));
        match outcomes.iter_mut().find(|outcome| outcome.text == text) {
            Some(outcome) => outcome.sets.push(set),
            None => outcomes.push(Outcome { text, sets: vec![set] }),
        }
    }
    outcomes
}

fn this_ad(say: Say<'_>, decision: &Decision, index: usize) -> String {
    decision.ranked.get(index).map(|ranked| say.ad(&ranked.ad)).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    /// The ad that is asked about.
    about: String,
    answer: String,
    /// What there would have been, by the smallest sets that come to it.
    outcomes: Vec<Outcome>,
    /// Data that can be tried one at a time.
    ones: Vec<One>,
    tried: Option<String>,
    /// Whether the page is about one datum.
    alone: bool,
    sample: Option<String>,
}

struct Outcome {
    text: String,
    sets: Vec<String>,
}

struct One {
    label: String,
    href: String,
}
