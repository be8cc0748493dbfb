//! A copy of the file while it is in use.

use std::fs::{self, File};
use std::path::Path;

use super::{Sqlite, blocking, file};
use crate::store::StoreError;

impl Sqlite {
    /// See [`crate::store::Store::back_up`].
    pub(in crate::store) async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let (from, to) = (self.readers.path().to_owned(), to.to_owned());
        blocking(move || {
            let unwritable =
                |error: &dyn ToString| StoreError::Unwritable { path: to.clone(), cause: error.to_string() };
            if to.exists() {
                return Err(unwritable(&"it is there already"));
            }
            let unnamed = to.with_extension("unfinished");
            let _ = fs::remove_file(&unnamed);
            let path = unnamed.to_str().ok_or_else(|| unwritable(&"its name is not UTF-8"))?;
            file::connect_to_copy(&from)?
                .execute("VACUUM INTO ?1", [path])
                .map_err(|error| unwritable(&error))?;
            let durable = || {
                File::open(&unnamed)?.sync_all()?;
                fs::rename(&unnamed, &to)?;
                File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
            };
            durable().map_err(|error: std::io::Error| unwritable(&error))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::store::contract::{decision, tenant};
    use crate::store::{FILE_NAME, Store, StoreError, StoreOptions};

    #[tokio::test]
    async fn a_copy_opens_with_what_was_there_and_holds_nothing_that_was_deleted() {
        let (place, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = Store::open(StoreOptions::new(place.path())).await.unwrap();
        for n in 1..=9 {
            store.append_decision(decision("a", n), None).await.unwrap();
        }
        let file = Connection::open(place.path().join(FILE_NAME)).unwrap();
        file.execute("DELETE FROM decisions WHERE decision_id = ?1", [[9_u8; 16]]).unwrap();
        let to = copies.path().join(FILE_NAME);
        store.back_up(&to).await.unwrap();
        store.append_decision(decision("a", 10), None).await.unwrap();
        let bytes = std::fs::read(&to).unwrap();
        let holds = |n: u8| bytes.windows(900).any(|window| window.iter().all(|byte| *byte == n));
        assert_eq!((holds(8), holds(9), holds(10)), (true, false, false));
        let again = store.back_up(&to).await;
        assert!(matches!(again, Err(StoreError::Unwritable { .. })), "{again:?}");
        let nowhere = store.back_up(&copies.path().join("no").join("folder")).await;
        assert!(matches!(nowhere, Err(StoreError::Unwritable { .. })), "{nowhere:?}");

        let copy = Store::open(StoreOptions::new(copies.path())).await.unwrap();
        assert!(copy.decision(&tenant("a"), decision("a", 8).id).await.unwrap().is_some());
        assert_eq!(std::fs::read_dir(copies.path()).unwrap().count(), 3, "the file, its log and its index");
    }
}
