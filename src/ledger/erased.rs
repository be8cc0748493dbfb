//! The marks of people who were erased, in a file beside the keys: outside the store and its backups, so that a store
//! that is restored from before an erasure hears of it.
//!
//! A line is written before the store deletes anything. So an erasure that is cut off between the two is finished at
//! the next start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Mutex;

use super::keyring::{Keyring, KeyringError, unusable};
use crate::domain::{SubjectMark, TenantId, Timestamp};
use crate::sealing::{hex, unhex};

/// Name of the file, beside the keys.
pub const ERASED_FILE_NAME: &str = "erased.txt";

/// An erasure that was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedErasure {
    /// Whose data.
    pub tenant: TenantId,
    /// By what the person is known: the mark of the raw id, then those of the pseudonyms of that moment.
    pub marks: Vec<SubjectMark>,
    /// What happened until then is not to come back.
    pub erased_at: Timestamp,
}

/// Lines of one process follow each other.
static TURN: Mutex<()> = Mutex::new(());

impl Keyring {
    /// Notes durably that a person is erased.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_erasure(&self, noted: &NotedErasure) -> Result<(), KeyringError> {
        let Some(path) = self.erased_path() else { return Ok(()) };
        let _turn = TURN.lock();
        let NotedErasure { tenant, marks, erased_at } = noted;
        let marks = marks.iter().map(|mark| hex(mark.as_bytes()).to_string()).collect::<Vec<_>>().join(",");
        let line = format!("\n{tenant} {marks} {}\n", erased_at.micros());
        let append = || {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
            // In one write, and on a line of its own even if another one was cut off.
            file.write_all(line.as_bytes())?;
            file.sync_all()
        };
        append().map_err(|error: std::io::Error| unusable(&path, &error))
    }

    /// All that was noted. A line that is not whole was not acknowledged.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn noted_erasures(&self) -> Result<Vec<NotedErasure>, KeyringError> {
        let Some(path) = self.erased_path() else { return Ok(Vec::new()) };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().filter_map(read).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    fn erased_path(&self) -> Option<PathBuf> {
        self.path().map(|path| path.with_file_name(ERASED_FILE_NAME))
    }
}

fn read(line: &str) -> Option<NotedErasure> {
    let mut parts = line.split(' ');
    let tenant = TenantId::parse(parts.next()?).ok()?;
    let marks = parts.next()?.split(',');
    let marks = marks.map(|mark| unhex::<32>(mark).map(|mark| SubjectMark::from_bytes(*mark)));
    let marks = marks.collect::<Option<Vec<_>>>()?;
    let erased_at = Timestamp::from_micros(parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(NotedErasure { tenant, marks, erased_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_back_and_a_line_that_was_cut_off_is_none() {
        let place = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(place.path()).unwrap();
        assert_eq!(keyring.noted_erasures().unwrap(), []);
        let noted = |n: u8| NotedErasure {
            tenant: TenantId::parse("shop").unwrap(),
            marks: (1..=n).map(|n| SubjectMark::from_bytes([n; 32])).collect(),
            erased_at: Timestamp::from_micros(-5),
        };
        keyring.note_erasure(&noted(1)).unwrap();
        let path = place.path().join(ERASED_FILE_NAME);
        let cut = fs::read_to_string(&path).unwrap() + "shop 01";
        fs::write(&path, cut).unwrap();
        keyring.note_erasure(&noted(2)).unwrap();
        assert_eq!(keyring.noted_erasures().unwrap(), [noted(1), noted(2)]);
    }
}
