//! Who may call what, how much of it, and the trail of what the privileged did.
//!
//! A caller shows a token that a key of the installation signed for a role and a tenant ([`token`]); one table says
//! which call is for which roles ([`role`]); buckets and rooms say how much of it ([`limit`]); what the privileged ask
//! is written down before they are answered ([`trail`]). Nothing here knows the transport: `app` asks
//! [`Admission::admit`] for each call, and `rpc` asks the [`Caller`] whether a tenant is its own.

mod caller;
mod gate;
mod limit;
mod role;
mod settings;
pub mod signing;
mod token;
mod trail;

pub use caller::Caller;
pub use gate::{Admission, Admitted, Asked, Door, Refused};
pub use limit::{Limits, Shed};
pub use role::{CALLS, CallRule, Role, rule_of};
pub use settings::{ConnectionLimits, LimitConfig, LimitError, RoleLimits};
pub use token::{
    CALLER_SECONDS_MAX, CallerClaims, CallerKeys, CallerSigner, CallerTokenError, KeysFileError, key_entry,
};
pub use trail::{Entry, Trail, TrailError, TrailState};
