//! The Shapley values of a tree: path-dependent, as in `TreeSHAP` (Lundberg et al. 2020), over all
//! features of the tree.
//!
//! The game: knowing a set of features, the tree is walked by them, and where it splits on another
//! feature both ways are taken in proportion to the training rows that took them. A withheld feature
//! is not a player: it is in no set, so the tree is averaged over it and its share is 0.
//!
//! A leaf is reached by a product over its features of 1 or 0 (known: the value does or does not lead
//! there) or of a ratio of rows (not known). The Shapley value of a product game is an integral of a
//! polynomial (the multilinear extension of Owen 1972), and Gauss-Legendre quadrature of n points is
//! exact up to degree 2n - 1. Every factor is positive, so nothing cancels; a leaf of d features takes
//! d x d/2 steps.

use std::cell::RefCell;

use super::{DEPTH_MAX, Node, Rule, Side};
use crate::domain::Nats;

/// Where a cell lies on the axis of its feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// At this number.
    At(f64),
    /// Nowhere: missing.
    Missing,
    /// Not to be looked at.
    Withheld,
}

/// A leaf as the box of rows that reach it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// The score in nats.
    score: f64,
    /// One interval per feature on the path.
    intervals: Vec<Interval>,
}

/// The values of one feature that lead to a leaf: those in [from, to), and missing or not.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Interval {
    term: usize,
    /// Share of training rows that went this way at the splits on the feature.
    ratio: f64,
    from: f64,
    to: f64,
    missing: bool,
}

impl Interval {
    fn holds(&self, place: Place) -> bool {
        match place {
            Place::At(number) => self.from <= number && number < self.to,
            Place::Missing => self.missing,
            Place::Withheld => false,
        }
    }

    /// What is left of the interval on `side` of a split that sends `ratio` of the rows there.
    fn narrow(&mut self, rule: Rule, side: Side, ratio: f64) {
        self.ratio *= ratio;
        match (rule, side) {
            (Rule::Below { below, missing }, Side::Left) => {
                self.to = self.to.min(below);
                self.missing &= missing == Side::Left;
            }
            (Rule::Below { below, missing }, Side::Right) => {
                self.from = self.from.max(below);
                self.missing &= missing == Side::Right;
            }
            (Rule::Missing, Side::Left) => self.to = f64::NEG_INFINITY,
            (Rule::Missing, Side::Right) => self.missing = false,
        }
    }
}

/// The leaves of a sound tree, from left to right.
pub(super) fn collect_leaves(nodes: &[Node]) -> Vec<Leaf> {
    // Children follow their parent, so one pass from the end knows every subtree's rows.
    let mut rows = vec![0.0; nodes.len()];
    for (i, node) in nodes.iter().enumerate().rev() {
        rows[i] = match *node {
            Node::Split { left, right, .. } => rows[left] + rows[right],
            Node::Leaf { rows, .. } => rows,
        };
    }
    let mut leaves = Vec::new();
    let mut open = vec![(0, Vec::new())];
    while let Some((node, intervals)) = open.pop() {
        match nodes[node] {
            Node::Leaf { score, .. } => leaves.push(Leaf { score: score.to_f64(), intervals }),
            Node::Split { term, rule, left, right } => {
                for (side, child) in [(Side::Right, right), (Side::Left, left)] {
                    let ratio = rows[child] / rows[node];
                    open.push((child, narrowed(&intervals, term, rule, side, ratio)));
                }
            }
        }
    }
    leaves
}

fn narrowed(intervals: &[Interval], term: usize, rule: Rule, side: Side, ratio: f64) -> Vec<Interval> {
    let mut intervals = intervals.to_vec();
    let known = intervals.iter().position(|interval| interval.term == term);
    let index = known.unwrap_or_else(|| {
        let (from, to) = (f64::NEG_INFINITY, f64::INFINITY);
        intervals.push(Interval { term, ratio: 1.0, from, to, missing: true });
        intervals.len() - 1
    });
    intervals[index].narrow(rule, side, ratio);
    intervals
}

/// Points and weights of Gauss-Legendre quadrature on [0, 1], by number of points.
const QUADRATURE: [&[(f64, f64)]; DEPTH_MAX / 2] = [
    &[(0.5, 1.0)],
    &[(0.211_324_865_405_187_13, 0.5), (0.788_675_134_594_812_9, 0.5)],
    &[
        (0.112_701_665_379_258_3, 0.277_777_777_777_777_85),
        (0.5, 0.444_444_444_444_444_4),
        (0.887_298_334_620_741_7, 0.277_777_777_777_777_85),
    ],
    &[
        (0.069_431_844_202_973_71, 0.173_927_422_568_726_79),
        (0.330_009_478_207_571_87, 0.326_072_577_431_273_2),
        (0.669_990_521_792_428_1, 0.326_072_577_431_273_2),
        (0.930_568_155_797_026_2, 0.173_927_422_568_726_79),
    ],
    &[
        (0.046_910_077_030_668_02, 0.118_463_442_528_094_64),
        (0.230_765_344_947_158_45, 0.239_314_335_249_683_15),
        (0.5, 0.284_444_444_444_444_33),
        (0.769_234_655_052_841_5, 0.239_314_335_249_683_15),
        (0.953_089_922_969_331_9, 0.118_463_442_528_094_64),
    ],
    &[
        (0.033_765_242_898_424_03, 0.085_662_246_189_585_14),
        (0.169_395_306_766_867_76, 0.180_380_786_524_069_36),
        (0.380_690_406_958_401_56, 0.233_956_967_286_345_52),
        (0.619_309_593_041_598_5, 0.233_956_967_286_345_52),
        (0.830_604_693_233_132_2, 0.180_380_786_524_069_36),
        (0.966_234_757_101_575_9, 0.085_662_246_189_585_14),
    ],
];

/// The quadrature that is exact for every leaf of `leaves`.
fn quadrature(leaves: &[Leaf]) -> &'static [(f64, f64)] {
    let players = leaves.iter().map(|leaf| leaf.intervals.len()).max().unwrap_or_default();
    QUADRATURE[players.div_ceil(2).clamp(1, QUADRATURE.len()) - 1]
}

/// Adds each term's Shapley value, in nats, to `shares`. Returns the value of the game when all that
/// is not withheld is known.
pub(super) fn share_out(leaves: &[Leaf], places: &[Place], shares: &mut [f64]) -> f64 {
    let quadrature = quadrature(leaves);
    leaves.iter().map(|leaf| leaf.share_out(places, quadrature, shares)).sum()
}

impl Leaf {
    fn share_out(&self, places: &[Place], quadrature: &[(f64, f64)], shares: &mut [f64]) -> f64 {
        // Known features of this leaf: term, ratio when not known, 1 or 0 when known.
        let mut players = [(0, 0.0, 0.0); DEPTH_MAX];
        let mut count = 0;
        let (mut score, mut reached) = (self.score, 1.0);
        for interval in &self.intervals {
            let place = places[interval.term];
            if place == Place::Withheld {
                score *= interval.ratio;
                continue;
            }
            let leads_here = if interval.holds(place) { 1.0 } else { 0.0 };
            players[count] = (interval.term, interval.ratio, leads_here);
            count += 1;
            reached *= leads_here;
        }
        let players = &players[..count];
        let mut integrals = [0.0; DEPTH_MAX];
        for &(point, weight) in quadrature {
            add_products_of_others(players, point, weight, &mut integrals);
        }
        for (&(term, ratio, leads_here), integral) in players.iter().zip(integrals) {
            shares[term] += score * (leads_here - ratio) * integral;
        }
        score * reached
    }
}

/// Adds, for each player, `weight` x the product of the other players' factors at `point`.
fn add_products_of_others(
    players: &[(usize, f64, f64)],
    point: f64,
    weight: f64,
    integrals: &mut [f64; DEPTH_MAX],
) {
    let factor = |&(_, ratio, leads_here): &(usize, f64, f64)| (1.0 - point) * ratio + point * leads_here;
    let mut before = [0.0; DEPTH_MAX];
    let mut product = weight;
    for (player, before) in players.iter().zip(&mut before) {
        *before = product;
        product *= factor(player);
    }
    let mut after = 1.0;
    for ((player, before), integral) in players.iter().zip(before).zip(integrals.iter_mut()).rev() {
        *integral += before * after;
        after *= factor(player);
    }
}

thread_local! {
    /// Places and shares of the row at hand, kept so that a row allocates nothing.
    static SCRATCH: RefCell<(Vec<Place>, Vec<f64>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Writes the contribution of each term; `places` has one place per term.
///
/// With the intercept they add up to the score of the row's leaf (or the average of the leaves that
/// withheld features leave open), to the unit: the few units by which rounded shares miss it join
/// the largest share.
pub(super) fn attribute(
    leaves: &[Leaf],
    intercept: Nats,
    places: impl Iterator<Item = Place>,
    contributions: &mut [Nats],
) {
    SCRATCH.with_borrow_mut(|(placed, shares)| {
        placed.clear();
        placed.extend(places);
        shares.clear();
        shares.resize(placed.len(), 0.0);
        let score = Nats::from_f64(share_out(leaves, placed, shares));
        let mut largest: Option<usize> = None;
        let mut rest = score - intercept;
        for (term, (&share, contribution)) in shares.iter().zip(contributions.iter_mut()).enumerate() {
            *contribution = Nats::from_f64(share);
            rest -= *contribution;
            let larger = largest.is_none_or(|largest| shares[largest].abs() < share.abs());
            if placed[term] != Place::Withheld && larger {
                largest = Some(term);
            }
        }
        if let Some(largest) = largest {
            contributions[largest] += rest;
        }
    });
}

/// The score of a row of which nothing is known: the mean over the training rows.
pub(super) fn intercept(leaves: &[Leaf]) -> Nats {
    let nothing =
        |leaf: &Leaf| leaf.intervals.iter().fold(leaf.score, |score, interval| score * interval.ratio);
    Nats::from_f64(leaves.iter().map(nothing).sum())
}

#[cfg(test)]
mod tests;
