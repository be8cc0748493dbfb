//! What the commands share: an example, and the data folder where keys, log and models are kept.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;

use super::CommandError;
use super::data::DataArguments;
use crate::consent::ConsentSettings;
use crate::data::{Bundle, Schema, Shown};
use crate::decide::{Engine, EngineParts, IntakeSettings, RightsSettings, all_choices};
use crate::domain::{
    Clock, Currency, FieldError, ModelVersion, Purpose, Purposes, RandomIds, Rates, Response, SteppingClock,
    SubjectKey, SystemClock, TenantId, Timestamp,
};
use crate::explain::Phrases;
use crate::ledger::{Keyring, Ledger, NotedErasure, Witness};
use crate::model::{Artefact, ModelKind};
use crate::rights::all_suppressions;
use crate::store::{Store, Suppression};
use crate::train::{Promoted, Registry, RegistryError};

/// Whose service a data folder is; promotions are kept under this name.
const SERVICE: &str = "service";
/// Whose data an example's history is.
pub(super) const DEMO_TENANT: &str = "demo";

/// Where an example and the data of the service are.
#[derive(clap::Args)]
pub(super) struct Folders {
    /// Folder of the example: schema.toml and the files that it names.
    #[arg(long, value_name = "DIR", default_value = "models/complete-journey")]
    pub(super) example: PathBuf,
    #[command(flatten)]
    pub(super) data: DataArguments,
}

/// A kind of model.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// Weights on binned or standardised features.
    Linear,
    /// One decision tree.
    Tree,
    /// A sum of shape functions.
    Additive,
}

impl From<Kind> for ModelKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Linear => Self::Linear,
            Kind::Tree => Self::Tree,
            Kind::Additive => Self::Additive,
        }
    }
}

/// What a model predicts.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Predicts {
    /// That the ad is clicked.
    Click,
    /// That the person does what the ad is for.
    Conversion,
}

impl From<Predicts> for Response {
    fn from(response: Predicts) -> Self {
        match response {
            Predicts::Click => Self::Click,
            Predicts::Conversion => Self::Conversion,
        }
    }
}

/// An opened data folder.
pub(super) struct Workspace {
    pub(super) keyring: Arc<Keyring>,
    pub(super) store: Store,
    pub(super) models: PathBuf,
    /// Where the signed heads of the log go, beside the store.
    pub(super) witness: Option<Witness>,
    /// Where copies of the store go.
    pub(super) backups: Option<PathBuf>,
    /// The raw ids of the people of the example that was loaded.
    roster: Mutex<BTreeSet<String>>,
}

impl Workspace {
    /// Opens a data folder, making it when it is missing.
    pub(super) async fn open(data: &DataArguments) -> Result<Self, CommandError> {
        // Keys first: a store without its keys is told apart from a folder that is new.
        let keyring = Arc::new(Keyring::open(&data.folder).map_err(CommandError::new)?);
        let store = data.open_store(Some(&keyring)).await?;
        let (models, roster) = (data.folder.join("models"), Mutex::default());
        let workspace = Self { keyring, store, models, witness: None, backups: None, roster };
        workspace.ledger().announce_names().await.map_err(CommandError::new)?;
        Ok(workspace)
    }

    /// The log of decisions.
    fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::new(self.store.clone(), self.keyring.clone());
        if let Some(witness) = &self.witness {
            ledger = ledger.with_witness(witness.clone());
        }
        match &self.backups {
            Some(folder) => ledger.with_backups(folder.clone()),
            None => ledger,
        }
    }

    /// Makes a version serve, whatever served before.
    pub(super) async fn promote(
        &self,
        schema: Schema,
        version: &ModelVersion,
    ) -> Result<Promoted, CommandError> {
        let registry = self.models_of(schema)?;
        registry.promote(version, SystemClock.now()).await.map_err(CommandError::new)
    }

    /// The registry of the models of `schema`, none of them loaded.
    pub(super) fn models_of(&self, schema: Schema) -> Result<Registry, CommandError> {
        Ok(Registry::new(self.models.clone(), Arc::new(schema), self.store.clone(), service()?))
    }

    /// The registry of the models of `schema`, those that serve loaded.
    async fn registry(&self, schema: Arc<Schema>) -> Result<Registry, CommandError> {
        let opened = Registry::open(self.models.clone(), schema, self.store.clone(), service()?).await;
        opened.map_err(|error| match error {
            RegistryError::Unknown(_) | RegistryError::NotServable { .. } => {
                CommandError::new(format!("{error}; `limpid train --promote` makes another model serve"))
            }
            RegistryError::NothingToRollBack(_)
            | RegistryError::Edit { .. }
            | RegistryError::Folder(_)
            | RegistryError::Store(_)
            | RegistryError::Poisoned => CommandError::new(error),
        })
    }

    /// Loads an example, its people under their pseudonyms, without what they refused since.
    pub(super) async fn load(&self, example: &Path) -> Result<Bundle, CommandError> {
        let bundle = Bundle::load(example, &self.pseudonyms()?).map_err(CommandError::new)?;
        self.obey_rights(bundle).await
    }

    /// The same with no number rounded.
    pub(super) async fn load_exact(&self, example: &Path) -> Result<Bundle, CommandError> {
        let bundle = Bundle::load_exact(example, &self.pseudonyms()?).map_err(CommandError::new)?;
        self.obey_rights(bundle).await
    }

    /// The same; notes the raw id of each person in `names`.
    pub(super) async fn load_naming(
        &self,
        example: &Path,
        names: &RefCell<BTreeMap<SubjectKey, String>>,
    ) -> Result<Bundle, CommandError> {
        let derive = self.pseudonyms()?;
        let naming = |raw_id: &str| {
            let subject = derive(raw_id)?;
            names.borrow_mut().entry(subject).or_insert_with(|| raw_id.to_owned());
            Ok(subject)
        };
        let bundle = Bundle::load(example, &naming).map_err(CommandError::new)?;
        self.obey_rights(bundle).await
    }

    /// The models that serve, by name.
    pub(super) async fn serving(
        &self,
        schema: &Schema,
    ) -> Result<Vec<(String, Arc<Artefact>)>, CommandError> {
        let registry = self.registry(Arc::new(schema.clone())).await?;
        let active = registry.active();
        let named = [Response::Click, Response::Conversion].into_iter().filter_map(|response| {
            let model = active.get(response)?;
            Some((format!("{} {}", response.name(), model.version.short()), model.artefact.clone()))
        });
        Ok(named.collect())
    }

    /// Takes from an example whoever was erased, and what people told the service.
    async fn obey_rights(&self, bundle: Bundle) -> Result<Bundle, CommandError> {
        self.rename_roster().await?;
        let mut bundle = self.obey_choices(bundle).await?;
        let ledger = self.ledger();
        let mut erased = all_suppressions(&ledger).await.map_err(CommandError::new)?;
        // What the store has not heard of yet counts, too.
        for NotedErasure { tenant, marks, erased_at } in
            self.keyring.noted_erasures().map_err(CommandError::new)?
        {
            let noted = marks.into_iter().map(|mark| Suppression { tenant: tenant.clone(), mark, erased_at });
            erased.extend(noted);
        }
        let tenant = TenantId::parse(DEMO_TENANT).map_err(CommandError::new)?;
        let of_tenant = erased.into_iter().filter(|erased| erased.tenant == tenant);
        let mut until = BTreeMap::<_, Timestamp>::new();
        for Suppression { mark, erased_at, .. } in of_tenant {
            let known = until.entry(mark).or_insert(erased_at);
            *known = erased_at.max(*known);
        }
        if until.is_empty() {
            return Ok(bundle);
        }
        for raw_id in &*self.roster.lock().unwrap_or_else(PoisonError::into_inner) {
            if let Some(until) = until.get(&self.keyring.person_mark(&tenant, raw_id)) {
                let subject = self.keyring.subject_key(&tenant, raw_id).map_err(CommandError::new)?;
                bundle.history.remove_until(&subject, *until);
                // The rows of the example are older than any erasure.
                bundle.consents.refuse(subject, Purposes::ALL);
            }
        }
        Ok(bundle)
    }

    /// Gives people of the example whom the store knows by the key of pseudonyms before their new names: their raw ids
    /// are at hand.
    async fn rename_roster(&self) -> Result<(), CommandError> {
        let Some(tag) = self.keyring.earlier_tag() else { return Ok(()) };
        let ledger = self.ledger();
        let known = ledger.known_before(tag).await.map_err(CommandError::new)?.people;
        for (tenant, raw_id) in self.roster()? {
            let named = self.keyring.named(&tenant, &raw_id).map_err(CommandError::new)?;
            if let Some(earlier) = named.earlier.filter(|earlier| known.contains(&(tenant.clone(), *earlier)))
            {
                ledger.rename(&tenant, &earlier, &named.subject).await.map_err(CommandError::new)?;
            }
        }
        Ok(())
    }

    /// The people of the example that was loaded.
    fn roster(&self) -> Result<Vec<(TenantId, String)>, CommandError> {
        let tenant = TenantId::parse(DEMO_TENANT).map_err(CommandError::new)?;
        let roster = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(roster.iter().map(|raw_id| (tenant.clone(), raw_id.clone())).collect())
    }

    /// Takes what people told the service from what the example says that they accepted. Whoever objects to the
    /// use of a datum trains nothing: training is permitted by purpose, not datum by datum.
    async fn obey_choices(&self, mut bundle: Bundle) -> Result<Bundle, CommandError> {
        let of = all_choices(&self.store).await.map_err(CommandError::new)?;
        for (subject, choices) in of {
            let training = Purposes::NONE.with(Purpose::ImproveServices);
            let objected = if choices.forgotten.is_empty() { Purposes::NONE } else { training };
            bundle.consents.refuse(subject, choices.refused().union(objected));
        }
        Ok(bundle)
    }

    fn pseudonyms(&self) -> Result<impl Fn(&str) -> Result<SubjectKey, FieldError>, CommandError> {
        let tenant = TenantId::parse(DEMO_TENANT).map_err(CommandError::new)?;
        Ok(move |raw_id: &str| {
            let subject = self.keyring.subject_key(&tenant, raw_id)?;
            let mut roster = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
            if !roster.contains(raw_id) {
                roster.insert(raw_id.to_owned());
            }
            Ok(subject)
        })
    }

    /// The engine that serves an example. `sample_clock` starts the clock where the schema says.
    pub(super) async fn engine(
        &self,
        bundle: Bundle,
        consent: ConsentSettings,
        (rights, intake): (RightsSettings, IntakeSettings),
        sample: bool,
    ) -> Result<Engine, CommandError> {
        let schema = Arc::new(bundle.schema);
        let shown = Shown::of(&bundle.impressions, &schema);
        let clock: Arc<dyn Clock> = match schema.demo_clock {
            Some(start) if sample => Arc::new(SteppingClock::starting_at(start)),
            Some(_) | None => Arc::new(SystemClock),
        };
        let engine = Engine::new(EngineParts {
            registry: self.registry(schema.clone()).await?,
            phrases: Phrases::load(&schema.phrases).map_err(CommandError::new)?,
            schema,
            consent,
            catalogue: bundle.catalogue,
            symbols: bundle.symbols,
            products: bundle.products,
            shown,
            roster: self.roster()?,
            history: bundle.history,
            ledger: self.ledger(),
            store: self.store.clone(),
            keyring: self.keyring.clone(),
            rates: sample_rates()?,
            clock,
            ids: Arc::new(RandomIds),
            rights,
            intake,
            sample,
        });
        engine.recall().await.map_err(CommandError::new)?;
        Ok(engine)
    }
}

/// Under whose name promotions are kept.
fn service() -> Result<TenantId, CommandError> {
    TenantId::parse(SERVICE).map_err(CommandError::new)
}

/// The bundled table of conversion rates: sample values, in US dollars.
pub(super) fn sample_rates() -> Result<Rates, CommandError> {
    let per_unit = [("EUR", 1.10), ("GBP", 1.28), ("CHF", 1.13), ("CAD", 0.72)];
    let per_unit = per_unit.map(|(code, rate)| Currency::parse(code).map(|currency| (currency, rate)));
    Ok(Rates {
        version: "sample-2017".to_owned(),
        base: Currency::parse("USD").map_err(CommandError::new)?,
        per_unit: per_unit.into_iter().collect::<Result<_, _>>().map_err(CommandError::new)?,
    })
}
