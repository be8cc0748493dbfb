//! `limpid caller-key`, `limpid caller-token` and `limpid audit`

use std::path::PathBuf;

use super::CommandError;
use super::keys::{read_signer, write_key};
use super::listening::AUDIENCE;
use super::workspace::DEMO_TENANT;
use crate::admission::{
    CALLER_SECONDS_MAX, CallerClaims, CallerSigner, Role, Trail, TrailState, key_entry, signing::Signer,
};
use crate::app::fingerprint_of;
use crate::domain::{Clock, IdSource, RandomIds, SystemClock, TenantId, Timestamp, escaped};

/// Keys that sign caller tokens.
#[derive(clap::Args)]
pub(super) struct CallerKeyArguments {
    #[command(subcommand)]
    command: CallerKeyCommand,
}

#[derive(clap::Subcommand)]
enum CallerKeyCommand {
    /// Makes a key: the secret one in FILE, for its owner only, and in FILE.pub the entry of the public one for the file
    /// of --caller-keys.
    New {
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The one tenant that the key may sign for; any if none is given.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
        /// A role that the key may sign for; any if none is given. May be repeated.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
}

/// Signs a caller token: `ad_server`, `subject`, `analyst`, `steward`, `auditor` or `admin` of a tenant.
#[derive(clap::Args)]
pub(super) struct CallerTokenArguments {
    /// The file of the secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A role of the caller; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<String>,
    /// Whose data it may ask for.
    #[arg(long, value_name = "TENANT", default_value = DEMO_TENANT)]
    tenant: String,
    /// For how long, in seconds: a day at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=CALLER_SECONDS_MAX))]
    ttl: i64,
    /// The installation that it is for.
    #[arg(long, value_name = "NAME", default_value = AUDIENCE)]
    audience: String,
    /// The client certificate (PEM) without which it is to be of no use.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// When it is issued, where the service does not go by the wall clock.
    #[arg(long, value_name = "MOMENT")]
    issued_at: Option<String>,
}

/// The trail of what analysts, stewards, auditors and admins did.
#[derive(clap::Args)]
pub(super) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
    /// Folder for keys, log and models.
    #[arg(long, global = true, value_name = "DIR", default_value = "limpid-data")]
    data: PathBuf,
}

#[derive(clap::Subcommand)]
enum AuditCommand {
    /// Shows the trail, a line each: number, moment, role, tenant, token, call, outcome, purpose.
    List,
    /// Walks the trail; prints how many lines there are and the hash of the last, to be kept elsewhere.
    Verify {
        /// A hash that was printed before: it must still be that of a line.
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

pub(super) fn caller_key(arguments: &CallerKeyArguments) -> Result<(), CommandError> {
    let CallerKeyCommand::New { out, tenant, roles } = &arguments.command;
    let tenant = tenant.as_deref().map(TenantId::parse).transpose().map_err(CommandError::new)?;
    let roles = self::roles(roles)?;
    let signer = Signer::fresh().map_err(CommandError::new)?;
    write_key(out, &signer, &key_entry(&signer.public_key(), tenant.as_ref(), &roles))
}

pub(super) fn caller_token(arguments: &CallerTokenArguments) -> Result<(), CommandError> {
    let signer = CallerSigner::new(read_signer(&arguments.key)?);
    let issued_at = match &arguments.issued_at {
        Some(moment) => Timestamp::parse("--issued-at", moment).map_err(CommandError::new)?,
        None => SystemClock.now(),
    };
    let certificate = arguments.certificate.as_deref().map(fingerprint_of).transpose();
    let claims = CallerClaims {
        tenant: TenantId::parse(&arguments.tenant).map_err(CommandError::new)?,
        roles: roles(&arguments.roles)?,
        id: RandomIds.uuid(issued_at).to_string(),
        issued_at,
        expires_at: issued_at.plus_seconds(arguments.ttl),
        certificate: certificate.map_err(CommandError::new)?,
        key: signer.key().key_id(),
    };
    tell!("{}", signer.sign(&arguments.audience, &claims));
    Ok(())
}

pub(super) fn audit(arguments: &AuditArguments) -> Result<(), CommandError> {
    let trail = Trail::to_read(&arguments.data).map_err(CommandError::new)?;
    match &arguments.command {
        AuditCommand::List => {
            for entry in trail.entries().map_err(CommandError::new)? {
                let purpose = escaped(&entry.purpose);
                let about = if entry.asked > 0 { format!(" of {}", entry.asked) } else { String::new() };
                tell!(
                    "{} {} {} {} {} {} {}{about} {purpose}",
                    entry.seq,
                    entry.at,
                    entry.role,
                    shown(&entry.tenant),
                    shown(&entry.token),
                    entry.call,
                    entry.outcome
                );
            }
            Ok(())
        }
        AuditCommand::Verify { head } => match trail.verify(head.as_deref()).map_err(CommandError::new)? {
            (TrailState::Broken { line, fault }, _) => {
                Err(CommandError::new(format!("line {line}: {fault}")))
            }
            (TrailState::Whole { .. }, false) => {
                Err(CommandError::new("--head: no line has this hash: the end was cut off"))
            }
            (TrailState::Whole { lines, head }, true) => {
                tell!("{lines} lines, whole; the last is {head}");
                Ok(())
            }
        },
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn roles(names: &[String]) -> Result<Vec<Role>, CommandError> {
    let role = |name: &String| {
        let known = || Role::ALL.map(Role::name).join(", ");
        Role::of_name(name).ok_or_else(|| CommandError::new(format!("--role: must be one of {}", known())))
    };
    names.iter().map(role).collect()
}
