//! The command line against a running service, from training to the explanation.

use std::fs;

use serde_json::{Value, json};

use super::asking::ALL_PURPOSES;
use super::binary::{Ended, Serving, assert_fails, assert_fails_reading, folders, limpid_reading, train};
use super::example;
use super::place::{Place, models};
use super::web_client::get;

/// Runs a command against a service and asserts that it succeeds.
fn call(serving: &Serving, input: &str, command: &[&str]) -> String {
    let address = serving.address.to_string();
    let Ended { code, out, err } = limpid_reading(input, &[command, &["--server", &address]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{command:?}");
    out
}

fn request(impression: &str) -> String {
    json!({
        "tenant": "demo",
        "impression": { "id": impression, "context": { "hour": { "number": 18 }, "page": { "category": "news" } } },
        "subject": { "id": "p-05", "acceptedPurposes": ALL_PURPOSES },
        "candidates": [{ "adId": "tea" }, { "adId": "soup" }, { "adId": "ghost" }],
        "accountView": "ACCOUNT_VIEW_ALL",
        "reasonView": "REASON_VIEW_FULL",
    })
    .to_string()
}

fn recommend(serving: &Serving, impression: &str) -> Value {
    serde_json::from_str(&call(serving, &request(impression), &["recommend"])).unwrap()
}

/// Asserts that the lines of each account add up to the ranking value.
fn assert_adds_up(ads: &[Value]) {
    for ad in ads {
        // In the canonical JSON of protocol buffers, 64-bit integers are strings.
        let units = |value: &Value| value.as_str().map_or(0, |text| text.parse::<i64>().unwrap());
        let lines = ad["account"]["lines"].as_array().unwrap();
        let sum = lines.iter().map(|line| units(&line["valueUnits"])).sum::<i64>();
        assert_eq!(sum, units(&ad["rankingValueUnits"]));
    }
}

#[test]
fn from_training_to_the_explanation() {
    let place = Place::bare();
    example::write(&place.example());
    let version = train(&place, &["--promote"]);
    assert_eq!(version, models().additive.as_str(), "training is the same in every process");

    let serving = Serving::start(&place, &[]);
    assert_eq!(serving.logged(), "");
    let answer = recommend(&serving, "i-1");
    let ads = answer["ads"].as_array().unwrap();
    assert_eq!(ads.len(), 2);
    assert_adds_up(ads);
    assert_eq!(answer["refused"], json!([{ "adId": "ghost", "cause": "REFUSAL_CAUSE_UNKNOWN_AD" }]));
    assert_eq!(answer["models"][0]["version"], version.as_str());
    assert_eq!(recommend(&serving, "i-1")["repeatedCall"], true);

    let decision = answer["decisionId"].as_str().unwrap();
    let replayed = call(&serving, "", &["decisions", "replay", decision]);
    assert_eq!(replayed, format!("identical: 2 eligible ads, to the unit\nmodels: {version}\n"));
    let walked = call(&serving, "", &["decisions", "verify"]);
    assert!(walked.starts_with("whole; decisions: 1, chains: 1, signed heads and seals: "), "{walked}");

    let token = ads[0]["explanationToken"].as_str().unwrap();
    let told = call(&serving, "", &["explain", token]);
    assert!(told.starts_with(ads[0]["headline"].as_str().unwrap()), "{told}");
    assert!(told.contains("\nnamed: "), "{told}");
    let french = call(&serving, "", &["explain", token, "--locale", "fr"]);
    assert_ne!(told.lines().next(), french.lines().next());
    let whole = call(&serving, "", &["explain", token, "--json"]);
    let whole = serde_json::from_str::<Value>(&whole).unwrap();
    assert_eq!(whole["account"], ads[0]["account"], "unit for unit");
    assert_eq!((&whole["exact"], &whole["adId"]), (&json!(true), &ads[0]["adId"]));
    serving.stop();
}

#[test]
fn a_private_model_serves_like_any_other() {
    let place = Place::bare();
    example::write(&place.example());
    let bounded = ["numeric", "affinity"].into_iter().fold(example::SCHEMA.to_owned(), |schema, kind| {
        let kind = format!("kind = \"{kind}\"\n");
        schema.replace(&kind, &format!("{kind}bounds = [0, 100]\n"))
    });
    fs::write(place.example().join("schema.toml"), bounded).unwrap();
    let promise = ["--epsilon", "4", "--delta", "1e-4", "--rows-per-person", "8"];
    let version = train(&place, &[&promise[..], &["--measure", "--promote"]].concat());

    let serving = Serving::start(&place, &[]);
    let answer = recommend(&serving, "i-1");
    assert_eq!(answer["models"][0]["version"], version.as_str());
    let ads = answer["ads"].as_array().unwrap();
    assert_eq!(ads.len(), 2);
    assert_adds_up(ads);
    let shown = call(&serving, "", &["models", "show", &version]);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["summary"]["version"], version.as_str());
    serving.stop();
}

#[test]
fn a_request_in_a_file_is_answered_as_one_on_standard_input() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let file = place.path().join("request.json");
    fs::write(&file, request("i-1")).unwrap();
    let serving = Serving::start(&place, &[]);
    let answer = recommend(&serving, "i-1");
    let again = call(&serving, "", &["recommend", file.to_str().unwrap()]);
    let again = serde_json::from_str::<Value>(&again).unwrap();
    assert_eq!(again["decisionId"], answer["decisionId"]);
}

#[test]
fn what_the_service_refuses_is_one_line() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let serving = Serving::start(&place, &[]);
    let address = serving.address.to_string();
    let server = ["--server", &address];
    let forged = [&["explain", "v4.public.forged"][..], &server].concat();
    assert_fails(&forged, &["Unauthenticated: token: must be a PASETO v4.public token"]);
    let nothing = assert_fails_reading("{}", &[&["recommend"][..], &server].concat(), &["InvalidArgument: "]);
    for field in ["tenant: ", "impression: "] {
        assert!(nothing.contains(field), "{nothing}");
    }
    let zeros = "0".repeat(64);
    for action in ["promote", "show"] {
        let unknown = [&["models", action, &zeros][..], &server].concat();
        assert_fails(&unknown, &["NotFound: version 0000", "there is no such model"]);
        let malformed = [&["models", action, "latest"][..], &server].concat();
        assert_fails(&malformed, &["InvalidArgument: version: must be 64 lower-case hexadecimal digits"]);
    }
    let back = |response: &str| [&["models", "roll-back", response][..], &server].concat().join(" ");
    let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (response, says) in [
        ("click", "FailedPrecondition: response click: no earlier promotion to go back to"),
        ("conversion", "FailedPrecondition: response conversion: no earlier promotion to go back to"),
        ("purchase", "response: must be click or conversion"),
    ] {
        let words = words(back(response));
        assert_fails(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[says]);
    }
}

#[test]
fn models_are_listed_shown_promoted_and_rolled_back() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let serving = Serving::start(&place, &[]);
    let (additive, linear) = (models().additive.as_str(), models().linear.as_str());
    let list = call(&serving, "", &["models", "list"]);
    assert_eq!(list.lines().count(), 3);
    assert!(list.starts_with(&format!("* {additive}  corner-shop  additive  conversion  auc 0.")), "{list}");
    assert!(list.contains(&format!("\n  {linear}  corner-shop  linear ")), "{list}");

    let shown = call(&serving, "", &["models", "show", linear]);
    let shown = serde_json::from_str::<Value>(&shown).unwrap();
    assert_eq!(shown["summary"]["version"], linear);
    assert_eq!(shown["profiles"].as_array().unwrap().len(), 2);

    let promoted = call(&serving, "", &["models", "promote", linear]);
    assert!(promoted.starts_with(&format!("* {linear} ")), "{promoted}");
    assert!(promoted.contains(&format!("before: {additive}")), "{promoted}");
    assert_eq!(recommend(&serving, "i-1")["models"][0]["version"], linear);
    let back = call(&serving, "", &["models", "roll-back", "conversion"]);
    assert!(back.starts_with(&format!("* {additive} ")), "{back}");
    assert_eq!(recommend(&serving, "i-2")["models"][0]["version"], additive);
    serving.stop();
}

#[test]
fn without_a_model_the_service_starts_and_says_what_is_missing() {
    let place = Place::new();
    let serving = Serving::start(&place, &[]);
    assert_eq!(serving.logged(), "limpid: no model is active yet; `limpid train --promote` makes one\n");
    let address = serving.address.to_string();
    let says = "FailedPrecondition: no model of the response conversion is active: train one and promote it";
    assert_fails_reading(&request("i-1"), &["recommend", "--server", &address], &[says]);
}

#[test]
fn after_a_change_of_the_schema_one_trains_again_and_old_decisions_stay_explained() {
    let place = Place::new();
    train(&place, &["--promote"]);
    let serving = Serving::start(&place, &[]);
    let answer = recommend(&serving, "i-1");
    let token = answer["ads"][0]["explanationToken"].as_str().unwrap();
    let account = &answer["ads"][0]["account"];
    serving.stop();

    // The flag goes, so every later feature has another number.
    let flag = example::SCHEMA.find("[[feature]]\nname = \"weekend\"").unwrap();
    let next = example::SCHEMA.find("[[feature]]\nname = \"shelf\"").unwrap();
    let schema = format!("{}{}", &example::SCHEMA[..flag], &example::SCHEMA[next..]);
    fs::write(place.example().join("schema.toml"), schema).unwrap();
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    let serve = [&["serve", "--listen", "127.0.0.1:0"], &folders[..]].concat();
    let says = ["was trained under schema", "`limpid train --promote` makes another model serve"];
    assert_fails(&serve, &says);

    let version = train(&place, &["--promote"]);
    let serving = Serving::start(&place, &[]);
    assert_eq!(recommend(&serving, "i-2")["models"][0]["version"], version.as_str());
    let told = call(&serving, "", &["explain", token, "--json"]);
    let told = serde_json::from_str::<Value>(&told).unwrap();
    assert_eq!(&told["account"], account);
    assert!(told["account"]["lines"].as_array().unwrap().iter().any(|line| line["feature"] == "weekend"));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let page = runtime.block_on(get(serving.address, &format!("/why/{token}"), &[]));
    assert_eq!(page.status, 200);
    for told in ["What the offer is for: kitchen", "The time of day: 18", "sample values"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
}
