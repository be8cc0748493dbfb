use super::super::{Axis, Scale, TreeModel};
use super::*;
use crate::domain::{Cell, FeatureId};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

#[test]
fn shares_equal_those_of_shap_on_a_tree_of_scikit_learn() {
    let text = include_str!("../../../../tests/data/reference/tree_shap.json");
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
    let axis =
        |&feature: &usize| Axis { feature: FeatureId(u16::try_from(feature).unwrap()), scale: Scale::Number };
    TreeModel::new(used.iter().map(axis).collect(), (0..count).map(node).collect()).unwrap()
}

/// A random tree over at most `features` features, of `depth` splits at most.
fn random_nodes(rng: &mut ChaCha8Rng, features: usize, depth: usize, nodes: &mut Vec<Node>) -> usize {
    let index = nodes.len();
    nodes
        .push(Node::Leaf { score: Nats::from_f64(rng.gen_range(-3.0..3.0)), rows: rng.gen_range(1.0..50.0) });
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
