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
mod tests {
    use super::super::{Axis, Scale, TreeModel};
    use super::*;
    use crate::domain::{Cell, FeatureId};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use serde_json::Value;

    #[test]
    fn shares_equal_those_of_shap_on_a_tree_of_scikit_learn() {
        let text = include_str!("../../../tests/data/reference/tree_shap.json");
        let reference: Value = serde_json::from_str(text).unwrap();
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let model = scikit_tree(&reference["tree"]);
        for expected in ["path_dependent", "path_dependent_bruteforce"].map(|name| &reference[name]) {
            let base = expected["base_value"].as_f64().unwrap();
            assert!((model.intercept().to_f64() - base).abs() < 1e-9);
            let rows = reference["rows"].as_array().unwrap();
            let all_shares = expected["shap_values"].as_array().unwrap();
            assert_eq!((rows.len(), all_shares.len()), (60, 60));
            for (row, shares) in rows.iter().zip(all_shares) {
                let cells: Vec<Cell<'_>> = numbers(row).into_iter().map(Cell::Number).collect();
                let mut contributions = vec![Nats::ZERO; model.terms().len()];
                model.attribute(&cells, &mut contributions);
                let mut ours = [0.0; 8];
                for (axis, contribution) in model.axes().iter().zip(contributions) {
                    ours[axis.feature.index()] = contribution.to_f64();
                }
                for (ours, theirs) in ours.iter().zip(numbers(shares)) {
                    assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
                }
            }
        }
    }

    /// A tree of scikit-learn, its leaves' probabilities as scores. There `x <= threshold` goes left.
    fn scikit_tree(tree: &Value) -> TreeModel {
        let index = |name: &str, node: usize| usize::try_from(tree[name][node].as_i64().unwrap()).unwrap();
        let number = |name: &str, node: usize| tree[name][node].as_f64().unwrap();
        let count = tree["feature"].as_array().unwrap().len();
        let is_leaf = |node: usize| tree["left"][node].as_i64() == Some(-1);
        let mut used: Vec<usize> =
            (0..count).filter(|&node| !is_leaf(node)).map(|node| index("feature", node)).collect();
        used.sort_unstable();
        used.dedup();
        let node = |node: usize| {
            if is_leaf(node) {
                let score = Nats::from_f64(number("value", node));
                return Node::Leaf { score, rows: number("cover", node) };
            }
            let term = used.binary_search(&index("feature", node)).unwrap();
            let rule = Rule::Below { below: number("threshold", node).next_up(), missing: Side::Left };
            Node::Split { term, rule, left: index("left", node), right: index("right", node) }
        };
        let axis = |&feature: &usize| Axis {
            feature: FeatureId(u16::try_from(feature).unwrap()),
            scale: Scale::Number,
        };
        TreeModel::new(used.iter().map(axis).collect(), (0..count).map(node).collect()).unwrap()
    }

    /// A random tree over at most `features` features, of `depth` splits at most.
    fn random_nodes(rng: &mut ChaCha8Rng, features: usize, depth: usize, nodes: &mut Vec<Node>) -> usize {
        let index = nodes.len();
        nodes.push(Node::Leaf {
            score: Nats::from_f64(rng.gen_range(-3.0..3.0)),
            rows: rng.gen_range(1.0..50.0),
        });
        if depth > 0 && rng.gen_bool(0.85) {
            let missing = if rng.gen_bool(0.5) { Side::Left } else { Side::Right };
            let below = f64::from(rng.gen_range(1..4));
            let rule = if rng.gen_bool(0.15) { Rule::Missing } else { Rule::Below { below, missing } };
            let term = rng.gen_range(0..features);
            let left = random_nodes(rng, features, depth - 1, nodes);
            let right = random_nodes(rng, features, depth - 1, nodes);
            nodes[index] = Node::Split { term, rule, left, right };
        }
        index
    }

    fn random_place(rng: &mut ChaCha8Rng) -> Place {
        match rng.gen_range(0..7) {
            0 => Place::Withheld,
            1 => Place::Missing,
            _ => Place::At(f64::from(rng.gen_range(0..4))),
        }
    }

    /// The value of the game for the features in `known`.
    fn walk(nodes: &[Node], node: usize, places: &[Place], known: usize) -> (f64, f64) {
        match nodes[node] {
            Node::Leaf { score, rows } => (score.to_f64(), rows),
            Node::Split { term, rule, left, right } => {
                let (left_value, left_rows) = walk(nodes, left, places, known);
                let (right_value, right_rows) = walk(nodes, right, places, known);
                let rows = left_rows + right_rows;
                let goes_left = match (rule, places[term]) {
                    _ if known & (1 << term) == 0 => {
                        return ((left_value * left_rows + right_value * right_rows) / rows, rows);
                    }
                    (Rule::Below { below, .. }, Place::At(number)) => number < below,
                    (Rule::Below { missing, .. }, _) => missing == Side::Left,
                    (Rule::Missing, place) => place == Place::Missing,
                };
                (if goes_left { left_value } else { right_value }, rows)
            }
        }
    }

    /// Shapley values by their definition: over all sets of players.
    fn shapley(nodes: &[Node], places: &[Place]) -> Vec<f64> {
        let players: Vec<usize> = (0..places.len()).filter(|&term| places[term] != Place::Withheld).collect();
        let count = players.len();
        let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
        let mut shares = vec![0.0; places.len()];
        for &player in &players {
            for set in 0..1_usize << places.len() {
                let of_others = set & (1 << player) == 0
                    && (0..places.len()).all(|term| set & (1 << term) == 0 || players.contains(&term));
                if !of_others {
                    continue;
                }
                let size = set.count_ones() as usize;
                let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
                let with = walk(nodes, 0, places, set | (1 << player)).0;
                shares[player] += weight * (with - walk(nodes, 0, places, set).0);
            }
        }
        shares
    }

    proptest! {
        #[test]
        fn shares_equal_the_definition_of_shapley_values(seed in any::<u64>()) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut nodes = Vec::new();
            random_nodes(&mut rng, 5, 6, &mut nodes);
            let leaves = collect_leaves(&nodes);
            let places: Vec<Place> = (0..5).map(|_| random_place(&mut rng)).collect();
            let mut shares = vec![0.0; 5];
            let score = share_out(&leaves, &places, &mut shares);
            let all = (0..5).filter(|&term| places[term] != Place::Withheld).fold(0, |set, term| set | (1 << term));
            prop_assert!((score - walk(&nodes, 0, &places, all).0).abs() < 1e-12);
            prop_assert!((intercept(&leaves).to_f64() - walk(&nodes, 0, &places, 0).0).abs() < 1e-9);
            for ((ours, by_definition), place) in shares.iter().zip(shapley(&nodes, &places)).zip(&places) {
                prop_assert!((ours - by_definition).abs() < 1e-12, "{ours} is not {by_definition}");
                prop_assert!(*place != Place::Withheld || *ours == 0.0);
            }
        }

        #[test]
        fn contributions_add_up_to_the_leaf_to_the_unit(seed in any::<u64>()) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut nodes = Vec::new();
            random_nodes(&mut rng, 5, 8, &mut nodes);
            let leaves = collect_leaves(&nodes);
            let mut places: Vec<Place> = (0..5).map(|_| random_place(&mut rng)).collect();
            for place in &mut places {
                if *place == Place::Withheld {
                    *place = Place::Missing;
                }
            }
            let mut contributions = [Nats::ZERO; 5];
            let base = intercept(&leaves);
            attribute(&leaves, base, places.iter().copied(), &mut contributions);
            let leaf = Nats::from_f64(walk(&nodes, 0, &places, 31).0);
            prop_assert_eq!(base + contributions.into_iter().sum(), leaf);
            // With everything withheld there is nothing to say, and nothing is said.
            attribute(&leaves, base, [Place::Withheld; 5].into_iter(), &mut contributions);
            prop_assert_eq!(contributions, [Nats::ZERO; 5]);
        }
    }

    #[test]
    fn quadrature_is_exact_at_the_greatest_depth() {
        // A path of 12 features, each known to lead on, each taken by half of the rows: by symmetry
        // each has the same share of the way from the mean to the last leaf.
        let mut nodes = Vec::new();
        for term in 0..DEPTH_MAX {
            let rule = Rule::Below { below: 0.5, missing: Side::Left };
            nodes.push(Node::Split { term, rule, left: 2 * term + 1, right: 2 * term + 2 });
            nodes.push(Node::Leaf { score: Nats::ZERO, rows: f64::from(1 << (DEPTH_MAX - term - 1)) });
        }
        nodes.push(Node::Leaf { score: Nats::from_f64(4.0), rows: 1.0 });
        let leaves = collect_leaves(&nodes);
        let mut shares = vec![0.0; DEPTH_MAX];
        let score = share_out(&leaves, &[Place::At(1.0); DEPTH_MAX], &mut shares);
        assert_eq!(score, 4.0);
        let mean = 4.0 / 4096.0;
        for share in shares {
            assert!((share - (4.0 - mean) / 12.0).abs() < 1e-12);
        }
    }
}
