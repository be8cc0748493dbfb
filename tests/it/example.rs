//! A corner shop: sixty people, six ads, two months. Every figure is drawn from a seed, so each run
//! of the tests sees the same data.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What the example's people are called by their shop: `p-00` to `p-59`.
const PEOPLE: usize = 60;
/// Days of history, from 1 January 2026.
const DAYS: u32 = 59;
/// Days between two impressions of a person.
const DAYS_BETWEEN: usize = 4;

/// The ads, in the order of their ids; `pills` is of a sensitive category, `pair` of two.
pub(crate) const ADS: [&str; 6] = ["bread", "coffee", "pair", "pills", "soup", "tea"];

/// The schema. Its features are of every kind and origin, and need different purposes.
pub(crate) const SCHEMA: &str = r#"
name = "corner-shop"
currency = "USD"
demo_clock = "2026-03-01T12:00:00Z"
train_before = "2026-02-16"

[files]
events = "events.csv"
ads = "ads.csv"
impressions = "impressions.csv"
consents = "consents.csv"

[[attribute]]
name = "category"
sensitive = [{ values = ["PHARMACY"], ids = [1386, 1473] }]

[category]
attribute = "category"

[[outcome]]
response = "click"
column = "clicked"
name = "the ad is clicked"

[[outcome]]
response = "conversion"
column = "bought"
name = "the offer is bought"

[[feature]]
name = "page"
kind = "categorical"
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "page"
label = { en = "the page you were on", fr = "la page où vous étiez" }

[[feature]]
name = "hour"
kind = "numeric"
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "hour"
label = { en = "the time of day", fr = "l’heure" }

[[feature]]
name = "weekend"
kind = "flag"
origin = "context"
data_category = "system.operations"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "weekend"
label = { en = "whether it was a weekend", fr = "si c’était le week-end" }

[[feature]]
name = "shelf"
kind = "categorical"
origin = "ad"
data_category = "system.operations"
provenance = "first_party"
derivation = "stated"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "offer"
label = { en = "what the offer is for", fr = "l’objet de l’offre" }

[[feature]]
name = "discount"
kind = "numeric"
origin = "ad"
data_category = "system.operations"
provenance = "first_party"
derivation = "stated"
sensitivity = "ordinary"
controllable = false
retention_days = 0
datum = "offer"
label = { en = "the size of the discount", fr = "le montant de la remise" }

[[feature]]
name = "member_years"
kind = "numeric"
origin = "subject"
serving = [4]
training = [10]
data_category = "user.account"
provenance = "first_party"
derivation = "stated"
sensitivity = "ordinary"
controllable = true
retention_days = 365
datum = "membership"
label = { en = "how long you have been a member", fr = "votre ancienneté de membre" }

[[feature]]
name = "bought_days"
kind = "affinity"
origin = "history"
serving = [3, 4]
training = [10]
data_category = "user.behavior.purchase_history"
provenance = "first_party"
derivation = "observed"
sensitivity = "ordinary"
controllable = true
retention_days = 365
datum = "purchases"
label = { en = "your purchases in this category", fr = "vos achats dans cette catégorie" }
affinity = { event = "purchase", on = "category", statistic = "distinct_days", window_days = 60 }
"#;

/// Writes the example to `folder`, which it makes.
pub(crate) fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let shop = Shop::draw();
    let files = [
        ("schema.toml", SCHEMA.to_owned()),
        ("ads.csv", ads()),
        ("consents.csv", consents()),
        ("events.csv", shop.events),
        ("impressions.csv", shop.impressions),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// What a person of the example is called.
pub(crate) fn person(number: usize) -> String {
    format!("p-{number:02}")
}

fn ads() -> String {
    "ad,advertiser,payer,domain,category,shelf,discount\n\
     bread,Old Oven,Grain Board,oven.example,BREAD,bakery,0.1\n\
     coffee,Dark Roast,Dark Roast,roast.example,COFFEE,drinks,0.2\n\
     pair,Two Cups,Two Cups,,TEA;COFFEE,drinks,0.3\n\
     pills,Plain Pharmacy,Plain Pharmacy,pharmacy.example,PHARMACY,health,0.2\n\
     soup,Deep Bowl,Deep Bowl,bowl.example,SOUP,kitchen,0.1\n\
     tea,Green Leaf,Green Leaf,leaf.example,TEA,drinks,0.1\n"
        .to_owned()
}

/// Of ten people seven accepted everything, one profiles, one improvement only, and one nothing.
fn consents() -> String {
    let mut text = "subject,purposes\n".to_owned();
    for number in 0..PEOPLE {
        let purposes = match number % 10 {
            7 => "3,4",
            8 => "10",
            9 => continue,
            _ => "1,2,3,4,5,6,7,8,9,10,11",
        };
        writeln!(text, "{},\"{purposes}\"", person(number)).unwrap();
    }
    text
}

/// What people did, and what they were shown.
struct Shop {
    events: String,
    impressions: String,
}

impl Shop {
    /// Everyone buys one category now and then; who has bought a category lately buys its offers more
    /// often, and so does who looks at recipes.
    fn draw() -> Self {
        const FAVOURITES: [&str; 4] = ["BREAD", "COFFEE", "SOUP", "TEA"];
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut events = "subject,at,kind,category,spend_micros\n".to_owned();
        let mut impressions =
            "subject,at,ad,campaign,page,hour,weekend,member_years,clicked,bought\n".to_owned();
        for number in 0..PEOPLE {
            let (name, favourite) = (person(number), FAVOURITES[number % 4]);
            let habit = 0.04 * (number % 6) as f64;
            let bought = (0..DAYS).filter(|_| random.r#gen::<f64>() < habit).collect::<Vec<_>>();
            for &day in &bought {
                let at = moment(day, 9);
                writeln!(events, "{name},{at},purchase,{favourite},2500000").unwrap();
            }
            let member_years = number % 7;
            for day in (20..DAYS).step_by(DAYS_BETWEEN) {
                let page = ["home", "recipes", "news"][random.r#gen_range(0..3)];
                let hour = random.r#gen_range(7..23);
                let at = moment(day, hour);
                let weekend = u8::from(day % 7 < 2);
                for (ad, category, discount) in [
                    ("bread", "BREAD", 0.1),
                    ("coffee", "COFFEE", 0.2),
                    ("soup", "SOUP", 0.1),
                    ("tea", "TEA", 0.1),
                ] {
                    let days = bought.iter().filter(|&&before| before < day).count();
                    let days = if category == favourite { days.min(5) } else { 0 };
                    let score = -2.5
                        + 0.7 * days as f64
                        + 0.9 * f64::from(u8::from(page == "recipes"))
                        + 3.0 * discount
                        + 0.1 * member_years as f64;
                    let buys = random.r#gen::<f64>() < 1.0 / (1.0 + libm::exp(-score));
                    let clicks = buys || random.r#gen::<f64>() < 0.2;
                    let (clicks, buys) = (u8::from(clicks), u8::from(buys));
                    writeln!(
                        impressions,
                        "{name},{at},{ad},day-{day},{page},{hour},{weekend},{member_years},{clicks},{buys}"
                    )
                    .unwrap();
                }
            }
        }
        Self { events, impressions }
    }
}

/// An hour of a day, counted from 1 January 2026.
fn moment(day: u32, hour: u32) -> String {
    let (month, day) = if day < 31 { (1, day + 1) } else { (2, day - 30) };
    format!("2026-{month:02}-{day:02}T{hour:02}:00:00Z")
}
