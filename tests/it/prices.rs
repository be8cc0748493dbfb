//! Prices: what each kind of bid rests on, its lines, currencies and floors.

use std::collections::BTreeSet;
use std::fs;

use limpid::rpc::pb::{self, LineKind, NotShown, Pricing, Profile, RefusalCause, Response};
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, about_nobody, account, ad, assert_refused, bid, priced, values};
use super::binary::train;
use super::example::{self, ADS};
use super::place::{Place, models};
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
            let named = attribution.feature_attributions.keys().cloned().collect::<BTreeSet<_>>();
            let terms = account.lines.iter().filter_map(|line| match line.kind() {
                LineKind::Feature => Some(line.feature.clone()),
                LineKind::Pair => Some(format!("{} x {}", line.feature, line.second_feature)),
                _ => None,
            });
            assert_eq!(named, terms.collect());
        }
    }
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
async fn a_conversion_that_needs_a_click_has_the_lines_of_both_models() {
    let place = Place::bare();
    example::write(&place.example());
    let schema = example::SCHEMA.replacen("column = \"bought\"", "column = \"bought\"\ngiven = \"click\"", 1);
    fs::write(place.example().join("schema.toml"), schema).unwrap();
    train(&place, &["--promote"]);
    let service = Service::open(place).await;
    let asked = || priced(about("p-05", &ALL_PURPOSES, "cpa"), &bid(Pricing::Cpa, 1_000_000, "USD"));
    let message = "no model of the response click is active";
    assert_refused(service.recommend(asked()).await, Code::FailedPrecondition, "NO_ACTIVE_MODEL", message);

    let place = service.stop().await;
    train(&place, &["--response", "click", "--promote"]);
    let service = Service::open(place).await;
    let answer = service.recommend(asked()).await.unwrap();
    for ad in &answer.ads {
        let account = account(ad);
        let responses = account.attributions.iter().map(pb::Attribution::response).collect::<Vec<_>>();
        assert_eq!(responses, [Response::Click, Response::Conversion]);
        let of_both = account.attributions.iter().map(|model| model.instance_output_value);
        let product = of_both.map(|score| 1.0 / (1.0 + libm::exp(-score))).product::<f64>();
        assert!((ad.probability - product).abs() < 1e-9, "{}", ad.ad_id);
        assert!((libm::exp(sum_of(account, &MODEL)) - product).abs() < 1e-9, "{}", ad.ad_id);
        let saturations = account.lines.iter().filter(|line| line.kind() == LineKind::Saturation);
        assert_eq!(saturations.count(), 2);
    }
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
