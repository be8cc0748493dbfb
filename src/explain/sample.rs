//! A small decision for the tests of explanations and pages.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::{
    Account, AdId, AdLabel, Affinity, AttributeId, Bid, Cause, Currency, Day, Decision, DecisionId,
    Derivation, EventKind, Evidence, Feature, FeatureId, FeatureKind, ImpressionId, Line, LineSource,
    Localised, Nats, Origin, Pricing, Profile, Provenance, Purpose, Purposes, RankedAd, Response,
    Sensitivity, Statistic, TenantId, Timestamp, Verdict, Versions,
};

/// Days in the last 84 with a purchase in the ad's category.
pub(crate) const BOUGHT: FeatureId = FeatureId(0);
/// Days since the last such purchase; the same datum.
pub(crate) const SINCE: FeatureId = FeatureId(1);
/// The person's age, stated, from a partner.
pub(crate) const AGE: FeatureId = FeatureId(2);
/// The ad's category.
pub(crate) const CATEGORY: FeatureId = FeatureId(3);
/// The weekday.
pub(crate) const WEEKDAY: FeatureId = FeatureId(4);

const CONVERSION: Response = Response::Conversion;

/// A schema of five features and four data.
pub(crate) fn features() -> Vec<Feature> {
    let bought = |statistic| {
        FeatureKind::Affinity(Affinity {
            event: EventKind::Purchase,
            on: Some(AttributeId(0)),
            statistic,
            window_days: 84,
        })
    };
    let (personal, none) =
        (Purposes::from_iter([Purpose::CreateAdProfile, Purpose::SelectPersonalisedAds]), Purposes::NONE);
    let partner = Provenance::Partner("Panel & Co".to_owned());
    vec![
        feature(
            "days_84",
            bought(Statistic::DistinctDays),
            Origin::History,
            personal,
            "category_purchases",
            ("your purchases in this category", "vos achats dans cette catégorie"),
        ),
        feature(
            "since",
            bought(Statistic::DaysSinceLast),
            Origin::History,
            personal,
            "category_purchases",
            ("your purchases in this category", "vos achats dans cette catégorie"),
        ),
        Feature {
            provenance: partner,
            derivation: Derivation::Inferred,
            ..feature(
                "age",
                FeatureKind::Numeric,
                Origin::Subject,
                personal,
                "age",
                ("your age", "votre âge"),
            )
        },
        feature(
            "category",
            FeatureKind::Categorical,
            Origin::Ad,
            none,
            "category",
            ("category of the ad", "catégorie de la publicité"),
        ),
        feature(
            "weekday",
            FeatureKind::Categorical,
            Origin::Context,
            none,
            "weekday",
            ("day of the week", "jour de la semaine"),
        ),
    ]
}

fn feature(
    name: &str,
    kind: FeatureKind,
    origin: Origin,
    serving: Purposes,
    datum: &str,
    (en, fr): (&str, &str),
) -> Feature {
    Feature {
        name: name.to_owned(),
        kind,
        declared: None,
        monotone: None,
        origin,
        serving,
        training: serving,
        data_category: "user.behavior".to_owned(),
        provenance: Provenance::FirstParty,
        derivation: Derivation::Observed,
        sensitivity: Sensitivity::Ordinary,
        controllable: !serving.is_empty(),
        retention_days: if serving.is_empty() { 0 } else { 365 },
        datum: datum.to_owned(),
        column: name.to_owned(),
        label: Localised { en: en.to_owned(), fr: fr.to_owned(), ..Localised::default() },
    }
}

/// Lines in whole units.
pub(crate) fn account(lines: &[(LineSource, i64)]) -> Account {
    lines.iter().map(|&(source, units)| Line { source, value: Nats::from_units(units) }).collect()
}

/// The line of a feature.
pub(crate) fn of(feature: FeatureId) -> LineSource {
    LineSource::Feature(CONVERSION, feature)
}

/// An ad with this account and no evidence.
pub(crate) fn ad(id: &str, account: Account) -> RankedAd {
    RankedAd {
        ad: Arc::new(AdLabel {
            id: AdId::parse(id).unwrap(),
            advertiser: "Maison Froide".to_owned(),
            payer: "Groupe Grand Froid".to_owned(),
            domain: "maison-froide.example".to_owned(),
            category: "FROZEN PIZZA".to_owned(),
            sensitive: false,
        }),
        bid: Bid { pricing: Pricing::Cpa, micros: 2_000_000, currency: Currency::parse("EUR").unwrap() },
        profile: Profile::Full,
        probability: 0.08,
        expected_value_per_mille: 160_000_000,
        account,
        evidence: Vec::new(),
    }
}

/// A decision for a person who accepted everything, among these ads.
pub(crate) fn decision(ranked: Vec<RankedAd>) -> Decision {
    let features = features();
    let verdicts = features.iter().zip(0..).map(|(feature, id)| Verdict {
        feature: FeatureId(id),
        needs: feature.serving,
        cause: if feature.serving.is_empty() { Cause::NotPersonal } else { Cause::Accepted },
    });
    Decision {
        id: DecisionId::new(Uuid::from_u128(0x015e_4cb6_3a80_7000_8000_0000_0000_0001)),
        tenant: TenantId::parse("demo").unwrap(),
        impression: ImpressionId::parse("i-1").unwrap(),
        at: Timestamp::parse("at", "2017-09-04T10:05:00Z").unwrap(),
        versions: Versions { schema: String::new(), models: Vec::new(), rates: String::new() },
        has_subject: true,
        accepted: Purposes::ALL,
        verdicts: verdicts.collect(),
        features: features.iter().map(|feature| feature.name.clone()).collect(),
        shown: 1,
        ranked,
        refused: Vec::new(),
        not_shown: None,
    }
}

/// Four purchases in twelve weeks, the last on 1 September 2017.
pub(crate) fn bought_four_times() -> Evidence {
    Evidence::History {
        event: EventKind::Purchase,
        attribute: Some("category".to_owned()),
        key: Some("FROZEN PIZZA".to_owned()),
        days: 4,
        count: 7,
        first: Some(Day::from_number(17_350)),
        last: Some(Day::from_number(17_410)),
        window_days: 84,
    }
}

/// The same question, asked of somebody who bought nothing.
pub(crate) fn bought_nothing() -> Evidence {
    Evidence::History {
        event: EventKind::Purchase,
        attribute: Some("category".to_owned()),
        key: Some("FROZEN PIZZA".to_owned()),
        days: 0,
        count: 0,
        first: None,
        last: None,
        window_days: 84,
    }
}

/// A decision among three ads: purchases and the bid speak for the first one, the ad's category
/// against it, and the weekday counts for all alike.
pub(crate) fn three_ads() -> Decision {
    let lines = |bought, since, age, category, bid| {
        account(&[
            (LineSource::Intercept(CONVERSION), -2_000),
            (of(BOUGHT), bought),
            (of(SINCE), since),
            (of(AGE), age),
            (of(CATEGORY), category),
            (of(WEEKDAY), 50),
            (LineSource::Saturation(CONVERSION), -bought / 20),
            (LineSource::Bid, bid),
        ])
    };
    let first = RankedAd {
        evidence: vec![
            (BOUGHT, bought_four_times()),
            (SINCE, bought_four_times()),
            (AGE, Evidence::Number { feature: AGE, value: 43.0 }),
            (CATEGORY, Evidence::Category { feature: CATEGORY, value: "FROZEN PIZZA".to_owned() }),
            (WEEKDAY, Evidence::Category { feature: WEEKDAY, value: "Monday".to_owned() }),
        ],
        ..ad("pizza", lines(900, 200, 30, -250, 400))
    };
    decision(vec![first, ad("soap", lines(-100, 0, 10, 50, 300)), ad("tea", lines(-200, -80, 20, 0, 310))])
}
