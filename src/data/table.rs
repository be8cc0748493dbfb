//! Typed columns, one per feature of the schema.

use std::borrow::Cow;
use std::sync::Arc;

use super::codes::Codes;
use super::scale::Scale;
use crate::domain::{Cell, FeatureId, Timestamp};

/// The values of one feature, one per row; a clone shares them.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    values: Values,
    /// Which rows are withheld; None when none is. A withheld cell's value is never stored.
    withheld: Option<Vec<bool>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// NaN is missing.
    Numeric(Arc<Vec<f64>>),
    /// Codes index `scale`; a row without one is missing.
    Coded { codes: Arc<Codes>, scale: Arc<Scale> },
    /// Codes index `levels`; a row without one is missing.
    Categorical { codes: Arc<Codes>, levels: Arc<Vec<String>> },
}

/// A column of which each distinct cell is held once.
#[derive(Debug)]
pub struct Coded<'a> {
    /// The code of each row; one beyond `cells` where missing or withheld.
    pub codes: &'a Arc<Codes>,
    /// The cell that each code stands for.
    pub cells: Vec<Cell<'a>>,
    /// The cuts between the numbers that the codes stand for; None for categories.
    pub cuts: Option<&'a [f64]>,
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
        Self { values: Values::Numeric(Arc::new(values)), withheld: withheld.finish(rows) }
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
        let code = |name: &str| levels.binary_search(&name).ok().and_then(|code| u32::try_from(code).ok());
        let codes = Codes::of(names.iter().map(|name| name.and_then(code)), levels.len());
        let levels = levels.iter().map(|&level| level.to_owned()).collect();
        Self { withheld: withheld.finish(names.len()), ..Self::coded_levels(codes, levels) }
    }

    /// A column of numbers by the intervals of `scale`.
    pub(super) fn coded_numbers(codes: Codes, scale: Scale) -> Self {
        Self { values: Values::Coded { codes: Arc::new(codes), scale: Arc::new(scale) }, withheld: None }
    }

    /// A column of categories; `levels` ascend.
    pub(super) fn coded_levels(codes: Codes, levels: Vec<String>) -> Self {
        let values = Values::Categorical { codes: Arc::new(codes), levels: Arc::new(levels) };
        Self { values, withheld: None }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.values {
            Values::Numeric(values) => values.len(),
            Values::Coded { codes, .. } | Values::Categorical { codes, .. } => codes.rows(),
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
            Values::Coded { codes, scale } => {
                scale.values.get(codes.at(row)).map_or(Cell::Missing, |&number| Cell::Number(number))
            }
            Values::Categorical { codes, levels } => {
                levels.get(codes.at(row)).map_or(Cell::Missing, |level| Cell::Category(level))
            }
        }
    }

    /// Whether the cell of `row` is withheld.
    #[must_use]
    pub fn is_withheld(&self, row: usize) -> bool {
        self.withheld.as_ref().is_some_and(|rows| rows[row])
    }

    /// Whether any row is withheld.
    #[must_use]
    pub const fn has_withheld(&self) -> bool {
        self.withheld.is_some()
    }

    /// Whether its numbers were rounded to some of the column.
    #[must_use]
    pub const fn is_rounded(&self) -> bool {
        matches!(self.values, Values::Coded { .. })
    }

    /// The numbers, NaN where missing or withheld; None for a column of categories.
    #[must_use]
    pub fn numbers(&self) -> Option<Cow<'_, [f64]>> {
        match &self.values {
            Values::Numeric(values) => Some(Cow::Borrowed(values)),
            Values::Coded { codes, scale } => {
                let number = |code| scale.values.get(code).copied().unwrap_or(f64::NAN);
                Some(codes.iter().map(number).collect())
            }
            Values::Categorical { .. } => None,
        }
    }

    /// The names of a column of categories, which its codes index; None for a column of numbers.
    #[must_use]
    pub fn categories(&self) -> Option<(&Codes, &[String])> {
        match &self.values {
            Values::Numeric(_) | Values::Coded { .. } => None,
            Values::Categorical { codes, levels } => Some((codes, levels)),
        }
    }

    /// Codes and the cells that they stand for; None when the column holds each number by itself.
    #[must_use]
    pub fn coded(&self) -> Option<Coded<'_>> {
        match &self.values {
            Values::Numeric(_) => None,
            Values::Coded { codes, scale } => Some(Coded {
                codes,
                cells: scale.values.iter().map(|&number| Cell::Number(number)).collect(),
                cuts: Some(&scale.cuts),
            }),
            Values::Categorical { codes, levels } => Some(Coded {
                codes,
                cells: levels.iter().map(|level| Cell::Category(level)).collect(),
                cuts: None,
            }),
        }
    }

    /// The column with only the given rows, in their order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = match &self.values {
            Values::Numeric(values) => {
                Values::Numeric(Arc::new(rows.iter().map(|&row| values[row]).collect()))
            }
            Values::Coded { codes, scale } => {
                Values::Coded { codes: Arc::new(codes.select(rows)), scale: scale.clone() }
            }
            Values::Categorical { codes, levels } => {
                Values::Categorical { codes: Arc::new(codes.select(rows)), levels: levels.clone() }
            }
        };
        let withheld = self.withheld.as_ref().map(|mask| rows.iter().map(|&row| mask[row]).collect());
        Self { values, withheld }
    }

    /// The column with every cell withheld.
    #[must_use]
    pub fn withhold(&self) -> Self {
        let rows = self.rows();
        let none = || Codes::of(std::iter::repeat_n(None, rows), 0);
        let column = match &self.values {
            Values::Numeric(_) => Self::numeric(std::iter::repeat_n(Cell::Missing, rows)),
            Values::Coded { .. } => Self::coded_numbers(none(), Scale::default()),
            Values::Categorical { .. } => Self::coded_levels(none(), Vec::new()),
        };
        Self { withheld: Some(vec![true; rows]), ..column }
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

    /// The rows of two sides. Each column is let go of as soon as it is parted.
    #[must_use]
    pub fn part(self, sides: [&[usize]; 2]) -> [Self; 2] {
        let mut parts = sides.map(|rows| Self { columns: Vec::new(), rows: rows.len() });
        for column in self.columns {
            for (part, rows) in parts.iter_mut().zip(sides) {
                part.columns.push(column.select(rows));
            }
        }
        parts
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
            outcome: chosen(&self.outcome, rows),
            person: chosen(&self.person, rows),
            group: chosen(&self.group, rows),
            at: chosen(&self.at, rows),
            weight: self.weight.as_ref().map(|weight| chosen(weight, rows)),
        }
    }

    /// The rows of two sides; no more than one column of the dataset is held twice at a time.
    #[must_use]
    pub fn part(self, sides: [&[usize]; 2]) -> [Self; 2] {
        let Self { table, outcome, person, group, at, weight } = self;
        let [table, other_table] = table.part(sides);
        let [outcome, other_outcome] = parted(outcome, sides);
        let [person, other_person] = parted(person, sides);
        let [group, other_group] = parted(group, sides);
        let [at, other_at] = parted(at, sides);
        let [weight, other_weight] = weight.map_or([None, None], |weight| parted(weight, sides).map(Some));
        let first = Self { table, outcome, person, group, at, weight };
        let second = Self {
            table: other_table,
            outcome: other_outcome,
            person: other_person,
            group: other_group,
            at: other_at,
            weight: other_weight,
        };
        [first, second]
    }
}

/// The values of the rows of two sides, instead of those of all.
fn parted<T: Copy>(values: Vec<T>, sides: [&[usize]; 2]) -> [Vec<T>; 2] {
    let parts = sides.map(|rows| chosen(&values, rows));
    drop(values);
    parts
}

fn chosen<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row]).collect()
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
