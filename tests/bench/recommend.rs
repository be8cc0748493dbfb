//! What a whole decision costs on the bundled example: gate, features, account, log.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]

mod service;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use limpid::decide::{Offer, Request, Stated, Subject};
use limpid::domain::{ImpressionId, Purposes, TenantId};
use service::{Service, TENANT, bid};
use tokio::runtime::Runtime;

/// Calls under way at once, where several share a sync of the log.
const CLIENTS: usize = 64;

struct Caller {
    service: Service,
    calls: AtomicUsize,
}

impl Caller {
    /// A new impression of the next person, who accepted all purposes, with so many candidates.
    fn request(&self, candidates: usize) -> Request {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let ((_, key), ads) = self.service.turn(call, candidates);
        let offer = |ad: &limpid::domain::AdId| Offer { ad: ad.clone(), bid: bid(), inline: None };
        Request {
            tenant: TenantId::parse(TENANT).expect("a tenant"),
            impression: ImpressionId::parse(&format!("i-{call}")).expect("an id"),
            context: Stated::new(),
            subject: Some(Subject {
                key: *key,
                earlier: None,
                accepted: Purposes::ALL,
                features: Stated::new(),
            }),
            candidates: ads.into_iter().map(offer).collect(),
            floor: None,
            ads_max: 1,
            signals: None,
        }
    }

    async fn decide(&self, candidates: usize) {
        self.service.engine.recommend(&self.request(candidates), None).await.expect("a decision");
    }
}

fn recommend(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let data = tempfile::tempdir().expect("a folder");
    let service = runtime.block_on(Service::open(data.path()));
    eprintln!("the bundled example, an additive model of {}", service.model);
    let caller = Arc::new(Caller { service, calls: AtomicUsize::new(0) });
    let mut group = criterion.benchmark_group("recommend");
    for candidates in [10, 100] {
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{candidates} candidates, one call at a time, durable"), |bencher| {
            bencher.to_async(&runtime).iter(|| caller.decide(candidates));
        });
        group.throughput(Throughput::Elements(CLIENTS as u64));
        group.bench_function(
            format!("{candidates} candidates, {CLIENTS} calls at once, durable"),
            |bencher| {
                bencher.to_async(&runtime).iter(|| async {
                    let calls = (0..CLIENTS).map(|_| {
                        let caller = caller.clone();
                        tokio::spawn(async move { caller.decide(candidates).await })
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
