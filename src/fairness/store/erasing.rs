//! Erasing labels, so that no copy that is put back brings them back: noted first, then deleted.

use std::path::Path;

use rusqlite::{Transaction, params};

use super::LabelStore;
use crate::domain::{TenantId, Timestamp};
use crate::fairness::LabelError;
use crate::fairness::file::wrong;
use crate::fairness::keys::LabelKeys;
use crate::fairness::noted::{Noted, Notes};
use crate::fairness::rows::{Content, Numbered, content, read_attributes, walk};

impl LabelStore {
    /// Erases the labels of a person, and keeps a mark by which older ones are not taken again; how many labels.
    ///
    /// # Errors
    /// When it cannot be noted or the store not be written; then it is done now or, once it was noted, when the store is opened next.
    pub fn erase_person(
        &mut self,
        tenant: &TenantId,
        raw_id: &str,
        at: Timestamp,
    ) -> Result<u64, LabelError> {
        let (key, mark) = (self.keys.person(tenant, raw_id)?, self.keys.mark(tenant, raw_id)?);
        self.erase(|held| {
            let newest = held.of_person(&key)?.into_iter().map(|(_, content)| content.collected_at).max();
            Ok(Noted::Person { key, mark, at: newest.map_or(at, |newest| newest.max(at)) })
        })
    }

    /// Erases an attribute of a tenant with all its labels; how many.
    ///
    /// # Errors
    /// When there is none, or as [`LabelStore::erase_person`].
    pub fn erase_attribute(
        &mut self,
        tenant: &TenantId,
        name: &str,
        at: Timestamp,
    ) -> Result<u64, LabelError> {
        let found = self.of_tenant(tenant)?.into_iter().find(|numbered| numbered.attribute.name == name);
        let number = found.ok_or(LabelError::NoSuchAttribute)?.number;
        let mark = self.keys.attribute_mark(tenant, name);
        self.erase(|held| {
            let newest =
                held.of_attribute(number)?.into_iter().map(|(_, content)| content.collected_at).max();
            Ok(Noted::Attribute { mark, at: newest.map_or(at, |newest| newest.max(at)) })
        })
    }

    /// Notes what is to be erased, and erases it; how many labels.
    fn erase(
        &mut self,
        what: impl FnOnce(&Held<'_>) -> Result<Noted, LabelError>,
    ) -> Result<u64, LabelError> {
        let notes = Notes::of(&self.folder);
        let gone = self.in_one_step(|keys, transaction, path| {
            let held = Held { keys, transaction, path };
            // Of another process that was cut off after it had noted something.
            held.follow(&notes)?;
            let noted = what(&held)?;
            let length = notes.append(&noted)?;
            let gone = held.erase(&noted)?;
            held.set_followed(length)?;
            Ok(gone)
        })?;
        self.scrub()?;
        Ok(gone)
    }

    /// Erases what was noted and the store has not heard of: it is a copy from before, or an erasure was cut off.
    pub(super) fn follow_notes(&mut self) -> Result<(), LabelError> {
        let notes = Notes::of(&self.folder);
        self.erased_again =
            self.in_one_step(|keys, transaction, path| Held { keys, transaction, path }.follow(&notes))?;
        if self.erased_again > 0 { self.scrub() } else { Ok(()) }
    }
}

/// What the store holds, while it is being changed.
struct Held<'a> {
    keys: &'a LabelKeys,
    transaction: &'a Transaction<'a>,
    path: &'a Path,
}

impl Held<'_> {
    /// Does what was noted since; how many notes.
    fn follow(&self, notes: &Notes) -> Result<u64, LabelError> {
        let followed =
            self.transaction.query_row("SELECT bytes FROM followed", [], |row| row.get::<_, i64>(0));
        let followed = followed.map_err(|error| self.told(&error))?;
        let followed = u64::try_from(followed).unwrap_or(u64::MAX);
        let (noted, length) = notes.after(followed)?;
        for noted in &noted {
            self.erase(noted)?;
        }
        if length != followed {
            self.set_followed(length)?;
        }
        Ok(noted.len() as u64)
    }

    fn set_followed(&self, bytes: u64) -> Result<(), LabelError> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let set = self.transaction.execute("UPDATE followed SET bytes = ?1", params![bytes]);
        set.map(drop).map_err(|error| self.told(&error))
    }

    /// Erases what was collected until the moment of a note; how many labels.
    fn erase(&self, noted: &Noted) -> Result<u64, LabelError> {
        match noted {
            Noted::Person { key, mark, at } => {
                let gone = self.delete(self.of_person(key)?, *at)?;
                let kept = self.transaction.execute(
                    "INSERT INTO erased VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                    params![mark, at.micros()],
                );
                kept.map_err(|error| self.told(&error))?;
                Ok(gone)
            }
            Noted::Attribute { mark, at } => {
                let mut gone = 0;
                for Numbered { number, tenant, attribute } in self.attributes()? {
                    if self.keys.attribute_mark(&tenant, &attribute.name) != *mark {
                        continue;
                    }
                    let labels = self.of_attribute(number)?;
                    let is_whole = labels.iter().all(|(_, content)| content.collected_at <= *at);
                    gone += self.delete(labels, *at)?;
                    if is_whole {
                        let dropped =
                            self.transaction.execute("DELETE FROM attribute WHERE number = ?1", [number]);
                        dropped.map_err(|error| self.told(&error))?;
                    }
                }
                Ok(gone)
            }
        }
    }

    fn delete(&self, labels: Vec<([u8; 32], Content)>, until: Timestamp) -> Result<u64, LabelError> {
        let mut gone = 0;
        for (name, _) in labels.into_iter().filter(|(_, content)| content.collected_at <= until) {
            let deleted = self.transaction.execute("DELETE FROM label WHERE name = ?1", [name]);
            gone += deleted.map_err(|error| self.told(&error))? as u64;
        }
        Ok(gone)
    }

    fn of_person(&self, key: &[u8; 32]) -> Result<Vec<([u8; 32], Content)>, LabelError> {
        let mut labels = Vec::new();
        for Numbered { number, .. } in self.attributes()? {
            let name = LabelKeys::name_by(key, number);
            let content = content(self.keys, self.transaction, &name, self.path)?;
            labels.extend(content.map(|content| (name, content)));
        }
        Ok(labels)
    }

    fn of_attribute(&self, number: u32) -> Result<Vec<([u8; 32], Content)>, LabelError> {
        let mut labels = Vec::new();
        walk(self.keys, self.transaction, self.path, |name, content| {
            labels.extend(Some((name, content)).filter(|_| content.attribute == number));
        })?;
        Ok(labels)
    }

    fn attributes(&self) -> Result<Vec<Numbered>, LabelError> {
        read_attributes(self.keys, self.transaction, self.path)
    }

    fn told(&self, error: &rusqlite::Error) -> LabelError {
        wrong(self.path, error)
    }
}
