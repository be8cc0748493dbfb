//! What can go wrong with a store.

use std::path::PathBuf;

/// A closed list; no message repeats a stored value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room left; what was acknowledged stays, reads go on, and writes succeed again
    /// once there is room.
    #[error("the store is full: free disk space or raise its page limit")]
    Full,
    /// The folder or file cannot be created or written.
    #[error("cannot write {}: {cause}", path.display())]
    Unwritable {
        /// What cannot be written.
        path: PathBuf,
        /// Why, in the words of the operating system.
        cause: String,
    },
    /// Another process held the store for longer than the waiting time.
    #[error("the store is busy with another process; try again")]
    Busy,
    /// The database cannot be reached; nothing of the call was kept, and calls succeed again once it is back.
    #[error("the database cannot be reached: {cause}")]
    Away {
        /// Why.
        cause: String,
    },
    /// The connection broke while the database was committing: the call may have been kept or not. Made again,
    /// it tells.
    #[error(
        "the connection to the database broke while it was writing: whether it did is not known; ask again"
    )]
    InDoubt,
    /// Where the store is to be is not understood; no part of what was given is repeated, as it may hold a password.
    #[error("the address of the store {rule}")]
    Address {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The data in the database are under other keys than those at hand.
    #[error("the database belongs to another data folder: its data are under other keys")]
    OtherKeys,
    /// The file is damaged, or is no store.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// What was found.
        what: String,
    },
    /// The file was written by a newer build.
    #[error("the store has format {found}, this build knows formats up to {known}; use a newer build")]
    NewerFormat {
        /// The format of the file.
        found: i64,
        /// The newest format that this build reads.
        known: i64,
    },
    /// The file was written by a build before the first release.
    #[error("the store has format {found}, of a build before the first release; use a new data folder")]
    Unreleased {
        /// The format of the file.
        found: i64,
    },
    /// The backend has other means for that.
    #[error("the store is in PostgreSQL: {what}")]
    NotHere {
        /// Which.
        what: &'static str,
    },
    /// A rule of the store was broken: an identifier taken twice, say.
    #[error("the store refuses the row: {rule}")]
    Conflict {
        /// The rule.
        rule: String,
    },
    /// A data key was wrapped by a key that is no longer in use; wrapped by the current one it is taken.
    #[error("the data key is wrapped by a key that was rotated away")]
    OldWrappingKey,
    /// A person was named by a key that was replaced; named by the new one the call is taken.
    #[error("the key by which people are named was replaced meanwhile; ask again")]
    OldName,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Reading or writing failed for another reason; nothing of the call was kept.
    #[error("the store cannot be read or written: {cause}")]
    Io {
        /// Why.
        cause: String,
    },
}
