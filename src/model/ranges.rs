//! What values the features of a model can have, as its own tables tell: no datum of any person.

use std::collections::BTreeMap;

use super::linear::Curve;
use super::tree::{Node, Rule, Scale};
use super::{Bins, Model};
use crate::domain::FeatureId;

/// The values of one feature that a model tells apart.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueRange<'m> {
    /// Numbers, between the lowest and the highest boundary.
    Numbers {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// Categories by name; there may be none.
    Names(&'m [String]),
}

impl Model {
    /// The values of each feature that the model tells apart.
    #[must_use]
    pub fn ranges(&self) -> BTreeMap<FeatureId, ValueRange<'_>> {
        match self {
            Self::Additive(model) => {
                model.shapes().iter().map(|shape| (shape.feature, ValueRange::of(&shape.bins))).collect()
            }
            Self::Linear(model) => {
                model.parts().iter().map(|part| (part.feature, ValueRange::of_curve(&part.curve))).collect()
            }
            Self::Tree(model) => {
                let axes = model.axes().iter().enumerate().map(|(term, axis)| {
                    let range = match &axis.scale {
                        Scale::Ranks { levels, .. } => ValueRange::Names(levels),
                        Scale::Number => boundaries(model.nodes(), term),
                    };
                    (axis.feature, range)
                });
                axes.collect()
            }
        }
    }
}

impl<'m> ValueRange<'m> {
    fn of_curve(curve: &'m Curve) -> Self {
        match curve {
            Curve::Line(line) => Self::between([line.lowest, line.highest].into_iter()),
            Curve::Steps { bins, .. } => Self::of(bins),
        }
    }

    fn of(bins: &'m Bins) -> Self {
        match bins {
            Bins::Levels(names) => Self::Names(names),
            Bins::Cuts(cuts) => Self::between(cuts.iter().copied()),
        }
    }

    /// Between the boundaries; from 0 to 1 where there is none, since then all numbers are alike.
    fn between(boundaries: impl Iterator<Item = f64>) -> Self {
        let ends = boundaries.fold(None, |ends: Option<(f64, f64)>, at| {
            Some(ends.map_or((at, at), |(low, high)| (low.min(at), high.max(at))))
        });
        let (low, high) = ends.unwrap_or((0.0, 1.0));
        // One boundary has two sides.
        if low < high {
            Self::Numbers { low, high }
        } else {
            Self::Numbers { low: low - 1.0, high: high + 1.0 }
        }
    }
}

fn boundaries(nodes: &[Node], of_term: usize) -> ValueRange<'static> {
    ValueRange::between(nodes.iter().filter_map(|node| match *node {
        Node::Split { term, rule: Rule::Below { below, .. }, .. } if term == of_term => Some(below),
        Node::Split { .. } | Node::Leaf { .. } => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Nats;
    use crate::model::linear::{Line, LinearModel, Part};
    use crate::model::tree::{Axis, Side, TreeModel};

    #[test]
    fn numbers_lie_between_the_outermost_boundaries() {
        assert_eq!(
            ValueRange::of(&Bins::Cuts(vec![1.0, 2.0, 7.0])),
            ValueRange::Numbers { low: 1.0, high: 7.0 }
        );
        assert_eq!(ValueRange::of(&Bins::Cuts(vec![3.0])), ValueRange::Numbers { low: 2.0, high: 4.0 });
        assert_eq!(ValueRange::of(&Bins::Cuts(Vec::new())), ValueRange::Numbers { low: 0.0, high: 1.0 });
        let names = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(ValueRange::of(&Bins::Levels(names.clone())), ValueRange::Names(&names));
    }

    #[test]
    fn a_line_reaches_to_its_ends_and_a_tree_to_its_splits() {
        let line =
            Line { slope: 1.0, mean: 2.0, lowest: 0.0, highest: 4.0, offset: 0.0, missing: Nats::ZERO };
        let part = Part { feature: FeatureId(3), curve: Curve::Line(line) };
        let linear = Model::Linear(LinearModel::new(Nats::ZERO, vec![part]).unwrap());
        let expected = BTreeMap::from([(FeatureId(3), ValueRange::Numbers { low: 0.0, high: 4.0 })]);
        assert_eq!(linear.ranges(), expected);

        let rule = |below| Rule::Below { below, missing: Side::Left };
        let leaf = Node::Leaf { score: Nats::ZERO, rows: 10.0 };
        let nodes = vec![
            Node::Split { term: 0, rule: rule(5.0), left: 1, right: 2 },
            Node::Split { term: 0, rule: rule(2.0), left: 3, right: 4 },
            leaf,
            leaf,
            leaf,
        ];
        let axes = vec![Axis { feature: FeatureId(1), scale: Scale::Number }];
        let tree = Model::Tree(TreeModel::new(axes, nodes).unwrap());
        let expected = BTreeMap::from([(FeatureId(1), ValueRange::Numbers { low: 2.0, high: 5.0 })]);
        assert_eq!(tree.ranges(), expected);
    }
}
