//! What is known of a feature's values ahead of the data: the cells in which rows are counted.

use crate::domain::{Declared, Feature, FeatureKind, FieldError};

/// Intervals of equal width between two bounds.
const EQUAL_CELLS: u32 = 100;
/// Further cells whose edges are so many to a doubling, from a bound down to 1 / 2^16 of it: much of
/// what is counted (money, times) spreads over orders of magnitude.
const CELLS_A_DOUBLING: u32 = 4;
const DOUBLINGS: u32 = 16;

/// The values of one feature, as far as they may be known without looking at the data.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownValues {
    /// Numbers, counted between these ascending edges.
    Numbers(Vec<f64>),
    /// These categories, ascending; all others are one.
    Levels(Vec<String>),
    /// Categories that nobody declared: those that many people have are named.
    AnyLevels,
}

impl KnownValues {
    /// What the schema states of `feature`.
    ///
    /// # Errors
    /// When it is a number without bounds: its extremes would be those of single people.
    pub fn of(feature: &Feature) -> Result<Self, FieldError> {
        match (&feature.kind, &feature.declared) {
            (FeatureKind::Flag, _) => Ok(Self::Numbers(vec![0.5])),
            (FeatureKind::Categorical, Some(Declared::Levels(levels))) => Ok(Self::Levels(levels.clone())),
            (FeatureKind::Categorical, Some(Declared::Bounds { .. }) | None) => Ok(Self::AnyLevels),
            (FeatureKind::Numeric | FeatureKind::Affinity(_), Some(Declared::Bounds { low, high })) => {
                Ok(Self::Numbers(edges(*low, *high)))
            }
            (FeatureKind::Numeric | FeatureKind::Affinity(_), Some(Declared::Levels(_)) | None) => {
                let rule = "must have bounds in the schema: private training may not ask the data for them";
                Err(FieldError::new(format!("feature {}", feature.name), rule))
            }
        }
    }
}

/// The inner edges of the cells between two bounds, ascending.
fn edges(low: f64, high: f64) -> Vec<f64> {
    let width = high / f64::from(EQUAL_CELLS) - low / f64::from(EQUAL_CELLS);
    let mut edges: Vec<f64> = (1..EQUAL_CELLS).map(|i| low + width * f64::from(i)).collect();
    for bound in [low, high] {
        for i in 1..=CELLS_A_DOUBLING * DOUBLINGS {
            edges.push(bound * libm::exp2(-f64::from(i) / f64::from(CELLS_A_DOUBLING)));
        }
    }
    // Bounds of one sign within a few doublings of each other need no finer cells.
    let spans_magnitudes = low <= 0.0 && high >= 0.0 || (high / low).max(low / high) > 64.0;
    if !spans_magnitudes {
        edges.truncate(EQUAL_CELLS as usize - 1);
    }
    edges.retain(|edge| *edge > low && *edge < high && edge.is_finite());
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Affinity, EventKind, Statistic};

    fn feature(kind: FeatureKind, declared: Option<Declared>) -> Feature {
        Feature { kind, declared, ..Feature::retired("age") }
    }

    #[test]
    fn a_number_without_bounds_is_refused() {
        let affinity =
            Affinity { event: EventKind::Purchase, on: None, statistic: Statistic::Count, window_days: 7 };
        for kind in [FeatureKind::Numeric, FeatureKind::Affinity(affinity)] {
            let error = KnownValues::of(&feature(kind, None)).unwrap_err();
            let rule = "must have bounds in the schema: private training may not ask the data for them";
            assert_eq!(error, FieldError::new("feature age", rule));
        }
    }

    #[test]
    fn flags_and_categories_need_no_declaration() {
        let known = |kind, declared| KnownValues::of(&feature(kind, declared)).unwrap();
        assert_eq!(known(FeatureKind::Flag, None), KnownValues::Numbers(vec![0.5]));
        assert_eq!(known(FeatureKind::Categorical, None), KnownValues::AnyLevels);
        let levels = vec!["a".to_owned(), "b".to_owned()];
        let declared = Some(Declared::Levels(levels.clone()));
        assert_eq!(known(FeatureKind::Categorical, declared), KnownValues::Levels(levels));
    }

    #[test]
    fn cells_lie_between_the_bounds_and_reach_every_order_of_magnitude() {
        for (low, high) in [(0.0, 1e5), (-3.0, 4.0), (-1e6, 0.0), (16.0, 100.0), (1.0, 1e6), (-1e308, 1e308)]
        {
            let edges = edges(low, high);
            assert!(edges.is_sorted_by(|a, b| a < b), "{low} to {high}");
            assert!(edges.iter().all(|edge| *edge > low && *edge < high), "{low} to {high}");
            assert!((99..=255).contains(&edges.len()), "{low} to {high}: {}", edges.len());
        }
        let money = edges(0.0, 1e5);
        assert!(money[0] < 2.0, "the zeros have a cell of their own: {}", money[0]);
        assert_eq!(edges(16.0, 100.0).len(), 99);
    }
}
