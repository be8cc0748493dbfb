//! The page "how ads are chosen here": for people who know nothing of advertising, told from the models
//! that serve.

use askama::Template;
use fluent_bundle::FluentArgs;

use super::place::Placed;
use super::setting::{Language, Say, Setting};
use crate::data::taxonomy::Node;
use crate::decide::{Estimate, HowItWorks, LookedAt, WorkedExample};
use crate::domain::{Origin, Response};
use crate::explain::{capitalised, percents};

/// What the page is made of.
#[derive(Clone, Copy)]
pub struct HowRequest<'a> {
    /// How a decision is made, in this language.
    pub told: &'a HowItWorks,
    /// How it is to be told; the token is that of the reasons that the page was opened from.
    pub setting: Setting<'a>,
}

/// The page as HTML: no script, no inline style.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub fn how_page(request: &HowRequest<'_>) -> Result<String, askama::Error> {
    HowPage::of(request).render()
}

#[derive(Template)]
#[template(path = "how.html")]
struct HowPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    steps: &'a [String],
    looks: Vec<LookGroup>,
    never: &'a [String],
    sensitive: Vec<Node>,
    estimates: &'a [String],
    example: Option<ExampleView>,
    choices: &'a [String],
    sample: Option<String>,
}

/// Data about one thing.
struct LookGroup {
    id: &'static str,
    title: String,
    data: Vec<DatumView>,
}

struct DatumView {
    label: String,
    share: String,
    /// Width of the bar in percent.
    bar: String,
    /// Whence, how long, on which condition.
    notes: String,
}

struct ExampleView {
    /// The start, then one step for each fact.
    steps: Vec<StepView>,
}

struct StepView {
    /// What becomes known; None at the start.
    fact: Option<String>,
    text: String,
    count: String,
    bar: String,
}

impl<'a> HowPage<'a> {
    fn of(request: &HowRequest<'a>) -> Self {
        let HowRequest { told, setting } = request;
        let say = setting.say();
        Self {
            say,
            placed: setting.placed,
            languages: setting.languages(|lang| setting.placed.how_query(lang)),
            fallback: setting.fallback(),
            steps: &told.steps,
            looks: looks(say, &told.looks_at),
            never: &told.never_looks_at,
            sensitive: told.listed.whole.iter().copied().collect(),
            estimates: &told.estimates,
            example: told.example.as_ref().map(|example| worked(say, example)),
            choices: &told.choices,
            sample: setting.sample_note(),
        }
    }
}

/// The data by what they are about; a kind that nothing is about is left out.
fn looks(say: Say<'_>, data: &[LookedAt]) -> Vec<LookGroup> {
    let percents = percents(&data.iter().map(|datum| datum.share).collect::<Vec<_>>());
    let group = |id: &'static str, of: fn(Origin) -> bool| LookGroup {
        id,
        title: say.text(&format!("how-about-{id}")),
        data: data
            .iter()
            .zip(&percents)
            .filter(|(datum, _)| of(datum.about))
            .map(|(datum, percent)| view(say, datum, *percent))
            .collect(),
    };
    let mut groups = vec![
        group("person", |about| matches!(about, Origin::Subject | Origin::History)),
        group("ad", |about| about == Origin::Ad),
        group("place", |about| about == Origin::Context),
    ];
    groups.retain(|group| !group.data.is_empty());
    groups
}

fn view(say: Say<'_>, datum: &LookedAt, percent: u32) -> DatumView {
    let sources = datum.sources.iter().map(|(provenance, derivation)| {
        let mut variables = FluentArgs::new();
        variables.set("provenance", say.phrases.provenance(provenance, say.locale));
        variables.set("derivation", say.phrases.derivation(*derivation, say.locale));
        say.with("source", &variables)
    });
    let mut notes: Vec<String> = sources.collect();
    if datum.personal {
        notes.push(match datum.retention_days {
            0 => say.text("how-not-kept"),
            days => say.with("how-kept", &[("days", days)].into_iter().collect()),
        });
    } else {
        notes.push(say.text("how-impersonal"));
    }
    let purposes = datum.purposes.iter().count();
    if purposes > 0 {
        let mut variables = FluentArgs::new();
        variables.set("count", purposes);
        variables.set("purposes", say.phrases.purposes(datum.purposes, say.locale));
        notes.push(say.with("how-needs", &variables));
    }
    DatumView {
        label: capitalised(&datum.label),
        share: say.percent(percent),
        bar: width(datum.share),
        notes: notes.join(" "),
    }
}

fn worked(say: Say<'_>, example: &WorkedExample) -> ExampleView {
    let estimates = example.steps.iter().map(|step| step.estimate).chain([example.start]);
    let highest = estimates.map(|estimate| estimate.of_thousand).fold(0.0, f64::max);
    let bar = |estimate: Estimate| width(estimate.of_thousand / highest.max(f64::MIN_POSITIVE));
    let mut variables = FluentArgs::new();
    variables.set("count", count(say, example.start));
    variables.set(
        "response",
        match example.response {
            Response::Click => "click",
            Response::Conversion => "conversion",
        },
    );
    let start = StepView {
        fact: None,
        text: say.with("how-example-start", &variables),
        count: count(say, example.start),
        bar: bar(example.start),
    };
    let mut before = example.start;
    let steps = example.steps.iter().map(|step| {
        let (was, is) = (before.of_thousand.round(), step.estimate.of_thousand.round());
        before = step.estimate;
        let id = match is.total_cmp(&was) {
            std::cmp::Ordering::Greater => "how-example-more",
            std::cmp::Ordering::Less => "how-example-less",
            std::cmp::Ordering::Equal => "how-example-same",
        };
        let count = count(say, step.estimate);
        StepView {
            fact: Some(step.fact.clone()),
            text: say.with(id, &[("count", count.clone())].into_iter().collect()),
            count,
            bar: bar(step.estimate),
        }
    });
    ExampleView { steps: std::iter::once(start).chain(steps).collect() }
}

/// Of how many in 1,000, in words.
fn count(say: Say<'_>, estimate: Estimate) -> String {
    say.with("how-people", &[("people", estimate.of_thousand.round())].into_iter().collect())
}

/// Width of a bar in percent; never so small that it is not seen.
fn width(share: f64) -> String {
    format!("{:.1}", (share * 100.0).clamp(0.5, 100.0))
}

#[cfg(test)]
mod tests;
