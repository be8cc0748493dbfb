//! What was erased of the labels, in a file beside their keys: outside the store and its copies, so that a copy that is put back hears of it.
//!
//! A line is written before the store deletes anything, and the store knows how much of the file it followed. So an erasure that was cut off,
//! and each that is later than a copy, is done when the store is opened next.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::LabelError;
use super::keys::unusable;
use crate::domain::Timestamp;
use crate::sealing::{hex, unhex};

/// Name of the file, beside the keys of the labels.
pub const LABEL_ERASED_FILE_NAME: &str = "erased-labels.txt";

/// What was erased. Of what was collected until then nothing is to come back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// A person: the key of the names of their rows, their mark, and when.
    Person { key: [u8; 32], mark: [u8; 32], at: Timestamp },
    /// An attribute: its mark, and when.
    Attribute { mark: [u8; 32], at: Timestamp },
}

/// The file of a folder. Only one process writes at a time: whoever has begun to change the store.
pub(super) struct Notes(PathBuf);

impl Notes {
    pub(super) fn of(folder: &Path) -> Self {
        Self(folder.join(LABEL_ERASED_FILE_NAME))
    }

    /// Notes something durably; how long the file is then.
    pub(super) fn append(&self, noted: &Noted) -> Result<u64, LabelError> {
        // A line that was cut off was not acknowledged.
        let whole = whole_lines(&self.bytes()?).len() as u64;
        let append = || {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0)?;
            file.set_len(whole)?;
            let line = written(noted);
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            Ok(whole + line.len() as u64)
        };
        append().map_err(|error: std::io::Error| unusable(&self.0, &error))
    }

    /// What was noted after the first bytes, and how long the file is without a line that was cut off.
    pub(super) fn after(&self, bytes: u64) -> Result<(Vec<Noted>, u64), LabelError> {
        let text = self.bytes()?;
        let lines = whole_lines(&text);
        let new = usize::try_from(bytes).ok().and_then(|bytes| lines.get(bytes..));
        let new = new.ok_or_else(|| LabelError::NotesMissing { path: self.0.clone() })?;
        let damaged = || LabelError::Damaged {
            path: self.0.clone(),
            what: "a line is not as it was written".to_owned(),
        };
        let new = std::str::from_utf8(new).map_err(|_| damaged())?;
        let noted = new.lines().map(|line| read(line).ok_or_else(damaged)).collect::<Result<_, _>>()?;
        Ok((noted, lines.len() as u64))
    }

    fn bytes(&self) -> Result<Vec<u8>, LabelError> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(unusable(&self.0, &error)),
        }
    }
}

fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &bytes[..end]
}

fn written(noted: &Noted) -> String {
    match noted {
        Noted::Person { key, mark, at } => format!("person {} {} {}\n", &*hex(key), &*hex(mark), at.micros()),
        Noted::Attribute { mark, at } => format!("attribute {} {}\n", &*hex(mark), at.micros()),
    }
}

fn read(line: &str) -> Option<Noted> {
    let digest = |text: &str| unhex::<32>(text).map(|bytes| *bytes);
    let moment = |text: &str| text.parse().ok().map(Timestamp::from_micros);
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["person", key, mark, at] => {
            Some(Noted::Person { key: digest(key)?, mark: digest(mark)?, at: moment(at)? })
        }
        ["attribute", mark, at] => Some(Noted::Attribute { mark: digest(mark)?, at: moment(at)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_back_from_any_line_on_and_a_line_that_was_cut_off_is_none() {
        let place = tempfile::tempdir().unwrap();
        let notes = Notes::of(place.path());
        assert_eq!(notes.after(0), Ok((Vec::new(), 0)));
        let person = || Noted::Person { key: [1; 32], mark: [2; 32], at: Timestamp::from_micros(-5) };
        let attribute = || Noted::Attribute { mark: [3; 32], at: Timestamp::from_micros(7) };
        let first = notes.append(&person()).unwrap();
        let second = notes.append(&attribute()).unwrap();
        assert_eq!(notes.after(0), Ok((vec![person(), attribute()], second)));
        assert_eq!(notes.after(first), Ok((vec![attribute()], second)));
        assert_eq!(notes.after(second), Ok((Vec::new(), second)));

        let path = place.path().join(LABEL_ERASED_FILE_NAME);
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - 3]).unwrap();
        assert_eq!(notes.after(0), Ok((vec![person()], first)));
        assert_eq!(notes.after(second), Err(LabelError::NotesMissing { path: path.clone() }));
        assert_eq!(notes.append(&attribute()), Ok(second));
        assert_eq!(fs::read(&path).unwrap(), text);
        for damaged in ["person 00 00 1\n", "nobody\n", "\n", "person \u{e9}\n"] {
            fs::write(&path, damaged).unwrap();
            assert!(matches!(notes.after(0), Err(LabelError::Damaged { .. })), "{damaged}");
        }
    }
}
