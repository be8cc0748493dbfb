//! What a site says of how its signals are to be read.

use crate::domain::{FieldError, FieldErrors, Purpose, Purposes};

/// How old a consent may be unless the site says otherwise: 13 months.
const STALE_DAYS: u32 = 396;
/// The oldest that a site may let a consent become: ten years.
const STALE_DAYS_MAX: u32 = 3_653;

/// What a site says, before it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentConfig {
    /// The service's number in the Global Vendor List; None when it has none.
    pub vendor_id: Option<u16>,
    /// The purposes that it has registered there on legitimate interest.
    pub legitimate_interest: Purposes,
    /// After how many days a string has to be renewed.
    pub stale_days: u32,
    /// What an unknown age means.
    pub unknown_age: UnknownAge,
}

/// What an unknown age means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownAge {
    /// No more than an adult's: the other signals decide.
    AsAdult,
    /// That context alone decides.
    ContextOnly,
}

impl Default for ConsentConfig {
    fn default() -> Self {
        Self {
            vendor_id: None,
            legitimate_interest: Purposes::NONE,
            stale_days: STALE_DAYS,
            unknown_age: UnknownAge::AsAdult,
        }
    }
}

/// What a site says of how its signals are to be read. By default no string that names vendors grants anything,
/// because none can name a service without a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentSettings(ConsentConfig);

impl ConsentConfig {
    /// Checks what a site says.
    ///
    /// # Errors
    /// Every rule that is broken: a number must not be 0, days must be 1 to 3,653, and purposes 1 and 3 to 6 are
    /// never a legitimate interest.
    pub fn check(self) -> Result<ConsentSettings, FieldErrors> {
        let mut errors = Vec::new();
        if self.vendor_id == Some(0) {
            errors.push(FieldError::new("vendor_id", "must not be 0"));
        }
        if !(1..=STALE_DAYS_MAX).contains(&self.stale_days) {
            let rule = format!("must be 1 to {STALE_DAYS_MAX}, is {}", self.stale_days);
            errors.push(FieldError::new("stale_days", rule));
        }
        let never = self.legitimate_interest.intersection(CONSENT_ONLY);
        if !never.is_empty() {
            let rule = format!("must not hold purposes that need consent: {never}");
            errors.push(FieldError::new("legitimate_interest", rule));
        }
        if errors.is_empty() { Ok(ConsentSettings(self)) } else { Err(FieldErrors(errors)) }
    }
}

/// Purposes that nothing but consent permits.
pub(super) const CONSENT_ONLY: Purposes = super::PROFILES.with(Purpose::StoreOnDevice);

impl ConsentSettings {
    /// The service's number in the Global Vendor List.
    pub(super) const fn vendor_id(&self) -> Option<u16> {
        self.0.vendor_id
    }

    /// The purposes that it has registered on legitimate interest.
    pub(super) const fn legitimate_interest(&self) -> Purposes {
        self.0.legitimate_interest
    }

    /// After how many days a string has to be renewed.
    pub(super) const fn stale_days(&self) -> u32 {
        self.0.stale_days
    }

    /// What an unknown age means.
    pub(super) const fn unknown_age(&self) -> UnknownAge {
        self.0.unknown_age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_would_permit_too_much_are_refused() {
        let fine = ConsentConfig::default();
        assert!(fine.clone().check().is_ok());
        let cases = [
            (ConsentConfig { vendor_id: Some(0), ..fine.clone() }, "vendor_id: must not be 0"),
            (ConsentConfig { stale_days: 0, ..fine.clone() }, "stale_days: must be 1 to 3653, is 0"),
            (ConsentConfig { stale_days: 4_000, ..fine.clone() }, "stale_days: must be 1 to 3653, is 4000"),
            (
                ConsentConfig { legitimate_interest: Purposes::ALL, ..fine },
                "legitimate_interest: must not hold purposes that need consent: 1, 3, 4, 5, 6",
            ),
        ];
        for (config, message) in cases {
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
    }
}
