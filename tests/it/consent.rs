//! Consent: what was not accepted cannot move a decision, an explanation or the history.

use std::fs;

use limpid::rpc::pb::{self, LineKind, Profile, ReasonView, VerdictCause};
use prost::Message;

use super::asking::{ALL_PURPOSES, about, about_nobody, account, ad, purchase, values};
use super::place::Place;
use super::service::Service;
use super::web_client::get;

/// What the gate said of a feature: whether it was used, why, what it needs and what of that was
/// refused.
fn verdict<'a>(
    answer: &'a pb::RecommendResponse,
    feature: &str,
) -> (bool, VerdictCause, &'a [i32], &'a [i32]) {
    let found = answer.verdicts.iter().find(|verdict| verdict.feature == feature).unwrap();
    (found.permitted, found.cause(), &found.needs, &found.refused)
}

/// Everything that a caller, a person and a page can see of a decision, byte for byte.
pub(super) async fn everything_told(service: &Service, asked: pb::RecommendRequest) -> Vec<u8> {
    let reason_view = ReasonView::Full.into();
    let asked = pb::RecommendRequest { reason_view, max_ads: 6, ..asked };
    let answer = service.recommend(asked).await.unwrap();
    let mut told = answer.encode_to_vec();
    for ad in &answer.ads {
        told.extend(service.explain(&ad.explanation_token, "fr").await.unwrap().encode_to_vec());
        told.extend(service.notice(&ad.explanation_token, "en").await.unwrap().encode_to_vec());
        let page = get(service.address, &format!("/why/{}", ad.explanation_token), &[]).await;
        assert_eq!(page.status, 200);
        told.extend(page.body.into_bytes());
    }
    told
}

/// Two services with the same keys, models and clock. In the second one `p-05` has another history:
/// none at rest, but twenty purchases of tea that were recorded while everything was accepted.
pub(super) async fn twins() -> (Service, Service) {
    let place = Service::start().await.stop().await;
    let twin = place.copy();
    let events = twin.example().join("events.csv");
    let text = fs::read_to_string(&events).unwrap();
    let others = text.lines().filter(|line| !line.starts_with("p-05,")).collect::<Vec<_>>();
    assert!(others.len() < text.lines().count(), "the person has a history at rest");
    fs::write(&events, others.join("\n")).unwrap();

    let (one, other) = (Service::open(place).await, Service::open(twin).await);
    let bought = (1..=20).map(|day| purchase(&format!("tea-{day}"), "p-05", "TEA", day));
    assert_eq!(other.record(bought).await.unwrap().recorded, 20);
    (one, other)
}

#[tokio::test]
async fn with_purposes_refused_the_persons_history_changes_no_byte() {
    let (one, other) = twins().await;
    let refusals = [&[][..], &[3], &[4], &[1, 2, 4, 5, 6, 7, 8, 9, 10, 11]];
    for (number, purposes) in refusals.into_iter().enumerate() {
        let asked = || about("p-05", purposes, &format!("refused-{number}"));
        let told = everything_told(&one, asked()).await;
        assert!(told == everything_told(&other, asked()).await, "{purposes:?} let the history in");
    }
    let asked = || about("p-05", &[3, 4], "accepted");
    let told = everything_told(&one, asked()).await;
    assert!(told != everything_told(&other, asked()).await, "the two histories differ where they may");
}

#[tokio::test]
async fn an_ad_of_a_sensitive_category_is_chosen_by_context_alone() {
    let (one, other) = twins().await;
    let asked = |impression: &str| about("p-05", &ALL_PURPOSES, impression);
    let (here, there) =
        (one.recommend(asked("i")).await.unwrap(), other.recommend(asked("i")).await.unwrap());
    assert_eq!(ad(&here, "pills"), ad(&there, "pills"), "history moves no sensitive ad");
    assert_ne!(ad(&here, "tea"), ad(&there, "tea"));
    assert_eq!(ad(&here, "pills").profile(), Profile::Contextual);
    assert_eq!(ad(&here, "tea").profile(), Profile::Full);

    let nobody = one.recommend(about_nobody("nobody")).await.unwrap();
    assert_eq!(account(ad(&here, "pills")), account(ad(&nobody, "pills")));

    let only = pb::RecommendRequest { candidates: vec![super::asking::candidate("pills")], ..asked("only") };
    let answer = one.recommend(only).await.unwrap();
    let told = one.explain(&answer.ads[0].explanation_token, "en").await.unwrap();
    let causes = told.verdicts.iter().map(|verdict| (verdict.feature.as_str(), verdict.cause()));
    for (feature, cause) in causes {
        let personal = ["member_years", "bought_days"].contains(&feature);
        let expected = if personal { VerdictCause::SensitiveAd } else { VerdictCause::NotPersonal };
        assert_eq!(cause, expected, "{feature}");
    }
    let notice = one.notice(&answer.ads[0].explanation_token, "en").await.unwrap();
    assert_eq!(notice.dsa.unwrap().transparency[0].dsaparams, [2], "no profiling is declared");
}

#[tokio::test]
async fn without_purposes_a_person_is_served_as_nobody_is() {
    let service = Service::start().await;
    let nobody = service.recommend(about_nobody("nobody")).await.unwrap();
    let refused = service.recommend(about("p-05", &[], "refused")).await.unwrap();
    assert_eq!(values(&refused), values(&nobody));
    assert!(refused.ads.iter().all(|ad| ad.profile() == Profile::Contextual));
    for ad in &refused.ads {
        let features = account(ad).lines.iter().map(|line| line.feature.as_str()).collect::<Vec<_>>();
        assert!(!features.contains(&"bought_days") && !features.contains(&"member_years"));
    }
}

#[tokio::test]
async fn accepted_purposes_let_the_history_speak() {
    let service = Service::start().await;
    let refused = service.recommend(about("p-05", &[], "refused")).await.unwrap();
    let accepted = service.recommend(about("p-05", &[3, 4], "accepted")).await.unwrap();
    assert_ne!(values(&refused), values(&accepted));
    for id in ["bread", "coffee", "soup", "tea"] {
        let ad = ad(&accepted, id);
        assert_eq!(ad.profile(), Profile::Full);
        let bought = account(ad).lines.iter().find(|line| line.feature == "bought_days").unwrap();
        assert_ne!(bought.value_units, 0, "{id}");
    }
}

#[tokio::test]
async fn a_single_withheld_feature_contributes_exactly_nothing() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &[4], "some")).await.unwrap();
    for id in ["bread", "coffee", "soup", "tea"] {
        let ad = ad(&answer, id);
        assert_eq!(ad.profile(), Profile::Full, "membership alone is permitted");
        let is_of =
            |line: &pb::Line, feature: &str| line.feature == feature || line.second_feature == feature;
        let lines = &account(ad).lines;
        assert!(lines.iter().all(|line| !is_of(line, "bought_days") || line.value_units == 0), "{id}");
        assert!(lines.iter().any(|line| is_of(line, "member_years") && line.value_units != 0), "{id}");
        let offsets = account(ad).lines.iter().filter(|line| line.kind() == LineKind::WithheldOffset);
        assert_eq!(offsets.count(), 1, "one constant restores the mean");
    }
}

#[tokio::test]
async fn every_feature_has_a_verdict_with_its_purposes_and_cause() {
    let service = Service::start().await;
    let all = ["page", "hour", "weekend", "shelf", "discount", "member_years", "bought_days"];

    let answer = service.recommend(about("p-05", &[4], "some")).await.unwrap();
    let named = answer.verdicts.iter().map(|verdict| verdict.feature.as_str()).collect::<Vec<_>>();
    assert_eq!(named, all, "in the order of the schema");
    for feature in &all[..5] {
        assert_eq!(verdict(&answer, feature), (true, VerdictCause::NotPersonal, &[][..], &[][..]));
    }
    assert_eq!(verdict(&answer, "member_years"), (true, VerdictCause::Accepted, &[4][..], &[][..]));
    let refused = (false, VerdictCause::PurposesRefused, &[3, 4][..], &[3][..]);
    assert_eq!(verdict(&answer, "bought_days"), refused);

    let answer = service.recommend(about("p-05", &[], "none")).await.unwrap();
    assert_eq!(verdict(&answer, "member_years").3, [4]);
    assert_eq!(verdict(&answer, "bought_days").3, [3, 4]);

    let answer = service.recommend(about_nobody("nobody")).await.unwrap();
    let nobody = (false, VerdictCause::NoSubject, &[3, 4][..], &[][..]);
    assert_eq!(verdict(&answer, "bought_days"), nobody);
}

#[tokio::test]
async fn an_event_that_no_accepted_purpose_lets_anything_use_is_not_kept() {
    let service = Service::start().await;
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    let mut events = Vec::new();
    for (number, purposes) in [&[][..], &[3], &[4], &[1, 2, 5, 6, 7, 8, 9, 10, 11]].into_iter().enumerate() {
        let mut event = purchase(&format!("refused-{number}"), "p-05", "TEA", 3);
        event.event.as_mut().unwrap().accepted_purposes = purposes.to_vec();
        events.push(event);
    }
    let mut unused = purchase("browsed", "p-05", "TEA", 3);
    unused.event.as_mut().unwrap().kind = pb::EventKind::Browse.into();
    events.push(unused);

    let tally = service.record(events).await.unwrap();
    assert_eq!((tally.recorded, tally.not_permitted), (0, 5), "no feature is made of browsing either");
    assert!(service.store.events(0, 10).await.unwrap().is_empty());
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    assert_eq!(values(&before), values(&after));
}

#[tokio::test]
async fn a_raw_subject_id_is_written_nowhere() {
    let service = Service::start().await;
    let person = "somebody-whose-name-must-not-be-kept";
    service.record([purchase("e-1", person, "TEA", 3)]).await.unwrap();
    service.recommend(about(person, &ALL_PURPOSES, "i-1")).await.unwrap();
    let place: Place = service.stop().await;
    let mut files = 0;
    for entry in fs::read_dir(place.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(person.len()).any(|window| window == person.as_bytes());
            assert!(!found, "{} names the person", path.display());
            files += 1;
        }
    }
    assert!(files >= 2, "keys and log were looked at");
}
