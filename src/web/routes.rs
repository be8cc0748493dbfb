//! Which page is where, with the headers that keep it safe.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{
    Framing, HowRequest, Placed, Problem, WHY_CSS, WhyRequest, how_page, problem_page, why_page,
    widget_script,
};
use crate::decide::{DecideError, Engine};
use crate::domain::Locale;
use crate::explain::{Phrases, negotiate};

/// What is said of Global Privacy Control, since when.
const GPC: &str = r#"{"gpc":true,"lastUpdate":"2026-11-24"}"#;

/// What every page is made with.
struct Pages {
    engine: Arc<Engine>,
    /// Which sites may show a page in a frame.
    policy: HeaderValue,
    widget: String,
}

/// The pages for people, on one engine; only the sites of `framing` may show them in a frame.
pub fn router(engine: Arc<Engine>, framing: &Framing) -> Router {
    let widget = widget_script(engine.phrases());
    Router::new()
        .route("/why/{token}", get(why))
        .route("/how-it-works", get(how))
        .route("/assets/why.css", get(style))
        .route("/widget.js", get(widget_js))
        .route("/.well-known/gpc.json", get(gpc))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(Arc::new(Pages { engine, policy: framing.policy(), widget }))
}

/// What a link asks for.
#[derive(Deserialize)]
struct Asked {
    /// The language; without one, the browser's.
    lang: Option<String>,
    /// Whether the page is for a frame.
    embed: Option<String>,
    /// The token of the page of reasons that it was opened from.
    from: Option<String>,
}

impl Asked {
    fn placed(&self, token: Option<&str>) -> Placed {
        Placed::new(self.embed.as_deref() == Some("1"), token)
    }
}

async fn why(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let engine = &pages.engine;
    let (locale, asked_supported) = language(engine.phrases(), &asked, &headers);
    let placed = asked.placed(Some(&token));
    let refused = |problem| pages.problem(problem, locale, asked_supported, &placed);
    let explained = match engine.explain(&token).await {
        Ok(explained) => explained,
        Err(error) => {
            return problem_of(&error)
                .map_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response(), refused);
        }
    };
    let page = why_page(&WhyRequest {
        decision: &explained.decision,
        ad_index: explained.index,
        features: &engine.features_of(&explained.decision),
        phrases: engine.phrases(),
        locale,
        asked_supported,
        precision: explained.precision,
        placed: &placed,
        sample: engine.is_sample(),
    });
    match page {
        Ok(Some(html)) => pages.respond(StatusCode::OK, html, locale),
        Ok(None) => refused(Problem::NotFound),
        Err(error) => unwritten(&error),
    }
}

async fn how(State(pages): State<Arc<Pages>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let engine = &pages.engine;
    let (locale, asked_supported) = language(engine.phrases(), &asked, &headers);
    let page = how_page(&HowRequest {
        told: &engine.how_it_works(locale),
        phrases: engine.phrases(),
        locale,
        asked_supported,
        placed: &asked.placed(asked.from.as_deref()),
        sample: engine.is_sample(),
    });
    match page {
        Ok(html) => pages.respond(StatusCode::OK, html, locale),
        Err(error) => unwritten(&error),
    }
}

fn unwritten(error: &askama::Error) -> Response {
    tracing::error!(%error, "the page could not be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The widget, for the pages of any site: it holds nothing but words and code.
async fn widget_js(State(pages): State<Arc<Pages>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, pages.widget.clone()).into_response()
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

/// What a person is told of a refusal; None when it is the service's own trouble.
fn problem_of(error: &DecideError) -> Option<Problem> {
    match error {
        DecideError::TokenExpired => Some(Problem::Expired),
        DecideError::Token(_) | DecideError::BearerToken | DecideError::Invalid(_) => Some(Problem::Invalid),
        DecideError::NotFound(_) | DecideError::Erased | DecideError::ModelGone(_) => Some(Problem::NotFound),
        DecideError::ImpressionReused
        | DecideError::ChangeReused
        | DecideError::ConcernReused
        | DecideError::TooManyConcerns(_)
        | DecideError::AnsweredBefore
        | DecideError::NoModel(_)
        | DecideError::DeadlinePast
        | DecideError::TooOften { .. }
        | DecideError::SubjectToken(_)
        | DecideError::NothingToRollBack(_)
        | DecideError::NotServable { .. }
        | DecideError::NotEditable { .. }
        | DecideError::LogFull
        | DecideError::Unavailable(_)
        | DecideError::Internal(_) => {
            tracing::error!(detail = error.operator_detail(), "{error}");
            None
        }
    }
}

impl Pages {
    fn problem(&self, problem: Problem, locale: Locale, asked_supported: bool, placed: &Placed) -> Response {
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::NOT_FOUND);
        match problem_page(problem, self.engine.phrases(), locale, asked_supported, placed) {
            Ok(html) => self.respond(status, html, locale),
            Err(_) => status.into_response(),
        }
    }

    /// A page that is not stored, framed by nobody but who is named, and tells nobody where its reader came
    /// from.
    fn respond(&self, status: StatusCode, html: String, locale: Locale) -> Response {
        let headers = [
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::VARY, HeaderValue::from_static("accept-language")),
            (header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag())),
        ];
        (status, headers, Html(html)).into_response()
    }
}
