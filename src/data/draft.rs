//! Ads and events as a request states them, checked against the schema.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{
    Ad, AdId, AdValue, AttributeId, Event, EventKind, Feature, FeatureId, FeatureKind, FieldError,
    FieldErrors, Micros, Origin, Timestamp,
};

use super::catalogue::match_on;
use super::events::Products;
use super::schema::{AttributeFrom, Schema};
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
            let field = format!("attributes.{name}");
            let Some(attribute) = schema.attribute(name) else {
                broken.0.push(FieldError::new(field, "is not an attribute of the schema"));
                continue;
            };
            for value in stated {
                match check_value(&field, value) {
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
        let mut ad = Ad {
            id,
            advertiser: self.advertiser.clone(),
            payer: self.payer.clone(),
            domain: self.domain.clone(),
            category: String::new(),
            sensitive: false,
            attributes: Vec::new(),
            features,
        };
        match_on(&mut ad, &values, schema, symbols);
        Ok(ad)
    }
}

/// The feature of an ad that a request calls `name`, if `value` fits it.
fn check_feature(schema: &Schema, name: &str, value: &AdValue) -> Result<FeatureId, FieldError> {
    let refuse = |rule: &str| Err(FieldError::new(format!("features.{name}"), rule));
    let Some(id) = schema.feature(name) else { return refuse("is not a feature of the schema") };
    let feature = &schema.features[id.index()];
    if feature.origin != Origin::Ad {
        return refuse("is not a feature of ads");
    }
    match fits(feature, value) {
        Ok(()) => Ok(id),
        Err(rule) => refuse(rule),
    }
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
                attributes[usize::from(id.0)] = Some(symbols.intern(id, &self.product));
            }
        }
        for (name, value) in &self.attributes {
            let field = format!("attributes.{name}");
            match (schema.attribute(name), check_value(&field, value)) {
                (Some(id), Ok(value)) => {
                    attributes[usize::from(id.0)].get_or_insert_with(|| symbols.intern(id, value));
                }
                (None, _) => broken.0.push(FieldError::new(field, "is not an attribute of the schema")),
                (Some(_), Err(error)) => broken.0.push(error),
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
