//! Edits of an artefact by an analyst: what was changed, by whom, when and why, and the way back.

use serde::{Deserialize, Serialize};

use super::{Artefact, ArtefactError};
use crate::domain::{FieldError, ModelVersion, Profile, Timestamp};
use crate::model::additive::{AdditiveModel, Before, Change, PairFunction, ShapeFunction, Stretch};
use crate::model::metrics::Evaluation;
use crate::model::{Model, ModelKind};

/// Most letters of a name or role.
const WHO_MAX: usize = 100;
/// Most letters of a reason.
const WHY_MAX: usize = 1_000;

/// What an analyst wants changed.
#[derive(Clone, Debug, PartialEq)]
pub struct EditRequest {
    /// The profile whose model is edited; None for every profile that has the term.
    pub profile: Option<Profile>,
    /// Where.
    pub stretch: Stretch,
    /// What.
    pub change: Change,
    /// The role or name of who wants it.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// An edit that was made, with all that it replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The version that was edited.
    pub of: ModelVersion,
    /// The role or name of who made it.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// Where.
    pub stretch: Stretch,
    /// What.
    pub change: Change,
    /// What it did to the model of each profile.
    pub profiles: Vec<EditedProfile>,
    /// How good the version was that was edited; of the edited one it is not known.
    pub evaluations: Vec<(Profile, Evaluation)>,
}

/// What an edit did to the model of one profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditedProfile {
    /// The profile.
    pub profile: Profile,
    /// Whether the cells that were set had to be purified: means moved from the pair to its features.
    pub purified_again: bool,
    /// The importances before.
    pub importances: Vec<f64>,
    /// What it replaced.
    pub before: Before,
}

/// Why an artefact cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// A field of the request breaks a rule.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// The kind has no tables.
    #[error("only additive models can be edited, this one is {}", .0.name())]
    NotAdditive(ModelKind),
    /// It was not edited.
    #[error("there is no edit to undo")]
    NothingToUndo,
    /// Undoing the edit does not give the version that was edited.
    #[error("undoing its last edit does not give version {}", .0.short())]
    Altered(ModelVersion),
    /// The artefact cannot be written as JSON.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

impl Artefact {
    /// The artefact after an edit. Importances follow the rows that each table was learned from; how
    /// good it is, is not known any more; constants of withheld features stay.
    ///
    /// # Errors
    /// When the request breaks a rule or the models are of another kind.
    pub fn edit(&self, request: &EditRequest) -> Result<Self, EditError> {
        let EditRequest { profile, stretch, change, who, why, at } = request;
        check_author(who, why)?;
        let [contextual, full] =
            Profile::ALL.map(|profile| Ok::<_, EditError>(self.additive(profile)?.has(stretch)));
        let chosen: &[Profile] = match (profile, contextual?, full?) {
            (Some(Profile::Contextual), ..) | (None, true, false) => &[Profile::Contextual],
            (None, true, true) => &Profile::ALL,
            // Where no model has the term, the full one says so.
            (Some(Profile::Full), ..) | (None, false, _) => &[Profile::Full],
        };
        let mut after = self.clone();
        let mut profiles = Vec::new();
        for &profile in chosen {
            let model = self.additive(profile)?;
            let edited = model.edit(stretch, *change)?;
            let importances = self.importances(profile).to_vec();
            let moved = term_importances(&edited.model).zip(term_importances(model));
            let moved =
                importances.iter().zip(moved).map(|(was, (after, before))| (was + after - before).max(0.0));
            let moved = moved.collect();
            if let Some(entry) = after.importances.iter_mut().find(|(of, _)| *of == profile) {
                entry.1 = moved;
            }
            after.profiled = after.profiled.replaced(profile, Model::Additive(edited.model));
            let (purified_again, before) = (edited.purified_again, edited.before);
            profiles.push(EditedProfile { profile, purified_again, importances, before });
        }
        after.edits.push(Edit {
            of: self.version()?,
            who: who.trim().to_owned(),
            at: *at,
            why: why.trim().to_owned(),
            stretch: stretch.clone(),
            change: *change,
            profiles,
            evaluations: std::mem::take(&mut after.evaluations),
        });
        Ok(after)
    }

    /// The artefact before its last edit, to the byte.
    ///
    /// # Errors
    /// When it was not edited, or what the edit kept does not give that artefact.
    pub fn undo(&self) -> Result<Self, EditError> {
        let mut before = self.clone();
        let edit = before.edits.pop().ok_or(EditError::NothingToUndo)?;
        before.evaluations = edit.evaluations;
        for edited in edit.profiles {
            let model = self.additive(edited.profile)?.restore(&edited.before)?;
            before.profiled = before.profiled.replaced(edited.profile, Model::Additive(model));
            if let Some(entry) = before.importances.iter_mut().find(|(of, _)| *of == edited.profile) {
                entry.1 = edited.importances;
            }
        }
        if before.version()? != edit.of {
            return Err(EditError::Altered(edit.of));
        }
        Ok(before)
    }

    /// The additive model of a profile.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn additive(&self, profile: Profile) -> Result<&AdditiveModel, EditError> {
        match self.profiled.model(profile) {
            Model::Additive(model) => Ok(model),
            other @ (Model::Linear(_) | Model::Tree(_)) => Err(EditError::NotAdditive(other.kind())),
        }
    }
}

/// The mean absolute contribution of each term over the rows that it was learned from.
fn term_importances(model: &AdditiveModel) -> impl Iterator<Item = f64> {
    let of_shapes = model.shapes().iter().map(ShapeFunction::importance);
    of_shapes.chain(model.pairs().iter().map(PairFunction::importance))
}

/// Checks who changes a model, and why.
///
/// # Errors
/// When one of them is empty, too long, or has control characters.
pub fn check_author(who: &str, why: &str) -> Result<(), FieldError> {
    check_text("who", who, WHO_MAX)?;
    check_text("why", why, WHY_MAX)
}

fn check_text(field: &str, text: &str, letters_max: usize) -> Result<(), FieldError> {
    let letters = text.trim().chars().count();
    if !(1..=letters_max).contains(&letters) {
        return Err(FieldError::new(field, format!("must have 1 to {letters_max} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(FieldError::new(field, "must not have control characters"));
    }
    Ok(())
}
