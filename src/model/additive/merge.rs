//! One model of several that were trained on parts of the rows, without seeing a row.
//!
//! A part weighs as much as it has rows, everywhere alike: so the merged score is the weighted mean of
//! the parts' scores at every value, which can be said and checked. (Weights by bin would listen most
//! to who saw most of a bin; but then the terms of one account would be means under different weights,
//! and their sum the mean of nothing.) A feature that a part does not know adds 0 to that mean.
//!
//! Bins are joined exactly: all cuts and all names of all parts; a name that a part does not know has
//! there the score of the unseen. Rows of a bin that is split are spread evenly over its parts. The
//! people of a bin are those whom its score was learned from: of each part all people of the bin that
//! it lies in; the parts are of different people, so they add up, and the floor of each still holds.

use std::collections::BTreeSet;

use super::mass::{inside, places, spread_people, spread_rows, union};
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{FeatureId, FieldError, Nats};
use crate::model::Bins;

/// A model trained on some of the rows.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The model.
    pub model: &'a AdditiveModel,
    /// How many rows it was trained on: its weight.
    pub rows: u64,
}

/// Merges models of different people's rows. The score is the mean of the parts' scores, weighted by
/// their rows, to half a unit a term; the order of the parts does not matter. Pairs are purified and
/// tables centred under the rows of all parts. Bands combine as of independent parts.
///
/// # Errors
/// When there is no part, one has no rows, two are the same, a feature has numbers in one and
/// categories in another, or there are more bins or rows than a table may have.
pub fn merge(parts: &[Part<'_>]) -> Result<AdditiveModel, FieldError> {
    if parts.is_empty() {
        return Err(FieldError::new("parts", "must be one at least"));
    }
    for (i, part) in parts.iter().enumerate() {
        if part.rows == 0 {
            return Err(FieldError::new(format!("parts[{i}].rows"), "must be positive"));
        }
        // Two parts may well know nothing but the same base rate.
        let is_same = |other: &Part<'_>| other.model == part.model && !part.model.shapes.is_empty();
        if let Some(first) = parts[..i].iter().position(is_same) {
            return Err(FieldError::new(
                format!("parts[{i}]"),
                format!("is the same model as parts[{first}]"),
            ));
        }
    }
    let weights = Weights::of(parts);
    let features: BTreeSet<FeatureId> =
        parts.iter().flat_map(|part| part.model.shapes()).map(|shape| shape.feature).collect();
    let shapes = features.into_iter().map(|feature| {
        let of_parts: Vec<_> = parts.iter().map(|part| part.model.shape(feature)).collect();
        merge_shapes(feature, &of_parts, &weights)
            .map_err(|error| error.under(format!("features[{}]", feature.0)))
    });
    let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
    let pairs: BTreeSet<[FeatureId; 2]> =
        parts.iter().flat_map(|part| part.model.pairs()).map(|pair| pair.features).collect();
    let pairs = pairs.into_iter().map(|features| {
        let of_parts: Vec<_> = parts.iter().map(|part| part.model.pair(features)).collect();
        let path = || format!("pairs[{}, {}]", features[0].0, features[1].0);
        merge_pairs(features, &of_parts, &weights).map_err(|error| error.under(path()))
    });
    let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    let intercept = weights.mean(parts.iter().map(|part| Some(part.model.intercept())));
    AdditiveModel::unpurified(intercept, shapes, pairs)?.purified()
}

/// What each part weighs.
struct Weights {
    rows: Vec<u64>,
    total: u64,
}

impl Weights {
    fn of(parts: &[Part<'_>]) -> Self {
        let rows: Vec<u64> = parts.iter().map(|part| part.rows).collect();
        let total = rows.iter().fold(0, |total: u64, &rows| total.saturating_add(rows));
        Self { rows, total }
    }

    /// The weighted mean, to the nearest unit; a part without a share counts as 0. Sums of whole
    /// numbers: the order does not matter.
    fn mean(&self, shares: impl Iterator<Item = Option<Nats>>) -> Nats {
        let share = |(share, &rows): (Option<Nats>, &u64)| {
            i128::from(share.unwrap_or(Nats::ZERO).units()) * i128::from(rows)
        };
        let sum: i128 = shares.zip(&self.rows).map(share).sum();
        let total = i128::from(self.total);
        let nearest = (2 * sum + total).div_euclid(2 * total);
        Nats::from_units(i64::try_from(nearest).unwrap_or_default())
    }

    /// The half width of the mean's band, if the parts' errors are independent.
    fn band(&self, bands: impl Iterator<Item = Option<Nats>>) -> Nats {
        let share = |(band, &rows): (Option<Nats>, &u64)| {
            band.unwrap_or(Nats::ZERO).to_f64() * (rows as f64 / self.total as f64)
        };
        let mut shares: Vec<f64> = bands.zip(&self.rows).map(share).collect();
        // In one order, so that the sum is the same in any.
        shares.sort_unstable_by(f64::total_cmp);
        Nats::from_f64(shares.into_iter().map(|share| share * share).sum::<f64>().sqrt())
    }
}

/// What a part has for a feature or a pair.
struct Tables<'a> {
    scores: &'a [Nats],
    bands: &'a [Nats],
    people: &'a [u32],
    rows: &'a [u32],
}

impl<'a> Tables<'a> {
    fn of_shape(shape: &'a ShapeFunction) -> Self {
        let ShapeFunction { scores, bands, people, rows, .. } = shape;
        Self { scores, bands, people, rows }
    }

    fn of_pair(pair: &'a PairFunction) -> Self {
        let PairFunction { scores, bands, people, rows, .. } = pair;
        Self { scores, bands, people, rows }
    }
}

/// Tables in the joined bins or cells.
struct Joined {
    scores: Vec<Nats>,
    bands: Vec<Nats>,
    people: Vec<u32>,
    rows: Vec<u32>,
}

/// Joins tables; `places` says for each part in which of its bins or cells each of `count` joined ones
/// lies, and in which its rows are.
fn join(
    count: usize,
    parts: &[Option<Tables<'_>>],
    places: &[(Vec<usize>, Vec<Option<usize>>)],
    weights: &Weights,
) -> Result<Joined, FieldError> {
    let of_parts = || parts.iter().zip(places);
    let at = |bin: usize| of_parts().map(move |(part, (places, _))| Some((part.as_ref()?, places[bin])));
    let scores = (0..count).map(|bin| weights.mean(at(bin).map(|at| at.map(|(part, bin)| part.scores[bin]))));
    let bands = (0..count).map(|bin| weights.band(at(bin).map(|at| at.map(|(part, bin)| part.bands[bin]))));
    let known = || of_parts().filter_map(|(part, (_, inside))| Some((part.as_ref()?, inside)));
    Ok(Joined {
        scores: scores.collect(),
        bands: bands.collect(),
        people: sum("people", count, known().map(|(part, inside)| spread_people(part.people, inside)))?,
        rows: sum("rows", count, known().map(|(part, inside)| spread_rows(part.rows, inside)))?,
    })
}

fn sum(what: &str, count: usize, tables: impl Iterator<Item = Vec<u32>>) -> Result<Vec<u32>, FieldError> {
    let mut sums = vec![0_u32; count];
    for table in tables {
        for (sum, more) in sums.iter_mut().zip(table) {
            let rule = || FieldError::new(what, format!("must be at most {} in all", u32::MAX));
            *sum = sum.checked_add(more).ok_or_else(rule)?;
        }
    }
    Ok(sums)
}

fn merge_shapes(
    feature: FeatureId,
    parts: &[Option<&ShapeFunction>],
    weights: &Weights,
) -> Result<ShapeFunction, FieldError> {
    let bins = union(&parts.iter().flatten().map(|shape| &shape.bins).collect::<Vec<_>>())?;
    let of = |part: Option<&ShapeFunction>| {
        let places = part.map(|shape| places(&bins, &shape.bins)).unwrap_or_default();
        let inside = inside(&places);
        (places, inside)
    };
    let tables: Vec<_> = parts.iter().map(|part| part.map(Tables::of_shape)).collect();
    let at: Vec<_> = parts.iter().copied().map(of).collect();
    let Joined { scores, bands, people, rows } = join(bins.count(), &tables, &at, weights)?;
    Ok(ShapeFunction { feature, bins, scores, bands, people, rows })
}

fn merge_pairs(
    features: [FeatureId; 2],
    parts: &[Option<&PairFunction>],
    weights: &Weights,
) -> Result<PairFunction, FieldError> {
    let side =
        |side: usize| union(&parts.iter().flatten().map(|pair| &pair.bins[side]).collect::<Vec<&Bins>>());
    let bins = [side(0)?, side(1)?];
    let count = bins[0].count() * bins[1].count();
    let of = |part: Option<&PairFunction>| {
        let Some(pair) = part else { return (Vec::new(), Vec::new()) };
        let across = pair.bins[1].count();
        let [down, along] = [0, 1].map(|side| places(&bins[side], &pair.bins[side]));
        let cells = down.iter().flat_map(|&one| along.iter().map(move |&other| one * across + other));
        let (inside_down, inside_along) = (inside(&down), inside(&along));
        let cell = |one: Option<usize>, other: Option<usize>| Some(one? * across + other?);
        let known =
            inside_down.iter().flat_map(|&one| inside_along.iter().map(move |&other| cell(one, other)));
        (cells.collect(), known.collect())
    };
    let tables: Vec<_> = parts.iter().map(|part| part.map(Tables::of_pair)).collect();
    let at: Vec<_> = parts.iter().copied().map(of).collect();
    let Joined { scores, bands, people, rows } = join(count, &tables, &at, weights)?;
    Ok(PairFunction { features, bins, scores, bands, people, rows })
}

#[cfg(test)]
mod tests;
