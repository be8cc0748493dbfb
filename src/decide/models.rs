//! The models as the service shows and switches them.

use super::{DecideError, Engine};
use crate::domain::{ModelVersion, Response};
use crate::train::{ModelDetail, ModelSummary, Promoted};

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
    pub async fn promote(&self, version: &ModelVersion) -> Result<Promoted, DecideError> {
        Ok(self.registry.promote(version, self.now()).await?)
    }

    /// Makes the version serve that served `response` before.
    ///
    /// # Errors
    /// When there is none.
    pub async fn roll_back(&self, response: Response) -> Result<Promoted, DecideError> {
        Ok(self.registry.roll_back(response, self.now()).await?)
    }
}
