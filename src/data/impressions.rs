//! What was shown, to whom, and what became of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::domain::{
    Ad, AdId, Cell, Feature, FeatureId, FeatureKind, FieldError, Origin, Response, SubjectKey, Timestamp,
};

use super::catalogue::Catalogue;
use super::error::DataError;
use super::events::people;
use super::read::{Records, Source, Text};
use super::schema::Schema;
use super::table::Column;

/// Rows that models are fitted to and judged by: impressions, or the rows of a flat table.
#[derive(Clone, Debug, Default)]
pub struct Impressions {
    /// The people, by number; empty for a flat table without a subject column.
    pub(super) subjects: Vec<SubjectKey>,
    /// The ads that were shown, each once; empty for a flat table.
    pub(super) ads: Vec<Arc<Ad>>,
    /// The ad of each row, as an index of `ads`.
    pub(super) ad: Vec<u32>,
    /// The person of each row, numbered from 0.
    pub(super) person: Vec<u32>,
    /// What each row's group column says; empty for a flat table.
    pub(super) campaign: Text,
    /// The group within which ads competed (person x campaign), numbered from 0.
    pub(super) group: Vec<u32>,
    /// The moment of each row.
    pub(super) at: Vec<Timestamp>,
    /// The columns that the file states, by feature; None for features of ads and of history.
    pub(super) stated: Vec<Option<Column>>,
    /// What each row counts for in training; None when all count alike.
    pub(super) weight: Option<Vec<f64>>,
    /// What became of each row.
    pub(super) outcomes: Vec<(Response, Vec<bool>)>,
}

impl Impressions {
    /// Reads the impressions table: subject, moment, ad and group, a column for each feature of
    /// origin `subject` or `context`, and one for each outcome.
    ///
    /// # Errors
    /// When the file cannot be read, lacks a column, names an ad that the catalogue does not have, or
    /// a value is missing or of the wrong type.
    pub fn load(
        file: &Path,
        schema: &Schema,
        catalogue: &Catalogue,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        let columns = &schema.columns;
        let mut wanted = vec![columns.subject.as_str(), &columns.at, &columns.ad, &columns.group];
        wanted.extend(stated(schema).map(|(_, feature)| feature.column.as_str()));
        wanted.extend(schema.outcomes.iter().map(|outcome| outcome.column.as_str()));
        let records = Source::open(file)?.read(&wanted)?;

        let (person, subjects) = people(&records, &columns.subject, derive)?;
        let (ad, ads) = ads(&records, &columns.ad, catalogue)?;
        let campaign = records.texts(&columns.group)?.into_owned();
        if let Some(row) = campaign.codes.iter().position(|&code| code == Text::MISSING) {
            return Err(records.cell_error(row, &columns.group, "must not be missing"));
        }
        Ok(Self {
            subjects,
            ads,
            ad,
            group: number_groups(&person, &campaign.codes),
            person,
            campaign,
            at: records.complete(&columns.at, records.times(&columns.at)?)?,
            stated: stated_columns(&records, schema, |origin| {
                matches!(origin, Origin::Subject | Origin::Context)
            })?,
            weight: None,
            outcomes: outcomes(&records, schema)?,
        })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.person.len()
    }

    /// The people, by number; empty for a flat table without a subject column.
    #[must_use]
    pub fn subjects(&self) -> &[SubjectKey] {
        &self.subjects
    }

    /// The number of each row's person, an index of [`Impressions::subjects`].
    #[must_use]
    pub fn persons(&self) -> &[u32] {
        &self.person
    }

    /// The person of `row`; None when the rows name none.
    #[must_use]
    pub fn subject(&self, row: usize) -> Option<&SubjectKey> {
        self.subjects.get(self.person[row] as usize)
    }

    /// The ad of `row`; None for a flat table.
    #[must_use]
    pub fn ad(&self, row: usize) -> Option<&Arc<Ad>> {
        self.ad.get(row).map(|&ad| &self.ads[ad as usize])
    }

    /// The moment of each row.
    #[must_use]
    pub fn at(&self) -> &[Timestamp] {
        &self.at
    }

    /// The number of each row's group (person x campaign).
    #[must_use]
    pub fn groups(&self) -> &[u32] {
        &self.group
    }

    /// The campaign of `row`, as the group column calls it; None for a flat table.
    #[must_use]
    pub fn campaign(&self, row: usize) -> Option<&str> {
        if self.campaign.codes.is_empty() { None } else { self.campaign.get(row) }
    }

    /// What a row states of a feature of origin `subject` or `context`; missing for others, which
    /// the row does not state.
    #[must_use]
    pub fn stated(&self, row: usize, feature: FeatureId) -> Cell<'_> {
        self.stated[feature.index()].as_ref().map_or(Cell::Missing, |column| column.cell(row))
    }

    /// What all rows state of a feature, if they do.
    pub(super) fn whole(&self, feature: FeatureId) -> Option<&Column> {
        self.stated[feature.index()].as_ref()
    }

    /// Whether each row had `response`; None when the data do not say.
    #[must_use]
    pub fn outcome(&self, response: Response) -> Option<&[bool]> {
        let found = self.outcomes.iter().find(|(there, _)| *there == response);
        found.map(|(_, happened)| happened.as_slice())
    }
}

/// The features that rows of the impressions table state.
fn stated(schema: &Schema) -> impl Iterator<Item = (FeatureId, &Feature)> {
    schema.features().filter(|(_, feature)| matches!(feature.origin, Origin::Subject | Origin::Context))
}

/// What a file states of one feature.
pub(super) enum Stated<'a> {
    /// Names.
    Text(Cow<'a, Text>),
    /// Numbers; NaN is missing. A flag is 1 or 0.
    Numbers(Vec<f64>),
}

/// What `records` state of `feature`.
pub(super) fn read_stated<'a>(records: &'a Records, feature: &Feature) -> Result<Stated<'a>, DataError> {
    Ok(match feature.kind {
        FeatureKind::Categorical => Stated::Text(records.texts(&feature.column)?),
        FeatureKind::Flag => {
            let number = |flag: Option<bool>| flag.map_or(f64::NAN, |flag| f64::from(u8::from(flag)));
            Stated::Numbers(records.flags(&feature.column, None)?.into_iter().map(number).collect())
        }
        FeatureKind::Numeric | FeatureKind::Affinity(_) => Stated::Numbers(records.numbers(&feature.column)?),
    })
}

/// The column of each feature whose origin is wanted.
pub(super) fn stated_columns(
    records: &Records,
    schema: &Schema,
    wanted: impl Fn(Origin) -> bool,
) -> Result<Vec<Option<Column>>, DataError> {
    let column = |feature: &Feature| {
        if !wanted(feature.origin) {
            return Ok(None);
        }
        Ok(Some(match read_stated(records, feature)? {
            Stated::Text(text) => {
                let cell = |row| text.get(row).map_or(Cell::Missing, Cell::Category);
                Column::categorical((0..records.rows()).map(cell))
            }
            Stated::Numbers(numbers) => Column::numeric(numbers.into_iter().map(Cell::Number)),
        }))
    };
    schema.features.iter().map(column).collect()
}

/// What became of each row; an unknown outcome is an error.
pub(super) fn outcomes(records: &Records, schema: &Schema) -> Result<Vec<(Response, Vec<bool>)>, DataError> {
    let happened = |outcome: &super::schema::OutcomeSpec| {
        let flags = records.flags(&outcome.column, outcome.positive.as_deref())?;
        Ok((outcome.response, records.complete(&outcome.column, flags)?))
    };
    schema.outcomes.iter().map(happened).collect()
}

/// The ads that were shown, each once, and which of them each row shows.
fn ads(
    records: &Records,
    column: &str,
    catalogue: &Catalogue,
) -> Result<(Vec<u32>, Vec<Arc<Ad>>), DataError> {
    let ids = records.texts(column)?;
    if let Some(row) = ids.codes.iter().position(|&code| code == Text::MISSING) {
        return Err(records.cell_error(row, column, "must not be missing"));
    }
    let rule = "names an ad that is not in the ads table";
    let ads = records.parse_each(&ids, column, rule, |id| catalogue.get(&AdId::parse(id).ok()?).cloned())?;
    Ok((ids.codes.clone(), ads))
}

/// Numbers the pairs of person and campaign by first appearance.
fn number_groups(person: &[u32], campaign: &[u32]) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    let mut number = |pair| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(pair).or_insert(next)
    };
    person.iter().copied().zip(campaign.iter().copied()).map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::{Shop, moment, person};

    #[test]
    fn rows_have_person_ad_group_moment_and_outcome() {
        let bundle = Shop::open().load().unwrap();
        let shown = &bundle.impressions;
        assert_eq!(shown.rows(), 5);
        assert_eq!(shown.subjects(), [person("p1"), person("p2")]);
        assert_eq!(shown.persons(), [0, 0, 0, 1, 1]);
        assert_eq!(shown.groups(), [0, 0, 0, 1, 2]);
        assert_eq!(shown.subject(4), Some(&person("p2")));
        assert_eq!(shown.ad(2).unwrap().label.id.as_str(), "pill-ad");
        assert_eq!(shown.at()[4], moment("2024-03-05"));
        assert_eq!((shown.campaign(0), shown.campaign(4)), (Some("winter"), Some("spring")));
        assert_eq!(shown.outcome(Response::Click).unwrap(), [true, false, false, false, true]);
        assert_eq!(shown.outcome(Response::Conversion).unwrap(), [false, false, false, false, true]);
    }

    #[test]
    fn rows_state_the_person_and_the_context_and_nothing_of_ads_or_history() {
        let bundle = Shop::open().load().unwrap();
        let stated = |row, name| bundle.impressions.stated(row, bundle.schema.feature(name).unwrap());
        assert_eq!(stated(1, "slot"), Cell::Category("side"));
        assert_eq!((stated(0, "age"), stated(3, "age")), (Cell::Number(34.0), Cell::Missing));
        assert_eq!((stated(0, "discount"), stated(0, "spend")), (Cell::Missing, Cell::Missing));
    }

    #[test]
    fn one_person_in_two_campaigns_is_two_groups_and_two_people_in_one_are_too() {
        assert_eq!(number_groups(&[5, 5, 6, 5, 6], &[1, 2, 1, 1, 1]), [0, 1, 2, 0, 2]);
    }

    #[test]
    fn what_is_wrong_with_the_impressions_is_told_by_place() {
        let columns = "subject, at, ad, campaign, slot, age, clicked, bought";
        for (old, new, said) in [
            ("p1,", ",", "line 2, column subject must not be missing".to_owned()),
            ("2024-02-20", "", "line 2, column at must not be missing".to_owned()),
            ("tea-ad", "cake-ad", "line 3, column ad names an ad that is not in the ads table".to_owned()),
            ("tea-ad", "", "line 3, column ad must not be missing".to_owned()),
            ("winter", "", "line 2, column campaign must not be missing".to_owned()),
            ("34,1,no", "old,1,no", "line 2, column age must be a finite number".to_owned()),
            ("34,1,no", "34,2,no", "line 2, column clicked must be 1, true, yes, 0, false or no".to_owned()),
            ("34,1,no", "34,,no", "line 2, column clicked must not be missing".to_owned()),
            ("34,1,no", "34,1,", "line 2, column bought must not be missing".to_owned()),
            ("slot", "place", format!("has no column slot; it has {}", columns.replace("slot", "place"))),
            ("bought", "paid", format!("has no column bought; it has {}", columns.replace("bought", "paid"))),
        ] {
            let shop = Shop::open().replace("impressions.csv", old, new);
            assert_eq!(shop.error(), format!("impressions.csv: {said}"), "{old} -> {new}");
        }
    }
}
