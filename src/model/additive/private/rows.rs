//! The rows that train: no more of a person than the promise allows for.

use std::collections::BTreeMap;

use super::noise::Noise;

/// Keeps at most `rows_max` rows of each person, drawn at random; ascending.
///
/// The draw of one person's rows does not depend on anybody else, so it may be made before the
/// noise: whatever it is, two tables that differ by a person still differ by that person's rows only.
pub(super) fn cap_rows(person: &[u32], rows_max: u32, noise: &mut Noise) -> Vec<usize> {
    let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &person) in person.iter().enumerate() {
        rows_of.entry(person).or_default().push(row);
    }
    let rows_max = rows_max as usize;
    let mut kept = Vec::with_capacity(person.len());
    for mut rows in rows_of.into_values() {
        let excess = rows.len().saturating_sub(rows_max);
        // The first steps of a Fisher-Yates shuffle.
        for i in 0..if excess > 0 { rows_max } else { 0 } {
            let ahead = usize::try_from(noise.below((rows.len() - i) as u128)).unwrap_or(0);
            rows.swap(i, i + ahead);
        }
        kept.extend(rows.into_iter().take(rows_max));
    }
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_trains_with_more_rows_than_the_promise_allows_for() {
        let person = [0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 3];
        let kept = cap_rows(&person, 2, &mut Noise::seeded(1));
        assert!(kept.is_sorted_by(|a, b| a < b));
        let of = |who| kept.iter().filter(|&&row| person[row] == who).count();
        assert_eq!([0, 1, 2, 3].map(of), [2, 1, 2, 2]);
        assert_eq!(cap_rows(&person, 5, &mut Noise::seeded(1)), (0..11).collect::<Vec<_>>());
    }

    #[test]
    fn each_row_of_a_person_is_as_likely_to_train() {
        let (person, mut noise) = ([7; 6], Noise::seeded(2));
        let mut counts = [0; 6];
        for _ in 0..6_000 {
            for row in cap_rows(&person, 2, &mut noise) {
                counts[row] += 1;
            }
        }
        // 2,000 expected; five standard deviations.
        assert!(counts.iter().all(|count| (1_815..2_185).contains(count)), "{counts:?}");
    }
}
