//! What each term contributed to the scores of rows held out, as a table.

use std::collections::BTreeMap;
use std::path::Path;

use super::prepare::Prepared;
use crate::data::Dataset;
use crate::domain::{Feature, FeatureId, Nats, inert_cell};
use crate::model::{Profiled, Term};

/// The accounts of rows held out, each as its model serves it.
#[derive(Debug, Default)]
pub struct Contributions {
    rows: Vec<Account>,
    /// Where each term is among the columns.
    columns: BTreeMap<Term, usize>,
}

/// The score of one row, line by line.
#[derive(Debug)]
struct Account {
    row: usize,
    fold: Option<usize>,
    outcome: bool,
    intercept: Nats,
    withheld: Nats,
    lines: Vec<(usize, Nats)>,
}

impl Contributions {
    /// Adds the rows that `prepared` tests, by `profiled`, which did not train on them.
    pub fn add(&mut self, prepared: &Prepared, fold: Option<usize>, profiled: &Profiled) {
        let test: &Dataset = &prepared.test;
        let mut cells = Vec::with_capacity(test.table.width());
        for (row, &place) in prepared.test_places.iter().enumerate() {
            test.table.read_row(row, &mut cells);
            let (profile, withheld) = profiled.choose(&cells);
            let model = profiled.model(profile);
            let mut contributions = vec![Nats::ZERO; model.terms().len()];
            model.attribute(&cells, &mut contributions);
            let lines = model.terms().iter().zip(contributions);
            let lines = lines.map(|(term, contribution)| (self.column(*term), contribution)).collect();
            let (outcome, intercept) = (test.outcome[row], model.intercept());
            self.rows.push(Account { row: place, fold, outcome, intercept, withheld, lines });
        }
    }

    /// The column of a term, which it gets when it is met first.
    fn column(&mut self, term: Term) -> usize {
        let next = self.columns.len();
        *self.columns.entry(term).or_insert(next)
    }

    /// Writes a row of CSV for each row held out, in the order of the data: its number as loaded,
    /// its fold, the outcome, the score, and what it is the sum of, in nats. Each number is written
    /// with as many digits as tell it exactly; times 2^32 it is whole.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, file: &Path, features: &[Feature]) -> Result<(), csv::Error> {
        self.rows.sort_by_key(|account| account.row);
        let mut writer = csv::Writer::from_path(file)?;
        let fixed = ["row", "fold", "outcome", "score", "intercept", "withheld"].map(str::to_owned);
        let terms = self.columns.keys().map(|term| term_name(*term, features));
        let terms = terms.map(|name| inert_cell(&name).into_owned());
        writer.write_record(fixed.into_iter().chain(terms))?;
        for account in &self.rows {
            let mut lines = vec![Nats::ZERO; self.columns.len()];
            for &(column, contribution) in &account.lines {
                lines[column] = contribution;
            }
            let score = account.intercept + account.withheld + lines.iter().copied().sum();
            let fixed = [
                account.row.to_string(),
                account.fold.map_or(String::new(), |fold| fold.to_string()),
                u8::from(account.outcome).to_string(),
            ];
            let sums = [score, account.intercept, account.withheld];
            let lines = self.columns.values().map(|&column| lines[column]);
            let nats = sums.into_iter().chain(lines).map(|nats| nats.to_f64().to_string());
            writer.write_record(fixed.into_iter().chain(nats))?;
        }
        writer.flush()?;
        Ok(())
    }
}

/// The name of a term: that of its feature, or of both with a plus between them.
fn term_name(term: Term, features: &[Feature]) -> String {
    let name = |id: FeatureId| features.get(id.index()).map_or("", |feature| feature.name.as_str());
    match term {
        Term::Feature(feature) => name(feature).to_owned(),
        Term::Pair(one, other) => format!("{}+{}", name(one), name(other)),
    }
}
