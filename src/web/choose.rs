//! A button is pressed: the choice is made durable, then answered with its receipt.
//!
//! The token in the address is the only credential. No cookie and no password travels with a request by itself, so a
//! form of another site has nothing to borrow from the reader's browser but the token, which the page that embeds the
//! widget knows. So a form counts only when our own page sent it, which browsers tell: `Sec-Fetch-Site`, which no
//! script can set, or `Origin`. A program that sends neither holds the token itself, and could call the service.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::pages::{Asked, Pages, Reader};
use super::problem::Problem;
use super::receipt::{ReceiptRequest, receipt_page};
use super::statement::{ChoiceForm, change_id};
use crate::decide::{ChoiceIn, ChoiceReceipt, Chooser, DecideError, Engine};
use crate::domain::{Statement, Teller};

/// Makes a choice.
pub(super) async fn choose(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    form: Result<Form<ChoiceForm>, FormRejection>,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    if !is_our_own(&headers) {
        return reader.problem(Problem::Elsewhere);
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejected) if rejected.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return reader.problem(Problem::TooLarge);
        }
        Err(_) => {
            let detail = "form: must be of the fields change, say, about and name, each once";
            return reader.problem_with(Problem::Malformed, Some(detail));
        }
    };
    let (id, statement) = match form.read() {
        Ok(read) => read,
        Err(error) => return reader.problem_with(Problem::Malformed, Some(&error.to_string())),
    };
    let engine = reader.engine();
    let (tenant, subject) = match engine.controls_of(&token).await.map(|controls| controls.chooser) {
        Ok(Chooser::Person(tenant, subject)) => (tenant, subject),
        Ok(Chooser::Bearer) => return reader.problem(Problem::Bearer),
        Ok(Chooser::Nobody) => return reader.problem(Problem::Nobody),
        Err(error) => return reader.refusal(&error),
    };
    if let Statement::Object(objection) = &statement
        && let Err(error) = engine.check_objection(objection)
    {
        return reader.problem_with(Problem::Malformed, Some(&format!("name: {}", error.rule)));
    }
    let incoming = ChoiceIn { tenant, subject, id, teller: Teller::Person, statements: vec![statement] };
    match to_the_end(engine.clone(), incoming).await {
        Ok(receipt) => {
            let setting = reader.setting();
            let place = setting.placed.receipt(receipt.change.id.as_str(), setting.locale.tag());
            Reader::lead_to(&place)
        }
        Err(error) => reader.refusal(&error),
    }
}

/// The receipt of a choice that was made.
pub(super) async fn receipt(
    State(pages): State<Arc<Pages>>,
    Path((token, change)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let engine = reader.engine();
    let kept = match change_id(&change) {
        Ok(id) => engine.kept_change(&token, &id).await,
        Err(_) => return reader.problem(Problem::NoReceipt),
    };
    let kept = match kept {
        // That processing was restricted is answered where it was asked for: no button here undoes it.
        Ok(kept) if kept.receipt.change.statements.iter().any(is_a_right) => {
            return reader.problem(Problem::NoReceipt);
        }
        Ok(kept) => kept,
        Err(DecideError::NotFound(_)) => return reader.problem(Problem::NoReceipt),
        Err(error) => return reader.refusal(&error),
    };
    reader.page(receipt_page(&ReceiptRequest {
        setting: reader.setting(),
        features: &engine.features_of(&kept.before.before),
        kept: &kept,
        fresh: &|| engine.fresh_change_id(),
    }))
}

/// An address that only takes forms, when it is read: what a link to another language comes to after a problem.
pub(super) async fn back(
    State(pages): State<Arc<Pages>>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::new(pages, &asked, &headers, Some(&token));
    let setting = reader.setting();
    match setting.placed.why(setting.locale.tag()) {
        Some(place) => Reader::lead_to(&place),
        None => reader.problem(Problem::Invalid),
    }
}

/// Whether a statement is made with a subject token alone.
const fn is_a_right(statement: &Statement) -> bool {
    match statement {
        Statement::Restrict | Statement::Lift => true,
        Statement::Grant(_) | Statement::Withdraw(_) | Statement::Object(_) | Statement::TakeBack(_) => false,
    }
}

/// Whether a form comes from a page of ours, as far as the browser tells.
pub(super) fn is_our_own(headers: &HeaderMap) -> bool {
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

/// Makes a choice even when the reader leaves before the answer.
async fn to_the_end(engine: Arc<Engine>, incoming: ChoiceIn) -> Result<ChoiceReceipt, DecideError> {
    let ended = tokio::spawn(async move { engine.choose(incoming).await }).await;
    ended.unwrap_or_else(|error| Err(DecideError::Internal(error.to_string())))
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
