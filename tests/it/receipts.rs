//! What a control changes is told at once, by the decision made again, and the next decision is that one.

use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::person::NamedBy;
use limpid::rpc::pb::subject_rights_service_client::SubjectRightsServiceClient;
use limpid::rpc::pb::{self, Pricing};

use super::asking::{ALL_PURPOSES, about, account, bid};
use super::service::Service;

/// Every ad of the example, each with a price of its own.
fn asked(person: &str, impression: &str) -> pb::RecommendRequest {
    let mut asked = about(person, &ALL_PURPOSES, impression);
    for (place, candidate) in (1..).zip(&mut asked.candidates) {
        candidate.bid = Some(bid(Pricing::Cpa, 900_000 + 20_000 * place, "USD"));
    }
    pb::RecommendRequest { max_ads: 6, ..asked }
}

async fn object(service: &Service, token: &str, objection: pb::ObjectRequest) -> pb::ChoiceReceipt {
    let person = Some(pb::Person { named_by: Some(NamedBy::Token(token.to_owned())) });
    let mut client = SubjectRightsServiceClient::new(service.channel.clone());
    let request = pb::ObjectRequest { person, ..objection };
    client.object(request).await.unwrap().into_inner().receipt.unwrap()
}

/// Everything that the person of a decision can press.
fn controls(advertisers: &[String], data: &[String]) -> Vec<pb::ObjectRequest> {
    let mut controls = vec![pb::ObjectRequest { personalisation: true, ..pb::ObjectRequest::default() }];
    let data = data.iter().map(|code| vec![code.clone()]);
    controls.extend(data.map(|data| pb::ObjectRequest { data, ..pb::ObjectRequest::default() }));
    let advertisers = advertisers.iter().map(|advertiser| vec![advertiser.clone()]);
    controls.extend(advertisers.map(|advertisers| pb::ObjectRequest { advertisers, ..Default::default() }));
    let purposes = [3, 4].map(|purpose| pb::ObjectRequest { purposes: vec![purpose], ..Default::default() });
    controls.extend(purposes);
    controls
}

#[tokio::test]
async fn every_control_is_answered_with_the_decision_that_is_then_made() {
    let service = Service::start().await;
    let mut changed = 0;
    for person in ["p-01", "p-05", "p-08"] {
        let before = service.recommend(asked(person, &format!("before-{person}"))).await.unwrap();
        let first = &before.ads[0];
        let token = first.explanation_token.clone();
        let find = pb::FindChangesRequest { token: token.clone(), locale: String::new() };
        let mut client = ExplanationServiceClient::new(service.channel.clone());
        let data = client.find_changes(find).await.unwrap().into_inner().controls;
        assert!(!data.is_empty());
        let mut advertisers = Vec::new();
        for ad in &before.ads[..2] {
            advertisers.push(service.notice(&ad.explanation_token, "en").await.unwrap().on_behalf_of);
        }
        for (i, control) in controls(&advertisers, &data).into_iter().enumerate() {
            let change_id = format!("{person}-{i}");
            let objection = pb::ObjectRequest { change_id: change_id.clone(), ..control.clone() };
            let told = object(&service, &token, objection).await.decision.unwrap();
            let next = service.recommend(asked(person, &format!("next-{change_id}"))).await.unwrap();
            let now = &next.ads[0];
            assert_eq!((&told.before_ad_id, &told.after_ad_id), (&first.ad_id, &now.ad_id), "{control:?}");
            let notice = service.notice(&now.explanation_token, "en").await.unwrap();
            assert_eq!(told.after_advertiser, notice.on_behalf_of);
            changed += u32::from(told.after_ad_id != told.before_ad_id);

            let back =
                pb::ObjectRequest { change_id: format!("{change_id}-back"), take_back: true, ..control };
            object(&service, &token, back).await;
            let again = service.recommend(asked(person, &format!("again-{change_id}"))).await.unwrap();
            let accounts = |answer: &pb::RecommendResponse| {
                answer.ads.iter().map(|ad| (ad.ad_id.clone(), account(ad).clone())).collect::<Vec<_>>()
            };
            assert_eq!(accounts(&again), accounts(&before), "taking it back restores the choice");
        }
    }
    assert!(changed > 0, "some control changes some choice");
}

#[tokio::test]
async fn a_controller_who_names_the_person_sees_no_decision() {
    let service = Service::start().await;
    let name = pb::SubjectName { tenant: super::place::TENANT.to_owned(), id: "p-01".to_owned() };
    let request = pb::ObjectRequest {
        person: Some(pb::Person { named_by: Some(NamedBy::Subject(name)) }),
        change_id: "by-the-controller".to_owned(),
        personalisation: true,
        ..pb::ObjectRequest::default()
    };
    let mut client = SubjectRightsServiceClient::new(service.channel.clone());
    let receipt = client.object(request).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.decision, None);
}
