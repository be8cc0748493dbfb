//! Where a column is cut, and which of its levels have a name.

use super::Bins;
use super::count::{DistinctPeople, count_people, count_rows, order_rows};
use crate::data::{self, between};
use crate::domain::Cell;

/// Cuts between quantiles of `numbers`; NaN is left out.
pub(super) fn cut(numbers: &[f64], person: &[u32], bins_max: usize, people_min: u32) -> Vec<f64> {
    let mut values: Vec<(f64, u32)> =
        numbers.iter().zip(person).filter(|(x, _)| !x.is_nan()).map(|(&x, &p)| (x, p)).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut people = DistinctPeople::among(person);
    let mut cuts = Vec::new();
    let mut start = 0;
    for (i, pair) in values.windows(2).enumerate() {
        people.add(pair[0].1);
        let (below, above) = (pair[0].0, pair[1].0);
        let bins_left = bins_max - cuts.len();
        let enough = (i + 1 - start) * bins_left >= values.len() - start && people.count() >= people_min;
        if below < above && enough && bins_left > 1 {
            cuts.push(between(below, above));
            people.clear();
            start = i + 1;
        }
    }
    if let Some(last) = values.last() {
        people.add(last.1);
    }
    if people.count() < people_min {
        cuts.pop();
    }
    cuts
}

/// The same for a column of codes, of which `between` are the cuts between neighbours.
pub(super) fn cut_coded(
    codes: &data::Codes,
    between: &[f64],
    person: &[u32],
    bins_max: usize,
    people_min: u32,
) -> Vec<f64> {
    let rows = count_rows(codes.iter(), between.len() + 1);
    let left = rows.iter().sum::<usize>();
    // With a row a person there is nobody to count twice.
    let alone = person.is_sorted_by(|a, b| a < b);
    let order = if alone { Vec::new() } else { order_rows(codes.iter(), &rows) };
    let mut people = DistinctPeople::among(if alone { &[] } else { person });
    let (mut cuts, mut start, mut end) = (Vec::new(), 0, 0);
    let (mut open, mut count) = (None, 0);
    for (code, &rows) in rows.iter().enumerate().filter(|(_, rows)| **rows > 0) {
        if let Some(cut) = open.take() {
            cuts.push(cut);
        }
        for &row in order.get(end..end + rows).unwrap_or_default() {
            people.add(person[row as usize]);
        }
        end += rows;
        count = if alone { end - start } else { people.count() as usize };
        let bins_left = bins_max - cuts.len();
        let enough = (end - start) * bins_left >= left - start && count >= people_min as usize;
        if let (Some(&cut), true) = (between.get(code), enough && bins_left > 1 && end < left) {
            open = Some(cut);
            people.clear();
            start = end;
            count = 0;
        }
    }
    if count < people_min as usize {
        cuts.pop();
    }
    cuts
}

/// The names of the levels that at least `people_min` people had, in ascending order.
#[allow(clippy::cast_possible_truncation, reason = "levels are numbered by u32")]
pub(super) fn name_levels(
    codes: &data::Codes,
    levels: &[Cell<'_>],
    person: &[u32],
    people_min: u32,
) -> Vec<String> {
    let people = count_people(codes.iter(), levels.len(), person);
    let mut common: Vec<(usize, usize)> =
        (0..).zip(people).map(|(code, people)| (people as usize, code)).collect();
    common.retain(|&(people, _)| people > 0 && people >= people_min as usize);
    common.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    common.truncate(Bins::LEVELS_MAX);
    let mut names: Vec<String> = common
        .iter()
        .filter_map(|&(_, code)| match levels[code] {
            Cell::Category(name) => Some(name.to_owned()),
            Cell::Number(_) | Cell::Missing | Cell::Withheld => None,
        })
        .collect();
    names.sort_unstable();
    names
}
