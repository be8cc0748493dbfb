//! Models that were not fitted here: read from another workbench's file, or merged from parts.
//!
//! Both end like a fit: two consent profiles, constants of what may be withheld, figures on rows held
//! out; and the artefact says where they came from.

use std::collections::BTreeSet;
use std::path::Path;

use super::card::keep_with_card;
use super::job::{TrainError, describe};
use super::prepare::Prepared;
use crate::data::{Dataset, Schema};
use crate::domain::{FieldError, ModelVersion, Profile, Purposes};
use crate::model::additive::{AdditiveModel, InterpretModel, Part, merge};
use crate::model::{
    Artefact, ArtefactError, FitData, Import, Lineage, MergedPart, Model, Profiled, Training, load,
};

/// Whose files are read.
const FORMAT: &str = "InterpretML, ebm.to_json, version 1.0";

/// Whether an imported model's pairs stay as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportForm {
    /// Contributions as the other workbench gives them.
    Raw,
    /// Pairs purified and tables centred; the same scores.
    Purified,
}

/// Why a model cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum BringError {
    /// The file, or the parts together, break a rule.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// A part is not there, is damaged or of another schema.
    #[error("version {}: {reason}", version.short())]
    Part {
        /// The part.
        version: ModelVersion,
        /// What is wrong with it.
        reason: ArtefactError,
    },
    /// A part is of another kind.
    #[error("version {}: only additive models can be merged, this one is {kind}", version.short())]
    NotAdditive {
        /// The part.
        version: ModelVersion,
        /// Its kind.
        kind: &'static str,
    },
    /// A part was trained under a promise of privacy, which what is set on the example's rows would break.
    #[error("version {}: a model of differentially private training cannot be merged", version.short())]
    Private {
        /// The part.
        version: ModelVersion,
    },
    /// Constants cannot be set on these rows.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// Reads a file of `InterpretML` and keeps it as a version: the full profile has all of its terms, the
/// contextual one those of contextual features, with the intercept that the training rows give it.
///
/// # Errors
/// When the file breaks a rule, the rows do not go with it, or the folder cannot be written.
pub fn import(
    json: &[u8],
    form: ImportForm,
    prepared: &Prepared,
    schema: &Schema,
    folder: &Path,
) -> Result<(ModelVersion, Artefact), BringError> {
    let read = InterpretModel::parse(json, &schema.features)?;
    let full = match form {
        ImportForm::Raw => read.raw()?,
        ImportForm::Purified => read.purified()?,
    };
    let rows: &Dataset = &prepared.train;
    let data = FitData {
        table: &rows.table,
        features: &prepared.full,
        outcome: &rows.outcome,
        person: &rows.person,
    };
    let is_context = full.shapes().iter().all(|shape| prepared.contextual.contains(&shape.feature));
    let contextual = if is_context {
        full.clone()
    } else {
        full.restricted(&prepared.contextual, &data).map_err(TrainError::from)?
    };
    let lineage = Lineage::Imported(Import {
        format: FORMAT.to_owned(),
        digest: blake3::hash(json).to_hex().to_string(),
        rows: read.rows(),
        purified: form == ImportForm::Purified,
    });
    let artefact = Artefact { lineage, ..join(contextual, full, prepared, schema)? };
    let version = keep_with_card(&artefact, schema, folder).map_err(TrainError::from)?;
    Ok((version, artefact))
}

/// Merges versions of `folder` that were trained on different people's rows and keeps what they give.
/// Constants, importances and figures are those of the example's rows.
///
/// # Errors
/// When there is none, one is there twice, is not additive, or was trained under another schema or for
/// another response; when the rows do not go with them or the folder cannot be written.
pub fn merge_versions(
    versions: &[ModelVersion],
    prepared: &Prepared,
    schema: &Schema,
    folder: &Path,
) -> Result<(ModelVersion, Artefact), BringError> {
    let mut parts = Vec::new();
    for version in versions {
        let failed = |reason| BringError::Part { version: version.clone(), reason };
        let artefact = load(folder, &schema.name, version).map_err(failed)?;
        artefact.check_schema(&schema.hash, &schema.features).map_err(failed)?;
        if artefact.privacy.is_some() {
            return Err(BringError::Private { version: version.clone() });
        }
        parts.push((version.clone(), artefact));
    }
    let (lineage, training) = check_parts(&parts, prepared)?;
    let [contextual, full] = Profile::ALL.map(|profile| merge_profile(&parts, profile));
    let artefact = Artefact { training, lineage, ..join(contextual?, full?, prepared, schema)? };
    let version = keep_with_card(&artefact, schema, folder).map_err(TrainError::from)?;
    Ok((version, artefact))
}

fn join(
    contextual: AdditiveModel,
    full: AdditiveModel,
    prepared: &Prepared,
    schema: &Schema,
) -> Result<Artefact, TrainError> {
    let (contextual, full) = (Model::Additive(contextual), Model::Additive(full));
    let profiled = Profiled::new(contextual, full, &prepared.train.table, &prepared.withheld_sets)?;
    Ok(describe(profiled, prepared, schema))
}

fn merge_profile(parts: &[(ModelVersion, Artefact)], profile: Profile) -> Result<AdditiveModel, BringError> {
    let part = parts.iter().map(|(version, artefact)| {
        let kind = artefact.kind.name();
        let refused = |_| BringError::NotAdditive { version: version.clone(), kind };
        Ok(Part { model: artefact.additive(profile).map_err(refused)?, rows: rows_of(artefact) })
    });
    Ok(merge(&part.collect::<Result<Vec<_>, BringError>>()?)?)
}

/// What the parts were trained on in all, and which they are; or why they do not go together.
fn check_parts(
    parts: &[(ModelVersion, Artefact)],
    prepared: &Prepared,
) -> Result<(Lineage, Training), BringError> {
    let mut known = BTreeSet::new();
    let mut training = Training { purposes: Purposes::ALL, rows: 0, positives: 0, people: 0, span: None };
    let mut merged = Vec::new();
    for (i, (version, artefact)) in parts.iter().enumerate() {
        if artefact.response != prepared.response {
            let rule = format!("predicts {}, not {}", artefact.response.name(), prepared.response.name());
            return Err(FieldError::new(format!("parts[{i}]"), rule).into());
        }
        let of = origins(version, artefact);
        if let Some(twice) = of.iter().find(|origin| !known.insert((*origin).clone())) {
            let rule = format!("holds version {}, which another part holds", twice.short());
            return Err(FieldError::new(format!("parts[{i}]"), rule).into());
        }
        let part = &artefact.training;
        training.purposes = training.purposes.intersection(part.purposes);
        training.rows += rows_of(artefact);
        training.positives += part.positives;
        training.people += part.people;
        training.span = match (i, training.span, part.span) {
            (0, _, span) => span,
            (_, Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (_, _, None) | (_, None, _) => None,
        };
        merged.push(MergedPart { version: version.clone(), rows: rows_of(artefact), of });
    }
    merged.sort_unstable_by(|a, b| a.version.cmp(&b.version));
    Ok((Lineage::Merged(merged), training))
}

/// The rows that a version was trained on; of an imported one those that its file tells.
fn rows_of(artefact: &Artefact) -> u64 {
    match &artefact.lineage {
        Lineage::Imported(import) => import.rows,
        Lineage::Trained | Lineage::Merged(_) => artefact.training.rows,
    }
}

/// The versions, as they were fitted or imported, that a version was made of; edits do not count.
fn origins(version: &ModelVersion, artefact: &Artefact) -> Vec<ModelVersion> {
    match &artefact.lineage {
        Lineage::Merged(parts) => {
            let all: BTreeSet<_> = parts.iter().flat_map(|part| part.of.clone()).collect();
            all.into_iter().collect()
        }
        Lineage::Trained | Lineage::Imported(_) => {
            vec![artefact.edits.first().map_or(version, |edit| &edit.of).clone()]
        }
    }
}
