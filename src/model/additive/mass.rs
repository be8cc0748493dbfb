//! Mass that moves between tables while no score changes by a unit: from pairs to their features, from
//! features to the intercept; and bins that are split so that tables can be added.
//!
//! The last step of every import, merge and edit (Lengerich et al. 2020 for pairs). A fit has its own:
//! there a bin of too few people stays at 0; here every value keeps the score that it had.

use std::collections::BTreeSet;

use super::purify::purify;
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{Cell, FieldError, Nats};
use crate::model::Bins;

impl AdditiveModel {
    /// The same function with every pair purified and every table centred: for a row of which nothing
    /// is withheld the score is the same to the unit.
    ///
    /// # Errors
    /// When splitting bins gives more of them than a table may have.
    pub fn purified(self) -> Result<Self, FieldError> {
        let Self { mut intercept, mut shapes, mut pairs, .. } = self;
        for pair in &mut pairs {
            let moved = purify_exactly(pair);
            for (side, moved) in moved.iter().enumerate() {
                let shape = shapes.iter_mut().find(|shape| shape.feature == pair.features[side]);
                if let Some(shape) = shape {
                    shape.absorb(&pair.bins[side], moved)?;
                }
            }
        }
        for shape in &mut shapes {
            intercept += shape.take_mean();
        }
        Self::new(intercept, shapes, pairs)
    }
}

impl ShapeFunction {
    /// Adds `moved`, one entry a bin of `bins`, to the scores; bins are split where `bins` has a
    /// boundary that the shape lacks.
    pub(super) fn absorb(&mut self, bins: &Bins, moved: &[Nats]) -> Result<(), FieldError> {
        if moved.iter().all(|&moved| moved == Nats::ZERO) {
            return Ok(());
        }
        let joined = union(&[&self.bins, bins])?;
        if joined != self.bins {
            let places = places(&joined, &self.bins);
            self.scores = places.iter().map(|&bin| self.scores[bin]).collect();
            self.bands = places.iter().map(|&bin| self.bands[bin]).collect();
            let inside = inside(&places);
            self.people = spread_people(&self.people, &inside);
            self.rows = spread_rows(&self.rows, &inside);
            self.bins = joined;
        }
        for (score, &bin) in self.scores.iter_mut().zip(&places(&self.bins, bins)) {
            *score += moved[bin];
        }
        Ok(())
    }

    /// Takes the mean over the rows off every score, to the unit; the mean.
    pub(super) fn take_mean(&mut self) -> Nats {
        let mean = mean(&self.scores, &self.rows);
        for score in &mut self.scores {
            *score -= mean;
        }
        mean
    }
}

/// Purifies a pair to the unit; what moves to each bin of either feature.
///
/// What moves is rounded before it is taken off, so that nothing is lost; a slice is left with a mean
/// of a unit at most. Cells without rows move along.
pub(super) fn purify_exactly(pair: &mut PairFunction) -> [Vec<Nats>; 2] {
    let across = pair.bins[1].count();
    let mut scores: Vec<f64> = pair.scores.iter().map(|score| score.to_f64()).collect();
    let moved = purify(&mut scores, &pair.rows, across);
    let moved = moved.map(|moved| moved.into_iter().map(Nats::from_f64).collect::<Vec<_>>());
    for (cell, score) in pair.scores.iter_mut().enumerate() {
        *score -= moved[0][cell / across] + moved[1][cell % across];
    }
    moved
}

/// The mean of `scores` over `rows`, cut to the unit; 0 without rows.
pub(super) fn mean(scores: &[Nats], rows: &[u32]) -> Nats {
    let total: i128 = rows.iter().map(|&rows| i128::from(rows)).sum();
    let sum: i128 = scores.iter().zip(rows).map(|(s, &rows)| i128::from(s.units()) * i128::from(rows)).sum();
    if total == 0 { Nats::ZERO } else { Nats::from_units(i64::try_from(sum / total).unwrap_or_default()) }
}

/// The bins that have every boundary and name of `all`.
///
/// # Errors
/// When numbers and categories meet, or there are too many.
pub(super) fn union(all: &[&Bins]) -> Result<Bins, FieldError> {
    let cuts = all.iter().filter_map(|bins| match bins {
        Bins::Cuts(cuts) => Some(cuts),
        Bins::Levels(_) => None,
    });
    let names = all.iter().filter_map(|bins| match bins {
        Bins::Levels(names) => Some(names),
        Bins::Cuts(_) => None,
    });
    let joined = match (cuts.clone().count(), names.clone().count()) {
        (_, 0) => {
            let mut cuts: Vec<f64> = cuts.flatten().copied().collect();
            cuts.sort_unstable_by(f64::total_cmp);
            // Two zeros of either sign are one cut.
            cuts.dedup_by(|a, b| a == b);
            Bins::Cuts(cuts)
        }
        (0, _) => Bins::Levels(names.flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect()),
        _ => return Err(FieldError::new("bins", "must all be of numbers or all of categories")),
    };
    joined.check().map_err(|error| error.under("bins"))?;
    Ok(joined)
}

/// For each bin of `fine` the bin of `coarse` that its values fall into, if no boundary of `coarse` is
/// missing in `fine`.
pub(super) fn places(fine: &Bins, coarse: &Bins) -> Vec<usize> {
    let of = |bin: usize| match (fine, bin) {
        (_, Bins::MISSING | Bins::UNSEEN) => bin,
        (Bins::Levels(names), _) => {
            coarse.encode(Cell::Category(&names[bin - Bins::FIRST])).unwrap_or(Bins::UNSEEN)
        }
        // A bin begins with its lower cut; the first one lies below all cuts.
        (Bins::Cuts(_), Bins::FIRST) => Bins::FIRST,
        (Bins::Cuts(cuts), _) => {
            coarse.encode(Cell::Number(cuts[bin - Bins::FIRST - 1])).unwrap_or(Bins::UNSEEN)
        }
    };
    (0..fine.count()).map(of).collect()
}

/// The same for rows: None for a name that the coarse bins lack, whose rows stay with the unseen.
pub(super) fn inside(places: &[usize]) -> Vec<Option<usize>> {
    let is_inside = |bin, place| place != Bins::UNSEEN || bin == Bins::UNSEEN;
    places.iter().enumerate().map(|(bin, &place)| is_inside(bin, place).then_some(place)).collect()
}

/// Rows of coarse bins or cells, spread evenly over the finer ones inside of them; the first ones get
/// what does not divide.
pub(super) fn spread_rows(rows: &[u32], inside: &[Option<usize>]) -> Vec<u32> {
    let (mut parts, mut given) = (vec![0_u32; rows.len()], vec![0_u32; rows.len()]);
    for &place in inside.iter().flatten() {
        parts[place] += 1;
    }
    let mut share = |place: usize| {
        let share = rows[place] / parts[place] + u32::from(given[place] < rows[place] % parts[place]);
        given[place] += 1;
        share
    };
    inside.iter().map(|place| place.map_or(0, &mut share)).collect()
}

/// The people that each finer bin or cell was learned from: those of the one that it is a part of.
pub(super) fn spread_people(people: &[u32], inside: &[Option<usize>]) -> Vec<u32> {
    inside.iter().map(|place| place.map_or(0, |place| people[place])).collect()
}

#[cfg(test)]
mod tests;
