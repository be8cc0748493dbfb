//! What a set of data consists of, and what law and courtesy want known of each feature.
//!
//! A schema is a TOML file with Fluent phrases beside it. It is read raw, checked once, and cannot
//! be had otherwise: a schema that breaks a rule does not load, and the error names every rule that
//! is broken.

mod check;
mod error;
mod feature;
mod files;
mod raw;
mod sensitive;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::taxonomy::Node;
use crate::domain::{
    Affinity, AttributeId, Currency, Feature, FeatureId, FeatureKind, FieldError, Locale, Localised, Origin,
    Purposes, Response, Timestamp,
};

pub use error::SchemaError;
pub use files::{Files, LogFiles};
pub use sensitive::ListEntry;

/// A checked schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// What the data set is called.
    pub name: String,
    /// BLAKE3 of the TOML text and the phrases, in hexadecimal: logged with each decision.
    pub hash: String,
    /// The licence of the data, as an SPDX identifier, if their owner states one.
    pub licence: Option<String>,
    /// The currency of what is spent.
    pub currency: Currency,
    /// Where the demo's clock starts.
    pub demo_clock: Option<Timestamp>,
    /// Which rows train and which test.
    pub split: Split,
    /// Where the data are.
    pub files: Files,
    /// Purposes that every person of a data set without consents accepted, as its owner asserts.
    pub accepted_by_all: Purposes,
    /// What the fixed columns are called.
    pub columns: Columns,
    /// What history and ads are matched on; [`AttributeId`] is the index.
    pub attributes: Vec<AttributeSpec>,
    /// The attribute that is an ad's category.
    pub category: Option<AttributeId>,
    /// What models predict.
    pub outcomes: Vec<OutcomeSpec>,
    /// The features; [`FeatureId`] is the index.
    pub features: Vec<Feature>,
    /// Simple models that others must beat: additive ones on some features only.
    pub baselines: Vec<BaselineSpec>,
    /// Pairs that additive models must have, each ascending and distinct.
    pub pairs: Vec<[FeatureId; 2]>,
    /// Fluent phrases for reasons and labels of these data; empty when there are none.
    pub phrases: Localised,
    /// The languages that these data are told in, always English among them; others fall back to it.
    pub languages: Vec<Locale>,
}

/// Which rows train and which test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    /// Rows before the moment train; rows at or after it test.
    Time(Timestamp),
    /// This share of the people, above 0 and below 1, tests.
    Share(f64),
    /// Every row trains.
    All,
}

/// What the fixed columns are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The person, in events, impressions, consents and groups.
    pub subject: String,
    /// The moment, in events and impressions.
    pub at: String,
    /// The ad, in ads and impressions.
    pub ad: String,
    /// The group within which ads competed, in impressions.
    pub group: String,
    /// The product, in events and products.
    pub product: String,
    /// What a row of a flat table counts for in training; None: all count alike. Rows held out count
    /// alike in any case: figures are about rows as they came.
    pub weight: Option<String>,
}

/// An attribute on which history is matched with ads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeSpec {
    /// Its name: a column of ads, and of events or products.
    pub name: String,
    /// Where events have it from.
    pub from: AttributeFrom,
    /// Whether its values are ids of [`TAXONOMY`](super::taxonomy::TAXONOMY), and nothing else.
    pub holds_nodes: bool,
    /// Values from which a person's health or family state can be inferred: events with one never
    /// enter history, and an ad with one is chosen by context alone. Of a node all below it.
    pub sensitive: BTreeSet<String>,
    /// The sensitive list as it is told: values with their nodes and reasons.
    pub sensitive_list: Vec<ListEntry>,
    /// Nodes that are sensitive of themselves and not here, with the reason.
    pub ordinary_list: Vec<ListEntry>,
}

impl AttributeSpec {
    /// Whether `value` can be one of the attribute's. Of ids each is written in one way: what was written
    /// otherwise would be missed by the sensitive list.
    #[must_use]
    pub fn admits(&self, value: &str) -> bool {
        !self.holds_nodes || Node::parse(value).is_some()
    }
}

/// The nodes of the taxonomy that the sensitive lists name, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedNodes {
    /// Those that are sensitive with all below them.
    pub whole: BTreeSet<Node>,
    /// Those in which values of the data are sensitive, and others are not.
    pub in_part: BTreeSet<Node>,
    /// Those that are sensitive of themselves, and are not here.
    pub ordinary: BTreeSet<Node>,
}

/// The rule that a value breaks that [`AttributeSpec::admits`] does not.
pub(super) const NOT_A_NODE: &str = "must be an id of IAB Ad Product Taxonomy 2.0, such as 1002";

/// Where events have an attribute from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeFrom {
    /// A column of the events.
    Events,
    /// A column of the products, looked up by the event's product.
    Products,
}

/// Something to predict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeSpec {
    /// What kind of response it is.
    pub response: Response,
    /// The column of the impressions.
    pub column: String,
    /// What it is called in tables.
    pub name: String,
    /// The value that counts as having happened; None: 1, true or yes.
    pub positive: Option<String>,
    /// What must have happened before it could: its probability is conditional on that.
    pub given: Given,
}

/// What an outcome is conditional on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Given {
    /// That the ad was shown.
    #[default]
    Impression,
    /// That the ad was clicked.
    Click,
}

/// A simple model that others must beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineSpec {
    /// What it is called in tables.
    pub name: String,
    /// The features that it may use, ascending.
    pub features: Vec<FeatureId>,
}

impl Schema {
    /// Loads `schema.toml` of the folder `dir`, with `phrases.en.ftl`, `phrases.fr.ftl` and so on beside
    /// it: one for each language of the labels, or none.
    ///
    /// # Errors
    /// When a file cannot be read, or what it says breaks a rule.
    pub fn load(dir: &Path) -> Result<Self, SchemaError> {
        let file = dir.join("schema.toml");
        let toml = read_text(&file)?;
        let mut phrases = Localised::default();
        for locale in Locale::ALL {
            let beside = dir.join(format!("phrases.{locale}.ftl"));
            if beside.exists() {
                phrases = phrases.with(locale, read_text(&beside)?);
            }
        }
        Self::parse_file(&file.display().to_string(), &toml, phrases)
    }

    /// Reads the text of a schema.
    ///
    /// # Errors
    /// When the text is not TOML (with line and column), or breaks a rule (with all of them).
    pub fn parse(toml: &str, phrases: Localised) -> Result<Self, SchemaError> {
        Self::parse_file("schema.toml", toml, phrases)
    }

    fn parse_file(file: &str, toml: &str, phrases: Localised) -> Result<Self, SchemaError> {
        let raw = toml::from_str(toml).map_err(|error| SchemaError::syntax(file, toml, &error))?;
        let hash = hash(toml, &phrases);
        check::check(raw, hash, phrases)
            .map_err(|broken| SchemaError::Rules { file: file.to_owned(), broken })
    }

    /// The feature called `name`.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<FeatureId> {
        let index = self.features.iter().position(|feature| feature.name == name)?;
        u16::try_from(index).ok().map(FeatureId)
    }

    /// The attribute called `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<AttributeId> {
        let index = self.attributes.iter().position(|attribute| attribute.name == name)?;
        u8::try_from(index).ok().map(AttributeId)
    }

    /// The nodes of the taxonomy that the sensitive lists name.
    #[must_use]
    pub fn listed_nodes(&self) -> ListedNodes {
        let mut listed = ListedNodes::default();
        for attribute in &self.attributes {
            for entry in &attribute.sensitive_list {
                let is_whole = |node: &Node| entry.values.is_empty() || node.ground().is_some();
                let (whole, in_part): (Vec<Node>, Vec<Node>) =
                    entry.nodes.iter().copied().partition(is_whole);
                listed.whole.extend(whole);
                listed.in_part.extend(in_part);
            }
            listed.ordinary.extend(attribute.ordinary_list.iter().flat_map(|entry| &entry.nodes));
        }
        listed
    }

    /// The outcome of `response`, if the data have one.
    #[must_use]
    pub fn outcome(&self, response: Response) -> Option<&OutcomeSpec> {
        self.outcomes.iter().find(|outcome| outcome.response == response)
    }

    /// The same schema, but that `response` is what `column` of the rows says: yes or no. The hash stays:
    /// what is fitted so is for measuring, not for keeping.
    ///
    /// # Errors
    /// When the column is that of a feature, which would tell the model what it is to predict, or a
    /// fixed one.
    pub fn with_outcome(mut self, response: Response, column: &str) -> Result<Self, FieldError> {
        if let Some(taken) = self.meaning_of(column) {
            return Err(FieldError::new("outcome", format!("must not be {column}, which is {taken}")));
        }
        self.outcomes.retain(|outcome| outcome.response != response);
        self.outcomes.push(OutcomeSpec {
            response,
            column: column.to_owned(),
            name: column.to_owned(),
            positive: None,
            given: Given::Impression,
        });
        Ok(self)
    }

    /// What a column of the rows is, other than an outcome.
    fn meaning_of(&self, column: &str) -> Option<String> {
        let is_of_rows = |feature: &&Feature| {
            let is_of_ads = matches!(self.files, Files::Log(_)) && feature.origin == Origin::Ad;
            !is_of_ads && !matches!(feature.kind, FeatureKind::Affinity(_)) && feature.column == column
        };
        if let Some(feature) = self.features.iter().find(is_of_rows) {
            return Some(format!("the column of feature {}", feature.name));
        }
        let Columns { subject, at, ad, group, product: _, weight } = &self.columns;
        let mut fixed = [subject, at, ad, group].into_iter().chain(weight);
        fixed.any(|fixed| fixed == column).then(|| "a fixed column".to_owned())
    }

    /// Whether conversions are predicted given a click, so that the probability of one is that of
    /// the click times that of the conversion.
    #[must_use]
    pub fn conversion_given_click(&self) -> bool {
        self.outcome(Response::Conversion).is_some_and(|outcome| outcome.given == Given::Click)
    }

    /// The features, each with its id, in schema order.
    pub fn features(&self) -> impl Iterator<Item = (FeatureId, &Feature)> {
        (0..=u16::MAX).map(FeatureId).zip(&self.features)
    }

    /// The features made of history, in schema order.
    pub fn affinities(&self) -> impl Iterator<Item = (FeatureId, Affinity)> {
        self.features().filter_map(|(id, feature)| match feature.kind {
            FeatureKind::Affinity(affinity) => Some((id, affinity)),
            FeatureKind::Numeric | FeatureKind::Categorical | FeatureKind::Flag => None,
        })
    }
}

fn read_text(file: &Path) -> Result<String, SchemaError> {
    std::fs::read_to_string(file).map_err(|cause| SchemaError::Unreadable {
        file: file.display().to_string(),
        cause: cause.to_string(),
    })
}

/// BLAKE3 of the texts, each after its length, so that no two sets of them run together. A language
/// beyond the first two counts, with its tag, when it is given: a schema without it keeps its hash.
fn hash(toml: &str, phrases: &Localised) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut take = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    for text in [toml, &phrases.en, &phrases.fr] {
        take(text);
    }
    for locale in [Locale::De, Locale::Es, Locale::It, Locale::Nl] {
        if let Some(text) = phrases.given(locale) {
            take(locale.tag());
            take(text);
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests;
