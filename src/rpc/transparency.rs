//! `TransparencyService`: what the system looks at, why, and for how long.

use tonic::{Request, Response, Status};

use super::account::{provenance, purposes};
use super::{Service, pb};
use crate::data::schema::ListEntry;
use crate::data::taxonomy::Node;
use crate::decide::{Estimate, WorkedStep};
use crate::domain::{Derivation, Feature, Locale, Origin, Provenance};

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
            about: pb::DataSubject::from(datum.about).into(),
            sources: datum.sources.iter().map(source).collect(),
            purposes: purposes(datum.purposes),
            retention_days: i32::try_from(datum.retention_days).unwrap_or(i32::MAX),
            controllable: datum.controllable,
        });
        let example = told.example.map(|example| pb::WorkedExample {
            start: Some(estimate(example.start)),
            steps: example.steps.into_iter().map(step).collect(),
        });
        Ok(Response::new(pb::GetHowItWorksResponse {
            steps: told.steps,
            looks_at: looks_at.collect(),
            never_looks_at: told.never_looks_at,
            locale: locale.tag().to_owned(),
            estimates: told.estimates,
            example,
            choices: told.choices,
            sensitive: told.sensitive.into_iter().map(list_entry).collect(),
            ordinary: told.ordinary.into_iter().map(list_entry).collect(),
        }))
    }

    async fn get_data_use(
        &self,
        request: Request<pb::GetDataUseRequest>,
    ) -> Result<Response<pb::GetDataUseResponse>, Status> {
        let (locale, _) = self.engine.phrases().language_of(&request.get_ref().locale);
        let uses = data_uses(self.engine.schema().features.iter(), locale);
        Ok(Response::new(pb::GetDataUseResponse { uses, locale: locale.tag().to_owned() }))
    }
}

/// What features use, in the words of a language.
pub(super) fn data_uses<'f>(features: impl Iterator<Item = &'f Feature>, locale: Locale) -> Vec<pb::DataUse> {
    let uses = features.map(|feature| pb::DataUse {
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
    uses.collect()
}

fn list_entry((attribute, entry): (String, ListEntry)) -> pb::ListEntry {
    let node = |node: Node| pb::TaxonomyNode { id: node.id().into(), name: node.name().to_owned() };
    pb::ListEntry {
        attribute,
        values: entry.values,
        nodes: entry.nodes.into_iter().map(node).collect(),
        because: entry.because.unwrap_or_default(),
    }
}

fn source((from, derivation): &(Provenance, Derivation)) -> pb::DataSource {
    pb::DataSource { provenance: provenance(from), derivation: pb::Derivation::from(*derivation).into() }
}

fn step(step: WorkedStep) -> pb::WorkedStep {
    pb::WorkedStep { fact: step.fact, estimate: Some(estimate(step.estimate)) }
}

fn estimate(estimate: Estimate) -> pb::Estimate {
    pb::Estimate { score: estimate.score, of_thousand: estimate.of_thousand }
}

impl From<Origin> for pb::DataSubject {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Subject => Self::Person,
            Origin::History => Self::History,
            Origin::Context => Self::Context,
            Origin::Ad => Self::Ad,
        }
    }
}
