//! What every page is made with and answered by.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::place::Placed;
use super::problem::{Problem, problem_page};
use super::setting::Setting;
use crate::decide::{DecideError, Engine};
use crate::domain::Locale;
use crate::explain::{Phrases, negotiate};

/// What every page is made with.
pub(super) struct Pages {
    pub(super) engine: Arc<Engine>,
    /// Which sites may show a page in a frame.
    pub(super) policy: HeaderValue,
    pub(super) widget: String,
}

/// What a link asks for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The language; without one, the browser's.
    lang: Option<String>,
    /// Whether the page is for a frame.
    embed: Option<String>,
    /// The token of the page of reasons that it was opened from.
    pub(super) from: Option<String>,
    /// The ad that the one of the token is compared with.
    pub(super) other: Option<String>,
    /// The datum without which the decision is made again.
    pub(super) without: Option<String>,
}

/// One request for a page: how it is to be answered.
pub(super) struct Reader {
    pages: Arc<Pages>,
    locale: Locale,
    asked_supported: bool,
    placed: Placed,
}

impl Reader {
    pub(super) fn new(pages: Arc<Pages>, asked: &Asked, headers: &HeaderMap, token: Option<&str>) -> Self {
        let (locale, asked_supported) = language(pages.engine.phrases(), asked, headers);
        let placed = Placed::new(asked.embed.as_deref() == Some("1"), token);
        Self { pages, locale, asked_supported, placed }
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.pages.engine
    }

    pub(super) fn setting(&self) -> Setting<'_> {
        Setting {
            phrases: self.pages.engine.phrases(),
            locale: self.locale,
            asked_supported: self.asked_supported,
            placed: &self.placed,
            sample: self.pages.engine.is_sample(),
        }
    }

    /// The page, or what stands in for one that cannot be written.
    pub(super) fn page(&self, written: Result<String, askama::Error>) -> Response {
        match written {
            Ok(html) => self.respond(StatusCode::OK, html),
            Err(error) => {
                tracing::error!(%error, "the page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    pub(super) fn problem(&self, problem: Problem) -> Response {
        self.problem_with(problem, None)
    }

    /// A problem with the field and the rule that it broke.
    pub(super) fn problem_with(&self, problem: Problem, detail: Option<&str>) -> Response {
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::NOT_FOUND);
        let mut response = match problem_page(problem, &self.setting(), detail) {
            Ok(html) => self.respond(status, html),
            Err(_) => status.into_response(),
        };
        if let Problem::TooOften { retry_seconds } = problem {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
        }
        response
    }

    /// What a person is told of a refusal.
    pub(super) fn refusal(&self, error: &DecideError) -> Response {
        let problem = match error {
            DecideError::TokenExpired => Problem::Expired,
            DecideError::Token(_) => Problem::Invalid,
            DecideError::BearerToken => Problem::Bearer,
            DecideError::NotFound(_) | DecideError::Erased | DecideError::ModelGone(_) => Problem::NotFound,
            DecideError::TooOften { retry_seconds } => Problem::TooOften { retry_seconds: *retry_seconds },
            DecideError::ChangeReused => Problem::Reused,
            DecideError::TooManyConcerns(_) => Problem::TooManyConcerns,
            DecideError::Invalid(errors) => {
                return self.problem_with(Problem::Malformed, Some(&errors.to_string()));
            }
            DecideError::ImpressionReused
            | DecideError::ConcernReused
            | DecideError::AnsweredBefore
            | DecideError::NoModel(_)
            | DecideError::DeadlinePast
            | DecideError::SubjectToken(_)
            | DecideError::NothingToRollBack(_)
            | DecideError::NotServable { .. }
            | DecideError::NotEditable { .. }
            | DecideError::LogFull
            | DecideError::Unavailable(_)
            | DecideError::Internal(_) => {
                tracing::error!(detail = error.operator_detail(), "{error}");
                Problem::Unavailable
            }
        };
        self.problem(problem)
    }

    /// Leads to another page of ours, which is then got, however this one was asked for.
    pub(super) fn lead_to(place: &str) -> Response {
        // Made of a token and an identifier that were checked, and of what we write ourselves.
        let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("/"));
        let headers = [
            (header::LOCATION, place),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (StatusCode::SEE_OTHER, headers).into_response()
    }

    /// A page that is not stored, framed by nobody but who is named, and tells nobody where its reader came
    /// from.
    fn respond(&self, status: StatusCode, html: String) -> Response {
        let headers = [
            (header::CONTENT_SECURITY_POLICY, self.pages.policy.clone()),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::VARY, HeaderValue::from_static("accept-language")),
            (header::CONTENT_LANGUAGE, HeaderValue::from_static(self.locale.tag())),
        ];
        (status, headers, Html(html)).into_response()
    }
}

fn language(phrases: &Phrases, asked: &Asked, headers: &HeaderMap) -> (Locale, bool) {
    if let Some(tag) = &asked.lang {
        let locale = Locale::of_tag(tag).filter(|locale| phrases.languages().contains(locale));
        return locale.map_or((Locale::default(), false), |locale| (locale, true));
    }
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    negotiate(header.unwrap_or_default(), phrases.languages())
}
