//! Data at rest: schema, typed tables, readers, the point-in-time affinity join, splits.

mod table;

pub use table::{Column, Dataset, Table, TableBuilder};
