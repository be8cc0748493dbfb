//! Data at rest: schema, typed tables, readers, the point-in-time affinity join, splits.

mod bundle;
#[cfg(test)]
mod bundled;
mod catalogue;
mod codes;
mod compact;
mod consents;
mod draft;
mod error;
mod events;
mod flat;
mod history;
pub mod import;
mod impressions;
mod index;
mod join;
mod past;
pub mod read;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
pub mod schema;
mod shown;
mod split;
mod symbols;
mod table;
pub mod taxonomy;

pub use bundle::Bundle;
pub use catalogue::Catalogue;
pub use codes::Codes;
pub use consents::Consents;
pub use draft::{AdDraft, EventDraft};
pub use error::{DataError, Place};
pub use events::Products;
pub use history::{History, Intake};
pub use impressions::Impressions;
pub use join::Permits;
pub use past::{Past, PastReader};
pub use scale::between;
pub use schema::Schema;
pub use shown::{Shown, ShownRow};
pub use split::{Folds, TrainTest};
pub use symbols::Symbols;
pub use table::{Coded, Column, Dataset, Table, TableBuilder};
