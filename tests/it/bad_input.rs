//! What `Recommend` refuses: by field, with the rule, and without a decision.

use limpid::rpc::pb::{self, Pricing, feature_value::Value};
use tonic::Code;

use super::asking::{
    ALL_PURPOSES, about, about_nobody, assert_field, bid, candidate, category, flag, number, priced,
};
use super::service::Service;

type Change = fn(&mut pb::RecommendRequest);

fn context(request: &mut pb::RecommendRequest, name: &str, value: pb::FeatureValue) {
    request.impression.as_mut().unwrap().context.insert(name.to_owned(), value);
}

fn subject(request: &mut pb::RecommendRequest) -> &mut pb::Subject {
    request.subject.as_mut().unwrap()
}

fn first_bid(request: &mut pb::RecommendRequest) -> &mut pb::Bid {
    request.candidates[0].bid.as_mut().unwrap()
}

fn first_ad(request: &mut pb::RecommendRequest) -> &mut pb::Ad {
    request.candidates[0].ad.get_or_insert_with(|| pb::Ad { advertiser: "A".to_owned(), ..pb::Ad::default() })
}

/// Applies each change to a request that is fine, and asserts that it is refused for that field, and
/// that nothing was decided.
async fn assert_each_refused(cases: &[(&str, &str, Change)]) {
    let service = Service::start().await;
    let fine = || priced(about("p-05", &ALL_PURPOSES, "i-1"), &bid(Pricing::Cpa, 1_000_000, "USD"));
    for (field, rule, change) in cases {
        let mut asked = fine();
        change(&mut asked);
        assert_field(service.recommend(asked).await, field, rule);
    }
    assert_eq!(service.decisions_logged().await, 0);
    assert!(!service.recommend(fine()).await.unwrap().repeated_call);
}

#[tokio::test]
async fn a_feature_that_is_none_or_of_the_wrong_type_is_refused_by_name() {
    assert_each_refused(&[
        ("impression.context[text of 6 bytes]", "is not a feature of the schema", |r| {
            context(r, "colour", category("red"));
        }),
        ("impression.context[\"member_years\"]", "is a feature of the subject", |r| {
            context(r, "member_years", number(1.0));
        }),
        ("impression.context[\"discount\"]", "is a feature of the ad", |r| {
            context(r, "discount", number(1.0));
        }),
        ("impression.context[\"bought_days\"]", "is a feature of the history", |r| {
            context(r, "bought_days", number(1.0));
        }),
        ("impression.context[\"page\"]", "must be a category", |r| context(r, "page", number(1.0))),
        ("impression.context[\"page\"]", "must be a category", |r| context(r, "page", flag(true))),
        ("impression.context[\"hour\"]", "must be a number", |r| context(r, "hour", category("noon"))),
        ("impression.context[\"hour\"]", "must be a number", |r| context(r, "hour", flag(true))),
        ("impression.context[\"weekend\"]", "must be a flag", |r| context(r, "weekend", number(1.0))),
        ("impression.context[\"weekend\"]", "must be a flag", |r| context(r, "weekend", category("yes"))),
        ("subject.features[\"page\"]", "is a feature of the impression's context", |r| {
            subject(r).features.insert("page".to_owned(), category("home"));
        }),
        ("subject.features[text of 9 bytes]", "is not a feature of the schema", |r| {
            subject(r).features.insert("shoe_size".to_owned(), number(42.0));
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_number_that_is_not_finite_is_refused_by_name() {
    assert_each_refused(&[
        ("impression.context[\"hour\"]", "must be finite, is NaN", |r| context(r, "hour", number(f64::NAN))),
        ("impression.context[\"hour\"]", "must be finite, is inf", |r| {
            context(r, "hour", number(f64::INFINITY));
        }),
        ("subject.features[\"member_years\"]", "must be finite, is -inf", |r| {
            subject(r).features.insert("member_years".to_owned(), number(f64::NEG_INFINITY));
        }),
        ("candidates[0].ad.features.discount", "must be finite", |r| {
            first_ad(r).features.insert("discount".to_owned(), number(f64::NAN));
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_text_that_is_too_long_to_be_logged_is_refused_by_name() {
    let long = "must be at most 256 bytes, has 257";
    assert_each_refused(&[
        ("impression.context[\"page\"]", long, |r| context(r, "page", category(&"x".repeat(257)))),
        ("candidates[0].ad.advertiser", long, |r| first_ad(r).advertiser = "x".repeat(257)),
        ("candidates[0].ad.payer", long, |r| first_ad(r).payer = "x".repeat(257)),
        ("candidates[0].ad.domain", long, |r| first_ad(r).domain = "x".repeat(257)),
        ("candidates[0].ad.features.shelf", long, |r| {
            first_ad(r).features.insert("shelf".to_owned(), category(&"x".repeat(257)));
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_bid_that_is_none_is_refused_by_name() {
    assert_each_refused(&[
        ("candidates[0].bid.micros", "must be 1 to 1000000000000000, is 0", |r| first_bid(r).micros = 0),
        ("candidates[0].bid.micros", "is -1", |r| first_bid(r).micros = -1),
        ("candidates[0].bid.micros", "is -9223372036854775808", |r| first_bid(r).micros = i64::MIN),
        ("candidates[0].bid.micros", "is 9223372036854775807", |r| first_bid(r).micros = i64::MAX),
        ("candidates[0].bid.pricing", "must be CPM, CPC or CPA", |r| first_bid(r).pricing = 0),
        ("candidates[0].bid.pricing", "must be CPM, CPC or CPA", |r| first_bid(r).pricing = 77),
        ("candidates[0].bid.currency", "XXX is not in the rate table", |r| {
            first_bid(r).currency = "XXX".into();
        }),
        ("candidates[0].bid.currency", "three capital letters", |r| first_bid(r).currency = "usd".into()),
        ("candidates[0].bid.currency", "three capital letters", |r| first_bid(r).currency.clear()),
        ("candidates[0].bid.currency", "three capital letters", |r| first_bid(r).currency = "€".into()),
        ("candidates.bid", "for every candidate or for none", |r| r.candidates[0].bid = None),
    ])
    .await;
}

#[tokio::test]
async fn a_floor_that_is_none_is_refused_by_name() {
    fn floor(request: &mut pb::RecommendRequest, cpm_micros: i64, currency: &str) {
        request.floor = Some(pb::Floor { cpm_micros, currency: currency.to_owned() });
    }
    assert_each_refused(&[
        ("floor.cpm_micros", "must be 0 to 1000000000000000, is -1", |r| floor(r, -1, "USD")),
        ("floor.currency", "XXX is not in the rate table", |r| floor(r, 1, "XXX")),
        ("floor.currency", "three capital letters", |r| floor(r, 1, "dollar")),
    ])
    .await;
}

#[tokio::test]
async fn candidates_that_cannot_compete_are_refused_by_name() {
    assert_each_refused(&[
        ("candidates", "must not be empty", |r| r.candidates.clear()),
        ("candidates", "must be at most 10000, are 10001", |r| {
            r.candidates = (0..10_001).map(|number| candidate(&format!("ad-{number}"))).collect();
        }),
        ("candidates[1].ad_id", "repeats candidates[0]", |r| {
            r.candidates[1].ad_id = r.candidates[0].ad_id.clone();
        }),
        ("candidates[2].ad_id", "must not be empty", |r| r.candidates[2].ad_id.clear()),
        ("candidates[2].ad_id", "at most 128 bytes, has 129", |r| r.candidates[2].ad_id = "x".repeat(129)),
        ("candidates[2].ad_id", "must be visible ASCII", |r| r.candidates[2].ad_id = "th\u{e9}".to_owned()),
    ])
    .await;
}

#[tokio::test]
async fn an_inline_ad_that_does_not_fit_the_schema_is_refused_by_name() {
    fn attribute(request: &mut pb::RecommendRequest, name: &str, value: &str) {
        let values = pb::AttributeValues { values: vec![value.to_owned()] };
        first_ad(request).attributes.insert(name.to_owned(), values);
    }
    assert_each_refused(&[
        ("candidates[0].ad.advertiser", "must not be empty", |r| first_ad(r).advertiser.clear()),
        ("candidates[0].ad.attributes[text of 6 bytes]", "is not an attribute", |r| {
            attribute(r, "colour", "RED");
        }),
        ("candidates[0].ad.attributes.category", "must not be empty", |r| attribute(r, "category", "")),
        ("candidates[0].ad.attributes.category", "at most 256 bytes", |r| {
            attribute(r, "category", &"x".repeat(257));
        }),
        ("candidates[0].ad.features.page", "is not a feature of ads", |r| {
            first_ad(r).features.insert("page".to_owned(), category("home"));
        }),
        ("candidates[0].ad.features.shelf", "must be a category, is a number", |r| {
            first_ad(r).features.insert("shelf".to_owned(), number(1.0));
        }),
        ("candidates[0].ad.features.discount", "must be a number, is a category", |r| {
            first_ad(r).features.insert("discount".to_owned(), category("big"));
        }),
    ])
    .await;
}

#[tokio::test]
async fn identifiers_that_are_none_are_refused_by_name() {
    assert_each_refused(&[
        ("tenant", "must not be empty", |r| r.tenant.clear()),
        ("tenant", "must be visible ASCII", |r| r.tenant = "two words".to_owned()),
        ("tenant", "at most 128 bytes, has 129", |r| r.tenant = "t".repeat(129)),
        ("impression", "must be given", |r| r.impression = None),
        ("impression.id", "must not be empty", |r| r.impression.as_mut().unwrap().id.clear()),
        ("impression.id", "must be visible ASCII", |r| r.impression.as_mut().unwrap().id = "a\nb".to_owned()),
        ("subject.id", "must not be empty", |r| subject(r).id.clear()),
        ("subject.id", "at most 256 bytes, has 257", |r| subject(r).id = "x".repeat(257)),
    ])
    .await;
}

#[tokio::test]
async fn numbers_out_of_range_are_refused_by_name() {
    assert_each_refused(&[
        ("subject.accepted_purposes", "from 1 to 11, is 0", |r| subject(r).accepted_purposes = vec![3, 0]),
        ("subject.accepted_purposes", "from 1 to 11, is 12", |r| subject(r).accepted_purposes = vec![12]),
        ("subject.accepted_purposes", "from 1 to 11, is -1", |r| subject(r).accepted_purposes = vec![-1]),
        ("max_ads", "must be 0 to 100, is 101", |r| r.max_ads = 101),
        ("max_ads", "must be 0 to 100, is -1", |r| r.max_ads = -1),
        ("tmax_ms", "must not be negative, is -5", |r| r.tmax_ms = -5),
        ("account_view", "must be a view of the API, is 9", |r| r.account_view = 9),
        ("reason_view", "must be a view of the API, is -1", |r| r.reason_view = -1),
    ])
    .await;
}

#[tokio::test]
async fn every_broken_field_is_named_at_once() {
    let service = Service::start().await;
    let mut asked = about("", &[99], "");
    asked.tenant.clear();
    asked.candidates[0].ad_id.clear();
    context(&mut asked, "hour", number(f64::NAN));
    for field in ["tenant", "impression.id", "subject.accepted_purposes", "candidates[0].ad_id"] {
        assert_field(service.recommend(asked.clone()).await, field, "must");
    }
    assert_field(service.recommend(asked).await, "impression.context[\"hour\"]", "must be finite");
}

#[tokio::test]
async fn a_value_that_is_left_out_is_missing_and_not_wrong() {
    let service = Service::start().await;
    let mut asked = about("p-05", &ALL_PURPOSES, "i-1");
    context(&mut asked, "hour", pb::FeatureValue { value: None });
    context(
        &mut asked,
        "page",
        pb::FeatureValue { value: Some(Value::Category("a page never seen".into())) },
    );
    subject(&mut asked).features.clear();
    assert_eq!(service.recommend(asked).await.unwrap().ads.len(), 6);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_service_goes_on() {
    let service = Service::start().await;
    let mut huge = about_nobody("huge");
    huge.locale = "x".repeat(9 << 20);
    let status = service.recommend(huge).await.unwrap_err();
    assert!(status.code() == Code::ResourceExhausted, "{status:?}");
    assert!(status.message().contains("message: must be at most 8388608 bytes"), "{status:?}");

    let mut large = about_nobody("large");
    large.locale = "x".repeat(7 << 20);
    assert_eq!(service.recommend(large).await.unwrap().ads.len(), 6, "up to 8 MiB are read");
    assert_eq!(service.recommend(about_nobody("next")).await.unwrap().ads.len(), 6);
}

#[tokio::test]
async fn ten_thousand_candidates_are_ranked() {
    let service = Service::start().await;
    let inline = |number: usize| {
        let attributes = [("category".to_owned(), pb::AttributeValues { values: vec!["TEA".to_owned()] })];
        let features = [("discount".to_owned(), super::asking::number(number as f64 / 20_000.0))];
        let ad = pb::Ad {
            advertiser: format!("advertiser {number}"),
            attributes: attributes.into(),
            features: features.into(),
            ..pb::Ad::default()
        };
        pb::Candidate { ad_id: format!("ad-{number}"), bid: None, ad: Some(ad) }
    };
    let candidates = (0..10_000).map(inline).collect();
    let asked = pb::RecommendRequest { candidates, max_ads: 100, ..about("p-03", &ALL_PURPOSES, "many") };
    let answer = service.recommend(asked).await.unwrap();
    assert_eq!(answer.ads.len(), 10_000);
    assert!(answer.ads.is_sorted_by(|a, b| a.ranking_value_units >= b.ranking_value_units));
    assert_eq!(answer.ads.iter().filter(|ad| !ad.explanation_token.is_empty()).count(), 100);
}
