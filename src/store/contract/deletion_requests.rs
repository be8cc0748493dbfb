//! Which Data Deletion Requests were carried out, in every backend.

use super::*;

pub(super) async fn a_deletion_request_is_known_from_the_first_time_until_its_time_is_over(
    place: impl Place,
) {
    let store = place.open().await;
    let (a, b) = (tenant("a"), tenant("b"));
    let at = Timestamp::from_micros;
    store.keep_deletion_request(&a, [1; 32], at(5)).await.unwrap();
    store.keep_deletion_request(&a, [1; 32], at(9)).await.unwrap();
    store.keep_deletion_request(&b, [2; 32], at(7)).await.unwrap();
    store.close().await.unwrap();

    let store = place.open().await;
    assert_eq!(store.deletion_request(&a, [1; 32]).await, Ok(Some(at(5))));
    assert_eq!(store.deletion_request(&a, [2; 32]).await, Ok(None), "another tenant's");
    assert_eq!(store.drop_deletion_requests(at(5)).await, Ok(0));
    assert_eq!(store.drop_deletion_requests(at(6)).await, Ok(1));
    assert_eq!(store.deletion_request(&a, [1; 32]).await, Ok(None));
    assert_eq!(store.deletion_request(&b, [2; 32]).await, Ok(Some(at(7))));
}
