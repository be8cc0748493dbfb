//! The receipt of a choice: what was said, since when it holds, what held before, and the decision before and
//! after, made again.

use askama::Template;

use super::controls::Form;
use super::setting::{Language, Say, Setting};
use super::statement::reverse;
use super::words::{Chosen, holds};
use crate::decide::{Kept, Without};
use crate::domain::{ChangeId, Feature};

/// What a receipt is made of.
#[derive(Clone, Copy)]
pub(super) struct ReceiptRequest<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) kept: &'a Kept,
    /// The schema that the decision was made with.
    pub(super) features: &'a [Feature],
    /// A name for the change that each button of the page makes.
    pub(super) fresh: &'a dyn Fn() -> ChangeId,
}

/// The page as HTML.
///
/// # Errors
/// When the template cannot be written, which needs memory to run out.
pub(super) fn receipt_page(request: &ReceiptRequest<'_>) -> Result<String, askama::Error> {
    ReceiptPage::of(request).render()
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage<'a> {
    say: Say<'a>,
    placed: &'a super::place::Placed,
    languages: Vec<Language>,
    fallback: Option<String>,
    said: Vec<Said>,
    since: String,
    overtaken: bool,
    before: String,
    after: String,
    verdict: String,
    record: String,
    sample: Option<String>,
}

/// One thing that was said.
struct Said {
    thing: String,
    what: String,
    before: String,
    after: String,
    unchanged: bool,
    /// What takes it back, or says it again.
    form: Form,
    form_intro: String,
}

impl<'a> ReceiptPage<'a> {
    fn of(request: &ReceiptRequest<'a>) -> Self {
        let ReceiptRequest { setting, kept, features, fresh } = request;
        let (say, receipt) = (setting.say(), &kept.receipt);
        let words = Chosen { say, features };
        let statements = receipt.change.statements.iter().zip(&receipt.changed);
        let said = statements.zip(1..).map(|((statement, changed), n)| {
            let stands = holds(&kept.now, statement);
            let next = if stands { reverse(statement) } else { statement.clone() };
            Said {
                thing: words.thing(statement),
                what: words.button(statement),
                before: words.state(&receipt.before, statement),
                after: words.state(&receipt.after, statement),
                unchanged: !changed,
                form: Form::of(format!("said-{n}"), setting, words, &fresh(), &next),
                form_intro: say.text(if stands { "receipt-undo" } else { "receipt-redo" }),
            }
        });
        let id = receipt.change.id.as_str();
        let mut record = fluent_bundle::FluentArgs::new();
        record.set("id", id);
        record.set("decision", kept.before.before.id.to_string());
        let at = say.phrases.moment(receipt.change.at, say.locale);
        Self {
            say,
            placed: setting.placed,
            languages: setting.languages(|lang| setting.placed.receipt(id, lang)),
            fallback: setting.fallback(),
            said: said.collect(),
            since: say.with("receipt-since", &[("at", at)].into_iter().collect()),
            overtaken: receipt.change.statements.iter().any(|statement| !holds(&kept.now, statement)),
            before: shown_ad(say, &kept.before),
            after: shown_ad(say, &kept.after),
            verdict: say.text(match (kept.before.changes, kept.after.changes) {
                (false, false) => "receipt-stays",
                (false, true) => "receipt-leaves",
                (true, false) => "receipt-returns",
                (true, true) => "receipt-absent",
            }),
            record: say.with("receipt-record", &record),
            sample: setting.sample_note(),
        }
    }
}

/// The ad that is shown in the place of the one that was asked about: that one, as long as it is shown.
fn shown_ad(say: Say<'_>, made: &Without) -> String {
    let asked = &made.before.ranked[made.index];
    let shown = if made.changes { made.after.ranked.first() } else { Some(asked) };
    shown.map_or_else(|| say.text("no-ad"), |ranked| say.ad(&ranked.ad))
}
