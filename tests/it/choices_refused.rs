//! Choices that are none, and tokens that may not make any: refused by name, and nothing is kept.

use limpid::domain::DecisionId;
use limpid::ledger::TokenKind;
use limpid::rpc::pb;
use limpid::rpc::pb::person::NamedBy;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_field, assert_refused};
use super::choices::{get, holder, object, objection, one, person, set, withdraw};
use super::place::tenant;
use super::service::Service;

type SetChange = fn(&mut pb::SetConsentRequest);
type ObjectChange = fn(&mut pb::ObjectRequest);

#[tokio::test]
async fn a_token_that_is_not_the_persons_changes_and_tells_nothing() {
    let service = Service::start().await;
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let verified = answer.ads[0].explanation_token.clone();
    let id = DecisionId::parse(&answer.decision_id).unwrap();
    let keys = limpid::ledger::Keyring::open(&service.place().data()).unwrap();
    let issue =
        |kind, decision| keys.tokens().issue(kind, &tenant(), (decision, 0), service.engine.now(), 60);

    let bearer = issue(TokenKind::Bearer, id);
    let refused = (Code::PermissionDenied, "BEARER_TOKEN", "token: must be the person's own");
    let (code, reason, message) = refused;
    assert_refused(withdraw(&service, holder(&bearer), "c", &[3]).await, code, reason, message);
    assert_refused(get(&service, holder(&bearer)).await, code, reason, message);
    let hide = pb::ObjectRequest { advertisers: one("A"), ..objection("", "c") };
    let by_bearer = pb::ObjectRequest { person: Some(holder(&bearer)), ..hide.clone() };
    assert_refused(object(&service, by_bearer).await, code, reason, message);

    let mut forged = verified.clone().into_bytes();
    let last = forged.len() - 20;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for token in [forged.as_str(), "", "no token"] {
        let answer = withdraw(&service, holder(token), "c", &[3]).await;
        assert_refused(answer, Code::Unauthenticated, "TOKEN_REFUSED", "token: ");
    }
    let nobody = service.recommend(about_nobody("nobody")).await.unwrap();
    let of_nobody = &nobody.ads[0].explanation_token;
    let answer = withdraw(&service, holder(of_nobody), "c", &[3]).await;
    assert_refused(answer, Code::NotFound, "NOT_FOUND", "about nobody");
    let unlogged = issue(TokenKind::Verified, DecisionId::new(uuid::Uuid::from_bytes([9; 16])));
    let answer = withdraw(&service, holder(&unlogged), "c", &[3]).await;
    assert_refused(answer, Code::NotFound, "NOT_FOUND", "not in the log");

    service.clock.set(service.engine.now().plus_seconds(31 * 86_400));
    let answer = withdraw(&service, holder(&verified), "c", &[3]).await;
    assert_refused(answer, Code::Unauthenticated, "TOKEN_EXPIRED", "token: has expired");
    assert!(service.store.choices(0, 10).await.unwrap().is_empty(), "nothing was kept");
}

#[tokio::test]
async fn a_person_that_is_none_is_refused_by_name() {
    let service = Service::start().await;
    let named = |tenant: &str, id: &str| {
        let name = pb::SubjectName { tenant: tenant.to_owned(), id: id.to_owned() };
        Some(pb::Person { named_by: Some(NamedBy::Subject(name)) })
    };
    let long = "x".repeat(257);
    let cases = [
        (None, "person", "must be given, by subject or by token"),
        (Some(pb::Person { named_by: None }), "person", "must be given"),
        (named("", "p-05"), "person.subject.tenant", "must not be empty"),
        (named("demo", ""), "person.subject.id", "must not be empty"),
        (named("demo", &long), "person.subject.id", "must be at most 256 bytes, has 257"),
    ];
    for (person, field, rule) in cases {
        assert_field(get(&service, person.clone()).await, field, rule);
        assert_field(withdraw(&service, person.clone(), "c", &[3]).await, field, rule);
        let hide = pb::ObjectRequest { person, personalisation: true, ..objection("", "c") };
        assert_field(object(&service, hide).await, field, rule);
    }
}

#[tokio::test]
async fn a_change_of_consent_that_is_none_is_refused_by_name() {
    let service = Service::start().await;
    let fine = || pb::SetConsentRequest {
        person: Some(person("p-05")),
        change_id: "c".to_owned(),
        grant: vec![3],
        withdraw: vec![4],
    };
    let cases: [(&str, &str, SetChange); 9] = [
        ("change_id", "must not be empty", |r| r.change_id.clear()),
        ("change_id", "must be at most 128 bytes, has 129", |r| r.change_id = "c".repeat(129)),
        ("change_id", "must be visible ASCII", |r| r.change_id = "c 1".to_owned()),
        ("grant[1]", "must be a TCF purpose from 1 to 11, is 12", |r| r.grant = vec![3, 12]),
        ("withdraw[0]", "must be a TCF purpose from 1 to 11, is 0", |r| r.withdraw = vec![0]),
        ("grant[1]", "repeats purpose 3", |r| r.grant = vec![3, 3]),
        ("grant", "must be at most 11, are 12", |r| r.grant = vec![3; 12]),
        ("withdraw", "must not name purpose 3, which is granted too", |r| r.withdraw = vec![3]),
        ("grant", "must not be empty when nothing is withdrawn", |r| {
            r.grant.clear();
            r.withdraw.clear();
        }),
    ];
    for (field, rule, change) in cases {
        let mut asked = fine();
        change(&mut asked);
        assert_field(set(&service, asked).await, field, rule);
    }
    assert_field(withdraw(&service, person("p-05"), "c", &[]).await, "purposes", "must not be empty");
    assert_field(withdraw(&service, person("p-05"), "c", &[12]).await, "purposes[0]", "from 1 to 11, is 12");
    assert!(service.store.choices(0, 10).await.unwrap().is_empty());
    assert_eq!(set(&service, fine()).await.unwrap().changed, [true, true]);
}

#[tokio::test]
async fn an_objection_that_is_none_is_refused_by_name() {
    let service = Service::start().await;
    let cases: [(&str, &str, ObjectChange); 11] = [
        ("change_id", "must not be empty", |r| r.change_id.clear()),
        ("objections", "must be 1 to 100 in all, are 0", |r| r.data.clear()),
        ("objections", "must be 1 to 100 in all, are 102", |r| {
            r.advertisers = (0..101).map(|number| number.to_string()).collect();
        }),
        ("purposes[0]", "must be a TCF purpose from 1 to 11, is -1", |r| r.purposes = vec![-1]),
        ("advertisers[0]", "must not be empty", |r| r.advertisers = one("")),
        ("advertisers[0]", "must be at most 256 bytes, has 257", |r| r.advertisers = one(&"x".repeat(257))),
        ("advertisers[1]", "repeats one before it", |r| r.advertisers = ["A"; 2].map(str::to_owned).into()),
        ("categories[0]", "must be at most 256 bytes, has 257", |r| r.categories = one(&"x".repeat(257))),
        ("categories[0]", "must not be empty", |r| r.categories = one("")),
        ("data[0]", "must be a datum of the schema", |r| r.data = one("shoe_size")),
        ("data[0]", "must be about the person: this datum is not", |r| r.data = one("page")),
    ];
    for (field, rule, change) in cases {
        let mut asked = pb::ObjectRequest { data: one("purchases"), ..objection("p-05", "c") };
        change(&mut asked);
        assert_field(object(&service, asked).await, field, rule);
    }
    assert!(service.store.choices(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn objections_of_one_person_have_a_limit_and_can_still_be_taken_back() {
    let service = Service::start().await;
    let hide = |number: usize, take_back: bool| pb::ObjectRequest {
        advertisers: (0..100).map(|name| format!("{}", number * 100 + name)).collect(),
        take_back,
        ..objection("p-05", &format!("c-{number}-{take_back}"))
    };
    for number in 0..10 {
        object(&service, hide(number, false)).await.unwrap();
    }
    let answer = object(&service, hide(10, false)).await;
    assert_field(answer, "objections", "would come to more than 1000 with those that hold");
    object(&service, hide(0, true)).await.unwrap();
    object(&service, hide(10, false)).await.unwrap();
}
