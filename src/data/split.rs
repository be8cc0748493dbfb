//! Which rows train and which test.

use std::path::Path;

use crate::domain::{FieldError, Timestamp};

use super::error::DataError;
use super::read::Source;
use super::schema::Split;
use super::table::Dataset;

/// Rows by use, each ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainTest {
    /// The rows to fit.
    pub train: Vec<usize>,
    /// The rows to judge by.
    pub test: Vec<usize>,
}

impl Split {
    /// Splits the rows of `data`. With a share, people go to one side with all their rows, chosen by
    /// a hash of their number under `seed`; a time or no split does not use the seed.
    #[must_use]
    pub fn rows(&self, data: &Dataset, seed: u64) -> TrainTest {
        match *self {
            Self::Time(before) => by_time(&data.at, before),
            Self::Share(share) => by_person(&data.person, share, seed),
            Self::All => TrainTest { train: (0..data.rows()).collect(), test: Vec::new() },
        }
    }
}

fn by_time(at: &[Timestamp], before: Timestamp) -> TrainTest {
    let (train, test) = (0..at.len()).partition(|&row| at[row] < before);
    TrainTest { train, test }
}

fn by_person(person: &[u32], share: f64, seed: u64) -> TrainTest {
    let (test, train) = (0..person.len()).partition(|&row| place(person[row], seed) < share);
    TrainTest { train, test }
}

/// A place from 0 to below 1 for each person, the same at every run.
fn place(person: u32, seed: u64) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&person.to_le_bytes());
    let mut bytes = [0; 4];
    hasher.finalize_xof().fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// A number of parts, each of which tests once what the others trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    fold: Vec<u32>,
    count: u32,
}

impl Folds {
    /// `count` folds of people, all rows of a person in one, chosen by a hash under `seed`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below `count`")]
    pub fn by_person(person: &[u32], count: u32, seed: u64) -> Self {
        let fold = |&person: &u32| (place(person, seed) * f64::from(count)) as u32;
        Self { fold: person.iter().map(fold).collect(), count }
    }

    /// Reads given folds: a column `fold` with a number from 0 for each row of the data, in order.
    ///
    /// # Errors
    /// When the file cannot be read, has another number of rows, or a fold is no such number.
    pub fn load(file: &Path, rows: usize) -> Result<Self, DataError> {
        let records = Source::open(file)?.read(&["fold"])?;
        if records.rows() != rows {
            let rule = format!("has {} rows, the data have {rows}", records.rows());
            return Err(DataError::column(file, "fold", rule));
        }
        let numbers = records.complete("fold", records.integers("fold")?)?;
        let fold = |(row, number): (usize, i64)| {
            let small = u32::try_from(number).ok().filter(|fold| *fold < 1000);
            small.ok_or_else(|| records.cell_error(row, "fold", "must be from 0 to 999"))
        };
        let fold = numbers.into_iter().enumerate().map(fold).collect::<Result<Vec<_>, _>>()?;
        let count = fold.iter().max().map_or(0, |last| last + 1);
        Ok(Self { fold, count })
    }

    /// How many folds there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The rows of one turn, in which `fold` tests.
    #[must_use]
    pub fn rows(&self, fold: u32) -> TrainTest {
        let (test, train) = (0..self.fold.len()).partition(|&row| self.fold[row] == fold);
        TrainTest { train, test }
    }
}

impl TrainTest {
    /// Refuses a split that leaves nothing to fit or nothing to judge by.
    ///
    /// # Errors
    /// Names the side that is empty.
    pub fn both_sides(self) -> Result<Self, FieldError> {
        if self.train.is_empty() {
            return Err(FieldError::new("split", "leaves no row to train"));
        }
        if self.test.is_empty() {
            return Err(FieldError::new("split", "leaves no row to test"));
        }
        Ok(self)
    }
}
