//! What forms of our pages have in common: who may send one, how it is read, and names that an address can hold.
//!
//! The token in the address is the only credential. No cookie and no password travels with a request by itself, so a
//! form of another site has nothing to borrow from the reader's browser but the token, which the page that embeds the
//! widget knows. So a form counts only when our own page sent it, which browsers tell: `Sec-Fetch-Site`, which no
//! script can set, or `Origin`. A program that sends neither holds the token itself, and could call the service.

use std::future::Future;

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::pages::Reader;
use super::problem::Problem;
use crate::decide::DecideError;
use crate::domain::FieldError;

/// Longest name of a change or a question that a page gives out and takes.
const NAME_CHARACTERS_MAX: usize = 64;

/// A form of one of our pages; the page that stands in for one that is not. `fields` tells what it must hold.
#[allow(clippy::result_large_err, reason = "the one is handed on as it is, once a press")]
pub(super) fn read<T>(
    reader: &Reader,
    headers: &HeaderMap,
    form: Result<Form<T>, FormRejection>,
    fields: &str,
) -> Result<T, Response> {
    if !is_our_own(headers) {
        return Err(reader.problem(Problem::Elsewhere));
    }
    form.map(|Form(form)| form).map_err(|rejected| match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => reader.problem(Problem::TooLarge),
        _ => reader.problem_with(Problem::Malformed, Some(&format!("form: must be of {fields}"))),
    })
}

/// Checks a name of the kind that pages give out, which an address can hold.
///
/// # Errors
/// When it is not.
pub(super) fn check_name(field: &'static str, name: &str) -> Result<(), FieldError> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain && name.len() <= NAME_CHARACTERS_MAX {
        return Ok(());
    }
    Err(FieldError::new(field, format!("must be at most {NAME_CHARACTERS_MAX} letters, digits and dashes")))
}

/// Runs `work` to its end even when the reader leaves before the answer.
pub(super) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, DecideError>> + Send + 'static,
) -> Result<T, DecideError> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|error| Err(DecideError::Internal(error.to_string())))
}

/// Whether a form comes from a page of ours, as far as the browser tells.
fn is_our_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    // An older browser. It sends `null` for a page that keeps its address to itself, as ours do, and for others as
    // well; who cannot be told apart is refused.
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    !host.is_empty() && ["https://", "http://"].iter().any(|scheme| origin.strip_prefix(scheme) == Some(host))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_a_form_of_our_own_counts_where_a_browser_tells() {
        for (site, origin, ours) in [
            ("same-origin", "", true),
            ("same-origin", "null", true),
            ("same-site", "http://limpid.example", false),
            ("cross-site", "", false),
            ("none", "", false),
            ("", "https://limpid.example", true),
            ("", "https://limpid.example.evil.example", false),
            ("", "https://evil.example", false),
            ("", "null", false),
            ("", "", true),
        ] {
            let mut headers = HeaderMap::new();
            let given = [("host", "limpid.example"), ("sec-fetch-site", site), ("origin", origin)];
            for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_our_own(&headers), ours, "{site} {origin}");
        }
    }
}
