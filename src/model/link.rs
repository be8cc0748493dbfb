//! Between the score (log-odds) and the probability.

/// The probability of a score in nats.
#[must_use]
pub fn probability(score: f64) -> f64 {
    // The exponential never overflows on this side.
    let odds = libm::exp(-score.abs());
    if score >= 0.0 { 1.0 / (1.0 + odds) } else { odds / (1.0 + odds) }
}

/// The log loss of a score in nats for an outcome: -ln of the probability that it gave to it.
#[must_use]
pub fn loss(score: f64, happened: bool) -> f64 {
    let margin = if happened { score } else { -score };
    libm::log1p(libm::exp(-margin.abs())) + (-margin).max(0.0)
}

/// The constant which, added to every score, makes the mean probability `mean`; 0 when there is no
/// score or `mean` is not between 0 and 1.
///
/// Newton's method within a bracket that closes by halves.
#[must_use]
pub fn offset_for_mean(scores: &[f64], mean: f64) -> f64 {
    offset_for_weighted_mean(scores, None, mean)
}

/// The same where each score counts for its weight, if any are given.
#[must_use]
pub fn offset_for_weighted_mean(scores: &[f64], weights: Option<&[f64]>, mean: f64) -> f64 {
    if scores.is_empty() || !(mean > 0.0 && mean < 1.0) {
        return 0.0;
    }
    let rows = weights.map_or(scores.len() as f64, |weights| weights.iter().sum());
    let (mut low, mut high) = (-64.0, 64.0);
    let mut offset = 0.0;
    for _ in 0..100 {
        let (mut excess, mut slope) = (0.0, 0.0);
        for (row, &score) in scores.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let p = probability(score + offset);
            excess += weight * (p - mean);
            slope += weight * p * (1.0 - p);
        }
        if excess.abs() <= 1e-13 * rows {
            break;
        }
        if excess > 0.0 {
            high = offset;
        } else {
            low = offset;
        }
        let newton = offset - excess / slope;
        offset = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_stay_exact_far_from_even() {
        assert_eq!(probability(0.0), 0.5);
        assert_eq!(probability(-40.0), libm::exp(-40.0));
        assert_eq!(probability(1000.0), 1.0);
        assert!((probability(2.0) + probability(-2.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn loss_is_minus_the_log_of_the_probability_of_what_happened() {
        for (score, happened, expected) in
            [(0.0, true, libm::log(2.0)), (-3.0, false, -libm::log(probability(3.0)))]
        {
            assert!((loss(score, happened) - expected).abs() < 1e-15);
        }
        assert_eq!(loss(-1000.0, true), 1000.0);
    }

    #[test]
    fn the_offset_restores_the_mean_from_far_away() {
        for (scores, mean) in
            [(vec![-30.0, -25.0, 4.0], 0.2), (vec![1.0; 5], 0.001), (vec![40.0, -40.0], 0.5)]
        {
            let offset = offset_for_mean(&scores, mean);
            let restored = scores.iter().map(|score| probability(score + offset)).sum::<f64>();
            assert!((restored / scores.len() as f64 - mean).abs() < 1e-12, "{scores:?} {offset}");
        }
        assert_eq!(offset_for_mean(&[], 0.5), 0.0);
        assert_eq!(offset_for_mean(&[1.0], 1.0), 0.0);
    }
}
