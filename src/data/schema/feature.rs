//! The rules of one feature.

use crate::domain::{
    Affinity, Declared, Feature, FeatureKind, FieldError, FieldErrors, Localised, Origin, Provenance,
    Purpose, Purposes, Sensitivity,
};

use super::AttributeSpec;
use super::check::attribute_named;
use super::raw::{RawAffinity, RawFeature, RawKind, RawLabel};

/// Most levels that a schema may declare of a feature; models name no more.
const LEVELS_MAX: usize = 65_000;

/// Checks a feature; rules that it breaks go to `broken`, each naming it.
pub(super) fn check_feature(
    raw: RawFeature,
    attributes: &[AttributeSpec],
    broken: &mut FieldErrors,
) -> Feature {
    let mut rules = Rules { field: format!("feature {}", raw.name), broken };
    rules.demand(!raw.name.trim().is_empty(), "name must not be empty");
    rules.demand(!raw.data_category.trim().is_empty(), "data_category must not be empty");
    rules.demand(is_code(&raw.datum), "datum must be of a-z, 0-9, _ and -, and begin with a letter");
    if let Provenance::Partner(name) = &raw.provenance {
        rules.demand(!name.trim().is_empty(), "partner must not be empty");
    }
    match raw.sensitivity {
        Sensitivity::Ordinary => {}
        Sensitivity::SpecialCategory => {
            rules.refuse("is of a special category of personal data, which no model may use");
        }
        Sensitivity::GroupLabel => rules.refuse("is a group label: for audits only, never a feature"),
    }
    let kind = check_kind(raw.kind, raw.origin, raw.affinity.as_ref(), attributes, &mut rules);
    let declared = check_declared(&kind, raw.bounds, raw.levels, &mut rules);
    let is_number = matches!(kind, FeatureKind::Numeric | FeatureKind::Affinity(_));
    rules.demand(raw.monotone.is_none() || is_number, "is no number: the key monotone must be absent");
    let serving = check_purposes("serving", &raw.serving, &mut rules);
    let training = check_purposes("training", &raw.training, &mut rules);
    match raw.origin {
        Origin::Subject | Origin::History => {
            rules.demand(!raw.serving.is_empty(), "is personal: serving must name a purpose");
            rules.demand(!raw.training.is_empty(), "is personal: training must name a purpose");
            rules.demand(raw.retention_days > 0, "is personal: retention_days must be positive");
        }
        Origin::Context | Origin::Ad => {}
    }
    if let FeatureKind::Affinity(Affinity { window_days, .. }) = kind {
        rules.demand(window_days <= raw.retention_days, "looks back further than retention_days");
        rules.demand(raw.column.is_none(), "is made of history and has no column");
    }
    let label = label(raw.label);
    Feature {
        column: raw.column.unwrap_or_else(|| raw.name.clone()),
        name: raw.name,
        kind,
        declared,
        monotone: raw.monotone,
        origin: raw.origin,
        serving,
        training,
        data_category: raw.data_category,
        provenance: raw.provenance,
        derivation: raw.derivation,
        sensitivity: raw.sensitivity,
        controllable: raw.controllable,
        retention_days: raw.retention_days,
        datum: raw.datum,
        label,
    }
}

/// The rules that one feature breaks, under its name.
struct Rules<'a> {
    field: String,
    broken: &'a mut FieldErrors,
}

impl Rules<'_> {
    fn refuse(&mut self, rule: impl Into<String>) {
        self.broken.0.push(FieldError::new(self.field.as_str(), rule));
    }

    fn demand(&mut self, holds: bool, rule: &str) {
        if !holds {
            self.refuse(rule);
        }
    }
}

/// A datum is part of the ids of phrases.
fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

fn check_kind(
    kind: RawKind,
    origin: Origin,
    affinity: Option<&RawAffinity>,
    attributes: &[AttributeSpec],
    rules: &mut Rules<'_>,
) -> FeatureKind {
    if kind == RawKind::Affinity {
        rules.demand(origin == Origin::History, "is an affinity: origin must be history");
        rules.demand(affinity.is_some(), "is an affinity: the key affinity must say of what");
    } else {
        rules.demand(origin != Origin::History, "is made of history: kind must be affinity");
        rules.demand(affinity.is_none(), "is no affinity: the key affinity must be absent");
    }
    match (kind, affinity) {
        (RawKind::Affinity, Some(raw)) => FeatureKind::Affinity(check_affinity(raw, attributes, rules)),
        (RawKind::Affinity, None) | (RawKind::Numeric, _) => FeatureKind::Numeric,
        (RawKind::Categorical, _) => FeatureKind::Categorical,
        (RawKind::Flag, _) => FeatureKind::Flag,
    }
}

fn check_affinity(raw: &RawAffinity, attributes: &[AttributeSpec], rules: &mut Rules<'_>) -> Affinity {
    rules.demand(
        raw.window_days.is_some_and(|days| days > 0),
        "is an affinity: window_days must be given and positive",
    );
    let on = raw.on.as_deref().and_then(|name| {
        let id = attribute_named(attributes, name);
        if id.is_none() {
            rules.refuse(format!("matches on {name}, which is not an attribute"));
        }
        id
    });
    Affinity {
        event: raw.event,
        on,
        statistic: raw.statistic,
        window_days: raw.window_days.unwrap_or_default(),
    }
}

/// What the schema states of the values ahead of the data: bounds of numbers, levels of categories.
fn check_declared(
    kind: &FeatureKind,
    bounds: Option<[f64; 2]>,
    levels: Option<Vec<String>>,
    rules: &mut Rules<'_>,
) -> Option<Declared> {
    let is_number = matches!(kind, FeatureKind::Numeric | FeatureKind::Affinity(_));
    rules.demand(bounds.is_none() || is_number, "is no number: the key bounds must be absent");
    let is_category = matches!(kind, FeatureKind::Categorical);
    rules.demand(levels.is_none() || is_category, "is no category: the key levels must be absent");
    if let Some([low, high]) = bounds {
        rules.demand(low.is_finite() && high.is_finite(), "bounds must be finite");
        rules.demand(low.is_nan() || high.is_nan() || low < high, "bounds must be two, the lower first");
        return Some(Declared::Bounds { low, high });
    }
    let mut levels = levels?;
    levels.sort_unstable();
    rules.demand(!levels.is_empty(), "levels must name at least one");
    rules.demand(levels.len() <= LEVELS_MAX, "levels must be at most 65000");
    rules.demand(levels.iter().all(|level| !level.is_empty()), "levels must not be empty");
    rules.demand(levels.is_sorted_by(|a, b| a < b), "levels must be distinct");
    Some(Declared::Levels(levels))
}

fn check_purposes(key: &str, numbers: &[i64], rules: &mut Rules<'_>) -> Purposes {
    let mut purposes = Purposes::NONE;
    for &number in numbers {
        match Purpose::from_number(number) {
            Ok(purpose) => purposes = purposes.with(purpose),
            Err(error) => rules.refuse(format!("{key} {}", error.rule)),
        }
    }
    purposes
}

/// The label as it is written; in which languages it must be given is a rule of all features together.
fn label(raw: RawLabel) -> Localised {
    let RawLabel { en, fr, de, es, it, nl } = raw;
    let [en, fr, de, es, it, nl] = [en, fr, de, es, it, nl].map(Option::unwrap_or_default);
    Localised { en, fr, de, es, it, nl }
}
