//! A copy of the store, and putting it back.

use std::fs;
use std::path::PathBuf;

use limpid::ledger::KEY_FILE_NAME;
use limpid::store::FILE_NAME;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_refused};
use super::binary::{assert_fails, limpid};
use super::place::Place;
use super::righting::{erase, token};
use super::service::Service;

/// Writes a copy of a place's store; where it is.
fn back_up(place: &Place) -> PathBuf {
    let (to, data) = (place.path().join("copies"), place.data());
    let ended = limpid(&["backup", "--to", to.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    PathBuf::from(ended.out.trim_end())
}

fn lose_the_store(place: &Place) {
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(place.data().join(format!("{FILE_NAME}{end}"))));
    }
}

#[tokio::test]
async fn a_copy_that_is_put_back_has_everything_but_whoever_was_erased_since() {
    let service = Service::start().await;
    let [gone, stays] = ["p-05", "p-06"];
    let decided = service.recommend(about(gone, &ALL_PURPOSES, "gone")).await.unwrap();
    let kept = service.recommend(about(stays, &ALL_PURPOSES, "stays")).await.unwrap();
    // While the service runs.
    let copy = back_up(service.place());
    erase(&service, token(gone)).await.unwrap();
    service.recommend(about(stays, &ALL_PURPOSES, "later")).await.unwrap();
    let place = service.stop().await;
    lose_the_store(&place);

    let (copy, data) = (copy.to_str().unwrap(), place.data());
    let ended = limpid(&["restore", copy, "--data", data.to_str().unwrap()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert_eq!(ended.out, "2 decisions; 1 people erased again\n");
    let service = Service::open(place).await;
    let refused = service.explain(&decided.ads[0].explanation_token, "en").await;
    assert_refused(refused, Code::NotFound, "ERASED", "decision: was erased");
    let told = service.explain(&kept.ads[0].explanation_token, "en").await.unwrap();
    assert_eq!(told.decision_id, kept.decision_id);
    let later = service.recommend(about(stays, &ALL_PURPOSES, "later")).await.unwrap();
    assert!(!later.repeated_call, "what came after the copy is lost");
}

#[tokio::test]
async fn the_newest_two_copies_stay() {
    let place = Service::start().await.stop().await;
    let copies: Vec<PathBuf> = (0..3).map(|_| back_up(&place)).collect();
    assert_eq!(copies.iter().map(|copy| copy.exists()).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test]
async fn nothing_is_put_where_it_cannot_be_opened_or_would_destroy() {
    let place = Service::start().await.stop().await;
    let copy = back_up(&place);
    let (copy, data) = (copy.to_str().unwrap(), place.data());
    let data = data.to_str().unwrap();
    assert_fails(&["restore", copy, "--data", data], &["has a store", "move it away"]);
    lose_the_store(&place);
    let missing = place.path().join("missing");
    assert_fails(&["restore", missing.to_str().unwrap(), "--data", data], &["missing"]);
    let broken = place.path().join("broken");
    fs::write(&broken, "a shopping list, long enough to be taken for a header").unwrap();
    assert_fails(&["restore", broken.to_str().unwrap(), "--data", data], &["broken", "damaged"]);
    assert!(!place.data().join(FILE_NAME).exists());
    let elsewhere = place.path().join("elsewhere");
    assert_fails(&["restore", copy, "--data", elsewhere.to_str().unwrap()], &[KEY_FILE_NAME, "put it"]);
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(limpid(&["restore", copy, "--data", data]).code, 0);
    assert_fails(&["backup", "--to", file.to_str().unwrap(), "--data", data], &["cannot write", "file"]);
}
