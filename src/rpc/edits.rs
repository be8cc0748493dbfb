//! Edits of models, between the wire and ours.

use tonic::Status;

use super::account::timestamp;
use super::models::shape;
use super::pb;
use super::status::Fields;
use crate::data::Schema;
use crate::domain::{FeatureId, FieldError, Profile, Timestamp};
use crate::model::additive::{Change, Stretch};
use crate::model::{EditRequest, Lineage};
use crate::store::ModelChange;
use crate::train::EditDetail;

/// What a caller wants changed; the engine says when.
///
/// # Errors
/// When a field is missing, contradicts another, or names a feature that the schema lacks.
pub(super) fn read(request: &pb::EditModelRequest, schema: &Schema) -> Result<EditRequest, Status> {
    let mut fields = Fields::default();
    let stretch = fields.take(read_stretch(request, schema));
    let change = fields.take(read_change(request));
    let profile = match request.profile() {
        pb::Profile::Unspecified => None,
        pb::Profile::Contextual => Some(Profile::Contextual),
        pb::Profile::Full => Some(Profile::Full),
    };
    let (who, why) = (request.who.clone(), request.why.clone());
    let at = Timestamp::default();
    let whole = stretch.zip(change);
    fields.finish(whole.map(|(stretch, change)| EditRequest { profile, stretch, change, who, why, at }))
}

fn read_stretch(request: &pb::EditModelRequest, schema: &Schema) -> Result<Stretch, FieldError> {
    let find = |field: &str, name: &str| {
        let unknown = || FieldError::new(field, format!("the schema has no feature {name:?}"));
        schema.feature(name).ok_or_else(unknown)
    };
    let feature = find("feature", &request.feature)?;
    if !request.and_feature.is_empty() {
        let other = find("and_feature", &request.and_feature)?;
        return read_cells(request, feature, other);
    }
    if request.and_bins.is_some() {
        return Err(FieldError::new("and_bins", "need the feature whose bins they are: and_feature"));
    }
    match (&request.bins, &request.levels[..]) {
        (Some(range), []) => {
            let (first, last) = read_range("bins", *range)?;
            Ok(Stretch::Bins { feature, first, last })
        }
        (None, [_, ..]) => Ok(Stretch::Levels { feature, names: request.levels.clone() }),
        (None, []) => Err(FieldError::new("bins", "must be given, or levels")),
        (Some(_), [_, ..]) => Err(FieldError::new("levels", "must not be given with bins")),
    }
}

fn read_cells(
    request: &pb::EditModelRequest,
    one: FeatureId,
    other: FeatureId,
) -> Result<Stretch, FieldError> {
    if one == other {
        return Err(FieldError::new("and_feature", "must be another than feature"));
    }
    if !request.levels.is_empty() {
        return Err(FieldError::new("levels", "must not be given for a pair: name bins of both features"));
    }
    let range = |field: &str, range: Option<pb::BinRange>| {
        let range = range.ok_or_else(|| FieldError::new(field, "must be given for a pair"))?;
        read_range(field, range)
    };
    let (down, across) = (range("bins", request.bins)?, range("and_bins", request.and_bins)?);
    Ok(if one < other {
        Stretch::Cells { features: [one, other], first: [down.0, across.0], last: [down.1, across.1] }
    } else {
        Stretch::Cells { features: [other, one], first: [across.0, down.0], last: [across.1, down.1] }
    })
}

fn read_range(field: &str, range: pb::BinRange) -> Result<(usize, usize), FieldError> {
    let bin = |bin: i32| usize::try_from(bin).map_err(|_| FieldError::new(field, "must not be negative"));
    Ok((bin(range.first)?, bin(range.last)?))
}

fn read_change(request: &pb::EditModelRequest) -> Result<Change, FieldError> {
    let change = match (request.change(), request.set) {
        (pb::EditChange::Unspecified, _) => {
            return Err(FieldError::new("change", "must be SET, FLATTEN, INCREASING or DECREASING"));
        }
        (pb::EditChange::Set, Some(score)) => return Ok(Change::Set(score)),
        (pb::EditChange::Set, None) => return Err(FieldError::new("set", "must be given")),
        (pb::EditChange::Flatten, set) => (Change::Flatten, set),
        (pb::EditChange::Increasing, set) => (Change::Increasing, set),
        (pb::EditChange::Decreasing, set) => (Change::Decreasing, set),
    };
    match change {
        (change, None) => Ok(change),
        (_, Some(_)) => Err(FieldError::new("set", "must be given for SET alone")),
    }
}

pub(super) fn edit(edit: &EditDetail) -> pb::ModelEdit {
    let range = |first: usize, last: usize| {
        let bin = |bin: usize| i32::try_from(bin).unwrap_or(i32::MAX);
        Some(pb::BinRange { first: bin(first), last: bin(last) })
    };
    let (bins, and_bins, levels) = match &edit.stretch {
        Stretch::Bins { first, last, .. } => (range(*first, *last), None, Vec::new()),
        Stretch::Levels { names, .. } => (None, None, names.clone()),
        Stretch::Cells { first, last, .. } => {
            (range(first[0], last[0]), range(first[1], last[1]), Vec::new())
        }
    };
    let (change, set) = match edit.change {
        Change::Set(score) => (pb::EditChange::Set, Some(score)),
        Change::Flatten => (pb::EditChange::Flatten, None),
        Change::Increasing => (pb::EditChange::Increasing, None),
        Change::Decreasing => (pb::EditChange::Decreasing, None),
    };
    let replaced = edit.before.iter().map(|before| pb::ReplacedTerms {
        profile: pb::Profile::from(before.profile).into(),
        purified_again: before.purified_again,
        intercept: before.intercept,
        shapes: before.shapes.iter().map(shape).collect(),
    });
    pb::ModelEdit {
        previous_version: edit.of.to_string(),
        at: Some(timestamp(edit.at)),
        who: edit.who.clone(),
        why: edit.why.clone(),
        features: edit.features.clone(),
        bins,
        and_bins,
        levels,
        change: change.into(),
        set,
        replaced: replaced.collect(),
    }
}

pub(super) fn lineage(lineage: &Lineage) -> pb::Lineage {
    let rows = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let kind = pb::Lineage { kind: lineage.name().to_owned(), ..pb::Lineage::default() };
    match lineage {
        Lineage::Trained => kind,
        Lineage::Imported(import) => pb::Lineage {
            format: import.format.clone(),
            digest: import.digest.clone(),
            rows: rows(import.rows),
            purified: import.purified,
            ..kind
        },
        Lineage::Merged(parts) => {
            let part = parts
                .iter()
                .map(|part| pb::MergedPart { version: part.version.to_string(), rows: rows(part.rows) });
            pb::Lineage { parts: part.collect(), ..kind }
        }
    }
}

pub(super) fn change(change: ModelChange) -> pb::ModelChange {
    pb::ModelChange {
        seq: i64::try_from(change.seq).unwrap_or(i64::MAX),
        at: Some(timestamp(change.at)),
        action: change.action.name().to_owned(),
        version: change.version.to_string(),
        previous_version: change.previous.map(String::from).unwrap_or_default(),
        who: change.who,
        why: change.why,
    }
}
