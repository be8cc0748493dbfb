//! The made-up shop of `tests/data/shop`, for tests.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::schema::Schema;
use super::{AdDraft, Bundle, DataError, Symbols};
use crate::domain::{Ad, FieldError, Localised, SubjectKey, TenantId, Timestamp};

/// The text of the shop's schema.
pub(crate) const SCHEMA: &str = include_str!("../../tests/data/shop/schema.toml");

/// The shop's schema.
pub(crate) fn schema() -> Schema {
    Schema::parse(SCHEMA, Localised::default()).unwrap()
}

/// A file or folder of the tests' data.
pub(crate) fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

/// A copy of the shop's folder, in which a test may break something.
pub(crate) struct Shop(TempDir);

impl Shop {
    pub(crate) fn open() -> Self {
        let shop = Self(TempDir::new().unwrap());
        for entry in fs::read_dir(data("shop")).unwrap() {
            let from = entry.unwrap().path();
            fs::copy(&from, shop.path(from.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        shop
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Writes `text` over `file`.
    pub(crate) fn with(self, file: &str, text: &str) -> Self {
        fs::write(self.path(file), text).unwrap();
        self
    }

    /// Replaces the first `old` of `file`, which must be there.
    pub(crate) fn replace(self, file: &str, old: &str, new: &str) -> Self {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(old), "{file} does not hold {old}");
        self.with(file, &text.replacen(old, new, 1))
    }

    pub(crate) fn load(&self) -> Result<Bundle, DataError> {
        Bundle::load(self.0.path(), &derive)
    }

    /// What is wrong with the shop, without the path of its folder.
    pub(crate) fn error(&self) -> String {
        let error = self.load().map(|_| ()).unwrap_err().to_string();
        error.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The schema of a flat table `rows.csv` whose rows have been clicked on or not, with features of these
/// names and kinds.
pub(crate) fn flat_schema(features: &[(&str, &str)]) -> String {
    let mut schema = r#"
name = "rows"
test_share = 0.2
[files]
table = "rows.csv"
[[outcome]]
response = "click"
column = "clicked"
name = "clicked"
"#
    .to_owned();
    for (name, kind) in features {
        write!(
            schema,
            r#"[[feature]]
name = "{name}"
kind = "{kind}"
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "{name}"
label = {{ en = "{name}", fr = "{name}" }}
"#
        )
        .unwrap();
    }
    schema
}

/// The pseudonym of a raw id.
pub(crate) fn derive(raw_id: &str) -> Result<SubjectKey, FieldError> {
    SubjectKey::derive(&[7; 32], &TenantId::parse("tests").unwrap(), raw_id)
}

/// The pseudonym of the shop's person.
pub(crate) fn person(raw_id: &str) -> SubjectKey {
    derive(raw_id).unwrap()
}

/// The moment of a date or RFC 3339 text.
pub(crate) fn moment(text: &str) -> Timestamp {
    Timestamp::parse("moment", text).unwrap()
}

/// An ad of the shop with these attribute values.
pub(crate) fn ad(schema: &Schema, symbols: &Symbols, id: &str, values: &[(&str, &[&str])]) -> Ad {
    let values = values
        .iter()
        .map(|(name, values)| ((*name).to_owned(), values.iter().map(|&v| v.to_owned()).collect()));
    let draft = AdDraft { id: id.to_owned(), attributes: values.collect(), ..AdDraft::default() };
    draft.check(schema, symbols).unwrap()
}
