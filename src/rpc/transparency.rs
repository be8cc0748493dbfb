//! `TransparencyService`: what the system looks at, why, and for how long.

use tonic::{Request, Response, Status};

use super::account::{provenance, purposes};
use super::{Service, pb};

#[tonic::async_trait]
impl pb::transparency_service_server::TransparencyService for Service {
    async fn get_how_it_works(
        &self,
        request: Request<pb::GetHowItWorksRequest>,
    ) -> Result<Response<pb::GetHowItWorksResponse>, Status> {
        let (locale, _) = self.engine.phrases().language_of(&request.get_ref().locale);
        let told = self.engine.how_it_works(locale);
        let looks_at = told.looks_at.into_iter().map(|datum| pb::LookedAt {
            code: datum.code,
            label: datum.label,
            share: datum.share,
            personal: datum.personal,
        });
        Ok(Response::new(pb::GetHowItWorksResponse {
            steps: told.steps,
            looks_at: looks_at.collect(),
            never_looks_at: told.never_looks_at,
            locale: locale.tag().to_owned(),
        }))
    }

    async fn get_data_use(
        &self,
        request: Request<pb::GetDataUseRequest>,
    ) -> Result<Response<pb::GetDataUseResponse>, Status> {
        let (locale, _) = self.engine.phrases().language_of(&request.get_ref().locale);
        let uses = self.engine.schema().features.iter().map(|feature| pb::DataUse {
            feature: feature.name.clone(),
            label: feature.label.get(locale).to_owned(),
            data_category: feature.data_category.clone(),
            provenance: provenance(&feature.provenance),
            derivation: pb::Derivation::from(feature.derivation).into(),
            serving_purposes: purposes(feature.serving),
            training_purposes: purposes(feature.training),
            retention_days: i32::try_from(feature.retention_days).unwrap_or(i32::MAX),
            controllable: feature.controllable,
        });
        Ok(Response::new(pb::GetDataUseResponse { uses: uses.collect(), locale: locale.tag().to_owned() }))
    }
}
