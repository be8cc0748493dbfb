//! What the log needs of every backend.

use super::*;

fn head(chain: ChainId, length: u32, n: u8) -> Head {
    let at = Timestamp::from_micros(i64::from(n));
    Head { chain, length, root: [n; 32], at, key: "key".to_owned(), signature: [n; 64] }
}

fn seal(ordinal: u64, chain: ChainId, length: u32) -> Seal {
    Seal { ordinal, head: head(chain, length, 9), previous: [3; 32], expiry: None }
}

async fn append(store: &Store, numbers: std::ops::RangeInclusive<u8>) {
    for n in numbers {
        assert!(is_new(&store.append_decision(decision("a", n), None).await), "{n}");
    }
}

pub(super) async fn each_opening_has_a_chain_of_its_own_a_day(place: impl Place) {
    let store = place.open().await;
    assert_eq!(walk(&store).await, Ok(Vec::new()));
    append(&store, 1..=3).await;
    store.close().await.unwrap();
    let (store, other) = (place.open().await, place.open().await);
    append(&store, 4..=5).await;
    append(&other, 6..=6).await;
    append(&store, 7..=7).await;
    let next = DecisionRow { day: Day::from_number(17_414), ..decision("a", 8) };
    store.append_decision(next.clone(), None).await.unwrap();
    let tomorrow = ChainId::new(next.day, 1).unwrap();
    assert_eq!(walk(&store).await, Ok(vec![(chain(1), 3), (chain(2), 3), (chain(3), 1), (tomorrow, 1)]));
    assert_eq!(store.hashes(chain(2), 1, 9).await.unwrap().len(), 2);
    let claimed: Vec<ChainId> = store.chains(false).await.unwrap().iter().map(|chain| chain.id).collect();
    assert_eq!(claimed, [chain(1), chain(2), chain(3), tomorrow]);
    // A chain breaks where a row is missing or another one.
    let mut links = store.links(0, 2).await.unwrap();
    let mut walk = ChainWalk::start(chain(1));
    assert_eq!(walk.step(&links[1]), Err((At { chain: chain(1), index: 1 }, ChainFault::Missing)));
    walk.step(&links[0]).unwrap();
    links[1].row.envelope[7] ^= 1;
    assert_eq!(walk.step(&links[1]), Err((At { chain: chain(1), index: 2 }, ChainFault::Altered)));
}

pub(super) async fn heads_only_grow_and_a_sealed_chain_takes_nothing_more(place: impl Place) {
    let store = place.open().await;
    append(&store, 1..=3).await;
    for (length, n) in [(2, 1), (3, 2), (2, 3)] {
        store.keep_head(head(chain(1), length, n)).await.unwrap();
    }
    let kept = Chain { id: chain(1), sealed: false, head: Some(head(chain(1), 3, 2)) };
    assert_eq!(store.chains(true).await, Ok(vec![kept.clone()]));
    // Not while it has grown past the head.
    assert_eq!(store.seal(seal(1, chain(1), 2)).await, Ok(false));
    assert_eq!(store.seal(seal(1, chain(1), 3)).await, Ok(true));
    assert_eq!(store.chains(true).await, Ok(Vec::new()));
    assert_eq!(store.chains(false).await, Ok(vec![Chain { sealed: true, ..kept.clone() }]));
    store.keep_head(head(chain(1), 9, 4)).await.unwrap();
    assert_eq!(store.chains(false).await.unwrap()[0].head, kept.head);
    // The same opening goes on in another chain.
    append(&store, 4..=4).await;
    assert_eq!(walk(&store).await, Ok(vec![(chain(1), 3), (chain(2), 1)]));
}

pub(super) async fn seals_are_kept_in_order_one_a_chain(place: impl Place) {
    let store = place.open().await;
    assert_eq!(store.last_seal().await, Ok(None));
    append(&store, 1..=1).await;
    assert_eq!(store.seal(seal(2, chain(1), 1)).await, Ok(false), "the first is missing");
    assert_eq!(store.seal(seal(1, chain(2), 0)).await, Ok(false), "nobody claimed it");
    assert_eq!(store.seal(seal(1, chain(1), 1)).await, Ok(true));
    assert_eq!(store.seal(seal(2, chain(1), 1)).await, Ok(false), "it is sealed");
    append(&store, 2..=2).await;
    assert_eq!(store.seal(seal(1, chain(2), 1)).await, Ok(false), "another one has the place");
    assert_eq!(store.seal(seal(2, chain(2), 1)).await, Ok(true));
    store.close().await.unwrap();
    let store = place.open().await;
    assert_eq!(store.seals(0, 1).await, Ok(vec![seal(1, chain(1), 1)]));
    assert_eq!(store.seals(1, 9).await, Ok(vec![seal(2, chain(2), 1)]));
    assert_eq!(store.last_seal().await, Ok(Some(seal(2, chain(2), 1))));
}

pub(super) async fn a_chain_whose_time_is_over_goes_with_the_aliases_that_it_alone_had(place: impl Place) {
    let store = place.open().await;
    store.subject_or_insert(subject("a", 1, Some(1))).await.unwrap();
    append(&store, 1..=1).await;
    for n in 2..=4 {
        store.append_decision(decision("a", n), Some(subject("a", n, None))).await.unwrap();
    }
    let expiry = Expiry { at: Timestamp::from_micros(5), signature: [5; 64] };
    let early = store.expire(chain(1), expiry, 9).await;
    assert!(matches!(early, Err(StoreError::Conflict { .. })), "{early:?}");
    store.seal(seal(1, chain(1), 4)).await.unwrap();
    append(&store, 5..=5).await;
    assert_eq!(store.expire(chain(1), expiry, 3).await, Ok(3));
    assert_eq!(store.decision(&tenant("a"), decision("a", 3).id).await, Ok(None));
    assert!(store.decision(&tenant("a"), decision("a", 4).id).await.unwrap().is_some());
    let later = Expiry { at: Timestamp::from_micros(6), ..expiry };
    assert_eq!(store.expire(chain(1), later, 3).await, Ok(1));
    assert_eq!(store.expire(chain(1), later, 3).await, Ok(0));
    assert_eq!(store.seals(0, 9).await.unwrap()[0].expiry, Some(expiry), "the first moment counts");
    assert_eq!(walk(&store).await, Ok(vec![(chain(2), 1)]));
    // The person stays known; the aliases of decisions about nobody go.
    let left = store.subjects(None, 9).await.unwrap();
    assert_eq!(left.iter().map(|row| row.alias).collect::<Vec<_>>(), [Alias::from_bytes([1; 16])]);
}
