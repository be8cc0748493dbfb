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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::data::sample::{Shop, moment};
    use crate::domain::Response;

    fn dataset() -> Dataset {
        Shop::open().load().unwrap().dataset(Response::Click, &|_, _| true).unwrap()
    }

    fn people_of(rows: &[usize], person: &[u32]) -> BTreeSet<u32> {
        rows.iter().map(|&row| person[row]).collect()
    }

    #[test]
    fn rows_at_or_after_the_moment_test() {
        let data = dataset();
        let split = |when| Split::Time(moment(when)).rows(&data, 0);
        let expected = TrainTest { train: vec![0, 1, 2, 3], test: vec![4] };
        assert_eq!(split("2024-03-05"), expected);
        assert_eq!(split("2024-02-20T00:00:00.000001Z"), expected);
        assert_eq!(split("2024-02-20").test, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn without_a_split_every_row_trains() {
        let expected = TrainTest { train: vec![0, 1, 2, 3, 4], test: Vec::new() };
        assert_eq!(Split::All.rows(&dataset(), 0), expected);
    }

    #[test]
    fn a_share_of_the_people_tests_with_all_their_rows() {
        let person = (0..10_000).map(|row| row % 2_000).collect::<Vec<_>>();
        let split = by_person(&person, 0.2, 1);
        let (train, test) = (people_of(&split.train, &person), people_of(&split.test, &person));
        assert!(train.is_disjoint(&test));
        assert_eq!(split.train.len() + split.test.len(), 10_000);
        assert!((350..450).contains(&test.len()), "{} of 2,000 people", test.len());
        assert!(split.train.is_sorted() && split.test.is_sorted());
        assert_eq!(by_person(&person, 0.2, 1), split);
        assert_ne!(by_person(&person, 0.2, 2), split);
        // Who tests at a small share tests at a larger one.
        assert!(test.is_subset(&people_of(&by_person(&person, 0.5, 1).test, &person)));
    }

    #[test]
    fn each_fold_tests_once_and_people_stay_together() {
        let person = (0..1_000).map(|row| row / 3).collect::<Vec<_>>();
        let folds = Folds::by_person(&person, 5, 7);
        assert_eq!(folds.count(), 5);
        let mut tested = Vec::new();
        for fold in 0..5 {
            let TrainTest { train, test } = folds.rows(fold).both_sides().unwrap();
            assert!(people_of(&train, &person).is_disjoint(&people_of(&test, &person)));
            tested.extend(test);
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn given_folds_are_read_row_by_row() {
        let shop = Shop::open().with("folds.csv", "fold\n1\n0\n2\n1\n");
        let folds = Folds::load(&shop.path("folds.csv"), 4).unwrap();
        assert_eq!(folds.count(), 3);
        assert_eq!(folds.rows(1), TrainTest { train: vec![1, 2], test: vec![0, 3] });
    }

    #[test]
    fn what_is_wrong_with_given_folds_is_told_by_place() {
        for (text, said) in [
            ("fold\n1\n0\n", "column fold has 2 rows, the data have 3"),
            ("fold\n1\n0\n-1\n", "line 4, column fold must be from 0 to 999"),
            ("fold\n1\n0\n1000\n", "line 4, column fold must be from 0 to 999"),
            ("fold\n1\nx\n1\n", "line 3, column fold must be a whole number"),
            ("row,fold\n1,1\n2,\n3,1\n", "line 3, column fold must not be missing"),
            ("part\n1\n0\n1\n", "has no column fold; it has part"),
        ] {
            let shop = Shop::open().with("folds.csv", text);
            let error = Folds::load(&shop.path("folds.csv"), 3).unwrap_err().to_string();
            assert!(error.ends_with(&format!("folds.csv: {said}")), "{error}");
        }
    }

    #[test]
    fn a_split_that_leaves_a_side_empty_names_it() {
        let one_side =
            |train: Vec<usize>, test: Vec<usize>| TrainTest { train, test }.both_sides().unwrap_err();
        assert_eq!(one_side(vec![], vec![1]), FieldError::new("split", "leaves no row to train"));
        assert_eq!(one_side(vec![1], vec![]), FieldError::new("split", "leaves no row to test"));
        assert!(TrainTest { train: vec![0], test: vec![1] }.both_sides().is_ok());
    }
}
