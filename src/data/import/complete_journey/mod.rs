//! The Complete Journey (84.51°, CC0): from the published tables to the bundled example.
//!
//! Real: purchases, campaigns, coupons, what they cover, redemptions, outcomes, group labels. Made
//! up, and named so: bids, payers, consents. `models/complete-journey/README.md` tells more.

mod ads;
mod labels;
mod raw;
mod sample;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use self::ads::{Offer, describe_offers};
use self::raw::{Campaign, Raw};
use super::ImportError;
use super::write::{Values, write_table};
use crate::data::Schema;
use crate::domain::{Locale, Localised};

const SCHEMA: &str = include_str!("../../../../models/complete-journey/schema.toml");
const PHRASES: [(Locale, &str); 6] = [
    (Locale::En, include_str!("../../../../models/complete-journey/phrases.en.ftl")),
    (Locale::Fr, include_str!("../../../../models/complete-journey/phrases.fr.ftl")),
    (Locale::De, include_str!("../../../../models/complete-journey/phrases.de.ftl")),
    (Locale::Es, include_str!("../../../../models/complete-journey/phrases.es.ftl")),
    (Locale::It, include_str!("../../../../models/complete-journey/phrases.it.ftl")),
    (Locale::Nl, include_str!("../../../../models/complete-journey/phrases.nl.ftl")),
];

/// Fewest days of the log before a campaign whose impressions are kept.
const HISTORY_DAYS_MIN: i32 = 84;
const MICROS_PER_DAY: i64 = 86_400_000_000;
const MICROS_PER_MINUTE: i64 = 60_000_000;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Purchase lines kept.
    pub purchases: usize,
    /// Purchase lines left out: sensitive, or of a product without a known category.
    pub purchases_left_out: usize,
    /// Redemptions kept.
    pub redemptions: usize,
    /// Ads: coupons by campaign.
    pub ads: usize,
    /// Ads of a sensitive category.
    pub ads_sensitive: usize,
    /// Impressions: household x campaign x coupon.
    pub impressions: usize,
    /// Impressions that were followed by a purchase of a covered product within the campaign.
    pub purchased: usize,
    /// Impressions whose coupon was redeemed.
    pub redeemed: usize,
    /// Households with a sample consent.
    pub households: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} purchase lines kept, {} left out as sensitive",
            self.purchases, self.purchases_left_out
        )?;
        writeln!(f, "{} redemptions", self.redemptions)?;
        writeln!(f, "{} ads, {} of them of a sensitive category", self.ads, self.ads_sensitive)?;
        writeln!(
            f,
            "{} impressions, {} followed by a purchase, {} redeemed",
            self.impressions, self.purchased, self.redeemed
        )?;
        write!(f, "{} households with a sample consent", self.households)
    }
}

/// Reads the published tables in `from` and writes the example to `to`, and to `labels`, if that is given, group labels as
/// `limpid labels import` takes them, with their declarations beside. The same tables give the same bytes.
///
/// # Errors
/// When a table is missing or does not fit, or `to` cannot be written.
pub fn import(from: &Path, to: &Path, labels: Option<&Path>) -> Result<Summary, ImportError> {
    let phrases =
        PHRASES.iter().fold(Localised::default(), |phrases, (locale, text)| phrases.with(*locale, *text));
    let schema = Schema::parse(SCHEMA, phrases)?;
    fs::create_dir_all(to).map_err(|error| ImportError::write(to, error))?;
    let raw = Raw::read(from, &schema)?;
    let campaigns = raw.campaigns_with_history(HISTORY_DAYS_MIN);
    let offers = describe_offers(&raw, &campaigns);

    let mut summary = Summary::default();
    write_events(to, &raw, &offers, &mut summary)?;
    write_products(to, &raw, &offers)?;
    write_ads(to, &offers, &mut summary)?;
    write_impressions(to, &raw, &campaigns, &offers, &mut summary)?;
    write_consents(to, &raw, &mut summary)?;
    write_table(&to.join("groups.parquet"), &raw.group_labels)?;
    if let Some(file) = labels {
        labels::write(&raw, &schema, file)?;
    }
    let phrases = PHRASES.iter().map(|(locale, text)| (format!("phrases.{locale}.ftl"), *text));
    for (name, text) in std::iter::once(("schema.toml".to_owned(), SCHEMA)).chain(phrases) {
        let path = to.join(name);
        fs::write(&path, text).map_err(|error| ImportError::write(&path, error))?;
    }
    Ok(summary)
}

/// Purchases and redemptions, without those that are sensitive, by household and time.
fn write_events(to: &Path, raw: &Raw, offers: &[Offer], summary: &mut Summary) -> Result<(), ImportError> {
    // (household, moment, kind, product, spend in cents)
    let mut events = Vec::with_capacity(raw.purchases.len());
    for purchase in &raw.purchases {
        if raw.is_ordinary(purchase.product) {
            let at = purchase.at - purchase.at.rem_euclid(MICROS_PER_MINUTE);
            events.push((purchase.household, at, false, raw.product_id(purchase.product), purchase.cents));
        } else {
            summary.purchases_left_out += 1;
        }
    }
    summary.purchases = events.len();
    for redemption in &raw.redemptions {
        let offer =
            offers.iter().find(|o| o.campaign == redemption.campaign && o.coupon == redemption.coupon);
        if let Some(offer) = offer.filter(|offer| !offer.sensitive && !offer.category.is_empty()) {
            let at = i64::from(redemption.day) * MICROS_PER_DAY;
            events.push((redemption.household, at, true, offer.item(), 0));
            summary.redemptions += 1;
        }
    }
    events.sort();
    let kind = |redeemed: bool| if redeemed { "conversion" } else { "purchase" };
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    let (mut products, mut kinds) = (Vec::new(), Vec::new());
    for (household, at, redeemed, product, cents) in events {
        columns[0].push(household);
        columns[1].push(at);
        columns[2].push(cents * 10_000);
        products.push(product);
        kinds.push(kind(redeemed).to_owned());
    }
    let [households, at, spend] = columns;
    write_table(
        &to.join("events.parquet"),
        &[
            ("subject", Values::Rising(households)),
            ("at", Values::Rising(at)),
            ("kind", Values::Texts(kinds)),
            ("product", Values::Texts(products)),
            ("spend_micros", Values::Whole(spend)),
        ],
    )
}

/// The products that were bought or are covered, and each coupon as an item of its category.
fn write_products(to: &Path, raw: &Raw, offers: &[Offer]) -> Result<(), ImportError> {
    let mut used = BTreeSet::new();
    used.extend(raw.purchases.iter().map(|purchase| purchase.product).filter(|&p| raw.is_ordinary(p)));
    used.extend(
        offers.iter().flat_map(|offer| offer.products.iter().copied()).filter(|&p| raw.is_ordinary(p)),
    );
    let mut columns = [const { Vec::new() }; 6];
    for product in used {
        let known = &raw.products[product as usize];
        let row =
            [&raw.product_id(product), &known.category, &known.kind, &known.department, &known.manufacturer];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value.clone());
        }
        columns[5].push(known.brand.clone());
    }
    for offer in offers.iter().filter(|offer| !offer.sensitive && !offer.category.is_empty()) {
        let empty = String::new();
        let row = [&offer.item(), &offer.category, &empty, &offer.department, &empty, &empty];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value.clone());
        }
    }
    let [product, category, kind, department, manufacturer, brand] = columns;
    write_table(
        &to.join("products.parquet"),
        &[
            ("product", Values::Texts(product)),
            ("category", Values::Texts(category)),
            ("product_type", Values::Texts(kind)),
            ("department", Values::Texts(department)),
            ("manufacturer", Values::Texts(manufacturer)),
            ("brand", Values::Texts(brand)),
        ],
    )
}

fn write_ads(to: &Path, offers: &[Offer], summary: &mut Summary) -> Result<(), ImportError> {
    summary.ads = offers.len();
    summary.ads_sensitive = offers.iter().filter(|offer| offer.sensitive).count();
    let text = |of: &dyn Fn(&Offer) -> String| Values::Texts(offers.iter().map(of).collect());
    let number = |of: &dyn Fn(&Offer) -> Option<f64>| Values::Numbers(offers.iter().map(of).collect());
    let bids = offers.iter().map(|offer| sample::bid_micros(&offer.id())).collect();
    write_table(
        &to.join("ads.parquet"),
        &[
            ("ad", text(&Offer::id)),
            ("advertiser", text(&Offer::advertiser)),
            ("payer", text(&Offer::sample_payer)),
            ("domain", text(&|_| sample::DOMAIN.to_owned())),
            ("category", text(&|offer| offer.category.clone())),
            ("department", text(&|offer| offer.department.clone())),
            ("product_type", text(&|offer| offer.kinds.join(";"))),
            ("manufacturer", text(&|offer| offer.manufacturers.join(";"))),
            ("days", number(&|offer| Some(f64::from(offer.days)))),
            ("products_covered", number(&|offer| Some(offer.products.len() as f64))),
            ("categories_covered", number(&|offer| Some(f64::from(offer.categories)))),
            ("own_brand_share", number(&|offer| Some(offer.own_brand_share))),
            ("shoppers_share", number(&|offer| offer.shoppers_share)),
            ("category_sales_share", number(&|offer| offer.category_sales_share)),
            ("sample_bid_micros", Values::Whole(bids)),
        ],
    )?;
    let (mut ads, mut products) = (Vec::new(), Vec::new());
    for offer in offers {
        for product in &offer.product_ids {
            ads.push(offer.id());
            products.push(product.clone());
        }
    }
    write_table(
        &to.join("ad_products.parquet"),
        &[("ad", Values::Texts(ads)), ("product", Values::Texts(products))],
    )
}

/// Household x campaign x coupon, with what became of it.
fn write_impressions(
    to: &Path,
    raw: &Raw,
    campaigns: &[&Campaign],
    offers: &[Offer],
    summary: &mut Summary,
) -> Result<(), ImportError> {
    let mut columns = [const { Vec::new() }; 5];
    let mut ads = Vec::new();
    for campaign in campaigns {
        let bought = raw.bought_within(campaign);
        for &household in &campaign.households {
            for offer in offers.iter().filter(|offer| offer.campaign == campaign.id) {
                let products = &offer.products;
                let purchased =
                    bought.get(&household).is_some_and(|bought| products.iter().any(|p| bought.contains(p)));
                let redeemed = raw.redemptions.iter().any(|redemption| {
                    redemption.household == household
                        && redemption.campaign == campaign.id
                        && redemption.coupon == offer.coupon
                });
                summary.impressions += 1;
                summary.purchased += usize::from(purchased);
                summary.redeemed += usize::from(redeemed);
                let at = i64::from(campaign.first_day) * MICROS_PER_DAY;
                let row = [household, at, campaign.id, i64::from(purchased), i64::from(redeemed)];
                for (column, value) in columns.iter_mut().zip(row) {
                    column.push(value);
                }
                ads.push(offer.id());
            }
        }
    }
    let [households, at, campaign, purchased, redeemed] = columns;
    write_table(
        &to.join("impressions.parquet"),
        &[
            ("subject", Values::Whole(households)),
            ("at", Values::Whole(at)),
            ("ad", Values::Texts(ads)),
            ("campaign", Values::Whole(campaign)),
            ("purchased", Values::Whole(purchased)),
            ("redeemed", Values::Whole(redeemed)),
        ],
    )
}

fn write_consents(to: &Path, raw: &Raw, summary: &mut Summary) -> Result<(), ImportError> {
    let households = raw.households();
    summary.households = households.len();
    let purposes = households.iter().map(|household| sample::purposes(*household).to_owned()).collect();
    write_table(
        &to.join("consents.parquet"),
        &[("subject", Values::Rising(households)), ("purposes", Values::Texts(purposes))],
    )
}

#[cfg(test)]
mod made_up;
#[cfg(test)]
mod tests;
