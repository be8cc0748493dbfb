//! Chooses among settings by the log loss on rows that were held out.

use rayon::prelude::*;

use super::fold::Folds;
use super::link::loss;
use super::{FitData, FitError, Model, Progress};
use crate::domain::FieldError;

/// What tuning found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned<P> {
    /// The settings of the lowest log loss; of equal ones the first.
    pub best: P,
    /// Mean log loss in nats a row on the held-out rows, in the order of the grid.
    pub log_losses: Vec<f64>,
}

/// Masks of held-out rows: each of `parts` holds out one group of people with all their rows.
#[must_use]
pub fn hold_out_people(data: &FitData<'_>, parts: u16, seed: u64) -> Vec<Vec<bool>> {
    let folds = Folds::deal(data.outcome, data.person, parts, seed);
    let mask = |part| data.person.iter().map(|&person| folds.leaves_out(part, person)).collect();
    (0..parts).map(mask).collect()
}

/// Fits each of `grid` without the rows that each of `masks` holds out (by person or by time), and
/// compares the log loss on those.
///
/// # Errors
/// When there is nothing to compare, or a fit fails.
pub fn tune<P: Clone + Sync>(
    data: &FitData<'_>,
    masks: &[Vec<bool>],
    grid: &[P],
    fit: impl Fn(&FitData<'_>, &P) -> Result<Model, FitError> + Sync,
    progress: &dyn Progress,
) -> Result<Tuned<P>, FitError> {
    check(data, masks, grid.len())?;
    let of = grid.len() * masks.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let losses: Vec<f64> = (0..of)
        .into_par_iter()
        .map(|i| {
            if progress.cancelled() {
                return Err(FitError::Cancelled);
            }
            let loss = held_out_loss(data, &masks[i % masks.len()], &grid[i / masks.len()], &fit)?;
            progress.step(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, of);
            Ok(loss)
        })
        .collect::<Result<_, FitError>>()?;
    let log_losses: Vec<f64> =
        losses.chunks(masks.len()).map(|losses| losses.iter().sum::<f64>() / masks.len() as f64).collect();
    let mut best = 0;
    for (i, &loss) in log_losses.iter().enumerate() {
        if loss < log_losses[best] {
            best = i;
        }
    }
    Ok(Tuned { best: grid[best].clone(), log_losses })
}

fn check(data: &FitData<'_>, masks: &[Vec<bool>], grid: usize) -> Result<(), FitError> {
    data.check()?;
    for (what, len) in [("grid", grid), ("masks", masks.len())] {
        if len == 0 {
            return Err(FieldError::new(what, "must not be empty").into());
        }
    }
    for (i, mask) in masks.iter().enumerate() {
        if mask.len() != data.rows() {
            return Err(FitError::Uneven { what: "a mask", rows: data.rows(), len: mask.len() });
        }
        if mask.iter().all(|&held_out| !held_out) {
            return Err(FieldError::new(format!("masks[{i}]"), "must hold out a row").into());
        }
    }
    Ok(())
}

fn held_out_loss<P>(
    data: &FitData<'_>,
    mask: &[bool],
    params: &P,
    fit: &impl Fn(&FitData<'_>, &P) -> Result<Model, FitError>,
) -> Result<f64, FitError> {
    let (held_out, kept): (Vec<usize>, Vec<usize>) = (0..data.rows()).partition(|&row| mask[row]);
    let table = data.table.select(&kept);
    let outcome: Vec<bool> = kept.iter().map(|&row| data.outcome[row]).collect();
    let person: Vec<u32> = kept.iter().map(|&row| data.person[row]).collect();
    let rest = FitData { table: &table, features: data.features, outcome: &outcome, person: &person };
    let model = fit(&rest, params)?;
    let scores = model.scores(&data.table.select(&held_out), &[]);
    let losses = scores.iter().zip(&held_out).map(|(score, &row)| loss(score.to_f64(), data.outcome[row]));
    Ok(losses.sum::<f64>() / held_out.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Table, TableBuilder};
    use crate::domain::{Cell, FeatureId};
    use crate::model::NoProgress;
    use crate::model::tree::{self, TreeParams, ValidTreeParams};

    /// 60 people of 4 rows each. x is the person: whoever learns it by heart knows nothing of others.
    fn by_heart() -> (Table, Vec<bool>, Vec<u32>) {
        let person: Vec<u32> = (0..240).map(|row| row / 4).collect();
        let mut builder = TableBuilder::default();
        builder.push(Column::numeric(person.iter().map(|&person| Cell::Number(f64::from(person * 37 % 60)))));
        let outcome = person.iter().map(|person| person % 3 == 0).collect();
        (builder.finish().unwrap(), outcome, person)
    }

    fn fit_tree(data: &FitData<'_>, params: &ValidTreeParams) -> Result<Model, FitError> {
        tree::fit(data, params, &NoProgress).map(Model::Tree)
    }

    fn grid() -> Vec<ValidTreeParams> {
        [1, 12]
            .map(|depth_max| {
                let eager = TreeParams {
                    rows_min: 4,
                    people_min: 1,
                    gain_min: 0.0,
                    shrink_rows: 0.1,
                    ..TreeParams::default()
                };
                TreeParams { depth_max, ..eager }.check().unwrap()
            })
            .to_vec()
    }

    #[test]
    fn what_is_learned_by_heart_does_not_win_on_people_held_out() {
        let (table, outcome, person) = by_heart();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        let masks = hold_out_people(&data, 4, 1);
        let tuned = tune(&data, &masks, &grid(), fit_tree, &NoProgress).unwrap();
        assert_eq!(tuned.best.depth_max, 1);
        assert!(tuned.log_losses[0] < tuned.log_losses[1]);
    }

    #[test]
    fn nobody_is_on_both_sides_of_a_mask() {
        let (table, outcome, person) = by_heart();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        let masks = hold_out_people(&data, 3, 7);
        assert_eq!(masks.len(), 3);
        for mask in &masks {
            assert!(mask.iter().any(|&held_out| held_out));
            assert!(mask.chunks(4).all(|rows| rows.iter().all(|&held_out| held_out == rows[0])));
        }
        assert!((0..240).all(|row| masks.iter().filter(|mask| mask[row]).count() <= 1));
    }

    #[test]
    fn there_must_be_something_to_compare() {
        let (table, outcome, person) = by_heart();
        let data = FitData { table: &table, features: &[FeatureId(0)], outcome: &outcome, person: &person };
        let error = |masks: &[Vec<bool>], grid: &[ValidTreeParams]| {
            tune(&data, masks, grid, fit_tree, &NoProgress).unwrap_err().to_string()
        };
        assert_eq!(error(&[vec![true; 240]], &[]), "grid: must not be empty");
        assert_eq!(error(&[], &grid()), "masks: must not be empty");
        assert_eq!(error(&[vec![false; 240]], &grid()), "masks[0]: must hold out a row");
        assert_eq!(error(&[vec![true; 3]], &grid()), "a mask has 3 entries for 240 rows");
        assert_eq!(error(&[vec![true; 240]], &grid()), "there are no rows to train on");
    }
}
