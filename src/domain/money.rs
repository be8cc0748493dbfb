//! Money in micros of an ISO 4217 currency, and the table that converts it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::{FieldError, Nats};

/// An amount in millionths of a currency unit.
pub type Micros = i64;

/// An ISO 4217 currency code, such as `EUR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// Checks the form of a code: three capital letters.
    ///
    /// # Errors
    /// When `code` has another form.
    pub fn parse(code: &str) -> Result<Self, FieldError> {
        match *code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(FieldError::new("currency", "must be an ISO 4217 code of three capital letters")),
        }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = FieldError;
    fn try_from(code: String) -> Result<Self, FieldError> {
        Self::parse(&code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A versioned table of conversion rates into one base currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Name of this table, logged with each decision.
    pub version: String,
    /// The currency that values are compared in.
    pub base: Currency,
    /// What one unit of each other currency is worth in the base; positive and finite.
    pub per_unit: BTreeMap<Currency, f64>,
}

impl Rates {
    /// What one unit of `currency` is worth in the base.
    ///
    /// # Errors
    /// When the table does not know `currency`.
    pub fn rate(&self, currency: Currency) -> Result<f64, FieldError> {
        if currency == self.base {
            return Ok(1.0);
        }
        self.per_unit.get(&currency).copied().filter(|rate| rate.is_finite() && *rate > 0.0).ok_or_else(
            || FieldError::new("currency", format!("{currency} is not in the rate table {}", self.version)),
        )
    }

    /// The conversion of `currency` into the base as a line: the natural logarithm of its rate.
    ///
    /// # Errors
    /// When the table does not know `currency`.
    pub fn line(&self, currency: Currency) -> Result<Nats, FieldError> {
        self.rate(currency).map(|rate| Nats::from_f64(libm::log(rate)))
    }
}
