//! A model of a thousand terms, explained from end to end: the reasons are few, and the rest is told.

use std::fmt::Write as _;
use std::fs;

use limpid::domain::{FeatureId, Nats, Response};
use limpid::ledger::Keyring;
use limpid::model::additive::{AdditiveModel, ShapeFunction};
use limpid::model::{Artefact, Bins, Model, Profiled, Training};
use limpid::rpc::pb;
use limpid::rpc::pb::explanation_service_client::ExplanationServiceClient;
use limpid::train::prepare;

use super::asking::number;
use super::place::{Place, TENANT};
use super::service::Service;
use super::web_client::get;

const TERMS: u16 = 1_000;

/// A place with an example of a thousand features of ads and a model of them, no two terms alike.
fn place() -> (Place, limpid::domain::ModelVersion) {
    let place = Place::bare();
    fs::create_dir_all(place.example()).unwrap();
    let mut schema =
        "name = \"wide\"\ntest_share = 0.5\naccepted_by_all = [10]\n[files]\ntable = \"visits.csv\"\n\
                      [[outcome]]\nresponse = \"conversion\"\ncolumn = \"bought\"\nname = \"bought\"\n"
            .to_owned();
    let names: Vec<String> = (0..TERMS).map(|term| format!("f{term:04}")).collect();
    for name in &names {
        write!(
            schema,
            "[[feature]]\nname = \"{name}\"\nkind = \"numeric\"\norigin = \"ad\"\n\
             data_category = \"system.operations\"\nprovenance = \"first_party\"\nderivation = \"stated\"\n\
             sensitivity = \"ordinary\"\ncontrollable = false\nretention_days = 0\ndatum = \"{name}\"\n\
             label = {{ en = \"part {name}\", fr = \"partie {name}\" }}\n"
        )
        .unwrap();
    }
    fs::write(place.example().join("schema.toml"), schema).unwrap();
    let mut table = format!("subject,bought,{}\n", names.join(","));
    for row in 0..20 {
        writeln!(table, "p{row},{},{}", row % 2, vec!["1"; names.len()].join(",")).unwrap();
    }
    fs::write(place.example().join("visits.csv"), table).unwrap();

    let keyring = Keyring::open(&place.data()).unwrap();
    let bundle = place.load(&keyring);
    let prepared = prepare(&bundle, Response::Conversion).unwrap();
    let shape = |term: u16| {
        let score = Nats::from_units(1_000_000 + 1_000 * i64::from(term));
        ShapeFunction {
            feature: FeatureId(term),
            bins: Bins::Cuts(vec![0.5]),
            scores: vec![Nats::ZERO, Nats::ZERO, -score, score],
            bands: vec![Nats::ZERO; 4],
            people: vec![0, 0, 10, 10],
            rows: vec![0, 0, 10, 10],
        }
    };
    let model =
        AdditiveModel::new(Nats::from_f64(-1.0), (0..TERMS).map(shape).collect(), Vec::new()).unwrap();
    let model = Model::Additive(model);
    let profiled = Profiled::with_offsets(model.clone(), model, Vec::new()).unwrap();
    let training = Training { purposes: prepared.purposes, rows: 20, positives: 10, people: 20, span: None };
    let schema = (bundle.schema.hash.as_str(), bundle.schema.features.as_slice());
    let rows = &prepared.train.table;
    let artefact = Artefact::new("wide", Response::Conversion, schema, training, profiled, rows, Vec::new());
    let version = artefact.save(&place.models()).unwrap();
    (place, version)
}

/// An ad whose features are 1 where `is_high` says so, else 0.
fn ad(id: &str, is_high: impl Fn(u16) -> bool) -> pb::Candidate {
    let features = (0..TERMS).map(|term| (format!("f{term:04}"), number(f64::from(u8::from(is_high(term))))));
    let advertiser = format!("Advertiser of {id}");
    let ad = pb::Ad { advertiser, features: features.collect(), ..pb::Ad::default() };
    pb::Candidate { ad_id: id.to_owned(), bid: None, ad: Some(ad) }
}

#[tokio::test]
async fn a_thousand_terms_are_accounted_for_and_a_few_are_named() {
    let (place, version) = place();
    let service = Service::open(place).await;
    service.engine.promote(&version).await.unwrap();
    let asked = pb::RecommendRequest {
        tenant: TENANT.to_owned(),
        impression: Some(pb::Impression { id: "wide".to_owned(), ..pb::Impression::default() }),
        candidates: vec![ad("high", |term| term % 3 != 0), ad("low", |term| term % 3 == 1)],
        account_view: pb::AccountView::All.into(),
        reason_view: pb::ReasonView::Full.into(),
        ..pb::RecommendRequest::default()
    };
    let answer = service.recommend(asked).await.unwrap();
    let shown = &answer.ads[0];
    assert_eq!(shown.ad_id, "high");
    let lines = &shown.account.as_ref().unwrap().lines;
    assert_eq!(lines.len(), usize::from(TERMS) + 2, "an intercept, every term, the saturation");
    assert_eq!(lines.iter().map(|line| line.value_units).sum::<i64>(), shown.ranking_value_units);

    let token = shown.explanation_token.clone();
    let told = service.explain(&token, "en").await.unwrap();
    assert_eq!(told.reasons.len(), 3);
    assert!(told.named_share > 0.0 && told.named_share < 0.05, "{}", told.named_share);
    assert_eq!(told.account.as_ref().unwrap().lines.len(), lines.len());
    let named: Vec<&str> = told.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(named, ["f0998", "f0995", "f0992"], "the strongest of those in which the ads differ");

    let page = get(service.address, &format!("/why/{token}"), &[]).await;
    assert_eq!(page.status, 200);
    // Of those in which the ads differ.
    let of_term = |term: &u16| page.body.contains(&format!("Part f{term:04}"));
    let named = (0..TERMS).filter(|term| term % 3 == 2).filter(of_term).collect::<Vec<_>>();
    assert!(named.len() <= 10 && named.ends_with(&[992, 995, 998]), "{named:?}");
    assert!(page.body.contains("are weaker reasons and fixed parts of the calculation"), "{}", page.body);
    assert!(page.body.len() < 400_000, "{} bytes", page.body.len());

    let mut client = ExplanationServiceClient::new(service.channel.clone());
    let request =
        pb::ExplainRequest { token: token.clone(), probabilities: true, ..pb::ExplainRequest::default() };
    let walk = client.explain(request).await.unwrap().into_inner().probability_walks.remove(0);
    assert_eq!(walk.steps.len(), usize::from(TERMS));
    let units = walk.baseline_units + walk.steps.iter().map(|step| step.change_units).sum::<i64>();
    assert_eq!(units, walk.probability_units);
    assert!((walk.probability - shown.probability).abs() < 1e-9);

    let find = pb::FindChangesRequest { token: token.clone(), locale: String::new() };
    let found = client.find_changes(find).await.unwrap().into_inner();
    assert!(found.controls.is_empty() && found.complete, "nothing here is the person's to control");
    let named_by = Some(pb::compare_request::NamedBy::Token(token));
    let compare = pb::CompareRequest { named_by, ..pb::CompareRequest::default() };
    let compared = client.compare(compare).await.unwrap().into_inner();
    assert!(compared.differences.len() <= usize::from(TERMS) + 1, "one for each datum that differs");

    let request = pb::GetModelRequest { version: version.to_string() };
    let card = service.models().get_model(request).await.unwrap().into_inner().card_markdown;
    assert!(card.contains("980 more terms move it less"), "{card}");
    let tests = service.engine.self_tests();
    let [test] = &tests[..] else { panic!("one model serves") };
    assert!(test.is_truthful() && test.alone > 0, "{test:?}");
}
