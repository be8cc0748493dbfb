//! What a reader says of the ad and its reasons is kept: feedback in one press, and questions that get an answer.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::concern::{concern_page, thanks_page};
use super::form::{self, check_name, to_the_end};
use super::pages::{Asked, Pages, Reader};
use super::problem::Problem;
use crate::decide::{ConcernIn, DecideError};
use crate::domain::{ConcernId, ConcernTopic, FeedbackKind, FieldError};

/// Most bytes of a question's form: 2,000 characters of four bytes, each byte written as three, and the rest.
pub(super) const CONCERN_BYTES_MAX: usize = 32 * 1024;

/// What a press sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    kind: String,
}

/// What the form of a question sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    concern: String,
    topic: String,
    #[serde(default)]
    text: String,
}

/// Keeps what was pressed.
pub(super) async fn press(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    form: Result<Form<Press>, FormRejection>,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let press = match form::read(&reader, &headers, form, "the field kind, once") {
        Ok(press) => press,
        Err(refused) => return refused,
    };
    let Some(kind) = FeedbackKind::of_name(&press.kind) else {
        let detail = "kind: must be clear, unclear, relevant, not_relevant or dismissed";
        return reader.problem_with(Problem::Malformed, Some(detail));
    };
    match reader.engine().submit_feedback(&token, kind).await {
        Ok(_) => {
            let setting = reader.setting();
            Reader::lead_to(&setting.placed.feedback(setting.locale.tag()))
        }
        Err(error) => reader.refusal(&error),
    }
}

/// Thanks for a press.
pub(super) async fn thanks(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    reader.page(thanks_page(&reader.setting()))
}

/// Keeps a question.
pub(super) async fn question(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    form: Result<Form<Question>, FormRejection>,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let question = match form::read(&reader, &headers, form, "the fields concern, topic and text, each once")
    {
        Ok(question) => question,
        Err(refused) => return refused,
    };
    let incoming = match question.read() {
        Ok(incoming) => incoming,
        Err(error) => return reader.problem_with(Problem::Malformed, Some(&error.to_string())),
    };
    let engine = reader.engine().clone();
    match to_the_end(async move { engine.raise_concern(&token, incoming).await }).await {
        Ok((concern, _)) => {
            let setting = reader.setting();
            Reader::lead_to(&setting.placed.concern(concern.id.as_str(), setting.locale.tag()))
        }
        Err(DecideError::ConcernReused) => reader.problem(Problem::Reused),
        Err(error) => reader.refusal(&error),
    }
}

/// What became of a question.
pub(super) async fn concern(
    State(pages): State<Arc<Pages>>,
    Path((token, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let engine = reader.engine();
    let Ok(id) = concern_id(&id) else { return reader.problem(Problem::NotFound) };
    let concern = match engine.concern(&token, &id).await {
        Ok(concern) => concern,
        Err(error) => return reader.refusal(&error),
    };
    match engine.check_concern(&concern).await {
        Ok(remade) => reader.page(concern_page(&reader.setting(), &concern, &remade)),
        Err(error) => reader.refusal(&error),
    }
}

impl Question {
    /// What it says.
    ///
    /// # Errors
    /// Names the field that breaks a rule; what stands in it is not repeated.
    fn read(self) -> Result<ConcernIn, FieldError> {
        let id = concern_id(&self.concern)?;
        let topic = ConcernTopic::of_name(&self.topic);
        let topic =
            topic.ok_or_else(|| FieldError::new("topic", "must be one of those that the form offers"))?;
        Ok(ConcernIn { id, topic, text: self.text })
    }
}

/// The concern of a form or an address: of the kind that pages give out, which an address can hold.
fn concern_id(text: &str) -> Result<ConcernId, FieldError> {
    check_name("concern", text)?;
    ConcernId::parse(text).map_err(|error| FieldError::new("concern", error.rule))
}
