//! Whether one person can be told apart from what others are told: through every call, page and file.
//!
//! One of the example's people gets values that nobody else has. A call that joins the API fails here until it is
//! said how it is asked.

use std::fs;
use std::path::Path;

use limpid::domain::{ModelVersion, PEOPLE_FLOOR, Response};
use limpid::ledger::{Keyring, TokenKind};
use limpid::model::additive::AdditiveParams;
use limpid::model::{ModelKind, NoProgress};
use limpid::rpc::pb::decision_service_client::DecisionServiceClient;
use limpid::rpc::pb::fairness_service_client::FairnessServiceClient;
use limpid::rpc::pb::feedback_service_client::FeedbackServiceClient;
use limpid::rpc::pb::transparency_service_client::TransparencyServiceClient;
use limpid::rpc::pb::{self, EditChange, evidence::Fact};
use limpid::train::{fit_profiles, keep, prepare};
use serde_json::Value;

use super::asked_by_token::{all_calls, ask, calls_with_a_token, is_the_persons_own, json};
use super::asking::{ALL_PURPOSES, about, number, purchase};
use super::binary::limpid;
use super::example;
use super::labels::import;
use super::place::{Place, TENANT};
use super::service::Service;
use super::web_client::get;

/// Who stands apart.
const LONER: &str = "p-05";
/// A page that nobody else was on.
const LONE_PAGE: &str = "page-of-one";
/// Years of membership that nobody else has.
const LONE_YEARS: &str = "9731.5";
/// What must not be told to others.
const MARKS: [&str; 3] = [LONE_PAGE, LONE_YEARS, "9,731"];

/// The models of the example with one person apart.
struct Apart {
    service: Service,
    /// One of each kind, the additive one first.
    versions: Vec<ModelVersion>,
}

impl Apart {
    async fn start() -> Self {
        let place = Place::bare();
        example::write(&place.example());
        set_apart(&place.example());
        let keyring = Keyring::open(&place.data()).unwrap();
        let bundle = place.load(&keyring);
        let train = |kind| {
            let prepared = prepare(&bundle, Response::Conversion).unwrap();
            let profiled = fit_profiles(kind, &prepared, &NoProgress).unwrap();
            keep(profiled, &prepared, &bundle.schema, &place.models()).unwrap().0
        };
        let versions = [ModelKind::Additive, ModelKind::Linear, ModelKind::Tree].map(train).to_vec();
        let service = Service::open(place).await;
        service.engine.promote(&versions[1]).await.unwrap();
        service.engine.promote(&versions[0]).await.unwrap();
        Self { service, versions }
    }

    /// The decision about the one apart, who bought tea on nine days.
    async fn decide(&self, impression: &str) -> pb::RecommendResponse {
        let bought = (1..=9).map(|day| purchase(&format!("tea-{day}"), LONER, "TEA", 3 * day));
        self.service.record(bought).await.unwrap();
        let mut asked = about(LONER, &ALL_PURPOSES, impression);
        asked.subject.as_mut().unwrap().features.insert("member_years".to_owned(), number(9_731.5));
        self.service.recommend(pb::RecommendRequest { max_ads: 6, ..asked }).await.unwrap()
    }

    async fn bearers(&self, answer: &pb::RecommendResponse) -> Vec<String> {
        let token = &answer.ads[0].explanation_token;
        let decision = self.service.engine.explain(token).await.unwrap().decision;
        let token = |place| self.service.engine.token(&decision, place, TokenKind::Bearer);
        (0..answer.ads.len()).map(token).collect()
    }
}

/// Gives one person values that nobody else has.
fn set_apart(example: &Path) {
    let file = example.join("impressions.csv");
    let text = fs::read_to_string(&file).unwrap();
    let rows = text.lines().map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[0] == LONER {
            (cells[4], cells[7]) = (LONE_PAGE, LONE_YEARS);
        }
        cells.join(",") + "\n"
    });
    fs::write(file, rows.collect::<String>()).unwrap();
}

fn assert_tells_nobody(told: &str, of: &str) {
    for mark in MARKS {
        assert!(!told.contains(mark), "{of} tells {mark}: {told}");
    }
    if let Ok(value) = serde_json::from_str::<Value>(told) {
        assert_above_the_floor(&value, of);
    }
}

/// Every number of people is 0 or at least the floor, and no rows are told of fewer.
fn assert_above_the_floor(value: &Value, of: &str) {
    let count = |value: &Value| {
        value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())).unwrap_or_default()
    };
    match value {
        Value::Object(fields) => {
            if let Some(people) = fields.get("people").filter(|people| !people.is_array()) {
                let people = count(people);
                assert!(people == 0 || people >= PEOPLE_FLOOR, "{of}: {value}");
                let rows = fields.get("rows").map(count).unwrap_or_default();
                assert!(people > 0 || rows == 0, "{of}: {value}");
            }
            if let (Some(Value::Array(people)), Some(Value::Array(rows))) =
                (fields.get("people"), fields.get("rows"))
            {
                for (people, rows) in people.iter().map(count).zip(rows.iter().map(count)) {
                    assert!(people >= PEOPLE_FLOOR || (people, rows) == (0, 0), "{of}: {people} of {rows}");
                }
            }
            fields.values().for_each(|value| assert_above_the_floor(value, of));
        }
        Value::Array(values) => values.iter().for_each(|value| assert_above_the_floor(value, of)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_floor_is_that_of_the_models() {
    assert_eq!(u64::from(AdditiveParams::default().people_min), PEOPLE_FLOOR);
    assert_eq!(u64::from(limpid::model::linear::LinearParams::default().people_min), PEOPLE_FLOOR);
    assert_eq!(u64::from(limpid::model::tree::TreeParams::default().people_min), PEOPLE_FLOOR);
}

#[tokio::test]
async fn nobody_is_told_apart_by_any_call_that_others_may_make() {
    let apart = Apart::start().await;
    let decided = apart.decide("shown").await;
    for call in all_calls() {
        if calls_with_a_token().contains(&call) {
            continue; // below
        }
        for told in told_to_others(&apart, &call, &decided).await {
            assert_tells_nobody(&told, &call);
        }
    }
}

/// Every answer of a call that is of interest, asked by somebody who is not the person.
async fn told_to_others(apart: &Apart, call: &str, decided: &pb::RecommendResponse) -> Vec<String> {
    let Apart { service, versions } = apart;
    let mut models = service.models();
    let mut decisions = DecisionServiceClient::new(service.channel.clone());
    let mut transparency = TransparencyServiceClient::new(service.channel.clone());
    let mut feedback = FeedbackServiceClient::new(service.channel.clone());
    let additive = versions[0].to_string();
    match call {
        "ModelService/ListModels" => {
            let answer = models.list_models(pb::ListModelsRequest::default()).await.unwrap();
            vec![json(answer, "ListModelsResponse")]
        }
        "ModelService/GetModel" => {
            let mut told = Vec::new();
            for version in versions {
                let answer =
                    models.get_model(pb::GetModelRequest { version: version.to_string() }).await.unwrap();
                let card = answer.get_ref().card_json.clone();
                assert!(answer.get_ref().profiles.iter().any(|profile| !profile.shapes.is_empty()));
                told.extend([json(answer, "GetModelResponse"), card]);
            }
            told
        }
        "ModelService/PromoteModel" => {
            let answer = models.promote_model(pb::PromoteModelRequest { version: additive }).await.unwrap();
            vec![json(answer, "PromoteModelResponse")]
        }
        "ModelService/RollBackModel" => {
            let response = pb::Response::Conversion.into();
            let answer = models.roll_back_model(pb::RollBackModelRequest { response }).await.unwrap();
            service.engine.promote(&versions[0]).await.unwrap();
            vec![json(answer, "RollBackModelResponse")]
        }
        "ModelService/EditModel" | "ModelService/UndoEdit" | "ModelService/ListEdits" => {
            let mut told = Vec::new();
            for feature in ["member_years", "page"] {
                let (bins, levels) = if feature == "page" {
                    (None, vec!["home".to_owned()])
                } else {
                    (Some(pb::BinRange { first: 2, last: 2 }), Vec::new())
                };
                let wish = pb::EditModelRequest {
                    version: additive.clone(),
                    feature: feature.to_owned(),
                    bins,
                    levels,
                    change: EditChange::Set.into(),
                    set: Some(0.5),
                    who: "analyst".to_owned(),
                    why: "a trial".to_owned(),
                    ..pb::EditModelRequest::default()
                };
                let answer = models.edit_model(wish).await.unwrap();
                let version = answer.get_ref().model.as_ref().unwrap().version.clone();
                told.push(json(answer, "EditModelResponse"));
                let (who, why) = ("analyst".to_owned(), "back".to_owned());
                let answer = models.undo_edit(pb::UndoEditRequest { version, who, why }).await.unwrap();
                told.push(json(answer, "UndoEditResponse"));
            }
            let answer = models.list_edits(pb::ListEditsRequest::default()).await.unwrap();
            told.push(json(answer, "ListEditsResponse"));
            told
        }
        "TransparencyService/GetHowItWorks" => {
            let mut told = Vec::new();
            for locale in ["en", "fr"] {
                let request = pb::GetHowItWorksRequest { locale: locale.to_owned() };
                let answer = transparency.get_how_it_works(request).await.unwrap();
                assert!(answer.get_ref().example.is_some(), "somebody made up is told of");
                told.push(json(answer, "GetHowItWorksResponse"));
            }
            told
        }
        "TransparencyService/GetDataUse" => {
            let answer = transparency.get_data_use(pb::GetDataUseRequest::default()).await.unwrap();
            vec![json(answer, "GetDataUseResponse")]
        }
        "DecisionService/ReplayDecision" => {
            let (tenant, decision_id) = (TENANT.to_owned(), decided.decision_id.clone());
            let answer = decisions.replay_decision(pb::ReplayDecisionRequest { tenant, decision_id }).await;
            vec![json(answer.unwrap(), "ReplayDecisionResponse")]
        }
        "DecisionService/VerifyLedger" => {
            let answer = decisions.verify_ledger(pb::VerifyLedgerRequest::default()).await.unwrap();
            vec![json(answer, "VerifyLedgerResponse")]
        }
        "EventService/RecordEvents" => {
            let answer = service.record([purchase("again", LONER, "SOUP", 1)]).await.unwrap();
            vec![json(tonic::Response::new(answer), "RecordEventsResponse")]
        }
        // How many events, and of nobody in particular.
        "EventService/GetQuarantine" => {
            service.record([purchase("old", LONER, "SOUP", 300)]).await.unwrap();
            let mut events = pb::event_service_client::EventServiceClient::new(service.channel.clone());
            let asked = pb::GetQuarantineRequest { tenant: TENANT.to_owned() };
            vec![json(events.get_quarantine(asked).await.unwrap(), "GetQuarantineResponse")]
        }
        // What the ad server is told of the person unless it asks for more; and of somebody else everything.
        "RecommendationService/Recommend" => {
            let mut asked = about(LONER, &ALL_PURPOSES, "again");
            asked.subject.as_mut().unwrap().features.insert("member_years".to_owned(), number(9_731.5));
            asked.account_view = pb::AccountView::None.into();
            let by_code = service.recommend(asked).await.unwrap();
            let reason_view = pb::ReasonView::Full.into();
            let other = pb::RecommendRequest { reason_view, ..about("p-01", &ALL_PURPOSES, "other") };
            let other = service.recommend(other).await.unwrap();
            for reason in by_code.ads.iter().flat_map(|ad| &ad.reasons) {
                assert!(reason.evidence.is_empty() && reason.text.is_empty(), "codes alone: {reason:?}");
            }
            [by_code, other].map(|answer| json(tonic::Response::new(answer), "RecommendResponse")).to_vec()
        }
        // One person of five has a value that nobody else has.
        "FairnessService/ListGroupAttributes" => {
            import(service, &format!("id,area\n{LONER},{LONE_PAGE}\na,town\nb,town\nc,town\nd,town\n"));
            let mut fairness = FairnessServiceClient::new(service.channel.clone());
            let asked = pb::ListGroupAttributesRequest { tenant: TENANT.to_owned() };
            let answer = fairness.list_group_attributes(asked).await.unwrap();
            let values = &answer.get_ref().attributes[0].values;
            assert!(values.iter().all(|value| value.withheld && value.people == 0), "{values:?}");
            // Values are declared, whether anyone has them or not.
            let named = json(answer, "ListGroupAttributesResponse");
            vec![named.replace(LONE_PAGE, "")]
        }
        "FeedbackService/GetFeedback" => {
            let token = decided.ads[0].explanation_token.clone();
            let said = pb::SubmitFeedbackRequest { token, kind: pb::FeedbackKind::Unclear.into() };
            feedback.submit_feedback(said).await.unwrap();
            let asked = pb::GetFeedbackRequest { tenant: TENANT.to_owned() };
            vec![json(feedback.get_feedback(asked).await.unwrap(), "GetFeedbackResponse")]
        }
        // Whoever answers a concern reads what its person wrote, and nothing else of them.
        "FeedbackService/ListConcerns" | "FeedbackService/ResolveConcern" => {
            let raised =
                ask(service, "FeedbackService/RaiseConcern", &decided.ads[0].explanation_token, "en");
            raised.await.unwrap();
            let asked = pb::ListConcernsRequest { tenant: TENANT.to_owned(), ..Default::default() };
            let listed = feedback.list_concerns(asked).await.unwrap();
            let answer = pb::ResolveConcernRequest {
                tenant: TENANT.to_owned(),
                concern_id: listed.get_ref().concerns[0].concern_id.clone(),
                outcome: pb::ConcernOutcome::Explained.into(),
                answer: "It comes out the same.".to_owned(),
            };
            let resolved = feedback.resolve_concern(answer).await.unwrap();
            vec![json(listed, "ListConcernsResponse"), json(resolved, "ResolveConcernResponse")]
        }
        // The person's own, by a token that the controller signed for them: `rights_held.rs` has who is refused.
        "SubjectRightsService/Access"
        | "SubjectRightsService/Port"
        | "SubjectRightsService/Rectify"
        | "SubjectRightsService/Restrict"
        | "SubjectRightsService/Erase" => Vec::new(),
        joined => panic!("{joined} is not asked here: say how it is, and what it must not tell"),
    }
}

#[tokio::test]
async fn whoever_holds_a_link_is_told_in_bands_and_the_person_exactly() {
    let apart = Apart::start().await;
    let decided = apart.decide("shown").await;
    let exact = apart.service.explain(&decided.ads[0].explanation_token, "en").await.unwrap();
    let facts = |told: &pb::ExplainResponse| {
        told.reasons.iter().flat_map(|reason| reason.evidence.clone()).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for (ad, bearer) in decided.ads.iter().zip(apart.bearers(&decided).await) {
        for call in calls_with_a_token().iter().filter(|call| !is_the_persons_own(call)) {
            apart.service.clock.set(apart.service.engine.now().plus_seconds(61));
            let told = ask(&apart.service, call, &bearer, "en").await.unwrap();
            // Days, counts, and sums from which a value could be looked up in the model's shapes.
            for exactly in
                ["2026-02-26", "26 February", " 9 ", "\"days\":9", "\"count\":9", "Units\":", "\"units\""]
            {
                assert!(!told.contains(exactly), "{call} tells {exactly}: {told}");
            }
            assert_tells_nobody(&told, call);
        }
        let page = get(apart.service.address, &format!("/why/{bearer}"), &[]).await;
        for exactly in ["26 February", "9,731", LONE_YEARS, " 9 days"] {
            assert!(!page.body.contains(exactly), "the page tells {exactly}");
        }
        let mine = apart.service.explain(&ad.explanation_token, "en").await.unwrap();
        seen.extend(facts(&mine).into_iter().filter_map(|evidence| evidence.fact));
    }
    assert!(exact.exact);
    let is_exact = |fact: &Fact| match fact {
        Fact::History(history) => history.count == 9 && history.last_day == "2026-02-26",
        _ => false,
    };
    assert!(seen.iter().any(is_exact), "the person is told exactly: {seen:?}");
}

#[tokio::test]
async fn how_it_works_is_a_page_that_knows_nobody() {
    let apart = Apart::start().await;
    for lang in ["en", "fr"] {
        let page = get(apart.service.address, &format!("/how-it-works?lang={lang}"), &[]).await;
        assert_eq!(page.status, 200);
        assert_tells_nobody(&page.body, "/how-it-works");
    }
    let metrics = get(apart.service.address, "/metrics", &[]).await;
    assert_tells_nobody(&metrics.body, "/metrics");
}

#[tokio::test]
async fn cards_and_reports_stay_above_the_floor() {
    let apart = Apart::start().await;
    for version in &apart.versions {
        let folder = apart.service.place().artefact(version.as_str()).parent().unwrap().to_owned();
        for file in ["card.md", "card.json"] {
            assert_tells_nobody(&fs::read_to_string(folder.join(file)).unwrap(), file);
        }
    }
    let (example, out) = (apart.service.place().example(), apart.service.place().path().join("report"));
    let arguments = ["evaluate", "--example", example.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let ended = limpid(&arguments);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_tells_nobody(&ended.out, "evaluate");
    let mut files = 0;
    for entry in fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        assert_tells_nobody(&fs::read_to_string(&path).unwrap(), &path.display().to_string());
        files += 1;
    }
    assert!(files > 5, "a report has pictures");
}
