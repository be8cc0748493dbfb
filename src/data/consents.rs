//! Which purposes each person accepted.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::{FieldError, Purpose, Purposes, SubjectKey};

use super::error::DataError;
use super::events::people;
use super::read::Source;
use super::schema::Schema;

const COLUMN: &str = "purposes";

/// Accepted purposes by person. Whoever is not in it accepted none.
#[derive(Clone, Debug, Default)]
pub struct Consents {
    accepted: BTreeMap<SubjectKey, Purposes>,
    /// What people refused since, whatever the table says.
    refused: BTreeMap<SubjectKey, Purposes>,
}

impl Consents {
    /// Reads a table of consents: the subject, and `purposes` as numbers with commas between them.
    ///
    /// # Errors
    /// When the file cannot be read, lacks a column, names a person twice, or a purpose that is none.
    pub fn load(
        file: &Path,
        schema: &Schema,
        derive: &dyn Fn(&str) -> Result<SubjectKey, FieldError>,
    ) -> Result<Self, DataError> {
        let subject = schema.columns.subject.as_str();
        let records = Source::open(file)?.read(&[subject, COLUMN])?;
        let (person, keys) = people(&records, subject, derive)?;
        let purposes = records.texts(COLUMN)?;
        let rule = "must be TCF purposes from 1 to 11 with commas between them";
        let parsed = records.parse_each(&purposes, COLUMN, rule, parse_purposes)?;
        let mut consents = Self::default();
        for (row, accepted) in purposes.spread(&parsed).into_iter().enumerate() {
            let key = keys[person[row] as usize];
            if consents.accepted.insert(key, accepted.unwrap_or_default()).is_some() {
                return Err(records.cell_error(row, subject, "is a person who came before"));
            }
        }
        Ok(consents)
    }

    /// The purposes that `subject` accepted; none when nothing is known.
    #[must_use]
    pub fn of(&self, subject: &SubjectKey) -> Purposes {
        self.of_all_and(Purposes::NONE, subject)
    }

    /// The purposes that `subject` accepted, where everyone accepted `by_all`.
    #[must_use]
    pub fn of_all_and(&self, by_all: Purposes, subject: &SubjectKey) -> Purposes {
        let accepted = self.accepted.get(subject).copied().unwrap_or_default();
        accepted.union(by_all).minus(self.refused.get(subject).copied().unwrap_or_default())
    }

    /// Takes from a person's purposes what was refused since.
    pub fn refuse(&mut self, subject: SubjectKey, refused: Purposes) {
        let known = self.refused.entry(subject).or_default();
        *known = known.union(refused);
    }

    /// Everyone with their purposes, by subject key.
    pub fn iter(&self) -> impl Iterator<Item = (&SubjectKey, Purposes)> {
        self.accepted.keys().map(|subject| (subject, self.of(subject)))
    }
}

fn parse_purposes(text: &str) -> Option<Purposes> {
    let purpose = |number: &str| Purpose::from_number(number.trim().parse().ok()?).ok();
    text.split(',').map(purpose).collect()
}

#[cfg(test)]
mod tests {
    use crate::data::sample::{Shop, person};
    use crate::domain::{Purpose, Purposes};

    #[test]
    fn what_was_refused_since_is_taken_from_the_table_and_from_what_all_accepted() {
        let mut consents = Shop::open().load().unwrap().consents;
        let all = Purposes::NONE.with(Purpose::MeasureAds).with(Purpose::ImproveServices);
        assert_eq!(consents.of_all_and(all, &person("p1")).to_string(), "1, 2, 3, 4, 7, 10");
        consents.refuse(person("p1"), Purposes::NONE.with(Purpose::ImproveServices));
        consents.refuse(person("p1"), Purposes::NONE.with(Purpose::StoreOnDevice));
        assert_eq!(consents.of(&person("p1")).to_string(), "2, 3, 4");
        assert_eq!(consents.of_all_and(all, &person("p1")).to_string(), "2, 3, 4, 7");
        assert_eq!(consents.of_all_and(all, &person("stranger")), all);
        assert!(consents.iter().all(|(subject, accepted)| accepted == consents.of(subject)));
    }

    #[test]
    fn people_accepted_what_the_table_says_and_others_nothing() {
        let bundle = Shop::open().load().unwrap();
        assert_eq!(bundle.consents.of(&person("p1")).to_string(), "1, 2, 3, 4, 10");
        assert!(bundle.consents.of(&person("p2")).is_empty());
        assert!(bundle.consents.of(&person("stranger")).is_empty());
        assert_eq!(bundle.consents.iter().count(), 2);
    }

    #[test]
    fn one_purpose_alone_and_spaces_are_read() {
        let shop = Shop::open().with("consents.csv", "subject,purposes\np1,7\np2,7\n");
        assert_eq!(shop.load().unwrap().consents.of(&person("p2")).to_string(), "7");
        let shop = Shop::open().with("consents.csv", "subject,purposes\np1,\" 4 , 3 \"\n");
        assert_eq!(shop.load().unwrap().consents.of(&person("p1")).to_string(), "3, 4");
    }

    #[test]
    fn what_is_wrong_with_the_consents_is_told_by_place() {
        let rule = "column purposes must be TCF purposes from 1 to 11 with commas between them";
        for (purposes, said) in [("12", rule), ("0", rule), ("\"1,,2\"", rule), ("1;2", rule), ("all", rule)]
        {
            let shop = Shop::open().with("consents.csv", &format!("subject,purposes\np1,1\np2,{purposes}\n"));
            assert_eq!(shop.error(), format!("consents.csv: line 3, {said}"), "{purposes}");
        }
        for (old, new, said) in [
            ("p2", "p1", "line 3, column subject is a person who came before"),
            ("p2", "", "line 3, column subject must not be missing"),
            ("purposes", "accepted", "has no column purposes; it has subject, accepted"),
        ] {
            let shop = Shop::open().replace("consents.csv", old, new);
            assert_eq!(shop.error(), format!("consents.csv: {said}"));
        }
    }
}
