//! `Recommend`: accounts that add up, prices, floors, views.

use limpid::rpc::pb::{self, AccountView, NotShown, Pricing, ReasonView, RefusalCause, Standing};
use tonic::Code;

use super::asking::{
    ALL_PURPOSES, about, about_nobody, account, ad, assert_refused, bid, candidate, category, number, priced,
};
use super::example::ADS;
use super::place::models;
use super::service::Service;

const UNITS_PER_NAT: f64 = 4_294_967_296.0;

#[tokio::test]
async fn the_lines_of_every_account_sum_to_the_value_that_ranks() {
    let service = Service::start().await;
    for (person, purposes) in [("p-01", &ALL_PURPOSES[..]), ("p-02", &[3, 4]), ("p-03", &[4]), ("p-04", &[])]
    {
        let asked = priced(about(person, purposes, person), &bid(Pricing::Cpa, 1_500_000, "EUR"));
        let answer = service.recommend(asked).await.unwrap();
        assert_eq!(answer.ads.len(), ADS.len());
        for ad in &answer.ads {
            let sum = account(ad).lines.iter().map(|line| line.value_units).sum::<i64>();
            assert_eq!((sum, sum), (account(ad).ranking_value_units, ad.ranking_value_units), "{}", ad.ad_id);
            for line in &account(ad).lines {
                assert_eq!(line.value, line.value_units as f64 / UNITS_PER_NAT);
            }
        }
        let ranks = answer.ads.iter().map(|ad| ad.rank).collect::<Vec<_>>();
        assert_eq!(ranks, [1, 2, 3, 4, 5, 6]);
        assert!(answer.ads.is_sorted_by(|a, b| a.ranking_value_units >= b.ranking_value_units));
    }
}

#[tokio::test]
async fn ads_of_equal_value_go_by_their_id() {
    let service = Service::start().await;
    let twin = |id: &str| {
        let ad = pb::Ad { advertiser: "Twins".to_owned(), ..pb::Ad::default() };
        pb::Candidate { ad: Some(ad), ..candidate(id) }
    };
    let candidates = ["c", "a", "d", "b"].map(twin).into();
    let asked = pb::RecommendRequest { candidates, ..about_nobody("twins") };
    let answer = service.recommend(asked).await.unwrap();
    assert_eq!(answer.ads.iter().map(|ad| ad.ad_id.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert!(answer.ads.iter().all(|ad| ad.ranking_value_units == answer.ads[0].ranking_value_units));
}

#[tokio::test]
async fn without_any_model_nothing_is_decided() {
    let service = Service::serving(&[]).await;
    let message = "no model of the response conversion is active";
    let refused = service.recommend(about_nobody("first")).await;
    assert_refused(refused, Code::FailedPrecondition, "NO_ACTIVE_MODEL", message);
    service.engine.promote(&models().additive).await.unwrap();
    let answer = service.recommend(about_nobody("first")).await.unwrap();
    assert!(!answer.repeated_call, "the refusal left the impression free");
}

#[tokio::test]
async fn an_ad_that_nobody_knows_is_refused_and_the_others_compete() {
    let service = Service::start().await;
    let candidates = vec![candidate("tea"), candidate("ghost"), candidate("soup")];
    let asked = pb::RecommendRequest { candidates, ..about_nobody("ghost") };
    let answer = service.recommend(asked).await.unwrap();
    assert_eq!(answer.ads.len(), 2);
    let [refusal] = &answer.refused[..] else { panic!("one ad is unknown: {:?}", answer.refused) };
    assert_eq!((refusal.ad_id.as_str(), refusal.cause()), ("ghost", RefusalCause::UnknownAd));
    assert_eq!(answer.not_shown(), NotShown::Unspecified);
}

#[tokio::test]
async fn an_ad_that_comes_with_the_request_is_worth_what_the_same_ad_of_the_catalogue_is() {
    let service = Service::start().await;
    let values_of =
        |values: &[&str]| pb::AttributeValues { values: values.iter().map(|v| (*v).into()).collect() };
    let tea = pb::Ad {
        advertiser: "Green Leaf".to_owned(),
        payer: String::new(),
        domain: "leaf.example".to_owned(),
        attributes: [("category".to_owned(), values_of(&["TEA"]))].into(),
        features: [("shelf".to_owned(), category("drinks")), ("discount".to_owned(), number(0.1))].into(),
    };
    let inline = pb::Candidate { ad: Some(tea), ..candidate("my-tea") };
    let candidates = vec![inline, candidate("tea")];
    let asked = pb::RecommendRequest { candidates, max_ads: 2, ..about("p-03", &ALL_PURPOSES, "inline") };
    let answer = service.recommend(asked).await.unwrap();
    assert_eq!(account(ad(&answer, "my-tea")), account(ad(&answer, "tea")));

    let notice = service.notice(&ad(&answer, "my-tea").explanation_token, "en").await.unwrap();
    assert_eq!((notice.on_behalf_of.as_str(), notice.paid_by.as_str()), ("Green Leaf", "Green Leaf"));
}

#[tokio::test]
async fn as_many_ads_are_shown_as_were_asked_for() {
    let service = Service::start().await;
    for (max_ads, shown) in [(0, 1), (1, 1), (3, 3), (100, 6)] {
        let asked = pb::RecommendRequest { max_ads, ..about_nobody(&format!("max-{max_ads}")) };
        let answer = service.recommend(asked).await.unwrap();
        assert_eq!(answer.ads.len(), 6, "all accounts were asked for");
        for ad in &answer.ads {
            let is_shown = usize::try_from(ad.rank).unwrap() <= shown;
            assert_eq!(!ad.explanation_token.is_empty(), is_shown, "only a shown ad can be explained");
            assert_eq!(!ad.reasons.is_empty(), is_shown);
        }
    }
}

#[tokio::test]
async fn the_account_view_says_whose_accounts_are_told() {
    let service = Service::start().await;
    for (view, ads, accounts) in [
        (AccountView::Unspecified, 2, 0),
        (AccountView::None, 2, 0),
        (AccountView::Selected, 2, 2),
        (AccountView::All, 6, 6),
    ] {
        let account_view = view.into();
        let asked = pb::RecommendRequest { account_view, max_ads: 2, ..about_nobody("views") };
        let answer = service.recommend(asked).await.unwrap();
        let told = answer.ads.iter().filter(|ad| ad.account.is_some()).count();
        assert_eq!((answer.ads.len(), told), (ads, accounts), "{view:?}");
    }
}

#[tokio::test]
async fn reason_codes_carry_no_text_and_no_evidence_and_a_full_view_both() {
    let service = Service::start().await;
    let asked = |reason_view: ReasonView, locale: &str| pb::RecommendRequest {
        reason_view: reason_view.into(),
        locale: locale.to_owned(),
        ..about("p-05", &ALL_PURPOSES, "views")
    };
    for view in [ReasonView::Unspecified, ReasonView::Codes] {
        let answer = service.recommend(asked(view, "en")).await.unwrap();
        assert!(answer.ads[0].headline.is_empty());
        assert!(!answer.ads[0].reasons.is_empty());
        for reason in &answer.ads[0].reasons {
            assert!(reason.text.is_empty() && reason.evidence.is_empty() && !reason.code.is_empty());
        }
    }
    let english = service.recommend(asked(ReasonView::Full, "en-GB")).await.unwrap();
    let french = service.recommend(asked(ReasonView::Full, "fr")).await.unwrap();
    let german = service.recommend(asked(ReasonView::Full, "de")).await.unwrap();
    let told = |answer: &pb::RecommendResponse| (answer.locale.clone(), answer.locale_fell_back);
    assert_eq!(told(&english), ("en".to_owned(), false));
    assert_eq!(told(&french), ("fr".to_owned(), false));
    assert_eq!(told(&german), ("en".to_owned(), true));
    assert_eq!(english.ads[0].headline, german.ads[0].headline);
    assert_ne!(english.ads[0].headline, french.ads[0].headline);
    for (in_english, in_french) in english.ads[0].reasons.iter().zip(&french.ads[0].reasons) {
        assert_ne!(in_english.text, in_french.text);
        assert_eq!(in_english.evidence, in_french.evidence);
        assert!(!in_english.text.is_empty() && in_english.code != "bid");
    }
}

#[tokio::test]
async fn the_named_share_is_the_sum_of_the_shares_and_for_comes_before_against() {
    let service = Service::start().await;
    for number in 0..6 {
        let person = super::example::person(number);
        let asked = pb::RecommendRequest { max_ads: 6, ..about(&person, &ALL_PURPOSES, &person) };
        for ad in service.recommend(asked).await.unwrap().ads {
            let shares = ad.reasons.iter().map(|reason| reason.share).sum::<f64>();
            assert!((shares - ad.named_share).abs() < 1e-9 && (0.0..=1.0).contains(&ad.named_share));
            assert!(ad.reasons.is_sorted_by_key(|reason| reason.standing() == Standing::Against));
            for reason in &ad.reasons {
                let rises = reason.push_units >= 0;
                assert_eq!(rises, reason.standing() == Standing::For, "{} of {}", reason.code, ad.ad_id);
            }
        }
    }
}

#[tokio::test]
async fn a_compressed_call_is_answered_as_a_plain_one() {
    use tonic::codec::CompressionEncoding::Gzip;
    let service = Service::start().await;
    let plain = service.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    let client = super::service::recommender(&service.channel);
    let mut client = client.send_compressed(Gzip).accept_compressed(Gzip);
    let compressed = client.recommend(about("p-05", &ALL_PURPOSES, "i-1")).await.unwrap();
    assert_eq!(compressed.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(compressed.get_ref().ads, plain.ads);
}
