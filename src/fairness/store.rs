//! The labels on disk: one row a label, named by a keyed hash, sealed, each as long as any other.

mod copies;
mod erasing;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::file::{FORMAT, TABLES, connect, unopened, wrong};
use super::keys::{LabelKeys, unusable};
use super::rows::{Content, Numbered, content, declare, read_attributes, take, walk};
use super::table::LabelTable;
use super::{Attribute, LABEL_KEY_FILE_NAME, LabelError};
use crate::domain::{FieldError, PEOPLE_FLOOR, TenantId, Timestamp};

pub use copies::Restored;

/// Name of the file in the folder of labels.
pub const LABEL_FILE_NAME: &str = "labels.db";

/// What is sealed to bind store and keys.
const IDENTITY: &[u8] = b"limpid labels v1";

/// A store of labels, open.
pub struct LabelStore {
    connection: Connection,
    keys: LabelKeys,
    folder: PathBuf,
    /// How many erasures were noted that the store had not heard of when it was opened.
    erased_again: u64,
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
        let mut store = Self { connection, keys, folder: folder.to_owned(), erased_again: 0 };
        store.prepare()?;
        store.follow_notes()?;
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
            found if found < FORMAT => return Err(LabelError::OlderFormat { path: path.clone(), found }),
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

    /// Deletes the labels whose time is over; how many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn sweep(&mut self, now: Timestamp) -> Result<u64, LabelError> {
        let is_over = |attributes: &[Numbered], content: Content| {
            let of = attributes.iter().find(|numbered| numbered.number == content.attribute);
            of.is_none_or(|numbered| kept_until(&numbered.attribute, content.collected_at) <= now)
        };
        let gone = self.drop_labels(is_over)?;
        if gone > 0 {
            self.scrub()?;
        }
        Ok(gone)
    }

    fn drop_labels(&mut self, is_over: impl Fn(&[Numbered], Content) -> bool) -> Result<u64, LabelError> {
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
