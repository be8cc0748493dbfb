//! The roles, and the one table of which call is for which of them.

use serde::{Deserialize, Serialize};

/// What a caller is here to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks for ads, tells of events, passes on what people chose.
    AdServer,
    /// A person, or nobody who is signed in: a token of the person in the request is all that opens anything.
    Subject,
    /// Reads models and counts of groups; nobody's decision.
    Analyst,
    /// Answers people: their concerns, and one decision at a time for a stated purpose.
    Steward,
    /// Checks the log, decisions made again, models and their changes.
    Auditor,
    /// Changes which model serves, and models.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::AdServer, Self::Subject, Self::Analyst, Self::Steward, Self::Auditor, Self::Admin];

    /// The name used in tokens, limits and the trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdServer => "ad_server",
            Self::Subject => "subject",
            Self::Analyst => "analyst",
            Self::Steward => "steward",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether what it does is written to the trail.
    #[must_use]
    pub const fn is_privileged(self) -> bool {
        match self {
            Self::AdServer | Self::Subject => false,
            Self::Analyst | Self::Steward | Self::Auditor | Self::Admin => true,
        }
    }
}

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRule {
    /// The call, as it is asked for: `limpid.v1.RecommendationService/Recommend`.
    pub call: &'static str,
    /// The roles, in the order in which a caller of several acts as one. With [`Role::Subject`] among them anyone may
    /// ask: the request carries a token of the person, or the answer is for everybody.
    pub roles: &'static [Role],
    /// Whether a steward has to state what for (`limpid-purpose`): the call opens a decision of one person.
    pub needs_purpose: bool,
}

const fn rule(call: &'static str, roles: &'static [Role]) -> CallRule {
    CallRule { call, roles, needs_purpose: false }
}

const fn for_a_purpose(call: &'static str, roles: &'static [Role]) -> CallRule {
    CallRule { call, roles, needs_purpose: true }
}

use Role::{AdServer, Admin, Analyst, Auditor, Steward, Subject};

/// A token of the person opens it; the ad server of their site may pass that token on.
const BY_A_PERSONS_TOKEN: &[Role] = &[AdServer, Subject];
/// Whoever writes a client has to see the API.
const WHOEVER_IS_SIGNED_IN: &[Role] = &[AdServer, Analyst, Steward, Auditor, Admin];
/// Whether the service is there, and how ads are chosen for everyone.
const EVERYBODY: &[Role] = &[AdServer, Analyst, Steward, Auditor, Admin, Subject];
/// Models say nothing of one person.
const READS_MODELS: &[Role] = &[Analyst, Auditor, Admin];

/// Every call of the service; one that is not here is refused.
pub const CALLS: &[CallRule] = &[
    rule("limpid.v1.RecommendationService/Recommend", &[AdServer]),
    rule("limpid.v1.EventService/RecordEvents", &[AdServer]),
    rule("limpid.v1.EventService/GetQuarantine", &[Analyst, Steward, Auditor]),
    // By the caller's name of the person for the ad server alone (`Caller::names_people`), else by a token.
    rule("limpid.v1.ConsentService/GetConsent", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.ConsentService/SetConsent", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.ConsentService/WithdrawConsent", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Access", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Port", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Rectify", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Restrict", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Erase", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.SubjectRightsService/Object", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.ExplanationService/Explain", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.ExplanationService/GetNotice", BY_A_PERSONS_TOKEN),
    // By the name of a logged decision for stewards and auditors alone (`Caller::opens_decisions`), else by a token.
    rule("limpid.v1.ExplanationService/Compare", &[Steward, Auditor, AdServer, Subject]),
    rule("limpid.v1.ExplanationService/WhatIf", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.ExplanationService/FindChanges", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.FeedbackService/SubmitFeedback", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.FeedbackService/RaiseConcern", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.FeedbackService/GetConcern", BY_A_PERSONS_TOKEN),
    rule("limpid.v1.FeedbackService/GetFeedback", &[Analyst, Steward, Auditor]),
    // What people wrote, each with its decision made again.
    for_a_purpose("limpid.v1.FeedbackService/ListConcerns", &[Steward]),
    for_a_purpose("limpid.v1.FeedbackService/ResolveConcern", &[Steward]),
    for_a_purpose("limpid.v1.DecisionService/ReplayDecision", &[Auditor, Steward]),
    rule("limpid.v1.DecisionService/VerifyLedger", &[Auditor]),
    // Counts of groups by attributes that no decision may read.
    rule("limpid.v1.FairnessService/ListGroupAttributes", &[Auditor]),
    rule("limpid.v1.ModelService/ListModels", READS_MODELS),
    rule("limpid.v1.ModelService/GetModel", READS_MODELS),
    rule("limpid.v1.ModelService/ListEdits", READS_MODELS),
    rule("limpid.v1.ModelService/PromoteModel", &[Admin]),
    rule("limpid.v1.ModelService/RollBackModel", &[Admin]),
    rule("limpid.v1.ModelService/EditModel", &[Admin]),
    rule("limpid.v1.ModelService/UndoEdit", &[Admin]),
    rule("limpid.v1.TransparencyService/GetHowItWorks", EVERYBODY),
    rule("limpid.v1.TransparencyService/GetDataUse", EVERYBODY),
    rule("grpc.health.v1.Health/Check", EVERYBODY),
    rule("grpc.health.v1.Health/Watch", WHOEVER_IS_SIGNED_IN),
    rule("grpc.health.v1.Health/List", WHOEVER_IS_SIGNED_IN),
    rule("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", WHOEVER_IS_SIGNED_IN),
    rule("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", WHOEVER_IS_SIGNED_IN),
];

/// The rule of a call; None when there is no such call.
#[must_use]
pub fn rule_of(call: &str) -> Option<&'static CallRule> {
    CALLS.iter().find(|rule| rule.call == call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name() {
        for role in Role::ALL {
            assert_eq!(Role::of_name(role.name()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert_eq!(Role::of_name("root"), None);
    }

    #[test]
    fn each_call_is_decided_once_for_at_least_one_role() {
        for (i, rule) in CALLS.iter().enumerate() {
            assert!(
                !rule.roles.is_empty() && CALLS[..i].iter().all(|other| other.call != rule.call),
                "{rule:?}"
            );
        }
    }

    #[test]
    fn no_analyst_opens_what_is_of_one_person() {
        for rule in CALLS.iter().filter(|rule| rule.needs_purpose) {
            assert!(!rule.roles.contains(&Analyst) && !rule.roles.contains(&Admin), "{rule:?}");
        }
    }
}
