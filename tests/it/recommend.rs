//! `Recommend`: accounts that add up, prices, floors, views.

use limpid::rpc::pb::{
    self, AccountView, LineKind, NotShown, Pricing, Profile, ReasonView, RefusalCause, Response, Standing,
};
use tonic::Code;

use super::asking::{
    ALL_PURPOSES, about, about_nobody, account, ad, assert_refused, bid, candidate, category, number, priced,
    values,
};
use super::example::ADS;
use super::place::models;
use super::service::Service;

const UNITS_PER_NAT: f64 = 4_294_967_296.0;

/// What the lines of some kinds add, in nats.
fn sum_of(account: &pb::Account, kinds: &[LineKind]) -> f64 {
    let lines = account.lines.iter().filter(|line| kinds.contains(&line.kind()));
    lines.map(|line| line.value_units).sum::<i64>() as f64 / UNITS_PER_NAT
}

/// The lines that a model gives.
const MODEL: [LineKind; 5] =
    [LineKind::Intercept, LineKind::Feature, LineKind::Pair, LineKind::WithheldOffset, LineKind::Saturation];

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
async fn the_probability_is_what_the_models_lines_say() {
    let service = Service::serving(&[&models().additive, &models().click]).await;
    for (pricing, response) in [(Pricing::Cpa, Response::Conversion), (Pricing::Cpc, Response::Click)] {
        let asked = about("p-01", &ALL_PURPOSES, pricing.as_str_name());
        let answer = service.recommend(priced(asked, &bid(pricing, 2_000_000, "USD"))).await.unwrap();
        for ad in &answer.ads {
            let account = account(ad);
            assert!((libm::exp(sum_of(account, &MODEL)) - ad.probability).abs() < 1e-12, "{}", ad.ad_id);
            let worth = (1000.0 * 2_000_000.0 * ad.probability).round();
            assert!((ad.expected_value_per_mille_micros as f64 - worth).abs() <= 1.0, "{}", ad.ad_id);

            let [attribution] = &account.attributions[..] else { panic!("one model took part") };
            assert_eq!(attribution.response(), response);
            assert_eq!(attribution.baseline_output_value, sum_of(account, &[LineKind::Intercept]));
            let parts = attribution.feature_attributions.values().sum::<f64>();
            let offset = sum_of(account, &[LineKind::WithheldOffset]);
            let whole = attribution.baseline_output_value + parts + offset;
            assert!((attribution.instance_output_value - whole).abs() < 1e-12, "{}", ad.ad_id);
            let score = sum_of(account, &MODEL) - sum_of(account, &[LineKind::Saturation]);
            assert!((attribution.instance_output_value - score).abs() < 1e-12, "{}", ad.ad_id);
            let named = attribution.feature_attributions.keys().map(String::as_str).collect::<Vec<_>>();
            let lines = account.lines.iter().filter(|line| line.kind() == LineKind::Feature);
            let mut features = lines.map(|line| line.feature.as_str()).collect::<Vec<_>>();
            features.sort_unstable();
            assert_eq!(named, features);
        }
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
async fn a_price_for_a_thousand_impressions_ranks_by_itself() {
    let service = Service::start().await;
    let asked = priced(about("p-01", &ALL_PURPOSES, "cpm"), &bid(Pricing::Cpm, 2_500_000, "USD"));
    for ad in &service.recommend(asked).await.unwrap().ads {
        let kinds = account(ad).lines.iter().map(pb::Line::kind).collect::<Vec<_>>();
        assert_eq!(kinds, [LineKind::Bid, LineKind::PerMille]);
        assert_eq!(ad.expected_value_per_mille_micros, 2_500_000);
        assert_eq!(ad.currency, "USD");
        assert!(ad.probability > 0.0 && ad.probability < 1.0, "the probability is told all the same");
        assert!(account(ad).attributions.is_empty(), "no model moved the value");
        assert_eq!(ad.profile(), Profile::Contextual);
    }
}

#[tokio::test]
async fn a_price_for_a_click_needs_a_model_of_clicks() {
    let service = Service::start().await;
    let asked = || priced(about_nobody("cpc"), &bid(Pricing::Cpc, 500_000, "USD"));
    let refused = service.recommend(asked()).await;
    let message = "no model of the response click is active: train one and promote it";
    assert_refused(refused, Code::FailedPrecondition, "NO_ACTIVE_MODEL", message);

    service.engine.promote(&models().click).await.unwrap();
    let answer = service.recommend(asked()).await.unwrap();
    let lines = &account(&answer.ads[0]).lines;
    assert!(lines.iter().all(|line| matches!(line.response(), Response::Click | Response::Unspecified)));
    assert_eq!(answer.models.len(), 2);
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
async fn the_bid_and_its_currency_are_lines() {
    let service = Service::start().await;
    let of = |currency: &str| priced(about_nobody(currency), &bid(Pricing::Cpa, 3_000_000, currency));
    let dollars = service.recommend(of("USD")).await.unwrap();
    let euros = service.recommend(of("EUR")).await.unwrap();
    for id in ADS {
        let (in_dollars, in_euros) = (account(ad(&dollars, id)), account(ad(&euros, id)));
        assert!((sum_of(in_dollars, &[LineKind::Bid]) - libm::log(3e6)).abs() < 1e-9);
        assert_eq!(sum_of(in_dollars, &[LineKind::CurrencyRate]), 0.0);
        assert!((sum_of(in_euros, &[LineKind::CurrencyRate]) - libm::log(1.1)).abs() < 1e-9);
        let [.., last] = &in_euros.lines[..] else { panic!("an account has lines") };
        let others = in_euros.ranking_value_units - last.value_units;
        assert_eq!(last.kind(), LineKind::CurrencyRate);
        assert_eq!(others, in_dollars.ranking_value_units, "the currency changes one line only");
    }
}

#[tokio::test]
async fn an_ad_below_the_floor_is_refused_with_that_cause() {
    let service = Service::start().await;
    let asked = |impression: &str, micros: i64, currency: &str| {
        let floor = Some(pb::Floor { cpm_micros: micros, currency: currency.to_owned() });
        let request = priced(about_nobody(impression), &bid(Pricing::Cpm, 2_200_000, "USD"));
        pb::RecommendRequest { floor, ..request }
    };
    let at_the_floor = service.recommend(asked("at", 2_000_000, "EUR")).await.unwrap();
    assert_eq!((at_the_floor.ads.len(), at_the_floor.refused.len()), (6, 0), "2 euros are 2.20 dollars");

    let above = service.recommend(asked("above", 2_000_001, "EUR")).await.unwrap();
    assert!(above.ads.is_empty());
    assert_eq!(above.not_shown(), NotShown::NoneEligible);
    assert!(above.refused.iter().all(|refusal| refusal.cause() == RefusalCause::BelowFloor));
    let mut refused = above.refused.iter().map(|refusal| refusal.ad_id.as_str()).collect::<Vec<_>>();
    refused.sort_unstable();
    assert_eq!(refused, ADS);
}

#[tokio::test]
async fn without_prices_no_floor_applies() {
    let service = Service::start().await;
    let floor = Some(pb::Floor { cpm_micros: 9_000_000, currency: "USD".to_owned() });
    let answer = service.recommend(pb::RecommendRequest { floor, ..about_nobody("free") }).await.unwrap();
    assert_eq!((answer.ads.len(), answer.refused.len()), (6, 0));
    assert!(answer.ads.iter().all(|ad| ad.expected_value_per_mille_micros == 0));
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
async fn higher_bids_for_all_change_no_reason() {
    let service = Service::start().await;
    let at = |impression: &str, micros: i64| {
        let asked = about("p-05", &ALL_PURPOSES, impression);
        pb::RecommendRequest { max_ads: 6, ..priced(asked, &bid(Pricing::Cpa, micros, "USD")) }
    };
    let low = service.recommend(at("low", 1_000_000)).await.unwrap();
    let high = service.recommend(at("high", 7_000_000)).await.unwrap();
    assert_ne!(values(&low), values(&high));
    for (before, after) in low.ads.iter().zip(&high.ads) {
        assert_eq!((&before.ad_id, &before.reasons), (&after.ad_id, &after.reasons));
    }
}
