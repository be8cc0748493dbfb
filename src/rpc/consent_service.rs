//! `ConsentService`: `GetConsent`, `SetConsent`, `WithdrawConsent`.

use tonic::{Request, Response, Status};

use super::caller::caller_of;
use super::choices::{check_names, choose, find, read_purposes};
use super::status::Fields;
use super::{Service, pb};
use crate::domain::{ChangeId, Statement};

#[tonic::async_trait]
impl pb::consent_service_server::ConsentService for Service {
    async fn get_consent(
        &self,
        request: Request<pb::GetConsentRequest>,
    ) -> Result<Response<pb::GetConsentResponse>, Status> {
        let caller = caller_of(&request);
        let found = find(&self.engine, &caller, request.into_inner().person).await?;
        let (choices, changes) = self.engine.choices(&found.tenant, &found.subject).await?;
        Ok(Response::new(pb::GetConsentResponse {
            choices: Some((&choices).into()),
            changes: changes.iter().map(pb::ChoiceChange::from).collect(),
        }))
    }

    async fn set_consent(
        &self,
        request: Request<pb::SetConsentRequest>,
    ) -> Result<Response<pb::SetConsentResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        check_names(&caller, request.person.as_ref())?;
        let change = read_set(&request)?;
        let receipt = choose(&self.engine, &caller, request.person, change, None).await?;
        Ok(Response::new(pb::SetConsentResponse { receipt: Some(receipt) }))
    }

    async fn withdraw_consent(
        &self,
        request: Request<pb::WithdrawConsentRequest>,
    ) -> Result<Response<pb::WithdrawConsentResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        check_names(&caller, request.person.as_ref())?;
        let change = read_withdraw(&request)?;
        let receipt = choose(&self.engine, &caller, request.person, change, None).await?;
        Ok(Response::new(pb::WithdrawConsentResponse { receipt: Some(receipt) }))
    }
}

fn read_set(request: &pb::SetConsentRequest) -> Result<(ChangeId, Vec<Statement>), Status> {
    let mut fields = Fields::default();
    let id = fields.take(ChangeId::parse(&request.change_id));
    let grant = read_purposes(&mut fields, &request.grant, "grant");
    let withdraw = read_purposes(&mut fields, &request.withdraw, "withdraw");
    if request.grant.is_empty() && request.withdraw.is_empty() {
        fields.refuse("grant", "must not be empty when nothing is withdrawn");
    }
    if let Some(both) = withdraw.iter().find(|purpose| grant.contains(purpose)) {
        fields.refuse("withdraw", format!("must not name purpose {}, which is granted too", both.number()));
    }
    let granted = grant.into_iter().map(Statement::Grant);
    let statements = granted.chain(withdraw.into_iter().map(Statement::Withdraw)).collect();
    fields.finish(id.map(|id| (id, statements)))
}

fn read_withdraw(request: &pb::WithdrawConsentRequest) -> Result<(ChangeId, Vec<Statement>), Status> {
    let mut fields = Fields::default();
    let id = fields.take(ChangeId::parse(&request.change_id));
    let purposes = read_purposes(&mut fields, &request.purposes, "purposes");
    if request.purposes.is_empty() {
        fields.refuse("purposes", "must not be empty");
    }
    let statements = purposes.into_iter().map(Statement::Withdraw).collect();
    fields.finish(id.map(|id| (id, statements)))
}
