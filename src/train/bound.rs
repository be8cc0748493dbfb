//! How much one person may weigh in training: whoever has many times as many rows as others, made up by a machine perhaps,
//! would else speak for them.

use std::borrow::Cow;

use crate::data::Dataset;

/// What a person may weigh, as a multiple of what people weigh on average.
const SHARE_MAX: f64 = 20.0;

/// Rows that a person may have however few others have, counted as rows of the average weight.
const ROWS_FREE: f64 = 50.0;

/// Those of `rows` that count: of a person who weighs more than may be, a part that is drawn by a hash, so that it is of
/// no one time; which part depends on the rows alone.
pub(super) fn bounded<'r>(data: &Dataset, rows: Cow<'r, [usize]>) -> Cow<'r, [usize]> {
    let weight = |row: usize| data.weight.as_ref().map_or(1.0, |weight| weight[row]);
    let people = data.person.iter().max().map_or(0, |last| *last as usize + 1);
    let mut weighs = vec![0.0; people];
    for &row in rows.iter() {
        weighs[data.person[row] as usize] += weight(row);
    }
    let all: f64 = weighs.iter().sum();
    let present = weighs.iter().filter(|weighs| **weighs > 0.0).count().max(1);
    let bound = (SHARE_MAX * all / present as f64).max(ROWS_FREE * all / rows.len().max(1) as f64);
    if weighs.iter().all(|weighs| *weighs <= bound) {
        return rows;
    }
    let mut of_heavy: Vec<usize> =
        rows.iter().copied().filter(|&row| weighs[data.person[row] as usize] > bound).collect();
    of_heavy.sort_by_key(|&row| (drawn(row), row));
    let mut taken = vec![0.0; people];
    let mut dropped: Vec<usize> = of_heavy
        .into_iter()
        .filter(|&row| {
            let taken = &mut taken[data.person[row] as usize];
            *taken += weight(row);
            *taken > bound
        })
        .collect();
    dropped.sort_unstable();
    rows.iter().copied().filter(|row| dropped.binary_search(row).is_err()).collect()
}

/// A number that looks drawn, of a row's place (the finaliser of `SplitMix64`, Steele et al. 2014).
const fn drawn(row: usize) -> u64 {
    let mut x = (row as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, TableBuilder};
    use crate::domain::{Cell, Timestamp};

    /// So many rows of each person, in turn of persons.
    fn rows_of(counts: &[usize], weight: Option<f64>) -> Dataset {
        let person: Vec<u32> =
            (0..).zip(counts).flat_map(|(person, count)| std::iter::repeat_n(person, *count)).collect();
        let rows = person.len();
        let mut table = TableBuilder::default();
        table.push(Column::numeric(std::iter::repeat_n(Cell::Missing, rows)));
        Dataset {
            table: table.finish().unwrap(),
            outcome: vec![false; rows],
            group: person.clone(),
            at: vec![Timestamp::default(); rows],
            weight: weight.map(|weight| vec![weight; rows]),
            person,
        }
    }

    fn left(data: &Dataset) -> Vec<usize> {
        let rows: Vec<usize> = (0..data.person.len()).collect();
        let kept = bounded(data, Cow::Borrowed(&rows));
        let mut counts = vec![0; data.person.iter().max().map_or(0, |last| *last as usize + 1)];
        kept.iter().for_each(|row| counts[data.person[*row] as usize] += 1);
        counts
    }

    #[test]
    fn whoever_has_rows_like_others_keeps_them_all() {
        let counts = vec![10, 60, 200, 0, 30];
        assert_eq!(left(&rows_of(&counts, None)), counts);
        assert_eq!(left(&rows_of(&[], None)), Vec::<usize>::new());
        let few = [vec![1; 9], vec![50]].concat();
        assert_eq!(left(&rows_of(&few, None)), few, "some are free");
    }

    #[test]
    fn whoever_has_many_more_weighs_at_most_twenty_times_the_mean() {
        let counts = [vec![10; 999], vec![100_000]].concat();
        let bound = 20 * (999 * 10 + 100_000) / 1000;
        for weight in [None, Some(0.25)] {
            let kept = left(&rows_of(&counts, weight));
            assert_eq!(kept[..999], counts[..999]);
            assert_eq!(kept[999], bound);
        }
    }

    #[test]
    fn what_is_kept_of_many_rows_is_of_no_one_time() {
        let data = rows_of(&[vec![10; 999], vec![100_000]].concat(), None);
        let rows: Vec<usize> = (0..data.person.len()).collect();
        let kept = bounded(&data, Cow::Borrowed(&rows));
        assert!(kept.is_sorted());
        let of_last: Vec<usize> = kept.iter().copied().filter(|row| data.person[*row] == 999).collect();
        let early = of_last.iter().filter(|row| **row < 9_990 + 50_000).count();
        assert!((0.4..0.6).contains(&(early as f64 / of_last.len() as f64)), "{early} of {}", of_last.len());
    }
}
