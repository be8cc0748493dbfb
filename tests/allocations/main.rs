//! What scoring asks of the allocator. A binary of its own: it counts what all its threads do.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::alloc::System;
use std::path::Path;

use limpid::data::Bundle;
use limpid::domain::{Ad, Cell, Feature, FeatureId, FeatureKind, Nats, SubjectKey};
use limpid::model::additive::{AdditiveModel, PairFunction, ShapeFunction};
use limpid::model::{Bins, Compiled, Model};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/complete-journey");

/// A model with a shape function for each feature of the example, and a pair of each with the next.
fn model(features: &[Feature]) -> Model {
    let bins = |feature: &Feature| match feature.kind {
        FeatureKind::Categorical => Bins::Levels(vec!["COFFEE".to_owned(), "SOUP".to_owned()]),
        FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_) => Bins::Cuts(vec![0.5, 3.0]),
    };
    let scores = |count: usize| (0..).take(count).map(Nats::from_units).collect::<Vec<_>>();
    let shape = |(id, feature): (u16, &Feature)| {
        let bins = bins(feature);
        let count = bins.count();
        let (bands, people, rows) = (vec![Nats::ZERO; count], vec![0; count], vec![0; count]);
        ShapeFunction { feature: FeatureId(id), bins, scores: scores(count), bands, people, rows }
    };
    let pair = |(id, sides): (u16, &[Feature])| {
        let bins = [bins(&sides[0]), bins(&sides[1])];
        let count = bins[0].count() * bins[1].count();
        let (bands, people, rows) = (vec![Nats::ZERO; count], vec![0; count], vec![0; count]);
        let features = [FeatureId(id), FeatureId(id + 1)];
        PairFunction { features, bins, scores: scores(count), bands, people, rows }
    };
    let shapes = (0..).zip(features).map(shape).collect();
    let pairs = (0..).zip(features.windows(2)).map(pair).collect();
    Model::Additive(AdditiveModel::new(Nats::ZERO, shapes, pairs).unwrap())
}

#[test]
fn scoring_allocates_for_a_request_and_not_for_its_candidates() {
    let key = |raw_id: &str| Ok(SubjectKey::from_bytes(blake3::hash(raw_id.as_bytes()).into()));
    let Bundle { schema, catalogue, history, impressions, .. } =
        Bundle::load(Path::new(EXAMPLE), &key).unwrap();
    let compiled = Compiled::new(&model(&schema.features), |feature| {
        schema.features[feature.index()].differs_between_ads()
    });
    let (ids, affinities): (Vec<_>, Vec<_>) = schema.affinities().unzip();
    let ads: Vec<&Ad> = catalogue.iter().map(|ad| &**ad).collect();
    let (subject, at) = (impressions.subjects()[0], schema.demo_clock.unwrap());

    // Everything that a request allocates, and how many allocations there were, for so many candidates.
    let request = |candidates: usize| {
        let region = Region::new(ALLOCATOR);
        let past = history.before(&subject, at, &affinities);
        let mut reader = past.reader();
        let mut shared = compiled.share(&vec![Cell::Missing; schema.features.len()]);
        let mut cells = Vec::with_capacity(compiled.varying().len());
        let mut sum = Nats::ZERO;
        for ad in ads.iter().cycle().take(candidates) {
            reader.next_ad();
            cells.clear();
            cells.extend(compiled.varying().iter().map(
                |feature| match ids.iter().position(|id| id == feature) {
                    Some(place) => reader.cell(ad, place),
                    None => {
                        ad.features.iter().find(|f| f.0 == *feature).map_or(Cell::Missing, |f| f.1.cell())
                    }
                },
            ));
            sum += compiled.attribute(&mut shared, &cells).iter().copied().sum();
        }
        assert_ne!(sum, Nats::ZERO);
        let change = region.change();
        change.allocations + change.reallocations
    };
    // The person's events are put in order once, and not again.
    request(1);
    let few = request(10);
    assert!(few > 0, "a request is indexed and given buffers");
    assert_eq!(request(1_000), few);
}
