//! The rule that most settings of a fit obey.

use std::fmt::Display;

use crate::domain::FieldError;

/// Refuses a value outside `min` to `max`; NaN is outside.
pub(super) fn within<T: PartialOrd + Display + Copy>(
    field: &str,
    value: T,
    min: T,
    max: T,
) -> Result<(), FieldError> {
    if value >= min && value <= max {
        return Ok(());
    }
    Err(FieldError::new(field, format!("must be from {min} to {max}, is {value}")))
}
