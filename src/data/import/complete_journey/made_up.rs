//! A few made-up tables in the published form, so that the importer can be checked by hand.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::data::read::{Records, Source};
use crate::data::sample::moment;

/// Household, product, moment and dollars. The window before campaign 5 begins on 17 January.
const PURCHASES: [(i64, i64, &str, f64); 12] = [
    (1, TEA, "2017-01-01T12:00:00Z", 1.0),
    (1, TEA, "2017-01-16T23:59:59Z", 1.0),
    (2, TEA, "2017-01-17T00:00:00Z", 1.25),
    (3, PILL, "2017-02-01T09:00:00Z", 9.0),
    (4, UNKNOWN, "2017-02-01T09:00:00Z", 2.0),
    (4, SOUP, "2017-03-01T09:00:30Z", 0.29),
    (4, GREEN_TEA, "2017-03-02T09:00:00Z", 4.0),
    (3, TEA, "2017-04-11T00:00:00Z", 1.0),
    (3, PILL, "2017-04-15T09:00:00Z", 9.0),
    (1, SOUP, "2017-04-20T23:59:59Z", 2.0),
    (2, TEA, "2017-04-21T00:00:00Z", 1.0),
    (4, SOUP, "2017-06-30T12:00:00Z", 2.0),
];
const TEA: i64 = 1;
const GREEN_TEA: i64 = 2;
const SOUP: i64 = 3;
const PILL: i64 = 4;
/// Of no known category, since the products table does not have it.
const UNKNOWN: i64 = 9;

const PRODUCTS: &str =
    "product_id,manufacturer_id,department,brand,product_category,product_type,package_size
1,10,GROCERY,National,TEAS,BLACK TEA,20 CT
2,10,GROCERY,Private,TEAS,GREEN TEA,20 CT
3,11,GROCERY,Private,SOUP,TOMATO SOUP,1 LB
4,12,DRUG GM,National,VITAMINS,VITAMIN C,60 CT
";
/// 5 qualifies, 6 and 8 just so; 7 begins a day too early, 9 ends a day too late, 10 is of Type A.
const CAMPAIGNS: &str = "campaign_id,campaign_type,start_date,end_date
5,Type B,2017-04-11,2017-04-20
6,Type C,2017-03-26,2017-04-20
7,Type B,2017-03-25,2017-04-20
8,Type B,2017-06-01,2017-06-30
9,Type B,2017-06-01,2017-07-01
10,Type A,2017-04-11,2017-04-20
";
/// The second covers something sensitive beside soup, the fourth nothing else; of the third nothing is
/// known.
const COUPONS: &str = "coupon_upc,product_id,campaign_id
100,1,5
200,3,5
200,4,5
300,9,5
400,4,5
100,2,6
100,1,7
100,1,8
100,1,9
100,1,10
";
const MEMBERS: &str = "campaign_id,household_id
5,3
5,1
5,2
6,1
7,1
8,1
9,1
10,1
";
const REDEMPTIONS: &str = "household_id,coupon_upc,campaign_id,redemption_date
1,100,5,2017-04-12
2,200,5,2017-04-13
3,400,5,2017-04-15
1,100,10,2017-04-12
";
const LABELS: &str =
    "household_id,age,income,home_ownership,marital_status,household_size,household_comp,kids_count
3,65+,35-49K,Homeowner,Married,2,2 Adults No Kids,0
";

fn raw_tables() -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in [
        ("products", PRODUCTS),
        ("campaign_descriptions", CAMPAIGNS),
        ("coupons", COUPONS),
        ("campaigns", MEMBERS),
        ("coupon_redemptions", REDEMPTIONS),
        ("demographics", LABELS),
    ] {
        let file = fs::File::create(dir.path().join(format!("{name}.csv.gz"))).unwrap();
        let mut packed = GzEncoder::new(file, Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
    }
    let columns = [
        ("household_id", Values::Whole(PURCHASES.map(|(household, ..)| household).to_vec())),
        ("product_id", Values::Whole(PURCHASES.map(|(_, product, ..)| product).to_vec())),
        ("sales_value", Values::Numbers(PURCHASES.map(|(.., dollars)| Some(dollars)).to_vec())),
        ("transaction_timestamp", Values::Whole(PURCHASES.map(|(_, _, at, _)| moment(at).micros()).to_vec())),
    ];
    write_table(&dir.path().join("transactions.parquet"), &columns).unwrap();
    dir
}

fn imported() -> (TempDir, Summary) {
    let to = TempDir::new().unwrap();
    let summary = import(raw_tables().path(), to.path(), None).unwrap();
    (to, summary)
}

fn table(dir: &Path, name: &str) -> Records {
    let source = Source::open(&dir.join(name)).unwrap();
    let names = source.names().iter().map(String::as_str).collect::<Vec<_>>();
    source.read(&names).unwrap()
}

fn texts(records: &Records, column: &str) -> Vec<String> {
    let text = records.texts(column).unwrap();
    (0..records.rows()).map(|row| text.get(row).unwrap_or_default().to_owned()).collect()
}

fn whole(records: &Records, column: &str) -> Vec<i64> {
    records.complete(column, records.integers(column).unwrap()).unwrap()
}

/// A number of an ad; None when it is missing.
fn number(ads: &Records, ad: &str, column: &str) -> Option<f64> {
    let row = texts(ads, "ad").iter().position(|there| there == ad).unwrap();
    Some(ads.numbers(column).unwrap()[row]).filter(|number| !number.is_nan())
}

#[test]
fn what_was_written_is_counted() {
    let (_to, summary) = imported();
    let expected = Summary {
        purchases: 9,
        purchases_left_out: 3,
        redemptions: 2,
        ads: 6,
        ads_sensitive: 2,
        impressions: 14,
        purchased: 4,
        redeemed: 3,
        households: 4,
    };
    assert_eq!(summary, expected);
    assert_eq!(
        summary.to_string(),
        "9 purchase lines kept, 3 left out as sensitive\n2 redemptions\n6 ads, 2 of them of a sensitive \
         category\n14 impressions, 4 followed by a purchase, 3 redeemed\n4 households with a sample consent"
    );
}

#[test]
fn events_are_ordinary_purchases_and_redemptions_by_household_and_minute() {
    let (to, _) = imported();
    let events = table(to.path(), "events.parquet");
    let at = whole(&events, "at");
    let rows = whole(&events, "subject").into_iter().zip(at).zip(texts(&events, "product"));
    let rows = rows.map(|((subject, at), product)| (subject, at, product)).collect::<Vec<_>>();
    let row = |household, at: &str, item: &str| (household, moment(at).micros(), item.to_owned());
    assert_eq!(
        rows,
        [
            row(1, "2017-01-01T12:00:00Z", "1"),
            row(1, "2017-01-16T23:59:00Z", "1"),
            row(1, "2017-04-12T00:00:00Z", "coupon-5-100"),
            row(1, "2017-04-20T23:59:00Z", "3"),
            row(2, "2017-01-17T00:00:00Z", "1"),
            row(2, "2017-04-13T00:00:00Z", "coupon-5-200"),
            row(2, "2017-04-21T00:00:00Z", "1"),
            row(3, "2017-04-11T00:00:00Z", "1"),
            row(4, "2017-03-01T09:00:00Z", "3"),
            row(4, "2017-03-02T09:00:00Z", "2"),
            row(4, "2017-06-30T12:00:00Z", "3"),
        ]
    );
    assert_eq!(whole(&events, "spend_micros")[4], 1_250_000);
    assert_eq!(whole(&events, "spend_micros")[8], 290_000);
    assert_eq!(texts(&events, "kind")[2], "conversion");
}

#[test]
fn shoppers_are_counted_in_the_84_days_before_the_campaign_and_not_in_it() {
    let (to, _) = imported();
    let ads = table(to.path(), "ads.parquet");
    // Households 2 and 4 shopped; the other purchases were too early, in the campaign, or sensitive.
    assert_eq!(number(&ads, "5-100", "shoppers_share"), Some(0.5));
    // A line of tea, and one of green tea.
    assert_eq!(number(&ads, "5-100", "category_sales_share"), Some(0.5));
    // What it covers besides is not counted.
    assert_eq!(number(&ads, "5-200", "shoppers_share"), Some(0.5));
    assert_eq!(number(&ads, "5-200", "category_sales_share"), Some(1.0));
    // In the 84 days before March 26 household 1 shopped, too.
    assert_eq!(number(&ads, "6-100", "shoppers_share"), Some(1.0 / 3.0));
    // Nothing is told of who buys what is sensitive.
    for ad in ["5-300", "5-400"] {
        assert_eq!(number(&ads, ad, "shoppers_share"), None);
        assert_eq!(number(&ads, ad, "category_sales_share"), None);
    }
}

#[test]
fn an_offer_is_described_by_most_of_what_it_covers() {
    let (to, _) = imported();
    let ads = table(to.path(), "ads.parquet");
    assert_eq!(texts(&ads, "ad"), ["5-100", "5-200", "5-300", "5-400", "6-100", "8-100"]);
    // Soup and vitamins are one each: the first by name is the category.
    assert_eq!(texts(&ads, "category"), ["TEAS", "SOUP", "", "VITAMINS", "TEAS", "TEAS"]);
    let types = ["BLACK TEA", "TOMATO SOUP", "", "", "GREEN TEA", "BLACK TEA"];
    assert_eq!(texts(&ads, "product_type"), types);
    assert_eq!(texts(&ads, "advertiser")[4], "The shop’s own brand");
    assert_eq!(texts(&ads, "payer")[0], "Manufacturer 10 (sample)");
    assert_eq!(number(&ads, "5-200", "own_brand_share"), Some(0.5));
    assert_eq!(number(&ads, "5-200", "categories_covered"), Some(2.0));
    assert_eq!(number(&ads, "5-200", "products_covered"), Some(2.0));
    let bids = whole(&ads, "sample_bid_micros");
    assert!(bids.iter().all(|bid| (400_000..=1_600_000).contains(bid) && bid % 10_000 == 0), "{bids:?}");
}

#[test]
fn outcomes_are_those_within_the_campaign_first_and_last_day_included() {
    let (to, _) = imported();
    let rows = table(to.path(), "impressions.parquet");
    let outcomes = whole(&rows, "purchased").into_iter().zip(whole(&rows, "redeemed"));
    let shown = whole(&rows, "subject").into_iter().zip(texts(&rows, "ad"));
    let happened = shown.zip(outcomes).filter(|(_, outcome)| *outcome != (0, 0)).collect::<Vec<_>>();
    let row = |household, ad: &str, outcome| ((household, ad.to_owned()), outcome);
    assert_eq!(
        happened,
        [
            row(1, "5-100", (0, 1)),
            row(1, "5-200", (1, 0)),
            row(2, "5-200", (0, 1)),
            row(3, "5-100", (1, 0)),
            row(3, "5-200", (1, 0)),
            row(3, "5-400", (1, 1)),
        ]
    );
    assert_eq!(rows.rows(), 14);
    assert_eq!(whole(&rows, "campaign"), [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 8]);
    let first_day = moment("2017-04-11").micros();
    assert!(whole(&rows, "at")[..12].iter().all(|at| *at == first_day));
}

#[test]
fn nothing_of_what_is_sensitive_or_unknown_is_told_of_anyone() {
    let (to, _) = imported();
    let products = table(to.path(), "products.parquet");
    let known = ["1", "2", "3", "coupon-5-100", "coupon-5-200", "coupon-6-100", "coupon-8-100"];
    assert_eq!(texts(&products, "product"), known);
    let events = texts(&table(to.path(), "events.parquet"), "product");
    assert!(!events.contains(&PILL.to_string()) && !events.contains(&UNKNOWN.to_string()));
    assert!(!events.contains(&"coupon-5-400".to_owned()));
}

#[test]
fn group_labels_are_kept_apart_as_they_are_published() {
    let (to, _) = imported();
    let groups = table(to.path(), "groups.parquet");
    assert_eq!(whole(&groups, "subject"), [3]);
    assert_eq!(texts(&groups, "age"), ["65+"]);
    assert_eq!(texts(&groups, "kids_count"), ["0"]);
}
