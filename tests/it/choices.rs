//! What people choose here: it holds from the next decision on, and says so.

use std::time::Duration;

use limpid::decide::Replayed;
use limpid::domain::DecisionId;
use limpid::rpc::pb::consent_service_client::ConsentServiceClient;
use limpid::rpc::pb::person::NamedBy;
use limpid::rpc::pb::subject_rights_service_client::SubjectRightsServiceClient;
use limpid::rpc::pb::{
    self, ConsentGround, ConsentSignal, Profile, RefusalCause, StatementKind, VerdictCause,
};
use tonic::{Code, Status};

use super::asking::{ALL_PURPOSES, about, about_nobody, account, ad, assert_refused, purchase, values};
use super::consent::{everything_told, twins};
use super::place::{TENANT, tenant};
use super::service::Service;

/// The person of the example, as the controller names them.
pub(crate) fn person(id: &str) -> pb::Person {
    let name = pb::SubjectName { tenant: TENANT.to_owned(), id: id.to_owned() };
    pb::Person { named_by: Some(NamedBy::Subject(name)) }
}

pub(crate) fn holder(token: &str) -> pb::Person {
    pb::Person { named_by: Some(NamedBy::Token(token.to_owned())) }
}

pub(crate) async fn get(
    service: &Service,
    person: impl Into<Option<pb::Person>>,
) -> Result<pb::GetConsentResponse, Status> {
    let mut client = ConsentServiceClient::new(service.channel.clone());
    client.get_consent(pb::GetConsentRequest { person: person.into() }).await.map(tonic::Response::into_inner)
}

pub(crate) async fn set(
    service: &Service,
    request: pb::SetConsentRequest,
) -> Result<pb::ChoiceReceipt, Status> {
    let mut client = ConsentServiceClient::new(service.channel.clone());
    client.set_consent(request).await.map(|answer| answer.into_inner().receipt.unwrap())
}

pub(crate) async fn grant(
    service: &Service,
    id: &str,
    change_id: &str,
    purposes: &[i32],
) -> pb::ChoiceReceipt {
    let (change_id, grant) = (change_id.to_owned(), purposes.to_vec());
    let request = pb::SetConsentRequest { person: Some(person(id)), change_id, grant, withdraw: Vec::new() };
    set(service, request).await.unwrap()
}

pub(crate) async fn withdraw(
    service: &Service,
    person: impl Into<Option<pb::Person>>,
    change_id: &str,
    purposes: &[i32],
) -> Result<pb::ChoiceReceipt, Status> {
    let mut client = ConsentServiceClient::new(service.channel.clone());
    let (change_id, purposes) = (change_id.to_owned(), purposes.to_vec());
    let request = pb::WithdrawConsentRequest { person: person.into(), change_id, purposes };
    client.withdraw_consent(request).await.map(|answer| answer.into_inner().receipt.unwrap())
}

pub(crate) async fn object(
    service: &Service,
    request: pb::ObjectRequest,
) -> Result<pb::ChoiceReceipt, Status> {
    let mut client = SubjectRightsServiceClient::new(service.channel.clone());
    client.object(request).await.map(|answer| answer.into_inner().receipt.unwrap())
}

/// Objects to nothing yet.
pub(crate) fn objection(id: &str, change_id: &str) -> pb::ObjectRequest {
    pb::ObjectRequest {
        person: Some(person(id)),
        change_id: change_id.to_owned(),
        ..pb::ObjectRequest::default()
    }
}

pub(crate) fn one(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

fn verdict<'a>(answer: &'a pb::RecommendResponse, feature: &str) -> &'a pb::Verdict {
    answer.verdicts.iter().find(|verdict| verdict.feature == feature).unwrap()
}

/// The signal and the ground that decided on a feature.
fn decided(answer: &pb::RecommendResponse, feature: &str) -> (ConsentSignal, ConsentGround) {
    let decider = verdict(answer, feature).decided_by.as_ref().unwrap();
    (decider.signal(), decider.ground())
}

fn refused(answer: &pb::RecommendResponse) -> Vec<(&str, RefusalCause)> {
    answer.refused.iter().map(|refusal| (refusal.ad_id.as_str(), refusal.cause())).collect()
}

#[tokio::test]
async fn withdrawn_consent_withholds_the_next_impression() {
    let service = Service::start().await;
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    assert!(verdict(&before, "bought_days").permitted);

    let receipt = withdraw(&service, person("p-05"), "c-1", &[3]).await.unwrap();
    assert_eq!((receipt.changed, receipt.repeated_call), (vec![true], false));
    assert_eq!(receipt.before.unwrap(), pb::Choices::default());
    let change = receipt.change.unwrap();
    assert_eq!((change.change_id.as_str(), change.teller()), ("c-1", pb::Teller::Controller));
    assert_eq!(change.statements[0].kind(), StatementKind::Withdraw);
    let [chosen] = &receipt.after.unwrap().purposes[..] else { panic!("one purpose was chosen") };
    assert_eq!((chosen.purpose, chosen.granted, &chosen.since), (3, false, &change.at));

    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    let bought = verdict(&after, "bought_days");
    assert_eq!((bought.permitted, bought.cause()), (false, VerdictCause::PurposesRefused));
    assert_eq!(bought.refused, [3]);
    assert_eq!(decided(&after, "bought_days"), (ConsentSignal::OwnChoices, ConsentGround::Withdrawn));
    assert!(verdict(&after, "member_years").permitted, "it does not need the purpose");
    let tea = &account(ad(&after, "tea")).lines;
    let is_of = |line: &pb::Line| line.feature == "bought_days" || line.second_feature == "bought_days";
    assert!(tea.iter().all(|line| !is_of(line) || line.value_units == 0));
}

#[tokio::test]
async fn what_was_withdrawn_can_no_longer_change_a_byte() {
    let (one, other) = twins().await;
    for service in [&one, &other] {
        withdraw(service, person("p-05"), "c-1", &[3, 4]).await.unwrap();
    }
    let asked = || about("p-05", &ALL_PURPOSES, "withdrawn");
    assert!(everything_told(&one, asked()).await == everything_told(&other, asked()).await);
}

#[tokio::test]
async fn the_choices_of_one_person_change_no_byte_for_another() {
    let place = Service::start().await.stop().await;
    let twin = place.copy();
    let (quiet, heard) = (Service::open(place).await, Service::open(twin).await);
    withdraw(&heard, person("p-05"), "c-1", &ALL_PURPOSES).await.unwrap();
    let hide = pb::ObjectRequest {
        advertisers: one("Green Leaf"),
        data: one("purchases"),
        personalisation: true,
        ..objection("p-05", "c-2")
    };
    object(&heard, hide).await.unwrap();
    for (number, purposes) in [&ALL_PURPOSES[..], &[4], &[]].into_iter().enumerate() {
        let asked = || about("p-06", purposes, &format!("i-{number}"));
        assert!(everything_told(&quiet, asked()).await == everything_told(&heard, asked()).await);
    }
    let asked = || about_nobody("nobody");
    assert!(everything_told(&quiet, asked()).await == everything_told(&heard, asked()).await);
    let mut elsewhere = about("p-05", &ALL_PURPOSES, "elsewhere");
    elsewhere.tenant = "other".to_owned();
    assert!(
        everything_told(&quiet, elsewhere.clone()).await == everything_told(&heard, elsewhere).await,
        "the same name in another shop is another person"
    );
    let asked = || about("p-05", &ALL_PURPOSES, "own");
    assert!(everything_told(&quiet, asked()).await != everything_told(&heard, asked()).await);
}

#[tokio::test]
async fn consent_that_was_given_here_serves_where_the_caller_keeps_none() {
    let service = Service::start().await;
    let kept = service.recommend(about("p-05", &[3, 4], "kept-by-the-caller")).await.unwrap();
    grant(&service, "p-05", "c-1", &[3, 4]).await;
    let here = service.recommend(about("p-05", &[], "kept-here")).await.unwrap();
    assert_eq!(values(&here), values(&kept));
    assert_eq!(decided(&here, "bought_days"), (ConsentSignal::OwnChoices, ConsentGround::Consented));

    let narrowed = service.recommend(about("p-05", &[4], "narrowed")).await.unwrap();
    assert_eq!(
        decided(&narrowed, "bought_days"),
        (ConsentSignal::StoredChoices, ConsentGround::PurposeRefused)
    );
    let consent = pb::Consent { gpc: true, ..pb::Consent::default() };
    let gpc = pb::RecommendRequest { consent: Some(consent), ..about("p-05", &[], "gpc") };
    let gpc = service.recommend(gpc).await.unwrap();
    assert_eq!(decided(&gpc, "bought_days"), (ConsentSignal::Gpc, ConsentGround::PrivacyControl));

    withdraw(&service, person("p-05"), "c-2", &[4]).await.unwrap();
    let gone = service.recommend(about("p-05", &[], "gone")).await.unwrap();
    assert!(gone.ads.iter().all(|ad| ad.profile() == Profile::Contextual));
}

#[tokio::test]
async fn consent_that_was_given_long_ago_permits_nothing() {
    let service = Service::start().await;
    grant(&service, "p-05", "c-1", &[3, 4]).await;
    let after = |days| service.engine.now().plus_days(days);
    let (last, first_stale) = (after(396), after(397));
    service.clock.set(last);
    let fresh = service.recommend(about("p-05", &[], "fresh")).await.unwrap();
    assert!(verdict(&fresh, "bought_days").permitted);
    service.clock.set(first_stale);
    let stale = service.recommend(about("p-05", &[], "stale")).await.unwrap();
    assert_eq!(decided(&stale, "bought_days"), (ConsentSignal::OwnChoices, ConsentGround::Stale));
}

#[tokio::test]
async fn ads_of_a_hidden_advertiser_are_refused_from_the_next_decision_on() {
    let service = Service::start().await;
    let hide = pb::ObjectRequest { advertisers: one("Green Leaf"), ..objection("p-05", "c-1") };
    let receipt = object(&service, hide).await.unwrap();
    assert_eq!(receipt.after.unwrap().hidden_advertisers, ["Green Leaf"]);

    // Consent is not asked for: whoever refuses everything can hide ads, too.
    let answer = service.recommend(about("p-05", &[], "after")).await.unwrap();
    assert_eq!(refused(&answer), [("tea", RefusalCause::HiddenAdvertiser)]);
    assert_eq!(answer.ads.len(), 5);
    let other = service.recommend(about("p-06", &[], "other")).await.unwrap();
    assert_eq!(other.ads.len(), 6, "another person sees them");

    let back =
        pb::ObjectRequest { take_back: true, advertisers: one("Green Leaf"), ..objection("p-05", "c-2") };
    let receipt = object(&service, back).await.unwrap();
    assert_eq!(receipt.before.unwrap().hidden_advertisers, ["Green Leaf"]);
    assert_eq!(receipt.after.unwrap(), pb::Choices::default());
    let again = service.recommend(about("p-05", &[], "again")).await.unwrap();
    assert_eq!((again.ads.len(), again.refused.len()), (6, 0));
}

#[tokio::test]
async fn ads_of_a_hidden_category_are_refused_even_when_they_have_others() {
    let service = Service::start().await;
    let categories = vec!["COFFEE".to_owned(), "NEW".to_owned()];
    object(&service, pb::ObjectRequest { categories, ..objection("p-05", "c-1") }).await.unwrap();
    let mut asked = about("p-05", &ALL_PURPOSES, "after");
    let attributes = pb::AttributeValues { values: vec!["SOUP".to_owned(), "NEW".to_owned()] };
    let inline = pb::Ad {
        advertiser: "A".to_owned(),
        attributes: [("category".to_owned(), attributes)].into(),
        ..pb::Ad::default()
    };
    asked.candidates.push(pb::Candidate { ad_id: "inline".to_owned(), bid: None, ad: Some(inline) });
    let answer = service.recommend(asked).await.unwrap();
    let hidden = ["coffee", "pair", "inline"].map(|ad| (ad, RefusalCause::HiddenCategory));
    assert_eq!(refused(&answer), hidden, "the pair is of tea and coffee");
    assert_eq!(answer.ads.len(), 4);
}

#[tokio::test]
async fn whoever_hides_every_ad_is_shown_none() {
    let service = Service::start().await;
    let categories = ["BREAD", "COFFEE", "TEA", "PHARMACY", "SOUP"].map(str::to_owned).to_vec();
    object(&service, pb::ObjectRequest { categories, ..objection("p-05", "c-1") }).await.unwrap();
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "none")).await.unwrap();
    assert_eq!((answer.ads.len(), answer.refused.len()), (0, 6));
    assert_eq!(answer.not_shown(), pb::NotShown::NoneEligible);
}

#[tokio::test]
async fn a_forgotten_datum_moves_nothing_and_says_why() {
    let (one_service, other) = twins().await;
    for service in [&one_service, &other] {
        object(service, pb::ObjectRequest { data: one("purchases"), ..objection("p-05", "c-1") })
            .await
            .unwrap();
    }
    let asked = || about("p-05", &ALL_PURPOSES, "forgotten");
    assert!(
        everything_told(&one_service, asked()).await == everything_told(&other, asked()).await,
        "two histories, one answer"
    );
    let answer = one_service.recommend(about("p-05", &ALL_PURPOSES, "again")).await.unwrap();
    let bought = verdict(&answer, "bought_days");
    assert_eq!((bought.permitted, bought.cause()), (false, VerdictCause::Forgotten));
    assert!(bought.decided_by.is_none() && verdict(&answer, "member_years").permitted);
    for id in ["bread", "coffee", "soup", "tea"] {
        let is_of = |line: &pb::Line| line.feature == "bought_days" || line.second_feature == "bought_days";
        let ad = ad(&answer, id);
        assert_eq!(ad.profile(), Profile::Full);
        assert!(account(ad).lines.iter().all(|line| !is_of(line) || line.value_units == 0), "{id}");
    }
    let token = &answer.ads[0].explanation_token;
    let page = super::web_client::get(one_service.address, &format!("/why/{token}?lang=en"), &[]).await;
    assert!(page.body.contains("You asked us not to use this."), "{}", page.body);
}

#[tokio::test]
async fn whoever_stops_personalisation_is_served_as_nobody_is() {
    let service = Service::start().await;
    let nobody = service.recommend(about_nobody("nobody")).await.unwrap();
    grant(&service, "p-05", "c-1", &ALL_PURPOSES).await;
    let stop = pb::ObjectRequest { personalisation: true, ..objection("p-05", "c-2") };
    assert!(object(&service, stop).await.unwrap().after.unwrap().personalisation_stopped);
    let stopped = service.recommend(about("p-05", &ALL_PURPOSES, "stopped")).await.unwrap();
    assert_eq!(values(&stopped), values(&nobody));
    let own = (ConsentSignal::OwnChoices, ConsentGround::PersonalisationStopped);
    assert_eq!(decided(&stopped, "member_years"), own);
}

#[tokio::test]
async fn an_objection_to_a_purpose_holds_against_consent_to_it() {
    let service = Service::start().await;
    object(&service, pb::ObjectRequest { purposes: vec![4], ..objection("p-05", "c-1") }).await.unwrap();
    let receipt = grant(&service, "p-05", "c-2", &[3, 4]).await;
    let after = receipt.after.unwrap();
    assert_eq!((after.objected_purposes, after.purposes.len()), (vec![4], 2));
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "objected")).await.unwrap();
    assert_eq!(decided(&answer, "member_years"), (ConsentSignal::OwnChoices, ConsentGround::Objected));
    assert_eq!(verdict(&answer, "bought_days").refused, [4]);
}

#[tokio::test]
async fn choices_survive_a_restart() {
    let service = Service::start().await;
    withdraw(&service, person("p-05"), "c-1", &[3]).await.unwrap();
    let hide = pb::ObjectRequest {
        advertisers: one("Green Leaf"),
        categories: one("SOUP"),
        data: one("membership"),
        ..objection("p-05", "c-2")
    };
    object(&service, hide).await.unwrap();
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    let told = get(&service, person("p-05")).await.unwrap();
    assert_eq!(told.changes.len(), 2);

    let service = service.restart().await;
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    assert_eq!((&after.verdicts, &after.refused), (&before.verdicts, &before.refused));
    assert_eq!(values(&after), values(&before));
    assert_eq!(
        refused(&after),
        [("soup", RefusalCause::HiddenCategory), ("tea", RefusalCause::HiddenAdvertiser)]
    );
    assert_eq!(get(&service, person("p-05")).await.unwrap(), told);
    assert_eq!(get(&service, person("p-06")).await.unwrap().choices.unwrap(), pb::Choices::default());
}

#[tokio::test]
async fn a_decision_that_was_made_before_stays_as_it_was() {
    let service = Service::start().await;
    let asked = || about("p-05", &ALL_PURPOSES, "i-1");
    let made = service.recommend(asked()).await.unwrap();
    withdraw(&service, person("p-05"), "c-1", &ALL_PURPOSES).await.unwrap();
    let again = service.recommend(asked()).await.unwrap();
    assert_eq!(again, pb::RecommendResponse { repeated_call: true, ..made });
}

#[tokio::test]
async fn a_decision_under_choices_is_made_again_as_it_was_whatever_was_chosen_since() {
    let service = Service::start().await;
    let said = |change_id: &str, take_back: bool| pb::ObjectRequest {
        advertisers: one("Green Leaf"),
        categories: one("SOUP"),
        data: one("purchases"),
        take_back,
        ..objection("p-05", change_id)
    };
    object(&service, said("c-1", false)).await.unwrap();
    let made = service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    assert_eq!(made.refused.len(), 2);
    object(&service, said("c-2", true)).await.unwrap();
    let id = DecisionId::parse(&made.decision_id).unwrap();
    let Replayed::Identical(again) = service.engine.replay(&tenant(), id).await.unwrap() else {
        panic!("it is not what was logged")
    };
    let causes = again.refused.iter().map(|refusal| (refusal.ad.as_str(), refusal.cause)).collect::<Vec<_>>();
    let expected = [
        ("soup", limpid::domain::RefusalCause::HiddenCategory),
        ("tea", limpid::domain::RefusalCause::HiddenAdvertiser),
    ];
    assert_eq!(causes, expected);
}

#[tokio::test]
async fn an_event_is_not_kept_against_the_choices_of_its_person() {
    let service = Service::start().await;
    withdraw(&service, person("p-05"), "c-1", &[3]).await.unwrap();
    object(&service, pb::ObjectRequest { data: one("purchases"), ..objection("p-06", "c-2") }).await.unwrap();
    grant(&service, "p-07", "c-3", &[3, 4]).await;
    let unnamed = |id: &str, person: &str| {
        let mut event = purchase(id, person, "TEA", 3);
        event.event.as_mut().unwrap().accepted_purposes.clear();
        event
    };
    let tally = service
        .record([
            purchase("withdrawn", "p-05", "TEA", 3),
            purchase("forgotten", "p-06", "TEA", 3),
            unnamed("granted-here", "p-07"),
            unnamed("granted-nowhere", "p-08"),
        ])
        .await
        .unwrap();
    assert_eq!((tally.recorded, tally.not_permitted), (1, 3));
    let kept = service.store.events(0, 10).await.unwrap();
    assert_eq!(kept.iter().map(|kept| kept.event.id.as_str()).collect::<Vec<_>>(), ["granted-here"]);
}

#[tokio::test]
async fn the_person_chooses_with_the_token_of_an_ad_that_they_were_shown() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let token = &answer.ads[0].explanation_token;
    let receipt = withdraw(&service, holder(token), "c-1", &[3, 4]).await.unwrap();
    assert_eq!(receipt.change.unwrap().teller(), pb::Teller::Person);
    let hide = pb::ObjectRequest { advertisers: one("Green Leaf"), ..objection("", "c-2") };
    object(&service, pb::ObjectRequest { person: Some(holder(token)), ..hide }).await.unwrap();

    let told = get(&service, holder(token)).await.unwrap();
    assert_eq!(told, get(&service, person("p-05")).await.unwrap(), "both name the same person");
    assert_eq!(told.choices.unwrap().hidden_advertisers, ["Green Leaf"]);
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    assert_eq!(refused(&after), [("tea", RefusalCause::HiddenAdvertiser)]);
    assert!(!verdict(&after, "bought_days").permitted);
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_made_once_and_confirmed_as_it_was() {
    let service = Service::start().await;
    let first = withdraw(&service, person("p-05"), "c-1", &[3]).await.unwrap();
    grant(&service, "p-05", "c-2", &[3]).await;
    let again = withdraw(&service, person("p-05"), "c-1", &[3]).await.unwrap();
    assert_eq!(again, pb::ChoiceReceipt { repeated_call: true, ..first });
    let told = get(&service, person("p-05")).await.unwrap();
    assert_eq!(told.changes.len(), 2);
    assert!(told.choices.unwrap().purposes[0].granted, "what was said last holds");

    let (code, reason, message) =
        (Code::AlreadyExists, "CHANGE_REUSED", "change_id: was used with another change");
    let other_body = withdraw(&service, person("p-05"), "c-1", &[4]).await;
    assert_refused(other_body, code, reason, message);
    let other_person = withdraw(&service, person("p-06"), "c-1", &[3]).await;
    assert_refused(other_person, code, reason, message);
    let hide = pb::ObjectRequest { purposes: vec![3], ..objection("p-05", "c-1") };
    assert_refused(object(&service, hide).await, code, reason, message);
    let elsewhere = pb::SubjectName { tenant: "other".to_owned(), id: "p-05".to_owned() };
    let elsewhere = Some(pb::Person { named_by: Some(NamedBy::Subject(elsewhere)) });
    assert!(!withdraw(&service, elsewhere, "c-1", &[3]).await.unwrap().repeated_call);
}

#[tokio::test]
async fn changes_of_one_person_that_come_together_are_all_kept_and_agree_with_memory() {
    let service = Service::start().await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..40 {
        let mut client = SubjectRightsServiceClient::new(service.channel.clone());
        let take_back = number % 2 == 1;
        let advertisers = one("Green Leaf");
        let request =
            pb::ObjectRequest { take_back, advertisers, ..objection("p-05", &format!("c-{number}")) };
        calls.spawn(async move { client.object(request).await.unwrap() });
    }
    assert_eq!(calls.join_all().await.len(), 40);
    let told = get(&service, person("p-05")).await.unwrap();
    assert_eq!(told.changes.len(), 40);
    let hidden = !told.choices.unwrap().hidden_advertisers.is_empty();
    let answer = service.recommend(about("p-05", &[], "after")).await.unwrap();
    assert_eq!(!refused(&answer).is_empty(), hidden, "memory holds what the log does");
}

#[tokio::test]
async fn a_change_that_cannot_be_made_durable_changes_nothing() {
    let service = Service::start().await;
    service.store.close().await.unwrap();
    let answer = withdraw(&service, person("p-05"), "c-1", &[3]).await;
    assert_refused(answer, Code::Unavailable, "STORE_UNAVAILABLE", "the store is not available");
}

#[tokio::test]
async fn a_caller_who_does_not_wait_leaves_memory_and_log_in_agreement() {
    let service = Service::start().await;
    let hide = pb::ObjectRequest { advertisers: one("Green Leaf"), ..objection("p-05", "c-1") };
    let call = object(&service, hide.clone());
    let _ = tokio::time::timeout(Duration::from_micros(200), call).await;
    // Sent again it is either made now or was made then; both come to the same.
    object(&service, hide).await.unwrap();
    let answer = service.recommend(about("p-05", &[], "after")).await.unwrap();
    assert_eq!(refused(&answer), [("tea", RefusalCause::HiddenAdvertiser)]);
    assert_eq!(get(&service, person("p-05")).await.unwrap().changes.len(), 1);
}
