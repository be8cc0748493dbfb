//! Typed columns, one per feature of the schema.

use crate::domain::{Cell, FeatureId, Timestamp};

/// The code of a missing category.
const MISSING: u32 = u32::MAX;

/// The values of one feature, one per row.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    values: Values,
    /// Which rows are withheld; None when none is. A withheld cell's value is never stored.
    withheld: Option<Vec<bool>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// NaN is missing.
    Numeric(Vec<f64>),
    /// Codes index `levels`; [`MISSING`] is missing.
    Categorical { codes: Vec<u32>, levels: Vec<String> },
}

impl Column {
    /// A column of numbers, flags or affinities.
    ///
    /// `cells` gives each row; a category counts as missing, a number that is not finite too.
    pub fn numeric<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> Self {
        let mut withheld = Withheld::default();
        let values = cells
            .into_iter()
            .enumerate()
            .map(|(row, cell)| match cell {
                Cell::Number(number) if number.is_finite() => number,
                Cell::Number(_) | Cell::Category(_) | Cell::Missing => f64::NAN,
                Cell::Withheld => {
                    withheld.mark(row);
                    f64::NAN
                }
            })
            .collect::<Vec<_>>();
        let rows = values.len();
        Self { values: Values::Numeric(values), withheld: withheld.finish(rows) }
    }

    /// A column of categories. Levels are kept in ascending order of their names, so that the same
    /// rows give the same codes; a number counts as missing.
    pub fn categorical<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> Self {
        let mut withheld = Withheld::default();
        let names = cells
            .into_iter()
            .enumerate()
            .map(|(row, cell)| match cell {
                Cell::Category(name) => Some(name),
                Cell::Number(_) | Cell::Missing => None,
                Cell::Withheld => {
                    withheld.mark(row);
                    None
                }
            })
            .collect::<Vec<_>>();
        let levels = names.iter().flatten().copied().collect::<std::collections::BTreeSet<_>>();
        let levels = levels.into_iter().collect::<Vec<_>>();
        let code = |name: &str| {
            levels.binary_search(&name).ok().and_then(|code| u32::try_from(code).ok()).unwrap_or(MISSING)
        };
        let codes = names.iter().map(|name| name.map_or(MISSING, code)).collect();
        let levels = levels.iter().map(|&level| level.to_owned()).collect();
        Self { values: Values::Categorical { codes, levels }, withheld: withheld.finish(names.len()) }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.values {
            Values::Numeric(values) => values.len(),
            Values::Categorical { codes, .. } => codes.len(),
        }
    }

    /// The cell of `row`.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        if self.is_withheld(row) {
            return Cell::Withheld;
        }
        match &self.values {
            Values::Numeric(values) if values[row].is_nan() => Cell::Missing,
            Values::Numeric(values) => Cell::Number(values[row]),
            Values::Categorical { codes, .. } if codes[row] == MISSING => Cell::Missing,
            Values::Categorical { codes, levels } => Cell::Category(&levels[codes[row] as usize]),
        }
    }

    /// Whether the cell of `row` is withheld.
    #[must_use]
    pub fn is_withheld(&self, row: usize) -> bool {
        self.withheld.as_ref().is_some_and(|rows| rows[row])
    }

    /// The numbers, NaN where missing or withheld; None for a column of categories.
    #[must_use]
    pub fn numbers(&self) -> Option<&[f64]> {
        match &self.values {
            Values::Numeric(values) => Some(values),
            Values::Categorical { .. } => None,
        }
    }

    /// Codes and the names that they index, `u32::MAX` where missing or withheld; None for a
    /// column of numbers.
    #[must_use]
    pub fn categories(&self) -> Option<(&[u32], &[String])> {
        match &self.values {
            Values::Numeric(_) => None,
            Values::Categorical { codes, levels } => Some((codes, levels)),
        }
    }

    /// The column with only the given rows, in their order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = match &self.values {
            Values::Numeric(values) => Values::Numeric(rows.iter().map(|&row| values[row]).collect()),
            Values::Categorical { codes, levels } => Values::Categorical {
                codes: rows.iter().map(|&row| codes[row]).collect(),
                levels: levels.clone(),
            },
        };
        let withheld = self.withheld.as_ref().map(|mask| rows.iter().map(|&row| mask[row]).collect());
        Self { values, withheld }
    }

    /// The column with every cell withheld.
    #[must_use]
    pub fn withhold(&self) -> Self {
        let rows = self.rows();
        let values = match &self.values {
            Values::Numeric(_) => Values::Numeric(vec![f64::NAN; rows]),
            Values::Categorical { .. } => {
                Values::Categorical { codes: vec![MISSING; rows], levels: Vec::new() }
            }
        };
        Self { values, withheld: Some(vec![true; rows]) }
    }
}

/// The rows of a column that are withheld, as they are met.
#[derive(Default)]
struct Withheld(Vec<usize>);

impl Withheld {
    fn mark(&mut self, row: usize) {
        self.0.push(row);
    }

    fn finish(self, rows: usize) -> Option<Vec<bool>> {
        if self.0.is_empty() {
            return None;
        }
        let mut mask = vec![false; rows];
        for row in self.0 {
            mask[row] = true;
        }
        Some(mask)
    }
}

/// Rows x features: one column per feature of the schema, in schema order.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

/// Collects columns in schema order.
#[derive(Debug, Default)]
pub struct TableBuilder {
    columns: Vec<Column>,
}

impl TableBuilder {
    /// Adds the column of the next feature.
    pub fn push(&mut self, column: Column) {
        self.columns.push(column);
    }

    /// The table; None when columns differ in their number of rows.
    #[must_use]
    pub fn finish(self) -> Option<Table> {
        let rows = self.columns.first().map_or(0, Column::rows);
        let even = self.columns.iter().all(|column| column.rows() == rows);
        even.then_some(Table { columns: self.columns, rows })
    }
}

impl Table {
    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, one per feature of the schema.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.columns.len()
    }

    /// The column of `feature`.
    #[must_use]
    pub fn column(&self, feature: FeatureId) -> &Column {
        &self.columns[feature.index()]
    }

    /// Writes the cells of `row`, in schema order, over `cells`.
    pub fn read_row<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>) {
        cells.clear();
        cells.extend(self.columns.iter().map(|column| column.cell(row)));
    }

    /// The table with only the given rows, in their order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self { columns: self.columns.iter().map(|column| column.select(rows)).collect(), rows: rows.len() }
    }

    /// The table with the columns of `features` withheld throughout.
    #[must_use]
    pub fn withhold(&self, features: &[FeatureId]) -> Self {
        let mut table = self.clone();
        for feature in features {
            table.columns[feature.index()] = self.column(*feature).withhold();
        }
        table
    }
}

/// Rows with what became of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The features.
    pub table: Table,
    /// Whether the response happened, per row.
    pub outcome: Vec<bool>,
    /// The person of each row, numbered from 0: intervals, floors and bags go by person.
    pub person: Vec<u32>,
    /// The group within which candidates competed (person x campaign), numbered from 0.
    pub group: Vec<u32>,
    /// The moment of each row.
    pub at: Vec<Timestamp>,
    /// What each row counts for in training, finite and at least 0; None when all count alike.
    pub weight: Option<Vec<f64>>,
}

impl Dataset {
    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.table.rows()
    }

    /// The dataset with only the given rows, in their order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            table: self.table.select(rows),
            outcome: rows.iter().map(|&row| self.outcome[row]).collect(),
            person: rows.iter().map(|&row| self.person[row]).collect(),
            group: rows.iter().map(|&row| self.group[row]).collect(),
            at: rows.iter().map(|&row| self.at[row]).collect(),
            weight: self.weight.as_ref().map(|weight| rows.iter().map(|&row| weight[row]).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_withheld_are_told_apart() {
        let column = Column::numeric([Cell::Number(1.0), Cell::Missing, Cell::Withheld]);
        assert_eq!(column.cell(0), Cell::Number(1.0));
        assert_eq!(column.cell(1), Cell::Missing);
        assert_eq!(column.cell(2), Cell::Withheld);
        let column =
            Column::categorical([Cell::Category("b"), Cell::Withheld, Cell::Category("a"), Cell::Missing]);
        assert_eq!(column.categories().unwrap().1, ["a", "b"]);
        assert_eq!(column.cell(0), Cell::Category("b"));
        assert_eq!(column.cell(1), Cell::Withheld);
        assert_eq!(column.cell(3), Cell::Missing);
    }

    #[test]
    fn selected_rows_keep_their_cells() {
        let column = Column::categorical([Cell::Category("b"), Cell::Withheld, Cell::Category("a")]);
        let selected = column.select(&[2, 1]);
        assert_eq!(selected.cell(0), Cell::Category("a"));
        assert_eq!(selected.cell(1), Cell::Withheld);
    }
}
