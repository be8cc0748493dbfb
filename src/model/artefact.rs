//! The file of one model: JSON, reviewable, named by the hash of its bytes.
//!
//! `DIR/NAME/VERSION/artefact.json`; VERSION is the BLAKE3 hash of the file, so a file that was
//! edited or cut is never loaded as what it was.

mod edits;
mod lineage;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::additive::Guarantee;
use super::metrics::Evaluation;
use super::{ModelKind, Profiled};
use crate::data::Table;
use crate::domain::{Day, Feature, FeatureId, FeatureKind, ModelVersion, Profile, Purposes, Response};

pub use edits::{Edit, EditError, EditRequest, EditedProfile, check_author};
pub use lineage::{Import, Lineage, MergedPart};

/// The format that this build writes; it reads this one and no other.
const FORMAT_VERSION: u32 = 1;
/// The name of the file.
const FILE: &str = "artefact.json";

/// A model with what must be known to use and to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// Version of the format.
    pub format_version: u32,
    /// The name under which its versions are kept.
    pub name: String,
    /// What it predicts.
    pub response: Response,
    /// Which kind its models are.
    pub kind: ModelKind,
    /// Content hash of the schema that it was trained under.
    pub schema_hash: String,
    /// The features that its models use.
    pub features: Vec<ArtefactFeature>,
    /// What it was trained on.
    pub training: Training,
    /// Where it came from, when it was not fitted here.
    #[serde(default, skip_serializing_if = "Lineage::is_trained")]
    pub lineage: Lineage,
    /// What was promised to the people that it was trained on, if its fit was private. Counts of
    /// people and rows are then noisy, importances are over rows drawn from noisy counts, and figures
    /// of how good it is are of people outside the promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Guarantee>,
    /// Mean absolute contribution of each term over the training rows, in nats, by profile.
    pub importances: Vec<(Profile, Vec<f64>)>,
    /// How good each profile is, on rows that it was not trained on.
    pub evaluations: Vec<(Profile, Evaluation)>,
    /// The models.
    pub profiled: Profiled,
    /// What analysts changed since it was fitted, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// A feature as the artefact knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtefactFeature {
    /// Its index in the schema.
    pub id: FeatureId,
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: FeatureType,
}

/// What the values of a feature are, without how they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureType {
    /// A finite number.
    Numeric,
    /// One of a set of names.
    Categorical,
    /// Yes or no.
    Flag,
    /// A number made of history.
    Affinity,
}

/// What a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The purposes that the training data had.
    pub purposes: Purposes,
    /// Rows.
    pub rows: u64,
    /// Rows in which the response happened.
    pub positives: u64,
    /// Distinct people.
    pub people: u64,
    /// The days between which the rows are, both included, as far as the floor of people lets them be told;
    /// None when rows have no moment, the fit was private, or an earlier build did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(Day, Day)>,
}

/// Why an artefact cannot be kept or used.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// The folder or file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder or file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such version.
    #[error("model {name} has no version {version}")]
    Unknown {
        /// Name of the model.
        name: String,
        /// The version asked for.
        version: ModelVersion,
    },
    /// A name that cannot be a folder.
    #[error("model name {0:?} must be 1 to 64 letters, digits, `-`, `_` or `.`, and not begin with `.`")]
    Name(String),
    /// The file ends in the middle.
    #[error("{} is truncated: it ends after {bytes} bytes in the middle of the JSON", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// The file is not what its version says.
    #[error("{} was changed: its content hash is {found}, not {expected}", path.display())]
    Edited {
        /// The file.
        path: PathBuf,
        /// The version that it is kept under.
        expected: ModelVersion,
        /// The hash of what it holds.
        found: ModelVersion,
    },
    /// The format is of another build.
    #[error("artefact has format version {found}, this build reads {FORMAT_VERSION}")]
    FormatVersion {
        /// As the file states it.
        found: String,
    },
    /// The kind is of another build.
    #[error("artefact has model kind {found}, this build knows linear, tree and additive")]
    Kind {
        /// As the file states it.
        found: String,
    },
    /// The JSON is not an artefact.
    #[error("artefact is not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// The parts contradict each other.
    #[error("artefact is not valid: {0}")]
    Inconsistent(String),
    /// The schema is another one.
    #[error("artefact was trained under schema {found}, the schema is {expected}: {difference}")]
    Schema {
        /// Hash of the schema in use.
        expected: String,
        /// Hash of the schema that it was trained under.
        found: String,
        /// What the model would misread, or that it would not.
        difference: String,
    },
}

impl Artefact {
    /// The features that the models of all profiles use, distinct and ascending.
    #[must_use]
    pub fn features(&self) -> Vec<FeatureId> {
        features_of(&self.profiled)
    }

    /// The artefact of `profiled`, trained on `rows` under the schema of this hash and these
    /// features.
    #[must_use]
    pub fn new(
        name: &str,
        response: Response,
        (schema_hash, features): (&str, &[Feature]),
        training: Training,
        profiled: Profiled,
        rows: &Table,
        evaluations: Vec<(Profile, Evaluation)>,
    ) -> Self {
        let importances = |profile| (profile, profiled.model(profile).importances(rows));
        let used = features_of(&profiled).into_iter().filter_map(|id| {
            let feature = features.get(id.index())?;
            Some(ArtefactFeature { id, name: feature.name.clone(), kind: FeatureType::of(&feature.kind) })
        });
        Self {
            format_version: FORMAT_VERSION,
            name: name.to_owned(),
            response,
            kind: profiled.model(Profile::Full).kind(),
            schema_hash: schema_hash.to_owned(),
            features: used.collect(),
            training,
            lineage: Lineage::Trained,
            privacy: None,
            importances: Profile::ALL.map(importances).to_vec(),
            evaluations,
            profiled,
            edits: Vec::new(),
        }
    }

    /// The bytes that are stored: the same for the same artefact.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtefactError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads what [`Artefact::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the format or the kind is unknown, or a part is missing or contradicts another.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtefactError> {
        Header::read(bytes)?;
        let artefact: Self = serde_json::from_slice(bytes)?;
        artefact.check()?;
        Ok(artefact)
    }

    /// Its version: the hash of its bytes.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn version(&self) -> Result<ModelVersion, ArtefactError> {
        Ok(ModelVersion::of(&self.to_bytes()?))
    }

    /// Writes it to `dir/NAME/VERSION/artefact.json`, whole or not at all, and returns its version.
    ///
    /// # Errors
    /// When the name cannot be a folder or the folder cannot be written.
    pub fn save(&self, dir: &Path) -> Result<ModelVersion, ArtefactError> {
        check_name(&self.name)?;
        let bytes = self.to_bytes()?;
        let version = ModelVersion::of(&bytes);
        let folder = dir.join(&self.name).join(version.as_str());
        fs::create_dir_all(&folder)
            .map_err(|source| ArtefactError::Write { path: folder.clone(), source })?;
        write_whole(&folder, FILE, &bytes)?;
        Ok(version)
    }

    /// Mean absolute contribution of each term of the model of `profile`, in nats.
    #[must_use]
    pub fn importances(&self, profile: Profile) -> &[f64] {
        let of_profile = self.importances.iter().find(|(of, _)| *of == profile);
        of_profile.map(|(_, importances)| importances.as_slice()).unwrap_or_default()
    }

    /// Checks that the schema in use is the one that it was trained under.
    ///
    /// # Errors
    /// Names the first feature that the model would misread, if there is one.
    pub fn check_schema(&self, hash: &str, features: &[Feature]) -> Result<(), ArtefactError> {
        if self.schema_hash == hash {
            return Ok(());
        }
        let changed = self.features.iter().find_map(|used| {
            let Some(now) = features.get(used.id.index()) else {
                return Some(format!("feature {} is no longer there", used.name));
            };
            if now.name != used.name {
                return Some(format!("feature {} is now {}", used.name, now.name));
            }
            (FeatureType::of(&now.kind) != used.kind)
                .then(|| format!("feature {} is now of another kind", used.name))
        });
        Err(ArtefactError::Schema {
            expected: hash.to_owned(),
            found: self.schema_hash.clone(),
            difference: changed.unwrap_or_else(|| "its features are the same, other parts differ".to_owned()),
        })
    }

    /// Checks that the parts agree.
    fn check(&self) -> Result<(), ArtefactError> {
        check_name(&self.name)?;
        for profile in Profile::ALL {
            if self.profiled.model(profile).kind() != self.kind {
                let message = format!("the {} model is not of the stated kind", profile.name());
                return Err(ArtefactError::Inconsistent(message));
            }
        }
        if let Some(Err(error)) = self.privacy.as_ref().map(Guarantee::check) {
            return Err(ArtefactError::Inconsistent(error.under("privacy").to_string()));
        }
        let listed: Vec<FeatureId> = self.features.iter().map(|feature| feature.id).collect();
        if listed != features_of(&self.profiled) {
            let message = "features are not those that the models use".to_owned();
            return Err(ArtefactError::Inconsistent(message));
        }
        Ok(())
    }
}

/// Loads one version from `dir`.
///
/// # Errors
/// When it is not there, cannot be read, is truncated, was changed, or is not an artefact that this
/// build knows.
pub fn load(dir: &Path, name: &str, version: &ModelVersion) -> Result<Artefact, ArtefactError> {
    check_name(name)?;
    let path = dir.join(name).join(version.as_str()).join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ArtefactError::Unknown { name: name.to_owned(), version: version.clone() });
        }
        Err(source) => return Err(ArtefactError::Read { path, source }),
    };
    let found = ModelVersion::of(&bytes);
    if found == *version {
        return Artefact::from_bytes(&bytes);
    }
    let cut = serde_json::from_slice::<serde_json::Value>(&bytes).is_err_and(|error| error.is_eof());
    Err(if cut {
        ArtefactError::Truncated { path, bytes: bytes.len() }
    } else {
        ArtefactError::Edited { path, expected: version.clone(), found }
    })
}

/// Writes a file beside the artefact of a version, whole or not at all. It is no part of the artefact: its
/// hash does not depend on it.
///
/// # Errors
/// When the name cannot be a folder or the file cannot be written.
pub fn write_beside(
    dir: &Path,
    (name, version): (&str, &ModelVersion),
    file: &str,
    text: &str,
) -> Result<(), ArtefactError> {
    check_name(name)?;
    write_whole(&dir.join(name).join(version.as_str()), file, text.as_bytes())
}

/// The versions of `name` in `dir`, in ascending order; none when there is no such model.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(dir: &Path, name: &str) -> Result<Vec<ModelVersion>, ArtefactError> {
    check_name(name)?;
    let path = dir.join(name);
    let failed = |source| ArtefactError::Read { path: path.clone(), source };
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let version = entry.file_name().to_str().and_then(|text| ModelVersion::parse(text).ok());
        versions.extend(version.filter(|_| entry.path().join(FILE).is_file()));
    }
    versions.sort_unstable();
    Ok(versions)
}

/// The features that the models of all profiles use, distinct and ascending.
fn features_of(profiled: &Profiled) -> Vec<FeatureId> {
    let mut features: Vec<FeatureId> =
        Profile::ALL.into_iter().flat_map(|profile| profiled.model(profile).features()).collect();
    features.sort_unstable();
    features.dedup();
    features
}

impl FeatureType {
    /// Of the kind that a schema states.
    #[must_use]
    pub const fn of(kind: &FeatureKind) -> Self {
        match kind {
            FeatureKind::Numeric => Self::Numeric,
            FeatureKind::Categorical => Self::Categorical,
            FeatureKind::Flag => Self::Flag,
            FeatureKind::Affinity(_) => Self::Affinity,
        }
    }
}

/// What tells whether the rest can be read at all.
#[derive(Deserialize)]
struct Header {
    format_version: serde_json::Value,
    kind: serde_json::Value,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<(), ArtefactError> {
        let header: Self = serde_json::from_slice(bytes)?;
        if header.format_version != FORMAT_VERSION {
            return Err(ArtefactError::FormatVersion { found: header.format_version.to_string() });
        }
        match serde_json::from_value::<ModelKind>(header.kind.clone()) {
            Ok(_) => Ok(()),
            Err(_) => Err(ArtefactError::Kind { found: header.kind.to_string() }),
        }
    }
}

/// Refuses a name that is not a plain folder name.
fn check_name(name: &str) -> Result<(), ArtefactError> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if plain && (1..=64).contains(&name.len()) && !name.starts_with('.') {
        return Ok(());
    }
    Err(ArtefactError::Name(name.to_owned()))
}

/// Writes the file beside its place, makes it durable, then moves it there.
fn write_whole(folder: &Path, file: &str, bytes: &[u8]) -> Result<(), ArtefactError> {
    let path = folder.join(file);
    let beside = folder.join(format!(".{file}.part"));
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| {
        // What was left half written is of no use to anyone; the first failure is the one to tell.
        let _ = fs::remove_file(&beside);
        ArtefactError::Write { path: path.clone(), source }
    })
}

#[cfg(test)]
mod tests;
