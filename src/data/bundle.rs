//! Everything that a schema's folder holds, loaded.

use std::path::Path;

use crate::domain::{FieldError, Response, SubjectKey};

use super::catalogue::Catalogue;
use super::compact;
use super::consents::Consents;
use super::error::DataError;
use super::events::{Products, load_history};
use super::flat::load_table;
use super::history::History;
use super::impressions::Impressions;
use super::join::{Permits, join};
use super::schema::{Files, LogFiles, Schema};
use super::symbols::Symbols;
use super::table::Dataset;

/// A schema with its data. A flat table has rows only: no ads, no history, no consents.
#[derive(Debug)]
pub struct Bundle {
    /// What the data are.
    pub schema: Schema,
    /// Attribute values by code.
    pub symbols: Symbols,
    /// Attributes of products.
    pub products: Products,
    /// The ads.
    pub catalogue: Catalogue,
    /// What people did.
    pub history: History,
    /// What was shown, or the rows of a flat table.
    pub impressions: Impressions,
    /// Which purposes each person accepted.
    pub consents: Consents,
}

impl Bundle {
    /// Loads the folder `dir`, which holds a `schema.toml`. `derive` gives the pseudonym of a raw id.
    ///
    /// The numbers of a flat table of more than 500,000 rows are rounded to at most 253 of the column,
    /// as many as models tell apart, so that a cell takes one byte.
    ///
    /// # Errors
    /// When the schema breaks a rule, or a file cannot be read or does not fit the schema.
    pub fn load(
        dir: &Path,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        Self::load_as(dir, Schema::load(dir)?, derive)
    }

    /// The same with every number as it is: private training must not see numbers that were rounded
    /// by what others gave.
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn load_exact(
        dir: &Path,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        Self::load_rounded(dir, Schema::load(dir)?, usize::MAX, derive)
    }

    /// Loads the files of the folder `dir` as `schema` says.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit the schema.
    pub fn load_as(
        dir: &Path,
        schema: Schema,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        Self::load_rounded(dir, schema, compact::ROWS_EXACT, derive)
    }

    /// The same with the numbers of a flat table rounded when it has more than `rows_exact` rows.
    pub(super) fn load_rounded(
        dir: &Path,
        schema: Schema,
        rows_exact: usize,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        match schema.files.clone() {
            Files::Table(table) => {
                let mut bundle = Self::without_rows(schema);
                bundle.impressions = load_table(&dir.join(table), &bundle.schema, rows_exact, derive)?;
                Ok(bundle)
            }
            Files::Log(files) => Self::load_log(dir, &files, schema, derive),
        }
    }

    fn load_log(
        dir: &Path,
        files: &LogFiles,
        schema: Schema,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        let mut bundle = Self::without_rows(schema);
        let (schema, symbols) = (&bundle.schema, &bundle.symbols);
        if let Some(file) = &files.products {
            bundle.products = Products::load(&dir.join(file), schema, symbols)?;
        }
        bundle.catalogue = Catalogue::load(dir, files, schema, symbols)?;
        bundle.history = load_history(dir, files, schema, symbols, &bundle.products, derive)?;
        if let Some(file) = &files.impressions {
            bundle.impressions = Impressions::load(&dir.join(file), schema, &bundle.catalogue, derive)?;
        }
        if let Some(file) = &files.consents {
            bundle.consents = Consents::load(&dir.join(file), schema, derive)?;
        }
        Ok(bundle)
    }

    fn without_rows(schema: Schema) -> Self {
        let symbols = Symbols::of(&schema);
        Self {
            products: Products::default(),
            catalogue: Catalogue::default(),
            history: History::new(&schema, &symbols),
            impressions: Impressions::default(),
            consents: Consents::default(),
            symbols,
            schema,
        }
    }

    /// The schema alone; the data are let go of.
    #[must_use]
    pub fn into_schema(self) -> Schema {
        self.schema
    }

    /// The rows as a table with a column for each feature of the schema, and whether they had
    /// `response`. Cells that `permits` refuses are withheld and not computed; so are, for sensitive
    /// ads, those of the person and of history.
    ///
    /// # Errors
    /// When the data do not say whether there was a `response`.
    pub fn dataset(&self, response: Response, permits: &Permits<'_>) -> Result<Dataset, DataError> {
        join(&self.impressions, &self.schema, &self.history, response, permits)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::sample::Shop;

    #[test]
    fn a_folder_is_loaded_whole() {
        let bundle = Shop::open().load().unwrap();
        assert_eq!(bundle.schema.name, "shop");
        assert_eq!((bundle.catalogue.len(), bundle.history.events(), bundle.impressions.rows()), (3, 6, 5));
        assert_eq!(bundle.consents.iter().count(), 2);
        assert!(bundle.products.attributes("tea-1").is_some());
    }

    #[test]
    fn files_that_the_schema_does_not_name_are_not_needed() {
        let shop = Shop::open().replace("schema.toml", "impressions = \"impressions.csv\"\n", "").replace(
            "schema.toml",
            "consents = \"consents.csv\"\n",
            "",
        );
        for file in ["impressions.csv", "consents.csv"] {
            fs::remove_file(shop.path(file)).unwrap();
        }
        let bundle = shop.load().unwrap();
        assert_eq!((bundle.impressions.rows(), bundle.consents.iter().count()), (0, 0));
    }

    #[test]
    fn a_file_that_the_schema_names_must_be_there() {
        for file in
            ["events.csv", "products.csv", "ads.csv", "ad_attributes.csv", "impressions.csv", "consents.csv"]
        {
            let shop = Shop::open();
            fs::remove_file(shop.path(file)).unwrap();
            let error = shop.load().unwrap_err();
            assert!(matches!(&error, DataError::Unreadable { file: there, .. } if there.ends_with(file)));
        }
        let shop = Shop::open();
        fs::remove_file(shop.path("schema.toml")).unwrap();
        assert!(shop.error().starts_with("schema.toml: cannot be read: "));
    }

    #[test]
    fn a_schema_that_breaks_a_rule_loads_no_data() {
        let shop = Shop::open().replace("schema.toml", "\"EUR\"", "\"euro\"");
        let error = shop.load().unwrap_err();
        assert!(matches!(error, DataError::Schema(_)));
        let said = "schema.toml: currency: must be an ISO 4217 code of three capital letters";
        assert_eq!(shop.error(), said);
    }

    #[test]
    fn the_same_tables_load_from_packed_files() {
        let packed = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, text).unwrap();
            encoder.finish().unwrap()
        };
        let shop = Shop::open().replace("schema.toml", "\"events.csv\"", "\"events.csv.gz\"");
        fs::write(shop.path("events.csv.gz"), packed(&fs::read(shop.path("events.csv")).unwrap())).unwrap();
        fs::remove_file(shop.path("events.csv")).unwrap();
        assert_eq!(shop.load().unwrap().history.events(), 6);
    }
}
