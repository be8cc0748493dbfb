//! Everything that a schema's folder holds, loaded.

use std::path::Path;

use crate::domain::{FieldError, Response, SubjectKey};

use super::catalogue::Catalogue;
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
    /// # Errors
    /// When the schema breaks a rule, or a file cannot be read or does not fit the schema.
    pub fn load(
        dir: &Path,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        let schema = Schema::load(dir)?;
        match schema.files.clone() {
            Files::Table(table) => {
                let mut bundle = Self::without_rows(schema);
                bundle.impressions = load_table(&dir.join(table), &bundle.schema, derive)?;
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
