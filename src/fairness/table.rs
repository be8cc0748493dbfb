//! The table of labels that is imported: a line for each person, a column for each attribute.

use std::collections::BTreeMap;
use std::io::Read;

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use super::{Attribute, LabelError};
use crate::domain::SubjectKey;

/// The column of raw ids.
const ID: &str = "id";

/// The labels of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// The person, as callers name them.
    pub raw_id: String,
    /// Of each attribute of the table the place of the value; None when the cell is empty.
    pub values: Vec<Option<u16>>,
}

/// A table that is whole and right.
#[derive(Clone)]
pub struct LabelTable {
    /// The attributes that the table has columns for.
    pub attributes: Vec<Attribute>,
    /// A row for each person.
    pub rows: Vec<LabelRow>,
}

impl LabelTable {
    /// Reads comma-separated values with a header: `id`, then names of declared attributes. An empty cell is no label.
    ///
    /// # Errors
    /// When a line breaks a rule: an attribute or value that is not declared, an empty or too long id, a person who is there twice
    /// with different values. The error names line and rule, and neither id nor value.
    pub fn read(mut from: impl Read, declared: &[Attribute]) -> Result<Self, LabelError> {
        let mut text = Vec::new();
        from.read_to_end(&mut text)
            .map_err(|error| LabelError::Line { line: 1, rule: format!("cannot be read: {error}") })?;
        let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(text.as_slice());
        let mut lines = Lines { text: &text, until: 0, line: 1 };
        let header = reader.headers().map_err(|error| unreadable(&error, &mut lines))?.clone();
        let attributes = columns(&header, declared)?;
        // By id: the line, and where the row is.
        let mut seen: BTreeMap<String, (u64, usize)> = BTreeMap::new();
        let mut rows: Vec<LabelRow> = Vec::new();
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| unreadable(&error, &mut lines))? {
            let line = lines.of(record.position());
            let row = read_row(&record, &attributes, line)?;
            match seen.get(&row.raw_id) {
                None => {
                    seen.insert(row.raw_id.clone(), (line, rows.len()));
                    rows.push(row);
                }
                Some((before, place)) if rows[*place] != row => {
                    let rule = format!("the person of line {before} again, with other values");
                    return Err(LabelError::Line { line, rule });
                }
                Some(_) => {}
            }
        }
        Ok(Self { attributes, rows })
    }
}

/// Which line a record begins on. Records come in order.
struct Lines<'t> {
    text: &'t [u8],
    until: usize,
    line: u64,
}

impl Lines<'_> {
    /// The position of a record is that of the empty lines before it.
    fn of(&mut self, position: Option<&Position>) -> u64 {
        let from = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.until);
        let rest = self.text.get(from..).unwrap_or_default();
        let begins = from + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.text.get(self.until..begins).unwrap_or_default();
        self.line += passed.split(|byte| *byte == b'\n').count().saturating_sub(1) as u64;
        self.until = self.until.max(begins);
        self.line
    }
}

fn columns(header: &StringRecord, declared: &[Attribute]) -> Result<Vec<Attribute>, LabelError> {
    let refuse = |rule: String| Err(LabelError::Line { line: 1, rule });
    if header.get(0) != Some(ID) {
        return refuse(format!("the first column must be called {ID}"));
    }
    let mut attributes: Vec<Attribute> = Vec::new();
    for (place, name) in header.iter().enumerate().skip(1) {
        let Some(attribute) = declared.iter().find(|attribute| attribute.name == name) else {
            return refuse(format!("column {} is no declared attribute", place + 1));
        };
        if attributes.contains(attribute) {
            return refuse(format!("column {} repeats an attribute", place + 1));
        }
        attributes.push(attribute.clone());
    }
    if attributes.is_empty() {
        refuse("there is no column of an attribute".to_owned())
    } else {
        Ok(attributes)
    }
}

fn read_row(record: &StringRecord, attributes: &[Attribute], line: u64) -> Result<LabelRow, LabelError> {
    let refuse = |rule: String| LabelError::Line { line, rule };
    if record.len() != attributes.len() + 1 {
        return Err(refuse(format!("must have {} cells, has {}", attributes.len() + 1, record.len())));
    }
    let raw_id = &record[0];
    if raw_id.is_empty() {
        return Err(refuse(format!("{ID}: must not be empty")));
    }
    if raw_id.len() > SubjectKey::RAW_BYTES_MAX {
        let rule = format!("{ID}: must be at most {} bytes, has {}", SubjectKey::RAW_BYTES_MAX, raw_id.len());
        return Err(refuse(rule));
    }
    let value = |(attribute, cell): (&Attribute, &str)| {
        if cell.is_empty() {
            return Ok(None);
        }
        let place = attribute.values.iter().position(|value| value == cell);
        let place = place.and_then(|place| u16::try_from(place).ok());
        place.map(Some).ok_or_else(|| refuse(format!("{}: is none of its declared values", attribute.name)))
    };
    let values = attributes.iter().zip(record.iter().skip(1)).map(value).collect::<Result<_, _>>()?;
    Ok(LabelRow { raw_id: raw_id.to_owned(), values })
}

fn unreadable(error: &csv::Error, lines: &mut Lines<'_>) -> LabelError {
    let rule = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
        _ => "is no line of comma-separated values".to_owned(),
    };
    LabelError::Line { line: lines.of(error.position()), rule }
}
