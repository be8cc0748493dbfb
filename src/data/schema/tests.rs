use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::data::sample::{SCHEMA, schema};
use crate::domain::{Declared, EventKind, FieldError, Origin, Provenance, Purpose, Statistic};

fn parse(text: &str) -> Result<Schema, SchemaError> {
    Schema::parse(text, Localised::default())
}

/// The shop's schema with the first `old` after `place` replaced.
fn edited(place: &str, old: &str, new: &str) -> String {
    let start = SCHEMA.find(place).unwrap_or_else(|| panic!("no {place}"));
    let (before, after) = SCHEMA.split_at(start);
    assert!(after.contains(old), "no {old} after {place}");
    format!("{before}{}", after.replacen(old, new, 1))
}

fn rules_broken(text: &str) -> Vec<FieldError> {
    match parse(text) {
        Err(SchemaError::Rules { file, broken }) => {
            assert_eq!(file, "schema.toml");
            broken.0
        }
        other => panic!("expected broken rules, got {other:?}"),
    }
}

/// That the edit breaks this one rule, and no other.
fn assert_breaks(place: &str, old: &str, new: &str, field: &str, rule: &str) {
    let broken = rules_broken(&edited(place, old, new));
    assert_eq!(broken, [FieldError::new(field, rule)], "after {place}: {old} -> {new}");
}

#[test]
fn the_shop_is_read_as_it_is_written() {
    let schema = schema();
    assert_eq!((schema.name.as_str(), schema.currency.code()), ("shop", "EUR"));
    assert_eq!(schema.demo_clock, Some(Timestamp::parse("at", "2024-03-01T10:00:00Z").unwrap()));
    assert_eq!(schema.split, Split::Time(Timestamp::parse("at", "2024-03-01").unwrap()));
    assert_eq!(schema.category, Some(AttributeId(0)));
    assert_eq!(schema.attributes[0].from, AttributeFrom::Products);
    assert_eq!(schema.attributes[2].from, AttributeFrom::Events);
    assert!(schema.attributes[0].sensitive.contains("PHARMACY"));
    assert!(schema.conversion_given_click());
    assert_eq!(schema.outcome(Response::Conversion).unwrap().positive.as_deref(), Some("bought"));
    assert_eq!(schema.baselines[0].features, [schema.feature("category_days").unwrap()]);
    assert_eq!(schema.phrases, Localised::default());

    let age = &schema.features[schema.feature("age").unwrap().index()];
    assert_eq!(age.provenance, Provenance::Partner("Panel".to_owned()));
    assert_eq!(age.serving, Purposes::NONE.with(Purpose::SelectPersonalisedAds));
    assert_eq!(age.training.to_string(), "4, 10");
    assert_eq!((age.origin, age.column.as_str(), age.retention_days), (Origin::Subject, "age", 30));
    let discount = &schema.features[schema.feature("discount").unwrap().index()];
    assert_eq!((discount.column.as_str(), discount.datum.as_str()), ("discount_share", "offer"));

    let affinities = schema.affinities().collect::<Vec<_>>();
    assert_eq!(affinities.len(), 3);
    let category_days = Affinity {
        event: EventKind::Purchase,
        on: Some(AttributeId(0)),
        statistic: Statistic::DistinctDays,
        window_days: 30,
    };
    assert_eq!(affinities[0], (schema.feature("category_days").unwrap(), category_days));
}

#[test]
fn the_bundled_example_loads_with_its_phrases() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/complete-journey");
    let schema = Schema::load(&dir).unwrap();
    assert_eq!(schema.name, "complete-journey");
    assert_eq!(schema.affinities().count(), 12);
    assert!(!schema.phrases.en.is_empty() && !schema.phrases.fr.is_empty());
    assert!(schema.attributes.iter().any(|attribute| attribute.sensitive.contains("PHARMACY")));
}

#[test]
fn a_rule_of_the_whole_schema_that_is_broken_is_named() {
    let moment = "must be a date (2017-09-04) or an RFC 3339 moment";
    let share = "must be above 0 and below 1";
    let purpose = "must be a TCF purpose from 1 to 11, is 12";
    for (old, new, field, rule) in [
        ("\"shop\"", "\" \"", "name", "must not be empty"),
        ("\"EUR\"", "\"euro\"", "currency", "must be an ISO 4217 code of three capital letters"),
        ("\"2024-03-01T10:00:00Z\"", "\"at ten\"", "demo_clock", moment),
        ("train_before = \"2024-03-01\"", "train_before = \"1 March\"", "train_before", moment),
        ("train_before = \"2024-03-01\"", "test_share = 0.0", "test_share", share),
        ("train_before = \"2024-03-01\"", "test_share = 1.0", "test_share", share),
        ("train_before = \"2024-03-01\"", "test_share = nan", "test_share", share),
        (
            "[files]",
            "test_share = 0.2\n[files]",
            "test_share",
            "must not be given together with train_before",
        ),
        ("[files]", "accepted_by_all = [1, 12]\n[files]", "accepted_by_all", purpose),
    ] {
        assert_breaks("", old, new, field, rule);
    }
}

#[test]
fn the_split_is_by_time_by_share_or_none() {
    let share = parse(&edited("", "train_before = \"2024-03-01\"", "test_share = 0.2")).unwrap();
    assert_eq!(share.split, Split::Share(0.2));
    let all = parse(&edited("", "train_before = \"2024-03-01\"", "")).unwrap();
    assert_eq!(all.split, Split::All);
}

#[test]
fn files_are_in_the_folder_and_of_a_known_format() {
    let outside = "must be a file in or below the schema's folder";
    let ending = "must end in .csv, .csv.gz or .parquet";
    for (name, rule) in [
        ("../events.csv", outside),
        ("logs/../../events.csv", outside),
        ("/data/events.csv", outside),
        ("./events.csv", outside),
        ("", outside),
        ("events.json", ending),
        ("events.csv.zip", ending),
    ] {
        assert_breaks("[files]", "\"events.csv\"", &format!("\"{name}\""), "files.events", rule);
    }
    for name in ["logs/events.csv.gz", "events.parquet"] {
        parse(&edited("[files]", "\"events.csv\"", &format!("\"{name}\""))).unwrap();
    }
}

#[test]
fn files_that_others_need_must_be_given() {
    assert_breaks("[files]", "ads = \"ads.csv\"", "", "files.ads", "must be given, unless files.table is");
    let without_products = rules_broken(&edited("[files]", "products = \"products.csv\"", ""));
    let rule = "comes from products, but files.products is not given";
    let fields = ["attribute category", "attribute brand"].map(|field| FieldError::new(field, rule));
    assert_eq!(without_products, fields);
    let without_events = rules_broken(&edited("[files]", "events = \"events.csv\"", ""));
    let rule = "is an affinity, but files.events is not given";
    let fields = ["feature category_days", "feature brand_purchases", "feature spend"];
    assert_eq!(without_events, fields.map(|field| FieldError::new(field, rule)));
}

#[test]
fn a_flat_table_has_no_other_file_and_no_attribute() {
    let broken = rules_broken(&edited("[files]", "[files]", "[files]\ntable = \"rows.csv\""));
    for (field, rule) in [
        ("files.table", "must stand alone: a flat table has no other files"),
        ("attribute", "must not be given for a flat table: it has no history"),
        ("feature spend", "is an affinity, but files.events is not given"),
    ] {
        assert!(broken.contains(&FieldError::new(field, rule)), "{field}: {broken:?}");
    }
}

#[test]
fn a_fixed_column_has_a_name_and_no_two_have_the_same() {
    let columns = |line: &str| format!("[columns]\n{line}\n[category]");
    for (line, field, rule) in [
        ("subject = \"at\"", "columns.at", "maps column at, as does columns.subject"),
        ("product = \"ad\"", "columns.product", "maps column ad, as does columns.ad"),
        ("group = \" \"", "columns.group", "must not be empty"),
        ("weight = \"counts\"", "columns.weight", "must not be given unless files.table is"),
    ] {
        assert_breaks("", "[category]", &columns(line), field, rule);
    }
}

#[test]
fn a_rule_of_attributes_that_is_broken_is_named() {
    let fixed = "has the name of a fixed column";
    for (place, old, new, field, rule) in [
        ("name = \"brand\"", "\"brand\"", "\"category\"", "attribute category", "is declared twice"),
        ("name = \"page\"", "\"page\"", "\"\"", "attribute ", "name must not be empty"),
        ("name = \"page\"", "\"page\"", "\"subject\"", "attribute subject", fixed),
        ("name = \"page\"", "\"page\"", "\"spend_micros\"", "attribute spend_micros", fixed),
        (
            "name = \"page\"",
            "\"page\"",
            "\"page\"\nfrom = \"ads\"",
            "attribute page",
            "from must be \"products\" or absent, is \"ads\"",
        ),
        (
            "[category]",
            "\"category\"",
            "\"colour\"",
            "category.attribute",
            "is colour, which is not an attribute",
        ),
    ] {
        // Without the brand, the feature that matches on it breaks a rule, too.
        let broken = rules_broken(&edited(place, old, new));
        assert_eq!(broken[0], FieldError::new(field, rule), "{place}: {old} -> {new}");
    }
    let many = (0..256).fold(String::new(), |mut text, number| {
        write!(text, "[[attribute]]\nname = \"a{number}\"\n").unwrap();
        text
    });
    let broken = rules_broken(&edited("", "[category]", &format!("{many}[category]")));
    assert_eq!(broken, [FieldError::new("attribute", "there must be at most 255")]);
}

#[test]
fn a_rule_of_outcomes_or_baselines_that_is_broken_is_named() {
    let second = "response = \"conversion\"";
    for (place, old, new, field, rule) in [
        (second, "\"conversion\"", "\"click\"", "outcome click", "is declared twice"),
        (second, "\"bought\"", "\"\"", "outcome conversion column", "must not be empty"),
        (second, "\"the offer is bought\"", "\" \"", "outcome conversion name", "must not be empty"),
        ("[[baseline]]", "\"category only\"", "\"\"", "baseline name", "must not be empty"),
        ("[[baseline]]", "[\"category_days\"]", "[]", "baseline category only", "must have a feature"),
        (
            "[[baseline]]",
            "\"category_days\"",
            "\"colour\"",
            "baseline category only",
            "names colour, which is not a feature",
        ),
    ] {
        assert_breaks(place, old, new, field, rule);
    }
}

#[test]
fn pairs_and_directions_are_read_and_what_contradicts_itself_is_named() {
    let with = |pairs: &str| {
        let text = edited("[[baseline]]", "[[baseline]]", &format!("{pairs}\n[[baseline]]"));
        text.replacen("name = \"age\"", "name = \"age\"\nmonotone = \"decreasing\"", 1)
    };
    let pair = |one: &str, other: &str| format!("[[pair]]\nfeatures = [\"{one}\", \"{other}\"]\n");
    let schema = parse(&with(&pair("category_days", "slot"))).unwrap();
    let id = |name| schema.feature(name).unwrap();
    let mut expected = [id("slot"), id("category_days")];
    expected.sort_unstable();
    assert_eq!(schema.pairs, [expected]);
    assert_eq!(schema.features[id("age").index()].monotone, Some(crate::domain::Direction::Decreasing));
    let twice = pair("slot", "category_days") + &pair("category_days", "slot");
    for (pairs, said) in [
        (pair("slot", "colour"), "pair slot and colour: names colour, which is not a feature"),
        (pair("slot", "slot"), "pair slot and slot: must be of two features"),
        (pair("slot", "age"), "pair slot and age: names age, which is monotone and so in no pair"),
        (twice, "pair category_days and slot: is given twice"),
    ] {
        let error = parse(&with(&pairs)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_column_has_one_meaning() {
    for (feature, column, first) in [
        ("slot", "clicked", "outcome click"),
        ("slot", "subject", "columns.subject"),
        ("slot", "campaign", "columns.group"),
        ("age", "slot", "feature slot"),
        ("is_new", "discount_share", "feature discount"),
        ("is_new", "ad", "columns.ad"),
    ] {
        let name = format!("name = \"{feature}\"");
        assert_breaks(
            &name,
            &name,
            &format!("{name}\ncolumn = \"{column}\""),
            &format!("feature {feature}"),
            &format!("maps column {column}, as does {first}"),
        );
    }
    assert_breaks(
        "response = \"conversion\"",
        "\"bought\"",
        "\"clicked\"",
        "outcome conversion",
        "maps column clicked, as does outcome click",
    );
    // The ads table and the impressions table may each have a column of one name.
    parse(&edited("name = \"is_new\"", "\"is_new\"", "\"is_new\"\ncolumn = \"slot\"")).unwrap();
}

#[test]
fn a_rule_of_any_feature_that_is_broken_is_named() {
    let datum = "datum must be of a-z, 0-9, _ and -, and begin with a letter";
    let special = "is of a special category of personal data, which no model may use";
    for (place, old, new, rule) in [
        ("age", "\"user.demographic\"", "\" \"", "data_category must not be empty"),
        ("age", "\"Panel\"", "\"\"", "partner must not be empty"),
        ("age", "datum = \"age\"", "datum = \"Age\"", datum),
        ("age", "datum = \"age\"", "datum = \"1st\"", datum),
        ("age", "datum = \"age\"", "datum = \"\"", datum),
        ("age", "\"ordinary\"", "\"special_category\"", special),
        ("age", "\"ordinary\"", "\"group_label\"", "is a group label: for audits only, never a feature"),
        ("age", "serving = [4]\n", "", "is personal: serving must name a purpose"),
        ("age", "serving = [4]", "serving = [12]", "serving must be a TCF purpose from 1 to 11, is 12"),
        ("age", "training = [4, 10]\n", "", "is personal: training must name a purpose"),
        ("age", "[4, 10]", "[0]", "training must be a TCF purpose from 1 to 11, is 0"),
        ("age", "retention_days = 30", "retention_days = 0", "is personal: retention_days must be positive"),
        ("age", "\"votre âge\"", "\"\"", "label must be given in fr"),
        ("age", "en = \"your age\", ", "", "label must be given in en"),
        ("slot", "label = { en = \"place on the page\", fr", "label = { fr", "label must be given in en"),
    ] {
        assert_breaks(&format!("name = \"{place}\""), old, new, &format!("feature {place}"), rule);
    }
    let twice = edited("name = \"is_new\"", "\"is_new\"", "\"discount\"");
    assert_eq!(rules_broken(&twice), [FieldError::new("feature discount", "is declared twice")]);
    let nameless = edited("name = \"age\"", "\"age\"", "\"\"\ncolumn = \"age\"");
    assert_eq!(rules_broken(&nameless), [FieldError::new("feature ", "name must not be empty")]);
}

#[test]
fn there_are_no_more_features_than_ids_for_them() {
    let start = SCHEMA.find("[[feature]]\nname = \"slot\"").unwrap();
    let end = SCHEMA.find("[[feature]]\nname = \"age\"").unwrap();
    let (head, slot) = (&SCHEMA[..start], &SCHEMA[start..end]);
    let many = (0..65_536).map(|number| slot.replacen("\"slot\"", &format!("\"f{number}\""), 1));
    let broken = rules_broken(&format!("{head}{}", many.collect::<String>()));
    assert_eq!(broken, [FieldError::new("feature", "there must be at most 65535")]);
}

#[test]
fn a_rule_of_affinities_that_is_broken_is_named() {
    let window = "is an affinity: window_days must be given and positive";
    for (old, new, rule) in [
        ("window_days = 30", "window_days = 91", "looks back further than retention_days"),
        ("window_days = 30", "window_days = 0", window),
        (", window_days = 30", "", window),
        ("on = \"category\"", "on = \"colour\"", "matches on colour, which is not an attribute"),
        ("kind =", "column = \"x\"\nkind =", "is made of history and has no column"),
        ("\"history\"", "\"subject\"", "is an affinity: origin must be history"),
    ] {
        assert_breaks("name = \"category_days\"", old, new, "feature category_days", rule);
    }
    let without = "affinity = { event = \"purchase\", on = \"category\", statistic = \"distinct_days\", window_days = 30 }";
    assert_breaks(
        "name = \"category_days\"",
        without,
        "",
        "feature category_days",
        "is an affinity: the key affinity must say of what",
    );
    let number = rules_broken(&edited("name = \"spend\"", "\"affinity\"", "\"numeric\""));
    let rules =
        ["is made of history: kind must be affinity", "is no affinity: the key affinity must be absent"];
    assert_eq!(number, rules.map(|rule| FieldError::new("feature spend", rule)));
}

#[test]
fn values_can_be_declared_ahead_of_the_data() {
    let declared = |place: &str, line: &str| {
        let schema = parse(&edited(place, "origin =", &format!("{line}\norigin ="))).unwrap();
        schema.features[schema.feature(place.split('"').nth(1).unwrap()).unwrap().index()].declared.clone()
    };
    let (age, slot, days) = ("name = \"age\"", "name = \"slot\"", "name = \"category_days\"");
    assert_eq!(declared(age, ""), None);
    let bounds = Some(Declared::Bounds { low: 0.0, high: 120.5 });
    assert_eq!(declared(age, "bounds = [0, 120.5]"), bounds);
    assert_eq!(declared(days, "bounds = [0, 120.5]"), bounds);
    let levels = Declared::Levels(vec!["side".to_owned(), "top".to_owned()]);
    assert_eq!(declared(slot, "levels = [\"top\", \"side\"]"), Some(levels));
}

#[test]
fn a_declaration_of_values_fits_its_kind() {
    for (feature, line, rule) in [
        ("slot", "bounds = [0, 1]", "is no number: the key bounds must be absent"),
        ("is_new", "bounds = [0, 1]", "is no number: the key bounds must be absent"),
        ("age", "levels = [\"a\"]", "is no category: the key levels must be absent"),
        ("age", "bounds = [120, 0]", "bounds must be two, the lower first"),
        ("age", "bounds = [7, 7]", "bounds must be two, the lower first"),
        ("age", "bounds = [0, inf]", "bounds must be finite"),
        ("age", "bounds = [nan, 1]", "bounds must be finite"),
        ("slot", "monotone = \"increasing\"", "is no number: the key monotone must be absent"),
        ("slot", "levels = []", "levels must name at least one"),
        ("slot", "levels = [\"a\", \"\"]", "levels must not be empty"),
        ("slot", "levels = [\"a\", \"b\", \"a\"]", "levels must be distinct"),
    ] {
        let (place, new) = (format!("name = \"{feature}\""), format!("{line}\norigin ="));
        assert_breaks(&place, "origin =", &new, &format!("feature {feature}"), rule);
    }
}

#[test]
fn features_of_one_datum_have_one_source_and_one_switch() {
    for (old, new, key) in [
        ("\"first_party\"", "{ partner = \"Panel\" }", "provenance"),
        ("\"stated\"", "\"inferred\"", "derivation"),
        ("controllable = false", "controllable = true", "controllable"),
    ] {
        let rule = format!("{key} must be that of feature discount, which has the same datum");
        assert_breaks("name = \"is_new\"", old, new, "feature is_new", &rule);
    }
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let text = edited("", "\"EUR\"", "\"euro\"").replacen("\"shop\"", "\"\"", 1);
    let error = parse(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema.toml: name: must not be empty; currency: must be an ISO 4217 code of three capital letters"
    );
}

#[test]
fn what_no_schema_says_is_refused_with_its_line_and_column() {
    for (place, old, new, wrong, said) in [
        ("", "currency =", "curency = \"EUR\"\ncurrency =", "curency", "unknown field `curency`"),
        ("name = \"age\"", "serving =", "servng = [4]\nserving =", "servng", "unknown field `servng`"),
        ("[files]", "events =", "evnts = \"e.csv\"\nevents =", "evnts", "unknown field `evnts`"),
        ("name = \"age\"", "fr =", "pt = \"idade\", fr =", "pt =", "unknown field `pt`"),
        ("name = \"age\"", "\"stated\"", "\"guessed\"", "\"guessed\"", "unknown variant `guessed`"),
        ("name = \"age\"", "\"numeric\"", "\"blackbox\"", "\"blackbox\"", "unknown variant `blackbox`"),
        ("name = \"age\"", "retention_days = 30", "retention_days = -1", "-1", "invalid value"),
        ("name = \"age\"", "retention_days = 30", "retention_days = soon", "soon", ""),
    ] {
        let text = edited(place, old, new);
        let before = &text[..text.find(wrong).unwrap()];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let error = parse(&text).unwrap_err().to_string();
        let expected = format!("schema.toml: line {line}, column {column}: {said}");
        assert!(error.starts_with(&expected), "expected {expected}, got {error}");
    }
    let error = parse("name = \"x\"\n  colour = 1\n[files]\nads = \"a.csv\"\n").unwrap_err();
    assert!(
        error.to_string().starts_with("schema.toml: line 2, column 3: unknown field `colour`"),
        "{error}"
    );
}

#[test]
fn the_hash_changes_with_every_byte_of_the_schema_and_of_its_phrases() {
    let phrases =
        Localised { en: "a = tea\n".to_owned(), fr: "a = thé\n".to_owned(), ..Localised::default() };
    let original = Schema::parse(SCHEMA, phrases.clone()).unwrap().hash;
    assert_eq!(original.len(), 64);
    assert_eq!(original, hash(SCHEMA, &phrases));
    let mut seen = BTreeSet::from([original]);
    let changed = |text: &str, at: usize| {
        let other = |(there, c)| if there == at { char::from(1) } else { c };
        text.char_indices().map(other).collect::<String>()
    };
    for (at, _) in SCHEMA.char_indices() {
        assert!(seen.insert(hash(&changed(SCHEMA, at), &phrases)), "byte {at} of the schema");
    }
    for (at, _) in phrases.en.char_indices() {
        let phrases = Localised { en: changed(&phrases.en, at), ..phrases.clone() };
        assert!(seen.insert(hash(SCHEMA, &phrases)), "byte {at} of the English phrases");
    }
    for (at, _) in phrases.fr.char_indices() {
        let phrases = Localised { fr: changed(&phrases.fr, at), ..phrases.clone() };
        assert!(seen.insert(hash(SCHEMA, &phrases)), "byte {at} of the French phrases");
    }
    // Nor does a phrase that moves from one language to the other leave it as it was.
    let both = format!("{}{}", phrases.en, phrases.fr);
    let moved = Localised { en: String::new(), fr: both, ..Localised::default() };
    assert!(seen.insert(hash(SCHEMA, &moved)));
}

#[test]
fn phrases_come_in_every_language_of_the_labels_or_in_none() {
    let dir = TempDir::new().unwrap();
    let missing = Schema::load(dir.path()).unwrap_err();
    assert!(matches!(&missing, SchemaError::Unreadable { file, .. } if file.ends_with("schema.toml")));
    fs::write(dir.path().join("schema.toml"), SCHEMA).unwrap();
    assert_eq!(Schema::load(dir.path()).unwrap().phrases, Localised::default());
    fs::write(dir.path().join("phrases.en.ftl"), "a = tea\n").unwrap();
    let half = Schema::load(dir.path()).unwrap_err().to_string();
    assert!(half.contains("phrases.fr.ftl: must be there and not empty"), "{half}");
    fs::write(dir.path().join("phrases.fr.ftl"), "a = thé\n").unwrap();
    let schema = Schema::load(dir.path()).unwrap();
    assert_eq!(
        (schema.phrases.fr.as_str(), &schema.languages[..]),
        ("a = thé\n", &[Locale::En, Locale::Fr][..])
    );
    fs::write(dir.path().join("phrases.de.ftl"), "a = Tee\n").unwrap();
    let half = Schema::load(dir.path()).unwrap_err().to_string();
    assert!(half.contains("label must be given in de"), "{half}");
}

/// English is what any other language falls back to; the others are the example's choice.
#[test]
fn the_languages_of_an_example_are_those_of_its_labels() {
    let languages = |toml: &str| parse(toml).unwrap().languages;
    assert_eq!(languages(SCHEMA), [Locale::En, Locale::Fr]);
    let without_french: String = SCHEMA
        .lines()
        .map(|line| match line.split_once(", fr = ") {
            Some((english, _)) if line.starts_with("label = ") => format!("{english} }}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(languages(&without_french), [Locale::En]);
    let with_italian = SCHEMA.replace("label = { ", "label = { it = \"qualcosa\", ");
    assert_eq!(languages(&with_italian), [Locale::En, Locale::Fr, Locale::It]);
    let italian_once = SCHEMA.replacen("label = { ", "label = { it = \"qualcosa\", ", 1);
    let half = parse(&italian_once).unwrap_err().to_string();
    assert!(half.contains("label must be given in it"), "{half}");
}

/// So that what was fitted before there were other languages is still known by its schema.
#[test]
fn a_schema_in_two_languages_keeps_the_hash_that_it_had() {
    let phrases =
        Localised { en: "a = tea\n".to_owned(), fr: "a = thé\n".to_owned(), ..Localised::default() };
    let mut before = blake3::Hasher::new();
    for text in [SCHEMA, &phrases.en, &phrases.fr] {
        before.update(&(text.len() as u64).to_le_bytes());
        before.update(text.as_bytes());
    }
    assert_eq!(hash(SCHEMA, &phrases), before.finalize().to_hex().to_string());
    let german = Localised { de: "a = Tee\n".to_owned(), ..phrases.clone() };
    let dutch = Localised { nl: "a = Tee\n".to_owned(), ..phrases };
    assert_ne!(hash(SCHEMA, &german), hash(SCHEMA, &dutch));
}

/// The shop's schema with another list for its category.
fn with_list(list: &str) -> String {
    edited("", "sensitive = [{ values = [\"PHARMACY\"], ids = [1386, 1473] }]", list)
}

#[test]
fn an_entry_of_the_sensitive_list_has_ids_of_the_taxonomy_or_says_why_there_is_none() {
    let schema =
        parse(&with_list("sensitive = [{ values = [\"A\", \"B\"], because = \"no node\" }]")).unwrap();
    assert_eq!(schema.attributes[0].sensitive, BTreeSet::from(["A".to_owned(), "B".to_owned()]));
    let first = "attribute category sensitive[0]";
    let no_id = "must have the ids of IAB Ad Product Taxonomy 2.0 that it maps to, or say in because why there is none";
    let no_value = "must have a value: ids alone are for an attribute with taxonomy";
    let not_sensitive =
        "id 1371 Gifts and Holiday Items is not sensitive of itself: because must say why it is here";
    for (list, field, rule) in [
        ("sensitive = [{ values = [\"A\"] }]", first, no_id),
        ("sensitive = [{ ids = [1002] }]", first, no_value),
        ("sensitive = [{ values = [\" \"], ids = [1002] }]", first, "must not have an empty value"),
        (
            "sensitive = [{ values = [\"A\"], ids = [9999] }]",
            first,
            "id 9999 is not in IAB Ad Product Taxonomy 2.0",
        ),
        (
            "sensitive = [{ values = [\"A\"], ids = [-1] }]",
            first,
            "id -1 is not in IAB Ad Product Taxonomy 2.0",
        ),
        ("sensitive = [{ values = [\"A\"], ids = [1002, 1002] }]", first, "id 1002 is given twice"),
        ("sensitive = [{ values = [\"A\"], ids = [1002, 1371] }]", first, not_sensitive),
        (
            "sensitive = [{ values = [\"A\"], ids = [1371], because = \" \" }]",
            first,
            "because must not be empty",
        ),
        (
            "sensitive = [{ values = [\"A\"], ids = [1002] }, { values = [\"A\"], ids = [1007] }]",
            "attribute category sensitive[1]",
            "A is listed twice",
        ),
        (
            "ordinary = [{ ids = [1002], because = \"a wine shop\" }]",
            "attribute category",
            "ordinary must not be given unless taxonomy is",
        ),
        (
            "taxonomy = \"iab-content-3.1\"",
            "attribute category",
            "taxonomy must be \"iab-ad-product-2.0\" or absent, is \"iab-content-3.1\"",
        ),
    ] {
        assert_eq!(rules_broken(&with_list(list)), [FieldError::new(field, rule)], "{list}");
    }
}

#[test]
fn a_name_without_ids_is_refused_with_what_to_write() {
    for (list, told) in [
        (
            "sensitive = [\"PHARMACY\"]",
            "{ values = [\"VALUE\"], ids = [1002] } with ids of IAB Ad Product Taxonomy 2.0",
        ),
        ("sensitive = [{ values = [\"A\"], id = 1002 }]", "unknown field `id`"),
        ("sensitive = [1002]", "{ values = [\"VALUE\"], ids = [1002] }"),
    ] {
        let error = parse(&with_list(list)).unwrap_err();
        let SchemaError::Syntax { line, rule, .. } = &error else { panic!("{error}") };
        assert!(*line > 15 && rule.contains(told), "{error}");
    }
}

#[test]
fn an_attribute_of_ids_covers_what_is_below_them_and_what_is_sensitive_of_itself() {
    let by_id = |lists: &str| with_list(&format!("taxonomy = \"iab-ad-product-2.0\"\n{lists}"));
    let listed = |lists: &str| parse(&by_id(lists)).unwrap().attributes[0].clone();
    let has = |attribute: &AttributeSpec, id: &str| attribute.sensitive.contains(id);

    let unsaid = listed("");
    assert!(unsaid.holds_nodes && has(&unsaid, "1051") && has(&unsaid, "1007") && !has(&unsaid, "1167"));
    assert!(unsaid.admits("1167") && !unsaid.admits("01002") && !unsaid.admits("WINE"));
    assert_eq!(unsaid.sensitive_list.len(), 12, "an entry for each ground");

    let more = listed("sensitive = [{ ids = [1335], because = \"money\" }]");
    assert!(has(&more, "1354") && has(&more, "1335") && !has(&more, "1355"));

    let wine =
        listed("ordinary = [{ ids = [1002], because = \"a wine shop\" }]\nsensitive = [{ ids = [1006] }]");
    assert!(!has(&wine, "1007") && !has(&wine, "1002") && has(&wine, "1006") && has(&wine, "1544"));
    assert!(wine.sensitive_list.iter().flat_map(|entry| &entry.nodes).all(|node| node.id() != 1002));
    assert_eq!(wine.ordinary_list[0].because.as_deref(), Some("a wine shop"));

    let sensitive = "attribute category sensitive[0]";
    let ordinary = "attribute category ordinary[0]";
    for (lists, field, rule) in [
        ("sensitive = [{ ids = [] }]", sensitive, "must have an id"),
        ("sensitive = [{ ids = [1001, 7] }]", sensitive, "id 7 is not in IAB Ad Product Taxonomy 2.0"),
        (
            "sensitive = [{ values = [\"A\"], ids = [1002] }]",
            sensitive,
            "must have no values: the attribute holds ids of IAB Ad Product Taxonomy 2.0",
        ),
        (
            "sensitive = [{ ids = [1335] }]",
            sensitive,
            "id 1335 Finance and Insurance is not sensitive of itself: because must say why it is here",
        ),
        ("ordinary = [{ ids = [1002] }]", ordinary, "because must say why it is not sensitive here"),
        (
            "ordinary = [{ ids = [1335], because = \"x\" }]",
            ordinary,
            "id 1335 Finance and Insurance is not sensitive of itself",
        ),
        (
            "ordinary = [{ ids = [1007], because = \"x\" }]\nsensitive = [{ ids = [1002] }]",
            ordinary,
            "id 1007 Wine is listed as sensitive, too",
        ),
    ] {
        assert_eq!(rules_broken(&by_id(lists)), [FieldError::new(field, rule)], "{lists}");
    }
}
