//! One flat table: a row is a person unless a column says which.

use std::path::Path;

use crate::domain::{FieldError, SubjectKey, Timestamp};

use super::compact;
use super::error::DataError;
use super::events::people;
use super::impressions::{Impressions, outcomes, stated_columns};
use super::read::{Records, Source, Text};
use super::schema::Schema;
use super::table::Column;

/// Reads a flat table: a column for each feature and outcome; the subject and the moment when there
/// are columns of their names, and the weight if the schema names it. People that no column names are
/// numbered by row, and without a moment every row is of 1970-01-01. Of more than `rows_exact` rows,
/// numbers are rounded, but not weights.
///
/// # Errors
/// When the file cannot be read, lacks a column, or a value is of the wrong type.
pub(super) fn load_table(
    file: &Path,
    schema: &Schema,
    rows_exact: usize,
    derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
) -> Result<Impressions, DataError> {
    let source = Source::open(file)?;
    let columns = &schema.columns;
    let is_feature = |name: &str| schema.features.iter().any(|feature| feature.column == name);
    // A feature of that name is what the table means by it.
    let fixed = |name: &str| source.has(name) && !is_feature(name);
    let mut wanted = schema.outcomes.iter().map(|outcome| outcome.column.as_str()).collect::<Vec<_>>();
    wanted.extend([columns.subject.as_str(), &columns.at].into_iter().filter(|name| fixed(name)));
    wanted.extend(columns.weight.as_deref());
    let records = source.read(&wanted)?;
    let rows = records.rows();
    let named = fixed(&columns.subject).then(|| people(&records, &columns.subject, derive)).transpose()?;
    let at = if fixed(&columns.at) {
        Some(records.complete(&columns.at, records.times(&columns.at)?)?)
    } else {
        None
    };
    let weight = columns.weight.as_deref().map(|name| weights(&records, name)).transpose()?;
    let outcomes = outcomes(&records, schema)?;
    // What was read is let go of before the features, which are most of a table, take their place.
    drop(records);
    let stated = features(&source, schema, rows, rows_exact)?;
    let (person, subjects) = named.unwrap_or_else(|| ((0..u32::MAX).take(rows).collect(), Vec::new()));
    Ok(Impressions {
        subjects,
        ads: Vec::new(),
        ad: Vec::new(),
        group: person.clone(),
        person,
        campaign: Text::default(),
        at: at.unwrap_or_else(|| vec![Timestamp::default(); rows]),
        stated,
        weight,
        outcomes,
    })
}

/// What each row counts for: numbers, at least 0, with a sum that is finite and not 0.
fn weights(records: &Records, name: &str) -> Result<Vec<f64>, DataError> {
    let weights = records.numbers(name)?;
    for (row, &weight) in weights.iter().enumerate() {
        if weight.is_nan() {
            return Err(records.cell_error(row, name, "must not be missing"));
        }
        if weight < 0.0 {
            return Err(records.cell_error(row, name, "must not be negative"));
        }
    }
    let sum = weights.iter().sum::<f64>();
    if sum.is_finite() && (sum > 0.0 || weights.is_empty()) {
        return Ok(weights);
    }
    let rule = if sum > 0.0 { "must have a finite sum" } else { "must not be 0 in every row" };
    Err(DataError::column(records.file(), name, rule))
}

/// The column of each feature, in few bytes a row when there are more than `rows_exact`.
fn features(
    source: &Source,
    schema: &Schema,
    rows: usize,
    rows_exact: usize,
) -> Result<Vec<Option<Column>>, DataError> {
    if rows > rows_exact {
        return Ok(compact::stated_columns(source, schema, rows)?.into_iter().map(Some).collect());
    }
    let names: Vec<&str> = schema.features.iter().map(|feature| feature.column.as_str()).collect();
    stated_columns(&source.read(&names)?, schema, |_| true)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use crate::data::sample::{data, derive, flat_schema, moment, person};
    use crate::data::{Bundle, DataError};
    use crate::domain::{Cell, FeatureKind, Response};

    /// One feature, `slot`.
    fn schema() -> String {
        flat_schema(&[("slot", "categorical")])
    }

    fn load(schema: &str, table: &str) -> Result<Bundle, DataError> {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("schema.toml"), schema).unwrap();
        fs::write(dir.path().join("rows.csv"), table).unwrap();
        Bundle::load(dir.path(), &derive)
    }

    #[test]
    fn without_a_subject_column_every_row_is_a_person_of_1970() {
        let rows = load(&schema(), "slot,clicked\ntop,1\nside,0\n").unwrap().impressions;
        assert_eq!((rows.persons(), rows.groups()), ([0, 1].as_slice(), [0, 1].as_slice()));
        assert!(rows.subjects().is_empty() && rows.subject(0).is_none() && rows.ad(0).is_none());
        assert_eq!((rows.at()[1], rows.campaign(0)), (moment("1970-01-01"), None));
    }

    #[test]
    fn people_and_moments_are_those_of_their_columns() {
        let table =
            "slot,clicked,subject,at\ntop,1,p1,2024-01-01\nside,0,p1,2024-01-02\ntop,0,p2,2024-01-02\n";
        let rows = load(&schema(), table).unwrap().impressions;
        assert_eq!(
            (rows.persons(), rows.subjects()),
            ([0, 0, 1].as_slice(), [person("p1"), person("p2")].as_slice())
        );
        assert_eq!(rows.at()[2], moment("2024-01-02"));
        // A feature of that name is what the table means by it.
        let schema = schema().replace("name = \"slot\"\nkind", "name = \"subject\"\nkind");
        let bundle = load(&schema, table).unwrap();
        assert!(bundle.impressions.subjects().is_empty());
        let data = bundle.dataset(Response::Click, &|_, _| true).unwrap();
        assert_eq!(data.table.column(crate::domain::FeatureId(0)).cell(0), Cell::Category("p1"));
    }

    #[test]
    fn what_is_wrong_with_the_table_is_told_by_place() {
        for (table, said) in [
            ("slot,clicked\ntop,maybe\n", "line 2, column clicked must be 1, true, yes, 0, false or no"),
            ("slot,clicked\ntop,\n", "line 2, column clicked must not be missing"),
            ("place,clicked\ntop,1\n", "has no column slot; it has place, clicked"),
            ("slot,clicked,subject\ntop,1,\n", "line 2, column subject must not be missing"),
            ("slot,clicked,at\ntop,1,\n", "line 2, column at must not be missing"),
        ] {
            let error = load(&schema(), table).unwrap_err().to_string();
            assert!(error.ends_with(&format!("rows.csv: {said}")), "{error}");
        }
    }

    fn weighed(schema: &str, weights: [&str; 2]) -> Result<Bundle, DataError> {
        let schema = schema.replace("[[outcome]]", "[columns]\nweight = \"counts\"\n[[outcome]]");
        let [one, other] = weights;
        load(&schema, &format!("slot,clicked,counts\ntop,1,{one}\nside,0,{other}\n"))
    }

    #[test]
    fn rows_count_for_what_the_weight_column_says() {
        let bundle = weighed(&schema(), ["2.5", "0"]).unwrap();
        let rows = bundle.dataset(Response::Click, &|_, _| true).unwrap();
        assert_eq!(rows.weight, Some(vec![2.5, 0.0]));
        assert_eq!(rows.select(&[1]).weight, Some(vec![0.0]));
        let alike = load(&schema(), "slot,clicked,counts\ntop,1,2.5\n").unwrap();
        assert_eq!(alike.dataset(Response::Click, &|_, _| true).unwrap().weight, None);
    }

    #[test]
    fn a_weight_that_cannot_count_is_told_by_place() {
        for (weights, said) in [
            (["1", "-0.5"], "line 3, column counts must not be negative"),
            (["1", "NaN"], "line 3, column counts must be a finite number"),
            (["inf", "1"], "line 2, column counts must be a finite number"),
            (["1e999", "1"], "line 2, column counts must be a finite number"),
            (["much", "1"], "line 2, column counts must be a finite number"),
            (["1", ""], "line 3, column counts must not be missing"),
            (["0", "-0"], "column counts must not be 0 in every row"),
            (["1e308", "1e308"], "column counts must have a finite sum"),
        ] {
            let error = weighed(&schema(), weights).unwrap_err().to_string();
            assert!(error.ends_with(&format!("rows.csv: {said}")), "{weights:?}: {error}");
        }
        let schema = schema().replace("[[outcome]]", "[columns]\nweight = \"mass\"\n[[outcome]]");
        let error = load(&schema, "slot,clicked\ntop,1\n").unwrap_err().to_string();
        assert!(error.ends_with("rows.csv: has no column mass; it has slot, clicked"), "{error}");
    }

    #[test]
    fn a_weight_column_is_nothing_else() {
        for (schema, said) in [
            (
                schema().replace("name = \"slot\"\nkind", "name = \"slot\"\ncolumn = \"counts\"\nkind"),
                "feature slot: maps column counts, as does columns.weight",
            ),
            (
                schema().replace("column = \"clicked\"", "column = \"counts\""),
                "outcome click: maps column counts, as does columns.weight",
            ),
        ] {
            let error = weighed(&schema, ["1", "1"]).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_label_that_is_not_a_number_is_told_by_place_whatever_counts_as_positive() {
        let with_positive = schema().replace("name = \"clicked\"", "name = \"clicked\"\npositive = \"1\"");
        let flag = "line 3, column clicked must be 1, true, yes, 0, false or no";
        let nan = "line 3, column clicked must not be NaN";
        for (schema, said) in [(schema().as_str(), flag), (with_positive.as_str(), nan)] {
            for label in ["NaN", "nan"] {
                let error = load(schema, &format!("slot,clicked\ntop,1\nside,{label}\n")).unwrap_err();
                assert!(error.to_string().ends_with(&format!("rows.csv: {said}")), "{error}");
            }
            let error = load(schema, "slot,clicked\ntop,1\nside,\n").unwrap_err().to_string();
            assert!(error.ends_with("rows.csv: line 3, column clicked must not be missing"), "{error}");
        }
    }

    #[test]
    fn a_published_table_loads_by_its_schema_alone() {
        let bundle = Bundle::load(&data("invehicle-coupon"), &derive).unwrap();
        let rows = bundle.dataset(Response::Conversion, &|_, _| true).unwrap();
        assert_eq!((rows.rows(), rows.table.width()), (12_684, 25));
        assert_eq!(rows.outcome.iter().filter(|accepted| **accepted).count(), 7_210);
        let mut kinds = [0; 4];
        for (id, feature) in bundle.schema.features() {
            let (kind, numbers) = match feature.kind {
                FeatureKind::Numeric => (0, true),
                FeatureKind::Categorical => (1, false),
                FeatureKind::Flag => (2, true),
                FeatureKind::Affinity(_) => (3, true),
            };
            kinds[kind] += 1;
            assert_eq!(rows.table.column(id).numbers().is_some(), numbers, "{}", feature.name);
        }
        assert_eq!(kinds, [1, 18, 6, 0]);
        let column = |name| rows.table.column(bundle.schema.feature(name).unwrap());
        let missing = |name| (0..rows.rows()).filter(|&row| column(name).cell(row) == Cell::Missing).count();
        assert_eq!(["car", "Bar", "age", "temperature"].map(missing), [12_576, 107, 0, 0]);
        assert_eq!(column("occupation").categories().unwrap().1.len(), 25);
        assert_eq!(column("temperature").cell(0), Cell::Number(55.0));
        assert_eq!(column("has_children").cell(0), Cell::Number(1.0));
    }
}
