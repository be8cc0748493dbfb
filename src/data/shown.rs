//! What the data that a service was given tell of each person beside events: the ads that were shown to them, what
//! was stated of them then, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::impressions::Impressions;
use super::schema::Schema;
use crate::domain::{Ad, AdId, Cell, Origin, Response, SubjectKey, Timestamp};

/// Rows by person; rows about nobody are not in it.
#[derive(Debug, Default)]
pub struct Shown(BTreeMap<SubjectKey, Vec<ShownRow>>);

/// One row about a person.
#[derive(Clone, Debug)]
pub struct ShownRow {
    /// When; the data of a flat table may not say.
    pub at: Option<Timestamp>,
    ad: Option<Arc<Ad>>,
    /// What was stated of the person, by feature.
    pub stated: Vec<(String, String)>,
    /// What came of it.
    pub outcomes: Vec<(Response, bool)>,
}

impl ShownRow {
    /// The ad; None for a flat table.
    #[must_use]
    pub fn ad(&self) -> Option<&AdId> {
        self.ad.as_ref().map(|ad| &ad.label.id)
    }
}

impl Shown {
    /// What the rows tell of people.
    #[must_use]
    pub fn of(impressions: &Impressions, schema: &Schema) -> Self {
        let mut of = BTreeMap::<SubjectKey, Vec<ShownRow>>::new();
        for row in 0..impressions.rows() {
            let Some(subject) = impressions.subject(row) else { continue };
            let personal = schema.features().filter(|(_, feature)| feature.origin == Origin::Subject);
            let stated = personal.filter_map(|(id, feature)| {
                let told = match impressions.stated(row, id) {
                    Cell::Missing | Cell::Withheld => None,
                    Cell::Number(number) => Some(number.to_string()),
                    Cell::Category(name) => Some(name.to_owned()),
                };
                told.map(|told| (feature.name.clone(), told))
            });
            let outcomes = impressions.outcomes.iter();
            of.entry(*subject).or_default().push(ShownRow {
                at: impressions.at().get(row).copied(),
                ad: impressions.ad(row).cloned(),
                stated: stated.collect(),
                outcomes: outcomes.map(|(response, happened)| (*response, happened[row])).collect(),
            });
        }
        Self(of)
    }

    /// The rows about a person.
    #[must_use]
    pub fn of_subject(&self, subject: &SubjectKey) -> &[ShownRow] {
        self.0.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// Forgets a person; how many rows that were.
    pub fn remove(&mut self, subject: &SubjectKey) -> usize {
        self.0.remove(subject).map_or(0, |rows| rows.len())
    }

    /// Gives the rows of one name to another.
    pub fn rename(&mut self, from: &SubjectKey, to: SubjectKey) {
        if let Some(rows) = self.0.remove(from) {
            self.0.entry(to).or_default().extend(rows);
        }
    }

    /// Forgets people of whom `keeps` does not say otherwise.
    pub fn retain_people(&mut self, keeps: impl Fn(&SubjectKey) -> bool) {
        self.0.retain(|subject, _| keeps(subject));
    }

    /// Everyone with a row.
    pub fn subjects(&self) -> impl Iterator<Item = &SubjectKey> {
        self.0.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::{Shop, person};

    #[test]
    fn of_each_person_it_is_told_what_was_shown_and_what_came_of_it_until_they_are_forgotten() {
        let bundle = Shop::open().load().unwrap();
        let mut shown = Shown::of(&bundle.impressions, &bundle.schema);
        let rows: usize = shown.subjects().map(|subject| shown.of_subject(subject).len()).sum();
        assert_eq!(rows, bundle.impressions.rows());
        let of = shown.of_subject(&person("p1"));
        assert!(of.iter().all(|row| row.ad().is_some() && row.at.is_some() && row.outcomes.len() == 2));
        assert!(of.iter().any(|row| row.stated.iter().any(|(feature, _)| feature == "age")));
        let count = of.len();
        let other = person("another name");
        shown.rename(&person("p1"), other);
        assert_eq!((shown.of_subject(&other).len(), shown.of_subject(&person("p1")).len()), (count, 0));
        shown.rename(&other, person("p1"));
        assert_eq!((shown.remove(&person("p1")), shown.remove(&person("p1"))), (count, 0));
    }
}
