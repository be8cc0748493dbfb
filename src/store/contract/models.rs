//! Which models serve, and what was made of them by hand.

use super::*;

pub(super) async fn rolling_back_restores_the_version_before_and_stops_at_the_first(place: impl Place) {
    let store = place.open().await;
    let (a, at) = (tenant("a"), Timestamp::from_micros(1));
    assert_eq!(store.roll_back(&a, Response::Click, at).await, Ok(None));
    for n in [1, 2, 3] {
        store.promote(&a, Response::Click, version(n), at).await.unwrap();
    }
    let back = store.roll_back(&a, Response::Click, at).await.unwrap().unwrap();
    assert_eq!((back.version, back.previous), (version(2), Some(version(3))));
    assert_eq!(back.action, PromotionAction::RollBack);
    let again = store.promote(&a, Response::Click, version(4), at).await.unwrap();
    assert_eq!(again.previous, Some(version(2)));
    for expected in [2, 1] {
        store.roll_back(&a, Response::Click, at).await.unwrap();
        assert_eq!(store.active(&a, Response::Click).await, Ok(Some(version(expected))));
    }
    assert_eq!(store.roll_back(&a, Response::Click, at).await, Ok(None));
    assert_eq!(store.active(&a, Response::Conversion).await, Ok(None));
    assert_eq!(store.promotions(&a, Response::Click).await.unwrap().len(), 7);
}

pub(super) async fn promoting_what_serves_already_changes_nothing(place: impl Place) {
    let store = place.open().await;
    let (a, at) = (tenant("a"), Timestamp::from_micros(1));
    let first = store.promote(&a, Response::Conversion, version(1), at).await.unwrap();
    let second = store.promote(&a, Response::Conversion, version(1), at.plus_seconds(9)).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(store.promotions(&a, Response::Conversion).await, Ok(vec![first]));
}

pub(super) async fn changes_of_models_are_kept_in_order_and_apart_by_tenant(place: impl Place) {
    let store = place.open().await;
    let change = |tenant_name: &str, action, n: u8| ModelChange {
        seq: 0,
        tenant: tenant(tenant_name),
        at: Timestamp::from_micros(i64::from(n)),
        action,
        version: version(n),
        previous: (n > 1).then(|| version(n - 1)),
        who: "pricing analyst".to_owned(),
        why: "the \"season\" is over\nas agreed".to_owned(),
    };
    let mut kept = Vec::new();
    for (action, n) in ChangeAction::ALL.into_iter().zip(1..) {
        store.record_change(change("b", action, n)).await.unwrap();
        kept.push(store.record_change(change("a", action, n)).await.unwrap());
    }
    assert!(kept.is_sorted_by(|one, next| one.seq < next.seq));
    store.close().await.unwrap();
    let store = place.open().await;
    assert_eq!(store.changes(&tenant("a")).await, Ok(kept));
    assert_eq!(store.changes(&tenant("b")).await.unwrap().len(), 4);
}
