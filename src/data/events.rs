//! From files of events and products to history.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::{AttributeId, Event, EventKind, FieldError, SubjectKey};

use super::error::DataError;
use super::history::{History, Intake};
use super::read::{Records, Source, Text};
use super::schema::{AttributeFrom, LogFiles, Schema};
use super::symbols::Symbols;

/// What is known of each product: the attributes that events have from it.
#[derive(Clone, Debug, Default)]
pub struct Products {
    place_of: BTreeMap<Box<str>, u32>,
    /// Products x attributes of the schema; None where the attribute is not the product's.
    codes: Vec<Option<u32>>,
    attributes: usize,
}

impl Products {
    /// Reads the products table: the product's name, and a column for each attribute that events
    /// have from it.
    ///
    /// # Errors
    /// When the file cannot be read, lacks a column, or has a product twice.
    pub fn load(file: &Path, schema: &Schema, symbols: &Symbols) -> Result<Self, DataError> {
        let key = schema.columns.product.as_str();
        let of_products = attributes(schema, AttributeFrom::Products);
        let mut wanted = vec![key];
        wanted.extend(of_products.iter().map(|(_, name)| *name).filter(|name| *name != key));
        let records = Source::open(file)?.read(&wanted)?;
        let width = schema.attributes.len();
        let mut products =
            Self { attributes: width, codes: vec![None; records.rows() * width], ..Self::default() };
        let names = records.texts(key)?;
        for row in 0..records.rows() {
            let name = names.get(row).ok_or_else(|| records.cell_error(row, key, "must not be missing"))?;
            let place = u32::try_from(row).unwrap_or(u32::MAX);
            if products.place_of.insert(name.into(), place).is_some() {
                return Err(records.cell_error(row, key, "is a product that came before"));
            }
        }
        for (id, name) in of_products {
            let codes = codes(&records, id, name, symbols)?;
            for (row, code) in codes.into_iter().enumerate() {
                products.codes[row * width + usize::from(id.0)] = code;
            }
        }
        Ok(products)
    }

    /// The attribute codes of a product, in the order of the schema's attributes; None for a product
    /// that is not known.
    #[must_use]
    pub fn attributes(&self, product: &str) -> Option<&[Option<u32>]> {
        let first = *self.place_of.get(product)? as usize * self.attributes;
        Some(&self.codes[first..first + self.attributes])
    }
}

/// The attributes that events have from `from`, with their columns.
fn attributes(schema: &Schema, from: AttributeFrom) -> Vec<(AttributeId, &str)> {
    let all = (0..=u8::MAX).map(AttributeId).zip(&schema.attributes);
    all.filter(|(_, attribute)| attribute.from == from).map(|(id, spec)| (id, spec.name.as_str())).collect()
}

/// The code of each row's value of an attribute.
fn codes(
    records: &Records,
    id: AttributeId,
    column: &str,
    symbols: &Symbols,
) -> Result<Vec<Option<u32>>, DataError> {
    let text = records.texts(column)?;
    let of_value = text.values.iter().map(|value| symbols.intern(id, value)).collect::<Vec<_>>();
    Ok(text.spread(&of_value))
}

/// Reads the events table into a history: subject, moment, kind, `spend_micros` (optional), product
/// (where attributes come from products), and a column for each other attribute.
///
/// # Errors
/// When the file cannot be read, lacks a column, or a value is missing or of the wrong type.
pub(super) fn load_history(
    dir: &Path,
    files: &LogFiles,
    schema: &Schema,
    symbols: &Symbols,
    products: &Products,
    derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
) -> Result<History, DataError> {
    let mut history = History::new(schema, symbols);
    let Some(file) = &files.events else { return Ok(history) };
    let source = Source::open(&dir.join(file))?;
    let columns = &schema.columns;
    let own = attributes(schema, AttributeFrom::Events);
    let from_products = !attributes(schema, AttributeFrom::Products).is_empty();

    let mut wanted = vec![columns.subject.as_str(), &columns.at, "kind"];
    wanted.extend(source.has("spend_micros").then_some("spend_micros"));
    wanted.extend(from_products.then_some(columns.product.as_str()));
    wanted.extend(own.iter().map(|(_, name)| *name));
    wanted.sort_unstable();
    wanted.dedup();
    let records = source.read(&wanted)?;

    let (subjects, keys) = people(&records, &columns.subject, derive)?;
    let at = records.complete(&columns.at, records.times(&columns.at)?)?;
    let kinds = records.texts("kind")?;
    let rule = "must be browse, purchase, search, impression, click or conversion";
    let kinds = kinds.spread(&records.parse_each(&kinds, "kind", rule, EventKind::of_name)?);
    let kinds = records.complete("kind", kinds)?;
    let spend = if source.has("spend_micros") { Some(records.integers("spend_micros")?) } else { None };
    let own = own
        .into_iter()
        .map(|(id, name)| Ok((id, codes(&records, id, name, symbols)?)))
        .collect::<Result<Vec<_>, DataError>>()?;
    let product = if from_products { Some(records.texts(&columns.product)?) } else { None };
    let of_product = product.as_deref().map(|text| {
        text.values.iter().map(|name| products.attributes(name).unwrap_or_default()).collect::<Vec<_>>()
    });

    // By person, then time, then place in the file: each log only grows at its end.
    let mut order = (0..records.rows()).collect::<Vec<_>>();
    order.sort_unstable_by_key(|&row| (subjects[row], at[row], row));
    let mut event = Event {
        kind: EventKind::Browse,
        at: at.first().copied().unwrap_or_default(),
        attributes: Vec::new(),
        spend_micros: 0,
    };
    for row in order {
        event.kind = kinds[row];
        event.at = at[row];
        event.spend_micros = spend.as_ref().and_then(|spend| spend[row]).unwrap_or_default();
        event.attributes.clear();
        event.attributes.resize(schema.attributes.len(), None);
        if let (Some(product), Some(of_product)) = (&product, &of_product)
            && let Some(codes) = of_product.get(product.codes[row] as usize)
        {
            event.attributes[..codes.len()].copy_from_slice(codes);
        }
        for (id, codes) in &own {
            event.attributes[usize::from(id.0)] = codes[row];
        }
        match history.insert(keys[subjects[row] as usize], &event) {
            Intake::Kept | Intake::Sensitive => {}
        }
    }
    Ok(history)
}

/// The people of a file: the code of each row's person, and the key of each code.
pub(super) fn people(
    records: &Records,
    column: &str,
    derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
) -> Result<(Vec<u32>, Vec<SubjectKey>), DataError> {
    let subjects = records.texts(column)?.into_owned();
    if let Some(row) = subjects.codes.iter().position(|&code| code == Text::MISSING) {
        return Err(records.cell_error(row, column, "must not be missing"));
    }
    let mut keys = Vec::with_capacity(subjects.values.len());
    for (raw, code) in subjects.values.iter().zip(0..) {
        keys.push(derive(raw).map_err(|error| {
            let row = subjects.codes.iter().position(|&there| there == code);
            records.cell_error(row.unwrap_or_default(), column, error.rule)
        })?);
    }
    Ok((subjects.codes, keys))
}
