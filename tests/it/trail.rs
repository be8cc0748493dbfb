//! What the privileged do is written down before they are answered, without anything of a person.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use limpid::admission::{CALLS, Entry, Role, TrailState, rule_of};
use limpid::rpc::pb;
use prost_reflect::prost::Message;
use tonic::Code;

use super::admitting::{Guarded, bearer, call_with, empty};
use super::asking::{ALL_PURPOSES, about, assert_refused};
use super::explain::tea_for_a_tea_drinker;

const LIST_MODELS: &str = "limpid.v1.ModelService/ListModels";

#[tokio::test]
async fn each_privileged_call_leaves_two_lines_and_no_other_call_leaves_one() {
    let guarded = Guarded::start().await;
    for rule in CALLS.iter().filter(|rule| rule.call.starts_with("limpid.")) {
        for role in Role::ALL {
            let before = guarded.trail.entries().unwrap().len();
            let _ = guarded.call(rule.call, &empty(rule.call), &[role]).await;
            let entries = guarded.trail.entries().unwrap();
            let acts = rule.roles.iter().find(|of| **of == role);
            // What anyone may do with a token of the person is of nobody's office, unless the call is for it.
            let expected = match acts {
                Some(role) => 2 * usize::from(role.is_privileged()),
                None => usize::from(!rule.roles.contains(&Role::Subject)),
            };
            assert_eq!(entries.len() - before, expected, "{} by {role:?}: {entries:?}", rule.call);
            if let [asked, answered] = &entries[before..] {
                assert_eq!((asked.outcome.as_str(), asked.asked), ("asked", 0));
                assert_eq!(answered.asked, asked.seq);
                for entry in [asked, answered] {
                    let told = (
                        entry.call.as_str(),
                        entry.role.as_str(),
                        entry.tenant.as_str(),
                        entry.token.as_str(),
                    );
                    assert_eq!(told, (rule.call, role.name(), "demo", "token-1"));
                    assert!(entry.key.starts_with("k4.pid.") && entry.purpose == "a concern of the person");
                }
            }
        }
    }
    assert!(matches!(guarded.trail.verify(None).unwrap().0, TrailState::Whole { lines: 20.., .. }));
}

#[tokio::test]
async fn the_trail_tells_what_came_of_a_call_and_nothing_of_the_person() {
    let guarded = Guarded::start().await;
    let answer = guarded.service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let token = tea_for_a_tea_drinker(&guarded.service).await.explanation_token;
    let replay = "limpid.v1.DecisionService/ReplayDecision";
    for (id, outcome) in [(answer.decision_id.as_str(), "OK"), ("none", "INVALID_ARGUMENT")] {
        let mut message = empty(replay);
        let request = pb::ReplayDecisionRequest { tenant: "demo".to_owned(), decision_id: id.to_owned() };
        message.transcode_from(&request).unwrap();
        let _ = guarded.call(replay, &message, &[Role::Steward]).await;
        assert_eq!(guarded.trail.entries().unwrap().last().unwrap().outcome, outcome);
    }
    let text = fs::read_to_string(guarded.service.place().data().join("audit.log")).unwrap();
    for shy in ["p-05", &answer.decision_id, &token, &guarded.token(&[Role::Steward])] {
        assert!(!text.contains(shy), "{shy}");
    }
}

#[tokio::test]
async fn a_caller_who_asks_for_what_is_not_its_own_leaves_a_line() {
    let guarded = Guarded::start().await;
    let promote = "limpid.v1.ModelService/PromoteModel";
    let answer = guarded.call(promote, &empty(promote), &[Role::Analyst]).await;
    assert_refused(answer, Code::PermissionDenied, "OTHER_ROLE", "is for the role admin");
    let entries = guarded.trail.entries().unwrap();
    let [Entry { role, outcome, call, asked: 0, .. }] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((role.as_str(), outcome.as_str(), call.as_str()), ("analyst", "PERMISSION_DENIED", promote));
    assert_eq!(rule_of(promote).unwrap().roles, [Role::Admin]);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let guarded = Guarded::start().await;
    guarded.call(LIST_MODELS, &empty(LIST_MODELS), &[Role::Admin]).await.unwrap();
    // A line that no longer reads ends the trail: what comes after it would hang on nothing.
    let path = guarded.service.place().data().join("audit.log");
    fs::write(&path, "changed by hand\n").unwrap();
    let answer = guarded.call(LIST_MODELS, &empty(LIST_MODELS), &[Role::Admin]).await;
    assert_refused(answer, Code::Unavailable, "TRAIL_UNWRITABLE", "the audit trail cannot be written");
    let asks = bearer(&guarded.token(&[Role::AdServer]));
    let recommend = "limpid.v1.RecommendationService/Recommend";
    let mut message = empty(recommend);
    message.transcode_from(&about("p-05", &ALL_PURPOSES, "next")).unwrap();
    call_with(&guarded.channel, recommend, &message, &[("authorization", &asks)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_moment_leave_a_whole_trail() {
    let guarded = Arc::new(Guarded::start().await);
    let calls = (0..40).map(|_| {
        let guarded = guarded.clone();
        tokio::spawn(async move { guarded.call(LIST_MODELS, &empty(LIST_MODELS), &[Role::Auditor]).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    tokio::time::sleep(Duration::ZERO).await;
    let (state, _) = guarded.trail.verify(None).unwrap();
    assert!(matches!(state, TrailState::Whole { lines: 80, .. }), "{state:?}");
    assert!(empty(LIST_MODELS).encode_to_vec().is_empty());
}
