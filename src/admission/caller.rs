//! Whoever makes a call, for those who carry it out: whose data it may ask for, and what it costs.

use std::fmt;
use std::sync::Arc;

use super::gate::{Admission, Refused};
use super::limit::CallerId;
use super::role::Role;
use super::token::CallerClaims;
use crate::domain::{TenantId, Timestamp};

/// A caller that was let in.
#[derive(Clone)]
pub struct Caller {
    pub(super) who: Who,
    /// As what it makes this call.
    pub(super) role: Role,
    /// What for, as it stated.
    pub(super) purpose: Option<String>,
    /// None: nothing is counted.
    pub(super) account: Option<(Arc<Admission>, CallerId)>,
}

/// How it is known.
#[derive(Clone, Debug)]
pub(super) enum Who {
    /// Nobody has to be: the service has no keys, and listens on this machine alone.
    Open,
    /// It is not: what it asks has to carry a token of a person.
    Nobody,
    /// By a token.
    Signed(Arc<CallerClaims>),
}

impl Caller {
    /// One that nobody let in: it may do what nobody may who is not signed in.
    #[must_use]
    pub const fn nobody() -> Self {
        Self { who: Who::Nobody, role: Role::Subject, purpose: None, account: None }
    }

    /// As what it makes this call.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether it may ask for data of the tenant of this name. Asked before anything else of a request is looked at, so
    /// that nothing about another tenant is told.
    ///
    /// # Errors
    /// When its token is of another tenant, or it has none.
    pub fn check_tenant(&self, tenant: &str) -> Result<(), Refused> {
        match &self.who {
            Who::Open => Ok(()),
            Who::Signed(claims) if claims.tenant.as_str() == tenant => Ok(()),
            Who::Signed(_) | Who::Nobody => Err(Refused::OtherTenant),
        }
    }

    /// Whether it may speak for a person whom it names itself, without a token of theirs.
    ///
    /// # Errors
    /// When it is no ad server of the tenant.
    pub fn names_people(&self, tenant: &str) -> Result<(), Refused> {
        match (&self.who, self.role) {
            (Who::Open, _) => Ok(()),
            (Who::Signed(_), Role::AdServer) => self.check_tenant(tenant),
            (Who::Signed(_) | Who::Nobody, _) => Err(Refused::NamesPerson),
        }
    }

    /// Whether it may open a logged decision by its name, without a token of the person.
    ///
    /// # Errors
    /// When it is neither auditor nor a steward who states a purpose, or is of another tenant.
    pub fn opens_decisions(&self, tenant: &str) -> Result<(), Refused> {
        match (&self.who, self.role) {
            (Who::Open, _) => Ok(()),
            (Who::Signed(_), Role::Steward) if self.purpose.is_none() => Err(Refused::PurposeMissing),
            (Who::Signed(_), Role::Steward | Role::Auditor) => self.check_tenant(tenant),
            (Who::Signed(_) | Who::Nobody, _) => Err(Refused::NamesDecision),
        }
    }

    /// Counts candidates or events.
    ///
    /// # Errors
    /// When it asked for too many lately.
    pub fn spend(&self, cost: usize, now: Timestamp) -> Result<(), Refused> {
        let Some((admission, id)) = &self.account else { return Ok(()) };
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        admission.limits().cost(*id, self.role, cost, now).map_err(Refused::Shed)
    }

    /// The tenant that it is of; None when nobody has to be known.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        match &self.who {
            Who::Signed(claims) => Some(&claims.tenant),
            Who::Open | Who::Nobody => None,
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("role", &self.role).finish_non_exhaustive()
    }
}
