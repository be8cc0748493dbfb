//! `limpid labels`: group labels for audits, in a store of their own.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::CommandError;
use super::workspace::DEMO_TENANT;
use crate::admission::{Entry, Trail};
use crate::domain::{Clock, PEOPLE_FLOOR, SubjectMark, SystemClock, TenantId, Timestamp};
use crate::fairness::{
    LABEL_FILE_NAME, LabelFolder, LabelStore, LabelTable, Restored, SpecialCategory, read_attributes,
};
use crate::ledger::{KEY_FILE_NAME, Keyring};

/// As what whoever has the data folder is in the trail.
const OPERATOR: &str = "operator";

/// Group labels of people: for audits of fairness only, encrypted under keys of their own, where no decision reaches them.
#[derive(clap::Args)]
pub(super) struct LabelsArguments {
    #[command(subcommand)]
    command: LabelsCommand,
    #[command(flatten)]
    place: LabelsPlace,
}

/// Where labels are, and whose.
#[derive(clap::Args)]
pub(super) struct LabelsPlace {
    /// Folder of the labels and their keys; without it, `labels` in the data folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) labels: Option<PathBuf>,
    /// Folder of the service's keys, log and models: the trail is written there, and whoever was erased there is left out.
    #[arg(long = "data", global = true, value_name = "DIR", default_value = "limpid-data")]
    pub(super) data: PathBuf,
    /// Whose people.
    #[arg(long, global = true, value_name = "TENANT", default_value = DEMO_TENANT)]
    pub(super) tenant: String,
}

impl LabelsPlace {
    /// The folder of the labels.
    pub(super) fn folder(&self) -> PathBuf {
        self.labels.clone().unwrap_or_else(|| below(&self.data))
    }

    /// Whose people.
    pub(super) fn tenant(&self) -> Result<TenantId, CommandError> {
        TenantId::parse(&self.tenant).map_err(|error| CommandError::new(format!("--tenant: {}", error.rule)))
    }
}

#[derive(Subcommand)]
enum LabelsCommand {
    /// Takes labels from a table (CSV): a column `id`, then one for each declared attribute; an empty cell is no label.
    ///
    /// All lines are taken or none. Whoever was erased since the labels were collected is left out.
    Import {
        /// The table.
        #[arg(value_name = "FILE")]
        table: PathBuf,
        /// The declarations (TOML, a table [[attribute]] each): name, values, basis, `retention_days`, source, `special_category`,
        /// and for one that is of a special category `special_basis`.
        #[arg(long, value_name = "FILE")]
        attributes: PathBuf,
        /// When the labels were collected: a day or a moment. Retention counts from then.
        #[arg(long, value_name = "MOMENT")]
        collected: String,
    },
    /// Shows the attributes that labels are held of, by what right and how long, and how many people have which value.
    List,
    /// Erases the labels of a person, or an attribute with all its labels.
    Erase {
        /// The person, as callers name them.
        #[arg(long, value_name = "ID", conflicts_with = "attribute", required_unless_present = "attribute")]
        subject: Option<String>,
        /// The attribute.
        #[arg(long, value_name = "NAME")]
        attribute: Option<String>,
    },
    /// Deletes the labels whose time is over; a service does so every hour.
    Sweep,
    /// Writes a copy of the labels; the service may be running. Keys are not in it: keep label-keys.json and erased-labels.txt elsewhere.
    Backup {
        /// Folder for copies; made when it is missing. The newest two stay.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Puts a copy of the labels into a folder that has their keys and no labels, and erases again what was erased since it was made.
    Restore {
        /// The copy.
        copy: PathBuf,
    },
}

/// The labels of a service: where they were said to be, or else in its data folder.
pub(super) fn labels_below(labels: Option<PathBuf>, data: &Path) -> LabelFolder {
    LabelFolder::at(labels.unwrap_or_else(|| below(data)))
}

/// Whether there are labels in the data folder itself.
pub(super) fn has_labels(data: &Path) -> bool {
    below(data).join(LABEL_FILE_NAME).exists()
}

fn below(data: &Path) -> PathBuf {
    data.join("labels")
}

pub(super) fn run(arguments: &LabelsArguments) -> Result<(), CommandError> {
    let LabelsArguments { command, place } = arguments;
    let tenant = place.tenant()?;
    match command {
        LabelsCommand::Import { table, attributes, collected } => {
            in_the_trail(place, "labels import", || import(place, &tenant, table, attributes, collected))
        }
        LabelsCommand::List => in_the_trail(place, "labels list", || list(place, &tenant)),
        LabelsCommand::Erase { subject, attribute } => in_the_trail(place, "labels erase", || {
            erase(place, &tenant, subject.as_deref(), attribute.as_deref())
        }),
        LabelsCommand::Sweep => in_the_trail(place, "labels sweep", || {
            let gone = existing(place)?.sweep(SystemClock.now()).map_err(CommandError::new)?;
            tell!("{gone} labels deleted");
            Ok(())
        }),
        LabelsCommand::Backup { to } => in_the_trail(place, "labels backup", || {
            let path = existing(place)?.back_up_into(to, SystemClock.now()).map_err(CommandError::new)?;
            tell!("{}", path.display());
            Ok(())
        }),
        LabelsCommand::Restore { copy } => in_the_trail(place, "labels restore", || {
            let restored = LabelStore::restore(copy, &place.folder(), SystemClock.now());
            let Restored { labels, erased_again, over } = restored.map_err(CommandError::new)?;
            tell!(
                "{labels} labels; {erased_again} erasures done again; {over} labels deleted, their time was over"
            );
            Ok(())
        }),
    }
}

fn import(
    place: &LabelsPlace,
    tenant: &TenantId,
    table: &Path,
    attributes: &Path,
    collected: &str,
) -> Result<(), CommandError> {
    let of = |file: &Path, error: &dyn std::fmt::Display| {
        CommandError::new(format!("{}: {error}", file.display()))
    };
    let collected_at = Timestamp::parse("--collected", collected).map_err(CommandError::new)?;
    let text = std::fs::read_to_string(attributes).map_err(|error| of(attributes, &error))?;
    let declared = read_attributes(&text).map_err(|error| of(attributes, &error))?;
    let file = File::open(table).map_err(|error| of(table, &error))?;
    let rows = LabelTable::read(file, &declared).map_err(|error| of(table, &error))?;
    let erased = Erased::of(&place.data, tenant)?;
    let mut store = LabelStore::open(&place.folder()).map_err(CommandError::new)?;
    let is_erased = |raw_id: &str| erased.since(tenant, raw_id, collected_at);
    let moments = (collected_at, SystemClock.now());
    let imported = store.import(tenant, &rows, moments, &is_erased).map_err(CommandError::new)?;
    tell!("{} labels of {} people taken", imported.labels, rows.rows.len() as u64 - imported.erased);
    if imported.erased > 0 {
        tell!("{} people were left out: they were erased after the labels were collected", imported.erased);
    }
    if imported.older > 0 {
        tell!("{} labels were left out: newer ones are held", imported.older);
    }
    Ok(())
}

/// Whoever was erased from the service.
struct Erased {
    keys: Option<Keyring>,
    until: BTreeMap<SubjectMark, Timestamp>,
}

impl Erased {
    fn of(data: &Path, tenant: &TenantId) -> Result<Self, CommandError> {
        // Keys that are not there are not made for this.
        if !data.join(KEY_FILE_NAME).exists() {
            return Ok(Self { keys: None, until: BTreeMap::new() });
        }
        let keys = Keyring::open(data).map_err(CommandError::new)?;
        let mut until = BTreeMap::new();
        for noted in keys.noted_erasures().map_err(CommandError::new)? {
            for mark in noted.marks.into_iter().filter(|_| noted.tenant == *tenant) {
                let latest = until.entry(mark).or_insert(noted.erased_at);
                *latest = noted.erased_at.max(*latest);
            }
        }
        Ok(Self { keys: Some(keys), until })
    }

    fn since(&self, tenant: &TenantId, raw_id: &str, collected_at: Timestamp) -> bool {
        let mark = self.keys.as_ref().map(|keys| keys.person_mark(tenant, raw_id));
        mark.and_then(|mark| self.until.get(&mark)).is_some_and(|until| collected_at <= *until)
    }
}

fn list(place: &LabelsPlace, tenant: &TenantId) -> Result<(), CommandError> {
    let counts = existing(place)?.counts(tenant, SystemClock.now()).map_err(CommandError::new)?;
    if counts.is_empty() {
        tell!("no labels are held");
    }
    for counted in counts {
        let attribute = counted.attribute;
        tell!("{}: kept for {} days; from {}", attribute.name, attribute.retention_days, attribute.source);
        tell!("   basis: {}", attribute.basis);
        if let (Some(basis), false) =
            (&attribute.special_basis, attribute.special_category == SpecialCategory::None)
        {
            tell!("   special category {}: {basis}", attribute.special_category.name());
        }
        for value in counted.values {
            let people = value.people.map_or("withheld".to_owned(), |people| people.to_string());
            tell!("   {people:>9}  {}", value.value);
        }
    }
    tell!("Withheld: fewer than {PEOPLE_FLOOR} people, or it would tell of so few.");
    Ok(())
}

fn erase(
    place: &LabelsPlace,
    tenant: &TenantId,
    subject: Option<&str>,
    attribute: Option<&str>,
) -> Result<(), CommandError> {
    let mut store = existing(place)?;
    let gone = match (subject, attribute) {
        (Some(raw_id), _) => store.erase_person(tenant, raw_id, SystemClock.now()),
        (None, attribute) => store.erase_attribute(tenant, attribute.unwrap_or_default(), SystemClock.now()),
    };
    tell!("{} labels erased", gone.map_err(CommandError::new)?);
    Ok(())
}

/// The labels that are there.
fn existing(place: &LabelsPlace) -> Result<LabelStore, CommandError> {
    let folder = place.folder();
    let found = LabelStore::open_existing(&folder).map_err(CommandError::new)?;
    found.ok_or_else(|| CommandError::new(format!("--labels {}: there are no labels", folder.display())))
}

/// Does something that is written to the trail before and after.
pub(super) fn in_the_trail(
    place: &LabelsPlace,
    command: &str,
    work: impl FnOnce() -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&place.data);
    made.map_err(|error| CommandError::new(format!("--data {}: {error}", place.data.display())))?;
    let trail = Trail::open(&place.data).map_err(CommandError::new)?;
    let entry = |outcome: &str, asked| Entry {
        seq: 0,
        at: SystemClock.now().to_string(),
        key: String::new(),
        token: String::new(),
        role: OPERATOR.to_owned(),
        tenant: place.tenant.clone(),
        call: command.to_owned(),
        purpose: String::new(),
        outcome: outcome.to_owned(),
        asked,
        before: String::new(),
    };
    let asked = trail.append(entry("asked", 0)).map_err(CommandError::new)?;
    let done = work();
    let outcome = if done.is_ok() { "OK" } else { "FAILED" };
    trail.append(entry(outcome, asked)).map_err(CommandError::new)?;
    done
}
