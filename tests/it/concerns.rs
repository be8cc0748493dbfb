//! Feedback and concerns: an ad that was shown can be questioned, and the question is answered.

use limpid::domain::DecisionId;
use limpid::ledger::TokenKind;
use limpid::rpc::pb::feedback_service_client::FeedbackServiceClient;
use limpid::rpc::pb::{self, ConcernOutcome, ConcernTopic, FeedbackKind, ReplayOutcome};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use super::asking::{ALL_PURPOSES, about, about_nobody, assert_field, assert_refused};
use super::place::{TENANT, tenant};
use super::righting::{access, erase, port, token};
use super::service::Service;

fn client(service: &Service) -> FeedbackServiceClient<Channel> {
    FeedbackServiceClient::new(service.channel.clone())
}

/// The token of the first ad of a decision on an impression.
async fn shown(service: &Service, person: &str, impression: &str) -> String {
    let answer = service.recommend(about(person, &ALL_PURPOSES, impression)).await.unwrap();
    answer.ads[0].explanation_token.clone()
}

fn concern(token: &str, id: &str, text: &str) -> pb::RaiseConcernRequest {
    pb::RaiseConcernRequest {
        token: token.to_owned(),
        concern_id: id.to_owned(),
        topic: ConcernTopic::WrongReason.into(),
        text: text.to_owned(),
    }
}

async fn raise(
    service: &Service,
    request: pb::RaiseConcernRequest,
) -> Result<pb::RaiseConcernResponse, Status> {
    client(service).raise_concern(request).await.map(Response::into_inner)
}

async fn get(service: &Service, token: &str, id: &str) -> Result<pb::Concern, Status> {
    let request = pb::GetConcernRequest { token: token.to_owned(), concern_id: id.to_owned() };
    client(service).get_concern(request).await.map(|answer| answer.into_inner().concern.unwrap())
}

async fn open(service: &Service) -> Vec<pb::Concern> {
    let request =
        pb::ListConcernsRequest { tenant: TENANT.to_owned(), open_only: true, ..Default::default() };
    client(service).list_concerns(request).await.unwrap().into_inner().concerns
}

async fn answer(
    service: &Service,
    id: &str,
    outcome: ConcernOutcome,
    text: &str,
) -> Result<pb::Concern, Status> {
    let request = pb::ResolveConcernRequest {
        tenant: TENANT.to_owned(),
        concern_id: id.to_owned(),
        outcome: outcome.into(),
        answer: text.to_owned(),
    };
    client(service).resolve_concern(request).await.map(|answer| answer.into_inner().concern.unwrap())
}

/// A token that anyone may hold, for the same ad as the decision's first.
fn bearer(service: &Service, decision_id: &str) -> String {
    let keys = limpid::ledger::Keyring::open(&service.place().data()).unwrap();
    let ad = (DecisionId::parse(decision_id).unwrap(), 0);
    keys.tokens().issue(TokenKind::Bearer, &tenant(), ad, service.engine.now(), 60)
}

#[tokio::test]
async fn a_concern_is_kept_answered_and_followed_after_a_restart_too() {
    let service = Service::start().await;
    let shown = shown(&service, "p-05", "shown").await;
    let said = "I never bought tea.\nPlease look again.";
    let raised = raise(&service, concern(&shown, "c-1", said)).await.unwrap();
    assert!(!raised.repeated_call);
    let raised = raised.concern.unwrap();
    assert_eq!((raised.topic(), raised.outcome()), (ConcernTopic::WrongReason, ConcernOutcome::Unspecified));
    assert_eq!(raised.remade(), ReplayOutcome::Identical, "the decision was made again at once");
    let days = raised.due_at.unwrap().seconds - raised.raised_at.unwrap().seconds;
    assert_eq!(days, 30 * 86_400);
    assert!(raise(&service, concern(&shown, "c-1", said)).await.unwrap().repeated_call);

    let service = service.restart().await;
    let [waiting] = &open(&service).await[..] else { panic!("one concern waits") };
    assert_eq!((waiting.concern_id.as_str(), waiting.text.as_str()), ("c-1", said));
    let told =
        answer(&service, "c-1", ConcernOutcome::Upheld, "You are right; it is corrected.").await.unwrap();
    assert_eq!((told.outcome(), told.text.as_str()), (ConcernOutcome::Upheld, said));
    assert_eq!(open(&service).await, []);

    let service = service.restart().await;
    let followed = get(&service, &shown, "c-1").await.unwrap();
    assert_eq!(followed, told);
    assert_eq!(followed.answer, "You are right; it is corrected.");
    // The same answer again changes nothing; another one does not take its place.
    let again = answer(&service, "c-1", ConcernOutcome::Upheld, "You are right; it is corrected.").await;
    assert_eq!(again.unwrap(), told);
    let other = answer(&service, "c-1", ConcernOutcome::Explained, "No.").await;
    assert_refused(other, Code::FailedPrecondition, "ANSWERED_BEFORE", "an answer stands");
}

#[tokio::test]
async fn what_was_written_is_told_to_the_person_and_to_whoever_answers_alone() {
    let service = Service::start().await;
    let decided = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    let (verified, bearer) =
        (decided.ads[0].explanation_token.clone(), bearer(&service, &decided.decision_id));
    raise(&service, concern(&verified, "c-1", "a private matter")).await.unwrap();
    answer(&service, "c-1", ConcernOutcome::Explained, "a private answer").await.unwrap();
    let told = get(&service, &bearer, "c-1").await.unwrap();
    assert_eq!(told.outcome(), ConcernOutcome::Explained);
    assert_eq!((told.text.as_str(), told.answer.as_str(), told.answered_at), ("", "", None));
    // Anyone who was shown the ad may question it.
    assert!(raise(&service, concern(&bearer, "c-2", "")).await.is_ok());
    let of_nobody = service.recommend(about_nobody("nobody")).await.unwrap();
    assert!(raise(&service, concern(&of_nobody.ads[0].explanation_token, "c-3", "")).await.is_ok());
    // Another person's token opens nothing of it.
    let other = shown(&service, "p-06", "other").await;
    let refused = get(&service, &other, "c-1").await;
    assert_refused(refused, Code::NotFound, "NOT_FOUND", "concern_id: there is no such concern");
    // In the file it is not to be read.
    let file = std::fs::read(service.place().data().join(limpid::store::FILE_NAME)).unwrap();
    let log = std::fs::read(service.place().data().join("limpid.db-wal")).unwrap_or_default();
    for secret in ["a private matter", "a private answer"] {
        let found = [&file, &log].iter().any(|b| b.windows(secret.len()).any(|w| w == secret.as_bytes()));
        assert!(!found, "{secret}");
    }
}

#[tokio::test]
async fn whoever_is_erased_takes_their_concerns_along() {
    let service = Service::start().await;
    let shown = shown(&service, "p-05", "shown").await;
    raise(&service, concern(&shown, "c-1", "a private matter")).await.unwrap();
    erase(&service, token("p-05")).await.unwrap();
    let [waiting] = &open(&service).await[..] else { panic!("that there was one stays known") };
    assert_eq!((waiting.text.as_str(), waiting.remade()), ("", ReplayOutcome::Erased));
    let late = answer(&service, "c-1", ConcernOutcome::Explained, "too late").await;
    assert_refused(late, Code::NotFound, "ERASED", "decision: was erased");
    let late = raise(&service, concern(&shown, "c-2", "too late")).await;
    assert_refused(late, Code::NotFound, "ERASED", "decision: was erased");
}

#[tokio::test]
async fn what_was_said_is_told_and_taken_along_with_all_else_that_is_held() {
    let service = Service::start().await;
    let (mine, other) = (shown(&service, "p-05", "mine").await, shown(&service, "p-06", "other").await);
    raise(&service, concern(&mine, "c-1", "=a private matter")).await.unwrap();
    raise(&service, concern(&other, "c-2", "of somebody else")).await.unwrap();
    answer(&service, "c-1", ConcernOutcome::Explained, "a private answer").await.unwrap();
    for token in [&mine, &other] {
        let request = pb::SubmitFeedbackRequest { token: token.clone(), kind: FeedbackKind::Unclear.into() };
        client(&service).submit_feedback(request).await.unwrap();
    }
    let held = access(&service, token("p-05")).await.unwrap().feedback;
    let [told] = &held.concerns[..] else { panic!("{held:?}") };
    assert_eq!((told.text.as_str(), told.answer.as_str()), ("=a private matter", "a private answer"));
    let [press] = &held.presses[..] else { panic!("{held:?}") };
    assert_eq!((press.kind(), press.ad_place), (FeedbackKind::Unclear, 0));
    let json = port(&service, token("p-05"), pb::PortFormat::Json).await.unwrap();
    let parts: serde_json::Value = serde_json::from_str(&json).unwrap();
    let of =
        |kind: &str| parts["parts"].as_array().unwrap().iter().filter(|part| part["part"] == kind).count();
    assert_eq!((of("concern"), of("feedback")), (1, 1));
    let csv = port(&service, token("p-05"), pb::PortFormat::Csv).await.unwrap();
    assert!(csv.contains("a private matter") && csv.contains("a private answer"), "{csv}");
    assert!(!csv.contains(",=a private"), "no cell is a formula: {csv}");
    assert!(!json.contains("somebody else") && !csv.contains("somebody else"));

    erase(&service, token("p-05")).await.unwrap();
    let counts = service.store.feedback_counts(&tenant()).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.people).collect::<Vec<_>>(), [1], "that of the other is left");
}

#[tokio::test]
async fn concerns_are_paged_oldest_first() {
    let service = Service::start().await;
    for n in 0..5 {
        let shown = shown(&service, "p-05", &format!("i-{n}")).await;
        raise(&service, concern(&shown, &format!("c-{n}"), "")).await.unwrap();
    }
    let mut request =
        pb::ListConcernsRequest { tenant: TENANT.to_owned(), page_size: 2, ..Default::default() };
    let mut pages = Vec::new();
    loop {
        let page = client(&service).list_concerns(request.clone()).await.unwrap().into_inner();
        pages.push(page.concerns.iter().map(|concern| concern.concern_id.clone()).collect::<Vec<_>>());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(pages, [vec!["c-0", "c-1"], vec!["c-2", "c-3"], vec!["c-4"]]);
    for (page_size, page_token, field, rule) in [
        (201, "", "page_size", "must be 0 to 200, is 201"),
        (-1, "", "page_size", "must be 0 to 200, is -1"),
        (0, "x", "page_token", "must come from an earlier answer"),
    ] {
        let request = pb::ListConcernsRequest {
            tenant: TENANT.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
            ..Default::default()
        };
        assert_field(client(&service).list_concerns(request).await, field, rule);
    }
}

#[tokio::test]
async fn feedback_counts_once_and_is_told_of_five_people_and_more() {
    let service = Service::start().await;
    let say = async |token: String, kind: FeedbackKind| {
        let request = pb::SubmitFeedbackRequest { token, kind: kind.into() };
        client(&service).submit_feedback(request).await.map(|answer| answer.into_inner().repeated_call)
    };
    let counts = async || {
        let request = pb::GetFeedbackRequest { tenant: TENANT.to_owned() };
        client(&service).get_feedback(request).await.unwrap().into_inner().counts
    };
    for n in 1..5 {
        let shown = shown(&service, &format!("p-0{n}"), &format!("i-{n}")).await;
        assert!(!say(shown.clone(), FeedbackKind::Clear).await.unwrap());
        assert!(say(shown.clone(), FeedbackKind::Clear).await.unwrap());
        assert!(!say(shown, FeedbackKind::NotRelevant).await.unwrap());
        assert_eq!(counts().await, [], "{n} people");
    }
    let again = shown(&service, "p-01", "again").await;
    say(again, FeedbackKind::Clear).await.unwrap();
    assert_eq!(counts().await, [], "the same people");
    let fifth = shown(&service, "p-05", "fifth").await;
    say(fifth.clone(), FeedbackKind::Clear).await.unwrap();
    let clear = pb::FeedbackCount { kind: FeedbackKind::Clear.into(), people: 5, ads: 6 };
    assert_eq!(counts().await, [clear]);
    assert_field(say(fifth, FeedbackKind::Unspecified).await, "kind", "must be stated");
}

#[tokio::test]
async fn what_is_no_concern_is_refused_by_name_and_nothing_is_kept() {
    let service = Service::start().await;
    let shown = shown(&service, "p-05", "shown").await;
    let good = concern(&shown, "c-1", "fine");
    let long = "x".repeat(2_001);
    let cases = [
        (
            pb::RaiseConcernRequest { concern_id: String::new(), ..good.clone() },
            "concern_id",
            "must not be empty",
        ),
        (
            pb::RaiseConcernRequest { concern_id: "a b".to_owned(), ..good.clone() },
            "concern_id",
            "visible ASCII",
        ),
        (pb::RaiseConcernRequest { topic: 99, ..good.clone() }, "topic", "must be stated"),
        (concern(&shown, "c-1", &long), "text", "must be at most 2000 characters, has 2001"),
        (concern(&shown, "c-1", "a\u{202e}b"), "text", "must have no characters that cannot be seen"),
    ];
    for (request, field, rule) in cases {
        assert_field(raise(&service, request).await, field, rule);
    }
    let forged = raise(&service, concern("forged", "c-1", "")).await;
    assert_refused(forged, Code::Unauthenticated, "TOKEN_REFUSED", "token: ");
    assert_eq!(open(&service).await, []);

    raise(&service, good.clone()).await.unwrap();
    let other = raise(&service, concern(&shown, "c-1", "another")).await;
    assert_refused(other, Code::AlreadyExists, "CONCERN_REUSED", "concern_id: was used with another concern");
    for n in 2..=10 {
        raise(&service, concern(&shown, &format!("c-{n}"), "")).await.unwrap();
    }
    let more = raise(&service, concern(&shown, "c-11", "")).await;
    assert_refused(more, Code::ResourceExhausted, "TOO_MANY_CONCERNS", "10 concerns");

    let empty = answer(&service, "c-1", ConcernOutcome::Upheld, " \n").await;
    assert_field(empty, "answer", "must not be empty");
    let long = "x".repeat(4_001);
    assert_field(answer(&service, "c-1", ConcernOutcome::Upheld, &long).await, "answer", "at most 4000");
    assert_field(
        answer(&service, "c-1", ConcernOutcome::Unspecified, "a").await,
        "outcome",
        "must be stated",
    );
    let unknown = answer(&service, "c-99", ConcernOutcome::Upheld, "a").await;
    assert_refused(unknown, Code::NotFound, "NOT_FOUND", "concern_id: there is no such concern");
}
