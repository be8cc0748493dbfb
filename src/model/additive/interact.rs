//! Which features tell more together than each tells of its own, and how many such pairs serve.
//!
//! Pairs are ranked by FAST (Lou, Caruana, Gehrke and Hooker 2013, section 4): one is worth what the
//! best four regions of its cells take off the loss that the shape functions leave.

use rayon::prelude::*;

use super::boost::{Boosted, Boosting, Tables};
use super::column::{Column, Side, write_cells};
use super::counts::Counts;
use super::grid::{Grid, Sides};
use super::guidance::Guidance;
use super::histogram::Sums;
use super::left_out::Averaged;
use super::params::ValidAdditiveParams;
use super::purify::purify;
use super::{AdditiveModel, PairFunction};
use crate::domain::{FeatureId, Nats};
use crate::model::bin::{Binned, Bins, Coarse, Tally};
use crate::model::{FitData, FitError};

/// How many pairs are tried first; then twice as many, and so on.
const PAIRS_FIRST: usize = 6;
/// Fewest and most intervals of a number that is a side of a pair, and most levels of a category.
const PAIR_BINS: (usize, usize) = (4, 32);
/// Rows of even odds that tell as much as a level must, to be told apart in a pair.
const LEVEL_INFORMATION: f64 = 100.0;
/// Rows that a cell should have on average, of even odds and in floors of people: then most cells reach
/// the floor.
const FLOORS_A_CELL: f64 = 8.0;

/// The pairs that the people left out gain by, with what boosting makes of them.
pub(super) struct Found {
    pairs: Vec<Pair>,
    /// The bins of each feature as pairs have them.
    joined: Vec<Coarse>,
    pub(super) tables: Tables,
}

/// What pairs tell, purified.
pub(super) struct Purified {
    pub(super) pairs: Vec<PairFunction>,
    /// What moves from the pairs to each bin of each feature of the fit, in nats.
    pub(super) moved: Vec<Vec<f64>>,
}

/// Boosts pairs on what the tables of the features leave: those that rank first, in growing numbers, as
/// long as the people left out gain by it.
pub(super) fn find_pairs(
    base: &AdditiveModel,
    features: &[Binned],
    columns: &[Column<'_>],
    mains: &Boosted,
    (data, guidance): (&FitData<'_>, &Guidance<'_>),
    boosting: &mut Boosting<'_>,
) -> Result<Found, FitError> {
    let params = boosting.params();
    let mut found =
        Found { pairs: Vec::new(), joined: Vec::new(), tables: Tables::zero(&[], boosting.bags()) };
    if (params.pairs_max == 0 && guidance.pairs.is_empty()) || features.len() < 2 {
        return Ok(found);
    }
    boosting.rewind(&[], columns, &mains.tables);
    let gradients = boosting.mean_gradients();
    found.joined = join_bins(features, data, base, params.people_min);
    let mut ranked = rank_pairs(features, &found.joined, &gradients, (data, guidance), params);
    drop(gradients);
    if let Some((number, boosted)) =
        choose_number(&ranked, guidance.pairs.len(), features, (columns, mains), boosting)?
    {
        ranked.truncate(number);
        found.pairs = ranked;
        found.tables = boosted.tables;
    }
    Ok(found)
}

/// How many of the pairs to take, the first `asked` of them in any case, with what boosting makes of
/// them; None when none is asked for and the people left out gain by none. More pairs go on from where
/// fewer ended.
fn choose_number(
    ranked: &[Pair],
    asked: usize,
    features: &[Binned],
    (lines, mains): (&[Column<'_>], &Boosted),
    boosting: &mut Boosting<'_>,
) -> Result<Option<(usize, Boosted)>, FitError> {
    let cells: Vec<Column<'_>> = ranked.iter().map(|pair| pair.column(features)).collect();
    let below = &[(lines, &mains.tables)];
    let pace = boosting.params().of_pairs();
    let mut best: Option<(usize, Boosted)> = None;
    let mut number = if asked > 0 { asked } else { PAIRS_FIRST.min(ranked.len()) };
    while number > best.as_ref().map_or(0, |(number, _)| *number) {
        let columns = &cells[..number];
        let start = match &best {
            Some((_, best)) => best.tables.clone().widened(columns),
            None => Tables::zero(columns, boosting.bags()),
        };
        let boosted = boosting.boost(columns, start, below, std::slice::from_ref(&pace))?;
        if number > asked && boosted.loss >= best.as_ref().map_or(mains.loss, |(_, best)| best.loss) {
            break;
        }
        best = Some((number, boosted));
        number = (2 * number).max(PAIRS_FIRST).min(ranked.len());
    }
    Ok(best)
}

impl Found {
    /// The cells of each pair.
    pub(super) fn columns<'a>(&'a self, features: &'a [Binned]) -> Vec<Column<'a>> {
        self.pairs.iter().map(|pair| pair.column(features)).collect()
    }

    /// Moves what one feature of a pair tells alone to that feature's own tables, bag by bag: the pairs'
    /// are the last of `tables`. What too few people had together adds nothing.
    pub(super) fn purify_bags(&self, tables: &mut Tables, features: &[Binned]) {
        let (mains, pairs) = tables.scores.split_at_mut(features.len());
        for (pair, bags) in self.pairs.iter().zip(pairs) {
            for (bag, cells) in bags.iter_mut().enumerate() {
                let learned = cells.iter_mut().zip(&pair.tally.learned);
                learned.filter(|(_, learned)| !**learned).for_each(|(cell, _)| *cell = 0.0);
                let of_sides = purify(cells, &pair.tally.rows, pair.sides.bins[1]);
                for (of_side, place) in of_sides.iter().zip(pair.places) {
                    let fine = mains[place][bag].iter_mut().zip(&self.joined[place].of_fine);
                    for ((to, &joined), learned) in fine.zip(&features[place].learned) {
                        *to += if *learned { of_side[joined as usize] } else { 0.0 };
                    }
                }
            }
        }
    }

    /// The pairs with what was boosted of each, on top of what `base` has of it; `ids` names the
    /// features.
    pub(super) fn purified(
        self,
        averaged: impl Iterator<Item = Averaged>,
        base: &AdditiveModel,
        features: &[Binned],
        ids: &[FeatureId],
    ) -> Purified {
        let mut moved: Vec<Vec<f64>> = features.iter().map(|binned| vec![0.0; binned.bins.count()]).collect();
        let pairs = self.pairs.into_iter().zip(averaged);
        let pairs = pairs.map(|(pair, grown)| pair.purified(grown, &self.joined, base, ids, &mut moved));
        Purified { pairs: pairs.collect(), moved }
    }
}

/// A pair of the features at two places.
struct Pair {
    /// Places of the two among the features of the fit.
    places: [usize; 2],
    sides: Sides,
    /// What each code of either feature adds to the number of the cell.
    adds: [Vec<u32>; 2],
    tally: Tally,
}

impl Pair {
    /// The cells of two features in joined bins.
    fn of(features: &[Binned], joined: &[Coarse], places: [usize; 2], person: &[u32], floor: u32) -> Self {
        let sides = sides_of(joined, places);
        let (count, adds) = (sides.bins[0] * sides.bins[1], adds(joined, places));
        let codes = places.map(|place| &features[place].codes);
        let cell = |row| (adds[0][codes[0].at(row)] as usize + adds[1][codes[1].at(row)] as usize).min(count);
        let tally = Tally::of((0..codes[0].rows()).map(cell), count, person, floor);
        Self { places, sides, adds, tally }
    }

    fn column<'a>(&'a self, features: &'a [Binned]) -> Column<'a> {
        Column::grid(codes(features, self.places, &self.adds), self.sides, &self.tally.learned)
    }

    /// What both features tell together, of what was `grown` and what `base` has; what one of them
    /// tells alone is added to what is `moved` to it.
    fn purified(
        self,
        grown: Averaged,
        joined: &[Coarse],
        base: &AdditiveModel,
        ids: &[FeatureId],
        moved: &mut [Vec<f64>],
    ) -> PairFunction {
        let Self { places, sides, tally, .. } = self;
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
        let of_sides = purify(&mut scores, &tally.rows, sides.bins[1]);
        for (of_side, place) in of_sides.iter().zip(places) {
            for (to, &joined) in moved[place].iter_mut().zip(&joined[place].of_fine) {
                *to += of_side[joined as usize];
            }
        }
        PairFunction {
            features,
            bins: places.map(|place| joined[place].bins.clone()),
            scores: scores.into_iter().map(Nats::from_f64).collect(),
            bands: bands.into_iter().map(Nats::from_f64).collect(),
            people: tally.people,
            rows: tally.rows,
        }
    }
}

fn sides_of(joined: &[Coarse], places: [usize; 2]) -> Sides {
    let bins = places.map(|place| &joined[place].bins);
    Sides { bins: bins.map(Bins::count), is_category: bins.map(|bins| matches!(bins, Bins::Levels(_))) }
}

/// What each code of either feature adds to the number of the cell; the number of cells for a withheld
/// one.
#[allow(clippy::cast_possible_truncation, reason = "34 x 34 cells at most")]
fn adds(joined: &[Coarse], places: [usize; 2]) -> [Vec<u32>; 2] {
    let size = places.map(|place| joined[place].bins.count() as u32);
    let of_side = |side: usize| {
        let each = if side == 0 { size[1] } else { 1 };
        let known = joined[places[side]].of_fine.iter().map(|&bin| bin * each);
        known.chain([size[0] * size[1]]).collect()
    };
    [of_side(0), of_side(1)]
}

fn codes<'a>(features: &'a [Binned], places: [usize; 2], adds: &'a [Vec<u32>; 2]) -> [Side<'a>; 2] {
    [0, 1].map(|side| Side { codes: &features[places[side]].codes, adds: &adds[side] })
}

/// The bins of each feature joined to those of pairs: the bins that `base` has in its pairs, or fewer of
/// the feature's own.
fn join_bins(features: &[Binned], data: &FitData<'_>, base: &AdditiveModel, people_min: u32) -> Vec<Coarse> {
    let positives = data.positives() as f64 / data.rows() as f64;
    // What a row tells, beside what one of even odds tells.
    let information = 4.0 * positives * (1.0 - positives);
    let bins_max = bins_max(information * data.rows() as f64, people_min);
    let level_rows_min = LEVEL_INFORMATION / information;
    let join = |(binned, id): (&Binned, &FeatureId)| {
        let sides = base.pairs().iter().flat_map(|pair| pair.features.iter().zip(&pair.bins));
        let known = sides.into_iter().find(|(feature, _)| *feature == id);
        match known {
            Some((_, bins)) => Coarse::with(binned, bins.clone()),
            None => Coarse::of(binned, bins_max, PAIR_BINS.1, level_rows_min),
        }
    };
    features.par_iter().zip(data.features).map(join).collect()
}

/// Intervals of each side, so that the information of so many rows of even odds fills the cells.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a few bins")]
fn bins_max(rows: f64, people_min: u32) -> usize {
    let bins = (rows / (FLOORS_A_CELL * f64::from(people_min))).sqrt() as usize;
    bins.clamp(PAIR_BINS.0, PAIR_BINS.1)
}

/// The pairs that are asked for, then those that gain most at `gradients`, best first, to
/// `params.pairs_max` in all.
fn rank_pairs(
    features: &[Binned],
    joined: &[Coarse],
    gradients: &[[f32; 2]],
    (data, guidance): (&FitData<'_>, &Guidance<'_>),
    params: &ValidAdditiveParams,
) -> Vec<Pair> {
    let asked: Vec<[usize; 2]> = guidance
        .pairs
        .iter()
        .map(|pair| pair.map(|feature| data.features.partition_point(|f| *f < feature)))
        .collect();
    let is_free = |place: &usize| !guidance.monotone.contains_key(&data.features[*place]);
    let free: Vec<usize> = (0..features.len()).filter(is_free).collect();
    let places: Vec<[usize; 2]> = (0..free.len())
        .flat_map(|one| free[one + 1..].iter().map(move |&other| (one, other)))
        .map(|(one, other)| [free[one], other])
        .filter(|places| !asked.contains(places))
        .collect();
    let gain = |&places: &[usize; 2]| {
        let (sums, counts) = sum_cells(features, joined, places, gradients);
        (Grid::new(sides_of(joined, places), counts).best_gain(&sums, params), places)
    };
    let mut ranked: Vec<(f64, [usize; 2])> = places.par_iter().map(gain).collect();
    ranked.retain(|(gain, _)| *gain > 0.0);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked.truncate(usize::from(params.pairs_max).saturating_sub(asked.len()));
    let chosen: Vec<[usize; 2]> =
        asked.into_iter().chain(ranked.into_iter().map(|(_, places)| places)).collect();
    let pair = |places| Pair::of(features, joined, places, data.person, params.people_min);
    chosen.into_par_iter().map(pair).collect()
}

/// The sums and the rows of each cell of a pair.
fn sum_cells(
    features: &[Binned],
    joined: &[Coarse],
    places: [usize; 2],
    gradients: &[[f32; 2]],
) -> (Vec<Sums>, Counts) {
    const BLOCK: usize = 4_096;
    let adds = adds(joined, places);
    let count = places.iter().map(|&place| joined[place].bins.count()).product();
    let (mut sums, mut rows) = (vec![Sums::default(); count + 1], vec![0; count + 1]);
    let mut cells = vec![0; BLOCK];
    for (block, gradients) in gradients.chunks(BLOCK).enumerate() {
        let cells = &mut cells[..gradients.len()];
        write_cells(codes(features, places, &adds), count, block * BLOCK, cells);
        for (&cell, &gradient) in cells.iter().zip(gradients) {
            sums[cell as usize] += gradient.into();
            rows[cell as usize] += 1;
        }
    }
    rows.truncate(count);
    (sums, Counts { rows, share: Vec::new() })
}
