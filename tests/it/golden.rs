//! Decisions that were kept when a version was released: every later build makes them again, to the unit.
//!
//! `tests/golden/VERSION` is a data folder as that version left it: log, keys and models, with the decisions'
//! ids in `decisions.txt`. `LIMPID_KEEP_GOLDEN=1 cargo test --release --test it golden` keeps those of this version.

use std::fs;
use std::path::{Path, PathBuf};

use limpid::decide::Replayed;
use limpid::domain::DecisionId;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::place::{Place, models, tenant};
use super::replay::decide;
use super::service::Service;

/// Decisions that are kept of a version.
const KEPT: usize = 100;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Keeps decisions of this version: by additive models of two responses, then by a linear one.
async fn keep(folder: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let service = Service::serving(&[&models().additive, &models().click]).await;
    let mut ids = decide(&service, &mut rng, 0..KEPT / 2).await;
    service.engine.promote(&models().linear).await.unwrap();
    ids.extend(decide(&service, &mut rng, KEPT / 2..KEPT).await);
    let place = service.stop().await;
    place.copy_data_to(folder);
    fs::write(folder.join("decisions.txt"), ids.join("\n") + "\n").unwrap();
}

#[tokio::test]
async fn decisions_of_every_released_version_are_made_again_to_the_unit() {
    let this = golden().join(env!("CARGO_PKG_VERSION"));
    if std::env::var_os("LIMPID_KEEP_GOLDEN").is_some() && !this.exists() {
        keep(&this).await;
    }
    let mut versions = 0;
    for entry in fs::read_dir(golden()).unwrap() {
        let folder = entry.unwrap().path();
        let place = Place::of_data(&folder);
        let service = Service::open(place).await;
        let ids = fs::read_to_string(folder.join("decisions.txt")).unwrap();
        assert_eq!(ids.lines().count(), KEPT);
        for id in ids.lines() {
            let again = service.engine.replay(&tenant(), DecisionId::parse(id).unwrap()).await.unwrap();
            assert!(matches!(again, Replayed::Identical(_)), "{}: {id}: {again:?}", folder.display());
        }
        versions += 1;
    }
    assert!(versions > 0, "{} has no version", this.display());
}
