//! What the point-in-time join costs, in time and in memory, at the size of a year of purchases.
//!
//! The data are drawn in the shape of the bundled example and loaded by its schema.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]
#![allow(clippy::print_stdout, reason = "what criterion does not measure is printed beside it")]

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use limpid::data::Bundle;
use limpid::domain::{Locale, Response, SubjectKey, TenantId, Timestamp};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

const EVENTS: usize = 1_470_000;
const IMPRESSIONS: usize = 50_000;
const PEOPLE: usize = 2_500;
const PRODUCTS: usize = 60_000;
const CATEGORIES: usize = 300;
const ADS: usize = 200;
/// Coupons that a member of a campaign gets, and so ads of one person at one moment.
const ADS_AT_ONCE: usize = 20;
/// Purchase lines of one visit.
const LINES_AT_ONCE: usize = 9;
const MICROS_PER_DAY: i64 = 86_400_000_000;

enum Values {
    Whole(Vec<i64>),
    Texts(Vec<String>),
}

/// A table in the bundled example's format.
fn write(dir: &Path, name: &str, columns: &[(&str, Values)]) {
    let fields = columns.iter().map(|(name, values)| match values {
        Values::Whole(_) => format!("required int64 {name};"),
        Values::Texts(_) => format!("required binary {name} (utf8);"),
    });
    let schema = format!("message rows {{ {} }}", fields.collect::<String>());
    let schema = Arc::new(parse_message_type(&schema).expect("the columns are flat"));
    let file = File::create(dir.join(name)).expect("the folder can be written");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    for (_, values) in columns {
        let mut column = group.next_column().expect("a column").expect("as many columns as declared");
        let written = match values {
            Values::Whole(values) => column.typed::<Int64Type>().write_batch(values, None, None),
            Values::Texts(values) => {
                let values = values.iter().map(|text| ByteArray::from(text.as_str())).collect::<Vec<_>>();
                column.typed::<ByteArrayType>().write_batch(&values, None, None)
            }
        };
        written.expect("values can be written");
        column.close().expect("the column ends");
    }
    group.close().expect("the group ends");
    writer.close().expect("the file ends");
}

/// A number below `of`; small ones come much more often than large ones.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to below `of`")]
fn often_small(rng: &mut ChaCha8Rng, of: usize) -> usize {
    (rng.gen_range(0.0_f64..1.0).powi(3) * of as f64) as usize
}

/// The category of a product: products go round the categories.
fn category(product: usize) -> usize {
    product % CATEGORIES
}

fn draw(dir: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/complete-journey");
    let languages = Locale::ALL.map(|locale| format!("phrases.{locale}.ftl"));
    for file in languages.iter().map(String::as_str).chain(["schema.toml"]) {
        fs::copy(example.join(file), dir.join(file)).expect("the bundled example is there");
    }
    let year = Timestamp::parse("at", "2017-01-01").expect("a date").micros();

    let product = |what: &dyn Fn(usize) -> String| Values::Texts((0..PRODUCTS).map(what).collect());
    let products = [
        ("product", product(&|product| product.to_string())),
        ("category", product(&|product| format!("category {}", category(product)))),
        ("product_type", product(&|product| format!("type {}", product % (CATEGORIES * 8)))),
        ("department", product(&|product| format!("department {}", category(product) % 25))),
        ("manufacturer", product(&|product| format!("maker {}", product % 5_000))),
    ];
    write(dir, "products.parquet", &products);

    let (mut subjects, mut at, mut bought, mut spent) = (vec![], vec![], vec![], vec![]);
    let (mut subject, mut moment) = (0, 0);
    for event in 0..EVENTS {
        if event % LINES_AT_ONCE == 0 {
            // An eighth of the people do half of the shopping.
            subject = i64::try_from(often_small(&mut rng, PEOPLE)).expect("few people");
            moment = year + rng.gen_range(0..365 * 1440) * 60_000_000;
        }
        subjects.push(subject);
        at.push(moment);
        bought.push(often_small(&mut rng, PRODUCTS).to_string());
        spent.push(rng.gen_range(10..1_500) * 10_000);
    }
    let kinds = vec!["purchase".to_owned(); EVENTS];
    let events = [
        ("subject", Values::Whole(subjects)),
        ("at", Values::Whole(at)),
        ("kind", Values::Texts(kinds)),
        ("product", Values::Texts(bought)),
        ("spend_micros", Values::Whole(spent)),
    ];
    write(dir, "events.parquet", &events);
    draw_ads(dir, &mut rng);

    let (mut subjects, mut at, mut ads, mut campaigns, mut purchased) =
        (vec![], vec![], vec![], vec![], vec![]);
    for visit in 0..IMPRESSIONS / ADS_AT_ONCE {
        let campaign = rng.gen_range(0..20_i64);
        for ad in 0..ADS_AT_ONCE {
            subjects.push(i64::try_from(visit % PEOPLE).expect("few people"));
            at.push(year + (90 + campaign * 13) * MICROS_PER_DAY);
            ads.push(format!("ad-{}", (visit * 7 + ad) % ADS));
            campaigns.push(campaign);
            purchased.push(i64::from(rng.gen_bool(0.05)));
        }
    }
    let impressions = [
        ("subject", Values::Whole(subjects)),
        ("at", Values::Whole(at)),
        ("ad", Values::Texts(ads)),
        ("campaign", Values::Whole(campaigns)),
        ("purchased", Values::Whole(purchased)),
    ];
    write(dir, "impressions.parquet", &impressions);
    let consents = [
        ("subject", Values::Texts((0..PEOPLE).map(|person| person.to_string()).collect())),
        ("purposes", Values::Texts(vec!["1,2,3,4,7,10".to_owned(); PEOPLE])),
    ];
    write(dir, "consents.parquet", &consents);
}

/// Coupons, each for 2 to 80 products of one category.
fn draw_ads(dir: &Path, rng: &mut ChaCha8Rng) {
    let (mut ids, mut covered, mut types, mut makers) = (vec![], vec![], vec![], vec![]);
    for ad in 0..ADS {
        let products = (0..rng.gen_range(2..80))
            .map(|_| often_small(rng, PRODUCTS / CATEGORIES) * CATEGORIES + ad % CATEGORIES)
            .collect::<Vec<_>>();
        let named = |what: &str, of: usize| {
            products.iter().map(|product| format!("{what} {}", product % of)).collect::<Vec<_>>().join(";")
        };
        types.push(named("type", CATEGORIES * 8));
        makers.push(named("maker", 5_000));
        ids.extend(products.iter().map(|_| format!("ad-{ad}")));
        covered.extend(products.iter().map(ToString::to_string));
    }
    let further = [("ad", Values::Texts(ids)), ("product", Values::Texts(covered))];
    write(dir, "ad_products.parquet", &further);
    let text = |what: &dyn Fn(usize) -> String| Values::Texts((0..ADS).map(what).collect());
    let numbers = || Values::Whole((0..).take(ADS).collect());
    let ads = [
        ("ad", text(&|ad| format!("ad-{ad}"))),
        ("category", text(&|ad| format!("category {}", ad % CATEGORIES))),
        ("department", text(&|ad| format!("department {}", ad % CATEGORIES % 25))),
        ("product_type", Values::Texts(types)),
        ("manufacturer", Values::Texts(makers)),
        ("days", numbers()),
        ("products_covered", numbers()),
        ("categories_covered", numbers()),
        ("own_brand_share", numbers()),
        ("shoppers_share", numbers()),
        ("category_sales_share", numbers()),
    ];
    write(dir, "ads.parquet", &ads);
}

/// Starts the count of [`peak_memory`] again, where the system lets us: what was drawn is gone.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process held, in megabytes; None where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}

fn print_peak(after: &str) {
    if let Some(megabytes) = peak_memory() {
        println!("peak memory after {after}: {megabytes} MB");
    }
}

fn join(criterion: &mut Criterion) {
    let dir = TempDir::new().expect("a folder for the drawn tables");
    draw(dir.path());
    print_peak("drawing");
    forget_peak();
    let tenant = TenantId::parse("bench").expect("a tenant");
    let derive = |raw_id: &str| SubjectKey::derive(&[0; 32], &tenant, raw_id);
    let start = Instant::now();
    let bundle = Bundle::load(dir.path(), &derive).expect("the drawn tables fit the schema");
    println!("loading {} events: {:.1} s", bundle.history.events(), start.elapsed().as_secs_f64());
    print_peak("loading");
    let mut group = criterion.benchmark_group("join");
    group.sample_size(10);
    group.bench_function("1,470,000 events x 50,000 impressions", |bencher| {
        bencher.iter(|| {
            bundle.dataset(Response::Conversion, &|_, _| true).expect("the outcome is in the tables")
        });
    });
    group.finish();
    print_peak("joining");
}

criterion_group!(benches, join);
criterion_main!(benches);
