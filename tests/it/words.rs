//! The bundled example: its words, in every language.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use limpid::data::Schema;
use limpid::data::read::Source;
use limpid::domain::{Evidence, Feature, FeatureId, FeatureKind, Locale};
use limpid::explain::{Phrases, Precision};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/complete-journey")
}

fn schema_and_phrases() -> (Schema, Phrases) {
    let schema = Schema::load(&folder()).unwrap();
    let phrases = Phrases::load(&schema.phrases).unwrap();
    (schema, phrases)
}

/// The values of a column, those of a cell apart.
fn values(file: &str, column: &str) -> BTreeSet<String> {
    let records = Source::open(&folder().join(file)).unwrap().read(&[column]).unwrap();
    let texts = records.texts(column).unwrap();
    (0..records.rows())
        .filter_map(|row| texts.get(row))
        .flat_map(|cell| cell.split(';').map(str::to_owned))
        .collect()
}

#[test]
fn every_code_that_a_person_may_read_has_a_label_in_every_language() {
    let (_, phrases) = schema_and_phrases();
    let columns = [
        ("products.parquet", "category"),
        ("products.parquet", "department"),
        ("ads.parquet", "category"),
        ("ads.parquet", "department"),
        ("ads.parquet", "product_type"),
    ];
    let codes: BTreeSet<String> = columns.iter().flat_map(|(file, column)| values(file, column)).collect();
    assert!(codes.len() > 400, "{}", codes.len());
    for code in &codes {
        for locale in Locale::ALL {
            let label = phrases.category(code, locale);
            assert!(label != *code && label.chars().any(char::is_lowercase), "{locale}: {code}: {label}");
            assert!(label.chars().count() <= 70, "{locale}: {code}: {label}");
        }
    }
}

#[test]
fn labels_are_noun_phrases_without_the_codes_habits() {
    let (schema, phrases) = schema_and_phrases();
    for locale in Locale::ALL {
        for line in schema.phrases.get(locale).lines().filter(|line| line.starts_with("category-")) {
            let (id, label) = line.split_once(" = ").unwrap();
            assert!(!label.contains(['/', '&', ':', '"', '\'', '.']), "{locale}: {id} = {label}");
            let articles = match locale {
                Locale::En => "the a an",
                Locale::Fr => "le la les du des un une",
                Locale::De => "der die das den ein eine",
                Locale::Es => "el la los las un una",
                Locale::It => "il lo la i gli le un una",
                Locale::Nl => "de het een",
            };
            let first = label.split(' ').next().unwrap();
            assert!(articles.split(' ').all(|article| first != article), "{locale}: {id} = {label}");
        }
    }
    assert_eq!(phrases.category("FROZEN PIZZA", Locale::En), "frozen pizza and snacks");
    assert_eq!(phrases.category("FROZEN PIZZA", Locale::De), "Tiefkühlpizza und Snacks");
}

#[test]
fn every_datum_has_a_name_and_a_sentence_and_each_feature_its_own() {
    let (schema, phrases) = schema_and_phrases();
    let data: BTreeSet<&str> = schema.features.iter().map(|feature| feature.datum.as_str()).collect();
    for locale in Locale::ALL {
        let words = schema.phrases.get(locale);
        for datum in &data {
            assert!(words.contains(&format!("\ndatum-{datum} = ")), "{locale}: datum-{datum}");
            assert!(words.contains(&format!("\nreason-{datum} = ")), "{locale}: reason-{datum}");
        }
        let stated = stated(&schema);
        let told = stated.iter().map(|(datum, fact)| {
            phrases.statement(datum, std::slice::from_ref(fact), &schema.features, locale, Precision::Exact)
        });
        let told: BTreeSet<String> = told.collect();
        assert_eq!(told.len(), stated.len(), "{locale}: two features are told alike: {told:#?}");
    }
}

/// A fact of each feature that a row states, with its datum.
fn stated(schema: &Schema) -> Vec<(&str, Evidence)> {
    let fact = |(id, feature): (FeatureId, &Feature)| match feature.kind {
        FeatureKind::Categorical => Some(Evidence::Category { feature: id, value: "GROCERY".to_owned() }),
        FeatureKind::Numeric | FeatureKind::Flag => Some(Evidence::Number { feature: id, value: 0.5 }),
        FeatureKind::Affinity(_) => None,
    };
    schema
        .features()
        .filter_map(|(id, feature)| Some((feature.datum.as_str(), fact((id, feature))?)))
        .collect()
}

/// A label that one language tells from another, all tell apart, or nearly so.
#[test]
fn labels_tell_codes_apart_in_every_language() {
    let (schema, _) = schema_and_phrases();
    assert_eq!(schema.languages, Locale::ALL);
    for locale in Locale::ALL {
        let lines = schema.phrases.get(locale).lines().filter(|line| line.starts_with("category-"));
        let labels: Vec<&str> = lines.map(|line| line.split_once(" = ").unwrap().1).collect();
        let distinct: BTreeSet<&str> = labels.iter().copied().collect();
        assert!(labels.len() - distinct.len() <= 4, "{locale}: {} of {}", distinct.len(), labels.len());
    }
}
