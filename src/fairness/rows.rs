//! Rows as they lie in the file: each sealed, and bound to its name.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::file::{unopened, wrong};
use super::keys::LabelKeys;
use super::store::Imported;
use super::table::LabelRow;
use super::{Attribute, LabelError};
use crate::domain::{FieldError, TenantId, Timestamp};

/// Declarations are filled up to a multiple of so many bytes before they are sealed: their size tells little.
const DECLARATION_BYTES: usize = 4096;

/// The content of a row. Always of the same length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) attribute: u32,
    pub(super) value: u16,
    pub(super) collected_at: Timestamp,
}

/// A declaration as it is sealed.
#[derive(Serialize, Deserialize)]
struct Declared {
    tenant: TenantId,
    attribute: Attribute,
}

/// An attribute by its number.
pub(super) struct Numbered {
    pub(super) number: u32,
    pub(super) tenant: TenantId,
    pub(super) attribute: Attribute,
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

/// Keeps the declarations that are new; the number of each.
pub(super) fn declare(
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
pub(super) fn take(
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

pub(super) fn read_attributes(
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

pub(super) fn content(
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
pub(super) fn walk(
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
