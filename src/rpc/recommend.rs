//! `RecommendationService.Recommend`.

mod answer;
mod read;

use std::time::{Duration, Instant};

use tonic::{Request, Response, Status};

use super::caller::caller_of;
use super::consent::has_gpc;
use super::status::invalid;
use super::{Service, pb};
use crate::decide::DecideError;
use crate::domain::{FieldError, TenantId};
use answer::View;
pub(super) use answer::{percent, reasons};
pub(super) use read::accepted;
use read::read;

#[tonic::async_trait]
impl pb::recommendation_service_server::RecommendationService for Service {
    async fn recommend(
        &self,
        request: Request<pb::RecommendRequest>,
    ) -> Result<Response<pb::RecommendResponse>, Status> {
        let deadline = deadline(&request)?;
        let has_gpc = has_gpc(request.metadata());
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.names_people(&request.tenant)?;
        caller.spend(request.candidates.len(), self.engine.now())?;
        let view = View::read(&request, self.engine.phrases())?;
        let tenant = TenantId::parse(&request.tenant);
        let named = match (&request.subject, &tenant) {
            (Some(subject), Ok(tenant)) => Some(self.engine.see(tenant, &subject.id).await?),
            _ => None,
        };
        let request = read(&self.engine, request, (tenant, named), has_gpc)?;
        let recommended = self.engine.recommend(&request, deadline).await?;
        Ok(Response::new(view.answer(&self.engine, &recommended)))
    }
}

/// The moment by which the caller wants its answer: `grpc-timeout` and `tmax_ms`, whichever is
/// sooner.
fn deadline(request: &Request<pb::RecommendRequest>) -> Result<Option<Instant>, Status> {
    let tmax_ms = request.get_ref().tmax_ms;
    let tmax = u64::try_from(tmax_ms).map_err(|_| {
        invalid(&FieldError::new("tmax_ms", format!("must not be negative, is {tmax_ms}")).into())
    })?;
    let tmax = (tmax > 0).then(|| Duration::from_millis(tmax));
    let timeout = match request.metadata().get("grpc-timeout") {
        None => None,
        Some(text) => Some(text.to_str().ok().and_then(grpc_timeout).ok_or_else(|| {
            invalid(&FieldError::new("grpc-timeout", "must be digits and a unit: H, M, S, m, u or n").into())
        })?),
    };
    let left = [tmax, timeout].into_iter().flatten().min();
    if left.is_some_and(|left| left.is_zero()) {
        return Err(DecideError::DeadlinePast.into());
    }
    Ok(left.map(|left| Instant::now() + left))
}

/// A `grpc-timeout`: up to eight digits and a unit.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let amount = digits.parse::<u64>().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_timeout_is_digits_and_a_unit() {
        assert_eq!(grpc_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(grpc_timeout("2S"), Some(Duration::from_secs(2)));
        for bad in ["", "S", "12", "-1S", "123456789S", "1x", "1é"] {
            assert_eq!(grpc_timeout(bad), None, "{bad}");
        }
    }
}
