//! `ModelService`: which models there are, what they look like, which serve.

use tonic::{Request, Response, Status};

use super::account::{purposes, timestamp};
use super::status::invalid;
use super::{Service, edits, pb, to_the_end};
use crate::decide::DecideError;
use crate::domain::{FieldError, ModelVersion};
use crate::model::additive::Guarantee;
use crate::train::ModelSummary;

/// Models on a page when the caller does not say.
const PAGE_DEFAULT: usize = 50;
/// Most models on a page.
const PAGE_MAX: i32 = 1000;

#[tonic::async_trait]
impl pb::model_service_server::ModelService for Service {
    async fn list_models(
        &self,
        request: Request<pb::ListModelsRequest>,
    ) -> Result<Response<pb::ListModelsResponse>, Status> {
        let request = request.into_inner();
        let size = page_size(request.page_size, PAGE_MAX)?;
        let all = self.engine.models()?;
        let start = if request.page_token.is_empty() {
            0
        } else {
            let last = |summary: &ModelSummary| summary.version.as_str() == request.page_token;
            let at = all.iter().position(last);
            at.ok_or_else(|| {
                invalid(&FieldError::new("page_token", "must come from an earlier answer").into())
            })? + 1
        };
        let page = all.iter().skip(start).take(size).collect::<Vec<_>>();
        let more = start + page.len() < all.len();
        let next = page.last().filter(|_| more).map(|last| last.version.to_string());
        Ok(Response::new(pb::ListModelsResponse {
            models: page.into_iter().map(summary).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_model(
        &self,
        request: Request<pb::GetModelRequest>,
    ) -> Result<Response<pb::GetModelResponse>, Status> {
        let version = version(&request.get_ref().version)?;
        let model = self.engine.model(&version)?;
        let profiles = model.profiles.iter().map(|profile| pb::ProfileModel {
            profile: pb::Profile::from(profile.profile).into(),
            intercept: profile.intercept,
            shapes: profile.shapes.iter().map(shape).collect(),
            importances: importances(&profile.importances),
        });
        Ok(Response::new(pb::GetModelResponse {
            summary: Some(summary(&model.summary)),
            schema_hash: model.schema_hash.clone(),
            purposes: purposes(model.purposes),
            profiles: profiles.collect(),
            edits: model.edits.iter().map(edits::edit).collect(),
            lineage: Some(edits::lineage(&model.lineage)),
            card_markdown: model.card.markdown(),
            card_json: model.card.json(),
        }))
    }

    async fn promote_model(
        &self,
        request: Request<pb::PromoteModelRequest>,
    ) -> Result<Response<pb::PromoteModelResponse>, Status> {
        let version = version(&request.get_ref().version)?;
        let engine = self.engine.clone();
        let promoted = to_the_end(async move { engine.promote(&version).await }).await?;
        Ok(Response::new(pb::PromoteModelResponse {
            active: Some(summary(&promoted.active)),
            previous_version: promoted.previous.map(String::from).unwrap_or_default(),
        }))
    }

    async fn roll_back_model(
        &self,
        request: Request<pb::RollBackModelRequest>,
    ) -> Result<Response<pb::RollBackModelResponse>, Status> {
        let response = match request.get_ref().response() {
            pb::Response::Click => crate::domain::Response::Click,
            pb::Response::Conversion => crate::domain::Response::Conversion,
            pb::Response::Unspecified => {
                return Err(invalid(&FieldError::new("response", "must be CLICK or CONVERSION").into()));
            }
        };
        let engine = self.engine.clone();
        let promoted = to_the_end(async move { engine.roll_back(response).await }).await?;
        Ok(Response::new(pb::RollBackModelResponse {
            active: Some(summary(&promoted.active)),
            previous_version: promoted.previous.map(String::from).unwrap_or_default(),
            at: Some(timestamp(promoted.at)),
        }))
    }

    async fn edit_model(
        &self,
        request: Request<pb::EditModelRequest>,
    ) -> Result<Response<pb::EditModelResponse>, Status> {
        let version = version(&request.get_ref().version)?;
        let wish = edits::read(request.get_ref(), self.engine.schema())?;
        let engine = self.engine.clone();
        let edited = to_the_end(async move { engine.edit(&version, wish).await }).await?;
        Ok(Response::new(pb::EditModelResponse {
            model: Some(summary(&edited.summary)),
            edit: edited.edit.as_ref().map(edits::edit),
        }))
    }

    async fn undo_edit(
        &self,
        request: Request<pb::UndoEditRequest>,
    ) -> Result<Response<pb::UndoEditResponse>, Status> {
        let pb::UndoEditRequest { version: text, who, why } = request.into_inner();
        let version = version(&text)?;
        let engine = self.engine.clone();
        let before = to_the_end(async move { engine.undo_edit(&version, &who, &why).await }).await?;
        Ok(Response::new(pb::UndoEditResponse { model: Some(summary(&before.summary)) }))
    }

    async fn list_edits(
        &self,
        request: Request<pb::ListEditsRequest>,
    ) -> Result<Response<pb::ListEditsResponse>, Status> {
        let pb::ListEditsRequest { page_size: size, page_token } = request.into_inner();
        let size = page_size(size, PAGE_MAX)?;
        let after = match page_token.as_str() {
            "" => 0,
            text => text.parse::<u64>().map_err(|_| {
                invalid(&FieldError::new("page_token", "must come from an earlier answer").into())
            })?,
        };
        let mut page = self.engine.model_changes().await?;
        page.retain(|change| change.seq > after);
        let more = page.len() > size;
        page.truncate(size);
        let next = page.last().filter(|_| more).map(|last| last.seq.to_string());
        Ok(Response::new(pb::ListEditsResponse {
            changes: page.into_iter().map(edits::change).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

pub(super) fn page_size(asked: i32, most: i32) -> Result<usize, Status> {
    match asked {
        0 => Ok(PAGE_DEFAULT),
        size if (1..=most).contains(&size) => Ok(usize::try_from(size).unwrap_or(PAGE_DEFAULT)),
        size => {
            let rule = format!("must be 0 to {most}, is {size}");
            Err(invalid(&FieldError::new("page_size", rule).into()))
        }
    }
}

fn version(text: &str) -> Result<ModelVersion, Status> {
    ModelVersion::parse(text).map_err(|error| DecideError::from(error).into())
}

fn summary(summary: &ModelSummary) -> pb::ModelSummary {
    pb::ModelSummary {
        version: summary.version.to_string(),
        name: summary.name.clone(),
        response: pb::Response::from(summary.response).into(),
        kind: summary.kind.name().to_owned(),
        active: summary.active,
        rows: i64::try_from(summary.rows).unwrap_or(i64::MAX),
        positives: i64::try_from(summary.positives).unwrap_or(i64::MAX),
        metrics: summary
            .metrics
            .iter()
            .map(|(name, figure)| pb::Metric {
                name: (*name).to_owned(),
                value: figure.estimate,
                low: figure.low,
                high: figure.high,
            })
            .collect(),
        privacy: summary.privacy.as_ref().map(privacy),
    }
}

fn privacy(promise: &Guarantee) -> pb::PrivacyGuarantee {
    pb::PrivacyGuarantee {
        epsilon: promise.epsilon,
        delta: promise.delta,
        unit: promise.unit.name().to_owned(),
        rows_per_person_max: promise.rows_per_person_max.into(),
        mechanism: promise.mechanism.name().to_owned(),
        mu: promise.mu,
    }
}

pub(super) fn shape(shape: &crate::train::Shape) -> pb::Shape {
    let bins = shape.bins.iter().map(|bin| pb::ShapeBin {
        label: bin.label.clone(),
        from: bin.from,
        to: bin.to,
        score: bin.score,
        band: bin.band,
        people: i64::try_from(bin.people).unwrap_or(i64::MAX),
    });
    pb::Shape {
        features: shape.features.clone(),
        bins: bins.collect(),
        rules: shape.rules.clone(),
        edited: shape.edited,
        unpurified: shape.unpurified,
    }
}

/// Strongest first.
fn importances(importances: &[(Vec<String>, f64)]) -> Vec<pb::Importance> {
    let mut importances = importances.to_vec();
    importances.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    importances.into_iter().map(|(features, value)| pb::Importance { features, value }).collect()
}
