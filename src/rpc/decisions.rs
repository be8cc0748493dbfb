//! `DecisionService`: logged decisions made again, and their log walked.

use tonic::{Request, Response, Status};

use super::account::{line, timestamp};
use super::caller::caller_of;
use super::status::Fields;
use super::{Service, pb};
use crate::decide::{Difference, Replayed};
use crate::domain::{DecisionId, Line, TenantId};

/// Most differences that an answer tells.
const DIFFERENCES_MAX: usize = 100;

#[tonic::async_trait]
impl pb::decision_service_server::DecisionService for Service {
    async fn replay_decision(
        &self,
        request: Request<pb::ReplayDecisionRequest>,
    ) -> Result<Response<pb::ReplayDecisionResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.opens_decisions(&request.tenant)?;
        let mut fields = Fields::default();
        let tenant = fields.take(TenantId::parse(&request.tenant));
        let id = fields.take(DecisionId::parse(&request.decision_id));
        let (tenant, id) = fields.finish(tenant.zip(id))?;
        let mut answer = pb::ReplayDecisionResponse { decision_id: id.to_string(), ..Default::default() };
        match self.engine.replay(&tenant, id).await? {
            Replayed::Identical(decision) => {
                answer.set_outcome(pb::ReplayOutcome::Identical);
                answer.decided_at = Some(timestamp(decision.at));
                answer.model_versions =
                    decision.versions.models.iter().map(|(_, version)| version.to_string()).collect();
                answer.eligible = i32::try_from(decision.ranked.len()).unwrap_or(i32::MAX);
            }
            Replayed::Differs(differences) => {
                answer.set_outcome(pb::ReplayOutcome::Differs);
                let names = self.engine.feature_names();
                let told = differences.iter().take(DIFFERENCES_MAX);
                answer.differences = told.map(|difference| tell(difference, &names)).collect();
            }
            Replayed::Erased => answer.set_outcome(pb::ReplayOutcome::Erased),
            Replayed::Expired(version) => {
                answer.set_outcome(pb::ReplayOutcome::Expired);
                answer.missing_model_version = version.to_string();
            }
        }
        Ok(Response::new(answer))
    }

    async fn verify_ledger(
        &self,
        _request: Request<pb::VerifyLedgerRequest>,
    ) -> Result<Response<pb::VerifyLedgerResponse>, Status> {
        let found = self.engine.verify_ledger().await?;
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Ok(Response::new(pb::VerifyLedgerResponse {
            whole: found.is_whole(),
            decisions: count(found.decisions),
            fault_at: found.fault.map(|fault| fault.place()).unwrap_or_default(),
            fault: found.fault.map(|fault| fault.to_string()).unwrap_or_default(),
            keys_unreadable: count(found.keys_unreadable),
            chains: count(found.chains),
            heads: count(found.heads),
        }))
    }
}

fn tell(difference: &Difference, names: &[String]) -> pb::ReplayDifference {
    match difference {
        Difference::RankingValue { ad, logged, now } => pb::ReplayDifference {
            ad_id: ad.to_string(),
            line: None,
            logged_units: logged.units(),
            now_units: now.units(),
        },
        Difference::Line { ad, source, logged, now } => pb::ReplayDifference {
            ad_id: ad.to_string(),
            line: Some(line(Line { source: *source, value: *now }, names)),
            logged_units: logged.units(),
            now_units: now.units(),
        },
        Difference::Told => pb::ReplayDifference::default(),
    }
}
