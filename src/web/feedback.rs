//! What a reader says of the ad and its reasons is kept: feedback in one press, and questions that get an answer.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

use super::choose::is_our_own;
use super::concern::{concern_page, thanks_page};
use super::pages::{Asked, Pages, Reader};
use super::problem::Problem;
use crate::decide::{ConcernIn, DecideError};
use crate::domain::{ConcernId, ConcernTopic, FeedbackKind, FieldError};

/// Most bytes of a question's form: 2,000 characters of four bytes, each byte written as three, and the rest.
pub(super) const CONCERN_BYTES_MAX: usize = 32 * 1024;
/// Longest identifier of a concern that a page gives out and takes.
const CONCERN_CHARACTERS_MAX: usize = 64;

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
    let press = match read(&reader, &headers, form, "form: must be of the field kind, once") {
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
    let detail = "form: must be of the fields concern, topic and text, each once";
    let question = match read(&reader, &headers, form, detail) {
        Ok(question) => question,
        Err(refused) => return refused,
    };
    let incoming = match question.read() {
        Ok(incoming) => incoming,
        Err(error) => return reader.problem_with(Problem::Malformed, Some(&error.to_string())),
    };
    let engine = reader.engine().clone();
    let raising = tokio::spawn(async move { engine.raise_concern(&token, incoming).await });
    let raised = raising.await.unwrap_or_else(|error| Err(DecideError::Internal(error.to_string())));
    match raised {
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
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !plain || text.len() > CONCERN_CHARACTERS_MAX {
        let rule = format!("must be at most {CONCERN_CHARACTERS_MAX} letters, digits and dashes");
        return Err(FieldError::new("concern", rule));
    }
    ConcernId::parse(text).map_err(|error| FieldError::new("concern", error.rule))
}

/// A form of one of our pages; the page that stands in for one that is not.
#[allow(clippy::result_large_err, reason = "the one is handed on as it is, once a press")]
fn read<T>(
    reader: &Reader,
    headers: &HeaderMap,
    form: Result<Form<T>, FormRejection>,
    detail: &str,
) -> Result<T, Response> {
    if !is_our_own(headers) {
        return Err(reader.problem(Problem::Elsewhere));
    }
    form.map(|Form(form)| form).map_err(|rejected| match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => reader.problem(Problem::TooLarge),
        _ => reader.problem_with(Problem::Malformed, Some(detail)),
    })
}
