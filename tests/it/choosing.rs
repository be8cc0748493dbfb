//! Choices through the real binary: told on the command line, obeyed by the service and by training.

use limpid::domain::{ChangeId, ChoiceChange, Purpose, Statement, Teller};
use limpid::ledger::Keyring;
use limpid::store::{ChoiceRow, Store, StoreOptions};
use serde_json::{Value, json};

use super::asking::ALL_PURPOSES;
use super::binary::{Ended, Serving, assert_fails, folders, limpid, limpid_reading};
use super::example;
use super::place::{Place, tenant};
use super::service::Service;

/// Runs a command against a service and asserts that it succeeds.
fn call(serving: &Serving, input: &str, command: &[&str]) -> String {
    let address = serving.address.to_string();
    let Ended { code, out, err } = limpid_reading(input, &[command, &["--server", &address]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{command:?}");
    out
}

/// The ads that are refused to `p-05`, and whether the person's purchases are used.
fn decide(serving: &Serving, impression: &str) -> (Vec<String>, bool) {
    let request = json!({
        "tenant": "demo",
        "impression": { "id": impression },
        "subject": { "id": "p-05", "acceptedPurposes": ALL_PURPOSES },
        "candidates": [{ "adId": "tea" }, { "adId": "soup" }],
    });
    let answer: Value = serde_json::from_str(&call(serving, &request.to_string(), &["recommend"])).unwrap();
    let listed = |field: &str| answer[field].as_array().cloned().unwrap_or_default();
    let refused = listed("refused").into_iter().map(|refusal| refusal["adId"].as_str().unwrap().to_owned());
    let verdicts = listed("verdicts");
    let bought = verdicts.iter().find(|verdict| verdict["feature"] == "bought_days").unwrap();
    (refused.collect(), bought["permitted"] == true)
}

#[tokio::test]
async fn what_is_chosen_on_the_command_line_is_confirmed_and_obeyed_after_a_restart_too() {
    let place = Service::start().await.stop().await;
    let serving = Serving::start(&place, &[]);
    let chosen = |command: &[&str]| call(&serving, "", &[command, &["--subject", "p-05"]].concat());
    assert_eq!(chosen(&["consent", "get"]), "nothing was said\n");
    assert_eq!(decide(&serving, "before"), (vec![], true));

    let kept = "kept: 1 of 1 changed something; the next decision obeys\n\n";
    let withdrawn = chosen(&["consent", "withdraw", "--purposes", "3"]);
    assert_eq!(withdrawn, format!("{kept}withdrawn purposes: 3\n"));
    let hidden = chosen(&["object", "--advertiser", "Green Leaf"]);
    assert_eq!(hidden, format!("{kept}withdrawn purposes: 3\nhidden advertisers: Green Leaf\n"));
    assert_eq!(decide(&serving, "chosen"), (vec!["tea".to_owned()], false));

    serving.stop();
    let serving = Serving::start(&place, &[]);
    assert_eq!(decide(&serving, "restarted"), (vec!["tea".to_owned()], false));
    let chosen = |command: &[&str]| call(&serving, "", &[command, &["--subject", "p-05"]].concat());
    chosen(&["consent", "set", "--grant", "3,4"]);
    let back = chosen(&["object", "--advertiser", "Green Leaf", "--take-back"]);
    assert_eq!(back, format!("{kept}accepted purposes: 3, 4\n"));
    assert_eq!(decide(&serving, "back"), (vec![], true));

    let address = serving.address.to_string();
    let nothing = ["object", "--subject", "p-05", "--server", &address];
    assert_fails(&nothing, &["InvalidArgument: objections: must be 1 to 100 in all, are 0"]);
    let forged = ["consent", "withdraw", "--token", "forged", "--server", &address];
    assert_fails(&forged, &["Unauthenticated: token: "]);
    assert_eq!(limpid(&["consent", "get", "--server", &address]).code, 2, "nobody was named");
}

#[tokio::test]
async fn whoever_withdraws_the_training_purpose_or_objects_to_a_datum_trains_nothing() {
    let place = Place::bare();
    example::write(&place.example());
    let keyring = Keyring::open(&place.data()).unwrap();
    let store = Store::open(StoreOptions::new(place.data())).await.unwrap();
    for number in 0..60 {
        let statement = if number % 2 == 0 {
            Statement::Withdraw(Purpose::ImproveServices)
        } else {
            Statement::Object(limpid::domain::Objection::Datum("purchases".to_owned()))
        };
        let change = ChoiceChange {
            id: ChangeId::parse(&format!("c-{number}")).unwrap(),
            at: super::service::at(super::service::NOON),
            teller: Teller::Controller,
            statements: vec![statement],
        };
        let subject = keyring.subject_key(&tenant(), &example::person(number)).unwrap();
        store.append_choice(ChoiceRow { tenant: tenant(), subject, change }).await.unwrap();
    }
    store.close().await.unwrap();
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    assert_fails(&[&["train"], &folders[..]].concat(), &["nobody in the data accepted purpose 10"]);
}
