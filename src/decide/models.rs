//! The models as the service shows and switches them.

use std::sync::Arc;

use super::{DecideError, Engine};
use crate::domain::{ModelVersion, Response};
use crate::model::EditRequest;
use crate::store::ModelChange;
use crate::train::{EditedModel, ModelDetail, ModelSummary, Promoted};

impl Engine {
    /// All model versions: those that serve first, then by version.
    ///
    /// # Errors
    /// When the models folder cannot be read.
    pub fn models(&self) -> Result<Vec<ModelSummary>, DecideError> {
        Ok(self.registry.list()?)
    }

    /// One model with its shapes.
    ///
    /// # Errors
    /// When there is no such version, or its artefact is damaged.
    pub fn model(&self, version: &ModelVersion) -> Result<ModelDetail, DecideError> {
        Ok(self.registry.detail(version)?)
    }

    /// Makes a version serve its response.
    ///
    /// # Errors
    /// When there is no such version, its artefact is damaged, or it was trained under another
    /// schema.
    pub async fn promote(self: &Arc<Self>, version: &ModelVersion) -> Result<Promoted, DecideError> {
        let promoted = self.registry.promote(version, self.now()).await?;
        self.try_what_serves().await?;
        Ok(promoted)
    }

    /// Makes the version serve that served `response` before.
    ///
    /// # Errors
    /// When there is none.
    pub async fn roll_back(self: &Arc<Self>, response: Response) -> Result<Promoted, DecideError> {
        let promoted = self.registry.roll_back(response, self.now()).await?;
        self.try_what_serves().await?;
        Ok(promoted)
    }

    /// Tries the models off the threads on which auctions wait.
    async fn try_what_serves(self: &Arc<Self>) -> Result<(), DecideError> {
        let engine = Arc::clone(self);
        let tried = tokio::task::spawn_blocking(move || engine.try_models()).await;
        tried.map_err(|error| DecideError::Internal(error.to_string()))
    }

    /// Makes another version of one, with an edit; which version serves does not change.
    ///
    /// # Errors
    /// When there is no such version, it has no such term, bin or category, or breaks another rule.
    pub async fn edit(
        &self,
        version: &ModelVersion,
        request: EditRequest,
    ) -> Result<EditedModel, DecideError> {
        Ok(self.registry.edit(version, EditRequest { at: self.now(), ..request }).await?)
    }

    /// Takes the last edit of a version back; which version serves does not change.
    ///
    /// # Errors
    /// When there is no such version, or it was not edited.
    pub async fn undo_edit(
        &self,
        version: &ModelVersion,
        who: &str,
        why: &str,
    ) -> Result<EditedModel, DecideError> {
        Ok(self.registry.undo(version, who, why, self.now()).await?)
    }

    /// What was made of models by hand, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn model_changes(&self) -> Result<Vec<ModelChange>, DecideError> {
        Ok(self.registry.changes().await?)
    }
}
