//! Where a model came from, when it was not fitted here.

use serde::{Deserialize, Serialize};

use crate::domain::ModelVersion;

/// Where a model came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// It was fitted.
    #[default]
    Trained,
    /// It was read from a file of another workbench. Its `training` names the rows on which constants
    /// were set and importances measured, not those that it was fitted on.
    Imported(Import),
    /// It was merged from models of parts of the rows, in ascending order of their versions.
    Merged(Vec<MergedPart>),
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Whose file, and which version of its format.
    pub format: String,
    /// BLAKE3 hash of the file.
    pub digest: String,
    /// Rows that the model was trained on, by the file. How many people those are of, it does not say:
    /// `people` is 0 in every table.
    pub rows: u64,
    /// Whether its pairs were purified here; else they are as they came.
    pub purified: bool,
}

/// A model that was merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedPart {
    /// Its version.
    pub version: ModelVersion,
    /// Its training rows: its weight.
    pub rows: u64,
    /// The versions, as they were fitted or imported, that it was made of; itself if it is one.
    pub of: Vec<ModelVersion>,
}

impl Lineage {
    pub(super) fn is_trained(&self) -> bool {
        *self == Self::Trained
    }

    /// The name used on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Imported(_) => "imported",
            Self::Merged(_) => "merged",
        }
    }
}
