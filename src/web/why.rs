//! The page "why this ad": one decision, told to the person who saw the ad.

use std::borrow::Cow;
use std::collections::BTreeMap;

use askama::Template;
use fluent_bundle::FluentArgs;

use super::concern::ConcernsView;
use super::contrast::ContrastView;
use super::controls::ControlsView;
use super::place::Placed;
use super::setting::{Language, Say, Setting};
use crate::decide::{Compared, Controls};
use crate::domain::{ChangeId, Decision, Feature, Outcome, Purposes, RankedAd, Reason, Standing, shown};
use crate::explain::{
    Baseline, Common, Explanation, Precision, Unused, capitalised, explain, is_personal, percents,
};
use crate::ledger::Concern;

/// Most reasons that a page states.
const REASONS_MAX: usize = 5;

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct WhyRequest<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// Which of its ads, by its place in `ranked`.
    pub ad_index: usize,
    /// The schema that it was decided with.
    pub features: &'a [Feature],
    /// How it is to be told.
    pub setting: Setting<'a>,
    /// How exactly facts about the person are told.
    pub precision: Precision,
    /// What can be chosen.
    pub controls: &'a Controls,
    /// What was asked about the decision before.
    pub concerns: &'a [Concern],
    /// The ad beside another one; None when there was no other.
    pub compared: Option<&'a Compared>,
    /// A name for the change that each button makes.
    pub fresh: &'a dyn Fn() -> ChangeId,
}

/// The page as HTML: no script, no inline style; None when the decision has no such ad.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub fn why_page(request: &WhyRequest<'_>) -> Result<Option<String>, askama::Error> {
    let explanation = explain(request.decision, request.ad_index, request.features, REASONS_MAX);
    let ad = request.decision.ranked.get(request.ad_index);
    match (explanation, ad) {
        (Some(explanation), Some(ad)) => WhyPage::of(request, &explanation, ad).render().map(Some),
        (None, _) | (_, None) => Ok(None),
    }
}

/// What the template shows, all of it in words.
#[derive(Template)]
#[template(path = "why.html")]
struct WhyPage<'a> {
    say: Say<'a>,
    placed: &'a Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    headline: String,
    compared: String,
    advertiser: Cow<'a, str>,
    payer: Cow<'a, str>,
    category: String,
    sides: Vec<Side>,
    named: Option<String>,
    remainder: String,
    /// That no data about the person made a difference, when so.
    impersonal: Option<String>,
    common: Vec<String>,
    /// What of it unfolds only when it is asked for.
    more_common: Option<Folded>,
    unused: Vec<DataGroup>,
    controls: ControlsView,
    /// What would be switched off elsewhere.
    change: Vec<DataGroup>,
    contrast: Option<ContrastView>,
    concerns: ConcernsView,
    kept: Vec<DataGroup>,
    small_print: Vec<String>,
}

/// The reasons for the ad, or those against it.
struct Side {
    id: &'static str,
    title: String,
    reasons: Vec<ReasonView>,
}

/// One reason.
struct ReasonView {
    sentence: String,
    details: Vec<String>,
    share: String,
    /// Width of the bar in percent.
    bar: u32,
    source: Vec<String>,
}

/// How many things that are true of every ad stand open.
const COMMON_OPEN: usize = 12;

/// Lines that unfold, under what is always seen.
struct Folded {
    title: String,
    lines: Vec<String>,
}

/// Data of which one and the same is true.
struct DataGroup {
    text: String,
    data: Vec<String>,
}

impl<'a> WhyPage<'a> {
    fn of(request: &WhyRequest<'a>, explanation: &Explanation, ad: &'a RankedAd) -> Self {
        let (setting, say) = (&request.setting, request.setting.say());
        let teller = Teller { say, features: request.features, precision: request.precision };
        Self {
            say,
            placed: setting.placed,
            languages: setting.languages(|lang| setting.placed.why_query(lang)),
            fallback: setting.fallback(),
            headline: say.phrases.headline(explanation, request.features, say.locale, request.precision),
            compared: say.compared(explanation.baseline),
            advertiser: shown(&ad.ad.advertiser),
            payer: shown(&ad.ad.payer),
            category: say.phrases.category(&ad.ad.category, say.locale),
            sides: teller.sides(explanation),
            named: say.named(explanation),
            remainder: say.remainder(explanation),
            impersonal: (!explanation.personal).then(|| say.text("personal-none")),
            common: teller.common(explanation),
            more_common: teller.more_common(explanation),
            unused: teller.unused(explanation),
            controls: ControlsView::of(setting, request.features, request.controls, request.fresh),
            change: teller.change(explanation),
            contrast: request.compared.map(|compared| ContrastView::of(setting, request.features, compared)),
            concerns: ConcernsView::of(setting, request.concerns, (request.fresh)().to_string()),
            kept: teller.kept(request.decision),
            small_print: teller.small_print(request, explanation),
        }
    }
}

impl Say<'_> {
    fn compared(&self, baseline: Baseline) -> String {
        match baseline {
            Baseline::TrainingMean => self.text("compared-average"),
            Baseline::OtherAds { others } => {
                self.with("compared-others", &[("others", others)].into_iter().collect())
            }
        }
    }

    /// What part of all push the reasons name; None when there are none.
    fn named(&self, explanation: &Explanation) -> Option<String> {
        let count = explanation.reasons.len();
        let percent: u32 = reason_percents(explanation).iter().sum();
        let mut variables = FluentArgs::new();
        variables.set("count", count);
        variables.set(
            "share",
            match percent {
                100.. if explanation.remainder > 0.0 => self.text("share-most"),
                _ => self.percent(percent),
            },
        );
        (count > 0).then(|| self.with("named-share", &variables))
    }

    fn remainder(&self, explanation: &Explanation) -> String {
        if explanation.remainder <= 0.0 {
            return self.text("remainder-none");
        }
        let named: u32 = reason_percents(explanation).iter().sum();
        let mut variables = FluentArgs::new();
        variables.set("share", self.percent(100_u32.saturating_sub(named)));
        self.with("remainder", &variables)
    }

    fn record(&self, decision: &Decision) -> String {
        let mut variables = FluentArgs::new();
        variables.set("id", decision.id.to_string());
        variables.set("at", self.phrases.moment(decision.at, self.locale));
        self.with("record", &variables)
    }
}

/// Puts an explanation into words.
struct Teller<'a> {
    say: Say<'a>,
    features: &'a [Feature],
    precision: Precision,
}

impl Teller<'_> {
    /// The reasons for the ad, and those against it; a side without reasons is left out.
    fn sides(&self, explanation: &Explanation) -> Vec<Side> {
        let percents = reason_percents(explanation);
        let side = |standing: Standing, id: &'static str| Side {
            id,
            title: self.say.text(&format!("section-{id}")),
            reasons: explanation
                .reasons
                .iter()
                .zip(&percents)
                .filter(|(reason, _)| reason.standing == standing)
                .map(|(reason, percent)| self.reason(reason, *percent))
                .collect(),
        };
        let mut sides = vec![side(Standing::For, "for"), side(Standing::Against, "against")];
        sides.retain(|side| !side.reasons.is_empty());
        sides
    }

    fn reason(&self, reason: &Reason, percent: u32) -> ReasonView {
        let Say { phrases, locale } = self.say;
        ReasonView {
            sentence: phrases.reason(reason, self.features, locale, self.precision),
            details: phrases.details(reason, self.features, locale, self.precision),
            share: self.say.percent(percent),
            // No finer than the text beside it: a link may be anyone's.
            bar: percent.clamp(1, 100),
            source: self.source(reason),
        }
    }

    /// Where the data come from, and what the person accepted that they are used for.
    fn source(&self, reason: &Reason) -> Vec<String> {
        if reason.features.is_empty() {
            return Vec::new();
        }
        let Say { phrases, locale } = self.say;
        let mut variables = FluentArgs::new();
        variables.set("provenance", phrases.provenance(&reason.provenance, locale));
        variables.set("derivation", phrases.derivation(reason.derivation, locale));
        let source = self.say.with("source", &variables);
        let personal = reason.features.iter().any(|id| self.features.get(id.index()).is_none_or(is_personal));
        let purposes = match (personal, reason.purposes == Purposes::NONE) {
            (false, _) => self.say.text("source-not-personal"),
            (true, true) => return vec![source],
            (true, false) => {
                let mut variables = FluentArgs::new();
                variables.set("purposes", phrases.purposes(reason.purposes, locale));
                self.say.with("source-personal", &variables)
            }
        };
        vec![source, purposes]
    }

    /// What is true of every ad, as far as it stands open.
    fn common(&self, explanation: &Explanation) -> Vec<String> {
        explanation.common.iter().take(COMMON_OPEN).map(|common| self.statement(common)).collect()
    }

    fn more_common(&self, explanation: &Explanation) -> Option<Folded> {
        let more = explanation.common.get(COMMON_OPEN..).filter(|more| !more.is_empty())?;
        let title = self.say.with("more-common", &[("count", more.len())].into_iter().collect());
        Some(Folded { title, lines: more.iter().map(|common| self.statement(common)).collect() })
    }

    fn statement(&self, common: &Common) -> String {
        let Say { phrases, locale } = self.say;
        phrases.statement(&common.code, &common.evidence, self.features, locale, self.precision)
    }

    /// What was not used, cause by cause.
    fn unused(&self, explanation: &Explanation) -> Vec<DataGroup> {
        let cause = |unused: &Unused| self.say.phrases.cause(unused.cause, self.say.locale);
        self.group(explanation.unused.iter().map(|unused| (cause(unused), unused.datum.as_str())))
    }

    /// What the person can switch off, by the purposes that do it.
    fn change(&self, explanation: &Explanation) -> Vec<DataGroup> {
        let switch = |reason: &Reason| {
            let mut variables = FluentArgs::new();
            variables.set("count", reason.purposes.iter().count());
            variables.set("purposes", self.say.phrases.purposes(reason.purposes, self.say.locale));
            self.say.with("change-group", &variables)
        };
        let controllable = explanation.reasons.iter().filter(|reason| reason.controllable);
        self.group(controllable.map(|reason| (switch(reason), reason.code.as_str())))
    }

    /// Gathers the data under each text, in the order in which the texts come.
    fn group<'t>(&self, told: impl Iterator<Item = (String, &'t str)>) -> Vec<DataGroup> {
        let mut groups: Vec<DataGroup> = Vec::new();
        for (text, datum) in told {
            let datum = self.name(datum);
            match groups.iter_mut().find(|group| group.text == text) {
                Some(group) => group.data.push(datum),
                None => groups.push(DataGroup { text, data: vec![datum] }),
            }
        }
        groups
    }

    /// The data about the person that this decision was permitted to read, by how long they are kept.
    fn kept(&self, decision: &Decision) -> Vec<DataGroup> {
        let permitted = decision.verdicts.iter().filter(|verdict| verdict.outcome() == Outcome::Permitted);
        let mut days_of: BTreeMap<&str, u32> = BTreeMap::new();
        for feature in permitted.filter_map(|verdict| self.features.get(verdict.feature.index())) {
            if is_personal(feature) {
                let days = days_of.entry(&feature.datum).or_default();
                *days = feature.retention_days.max(*days);
            }
        }
        let kept = |days: u32| self.say.with("kept-group", &[("days", days)].into_iter().collect());
        self.group(days_of.into_iter().map(|(datum, days)| (kept(days), datum)))
    }

    fn small_print(&self, request: &WhyRequest<'_>, explanation: &Explanation) -> Vec<String> {
        let banded = explanation.personal && self.precision == Precision::Banded;
        let banded = banded.then(|| self.say.text("banded-note"));
        let sample = request.setting.sample_note();
        let record = self.say.record(request.decision);
        banded.into_iter().chain(sample).chain([record]).collect()
    }

    /// A datum as it stands at the head of a line.
    fn name(&self, datum: &str) -> String {
        capitalised(&self.say.phrases.datum(datum, self.features, self.say.locale))
    }
}

/// The shares of the reasons in whole percents.
fn reason_percents(explanation: &Explanation) -> Vec<u32> {
    let shares: Vec<f64> = explanation.reasons.iter().map(|reason| reason.share).collect();
    percents(&shares)
}

#[cfg(test)]
mod tests;
