//! From the schema as written to the schema that holds: every rule, none twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    AttributeId, Currency, Feature, FeatureId, FeatureKind, FieldError, FieldErrors, Locale, Localised,
    Origin, Purposes, Timestamp,
};

use super::feature::check_feature;
use super::files::check_files;
use super::raw::{RawAttribute, RawBaseline, RawCategory, RawColumns, RawOutcome, RawPair, RawSchema};
use super::sensitive::{RawLists, check_lists};
use super::{AttributeFrom, AttributeSpec, BaselineSpec, Columns, Files, OutcomeSpec, Schema, Split};

const ATTRIBUTES_MAX: usize = 255;
const FEATURES_MAX: usize = 65_535;
const WEIGHT: &str = "columns.weight";

/// Checks every rule and gives the schema, or all rules that are broken.
pub(super) fn check(raw: RawSchema, hash: String, phrases: Localised) -> Result<Schema, FieldErrors> {
    let mut broken = FieldErrors(Vec::new());
    check_not_empty("name", &raw.name, &mut broken);
    if let Some(licence) = &raw.licence {
        check_not_empty("licence", licence, &mut broken);
    }
    let currency = Currency::parse(raw.currency.as_deref().unwrap_or("USD"));
    let demo_clock = raw.demo_clock.as_deref().map(|text| Timestamp::parse("demo_clock", text)).transpose();
    let split = check_split(raw.train_before.as_deref(), raw.test_share);
    let files = check_files(raw.files, &mut broken);
    let columns = check_columns(raw.columns, &files, &mut broken);
    let attributes = check_attributes(raw.attribute, &files, &columns, &mut broken);
    let category = check_category(raw.category, &attributes, &mut broken);
    let outcomes = check_outcomes(raw.outcome, &mut broken);

    if raw.feature.len() > FEATURES_MAX {
        broken.0.push(FieldError::new("feature", format!("there must be at most {FEATURES_MAX}")));
    }
    let features = raw
        .feature
        .into_iter()
        .map(|feature| check_feature(feature, &attributes, &mut broken))
        .collect::<Vec<_>>();
    check_names(&features, &mut broken);
    check_mapped_once(&features, &columns, &outcomes, &files, &mut broken);
    check_datums(&features, &mut broken);
    let languages = check_languages(&features, &phrases, &mut broken);
    check_history_has_events(&features, &files, &mut broken);

    let accepted_by_all = Purposes::try_from(raw.accepted_by_all.unwrap_or_default())
        .map_err(|error| FieldError::new("accepted_by_all", error.rule));
    let baselines = raw.baseline.into_iter().map(|raw| check_baseline(raw, &features, &mut broken)).collect();

    let pairs = check_pairs(raw.pair, &features, &mut broken);

    let accepted_by_all = keep(accepted_by_all, &mut broken).unwrap_or_default();
    let currency = keep(currency, &mut broken);
    let demo_clock = keep(demo_clock, &mut broken).flatten();
    let split = keep(split, &mut broken);
    match (currency, split) {
        (Some(currency), Some(split)) if broken.0.is_empty() => Ok(Schema {
            name: raw.name,
            licence: raw.licence,
            hash,
            currency,
            demo_clock,
            split,
            files,
            accepted_by_all,
            columns,
            attributes,
            category,
            outcomes,
            features,
            baselines,
            pairs,
            phrases,
            languages,
        }),
        _ => Err(broken),
    }
}

/// The languages of the example: English, and every other that a label or phrases are given in. What is
/// given in one place must be given in all, so that no sentence mixes languages.
fn check_languages(features: &[Feature], phrases: &Localised, broken: &mut FieldErrors) -> Vec<Locale> {
    let is_given = |locale: &Locale| {
        *locale == Locale::default()
            || phrases.given(*locale).is_some()
            || features.iter().any(|feature| feature.label.given(*locale).is_some())
    };
    let languages: Vec<Locale> = Locale::ALL.into_iter().filter(is_given).collect();
    for &locale in &languages {
        for feature in features.iter().filter(|feature| feature.label.given(locale).is_none()) {
            let rule = format!("label must be given in {locale}");
            broken.0.push(FieldError::new(format!("feature {}", feature.name), rule));
        }
        if !phrases.is_empty() && phrases.given(locale).is_none() {
            let rule = "must be there and not empty: other texts are given in this language";
            broken.0.push(FieldError::new(format!("phrases.{locale}.ftl"), rule));
        }
    }
    languages
}

/// The value, or None with its error among `broken`.
fn keep<T>(checked: Result<T, FieldError>, broken: &mut FieldErrors) -> Option<T> {
    checked.map_err(|error| broken.0.push(error)).ok()
}

pub(super) fn check_not_empty(field: &str, text: &str, broken: &mut FieldErrors) {
    if text.trim().is_empty() {
        broken.0.push(FieldError::new(field, "must not be empty"));
    }
}

fn check_split(train_before: Option<&str>, test_share: Option<f64>) -> Result<Split, FieldError> {
    match (train_before, test_share) {
        (Some(_), Some(_)) => {
            Err(FieldError::new("test_share", "must not be given together with train_before"))
        }
        (Some(text), None) => Timestamp::parse("train_before", text).map(Split::Time),
        (None, Some(share)) if share > 0.0 && share < 1.0 => Ok(Split::Share(share)),
        (None, Some(_)) => Err(FieldError::new("test_share", "must be above 0 and below 1")),
        (None, None) => Ok(Split::All),
    }
}

fn check_columns(raw: RawColumns, files: &Files, broken: &mut FieldErrors) -> Columns {
    let RawColumns { subject, at, ad, group, product, weight } = raw;
    let columns = Columns { subject, at, ad, group, product, weight };
    let weight = columns.weight.as_deref().map(|weight| (WEIGHT, weight));
    if let (Files::Log(_), Some(_)) = (files, weight) {
        broken.0.push(FieldError::new(WEIGHT, "must not be given unless files.table is"));
    }
    let named = fixed_columns(&columns).into_iter().chain(weight).collect::<Vec<_>>();
    for (i, (field, name)) in named.iter().enumerate() {
        check_not_empty(field, name, broken);
        if let Some((first, _)) = named[..i].iter().find(|(_, other)| other == name) {
            broken.0.push(FieldError::new(*field, format!("maps column {name}, as does {first}")));
        }
    }
    columns
}

fn fixed_columns(columns: &Columns) -> [(&'static str, &str); 5] {
    [
        ("columns.subject", &columns.subject),
        ("columns.at", &columns.at),
        ("columns.ad", &columns.ad),
        ("columns.group", &columns.group),
        ("columns.product", &columns.product),
    ]
}

fn check_attributes(
    raw: Vec<RawAttribute>,
    files: &Files,
    columns: &Columns,
    broken: &mut FieldErrors,
) -> Vec<AttributeSpec> {
    if raw.len() > ATTRIBUTES_MAX {
        broken.0.push(FieldError::new("attribute", format!("there must be at most {ATTRIBUTES_MAX}")));
    }
    if let (Files::Table(_), false) = (files, raw.is_empty()) {
        broken.0.push(FieldError::new("attribute", "must not be given for a flat table: it has no history"));
    }
    let mut seen = BTreeSet::new();
    let mut attributes = Vec::with_capacity(raw.len());
    for RawAttribute { name, from, taxonomy, sensitive, ordinary } in raw {
        let field = format!("attribute {name}");
        let mut refuse = |rule: String| broken.0.push(FieldError::new(field.as_str(), rule));
        if name.trim().is_empty() {
            refuse("name must not be empty".to_owned());
        }
        if !seen.insert(name.clone()) {
            refuse("is declared twice".to_owned());
        }
        if [&columns.subject, &columns.at, &columns.ad].contains(&&name)
            || ["kind", "spend_micros"].contains(&name.as_str())
        {
            refuse("has the name of a fixed column".to_owned());
        }
        let from = match from.as_deref() {
            None => AttributeFrom::Events,
            Some("products") => {
                if matches!(files, Files::Log(log) if log.products.is_none()) {
                    refuse("comes from products, but files.products is not given".to_owned());
                }
                AttributeFrom::Products
            }
            Some(other) => {
                refuse(format!("from must be \"products\" or absent, is \"{other}\""));
                AttributeFrom::Events
            }
        };
        let lists = check_lists(&field, RawLists { taxonomy, sensitive, ordinary }, broken);
        attributes.push(AttributeSpec {
            name,
            from,
            holds_nodes: lists.holds_nodes,
            sensitive: lists.values,
            sensitive_list: lists.sensitive,
            ordinary_list: lists.ordinary,
        });
    }
    attributes
}

fn check_category(
    raw: Option<RawCategory>,
    attributes: &[AttributeSpec],
    broken: &mut FieldErrors,
) -> Option<AttributeId> {
    let RawCategory { attribute } = raw?;
    let id = attribute_named(attributes, &attribute);
    if id.is_none() {
        broken.0.push(FieldError::new(
            "category.attribute",
            format!("is {attribute}, which is not an attribute"),
        ));
    }
    id
}

pub(super) fn attribute_named(attributes: &[AttributeSpec], name: &str) -> Option<AttributeId> {
    let index = attributes.iter().position(|attribute| attribute.name == name)?;
    u8::try_from(index).ok().map(AttributeId)
}

fn check_outcomes(raw: Vec<RawOutcome>, broken: &mut FieldErrors) -> Vec<OutcomeSpec> {
    let mut outcomes: Vec<OutcomeSpec> = Vec::with_capacity(raw.len());
    for RawOutcome { response, column, name, positive, given } in raw {
        let field = format!("outcome {}", response.name());
        check_not_empty(&format!("{field} column"), &column, broken);
        check_not_empty(&format!("{field} name"), &name, broken);
        if outcomes.iter().any(|outcome| outcome.response == response) {
            broken.0.push(FieldError::new(field, "is declared twice"));
        }
        outcomes.push(OutcomeSpec { response, column, name, positive, given });
    }
    outcomes
}

fn check_baseline(raw: RawBaseline, features: &[Feature], broken: &mut FieldErrors) -> BaselineSpec {
    let field = format!("baseline {}", raw.name);
    check_not_empty("baseline name", &raw.name, broken);
    if raw.features.is_empty() {
        broken.0.push(FieldError::new(field.as_str(), "must have a feature"));
    }
    let mut ids = BTreeSet::new();
    for name in raw.features {
        let index = features.iter().position(|feature| feature.name == name);
        match index.and_then(|index| u16::try_from(index).ok()) {
            Some(index) => {
                ids.insert(FeatureId(index));
            }
            None => broken
                .0
                .push(FieldError::new(field.as_str(), format!("names {name}, which is not a feature"))),
        }
    }
    BaselineSpec { name: raw.name, features: ids.into_iter().collect() }
}

/// Pairs of two features each; rules that one breaks go to `broken`.
fn check_pairs(raw: Vec<RawPair>, features: &[Feature], broken: &mut FieldErrors) -> Vec<[FeatureId; 2]> {
    let mut pairs = BTreeSet::new();
    for RawPair { features: names } in raw {
        let field = format!("pair {} and {}", names[0], names[1]);
        let mut refuse = |rule: String| broken.0.push(FieldError::new(field.as_str(), rule));
        let mut ids = Vec::new();
        for name in &names {
            let index = features.iter().position(|feature| feature.name == *name);
            match index.and_then(|index| u16::try_from(index).ok()) {
                Some(index) if features[usize::from(index)].monotone.is_some() => {
                    refuse(format!("names {name}, which is monotone and so in no pair"));
                }
                Some(index) => ids.push(FeatureId(index)),
                None => refuse(format!("names {name}, which is not a feature")),
            }
        }
        ids.sort_unstable();
        if let [one, other] = ids[..] {
            if one == other {
                refuse("must be of two features".to_owned());
            } else if !pairs.insert([one, other]) {
                refuse("is given twice".to_owned());
            }
        }
    }
    pairs.into_iter().collect()
}

fn check_names(features: &[Feature], broken: &mut FieldErrors) {
    let mut seen = BTreeSet::new();
    for feature in features {
        if !seen.insert(&feature.name) {
            broken.0.push(FieldError::new(format!("feature {}", feature.name), "is declared twice"));
        }
    }
}

/// One column, one meaning: a column that is an outcome or a key must not come back as a feature.
fn check_mapped_once(
    features: &[Feature],
    columns: &Columns,
    outcomes: &[OutcomeSpec],
    files: &Files,
    broken: &mut FieldErrors,
) {
    let flat = matches!(files, Files::Table(_));
    let mut of_impressions: BTreeMap<&str, String> = BTreeMap::new();
    let mut of_ads: BTreeMap<&str, String> = BTreeMap::new();
    if !flat {
        of_ads.insert(&columns.ad, "columns.ad".to_owned());
        for (field, name) in fixed_columns(columns).into_iter().take(4) {
            of_impressions.entry(name).or_insert_with(|| field.to_owned());
        }
    }
    if let Some(weight) = &columns.weight {
        of_impressions.insert(weight, WEIGHT.to_owned());
    }
    let mut claim = |table: &mut BTreeMap<_, _>, column, field: String| {
        if let Some(first) = table.get(column) {
            broken.0.push(FieldError::new(field, format!("maps column {column}, as does {first}")));
        } else {
            table.insert(column, field);
        }
    };
    for outcome in outcomes {
        let field = format!("outcome {}", outcome.response.name());
        claim(&mut of_impressions, outcome.column.as_str(), field);
    }
    for feature in features {
        let table = match (&feature.kind, feature.origin) {
            (FeatureKind::Affinity(_), _) | (_, Origin::History) => continue,
            (_, Origin::Ad) if !flat => &mut of_ads,
            (_, Origin::Ad | Origin::Subject | Origin::Context) => &mut of_impressions,
        };
        claim(table, feature.column.as_str(), format!("feature {}", feature.name));
    }
}

/// Features of one datum share one reason, which can state only one source and one switch.
fn check_datums(features: &[Feature], broken: &mut FieldErrors) {
    let mut first_of: BTreeMap<&str, &Feature> = BTreeMap::new();
    for feature in features {
        let first = *first_of.entry(&feature.datum).or_insert(feature);
        let differs = [
            ("provenance", first.provenance != feature.provenance),
            ("derivation", first.derivation != feature.derivation),
            ("controllable", first.controllable != feature.controllable),
        ];
        for (key, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            broken.0.push(FieldError::new(
                format!("feature {}", feature.name),
                format!("{key} must be that of feature {}, which has the same datum", first.name),
            ));
        }
    }
}

fn check_history_has_events(features: &[Feature], files: &Files, broken: &mut FieldErrors) {
    let events = matches!(files, Files::Log(log) if log.events.is_some());
    for feature in features {
        if !events && matches!(feature.kind, FeatureKind::Affinity(_)) {
            broken.0.push(FieldError::new(
                format!("feature {}", feature.name),
                "is an affinity, but files.events is not given",
            ));
        }
    }
}
