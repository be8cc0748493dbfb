//! Which page is where.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::assets::{gpc, style, widget_js};
use super::changes::{self, changes_page};
use super::choose::{back, choose, receipt};
use super::closed::closed_page;
use super::feedback::{CONCERN_BYTES_MAX, concern, press, question, thanks};
use super::how::{HowRequest, how_page};
use super::pages::{Asked, Pages, Reader};
use super::place::Framing;
use super::problem::Problem;
use super::statement::FORM_BYTES_MAX;
use super::why::{WhyRequest, why_page};
use super::widget::widget_script;
use crate::decide::Engine;
use crate::domain::{AdId, FieldError};

/// The pages for people, on one engine; only the sites of `framing` may show them in a frame.
pub fn router(engine: Arc<Engine>, framing: &Framing) -> Router {
    let widget = widget_script(engine.phrases());
    Router::new()
        .route("/why/{token}", get(why))
        .route("/why/{token}/choices", get(back).post(choose).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)))
        .route("/why/{token}/choices/{change}", get(receipt))
        .route("/why/{token}/feedback", get(thanks).post(press).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)))
        .route(
            "/why/{token}/concerns",
            get(back).post(question).layer(DefaultBodyLimit::max(CONCERN_BYTES_MAX)),
        )
        .route("/why/{token}/concerns/{concern}", get(concern))
        .route("/why/{token}/changes", get(what_would_change))
        .route("/why/{token}/what-if", get(what_if))
        .route("/how-it-works", get(how))
        .route("/closed", get(closed))
        .route("/assets/why.css", get(style))
        .route("/widget.js", get(widget_js))
        .route("/.well-known/gpc.json", get(gpc))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(Arc::new(Pages { engine, policy: framing.policy(), widget }))
}

async fn why(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let engine = reader.engine();
    let other = match asked.other.as_deref().map(AdId::parse).transpose() {
        Ok(other) => other,
        Err(error) => return malformed(&reader, "other", &error),
    };
    let (explained, controls) = match engine.explain_with_controls(&token).await {
        Ok(opened) => opened,
        Err(error) => return reader.refusal(&error),
    };
    let compared = engine.compare_opened(&explained, other.as_ref());
    let (concerns, compared) = match (engine.concerns_about(&token).await, compared) {
        (Ok(concerns), Ok(compared)) => (concerns, compared),
        (Err(error), _) | (_, Err(error)) => return reader.refusal(&error),
    };
    let page = why_page(&WhyRequest {
        decision: &explained.decision,
        ad_index: explained.index,
        features: &engine.features_of(&explained.decision),
        setting: reader.setting(),
        precision: explained.precision,
        controls: &controls,
        concerns: &concerns,
        compared: compared.as_ref(),
        fresh: &|| engine.fresh_change_id(),
    });
    match page.transpose() {
        Some(page) => reader.page(page),
        None => reader.problem(Problem::NotFound),
    }
}

async fn what_would_change(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let engine = reader.engine();
    match engine.what_would_change(&token).await {
        Ok((decision, flips)) => {
            let asked = changes::Asked::Everything(&decision, &flips);
            reader.page(changes_page(&reader.setting(), &engine.features_of(&decision), &asked))
        }
        Err(error) => reader.refusal(&error),
    }
}

async fn what_if(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let engine = reader.engine();
    let code = asked.without.unwrap_or_default();
    match engine.without(&token, std::slice::from_ref(&code)).await {
        Ok(without) => {
            let features = engine.features_of(&without.before);
            reader.page(changes_page(&reader.setting(), &features, &changes::Asked::One(&code, &without)))
        }
        Err(error) => reader.refusal(&error),
    }
}

async fn how(State(pages): State<Arc<Pages>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let reader = Reader::new(pages, &asked, &headers, asked.from.as_deref());
    let setting = reader.setting();
    let told = reader.engine().how_it_works(setting.locale);
    reader.page(how_page(&HowRequest { told: &told, setting }))
}

async fn closed(State(pages): State<Arc<Pages>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let reader = Reader::new(pages, &asked, &headers, asked.from.as_deref());
    reader.page(closed_page(&reader.setting()))
}

fn malformed(reader: &Reader, field: &str, error: &FieldError) -> Response {
    reader.problem_with(Problem::Malformed, Some(&format!("{field}: {}", error.rule)))
}
