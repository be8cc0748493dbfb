use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::data::read::{RawColumn, Records, Source};
use crate::data::sample::{data, derive};
use crate::data::{Bundle, DataError};
use crate::domain::{AdId, Response};

const RAW_TABLES: [&str; 7] = [
    "transactions.parquet",
    "products.csv.gz",
    "campaigns.csv.gz",
    "campaign_descriptions.csv.gz",
    "coupons.csv.gz",
    "coupon_redemptions.csv.gz",
    "demographics.csv.gz",
];
const WRITTEN: [&str; 14] = [
    "events.parquet",
    "products.parquet",
    "ads.parquet",
    "ad_products.parquet",
    "impressions.parquet",
    "consents.parquet",
    "groups.parquet",
    "schema.toml",
    "phrases.en.ftl",
    "phrases.fr.ftl",
    "phrases.de.ftl",
    "phrases.es.ftl",
    "phrases.it.ftl",
    "phrases.nl.ftl",
];

fn raw() -> PathBuf {
    data("complete-journey-raw")
}

fn imported() -> (TempDir, Summary) {
    let to = TempDir::new().unwrap();
    let summary = import(&raw(), to.path(), None).unwrap();
    (to, summary)
}

/// A copy of the raw tables, of which a test may break one.
fn copied() -> TempDir {
    let dir = TempDir::new().unwrap();
    for table in RAW_TABLES {
        fs::copy(raw().join(table), dir.path().join(table)).unwrap();
    }
    dir
}

fn table(dir: &Path, name: &str) -> Records {
    let source = Source::open(&dir.join(name)).unwrap();
    let names = source.names().iter().map(String::as_str).collect::<Vec<_>>();
    source.read(&names).unwrap()
}

/// A column of whole numbers or texts, as texts.
fn texts(records: &Records, column: &str) -> Vec<String> {
    let text = records.texts(column).unwrap();
    (0..records.rows()).map(|row| text.get(row).unwrap_or_default().to_owned()).collect()
}

fn schema() -> Schema {
    Schema::parse(SCHEMA, Localised::default()).unwrap()
}

fn on_the_list(attribute: &str) -> BTreeSet<String> {
    let schema = schema();
    schema.attributes[usize::from(schema.attribute(attribute).unwrap().0)].sensitive.clone()
}

/// The published ids of products that may be told of, read off the raw table.
fn ordinary_products() -> BTreeSet<String> {
    let products = table(&raw(), "products.csv.gz");
    let [ids, categories, types, departments] =
        ["product_id", "product_category", "product_type", "department"].map(|name| texts(&products, name));
    let lists = ["category", "product_type", "department"].map(on_the_list);
    let ordinary = |row: &usize| {
        !categories[*row].is_empty()
            && !lists[0].contains(&categories[*row])
            && !lists[1].contains(&types[*row])
            && !lists[2].contains(&departments[*row])
    };
    (0..products.rows()).filter(ordinary).map(|row| ids[row].clone()).collect()
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let ((first, summary), (second, again)) = (imported(), imported());
    assert_eq!(summary, again);
    let mut written =
        fs::read_dir(first.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    written.sort();
    let mut expected = WRITTEN.to_vec();
    expected.sort_unstable();
    assert_eq!(written, expected);
    for name in WRITTEN {
        let bytes = |dir: &TempDir| fs::read(dir.path().join(name)).unwrap();
        assert!(bytes(&first) == bytes(&second), "{name}");
    }
}

#[test]
fn what_is_written_loads_as_an_example() {
    let (to, summary) = imported();
    let bundle = Bundle::load(to.path(), &derive).unwrap();
    assert_eq!(bundle.history.events(), summary.purchases + summary.redemptions);
    assert_eq!(bundle.catalogue.len(), summary.ads);
    assert_eq!(bundle.catalogue.iter().filter(|ad| ad.label.sensitive).count(), summary.ads_sensitive);
    assert_eq!(bundle.impressions.rows(), summary.impressions);
    let purchased = bundle.impressions.outcome(Response::Conversion).unwrap();
    assert_eq!(purchased.iter().filter(|happened| **happened).count(), summary.purchased);
    assert_eq!(bundle.consents.iter().count(), summary.households);
    assert!(bundle.dataset(Response::Conversion, &|_, _| true).is_ok());
}

#[test]
fn the_counts_are_those_of_the_raw_tables() {
    let (_to, summary) = imported();
    let ordinary = ordinary_products();
    let purchases = table(&raw(), "transactions.parquet");
    let products = texts(&purchases, "product_id");
    let kept = products.iter().filter(|product| ordinary.contains(*product)).count();
    assert_eq!((summary.purchases, summary.purchases_left_out), (kept, products.len() - kept));
    assert!(summary.purchases_left_out > 100);

    // Campaigns 14, 16 and 17 qualify; every member got every coupon.
    let qualifies = |campaign: &String| ["14", "16", "17"].contains(&campaign.as_str());
    let (coupons, members) = (table(&raw(), "coupons.csv.gz"), table(&raw(), "campaigns.csv.gz"));
    let offers = texts(&coupons, "campaign_id").into_iter().zip(texts(&coupons, "coupon_upc"));
    let offers = offers.filter(|(campaign, _)| qualifies(campaign)).collect::<BTreeSet<_>>();
    let invited = texts(&members, "campaign_id").into_iter().zip(texts(&members, "household_id"));
    let invited = invited.filter(|(campaign, _)| qualifies(campaign)).collect::<Vec<_>>();
    let offers_in = |campaign: &String| offers.iter().filter(|(there, _)| there == campaign).count();
    assert_eq!(summary.ads, offers.len());
    let impressions = invited.iter().map(|(campaign, _)| offers_in(campaign)).sum::<usize>();
    assert_eq!(summary.impressions, impressions);
    assert_eq!(summary.households, texts(&purchases, "household_id").iter().collect::<BTreeSet<_>>().len());

    let redeemed = table(&raw(), "coupon_redemptions.csv.gz");
    let redeemed = texts(&redeemed, "campaign_id").into_iter().zip(texts(&redeemed, "coupon_upc"));
    let redeemed = redeemed.filter(|offer| offers.contains(offer)).collect::<Vec<_>>();
    assert_eq!(summary.redeemed, redeemed.len());
    // Two of them were of coupons for vitamins and for feminine hygiene.
    assert_eq!(summary.redemptions, redeemed.len() - 2);
}

#[test]
fn outcomes_are_those_that_a_hand_finds_in_the_raw_tables() {
    let (to, _) = imported();
    let rows = table(to.path(), "impressions.parquet");
    let [subjects, ads, purchased, redeemed] =
        ["subject", "ad", "purchased", "redeemed"].map(|name| texts(&rows, name));
    let outcome = |subject: &str, ad: &str| {
        let row = (0..rows.rows()).find(|&row| subjects[row] == subject && ads[row] == ad).unwrap();
        (purchased[row].as_str(), redeemed[row].as_str())
    };
    // Rice and such on 7 September 2017, the fourth day of campaign 14; no tea in it.
    assert_eq!(outcome("464", "14-54100027032"), ("1", "0"));
    assert_eq!(outcome("464", "14-54100010032"), ("0", "0"));
    // Bought and redeemed on 27 October and 2 October.
    assert_eq!(outcome("600", "14-54589399276"), ("1", "1"));
    // Redeemed on 14 November, on something that the log of purchases does not have.
    assert_eq!(outcome("931", "17-57045970076"), ("0", "1"));
    // What is sensitive counts as an outcome, though not as history.
    assert_eq!(outcome("1687", "16-53600030082"), ("1", "1"));
}

#[test]
fn all_outcomes_agree_with_a_recount() {
    let (to, _) = imported();
    let purchases = table(&raw(), "transactions.parquet");
    let days = purchases.times("transaction_timestamp").unwrap();
    let days = days.into_iter().map(|at| at.unwrap().day().to_string());
    let bought = texts(&purchases, "household_id").into_iter().zip(texts(&purchases, "product_id")).zip(days);
    let bought = bought.collect::<Vec<_>>();
    let coupons = table(&raw(), "coupons.csv.gz");
    let mut covered = BTreeMap::<String, BTreeSet<String>>::new();
    for ((campaign, coupon), product) in texts(&coupons, "campaign_id")
        .into_iter()
        .zip(texts(&coupons, "coupon_upc"))
        .zip(texts(&coupons, "product_id"))
    {
        covered.entry(format!("{campaign}-{coupon}")).or_default().insert(product);
    }
    let dates = BTreeMap::from([
        ("14", ("2017-09-04", "2017-11-08")),
        ("16", ("2017-10-04", "2017-11-05")),
        ("17", ("2017-10-18", "2017-11-19")),
    ]);
    let rows = table(to.path(), "impressions.parquet");
    let [subjects, ads, campaigns, purchased] =
        ["subject", "ad", "campaign", "purchased"].map(|name| texts(&rows, name));
    for row in 0..rows.rows() {
        let (first, last) = dates[campaigns[row].as_str()];
        let expected = bought.iter().any(|((household, product), day)| {
            *household == subjects[row]
                && covered[&ads[row]].contains(product)
                && (first..=last).contains(&day.as_str())
        });
        assert_eq!(purchased[row] == "1", expected, "{} {}", subjects[row], ads[row]);
    }
    assert!(purchased.contains(&"1".to_owned()));
}

#[test]
fn purchases_in_sensitive_categories_are_nowhere() {
    let (to, _) = imported();
    let ordinary = ordinary_products();
    let sold = texts(&table(&raw(), "transactions.parquet"), "product_id");
    let sensitive = sold.into_iter().filter(|product| !ordinary.contains(product)).collect::<BTreeSet<_>>();
    assert!(sensitive.len() > 50);
    for (name, column) in [("events.parquet", "product"), ("products.parquet", "product")] {
        let told = texts(&table(to.path(), name), column).into_iter().collect::<BTreeSet<_>>();
        assert!(!told.is_empty() && told.is_disjoint(&sensitive), "{name}");
    }
    let lists = ["category", "product_type", "department"].map(on_the_list);
    let listed = lists.into_iter().flatten().collect::<BTreeSet<_>>();
    for name in ["events.parquet", "products.parquet", "ad_products.parquet"] {
        let records = table(to.path(), name);
        for column in Source::open(&to.path().join(name)).unwrap().names() {
            if let RawColumn::Text(text) = records.column(column).unwrap() {
                let found = text.values.iter().find(|value| listed.contains(&***value));
                assert_eq!(found, None, "{name}, {column}");
            }
        }
    }
    // Redemptions of such coupons neither.
    let bundle = Bundle::load(to.path(), &derive).unwrap();
    for product in texts(&table(to.path(), "events.parquet"), "product") {
        if let Some(ad) = product.strip_prefix("coupon-") {
            assert!(!bundle.catalogue.get(&AdId::parse(ad).unwrap()).unwrap().label.sensitive, "{ad}");
        }
    }
}

#[test]
fn a_raw_table_that_is_missing_is_named() {
    for name in RAW_TABLES {
        let (from, to) = (copied(), TempDir::new().unwrap());
        fs::remove_file(from.path().join(name)).unwrap();
        let error = import(from.path(), to.path(), None).unwrap_err();
        let ImportError::Read(DataError::Unreadable { file, .. }) = &error else { panic!("{error}") };
        assert!(file.ends_with(name), "{error}");
    }
}

#[test]
fn a_raw_table_that_was_cut_is_named() {
    for name in RAW_TABLES {
        let (from, to) = (copied(), TempDir::new().unwrap());
        let path = from.path().join(name);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = import(from.path(), to.path(), None).unwrap_err();
        let ImportError::Read(DataError::Damaged { file, .. }) = &error else { panic!("{error}") };
        assert!(file.ends_with(name), "{error}");
        assert!(error.to_string().contains(": is damaged or truncated: "), "{error}");
    }
}

#[test]
fn a_raw_table_without_a_column_names_it() {
    let (from, to) = (copied(), TempDir::new().unwrap());
    fs::copy(raw().join("coupons.csv.gz"), from.path().join("campaigns.csv.gz")).unwrap();
    let error = import(from.path(), to.path(), None).unwrap_err();
    let ImportError::Read(DataError::NoColumn { file, column, .. }) = &error else { panic!("{error}") };
    assert!(file.ends_with("campaigns.csv.gz") && column == "household_id", "{error}");
}

#[test]
fn a_target_that_cannot_be_written_is_named() {
    let dir = TempDir::new().unwrap();
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let to = in_the_way.join("example");
    let error = import(&raw(), &to, None).unwrap_err();
    assert!(matches!(&error, ImportError::Write { path, .. } if *path == to), "{error}");
    assert!(error.to_string().starts_with(&format!("cannot write {}: ", to.display())), "{error}");

    fs::create_dir(dir.path().join("ads.parquet")).unwrap();
    let error = import(&raw(), dir.path(), None).unwrap_err();
    assert!(matches!(&error, ImportError::Write { path, .. } if path.ends_with("ads.parquet")), "{error}");
}

#[test]
fn labels_tell_what_is_published_and_in_which_sensitive_groups_a_household_bought() {
    let to = TempDir::new().unwrap();
    let file = to.path().join("labels.csv");
    import(&raw(), &to.path().join("example"), Some(&file)).unwrap();
    let labels = table(to.path(), "labels.csv");
    let ids = texts(&labels, "id");
    assert_eq!(ids.len(), 27, "every household");
    let published = table(&to.path().join("example"), "groups.parquet");
    for attribute in ["age", "income", "household_size"] {
        let known: BTreeMap<_, _> =
            texts(&published, "subject").into_iter().zip(texts(&published, attribute)).collect();
        for (id, value) in ids.iter().zip(texts(&labels, attribute)) {
            assert_eq!(known.get(id).map_or("", String::as_str), value, "{id} {attribute}");
        }
    }
    // Recounted from the raw purchases: who bought any alcohol or tobacco.
    let listed = [
        "BEERS/ALES",
        "CIGARETTES",
        "CIGARS",
        "DOMESTIC WINE",
        "IMPORTED WINE",
        "LIQUOR",
        "MISC WINE",
        "TOBACCO OTHER",
    ];
    let products = table(&raw(), "products.csv.gz");
    let of_group = texts(&products, "product_category");
    let of_group = of_group.iter().zip(texts(&products, "department"));
    let ids_of_group: BTreeSet<String> = of_group
        .zip(texts(&products, "product_id"))
        .filter(|((category, department), _)| listed.contains(&category.as_str()) || department == "SPIRITS")
        .map(|(_, id)| id)
        .collect();
    let source = Source::open(&raw().join("transactions.parquet")).unwrap();
    let purchases = source.read(&["household_id", "product_id"]).unwrap();
    let integers =
        |column: &str| purchases.complete(column, purchases.integers(column).unwrap()).unwrap().into_iter();
    let bought: BTreeSet<String> = integers("household_id")
        .zip(integers("product_id"))
        .filter(|(_, product)| ids_of_group.contains(&product.to_string()))
        .map(|(household, _)| household.to_string())
        .collect();
    assert!(!bought.is_empty() && bought.len() < ids.len(), "{}", bought.len());
    for (id, value) in ids.iter().zip(texts(&labels, "bought_alcohol_tobacco")) {
        assert_eq!(value == "yes", bought.contains(id), "{id}");
        assert!(["yes", "no"].contains(&value.as_str()));
    }
    let declared = fs::read_to_string(to.path().join("labels.toml")).unwrap();
    assert_eq!(declared.matches("[[attribute]]").count(), 7);
    assert_eq!(declared.matches("special_basis = \"9(2)(j)").count(), 4);
}
