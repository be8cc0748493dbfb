//! Which features tell more together than each tells of its own: FAST.
//!
//! Lou, Caruana, Gehrke and Hooker 2013, section 4: a pair is worth what the best four regions of its
//! cells take off the loss that the shape functions leave.

use rayon::prelude::*;

use super::AdditiveModel;
use super::bag::{Coded, Form};
use super::grid::Grid;
use super::histogram::{Gradient, Sums};
use super::params::ValidAdditiveParams;
use crate::domain::FeatureId;
use crate::model::bin::{Binned, Coarse, Tally};

/// Fewest and most intervals of a number that is a side of a pair, and most levels of a category.
const PAIR_BINS: (usize, usize) = (4, 32);
/// Rows that a cell should have on average, in floors of people: then most cells reach the floor.
const FLOORS_A_CELL: f64 = 8.0;

/// A pair of the features at two places, with its cells.
pub(super) struct Pair {
    /// Places of the two among the features of the fit.
    pub(super) places: [usize; 2],
    pub(super) size: [usize; 2],
    /// The cell of each row; their number where either is withheld.
    pub(super) codes: Vec<u16>,
    pub(super) tally: Tally,
}

impl Pair {
    /// The cells of two features in joined bins.
    fn of(features: &[Binned], joined: &[Coarse], places: [usize; 2], person: &[u32], floor: u32) -> Self {
        let size = places.map(|place| joined[place].bins.count());
        let codes = cells(features, joined, places, size);
        let tally = Tally::of(&codes, size[0] * size[1], person, floor);
        Self { places, size, codes, tally }
    }

    pub(super) fn coded(&self) -> Coded<'_> {
        Coded { codes: &self.codes, learned: &self.tally.learned, form: Form::Grid(self.size) }
    }
}

/// The bins of each feature joined to those of pairs: the bins that `base` has in its pairs, or fewer of
/// the feature's own.
pub(super) fn join_bins(
    features: &[Binned],
    ids: &[FeatureId],
    base: &AdditiveModel,
    people_min: u32,
) -> Vec<Coarse> {
    let rows = features.first().map_or(0, |binned| binned.codes.len());
    let bins_max = bins_max(rows, people_min);
    let join = |(binned, id): (&Binned, &FeatureId)| {
        let sides = base.pairs().iter().flat_map(|pair| pair.features.iter().zip(&pair.bins));
        let known = sides.into_iter().find(|(feature, _)| *feature == id);
        match known {
            Some((_, bins)) => Coarse::with(binned, bins.clone()),
            None => Coarse::of(binned, bins_max, PAIR_BINS.1),
        }
    };
    features.par_iter().zip(ids).map(join).collect()
}

/// Intervals of each side, so that so many rows fill the cells.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a few bins")]
fn bins_max(rows: usize, people_min: u32) -> usize {
    let bins = (rows as f64 / (FLOORS_A_CELL * f64::from(people_min))).sqrt() as usize;
    bins.clamp(PAIR_BINS.0, PAIR_BINS.1)
}

/// The pairs that gain most at `gradients`, best first, at most `params.pairs_max`.
pub(super) fn rank_pairs(
    features: &[Binned],
    joined: &[Coarse],
    gradients: &[Gradient],
    person: &[u32],
    params: &ValidAdditiveParams,
) -> Vec<Pair> {
    let places: Vec<[usize; 2]> = (0..features.len())
        .flat_map(|one| (one + 1..features.len()).map(move |other| [one, other]))
        .collect();
    let gain = |&places: &[usize; 2]| {
        let size = places.map(|place| joined[place].bins.count());
        let mut sums = vec![Sums::default(); size[0] * size[1] + 1];
        let mut rows = vec![0; size[0] * size[1] + 1];
        let codes = cells(features, joined, places, size);
        for (&code, &gradient) in codes.iter().zip(gradients) {
            sums[code as usize] += gradient;
            rows[code as usize] += 1;
        }
        rows.truncate(size[0] * size[1]);
        let cuts = Grid::new(size, rows).best_cuts(&sums, params);
        (cuts.map_or(0.0, |cuts| cuts.gain), places)
    };
    let mut ranked: Vec<(f64, [usize; 2])> = places.par_iter().map(gain).collect();
    ranked.retain(|(gain, _)| *gain > 0.0);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked.truncate(usize::from(params.pairs_max));
    let pair = |(_, places)| Pair::of(features, joined, places, person, params.people_min);
    ranked.into_par_iter().map(pair).collect()
}

/// The cell of each row.
#[allow(clippy::cast_possible_truncation, reason = "34 x 34 cells at most")]
fn cells(features: &[Binned], joined: &[Coarse], places: [usize; 2], size: [usize; 2]) -> Vec<u16> {
    let withheld = (size[0] * size[1]) as u16;
    let [one, other] = places.map(|place| (&features[place].codes, &joined[place].of_fine));
    let across = size[1] as u16;
    let cell = |(&a, &b): (&u16, &u16)| match (one.1.get(a as usize), other.1.get(b as usize)) {
        (Some(a), Some(b)) => a * across + b,
        (None, _) | (_, None) => withheld,
    };
    one.0.iter().zip(other.0).map(cell).collect()
}
