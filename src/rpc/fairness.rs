//! `FairnessService`: counts of groups.

use tonic::{Request, Response, Status};

use super::caller::caller_of;
use super::labels::refusal;
use super::status::tenant;
use super::{Service, pb};
use crate::fairness::{AttributeCounts, ValueCount};

#[tonic::async_trait]
impl pb::fairness_service_server::FairnessService for Service {
    async fn list_group_attributes(
        &self,
        request: Request<pb::ListGroupAttributesRequest>,
    ) -> Result<Response<pb::ListGroupAttributesResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.check_tenant(&request.tenant)?;
        let tenant = tenant(&request.tenant)?;
        let counts = self.labels.counts(tenant, self.engine.now()).await.map_err(|error| refusal(&error))?;
        let attributes = counts.into_iter().map(pb::GroupAttribute::from).collect();
        Ok(Response::new(pb::ListGroupAttributesResponse { attributes }))
    }
}

impl From<AttributeCounts> for pb::GroupAttribute {
    fn from(counts: AttributeCounts) -> Self {
        let AttributeCounts { attribute, values } = counts;
        Self {
            name: attribute.name,
            values: values.into_iter().map(pb::GroupValue::from).collect(),
            basis: attribute.basis,
            retention_days: i32::try_from(attribute.retention_days).unwrap_or(i32::MAX),
            source: attribute.source,
            special_category: attribute.special_category.name().to_owned(),
            special_basis: attribute.special_basis.unwrap_or_default(),
        }
    }
}

impl From<ValueCount> for pb::GroupValue {
    fn from(count: ValueCount) -> Self {
        let people = count.people.map_or(0, |people| i64::try_from(people).unwrap_or(i64::MAX));
        Self { value: count.value, people, withheld: count.people.is_none() }
    }
}
