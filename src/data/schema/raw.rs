//! The schema as it is written, before any rule is checked.

use serde::Deserialize;

use super::Given;
use super::sensitive::RawEntry;
use crate::domain::{Derivation, Direction, EventKind, Origin, Provenance, Response, Sensitivity, Statistic};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchema {
    pub name: String,
    pub licence: Option<String>,
    pub currency: Option<String>,
    pub demo_clock: Option<String>,
    pub train_before: Option<String>,
    pub test_share: Option<f64>,
    pub accepted_by_all: Option<Vec<i64>>,
    pub files: RawFiles,
    #[serde(default)]
    pub columns: RawColumns,
    #[serde(default)]
    pub attribute: Vec<RawAttribute>,
    pub category: Option<RawCategory>,
    #[serde(default)]
    pub outcome: Vec<RawOutcome>,
    #[serde(default)]
    pub feature: Vec<RawFeature>,
    #[serde(default)]
    pub baseline: Vec<RawBaseline>,
    #[serde(default)]
    pub pair: Vec<RawPair>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPair {
    pub features: [String; 2],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFiles {
    pub table: Option<String>,
    pub events: Option<String>,
    pub products: Option<String>,
    pub ads: Option<String>,
    pub ad_attributes: Option<String>,
    pub impressions: Option<String>,
    pub consents: Option<String>,
    pub groups: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawColumns {
    pub subject: String,
    pub at: String,
    pub ad: String,
    pub group: String,
    pub product: String,
    pub weight: Option<String>,
}

impl Default for RawColumns {
    fn default() -> Self {
        Self {
            subject: "subject".to_owned(),
            at: "at".to_owned(),
            ad: "ad".to_owned(),
            group: "campaign".to_owned(),
            product: "product".to_owned(),
            weight: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttribute {
    pub name: String,
    pub from: Option<String>,
    pub taxonomy: Option<String>,
    #[serde(default)]
    pub sensitive: Vec<RawEntry>,
    #[serde(default)]
    pub ordinary: Vec<RawEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCategory {
    pub attribute: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOutcome {
    pub response: Response,
    pub column: String,
    pub name: String,
    pub positive: Option<String>,
    #[serde(default)]
    pub given: Given,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBaseline {
    pub name: String,
    pub features: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFeature {
    pub name: String,
    pub kind: RawKind,
    pub origin: Origin,
    #[serde(default)]
    pub serving: Vec<i64>,
    #[serde(default)]
    pub training: Vec<i64>,
    pub data_category: String,
    pub provenance: Provenance,
    pub derivation: Derivation,
    pub sensitivity: Sensitivity,
    pub controllable: bool,
    pub retention_days: u32,
    pub datum: String,
    #[serde(default)]
    pub label: RawLabel,
    pub column: Option<String>,
    pub bounds: Option<[f64; 2]>,
    pub monotone: Option<Direction>,
    pub levels: Option<Vec<String>>,
    pub affinity: Option<RawAffinity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawKind {
    Numeric,
    Categorical,
    Flag,
    Affinity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLabel {
    pub en: Option<String>,
    pub fr: Option<String>,
    pub de: Option<String>,
    pub es: Option<String>,
    pub it: Option<String>,
    pub nl: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAffinity {
    pub event: EventKind,
    pub on: Option<String>,
    pub statistic: Statistic,
    pub window_days: Option<u32>,
}
