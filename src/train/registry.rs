//! Which model versions there are, and which of them serve.
//!
//! Artefacts are files that never change; what serves is a log of promotions in the store. A
//! version is loaded and checked before it is promoted, so a damaged file never serves.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use tokio::sync::Mutex;

use super::active::{ActiveModel, ActiveModels};
use super::card::{card, keep_with_card};
use super::shape::{Shape, replaced, shapes};
use super::told::{
    EditDetail, EditedModel, ModelDetail, ModelSummary, ProfileDetail, Promoted, ReplacedDetail,
};
use crate::data::Schema;
use crate::domain::{FeatureId, ModelVersion, Profile, Response, TenantId, Timestamp};
use crate::model::{Artefact, ArtefactError, Edit, EditError, EditRequest, Term, check_author, list, load};
use crate::store::{ChangeAction, ModelChange, Store, StoreError, standing};

/// Most versions kept at hand beside those that serve.
const LATELY_MAX: usize = 8;

/// The models of one schema.
pub struct Registry {
    folder: PathBuf,
    schema: Arc<Schema>,
    store: Store,
    tenant: TenantId,
    active: RwLock<Arc<ActiveModels>>,
    /// Versions that do not serve and were asked for lately, the last one first.
    lately: std::sync::Mutex<Vec<(ModelVersion, Arc<Artefact>)>>,
    /// Held while what serves is changed, so that store and memory change in one order.
    changing: Mutex<()>,
}

/// Why a registry cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There is no such version.
    #[error("version {}: there is no such model", .0.as_str())]
    Unknown(ModelVersion),
    /// The artefact must not serve.
    #[error("version {}: {reason}", version.short())]
    NotServable {
        /// The version.
        version: ModelVersion,
        /// Why not.
        reason: ArtefactError,
    },
    /// The version cannot be edited so, or has no edit to undo.
    #[error("version {}: {reason}", version.short())]
    Edit {
        /// The version.
        version: ModelVersion,
        /// Why not.
        reason: EditError,
    },
    /// There is nothing to go back to.
    #[error("response {}: no earlier promotion to go back to", .0.name())]
    NothingToRollBack(Response),
    /// The folder cannot be read.
    #[error(transparent)]
    Folder(#[from] ArtefactError),
    /// The log of promotions cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A lock is poisoned.
    #[error("the registry lock is poisoned")]
    Poisoned,
}

impl Registry {
    /// The models of `schema` in `folder`, none of them loaded: enough to promote one, even when the
    /// version that serves is damaged or of an older schema.
    #[must_use]
    pub fn new(folder: PathBuf, schema: Arc<Schema>, store: Store, tenant: TenantId) -> Self {
        Self {
            folder,
            schema,
            store,
            tenant,
            active: RwLock::default(),
            lately: std::sync::Mutex::default(),
            changing: Mutex::default(),
        }
    }

    /// Opens the models of `schema` in `folder` and loads those that serve.
    ///
    /// # Errors
    /// When the store cannot be read, or a version that serves is damaged or of another schema.
    pub async fn open(
        folder: PathBuf,
        schema: Arc<Schema>,
        store: Store,
        tenant: TenantId,
    ) -> Result<Self, RegistryError> {
        let registry = Self::new(folder, schema, store, tenant);
        for response in [Response::Click, Response::Conversion] {
            if let Some(version) = registry.store.active(&registry.tenant, response).await? {
                registry.serve(response, registry.servable(&version)?)?;
            }
        }
        Ok(registry)
    }

    /// The models that serve now.
    #[must_use]
    pub fn active(&self) -> Arc<ActiveModels> {
        self.active.read().map(|active| active.clone()).unwrap_or_default()
    }

    /// A version, whether it serves or not, and whatever its schema. Those that were asked for lately are
    /// kept at hand.
    ///
    /// # Errors
    /// When there is no such version, or its artefact is damaged.
    pub fn artefact(&self, version: &ModelVersion) -> Result<Arc<Artefact>, RegistryError> {
        let active = self.active();
        if let Some(model) = active.models().find(|model| model.version == *version) {
            return Ok(model.artefact.clone());
        }
        let mut lately = self.lately.lock().map_err(|_| RegistryError::Poisoned)?;
        if let Some(place) = lately.iter().position(|(known, _)| known == version) {
            lately[..=place].rotate_right(1);
            return Ok(lately[0].1.clone());
        }
        let artefact = Arc::new(self.find(version)?);
        lately.truncate(LATELY_MAX - 1);
        lately.insert(0, (version.clone(), artefact.clone()));
        Ok(artefact)
    }

    /// All versions: those that serve first, then by version. A damaged artefact is left out here
    /// and told by name when it is asked for.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<ModelSummary>, RegistryError> {
        let mut summaries = Vec::new();
        for version in list(&self.folder, &self.schema.name)? {
            match load(&self.folder, &self.schema.name, &version) {
                Ok(artefact) => summaries.push(self.summarise(version, &artefact)),
                Err(error) => tracing::warn!(version = version.short(), %error, "artefact left out"),
            }
        }
        summaries.sort_by_key(|summary| !summary.active);
        Ok(summaries)
    }

    /// One version with its shapes.
    ///
    /// # Errors
    /// When there is no such version, or its artefact is damaged.
    pub fn detail(&self, version: &ModelVersion) -> Result<ModelDetail, RegistryError> {
        let artefact = self.find(version)?;
        let edits: Vec<EditDetail> = artefact.edits.iter().map(|edit| self.edit_detail(edit)).collect();
        let profiles = Profile::ALL.into_iter().map(|profile| {
            let model = artefact.profiled.model(profile);
            let mut shapes = shapes(model, &self.schema.features);
            let edited =
                edits.iter().flat_map(|edit| &edit.before).filter(|before| before.profile == profile);
            let edited: Vec<&Shape> = edited.flat_map(|before| &before.shapes).collect();
            for shape in &mut shapes {
                shape.edited = edited.iter().any(|before| before.features == shape.features);
            }
            ProfileDetail {
                profile,
                intercept: model.intercept().to_f64(),
                importances: self.importances(&artefact, profile),
                shapes,
            }
        });
        Ok(ModelDetail {
            card: card(version, &artefact, &self.schema),
            profiles: profiles.collect(),
            lineage: artefact.lineage.clone(),
            edits,
            schema_hash: artefact.schema_hash.clone(),
            purposes: artefact.training.purposes,
            summary: self.summarise(version.clone(), &artefact),
        })
    }

    /// Makes `version` serve its response.
    ///
    /// # Errors
    /// When there is no such version, it is damaged or of another schema, or the change cannot be
    /// made durable.
    pub async fn promote(&self, version: &ModelVersion, at: Timestamp) -> Result<Promoted, RegistryError> {
        let _changing = self.changing.lock().await;
        let model = self.servable(version)?;
        let response = model.artefact.response;
        let promotion = self.store.promote(&self.tenant, response, version.clone(), at).await?;
        let active = ModelSummary { active: true, ..self.summarise(version.clone(), &model.artefact) };
        self.serve(response, model)?;
        Ok(Promoted { active, previous: promotion.previous, at: promotion.at })
    }

    /// Makes the version serve that served `response` before.
    ///
    /// # Errors
    /// When there is none, or it is damaged or of another schema.
    pub async fn roll_back(&self, response: Response, at: Timestamp) -> Result<Promoted, RegistryError> {
        let _changing = self.changing.lock().await;
        let nothing = RegistryError::NothingToRollBack(response);
        let promotions = self.store.promotions(&self.tenant, response).await?;
        let [.., earlier, _] = standing(&promotions)[..] else { return Err(nothing) };
        // Before the store changes: a damaged file must not become what the next start has to load.
        let model = self.servable(earlier)?;
        let promotion = self.store.roll_back(&self.tenant, response, at).await?.ok_or(nothing)?;
        let active =
            ModelSummary { active: true, ..self.summarise(promotion.version.clone(), &model.artefact) };
        self.serve(response, model)?;
        Ok(Promoted { active, previous: promotion.previous, at: promotion.at })
    }

    /// Makes another version of one, with an edit, and keeps it; which version serves does not change.
    /// The edit is in the artefact and, durably, among the changes.
    ///
    /// # Errors
    /// When there is no such version, it is damaged or of another schema, the edit breaks a rule, or
    /// what it gives cannot be made durable.
    pub async fn edit(
        &self,
        version: &ModelVersion,
        request: EditRequest,
    ) -> Result<EditedModel, RegistryError> {
        let _changing = self.changing.lock().await;
        let artefact = self.of_schema(version)?;
        let refused = |reason| RegistryError::Edit { version: version.clone(), reason };
        let after = artefact.edit(&request).map_err(refused)?;
        let detail = after.edits.last().map(|edit| self.edit_detail(edit));
        let (who, why) = (request.who.trim(), request.why.trim());
        self.keep_change(ChangeAction::Edit, &after, version, (who, why), request.at)
            .await
            .map(|summary| EditedModel { summary, edit: detail })
    }

    /// Takes the last edit of a version back: gives the version that was edited, to the byte, and keeps
    /// it if it is not there any more. Which version serves does not change.
    ///
    /// # Errors
    /// When there is no such version, it was not edited, or what is given cannot be made durable.
    pub async fn undo(
        &self,
        version: &ModelVersion,
        who: &str,
        why: &str,
        at: Timestamp,
    ) -> Result<EditedModel, RegistryError> {
        let _changing = self.changing.lock().await;
        let artefact = self.find(version)?;
        let refused = |reason| RegistryError::Edit { version: version.clone(), reason };
        check_author(who, why).map_err(|error| refused(error.into()))?;
        let before = artefact.undo().map_err(refused)?;
        let summary =
            self.keep_change(ChangeAction::Undo, &before, version, (who.trim(), why.trim()), at).await?;
        Ok(EditedModel { summary, edit: None })
    }

    /// Keeps among the changes that a version was imported or merged.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub async fn record(
        &self,
        action: ChangeAction,
        version: &ModelVersion,
        (who, why): (&str, &str),
        at: Timestamp,
    ) -> Result<ModelChange, RegistryError> {
        let change = ModelChange {
            seq: 0,
            tenant: self.tenant.clone(),
            at,
            action,
            version: version.clone(),
            previous: None,
            who: who.to_owned(),
            why: why.to_owned(),
        };
        Ok(self.store.record_change(change).await?)
    }

    /// What was made of models by hand, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn changes(&self) -> Result<Vec<ModelChange>, RegistryError> {
        Ok(self.store.changes(&self.tenant).await?)
    }

    async fn keep_change(
        &self,
        action: ChangeAction,
        artefact: &Artefact,
        previous: &ModelVersion,
        (who, why): (&str, &str),
        at: Timestamp,
    ) -> Result<ModelSummary, RegistryError> {
        let version = keep_with_card(artefact, &self.schema, &self.folder)?;
        let change = ModelChange {
            seq: 0,
            tenant: self.tenant.clone(),
            at,
            action,
            version: version.clone(),
            previous: Some(previous.clone()),
            who: who.to_owned(),
            why: why.to_owned(),
        };
        self.store.record_change(change).await?;
        Ok(self.summarise(version, artefact))
    }

    fn edit_detail(&self, edit: &Edit) -> EditDetail {
        let name = |id: FeatureId| self.schema.features.get(id.index()).map(|f| f.name.clone());
        let before = edit.profiles.iter().map(|edited| ReplacedDetail {
            profile: edited.profile,
            purified_again: edited.purified_again,
            intercept: edited.before.intercept.to_f64(),
            shapes: replaced(&edited.before, &self.schema.features),
        });
        EditDetail {
            of: edit.of.clone(),
            who: edit.who.clone(),
            at: edit.at,
            why: edit.why.clone(),
            features: edit.stretch.features().into_iter().filter_map(name).collect(),
            stretch: edit.stretch.clone(),
            change: edit.change,
            before: before.collect(),
        }
    }

    fn find(&self, version: &ModelVersion) -> Result<Artefact, RegistryError> {
        load(&self.folder, &self.schema.name, version).map_err(|error| match error {
            ArtefactError::Unknown { .. } => RegistryError::Unknown(version.clone()),
            reason => RegistryError::NotServable { version: version.clone(), reason },
        })
    }

    fn importances(&self, artefact: &Artefact, profile: Profile) -> Vec<(Vec<String>, f64)> {
        let name = |id: FeatureId| self.schema.features.get(id.index()).map(|f| f.name.clone());
        let terms = artefact.profiled.model(profile).terms().iter();
        let named = terms.zip(artefact.importances(profile)).map(|(term, importance)| {
            let features = match *term {
                Term::Feature(feature) => [Some(feature), None],
                Term::Pair(one, other) => [Some(one), Some(other)],
            };
            (features.into_iter().flatten().filter_map(name).collect(), *importance)
        });
        named.collect()
    }

    fn of_schema(&self, version: &ModelVersion) -> Result<Artefact, RegistryError> {
        let artefact = self.find(version)?;
        artefact
            .check_schema(&self.schema.hash, &self.schema.features)
            .map_err(|reason| RegistryError::NotServable { version: version.clone(), reason })?;
        Ok(artefact)
    }

    fn servable(&self, version: &ModelVersion) -> Result<ActiveModel, RegistryError> {
        Ok(ActiveModel::new(version.clone(), self.of_schema(version)?, &self.schema))
    }

    fn serve(&self, response: Response, model: ActiveModel) -> Result<(), RegistryError> {
        let mut active = self.active.write().map_err(|_| RegistryError::Poisoned)?;
        let mut changed = ActiveModels::clone(&active);
        changed.set(response, Arc::new(model));
        *active = Arc::new(changed);
        Ok(())
    }

    fn summarise(&self, version: ModelVersion, artefact: &Artefact) -> ModelSummary {
        let serving = self.active();
        let active = serving.get(artefact.response).is_some_and(|model| model.version == version);
        let full = artefact.evaluations.iter().find(|(profile, _)| *profile == Profile::Full);
        let metrics = full.map(|(_, evaluation)| {
            let auc = evaluation.auc.map(|auc| ("auc", auc));
            let within = evaluation.auc_within_group.map(|auc| ("auc_within_group", auc));
            auc.into_iter().chain(within).chain([("log_loss", evaluation.log_loss)]).collect()
        });
        ModelSummary {
            version,
            name: artefact.name.clone(),
            response: artefact.response,
            kind: artefact.kind,
            active,
            rows: artefact.training.rows,
            positives: artefact.training.positives,
            metrics: metrics.unwrap_or_default(),
            privacy: artefact.privacy.clone(),
        }
    }
}
