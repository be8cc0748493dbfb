//! Columns as they come from a file, and what they are read as.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::csv::Places;
use crate::data::{DataError, Place};
use crate::domain::Timestamp;

/// Columns of one file, as many rows each.
#[derive(Debug, Default)]
pub struct Records {
    file: PathBuf,
    names: Vec<String>,
    columns: Vec<RawColumn>,
    rows: usize,
    /// How many rows of the file come before them.
    first_row: usize,
    /// Where the rows begin; None for a file without lines.
    places: Option<Places>,
}

/// The values of one column, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub enum RawColumn {
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers; may hold NaN and infinities.
    Float(Vec<Option<f64>>),
    /// Yes or no.
    Bool(Vec<Option<bool>>),
    /// Moments.
    Time(Vec<Option<Timestamp>>),
    /// Text.
    Text(Text),
}

/// A column of text, each distinct value held once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The code of each row; [`Text::MISSING`] when there is no value.
    pub codes: Vec<u32>,
    /// The values, in the order in which they were met; codes index them.
    pub values: Vec<Box<str>>,
}

impl Text {
    /// The code of a row without a value.
    pub const MISSING: u32 = u32::MAX;

    /// The value of `row`.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get(self.codes[row] as usize).map(AsRef::as_ref)
    }

    /// The value that each row stands for, given what each distinct value stands for.
    pub fn spread<T: Copy>(&self, of_value: &[T]) -> Vec<Option<T>> {
        self.codes.iter().map(|&code| of_value.get(code as usize).copied()).collect()
    }
}

/// Collects a column of text.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    text: Text,
    code_of: HashMap<Box<str>, u32>,
}

impl TextBuilder {
    pub(super) fn push(&mut self, value: Option<&str>) {
        let code = value.map_or(Text::MISSING, |value| self.code(value));
        self.text.codes.push(code);
    }

    fn code(&mut self, value: &str) -> u32 {
        if let Some(&code) = self.code_of.get(value) {
            return code;
        }
        let code = u32::try_from(self.text.values.len()).unwrap_or(Text::MISSING);
        self.text.values.push(value.into());
        self.code_of.insert(value.into(), code);
        code
    }

    pub(super) fn finish(self) -> Text {
        self.text
    }
}

impl Records {
    pub(super) fn new(columns: Vec<RawColumn>, rows: usize, places: Option<Places>) -> Self {
        Self { columns, rows, places, ..Self::default() }
    }

    pub(super) fn named(mut self, file: &Path, names: &[&str]) -> Self {
        file.clone_into(&mut self.file);
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Says that these are not the first rows of their file.
    pub(super) const fn after(mut self, first_row: usize) -> Self {
        self.first_row = first_row;
        self
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows of the file come before them.
    #[must_use]
    pub const fn first_row(&self) -> usize {
        self.first_row
    }

    /// The file that the columns are of.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The column called `name` as the file has it; it must be among those that were read.
    ///
    /// # Errors
    /// When it is not.
    pub fn column(&self, name: &str) -> Result<&RawColumn, DataError> {
        let index = self.names.iter().position(|there| there == name);
        index.map(|index| &self.columns[index]).ok_or_else(|| DataError::NoColumn {
            file: self.file.display().to_string(),
            column: name.to_owned(),
            there: self.names.clone(),
        })
    }

    /// That the value of `row` in column `name` breaks `rule`.
    #[must_use]
    pub fn cell_error(&self, row: usize, name: &str, rule: impl Into<String>) -> DataError {
        let place = match &self.places {
            Some(places) => Place::Line(places.line(&self.file, row)),
            None => Place::Row((self.first_row + row) as u64 + 1),
        };
        DataError::Cell {
            file: self.file.display().to_string(),
            place,
            column: name.to_owned(),
            rule: rule.into(),
        }
    }

    /// The column as text: whole numbers and flags in their usual form.
    ///
    /// # Errors
    /// When there is no such column, or it holds fractions or moments.
    pub fn texts(&self, name: &str) -> Result<Cow<'_, Text>, DataError> {
        match self.column(name)? {
            RawColumn::Text(text) => Ok(Cow::Borrowed(text)),
            RawColumn::Int(values) => Ok(Cow::Owned(written(values))),
            RawColumn::Bool(values) => Ok(Cow::Owned(written(values))),
            RawColumn::Float(_) => Err(DataError::column(&self.file, name, "must be text, holds fractions")),
            RawColumn::Time(_) => Err(DataError::column(&self.file, name, "must be text, holds moments")),
        }
    }

    /// The column as finite numbers; NaN where there is no value.
    ///
    /// # Errors
    /// When there is no such column, or a value is not a finite number.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, DataError> {
        let not_finite = |row| self.cell_error(row, name, "must be a finite number");
        match self.column(name)? {
            RawColumn::Int(values) => Ok(values.iter().map(|v| v.map_or(f64::NAN, |v| v as f64)).collect()),
            RawColumn::Bool(values) => {
                Ok(values.iter().map(|v| v.map_or(f64::NAN, |v| f64::from(u8::from(v)))).collect())
            }
            RawColumn::Float(values) => {
                let finite = |(row, value): (usize, &Option<f64>)| match value {
                    None => Ok(f64::NAN),
                    Some(value) if value.is_finite() => Ok(*value),
                    Some(_) => Err(not_finite(row)),
                };
                values.iter().enumerate().map(finite).collect()
            }
            RawColumn::Text(text) => {
                let parsed = self.parse_each(text, name, "must be a finite number", |value| {
                    value.parse().ok().filter(|number: &f64| number.is_finite())
                })?;
                Ok(text.spread(&parsed).into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
            }
            RawColumn::Time(_) => Err(DataError::column(&self.file, name, "must be numbers, holds moments")),
        }
    }

    /// The column as whole numbers.
    ///
    /// # Errors
    /// When there is no such column, or a value is not a whole number.
    pub fn integers(&self, name: &str) -> Result<Vec<Option<i64>>, DataError> {
        match self.column(name)? {
            RawColumn::Int(values) => Ok(values.clone()),
            RawColumn::Text(text) => {
                let parsed = self.parse_each(text, name, "must be a whole number", |v| v.parse().ok())?;
                Ok(text.spread(&parsed))
            }
            RawColumn::Float(_) | RawColumn::Bool(_) | RawColumn::Time(_) => {
                Err(DataError::column(&self.file, name, "must be whole numbers"))
            }
        }
    }

    /// The column as yes or no: 1, true, yes or 0, false, no in any case; with `positive`, that value
    /// is yes and every other is no.
    ///
    /// # Errors
    /// When there is no such column, or a value is neither.
    pub fn flags(&self, name: &str, positive: Option<&str>) -> Result<Vec<Option<bool>>, DataError> {
        let column = self.column(name)?;
        if let (RawColumn::Bool(values), None) = (column, positive) {
            return Ok(values.clone());
        }
        let text = match column {
            // A column of 0.0 and 1.0 is what some writers make of flags with gaps.
            RawColumn::Float(values) => Cow::Owned(written(values)),
            RawColumn::Int(_) | RawColumn::Bool(_) | RawColumn::Time(_) | RawColumn::Text(_) => {
                self.texts(name)?
            }
        };
        let parsed = match positive {
            Some(positive) => text.values.iter().map(|value| **value == *positive).collect(),
            None => self.parse_each(&text, name, "must be 1, true, yes, 0, false or no", flag)?,
        };
        Ok(text.spread(&parsed))
    }

    /// The column as moments: moments of Parquet, dates or RFC 3339 text, or whole numbers as
    /// microseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// When there is no such column, or a value is no moment.
    pub fn times(&self, name: &str) -> Result<Vec<Option<Timestamp>>, DataError> {
        match self.column(name)? {
            RawColumn::Time(values) => Ok(values.clone()),
            RawColumn::Int(values) => Ok(values.iter().map(|v| v.map(Timestamp::from_micros)).collect()),
            RawColumn::Text(text) => {
                let rule = "must be a date (2017-09-04) or an RFC 3339 moment";
                let parsed = self.parse_each(text, name, rule, |v| Timestamp::parse(name, v).ok())?;
                Ok(text.spread(&parsed))
            }
            RawColumn::Float(_) | RawColumn::Bool(_) => {
                Err(DataError::column(&self.file, name, "must be moments"))
            }
        }
    }

    /// Every value of a column, none missing.
    ///
    /// # Errors
    /// When one is missing.
    pub fn complete<T>(&self, name: &str, values: Vec<Option<T>>) -> Result<Vec<T>, DataError> {
        let present = |(row, value): (usize, Option<T>)| {
            value.ok_or_else(|| self.cell_error(row, name, "must not be missing"))
        };
        values.into_iter().enumerate().map(present).collect()
    }

    /// What each distinct text stands for; the error names the first row of the first that fails.
    pub(crate) fn parse_each<T>(
        &self,
        text: &Text,
        name: &str,
        rule: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, DataError> {
        let mut parsed = Vec::with_capacity(text.values.len());
        for (value, code) in text.values.iter().zip(0..) {
            parsed.push(parse(value).ok_or_else(|| {
                let row = text.codes.iter().position(|&there| there == code);
                self.cell_error(row.unwrap_or_default(), name, rule)
            })?);
        }
        Ok(parsed)
    }
}

fn written<T: ToString>(values: &[Option<T>]) -> Text {
    let mut text = TextBuilder::default();
    for value in values {
        text.push(value.as_ref().map(ToString::to_string).as_deref());
    }
    text.finish()
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}
