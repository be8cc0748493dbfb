//! What can be chosen, in words: the thing, the button, and what holds of it.

use super::setting::Say;
use crate::domain::{Choices, Feature, Objection, Purpose, Statement, shown};
use crate::explain::capitalised;

/// Puts choices into words.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) say: Say<'a>,
    pub(super) features: &'a [Feature],
}

impl Chosen<'_> {
    /// What a statement is about.
    pub(super) fn thing(&self, statement: &Statement) -> String {
        match statement {
            Statement::Grant(purpose) | Statement::Withdraw(purpose) => self.purpose(*purpose),
            Statement::Object(objection) | Statement::TakeBack(objection) => match objection {
                Objection::Purpose(purpose) => self.purpose(*purpose),
                Objection::Advertiser(name) => self.say.about("control-advertiser", shown(name)),
                Objection::Category(name) => self.say.about("control-category", self.category(name)),
                Objection::Datum(code) => self.datum(code),
                Objection::Personalisation => self.say.text("control-everything"),
            },
            Statement::Restrict | Statement::Lift => self.say.text("control-everything"),
        }
    }

    /// What its button says.
    pub(super) fn button(&self, statement: &Statement) -> String {
        self.say.text(match statement {
            Statement::Grant(_) => "control-grant",
            Statement::Withdraw(_) => "control-withdraw",
            Statement::Object(objection) => match objection {
                Objection::Advertiser(_) | Objection::Category(_) => "control-hide",
                Objection::Datum(_) => "control-forget",
                Objection::Purpose(_) => "control-object",
                Objection::Personalisation => "control-stop",
            },
            Statement::Restrict => "control-stop",
            Statement::Lift => "control-resume",
            Statement::TakeBack(objection) => match objection {
                Objection::Advertiser(_) | Objection::Category(_) => "control-show",
                Objection::Datum(_) => "control-use",
                Objection::Purpose(_) => "control-allow",
                Objection::Personalisation => "control-resume",
            },
        })
    }

    /// What holds, under `choices`, of the thing that a statement is about.
    pub(super) fn state(&self, choices: &Choices, statement: &Statement) -> String {
        match statement {
            Statement::Grant(purpose) | Statement::Withdraw(purpose) => self.purpose_state(choices, *purpose),
            Statement::Restrict | Statement::Lift => self.say.text(if choices.is_stopped() {
                "state-everything-no"
            } else {
                "state-everything-yes"
            }),
            Statement::Object(objection) | Statement::TakeBack(objection) => {
                let told = |stands: bool, id: &str, name: String| {
                    self.say.about(&format!("{id}-{}", if stands { "no" } else { "yes" }), name)
                };
                match objection {
                    Objection::Purpose(purpose) => self.purpose_state(choices, *purpose),
                    Objection::Advertiser(name) => {
                        let stands = choices.hidden_advertisers.contains(name);
                        told(stands, "state-advertiser", shown(name).into_owned())
                    }
                    Objection::Category(name) => {
                        let stands = choices.hidden_categories.contains(name);
                        told(stands, "state-category", self.category(name))
                    }
                    Objection::Datum(code) => {
                        told(choices.forgotten.contains(code), "state-datum", self.datum(code))
                    }
                    Objection::Personalisation => {
                        told(choices.personalisation_stopped, "state-everything", String::new())
                    }
                }
            }
        }
    }

    fn purpose_state(&self, choices: &Choices, purpose: Purpose) -> String {
        let id = if choices.objected.contains(purpose) {
            "state-purpose-objected"
        } else if choices.withdrawn.contains_key(&purpose) {
            "state-purpose-withdrawn"
        } else if choices.granted.contains_key(&purpose) {
            "state-purpose-granted"
        } else {
            "state-purpose-silent"
        };
        self.say.about(id, self.purpose(purpose))
    }

    fn purpose(&self, purpose: Purpose) -> String {
        capitalised(&self.say.phrases.purpose(purpose, self.say.locale))
    }

    fn category(&self, name: &str) -> String {
        self.say.phrases.category(name, self.say.locale)
    }

    fn datum(&self, code: &str) -> String {
        capitalised(&self.say.phrases.datum(code, self.features, self.say.locale))
    }
}

/// Whether what a statement says holds under `choices`.
pub(super) fn holds(choices: &Choices, statement: &Statement) -> bool {
    let stands = |objection: &Objection| match objection {
        Objection::Purpose(purpose) => choices.objected.contains(*purpose),
        Objection::Advertiser(name) => choices.hidden_advertisers.contains(name),
        Objection::Category(name) => choices.hidden_categories.contains(name),
        Objection::Datum(code) => choices.forgotten.contains(code),
        Objection::Personalisation => choices.personalisation_stopped,
    };
    match statement {
        Statement::Grant(purpose) => choices.granted.contains_key(purpose),
        Statement::Withdraw(purpose) => choices.withdrawn.contains_key(purpose),
        Statement::Object(objection) => stands(objection),
        Statement::TakeBack(objection) => !stands(objection),
        Statement::Restrict => choices.restricted,
        Statement::Lift => !choices.restricted,
    }
}
