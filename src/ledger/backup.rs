//! Copies of the store, and what a copy is worth when it is put back.
//!
//! A copy holds wrapped data keys, and opens only with the wrapping key of its time. That key is destroyed at the next
//! rotation, which is what makes an erasure final; so each rotation writes a copy just before, and the copies from before it,
//! whose decisions nobody can open any more, are deleted.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Ledger, LedgerError};
use crate::domain::Timestamp;
use crate::store::{Store, StoreError};

/// How the names of copies begin and end.
const NAME: (&str, &str) = ("limpid-", ".db");

/// Copies that are kept: the newest, and the one before in case the newest cannot be read.
const KEPT: usize = 2;

impl Ledger {
    /// The same ledger, which writes a copy of its store into a folder whenever it replaces the wrapping key.
    #[must_use]
    pub fn with_backups(mut self, folder: PathBuf) -> Self {
        self.backups = Some(folder);
        self
    }
}

/// Writes a copy into a folder and deletes all but the newest ones; where it is.
///
/// # Errors
/// When the folder cannot be written, or the store not be read.
pub async fn back_up_into(store: &Store, folder: &Path, now: Timestamp) -> Result<PathBuf, LedgerError> {
    let unwritable = |error: &std::io::Error| {
        LedgerError::from(StoreError::Unwritable { path: folder.to_owned(), cause: error.to_string() })
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let (begins, ends) = NAME;
    let path = folder.join(format!("{begins}{:020}{ends}", now.micros().max(0)));
    store.back_up(&path).await?;
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unwritable(&error))? {
        let entry = entry.map_err(|error| unwritable(&error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(begins) && name.ends_with(ends) {
            copies.push(entry.path());
        }
    }
    // Names ascend by time.
    copies.sort();
    for old in copies.iter().rev().skip(KEPT) {
        fs::remove_file(old).map_err(|error| unwritable(&error))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::{decision, entry, fresh, open, person, record, tenant};
    use crate::ledger::{KEY_FILE_NAME, Rotated};
    use crate::store::FILE_NAME;

    #[tokio::test]
    async fn after_each_rotation_there_is_a_copy_that_the_new_key_opens() {
        let (place, ledger) = fresh().await;
        let copies = place.path().join("copies");
        let ledger = ledger.with_backups(copies.clone());
        let someone = person(&ledger, "someone");
        let mut now = Timestamp::from_micros(1);
        for n in 1..=3 {
            ledger.record(&tenant(), Some(&someone), [n; 32], &entry(&decision(n))).await.unwrap();
            now = now.plus_days(1);
            assert!(matches!(ledger.rotate(now).await, Ok(Rotated::Done { unreadable: 0, .. })));
            let mut names: Vec<PathBuf> =
                fs::read_dir(&copies).unwrap().map(|entry| entry.unwrap().path()).collect();
            names.sort();
            assert_eq!(names.len(), usize::from(n).min(KEPT));

            let again = tempfile::tempdir().unwrap();
            fs::copy(place.path().join(KEY_FILE_NAME), again.path().join(KEY_FILE_NAME)).unwrap();
            fs::copy(names.last().unwrap(), again.path().join(FILE_NAME)).unwrap();
            let restored = open(again.path()).await;
            for n in 1..=n {
                let read = restored.read(&tenant(), decision(n).id).await;
                assert_eq!(read, Ok(Some(record(&decision(n)))), "{n}");
            }
        }
        // A folder that cannot be written keeps the old key.
        let blocked = place.path().join("file");
        fs::write(&blocked, "").unwrap();
        let ledger = ledger.with_backups(blocked);
        assert!(ledger.rotate(now.plus_days(1)).await.is_err());
        assert!(ledger.keyring().is_rotating());
        assert!(ledger.read(&tenant(), decision(1).id).await.unwrap().is_some());
    }
}
