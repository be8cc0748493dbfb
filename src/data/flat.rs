//! One flat table: a row is a person unless a column says which.

use std::path::Path;

use crate::domain::{FieldError, SubjectKey, Timestamp};

use super::error::DataError;
use super::events::people;
use super::impressions::{Impressions, outcomes, stated_columns};
use super::read::{Source, Text};
use super::schema::Schema;

/// Reads a flat table: a column for each feature and outcome; the subject and the moment when there
/// are columns of their names. People that no column names are numbered by row, and without a
/// moment every row is of 1970-01-01.
///
/// # Errors
/// When the file cannot be read, lacks a column, or a value is of the wrong type.
pub(super) fn load_table(
    file: &Path,
    schema: &Schema,
    derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
) -> Result<Impressions, DataError> {
    let source = Source::open(file)?;
    let columns = &schema.columns;
    let is_feature = |name: &str| schema.features.iter().any(|feature| feature.column == name);
    // A feature of that name is what the table means by it.
    let fixed = |name: &str| source.has(name) && !is_feature(name);
    let mut wanted = schema.features.iter().map(|feature| feature.column.as_str()).collect::<Vec<_>>();
    wanted.extend(schema.outcomes.iter().map(|outcome| outcome.column.as_str()));
    wanted.extend([columns.subject.as_str(), &columns.at].into_iter().filter(|name| fixed(name)));
    let records = source.read(&wanted)?;

    let rows = records.rows();
    let (person, subjects) = if fixed(&columns.subject) {
        people(&records, &columns.subject, derive)?
    } else {
        ((0..u32::MAX).take(rows).collect(), Vec::new())
    };
    let at = if fixed(&columns.at) {
        records.complete(&columns.at, records.times(&columns.at)?)?
    } else {
        vec![Timestamp::default(); rows]
    };
    Ok(Impressions {
        subjects,
        ads: Vec::new(),
        ad: Vec::new(),
        group: person.clone(),
        person,
        campaign: Text::default(),
        at,
        stated: stated_columns(&records, schema, |_| true)?,
        outcomes: outcomes(&records, schema)?,
    })
}
