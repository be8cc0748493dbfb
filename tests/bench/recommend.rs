//! What a whole decision costs on the bundled example: gate, features, account, log.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use limpid::data::Bundle;
use limpid::decide::{Engine, EngineParts, Offer, Request, Stated, Subject};
use limpid::domain::{
    AdId, Bid, Clock, Currency, ImpressionId, ManualClock, Pricing, Purposes, RandomIds, Rates, Response,
    SubjectKey, TenantId,
};
use limpid::explain::Phrases;
use limpid::ledger::{Keyring, Ledger};
use limpid::model::{ModelKind, NoProgress};
use limpid::store::{Store, StoreOptions};
use limpid::train::{Registry, fit_profiles, keep, prepare};
use tokio::runtime::Runtime;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/complete-journey");
/// Calls under way at once, where several share a sync of the log.
const CLIENTS: usize = 64;

struct Service {
    engine: Engine,
    tenant: TenantId,
    subjects: Vec<SubjectKey>,
    ads: Vec<AdId>,
    calls: AtomicU64,
}

impl Service {
    /// The bundled example with a fresh additive model and an empty log in `data`.
    async fn open(data: &Path) -> Self {
        let tenant = TenantId::parse("bench").expect("a tenant");
        let keyring = Arc::new(Keyring::open(data).expect("fresh keys"));
        let derive = |raw_id: &str| keyring.subject_key(&tenant, raw_id);
        let bundle = Bundle::load(Path::new(EXAMPLE), &derive).expect("the bundled example");
        let prepared = prepare(&bundle, Response::Conversion).expect("rows to train on");
        let fitted = fit_profiles(ModelKind::Additive, &prepared, &NoProgress).expect("a fit");
        let models = data.join("models");
        let (version, _) = keep(fitted, &prepared, &bundle.schema, &models).expect("a kept model");
        let store = Store::open(StoreOptions::new(data)).await.expect("an empty store");
        let schema = Arc::new(bundle.schema);
        let clock = Arc::new(ManualClock::at(schema.demo_clock.expect("a clock of the example")));
        let registry =
            Registry::open(models, schema.clone(), store.clone(), tenant.clone()).await.expect("a registry");
        registry.promote(&version, clock.now()).await.expect("a promotion");
        Self {
            subjects: bundle.impressions.subjects().to_vec(),
            ads: bundle.catalogue.iter().map(|ad| ad.id.clone()).collect(),
            calls: AtomicU64::new(0),
            engine: Engine::new(EngineParts {
                registry,
                phrases: Phrases::load(&schema.phrases).expect("the example's phrases"),
                schema,
                catalogue: bundle.catalogue,
                symbols: bundle.symbols,
                products: bundle.products,
                history: bundle.history,
                ledger: Ledger::new(store.clone(), keyring.clone()),
                store,
                keyring,
                rates: Rates {
                    version: "bench".to_owned(),
                    base: Currency::parse("USD").expect("a currency"),
                    per_unit: std::collections::BTreeMap::new(),
                },
                clock,
                ids: Arc::new(RandomIds),
                sample: true,
            }),
            tenant,
        }
    }

    /// A new impression of the next person, who accepted all purposes, with so many candidates.
    fn request(&self, candidates: usize) -> Request {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let at = usize::try_from(call).expect("fewer calls than memory");
        let key = self.subjects[at % self.subjects.len()];
        let bid = Bid {
            pricing: Pricing::Cpa,
            micros: 1_000_000,
            currency: Currency::parse("USD").expect("a currency"),
        };
        let ads = self.ads.iter().cycle().skip(at % self.ads.len()).take(candidates);
        Request {
            tenant: self.tenant.clone(),
            impression: ImpressionId::parse(&format!("i-{call}")).expect("an id"),
            context: Stated::new(),
            subject: Some(Subject { key, accepted: Purposes::ALL, features: Stated::new() }),
            candidates: ads.map(|ad| Offer { ad: ad.clone(), bid, inline: None }).collect(),
            floor: None,
            ads_max: 1,
        }
    }

    async fn decide(&self, candidates: usize) {
        self.engine.recommend(&self.request(candidates), None).await.expect("a decision");
    }
}

fn recommend(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let data = tempfile::tempdir().expect("a folder");
    let service = Arc::new(runtime.block_on(Service::open(data.path())));
    let mut group = criterion.benchmark_group("recommend");
    for candidates in [10, 100] {
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{candidates} candidates, one call at a time, durable"), |bencher| {
            bencher.to_async(&runtime).iter(|| service.decide(candidates));
        });
        group.throughput(Throughput::Elements(CLIENTS as u64));
        group.bench_function(
            format!("{candidates} candidates, {CLIENTS} calls at once, durable"),
            |bencher| {
                bencher.to_async(&runtime).iter(|| async {
                    let calls = (0..CLIENTS).map(|_| {
                        let service = service.clone();
                        tokio::spawn(async move { service.decide(candidates).await })
                    });
                    for call in calls.collect::<Vec<_>>() {
                        call.await.expect("a call that ends");
                    }
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, recommend);
criterion_main!(benches);
