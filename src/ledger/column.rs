//! One thing said of each ad, by column: once where it is the same for all, and few values as the
//! distinct ones and some bits for each ad.

use serde::{Deserialize, Serialize};

/// Most distinct values that are written once each: more are found no faster than written.
const DISTINCT_MAX: usize = 64;

/// What is said of each ad, in their order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Column<T> {
    /// One and the same.
    Same(T),
    /// Few: the distinct ones, and the place among them of each ad's.
    Few(Vec<T>, Packed),
    /// Many.
    Each(Vec<T>),
}

/// Small numbers, each in as many bits as the largest one needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Packed {
    bits: u8,
    bytes: Vec<u8>,
}

impl<T: Copy + PartialEq> Column<T> {
    /// The column of `values`.
    pub(super) fn of(values: impl Iterator<Item = T> + Clone) -> Self {
        let mut distinct: Vec<T> = Vec::new();
        let mut places: Vec<u8> = Vec::with_capacity(values.size_hint().0);
        for value in values.clone() {
            let known = distinct.iter().position(|known| *known == value);
            let place = known.unwrap_or(distinct.len());
            if known.is_none() {
                if distinct.len() == DISTINCT_MAX {
                    return Self::Each(values.collect());
                }
                distinct.push(value);
            }
            places.push(u8::try_from(place).unwrap_or(u8::MAX));
        }
        match distinct[..] {
            [] => Self::Each(Vec::new()),
            [only] => Self::Same(only),
            _ => {
                let packed = Packed::of(&places, distinct.len());
                Self::Few(distinct, packed)
            }
        }
    }

    /// The value of the ad at `place`; None when there is none.
    pub(super) fn value(&self, place: usize) -> Option<T> {
        match self {
            Self::Same(value) => Some(*value),
            Self::Few(distinct, places) => distinct.get(places.at(place)?).copied(),
            Self::Each(values) => values.get(place).copied(),
        }
    }
}

impl Packed {
    /// Numbers below `count`.
    fn of(numbers: &[u8], count: usize) -> Self {
        let bits = count.next_power_of_two().trailing_zeros().max(1);
        let mut bytes = Vec::with_capacity((numbers.len() * bits as usize).div_ceil(8));
        let (mut held, mut gathered) = (0_u32, 0);
        for number in numbers {
            held |= u32::from(*number) << gathered;
            gathered += bits;
            while gathered >= 8 {
                bytes.push(low_byte(held));
                held >>= 8;
                gathered -= 8;
            }
        }
        if gathered > 0 {
            bytes.push(low_byte(held));
        }
        Self { bits: low_byte(bits), bytes }
    }

    fn at(&self, place: usize) -> Option<usize> {
        let bits = usize::from(self.bits);
        let first = place.checked_mul(bits)?;
        let byte = |at: usize| self.bytes.get(at).copied().map(usize::from);
        // A number of at most eight bits lies in two bytes, the second of which may be missing at the end.
        let two = byte(first / 8)? | byte(first / 8 + 1).unwrap_or(0) << 8;
        (bits <= 8 && (first + bits).div_ceil(8) <= self.bytes.len())
            .then(|| (two >> (first % 8)) & ((1 << bits) - 1))
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the low byte is what is wanted")]
const fn low_byte(number: u32) -> u8 {
    number as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_back_in_their_order(distinct in 1..100_u16, places in proptest::collection::vec(any::<u16>(), 0..300)) {
            let values: Vec<u16> = places.iter().map(|place| place % distinct).collect();
            let bytes = postcard::to_stdvec(&Column::of(values.iter().copied())).unwrap();
            let column: Column<u16> = postcard::from_bytes(&bytes).unwrap();
            for (place, value) in values.iter().enumerate() {
                prop_assert_eq!(column.value(place), Some(*value));
            }
        }
    }

    #[test]
    fn a_place_beyond_the_end_has_no_value() {
        let column = Column::of([1, 2, 3, 1].into_iter());
        assert_eq!((column.value(3), column.value(4)), (Some(1), None));
        assert_eq!(Column::of([1, 2].into_iter().chain(5..90)).value(87), None);
        assert_eq!(Column::Few(vec![7], Packed { bits: 1, bytes: vec![1] }).value(0), None, "no such value");
        assert_eq!(Column::Few(vec![7], Packed { bits: 255, bytes: vec![0; 99] }).value(1), None);
    }

    #[test]
    fn few_values_take_few_bits() {
        let column = Column::of((0..1_000).map(|n| n % 4));
        assert!(postcard::to_stdvec(&column).unwrap().len() < 1_000 / 4 + 16);
    }
}
