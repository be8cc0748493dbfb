//! Where the data are: names of files beside the schema.

use crate::domain::{FieldError, FieldErrors};

use super::raw::RawFiles;

/// Where the data are, relative to the schema's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Files {
    /// One flat table: rows, features and outcomes.
    Table(String),
    /// A log of events, ads and impressions.
    Log(Box<LogFiles>),
}

/// The files of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFiles {
    /// What people did; needed by affinity features.
    pub events: Option<String>,
    /// Attributes of the events' products.
    pub products: Option<String>,
    /// The catalogue.
    pub ads: String,
    /// Further attribute values of ads, one row a value.
    pub ad_attributes: Option<String>,
    /// What was shown, to whom, and what became of it.
    pub impressions: Option<String>,
    /// Which purposes each person accepted.
    pub consents: Option<String>,
    /// Group labels for audits; never read by serving or training.
    pub groups: Option<String>,
}

/// Checks the names; rules that are broken go to `broken`.
pub(super) fn check_files(raw: RawFiles, broken: &mut FieldErrors) -> Files {
    let named = [
        ("files.table", &raw.table),
        ("files.events", &raw.events),
        ("files.products", &raw.products),
        ("files.ads", &raw.ads),
        ("files.ad_attributes", &raw.ad_attributes),
        ("files.impressions", &raw.impressions),
        ("files.consents", &raw.consents),
        ("files.groups", &raw.groups),
    ];
    let mut refuse = |field: &str, rule: &str| broken.0.push(FieldError::new(field, rule));
    for (field, name) in named {
        let Some(name) = name else { continue };
        if !is_beside(name) {
            refuse(field, "must be a file in or below the schema's folder");
        } else if ![".csv", ".csv.gz", ".parquet"].iter().any(|end| name.ends_with(end)) {
            refuse(field, "must end in .csv, .csv.gz or .parquet");
        }
    }
    let others = named[1..].iter().any(|(_, name)| name.is_some());
    match (raw.table, raw.ads) {
        (Some(table), _) => {
            if others {
                refuse("files.table", "must stand alone: a flat table has no other files");
            }
            Files::Table(table)
        }
        (None, ads) => {
            if ads.is_none() {
                refuse("files.ads", "must be given, unless files.table is");
            }
            Files::Log(Box::new(LogFiles {
                events: raw.events,
                products: raw.products,
                ads: ads.unwrap_or_default(),
                ad_attributes: raw.ad_attributes,
                impressions: raw.impressions,
                consents: raw.consents,
                groups: raw.groups,
            }))
        }
    }
}

/// Whether a path stays in the folder that it starts from.
fn is_beside(name: &str) -> bool {
    let path = std::path::Path::new(name);
    path.components().all(|part| matches!(part, std::path::Component::Normal(_))) && !name.is_empty()
}
