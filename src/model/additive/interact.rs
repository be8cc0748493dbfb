//! Which features tell more together than each tells of its own, and how many such pairs serve.
//!
//! Pairs are ranked by FAST (Lou, Caruana, Gehrke and Hooker 2013, section 4): one is worth what the
//! best four regions of its cells take off the loss that the shape functions leave.

use rayon::prelude::*;

use super::bag::{BagTables, Coded, Form};
use super::boost::{Averaged, Boosted, Fitting, average};
use super::grid::Grid;
use super::histogram::{Gradient, Sums};
use super::params::ValidAdditiveParams;
use super::purify::purify;
use super::{AdditiveModel, PairFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::FitError;
use crate::model::bin::{Binned, Coarse, Tally};

/// How many pairs are tried first; then twice as many, and so on.
const PAIRS_FIRST: usize = 6;
/// Fewest and most intervals of a number that is a side of a pair, and most levels of a category.
const PAIR_BINS: (usize, usize) = (4, 32);
/// Rows that a cell should have on average, in floors of people: then most cells reach the floor.
const FLOORS_A_CELL: f64 = 8.0;

/// The pairs that the people left out gain by, purified.
pub(super) struct Found {
    pub(super) pairs: Vec<PairFunction>,
    /// What moves from the pairs to each bin of each feature of the fit, in nats.
    pub(super) moved: Vec<Vec<f64>>,
    pub(super) intercept: f64,
}

/// Boosts pairs on what the tables of the features leave: those that rank first, in growing numbers, as
/// long as the people left out gain by it.
pub(super) fn find_pairs(
    base: &AdditiveModel,
    features: &[Binned],
    mains: &Boosted,
    init: &[f32],
    fitting: &Fitting<'_>,
) -> Result<Found, FitError> {
    let mut found = Found {
        pairs: Vec::new(),
        moved: features.iter().map(|binned| vec![0.0; binned.bins.count()]).collect(),
        intercept: 0.0,
    };
    let (data, params) = (fitting.data, fitting.params);
    if params.pairs_max == 0 || features.len() < 2 {
        return Ok(found);
    }
    let inits: Vec<Vec<f32>> = mains.bags.par_iter().map(|bag| scores_of(bag, features, init)).collect();
    let joined = join_bins(features, data.features, base, params.people_min);
    let ranked = rank_pairs(features, &joined, &mean_gradients(&inits, data.outcome), data.person, params);
    let Some((number, boosted)) = choose_number(&ranked, &inits, mains.loss, fitting)? else {
        return Ok(found);
    };
    found.intercept = boosted.mean_intercept();
    for (column, pair) in ranked.into_iter().take(number).enumerate() {
        let grown = average(&boosted.tables_of(column), f64::from(fitting.folds.groups));
        found.add(pair, grown, &joined, base, data.features);
    }
    Ok(found)
}

/// How many of the pairs to take, with what boosting makes of them; None when the people left out gain
/// by none.
fn choose_number(
    ranked: &[Pair],
    inits: &[Vec<f32>],
    loss_without: f64,
    fitting: &Fitting<'_>,
) -> Result<Option<(usize, Boosted)>, FitError> {
    let mut best: Option<(usize, Boosted)> = None;
    let mut number = PAIRS_FIRST.min(ranked.len());
    while number > best.as_ref().map_or(0, |(number, _)| *number) {
        let boosted = fitting.boost(ranked[..number].iter().map(Pair::coded).collect(), inits)?;
        if boosted.loss >= best.as_ref().map_or(loss_without, |(_, best)| best.loss) {
            break;
        }
        best = Some((number, boosted));
        number = (2 * number).min(ranked.len());
    }
    Ok(best)
}

/// The score of each row by the tables of one bag, from `init`.
#[allow(clippy::cast_possible_truncation, reason = "scores are boosted in single precision")]
fn scores_of(bag: &BagTables, features: &[Binned], init: &[f32]) -> Vec<f32> {
    let mut scores: Vec<f32> = init.iter().map(|score| score + bag.intercept as f32).collect();
    for (binned, table) in features.iter().zip(&bag.scores) {
        for (score, &code) in scores.iter_mut().zip(&binned.codes) {
            *score += table.get(code as usize).map_or(0.0, |&entry| entry as f32);
        }
    }
    scores
}

/// The gradient of each row at the mean score of the bags.
#[allow(clippy::cast_precision_loss, reason = "there are few bags")]
fn mean_gradients(scores: &[Vec<f32>], outcome: &[bool]) -> Vec<Gradient> {
    let mean = |row: usize| scores.iter().map(|bag| bag[row]).sum::<f32>() / scores.len() as f32;
    let gradient =
        |(row, &happened): (usize, &bool)| Gradient::at(mean(row), f32::from(u8::from(happened)), 1.0);
    outcome.par_iter().enumerate().map(gradient).collect()
}

impl Found {
    /// Adds a pair with what was boosted of it, on top of what `base` has of it.
    fn add(
        &mut self,
        pair: Pair,
        grown: Averaged,
        joined: &[Coarse],
        base: &AdditiveModel,
        ids: &[FeatureId],
    ) {
        let Pair { places, size, tally, .. } = pair;
        let features = places.map(|place| ids[place]);
        let Averaged { mut scores, mut bands } = grown;
        if let Some(before) = base.pairs.iter().find(|before| before.features == features) {
            for (score, before) in scores.iter_mut().zip(&before.scores) {
                *score += before.to_f64();
            }
            for (band, before) in bands.iter_mut().zip(&before.bands) {
                *band = (*band * *band + before.to_f64() * before.to_f64()).sqrt();
            }
        }
        // What too few people had together adds nothing.
        for (cell, _) in tally.learned.iter().enumerate().filter(|(_, learned)| !**learned) {
            (scores[cell], bands[cell]) = (0.0, 0.0);
        }
        let moved = purify(&mut scores, &tally.rows, size[1]);
        for (moved, place) in moved.iter().zip(places) {
            for (to, &joined) in self.moved[place].iter_mut().zip(&joined[place].of_fine) {
                *to += moved[joined as usize];
            }
        }
        self.pairs.push(PairFunction {
            features,
            bins: places.map(|place| joined[place].bins.clone()),
            scores: scores.into_iter().map(Nats::from_f64).collect(),
            bands: bands.into_iter().map(Nats::from_f64).collect(),
            people: tally.people,
            rows: tally.rows,
        });
    }
}

/// A pair of the features at two places, with its cells.
struct Pair {
    /// Places of the two among the features of the fit.
    places: [usize; 2],
    size: [usize; 2],
    /// The cell of each row; their number where either is withheld.
    codes: Vec<u16>,
    tally: Tally,
}

impl Pair {
    /// The cells of two features in joined bins.
    fn of(features: &[Binned], joined: &[Coarse], places: [usize; 2], person: &[u32], floor: u32) -> Self {
        let size = places.map(|place| joined[place].bins.count());
        let codes = cells(features, joined, places, size);
        let tally = Tally::of(&codes, size[0] * size[1], person, floor);
        Self { places, size, codes, tally }
    }

    fn coded(&self) -> Coded<'_> {
        Coded { codes: &self.codes, learned: &self.tally.learned, form: Form::Grid(self.size) }
    }
}

/// The bins of each feature joined to those of pairs: the bins that `base` has in its pairs, or fewer of
/// the feature's own.
fn join_bins(features: &[Binned], ids: &[FeatureId], base: &AdditiveModel, people_min: u32) -> Vec<Coarse> {
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
fn rank_pairs(
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
