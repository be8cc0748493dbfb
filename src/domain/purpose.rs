//! The purposes of the IAB Transparency and Consent Framework, v2.2.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FieldError;

/// One of the eleven TCF purposes for which a person's data may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
#[repr(u8)]
pub enum Purpose {
    /// 1: store or access information on a device.
    StoreOnDevice = 1,
    /// 2: use limited data to select advertising.
    SelectBasicAds = 2,
    /// 3: create profiles for personalised advertising.
    CreateAdProfile = 3,
    /// 4: use profiles to select personalised advertising.
    SelectPersonalisedAds = 4,
    /// 5: create profiles to personalise content.
    CreateContentProfile = 5,
    /// 6: use profiles to select personalised content.
    SelectPersonalisedContent = 6,
    /// 7: measure advertising performance.
    MeasureAds = 7,
    /// 8: measure content performance.
    MeasureContent = 8,
    /// 9: understand audiences through statistics.
    UnderstandAudiences = 9,
    /// 10: develop and improve services; training a model is this purpose.
    ImproveServices = 10,
    /// 11: use limited data to select content.
    SelectBasicContent = 11,
}

impl Purpose {
    /// All purposes, by number.
    pub const ALL: [Self; 11] = [
        Self::StoreOnDevice,
        Self::SelectBasicAds,
        Self::CreateAdProfile,
        Self::SelectPersonalisedAds,
        Self::CreateContentProfile,
        Self::SelectPersonalisedContent,
        Self::MeasureAds,
        Self::MeasureContent,
        Self::UnderstandAudiences,
        Self::ImproveServices,
        Self::SelectBasicContent,
    ];

    /// The number that the framework gives this purpose.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The purpose of a framework number.
    ///
    /// # Errors
    /// When `number` is not 1 to 11.
    pub fn from_number(number: i64) -> Result<Self, FieldError> {
        Self::ALL.into_iter().find(|purpose| i64::from(purpose.number()) == number).ok_or_else(|| {
            FieldError::new("purposes", format!("must be a TCF purpose from 1 to 11, is {number}"))
        })
    }
}

impl TryFrom<i64> for Purpose {
    type Error = FieldError;
    fn try_from(number: i64) -> Result<Self, FieldError> {
        Self::from_number(number)
    }
}

impl From<Purpose> for i64 {
    fn from(purpose: Purpose) -> Self {
        purpose.number().into()
    }
}

/// A set of purposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<i64>", into = "Vec<i64>")]
pub struct Purposes(u16);

impl Purposes {
    /// The empty set: nothing was accepted.
    pub const NONE: Self = Self(0);
    /// All eleven purposes.
    pub const ALL: Self = Self(0b1111_1111_1110);

    /// The set with `purpose` in it.
    #[must_use]
    pub const fn with(self, purpose: Purpose) -> Self {
        Self(self.0 | 1 << purpose.number())
    }

    /// Whether `purpose` is in the set.
    #[must_use]
    pub const fn contains(self, purpose: Purpose) -> bool {
        self.0 & 1 << purpose.number() != 0
    }

    /// What is in this set but not in `other`.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in this set, in `other`, or in both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this set and in `other`.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is nothing in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, by number.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        Purpose::ALL.into_iter().filter(move |purpose| self.contains(*purpose))
    }

    /// The set as a bit field: bit `n` is purpose `n`.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of a bit field; bits that name no purpose are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<Purpose> for Purposes {
    fn from_iter<I: IntoIterator<Item = Purpose>>(purposes: I) -> Self {
        purposes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl TryFrom<Vec<i64>> for Purposes {
    type Error = FieldError;
    fn try_from(numbers: Vec<i64>) -> Result<Self, FieldError> {
        numbers.into_iter().map(Purpose::from_number).collect()
    }
}

impl From<Purposes> for Vec<i64> {
    fn from(purposes: Purposes) -> Self {
        purposes.iter().map(|purpose| i64::from(purpose.number())).collect()
    }
}

impl fmt::Display for Purposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (i, purpose) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", purpose.number())?;
        }
        Ok(())
    }
}
