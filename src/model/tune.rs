//! Chooses among settings by the log loss on rows that were held out.

use rayon::prelude::*;

use super::fold::Folds;
use super::{FitData, FitError, Model, Progress};
use crate::domain::{FieldError, Nats};

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
    let mut cells = Vec::new();
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    let mut sum = 0.0;
    for &row in &held_out {
        data.table.read_row(row, &mut cells);
        model.attribute(&cells, &mut contributions);
        let score = model.intercept() + contributions.iter().copied().sum();
        sum += log_loss(score, data.outcome[row]);
    }
    Ok(sum / held_out.len() as f64)
}

/// -ln of the probability that `score` gave to what happened: ln(1 + e^-m), m being the score on the
/// side of what happened.
fn log_loss(score: Nats, happened: bool) -> f64 {
    let margin = if happened { score.to_f64() } else { -score.to_f64() };
    libm::log1p(libm::exp(-margin.abs())) + (-margin).max(0.0)
}
