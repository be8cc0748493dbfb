use std::collections::BTreeSet;
use std::fmt::Write;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::data::Bundle;
use crate::data::sample::Shop;
use crate::domain::Cell::{Missing, Number, Withheld};

const EVERYTHING: &Permits<'_> = &|_, _| true;

/// The cells of a feature, by row.
fn cells<'a>(bundle: &Bundle, data: &'a Dataset, feature: &str) -> Vec<Cell<'a>> {
    let id = bundle.schema.feature(feature).unwrap();
    (0..data.rows()).map(|row| data.table.column(id).cell(row)).collect()
}

#[test]
fn rows_have_what_they_state_what_the_ad_states_and_what_came_before() {
    let bundle = Shop::open().load().unwrap();
    let data = bundle.dataset(Response::Click, EVERYTHING).unwrap();
    assert_eq!(data.outcome, [true, false, false, false, true]);
    assert_eq!(data.person, [0, 0, 0, 1, 1]);
    assert_eq!(data.group, [0, 0, 0, 1, 2]);
    let slots = ["top", "side", "top", "top", "side"].map(Cell::Category);
    assert_eq!(cells(&bundle, &data, "slot"), slots);
    // The third ad is of a sensitive category: nothing of the person, all of the ad and the context.
    assert_eq!(cells(&bundle, &data, "age"), [Number(34.0), Number(34.0), Withheld, Missing, Missing]);
    let discounts = [Number(0.2), Missing, Number(0.1), Number(0.2), Number(0.2)];
    assert_eq!(cells(&bundle, &data, "discount"), discounts);
    assert_eq!(
        cells(&bundle, &data, "is_new"),
        [Number(1.0), Number(0.0), Missing, Number(1.0), Number(1.0)]
    );
    // The purchase of 10 January is out of the window; that of 20 February is not before the fourth row.
    let category_days = [Number(1.0), Number(1.0), Withheld, Number(0.0), Number(1.0)];
    assert_eq!(cells(&bundle, &data, "category_days"), category_days);
    let brand_purchases = [Number(4.0), Number(3.0), Withheld, Number(0.0), Number(1.0)];
    assert_eq!(cells(&bundle, &data, "brand_purchases"), brand_purchases);
    // What was spent on the sensitive product is in no sum.
    assert_eq!(
        cells(&bundle, &data, "spend"),
        [Number(10.0), Number(10.0), Withheld, Number(0.0), Number(1.5)]
    );
    let bought = bundle.dataset(Response::Conversion, EVERYTHING).unwrap();
    assert_eq!(bought.outcome, [false, false, false, false, true]);
}

#[test]
fn what_is_not_permitted_leaves_nothing_in_the_table() {
    let bundle = Shop::open().load().unwrap();
    let feature = |name: &str| bundle.schema.feature(name).unwrap();
    let (slot, age, spend) = (feature("slot"), feature("age"), feature("spend"));
    let refused = [(1, slot), (4, slot), (0, age), (1, age), (0, spend), (3, spend)];
    let data = bundle.dataset(Response::Click, &|row, id| !refused.contains(&(row, id))).unwrap();
    for (row, id) in refused {
        assert!(data.table.column(id).is_withheld(row), "row {row}");
        assert_eq!(data.table.column(id).cell(row), Withheld);
    }
    // Not even the name of the level, or the number behind the mask.
    assert_eq!(data.table.column(slot).categories().unwrap().1, ["top"]);
    assert!(data.table.column(age).numbers().unwrap().iter().all(|number| number.is_nan()));
    let spent = data.table.column(spend).numbers().unwrap();
    assert!(spent[0].is_nan() && spent[3].is_nan());
    assert_eq!((spent[1], spent[4]), (10.0, 1.5));
}

#[test]
fn the_gate_is_not_even_asked_about_the_history_behind_a_sensitive_ad() {
    let bundle = Shop::open().load().unwrap();
    let ask = |row, id: FeatureId| {
        let history = bundle.schema.features[id.index()].origin == Origin::History;
        assert!(!(row == 2 && history), "asked for {id:?} of row {row}");
        true
    };
    assert!(bundle.dataset(Response::Click, &ask).is_ok());
}

#[test]
fn a_response_that_the_data_do_not_tell_is_refused() {
    let shop = Shop::open().replace(
        "schema.toml",
        "[[outcome]]\nresponse = \"click\"\ncolumn = \"clicked\"\nname = \"the ad is clicked\"\n",
        "",
    );
    let error = shop.load().unwrap().dataset(Response::Click, EVERYTHING).unwrap_err();
    assert!(matches!(&error, DataError::Unfit(unfit) if unfit.field == "click"), "{error}");
    assert_eq!(error.to_string(), "click: the schema shop has no outcome of that response");
}

/// A shop in which 30 people bought 1,200 things and were shown 400 ads, in no order.
fn busy_shop() -> Shop {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut events = "subject,at,kind,product,page,spend_micros\n".to_owned();
    for row in 0..1200 {
        let product = ["soup-1", "soup-2", "tea-1", "pill-1"][rng.gen_range(0..4)];
        let (who, month, day) = (rng.gen_range(0..30), rng.gen_range(1..=3), rng.gen_range(1..=28));
        writeln!(events, "p{who},2024-0{month}-{day:02},purchase,{product},,{}", 1000 + row).unwrap();
    }
    let mut impressions = "subject,at,ad,campaign,slot,age,clicked,bought\n".to_owned();
    for _ in 0..400 {
        let ad = ["soup-ad", "tea-ad", "pill-ad"][rng.gen_range(0..3)];
        let (who, month, day) = (rng.gen_range(0..30), rng.gen_range(2..=3), rng.gen_range(1..=28));
        writeln!(impressions, "p{who},2024-0{month}-{day:02},{ad},spring,top,34,0,no").unwrap();
    }
    Shop::open().with("events.csv", &events).with("impressions.csv", &impressions)
}

fn all_rows(data: &Dataset) -> Vec<Vec<Cell<'_>>> {
    let mut rows = vec![Vec::new(); data.rows()];
    rows.iter_mut().enumerate().for_each(|(row, cells)| data.table.read_row(row, cells));
    rows
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let bundle = busy_shop().load().unwrap();
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bundle.dataset(Response::Click, EVERYTHING)).unwrap()
    };
    let one = with_threads(1);
    for threads in [2, 3, 7] {
        let many = with_threads(threads);
        assert_eq!(all_rows(&many), all_rows(&one), "{threads} threads");
        assert_eq!((&many.person, &many.group, &many.at), (&one.person, &one.group, &one.at));
    }
}

#[test]
fn each_row_has_the_value_that_its_own_moment_gives() {
    let bundle = busy_shop().load().unwrap();
    let data = bundle.dataset(Response::Click, EVERYTHING).unwrap();
    let shown = &bundle.impressions;
    let mut different = BTreeSet::new();
    for row in 0..data.rows() {
        let (subject, ad) = (shown.subject(row).unwrap(), shown.ad(row).unwrap());
        for (id, affinity) in bundle.schema.affinities() {
            let alone = bundle.history.cell(subject, ad, affinity, shown.at()[row]);
            let expected = if ad.label.sensitive { Withheld } else { alone };
            assert_eq!(data.table.column(id).cell(row), expected, "row {row}, {affinity:?}");
            different.insert(format!("{expected:?}"));
        }
    }
    assert!(different.len() > 100, "only {} different values", different.len());
}
