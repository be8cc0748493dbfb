//! Rows of people: what the features say of each person, summed up in one row.

use super::prepare::{PrepareError, admit};
use crate::data::{Bundle, Column, Table, TableBuilder};
use crate::domain::{Cell, FeatureId, Nats, Response, SubjectKey};
use crate::model::Profiled;

/// A row for each person whose rows the gate lets train.
#[derive(Debug)]
pub struct People {
    /// Of each number the mean over the person's rows, of each category the most frequent one.
    pub table: Table,
    /// The person of each row.
    pub subjects: Vec<SubjectKey>,
    /// The features that models may use.
    pub features: Vec<FeatureId>,
    /// The person's rows, among those that the gate lets train.
    rows_of: Vec<Vec<usize>>,
    rows: Table,
}

impl People {
    /// Sums up the rows of `bundle` that the gate lets train, by person; rows of nobody are left out.
    ///
    /// # Errors
    /// When nobody accepted that, or the data do not state the response.
    pub fn of(bundle: &Bundle, response: Response) -> Result<Self, PrepareError> {
        let admitted = admit(bundle, response)?;
        let rows = &admitted.rows;
        let (mut subjects, mut rows_of) = (Vec::new(), Vec::<Vec<usize>>::new());
        let mut place_of = std::collections::BTreeMap::new();
        for row in 0..rows.rows() {
            let loaded = admitted.places.as_ref().map_or(row, |places| places[row]);
            let Some(subject) = bundle.impressions.subject(loaded) else { continue };
            let place = *place_of.entry(*subject).or_insert(subjects.len());
            if place == subjects.len() {
                subjects.push(*subject);
                rows_of.push(Vec::new());
            }
            rows_of[place].push(row);
        }
        let features: Vec<FeatureId> = (0..).map(FeatureId).take(rows.table.width()).collect();
        let mut builder = TableBuilder::default();
        for feature in &features {
            let column = rows.table.column(*feature);
            let cells = rows_of.iter().map(|rows| sum_up(column, rows));
            let is_categorical = column.categories().is_some();
            builder.push(if is_categorical { Column::categorical(cells) } else { Column::numeric(cells) });
        }
        Ok(Self {
            table: builder.finish().ok_or(PrepareError::NobodyAccepted)?,
            subjects,
            features,
            rows_of,
            rows: rows.table.clone(),
        })
    }

    /// The mean score of each person's rows.
    #[must_use]
    pub fn scores(&self, profiled: &Profiled) -> Vec<Nats> {
        let scores = profiled.scores(&self.rows);
        let mean = |rows: &Vec<usize>| {
            let sum: f64 = rows.iter().map(|&row| scores[row].to_f64()).sum();
            Nats::from_f64(sum / rows.len() as f64)
        };
        self.rows_of.iter().map(mean).collect()
    }
}

/// What a column says of a person, of whom these are the rows.
fn sum_up<'a>(column: &'a Column, rows: &[usize]) -> Cell<'a> {
    let (mut sum, mut numbers, mut is_known) = (0.0, 0.0, false);
    let mut categories: Vec<(&str, usize)> = Vec::new();
    for &row in rows {
        match column.cell(row) {
            Cell::Number(number) => (sum, numbers) = (sum + number, numbers + 1.0),
            Cell::Category(name) => match categories.iter_mut().find(|(known, _)| *known == name) {
                Some((_, times)) => *times += 1,
                None => categories.push((name, 1)),
            },
            Cell::Missing => is_known = true,
            Cell::Withheld => {}
        }
    }
    // Of several that are as frequent the first by name.
    categories.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    match categories.first() {
        Some((name, _)) => Cell::Category(name),
        None if numbers > 0.0 => Cell::Number(sum / numbers),
        None if is_known => Cell::Missing,
        None => Cell::Withheld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_the_mean_of_numbers_and_the_most_frequent_category() {
        let numbers = Column::numeric([
            Cell::Number(1.0),
            Cell::Number(4.0),
            Cell::Missing,
            Cell::Withheld,
            Cell::Withheld,
        ]);
        assert_eq!(sum_up(&numbers, &[0, 1, 2, 3]), Cell::Number(2.5));
        assert_eq!(sum_up(&numbers, &[2, 3]), Cell::Missing);
        assert_eq!(sum_up(&numbers, &[3, 4]), Cell::Withheld);
        let names = ["b", "a", "b", "a", "c"].map(Cell::Category);
        let categories = Column::categorical(names);
        assert_eq!(sum_up(&categories, &[0, 1, 2]), Cell::Category("b"));
        assert_eq!(sum_up(&categories, &[0, 1, 4]), Cell::Category("a"));
    }
}
