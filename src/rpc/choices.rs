//! Choices of people, between the wire and ours.

use std::sync::Arc;

use tonic::Status;

use super::account::{purposes, timestamp};
use super::status::{Fields, invalid};
use super::{pb, to_the_end};
use crate::admission::Caller;
use crate::decide::{ChoiceIn, ChoiceReceipt, DecideError, Engine};
use crate::domain::{
    ChangeId, ChoiceChange, Choices, FieldError, Objection, Purpose, Statement, SubjectKey, SubjectMark,
    Teller, TenantId,
};
use crate::rights::Asker;
use crate::store::Right;

/// A person who was found, and who speaks.
pub(super) struct Found {
    pub(super) tenant: TenantId,
    pub(super) subject: SubjectKey,
    teller: Teller,
    /// The person in the trail of rights.
    mark: SubjectMark,
    /// Who vouches that it is the person.
    vouched: String,
}

/// Whether the caller may name the person as it does. Asked before the rest of a request is looked at.
///
/// # Errors
/// When it names one itself, and may not.
pub(super) fn check_names(caller: &Caller, person: Option<&pb::Person>) -> Result<(), Status> {
    use pb::person::NamedBy;
    match person.and_then(|person| person.named_by.as_ref()) {
        Some(NamedBy::Subject(name)) => Ok(caller.names_people(&name.tenant)?),
        Some(NamedBy::Token(_) | NamedBy::SubjectToken(_)) | None => Ok(()),
    }
}

/// Finds the person whom a request names.
///
/// # Errors
/// When it names none, the caller may not name it so, or the token does not tell who it is.
pub(super) async fn find(
    engine: &Engine,
    caller: &Caller,
    person: Option<pb::Person>,
) -> Result<Found, Status> {
    use pb::person::NamedBy;
    check_names(caller, person.as_ref())?;
    match person.and_then(|person| person.named_by) {
        None => Err(invalid(&FieldError::new("person", "must be given, by subject or by token").into())),
        Some(NamedBy::Token(token)) => {
            let (tenant, subject) = engine.person_of_token(&token).await?;
            let (mark, vouched) = (engine.mark(&tenant, &subject), "decision token".to_owned());
            Ok(Found { tenant, subject, teller: Teller::Person, mark, vouched })
        }
        Some(NamedBy::SubjectToken(token)) => {
            let asker = engine.ask(&token, Right::Object).await?;
            let Asker { tenant, subject, mark, key: vouched, .. } = asker;
            Ok(Found { tenant, subject, teller: Teller::Person, mark, vouched })
        }
        Some(NamedBy::Subject(name)) => {
            let mut fields = Fields::default();
            let at = "person.subject";
            let tenant = fields.take(TenantId::parse(&name.tenant).map_err(|error| error.under(at)));
            let named = match &tenant {
                Some(tenant) => {
                    let named = engine.see(tenant, &name.id).await?;
                    fields.take(named.map_err(|error| FieldError::new("person.subject.id", error.rule)))
                }
                None => None,
            };
            let found = tenant.zip(named);
            fields.finish(found.map(|(tenant, named)| Found {
                mark: engine.person_mark(&tenant, &name.id),
                tenant,
                subject: named.subject,
                teller: Teller::Controller,
                vouched: "controller".to_owned(),
            }))
        }
    }
}

/// Makes a change durable and lets it take effect; `right` is the one that is exercised by it.
///
/// # Errors
/// When the person is not found, or the change is refused.
pub(super) async fn choose(
    engine: &Arc<Engine>,
    caller: &Caller,
    person: Option<pb::Person>,
    (id, statements): (ChangeId, Vec<Statement>),
    right: Option<Right>,
) -> Result<pb::ChoiceReceipt, Status> {
    let token = match person.as_ref().and_then(|person| person.named_by.as_ref()) {
        Some(pb::person::NamedBy::Token(token)) => Some(token.clone()),
        Some(pb::person::NamedBy::Subject(_) | pb::person::NamedBy::SubjectToken(_)) | None => None,
    };
    let Found { tenant, subject, teller, mark, vouched } = find(engine, caller, person).await?;
    if right == Some(Right::Object) {
        engine.keep_objection(&tenant, mark, &vouched).await?;
    }
    let incoming = ChoiceIn { tenant, subject, id, teller, statements };
    let choosing = Arc::clone(engine);
    let receipt: Result<_, DecideError> = to_the_end(async move { choosing.choose(incoming).await }).await;
    let receipt = receipt?;
    let decision = match token {
        Some(token) => made_again(engine, &token, &receipt.after).await,
        None => None,
    };
    Ok(pb::ChoiceReceipt { decision, ..receipt.into() })
}

/// The token's decision under choices. The change is durable by now, so what fails here takes nothing back.
async fn made_again(engine: &Engine, token: &str, choices: &Choices) -> Option<pb::DecisionReceipt> {
    let made = engine.under_choices(token, choices).await;
    let without = made.inspect_err(|error| tracing::warn!(%error, "a receipt without its decision")).ok()?;
    let before = &without.before.ranked[without.index].ad;
    let after = without.after.ranked.first().map(|first| &first.ad);
    Some(pb::DecisionReceipt {
        decision_id: without.before.id.to_string(),
        before_ad_id: before.id.to_string(),
        before_advertiser: before.advertiser.clone(),
        after_ad_id: after.map(|ad| ad.id.to_string()).unwrap_or_default(),
        after_advertiser: after.map(|ad| ad.advertiser.clone()).unwrap_or_default(),
        changed: without.changes,
    })
}

/// Purposes by number, each once.
pub(super) fn read_purposes(fields: &mut Fields, numbers: &[i32], field: &str) -> Vec<Purpose> {
    if numbers.len() > Purpose::ALL.len() {
        fields.refuse(field, format!("must be at most {}, are {}", Purpose::ALL.len(), numbers.len()));
        return Vec::new();
    }
    let mut read = Vec::with_capacity(numbers.len());
    for (i, number) in numbers.iter().enumerate() {
        let at = format!("{field}[{i}]");
        let purpose = Purpose::from_number(i64::from(*number));
        match fields.take(purpose.map_err(|error| FieldError::new(at.clone(), error.rule))) {
            Some(purpose) if read.contains(&purpose) => {
                fields.refuse(at, format!("repeats purpose {number}"));
            }
            Some(purpose) => read.push(purpose),
            None => {}
        }
    }
    read
}

impl From<ChoiceReceipt> for pb::ChoiceReceipt {
    fn from(receipt: ChoiceReceipt) -> Self {
        Self {
            change: Some((&receipt.change).into()),
            changed: receipt.changed,
            before: Some((&receipt.before).into()),
            after: Some((&receipt.after).into()),
            repeated_call: receipt.repeated,
            decision: None,
        }
    }
}

impl From<&Choices> for pb::Choices {
    fn from(choices: &Choices) -> Self {
        let chosen = |granted: bool| {
            let of = if granted { &choices.granted } else { &choices.withdrawn };
            of.iter().map(move |(purpose, since)| pb::PurposeChoice {
                purpose: purpose.number().into(),
                granted,
                since: Some(timestamp(*since)),
            })
        };
        let mut both = chosen(true).chain(chosen(false)).collect::<Vec<_>>();
        both.sort_by_key(|choice| choice.purpose);
        Self {
            purposes: both,
            objected_purposes: purposes(choices.objected),
            hidden_advertisers: choices.hidden_advertisers.iter().cloned().collect(),
            hidden_categories: choices.hidden_categories.iter().cloned().collect(),
            forgotten_data: choices.forgotten.iter().cloned().collect(),
            personalisation_stopped: choices.personalisation_stopped,
            restricted: choices.restricted,
        }
    }
}

impl From<&ChoiceChange> for pb::ChoiceChange {
    fn from(change: &ChoiceChange) -> Self {
        let teller = match change.teller {
            Teller::Person => pb::Teller::Person,
            Teller::Controller => pb::Teller::Controller,
        };
        Self {
            change_id: change.id.to_string(),
            at: Some(timestamp(change.at)),
            teller: teller.into(),
            statements: change.statements.iter().map(pb::Statement::from).collect(),
        }
    }
}

impl From<&Statement> for pb::Statement {
    fn from(statement: &Statement) -> Self {
        use pb::statement::About;
        let purpose = |purpose: &Purpose| About::Purpose(purpose.number().into());
        let objection = |objection: &Objection| match objection {
            Objection::Purpose(of) => purpose(of),
            Objection::Advertiser(name) => About::Advertiser(name.clone()),
            Objection::Category(name) => About::Category(name.clone()),
            Objection::Datum(code) => About::Datum(code.clone()),
            Objection::Personalisation => About::Personalisation(true),
        };
        let (kind, about) = match statement {
            Statement::Grant(of) => (pb::StatementKind::Grant, purpose(of)),
            Statement::Withdraw(of) => (pb::StatementKind::Withdraw, purpose(of)),
            Statement::Object(to) => (pb::StatementKind::Object, objection(to)),
            Statement::TakeBack(to) => (pb::StatementKind::TakeBack, objection(to)),
            Statement::Restrict => (pb::StatementKind::Restrict, About::Personalisation(true)),
            Statement::Lift => (pb::StatementKind::Lift, About::Personalisation(true)),
        };
        Self { kind: kind.into(), about: Some(about) }
    }
}
