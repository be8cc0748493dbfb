//! What people say of an ad and of its explanation: feedback in one press, and concerns, which are answered.

use super::Timestamp;

/// Longest text of a concern, in characters.
pub const CONCERN_CHARACTERS_MAX: usize = 2_000;
/// Longest answer to a concern, in characters.
pub const ANSWER_CHARACTERS_MAX: usize = 4_000;
/// Within how many days a concern is to be answered: the month of Article 12(3) of the GDPR.
pub const ANSWER_DAYS: i64 = 30;

/// Feedback in one press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedbackKind {
    /// The explanation was clear.
    Clear,
    /// It was not.
    Unclear,
    /// The ad was of use.
    Relevant,
    /// It was not.
    NotRelevant,
    /// The ad was closed by the person who saw it.
    Dismissed,
}

impl FeedbackKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Clear, Self::Unclear, Self::Relevant, Self::NotRelevant, Self::Dismissed];

    /// The name used in the store and in forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Unclear => "unclear",
            Self::Relevant => "relevant",
            Self::NotRelevant => "not_relevant",
            Self::Dismissed => "dismissed",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a concern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConcernTopic {
    /// A reason that is not true.
    WrongReason,
    /// Data that should not be used.
    UnwantedData,
    /// Being treated unfairly.
    Unfair,
    /// An ad that misleads, offends or is against the law.
    Content,
    /// An explanation that cannot be understood.
    Unclear,
    /// Something else.
    Other,
}

impl ConcernTopic {
    /// All of them, in the order in which forms offer them.
    pub const ALL: [Self; 6] =
        [Self::WrongReason, Self::UnwantedData, Self::Unfair, Self::Content, Self::Unclear, Self::Other];

    /// The name used in the store and in forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongReason => "wrong_reason",
            Self::UnwantedData => "unwanted_data",
            Self::Unfair => "unfair",
            Self::Content => "content",
            Self::Unclear => "unclear",
            Self::Other => "other",
        }
    }

    /// The topic of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// What became of a concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConcernOutcome {
    /// The person was right; the answer tells what is done about it.
    Upheld,
    /// Nothing was wrong; the answer tells why.
    Explained,
}

impl ConcernOutcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Upheld, Self::Explained];

    /// The name used in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Explained => "explained",
        }
    }

    /// The outcome of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// The answer to a concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernAnswer {
    /// When it was given.
    pub at: Timestamp,
    /// What became of the concern.
    pub outcome: ConcernOutcome,
    /// In words.
    pub text: String,
}
