//! A button is pressed: the choice is made durable, then answered with its receipt.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::form::{self, to_the_end};
use super::pages::{Asked, Pages, Reader};
use super::problem::Problem;
use super::receipt::{ReceiptRequest, receipt_page};
use super::statement::{ChoiceForm, change_id};
use crate::decide::{ChoiceIn, Chooser, DecideError};
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
    let form = match form::read(&reader, &headers, form, "the fields change, say, about and name, each once")
    {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let (id, statement) = match form.read() {
        Ok(read) => read,
        Err(error) => return reader.problem_with(Problem::Malformed, Some(&error.to_string())),
    };
    let engine = reader.engine();
    let (tenant, subject) = match engine.chooser_of(&token).await {
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
    let choosing = Arc::clone(engine);
    match to_the_end(async move { choosing.choose(incoming).await }).await {
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
