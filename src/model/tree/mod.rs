//! One decision tree, whose leaves hold log-odds.
//!
//! Grown from linfa-trees' stumps (see `grow` and `cut`), with the real number of rows in each leaf.
//! Its contributions are Shapley values over all of its features (see `shap`).

mod cut;
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
        ranks: Vec<u16>,
        /// The rank of every other category: those with too few people to be named, and those never
        /// seen, of which the mean rate is assumed.
        unseen: u16,
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
