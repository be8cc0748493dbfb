//! Sets of identifiers, as small as the text that they were read from.

/// A set of numbers from 1 to 63: purposes, special features, custom purposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Members(u64);

impl Members {
    /// The set whose member `n` is bit `n - 1`.
    #[must_use]
    pub(super) const fn of_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether `number` is in the set.
    #[must_use]
    pub const fn contains(self, number: u8) -> bool {
        number >= 1 && number <= 64 && self.0 >> (number - 1) & 1 == 1
    }

    /// The members, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=64).filter(move |number| self.contains(*number))
    }
}

/// A set of vendors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ids {
    /// A bit each: identifier `n` is bit `(n - 1) % 64` of word `(n - 1) / 64`.
    BitEach(Vec<u64>),
    /// First and last of each range.
    Ranges(Ranges),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Ranges(Ranges::default())
    }
}

impl Ids {
    /// Whether `id` is in the set; 0 is no identifier.
    #[must_use]
    pub fn contains(&self, id: u16) -> bool {
        match self {
            Self::BitEach(words) => {
                let place = usize::from(id).wrapping_sub(1);
                words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
            }
            Self::Ranges(ranges) => ranges.contains(id),
        }
    }

    /// The largest member; 0 when there is none.
    #[must_use]
    pub(super) fn largest(&self) -> u16 {
        match self {
            Self::BitEach(words) => {
                let last = words.iter().rposition(|word| *word != 0);
                let place = last.map_or(0, |last| last * 64 + 64 - words[last].leading_zeros() as usize);
                u16::try_from(place).unwrap_or(u16::MAX)
            }
            Self::Ranges(ranges) => ranges.0.iter().map(|(_, last)| *last).max().unwrap_or(0),
        }
    }

    /// The members, each where it was written.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        let (words, ranges) = match self {
            Self::BitEach(words) => (words.as_slice(), &[][..]),
            Self::Ranges(ranges) => (&[][..], ranges.0.as_slice()),
        };
        let of_word = |(place, word): (usize, &u64)| {
            let word = *word;
            (0..64_usize).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place * 64 + bit + 1)
        };
        let of_words = words.iter().enumerate().flat_map(of_word);
        let of_words = of_words.map(|id| u16::try_from(id).unwrap_or(u16::MAX));
        of_words.chain(ranges.iter().flat_map(|(first, last)| *first..=*last))
    }
}

/// Ranges of identifiers, first and last of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    pub(super) fn push(&mut self, first: u16, last: u16) {
        self.0.push((first, last));
    }

    /// Whether `id` is in a range; 0 is no identifier.
    #[must_use]
    pub fn contains(&self, id: u16) -> bool {
        id != 0 && self.0.iter().any(|(first, last)| (first..=last).contains(&&id))
    }

    /// How many ranges there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many identifiers the ranges hold, those in several counted for each.
    #[must_use]
    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|(first, last)| usize::from(last - first) + 1).sum()
    }

    /// The members, range by range.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }
}
