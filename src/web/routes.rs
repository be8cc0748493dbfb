//! Which page is where, with the headers that keep it safe.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Problem, WHY_CSS, WhyRequest, problem_page, why_page};
use crate::decide::{DecideError, Engine};
use crate::domain::Locale;
use crate::explain::{Phrases, negotiate};

/// Nothing but our own style sheet may load, and nobody may frame the page.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is said of Global Privacy Control, since when.
const GPC: &str = r#"{"gpc":true,"lastUpdate":"2026-11-24"}"#;

/// The pages for people, on one engine.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/why/{token}", get(why))
        .route("/assets/why.css", get(style))
        .route("/.well-known/gpc.json", get(gpc))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(engine)
}

/// The language that the link asks for; without one, the browser's.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

async fn why(
    State(engine): State<Arc<Engine>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let (locale, asked_supported) = language(engine.phrases(), &asked, &headers);
    let explained = match engine.explain(&token).await {
        Ok(explained) => explained,
        Err(error) => return refuse(&engine, &error, locale, asked_supported),
    };
    let page = why_page(&WhyRequest {
        decision: &explained.decision,
        ad_index: explained.index,
        features: &engine.features_of(&explained.decision),
        phrases: engine.phrases(),
        locale,
        asked_supported,
        precision: explained.precision,
        sample: engine.is_sample(),
    });
    match page {
        Ok(Some(html)) => respond(StatusCode::OK, html, locale),
        Ok(None) => problem(&engine, Problem::NotFound, locale, asked_supported),
        Err(error) => {
            tracing::error!(%error, "the page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, WHY_CSS).into_response()
}

/// That the browser's switch is honoured (Global Privacy Control, "GPC support resource").
async fn gpc() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, GPC).into_response()
}

fn language(phrases: &Phrases, asked: &Asked, headers: &HeaderMap) -> (Locale, bool) {
    if let Some(tag) = &asked.lang {
        let locale = Locale::of_tag(tag).filter(|locale| phrases.languages().contains(locale));
        return locale.map_or((Locale::default(), false), |locale| (locale, true));
    }
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    negotiate(header.unwrap_or_default(), phrases.languages())
}

fn refuse(engine: &Engine, error: &DecideError, locale: Locale, asked_supported: bool) -> Response {
    match error {
        DecideError::TokenExpired => problem(engine, Problem::Expired, locale, asked_supported),
        DecideError::Token(_) | DecideError::BearerToken | DecideError::Invalid(_) => {
            problem(engine, Problem::Invalid, locale, asked_supported)
        }
        DecideError::NotFound(_) | DecideError::Erased | DecideError::ModelGone(_) => {
            problem(engine, Problem::NotFound, locale, asked_supported)
        }
        DecideError::ImpressionReused
        | DecideError::ChangeReused
        | DecideError::NoModel(_)
        | DecideError::DeadlinePast
        | DecideError::TooOften { .. }
        | DecideError::NothingToRollBack(_)
        | DecideError::NotServable { .. }
        | DecideError::NotEditable { .. }
        | DecideError::LogFull
        | DecideError::Unavailable(_)
        | DecideError::Internal(_) => {
            tracing::error!(detail = error.operator_detail(), "{error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn problem(engine: &Engine, problem: Problem, locale: Locale, asked_supported: bool) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::NOT_FOUND);
    match problem_page(problem, engine.phrases(), locale, asked_supported) {
        Ok(html) => respond(status, html, locale),
        Err(_) => status.into_response(),
    }
}

/// A page that is not stored, not framed, and tells nobody where its reader came from.
fn respond(status: StatusCode, html: String, locale: Locale) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag())),
    ];
    (status, headers, Html(html)).into_response()
}
