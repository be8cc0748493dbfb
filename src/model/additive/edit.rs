//! What an analyst changes in a table: set, flatten, or make monotone.
//!
//! An edit changes the scores of the values that it names, and of no others: the table is centred again
//! afterwards and its mean goes to the intercept, so contributions move and scores do not. A pair is
//! purified again, so part of an edit of its cells may end in the tables of its features. What was
//! replaced is kept, so that an edit can be undone to the unit.
//!
//! Monotone is the nearest table in squares weighted by rows: pool adjacent violators (Ayer et al.
//! 1955). A bin without rows goes with its neighbours.

use serde::{Deserialize, Serialize};

use super::mass::purify_exactly;
use super::{AdditiveModel, PairFunction, ShapeFunction};
use crate::domain::{FeatureId, FieldError, Nats};
use crate::model::Bins;

/// Largest magnitude that a score may be set to, in nats: odds of 5e8 to 1.
const SCORE_MAX: f64 = 20.0;

/// What an edit is about. Bins are numbered as in the tables: 0 is of missing cells, 1 of unseen
/// values, then come the known ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Stretch {
    /// Some bins of a feature, next to each other.
    Bins {
        /// The feature.
        feature: FeatureId,
        /// The first bin.
        first: usize,
        /// The last bin, included.
        last: usize,
    },
    /// Some categories of a feature.
    Levels {
        /// The feature.
        feature: FeatureId,
        /// Their names.
        names: Vec<String>,
    },
    /// A block of cells of a pair.
    Cells {
        /// The features, ascending.
        features: [FeatureId; 2],
        /// The first bin of either.
        first: [usize; 2],
        /// The last bin of either, included.
        last: [usize; 2],
    },
}

/// What becomes of the scores of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// All become this, in nats, before the table is centred.
    Set(f64),
    /// All become their mean over the rows.
    Flatten,
    /// They rise from bin to bin.
    Increasing,
    /// They fall from bin to bin.
    Decreasing,
}

/// A model after an edit, and what it replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The model.
    pub model: AdditiveModel,
    /// What it replaced.
    pub before: Before,
    /// Whether the cells that were set had to be purified: means moved from the pair to its features.
    pub purified_again: bool,
}

/// What an edit replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The intercept.
    pub intercept: Nats,
    /// The shape functions that changed, as they were.
    pub shapes: Vec<ShapeFunction>,
    /// The functions of pairs that changed, as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairFunction>,
}

impl Stretch {
    /// The features that it is about: one or two.
    #[must_use]
    pub fn features(&self) -> Vec<FeatureId> {
        match self {
            Self::Bins { feature, .. } | Self::Levels { feature, .. } => vec![*feature],
            Self::Cells { features, .. } => features.to_vec(),
        }
    }
}

impl AdditiveModel {
    /// Whether it has the table that `stretch` is about.
    #[must_use]
    pub fn has(&self, stretch: &Stretch) -> bool {
        match stretch {
            Stretch::Bins { feature, .. } | Stretch::Levels { feature, .. } => self.shape(*feature).is_some(),
            Stretch::Cells { features, .. } => self.pair(*features).is_some(),
        }
    }

    /// The model after an edit.
    ///
    /// # Errors
    /// When it has no such table, bin or category, a score is no finite number or too large, bins have
    /// no order to be monotone in, or nothing would change.
    pub fn edit(&self, stretch: &Stretch, change: Change) -> Result<Edited, FieldError> {
        if let Change::Set(score) = change
            && !(-SCORE_MAX..=SCORE_MAX).contains(&score)
        {
            let rule = format!("must be a number from -{SCORE_MAX} to {SCORE_MAX}");
            return Err(FieldError::new("set", rule));
        }
        match stretch {
            Stretch::Bins { feature, first, last } => self.edit_shape(*feature, change, |bins| {
                check_range("bins", bins, *first, *last)?;
                if change.is_monotone() && (matches!(bins, Bins::Levels(_)) || *first < Bins::FIRST) {
                    return Err(FieldError::new("bins", "must be intervals of a number to be made monotone"));
                }
                Ok((*first..=*last).collect())
            }),
            Stretch::Levels { feature, names } => self.edit_shape(*feature, change, |bins| {
                if change.is_monotone() {
                    return Err(FieldError::new("levels", "have no order to be monotone in"));
                }
                find_levels(bins, names)
            }),
            Stretch::Cells { features, first, last } => self.edit_pair(*features, *first, *last, change),
        }
    }

    /// The model before an edit, from the one after it.
    ///
    /// # Errors
    /// When it is not the model that the edit made.
    pub fn restore(&self, before: &Before) -> Result<Self, FieldError> {
        let mut model = self.clone();
        model.intercept = before.intercept;
        for was in &before.shapes {
            *model.shape_mut(was.feature)? = was.clone();
        }
        for was in &before.pairs {
            *model.pair_mut(was.features)? = was.clone();
        }
        model.check_again()
    }

    fn edit_shape(
        &self,
        feature: FeatureId,
        change: Change,
        choose: impl FnOnce(&Bins) -> Result<Vec<usize>, FieldError>,
    ) -> Result<Edited, FieldError> {
        let mut model = self.clone();
        let shape = model.shape_mut(feature)?;
        let was = shape.clone();
        change_scores(&mut shape.scores, &shape.rows, &choose(&was.bins)?, change)?;
        let mean = shape.take_mean();
        model.intercept += mean;
        let before = Before { intercept: self.intercept, shapes: vec![was], pairs: Vec::new() };
        Ok(Edited { model: model.check_again()?, before, purified_again: false })
    }

    fn edit_pair(
        &self,
        features: [FeatureId; 2],
        first: [usize; 2],
        last: [usize; 2],
        change: Change,
    ) -> Result<Edited, FieldError> {
        if change.is_monotone() {
            return Err(FieldError::new("cells", "cannot be made monotone"));
        }
        let mut model = self.clone();
        let pair = model.pair_mut(features)?;
        for side in 0..2 {
            check_range(["bins", "and_bins"][side], &pair.bins[side], first[side], last[side])?;
        }
        let (was, across) = (pair.clone(), pair.bins[1].count());
        let cells =
            (first[0]..=last[0]).flat_map(|one| (first[1]..=last[1]).map(move |other| one * across + other));
        change_scores(&mut pair.scores, &pair.rows, &cells.collect::<Vec<_>>(), change)?;
        let mut before = Before { intercept: self.intercept, shapes: Vec::new(), pairs: vec![was] };
        // A pair that is as it came was never told apart from its features.
        if self.unpurified.contains(&features) {
            return Ok(Edited { model: model.check_again()?, before, purified_again: false });
        }
        let bins = pair.bins.clone();
        let moved = purify_exactly(pair);
        let purified_again = moved.iter().flatten().any(|&moved| moved != Nats::ZERO);
        for (side, moved) in moved.iter().enumerate().filter(|_| purified_again) {
            let shape = model.shape_mut(features[side])?;
            before.shapes.push(shape.clone());
            shape.absorb(&bins[side], moved)?;
            let mean = shape.take_mean();
            model.intercept += mean;
        }
        Ok(Edited { model: model.check_again()?, before, purified_again })
    }

    fn shape_mut(&mut self, feature: FeatureId) -> Result<&mut ShapeFunction, FieldError> {
        let shape = self.shapes.iter_mut().find(|shape| shape.feature == feature);
        shape.ok_or_else(|| FieldError::new("feature", "the model has no term of it"))
    }

    fn pair_mut(&mut self, features: [FeatureId; 2]) -> Result<&mut PairFunction, FieldError> {
        let pair = self.pairs.iter_mut().find(|pair| pair.features == features);
        pair.ok_or_else(|| FieldError::new("feature", "the model has no term of the two together"))
    }

    /// The same model, checked as if it were new.
    pub(super) fn check_again(self) -> Result<Self, FieldError> {
        Self::checked(self.into())
    }
}

impl Change {
    const fn is_monotone(self) -> bool {
        match self {
            Self::Increasing | Self::Decreasing => true,
            Self::Set(_) | Self::Flatten => false,
        }
    }
}

fn check_range(field: &str, bins: &Bins, first: usize, last: usize) -> Result<(), FieldError> {
    if first <= last && last < bins.count() {
        return Ok(());
    }
    let rule =
        format!("must be from 0 to {}, the first not after the last, are {first}..{last}", bins.count() - 1);
    Err(FieldError::new(field, rule))
}

/// The bins of categories by their names.
fn find_levels(bins: &Bins, names: &[String]) -> Result<Vec<usize>, FieldError> {
    let Bins::Levels(known) = bins else {
        return Err(FieldError::new("levels", "the feature is a number and has bins"));
    };
    if names.is_empty() {
        return Err(FieldError::new("levels", "must be one at least"));
    }
    let find = |(i, name): (usize, &String)| {
        let unknown = || FieldError::new(format!("levels[{i}]"), format!("the model does not know {name:?}"));
        known.binary_search(name).map(|at| Bins::FIRST + at).map_err(|_| unknown())
    };
    names.iter().enumerate().map(find).collect()
}

/// Changes the scores of `chosen` bins or cells.
fn change_scores(
    scores: &mut [Nats],
    rows: &[u32],
    chosen: &[usize],
    change: Change,
) -> Result<(), FieldError> {
    let blocks = chosen.iter().map(|&bin| Block::of(scores[bin], rows[bin]));
    let after: Vec<Nats> = match change {
        Change::Set(score) => vec![Nats::from_f64(score); chosen.len()],
        Change::Flatten => {
            let all = blocks.reduce(Block::joined).map_or(Nats::ZERO, Block::mean);
            vec![all; chosen.len()]
        }
        Change::Increasing => pool(blocks, |earlier, later| earlier > later),
        Change::Decreasing => pool(blocks, |earlier, later| earlier < later),
    };
    if chosen.iter().zip(&after).all(|(&bin, &score)| scores[bin] == score) {
        return Err(FieldError::new("change", "leaves every score as it is"));
    }
    for (&bin, score) in chosen.iter().zip(after) {
        scores[bin] = score;
    }
    Ok(())
}

/// Joins neighbours that break the order to blocks of their mean; the score of each bin.
fn pool(blocks: impl Iterator<Item = Block>, breaks: impl Fn(Nats, Nats) -> bool) -> Vec<Nats> {
    let mut kept: Vec<Block> = Vec::new();
    for mut block in blocks {
        while let Some(earlier) = kept.pop_if(|earlier| breaks(earlier.mean(), block.mean())) {
            block = earlier.joined(block);
        }
        kept.push(block);
    }
    kept.into_iter().flat_map(|block| vec![block.mean(); block.bins]).collect()
}

/// Bins that have one score: its mean over their rows, or over the bins when there are none.
#[derive(Clone, Copy)]
struct Block {
    bins: usize,
    rows: i128,
    /// Units times rows, summed.
    weighted: i128,
    /// Units, summed.
    plain: i128,
}

impl Block {
    fn of(score: Nats, rows: u32) -> Self {
        let (units, rows) = (i128::from(score.units()), i128::from(rows));
        Self { bins: 1, rows, weighted: units * rows, plain: units }
    }

    const fn joined(self, other: Self) -> Self {
        Self {
            bins: self.bins + other.bins,
            rows: self.rows + other.rows,
            weighted: self.weighted + other.weighted,
            plain: self.plain + other.plain,
        }
    }

    fn mean(self) -> Nats {
        let (sum, count) =
            if self.rows > 0 { (self.weighted, self.rows) } else { (self.plain, self.bins as i128) };
        let nearest = (2 * sum + count).div_euclid(2 * count);
        Nats::from_units(i64::try_from(nearest).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
