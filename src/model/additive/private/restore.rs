//! What restores the mean probability when features are withheld, by noisy looks at the rows.
//!
//! The constants of other models are solved on the training rows. Of a private one the excess of the
//! mean is released, a few times for each set of withheld features: a row adds the difference of two
//! probabilities, so it moves the sum by 1 at most. A look is believed as far as what is still to be
//! found is larger than its noise.

use super::feature::BaseRate;
use super::noise::Noise;
use super::release::{Sums, UNITS_A_ROW};
use super::typical::typical_rows;
use crate::data::Table;
use crate::domain::{FeatureId, Nats};
use crate::model::additive::AdditiveModel;
use crate::model::link::{offset_for_mean, probability};
use crate::model::{Model, WithheldOffset};

/// Looks at the rows for each set.
pub(super) const LOOKS: usize = EXPECTED.len();
/// By how much the mean is expected to be off before each look, as a share of it: rows in which features
/// are independent give the first constant, which is only roughly right.
const EXPECTED: [f64; 2] = [0.1, 0.02];

/// The constant of each set of withheld features. `sigma` is the noise of a look, in units.
pub(super) fn restore_means(
    full: &AdditiveModel,
    sets: Vec<Vec<FeatureId>>,
    table: &Table,
    base: BaseRate,
    sigma: u64,
    noise: &mut Noise,
) -> Vec<WithheldOffset> {
    if sets.is_empty() {
        return Vec::new();
    }
    let served = full.scores(table);
    let deviation = sigma as f64 / UNITS_A_ROW as f64;
    let mut restore = |features: Vec<FeatureId>| {
        let rest = scores_without(full, table, &features);
        let mut offset = first_offset(full, &features, table.width());
        for expected in EXPECTED {
            let excess = sum_excess(&served, &rest, offset).release(sigma, noise)[0];
            let signal = expected * base.positives;
            let believed = signal * signal / (signal * signal + deviation * deviation);
            offset -= (believed * excess / (base.rows * base.curvature())).clamp(-1.0, 1.0);
        }
        WithheldOffset { features, offset: Nats::from_f64(offset) }
    };
    sets.into_iter().map(&mut restore).collect()
}

fn scores_without(full: &AdditiveModel, table: &Table, withheld: &[FeatureId]) -> Vec<Nats> {
    Model::Additive(full.clone()).scores(table, withheld)
}

/// The constant over rows that nobody had.
fn first_offset(full: &AdditiveModel, withheld: &[FeatureId], width: usize) -> f64 {
    let Some(typical) = typical_rows(full, width) else { return 0.0 };
    let in_nats = |scores: Vec<Nats>| scores.into_iter().map(Nats::to_f64).collect::<Vec<f64>>();
    let all = in_nats(full.scores(&typical));
    let mean = all.iter().map(|&score| probability(score)).sum::<f64>() / all.len().max(1) as f64;
    offset_for_mean(&in_nats(scores_without(full, &typical, withheld)), mean)
}

/// By how much the probabilities without a set exceed those with it, summed.
fn sum_excess(served: &[Nats], rest: &[Nats], offset: f64) -> Sums {
    let mut sums = Sums::zero(1);
    for (served, rest) in served.iter().zip(rest) {
        sums.add(0, probability(rest.to_f64() + offset) - probability(served.to_f64()));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_moves_the_excess_by_one_at_most(
            scores in proptest::collection::vec((-1e3f64..1e3, -1e3f64..1e3), 1..30),
            offset in -1e3f64..1e3,
        ) {
            let (served, rest): (Vec<Nats>, Vec<Nats>) =
                scores.into_iter().map(|(a, b)| (Nats::from_f64(a), Nats::from_f64(b))).unzip();
            let all = sum_excess(&served, &rest, offset);
            let without = sum_excess(&served[1..], &rest[1..], offset);
            prop_assert!(all.distance(&without) <= UNITS_A_ROW as f64);
        }
    }
}
