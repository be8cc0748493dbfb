//! Group labels where rights reach them: what is held of a person, and what is said when it cannot be read.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::status::ERROR_DOMAIN;
use crate::fairness::{GroupLabel, LabelError, LabelFolder};
use crate::rights::{Asker, HeldLabel};

/// The group labels of a person.
pub(super) async fn labels_of(
    folder: &LabelFolder,
    asker: &Asker,
    raw_id: String,
) -> Result<Vec<HeldLabel>, Status> {
    let held = folder.held(asker.tenant.clone(), raw_id).await.map_err(|error| refusal(&error))?;
    Ok(held.into_iter().map(told).collect())
}

fn told(label: GroupLabel) -> HeldLabel {
    let GroupLabel { attribute, value, collected_at, kept_until } = label;
    HeldLabel {
        attribute: attribute.name,
        value,
        collected_at,
        kept_until,
        retention_days: attribute.retention_days,
        source: attribute.source,
        basis: attribute.basis,
        special_basis: attribute.special_basis,
    }
}

/// The operator is told what is wrong with the store, the caller that it may be asked again.
pub(super) fn refusal(error: &LabelError) -> Status {
    tracing::error!(%error, "group labels cannot be read or erased");
    let info = ErrorDetails::with_error_info("LABELS_UNAVAILABLE", ERROR_DOMAIN, []);
    let message = "group labels: cannot be read or erased now; make the call again";
    Status::with_error_details(Code::Unavailable, message, info)
}
