//! Heads and seals as lines of JSON: the witness file, which lies outside the store, and exports.
//!
//! Whoever could cut the newest rows off the store could cut off the heads that are kept in it, too. So each is also
//! written to a file elsewhere, which is only ever added to.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{FieldError, Timestamp};
use crate::sealing::{hex, unhex};
use crate::store::{ChainId, Head, Seal};

/// A file to which heads and seals are added.
#[derive(Clone, Debug)]
pub struct Witness {
    path: PathBuf,
}

/// What a line of a witness file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witnessed {
    /// A chain was that long, at least.
    Head(Head),
    /// A chain was sealed.
    Seal(Seal),
}

/// What can be wrong with a witness file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// It cannot be read or written.
    #[error("cannot read or write {}: {cause}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why, in the words of the operating system.
        cause: String,
    },
    /// A line is not as it was written.
    #[error("{} line {line}: {error}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The field at fault and its rule.
        error: FieldError,
    },
}

/// A signed head as it is written; with `ordinal` and `previous` it is a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    ordinal: Option<u64>,
    day: String,
    writer: u16,
    length: u32,
    root: String,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    key: String,
    signature: String,
}

impl Witness {
    /// The file at `path`, which is made when it is missing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: &Path) -> Result<Self, WitnessError> {
        let witness = Self { path: path.to_owned() };
        witness.append("").map(|()| witness)
    }

    /// Adds what was signed; it is durable when this returns.
    pub(super) async fn add(&self, said: &Witnessed) -> Result<(), WitnessError> {
        let line = serde_json::to_string(&Line::from(said)).map_err(|error| self.unusable(&error))?;
        let witness = self.clone();
        let added = tokio::task::spawn_blocking(move || witness.append(&format!("{line}\n"))).await;
        added.map_err(|error| self.unusable(&error))?
    }

    /// What a file says, in its order.
    ///
    /// # Errors
    /// When it cannot be read, or a line is not as it was written.
    pub fn read(path: &Path) -> Result<Vec<Witnessed>, WitnessError> {
        let witness = Self { path: path.to_owned() };
        let text = fs::read_to_string(path).map_err(|error| witness.unusable(&error))?;
        let mut said = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let read = serde_json::from_str::<Line>(text)
                .map_err(|_| FieldError::new("head", "must be one line of JSON as it was written"));
            let read = read.and_then(|line| Witnessed::try_from(&line));
            said.push(read.map_err(|error| WitnessError::Line { path: path.to_owned(), line, error })?);
        }
        Ok(said)
    }

    fn append(&self, text: &str) -> Result<(), WitnessError> {
        // One write of one line, at the end whoever else writes.
        let written =
            OpenOptions::new().create(true).append(true).mode(0o644).open(&self.path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_data()
            });
        written.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &impl ToString) -> WitnessError {
        WitnessError::Unusable { path: self.path.clone(), cause: error.to_string() }
    }
}

impl Witnessed {
    /// The head.
    #[must_use]
    pub const fn head(&self) -> &Head {
        match self {
            Self::Head(head) => head,
            Self::Seal(seal) => &seal.head,
        }
    }
}

impl From<&Witnessed> for Line {
    fn from(said: &Witnessed) -> Self {
        let head = said.head();
        let (ordinal, previous) = match said {
            Witnessed::Head(_) => (None, None),
            Witnessed::Seal(seal) => (Some(seal.ordinal), Some(hex(&seal.previous).to_string())),
        };
        Self {
            ordinal,
            day: head.chain.day().to_string(),
            writer: head.chain.writer(),
            length: head.length,
            root: hex(&head.root).to_string(),
            at: head.at.to_string(),
            previous,
            key: head.key.clone(),
            signature: hex(&head.signature).to_string(),
        }
    }
}

impl TryFrom<&Line> for Witnessed {
    type Error = FieldError;

    fn try_from(line: &Line) -> Result<Self, FieldError> {
        let day = Timestamp::parse("day", &line.day)?.day();
        let chain = ChainId::new(day, line.writer)
            .ok_or_else(|| FieldError::new("writer", "must be one that a log can hold"))?;
        let head = Head {
            chain,
            length: line.length,
            root: digits("root", &line.root)?,
            at: Timestamp::parse("at", &line.at)?,
            key: line.key.clone(),
            signature: digits("signature", &line.signature)?,
        };
        match (line.ordinal, &line.previous) {
            (None, None) => Ok(Self::Head(head)),
            (Some(ordinal), Some(previous)) => {
                Ok(Self::Seal(Seal { ordinal, head, previous: digits("previous", previous)?, expiry: None }))
            }
            _ => Err(FieldError::new("ordinal", "must be given with previous, and only then")),
        }
    }
}

/// The bytes of hexadecimal digits.
pub(super) fn digits<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], FieldError> {
    let bytes = unhex::<N>(text).map(|bytes| *bytes);
    bytes.ok_or_else(|| FieldError::new(field, format!("must be {} hexadecimal digits", 2 * N)))
}
