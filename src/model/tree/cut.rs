//! Where to cut one feature at one node, by a stump of linfa-trees.
//!
//! linfa's own trees lose splits, prune what tells rates apart, break ties at random, take small
//! steps for none and fit by `<=` what they predict by `<`. A stump, though, on all the rows of a
//! node, with both classes weighing the same, is sound: every boundary is tried, both sides differ in
//! their majority, so nothing is pruned. It is fitted on the node's histogram, whose positions are whole
//! numbers, so no step is small, and cuts fall between them, so none is on a value. Its weights are whole
//! numbers whose sums single precision holds exactly. What remains of the fit is ours.

use linfa::prelude::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::{Array1, Array2};

use super::{Side, ValidTreeParams};

/// A position that stands for a missing cell.
pub(super) const MISSING: u32 = u32::MAX - 1;
/// A position that stands for a withheld cell.
pub(super) const WITHHELD: u32 = u32::MAX;

/// Weight of either class in a stump: all sums of whole weights stay below 2^24.
const CLASS_WEIGHT: f64 = 4_194_304.0;
/// Least decrease of the Gini impurity, out of 0.5, that a stump reports.
const IMPURITY_MIN: f64 = 1e-6;

/// One row of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Index of the training row.
    pub(super) index: usize,
    pub(super) person: u32,
    pub(super) happened: bool,
    /// 1, or the part of the row that is here when a withheld cell sent it both ways.
    pub(super) weight: f64,
}

/// The best cut of a feature at a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Positions below it go left; positions count from 1.
    pub(super) boundary: usize,
    /// Where missing cells go.
    pub(super) missing: Side,
    /// Log-loss saved, in nats, over the rows whose cell is not withheld.
    pub(super) gain: f64,
    /// Share of those rows that go left.
    pub(super) left_share: f64,
}

/// The best cut of the rows of a node by `positions` (one per training row: from 1 to `highest`,
/// [`MISSING`] or [`WITHHELD`]). Rows come person by person. None when no cut leaves enough rows and
/// people on both sides, or none helps.
///
/// Missing cells are tried on either side; where a node has none, they follow the greater part. Rows
/// with a withheld cell take no part.
pub(super) fn best_cut(
    rows: &[Row],
    positions: &[u32],
    highest: usize,
    params: &ValidTreeParams,
) -> Option<Cut> {
    let some_missing = rows.iter().any(|row| positions[row.index] == MISSING);
    let left = cut_with(Side::Left, rows, positions, highest, params);
    if !some_missing {
        let side = |cut: &Cut| if cut.left_share >= 0.5 { Side::Left } else { Side::Right };
        return left.map(|cut| Cut { missing: side(&cut), ..cut });
    }
    let right = cut_with(Side::Right, rows, positions, highest, params)
        // Only missing cells on the right: the same cut as only missing cells on the left.
        .filter(|cut| cut.boundary <= highest);
    match (left, right) {
        (Some(left), Some(right)) if right.gain > left.gain => Some(right),
        (None, right) => right,
        (left, _) => left,
    }
}

fn cut_with(
    missing: Side,
    rows: &[Row],
    positions: &[u32],
    highest: usize,
    params: &ValidTreeParams,
) -> Option<Cut> {
    let histogram = Histogram::count(missing, rows, positions, highest);
    let (first, last) = histogram.window(params)?;
    let boundary = histogram.ask_stump(first, last)?;
    let total = histogram.sum(0..histogram.slots.len());
    let left = histogram.sum(0..boundary);
    let right = histogram.sum(boundary..histogram.slots.len());
    let gain = total.loss() - left.loss() - right.loss();
    Some(Cut { boundary, missing, gain, left_share: left.rows / total.rows })
}

/// What the rows of a node are at each position.
struct Histogram {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    tally: Tally,
    /// People of whom this is the lowest position.
    people_from: u32,
    /// People of whom this is the highest position.
    people_to: u32,
}

/// How many rows, and how many of them with the response.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) rows: f64,
    pub(super) positives: f64,
}

impl Tally {
    pub(super) fn add(&mut self, row: &Row) {
        self.rows += row.weight;
        self.positives += if row.happened { row.weight } else { 0.0 };
    }

    /// Log-loss of the rows at their own rate, in nats.
    fn loss(&self) -> f64 {
        let term = |count: f64| if count > 0.0 { -count * libm::log(count / self.rows) } else { 0.0 };
        term(self.positives) + term(self.rows - self.positives)
    }
}

impl Histogram {
    /// Slot 0 holds missing cells that go left, the last those that go right.
    fn count(missing: Side, rows: &[Row], positions: &[u32], highest: usize) -> Self {
        let mut slots = vec![Slot::default(); highest + 2];
        let slot_of = |row: &Row| match positions[row.index] {
            WITHHELD => None,
            MISSING if missing == Side::Left => Some(0),
            MISSING => Some(highest + 1),
            position => Some(position as usize),
        };
        for one_person in rows.chunk_by(|a, b| a.person == b.person) {
            let mut reach: Option<(usize, usize)> = None;
            for row in one_person {
                let Some(slot) = slot_of(row) else { continue };
                slots[slot].tally.add(row);
                // Who is here only in part is not counted among the people of a leaf.
                if row.weight == 1.0 {
                    let (from, to) = reach.unwrap_or((slot, slot));
                    reach = Some((from.min(slot), to.max(slot)));
                }
            }
            if let Some((from, to)) = reach {
                slots[from].people_from += 1;
                slots[to].people_to += 1;
            }
        }
        Self { slots }
    }

    fn sum(&self, slots: std::ops::Range<usize>) -> Tally {
        self.slots[slots].iter().fold(Tally::default(), |sum, slot| Tally {
            rows: sum.rows + slot.tally.rows,
            positives: sum.positives + slot.tally.positives,
        })
    }

    /// The lowest slot up to which, and the highest from which on, there are enough rows and people
    /// for a leaf: cuts lie between.
    fn window(&self, params: &ValidTreeParams) -> Option<(usize, usize)> {
        let enough = |people: &mut u32, rows: &mut f64, more_people: u32, slot: &Slot| {
            *people += more_people;
            *rows += slot.tally.rows;
            *people >= params.people_min && *rows >= f64::from(params.rows_min)
        };
        let (mut people, mut rows) = (0, 0.0);
        let first =
            self.slots.iter().position(|slot| enough(&mut people, &mut rows, slot.people_from, slot))?;
        let (mut people, mut rows) = (0, 0.0);
        let last =
            self.slots.iter().rposition(|slot| enough(&mut people, &mut rows, slot.people_to, slot))?;
        (first < last).then_some((first, last))
    }

    /// The slot from which on rows go right, by a stump fitted on this histogram with all slots
    /// outside `first..=last` joined to these.
    fn ask_stump(&self, first: usize, last: usize) -> Option<usize> {
        let all = self.sum(0..self.slots.len());
        let weights_of = |tally: Tally| {
            let negatives = |tally: Tally| tally.rows - tally.positives;
            [(true, tally.positives / all.positives), (false, negatives(tally) / negatives(all))]
        };
        let (mut at, mut happened, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for slot in first..=last {
            let start = if slot == first { 0 } else { slot };
            let end = if slot == last { self.slots.len() } else { slot + 1 };
            for (class, share) in weights_of(self.sum(start..end)) {
                let weight = (share * CLASS_WEIGHT).round();
                if weight >= 1.0 {
                    at.push(slot as f64);
                    happened.push(class);
                    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^24")]
                    weights.push(weight as f32);
                }
            }
        }
        let records = Array2::from_shape_vec((at.len(), 1), at).ok()?;
        let histogram = DatasetBase::new(records, Array1::from(happened)).with_weights(Array1::from(weights));
        let stump = DecisionTree::params()
            .split_quality(SplitQuality::Gini)
            .max_depth(Some(1))
            .min_weight_split(2.0)
            .min_weight_leaf(1.0)
            .min_impurity_decrease(IMPURITY_MIN)
            .check()
            .ok()?
            .fit(&histogram)
            .ok()?;
        let (_, middle, _) = stump.root_node().split();
        if stump.root_node().is_leaf() {
            return None;
        }
        (first + 1..=last).find(|&slot| middle <= slot as f64)
    }
}
