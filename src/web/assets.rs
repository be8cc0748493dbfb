//! What pages and sites load: the same for everyone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};

use super::pages::Pages;

/// The style sheet of every page, served at `/assets/why.css`.
const WHY_CSS: &str = include_str!("style.css");
/// What is said of Global Privacy Control, since when.
const GPC: &str = r#"{"gpc":true,"lastUpdate":"2026-11-24"}"#;

/// The widget, for the pages of any site: it holds nothing but words and code.
pub(super) async fn widget_js(State(pages): State<Arc<Pages>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, pages.widget.clone()).into_response()
}

pub(super) async fn style() -> Response {
    fixed("text/css; charset=utf-8", WHY_CSS)
}

/// That the browser's switch is honoured (Global Privacy Control, "GPC support resource").
pub(super) async fn gpc() -> Response {
    fixed("application/json", GPC)
}

fn fixed(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
