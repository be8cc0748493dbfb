//! Sums over rows, which nothing can read but a release with noise.

use super::noise::Noise;

/// Whole units in one row: the gradient of a row, from -1 to 1, is rounded to them, so that sums and
/// noise are whole numbers.
pub(super) const UNITS_A_ROW: i64 = 1 << 10;

/// Exact sums by bin. There is no way to read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sums(Vec<i64>);

impl Sums {
    pub(super) fn zero(bins: usize) -> Self {
        Self(vec![0; bins])
    }

    /// Adds what one row gives to a bin, in rows; rows beyond ±1 are cut. A bin that there is not, as
    /// that of a withheld cell, takes nothing.
    pub(super) fn add(&mut self, bin: usize, rows: f64) {
        if let Some(sum) = self.0.get_mut(bin) {
            #[allow(clippy::cast_possible_truncation, reason = "at most UNITS_A_ROW")]
            let units = (rows.clamp(-1.0, 1.0) * UNITS_A_ROW as f64).round() as i64;
            *sum += units;
        }
    }

    /// The sums of both.
    #[must_use]
    pub(super) fn join(mut self, other: &Self) -> Self {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
        self
    }

    /// The sums with noise of deviation `sigma` units each, in rows.
    pub(super) fn release(self, sigma: u64, noise: &mut Noise) -> Vec<f64> {
        self.0.into_iter().map(|sum| (sum + noise.gaussian(sigma)) as f64 / UNITS_A_ROW as f64).collect()
    }

    /// The Euclidean distance to `other`, in units.
    #[cfg(test)]
    pub(super) fn distance(&self, other: &Self) -> f64 {
        assert_eq!(self.0.len(), other.0.len());
        let squared = |(a, b): (&i64, &i64)| ((a - b) * (a - b)) as f64;
        self.0.iter().zip(&other.0).map(squared).sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_moves_a_sum_by_more_than_one_row() {
        let mut sums = Sums::zero(2);
        for (bin, rows) in [(0, 7.0), (1, -1e300), (1, f64::NAN), (2, 1.0)] {
            sums.add(bin, rows);
        }
        assert_eq!(sums.0, [UNITS_A_ROW, -UNITS_A_ROW]);
    }

    #[test]
    fn what_is_released_is_the_sum_and_noise_of_the_stated_deviation() {
        let (sigma, mut noise) = (5_000, Noise::seeded(5));
        let mut sums = Sums::zero(20_000);
        (0..20_000).for_each(|bin| (0..3).for_each(|_| sums.add(bin, 1.0)));
        let released = sums.release(sigma, &mut noise);
        let error = |row: &f64| (row - 3.0) / (sigma as f64 / UNITS_A_ROW as f64);
        let mean = released.iter().map(error).sum::<f64>() / 20_000.0;
        let variance = released.iter().map(|row| error(row) * error(row)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.036 && (variance - 1.0).abs() < 0.051, "{mean} {variance}");
    }
}
