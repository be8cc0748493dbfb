//! The sensitive list of an attribute that holds ids of the taxonomy: what history has in its nodes is in no feature, reason, count
//! or byte of a model.

use std::fmt::Write as _;
use std::fs;

use limpid::domain::{Response, SubjectKey};
use limpid::ledger::Keyring;
use limpid::model::{ModelKind, NoProgress};
use limpid::rpc::pb::{self, VerdictCause};
use limpid::train::{fit_profiles, keep, prepare};

use super::asking::{
    ALL_PURPOSES, about, about_nobody, account, ad, assert_field, candidate, purchase, values,
};
use super::consent::everything_told;
use super::example;
use super::place::{Place, tenant};
use super::service::Service;

/// Nodes below those that are on the list of themselves, and one below the node that the schema adds.
const LISTED: [&str; 5] = ["1007", "1051", "1546", "1391", "1354"];

/// A node that is on no list.
const ORDINARY: &str = "1133";

/// A node that is sensitive of itself, and that the schema declares ordinary.
const ALLOWED: &str = "1366";

/// The corner shop with an attribute of ids: each event, each ad, and two features have it. Its tea is wine by its id alone.
fn by_id() -> Place {
    let place = Place::bare();
    example::write(&place.example());
    let edit = |file: &str, change: &dyn Fn(&str) -> String| {
        let path = place.example().join(file);
        fs::write(&path, change(&fs::read_to_string(&path).unwrap())).unwrap();
    };
    edit("schema.toml", &|text| {
        let purchases = &text[text.rfind("[[feature]]").unwrap()..];
        let by_node = purchases.replace("bought_days", "node_days").replace("\"category\"", "\"node\"");
        let spent = purchases
            .replace("bought_days", "spent")
            .replace("on = \"category\", statistic = \"distinct_days\"", "statistic = \"spend\"");
        let attribute = "[[attribute]]\nname = \"node\"\ntaxonomy = \"iab-ad-product-2.0\"\n\
             sensitive = [{ ids = [1335], because = \"money\" }]\n\
             ordinary = [{ ids = [1361], because = \"a shop of lottery tickets\" }]\n\n[category]";
        text.replace("[category]", attribute) + "\n" + &by_node + "\n" + &spent
    });
    edit("events.csv", &|text| append(text, |place, _| if place == 0 { "node" } else { ORDINARY }));
    edit("ads.csv", &|text| {
        append(text, |place, line| match (place, line.starts_with("tea,")) {
            (0, _) => "node",
            (_, true) => "1007",
            (_, false) => ORDINARY,
        })
    });
    Keyring::open(&place.data()).unwrap();
    place
}

/// The lines of a table with one more cell each.
fn append(text: &str, cell: impl Fn(usize, &str) -> &'static str) -> String {
    let lines = text.lines().enumerate().map(|(place, line)| format!("{line},{}\n", cell(place, line)));
    lines.collect()
}

/// Adds purchases to the events of a place: one a day of everyone, dear ones, in each of these nodes, of a category that is on no list.
fn buy(place: &Place, nodes: &[&str]) {
    let path = place.example().join("events.csv");
    let mut text = fs::read_to_string(&path).unwrap();
    for number in 0..60 {
        for (day, node) in (1..=28).flat_map(|day| nodes.iter().map(move |node| (day, node))) {
            let person = example::person(number);
            writeln!(text, "{person},2026-01-{day:02}T08:00:00Z,purchase,COFFEE,990000000,{node}").unwrap();
        }
    }
    fs::write(&path, text).unwrap();
}

/// Trains a model of a place and keeps it there: its version, which is the hash of its bytes, and the bytes.
fn train(place: &Place, kind: ModelKind) -> (String, Vec<u8>) {
    let bundle = limpid::data::Bundle::load(&place.example(), &|raw_id| {
        SubjectKey::derive(&[0; 32], &tenant(), raw_id)
    })
    .unwrap();
    let prepared = prepare(&bundle, Response::Conversion).unwrap();
    let profiled = fit_profiles(kind, &prepared, &NoProgress).unwrap();
    let version = keep(profiled, &prepared, &bundle.schema, &place.models()).unwrap().0.to_string();
    let bytes = fs::read(place.artefact(&version)).unwrap();
    (version, bytes)
}

#[tokio::test]
async fn history_in_a_listed_node_is_in_no_feature_reason_count_or_byte_of_a_model() {
    let place = by_id();
    let twin = place.copy();
    buy(&twin, &LISTED);
    let (version, bytes) = train(&place, ModelKind::Linear);
    assert!((version.clone(), bytes.clone()) == train(&twin, ModelKind::Linear), "no byte of the model");
    let allowed = place.copy();
    buy(&allowed, &[ALLOWED]);
    assert!(bytes != train(&allowed, ModelKind::Linear).1, "what is declared ordinary is history");

    let (one, other) = (Service::open(place).await, Service::open(twin).await);
    for service in [&one, &other] {
        let version = limpid::domain::ModelVersion::parse(&version).unwrap();
        service.engine.promote(&version).await.unwrap();
    }
    for person in ["p-05", "p-13"] {
        let asked = || about(person, &ALL_PURPOSES, person);
        assert!(everything_told(&one, asked()).await == everything_told(&other, asked()).await, "{person}");
    }
}

#[tokio::test]
async fn an_ad_is_sensitive_by_its_id_and_an_event_by_its_id_is_not_kept() {
    let place = by_id();
    let (version, _) = train(&place, ModelKind::Linear);
    let service = Service::open(place).await;
    service.engine.promote(&limpid::domain::ModelVersion::parse(&version).unwrap()).await.unwrap();

    let asked = |impression: &str| about("p-05", &ALL_PURPOSES, impression);
    let before = service.recommend(asked("before")).await.unwrap();
    let nobody = service.recommend(about_nobody("nobody")).await.unwrap();
    assert_eq!(account(ad(&before, "tea")), account(ad(&nobody, "tea")), "wine is chosen by context alone");
    let only = pb::RecommendRequest { candidates: vec![candidate("tea")], ..asked("only") };
    let answer = service.recommend(only).await.unwrap();
    let told = service.explain(&answer.ads[0].explanation_token, "en").await.unwrap();
    let verdict = told.verdicts.iter().find(|verdict| verdict.feature == "node_days").unwrap();
    assert_eq!(verdict.cause(), VerdictCause::SensitiveAd);

    let bought = |id: &str, node: &str, day: i64| {
        let mut request = purchase(id, "p-05", "COFFEE", day);
        request.event.as_mut().unwrap().attributes.insert("node".to_owned(), node.to_owned());
        request
    };
    let listed = LISTED.iter().zip(1..).map(|(node, day)| bought(node, node, day));
    let tally = service.record(listed).await.unwrap();
    assert_eq!((tally.recorded, tally.sensitive), (0, 5));
    assert!(service.store.events(0, 10).await.unwrap().is_empty(), "not even on disk");
    let after = service.recommend(asked("after")).await.unwrap();
    assert_eq!(values(&before), values(&after));
    // What is written otherwise is no id, so that nothing passes the list by.
    for node in ["01007", "1007.0", "WINE", "99999"] {
        let refused = service.record([bought("bad", node, 3)]).await;
        assert_field(
            refused,
            "events[0].event.attributes.node",
            "must be an id of IAB Ad Product Taxonomy 2.0",
        );
    }
    // An ad that comes with its request, too.
    let offered = |node: &str| {
        let nodes = pb::AttributeValues { values: vec![ORDINARY.to_owned(), node.to_owned()] };
        let attributes = [("node".to_owned(), nodes)].into();
        let ad = pb::Ad { advertiser: "Cellar".to_owned(), attributes, ..pb::Ad::default() };
        let candidate = pb::Candidate { ad_id: "offered".to_owned(), bid: None, ad: Some(ad) };
        service
            .recommend(pb::RecommendRequest { candidates: vec![candidate], ..asked(&format!("of-{node}")) })
    };
    let answer = offered("1007").await.unwrap();
    let told = service.explain(&answer.ads[0].explanation_token, "en").await.unwrap();
    assert!(told.verdicts.iter().any(|verdict| verdict.cause() == VerdictCause::SensitiveAd));
    let rule = "must be an id of IAB Ad Product Taxonomy 2.0";
    assert_field(offered("01007").await, "candidates[0].ad.attributes.node", rule);
    assert_eq!(service.record([bought("lottery", ALLOWED, 2)]).await.unwrap().recorded, 1);
    assert_eq!(service.store.events(0, 10).await.unwrap().len(), 1, "what is declared ordinary is kept");
}

#[tokio::test]
async fn the_sensitive_list_is_told_with_ids_names_and_reasons() {
    let place = by_id();
    let (version, _) = train(&place, ModelKind::Linear);
    let card = fs::read_to_string(place.artefact(&version).with_file_name("card.md")).unwrap();
    assert!(
        card.contains("entered nothing, by IAB Ad Product Taxonomy 2.0: ") && card.contains("Tobacco (1544)"),
        "{card}"
    );
    assert!(card.contains("but not Gambling (1361)"), "{card}");

    let service = Service::open(place).await;
    let mut client = pb::transparency_service_client::TransparencyServiceClient::new(service.channel.clone());
    let told = client.get_how_it_works(pb::GetHowItWorksRequest::default()).await.unwrap().into_inner();
    let node = |id: i32, name: &str| pb::TaxonomyNode { id, name: name.to_owned() };
    let entry = pb::ListEntry {
        attribute: "category".to_owned(),
        values: vec!["PHARMACY".to_owned()],
        nodes: vec![node(1386, "Drugstores and Pharmacies"), node(1473, "Pharmaceuticals")],
        because: String::new(),
    };
    assert_eq!(told.sensitive[0], entry);
    let money = told.sensitive.last().unwrap();
    assert_eq!(
        (&money.nodes[..], money.because.as_str()),
        (&[node(1335, "Finance and Insurance")][..], "money")
    );
    assert_eq!(told.ordinary.len(), 1);
    assert_eq!(told.ordinary[0].nodes, [node(1361, "Gambling")]);
    assert_eq!(told.ordinary[0].because, "a shop of lottery tickets");
    let page = super::web_client::get(service.address, "/how-it-works", &[]).await.body;
    assert!(page.contains("Tobacco (1544)") && !page.contains("Gambling (1361)"), "{page}");
}
