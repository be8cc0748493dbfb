//! Ads, and the bids with which they compete.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AdId, Cell, Currency, FeatureId, Micros};

/// Index of an attribute on which history is matched with ads (category, brand, product, ...), in
/// the order of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeId(pub u8);

/// The values that an ad has for one attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// Codes of the values, ascending, each once.
    pub codes: Vec<u32>,
}

impl Attribute {
    /// Whether `code` is among the values.
    #[must_use]
    pub fn contains(&self, code: u32) -> bool {
        match self.codes.as_slice() {
            [only] => *only == code,
            codes => codes.binary_search(&code).is_ok(),
        }
    }
}

/// What is told of an ad, wherever it is told: catalogue, decisions and explanations share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdLabel {
    /// Its identifier.
    pub id: AdId,
    /// On whose behalf it is shown.
    pub advertiser: String,
    /// Who paid for it.
    pub payer: String,
    /// The advertiser's domain, for the DSA object; may be empty.
    pub domain: String,
    /// Category by its key, such as `FROZEN PIZZA`; labels are phrases.
    pub category: String,
    /// Whether the category is on the sensitive list: such an ad is chosen by context alone.
    pub sensitive: bool,
}

/// One ad of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Ad {
    /// What is told of it.
    pub label: Arc<AdLabel>,
    /// Values by attribute, in the order of the schema's attributes.
    pub attributes: Vec<Attribute>,
    /// The ad's own features, in schema order.
    pub features: Vec<(FeatureId, AdValue)>,
}

/// The value of one of an ad's own features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AdValue {
    /// A finite number.
    Number(f64),
    /// A category by name.
    Category(String),
}

impl AdValue {
    /// The value as a model reads it.
    #[must_use]
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Self::Number(number) => Cell::Number(*number),
            Self::Category(name) => Cell::Category(name),
        }
    }
}

/// The event that an advertiser pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pricing {
    /// A thousand impressions.
    Cpm,
    /// A click.
    Cpc,
    /// A conversion.
    Cpa,
    /// Nothing: such ads rank by probability alone.
    None,
}

/// What a candidate offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    /// What is paid for.
    pub pricing: Pricing,
    /// The price in millionths of a unit of `currency`; positive, and 0 for [`Pricing::None`].
    pub micros: Micros,
    /// The currency of the price.
    pub currency: Currency,
}

/// An ad considered for an impression.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The ad.
    pub ad: Arc<Ad>,
    /// Its bid.
    pub bid: Bid,
}
