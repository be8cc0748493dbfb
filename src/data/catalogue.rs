//! The ads that there are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::domain::{
    Ad, AdId, AdLabel, AdValue, Attribute, AttributeId, Feature, FeatureId, FeatureKind, Micros, Origin,
};

use super::error::DataError;
use super::read::{Records, Source, Text};
use super::schema::{LogFiles, NOT_A_NODE, Schema};
use super::symbols::Symbols;

/// The column of sample prices.
const SAMPLE_BID: &str = "sample_bid_micros";

/// What separates several values in one cell of the ads table.
const BETWEEN_VALUES: char = ';';

/// Ads by identifier.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    ads: BTreeMap<AdId, Arc<Ad>>,
    sample_bids: BTreeMap<AdId, Micros>,
}

impl Catalogue {
    /// Reads the ads table and the further attribute values beside it.
    ///
    /// Columns: the ad's id; `advertiser`, `payer` and `domain`, each optional; one for each
    /// attribute, with several values separated by `;`, the first of which is the one that names the
    /// ad (its category); one for each feature of origin `ad`. The second table has one row per
    /// value: the ad's id, and a column for each attribute that it holds.
    ///
    /// # Errors
    /// When a file cannot be read, a column is missing, an id comes twice or is none, the second table
    /// names an ad that the first does not have, or a value has the wrong type.
    pub fn load(dir: &Path, files: &LogFiles, schema: &Schema, symbols: &Symbols) -> Result<Self, DataError> {
        let further = match &files.ad_attributes {
            Some(file) => further_values(&dir.join(file), schema)?,
            None => FurtherValues::default(),
        };
        let source = Source::open(&dir.join(&files.ads))?;
        let wanted = columns(&source, schema, &further);
        let records = source.read(&wanted)?;
        let ids = records.texts(&schema.columns.ad)?;
        let text = |name: &str| source.has(name).then(|| records.texts(name)).transpose();
        let (advertiser, payer, domain) = (text("advertiser")?, text("payer")?, text("domain")?);
        let attributes =
            schema.attributes.iter().map(|attribute| text(&attribute.name)).collect::<Result<Vec<_>, _>>()?;
        for (attribute, column) in schema.attributes.iter().zip(&attributes) {
            let admits = |cell: &str| {
                split_values(cell).into_iter().all(|value| attribute.admits(value)).then_some(())
            };
            if let Some(column) = column {
                records.parse_each(column, &attribute.name, NOT_A_NODE, admits)?;
            }
        }
        let features = ad_features(&records, schema)?;
        let sample_bids = source.has(SAMPLE_BID).then(|| records.integers(SAMPLE_BID)).transpose()?;

        let mut catalogue = Self::default();
        for row in 0..records.rows() {
            let cell_error = |rule: String| records.cell_error(row, &schema.columns.ad, rule);
            let id = ids.get(row).unwrap_or_default();
            let id = AdId::parse(id).map_err(|error| cell_error(error.rule))?;
            let mut values = attributes
                .iter()
                .map(|column| {
                    column.as_ref().and_then(|column| column.get(row)).map_or(Vec::new(), split_values)
                })
                .collect::<Vec<_>>();
            for (attribute, value) in further.of_ad.get(id.as_str()).into_iter().flatten() {
                values[usize::from(attribute.0)].push(value);
            }
            let stated = |column: &Option<Cow<'_, Text>>| {
                column.as_ref().and_then(|column| column.get(row)).unwrap_or_default().to_owned()
            };
            let (attributes, category, sensitive) = match_on(&values, schema, symbols);
            let (advertiser, payer, domain) = (stated(&advertiser), stated(&payer), stated(&domain));
            let features = features.iter().filter_map(|(id, values)| Some((*id, values[row].clone()?)));
            let ad = Ad {
                label: Arc::new(AdLabel { id, advertiser, payer, domain, category, sensitive }),
                attributes,
                features: features.collect(),
            };
            if catalogue.ads.contains_key(&ad.label.id) {
                return Err(cell_error("is the id of an ad that came before".to_owned()));
            }
            if let Some(micros) = sample_bids.as_ref().and_then(|bids| bids[row]) {
                catalogue.sample_bids.insert(ad.label.id.clone(), micros);
            }
            catalogue.insert(ad);
        }
        if files.ad_attributes.is_some() {
            further.check_ads(&catalogue, schema)?;
        }
        Ok(catalogue)
    }

    /// The ad of `id`.
    #[must_use]
    pub fn get(&self, id: &AdId) -> Option<&Arc<Ad>> {
        self.ads.get(id)
    }

    /// The sample price of an ad for a conversion, in micros: of an example that has one in its column
    /// `sample_bid_micros`, for demonstrations.
    #[must_use]
    pub fn sample_bid(&self, id: &AdId) -> Option<Micros> {
        self.sample_bids.get(id).copied()
    }

    /// Adds an ad, in the place of any that has its id.
    pub fn insert(&mut self, ad: Ad) {
        self.ads.insert(ad.label.id.clone(), Arc::new(ad));
    }

    /// All ads, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Ad>> {
        self.ads.values()
    }

    /// Number of ads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ads.len()
    }

    /// Whether there is no ad.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ads.is_empty()
    }
}

/// An ad's attribute values, and what follows of them: its category, and whether it is sensitive. Of
/// each attribute the first value is the one that names the ad.
pub(super) fn match_on(
    values: &[Vec<&str>],
    schema: &Schema,
    symbols: &Symbols,
) -> (Vec<Attribute>, String, bool) {
    let named = (0..=u8::MAX).map(AttributeId).zip(values);
    let attributes = named.map(|(id, values)| {
        let mut codes = values.iter().map(|value| symbols.intern(id, value)).collect::<Vec<_>>();
        codes.sort_unstable();
        codes.dedup();
        Attribute { codes }
    });
    let of_category = schema.category.and_then(|id| values.get(usize::from(id.0)));
    let category = of_category.and_then(|values| values.first()).copied().unwrap_or_default();
    let mut listed = schema.attributes.iter().zip(values);
    let sensitive =
        listed.any(|(attribute, values)| values.iter().any(|&value| attribute.sensitive.contains(value)));
    (attributes.collect(), category.to_owned(), sensitive)
}

/// The values of one cell.
fn split_values(cell: &str) -> Vec<&str> {
    cell.split(BETWEEN_VALUES).map(str::trim).filter(|value| !value.is_empty()).collect()
}

/// The columns to read: those that must be there, and those of the others that are.
fn columns<'a>(source: &Source, schema: &'a Schema, further: &FurtherValues) -> Vec<&'a str> {
    let mut wanted = vec![schema.columns.ad.as_str()];
    wanted.extend(["advertiser", "payer", "domain", SAMPLE_BID].into_iter().filter(|name| source.has(name)));
    for (index, attribute) in schema.attributes.iter().enumerate() {
        let elsewhere = further.attributes.contains(&index);
        if !elsewhere || source.has(&attribute.name) {
            wanted.push(&attribute.name);
        }
    }
    wanted.extend(features_of_ads(schema).map(|(_, feature)| feature.column.as_str()));
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn features_of_ads(schema: &Schema) -> impl Iterator<Item = (FeatureId, &Feature)> {
    schema.features().filter(|(_, feature)| feature.origin == Origin::Ad)
}

/// The value of each row's ad; None where it is missing.
type AdColumn = Vec<Option<AdValue>>;

/// The values of the ads' own features.
fn ad_features(records: &Records, schema: &Schema) -> Result<Vec<(FeatureId, AdColumn)>, DataError> {
    let of_feature = |(id, feature): (FeatureId, &Feature)| {
        let number = |number: f64| (!number.is_nan()).then_some(AdValue::Number(number));
        let values = match feature.kind {
            FeatureKind::Categorical => {
                let text = records.texts(&feature.column)?;
                let category = |row| text.get(row).map(|name| AdValue::Category(name.to_owned()));
                (0..records.rows()).map(category).collect()
            }
            FeatureKind::Flag => {
                let flags = records.flags(&feature.column, None)?;
                flags
                    .into_iter()
                    .map(|flag| flag.map(|flag| AdValue::Number(f64::from(u8::from(flag)))))
                    .collect()
            }
            FeatureKind::Numeric | FeatureKind::Affinity(_) => {
                records.numbers(&feature.column)?.into_iter().map(number).collect()
            }
        };
        Ok((id, values))
    };
    features_of_ads(schema).map(of_feature).collect()
}

/// Attribute values that stand in a table of their own.
#[derive(Default)]
struct FurtherValues {
    /// Which attributes the table holds.
    attributes: Vec<usize>,
    of_ad: BTreeMap<String, Vec<(AttributeId, String)>>,
    records: Records,
}

impl FurtherValues {
    /// That every row is of an ad of the catalogue.
    fn check_ads(&self, catalogue: &Catalogue, schema: &Schema) -> Result<(), DataError> {
        let column = schema.columns.ad.as_str();
        let ids = self.records.texts(column)?;
        let known = |id: &str| AdId::parse(id).ok().filter(|id| catalogue.get(id).is_some());
        self.records.parse_each(&ids, column, "names an ad that is not in the ads table", known)?;
        Ok(())
    }
}

fn further_values(file: &Path, schema: &Schema) -> Result<FurtherValues, DataError> {
    let source = Source::open(file)?;
    let mut further = FurtherValues::default();
    let mut wanted = vec![schema.columns.ad.as_str()];
    for (index, attribute) in schema.attributes.iter().enumerate() {
        if source.has(&attribute.name) {
            wanted.push(&attribute.name);
            further.attributes.push(index);
        }
    }
    further.records = source.read(&wanted)?;
    let records = &further.records;
    let ids = records.texts(&schema.columns.ad)?;
    for (id, attribute) in (0..=u8::MAX).map(AttributeId).zip(&schema.attributes) {
        if !source.has(&attribute.name) {
            continue;
        }
        let values = records.texts(&attribute.name)?;
        records.parse_each(&values, &attribute.name, NOT_A_NODE, |value| {
            attribute.admits(value).then_some(())
        })?;
        for row in 0..records.rows() {
            let ad = ids
                .get(row)
                .ok_or_else(|| records.cell_error(row, &schema.columns.ad, "must not be missing"))?;
            if let Some(value) = values.get(row) {
                further.of_ad.entry(ad.to_owned()).or_default().push((id, value.to_owned()));
            }
        }
    }
    Ok(further)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Bundle;
    use crate::data::sample::Shop;

    fn ad<'a>(bundle: &'a Bundle, id: &str) -> &'a Ad {
        bundle.catalogue.get(&AdId::parse(id).unwrap()).unwrap()
    }

    #[test]
    fn ads_have_what_both_tables_say() {
        let bundle = Shop::open().load().unwrap();
        let code = |attribute, value| bundle.symbols.code(AttributeId(attribute), value).unwrap();
        assert_eq!(bundle.catalogue.len(), 3);
        assert!(!bundle.catalogue.is_empty());
        let soup = ad(&bundle, "soup-ad");
        assert_eq!(soup.label.category, "SOUP");
        let named = [&soup.label.advertiser, &soup.label.payer, &soup.label.domain].map(String::as_str);
        assert_eq!(named, ["Soup maker", "Soup agency", "soup.example"]);
        let mut brands = [code(1, "B1"), code(1, "B2")];
        brands.sort_unstable();
        assert_eq!(soup.attributes[1].codes, brands);
        // Several values in one cell.
        assert!(
            soup.attributes[2].contains(code(2, "recipes")) && soup.attributes[2].contains(code(2, "soups"))
        );
        let discount = (bundle.schema.feature("discount").unwrap(), AdValue::Number(0.2));
        let is_new = (bundle.schema.feature("is_new").unwrap(), AdValue::Number(1.0));
        assert_eq!(soup.features, [discount, is_new]);
        // What is empty is missing, not 0.
        let tea = ad(&bundle, "tea-ad");
        assert_eq!(tea.features, [(bundle.schema.feature("is_new").unwrap(), AdValue::Number(0.0))]);
        assert_eq!((tea.label.domain.as_str(), tea.attributes[2].codes.as_slice()), ("", [].as_slice()));
        let order = bundle.catalogue.iter().map(|ad| ad.label.id.as_str()).collect::<Vec<_>>();
        assert_eq!(order, ["pill-ad", "soup-ad", "tea-ad"]);
    }

    /// The shop whose attribute of this name holds ids of the taxonomy.
    fn by_id(name: &str) -> Shop {
        let declared = format!("name = \"{name}\"\n");
        Shop::open().replace(
            "schema.toml",
            &declared,
            &format!("{declared}taxonomy = \"iab-ad-product-2.0\"\n"),
        )
    }

    #[test]
    fn what_is_no_id_of_the_taxonomy_is_refused_where_an_attribute_holds_ids() {
        let rule = "must be an id of IAB Ad Product Taxonomy 2.0, such as 1002";
        for (attribute, file) in [("page", "ads.csv"), ("brand", "products.csv")] {
            let error = by_id(attribute).error();
            assert!(error.starts_with(file) && error.contains(attribute) && error.ends_with(rule), "{error}");
        }
    }

    #[test]
    fn an_ad_with_a_sensitive_value_in_either_table_is_sensitive() {
        let bundle = Shop::open().load().unwrap();
        assert!(ad(&bundle, "pill-ad").label.sensitive);
        assert!(!ad(&bundle, "soup-ad").label.sensitive && !ad(&bundle, "tea-ad").label.sensitive);
        let shop =
            Shop::open().with("ad_attributes.csv", "ad,brand,category\nsoup-ad,B1,PHARMACY\ntea-ad,B1,\n");
        let bundle = shop.load().unwrap();
        let soup = ad(&bundle, "soup-ad");
        assert!(soup.label.sensitive);
        // The ads table is the one that names the ad.
        assert_eq!(soup.label.category, "SOUP");
    }

    #[test]
    fn sample_bids_are_known_where_there_is_one() {
        let bundle = Shop::open().load().unwrap();
        let bid = |id| bundle.catalogue.sample_bid(&AdId::parse(id).unwrap());
        assert_eq!([bid("soup-ad"), bid("tea-ad"), bid("other")], [Some(500_000), None, None]);
    }

    #[test]
    fn an_ad_that_is_added_takes_the_place_of_its_namesake() {
        let mut bundle = Shop::open().load().unwrap();
        let mut changed = ad(&bundle, "tea-ad").clone();
        Arc::make_mut(&mut changed.label).advertiser = "Other maker".to_owned();
        bundle.catalogue.insert(changed);
        assert_eq!(bundle.catalogue.len(), 3);
        assert_eq!(ad(&bundle, "tea-ad").label.advertiser, "Other maker");
    }

    #[test]
    fn what_is_wrong_with_the_ads_is_told_by_place() {
        for (old, new, said) in [
            ("soup-ad,", ",", "ads.csv: line 2, column ad must not be empty"),
            (
                "tea-ad,",
                "tea ad,",
                "ads.csv: line 3, column ad must be visible ASCII; text of 6 bytes is not",
            ),
            ("tea-ad,", "soup-ad,", "ads.csv: line 3, column ad is the id of an ad that came before"),
            ("0.2,yes", "much,yes", "ads.csv: line 2, column discount_share must be a finite number"),
            ("0.2,yes", "0.2,soon", "ads.csv: line 2, column is_new must be 1, true, yes, 0, false or no"),
            ("500000", "0.5", "ads.csv: line 2, column sample_bid_micros must be a whole number"),
        ] {
            assert_eq!(Shop::open().replace("ads.csv", old, new).error(), said);
        }
        let there =
            "ad, advertiser, payer, domain, category, page, discount_share, is_new, sample_bid_micros";
        for (name, there) in [
            ("discount_share", there.replace("discount_share", "x")),
            ("category", there.replace("category", "x")),
            ("ad", there.replacen("ad", "x", 1)),
        ] {
            let shop = Shop::open().replace("ads.csv", name, "x");
            assert_eq!(shop.error(), format!("ads.csv: has no column {name}; it has {there}"));
        }
    }

    #[test]
    fn what_is_wrong_with_the_further_values_is_told_by_place() {
        let shop = Shop::open().replace("ad_attributes.csv", "tea-ad", "");
        assert_eq!(shop.error(), "ad_attributes.csv: line 4, column ad must not be missing");
        let shop = Shop::open().replace("ad_attributes.csv", "tea-ad", "cake-ad");
        let said = "ad_attributes.csv: line 4, column ad names an ad that is not in the ads table";
        assert_eq!(shop.error(), said);
        let shop = Shop::open().replace("ad_attributes.csv", "ad,brand", "id,brand");
        assert_eq!(shop.error(), "ad_attributes.csv: has no column ad; it has id, brand");
    }
}
