//! Turns: every fold of the rows tests once what the others trained.

use std::path::Path;

use super::prepare::{Admitted, PrepareError, Prepared, admit};
use crate::data::{Bundle, Dataset, Folds, TrainTest};
use crate::domain::Response;

/// Rows in folds, each of which can be tested by what the others train.
#[derive(Debug)]
pub struct Turns {
    admitted: Admitted,
    /// The rows of each turn, counted among those admitted.
    sides: Vec<TrainTest>,
}

/// Reads the rows of `bundle` that the gate lets train, and their folds from `file`, which has a
/// fold for every row as loaded, admitted or not.
///
/// # Errors
/// When [`super::prepare()`] would fail, the file does not fit the data, or a turn leaves nothing to
/// train or test, or only one outcome.
pub fn prepare_folds(bundle: &Bundle, response: Response, file: &Path) -> Result<Turns, PrepareError> {
    let folds = Folds::load(file, bundle.impressions.rows())?;
    let admitted = admit(bundle, response)?;
    let sides = (0..folds.count()).map(|fold| {
        let sides = among(admitted.places.as_deref(), folds.rows(fold));
        match defect(&admitted.rows, &sides) {
            Some(rule) => Err(PrepareError::Fold { file: file.display().to_string(), fold, rule }),
            None => Ok(sides),
        }
    });
    Ok(Turns { sides: sides.collect::<Result<_, _>>()?, admitted })
}

impl Turns {
    /// How many turns there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.sides.len()
    }

    /// The rows of all folds.
    #[must_use]
    pub fn rows(&self) -> &Dataset {
        &self.admitted.rows
    }

    /// What is predicted, in words.
    #[must_use]
    pub fn outcome(&self) -> &str {
        self.admitted.outcome()
    }

    /// The turn in which `fold` tests; None when there is no such fold.
    #[must_use]
    pub fn turn(&self, fold: usize) -> Option<Prepared> {
        let sides = self.sides.get(fold)?;
        Some(self.admitted.part(sides, format!("fold {fold} of {}", self.count())))
    }

    /// All rows to train, and none to test.
    #[must_use]
    pub fn whole(&self) -> Prepared {
        let train = (0..self.rows().rows()).collect();
        self.admitted.part(&TrainTest { train, test: Vec::new() }, "none".to_owned())
    }
}

/// Those of `sides` that are in `places`, by where they are there; all of them without places.
fn among(places: Option<&[usize]>, sides: TrainTest) -> TrainTest {
    let Some(places) = places else { return sides };
    let among = |rows: &[usize]| rows.iter().filter_map(|row| places.binary_search(row).ok()).collect();
    TrainTest { train: among(&sides.train), test: among(&sides.test) }
}

/// Why a turn tells nothing, if it does.
fn defect(rows: &Dataset, sides: &TrainTest) -> Option<String> {
    [("train", &sides.train), ("test", &sides.test)].into_iter().find_map(|(side, numbers)| {
        let positives = numbers.iter().filter(|&&row| rows.outcome[row]).count();
        match positives {
            _ if numbers.is_empty() => Some(format!("no row to {side}")),
            0 => Some(format!("only rows of outcome false to {side}; both outcomes are needed")),
            n if n == numbers.len() => {
                Some(format!("only rows of outcome true to {side}; both outcomes are needed"))
            }
            _ => None,
        }
    })
}
