//! What a request has to be, checked from the outside in: the requester's token, then the first party's within it.

use serde_json::Value;

use super::jws::{Claims, Jws, TokenError};
use super::participants::{Participant, Participants};
use super::refusal::{Refusal, Version, Whose};
use crate::decide::DeletionRequest;
use crate::domain::Timestamp;

/// How old a request may be: as old as a subject token.
pub(super) const REQUEST_SECONDS_MAX: i64 = 600;
/// How old what the person asked may be: within so many days California has it done (CCPA Regulations, section 7021).
pub(super) const ORIGINAL_DAYS_MAX: i64 = crate::decide::ORIGINAL_DAYS_MAX;
/// How far ahead of ours the clock of whoever signs may be.
pub(super) const AHEAD_SECONDS_MAX: i64 = 300;
/// Longest id of a token, in bytes.
const ID_BYTES_MAX: usize = 256;
/// Longest identifier, in bytes.
const IDENTIFIER_BYTES_MAX: usize = 256;

const MICROS: i64 = 1_000_000;

/// A request, as far as it can be answered.
pub(super) struct Asked {
    /// In which version; the answer is in the same.
    pub(super) version: Version,
    /// What is asked, or why it is refused.
    pub(super) request: Result<DeletionRequest, Refusal>,
}

/// Reads and checks a request.
///
/// # Errors
/// When it cannot even be told in which version it is to be answered.
pub(super) fn read(token: &str, participants: &Participants, now: Timestamp) -> Result<Asked, String> {
    let unreadable = |error: TokenError| Refusal::Unreadable(Whose::Request, error).to_string();
    let read = Jws::parse(token).map_err(unreadable)?;
    let version = version_of(read.unverified());
    let version = version.ok_or("rqJWT: version: must be 1.0, 1.1 or 2.0")?;
    let request = check(read, participants, now, version);
    Ok(Asked { version, request })
}

fn version_of(claims: &Claims) -> Option<Version> {
    let name = claims.text("version")?;
    Version::ALL.into_iter().find(|version| version.name() == name)
}

fn check(
    read: Jws<'_>,
    participants: &Participants,
    now: Timestamp,
    version: Version,
) -> Result<DeletionRequest, Refusal> {
    let (requester, claims) = verified(Whose::Request, read, participants)?;
    id_of(Whose::Request, &claims)?;
    let made_at = moment(Whose::Request, &claims, now)?;
    if made_at.plus_seconds(REQUEST_SECONDS_MAX) < now {
        return Err(Refusal::Stale(Whose::Request));
    }
    if claims.get("aud").is_some_and(|aud| !is_for(aud, &participants.domain)) {
        return Err(Refusal::Claim(Whose::Request, "aud", "must be our domain, or absent"));
    }

    let name = if version.is_second() { "orJWT" } else { "idJWT" };
    let inner = claims.text(name).ok_or(Refusal::Claim(Whose::Request, name, "must be a token"))?;
    let inner = Jws::parse(inner).map_err(|error| Refusal::Unreadable(Whose::Original, error))?;
    let (first_party, original) = verified(Whose::Original, inner, participants)?;
    let tenant = first_party.tenant.clone().ok_or(Refusal::Issuer(Whose::Original))?;
    if version_of(&original).is_none_or(|of_original| of_original.is_second() != version.is_second()) {
        return Err(Refusal::Claim(Whose::Original, "version", "must be that of rqJWT"));
    }
    let id = id_of(Whose::Original, &original)?;
    let asked_at = moment(Whose::Original, &original, now)?;
    if asked_at.plus_days(ORIGINAL_DAYS_MAX) < now {
        return Err(Refusal::Stale(Whose::Original));
    }
    if made_at < asked_at {
        return Err(Refusal::Sequence);
    }
    if requester.domain != first_party.domain && !requester.forwards_for.contains(&first_party.domain) {
        return Err(Refusal::NotForwarded);
    }

    let person = if version.is_second() {
        person_of(Whose::Request, |name| claims.text(name))?
    } else {
        let of_original = sub(Whose::Original, &original)?;
        let asked = sub(Whose::Request, &claims)?;
        if asked != of_original {
            return Err(Refusal::OtherPerson);
        }
        asked
    };
    check_person(&person, participants)?;
    Ok(DeletionRequest {
        tenant,
        raw_id: person.value,
        first_party: first_party.domain.clone(),
        requester: requester.domain.clone(),
        id,
    })
}

/// Whose token it is, and what it says: signed by a key that is listed for its issuer.
fn verified<'p>(
    whose: Whose,
    token: Jws<'_>,
    participants: &'p Participants,
) -> Result<(&'p Participant, Claims), Refusal> {
    let issuer = token.unverified().text("iss").ok_or(Refusal::Claim(whose, "iss", "must be a text"))?;
    let issuer = participants.all.get(issuer).ok_or(Refusal::Issuer(whose))?;
    let key = issuer.keys.get(token.kid()).ok_or(Refusal::Key(whose))?;
    let claims = token.verify(key).map_err(|error| match error {
        TokenError::Algorithm => Refusal::Algorithm(whose),
        TokenError::Signature => Refusal::Signature(whose),
        TokenError::Malformed { .. } => Refusal::Unreadable(whose, error),
    })?;
    Ok((issuer, claims))
}

fn id_of(whose: Whose, claims: &Claims) -> Result<String, Refusal> {
    let id = claims.text("jti").filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()));
    id.map(str::to_owned).ok_or(Refusal::Claim(whose, "jti", "must be a text of 1 to 256 bytes"))
}

/// When a token was made (`iat`): not after now.
fn moment(whose: Whose, claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
    let seconds = claims.get("iat").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let micros = seconds.and_then(|seconds| seconds.checked_mul(MICROS));
    let made_at = micros.map(Timestamp::from_micros).ok_or(Refusal::NoTime(whose))?;
    if now.plus_seconds(AHEAD_SECONDS_MAX) < made_at {
        return Err(Refusal::Ahead(whose));
    }
    Ok(made_at)
}

/// Whether an audience (RFC 7519, section 4.1.3) is us; the specification has none, but a requester may name one.
fn is_for(audience: &Value, domain: &str) -> bool {
    match audience {
        Value::String(one) => one == domain,
        Value::Array(all) => all.iter().any(|one| one.as_str() == Some(domain)),
        _ => false,
    }
}

/// Who is to be erased, as requests name people.
#[derive(PartialEq, Eq)]
struct Person {
    value: String,
    kind: String,
    format: String,
}

/// Who `sub` names. The specification calls it a text and shows an object; either is taken.
fn sub(whose: Whose, claims: &Claims) -> Result<Person, Refusal> {
    let broken = Refusal::Claim(whose, "sub", "must be an object with identifierValue, -Type and -Format");
    let members = match claims.get("sub") {
        Some(Value::Object(members)) => members.clone(),
        Some(Value::String(text)) => super::jws::read(text.as_bytes()).ok_or(broken)?,
        _ => return Err(broken),
    };
    person_of(whose, |name| members.get(name).and_then(Value::as_str)).map_err(|_| broken)
}

fn person_of<'c>(whose: Whose, text: impl Fn(&'static str) -> Option<&'c str>) -> Result<Person, Refusal> {
    let text = |name| text(name).map(str::to_owned).ok_or(Refusal::Claim(whose, name, "must be a text"));
    Ok(Person {
        value: text("identifierValue")?,
        kind: text("identifierType")?,
        format: text("identifierFormat")?,
    })
}

fn check_person(person: &Person, participants: &Participants) -> Result<(), Refusal> {
    let of_kind = || participants.identifiers.iter().filter(|known| known.kind == person.kind);
    if of_kind().next().is_none() {
        return Err(Refusal::Kind);
    }
    let format = of_kind().map(|known| known.format).find(|format| format.name() == person.format);
    let format = format.ok_or(Refusal::Format)?;
    let length = 1..=IDENTIFIER_BYTES_MAX;
    if !length.contains(&person.value.len()) || person.value.chars().any(char::is_control) {
        return Err(Refusal::Value);
    }
    if format.fits(&person.value) { Ok(()) } else { Err(Refusal::NotInFormat) }
}
