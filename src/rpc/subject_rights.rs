//! `SubjectRightsService`: its calls, and `Object`.

use tonic::{Request, Response, Status};

use super::caller::caller_of;
use super::choices::{check_names, choose, read_purposes};
use super::status::Fields;
use super::{Service, held, pb, rights};
use crate::decide::{Engine, STATEMENTS_MAX};
use crate::domain::{ChangeId, FieldError, Objection, Statement, TOPIC_BYTES_MAX};
use crate::store::Right;

#[tonic::async_trait]
impl pb::subject_rights_service_server::SubjectRightsService for Service {
    type AccessStream = held::Stream<pb::AccessResponse>;
    type PortStream = held::Stream<pb::PortResponse>;

    async fn access(
        &self,
        request: Request<pb::AccessRequest>,
    ) -> Result<Response<Self::AccessStream>, Status> {
        held::access(self, request).await
    }

    async fn port(&self, request: Request<pb::PortRequest>) -> Result<Response<Self::PortStream>, Status> {
        held::port(self, request).await
    }

    async fn rectify(
        &self,
        request: Request<pb::RectifyRequest>,
    ) -> Result<Response<pb::RectifyResponse>, Status> {
        rights::rectify(self, request).await
    }

    async fn restrict(
        &self,
        request: Request<pb::RestrictRequest>,
    ) -> Result<Response<pb::RestrictResponse>, Status> {
        rights::restrict(self, request).await
    }

    async fn erase(&self, request: Request<pb::EraseRequest>) -> Result<Response<pb::EraseResponse>, Status> {
        rights::erase(self, request).await
    }

    async fn object(
        &self,
        request: Request<pb::ObjectRequest>,
    ) -> Result<Response<pb::ObjectResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        check_names(&caller, request.person.as_ref())?;
        let change = read(&self.engine, &request)?;
        let receipt = choose(&self.engine, &caller, request.person, change, Some(Right::Object)).await?;
        Ok(Response::new(pb::ObjectResponse { receipt: Some(receipt) }))
    }
}

fn read(engine: &Engine, request: &pb::ObjectRequest) -> Result<(ChangeId, Vec<Statement>), Status> {
    let mut fields = Fields::default();
    let named = request.purposes.len() + request.advertisers.len() + request.categories.len();
    let named = named + request.data.len() + usize::from(request.personalisation);
    if !(1..=STATEMENTS_MAX).contains(&named) {
        fields.refuse("objections", format!("must be 1 to {STATEMENTS_MAX} in all, are {named}"));
        return fields.finish(None);
    }
    let id = fields.take(ChangeId::parse(&request.change_id));
    let purposes = read_purposes(&mut fields, &request.purposes, "purposes");
    let mut objections = purposes.into_iter().map(Objection::Purpose).collect::<Vec<_>>();
    objections.extend(names(&mut fields, &request.advertisers, "advertisers").map(Objection::Advertiser));
    objections.extend(names(&mut fields, &request.categories, "categories").map(Objection::Category));
    objections.extend(names(&mut fields, &request.data, "data").map(Objection::Datum));
    objections.extend(request.personalisation.then_some(Objection::Personalisation));
    // A datum that the schema no longer has must not be one that nobody can take back.
    if !request.take_back {
        for (i, code) in request.data.iter().enumerate() {
            let checked = engine.check_objection(&Objection::Datum(code.clone()));
            fields.take(checked.map_err(|error| FieldError::new(format!("data[{i}]"), error.rule)));
        }
    }
    let say = if request.take_back { Statement::TakeBack } else { Statement::Object };
    let statements = objections.into_iter().map(say).collect();
    fields.finish(id.map(|id| (id, statements)))
}

/// Names of a list, each once.
fn names<'r>(fields: &mut Fields, names: &'r [String], field: &str) -> impl Iterator<Item = String> + 'r {
    for (i, name) in names.iter().enumerate() {
        let at = format!("{field}[{i}]");
        match name.len() {
            0 => fields.refuse(at, "must not be empty"),
            1..=TOPIC_BYTES_MAX if names[..i].contains(name) => fields.refuse(at, "repeats one before it"),
            1..=TOPIC_BYTES_MAX => {}
            bytes => fields.refuse(at, format!("must be at most {TOPIC_BYTES_MAX} bytes, has {bytes}")),
        }
    }
    names.iter().cloned()
}
