//! One boosting step on one feature: a small tree over its bins, its leaves moved by Newton steps.

use super::counts::Counts;
use super::guidance::{pool_falling, sign};
use super::histogram::Sums;
use super::params::ValidAdditiveParams;
use crate::domain::Direction;
use crate::model::bin::Bins;

/// Longest step of a leaf before the learning rate, in nats: keeps separable data finite.
const STEP_MAX: f64 = 2.0;
/// Most levels that leaves are made of. Of more, each is a leaf of its own, which its prior smooths: there
/// are too many to sort them in every step.
const LEVELS_A_TREE: usize = 1_024;

/// What a step needs to know of a feature, the same in every round.
pub(super) struct Shape {
    /// Learned bins in an order in which neighbours may share a leaf; for categories the order is
    /// made anew in each step.
    order: Vec<usize>,
    is_categorical: bool,
    /// Whether the bin of missing cells is learned; it is a leaf of its own.
    has_missing: bool,
    /// Training rows of each bin in this bag.
    rows: Vec<u32>,
    /// Share of the rows that each bin has, of those in which the feature is not withheld.
    share: Vec<f64>,
    /// Precision of the normal prior to which each bin's score shrinks: of categories, 1 over the
    /// variance between them; 0 for numbers.
    prior: f64,
    /// Which way the scores of numbers may go, if not either way.
    direction: Option<Direction>,
}

/// A leaf: a run of [`Shape::order`], with what it holds.
#[derive(Clone, Copy)]
struct Leaf {
    start: usize,
    end: usize,
    /// Of the gradients and hessians, prior included.
    gradient: f64,
    hessian: f64,
}

/// Where to divide a leaf, and what it gains.
struct Split {
    at: usize,
    gain: f64,
}

impl Shape {
    /// A feature of which each bin has so many rows that train in this bag.
    pub(super) fn new(bins: &Bins, learned: &[bool], counts: Counts, direction: Option<Direction>) -> Self {
        let is_categorical = matches!(bins, Bins::Levels(_));
        let order: Vec<usize> = (Bins::UNSEEN..bins.count()).filter(|&bin| learned[bin]).collect();
        let Counts { rows, share } = counts;
        Self {
            order,
            is_categorical,
            has_missing: learned[Bins::MISSING],
            rows,
            share,
            prior: 0.0,
            direction,
        }
    }

    /// Whether its scores shrink to a prior that is yet to be learned.
    pub(super) const fn has_prior(&self) -> bool {
        self.is_categorical
    }

    /// Learns how far the levels of a category differ, from sums at a score that does not know
    /// them: the moment estimate of the variance between groups (`DerSimonian` and Laird 1986).
    pub(super) fn learn_prior(&mut self, sums: &[Sums]) {
        /// Bounds of the precision: variances from 4 down to 1/400.
        const PRIOR: (f64, f64) = (0.25, 400.0);
        if !self.is_categorical {
            return;
        }
        let levels: Vec<(f64, f64)> = self
            .order
            .iter()
            .map(|&bin| (sums[bin].gradient, sums[bin].hessian))
            .filter(|&(_, hessian)| hessian > 0.0)
            .collect();
        let hessian: f64 = levels.iter().map(|level| level.1).sum();
        let gradient: f64 = levels.iter().map(|level| level.0).sum();
        let squares: f64 = levels.iter().map(|level| level.1 * level.1).sum();
        let spread: f64 = levels.iter().map(|(g, h)| g * g / h).sum::<f64>() - gradient * gradient / hessian;
        let chance = levels.len().saturating_sub(1) as f64;
        let variance = (spread - chance) / (hessian - squares / hessian);
        self.prior = if variance > 0.0 { (1.0 / variance).clamp(PRIOR.0, PRIOR.1) } else { PRIOR.1 };
    }

    /// Gives `set` the step of each bin that moves, centred over the rows that train, and adds it to
    /// `scores`. Withheld rows and bins that are not learned do not move.
    pub(super) fn step(
        &mut self,
        sums: &[Sums],
        params: &ValidAdditiveParams,
        scores: &mut [f64],
        set: &mut impl FnMut(usize, f32),
    ) {
        let mut moves: Vec<(usize, f64)> = Vec::with_capacity(scores.len());
        if self.is_categorical && self.order.len() > LEVELS_A_TREE {
            for &bin in &self.order {
                let (gradient, hessian) = self.weigh(bin, sums, scores);
                moves.push((bin, damped_step(gradient, hessian, params)));
            }
        } else {
            if self.is_categorical {
                self.order_levels(sums, params.damping, scores);
            }
            for (leaf, step) in self.steps_of(self.grow(sums, params, scores), params) {
                moves.extend(self.order[leaf.start..leaf.end].iter().map(|&bin| (bin, step)));
            }
        }
        if self.has_missing {
            let (gradient, hessian) = self.weigh(Bins::MISSING, sums, scores);
            let leaf = Leaf { start: 0, end: 0, gradient, hessian };
            let enough =
                self.rows[Bins::MISSING] >= params.leaf_rows_min && hessian >= params.leaf_hessian_min;
            moves.push((Bins::MISSING, if enough { leaf.step(params) } else { 0.0 }));
        }
        let mean: f64 = moves.iter().map(|&(bin, step)| step * self.share[bin]).sum();
        for (bin, step) in moves {
            // The row's score moves by what the table does, to the last bit of a float.
            #[allow(clippy::cast_possible_truncation, reason = "the step is taken in single precision")]
            let step = (step - mean) as f32;
            set(bin, step);
            scores[bin] += f64::from(step);
        }
    }

    /// The step of each leaf; leaves that would go the wrong way are pooled.
    fn steps_of(&self, leaves: Vec<Leaf>, params: &ValidAdditiveParams) -> Vec<(Leaf, f64)> {
        let mut steps: Vec<f64> = leaves.iter().map(|leaf| leaf.step(params)).collect();
        if let Some(direction) = self.direction {
            let weigh = |(leaf, step): (&Leaf, &f64)| (sign(direction) * step, leaf.hessian + params.damping);
            let mut pooled: Vec<(f64, f64)> = leaves.iter().zip(&steps).map(weigh).collect();
            pool_falling(&mut pooled);
            steps = pooled.into_iter().map(|(step, _)| sign(direction) * step).collect();
        }
        leaves.into_iter().zip(steps).collect()
    }

    /// Categories by their mean pull, so that those alike are neighbours.
    fn order_levels(&mut self, sums: &[Sums], damping: f64, scores: &[f64]) {
        let pull = |bin: usize| {
            let (gradient, hessian) = self.weigh(bin, sums, scores);
            gradient / (hessian + damping)
        };
        let mut keyed: Vec<(f64, usize)> = self.order.iter().map(|&bin| (pull(bin), bin)).collect();
        keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.order.clear();
        self.order.extend(keyed.iter().map(|&(_, bin)| bin));
    }

    /// Gradient and hessian of `bin` with its prior, which pulls the score that it has to 0.
    fn weigh(&self, bin: usize, sums: &[Sums], scores: &[f64]) -> (f64, f64) {
        (sums[bin].gradient + self.prior * scores[bin], sums[bin].hessian + self.prior)
    }

    /// Grows leaves best first, to `leaves_max` at most; one leaf when nothing gains by dividing.
    fn grow(&self, sums: &[Sums], params: &ValidAdditiveParams, scores: &[f64]) -> Vec<Leaf> {
        let weights: Vec<(f64, f64)> = self.order.iter().map(|&bin| self.weigh(bin, sums, scores)).collect();
        let root = Leaf::of(&weights, 0, weights.len());
        let mut leaves = vec![(root, self.divide(root, &weights, params))];
        while leaves.len() < usize::from(params.leaves_max) {
            let gain_min = if leaves.len() == 1 { 0.0 } else { params.leaf_gain_min[0] };
            let splits = leaves.iter().enumerate().filter_map(|(i, (_, split))| Some((i, split.as_ref()?)));
            // The first of equal gains, so that the tree is one of a kind.
            let best = splits
                .filter(|(_, split)| split.gain >= gain_min)
                .reduce(|best, next| if next.1.gain > best.1.gain { next } else { best });
            let Some((i, at)) = best.map(|(i, split)| (i, split.at)) else {
                break;
            };
            let parent = leaves[i].0;
            let children = [Leaf::of(&weights, parent.start, at), Leaf::of(&weights, at, parent.end)]
                .map(|child| (child, self.divide(child, &weights, params)));
            leaves.splice(i..=i, children);
        }
        leaves.into_iter().map(|(leaf, _)| leaf).collect()
    }

    /// The split of `leaf` that gains most, if one gains at all.
    fn divide(&self, leaf: Leaf, weights: &[(f64, f64)], params: &ValidAdditiveParams) -> Option<Split> {
        let worth = |gradient, hessian| worth(gradient, hessian, params.damping);
        let rows_of = |bins: &[usize]| bins.iter().map(|&bin| self.rows[bin]).sum::<u32>();
        let rows = rows_of(&self.order[leaf.start..leaf.end]);
        let whole = worth(leaf.gradient, leaf.hessian);
        let mut best: Option<Split> = None;
        let (mut gradient, mut hessian, mut rows_left) = (0.0, 0.0, 0_u32);
        for at in leaf.start + 1..leaf.end {
            gradient += weights[at - 1].0;
            hessian += weights[at - 1].1;
            rows_left += self.rows[self.order[at - 1]];
            let hessian_right = leaf.hessian - hessian;
            let rows_least = rows_left.min(rows - rows_left);
            if rows_least < params.leaf_rows_min || hessian.min(hessian_right) < params.leaf_hessian_min {
                continue;
            }
            let gain = worth(gradient, hessian) + worth(leaf.gradient - gradient, hessian_right) - whole;
            if gain > best.as_ref().map_or(0.0, |split| split.gain) {
                best = Some(Split { at, gain });
            }
        }
        best
    }
}

impl Leaf {
    fn of(weights: &[(f64, f64)], start: usize, end: usize) -> Self {
        let sum = |of: fn(&(f64, f64)) -> f64| weights[start..end].iter().map(of).sum();
        Self { start, end, gradient: sum(|weight| weight.0), hessian: sum(|weight| weight.1) }
    }

    fn step(self, params: &ValidAdditiveParams) -> f64 {
        damped_step(self.gradient, self.hessian, params)
    }
}

/// What a Newton step of a region takes off twice the loss.
pub(super) fn worth(gradient: f64, hessian: f64, damping: f64) -> f64 {
    gradient * gradient / (hessian + damping)
}

/// A share of the damped Newton step of a region.
pub(super) fn damped_step(gradient: f64, hessian: f64, params: &ValidAdditiveParams) -> f64 {
    let hessian = hessian + params.damping;
    if hessian <= 0.0 {
        return 0.0;
    }
    params.learning_rate * (-gradient / hessian).clamp(-STEP_MAX, STEP_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Column;
    use crate::domain::Cell;
    use crate::model::additive::AdditiveParams;
    use crate::model::additive::histogram::gradient;
    use crate::model::bin::Binned;

    /// A category of one row per level and person, `counts` rows of each, with the sums of rows at
    /// score 0 of which `happened` are positive.
    fn levels(counts: &[u32], happened: &[u32]) -> (Shape, Vec<Sums>) {
        let names: Vec<String> = (0..counts.len()).map(|level| format!("{level:02}")).collect();
        let cells = counts.iter().zip(&names).flat_map(|(&n, name)| vec![Cell::Category(name); n as usize]);
        let column = Column::categorical(cells);
        let person: Vec<u32> = (0..).take(column.rows()).collect();
        let bins = Bins::learn(&column, &person, 255, 1);
        let binned = Binned::encode(bins, &column, &person, 1);
        let mut sums = vec![Sums::default(); binned.bins.count() + 1];
        for (level, (&rows, &positives)) in counts.iter().zip(happened).enumerate() {
            for row in 0..rows {
                sums[Bins::FIRST + level] += gradient(0.0, row < positives, 1.0).into();
            }
        }
        let total: f64 = binned.rows.iter().map(|&rows| f64::from(rows)).sum();
        let share = binned.rows.iter().map(|&rows| f64::from(rows) / total).collect();
        let counts = Counts { rows: binned.rows.clone(), share };
        (Shape::new(&binned.bins, &binned.learned, counts, None), sums)
    }

    fn params(params: AdditiveParams) -> ValidAdditiveParams {
        params.check().unwrap()
    }

    fn take(shape: &mut Shape, sums: &[Sums], params: &ValidAdditiveParams) -> Vec<f64> {
        let mut scores = vec![0.0; sums.len() - 1];
        shape.step(sums, params, &mut scores, &mut |bin, _| assert!(bin < sums.len() - 1));
        scores
    }

    #[test]
    fn levels_alike_share_a_leaf_wherever_they_stand() {
        let (mut shape, sums) = levels(&[100, 100, 100, 100], &[80, 20, 80, 20]);
        let params = params(AdditiveParams { learning_rate: 1.0, damping: 0.0, ..AdditiveParams::default() });
        let scores = take(&mut shape, &sums, &params);
        // 100 rows at p = 1/2, 80 of them positive: gradient -30, hessian 25, step 1.2.
        assert_eq!(scores[Bins::FIRST..], [1.2_f32, -1.2, 1.2, -1.2].map(f64::from));
    }

    #[test]
    fn leaves_keep_the_floors_of_rows() {
        let (mut shape, sums) = levels(&[10, 400], &[10, 200]);
        let small = params(AdditiveParams { leaf_rows_min: 10, ..AdditiveParams::default() });
        assert!(take(&mut shape, &sums, &small)[Bins::FIRST] > 0.0);
        let large = params(AdditiveParams { leaf_rows_min: 11, ..AdditiveParams::default() });
        assert_eq!(take(&mut shape, &sums, &large), [0.0; 4]);
    }

    #[test]
    fn a_third_leaf_must_gain_more_than_the_second() {
        let (mut shape, sums) = levels(&[200, 200, 200], &[20, 100, 120]);
        let distinct = |params: &ValidAdditiveParams, shape: &mut Shape| {
            let mut scores = take(shape, &sums, params)[Bins::FIRST..].to_vec();
            scores.dedup();
            scores.len()
        };
        // Levels 1 and 2 differ by a gain of 2 x 10^2 / 50 = 4 over their mean.
        let strict = params(AdditiveParams { leaf_gain_min: [5.0; 2], ..AdditiveParams::default() });
        assert_eq!(distinct(&strict, &mut shape), 2);
        let lax = params(AdditiveParams { leaf_gain_min: [3.0; 2], ..AdditiveParams::default() });
        assert_eq!(distinct(&lax, &mut shape), 3);
    }

    #[test]
    fn the_prior_follows_how_far_levels_differ() {
        let prior = |happened: &[u32]| {
            let (mut shape, sums) = levels(&[100; 6], happened);
            shape.learn_prior(&sums);
            shape.prior
        };
        let (far, near, alike) =
            (prior(&[90, 10, 80, 20, 90, 10]), prior(&[60, 40, 57, 43, 60, 40]), prior(&[50; 6]));
        assert!(far < near && near < alike, "{far} {near} {alike}");
        assert_eq!(alike, 400.0);
    }

    #[test]
    fn rare_levels_shrink_to_the_mean_however_long_they_are_boosted() {
        // Level 0: 4 rows, all positive. At the maximum its score would grow without end.
        let (mut shape, sums) = levels(&[4, 400], &[4, 200]);
        shape.prior = 1.0;
        let params = params(AdditiveParams {
            leaf_rows_min: 1,
            leaf_hessian_min: 0.1,
            learning_rate: 0.5,
            ..AdditiveParams::default()
        });
        let mut scores = vec![0.0; sums.len() - 1];
        for _ in 0..200 {
            let mut sums = sums.clone();
            let score = scores[Bins::FIRST];
            sums[Bins::FIRST] = Sums::default();
            for _ in 0..4 {
                #[allow(clippy::cast_possible_truncation)]
                let row = gradient(score as f32, true, 1.0);
                sums[Bins::FIRST] += row.into();
            }
            shape.step(&sums, &params, &mut scores, &mut |_, _| {});
        }
        // Where the pull of its rows, 4 (1 - p), is that of the prior, its score: 4 / (1 + e^s) = s.
        let rest = scores[Bins::FIRST] - 4.0 / (1.0 + libm::exp(scores[Bins::FIRST]));
        assert!(rest.abs() < 0.05, "{rest} at {}", scores[Bins::FIRST]);
    }
}
