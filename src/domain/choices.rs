//! What a person told this service of their data and of ads: changes in order, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AdLabel, ChangeId, Purpose, Purposes, Timestamp};

/// Longest name of an advertiser, a category or a datum, in bytes.
pub const TOPIC_BYTES_MAX: usize = 256;

/// One thing that was said. Its serialised form is that of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// The purpose is accepted.
    Grant(Purpose),
    /// The purpose is not, or no longer, accepted.
    Withdraw(Purpose),
    /// The person objects.
    Object(Objection),
    /// The person does not object any more.
    TakeBack(Objection),
    /// Nothing of the person is to be used while a dispute runs; it is kept.
    Restrict,
    /// The dispute is over.
    Lift,
}

/// What a person objects to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objection {
    /// The use of any data for a purpose, whatever was accepted.
    Purpose(Purpose),
    /// Ads on behalf of this advertiser.
    Advertiser(String),
    /// Ads of this category.
    Category(String),
    /// The use of this datum, by its reason code.
    Datum(String),
    /// The use of anything that is known of the person.
    Personalisation,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Teller {
    /// The person, with a token that only the person has.
    Person,
    /// The controller who answers for the person's data, in the person's name.
    Controller,
}

impl Teller {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Person, Self::Controller];

    /// The name used in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Controller => "controller",
        }
    }
}

/// What was said at one moment. It never changes; what is said later stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceChange {
    /// The caller's identifier; the same one counts once.
    pub id: ChangeId,
    /// When.
    pub at: Timestamp,
    /// Who said it.
    pub teller: Teller,
    /// What was said, in order.
    pub statements: Vec<Statement>,
}

/// What all changes of one person come to. Whoever said nothing has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Purposes that are accepted, and since when; accepting again renews it.
    pub granted: BTreeMap<Purpose, Timestamp>,
    /// Purposes that were withdrawn, and since when.
    pub withdrawn: BTreeMap<Purpose, Timestamp>,
    /// Purposes that are objected to. Consent and objection are told apart: taking the one back leaves the other.
    pub objected: Purposes,
    /// Whether nothing that is known of the person may be used.
    pub personalisation_stopped: bool,
    /// Whether nothing of the person may be used while a dispute runs. Objections and consents stay beside it, and
    /// hold again when it is over.
    pub restricted: bool,
    /// Advertisers whose ads are not to be shown.
    pub hidden_advertisers: BTreeSet<String>,
    /// Categories whose ads are not to be shown.
    pub hidden_categories: BTreeSet<String>,
    /// Data that are not to be used, by reason code.
    pub forgotten: BTreeSet<String>,
}

impl Choices {
    /// What changes come to, in their order.
    #[must_use]
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c ChoiceChange>) -> Self {
        let mut choices = Self::default();
        changes.into_iter().for_each(|change| choices.apply(change));
        choices
    }

    /// Lets a change take effect.
    pub fn apply(&mut self, change: &ChoiceChange) {
        for statement in &change.statements {
            self.hear(statement, change.at);
        }
    }

    /// Lets a statement take effect; whether it changed anything.
    pub fn hear(&mut self, statement: &Statement, at: Timestamp) -> bool {
        match statement {
            Statement::Grant(purpose) => {
                let was_withdrawn = self.withdrawn.remove(purpose).is_some();
                self.granted.insert(*purpose, at) != Some(at) || was_withdrawn
            }
            Statement::Withdraw(purpose) => {
                self.granted.remove(purpose);
                let is_new = !self.withdrawn.contains_key(purpose);
                self.withdrawn.entry(*purpose).or_insert(at);
                is_new
            }
            Statement::Object(objection) => self.set(objection, true),
            Statement::TakeBack(objection) => self.set(objection, false),
            Statement::Restrict => !std::mem::replace(&mut self.restricted, true),
            Statement::Lift => std::mem::replace(&mut self.restricted, false),
        }
    }

    fn set(&mut self, objection: &Objection, stands: bool) -> bool {
        let put = |set: &mut BTreeSet<String>, name: &String| {
            if stands { set.insert(name.clone()) } else { set.remove(name) }
        };
        match objection {
            Objection::Purpose(purpose) => {
                let one = Purposes::NONE.with(*purpose);
                let before = self.objected;
                self.objected = if stands { before.union(one) } else { before.minus(one) };
                self.objected != before
            }
            Objection::Advertiser(name) => put(&mut self.hidden_advertisers, name),
            Objection::Category(name) => put(&mut self.hidden_categories, name),
            Objection::Datum(code) => put(&mut self.forgotten, code),
            Objection::Personalisation => {
                std::mem::replace(&mut self.personalisation_stopped, stands) != stands
            }
        }
    }

    /// Whether nothing that is known of the person may be used, whatever was accepted.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.personalisation_stopped || self.restricted
    }

    /// The purposes for which nothing of the person may be used, whatever anyone else says.
    #[must_use]
    pub fn refused(&self) -> Purposes {
        if self.is_stopped() {
            return Purposes::ALL;
        }
        self.withdrawn.keys().copied().collect::<Purposes>().union(self.objected)
    }

    /// The purposes that were accepted since `since` or later.
    #[must_use]
    pub fn granted_since(&self, since: Timestamp) -> Purposes {
        self.granted.iter().filter(|(_, at)| **at >= since).map(|(purpose, _)| *purpose).collect()
    }

    /// Whether ads of the advertiser are not to be shown.
    #[must_use]
    pub fn hides_advertiser(&self, label: &AdLabel) -> bool {
        self.hidden_advertisers.contains(&label.advertiser)
    }

    /// How many advertisers, categories and data are objected to.
    #[must_use]
    pub fn named(&self) -> usize {
        self.hidden_advertisers.len() + self.hidden_categories.len() + self.forgotten.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(5);

    fn hear(choices: &mut Choices, statements: &[Statement]) {
        for statement in statements {
            choices.hear(statement, AT);
        }
    }

    #[test]
    fn what_is_said_last_of_a_purpose_holds() {
        let mut choices = Choices::default();
        hear(
            &mut choices,
            &[Statement::Grant(Purpose::MeasureAds), Statement::Withdraw(Purpose::MeasureAds)],
        );
        assert!(choices.granted.is_empty());
        assert_eq!(choices.refused(), Purposes::NONE.with(Purpose::MeasureAds));
        hear(&mut choices, &[Statement::Grant(Purpose::MeasureAds)]);
        assert!(choices.refused().is_empty() && choices.withdrawn.is_empty());
    }

    #[test]
    fn taking_an_objection_back_leaves_a_withdrawal() {
        let purpose = Purpose::SelectPersonalisedAds;
        let mut choices = Choices::default();
        hear(&mut choices, &[Statement::Withdraw(purpose), Statement::Object(Objection::Purpose(purpose))]);
        hear(&mut choices, &[Statement::TakeBack(Objection::Purpose(purpose))]);
        assert_eq!(choices.refused(), Purposes::NONE.with(purpose));
        assert!(choices.objected.is_empty());
    }

    #[test]
    fn an_objection_holds_against_a_grant_that_is_younger() {
        let purpose = Purpose::SelectPersonalisedAds;
        let mut choices = Choices::default();
        hear(&mut choices, &[Statement::Object(Objection::Purpose(purpose)), Statement::Grant(purpose)]);
        assert!(choices.refused().contains(purpose));
    }

    #[test]
    fn a_grant_that_is_repeated_is_younger_and_a_withdrawal_that_is_repeated_is_not() {
        let mut choices = Choices::default();
        let later = AT.plus_seconds(9);
        assert!(choices.hear(&Statement::Grant(Purpose::MeasureAds), AT));
        assert!(choices.hear(&Statement::Grant(Purpose::MeasureAds), later));
        assert!(choices.granted_since(later).contains(Purpose::MeasureAds));
        assert!(choices.hear(&Statement::Withdraw(Purpose::MeasureAds), AT));
        assert!(!choices.hear(&Statement::Withdraw(Purpose::MeasureAds), later));
        assert_eq!(choices.withdrawn[&Purpose::MeasureAds], AT);
    }

    #[test]
    fn a_restriction_that_is_lifted_leaves_what_was_said_beside_it() {
        let purpose = Purpose::SelectPersonalisedAds;
        let mut choices = Choices::default();
        hear(&mut choices, &[Statement::Grant(purpose), Statement::Restrict]);
        assert_eq!(choices.refused(), Purposes::ALL);
        assert!(!choices.hear(&Statement::Restrict, AT));
        assert!(choices.hear(&Statement::Lift, AT));
        assert!(choices.refused().is_empty() && choices.granted_since(AT).contains(purpose));
    }

    fn objection() -> impl Strategy<Value = Objection> {
        prop_oneof![
            (0..11_usize).prop_map(|at| Objection::Purpose(Purpose::ALL[at])),
            "[ab]".prop_map(Objection::Advertiser),
            "[ab]".prop_map(Objection::Category),
            "[ab]".prop_map(Objection::Datum),
            Just(Objection::Personalisation),
        ]
    }

    proptest! {
        #[test]
        fn an_objection_that_is_taken_back_leaves_nothing(said in prop::collection::vec(objection(), 0..8)) {
            let mut choices = Choices::default();
            for objection in &said {
                choices.hear(&Statement::Object(objection.clone()), AT);
                prop_assert!(!choices.hear(&Statement::Object(objection.clone()), AT));
            }
            for objection in &said {
                choices.hear(&Statement::TakeBack(objection.clone()), AT);
            }
            prop_assert_eq!(choices, Choices::default());
        }
    }
}
