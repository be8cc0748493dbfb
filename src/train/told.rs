//! Models as the service tells of them.

use super::shape::Shape;
use crate::domain::{ModelVersion, Profile, Purposes, Response, Timestamp};
use crate::model::additive::{Change, Guarantee, Stretch};
use crate::model::metrics::Interval;
use crate::model::{Lineage, ModelKind};
use crate::report::Card;

/// One model version at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSummary {
    /// Its content hash.
    pub version: ModelVersion,
    /// What it was trained on.
    pub name: String,
    /// What it predicts.
    pub response: Response,
    /// Which kind it is.
    pub kind: ModelKind,
    /// Whether it serves.
    pub active: bool,
    /// Training rows.
    pub rows: u64,
    /// Training rows in which the response happened.
    pub positives: u64,
    /// Figures of the full profile on rows held out.
    pub metrics: Vec<(&'static str, Interval)>,
    /// What was promised to the people of the training rows, if anything was.
    pub privacy: Option<Guarantee>,
}

/// One model version with its shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelDetail {
    /// At a glance.
    pub summary: ModelSummary,
    /// Hash of the schema that it was trained under.
    pub schema_hash: String,
    /// The purposes that the training data had.
    pub purposes: Purposes,
    /// Where it came from.
    pub lineage: Lineage,
    /// One model per profile.
    pub profiles: Vec<ProfileDetail>,
    /// What analysts changed, oldest first.
    pub edits: Vec<EditDetail>,
    /// Its card.
    pub card: Card,
}

/// An edit, with features by name.
#[derive(Clone, Debug, PartialEq)]
pub struct EditDetail {
    /// The version that was edited.
    pub of: ModelVersion,
    /// The role or name of who made it.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// The feature; two for cells of a pair.
    pub features: Vec<String>,
    /// Where.
    pub stretch: Stretch,
    /// What.
    pub change: Change,
    /// What it replaced, by profile.
    pub before: Vec<ReplacedDetail>,
}

/// What an edit replaced in the model of one profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplacedDetail {
    /// Which profile.
    pub profile: Profile,
    /// Whether a pair had to be purified again.
    pub purified_again: bool,
    /// The intercept before, in log-odds.
    pub intercept: f64,
    /// The terms that changed, as they were.
    pub shapes: Vec<Shape>,
}

/// A version that an edit, or its undoing, gave.
#[derive(Clone, Debug, PartialEq)]
pub struct EditedModel {
    /// The version.
    pub summary: ModelSummary,
    /// The edit that was made; None when one was undone.
    pub edit: Option<EditDetail>,
}

/// The model of one profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileDetail {
    /// Which profile.
    pub profile: Profile,
    /// The score of an average row, in log-odds.
    pub intercept: f64,
    /// Mean absolute contribution of each term over the training rows, in nats, by the names of its
    /// features.
    pub importances: Vec<(Vec<String>, f64)>,
    /// Its shapes.
    pub shapes: Vec<Shape>,
}

/// A change of what serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Promoted {
    /// What serves now.
    pub active: ModelSummary,
    /// What served before.
    pub previous: Option<ModelVersion>,
    /// When.
    pub at: Timestamp,
}
