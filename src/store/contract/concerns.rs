//! Feedback and concerns, in every backend.

use super::*;

fn concern(tenant_name: &str, id: &str, decision: u8, alias: u8) -> ConcernRow {
    ConcernRow {
        tenant: tenant(tenant_name),
        id: ConcernId::parse(id).unwrap(),
        decision: DecisionId::new(Uuid::from_bytes([decision; 16])),
        ad: 2,
        alias: Alias::from_bytes([alias; 16]),
        topic: ConcernTopic::Unfair,
        at: Timestamp::from_micros(5),
        text: vec![1, 2, 3],
        answer: None,
    }
}

pub(super) async fn a_concern_is_taken_once_and_answered_once(place: impl Place) {
    let store = place.open().await;
    let (a, b) = (tenant("a"), tenant("b"));
    let first = concern("a", "1", 1, 1);
    assert_eq!(store.append_concern(first.clone()).await, Ok(AppendedConcern::New { seq: 1 }));
    let stored = StoredConcern { seq: 1, row: first.clone() };
    let again = ConcernRow { text: vec![4], ..first.clone() };
    assert_eq!(store.append_concern(again).await, Ok(AppendedConcern::Known(Box::new(stored.clone()))));
    for (row, seq) in
        [(concern("b", "1", 1, 1), 2), (concern("a", "2", 2, 1), 3), (concern("a", "3", 3, 2), 4)]
    {
        assert_eq!(store.append_concern(row).await, Ok(AppendedConcern::New { seq }));
    }
    let answer = |text: u8| AnswerRow {
        at: Timestamp::from_micros(9),
        outcome: ConcernOutcome::Upheld,
        text: vec![text],
    };
    assert_eq!(store.answer_concern(&a, &first.id, answer(7)).await, Ok(Answered::Now));
    let answered = StoredConcern { seq: 1, row: ConcernRow { answer: Some(answer(7)), ..first.clone() } };
    let before = Ok(Answered::Before(Box::new(answered.clone())));
    assert_eq!(store.answer_concern(&a, &first.id, answer(8)).await, before);
    let unknown = ConcernId::parse("4").unwrap();
    assert_eq!(store.answer_concern(&a, &unknown, answer(8)).await, Ok(Answered::Unknown));
    store.close().await.unwrap();

    let store = place.open().await;
    assert_eq!(store.concern(&a, &first.id).await, Ok(Some(answered.clone())));
    assert_eq!(store.concern(&b, &first.id).await.unwrap().unwrap().row.answer, None);
    assert_eq!(store.concern(&a, &unknown).await, Ok(None));
    let places = |page: Result<Vec<StoredConcern>, StoreError>| {
        page.unwrap().into_iter().map(|kept| kept.seq).collect::<Vec<_>>()
    };
    assert_eq!(places(store.concerns(&a, false, 0, 2).await), [1, 3]);
    assert_eq!(places(store.concerns(&a, false, 3, 2).await), [4]);
    assert_eq!(places(store.concerns(&a, true, 0, 9).await), [3, 4]);
    assert_eq!(places(store.concerns_of(&a, Alias::from_bytes([1; 16])).await), [1, 3]);
}

pub(super) async fn so_many_concerns_about_a_decision_and_no_more(place: impl Place) {
    let store = place.open().await;
    for n in 0..CONCERNS_PER_DECISION_MAX {
        let appended = store.append_concern(concern("a", &format!("c-{n}"), 1, 1)).await.unwrap();
        assert!(matches!(appended, AppendedConcern::New { .. }), "{n}");
    }
    assert_eq!(store.append_concern(concern("a", "more", 1, 1)).await, Ok(AppendedConcern::TooMany));
    assert!(matches!(store.append_concern(concern("a", "c-0", 1, 1)).await, Ok(AppendedConcern::Known(_))));
    let of_other = store.append_concern(concern("a", "other", 2, 1)).await;
    assert!(matches!(of_other, Ok(AppendedConcern::New { .. })));
}

pub(super) async fn feedback_counts_people_and_each_ad_once(place: impl Place) {
    let store = place.open().await;
    let row = |tenant_name: &str, decision: u8, kind, alias: u8| FeedbackRow {
        tenant: tenant(tenant_name),
        decision: DecisionId::new(Uuid::from_bytes([decision; 16])),
        ad: 0,
        kind,
        alias: Alias::from_bytes([alias; 16]),
        at: Timestamp::from_micros(1),
    };
    let (clear, unclear) = (FeedbackKind::Clear, FeedbackKind::Unclear);
    for (decision, kind, alias) in [(1, clear, 1), (2, clear, 1), (3, clear, 2), (3, unclear, 2)] {
        assert_eq!(store.append_feedback(row("a", decision, kind, alias)).await, Ok(true));
        assert_eq!(store.append_feedback(row("a", decision, kind, alias)).await, Ok(false), "again");
    }
    assert_eq!(store.append_feedback(row("b", 1, clear, 1)).await, Ok(true));
    let count = |kind, people, ads| FeedbackCount { kind, people, ads };
    let counts = store.feedback_counts(&tenant("a")).await;
    assert_eq!(counts, Ok(vec![count(clear, 2, 3), count(unclear, 1, 1)]));
}
