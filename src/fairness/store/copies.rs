//! Copies of the labels, and what a copy is worth when it is put back.
//!
//! A copy holds sealed rows and no key: `label-keys.json` and `erased-labels.txt` stay where they are, and are kept apart from copies.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{LABEL_FILE_NAME, LabelStore};
use crate::domain::Timestamp;
use crate::fairness::file::wrong;
use crate::fairness::keys::unusable;
use crate::fairness::noted::LABEL_ERASED_FILE_NAME;
use crate::fairness::{LABEL_KEY_FILE_NAME, LabelError};

/// How the names of copies begin and end.
const NAME: (&str, &str) = ("labels-", ".db");

/// Copies that are kept: the newest, and the one before in case the newest cannot be read.
const KEPT: usize = 2;

/// What came of putting a copy back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Labels that are held now.
    pub labels: u64,
    /// Erasures later than the copy, of people and of attributes, that were done again.
    pub erased_again: u64,
    /// Labels that were deleted because their time was over.
    pub over: u64,
}

impl LabelStore {
    /// Writes a copy into a folder, which is made when it is missing, and deletes all but the newest ones there; where it is.
    ///
    /// # Errors
    /// When the folder cannot be written, or the store not be read.
    pub fn back_up_into(&self, folder: &Path, now: Timestamp) -> Result<PathBuf, LabelError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| unusable(folder, &e))?;
        let (begins, ends) = NAME;
        let path = folder.join(format!("{begins}{:020}{ends}", now.micros().max(0)));
        let unnamed = path.with_extension("unfinished");
        let name = unnamed.to_str().ok_or_else(|| unusable(&unnamed, &"its name is not UTF-8"))?;
        if path.exists() {
            return Err(unusable(&path, &"it is there already"));
        }
        let _ = fs::remove_file(&unnamed);
        let copied = self.connection.execute("VACUUM INTO ?1", [name]);
        copied.map_err(|error| wrong(&self.folder.join(LABEL_FILE_NAME), &error))?;
        let durable = || {
            File::open(&unnamed)?.sync_all()?;
            fs::rename(&unnamed, &path)?;
            File::open(folder)?.sync_all()?;
            let mut copies = Vec::new();
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with(begins) && name.ends_with(ends) {
                    copies.push(entry.path());
                }
            }
            // Names ascend by time.
            copies.sort();
            copies.iter().rev().skip(KEPT).try_for_each(fs::remove_file)
        };
        durable().map_err(|error: std::io::Error| unusable(folder, &error))?;
        Ok(path)
    }

    /// Puts a copy into a folder that has keys and no labels, erases again what was erased since it was made, and deletes what is over.
    ///
    /// # Errors
    /// When the folder has no keys or has labels, or the copy cannot be read, is damaged, or is of other keys; then there are no labels
    /// in the folder as before.
    pub fn restore(copy: &Path, folder: &Path, now: Timestamp) -> Result<Restored, LabelError> {
        let refused = |path: &Path, rule: String| LabelError::NoPlace { path: path.to_owned(), rule };
        let file = folder.join(LABEL_FILE_NAME);
        if !folder.join(LABEL_KEY_FILE_NAME).exists() {
            let rule =
                format!("has no {LABEL_KEY_FILE_NAME}; put it and {LABEL_ERASED_FILE_NAME} back first");
            return Err(refused(folder, rule));
        }
        if file.exists() {
            return Err(refused(folder, "has labels; move them away first".to_owned()));
        }
        // Under another name first, so that a copy that breaks off is no store; what is left of a lost one is not taken for its own.
        let unfinished = folder.join(format!("{LABEL_FILE_NAME}.unfinished"));
        let put = || {
            fs::copy(copy, &unfinished)?;
            File::open(&unfinished)?.sync_all()?;
            remove_beside(&file)?;
            fs::rename(&unfinished, &file)?;
            File::open(folder)?.sync_all()
        };
        put().map_err(|error: std::io::Error| unusable(copy, &error))?;
        let restored = Self::open(folder).and_then(|mut store| {
            let (erased_again, over) = (store.erased_again, store.sweep(now)?);
            Ok(Restored { labels: store.held_by_all()?, erased_again, over })
        });
        restored.map_err(|error| {
            // What is no store is not left in its place.
            let _ = fs::remove_file(&file).and_then(|()| remove_beside(&file));
            match error {
                LabelError::NotesMissing { .. } | LabelError::OtherKeys { .. } => error,
                other => refused(copy, other.to_string()),
            }
        })
    }

    fn held_by_all(&self) -> Result<u64, LabelError> {
        let count = self.connection.query_row("SELECT count(*) FROM label", [], |row| row.get::<_, i64>(0));
        let count = count.map_err(|error| wrong(&self.folder.join(LABEL_FILE_NAME), &error))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// Removes the log of a file, if there is one.
fn remove_beside(file: &Path) -> std::io::Result<()> {
    for end in ["-wal", "-shm"] {
        let mut beside = file.as_os_str().to_owned();
        beside.push(end);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
