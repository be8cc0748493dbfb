//! What must be true of the bundled example as it lies in the repository: nobody can learn from it
//! who bought what is on the sensitive list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::read::{RawColumn, Source};
use super::sample::derive;
use super::{Bundle, Schema};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/complete-journey")
}

fn list(schema: &Schema) -> BTreeSet<&str> {
    schema.attributes.iter().flat_map(|attribute| &attribute.sensitive).map(String::as_str).collect()
}

/// The different values of a column of texts or whole numbers.
fn values(file: &str, column: &str) -> BTreeSet<String> {
    let records = Source::open(&example().join(file)).unwrap().read(&[column]).unwrap();
    let text = records.texts(column).unwrap();
    text.values.iter().map(|value| String::from(&**value)).collect()
}

#[test]
fn no_event_no_product_and_no_covered_product_has_a_value_on_the_sensitive_list() {
    let schema = Schema::load(&example()).unwrap();
    let list = list(&schema);
    assert!(list.len() > 70 && list.contains("PHARMACY") && list.contains("DIAPERS & DISPOSABLES"));
    let mut seen = 0;
    for file in ["events.parquet", "products.parquet", "ad_products.parquet"] {
        let source = Source::open(&example().join(file)).unwrap();
        for column in source.names() {
            let records = source.read(&[column]).unwrap();
            if let RawColumn::Text(text) = records.column(column).unwrap() {
                seen += text.values.len();
                let found = text.values.iter().find(|value| list.contains(&***value));
                assert_eq!(found, None, "{file}, {column}");
            }
        }
    }
    assert!(seen > 60_000, "only {seen} values were looked at");
}

#[test]
fn every_event_is_of_a_product_whose_category_is_known() {
    let products = values("products.parquet", "product");
    let bought = values("events.parquet", "product");
    let unknown = bought.difference(&products).collect::<Vec<_>>();
    assert!(bought.len() > 50_000 && unknown.is_empty(), "{unknown:?}");
    let records = Source::open(&example().join("products.parquet")).unwrap().read(&["category"]).unwrap();
    let categories = records.texts("category").unwrap();
    assert!((0..records.rows()).all(|row| categories.get(row).is_some()));
}

#[test]
fn every_ad_on_the_sensitive_list_is_flagged_and_no_other() {
    let bundle = Bundle::load(&example(), &derive).unwrap();
    let list = list(&bundle.schema);
    let mut flagged = 0;
    for ad in bundle.catalogue.iter() {
        let of = |attribute: &str| {
            let id = bundle.schema.attribute(attribute).unwrap();
            let codes = &ad.attributes[usize::from(id.0)].codes;
            codes.iter().map(|&code| bundle.symbols.name(id, code).unwrap()).collect::<Vec<_>>()
        };
        let named = ["category", "product_type", "department"].map(of).concat();
        let listed = named.iter().any(|value| list.contains(&**value));
        assert_eq!(ad.label.sensitive, listed, "{}: {named:?}", ad.label.id);
        flagged += usize::from(ad.label.sensitive);
    }
    assert_eq!((flagged, bundle.catalogue.len()), (39, 161));
    // Nothing had to be left out while loading: it was never written.
    let events = Source::open(&example().join("events.parquet")).unwrap().read(&["at"]).unwrap();
    assert_eq!(bundle.history.events(), events.rows());
}
