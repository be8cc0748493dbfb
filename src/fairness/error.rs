//! What can be wrong with labels, their file and their keys. No message holds a value or a raw id.

use std::path::PathBuf;

use crate::domain::FieldError;

/// Why labels could not be read, taken or erased.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// A folder or file cannot be read or written.
    #[error("cannot read or write {}: {cause}", path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The file of keys or the store is not what was written.
    #[error("{} is damaged: {what}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There are labels but no keys to open them with.
    #[error("{} is missing although the folder has labels; restore it from a backup", path.display())]
    KeysMissing {
        /// Where the file should be.
        path: PathBuf,
    },
    /// The keys are not those of the store.
    #[error("{} does not open the labels beside it: it belongs to others", path.display())]
    OtherKeys {
        /// The file of keys.
        path: PathBuf,
    },
    /// The store or its keys are of a newer build.
    #[error("{} has format {found}, this build knows format {known}; use a newer build", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// The store is of a build before the first release.
    #[error("{} has format {found}, which this build no longer reads; move it away and import the labels anew", path.display())]
    OlderFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// What was erased is noted in a file that is shorter than what the labels followed.
    #[error(
        "{} is missing or older than the labels beside it: without it nobody knows who was erased; put the newest one back",
        path.display()
    )]
    NotesMissing {
        /// The file.
        path: PathBuf,
    },
    /// A folder of labels is not as it must be for a copy to be put there.
    #[error("{}: {rule}", path.display())]
    NoPlace {
        /// The folder, or the copy.
        path: PathBuf,
        /// What is to be done first.
        rule: String,
    },
    /// A declaration breaks a rule, or differs from the one that is kept.
    #[error("attribute {attribute}: {error}")]
    Declaration {
        /// Its name, or its place in the file.
        attribute: String,
        /// The field and the rule.
        error: FieldError,
    },
    /// A line of the table breaks a rule.
    #[error("line {line}: {rule}")]
    Line {
        /// Counted from 1, the header included.
        line: u64,
        /// The rule.
        rule: String,
    },
    /// There is no such attribute.
    #[error("attribute: no label is kept of it")]
    NoSuchAttribute,
    /// An argument breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Another process has the store; the same may work later.
    #[error("the store of labels is busy; try again")]
    Busy,
    /// Nothing can be sealed.
    #[error("cannot seal labels: {cause}")]
    Seal {
        /// Why.
        cause: String,
    },
}
