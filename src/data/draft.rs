//! Ads and events as a request states them, checked against the schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::domain::{
    Ad, AdId, AdLabel, AdValue, AttributeId, Event, EventKind, Feature, FeatureId, FeatureKind, FieldError,
    FieldErrors, Micros, Origin, Timestamp, untold,
};

use super::catalogue::match_on;
use super::events::Products;
use super::schema::{AttributeFrom, AttributeSpec, NOT_A_NODE, Schema};
use super::symbols::Symbols;

/// Longest attribute value, in bytes.
const VALUE_BYTES_MAX: usize = 256;

/// An ad as a request states it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AdDraft {
    /// Its identifier.
    pub id: String,
    /// On whose behalf it is shown.
    pub advertiser: String,
    /// Who paid for it.
    pub payer: String,
    /// The advertiser's domain.
    pub domain: String,
    /// Values by name of the attribute, the one that names the ad first.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The ad's own features, by name.
    pub features: BTreeMap<String, AdValue>,
}

impl AdDraft {
    /// The ad, or everything that is wrong with it. Attribute values that nobody has met get a code.
    ///
    /// # Errors
    /// An id that is none; an attribute or feature that the schema does not have; a feature that is
    /// not the ad's; a value of the wrong type, or not finite.
    pub fn check(&self, schema: &Schema, symbols: &Symbols) -> Result<Ad, FieldErrors> {
        let mut broken = FieldErrors(Vec::new());
        let id = AdId::parse(&self.id).map_err(|error| broken.0.push(FieldError::new("id", error.rule))).ok();
        let mut values = vec![Vec::new(); schema.attributes.len()];
        for (name, stated) in &self.attributes {
            let Some(attribute) = schema.attribute(name) else {
                broken.0.push(unknown_attribute(name));
                continue;
            };
            let field = format!("attributes.{name}");
            for value in stated {
                match check_attribute(&field, &schema.attributes[usize::from(attribute.0)], value) {
                    Ok(value) => values[usize::from(attribute.0)].push(value),
                    Err(error) => broken.0.push(error),
                }
            }
        }
        let mut features = Vec::with_capacity(self.features.len());
        for (name, value) in &self.features {
            match check_feature(schema, name, value) {
                Ok(id) => features.push((id, value.clone())),
                Err(error) => broken.0.push(error),
            }
        }
        features.sort_by_key(|(id, _)| *id);
        let Some(id) = id.filter(|_| broken.0.is_empty()) else { return Err(broken) };
        let (attributes, category, sensitive) = match_on(&values, schema, symbols);
        let label = AdLabel {
            id,
            advertiser: self.advertiser.clone(),
            payer: self.payer.clone(),
            domain: self.domain.clone(),
            category,
            sensitive,
        };
        Ok(Ad { label: Arc::new(label), attributes, features })
    }
}

/// The feature of an ad that a request calls `name`, if `value` fits it.
fn check_feature(schema: &Schema, name: &str, value: &AdValue) -> Result<FeatureId, FieldError> {
    let refuse = |rule: &str| Err(FieldError::new(format!("features.{name}"), rule));
    let Some(id) = schema.feature(name) else {
        let field = format!("features[{}]", untold(name));
        return Err(FieldError::new(field, "is not a feature of the schema"));
    };
    let feature = &schema.features[id.index()];
    if feature.origin != Origin::Ad {
        return refuse("is not a feature of ads");
    }
    match fits(feature, value) {
        Ok(()) => Ok(id),
        Err(rule) => refuse(rule),
    }
}

/// A name that the schema does not know could be anything, so it is not told.
fn unknown_attribute(name: &str) -> FieldError {
    FieldError::new(format!("attributes[{}]", untold(name)), "is not an attribute of the schema")
}

/// Whether `value` is one that `feature` can have.
///
/// # Errors
/// The rule that it breaks.
fn fits(feature: &Feature, value: &AdValue) -> Result<(), &'static str> {
    match (&feature.kind, value) {
        (FeatureKind::Categorical, AdValue::Category(_)) => Ok(()),
        (FeatureKind::Categorical, AdValue::Number(_)) => Err("must be a category, is a number"),
        (FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_), AdValue::Category(_)) => {
            Err("must be a number, is a category")
        }
        (FeatureKind::Flag, AdValue::Number(number)) if *number != 0.0 && *number != 1.0 => {
            Err("is a flag: must be 0 or 1")
        }
        (FeatureKind::Numeric | FeatureKind::Flag | FeatureKind::Affinity(_), AdValue::Number(number)) => {
            if number.is_finite() {
                Ok(())
            } else {
                Err("must be finite")
            }
        }
    }
}

fn check_value<'a>(field: &str, value: &'a str) -> Result<&'a str, FieldError> {
    if value.is_empty() {
        return Err(FieldError::new(field, "must not be empty"));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(FieldError::new(field, format!("must be at most {VALUE_BYTES_MAX} bytes")));
    }
    Ok(value)
}

/// The value of an attribute, if it can be one.
fn check_attribute<'a>(
    field: &str,
    attribute: &AttributeSpec,
    value: &'a str,
) -> Result<&'a str, FieldError> {
    let value = check_value(field, value)?;
    if attribute.admits(value) { Ok(value) } else { Err(FieldError::new(field, NOT_A_NODE)) }
}

/// An event as a request states it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDraft {
    /// What kind of thing.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The product, of which attributes are known; may be empty.
    pub product: String,
    /// Values by name of the attribute. What is known of the product wins, so that a caller cannot
    /// pass a sensitive product off as another.
    pub attributes: BTreeMap<String, String>,
    /// What was spent, in millionths of the schema's currency; not negative.
    pub spend_micros: Micros,
}

impl EventDraft {
    /// The event, or everything that is wrong with it. Attribute values that nobody has met get a
    /// code; a product that is not known has no attributes but its name.
    ///
    /// # Errors
    /// An attribute that the schema does not have, a value that is empty or too long, negative spend.
    pub fn check(
        &self,
        schema: &Schema,
        symbols: &Symbols,
        products: &Products,
    ) -> Result<Event, FieldErrors> {
        let mut broken = FieldErrors(Vec::new());
        let mut attributes = vec![None; schema.attributes.len()];
        if !self.product.is_empty() {
            if let Err(error) = check_value("product", &self.product) {
                broken.0.push(error);
            }
            let known = products.attributes(&self.product).unwrap_or_default();
            attributes[..known.len()].copy_from_slice(known);
            if let Some(id) = product_attribute(schema) {
                if !schema.attributes[usize::from(id.0)].admits(&self.product) {
                    broken.0.push(FieldError::new("product", NOT_A_NODE));
                }
                attributes[usize::from(id.0)] = Some(symbols.intern(id, &self.product));
            }
        }
        for (name, value) in &self.attributes {
            let field = format!("attributes.{name}");
            let Some(id) = schema.attribute(name) else {
                broken.0.push(unknown_attribute(name));
                continue;
            };
            match check_attribute(&field, &schema.attributes[usize::from(id.0)], value) {
                Ok(value) => {
                    attributes[usize::from(id.0)].get_or_insert_with(|| symbols.intern(id, value));
                }
                Err(error) => broken.0.push(error),
            }
        }
        if self.spend_micros < 0 {
            broken.0.push(FieldError::new("spend_micros", "must not be negative"));
        }
        if !broken.0.is_empty() {
            return Err(broken);
        }
        Ok(Event { kind: self.kind, at: self.at, attributes, spend_micros: self.spend_micros })
    }
}

/// The attribute that is the product itself, if history is matched on it.
fn product_attribute(schema: &Schema) -> Option<AttributeId> {
    let id = schema.attribute(&schema.columns.product)?;
    (schema.attributes[usize::from(id.0)].from == AttributeFrom::Events).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::{Shop, moment, person, schema};
    use crate::data::{Bundle, History, Intake};

    fn stated(values: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let values = values.iter();
        values.map(|(name, all)| ((*name).to_owned(), all.iter().map(|&v| v.to_owned()).collect())).collect()
    }

    fn soup() -> AdDraft {
        AdDraft {
            id: "soup-9".to_owned(),
            advertiser: "Soup maker".to_owned(),
            payer: "Soup agency".to_owned(),
            domain: "soup.example".to_owned(),
            attributes: stated(&[("category", &["SOUP", "BREAD"]), ("brand", &["B1"])]),
            features: [("is_new", 1.0), ("discount", 0.2)]
                .map(|(name, value)| (name.to_owned(), AdValue::Number(value)))
                .into(),
        }
    }

    fn errors(draft: &AdDraft) -> Vec<String> {
        let schema = schema();
        let broken = draft.check(&schema, &Symbols::of(&schema)).unwrap_err();
        broken.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_ad_is_matched_by_the_codes_of_its_values_and_named_by_the_first() {
        let schema = schema();
        let symbols = Symbols::of(&schema);
        let bread = symbols.intern(AttributeId(0), "BREAD");
        let ad = soup().check(&schema, &symbols).unwrap();
        let soup = symbols.code(AttributeId(0), "SOUP").unwrap();
        assert_eq!((ad.label.id.as_str(), ad.label.category.as_str()), ("soup-9", "SOUP"));
        assert_eq!((ad.label.advertiser.as_str(), ad.label.payer.as_str()), ("Soup maker", "Soup agency"));
        assert_eq!(ad.attributes[0].codes, [bread, soup]);
        assert!(ad.attributes[2].codes.is_empty());
        assert!(!ad.label.sensitive);
        // In schema order, though stated in that of the names.
        let discount = (schema.feature("discount").unwrap(), AdValue::Number(0.2));
        assert_eq!(ad.features, [discount, (schema.feature("is_new").unwrap(), AdValue::Number(1.0))]);
    }

    #[test]
    fn an_ad_with_any_sensitive_value_is_sensitive() {
        let schema = schema();
        let draft = AdDraft { attributes: stated(&[("category", &["SOUP", "PHARMACY"])]), ..soup() };
        assert!(draft.check(&schema, &Symbols::of(&schema)).unwrap().label.sensitive);
        // On the list of the category only: a brand of that name is ordinary.
        let draft = AdDraft { attributes: stated(&[("brand", &["PHARMACY"])]), ..soup() };
        assert!(!draft.check(&schema, &Symbols::of(&schema)).unwrap().label.sensitive);
    }

    #[test]
    fn everything_that_is_wrong_with_an_ad_is_told_at_once() {
        let draft = AdDraft {
            id: String::new(),
            attributes: stated(&[("category", &[""]), ("colour", &["red"]), ("page", &[&"x".repeat(257)])]),
            features: [("weight".to_owned(), AdValue::Number(1.0))].into(),
            ..AdDraft::default()
        };
        assert_eq!(
            errors(&draft),
            [
                "id: must not be empty",
                "attributes.category: must not be empty",
                "attributes[text of 6 bytes]: is not an attribute of the schema",
                "attributes.page: must be at most 256 bytes",
                "features[text of 6 bytes]: is not a feature of the schema",
            ]
        );
    }

    #[test]
    fn a_feature_of_an_ad_has_the_type_that_the_schema_gives_it() {
        let (number, category) = (AdValue::Number, |name: &str| AdValue::Category(name.to_owned()));
        for (name, value, rule) in [
            ("discount", category("high"), "must be a number, is a category"),
            ("discount", number(f64::NAN), "must be finite"),
            ("discount", number(f64::INFINITY), "must be finite"),
            ("is_new", number(2.0), "is a flag: must be 0 or 1"),
            ("is_new", number(f64::NAN), "is a flag: must be 0 or 1"),
            ("slot", category("top"), "is not a feature of ads"),
            ("age", number(34.0), "is not a feature of ads"),
            ("spend", number(10.0), "is not a feature of ads"),
        ] {
            let draft = AdDraft { features: [(name.to_owned(), value)].into(), ..soup() };
            assert_eq!(errors(&draft), [format!("features.{name}: {rule}")]);
        }
        let schema = Schema::parse(
            &crate::data::sample::SCHEMA.replacen(
                "column = \"discount_share\"\nkind = \"numeric\"",
                "kind = \"categorical\"",
                1,
            ),
            crate::domain::Localised::default(),
        )
        .unwrap();
        let draft = AdDraft { features: [("discount".to_owned(), number(1.0))].into(), ..soup() };
        let broken = draft.check(&schema, &Symbols::of(&schema)).unwrap_err();
        assert_eq!(broken.to_string(), "features.discount: must be a category, is a number");
    }

    fn purchase(product: &str, attributes: &[(&str, &str)]) -> EventDraft {
        EventDraft {
            kind: EventKind::Purchase,
            at: moment("2024-02-01"),
            product: product.to_owned(),
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            spend_micros: 5,
        }
    }

    fn check(bundle: &Bundle, draft: &EventDraft) -> Result<Event, FieldErrors> {
        draft.check(&bundle.schema, &bundle.symbols, &bundle.products)
    }

    #[test]
    fn an_event_has_what_is_known_of_its_product() {
        let bundle = Shop::open().load().unwrap();
        let code = |attribute, value| bundle.symbols.code(AttributeId(attribute), value);
        let event = check(&bundle, &purchase("soup-2", &[("page", "recipes")])).unwrap();
        assert_eq!(event.attributes, [code(0, "SOUP"), code(1, "B2"), code(2, "recipes")]);
        assert_eq!(
            (event.kind, event.at, event.spend_micros),
            (EventKind::Purchase, moment("2024-02-01"), 5)
        );
        // Nothing is known of a new product but what the caller says.
        let event = check(&bundle, &purchase("soup-99", &[("category", "SOUP")])).unwrap();
        assert_eq!(event.attributes, [code(0, "SOUP"), None, None]);
    }

    #[test]
    fn a_sensitive_product_cannot_be_passed_off_as_another() {
        let bundle = Shop::open().load().unwrap();
        let event = check(&bundle, &purchase("pill-1", &[("category", "SOUP")])).unwrap();
        assert_eq!(event.attributes[0], bundle.symbols.code(AttributeId(0), "PHARMACY"));
        let mut history = History::new(&bundle.schema, &bundle.symbols);
        assert_eq!(history.insert(person("p1"), &event), Intake::Sensitive);
        let stated = check(&bundle, &purchase("", &[("category", "PHARMACY")])).unwrap();
        assert_eq!(history.insert(person("p1"), &stated), Intake::Sensitive);
    }

    #[test]
    fn history_that_is_matched_on_the_product_itself_knows_new_ones() {
        let shop = Shop::open().replace("schema.toml", "name = \"page\"", "name = \"product\"");
        let bundle = shop.replace("ads.csv", "page,", "product,").load().unwrap();
        let event = check(&bundle, &purchase("soup-99", &[("product", "soup-1")])).unwrap();
        assert_eq!(event.attributes[2], bundle.symbols.code(AttributeId(2), "soup-99"));
        assert!(event.attributes[2].is_some());
    }

    #[test]
    fn everything_that_is_wrong_with_an_event_is_told_at_once() {
        let bundle = Shop::open().load().unwrap();
        let long = "x".repeat(257);
        let mut draft = purchase(&long, &[("brand", &long), ("colour", "red"), ("page", "")]);
        draft.spend_micros = -1;
        let broken = check(&bundle, &draft).unwrap_err();
        let told = broken.0.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                "product: must be at most 256 bytes",
                "attributes.brand: must be at most 256 bytes",
                "attributes[text of 6 bytes]: is not an attribute of the schema",
                "attributes.page: must not be empty",
                "spend_micros: must not be negative",
            ]
        );
    }
}
