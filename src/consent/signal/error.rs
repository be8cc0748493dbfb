//! Why a signal cannot be read: the place and the rule, never the string.

use std::fmt;

/// One broken rule at one place of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalError {
    /// The section, such as `tcfeuv2` or `usca`; `header` for what holds the sections together.
    pub section: &'static str,
    /// The segment within the section, such as `core` or `gpc`.
    pub segment: &'static str,
    /// The field, as its specification names it.
    pub field: &'static str,
    /// What is wrong with it.
    pub rule: SignalRule,
    /// Where the field starts: bits from the start of its segment (characters, for text).
    pub bit: usize,
}

/// The rules that signals can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalRule {
    /// It is longer than any true signal.
    TooLong {
        /// The most bytes that are read.
        bytes_max: usize,
    },
    /// A character is not of the base64url alphabet.
    NotBase64Url,
    /// The segment ends before the field does.
    Ends {
        /// How many bits the field needs at least.
        needs: usize,
        /// How many are there.
        left: usize,
    },
    /// It must be one number and is another.
    MustBe {
        /// The number it must be.
        expected: u16,
        /// The number it is.
        found: u16,
    },
    /// A range ends before it starts.
    RangeReversed,
    /// A number is above what identifiers can be.
    TooLarge,
    /// The largest identifier is not the one that the field announces.
    NotAsAnnounced,
    /// There is no such segment.
    UnknownSegment,
    /// The segment was there already.
    RepeatedSegment,
    /// The header announces another number of sections.
    SectionCount {
        /// How many sections follow.
        found: usize,
    },
    /// The section is blank.
    Blank,
    /// It must be four characters: a digit, then each `Y`, `N` or `-`.
    NotUsPrivacy,
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{} at bit {}: {}", self.section, self.segment, self.field, self.bit, self.rule)
    }
}

impl std::error::Error for SignalError {}

impl fmt::Display for SignalRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes_max } => write!(f, "must be at most {bytes_max} bytes"),
            Self::NotBase64Url => f.write_str("must be of the base64url alphabet"),
            Self::Ends { needs, left } => write!(f, "needs {needs} bits, {left} are left"),
            Self::MustBe { expected, found } => write!(f, "must be {expected}, is {found}"),
            Self::RangeReversed => f.write_str("must not end before it starts"),
            Self::TooLarge => f.write_str("must be at most 65535"),
            Self::NotAsAnnounced => f.write_str("must hold the largest identifier that it announces"),
            Self::UnknownSegment => f.write_str("must be a segment of the section"),
            Self::RepeatedSegment => f.write_str("must be there once"),
            Self::SectionCount { found } => write!(f, "must announce as many sections as follow, {found}"),
            Self::Blank => f.write_str("must not be blank"),
            Self::NotUsPrivacy => f.write_str("must be a version and three of Y, N and -"),
        }
    }
}
