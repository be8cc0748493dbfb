//! Groups of people: each outer bag leaves one out.
//!
//! Rows of one person resemble each other, so a person is in one group with all rows.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Fewest groups, so that a bag learns from most people even when there are few bags.
const GROUPS_MIN: u16 = 6;

/// Who is left out of which bag.
pub(super) struct Folds {
    /// The group of each person.
    group: Vec<u16>,
    /// How many groups there are.
    pub(super) groups: u16,
}

impl Folds {
    /// Deals people into at least `bags` groups at random, those with a positive row first, so that
    /// every group has its share of them.
    pub(super) fn deal(outcome: &[bool], person: &[u32], bags: u16, seed: u64) -> Self {
        let groups = bags.max(GROUPS_MIN);
        let people = person.iter().max().map_or(0, |&max| max as usize + 1);
        let mut positive = vec![false; people];
        let mut present = vec![false; people];
        for (&person, &happened) in person.iter().zip(outcome) {
            present[person as usize] = true;
            positive[person as usize] |= happened;
        }
        let (mut first, mut second): (Vec<u32>, Vec<u32>) = (0..)
            .take(people)
            .filter(|&person| present[person as usize])
            .partition(|&person| positive[person as usize]);
        drop((present, positive));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        first.shuffle(&mut rng);
        second.shuffle(&mut rng);
        let mut group = vec![0; people];
        for (person, turn) in first.into_iter().chain(second).zip((0..groups).cycle()) {
            group[person as usize] = turn;
        }
        Self { group, groups }
    }

    /// The group of each row.
    #[allow(clippy::cast_possible_truncation, reason = "there are at most 100 groups")]
    pub(super) fn of_rows(&self, person: &[u32]) -> Vec<u8> {
        person.iter().map(|&person| self.group[person as usize] as u8).collect()
    }

    /// Whether `person` is left out of `bag`.
    pub(super) fn leaves_out(&self, bag: u16, person: u32) -> bool {
        self.group[person as usize] == bag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_share_of_the_people_with_positives() {
        let person: Vec<u32> = (0..120).flat_map(|person| [person, person]).collect();
        let outcome: Vec<bool> = person.iter().map(|person| person % 10 == 0).collect();
        let folds = Folds::deal(&outcome, &person, 4, 9);
        assert_eq!(folds.groups, 6);
        for group in 0..6 {
            let members =
                |of: &dyn Fn(u32) -> bool| (0..120).filter(|&p| folds.leaves_out(group, p) && of(p)).count();
            assert_eq!(members(&|_| true), 20);
            assert_eq!(members(&|person| person % 10 == 0), 2);
        }
    }

    #[test]
    fn another_seed_deals_other_groups() {
        let person: Vec<u32> = (0..60).collect();
        let outcome = vec![false; 60];
        let group = |seed| Folds::deal(&outcome, &person, 6, seed).group;
        assert_eq!(group(1), group(1));
        assert_ne!(group(1), group(2));
    }
}
