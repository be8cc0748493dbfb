//! "How to change this": a button for all that the person of a decision can choose about it, or where the person
//! can choose when the page cannot take it.

use super::setting::Setting;
use super::statement::{ChoiceForm, reverse};
use super::words::{Chosen, holds};
use crate::decide::{Chooser, Controls};
use crate::domain::{ChangeId, Choices, Feature, Objection, Purpose, Statement, TOPIC_BYTES_MAX};

/// Most choices about other ads and data that a page lists.
const OTHERS_MAX: usize = 100;

/// The part of the page, in words.
pub(super) struct ControlsView {
    /// What can be done here, or where else.
    pub(super) intro: String,
    /// Whether there are buttons.
    pub(super) open: bool,
    pub(super) groups: Vec<Group>,
}

/// Controls of one kind.
pub(super) struct Group {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) controls: Vec<Control>,
}

/// One thing that can be chosen.
pub(super) struct Control {
    /// What it is about.
    pub(super) thing: String,
    /// What holds of it, when the person said so.
    pub(super) chosen: Option<String>,
    pub(super) form: Form,
}

/// A button with what it sends.
pub(super) struct Form {
    /// The button's name in the page, and that of the element that says what it is about.
    pub(super) id: String,
    pub(super) about: String,
    pub(super) action: String,
    pub(super) fields: ChoiceForm,
    pub(super) button: String,
}

impl Form {
    /// The form `id` of a statement; `change` is the name of the change that it makes.
    pub(super) fn of(
        id: String,
        setting: &Setting<'_>,
        words: Chosen<'_>,
        change: &ChangeId,
        says: &Statement,
    ) -> Self {
        Self {
            about: format!("{id}-about"),
            id,
            action: setting.placed.choices(setting.locale.tag()),
            fields: ChoiceForm::of(change, says),
            button: words.button(says),
        }
    }
}

impl ControlsView {
    /// What a page offers; each of its buttons makes a change of its own, named by `fresh`.
    pub(super) fn of(
        setting: &Setting<'_>,
        features: &[Feature],
        controls: &Controls,
        fresh: &dyn Fn() -> ChangeId,
    ) -> Self {
        let say = setting.say();
        match &controls.chooser {
            Chooser::Bearer => Self::closed(say.text("control-bearer")),
            Chooser::Nobody => Self::closed(say.text("control-nobody")),
            Chooser::Person(..) => {
                let words = Chosen { say, features };
                let control = |id: String, says: &Statement| Control {
                    thing: words.thing(says),
                    chosen: is_chosen(&controls.choices, says).then(|| words.state(&controls.choices, says)),
                    form: Form::of(id, setting, words, &fresh(), says),
                };
                let group = |(id, says): (&'static str, Vec<Statement>)| Group {
                    id,
                    title: say.text(&format!("control-about-{id}")),
                    controls: says
                        .iter()
                        .zip(1..)
                        .map(|(says, n)| control(format!("{id}-{n}"), says))
                        .collect(),
                };
                let offered = offered(controls).into_iter().filter(|(_, says)| !says.is_empty());
                Self { intro: say.text("control-intro"), open: true, groups: offered.map(group).collect() }
            }
        }
    }

    fn closed(intro: String) -> Self {
        Self { intro, open: false, groups: Vec::new() }
    }
}

/// Whether the person said something of the thing of a button, so that the page has to say what.
fn is_chosen(choices: &Choices, says: &Statement) -> bool {
    match says {
        Statement::Grant(_) | Statement::Withdraw(_) | Statement::TakeBack(_) => {
            holds(choices, &reverse(says))
        }
        Statement::Object(_) | Statement::Restrict | Statement::Lift => false,
    }
}

/// What can be said, by kind: of each thing that which does not hold yet.
fn offered(controls: &Controls) -> [(&'static str, Vec<Statement>); 5] {
    let Controls { choices, ad, data, .. } = controls;
    let of = |objection: Objection| {
        let stands = holds(choices, &Statement::Object(objection.clone()));
        if stands { Statement::TakeBack(objection) } else { Statement::Object(objection) }
    };
    let named = |name: &&String| (1..=TOPIC_BYTES_MAX).contains(&name.len());
    let advertiser = Some(&ad.advertiser).filter(named).cloned();
    let category = Some(&ad.category).filter(named).cloned();
    let ads = advertiser.clone().map(Objection::Advertiser).into_iter();
    let ads = ads.chain(category.clone().map(Objection::Category)).map(of);
    let others = choices.hidden_advertisers.iter().filter(|name| Some(*name) != advertiser.as_ref());
    let others = others.cloned().map(Objection::Advertiser);
    let categories = choices.hidden_categories.iter().filter(|name| Some(*name) != category.as_ref());
    let forgotten = choices.forgotten.iter().filter(|code| !data.contains(code));
    let others = others.chain(categories.cloned().map(Objection::Category));
    let others = others.chain(forgotten.cloned().map(Objection::Datum));
    let purposes = Purpose::ALL.into_iter().filter_map(|purpose| of_purpose(controls, purpose));
    [
        ("ads", ads.collect()),
        ("data", data.iter().cloned().map(Objection::Datum).map(of).collect()),
        ("purposes", purposes.collect()),
        ("everything", vec![of(Objection::Personalisation)]),
        ("others", others.map(Statement::TakeBack).take(OTHERS_MAX).collect()),
    ]
}

/// What can be said of a purpose that the decision used data for, or that the person said something of.
fn of_purpose(controls: &Controls, purpose: Purpose) -> Option<Statement> {
    let Controls { choices, purposes, .. } = controls;
    if choices.objected.contains(purpose) {
        Some(Statement::TakeBack(Objection::Purpose(purpose)))
    } else if choices.withdrawn.contains_key(&purpose) {
        Some(Statement::Grant(purpose))
    } else if choices.granted.contains_key(&purpose) {
        Some(Statement::Withdraw(purpose))
    } else {
        // What the site says was accepted is not ours to withdraw; an objection holds against it.
        purposes.contains(purpose).then_some(Statement::Object(Objection::Purpose(purpose)))
    }
}
