//! How many rows each bag trains on, bin by bin.

use super::column::Column;
use super::pass::Rows;

/// What the training rows of one bag are in each bin of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Rows of each bin; 0 in one that is not learned.
    pub(super) rows: Vec<u32>,
    /// The share of the weight that each bin has, of the rows in which the column is not withheld.
    pub(super) share: Vec<f64>,
}

impl Counts {
    /// Of each bag.
    #[allow(clippy::cast_possible_truncation, reason = "rows are numbered by u32")]
    pub(super) fn of(column: &Column<'_>, rows: &Rows<'_>, bags: usize) -> Vec<Self> {
        const BLOCK: usize = 4_096;
        let count = column.count();
        let groups = 1 + rows.group.iter().copied().max().map_or(0, usize::from);
        let mut tallies = vec![(0_u32, 0.0_f64); groups.max(bags) * (count + 1)];
        let mut codes = vec![0; BLOCK];
        for start in (0..rows.group.len()).step_by(BLOCK) {
            let block = BLOCK.min(rows.group.len() - start);
            column.write(start, &mut codes[..block]);
            for (row, &code) in (start..).zip(&codes[..block]) {
                let tally = &mut tallies[usize::from(rows.group[row]) * (count + 1) + code as usize];
                tally.0 += 1;
                tally.1 += rows.weight.map_or(1.0, |weight| f64::from(weight[row]));
            }
        }
        let all = |bin: usize| {
            tallies[bin..]
                .iter()
                .step_by(count + 1)
                .fold((0, 0.0), |(rows, weight), tally| (rows + tally.0, weight + tally.1))
        };
        let all: Vec<(u32, f64)> = (0..count).map(all).collect();
        let of_bag = |bag: usize| {
            let left_out = &tallies[bag * (count + 1)..][..count];
            let mut counts = Self { rows: vec![0; count], share: vec![0.0; count] };
            for bin in (0..count).filter(|&bin| column.learned[bin]) {
                counts.rows[bin] = all[bin].0 - left_out[bin].0;
                counts.share[bin] = (all[bin].1 - left_out[bin].1).max(0.0);
            }
            let total: f64 = counts.share.iter().sum();
            counts.share.iter_mut().for_each(|share| *share /= total.max(f64::MIN_POSITIVE));
            counts
        };
        (0..bags).map(of_bag).collect()
    }
}
