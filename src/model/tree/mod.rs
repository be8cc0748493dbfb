//! One decision tree, whose leaves hold log-odds.
//!
//! Grown from linfa-trees' stumps (see `grow` and `cut`), with the real number of rows in each leaf.
//! Its contributions are Shapley values over all of its features (see `shap`).

mod cut;
#[cfg(test)]
mod defects;
mod grow;
mod params;
mod shap;

pub use grow::fit;
pub use params::{TreeParams, ValidTreeParams};

use serde::{Deserialize, Serialize};

use self::shap::{Leaf, Place};
use super::Term;
use crate::domain::{Cell, FeatureId, FieldError, Nats};

/// Most splits between the root and a leaf.
pub const DEPTH_MAX: usize = 12;

/// One decision tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct TreeModel {
    intercept: Nats,
    terms: Vec<Term>,
    axes: Vec<Axis>,
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
}

/// A feature that the tree splits on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The feature.
    pub feature: FeatureId,
    /// Where its values lie.
    pub scale: Scale,
}

/// Where the values of a feature lie on its axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// A number lies at itself.
    Number,
    /// A category lies at its rank by the rate of the response among the training rows.
    Ranks {
        /// The named categories, ascending.
        levels: Vec<String>,
        /// The rank of each, from 1.
        ranks: Vec<u32>,
        /// The rank of every other category: those with too few people to be named, and those never
        /// seen, of which the mean rate is assumed.
        unseen: u32,
    },
}

/// A node; the root is the first, children follow their parent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Node {
    /// Two ways.
    Split {
        /// Index of the axis.
        term: usize,
        /// Which rows go left.
        rule: Rule,
        /// Index of the node to the left.
        left: usize,
        /// Index of the node to the right.
        right: usize,
    },
    /// The end of a path.
    Leaf {
        /// Log-odds of the response here.
        score: Nats,
        /// Training rows; a row with a withheld cell may count in part here and in part elsewhere.
        rows: f64,
    },
}

/// Which rows go left at a split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Rule {
    /// Those that lie below a number, and the missing ones if it says so.
    Below {
        /// The number.
        below: f64,
        /// Where missing cells go.
        missing: Side,
    },
    /// The missing ones only.
    Missing,
}

/// A way at a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// What an artefact holds of the model; made into one only when the tree is sound.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    axes: Vec<Axis>,
    nodes: Vec<Node>,
}

impl TreeModel {
    /// The model of these nodes.
    ///
    /// # Errors
    /// When features are not distinct and ascending, one is not split on, the nodes are not one tree of
    /// at most [`DEPTH_MAX`] splits, or a number is not sound.
    pub fn new(axes: Vec<Axis>, nodes: Vec<Node>) -> Result<Self, FieldError> {
        if !axes.is_sorted_by(|a, b| a.feature < b.feature) {
            return Err(FieldError::new("axes", "must have distinct features in ascending order"));
        }
        for (i, axis) in axes.iter().enumerate() {
            axis.scale.check().map_err(|error| error.under(format!("axes[{i}]")))?;
        }
        check_nodes(&nodes, axes.len())?;
        let leaves = shap::collect_leaves(&nodes);
        let terms = axes.iter().map(|axis| Term::Feature(axis.feature)).collect();
        Ok(Self { intercept: shap::intercept(&leaves), terms, axes, nodes, leaves })
    }

    /// One term per feature that the tree splits on.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The mean score of the training rows.
    #[must_use]
    pub const fn intercept(&self) -> Nats {
        self.intercept
    }

    /// The axes, in the order of the terms.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The nodes, the root first.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Writes the contribution of each term; see [`super::Model::attribute`].
    ///
    /// A feature off the row's path has a share too, where it would otherwise have counted.
    pub fn attribute(&self, row: &[Cell<'_>], contributions: &mut [Nats]) {
        let places = self.axes.iter().map(|axis| axis.scale.place(row[axis.feature.index()]));
        shap::attribute(&self.leaves, self.intercept, places, contributions);
    }
}

impl Scale {
    fn place(&self, cell: Cell<'_>) -> Place {
        match (self, cell) {
            (_, Cell::Withheld) => Place::Withheld,
            (Self::Number, Cell::Number(number)) if !number.is_nan() => Place::At(number),
            (Self::Ranks { levels, ranks, unseen }, Cell::Category(name)) => {
                let level = levels.binary_search_by(|level| level.as_str().cmp(name));
                Place::At(f64::from(level.map_or(*unseen, |level| ranks[level])))
            }
            (Self::Number, Cell::Number(_) | Cell::Category(_) | Cell::Missing)
            | (Self::Ranks { .. }, Cell::Number(_) | Cell::Missing) => Place::Missing,
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Ranks { levels, .. } if !levels.is_sorted_by(|a, b| a < b) => {
                Err(FieldError::new("levels", "must be distinct and ascending"))
            }
            Self::Ranks { levels, ranks, .. } if levels.len() != ranks.len() => Err(FieldError::new(
                "ranks",
                format!("must be {}, one per level, are {}", levels.len(), ranks.len()),
            )),
            Self::Number | Self::Ranks { .. } => Ok(()),
        }
    }
}

/// Checks that `nodes` are one tree, each child after its parent, that splits on every axis.
fn check_nodes(nodes: &[Node], axes: usize) -> Result<(), FieldError> {
    let broken = |node: usize, rule: &str| Err(FieldError::new(format!("nodes[{node}]"), rule));
    let mut depths: Vec<Option<usize>> = vec![None; nodes.len()];
    match depths.first_mut() {
        Some(root) => *root = Some(0),
        None => return Err(FieldError::new("nodes", "must not be empty")),
    }
    let mut used = vec![false; axes];
    for (i, node) in nodes.iter().enumerate() {
        let Some(depth) = depths[i] else { return broken(i, "must be the child of a node before it") };
        match *node {
            Node::Leaf { rows, .. } if !(rows.is_finite() && rows > 0.0) => {
                return broken(i, "must have a positive number of rows");
            }
            Node::Leaf { .. } => {}
            Node::Split { .. } if depth == DEPTH_MAX => {
                return broken(i, "must not lie deeper than 12 splits");
            }
            Node::Split { rule: Rule::Below { below, .. }, .. } if !below.is_finite() => {
                return broken(i, "must split at a finite number");
            }
            Node::Split { term, left, right, .. } => {
                match used.get_mut(term) {
                    Some(used) => *used = true,
                    None => return broken(i, "must split on one of the axes"),
                }
                for child in [left, right] {
                    match depths.get_mut(child) {
                        Some(free @ None) if child > i => *free = Some(depth + 1),
                        Some(_) | None => return broken(i, "must have children of its own after it"),
                    }
                }
            }
        }
    }
    match used.iter().position(|used| !used) {
        Some(axis) => Err(FieldError::new(format!("axes[{axis}]"), "must be split on")),
        None => Ok(()),
    }
}

impl TryFrom<Parts> for TreeModel {
    type Error = FieldError;
    fn try_from(parts: Parts) -> Result<Self, FieldError> {
        Self::new(parts.axes, parts.nodes)
    }
}

impl From<TreeModel> for Parts {
    fn from(model: TreeModel) -> Self {
        Self { axes: model.axes, nodes: model.nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(feature: u16) -> Axis {
        Axis { feature: FeatureId(feature), scale: Scale::Number }
    }

    fn leaf(score: f64) -> Node {
        Node::Leaf { score: Nats::from_f64(score), rows: 10.0 }
    }

    fn split(term: usize, below: f64, left: usize, right: usize) -> Node {
        Node::Split { term, rule: Rule::Below { below, missing: Side::Right }, left, right }
    }

    fn contributions(model: &TreeModel, row: &[Cell<'_>]) -> Vec<f64> {
        let mut contributions = vec![Nats::ZERO; model.terms().len()];
        model.attribute(row, &mut contributions);
        contributions.into_iter().map(Nats::to_f64).collect()
    }

    #[test]
    fn a_feature_off_the_path_has_a_share_where_it_would_have_counted() {
        // The row goes left at once; had the first feature not been known, the second would count.
        let nodes = vec![split(0, 1.0, 1, 2), leaf(0.0), split(1, 1.0, 3, 4), leaf(-2.0), leaf(2.0)];
        let model = TreeModel::new(vec![number(0), number(1)], nodes).unwrap();
        let shares = contributions(&model, &[Cell::Number(0.0), Cell::Number(5.0)]);
        assert!(shares[1] > 0.1);
        assert!((shares.iter().sum::<f64>() + model.intercept().to_f64()).abs() < 1e-12);
    }

    #[test]
    fn missing_unseen_and_withheld_are_told_apart() {
        let scale = Scale::Ranks { levels: vec!["a".into(), "b".into()], ranks: vec![3, 1], unseen: 2 };
        let axes = vec![Axis { feature: FeatureId(0), scale }];
        let missing = Node::Split { term: 0, rule: Rule::Missing, left: 1, right: 2 };
        let nodes = vec![
            missing,
            leaf(3.0),
            split(0, 2.0, 3, 4),
            leaf(-1.0),
            split(0, 3.0, 5, 6),
            leaf(0.5),
            leaf(1.0),
        ];
        let model = TreeModel::new(axes, nodes).unwrap();
        let base = model.intercept().to_f64();
        let score = |cell: Cell<'_>| base + contributions(&model, &[cell])[0];
        for (cell, expected) in [
            (Cell::Category("a"), 1.0),
            (Cell::Category("b"), -1.0),
            (Cell::Category("never seen"), 0.5),
            (Cell::Missing, 3.0),
            // A number has no rank: it is as good as missing.
            (Cell::Number(1.0), 3.0),
            (Cell::Withheld, base),
        ] {
            assert!((score(cell) - expected).abs() < 1e-9, "{cell:?}");
        }
        assert_eq!(contributions(&model, &[Cell::Withheld]), [0.0]);
    }

    #[test]
    fn a_tree_of_one_leaf_has_an_intercept_only() {
        let model = TreeModel::new(Vec::new(), vec![leaf(-2.0)]).unwrap();
        assert_eq!(model.intercept(), Nats::from_f64(-2.0));
        assert!(model.terms().is_empty());
    }

    #[test]
    fn nodes_that_are_not_one_sound_tree_are_refused_by_their_rule() {
        let error = |axes: Vec<Axis>, nodes: Vec<Node>| TreeModel::new(axes, nodes).unwrap_err().to_string();
        let x = || vec![number(0)];
        assert_eq!(error(Vec::new(), Vec::new()), "nodes: must not be empty");
        assert_eq!(error(x(), vec![leaf(0.0)]), "axes[0]: must be split on");
        assert_eq!(
            error(vec![number(1), number(0)], vec![leaf(0.0)]),
            "axes: must have distinct features in ascending order"
        );
        assert_eq!(
            error(x(), vec![split(1, 0.0, 1, 2), leaf(0.0), leaf(0.0)]),
            "nodes[0]: must split on one of the axes"
        );
        let own = "nodes[0]: must have children of its own after it";
        assert_eq!(error(x(), vec![split(0, 0.0, 1, 1), leaf(0.0)]), own);
        assert_eq!(error(x(), vec![split(0, 0.0, 0, 1), leaf(0.0)]), own);
        assert_eq!(error(x(), vec![split(0, 0.0, 1, 9), leaf(0.0)]), own);
        assert_eq!(
            error(x(), vec![split(0, 0.0, 1, 2), leaf(0.0), leaf(0.0), leaf(0.0)]),
            "nodes[3]: must be the child of a node before it"
        );
        assert_eq!(
            error(x(), vec![split(0, f64::NAN, 1, 2), leaf(0.0), leaf(0.0)]),
            "nodes[0]: must split at a finite number"
        );
        let empty = Node::Leaf { score: Nats::ZERO, rows: 0.0 };
        assert_eq!(
            error(x(), vec![split(0, 0.0, 1, 2), leaf(0.0), empty]),
            "nodes[2]: must have a positive number of rows"
        );
        let mut deep: Vec<Node> =
            (0..13).flat_map(|i: usize| [split(0, i as f64, 2 * i + 1, 2 * i + 2), leaf(0.0)]).collect();
        deep.push(leaf(0.0));
        assert_eq!(error(x(), deep), "nodes[24]: must not lie deeper than 12 splits");
        let ranks = Scale::Ranks { levels: vec!["a".into()], ranks: Vec::new(), unseen: 1 };
        let axes = vec![Axis { feature: FeatureId(0), scale: ranks }];
        assert_eq!(error(axes, vec![leaf(0.0)]), "axes[0].ranks: must be 1, one per level, are 0");
    }

    #[test]
    fn an_edited_artefact_is_refused() {
        let model =
            TreeModel::new(vec![number(0)], vec![split(0, 1.5, 1, 2), leaf(-1.0), leaf(1.0)]).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<TreeModel>(&text).unwrap(), model);
        let edited = text.replace("\"left\":1", "\"left\":0");
        let error = serde_json::from_str::<TreeModel>(&edited).unwrap_err().to_string();
        assert!(error.starts_with("nodes[0]: must have children of its own after it"), "{error}");
    }
}
