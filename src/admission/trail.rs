//! The trail: what the privileged asked and what came of it, in a file that only grows.
//!
//! A line is an [`Entry`] as JSON and carries the BLAKE3 of the line before it, so that a line that is changed, dropped or
//! moved shows. Two lines are written for a call: one before it is carried out, one before its answer leaves, each
//! durable before the next step. The end of the file can be cut off without a trace in the file itself: the hash of the
//! last line ([`TrailState::head`]) is to be kept elsewhere now and then, and is looked for when the file is verified.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// The name of the file in the data folder.
const FILE_NAME: &str = "audit.log";

/// Longest line, in bytes: several times what an entry can come to.
const LINE_BYTES_MAX: u64 = 16 << 10;

/// The hash before the first line.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line. It holds nothing of a person: no request, no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Counted from 1.
    pub seq: u64,
    /// When, by the service's clock.
    pub at: String,
    /// The id of the key that signed the caller's token; empty where nobody has to be signed in.
    pub key: String,
    /// The id of the token.
    pub token: String,
    /// As what the caller asked; `operator` for a command on the data folder.
    pub role: String,
    /// The tenant of the token.
    pub tenant: String,
    /// The call.
    pub call: String,
    /// What for, as the caller stated it.
    pub purpose: String,
    /// `asked` before the call is carried out; then the name of its gRPC status, or of a command `OK` or `FAILED`.
    pub outcome: String,
    /// Of an outcome, the line that asked; else 0.
    pub asked: u64,
    /// The hash of the line before.
    pub before: String,
}

/// What became of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrailState {
    /// Each line carries the hash of the one before.
    Whole {
        /// How many lines.
        lines: u64,
        /// The hash of the last one.
        head: String,
    },
    /// It does not.
    Broken {
        /// The first line that does not fit.
        line: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// Why the trail could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct TrailError {
    path: PathBuf,
    error: io::Error,
}

/// The trail of a data folder. Several processes may write to it.
#[derive(Debug)]
pub struct Trail {
    path: PathBuf,
    file: Mutex<File>,
}

impl Trail {
    /// The trail of a folder; begun when there is none.
    ///
    /// # Errors
    /// When the file cannot be opened for its owner alone.
    pub fn open(folder: &Path) -> Result<Self, TrailError> {
        Self::with(folder, OpenOptions::new().read(true).append(true).create(true).mode(0o600))
    }

    /// The trail of a folder as it is, for reading: nothing can be appended.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn to_read(folder: &Path) -> Result<Self, TrailError> {
        Self::with(folder, OpenOptions::new().read(true))
    }

    fn with(folder: &Path, options: &OpenOptions) -> Result<Self, TrailError> {
        let path = folder.join(FILE_NAME);
        match options.open(&path) {
            Ok(file) => Ok(Self { path, file: Mutex::new(file) }),
            Err(error) => Err(TrailError { path, error }),
        }
    }

    /// Appends an entry, durably; its number. Number and hash of the line before are filled in.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&self, entry: Entry) -> Result<u64, TrailError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        self.told(append_locked(&mut file, entry))
    }

    /// All lines in their order, as long as each is one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, TrailError> {
        let mut entries = Vec::new();
        let walked = self.walk(|entry, _| entries.push(entry));
        self.told(walked).map(|_| entries)
    }

    /// Walks the file; whether the hash `expected` is that of a line of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn verify(&self, expected: Option<&str>) -> Result<(TrailState, bool), TrailError> {
        let mut found = expected.is_none_or(|expected| expected == NOTHING);
        let state = self.walk(|_, hash| found |= expected == Some(hash));
        self.told(state).map(|state| (state, found))
    }

    fn walk(&self, mut each: impl FnMut(Entry, &str)) -> io::Result<TrailState> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let (mut before, mut lines) = (NOTHING.to_owned(), 0);
        loop {
            let mut line = Vec::new();
            reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(TrailState::Whole { lines, head: before });
            }
            let broken = |fault| Ok(TrailState::Broken { line: lines + 1, fault });
            let Some(text) = line.strip_suffix(b"\n") else { return broken("does not end") };
            let Ok(entry) = serde_json::from_slice::<Entry>(text) else {
                return broken("is not of the form");
            };
            if entry.before != before {
                return broken("does not carry the hash of the line before");
            }
            if entry.seq != lines + 1 {
                return broken("has another number");
            }
            before = hash(text);
            lines += 1;
            each(entry, &before);
        }
    }

    fn told<T>(&self, result: io::Result<T>) -> Result<T, TrailError> {
        result.map_err(|error| TrailError { path: self.path.clone(), error })
    }
}

fn append_locked(file: &mut File, mut entry: Entry) -> io::Result<u64> {
    flock(&*file, FlockOperation::LockExclusive)?;
    let written = (|| {
        let last = last_line(file)?;
        let (seq, before) = match &last {
            None => (1, NOTHING.to_owned()),
            Some(line) => {
                let last: Entry = serde_json::from_slice(line)?;
                (last.seq + 1, hash(line))
            }
        };
        (entry.seq, entry.before) = (seq, before);
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_data()?;
        Ok(seq)
    })();
    flock(&*file, FlockOperation::Unlock)?;
    written
}

/// The last whole line. What a crash left after it was never acknowledged, and is cut off.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(2 * LINE_BYTES_MAX);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(2 * LINE_BYTES_MAX).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    if whole < tail.len() {
        file.set_len(from + whole as u64)?;
        tail.truncate(whole);
    }
    let Some(text) = tail.strip_suffix(b"\n") else { return Ok(None) };
    let begin = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    Ok(Some(text[begin..].to_vec()))
}

fn hash(line: &[u8]) -> String {
    blake3::hash(line).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn entry(call: &str) -> Entry {
        Entry {
            seq: 0,
            at: "2026-01-10T00:00:00Z".to_owned(),
            key: "k4.pid.a".to_owned(),
            token: "t-1".to_owned(),
            role: "admin".to_owned(),
            tenant: "shop".to_owned(),
            call: call.to_owned(),
            purpose: "a line\nthat breaks \"quotes\"".to_owned(),
            outcome: "asked".to_owned(),
            asked: 0,
            before: String::new(),
        }
    }

    fn filled(lines: usize) -> (tempfile::TempDir, Trail) {
        let folder = tempfile::tempdir().unwrap();
        let trail = Trail::open(folder.path()).unwrap();
        for n in 0..lines {
            assert_eq!(trail.append(entry(&format!("call-{n}"))).unwrap(), n as u64 + 1);
        }
        (folder, trail)
    }

    fn head(trail: &Trail) -> String {
        match trail.verify(None).unwrap().0 {
            TrailState::Whole { head, .. } => head,
            broken @ TrailState::Broken { .. } => panic!("{broken:?}"),
        }
    }

    #[test]
    fn lines_are_kept_in_their_order_and_across_processes() {
        let (folder, one) = filled(2);
        let other = Trail::open(folder.path()).unwrap();
        assert_eq!(other.append(entry("call-2")).unwrap(), 3);
        assert_eq!(one.append(entry("call-3")).unwrap(), 4);
        let calls = one.entries().unwrap().into_iter().map(|entry| entry.call).collect::<Vec<_>>();
        assert_eq!(calls, ["call-0", "call-1", "call-2", "call-3"]);
        assert!(matches!(one.verify(None).unwrap().0, TrailState::Whole { lines: 4, .. }));
    }

    #[test]
    fn a_line_that_is_changed_dropped_inserted_or_moved_shows() {
        let (folder, trail) = filled(5);
        let path = folder.path().join(FILE_NAME);
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().collect::<Vec<_>>();
        let changed = lines[1].replace("admin", "audit");
        let told = [
            [lines[0], &changed, lines[2], lines[3], lines[4]].to_vec(),
            [lines[0], lines[2], lines[3], lines[4]].to_vec(),
            [lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]].to_vec(),
            [lines[0], lines[2], lines[1], lines[3], lines[4]].to_vec(),
            lines[1..].to_vec(),
        ];
        for lines in told {
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            assert!(matches!(trail.verify(None).unwrap().0, TrailState::Broken { line: 1..=3, .. }));
        }
        fs::write(&path, text).unwrap();
        assert!(matches!(trail.verify(None).unwrap().0, TrailState::Whole { lines: 5, .. }));
    }

    #[test]
    fn an_end_that_is_cut_off_shows_to_whoever_kept_its_hash() {
        let (folder, trail) = filled(3);
        let kept = head(&trail);
        trail.append(entry("later")).unwrap();
        assert!(trail.verify(Some(&kept)).unwrap().1, "it grew since");
        let path = folder.path().join(FILE_NAME);
        let text = fs::read_to_string(&path).unwrap();
        let cut = text.lines().take(2).collect::<Vec<_>>().join("\n") + "\n";
        fs::write(&path, cut).unwrap();
        let (state, found) = trail.verify(Some(&kept)).unwrap();
        assert!(matches!(state, TrailState::Whole { lines: 2, .. }) && !found);
    }

    #[test]
    fn what_a_crash_left_of_a_line_is_cut_off_by_the_next() {
        let (folder, trail) = filled(2);
        let path = folder.path().join(FILE_NAME);
        let text = fs::read_to_string(&path).unwrap();
        for left in ["{", &text[..text.len() / 2 - 3]] {
            fs::write(&path, format!("{text}{left}")).unwrap();
            assert!(matches!(trail.verify(None).unwrap().0, TrailState::Broken { line: 3, .. }));
            assert_eq!(trail.append(entry("next")).unwrap(), 3);
            assert!(matches!(trail.verify(None).unwrap().0, TrailState::Whole { lines: 3, .. }));
        }
        // A file of nothing but such a rest.
        fs::write(&path, "{\"seq\":").unwrap();
        assert_eq!(trail.append(entry("first")).unwrap(), 1);
    }

    #[test]
    fn whoever_reads_begins_no_trail_and_appends_to_none() {
        let folder = tempfile::tempdir().unwrap();
        let error = Trail::to_read(folder.path()).unwrap_err().to_string();
        assert!(error.contains(FILE_NAME), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let (folder, _trail) = filled(2);
        let trail = Trail::to_read(folder.path()).unwrap();
        assert_eq!(trail.entries().unwrap().len(), 2);
        assert!(trail.append(entry("third")).is_err());
    }

    #[test]
    fn nobody_but_its_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, _trail) = filled(1);
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
