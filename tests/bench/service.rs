//! The bundled example with a fresh additive model and an empty log: what the benchmarks measure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use limpid::data::Bundle;
use limpid::decide::{Engine, EngineParts};
use limpid::domain::{
    AdId, Bid, Clock, Currency, ManualClock, Pricing, RandomIds, Rates, Response, SubjectKey, TenantId,
};
use limpid::explain::Phrases;
use limpid::ledger::{Keyring, Ledger};
use limpid::model::{ModelKind, NoProgress};
use limpid::store::{Store, StoreOptions};
use limpid::train::{Registry, fit_profiles, keep, prepare};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/complete-journey");

/// Whose people the example's are.
pub(crate) const TENANT: &str = "bench";

/// An engine with the people and ads to ask it about.
pub(crate) struct Service {
    pub(crate) engine: Arc<Engine>,
    /// The raw id of everyone who had an impression, with the pseudonym.
    pub(crate) subjects: Vec<(String, SubjectKey)>,
    pub(crate) ads: Vec<AdId>,
    /// What was fitted, in words.
    pub(crate) model: String,
}

impl Service {
    /// The bundled example with a fresh additive model and an empty log in `data`.
    pub(crate) async fn open(data: &Path) -> Self {
        let tenant = TenantId::parse(TENANT).expect("a tenant");
        let keyring = Arc::new(Keyring::open(data).expect("fresh keys"));
        let raw_ids = Mutex::new(BTreeMap::new());
        let derive = |raw_id: &str| {
            let key = keyring.subject_key(&tenant, raw_id)?;
            raw_ids.lock().expect("a lock").insert(key, raw_id.to_owned());
            Ok(key)
        };
        let bundle = Bundle::load(Path::new(EXAMPLE), &derive).expect("the bundled example");
        let prepared = prepare(&bundle, Response::Conversion).expect("rows to train on");
        let fitted = fit_profiles(ModelKind::Additive, &prepared, &NoProgress).expect("a fit");
        let models = data.join("models");
        let (version, artefact) = keep(fitted, &prepared, &bundle.schema, &models).expect("a kept model");
        let full = artefact.profiled.model(limpid::domain::Profile::Full);
        let model = format!("{} terms over {} features", full.terms().len(), full.features().len());
        let store = Store::open(StoreOptions::new(data)).await.expect("an empty store");
        let schema = Arc::new(bundle.schema);
        let clock = Arc::new(ManualClock::at(schema.demo_clock.expect("a clock of the example")));
        let registry =
            Registry::open(models, schema.clone(), store.clone(), tenant).await.expect("a registry");
        registry.promote(&version, clock.now()).await.expect("a promotion");
        let raw_ids = raw_ids.into_inner().expect("a lock");
        let subjects = bundle.impressions.subjects().iter();
        let service = Self {
            subjects: subjects.map(|key| (raw_ids[key].clone(), *key)).collect(),
            ads: bundle.catalogue.iter().map(|ad| ad.label.id.clone()).collect(),
            model,
            engine: Arc::new(Engine::new(EngineParts {
                rights: limpid::decide::RightsSettings::default(),
                intake: limpid::decide::IntakeSettings::default(),
                registry,
                phrases: Phrases::load(&schema.phrases).expect("the example's phrases"),
                schema,
                consent: limpid::consent::ConsentSettings::default(),
                catalogue: bundle.catalogue,
                symbols: bundle.symbols,
                products: bundle.products,
                history: bundle.history,
                shown: limpid::data::Shown::default(),
                roster: Vec::new(),
                ledger: Ledger::new(store.clone(), keyring.clone()),
                store,
                keyring,
                rates: Rates { version: "bench".to_owned(), base: usd(), per_unit: BTreeMap::new() },
                clock,
                ids: Arc::new(RandomIds),
                sample: true,
            })),
        };
        service.engine.recall().await.expect("nothing to recall");
        service
    }

    /// The person and the ads of one call: people and ads take turns.
    pub(crate) fn turn(&self, call: usize, candidates: usize) -> (&(String, SubjectKey), Vec<&AdId>) {
        let ads = self.ads.iter().cycle().skip(call % self.ads.len()).take(candidates);
        (&self.subjects[call % self.subjects.len()], ads.collect())
    }
}

/// A dollar for a conversion.
pub(crate) fn bid() -> Bid {
    Bid { pricing: Pricing::Cpa, micros: 1_000_000, currency: usd() }
}

fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}
