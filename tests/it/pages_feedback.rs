//! What is said on the page of reasons is kept, thanked for, and a question is followed to its answer.

use limpid::decide::Engine;
use limpid::domain::{ConcernId, ConcernOutcome};
use limpid::ledger::{Concern, TokenKind};

use super::asking::{ALL_PURPOSES, about};
use super::place::tenant;
use super::service::Service;
use super::web_client::{Reply, get, send};

async fn shown(service: &Service) -> String {
    let answer = service.recommend(about("p-05", &ALL_PURPOSES, "shown")).await.unwrap();
    answer.ads[0].explanation_token.clone()
}

/// Sends a form as a browser does from our own page.
async fn post(service: &Service, path: &str, body: &str) -> Reply {
    post_from(service, path, body, "same-origin").await
}

async fn post_from(service: &Service, path: &str, body: &str, site: &str) -> Reply {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", site)];
    send(service.address, "POST", path, &headers, body.as_bytes()).await
}

async fn open(engine: &Engine) -> Vec<Concern> {
    engine.concerns(&tenant(), true, 0, 99).await.unwrap()
}

/// The name that the page's form gives to the question that is asked next.
fn fresh(page: &str) -> String {
    let after = page.split("name=\"concern\" value=\"").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_question_that_is_asked_on_the_page_is_followed_to_its_answer() {
    let service = Service::start().await;
    let token = shown(&service).await;
    let why = get(service.address, &format!("/why/{token}?lang=en"), &[]).await;
    let id = fresh(&why.body);
    let form = format!("concern={id}&topic=wrong_reason&text=I+never+bought+%3Ctea%3E.%0D%0AReally.");
    let sent = post(&service, &format!("/why/{token}/concerns?lang=en"), &form).await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, &*format!("/why/{token}/concerns/{id}?lang=en"))
    );
    let again = post(&service, &format!("/why/{token}/concerns?lang=en"), &form).await;
    assert_eq!(again.status, 303, "sent twice, asked once");
    let [asked] = &open(&service.engine).await[..] else { panic!("one question waits") };
    assert_eq!(asked.text.as_deref(), Some("I never bought <tea>.\r\nReally."));

    let place = sent.header("location").to_owned();
    let waits = get(service.address, &place, &[]).await.body;
    for told in
        ["There is no answer yet.", "I never bought &#60;tea&#62;.", "it comes out the same", "31 Mar"]
    {
        assert!(waits.contains(told), "{told}: {waits}");
    }
    let concern = ConcernId::parse(&id).unwrap();
    let answer = "You are right <b>.\nIt is put right.";
    service.engine.resolve_concern(&tenant(), &concern, ConcernOutcome::Upheld, answer).await.unwrap();
    let answered = get(service.address, &place, &[]).await.body;
    for told in ["You were right.", "You are right &#60;b&#62;.", "It is put right."] {
        assert!(answered.contains(told), "{told}: {answered}");
    }
    // The page of reasons leads there, in every language.
    for (lang, title) in [("en", "A reason is not true"), ("fr", "Une raison n’est pas vraie")] {
        let why = get(service.address, &format!("/why/{token}?lang={lang}"), &[]).await.body;
        let link = format!("<a href=\"/why/{token}/concerns/{id}?lang={lang}\">{title}</a>");
        assert!(why.contains(&link), "{lang}: {why}");
    }
    // Whoever holds a link that anyone may hold is told that there is an answer, and not what it says.
    let decision = service.engine.explain(&token).await.unwrap().decision;
    let bearer = service.engine.token(&decision, 0, TokenKind::Bearer);
    let told = get(service.address, &format!("/why/{bearer}/concerns/{id}?lang=en"), &[]).await.body;
    assert!(told.contains("You were right.") && told.contains("shown only to the person"), "{told}");
    assert!(!told.contains("put right") && !told.contains("tea"), "{told}");
}

#[tokio::test]
async fn a_press_is_kept_and_thanked_for() {
    let service = Service::start().await;
    let token = shown(&service).await;
    for kind in ["clear", "unclear", "relevant", "not_relevant"] {
        let sent =
            post(&service, &format!("/why/{token}/feedback?lang=fr&embed=1"), &format!("kind={kind}")).await;
        let place = format!("/why/{token}/feedback?lang=fr&embed=1");
        assert_eq!((sent.status, sent.header("location")), (303, place.as_str()));
        assert!(get(service.address, &place, &[]).await.body.contains("<h1>Merci</h1>"));
    }
    let counts = service.store.feedback_counts(&tenant()).await.unwrap();
    assert!(
        counts.len() == 4 && counts.iter().all(|count| (count.people, count.ads) == (1, 1)),
        "{counts:?}"
    );
}

#[tokio::test]
async fn what_our_page_did_not_send_is_refused_and_nothing_is_kept() {
    let service = Service::start().await;
    let token = shown(&service).await;
    let (concerns, feedback) = (format!("/why/{token}/concerns"), format!("/why/{token}/feedback"));
    let long = format!("concern=a&topic=other&text={}", "x".repeat(2_001));
    for (path, body, status, told) in [
        (
            &concerns,
            "topic=other&text=a",
            400,
            "form: must be of the fields concern, topic and text, each once",
        ),
        (&concerns, "concern=a&topic=other&text=a&more=1", 400, "form: "),
        (&concerns, "concern=a/b&topic=other&text=a", 400, "concern: must be at most 64"),
        (&concerns, "concern=a&topic=secret&text=a", 400, "topic: must be one of"),
        (&concerns, "concern=a&topic=other&text=%00", 400, "text: must have no characters"),
        (&concerns, long.as_str(), 400, "text: must be at most 2000 characters, has 2001"),
        (&feedback, "kind=secret", 400, "kind: must be clear"),
        (&feedback, "", 400, "form: must be of the field kind, once"),
    ] {
        let refused = post(&service, path, body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.body);
        assert!(refused.body.contains(told) && !refused.body.contains("secret"), "{body}: {}", refused.body);
    }
    let huge = format!("concern=a&topic=other&text={}", "x".repeat(40_000));
    assert_eq!(post(&service, &concerns, &huge).await.status, 413);
    for site in ["cross-site", "same-site", "none"] {
        let good = "concern=a&topic=other&text=a";
        assert_eq!(post_from(&service, &concerns, good, site).await.status, 403, "{site}");
        assert_eq!(post_from(&service, &feedback, "kind=clear", site).await.status, 403, "{site}");
    }
    assert_eq!(post(&service, "/why/forged/concerns", "concern=a&topic=other&text=a").await.status, 403);
    assert_eq!(get(service.address, &format!("{concerns}/unknown"), &[]).await.status, 404);
    assert_eq!(get(service.address, &format!("{concerns}/a%2Fb"), &[]).await.status, 404);
    assert_eq!(open(&service.engine).await, []);
    assert_eq!(service.store.feedback_counts(&tenant()).await.unwrap(), []);

    for n in 0..10 {
        let sent = post(&service, &concerns, &format!("concern=c-{n}&topic=other&text=")).await;
        assert_eq!(sent.status, 303, "{n}");
    }
    let more = post(&service, &concerns, "concern=c-10&topic=other&text=").await;
    assert_eq!(more.status, 409);
    let other = post(&service, &concerns, "concern=c-1&topic=other&text=other").await;
    assert_eq!(other.status, 409);
}
