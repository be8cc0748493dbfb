//! The models that serve, made ready for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::Schema;
use crate::domain::{Feature, FeatureId, ModelVersion, Profile, Response};
use crate::model::{Artefact, Compiled, Term};

/// The models that serve, as one decision sees them.
#[derive(Clone, Debug, Default)]
pub struct ActiveModels {
    click: Option<Arc<ActiveModel>>,
    conversion: Option<Arc<ActiveModel>>,
    reads: Vec<FeatureId>,
}

/// A model that serves.
#[derive(Debug)]
pub struct ActiveModel {
    /// Its content hash.
    pub version: ModelVersion,
    /// The model with all that is known of it.
    pub artefact: Arc<Artefact>,
    /// The model of each profile, poorest first, made ready to serve.
    compiled: [Compiled; Profile::ALL.len()],
}

impl ActiveModels {
    /// The model of `response`.
    #[must_use]
    pub fn get(&self, response: Response) -> Option<&ActiveModel> {
        match response {
            Response::Click => self.click.as_deref(),
            Response::Conversion => self.conversion.as_deref(),
        }
    }

    /// The response by which ads without a price rank: conversion, if a model predicts it.
    #[must_use]
    pub fn fallback(&self) -> Option<Response> {
        [Response::Conversion, Response::Click].into_iter().find(|response| self.get(*response).is_some())
    }

    /// The models.
    pub(super) fn models(&self) -> impl Iterator<Item = &Arc<ActiveModel>> {
        [&self.click, &self.conversion].into_iter().flatten()
    }

    /// The features that some of the models look at, in schema order.
    #[must_use]
    pub fn reads(&self) -> &[FeatureId] {
        &self.reads
    }

    pub(super) fn set(&mut self, response: Response, model: Arc<ActiveModel>) {
        match response {
            Response::Click => self.click = Some(model),
            Response::Conversion => self.conversion = Some(model),
        }
        let features = self.models().flat_map(|model| model.artefact.features()).collect::<BTreeSet<_>>();
        self.reads = features.into_iter().collect();
    }
}

impl ActiveModel {
    /// A version of a model of `schema`, made ready to serve.
    pub(super) fn new(version: ModelVersion, artefact: Artefact, schema: &Schema) -> Self {
        let varies =
            |id: FeatureId| schema.features.get(id.index()).is_some_and(Feature::differs_between_ads);
        let compiled = Profile::ALL.map(|profile| Compiled::new(artefact.profiled.model(profile), varies));
        Self { version, artefact: Arc::new(artefact), compiled }
    }

    /// The model of `profile`, made ready to serve.
    #[must_use]
    pub const fn compiled(&self, profile: Profile) -> &Compiled {
        let [contextual, full] = &self.compiled;
        match profile {
            Profile::Contextual => contextual,
            Profile::Full => full,
        }
    }

    /// Mean absolute contribution of each feature of the model of `profile`, in nats; a pair's is
    /// shared by its sides.
    #[must_use]
    pub fn importances(&self, profile: Profile) -> Vec<(FeatureId, f64)> {
        let terms = self.artefact.profiled.model(profile).terms();
        let importances = self.artefact.importances(profile);
        let by_feature = terms.iter().zip(importances).flat_map(|(term, &importance)| match *term {
            Term::Feature(feature) => vec![(feature, importance)],
            Term::Pair(one, other) => vec![(one, importance / 2.0), (other, importance / 2.0)],
        });
        by_feature.collect()
    }
}
