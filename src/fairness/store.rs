//! The labels on disk: one row a label, named by a keyed hash, sealed, each as long as any other.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::keys::{LabelKeys, unusable};
use super::table::{LabelRow, LabelTable};
use super::{Attribute, LABEL_KEY_FILE_NAME, LabelError};
use crate::domain::{FieldError, PEOPLE_FLOOR, TenantId, Timestamp};
use crate::sealing::SealError;

/// Name of the file in the folder of labels.
pub const LABEL_FILE_NAME: &str = "labels.db";

/// The format of the file, as its `user_version`.
const FORMAT: i64 = 1;

/// `identity` shows that keys and store belong together. Of a row its name tells nothing, and there is no column of attribute,
/// value or person: whoever looks for labels of an attribute opens them all.
const TABLES: &str = "
CREATE TABLE identity (place INTEGER PRIMARY KEY CHECK (place = 1), sealed BLOB NOT NULL) STRICT;
CREATE TABLE attribute (number INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
CREATE TABLE label (name BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erased (mark BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// How long to wait for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Declarations are filled up to a multiple of so many bytes before they are sealed: their size tells little.
const DECLARATION_BYTES: usize = 4096;
/// What is sealed to bind store and keys.
const IDENTITY: &[u8] = b"limpid labels v1";

/// A store of labels, open.
pub struct LabelStore {
    connection: Connection,
    keys: LabelKeys,
    folder: PathBuf,
}

/// A label of a person, with what was declared of its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLabel {
    /// The attribute.
    pub attribute: Attribute,
    /// The value.
    pub value: String,
    /// When it was collected.
    pub collected_at: Timestamp,
    /// Until when it is kept.
    pub kept_until: Timestamp,
}

/// An attribute with how many people have which value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeCounts {
    /// The attribute.
    pub attribute: Attribute,
    /// In the order of the declaration.
    pub values: Vec<ValueCount>,
}

/// How many people have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// None: fewer than five, or it would tell of fewer than five who have another value.
    pub people: Option<u64>,
}

/// The labels of people, for an audit.
pub struct PeopleLabels {
    /// The attributes of the tenant.
    pub attributes: Vec<Attribute>,
    /// Of each person the place of the value of each attribute; None where no label is held, or its time is over.
    pub people: Vec<Vec<Option<u16>>>,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Labels that are held now and were not, or otherwise.
    pub labels: u64,
    /// Labels that were not taken because one that was collected later is held.
    pub older: u64,
    /// People who were not taken: they were erased after the labels were collected.
    pub erased: u64,
}

/// The content of a row. Always of the same length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Content {
    attribute: u32,
    value: u16,
    collected_at: Timestamp,
}

/// A declaration as it is sealed.
#[derive(Serialize, Deserialize)]
struct Declared {
    tenant: TenantId,
    attribute: Attribute,
}

/// An attribute by its number.
struct Numbered {
    number: u32,
    tenant: TenantId,
    attribute: Attribute,
}

impl Content {
    const BYTES: usize = 14;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.attribute.to_le_bytes());
        bytes[4..6].copy_from_slice(&self.value.to_le_bytes());
        bytes[6..].copy_from_slice(&self.collected_at.micros().to_le_bytes());
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        let attribute = u32::from_le_bytes(*bytes.first_chunk()?);
        let value = u16::from_le_bytes(*bytes[4..].first_chunk()?);
        let collected_at = Timestamp::from_micros(i64::from_le_bytes(*bytes[6..].first_chunk()?));
        Some(Self { attribute, value, collected_at })
    }
}

impl LabelStore {
    /// Opens the labels of a folder; makes folder, keys and store when there are none.
    ///
    /// # Errors
    /// When keys or store cannot be read or written, are damaged, missing, of others, or of a newer format.
    pub fn open(folder: &Path) -> Result<Self, LabelError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| unusable(folder, &e))?;
        let has_labels = folder.join(LABEL_FILE_NAME).exists();
        Self::with(folder, LabelKeys::read_or_make(folder, has_labels)?)
    }

    /// The same where there are labels; None where there are not.
    ///
    /// # Errors
    /// As [`LabelStore::open`].
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, LabelError> {
        let there = |name: &str| {
            let path = folder.join(name);
            path.try_exists().map_err(|error| unusable(&path, &error))
        };
        if !there(LABEL_FILE_NAME)? && !there(LABEL_KEY_FILE_NAME)? {
            return Ok(None);
        }
        Self::with(folder, LabelKeys::read(folder)?).map(Some)
    }

    fn with(folder: &Path, keys: LabelKeys) -> Result<Self, LabelError> {
        let path = folder.join(LABEL_FILE_NAME);
        let connection = connect(&path).map_err(|error| wrong(&path, &error))?;
        let mut store = Self { connection, keys, folder: folder.to_owned() };
        store.prepare()?;
        Ok(store)
    }

    /// Makes the tables of a new file; checks format and keys of one that is there.
    fn prepare(&mut self) -> Result<(), LabelError> {
        let path = self.folder.join(LABEL_FILE_NAME);
        let told = |error: rusqlite::Error| wrong(&path, &error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(told)?;
        let found: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(told)?;
        match found {
            0 => {
                transaction.execute_batch(TABLES).map_err(told)?;
                let sealed = self.keys.seal.seal(IDENTITY, b"identity")?;
                transaction.execute("INSERT INTO identity VALUES (1, ?1)", params![sealed]).map_err(told)?;
                transaction.pragma_update(None, "user_version", FORMAT).map_err(told)?;
            }
            FORMAT => {
                let sealed = transaction
                    .query_row("SELECT sealed FROM identity", [], |row| row.get::<_, Vec<u8>>(0))
                    .optional()
                    .map_err(told)?;
                let sealed = sealed.ok_or_else(|| LabelError::Damaged {
                    path: path.clone(),
                    what: "identity is gone".to_owned(),
                })?;
                let opened = self.keys.seal.open(&sealed, b"identity");
                if opened.is_none_or(|opened| opened.as_slice() != IDENTITY) {
                    return Err(LabelError::OtherKeys { path: self.folder.join(LABEL_KEY_FILE_NAME) });
                }
            }
            found => return Err(LabelError::NewerFormat { path: path.clone(), found, known: FORMAT }),
        }
        transaction.commit().map_err(told)
    }

    /// Takes the labels of a table that were collected at a moment, all of them or none. Whoever was erased since is left out, also
    /// whoever `is_erased` says so of; so is a label that is older than the one that is held.
    ///
    /// # Errors
    /// When an attribute is declared otherwise than before, the labels are older than they may be kept, or the store cannot be
    /// written.
    pub fn import(
        &mut self,
        tenant: &TenantId,
        table: &LabelTable,
        (collected_at, now): (Timestamp, Timestamp),
        is_erased: &dyn Fn(&str) -> bool,
    ) -> Result<Imported, LabelError> {
        if collected_at > now {
            return Err(FieldError::new("collected", "must not be in the future").into());
        }
        for attribute in &table.attributes {
            if kept_until(attribute, collected_at) <= now {
                let error =
                    FieldError::new("retention_days", "is over already for labels that were collected then");
                return Err(LabelError::Declaration { attribute: attribute.name.clone(), error });
            }
        }
        let taken = self.in_one_step(|keys, transaction, path| {
            let numbers = declare(keys, transaction, tenant, &table.attributes, path)?;
            let mut imported = Imported::default();
            for row in &table.rows {
                let mark = keys.mark(tenant, &row.raw_id)?;
                let erased_at = transaction
                    .prepare_cached("SELECT at FROM erased WHERE mark = ?1")
                    .and_then(|mut found| found.query_row([mark], |row| row.get::<_, i64>(0)).optional())
                    .map_err(|error| wrong(path, &error))?;
                if is_erased(&row.raw_id) || erased_at.is_some_and(|at| collected_at.micros() <= at) {
                    imported.erased += 1;
                    continue;
                }
                take(keys, transaction, (tenant, row), &numbers, collected_at, &mut imported, path)?;
            }
            Ok(imported)
        })?;
        self.scrub()?;
        Ok(taken)
    }

    /// The attributes of a tenant, with how many people have which value; nothing is told of fewer than five.
    ///
    /// # Errors
    /// When the store cannot be read, or a row does not open.
    pub fn counts(&self, tenant: &TenantId, now: Timestamp) -> Result<Vec<AttributeCounts>, LabelError> {
        let mut attributes = self.attributes()?;
        attributes.retain(|numbered| numbered.tenant == *tenant);
        let mut counts: Vec<Vec<u64>> =
            attributes.iter().map(|numbered| vec![0; numbered.attribute.values.len()]).collect();
        walk(&self.keys, &self.connection, &self.folder.join(LABEL_FILE_NAME), |_, content| {
            let place = attributes.iter().position(|numbered| numbered.number == content.attribute);
            if let Some((numbered, counts)) = place.map(|place| (&attributes[place], &mut counts[place]))
                && kept_until(&numbered.attribute, content.collected_at) > now
                && let Some(count) = counts.get_mut(usize::from(content.value))
            {
                *count += 1;
            }
        })?;
        let told = attributes.into_iter().zip(counts).map(|(numbered, counts)| {
            let attribute = numbered.attribute;
            let people = above_the_floor(&counts).into_iter();
            let values = attribute.values.iter().cloned().zip(people);
            let values = values.map(|(value, people)| ValueCount { value, people }).collect();
            AttributeCounts { attribute, values }
        });
        Ok(told.collect())
    }

    /// What is held of a person: everything, also what the next sweep deletes.
    ///
    /// # Errors
    /// When the store cannot be read, or a row does not open.
    pub fn held(&self, tenant: &TenantId, raw_id: &str) -> Result<Vec<GroupLabel>, LabelError> {
        let mut held = Vec::new();
        for Numbered { number, attribute, .. } in self.of_tenant(tenant)? {
            let Some(content) = self.content(tenant, raw_id, number)? else { continue };
            let value = self.value(&attribute, content)?;
            let kept_until = kept_until(&attribute, content.collected_at);
            held.push(GroupLabel { attribute, value, collected_at: content.collected_at, kept_until });
        }
        Ok(held)
    }

    /// The labels of these people for an audit, in their order.
    ///
    /// # Errors
    /// When the store cannot be read, or a row does not open.
    pub fn of_people<'p>(
        &self,
        tenant: &TenantId,
        raw_ids: impl IntoIterator<Item = &'p str>,
        now: Timestamp,
    ) -> Result<PeopleLabels, LabelError> {
        let attributes = self.of_tenant(tenant)?;
        let mut people = Vec::new();
        for raw_id in raw_ids {
            let of = |numbered: &Numbered| {
                let content = self.content(tenant, raw_id, numbered.number)?;
                let kept =
                    content.filter(|content| kept_until(&numbered.attribute, content.collected_at) > now);
                Ok(kept.map(|content| content.value))
            };
            people.push(attributes.iter().map(of).collect::<Result<Vec<_>, LabelError>>()?);
        }
        let attributes = attributes.into_iter().map(|numbered| numbered.attribute).collect();
        Ok(PeopleLabels { attributes, people })
    }

    /// Erases the labels of a person, and keeps a mark by which older ones are not taken again; how many labels.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing was erased.
    pub fn erase_person(
        &mut self,
        tenant: &TenantId,
        raw_id: &str,
        at: Timestamp,
    ) -> Result<u64, LabelError> {
        let mark = self.keys.mark(tenant, raw_id)?;
        let gone = self.in_one_step(|keys, transaction, path| {
            let told = |error: rusqlite::Error| wrong(path, &error);
            let mut gone = 0;
            for Numbered { number, .. } in read_attributes(keys, transaction, path)? {
                let name = keys.name(tenant, raw_id, number)?;
                gone +=
                    transaction.execute("DELETE FROM label WHERE name = ?1", [name]).map_err(told)? as u64;
            }
            transaction
                .execute(
                    "INSERT INTO erased VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                    params![mark, at.micros()],
                )
                .map_err(told)?;
            Ok(gone)
        })?;
        self.scrub()?;
        Ok(gone)
    }

    /// Erases an attribute of a tenant with all its labels; how many.
    ///
    /// # Errors
    /// When there is none, or the store cannot be written; then nothing was erased.
    pub fn erase_attribute(&mut self, tenant: &TenantId, name: &str) -> Result<u64, LabelError> {
        let found = self.of_tenant(tenant)?.into_iter().find(|numbered| numbered.attribute.name == name);
        let number = found.ok_or(LabelError::NoSuchAttribute)?.number;
        let gone = self.drop_labels(|_, content| content.attribute == number, Some(number))?;
        self.scrub()?;
        Ok(gone)
    }

    /// Deletes the labels whose time is over; how many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn sweep(&mut self, now: Timestamp) -> Result<u64, LabelError> {
        let is_over = |attributes: &[Numbered], content: Content| {
            let of = attributes.iter().find(|numbered| numbered.number == content.attribute);
            of.is_none_or(|numbered| kept_until(&numbered.attribute, content.collected_at) <= now)
        };
        let gone = self.drop_labels(is_over, None)?;
        if gone > 0 {
            self.scrub()?;
        }
        Ok(gone)
    }

    fn drop_labels(
        &mut self,
        is_over: impl Fn(&[Numbered], Content) -> bool,
        declaration: Option<u32>,
    ) -> Result<u64, LabelError> {
        self.in_one_step(|keys, transaction, path| {
            let told = |error: rusqlite::Error| wrong(path, &error);
            let attributes = read_attributes(keys, transaction, path)?;
            let mut names = Vec::new();
            let see = |name, content| names.extend(is_over(&attributes, content).then_some(name));
            walk(keys, transaction, path, see)?;
            let mut gone = 0;
            for name in &names {
                gone +=
                    transaction.execute("DELETE FROM label WHERE name = ?1", [name]).map_err(told)? as u64;
            }
            if let Some(number) = declaration {
                transaction.execute("DELETE FROM attribute WHERE number = ?1", [number]).map_err(told)?;
            }
            Ok(gone)
        })
    }

    /// Runs `work` in one transaction: all of it or nothing.
    fn in_one_step<T>(
        &mut self,
        work: impl FnOnce(&LabelKeys, &Transaction<'_>, &Path) -> Result<T, LabelError>,
    ) -> Result<T, LabelError> {
        let path = self.folder.join(LABEL_FILE_NAME);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(|error| wrong(&path, &error))?;
        let done = work(&self.keys, &transaction, &path)?;
        transaction.commit().map_err(|error| wrong(&path, &error))?;
        Ok(done)
    }

    /// Empties the log, so that what was deleted is in no file any more: pages were overwritten (`secure_delete`).
    fn scrub(&self) -> Result<(), LabelError> {
        let path = self.folder.join(LABEL_FILE_NAME);
        let is_busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| wrong(&path, &error))?;
        if is_busy == 0 { Ok(()) } else { Err(LabelError::Busy) }
    }

    #[cfg(test)]
    pub(super) fn name_of(&self, tenant: &TenantId, raw_id: &str, attribute: u32) -> [u8; 32] {
        self.keys.name(tenant, raw_id, attribute).unwrap()
    }

    fn of_tenant(&self, tenant: &TenantId) -> Result<Vec<Numbered>, LabelError> {
        let mut attributes = self.attributes()?;
        attributes.retain(|numbered| numbered.tenant == *tenant);
        Ok(attributes)
    }

    fn attributes(&self) -> Result<Vec<Numbered>, LabelError> {
        let path = self.folder.join(LABEL_FILE_NAME);
        read_attributes(&self.keys, &self.connection, &path)
    }

    fn content(&self, tenant: &TenantId, raw_id: &str, number: u32) -> Result<Option<Content>, LabelError> {
        let path = self.folder.join(LABEL_FILE_NAME);
        content(&self.keys, &self.connection, &self.keys.name(tenant, raw_id, number)?, &path)
    }

    fn value(&self, attribute: &Attribute, content: Content) -> Result<String, LabelError> {
        let value = attribute.values.get(usize::from(content.value)).cloned();
        value.ok_or_else(|| unopened(&self.folder.join(LABEL_FILE_NAME)))
    }
}

impl std::fmt::Debug for LabelStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LabelStore(..)")
    }
}

/// Keeps the declarations that are new; the number of each.
fn declare(
    keys: &LabelKeys,
    transaction: &Transaction<'_>,
    tenant: &TenantId,
    attributes: &[Attribute],
    path: &Path,
) -> Result<Vec<u32>, LabelError> {
    let known = read_attributes(keys, transaction, path)?;
    let mut numbers = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let same =
            |numbered: &&Numbered| numbered.tenant == *tenant && numbered.attribute.name == attribute.name;
        if let Some(numbered) = known.iter().find(same) {
            if let Some(field) = numbered.attribute.differs(attribute) {
                let rule =
                    "is declared otherwise than before; erase the attribute first, or declare it alike";
                let error = FieldError::new(field, rule);
                return Err(LabelError::Declaration { attribute: attribute.name.clone(), error });
            }
            numbers.push(numbered.number);
            continue;
        }
        // The number binds the seal, so it comes first.
        transaction
            .execute("INSERT INTO attribute (sealed) VALUES (x'')", [])
            .map_err(|error| wrong(path, &error))?;
        let number = u32::try_from(transaction.last_insert_rowid()).map_err(|_| LabelError::Damaged {
            path: path.to_owned(),
            what: "attributes have no number left".to_owned(),
        })?;
        let declared = Declared { tenant: tenant.clone(), attribute: attribute.clone() };
        let mut text =
            serde_json::to_vec(&declared).map_err(|error| LabelError::Seal { cause: error.to_string() })?;
        text.resize(text.len().next_multiple_of(DECLARATION_BYTES), b' ');
        let sealed = keys.seal.seal(&text, &declaration_context(number))?;
        transaction
            .execute("UPDATE attribute SET sealed = ?2 WHERE number = ?1", params![number, sealed])
            .map_err(|error| wrong(path, &error))?;
        numbers.push(number);
    }
    Ok(numbers)
}

/// Keeps the labels of a row of the table.
fn take(
    keys: &LabelKeys,
    transaction: &Transaction<'_>,
    (tenant, row): (&TenantId, &LabelRow),
    numbers: &[u32],
    collected_at: Timestamp,
    imported: &mut Imported,
    path: &Path,
) -> Result<(), LabelError> {
    for (attribute, value) in numbers.iter().zip(&row.values) {
        let Some(value) = *value else { continue };
        let name = keys.name(tenant, &row.raw_id, *attribute)?;
        let is = Content { attribute: *attribute, value, collected_at };
        match content(keys, transaction, &name, path)? {
            Some(held) if held.collected_at > collected_at => {
                imported.older += 1;
                continue;
            }
            Some(held) if held == is => continue,
            Some(_) | None => {}
        }
        let sealed = keys.seal.seal(&is.to_bytes(), &label_context(&name))?;
        let kept = transaction
            .prepare_cached(
                "INSERT INTO label VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
            )
            .and_then(|mut insert| insert.execute(params![name, sealed]));
        kept.map_err(|error| wrong(path, &error))?;
        imported.labels += 1;
    }
    Ok(())
}

fn read_attributes(
    keys: &LabelKeys,
    connection: &Connection,
    path: &Path,
) -> Result<Vec<Numbered>, LabelError> {
    let told = |error: rusqlite::Error| wrong(path, &error);
    let mut all =
        connection.prepare_cached("SELECT number, sealed FROM attribute ORDER BY number").map_err(told)?;
    let rows =
        all.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Vec<u8>>(1)?))).map_err(told)?;
    let mut attributes = Vec::new();
    for row in rows {
        let (number, sealed) = row.map_err(told)?;
        let text = keys.seal.open(&sealed, &declaration_context(number)).ok_or_else(|| unopened(path))?;
        let declared = serde_json::from_slice(&text).map_err(|_| unopened(path))?;
        let Declared { tenant, attribute } = declared;
        attributes.push(Numbered { number, tenant, attribute });
    }
    Ok(attributes)
}

fn content(
    keys: &LabelKeys,
    connection: &Connection,
    name: &[u8; 32],
    path: &Path,
) -> Result<Option<Content>, LabelError> {
    let sealed = connection
        .prepare_cached("SELECT sealed FROM label WHERE name = ?1")
        .and_then(|mut found| found.query_row([name], |row| row.get::<_, Vec<u8>>(0)).optional())
        .map_err(|error| wrong(path, &error))?;
    sealed.map(|sealed| open_content(keys, name, &sealed, path)).transpose()
}

/// Opens every row.
fn walk(
    keys: &LabelKeys,
    connection: &Connection,
    path: &Path,
    mut see: impl FnMut([u8; 32], Content),
) -> Result<(), LabelError> {
    let told = |error: rusqlite::Error| wrong(path, &error);
    let mut all = connection.prepare_cached("SELECT name, sealed FROM label").map_err(told)?;
    let mut rows = all.query([]).map_err(told)?;
    while let Some(row) = rows.next().map_err(told)? {
        let name: [u8; 32] = row.get(0).map_err(told)?;
        let sealed: Vec<u8> = row.get(1).map_err(told)?;
        see(name, open_content(keys, &name, &sealed, path)?);
    }
    Ok(())
}

fn open_content(
    keys: &LabelKeys,
    name: &[u8; 32],
    sealed: &[u8],
    path: &Path,
) -> Result<Content, LabelError> {
    let opened = keys.seal.open(sealed, &label_context(name));
    opened.and_then(|bytes| Content::of_bytes(&bytes)).ok_or_else(|| unopened(path))
}

/// What a seal of a label is bound to: rows cannot change places.
fn label_context(name: &[u8; 32]) -> Vec<u8> {
    [b"label".as_slice(), name].concat()
}

fn declaration_context(number: u32) -> Vec<u8> {
    [b"attribute".as_slice(), &number.to_le_bytes()].concat()
}

fn kept_until(attribute: &Attribute, collected_at: Timestamp) -> Timestamp {
    collected_at.plus_days(attribute.retention_days.into())
}

/// Counts of at least five. Where one value alone is withheld, the smallest other one is, too: it would tell by what is missing.
fn above_the_floor(counts: &[u64]) -> Vec<Option<u64>> {
    let mut told: Vec<Option<u64>> =
        counts.iter().map(|count| Some(*count).filter(|count| *count >= PEOPLE_FLOOR)).collect();
    if told.iter().filter(|count| count.is_none()).count() == 1
        && let Some(smallest) = told.iter_mut().filter(|count| count.is_some()).min()
    {
        *smallest = None;
    }
    told
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // What is deleted is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

fn unopened(path: &Path) -> LabelError {
    LabelError::Damaged { path: path.to_owned(), what: "a row does not open".to_owned() }
}

fn wrong(path: &Path, error: &rusqlite::Error) -> LabelError {
    let damaged = |what: String| LabelError::Damaged { path: path.to_owned(), what };
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LabelError::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => damaged(failure.to_string()),
            _ => unusable(path, &failure),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => damaged("a row is not as it was written".to_owned()),
        error => unusable(path, error),
    }
}

impl From<SealError> for LabelError {
    fn from(error: SealError) -> Self {
        Self::Seal { cause: error.to_string() }
    }
}
