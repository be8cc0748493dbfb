//! How much each role may ask for: defaults, and the file that changes them.

use serde::Deserialize;

use super::role::Role;

/// What the callers of one role may ask for. Rates are for each caller: a key, tenant and role, or an address where
/// nobody is signed in. Calls at once are those of the role together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleLimits {
    /// Calls a second in the long run.
    pub calls_per_second: u32,
    /// Calls that may come at once before that.
    pub calls_burst: u32,
    /// Candidates and events a second in the long run.
    pub cost_per_second: u32,
    /// Candidates and events that may come at once before that.
    pub cost_burst: u32,
    /// Calls under way.
    pub calls_at_once: u32,
    /// Calls that wait for their turn; one more is turned away.
    pub calls_waiting: u32,
    /// Bytes of a request; of a stream, of each message.
    pub message_bytes: u32,
    /// Seconds that a call may take.
    pub seconds_max: u32,
}

/// How many connections a listener holds, and for how long they may say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of a listener.
    pub at_once: u32,
    /// Connections of one address (IPv6: of a network of 64 bits).
    pub per_address: u32,
    /// Seconds within which a connection has to be made secure.
    pub handshake_seconds: u32,
    /// Seconds after which a connection that neither sends nor takes anything is closed.
    pub idle_seconds: u32,
}

/// The file of limits as it is written: a table for each role and `connections`, each with what differs from the
/// defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitConfig {
    ad_server: Changed,
    subject: Changed,
    analyst: Changed,
    steward: Changed,
    auditor: Changed,
    admin: Changed,
    connections: ChangedConnections,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Changed {
    calls_per_second: Option<u32>,
    calls_burst: Option<u32>,
    cost_per_second: Option<u32>,
    cost_burst: Option<u32>,
    calls_at_once: Option<u32>,
    calls_waiting: Option<u32>,
    message_bytes: Option<u32>,
    seconds_max: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChangedConnections {
    at_once: Option<u32>,
    per_address: Option<u32>,
    handshake_seconds: Option<u32>,
    idle_seconds: Option<u32>,
}

/// What is wrong with the file of limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// It is not of the form.
    #[error("{0}")]
    Form(String),
    /// A number is out of range.
    #[error("{table}.{field}: must be 1 to {most}, is {found}")]
    Range {
        /// The role, or `connections`.
        table: &'static str,
        /// The number.
        field: &'static str,
        /// The largest that is sensible.
        most: u32,
        /// What the file says.
        found: u32,
    },
}

/// Largest rate or number of calls that a file may name.
const COUNT_MAX: u32 = 100_000_000;
/// Largest message, in bytes: what the service itself reads at most.
const MESSAGE_BYTES_MAX: u32 = 8 << 20;
/// Longest call, in seconds.
const SECONDS_MAX: u32 = 86_400;
/// Most calls at once: what a semaphore counts, and no process serves more.
const AT_ONCE_MAX: u32 = 1_000_000;

impl RoleLimits {
    /// The defaults: generous to ad servers, enough for a screen to the others.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        match role {
            Role::AdServer => Self {
                calls_per_second: 10_000,
                calls_burst: 20_000,
                cost_per_second: 1_000_000,
                cost_burst: 2_000_000,
                calls_at_once: 1024,
                calls_waiting: 4096,
                message_bytes: MESSAGE_BYTES_MAX,
                seconds_max: 600,
            },
            // A page asks for a handful of things; a household or an office shares an address.
            Role::Subject => Self {
                calls_per_second: 20,
                calls_burst: 200,
                cost_per_second: 20,
                cost_burst: 200,
                calls_at_once: 256,
                calls_waiting: 1024,
                message_bytes: 64 << 10,
                seconds_max: 30,
            },
            Role::Analyst | Role::Steward | Role::Auditor | Role::Admin => Self {
                calls_per_second: 20,
                calls_burst: 200,
                cost_per_second: 20,
                cost_burst: 200,
                calls_at_once: 16,
                calls_waiting: 64,
                message_bytes: 1 << 20,
                seconds_max: 600,
            },
        }
    }

    fn checked(self, table: &'static str) -> Result<Self, LimitError> {
        for (field, found, most) in [
            ("calls_per_second", self.calls_per_second, COUNT_MAX),
            ("calls_burst", self.calls_burst, COUNT_MAX),
            ("cost_per_second", self.cost_per_second, COUNT_MAX),
            ("cost_burst", self.cost_burst, COUNT_MAX),
            ("calls_at_once", self.calls_at_once, AT_ONCE_MAX),
            ("calls_waiting", self.calls_waiting, AT_ONCE_MAX),
            ("message_bytes", self.message_bytes, MESSAGE_BYTES_MAX),
            ("seconds_max", self.seconds_max, SECONDS_MAX),
        ] {
            in_range(table, field, found, most)?;
        }
        Ok(self)
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { at_once: 4096, per_address: 512, handshake_seconds: 5, idle_seconds: 90 }
    }
}

impl LimitConfig {
    /// Reads the text of a file (TOML).
    ///
    /// # Errors
    /// When it is not of the form.
    pub fn parse(text: &str) -> Result<Self, LimitError> {
        toml::from_str(text).map_err(|error| LimitError::Form(error.message().to_owned()))
    }

    /// The limits of a role.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn of(&self, role: Role) -> Result<RoleLimits, LimitError> {
        let changed = match role {
            Role::AdServer => self.ad_server,
            Role::Subject => self.subject,
            Role::Analyst => self.analyst,
            Role::Steward => self.steward,
            Role::Auditor => self.auditor,
            Role::Admin => self.admin,
        };
        let default = RoleLimits::of(role);
        let limits = RoleLimits {
            calls_per_second: changed.calls_per_second.unwrap_or(default.calls_per_second),
            calls_burst: changed.calls_burst.unwrap_or(default.calls_burst),
            cost_per_second: changed.cost_per_second.unwrap_or(default.cost_per_second),
            cost_burst: changed.cost_burst.unwrap_or(default.cost_burst),
            calls_at_once: changed.calls_at_once.unwrap_or(default.calls_at_once),
            calls_waiting: changed.calls_waiting.unwrap_or(default.calls_waiting),
            message_bytes: changed.message_bytes.unwrap_or(default.message_bytes),
            seconds_max: changed.seconds_max.unwrap_or(default.seconds_max),
        };
        limits.checked(role.name())
    }

    /// The limits of each listener.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn connections(&self) -> Result<ConnectionLimits, LimitError> {
        let (changed, default) = (self.connections, ConnectionLimits::default());
        let limits = ConnectionLimits {
            at_once: changed.at_once.unwrap_or(default.at_once),
            per_address: changed.per_address.unwrap_or(default.per_address),
            handshake_seconds: changed.handshake_seconds.unwrap_or(default.handshake_seconds),
            idle_seconds: changed.idle_seconds.unwrap_or(default.idle_seconds),
        };
        let table = "connections";
        in_range(table, "at_once", limits.at_once, AT_ONCE_MAX)?;
        in_range(table, "per_address", limits.per_address, AT_ONCE_MAX)?;
        in_range(table, "handshake_seconds", limits.handshake_seconds, 60)?;
        in_range(table, "idle_seconds", limits.idle_seconds, SECONDS_MAX)?;
        Ok(limits)
    }
}

fn in_range(table: &'static str, field: &'static str, found: u32, most: u32) -> Result<(), LimitError> {
    if (1..=most).contains(&found) { Ok(()) } else { Err(LimitError::Range { table, field, most, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let config =
            LimitConfig::parse("[subject]\ncalls_per_second = 3\n[connections]\nat_once = 9").unwrap();
        let subject = config.of(Role::Subject).unwrap();
        assert_eq!(subject, RoleLimits { calls_per_second: 3, ..RoleLimits::of(Role::Subject) });
        assert_eq!(config.of(Role::Admin).unwrap(), RoleLimits::of(Role::Admin));
        assert_eq!(config.connections().unwrap().at_once, 9);
    }

    #[test]
    fn the_defaults_keep_their_own_rules() {
        for role in Role::ALL {
            assert_eq!(LimitConfig::default().of(role), Ok(RoleLimits::of(role)));
        }
        assert_eq!(LimitConfig::default().connections(), Ok(ConnectionLimits::default()));
    }

    #[test]
    fn nothing_and_more_than_is_sensible_are_refused_by_name() {
        let refused = |text: &str| LimitConfig::parse(text).unwrap().of(Role::Admin).unwrap_err().to_string();
        assert_eq!(refused("[admin]\ncalls_at_once = 0"), "admin.calls_at_once: must be 1 to 1000000, is 0");
        assert!(refused("[admin]\nmessage_bytes = 8388609").starts_with("admin.message_bytes: must be 1 to"));
        let unknown = LimitConfig::parse("[root]\ncalls_burst = 1").unwrap_err().to_string();
        assert!(unknown.contains("unknown field `root`"), "{unknown}");
    }
}
