//! Numbers told apart by the interval that they lie in.

/// The numbers that a coded column tells apart, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scale {
    /// The number that stands for each interval: one of those in it.
    pub values: Vec<f64>,
    /// Where each interval but the first begins.
    pub cuts: Vec<f64>,
}

impl Scale {
    /// Most intervals.
    pub(super) const INTERVALS_MAX: usize = 253;

    /// Intervals of about equally many of `numbers`; each number by itself when there are few, and a
    /// frequent one in any case.
    pub(super) fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_unstable_by(f64::total_cmp);
        let runs: Vec<&[f64]> = numbers.chunk_by(|a, b| a == b).collect();
        let mut scale = Self::default();
        let (mut first, mut rows, mut left) = (0, 0, numbers.len());
        for (i, run) in runs.iter().enumerate() {
            rows += run.len();
            let intervals_left = Self::INTERVALS_MAX - scale.values.len();
            let is_full = |rows: usize| rows * intervals_left >= left;
            let next = runs.get(i + 1);
            let ends = is_full(rows)
                || runs.len() - i <= intervals_left
                || next.is_some_and(|next| is_full(next.len()));
            if next.is_none() || (ends && intervals_left > 1) {
                scale.close(&runs[first..=i], next.map(|next| next[0]));
                left -= rows;
                (first, rows) = (i + 1, 0);
            }
        }
        scale
    }

    /// Adds an interval of these runs of equal numbers; `next` is the least number beyond it.
    fn close(&mut self, runs: &[&[f64]], next: Option<f64>) {
        let middle = runs.iter().map(|run| run.len()).sum::<usize>() / 2;
        self.values.extend(runs.iter().flat_map(|run| run.iter()).nth(middle));
        let last = runs.last().map(|run| run[0]);
        self.cuts.extend(last.zip(next).map(|(last, next)| between(last, next)));
    }

    /// The interval of `number`; None when it is missing or there are no intervals.
    #[allow(clippy::cast_possible_truncation, reason = "intervals are bounded by INTERVALS_MAX")]
    pub(super) fn code(&self, number: f64) -> Option<u32> {
        let code = self.cuts.partition_point(|&cut| cut <= number);
        (!number.is_nan() && code < self.values.len()).then_some(code as u32)
    }
}

/// A number above `below` and not above `above`, halfway if there is room.
pub fn between(below: f64, above: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if below < middle && middle <= above { middle } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_are_each_told_apart() {
        let scale = Scale::of(vec![3.0, 1.0, 1.0, 2.0, 1.0]);
        assert_eq!((&scale.values[..], &scale.cuts[..]), (&[1.0, 2.0, 3.0][..], &[1.5, 2.5][..]));
        assert_eq!([0.0, 1.4, 1.5, 9.0].map(|n| scale.code(n)), [Some(0), Some(0), Some(1), Some(2)]);
        assert_eq!(scale.code(f64::NAN), None);
        assert_eq!(Scale::of(Vec::new()).code(1.0), None);
    }

    #[test]
    fn many_numbers_share_intervals_of_about_equally_many() {
        let numbers: Vec<f64> = (0..100_000).map(|i| f64::from(i) * f64::from(i)).collect();
        let scale = Scale::of(numbers.clone());
        assert_eq!(scale.values.len(), Scale::INTERVALS_MAX);
        assert!(scale.values.is_sorted_by(|a, b| a < b) && scale.cuts.is_sorted_by(|a, b| a < b));
        let mut rows = vec![0; scale.values.len()];
        for &number in &numbers {
            rows[scale.code(number).unwrap() as usize] += 1;
        }
        assert!(rows.iter().all(|rows| (390..=400).contains(rows)), "{rows:?}");
        // Each interval is told by a number of its own.
        for (code, &value) in (0..).zip(&scale.values) {
            assert_eq!(scale.code(value), Some(code));
        }
    }

    #[test]
    fn a_frequent_number_has_an_interval_of_its_own() {
        let mut numbers: Vec<f64> = (1..=10_000).map(f64::from).collect();
        numbers.extend(std::iter::repeat_n(5_000.5, 5_000));
        let scale = Scale::of(numbers);
        let code = scale.code(5_000.5).unwrap();
        assert_eq!(scale.values[code as usize], 5_000.5);
        assert_ne!(scale.code(5_000.0), Some(code));
        assert_ne!(scale.code(5_001.0), Some(code));
    }
}
