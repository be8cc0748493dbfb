//! Group labels: attributes of people for audits and fairness training only, never a feature, never read while serving.
//!
//! They lie in a store of their own, under keys of their own. Each row is one label of one person: its name is a keyed hash of
//! tenant, raw id and attribute, its content is sealed and as long as any other. So whoever has the service's store and keys cannot
//! say who is in it, and a pseudonym of the service leads nowhere: only the raw id does, which the service keeps of nobody. Which
//! files may name this module at all is a closed list (`tests/it/layering.rs`).

mod attribute;
mod error;
mod file;
mod folder;
mod keys;
mod noted;
mod proxy;
mod rows;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use attribute::{Attribute, RETENTION_DAYS_MAX, SpecialCategory, read_attributes};
pub use error::LabelError;
pub use folder::LabelFolder;
pub use keys::LABEL_KEY_FILE_NAME;
pub use noted::LABEL_ERASED_FILE_NAME;
pub use proxy::{Crowd, GroupHints, find_hints};
pub use store::{
    AttributeCounts, GroupLabel, Imported, LABEL_FILE_NAME, LabelStore, PeopleLabels, Restored, ValueCount,
};
pub use table::{LabelRow, LabelTable};
