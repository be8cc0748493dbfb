//! The published tables, as far as the example needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::data::import::ImportError;
use crate::data::import::write::Values;
use crate::data::read::{Records, Source};
use crate::data::{DataError, Schema};
use crate::domain::Timestamp;

/// Index of a product in [`Raw::products`].
pub(super) type ProductIndex = u32;

/// The tables, joined on the index of a product.
pub(super) struct Raw {
    pub(super) products: Vec<Product>,
    pub(super) purchases: Vec<Purchase>,
    pub(super) redemptions: Vec<Redemption>,
    /// What each coupon of each campaign covers: indices of products, each once.
    pub(super) covered: BTreeMap<(i64, String), BTreeSet<ProductIndex>>,
    /// Group labels, as they are published; for audits only.
    pub(super) group_labels: Vec<(&'static str, Values)>,
    /// What is sensitive of departments, categories and product types.
    sensitive: [BTreeSet<String>; 3],
    campaigns: Vec<Campaign>,
    first_day: i32,
    last_day: i32,
}

/// One product.
pub(super) struct Product {
    pub(super) id: i64,
    pub(super) manufacturer: String,
    pub(super) department: String,
    pub(super) brand: String,
    pub(super) category: String,
    pub(super) kind: String,
    /// Whether its category is known and nothing about it is on the sensitive list.
    ordinary: bool,
}

/// One purchase line.
pub(super) struct Purchase {
    pub(super) household: i64,
    pub(super) at: i64,
    pub(super) product: ProductIndex,
    pub(super) cents: i64,
}

impl Purchase {
    /// The day (UTC), in days since 1970-01-01.
    pub(super) fn day(&self) -> i32 {
        Timestamp::from_micros(self.at).day().number()
    }
}

/// One campaign in which every member got every coupon (Type B and C).
pub(super) struct Campaign {
    pub(super) id: i64,
    pub(super) first_day: i32,
    pub(super) last_day: i32,
    /// Members, ascending.
    pub(super) households: Vec<i64>,
}

/// One use of a coupon.
pub(super) struct Redemption {
    pub(super) household: i64,
    pub(super) coupon: String,
    pub(super) campaign: i64,
    pub(super) day: i32,
}

impl Raw {
    /// Reads the tables in `from`.
    pub(super) fn read(from: &Path, schema: &Schema) -> Result<Self, ImportError> {
        let mut products = read_products(&from.join("products.csv.gz"), schema)?;
        let mut index_of: BTreeMap<i64, ProductIndex> =
            products.iter().zip(0..).map(|(product, index)| (product.id, index)).collect();
        let mut index = |id: i64| {
            // A product that the table does not know is of no known category, so never ordinary.
            *index_of.entry(id).or_insert_with(|| {
                products.push(Product::unknown(id));
                u32::try_from(products.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let purchases = read_purchases(&from.join("transactions.parquet"), &mut index)?;
        let covered = read_coupons(&from.join("coupons.csv.gz"), &mut index)?;
        let days = purchases.iter().map(Purchase::day);
        Ok(Self {
            first_day: days.clone().min().unwrap_or_default(),
            last_day: days.max().unwrap_or_default(),
            products,
            purchases,
            redemptions: read_redemptions(&from.join("coupon_redemptions.csv.gz"))?,
            covered,
            group_labels: read_group_labels(&from.join("demographics.csv.gz"))?,
            sensitive: sensitive(schema),
            campaigns: read_campaigns(from)?,
        })
    }

    /// The campaigns of Type B and C that began at least `days` after the log and ended within it.
    pub(super) fn campaigns_with_history(&self, days: i32) -> Vec<&Campaign> {
        let fits = |campaign: &&Campaign| {
            campaign.first_day - self.first_day >= days && campaign.last_day <= self.last_day
        };
        self.campaigns.iter().filter(fits).collect()
    }

    /// Whether purchases of a product may be kept.
    pub(super) fn is_ordinary(&self, product: ProductIndex) -> bool {
        self.products[product as usize].ordinary
    }

    /// Whether a category is on the sensitive list.
    pub(super) fn is_sensitive_category(&self, category: &str) -> bool {
        self.sensitive[1].contains(category)
    }

    /// What is sensitive of departments, categories and product types.
    pub(super) const fn sensitive(&self) -> [&BTreeSet<String>; 3] {
        let [departments, categories, kinds] = &self.sensitive;
        [departments, categories, kinds]
    }

    /// Some of the published labels of each household that has any.
    pub(super) fn published(&self, names: &[&str]) -> BTreeMap<i64, Vec<String>> {
        let column =
            |name: &str| self.group_labels.iter().find(|(of, _)| *of == name).map(|(_, values)| values);
        let Some(Values::Whole(households)) = column("subject") else { return BTreeMap::new() };
        let of = |row: usize| {
            let value = |name: &&str| match column(name) {
                Some(Values::Texts(texts)) => texts[row].clone(),
                Some(Values::Rising(_) | Values::Whole(_) | Values::Numbers(_)) | None => String::new(),
            };
            names.iter().map(value).collect()
        };
        households.iter().enumerate().map(|(row, household)| (*household, of(row))).collect()
    }

    /// The published id of a product, as text.
    pub(super) fn product_id(&self, product: ProductIndex) -> String {
        self.products[product as usize].id.to_string()
    }

    /// All households, ascending.
    pub(super) fn households(&self) -> Vec<i64> {
        let bought = self.purchases.iter().map(|purchase| purchase.household);
        let members = self.campaigns.iter().flat_map(|campaign| campaign.households.iter().copied());
        bought.chain(members).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What each household bought within a campaign, sensitive or not: the outcome counts all.
    pub(super) fn bought_within(&self, campaign: &Campaign) -> BTreeMap<i64, BTreeSet<ProductIndex>> {
        let mut bought = BTreeMap::<i64, BTreeSet<ProductIndex>>::new();
        for purchase in &self.purchases {
            if (campaign.first_day..=campaign.last_day).contains(&purchase.day()) {
                bought.entry(purchase.household).or_default().insert(purchase.product);
            }
        }
        bought
    }
}

impl Product {
    fn unknown(id: i64) -> Self {
        let none = String::new;
        Self {
            id,
            manufacturer: none(),
            department: none(),
            brand: none(),
            category: none(),
            kind: none(),
            ordinary: false,
        }
    }
}

fn read_products(file: &Path, schema: &Schema) -> Result<Vec<Product>, ImportError> {
    let names = ["product_id", "manufacturer_id", "department", "brand", "product_category", "product_type"];
    let records = Source::open(file)?.read(&names)?;
    let ids = whole(&records, "product_id")?;
    let texts = names[1..].iter().map(|name| records.texts(name)).collect::<Result<Vec<_>, _>>()?;
    let sensitive = sensitive(schema);
    let product = |(row, id): (usize, i64)| {
        let text = |column: usize| texts[column].get(row).unwrap_or_default().to_owned();
        let (department, category, kind) = (text(1), text(3), text(4));
        let named = [&department, &category, &kind];
        let is_sensitive = sensitive.iter().zip(named).any(|(values, value)| values.contains(value));
        let ordinary = !category.is_empty() && !is_sensitive;
        Product { id, manufacturer: text(0), department, brand: text(2), category, kind, ordinary }
    };
    Ok(ids.into_iter().enumerate().map(product).collect())
}

/// What is sensitive of departments, categories and product types.
fn sensitive(schema: &Schema) -> [BTreeSet<String>; 3] {
    ["department", "category", "product_type"].map(|name| sensitive_values(schema, name))
}

fn sensitive_values(schema: &Schema, attribute: &str) -> BTreeSet<String> {
    let declared = schema.attributes.iter().find(|declared| declared.name == attribute);
    declared.map(|declared| declared.sensitive.clone()).unwrap_or_default()
}

fn read_purchases(
    file: &Path,
    index: &mut impl FnMut(i64) -> ProductIndex,
) -> Result<Vec<Purchase>, ImportError> {
    let names = ["household_id", "product_id", "sales_value", "transaction_timestamp"];
    let records = Source::open(file)?.read(&names)?;
    let households = whole(&records, "household_id")?;
    let products = whole(&records, "product_id")?;
    let values = records.numbers("sales_value")?;
    let at = records.complete("transaction_timestamp", records.times("transaction_timestamp")?)?;
    let purchase = |row: usize| Purchase {
        household: households[row],
        at: at[row].micros(),
        product: index(products[row]),
        cents: cents(values[row]),
    };
    Ok((0..records.rows()).map(purchase).collect())
}

#[allow(clippy::cast_possible_truncation, reason = "grocery receipts are below 2^53 cents")]
fn cents(value: f64) -> i64 {
    if value.is_finite() { (value * 100.0).round() as i64 } else { 0 }
}

fn read_coupons(
    file: &Path,
    index: &mut impl FnMut(i64) -> ProductIndex,
) -> Result<BTreeMap<(i64, String), BTreeSet<ProductIndex>>, ImportError> {
    let records = Source::open(file)?.read(&["coupon_upc", "product_id", "campaign_id"])?;
    let products = whole(&records, "product_id")?;
    let campaigns = whole(&records, "campaign_id")?;
    let coupons = complete_texts(&records, "coupon_upc")?;
    let mut covered = BTreeMap::<(i64, String), BTreeSet<ProductIndex>>::new();
    for (row, coupon) in coupons.into_iter().enumerate() {
        covered.entry((campaigns[row], coupon)).or_default().insert(index(products[row]));
    }
    Ok(covered)
}

fn read_redemptions(file: &Path) -> Result<Vec<Redemption>, ImportError> {
    let names = ["household_id", "coupon_upc", "campaign_id", "redemption_date"];
    let records = Source::open(file)?.read(&names)?;
    let households = whole(&records, "household_id")?;
    let campaigns = whole(&records, "campaign_id")?;
    let coupons = complete_texts(&records, "coupon_upc")?;
    let dates = records.complete("redemption_date", records.times("redemption_date")?)?;
    let redemption = |(row, coupon): (usize, String)| Redemption {
        household: households[row],
        coupon,
        campaign: campaigns[row],
        day: dates[row].day().number(),
    };
    Ok(coupons.into_iter().enumerate().map(redemption).collect())
}

/// Campaigns of Type B and C with their members. In Type A each household got coupons of its own,
/// and which ones is not recorded.
fn read_campaigns(from: &Path) -> Result<Vec<Campaign>, ImportError> {
    let members = Source::open(&from.join("campaigns.csv.gz"))?.read(&["campaign_id", "household_id"])?;
    let mut households = BTreeMap::<i64, BTreeSet<i64>>::new();
    for (campaign, household) in
        whole(&members, "campaign_id")?.into_iter().zip(whole(&members, "household_id")?)
    {
        households.entry(campaign).or_default().insert(household);
    }
    let names = ["campaign_id", "campaign_type", "start_date", "end_date"];
    let records = Source::open(&from.join("campaign_descriptions.csv.gz"))?.read(&names)?;
    let ids = whole(&records, "campaign_id")?;
    let kinds = complete_texts(&records, "campaign_type")?;
    let first = records.complete("start_date", records.times("start_date")?)?;
    let last = records.complete("end_date", records.times("end_date")?)?;
    let mut campaigns = Vec::new();
    for (row, id) in ids.into_iter().enumerate().filter(|(row, _)| kinds[*row] != "Type A") {
        campaigns.push(Campaign {
            id,
            first_day: first[row].day().number(),
            last_day: last[row].day().number(),
            households: households.remove(&id).unwrap_or_default().into_iter().collect(),
        });
    }
    campaigns.sort_by_key(|campaign| campaign.id);
    Ok(campaigns)
}

fn read_group_labels(file: &Path) -> Result<Vec<(&'static str, Values)>, ImportError> {
    let labels = [
        "age",
        "income",
        "home_ownership",
        "marital_status",
        "household_size",
        "household_comp",
        "kids_count",
    ];
    let names = [["household_id"].as_slice(), &labels].concat();
    let records = Source::open(file)?.read(&names)?;
    let mut columns = vec![("subject", Values::Whole(whole(&records, "household_id")?))];
    for label in labels {
        let texts = records.texts(label)?;
        let values = (0..records.rows()).map(|row| texts.get(row).unwrap_or_default().to_owned());
        columns.push((label, Values::Texts(values.collect())));
    }
    Ok(columns)
}

fn whole(records: &Records, name: &str) -> Result<Vec<i64>, DataError> {
    records.complete(name, records.integers(name)?)
}

fn complete_texts(records: &Records, name: &str) -> Result<Vec<String>, DataError> {
    let texts = records.texts(name)?;
    let values = (0..records.rows()).map(|row| texts.get(row).map(str::to_owned)).collect();
    records.complete(name, values)
}
