//! Reads numbers of any width from base64url text, six bits a character.
//!
//! Nothing is decoded ahead: a field is read where it stands, so a string that announces more than it holds
//! costs no more than what it holds.

use super::error::{SignalError, SignalRule};
use super::ids::{Ids, Members, Ranges};
use crate::domain::Timestamp;

/// Bits of one character.
const SEXTET: usize = 6;
/// The framework counts time in tenths of a second.
const MICROS_PER_DECISECOND: i64 = 100_000;
/// Fibonacci numbers that an identifier of 16 bits can hold: 1, 2, 3, 5, up to 46,368.
const FIBONACCI: [u32; 23] = [
    1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946, 17711, 28657,
    46368,
];

/// A segment being read.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    section: &'static str,
    segment: &'static str,
    text: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// The bits of `text`, all of whose characters must be base64url.
    pub(super) fn open(
        section: &'static str,
        segment: &'static str,
        text: &'a str,
    ) -> Result<Self, SignalError> {
        let bits = Self { section, segment, text: text.as_bytes(), at: 0 };
        match bits.text.iter().position(|character| sextet(*character).is_none()) {
            None => Ok(bits),
            Some(place) => Err(Self { at: place * SEXTET, ..bits }.broken("text", SignalRule::NotBase64Url)),
        }
    }

    /// The same bits under the name of the segment that they turned out to be.
    pub(super) const fn named(self, segment: &'static str) -> Self {
        Self { segment, ..self }
    }

    /// How many bits are left.
    pub(super) const fn left(&self) -> usize {
        self.text.len() * SEXTET - self.at
    }

    /// How many bits there are in all.
    pub(super) const fn len(&self) -> usize {
        self.text.len() * SEXTET
    }

    /// An error of the field that starts here.
    pub(super) const fn broken(&self, field: &'static str, rule: SignalRule) -> SignalError {
        SignalError { section: self.section, segment: self.segment, field, rule, bit: self.at }
    }

    /// A number of so many bits, most significant first; 64 at most.
    pub(super) fn number(&mut self, field: &'static str, bits: usize) -> Result<u64, SignalError> {
        self.need(field, bits)?;
        let mut value = 0_u64;
        let mut wanted = bits;
        while wanted > 0 {
            let sextet = u64::from(self.text.get(self.at / SEXTET).copied().and_then(sextet).unwrap_or(0));
            let offered = SEXTET - self.at % SEXTET;
            let taken = offered.min(wanted);
            value = value << taken | sextet >> (offered - taken) & ((1 << taken) - 1);
            self.at += taken;
            wanted -= taken;
        }
        Ok(value)
    }

    /// A number of at most 8 bits.
    #[allow(clippy::cast_possible_truncation, reason = "at most 8 bits were read")]
    pub(super) fn small(&mut self, field: &'static str, bits: usize) -> Result<u8, SignalError> {
        Ok(self.number(field, bits.min(8))? as u8)
    }

    /// A number of at most 16 bits.
    #[allow(clippy::cast_possible_truncation, reason = "at most 16 bits were read")]
    pub(super) fn short(&mut self, field: &'static str, bits: usize) -> Result<u16, SignalError> {
        Ok(self.number(field, bits.min(16))? as u16)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, SignalError> {
        Ok(self.number(field, 1)? == 1)
    }

    /// A moment: 36 bits of tenths of a second since 1970.
    #[allow(clippy::cast_possible_wrap, reason = "36 bits")]
    pub(super) fn moment(&mut self, field: &'static str) -> Result<Timestamp, SignalError> {
        Ok(Timestamp::from_micros(self.number(field, 36)? as i64 * MICROS_PER_DECISECOND))
    }

    /// Two letters, six bits each.
    pub(super) fn letters(&mut self, field: &'static str) -> Result<[char; 2], SignalError> {
        let letter = |sextet: u8| if sextet == 63 { ' ' } else { char::from(b'A' + sextet) };
        Ok([letter(self.small(field, 6)?), letter(self.small(field, 6)?)])
    }

    /// A set of the numbers from 1 to `count`, 63 at most, a bit each.
    pub(super) fn members(&mut self, field: &'static str, count: usize) -> Result<Members, SignalError> {
        let bits = self.number(field, count)?;
        Ok(Members::of_bits(bits.reverse_bits() >> 1 >> (63 - count.min(63))))
    }

    /// A set of identifiers as a bit each, or as ranges: the framework's optimised range.
    pub(super) fn optimised(&mut self, field: &'static str) -> Result<Ids, SignalError> {
        let largest = self.short(field, 16)?;
        if self.flag(field)? { Ok(Ids::Ranges(self.ranges(field)?)) } else { self.bit_each(field, largest) }
    }

    /// The same with ranges in Fibonacci coding, as sections of the platform have it.
    pub(super) fn optimised_fibonacci(&mut self, field: &'static str) -> Result<Ids, SignalError> {
        let largest = self.short(field, 16)?;
        if self.flag(field)? {
            Ok(Ids::Ranges(self.fibonacci_ranges(field)?))
        } else {
            self.bit_each(field, largest)
        }
    }

    /// What `read` reads here, whose largest identifier must be the announced one: it is what tells a coding
    /// from another.
    pub(super) fn as_announced(
        &mut self,
        field: &'static str,
        read: fn(&mut Self, &'static str) -> Result<Ids, SignalError>,
    ) -> Result<Ids, SignalError> {
        let start = self.clone();
        let largest = self.clone().short(field, 16)?;
        let ids = read(self, field)?;
        if ids.largest() == largest { Ok(ids) } else { Err(start.broken(field, SignalRule::NotAsAnnounced)) }
    }

    /// Ranges of identifiers: a count, then one or two numbers of 16 bits each.
    pub(super) fn ranges(&mut self, field: &'static str) -> Result<Ranges, SignalError> {
        let mut ranges = Ranges::default();
        for _ in 0..self.short(field, 12)? {
            let start = self.clone();
            let is_range = self.flag(field)?;
            let first = self.short(field, 16)?;
            let last = if is_range { self.short(field, 16)? } else { first };
            if last < first {
                return Err(start.broken(field, SignalRule::RangeReversed));
            }
            ranges.push(first, last);
        }
        Ok(ranges)
    }

    /// Ranges of identifiers: a count, then one or two steps from the identifier before, in Fibonacci coding.
    pub(super) fn fibonacci_ranges(&mut self, field: &'static str) -> Result<Ranges, SignalError> {
        let mut ranges = Ranges::default();
        let mut before = 0_u16;
        for _ in 0..self.short(field, 12)? {
            let start = self.clone();
            let too_large = || start.broken(field, SignalRule::TooLarge);
            let is_range = self.flag(field)?;
            let first = before.checked_add(self.fibonacci(field)?).ok_or_else(too_large)?;
            let last = if is_range {
                first.checked_add(self.fibonacci(field)?).ok_or_else(too_large)?
            } else {
                first
            };
            ranges.push(first, last);
            before = last;
        }
        Ok(ranges)
    }

    /// A positive number in Fibonacci coding: bit `n` stands for the `n`th Fibonacci number, two ones end it.
    fn fibonacci(&mut self, field: &'static str) -> Result<u16, SignalError> {
        let start = self.clone();
        let too_large = || start.broken(field, SignalRule::TooLarge);
        let (mut sum, mut was_one) = (0_u32, false);
        let mut numbers = FIBONACCI.iter();
        loop {
            let is_one = self.flag(field)?;
            if is_one && was_one {
                return u16::try_from(sum).map_err(|_| too_large());
            }
            match numbers.next() {
                Some(number) => sum += if is_one { *number } else { 0 },
                None => return Err(too_large()),
            }
            was_one = is_one;
        }
    }

    fn bit_each(&mut self, field: &'static str, largest: u16) -> Result<Ids, SignalError> {
        self.need(field, usize::from(largest))?;
        let mut words = Vec::with_capacity(usize::from(largest).div_ceil(64));
        let mut left = usize::from(largest);
        while left > 0 {
            let bits = left.min(64);
            words.push(self.number(field, bits)?.reverse_bits() >> (64 - bits));
            left -= bits;
        }
        Ok(Ids::BitEach(words))
    }

    fn need(&self, field: &'static str, needs: usize) -> Result<(), SignalError> {
        let left = self.left();
        if needs <= left { Ok(()) } else { Err(self.broken(field, SignalRule::Ends { needs, left })) }
    }
}

const fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::write::Written;
    use super::*;

    fn bits(text: &str) -> Bits<'_> {
        Bits::open("section", "segment", text).unwrap()
    }

    #[test]
    fn numbers_are_read_across_characters() {
        let mut bits = bits("DBABM");
        assert_eq!(bits.number("type", 6), Ok(3));
        assert_eq!(bits.number("version", 6), Ok(1));
        assert_eq!(bits.number("count", 12), Ok(1));
        assert_eq!((bits.left(), bits.len()), (6, 30));
        assert_eq!(bits.number("all of it", 6), Ok(0b1100));
    }

    #[test]
    fn sixty_four_bits_are_one_number() {
        assert_eq!(bits("___________").number("all", 64), Ok(u64::MAX));
        assert_eq!(bits("__8").number("eleven", 11), Ok(0b111_1111_1111));
    }

    #[test]
    fn a_field_that_is_cut_short_says_where_and_by_how_much() {
        let mut bits = bits("DB");
        bits.number("type", 6).unwrap();
        let rule = SignalRule::Ends { needs: 12, left: 6 };
        assert_eq!(bits.number("count", 12), Err(bits.broken("count", rule)));
        let error = bits.number("count", 12).unwrap_err();
        assert_eq!(error.to_string(), "section.segment.count at bit 6: needs 12 bits, 6 are left");
    }

    #[test]
    fn a_character_of_another_alphabet_is_named_by_its_place() {
        for text in ["AB+", "AB/", "AB=", "AB ", "AB.", "ABé"] {
            let error = Bits::open("section", "segment", text).unwrap_err();
            assert_eq!(
                (error.field, error.rule, error.bit),
                ("text", SignalRule::NotBase64Url, 12),
                "{text}"
            );
        }
    }

    #[test]
    fn members_are_numbered_from_one() {
        let mut bits = bits("oA");
        let members = bits.members("set", 12).unwrap();
        assert_eq!(members.iter().collect::<Vec<_>>(), [1, 3]);
        assert!(
            members.contains(3) && !members.contains(2) && !members.contains(0) && !members.contains(200)
        );
    }

    #[test]
    fn fibonacci_numbers_end_with_two_ones() {
        // 11 is 1, 011 is 2, 0011 is 3, 1011 is 4.
        let mut bits = bits("2z2A"); // 110110 110011 110110 000000
        assert_eq!(bits.fibonacci("n"), Ok(1));
        assert_eq!(bits.fibonacci("n"), Ok(2));
        assert_eq!(bits.fibonacci("n"), Ok(2));
        assert_eq!(bits.fibonacci("n"), Ok(3));
        assert_eq!(bits.fibonacci("n"), Ok(1));
    }

    #[test]
    fn a_fibonacci_number_beyond_an_identifier_is_refused() {
        let endless = "A".repeat(100);
        assert_eq!(bits(&endless).fibonacci("n").unwrap_err().rule, SignalRule::TooLarge);
        let alternating = "q".repeat(100);
        assert_eq!(bits(&alternating).fibonacci("n").unwrap_err().rule, SignalRule::TooLarge);
    }

    #[test]
    fn a_bit_field_that_announces_more_than_it_holds_is_refused_at_once() {
        let text = Written::default().number(65_535, 16).number(0, 1).number(0, 25).text();
        let error = bits(&text).optimised("vendors").unwrap_err();
        assert_eq!((error.rule, error.bit), (SignalRule::Ends { needs: 65_535, left: 25 }, 17));
    }

    #[test]
    fn a_range_that_ends_before_it_starts_is_refused() {
        let text = Written::default().ranges(&[(5, 9), (2, 1)]).text();
        let error = bits(&text).ranges("vendors").unwrap_err();
        assert_eq!((error.rule, error.bit), (SignalRule::RangeReversed, 45));
    }

    #[test]
    fn ids_are_the_same_as_bits_and_as_ranges() {
        let as_bits = Written::default().ids(&[3, 64, 65, 130]).text();
        let as_bits = bits(&as_bits).optimised("vendors").unwrap();
        let as_ranges = Written::default().number(130, 16).number(1, 1);
        let as_ranges = as_ranges.ranges(&[(3, 3), (64, 65), (130, 130)]).text();
        let as_ranges = bits(&as_ranges).optimised("vendors").unwrap();
        for ids in [as_bits, as_ranges] {
            assert_eq!(ids.iter().collect::<Vec<_>>(), [3, 64, 65, 130]);
            assert!((0..=200).all(|id| ids.contains(id) == [3, 64, 65, 130].contains(&id)));
            assert_eq!(ids.largest(), 130);
        }
        let text = Written::default().number(5, 16).number(1, 1).ranges(&[(0, 5)]).text();
        let ids = bits(&text).optimised("vendors").unwrap();
        assert!(ids.contains(1) && !ids.contains(0), "0 is no identifier");
    }
}
