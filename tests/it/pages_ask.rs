//! "Why not another", "what would have changed it", and the page that closes the widget.

use limpid::domain::Clock;
use limpid::ledger::TokenKind;
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::rpc::pb::{self, Pricing};

use super::asking::{ALL_PURPOSES, about, about_nobody, bid};
use super::service::Service;
use super::web_client::get;

/// Every ad of the example, each with a price of its own.
async fn decided(service: &Service, person: &str, impression: &str) -> pb::RecommendResponse {
    let mut asked = about(person, &ALL_PURPOSES, impression);
    for (place, candidate) in (1..).zip(&mut asked.candidates) {
        candidate.bid = Some(bid(Pricing::Cpa, 900_000 + 20_000 * place, "USD"));
    }
    service.recommend(pb::RecommendRequest { max_ads: 1, ..asked }).await.unwrap()
}

#[tokio::test]
async fn any_ad_of_the_decision_can_be_compared_and_no_other() {
    let service = Service::start().await;
    let answer = decided(&service, "p-01", "compared").await;
    let token = &answer.ads[0].explanation_token;
    let decision = service.engine.explain(token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    for held in [token, &bearer] {
        for other in &decision.ranked[1..] {
            let other = other.ad.id.as_str();
            let path = format!("/why/{held}?other={other}");
            let page = get(service.address, &path, &[]).await;
            assert_eq!(page.status, 200);
            let section =
                page.body.split("id=\"contrast\"").nth(1).unwrap().split("</section>").next().unwrap();
            assert!(section.contains(&format!("value=\"{other}\" selected")), "{section}");
            let request = pb::CompareRequest {
                named_by: Some(pb::compare_request::NamedBy::Token(held.clone())),
                other_ad_id: other.to_owned(),
                locale: "en".to_owned(),
            };
            let mut client = ExplanationServiceClient::new(service.channel.clone());
            let told = client.compare(request).await.unwrap().into_inner();
            let offers = if told.bid() == pb::BidStanding::Higher { "offers more" } else { "offers less" };
            assert!(section.contains(offers), "{section}");
            assert!(!section.contains("USD") && !section.contains("0.9"), "{section}");
        }
        let own = &answer.ads[0].ad_id;
        for (bad, rule) in [
            ("no-such-ad", "other_ad_id: must be an eligible ad of the decision"),
            (own.as_str(), "other_ad_id: must be another eligible ad of the decision"),
            ("", "other: must not be empty"),
        ] {
            let page = get(service.address, &format!("/why/{held}?other={bad}"), &[]).await;
            assert_eq!(page.status, 400, "{bad}");
            assert!(page.body.contains(rule), "{}", page.body);
        }
    }
    let mut alone = about_nobody("alone");
    alone.candidates.truncate(1);
    let alone = service.recommend(alone).await.unwrap().ads.remove(0).explanation_token;
    let page = get(service.address, &format!("/why/{alone}"), &[]).await;
    assert!(page.body.contains("No other ad could have been shown here."), "{}", page.body);
}

#[tokio::test]
async fn what_would_have_changed_an_ad_is_what_the_service_finds_and_each_datum_can_be_tried() {
    let service = Service::start().await;
    let mut found = 0;
    for person in ["p-01", "p-05", "p-08"] {
        let token = decided(&service, person, person).await.ads.remove(0).explanation_token;
        let request = pb::FindChangesRequest { token: token.clone(), locale: "en".to_owned() };
        let mut client = ExplanationServiceClient::new(service.channel.clone());
        let told = client.find_changes(request).await.unwrap().into_inner();
        let page = get(service.address, &format!("/why/{token}/changes?lang=en"), &[]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(&told.text), "{}", page.body);
        for change in &told.changes {
            let instead = format!("You would have seen an ad by {} without", change.first_advertiser);
            assert!(page.body.contains(&instead.replace('&', "&#38;")), "{instead}: {}", page.body);
            found += 1;
        }
        let outcomes = page.body.split("id=\"ones\"").next().unwrap();
        assert_eq!(outcomes.matches("<li>").count() - outcomes.matches("<li><a").count(), told.changes.len());
        for code in &told.controls {
            let link = format!("/why/{token}/what-if?lang=en&without={code}");
            assert!(page.body.contains(&link.replace('&', "&#38;")), "{link}: {}", page.body);
            let alone = get(service.address, &link, &[]).await;
            assert_eq!(alone.status, 200);
            let flips = told.changes.iter().any(|change| change.data == [code.clone()]);
            let same = alone.body.contains("You would have seen this ad all the same");
            assert_eq!(same, !flips, "{code}: {}", alone.body);
        }
    }
    assert!(found > 0, "some datum would have changed some ad");
}

#[tokio::test]
async fn a_question_that_breaks_a_rule_or_comes_too_often_is_answered_so() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "often").await.ads.remove(0).explanation_token;
    let rule = "without_data[0]: must be a datum that the person controls and that this decision used";
    for bad in ["", "?without=", "?without=ad_category", "?without=%00%3Cscript%3E"] {
        let page = get(service.address, &format!("/why/{token}/what-if{bad}"), &[]).await;
        assert_eq!((page.status, page.body.contains(rule)), (400, true), "{bad}: {}", page.body);
        assert!(!page.body.contains("<script"), "{bad}");
    }
    for path in ["/why/forged/changes", "/why/forged/what-if?without=a"] {
        let page = get(service.address, path, &[]).await;
        assert!(page.status == 403 && page.body.contains("This link is not valid"), "{path}");
    }
    for _ in 0..26 {
        assert_eq!(get(service.address, &format!("/why/{token}/changes"), &[]).await.status, 200);
    }
    let refused = get(service.address, &format!("/why/{token}/changes"), &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "61"));
    assert!(refused.body.contains("Please wait 61 seconds, then ask again."), "{}", refused.body);
    // The reasons themselves can be read meanwhile.
    assert_eq!(get(service.address, &format!("/why/{token}"), &[]).await.status, 200);
    service.clock.set(service.clock.now().plus_seconds(61));
    assert_eq!(get(service.address, &format!("/why/{token}/changes"), &[]).await.status, 200);
}

#[tokio::test]
async fn only_the_page_that_closes_the_widget_holds_a_frame() {
    let service = Service::start().await;
    let token = decided(&service, "p-01", "closed").await.ads.remove(0).explanation_token;
    let closed = get(service.address, &format!("/closed?lang=fr&from={token}"), &[]).await;
    assert_eq!((closed.status, closed.header("content-language")), (200, "fr"));
    assert!(closed.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(closed.body.matches("<iframe").count(), 1);
    assert!(closed.body.contains(&format!("href=\"/why/{token}?lang=fr\"")), "{}", closed.body);
    for path in ["", "/changes", "?embed=1", "/changes?embed=1", "/choices/unknown"] {
        let page = get(service.address, &format!("/why/{token}{path}"), &[]).await;
        assert!(!page.body.contains("<iframe"), "{path}");
    }
}
