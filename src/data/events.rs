//! From files of events and products to history.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::{AttributeId, Event, EventKind, FieldError, SubjectKey};

use super::error::DataError;
use super::history::{History, Intake};
use super::read::{Records, Source, Text};
use super::schema::{AttributeFrom, LogFiles, NOT_A_NODE, Schema};
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
        for (id, _) in of_products {
            let codes = codes(&records, schema, id, symbols)?;
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
    schema: &Schema,
    id: AttributeId,
    symbols: &Symbols,
) -> Result<Vec<Option<u32>>, DataError> {
    let attribute = &schema.attributes[usize::from(id.0)];
    let text = records.texts(&attribute.name)?;
    records.parse_each(&text, &attribute.name, NOT_A_NODE, |value| attribute.admits(value).then_some(()))?;
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
        .map(|(id, _)| Ok((id, codes(&records, schema, id, symbols)?)))
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
            Intake::Kept | Intake::Known | Intake::Sensitive => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::{Shop, moment, person};
    use crate::domain::{Affinity, Cell, Statistic};

    #[test]
    fn a_product_has_its_attributes_and_an_unknown_one_none() {
        let bundle = Shop::open().load().unwrap();
        let code = |attribute, value| bundle.symbols.code(AttributeId(attribute), value);
        let soup = bundle.products.attributes("soup-2").unwrap();
        assert_eq!(soup, [code(0, "SOUP"), code(1, "B2"), None]);
        assert_eq!(bundle.products.attributes("soup-99"), None);
        let shop = Shop::open().replace("products.csv", "tea-1,TEA,B1", "tea-1,,B1");
        let bundle = shop.load().unwrap();
        assert_eq!(bundle.products.attributes("tea-1").unwrap()[0], None);
    }

    #[test]
    fn what_is_wrong_with_the_products_is_told_by_place() {
        for (old, new, said) in [
            ("soup-2", "soup-1", "products.csv: line 3, column product is a product that came before"),
            ("soup-2", "", "products.csv: line 3, column product must not be missing"),
            ("brand", "maker", "products.csv: has no column brand; it has product, category, maker"),
        ] {
            assert_eq!(Shop::open().replace("products.csv", old, new).error(), said);
        }
    }

    #[test]
    fn history_has_every_event_but_the_sensitive_one() {
        let bundle = Shop::open().load().unwrap();
        assert_eq!((bundle.history.events(), bundle.history.people()), (6, 2));
        // Without its product's category nobody can tell that it is sensitive.
        let shop = Shop::open().replace("products.csv", "pill-1,PHARMACY,B1", "pill-1,,B1");
        assert_eq!(shop.load().unwrap().history.events(), 7);
    }

    #[test]
    fn attributes_come_from_the_product_or_from_the_event() {
        let bundle = Shop::open().load().unwrap();
        let ad = bundle.catalogue.iter().find(|ad| ad.label.id.as_str() == "soup-ad").unwrap();
        let count = |event, on, who| {
            let affinity = Affinity { event, on, statistic: Statistic::Count, window_days: 90 };
            bundle.history.cell(&person(who), ad, affinity, moment("2024-03-05"))
        };
        let (category, page) = (bundle.schema.attribute("category"), bundle.schema.attribute("page"));
        assert_eq!(count(EventKind::Purchase, category, "p1"), Cell::Number(3.0));
        assert_eq!(count(EventKind::Browse, page, "p2"), Cell::Number(1.0));
        assert_eq!(count(EventKind::Browse, page, "p1"), Cell::Number(0.0));
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter() {
        let text = std::fs::read_to_string(Shop::open().path("events.csv")).unwrap();
        let (header, lines) = text.split_once('\n').unwrap();
        let mut lines = lines.lines().collect::<Vec<_>>();
        lines.reverse();
        let reversed = Shop::open().with("events.csv", &format!("{header}\n{}\n", lines.join("\n")));
        let (a, b) = (Shop::open().load().unwrap(), reversed.load().unwrap());
        let ad = a.catalogue.iter().find(|ad| ad.label.id.as_str() == "soup-ad").unwrap();
        let ad_b = b.catalogue.iter().find(|ad| ad.label.id.as_str() == "soup-ad").unwrap();
        for (_, affinity) in a.schema.affinities() {
            for day in ["2024-02-01T00:00:00.000001Z", "2024-02-10", "2024-03-05"] {
                let cell = a.history.cell(&person("p1"), ad, affinity, moment(day));
                assert_eq!(b.history.cell(&person("p1"), ad_b, affinity, moment(day)), cell, "{day}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_the_events_is_told_by_place() {
        let kind = "must be browse, purchase, search, impression, click or conversion";
        let day = "must be a date (2017-09-04) or an RFC 3339 moment";
        for (old, new, said) in [
            ("p1,", ",", "line 2, column subject must not be missing".to_owned()),
            ("2024-01-10T09:00:00Z", "yesterday", format!("line 2, column at {day}")),
            ("2024-01-10T09:00:00Z", "", "line 2, column at must not be missing".to_owned()),
            ("browse", "peek", format!("line 7, column kind {kind}")),
            ("browse", "", "line 7, column kind must not be missing".to_owned()),
            ("2500000", "2.50", "line 2, column spend_micros must be a whole number".to_owned()),
            (
                "product",
                "item",
                "has no column product; it has subject, at, kind, item, page, spend_micros".to_owned(),
            ),
        ] {
            let error = Shop::open().replace("events.csv", old, new).error();
            assert!(error == format!("events.csv: {said}"), "{error}");
        }
        let long = "x".repeat(257);
        let error = Shop::open().replace("events.csv", "p2,", &format!("{long},")).error();
        assert_eq!(error, "events.csv: line 7, column subject must be at most 256 bytes, has 257");
    }

    #[test]
    fn what_was_spent_may_be_left_out() {
        let shop =
            Shop::open().with("events.csv", "subject,at,kind,product,page\np1,2024-02-01,purchase,soup-1,\n");
        let bundle = shop.load().unwrap();
        assert_eq!(bundle.history.events(), 1);
    }
}
