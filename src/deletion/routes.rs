//! Over HTTP: what is published, and where requests are sent.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::acknowledgement::acknowledgement;
use super::jws::{self, TOKEN_BYTES_MAX};
use super::participants::{JWKS_PATH, Participants};
use super::request::{Asked, read};
use crate::decide::{DecideError, DeletionRequest, Engine};
use crate::fairness::LabelFolder;

/// Where requests are sent.
const ENDPOINT_PATH: &str = "/deletion-requests";

/// Longest body: a token within JSON.
const BODY_BYTES_MAX: usize = TOKEN_BYTES_MAX + 1024;

/// When a request may be sent again that could not be carried out, in seconds.
const RETRY_SECONDS: u32 = 60;

struct Deletion {
    engine: Arc<Engine>,
    labels: LabelFolder,
    participants: Arc<Participants>,
}

/// Takes requests of these participants: erases in `engine` and `labels`.
pub fn router(engine: Arc<Engine>, labels: LabelFolder, participants: Arc<Participants>) -> Router {
    Router::new()
        .route("/dsrdelete.json", get(published))
        .route("/.well-known/iabtl/dsrdelete.json", get(published))
        .route(JWKS_PATH, get(published_keys))
        .route(ENDPOINT_PATH, post(take).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .with_state(Arc::new(Deletion { engine, labels, participants }))
}

async fn published(State(deletion): State<Arc<Deletion>>) -> Response {
    public(&deletion.participants.published())
}

async fn published_keys(State(deletion): State<Arc<Deletion>>) -> Response {
    public(&deletion.participants.published_keys())
}

fn public(value: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, value.to_string()).into_response()
}

fn answer(status: StatusCode, value: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, value.to_string()).into_response()
}

fn problem(status: StatusCode, error: &str) -> Response {
    answer(status, &json!({ "error": error }))
}

async fn take(State(deletion): State<Arc<Deletion>>, headers: HeaderMap, body: Bytes) -> Response {
    let token = match token_of(&headers, &body) {
        Ok(token) => token,
        Err((status, error)) => return problem(status, error),
    };
    let now = deletion.engine.now();
    let Asked { version, request } = match read(&token, &deletion.participants, now) {
        Ok(asked) => asked,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error),
    };
    let (status, outcome) = match request {
        Err(refusal) => (StatusCode::BAD_REQUEST, Err(refusal)),
        Ok(request) => match to_the_end(Arc::clone(&deletion), request).await {
            Ok(()) => (StatusCode::ACCEPTED, Ok(())),
            Err(()) => return later(),
        },
    };
    match acknowledgement(&deletion.participants, &token, version, outcome, now) {
        Ok(token) => answer(status, &json!({ "acJWT": token })),
        Err(error) => {
            tracing::error!(%error, "acknowledgements of deletion requests cannot be signed");
            later()
        }
    }
}

fn later() -> Response {
    let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, "cannot be carried out now; send it again");
    answer.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    answer
}

/// The token of a body: all of it, or the member `rqJWT` of a JSON object.
fn token_of(headers: &HeaderMap, body: &Bytes) -> Result<String, (StatusCode, &'static str)> {
    let kind = headers.get(CONTENT_TYPE).map_or(Ok(""), |kind| kind.to_str()).unwrap_or("?");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "" | "application/jwt" | "text/plain" => {
            let text =
                str::from_utf8(body).map_err(|_| (StatusCode::BAD_REQUEST, "body: must be a token"))?;
            Ok(text.trim_ascii().to_owned())
        }
        "application/json" => {
            let members = jws::read(body);
            let token = members.as_ref().and_then(|members| members.get("rqJWT")).and_then(Value::as_str);
            let wrong = "body: must be a JSON object with a token as its member rqJWT";
            token.map(str::to_owned).ok_or((StatusCode::BAD_REQUEST, wrong))
        }
        _ => Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content-type: must be application/jwt, text/plain or application/json",
        )),
    }
}

/// Carries a request out even when whoever sent it has gone.
async fn to_the_end(deletion: Arc<Deletion>, request: DeletionRequest) -> Result<(), ()> {
    let carried_out = tokio::spawn(async move { carry_out(&deletion, &request).await }).await;
    let failed = match carried_out {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(error) => DecideError::Internal(error.to_string()),
    };
    let detail = failed.operator_detail().unwrap_or_default();
    tracing::error!(error = %failed, detail, "a deletion request was not carried out; it is to be sent again");
    Err(())
}

/// Erases the person, unless that was done at the same request before.
async fn carry_out(deletion: &Deletion, request: &DeletionRequest) -> Result<(), DecideError> {
    let engine = &deletion.engine;
    let Some(asker) = engine.asker_of_deletion(request).await? else { return Ok(()) };
    // Whatever becomes of the one, the other is erased; the request is to be sent again unless both were.
    let (tenant, raw_id) = (request.tenant.clone(), request.raw_id.clone());
    let labels = deletion.labels.erase(tenant, raw_id, engine.now()).await;
    engine.erase(&asker).await?;
    labels.map_err(|error| DecideError::Internal(error.to_string()))?;
    engine.keep_deletion(request).await
}
