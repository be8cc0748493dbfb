//! Whether a call may be made: who makes it, in which role, how often; and that it is written down.

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::OwnedSemaphorePermit;

use super::caller::{Caller, Who};
use super::limit::{CallerId, Limits, Shed};
use super::role::{CallRule, Role, rule_of};
use super::token::{CallerKeys, CallerTokenError, KeysFileError};
use super::trail::{Entry, Trail};
use crate::domain::Timestamp;

/// Longest purpose that a caller may state, in bytes.
const PURPOSE_BYTES_MAX: usize = 200;

/// What a token is shown with.
const BEARER: &str = "Bearer ";

/// Where a call comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// For callers that are signed in, and for whoever passes a person's token on.
    Private,
    /// For people: nobody is signed in here, whatever they show.
    Public,
}

/// A call that asks to be let in.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Where it comes in.
    pub door: Door,
    /// The call, as in [`super::CALLS`].
    pub call: &'a str,
    /// The metadata `authorization`.
    pub authorization: Option<&'a [u8]>,
    /// The metadata `limpid-purpose`.
    pub purpose: Option<&'a [u8]>,
    /// From where.
    pub address: Option<IpAddr>,
    /// The SHA-256 of its client certificate.
    pub certificate: Option<[u8; 32]>,
}

/// Why a call is not made. None of it names a person or quotes what the caller sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such call.
    #[error("there is no such call")]
    NoSuchCall,
    /// People may not make it.
    #[error("{}: is not offered on the public listener", .0.call)]
    NotPublic(&'static CallRule),
    /// Someone has to be signed in for it.
    #[error("{}: needs a caller token of the role {}", .0.call, roles(.0))]
    TokenNeeded(&'static CallRule),
    /// The token admits nobody.
    #[error("{0}")]
    Token(CallerTokenError),
    /// The token is for other roles.
    #[error("{}: is for the role {}", .0.call, roles(.0))]
    OtherRole(&'static CallRule),
    /// The token is of another tenant.
    #[error("tenant: must be the tenant of the caller token")]
    OtherTenant,
    /// Only an ad server speaks for people whom it names.
    #[error("person: must be named by a token; only the role ad_server names a subject")]
    NamesPerson,
    /// Only stewards and auditors open decisions by name.
    #[error("named_by: must be a token; only the roles steward and auditor name a logged decision")]
    NamesDecision,
    /// A steward says what for.
    #[error("limpid-purpose: must state what the decision is opened for")]
    PurposeMissing,
    /// What is stated is no purpose.
    #[error("limpid-purpose: must be 1 to {PURPOSE_BYTES_MAX} visible ASCII characters or spaces")]
    PurposeMalformed,
    /// It comes too often, or all are busy.
    #[error("{}", shed(*.0))]
    Shed(Shed),
    /// What cannot be written down is not done.
    #[error("the audit trail cannot be written")]
    TrailUnwritable,
}

fn roles(rule: &CallRule) -> String {
    let names = rule.roles.iter().filter(|role| **role != Role::Subject).map(|role| role.name());
    names.collect::<Vec<_>>().join(" or ")
}

fn shed(shed: Shed) -> String {
    match shed {
        Shed::Calls(seconds) => format!("too many calls; there is room again in {seconds} s"),
        Shed::Cost(seconds) => format!("too many candidates and events; there is room again in {seconds} s"),
        Shed::Busy(seconds) => {
            format!("too many calls are under way; there may be room again in {seconds} s")
        }
    }
}

/// Lets calls in.
pub struct Admission {
    keys: Option<KeyFile>,
    limits: Limits,
    trail: Option<Arc<Trail>>,
}

struct KeyFile {
    path: PathBuf,
    audience: String,
    /// The text of the file with its keys; no text when it could not be read.
    read: RwLock<(Option<String>, Arc<CallerKeys>)>,
}

/// A call that was let in. Its place among those under way is free again when this is dropped.
#[derive(Debug)]
pub struct Admitted {
    /// Who makes it.
    pub caller: Caller,
    /// Bytes of each message.
    pub message_bytes: u32,
    /// Seconds that it may take.
    pub seconds_max: u32,
    /// What was written of it, for the line that tells what came of it.
    written: Option<Entry>,
    _place: OwnedSemaphorePermit,
}

impl Admission {
    /// Nobody has to be signed in: for listeners that only this machine reaches.
    #[must_use]
    pub const fn open(limits: Limits) -> Self {
        Self { keys: None, limits, trail: None }
    }

    /// Callers are known by tokens for the installation `audience`, signed by a key of the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read or breaks a rule.
    pub fn by_keys(path: PathBuf, audience: &str, limits: Limits) -> Result<Self, KeysFileError> {
        let (text, keys) = read_keys(&path, audience)?;
        let read = RwLock::new((Some(text), Arc::new(keys)));
        Ok(Self { keys: Some(KeyFile { path, audience: audience.to_owned(), read }), limits, trail: None })
    }

    /// What the privileged do is written to `trail`.
    #[must_use]
    pub fn with_trail(self, trail: Arc<Trail>) -> Self {
        Self { trail: Some(trail), ..self }
    }

    /// Whether nobody has to be signed in.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.keys.is_none()
    }

    /// The limits of all roles.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads the file of keys again; whether it changed. One that cannot be read, or breaks a rule, admits nobody until
    /// it is good again: a key that was to be taken out must not go on.
    ///
    /// # Errors
    /// When it is not good.
    pub fn reread_keys(&self) -> Result<bool, KeysFileError> {
        let Some(file) = &self.keys else { return Ok(false) };
        let put = |read| *file.read.write().unwrap_or_else(PoisonError::into_inner) = read;
        let text = match fs::read_to_string(&file.path) {
            Ok(text) => text,
            Err(error) => {
                put((None, Arc::new(CallerKeys::none())));
                return Err(KeysFileError::Unreadable(error.to_string()));
            }
        };
        if file.read.read().unwrap_or_else(PoisonError::into_inner).0.as_ref() == Some(&text) {
            return Ok(false);
        }
        match CallerKeys::parse(&text, &file.audience) {
            Ok(keys) => {
                put((Some(text), Arc::new(keys)));
                Ok(true)
            }
            Err(error) => {
                put((None, Arc::new(CallerKeys::none())));
                Err(error)
            }
        }
    }

    /// Lets a call in when it may be made now, and there is room.
    ///
    /// # Errors
    /// The first rule that it breaks: that there is such a call, token, role, purpose, rate, room, trail.
    pub async fn admit(self: &Arc<Self>, asked: &Asked<'_>, now: Timestamp) -> Result<Admitted, Refused> {
        let rule = rule_of(asked.call).ok_or(Refused::NoSuchCall)?;
        let who = self.who(asked, now)?;
        let role = match acting_role(&who, rule, asked.door) {
            Ok(role) => role,
            Err(refused) => {
                self.write_refused(who, rule, now).await?;
                return Err(refused);
            }
        };
        let purpose = asked.purpose.map(purpose).transpose()?;
        if rule.needs_purpose && role == Role::Steward && purpose.is_none() && !matches!(who, Who::Open) {
            return Err(Refused::PurposeMissing);
        }
        let account = self.account(&who, role, asked.address).map(|id| (Arc::clone(self), id));
        if let Some((_, id)) = &account {
            self.limits.call(*id, role, now).map_err(Refused::Shed)?;
        }
        let place = self.limits.place(role).await.map_err(Refused::Shed)?;
        let caller = Caller { who, role, purpose, account };
        let written = self.write_asked(&caller, rule, now).await?;
        let limits = self.limits.role(role);
        Ok(Admitted {
            caller,
            message_bytes: limits.message_bytes,
            seconds_max: limits.seconds_max,
            written,
            _place: place,
        })
    }

    /// Lets a page be asked for, when the address did not ask too often and there is room.
    ///
    /// # Errors
    /// When it did, or there is none.
    pub async fn admit_page(
        &self,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<impl Send + use<>, Shed> {
        if let Some(id) = self.account(&Who::Nobody, Role::Subject, address) {
            self.limits.call(id, Role::Subject, now)?;
        }
        self.limits.place(Role::Subject).await
    }

    /// Writes down what came of a call, by the name of its gRPC status.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn answered(
        &self,
        admitted: &mut Admitted,
        outcome: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(asked) = admitted.written.take() else { return Ok(()) };
        let entry = Entry { at: now.to_string(), outcome: outcome.to_owned(), asked: asked.seq, ..asked };
        self.write(entry).await.map(drop)
    }

    fn who(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Who, Refused> {
        if asked.door == Door::Public {
            return Ok(Who::Nobody);
        }
        let Some(file) = &self.keys else { return Ok(Who::Open) };
        let Some(authorization) = asked.authorization else { return Ok(Who::Nobody) };
        let keys = Arc::clone(&file.read.read().unwrap_or_else(PoisonError::into_inner).1);
        let token = std::str::from_utf8(authorization).ok().and_then(|text| text.strip_prefix(BEARER));
        let verified = match token {
            Some(token) => keys.verify(token, asked.certificate, now),
            None => Err(CallerTokenError::NoBearer),
        };
        verified.map(Who::Signed).map_err(|error| {
            // Whoever guesses is slowed down; the answer stays the same.
            let guesses = self.account(&Who::Nobody, Role::Subject, asked.address);
            match guesses.map(|id| self.limits.call(id, Role::Subject, now)) {
                Some(Err(shed)) => Refused::Shed(shed),
                Some(Ok(())) | None => Refused::Token(error),
            }
        })
    }

    /// Whose calls are counted together. Where nobody has to be known nothing is.
    fn account(&self, who: &Who, role: Role, address: Option<IpAddr>) -> Option<CallerId> {
        let mut hasher = blake3::Hasher::new();
        match who {
            Who::Open => return None,
            Who::Nobody => match address? {
                // Only this machine reaches it.
                address if self.is_open() && address.is_loopback() => return None,
                IpAddr::V4(address) => hasher.update(&address.octets()),
                // A network of 64 bits is what one customer is given.
                IpAddr::V6(address) => hasher.update(&address.octets()[..8]),
            },
            Who::Signed(claims) => {
                hasher.update(claims.key.as_bytes()).update(&[0]).update(claims.tenant.as_str().as_bytes())
            }
        };
        hasher.update(&[0]).update(role.name().as_bytes());
        Some(*hasher.finalize().as_bytes())
    }

    /// Writes down that someone privileged asked; None when it is nobody's office.
    async fn write_asked(
        &self,
        caller: &Caller,
        rule: &CallRule,
        now: Timestamp,
    ) -> Result<Option<Entry>, Refused> {
        let role = match &caller.who {
            // Nobody has to say who they are: what is not for everyone is written down all the same.
            Who::Open if !rule.roles.contains(&Role::AdServer) && !rule.roles.contains(&Role::Subject) => {
                "open"
            }
            Who::Signed(_) if caller.role.is_privileged() => caller.role.name(),
            Who::Open | Who::Nobody | Who::Signed(_) => return Ok(None),
        };
        let entry = entry(&caller.who, role, rule, now, "asked");
        let entry = Entry { purpose: caller.purpose.clone().unwrap_or_default(), ..entry };
        let seq = self.write(entry.clone()).await?;
        Ok(Some(Entry { seq, ..entry }))
    }

    /// Writes down that someone who is signed in asked for what is not theirs, as often as they may ask at all.
    async fn write_refused(&self, who: Who, rule: &CallRule, now: Timestamp) -> Result<(), Refused> {
        let Who::Signed(claims) = &who else { return Ok(()) };
        let Some(role) = claims.roles.first().copied() else { return Ok(()) };
        if let Some(id) = self.account(&who, role, None) {
            self.limits.call(id, role, now).map_err(Refused::Shed)?;
        }
        self.write(entry(&who, role.name(), rule, now, "PERMISSION_DENIED")).await.map(drop)
    }

    async fn write(&self, entry: Entry) -> Result<u64, Refused> {
        let Some(trail) = self.trail.clone() else { return Ok(0) };
        let written = tokio::task::spawn_blocking(move || trail.append(entry)).await;
        match written {
            Ok(Ok(seq)) => Ok(seq),
            Ok(Err(error)) => {
                tracing::error!(%error, "the audit trail cannot be written");
                Err(Refused::TrailUnwritable)
            }
            Err(error) => {
                tracing::error!(%error, "the audit trail cannot be written");
                Err(Refused::TrailUnwritable)
            }
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

fn entry(who: &Who, role: &str, rule: &CallRule, now: Timestamp, outcome: &str) -> Entry {
    let (key, token, tenant) = match who {
        Who::Signed(claims) => (claims.key.clone(), claims.id.clone(), claims.tenant.to_string()),
        Who::Open | Who::Nobody => Default::default(),
    };
    Entry {
        seq: 0,
        at: now.to_string(),
        key,
        token,
        role: role.to_owned(),
        tenant,
        call: rule.call.to_owned(),
        purpose: String::new(),
        outcome: outcome.to_owned(),
        asked: 0,
        before: String::new(),
    }
}

/// As what the caller makes the call: the first of the call's roles that it has.
fn acting_role(who: &Who, rule: &'static CallRule, door: Door) -> Result<Role, Refused> {
    let for_anyone = rule.roles.contains(&Role::Subject);
    match who {
        Who::Open => rule.roles.first().copied().ok_or(Refused::NoSuchCall),
        Who::Nobody if for_anyone => Ok(Role::Subject),
        Who::Nobody if door == Door::Public => Err(Refused::NotPublic(rule)),
        Who::Nobody => Err(Refused::TokenNeeded(rule)),
        Who::Signed(claims) => match rule.roles.iter().find(|role| claims.roles.contains(role)) {
            Some(role) => Ok(*role),
            // What anyone may do it may do, too.
            None if for_anyone => Ok(Role::Subject),
            None => Err(Refused::OtherRole(rule)),
        },
    }
}

fn purpose(text: &[u8]) -> Result<String, Refused> {
    let plain = text.iter().all(|byte| (b' '..=b'~').contains(byte));
    let text = std::str::from_utf8(text).map(str::trim).unwrap_or_default();
    let fits = plain && (1..=PURPOSE_BYTES_MAX).contains(&text.len());
    if fits { Ok(text.to_owned()) } else { Err(Refused::PurposeMalformed) }
}

fn read_keys(path: &std::path::Path, audience: &str) -> Result<(String, CallerKeys), KeysFileError> {
    let text = fs::read_to_string(path).map_err(|error| KeysFileError::Unreadable(error.to_string()))?;
    let keys = CallerKeys::parse(&text, audience)?;
    Ok((text, keys))
}
