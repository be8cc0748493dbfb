//! A choice as a form sends it: four fields, each known.

use serde::{Deserialize, Serialize};

use super::form::check_name;
use crate::domain::{ChangeId, FieldError, Objection, Purpose, Statement, TOPIC_BYTES_MAX};

/// Most bytes of a form: every field at its longest, each byte of a name written as five.
pub(super) const FORM_BYTES_MAX: usize = 2_048;

/// What a button sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoiceForm {
    /// The change that is made; a form that is sent twice makes it once.
    pub(super) change: String,
    say: String,
    about: String,
    /// What of its kind, written as an address would: what others named keeps every character, of which a form may
    /// change some, and cannot pass for anything else in a page. Empty when there is only one.
    #[serde(default)]
    name: String,
}

impl ChoiceForm {
    pub(super) fn of(change: &ChangeId, statement: &Statement) -> Self {
        let (say, about, name) = match statement {
            Statement::Grant(purpose) => ("grant", "purpose", purpose.number().to_string()),
            Statement::Withdraw(purpose) => ("withdraw", "purpose", purpose.number().to_string()),
            Statement::Object(objection) => with("object", objection),
            Statement::TakeBack(objection) => with("take_back", objection),
            // Rights that want more than the token of an ad: a form that says so is refused.
            Statement::Restrict => ("restrict", "everything", String::new()),
            Statement::Lift => ("lift", "everything", String::new()),
        };
        Self { change: change.to_string(), say: say.to_owned(), about: about.to_owned(), name }
    }

    pub(super) fn say(&self) -> &str {
        &self.say
    }

    pub(super) fn about(&self) -> &str {
        &self.about
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it says.
    ///
    /// # Errors
    /// Names the field that breaks a rule; what stands in it is not repeated.
    pub(super) fn read(&self) -> Result<(ChangeId, Statement), FieldError> {
        let id = change_id(&self.change)?;
        let statement = match self.say.as_str() {
            "grant" => Statement::Grant(self.purpose()?),
            "withdraw" => Statement::Withdraw(self.purpose()?),
            "object" => Statement::Object(self.objection()?),
            "take_back" => Statement::TakeBack(self.objection()?),
            _ => return Err(FieldError::new("say", "must be grant, withdraw, object or take_back")),
        };
        Ok((id, statement))
    }

    fn purpose(&self) -> Result<Purpose, FieldError> {
        if self.about != "purpose" {
            return Err(FieldError::new("about", "must be purpose, of what is granted or withdrawn"));
        }
        let number = self.name.parse::<i64>().ok().and_then(|number| Purpose::from_number(number).ok());
        number.ok_or_else(|| FieldError::new("name", "must be the number of a purpose, 1 to 11"))
    }

    fn objection(&self) -> Result<Objection, FieldError> {
        let name = || {
            let name = decoded(&self.name)?;
            match name.len() {
                1..=TOPIC_BYTES_MAX => Ok(name),
                bytes => {
                    let rule = format!("must be 1 to {TOPIC_BYTES_MAX} bytes, has {bytes}");
                    Err(FieldError::new("name", rule))
                }
            }
        };
        Ok(match self.about.as_str() {
            "purpose" => Objection::Purpose(self.purpose()?),
            "advertiser" => Objection::Advertiser(name()?),
            "category" => Objection::Category(name()?),
            "datum" => Objection::Datum(name()?),
            "everything" if self.name.is_empty() => Objection::Personalisation,
            "everything" => return Err(FieldError::new("name", "must be empty, of everything")),
            _ => {
                let rule = "must be purpose, advertiser, category, datum or everything";
                return Err(FieldError::new("about", rule));
            }
        })
    }
}

/// The change of a form or an address: of the kind that pages give out, which an address can hold.
///
/// # Errors
/// When it is not.
pub(super) fn change_id(text: &str) -> Result<ChangeId, FieldError> {
    check_name("change", text)?;
    ChangeId::parse(text).map_err(|error| FieldError::new("change", error.rule))
}

fn with(say: &'static str, objection: &Objection) -> (&'static str, &'static str, String) {
    match objection {
        Objection::Purpose(purpose) => (say, "purpose", purpose.number().to_string()),
        Objection::Advertiser(name) => (say, "advertiser", encoded(name)),
        Objection::Category(name) => (say, "category", encoded(name)),
        Objection::Datum(code) => (say, "datum", encoded(code)),
        Objection::Personalisation => (say, "everything", String::new()),
    }
}

fn encoded(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

fn decoded(text: &str) -> Result<String, FieldError> {
    let name = form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
    let name = name.unwrap_or_default();
    if encoded(&name) != text {
        return Err(FieldError::new("name", "must be encoded as in an address"));
    }
    Ok(name)
}

/// What takes a statement back.
pub(super) fn reverse(statement: &Statement) -> Statement {
    match statement {
        Statement::Grant(purpose) => Statement::Withdraw(*purpose),
        Statement::Withdraw(purpose) => Statement::Grant(*purpose),
        Statement::Object(objection) => Statement::TakeBack(objection.clone()),
        Statement::TakeBack(objection) => Statement::Object(objection.clone()),
        Statement::Restrict => Statement::Lift,
        Statement::Lift => Statement::Restrict,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objections() -> impl Strategy<Value = Objection> {
        prop_oneof![
            (0..11_usize).prop_map(|at| Objection::Purpose(Purpose::ALL[at])),
            ".{1,60}".prop_map(Objection::Advertiser),
            ".{1,60}".prop_map(Objection::Category),
            ".{1,60}".prop_map(Objection::Datum),
            Just(Objection::Personalisation),
        ]
    }

    fn statements() -> impl Strategy<Value = Statement> {
        prop_oneof![
            (0..11_usize).prop_map(|at| Statement::Grant(Purpose::ALL[at])),
            (0..11_usize).prop_map(|at| Statement::Withdraw(Purpose::ALL[at])),
            objections().prop_map(Statement::Object),
            objections().prop_map(Statement::TakeBack),
        ]
    }

    proptest! {
        #[test]
        fn what_a_form_says_is_what_is_read(statement in statements()) {
            let id = ChangeId::parse("0198-a").unwrap();
            let form = ChoiceForm::of(&id, &statement);
            prop_assert_eq!(form.read().unwrap(), (id, statement.clone()));
            prop_assert!(form.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+%-._*".contains(&b)), "{}", form.name);
            prop_assert_eq!(reverse(&reverse(&statement)), statement);
        }
    }

    #[test]
    fn a_field_that_breaks_a_rule_is_named_and_not_repeated() {
        let long = "x".repeat(TOPIC_BYTES_MAX + 1);
        for (change, say, about, name, field) in [
            ("", "object", "everything", "", "change"),
            ("a/b", "object", "everything", "", "change"),
            ("..", "object", "everything", "", "change"),
            ("a", "obey", "everything", "", "say"),
            ("a", "restrict", "everything", "", "say"),
            ("a", "grant", "advertiser", "secret", "about"),
            ("a", "grant", "purpose", "secret", "name"),
            ("a", "withdraw", "purpose", "12", "name"),
            ("a", "object", "purpose", "0", "name"),
            ("a", "object", "secret", "x", "about"),
            ("a", "object", "advertiser", "", "name"),
            ("a", "object", "datum", &long, "name"),
            ("a", "object", "datum", "a&b=secret", "name"),
            ("a", "object", "datum", "<secret>", "name"),
            ("a", "take_back", "everything", "secret", "name"),
        ] {
            let form = ChoiceForm {
                change: change.to_owned(),
                say: say.to_owned(),
                about: about.to_owned(),
                name: name.to_owned(),
            };
            let error = form.read().unwrap_err();
            assert_eq!(error.field, field, "{form:?}: {error}");
            assert!(!error.to_string().contains("secret") && !error.to_string().contains("xxx"), "{error}");
        }
    }
}
