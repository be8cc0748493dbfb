//! Group labels of the households, as `limpid labels import` takes them: what is published of them, and whether they bought in each
//! group of the sensitive list, which no event of the example tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::raw::{Product, Raw};
use crate::data::import::ImportError;
use crate::data::schema::Schema;
use crate::data::taxonomy::{Node, TAXONOMY};

/// The published attributes that become labels.
const PUBLISHED: [&str; 3] = ["age", "income", "household_size"];

/// Of the sensitive list what tells of family state and intimate life.
const FAMILY: &[&str] = &[
    "BABY FOODS",
    "BABY HBC",
    "BABYFOOD",
    "DIAPERS & DISPOSABLES",
    "FAMILY PLANNING",
    "FEMININE HYGIENE",
    "INFANT CARE PRODUCTS",
    "INFANT FORMULA",
    "TOYS AND GAMES",
    "BABY BASICS",
    "BABY CARE",
    "BABY CEREAL",
    "BABY CRACKERS",
    "BABY FOOD - BEGINNER",
    "BABY PRODUCTS",
    "BABY SOAPS",
    "BRIDAL-MAGAZINE",
    "CHILDREN S ACTIVITY",
    "CHILDREN S MUSICAL INSTRUMENTS",
    "CHILDREN-MAGAZINE",
    "CHILDRENS  BOOKS",
    "CHILDRENS LOW END",
    "FEM HYGN DOUCHES",
    "INFANTS-TODD HOSIERY",
    "JHOOK - BABY",
    "KIDS",
    "KIDS BEDDINGS",
    "KIDS CEREAL",
    "KIDS MILK DRINKS-ASEPTIC",
    "KIDS STORAGE",
    "KIDS/FAMILY",
    "MISC. BABY PRODUCTS",
    "MISC. INFANT SUPPLY",
];

/// Alcohol and tobacco.
const ALCOHOL_TOBACCO: &[&str] = &[
    "BEERS/ALES",
    "CIGARETTES",
    "CIGARS",
    "DOMESTIC WINE",
    "IMPORTED WINE",
    "LIQUOR",
    "MISC WINE",
    "TOBACCO OTHER",
    "SPIRITS",
];

/// Belief and origin.
const BELIEF_ORIGIN: &[&str] = &[
    "CHRISTMAS  SEASONAL",
    "EASTER",
    "EASTER LILY",
    "ETHNIC PERSONAL CARE",
    "HISPANIC",
    "CHRISTMAS",
    "CHRISTMAS GREENS/WREATHS",
    "CHRISTMAS LIGHTS",
    "EASTER BASKET STUFFERS",
    "EASTER BASKETS",
    "EASTER EGG COLORING",
    "EASTER FILL EGGS",
    "EASTER GIFTWARE/DECOR",
    "EASTER PLUSH",
    "ETHNIC HAIR CARE",
    "ETHNIC-MAGAZINE",
    "HISPANIC CARBONATED BEVERAGES",
    "HISPANIC CHEESE",
    "HISPANIC SPICES AND SEASONINGS",
    "KOSHER FOODS",
    "KOSHER/SPECIALTY",
    "NON FOOD KOSHER ITEMS",
    "PREMIUM EASTER LILY",
    "PREP FD: HISPANIC (COLD)",
];

/// The groups of the sensitive list, as attributes: name, and the special category of GDPR Art. 9 that purchases in it hint at.
/// What is in none of the lists above is of health.
const GROUPS: [(&str, &str); 4] = [
    ("bought_health", "health"),
    ("bought_family", "sexuality"),
    ("bought_alcohol_tobacco", "health"),
    ("bought_belief_origin", "belief"),
];

/// Writes the labels to `file` (CSV), and their declarations beside it (`.toml`); the path of the latter.
pub(super) fn write(raw: &Raw, schema: &Schema, file: &Path) -> Result<PathBuf, ImportError> {
    let bought = bought(raw);
    let published = raw.published(&PUBLISHED);
    let mut table = "id,".to_owned() + &PUBLISHED.join(",");
    for (name, _) in GROUPS {
        table += ",";
        table += name;
    }
    table.push('\n');
    let mut values: [BTreeSet<&str>; PUBLISHED.len()] = Default::default();
    for household in raw.households() {
        let _ = write!(table, "{household}");
        for (place, values) in values.iter_mut().enumerate() {
            let value = published.get(&household).map_or("", |of| of[place].as_str());
            values.extend(Some(value).filter(|value| !value.is_empty()));
            let _ = write!(table, ",{value}");
        }
        let groups = bought.get(&household).copied().unwrap_or_default();
        for has in groups {
            table += if has { ",yes" } else { ",no" };
        }
        table.push('\n');
    }
    fs::write(file, table).map_err(|error| ImportError::write(file, error))?;
    let declared = file.with_extension("toml");
    let text = declarations(&values, schema);
    fs::write(&declared, text).map_err(|error| ImportError::write(&declared, error))?;
    Ok(declared)
}

fn declarations(values: &[BTreeSet<&str>], schema: &Schema) -> String {
    let mut text = "# What the labels of The Complete Journey are: for audits of fairness only.\n".to_owned();
    let mut declare = |name: &str, values: Vec<&str>, source: &str, special: Option<&str>| {
        let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        let _ = write!(
            text,
            "\n[[attribute]]\nname = \"{name}\"\nvalues = [{}]\n\
             basis = \"legitimate interest (GDPR Art. 6(1)(f)): audits of fairness on published data (84.51°, CC0)\"\n\
             purpose = \"audit\"\nretention_days = 3650\nsource = \"The Complete Journey: {source}\"\nspecial_category = \"{}\"\n",
            values.join(", "),
            special.unwrap_or("none")
        );
        if special.is_some() {
            text += "special_basis = \"9(2)(j): research on published data of households without names\"\n";
        }
    };
    for (name, values) in PUBLISHED.iter().zip(values).filter(|(_, values)| values.len() > 1) {
        declare(name, values.iter().copied().collect(), "demographics, as published", None);
    }
    for (group, (name, special)) in GROUPS.into_iter().enumerate() {
        let source = format!(
            "whether the household bought in this group of the sensitive list within the year ({TAXONOMY}: {})",
            nodes_of(group, schema)
        );
        declare(name, vec!["yes", "no"], &source, Some(special));
    }
    text
}

/// The nodes of the taxonomy that the values of a group map to.
fn nodes_of(group: usize, schema: &Schema) -> String {
    let entries = schema.attributes.iter().flat_map(|attribute| &attribute.sensitive_list);
    let of_group = entries.filter(|entry| entry.values.iter().any(|value| group_of(value) == group));
    let nodes: BTreeSet<Node> = of_group.flat_map(|entry| entry.nodes.iter().copied()).collect();
    nodes.iter().map(Node::to_string).collect::<Vec<_>>().join(", ")
}

/// In which groups each household bought.
fn bought(raw: &Raw) -> BTreeMap<i64, [bool; GROUPS.len()]> {
    let of_product: Vec<_> = raw.products.iter().map(|product| groups_of(raw, product)).collect();
    let mut bought = BTreeMap::<i64, [bool; GROUPS.len()]>::new();
    for purchase in &raw.purchases {
        let groups = bought.entry(purchase.household).or_default();
        for (has, of_product) in groups.iter_mut().zip(of_product[purchase.product as usize]) {
            *has |= of_product;
        }
    }
    bought
}

/// The groups that a product is in by its department, category or type.
fn groups_of(raw: &Raw, product: &Product) -> [bool; GROUPS.len()] {
    let mut groups = [false; GROUPS.len()];
    let of = [&product.department, &product.category, &product.kind];
    for (value, _) in of.into_iter().zip(raw.sensitive()).filter(|(value, listed)| listed.contains(*value)) {
        groups[group_of(value)] = true;
    }
    groups
}

fn group_of(value: &str) -> usize {
    let lists = [FAMILY, ALCOHOL_TOBACCO, BELIEF_ORIGIN];
    lists.iter().position(|list| list.contains(&value)).map_or(0, |place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Localised;

    #[test]
    fn each_name_of_the_lists_is_on_the_sensitive_list_and_in_one_group() {
        let schema = Schema::parse(super::super::SCHEMA, Localised::default()).unwrap();
        let listed: BTreeSet<&str> =
            schema.attributes.iter().flat_map(|attribute| &attribute.sensitive).map(String::as_str).collect();
        let all = [FAMILY, ALCOHOL_TOBACCO, BELIEF_ORIGIN].concat();
        assert!(all.iter().all(|name| listed.contains(name)));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for entry in schema.attributes.iter().flat_map(|attribute| &attribute.sensitive_list) {
            let groups: BTreeSet<usize> = entry.values.iter().map(|value| group_of(value)).collect();
            assert_eq!(groups.len(), 1, "values of one entry are of one group: {entry:?}");
        }
        assert_eq!(nodes_of(2, &schema), "1004, 1006, 1007, 1544, 1545, 1546");
        let of_health = listed.iter().filter(|name| group_of(name) == 0).count();
        assert_eq!(of_health + all.len(), listed.len());
        assert_eq!(
            (group_of("PHARMACY"), group_of("KIDS"), group_of("SPIRITS"), group_of("HISPANIC")),
            (0, 1, 2, 3)
        );
    }
}
