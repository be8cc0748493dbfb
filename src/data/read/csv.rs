//! Comma-separated values: a header, then lines of as many fields.
//!
//! Fields may be quoted; spaces around a field do not count; an empty field, `?` and `NA` are
//! missing values.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ::csv::{ErrorKind, Position, Reader, ReaderBuilder, StringRecord, Trim};
use flate2::read::MultiGzDecoder;

use super::CHUNK;
use super::records::{RawColumn, Records, TextBuilder};
use crate::data::DataError;

/// The names of the columns.
pub(super) fn names(file: &Path, gzip: bool) -> Result<Vec<String>, DataError> {
    let mut reader = reader(file, gzip)?;
    let header = reader.headers().map_err(|error| explain(file, gzip, &error))?;
    if header.is_empty() {
        return Err(DataError::Empty { file: file.display().to_string() });
    }
    Ok(header.iter().map(str::to_owned).collect())
}

/// The columns of the given indices, as text.
pub(super) fn read(file: &Path, gzip: bool, indices: &[usize]) -> Result<Records, DataError> {
    let mut reader = reader(file, gzip)?;
    let rows = read_rows(&mut reader, usize::MAX, gzip, indices);
    rows.map_err(|error| explain(file, gzip, &error))
}

/// The same, some rows at a time.
pub(super) fn read_in_chunks(
    file: &Path,
    gzip: bool,
    indices: &[usize],
    take: &mut dyn FnMut(Records) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut reader = reader(file, gzip)?;
    let mut first = 0;
    loop {
        let rows = read_rows(&mut reader, CHUNK, gzip, indices);
        let rows = rows.map_err(|error| explain(file, gzip, &error))?;
        let read = rows.rows();
        if read == 0 {
            return Ok(());
        }
        take(rows.after(first))?;
        first += read;
    }
}

/// The next rows, `rows_max` at most.
fn read_rows(
    reader: &mut Reader<Box<dyn Read>>,
    rows_max: usize,
    gzip: bool,
    indices: &[usize],
) -> Result<Records, ::csv::Error> {
    let mut columns = indices.iter().map(|_| TextBuilder::default()).collect::<Vec<_>>();
    let mut places = Vec::new();
    let mut record = StringRecord::new();
    while places.len() < rows_max && reader.read_record(&mut record)? {
        places.push(record.position().map_or(0, Position::byte));
        for (column, &index) in columns.iter_mut().zip(indices) {
            column.push(record.get(index).filter(|field| !matches!(*field, "" | "?" | "NA")));
        }
    }
    let columns = columns.into_iter().map(|column| RawColumn::Text(column.finish())).collect();
    Ok(Records::new(columns, places.len(), Some(Places { bytes: places, gzip })))
}

/// Where the rows of a file begin, in bytes of its text.
#[derive(Debug)]
pub(super) struct Places {
    bytes: Vec<u64>,
    gzip: bool,
}

impl Places {
    /// The line on which `row` begins, as an editor shows it.
    pub(super) fn line(&self, file: &Path, row: usize) -> u64 {
        line(file, self.gzip, self.bytes[row])
    }
}

/// The line of the first text at or after a byte. The reader's own count stays behind after empty
/// lines and after line ends of two bytes, so the file is read again: only to tell of an error.
fn line(file: &Path, gzip: bool, byte: u64) -> u64 {
    let Ok(text) = open(file, gzip) else { return 0 };
    let mut line = 1;
    for (at, letter) in (0..).zip(BufReader::new(text).bytes().map_while(Result::ok)) {
        match letter {
            b'\n' => line += 1,
            b'\r' => {}
            _ if at >= byte => break,
            _ => {}
        }
    }
    line
}

fn open(file: &Path, gzip: bool) -> Result<Box<dyn Read>, DataError> {
    let bytes = BufReader::new(File::open(file).map_err(|error| DataError::unreadable(file, error))?);
    Ok(if gzip { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) })
}

fn reader(file: &Path, gzip: bool) -> Result<Reader<Box<dyn Read>>, DataError> {
    Ok(ReaderBuilder::new().trim(Trim::All).from_reader(open(file, gzip)?))
}

fn explain(file: &Path, gzip: bool, error: &::csv::Error) -> DataError {
    let line = |place: &Option<Position>| line(file, gzip, place.as_ref().map_or(0, Position::byte));
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::UnevenLine {
            file: file.display().to_string(),
            line: line(pos),
            has: *len,
            header: *expected_len,
        },
        ErrorKind::Utf8 { pos, .. } => DataError::damaged(file, format!("line {} is not UTF-8", line(pos))),
        _ => DataError::damaged(file, error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, gzip, read};
    use super::super::{Records, Source};
    use super::*;

    const PLAIN: &str = "name,note, amount\n\
         tea,\"black, \"\"strong\"\"\", 1.5 \n\
         ?,\"two\nlines\",NA\n\
         \"\",plain,-2e3\n";

    fn texts(records: &Records, column: &str) -> Vec<Option<String>> {
        let text = records.texts(column).unwrap();
        (0..records.rows()).map(|row| text.get(row).map(str::to_owned)).collect()
    }

    fn assert_is_plain(records: &Records) {
        assert_eq!(records.rows(), 3);
        assert_eq!(texts(records, "name"), [Some("tea".to_owned()), None, None]);
        let notes = ["black, \"strong\"", "two\nlines", "plain"];
        assert_eq!(texts(records, "note"), notes.map(|note| Some(note.to_owned())));
        let amounts = records.numbers("amount").unwrap();
        assert_eq!((amounts[0], amounts[2]), (1.5, -2000.0));
        assert!(amounts[1].is_nan());
    }

    #[test]
    fn quotes_spaces_and_missing_values_are_read_plain_and_packed() {
        let (_dir, path) = file("rows.csv", PLAIN);
        assert_is_plain(&read(&path).unwrap());
        let (_dir, path) = file("rows.csv.gz", gzip(PLAIN));
        assert_is_plain(&read(&path).unwrap());
        // Packed files may be put one after the other.
        let (first, second) = PLAIN.split_at(30);
        let (_dir, path) = file("rows.csv.gz", [gzip(first), gzip(second)].concat());
        assert_is_plain(&read(&path).unwrap());
    }

    #[test]
    fn the_marks_of_other_systems_are_understood() {
        let text = format!("\u{feff}{}", PLAIN.replace("two\nlines", "two lines").replace('\n', "\r\n"));
        let (_dir, path) = file("rows.csv", text);
        assert_eq!(Source::open(&path).unwrap().names(), ["name", "note", "amount"]);
        assert_eq!(read(&path).unwrap().rows(), 3);
    }

    #[test]
    fn a_header_alone_is_a_file_of_no_rows() {
        let (_dir, path) = file("rows.csv", "a,b\n");
        assert_eq!(read(&path).unwrap().rows(), 0);
    }

    #[test]
    fn a_line_with_fewer_or_more_fields_is_named_with_its_count() {
        for (line, has) in [("3", 1), ("3,4,5", 3)] {
            for end in ["\n", "\r\n"] {
                // The value that goes over two lines counts, and so do the empty lines.
                let text = format!("a,b\n\n1,\"x\ny\"\n\n{line}\n5,6\n").replace('\n', end);
                let plain = file("rows.csv", &text);
                let packed = file("rows.csv.gz", gzip(&text));
                for (_dir, path) in [plain, packed] {
                    let error = read(&path).unwrap_err();
                    let DataError::UnevenLine { line, has: told, header, .. } = &error else {
                        panic!("{error}")
                    };
                    assert_eq!((*line, *told, *header), (6, has, 2), "{end:?}");
                    let said = format!(": line 6 has {has} fields, the header has 2");
                    assert!(error.to_string().ends_with(&said), "{error}");
                }
            }
        }
    }

    #[test]
    fn the_line_of_a_value_is_the_one_an_editor_shows() {
        for end in ["\n", "\r\n"] {
            let text = "a,b\n\n1,\"x\ny\"\n2,z\n\nwrong,z\n".replace('\n', end);
            let (_dir, path) = file("rows.csv", text);
            let error = read(&path).unwrap().numbers("a").unwrap_err();
            assert!(error.to_string().contains("line 7, column a"), "{end:?}: {error}");
        }
    }

    #[test]
    fn a_column_that_appears_twice_is_refused() {
        let (_dir, path) = file("rows.csv", "a,b,a\n1,2,3\n");
        let error = Source::open(&path).unwrap_err();
        assert!(matches!(&error, DataError::Column { column, .. } if column == "a"));
        assert!(error.to_string().ends_with("column a appears twice"), "{error}");
    }

    #[test]
    fn a_packed_file_that_was_cut_anywhere_is_damaged() {
        let whole = gzip(PLAIN);
        for length in 1..whole.len() {
            let (_dir, path) = file("rows.csv.gz", &whole[..length]);
            let error = read(&path).unwrap_err();
            assert!(
                matches!(&error, DataError::Damaged { file, .. } if file.ends_with("rows.csv.gz")),
                "cut to {length} of {} bytes: {error}",
                whole.len()
            );
        }
        let (_dir, path) = file("rows.csv.gz", PLAIN);
        assert!(matches!(Source::open(&path), Err(DataError::Damaged { .. })));
    }

    #[test]
    fn text_that_is_not_utf_8_is_named_by_line() {
        for (bytes, line) in [(b"a\xff,b\n1,2\n".as_slice(), 1), (b"a,b\n1,2\n3,\xc3\x28\n".as_slice(), 3)] {
            let (_dir, path) = file("rows.csv", bytes);
            let error = read(&path).unwrap_err();
            assert!(matches!(error, DataError::Damaged { .. }), "{error}");
            assert!(error.to_string().ends_with(&format!("line {line} is not UTF-8")), "{error}");
        }
    }
}
