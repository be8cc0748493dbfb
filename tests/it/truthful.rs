//! What explanations claim is so, from end to end: data are withheld and the decision is made anew, by models of
//! every kind, through the service.

use limpid::domain::{ModelVersion, Response};
use limpid::ledger::{Keyring, TokenKind};
use limpid::model::{ModelKind, NoProgress};
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::{self, LineKind};
use limpid::train::{fit_profiles, keep, prepare};

use super::asking::{ALL_PURPOSES, about, account};
use super::choices::{object, objection, one};
use super::place::{Place, models};
use super::service::Service;
use super::web_client::get;

const PEOPLE: [&str; 8] = ["p-01", "p-02", "p-05", "p-10", "p-11", "p-16", "p-21", "p-23"];

/// A service on a model of each kind, with the name of the kind.
async fn of_each_kind() -> Vec<(ModelKind, Service)> {
    let place = Place::new();
    let keyring = Keyring::open(&place.data()).unwrap();
    let bundle = place.load(&keyring);
    let prepared = prepare(&bundle, Response::Conversion).unwrap();
    let tree = fit_profiles(ModelKind::Tree, &prepared, &NoProgress).unwrap();
    let tree = keep(tree, &prepared, &bundle.schema, &place.models()).unwrap().0;
    let mut services = Vec::new();
    let of_kind: [(ModelKind, &ModelVersion); 3] = [
        (ModelKind::Additive, &models().additive),
        (ModelKind::Linear, &models().linear),
        (ModelKind::Tree, &tree),
    ];
    for (kind, version) in of_kind {
        let service = Service::open(place.copy()).await;
        service.engine.promote(version).await.unwrap();
        services.push((kind, service));
    }
    services
}

/// What the lines of a kind and feature say, in units.
fn of_lines(ad: &pb::RankedAd, is_it: impl Fn(&pb::Line) -> bool) -> i64 {
    account(ad).lines.iter().filter(|line| is_it(line)).map(|line| line.value_units).sum()
}

/// The score without the constant for what is withheld.
fn score(ad: &pb::RankedAd) -> i64 {
    of_lines(ad, |line| matches!(line.kind(), LineKind::Intercept | LineKind::Feature | LineKind::Pair))
}

async fn recommend(service: &Service, person: &str, impression: &str) -> pb::RecommendResponse {
    let asked = about(person, &ALL_PURPOSES, impression);
    service.recommend(pb::RecommendRequest { max_ads: 6, ..asked }).await.unwrap()
}

#[tokio::test]
async fn what_a_sum_claims_of_a_datum_is_what_changes_without_it_to_the_unit() {
    for (kind, service) in of_each_kind().await {
        let (mut tried, mut off) = (0, 0);
        for person in PEOPLE {
            let before = recommend(&service, person, &format!("{person}-before")).await;
            let wish = pb::ObjectRequest {
                data: one("purchases"),
                ..objection(person, &format!("{person}-forget"))
            };
            object(&service, wish).await.unwrap();
            let after = recommend(&service, person, &format!("{person}-after")).await;
            for ad in &before.ads {
                let again = super::asking::ad(&after, &ad.ad_id);
                let reads =
                    |line: &pb::Line| line.feature == "bought_days" || line.second_feature == "bought_days";
                assert_eq!(of_lines(again, reads), 0, "what is withheld contributes nothing");
                // Its own term, and the pairs that it is a side of.
                let claimed = of_lines(ad, reads);
                let made = score(ad) - score(again);
                if ad.profile() == again.profile() && kind != ModelKind::Tree && claimed != 0 {
                    tried += 1;
                    assert_eq!(made, claimed, "{kind:?} {person} {}", ad.ad_id);
                } else {
                    off += i32::from(made != claimed);
                }
            }
        }
        match kind {
            ModelKind::Additive | ModelKind::Linear => assert!(tried > 10, "{kind:?}: {tried}"),
            // Features off a path get shares too, so what changes is another figure: it is not claimed.
            ModelKind::Tree => assert!(off > 0, "a tree is no sum"),
        }
    }
}

#[tokio::test]
async fn what_if_tells_the_decision_that_is_then_made_and_no_estimate_of_it() {
    let mut changed = 0;
    for (kind, service) in of_each_kind().await {
        for person in PEOPLE {
            let before = recommend(&service, person, &format!("{person}-before")).await;
            let shown = &before.ads[0];
            let mut client = ExplanationServiceClient::new(service.channel.clone());
            let token = shown.explanation_token.clone();
            let find = pb::FindChangesRequest { token: token.clone(), locale: String::new() };
            let controls = client.find_changes(find).await.unwrap().into_inner().controls;
            for datum in controls {
                let locale = String::new();
                let ask =
                    pb::WhatIfRequest { token: token.clone(), without_data: vec![datum.clone()], locale };
                let told = client.what_if(ask).await.unwrap().into_inner();
                let change = format!("{person}-{datum}");
                let wish = pb::ObjectRequest { data: one(&datum), ..objection(person, &change) };
                object(&service, wish.clone()).await.unwrap();
                let made = recommend(&service, person, &format!("{person}-without-{datum}")).await;
                assert_eq!(told.first_ad_id, made.ads[0].ad_id, "{kind:?} {person} {datum}");
                let rank = made.ads.iter().find(|ad| ad.ad_id == shown.ad_id).map_or(0, |ad| ad.rank);
                assert_eq!(told.rank, rank, "{kind:?} {person} {datum}");
                changed += i32::from(rank > 1);
                let change_id = format!("{change}-back");
                let back = pb::ObjectRequest { take_back: true, change_id, ..wish };
                object(&service, back).await.unwrap();
            }
        }
    }
    assert!(changed > 0, "some decision is another one without a datum");
}

#[tokio::test]
async fn every_audience_is_told_the_same_reasons_in_the_same_order() {
    for (kind, service) in of_each_kind().await {
        for person in PEOPLE {
            let answer = recommend(&service, person, person).await;
            let ad = &answer.ads[0];
            let codes = |reasons: &[pb::Reason]| {
                reasons.iter().map(|reason| (reason.code.clone(), reason.standing())).collect::<Vec<_>>()
            };
            let decision = service.engine.explain(&ad.explanation_token).await.unwrap().decision;
            let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
            let verified = service.explain(&ad.explanation_token, "en").await.unwrap();
            let banded = service.explain(&bearer, "en").await.unwrap();
            assert_eq!(codes(&verified.reasons), codes(&ad.reasons), "{kind:?} {person}");
            assert_eq!(codes(&banded.reasons), codes(&ad.reasons), "{kind:?} {person}");
            // The page states more reasons, and all of these among them.
            for (token, told) in [(&ad.explanation_token, &verified), (&bearer, &banded)] {
                let page = get(service.address, &format!("/why/{token}"), &[]).await;
                for reason in &told.reasons {
                    let text = reason.text.replace('\'', "&#39;");
                    assert!(page.body.contains(&text), "{kind:?} {person}: {text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_model_that_is_to_serve_is_tried_on_made_up_people() {
    for (kind, service) in of_each_kind().await {
        let tests = service.engine.self_tests();
        let [test] = &tests[..] else { panic!("one model serves") };
        assert_eq!((test.kind, test.is_truthful(), test.disagreements), (kind, true, 0), "{test:?}");
        assert!(test.decisions > 40 && test.withheld > 20, "{test:?}");
        assert_eq!(test.alone_gap_max.units(), 0, "{test:?}");
        assert!(test.slope_max.is_finite(), "{test:?}");
        assert!(test.claimed_mean > 0.0 && test.made_mean > 0.0, "{test:?}");
        match kind {
            ModelKind::Additive | ModelKind::Linear => {
                assert!(test.alone > 0 && test.slope_max > 0.0, "{test:?}");
            }
            ModelKind::Tree => assert!(test.alone == 0 && test.gap_max > 0.0, "{test:?}"),
        }
        // The same people are made up each time.
        let first = test.clone();
        let service = service.restart().await;
        assert_eq!(service.engine.self_tests(), [first]);
        assert_eq!(service.decisions_logged().await, 0, "nobody made up is in the log");
    }
}
