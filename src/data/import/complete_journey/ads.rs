//! Coupons as ads: what each covers, in which category most of it is, how many people buy it.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::{Campaign, ProductIndex, Raw};

/// Days before a campaign in which shoppers are counted.
const POPULARITY_DAYS: i32 = 84;

/// One coupon of one campaign.
pub(super) struct Offer {
    pub(super) campaign: i64,
    pub(super) coupon: String,
    /// For how many days it can be used.
    pub(super) days: i32,
    /// What it covers.
    pub(super) products: BTreeSet<ProductIndex>,
    /// The published ids of what it covers, ascending by number.
    pub(super) product_ids: Vec<String>,
    /// The category of most of its products; of equal ones the first by name.
    pub(super) category: String,
    /// The department of most of its products.
    pub(super) department: String,
    /// How many categories its products are of.
    pub(super) categories: u32,
    /// The types of its ordinary products, each once.
    pub(super) kinds: Vec<String>,
    /// The manufacturers of its products, each once.
    pub(super) manufacturers: Vec<String>,
    /// Share of its products that are the shop's own brand.
    pub(super) own_brand_share: f64,
    /// Whether its category is on the sensitive list.
    pub(super) sensitive: bool,
    /// Households that bought one of its products, over all that shopped; none for a sensitive one.
    pub(super) shoppers_share: Option<f64>,
    /// Lines of its products in its category over all lines of that category; none for a sensitive
    /// one.
    pub(super) category_sales_share: Option<f64>,
    /// The manufacturer of most of its products.
    manufacturer: String,
}

impl Offer {
    /// The ad's identifier: campaign and coupon, since a coupon can come back with other products.
    pub(super) fn id(&self) -> String {
        format!("{}-{}", self.campaign, self.coupon)
    }

    /// The coupon as an item that can be redeemed.
    pub(super) fn item(&self) -> String {
        format!("coupon-{}", self.id())
    }

    /// On whose behalf it is shown: the maker of most of its products, or the shop for its own brand.
    pub(super) fn advertiser(&self) -> String {
        if self.own_brand_share > 0.5 {
            "The shop’s own brand".to_owned()
        } else {
            format!("Manufacturer {}", self.manufacturer)
        }
    }

    /// Who pays: made up.
    pub(super) fn sample_payer(&self) -> String {
        format!("{} (sample)", self.advertiser())
    }
}

/// The coupons of the campaigns, by campaign and coupon.
pub(super) fn describe_offers(raw: &Raw, campaigns: &[&Campaign]) -> Vec<Offer> {
    let mut offers = Vec::new();
    for campaign in campaigns {
        let sales = Sales::before(raw, campaign.first_day);
        for ((_, coupon), products) in
            raw.covered.range((campaign.id, String::new())..(campaign.id + 1, String::new()))
        {
            let mut offer = describe(raw, campaign, coupon, products);
            if !offer.sensitive {
                sales.measure(raw, &mut offer);
            }
            offers.push(offer);
        }
    }
    offers
}

fn describe(raw: &Raw, campaign: &Campaign, coupon: &str, covered: &BTreeSet<ProductIndex>) -> Offer {
    let products = || covered.iter().map(|&product| &raw.products[product as usize]);
    let category = majority(products().map(|product| product.category.as_str()));
    let of_category = products().find(|product| product.category == category && !product.category.is_empty());
    let categories = products().map(|p| p.category.as_str()).filter(|name| !name.is_empty());
    let ordinary = || covered.iter().filter(|&&p| raw.is_ordinary(p)).map(|&p| &raw.products[p as usize]);
    let distinct = |values: BTreeSet<&str>| {
        values.into_iter().filter(|value| !value.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let own = products().filter(|product| product.brand == "Private").count();
    let ids = products().map(|product| product.id).collect::<BTreeSet<_>>();
    Offer {
        campaign: campaign.id,
        coupon: coupon.to_owned(),
        days: campaign.last_day - campaign.first_day + 1,
        products: covered.clone(),
        product_ids: ids.into_iter().map(|id| id.to_string()).collect(),
        department: majority(products().map(|product| product.department.as_str())),
        categories: u32::try_from(categories.collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX),
        kinds: distinct(ordinary().map(|product| product.kind.as_str()).collect()),
        manufacturers: distinct(ordinary().map(|product| product.manufacturer.as_str()).collect()),
        manufacturer: majority(products().map(|product| product.manufacturer.as_str())),
        own_brand_share: own as f64 / covered.len().max(1) as f64,
        // Without a known category nothing tells that it is ordinary.
        sensitive: of_category.is_none() || raw.is_sensitive_category(&category),
        category,
        shoppers_share: None,
        category_sales_share: None,
    }
}

/// The value that occurs most often; of equal ones the first.
fn majority<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for value in values.filter(|value| !value.is_empty()) {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.iter().max_by(|(a, many), (b, more)| many.cmp(more).then_with(|| b.cmp(a)));
    most.map_or(String::new(), |(value, _)| (*value).to_owned())
}

/// Ordinary purchases in the days before a campaign.
struct Sales {
    shoppers: usize,
    buyers_of: BTreeMap<ProductIndex, BTreeSet<i64>>,
    lines_of: BTreeMap<ProductIndex, usize>,
    lines_of_category: BTreeMap<String, usize>,
}

impl Sales {
    fn before(raw: &Raw, day: i32) -> Self {
        let mut shoppers = BTreeSet::new();
        let mut sales = Self {
            shoppers: 0,
            buyers_of: BTreeMap::new(),
            lines_of: BTreeMap::new(),
            lines_of_category: BTreeMap::new(),
        };
        for purchase in &raw.purchases {
            if !(day - POPULARITY_DAYS..day).contains(&purchase.day()) || !raw.is_ordinary(purchase.product) {
                continue;
            }
            shoppers.insert(purchase.household);
            sales.buyers_of.entry(purchase.product).or_default().insert(purchase.household);
            *sales.lines_of.entry(purchase.product).or_default() += 1;
            let category = &raw.products[purchase.product as usize].category;
            *sales.lines_of_category.entry(category.clone()).or_default() += 1;
        }
        sales.shoppers = shoppers.len();
        sales
    }

    fn measure(&self, raw: &Raw, offer: &mut Offer) {
        let ordinary = || offer.products.iter().filter(|&&product| raw.is_ordinary(product));
        let buyers =
            ordinary().filter_map(|product| self.buyers_of.get(product)).flatten().collect::<BTreeSet<_>>();
        let in_category =
            |product: &&ProductIndex| raw.products[**product as usize].category == offer.category;
        let lines =
            ordinary().filter(in_category).filter_map(|product| self.lines_of.get(product)).sum::<usize>();
        let of_category = self.lines_of_category.get(&offer.category).copied().unwrap_or_default();
        let shoppers_share = buyers.len() as f64 / self.shoppers.max(1) as f64;
        let category_sales_share = (of_category > 0).then(|| lines as f64 / of_category as f64);
        offer.shoppers_share = Some(shoppers_share);
        offer.category_sales_share = category_sales_share;
    }
}
