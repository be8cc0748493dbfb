//! Data Deletion Requests of the IAB Tech Lab: who vouches, who is erased, and what is answered.

use limpid::rpc::pb;
use limpid::store::Right;
use serde_json::{Value, json};

use super::asking::purchase;
use super::binary::{assert_fails, limpid};
use super::choices::grant;
use super::deletion_parties::{
    AGENCY, Draft, OTHER_SHOP, US, acknowledged, draft, list, parties, post, post_as, start_on, write_list,
};
use super::labels::import;
use super::place::{Backend, Place, tenant};
use super::righting::{access, claims_at, controller, token};
use super::service::{NOON, Service, at};
use super::web_client::get;

const VERSIONS: [&str; 3] = ["1.0", "1.1", "2.0"];

/// How many events are held of a person.
async fn events(service: &Service, person: &str) -> usize {
    let now = service.engine.now();
    let held = access(service, controller().sign(&claims_at(person, now))).await.unwrap();
    held.events.len()
}

/// What a person buys at this moment.
fn purchase_now(service: &Service, person: &str) -> pb::RecordEventsRequest {
    let mut bought = purchase("now", person, "TEA", 0);
    let now = service.engine.now().micros() / 1_000_000;
    bought.event.as_mut().unwrap().at.as_mut().unwrap().seconds = now;
    bought
}

/// The code and text of a refusal.
async fn refused(service: &Service, token: &str) -> (u64, String) {
    let reply = post(service, token).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    let told = acknowledged(service, &reply).await;
    assert_eq!(told["rqJWT"], token);
    (told["raResultCode"].as_u64().unwrap(), told["raResultString"].as_str().unwrap().to_owned())
}

async fn accepted(service: &Service, token: &str) {
    let reply = post(service, token).await;
    assert_eq!((reply.status, reply.header("content-type")), (202, "application/json"), "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let told = acknowledged(service, &reply).await;
    let success = if told["version"] == "2.0" { 10_000 } else { 0 };
    assert_eq!(told["raResultCode"], success, "{told}");
    assert_eq!((&told["rqJWT"], &told["iss"]), (&token.into(), &US.into()));
    assert_eq!(told["iat"], service.engine.now().micros() / 1_000_000);
    assert!(told.get("raResultString").is_none() && told["jti"].as_str().unwrap().len() == 36, "{told}");
}

async fn whoever_is_asked_for_is_erased(backend: Backend) {
    let service = start_on(Place::on(backend).await).await;
    import(&service, "id,area\np-05,town\np-06,town\np-07,town\np-08,town\np-09,town\n");
    let people = ["p-05", "p-06", "p-07", "p-08"];
    for (n, person) in people.into_iter().enumerate() {
        service.record([purchase(&format!("e-{n}"), person, "TEA", 3)]).await.unwrap();
        assert!(events(&service, person).await > 1);
        let version = VERSIONS[n % VERSIONS.len()];
        let asked = draft(version, person, &format!("asked-{n}"));
        accepted(&service, &if n % 2 == 0 { asked } else { asked.by_agency() }.token()).await;
        let held = access(&service, token(person)).await.unwrap();
        assert!(held.events.is_empty() && held.decisions.is_empty() && held.labels.is_empty(), "{held:?}");
    }
    assert_eq!(access(&service, token("p-09")).await.unwrap().labels.len(), 1, "others keep theirs");
    let trail = service.store.rights(0, 99).await.unwrap();
    let by: Vec<_> =
        trail.iter().filter(|entry| entry.row.right == Right::Erase).map(|entry| &entry.row).collect();
    assert_eq!(by.len(), people.len());
    assert!(by.iter().all(|row| row.tenant == tenant() && row.assurance == "substantial"));
    assert_eq!(by[0].by_key, "deletion request of shop.example");
    assert_eq!(by[1].by_key, "deletion request of shop.example by agency.example");
    service.stop().await;
}

#[tokio::test]
async fn whoever_a_listed_shop_asks_for_is_erased_in_every_version_and_by_whoever_passes_it_on() {
    whoever_is_asked_for_is_erased(Backend::Sqlite).await;
}

#[tokio::test]
async fn so_they_are_in_postgresql() {
    whoever_is_asked_for_is_erased(Backend::Postgres).await;
}

#[tokio::test]
async fn whoever_is_not_known_is_acknowledged_alike_and_stays_out() {
    let service = start_on(Place::new()).await;
    accepted(&service, &draft("2.0", "nobody", "asked").token()).await;
    grant(&service, "nobody", "later", &[3, 4]).await;
    service.record([purchase("e-1", "nobody", "TEA", 3)]).await.unwrap();
    assert_eq!(events(&service, "nobody").await, 0, "what happened before the request does not come back");
    service.clock.set(service.engine.now().plus_seconds(60));
    service.record([purchase_now(&service, "nobody")]).await.unwrap();
    assert_eq!(events(&service, "nobody").await, 1);
}

async fn one_request_erases_once(backend: Backend) {
    let service = start_on(Place::on(backend).await).await;
    let asked = draft("2.0", "p-05", "asked");
    let sent = asked.token();
    accepted(&service, &sent).await;
    grant(&service, "p-05", "anew", &[3, 4]).await;
    service.clock.set(service.engine.now().plus_seconds(60));
    service.record([purchase_now(&service, "p-05")]).await.unwrap();
    assert_eq!(events(&service, "p-05").await, 1, "the person came back");

    // The same token once more, another of the same request, and the one of an intermediary.
    let mut again = asked.clone();
    again.request["jti"] = "sent-again".into();
    for token in [sent.clone(), again.token(), asked.clone().by_agency().token()] {
        accepted(&service, &token).await;
        assert_eq!(events(&service, "p-05").await, 1);
    }
    let service = service.restart().await;
    accepted(&service, &sent).await;
    assert_eq!(events(&service, "p-05").await, 1, "after a restart, too");

    // What is asked anew is done anew; and for someone else under the same token, whom it does not name.
    accepted(&service, &draft("2.0", "p-06", "asked").token()).await;
    assert_eq!(events(&service, "p-06").await, 0);
    accepted(&service, &draft("2.0", "p-05", "asked-anew").token()).await;
    assert_eq!(events(&service, "p-05").await, 0);

    // When none of them could be taken any more, they are forgotten.
    service.clock.set(service.engine.now().plus_seconds(45 * 86_400 + 3_600));
    service.engine.sweep().await.unwrap();
    let mut late = asked.clone();
    late.request["iat"] = (service.engine.now().micros() / 1_000_000).into();
    let (code, text) = refused(&service, &late.token()).await;
    assert_eq!((code, text.as_str()), (13_103, "idJWT or orJWT: iat: must be at most 45 days ago"));
    service.stop().await;
}

#[tokio::test]
async fn one_request_erases_once_however_often_and_by_whom_it_comes() {
    one_request_erases_once(Backend::Sqlite).await;
}

#[tokio::test]
async fn so_it_does_in_postgresql() {
    one_request_erases_once(Backend::Postgres).await;
}

type Change = Box<dyn Fn(&mut Draft)>;

/// A draft that is wrong in one way.
fn with(version: &'static str, change: impl Fn(&mut Draft)) -> Draft {
    let mut wrong = draft(version, "p-05", "asked");
    change(&mut wrong);
    wrong
}

#[tokio::test]
async fn a_claim_that_breaks_a_rule_is_refused_by_its_code_in_either_version() {
    let service = start_on(Place::new()).await;
    let now = at(NOON).micros() / 1_000_000;
    let set = |of_request: bool, name: &'static str, value: Value| {
        move |wrong: &mut Draft| {
            let claims = if of_request { &mut wrong.request } else { &mut wrong.original };
            match &value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
    };
    let of_request = |name, value| set(true, name, value);
    let of_original = |name, value| set(false, name, value);
    let cases: Vec<(Change, u64, u64, &str)> = vec![
        (Box::new(of_request("iss", Value::Null)), 1, 13_201, "iss"),
        (Box::new(of_request("iss", json!("unknown.example"))), 2, 11_202, "participant"),
        (Box::new(of_request("iss", json!(7))), 1, 13_201, "iss"),
        (Box::new(of_original("iss", json!("unknown.example"))), 2, 11_102, "first party"),
        (Box::new(of_original("iss", Value::Null)), 1, 13_101, "iss"),
        (Box::new(of_request("jti", Value::Null)), 1, 13_201, "jti"),
        (Box::new(of_request("jti", json!(""))), 1, 13_201, "jti"),
        (Box::new(of_request("jti", json!("j".repeat(257)))), 1, 13_201, "jti"),
        (Box::new(of_original("jti", json!(5))), 1, 13_101, "jti"),
        (Box::new(of_request("iat", Value::Null)), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!("1"))), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!(0))), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!(-5))), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!(1.5))), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!(i64::MAX))), 6, 13_203, "positive integer"),
        (Box::new(of_request("iat", json!(now + 301))), 6, 13_204, "5 minutes ahead"),
        (Box::new(of_request("iat", json!(now - 601))), 6, 13_203, "10 minutes ago"),
        (Box::new(of_original("iat", json!(now + 301))), 6, 13_104, "5 minutes ahead"),
        (Box::new(of_original("iat", json!(now - 45 * 86_400 - 1))), 6, 13_103, "45 days ago"),
        (Box::new(of_original("iat", json!(now))), 6, 13_205, "before that of the token within"),
        (Box::new(of_request("aud", json!("someone-else.example"))), 1, 13_201, "aud"),
        (Box::new(of_request("aud", json!(["a.example", 5]))), 1, 13_201, "aud"),
        (Box::new(of_original("version", json!("3.0"))), 1, 13_101, "version"),
    ];
    for (change, first, second, says) in cases {
        for version in VERSIONS {
            let (code, text) = refused(&service, &with(version, &change).token()).await;
            let expected = if version == "2.0" { second } else { first };
            assert!(code == expected && text.contains(says), "{version} {says}: {code} {text}");
        }
    }
    // Good to the second.
    for (n, (name, of_request, seconds)) in
        [("iat", true, 300), ("iat", true, -600), ("iat", false, -45 * 86_400)].into_iter().enumerate()
    {
        let mut asked = draft("2.0", "p-07", &format!("edge-{n}"));
        let seconds_of_original = if of_request { -601 } else { seconds };
        asked.original[name] = (now + seconds_of_original).into();
        if of_request {
            asked.request[name] = (now + seconds).into();
        }
        asked.request["aud"] = json!(["a.example", US]);
        accepted(&service, &asked.token()).await;
    }
    assert!(events(&service, "p-05").await > 0, "nobody was erased");
}

#[tokio::test]
async fn an_identifier_is_taken_as_it_is_listed() {
    let service = start_on(Place::new()).await;
    let hash = "a".repeat(64);
    let cases = [
        ("identifierType", json!("phone"), 4, 14_201),
        ("identifierFormat", json!("md5"), 5, 14_202),
        ("identifierFormat", json!("sha256"), 5, 14_202),
        ("identifierValue", json!(""), 5, 14_204),
        ("identifierValue", json!("p\n05"), 5, 14_204),
        ("identifierValue", json!("p".repeat(257)), 5, 14_204),
        ("identifierValue", json!(5), 1, 13_201),
        ("identifierValue", Value::Null, 1, 13_201),
    ];
    for version in VERSIONS {
        for (name, value, first, second) in &cases {
            let asked = with(version, |wrong| {
                if version == "2.0" {
                    wrong.request[name] = value.clone();
                } else {
                    wrong.request["sub"][name] = value.clone();
                    wrong.original["sub"][name] = value.clone();
                }
            });
            let (code, text) = refused(&service, &asked.token()).await;
            let expected = if version == "2.0" { *second } else { *first };
            assert_eq!(code, expected, "{version} {name} {value}: {text}");
            assert!(!text.contains("p-05") && !text.contains("phone"), "{text}");
        }
    }
    for (value, is_fine) in
        [(hash.clone(), true), (hash.to_uppercase(), false), (hash[1..].to_owned(), false)]
    {
        let who = json!({"identifierValue": value, "identifierType": "email", "identifierFormat": "sha256"});
        let asked = with("1.0", |asked| {
            asked.original["sub"] = who.clone();
            // The table of the specification calls it a text.
            asked.request["sub"] = Value::String(who.to_string());
        });
        if is_fine {
            accepted(&service, &asked.token()).await;
        } else {
            assert_eq!(refused(&service, &asked.token()).await.0, 5, "{value}");
        }
    }
}

#[tokio::test]
async fn nobody_asks_in_another_s_name_or_for_another_s_people() {
    let service = start_on(Place::new()).await;
    let (parties, code) =
        (parties(), |version: &str, first: u64, second: u64| if version == "2.0" { second } else { first });
    for version in VERSIONS {
        let asked = draft(version, "p-05", "asked");
        let check = async |token: &str, first: u64, second: u64, what: &str| {
            let (found, text) = refused(&service, token).await;
            assert_eq!(found, code(version, first, second), "{version} {what}: {text}");
        };
        // Forged: a stranger's key, whose id is not listed; and by another participant in the shop's name.
        check(&asked.signed_by(&parties.shop, &parties.stranger), 2, 11_205, "a stranger").await;
        check(&asked.signed_by(&parties.stranger, &parties.shop), 2, 11_105, "a stranger's person").await;
        check(&asked.signed_by(&parties.shop, &parties.agency), 2, 11_205, "the agency as the shop").await;
        // Changed since: what is said within the signature of something else.
        let good = asked.token();
        let other = draft(version, "p-06", "other").token();
        let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (good, other) = (parts(&good), parts(&other));
        let swapped = format!("{}.{}.{}", good[0], other[1], good[2]);
        check(&swapped, 2, 13_202, "a changed request").await;
        let original = parties.shop.sign(&asked.original).unwrap();
        let second = parts(&parties.shop.sign(&draft(version, "p-06", "other").original).unwrap());
        let original = parts(&original);
        let mixed = format!("{}.{}.{}", original[0], second[1], original[2]);
        check(&asked.around(&mixed, &parties.shop), 2, 13_102, "a changed person").await;
        for wrong in ["", "a.b.c", "{}"] {
            check(&asked.around(wrong, &parties.shop), 3, 13_101, "no token within").await;
        }
        // The intermediary as a first party, a shop that passes on, an agency for a shop that did not hire it.
        let mut own = asked.clone().by_agency();
        own.original["iss"] = AGENCY.into();
        check(&own.signed_by(&parties.agency, &parties.agency), 2, 11_102, "the agency on its own").await;
        let mut passing = asked.clone();
        passing.request["iss"] = OTHER_SHOP.into();
        check(&passing.signed_by(&parties.shop, &parties.other_shop), 2, 13_201, "another shop").await;
        let mut foreign = asked.clone().by_agency();
        foreign.original["iss"] = OTHER_SHOP.into();
        check(&foreign.signed_by(&parties.other_shop, &parties.agency), 2, 13_201, "not hired").await;
        // Another shop's person of the same name is another person.
        let mut theirs = asked.clone();
        theirs.original["iss"] = OTHER_SHOP.into();
        theirs.request["iss"] = OTHER_SHOP.into();
        accepted(&service, &theirs.signed_by(&parties.other_shop, &parties.other_shop)).await;
        // The version within is that without.
        let within = if version == "2.0" { "1.0" } else { "2.0" };
        let mixed = with(version, |wrong| wrong.original["version"] = within.into());
        check(&mixed.token(), 1, 13_101, "another version within").await;
    }
    // One person's token around which another is asked for.
    for version in ["1.0", "1.1"] {
        let other = draft(version, "p-06", "other");
        let original = parties.shop.sign(&draft(version, "p-05", "asked").original).unwrap();
        let (found, text) = refused(&service, &other.around(&original, &parties.shop)).await;
        assert_eq!((found, text.as_str()), (1, "rqJWT: sub: must be that of idJWT"));
    }
    for person in ["p-05", "p-06"] {
        assert!(events(&service, person).await > 0, "{person} was not erased");
    }
}

#[tokio::test]
async fn what_is_no_request_is_answered_so() {
    let service = start_on(Place::new()).await;
    let good = draft("2.0", "p-05", "asked").token();
    let none = good.split('.').nth(1).unwrap();
    // {"alg":"none","kid":"a"}, without a signature and with one.
    let none = [
        format!("eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.{none}."),
        format!("eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.{none}.AA"),
    ];
    let old = with("2.0", |wrong| wrong.request["version"] = "0.9".into()).token();
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("application/jwt", none[0].clone().into(), 400, "signature"),
        ("application/jwt", none[1].clone().into(), 400, "alg: must be ES256 or RS256"),
        ("application/jwt", old.into(), 400, "version: must be 1.0, 1.1 or 2.0"),
        ("application/jwt", good.as_bytes()[..good.len() - 30].to_vec(), 400, ""),
        ("application/jwt", Vec::new(), 400, "three parts"),
        ("application/jwt", vec![0xff; 9], 400, "body: must be a token"),
        ("application/jwt", vec![b'a'; 16_385], 400, "at most 16384 bytes"),
        ("application/jwt", vec![b'a'; 40_000], 413, ""),
        ("application/json", b"{\"rqJWT\": 5}".to_vec(), 400, "member rqJWT"),
        ("application/json", b"[]".to_vec(), 400, "member rqJWT"),
        ("application/json", format!("{{\"rqJWT\":\"{good}\",\"rqJWT\":\"{good}\"}}").into(), 400, "rqJWT"),
        ("application/x-www-form-urlencoded", good.clone().into(), 415, "content-type"),
        ("multipart/form-data", good.clone().into(), 415, "content-type"),
    ];
    for (kind, body, status, says) in cases {
        let reply = post_as(&service, kind, &body).await;
        assert!(reply.body.contains(says) || reply.body.contains("acJWT"), "{kind} {says}: {}", reply.body);
        assert_eq!(reply.status, status, "{kind} {says}: {}", reply.body);
    }
    assert_eq!(get(service.address, "/deletion-requests", &[]).await.status, 405);
    assert!(events(&service, "p-05").await > 0, "nobody was erased");
    // All the ways in which one may be sent.
    let json = format!("{{\"rqJWT\": \"{good}\"}}");
    for (kind, body) in [("application/json; charset=utf-8", &json), ("text/plain", &format!("{good}\n"))] {
        assert_eq!(post_as(&service, kind, body.as_bytes()).await.status, 202, "{kind}");
    }
    assert_eq!(events(&service, "p-05").await, 0);
}

#[tokio::test]
async fn what_cannot_be_carried_out_is_not_acknowledged() {
    let service = start_on(Place::new()).await;
    service.store.close().await.unwrap();
    let reply = post(&service, &draft("2.0", "p-05", "asked").token()).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "60"), "{}", reply.body);
    assert_eq!(reply.body, r#"{"error":"cannot be carried out now; send it again"}"#);
}

#[tokio::test]
async fn what_others_need_is_published_and_nothing_without_a_list() {
    let service = start_on(Place::new()).await;
    let first = get(service.address, "/dsrdelete.json", &[]).await;
    let second = get(service.address, "/.well-known/iabtl/dsrdelete.json", &[]).await;
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert_eq!(first.header("content-type"), "application/json");
    let key = parties().us.public().to_json();
    let expected = json!({
        "endpoint": "https://ads.limpid.example/deletion-requests",
        "pollFrequency": 86_400,
        "identifiers": [
            {"id": 1, "type": "customer_id", "format": "plain"},
            {"id": 2, "type": "email", "format": "sha256"},
        ],
        "publicKey": [key],
        "jwksUri": "https://ads.limpid.example/.well-known/iabtl/jwks.json",
        "vendorScriptRequirement": false,
    });
    assert_eq!(serde_json::from_str::<Value>(&first.body).unwrap(), expected);
    assert!(key["alg"] == "ES256" && key.get("d").is_none());

    let without = Service::start().await;
    for path in ["/dsrdelete.json", "/.well-known/iabtl/dsrdelete.json", "/.well-known/iabtl/jwks.json"] {
        assert_eq!(get(without.address, path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(post(&without, "x").await.status, 404);
}

#[test]
fn the_command_line_makes_keys_and_checks_lists() {
    let place = Place::bare();
    let out = place.path().join("ours.pem").to_str().unwrap().to_owned();
    let made = limpid(&["deletion", "key", "--out", &out]);
    assert_eq!(made.code, 0, "{made:?}");
    let public: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!((&public["kty"], &public["alg"]), (&"EC".into(), &"ES256".into()));
    assert_fails(&["deletion", "key", "--out", &out], &["--out"]);

    let path = write_list(place.path(), &list());
    let path = path.to_str().unwrap();
    let checked = limpid(&["deletion", "check", path]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.out.contains("https://limpid.example/dsrdelete.json"), "{checked:?}");
    assert!(checked.out.contains("shop.example: asks for people of demo; keys"), "{checked:?}");
    assert!(checked.out.contains("agency.example: passes on requests of shop.example; keys"), "{checked:?}");
    let mut wrong = list();
    wrong["participants"][2]["forwards_for"] = json!(["nobody.example"]);
    write_list(place.path(), &wrong);
    let says = "participants (agency.example).forwards_for: nobody.example must be listed with a tenant";
    assert_fails(&["deletion", "check", path], &[says]);
    assert_fails(&["serve", "--deletion-participants", path], &[says]);
}
