//! Private training runs: fit both consent profiles under one promise, keep nothing that is exact.

use std::path::Path;

use super::card::keep_with_card;
use super::job::{TrainError, measure};
use super::prepare::Prepared;
use crate::data::{Dataset, Schema};
use crate::domain::{FieldError, ModelVersion, Profile, Purpose, Purposes};
use crate::model::additive::{Guarantee, KnownValues, Noise, PrivateTask, ValidPrivateParams, fit_private};
use crate::model::{Artefact, FitData, FitError, Model, Profiled, Progress, Training};

/// Whether a private model is measured on the people held out.
///
/// The figures are about people who are not in the model, and are not covered by its promise: who
/// publishes them tells something of those people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldOut {
    /// They are measured by, and the figures kept.
    Measured,
    /// They are left alone.
    LeftAlone,
}

/// Fits an additive model for both consent profiles under differential privacy, and keeps it as a
/// version in `folder`.
///
/// The promise is made to the people of the training rows; who is held out is decided beforehand and
/// without looking at what rows hold. Importances are over rows drawn from noisy counts.
///
/// # Errors
/// When the schema asks for pairs, for shapes that only rise or fall or for weights, a number has no
/// bounds in it, the fit fails or is cancelled, or the folder cannot be written.
pub fn train_privately(
    prepared: &Prepared,
    schema: &Schema,
    params: &ValidPrivateParams,
    held_out: HeldOut,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(ModelVersion, Artefact), TrainError> {
    prepared.asked.refuse_for("a private fit").map_err(FitError::from)?;
    let artefact = fit(prepared, schema, params, &mut Noise::from_system()?, progress)?;
    let artefact = match held_out {
        HeldOut::Measured => measured(artefact, prepared),
        HeldOut::LeftAlone => artefact,
    };
    let version = keep_with_card(&artefact, schema, folder)?;
    Ok((version, artefact))
}

/// The artefact of a private fit, without figures of the people held out.
fn fit(
    prepared: &Prepared,
    schema: &Schema,
    params: &ValidPrivateParams,
    noise: &mut Noise,
    progress: &dyn Progress,
) -> Result<Artefact, TrainError> {
    let rows: &Dataset = &prepared.train;
    let known = prepared.full.iter().filter_map(|id| schema.features.get(id.index()));
    let known = known.map(KnownValues::of).collect::<Result<Vec<_>, FieldError>>().map_err(FitError::from)?;
    let data = FitData {
        table: &rows.table,
        features: &prepared.full,
        outcome: &rows.outcome,
        person: &rows.person,
    };
    let task = PrivateTask {
        rows: data,
        known: &known,
        contextual: &prepared.contextual,
        withheld: &prepared.withheld_sets,
    };
    let fitted = fit_private(&task, params, noise, progress)?;
    let typical = fitted.typical_rows(schema.features.len()).ok_or(FitError::NoFeatures)?;
    let training = Training {
        purposes: stated_purposes(schema),
        rows: fitted.rows,
        positives: fitted.positives,
        people: fitted.people,
        // The first and the last day would be exact, which was not promised.
        span: None,
    };
    let guarantee: Guarantee = fitted.guarantee;
    let (contextual, full) = (Model::Additive(fitted.contextual), Model::Additive(fitted.full));
    let profiled = Profiled::with_offsets(contextual, full, fitted.offsets).map_err(FitError::from)?;
    let features = (schema.hash.as_str(), schema.features.as_slice());
    let artefact =
        Artefact::new(&schema.name, prepared.response, features, training, profiled, &typical, Vec::new());
    Ok(Artefact { privacy: Some(guarantee), ..artefact })
}

/// The artefact with figures of the people held out.
fn measured(artefact: Artefact, prepared: &Prepared) -> Artefact {
    let of = |profile| Some((profile, measure(&artefact.profiled, profile, &prepared.test)?));
    let evaluations = Profile::ALL.into_iter().filter_map(of).collect();
    Artefact { evaluations, ..artefact }
}

/// The purposes that everybody in any training rows accepted. What everybody in these rows happened
/// to accept besides would tell of single people.
fn stated_purposes(schema: &Schema) -> Purposes {
    schema.accepted_by_all.with(Purpose::ImproveServices)
}

#[cfg(test)]
mod tests;
