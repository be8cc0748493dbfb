//! What is wrong with a field: its path and the rule it breaks.

use std::fmt;

/// What stands for a text of a caller where it could be personal: its type and length.
#[must_use]
pub fn untold(text: &str) -> String {
    format!("text of {} bytes", text.len())
}

/// One broken rule of one field. The value is quoted only where it cannot be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field as the caller knows it, such as `candidates[3].bid.micros`.
    pub field: String,
    /// The rule, as a clause that follows the field: `must be positive, is -5`.
    pub rule: String,
}

impl FieldError {
    /// States that `field` breaks `rule`.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    /// The same error one level further out: `id` under `candidates[3]` is `candidates[3].id`.
    #[must_use]
    pub fn under(self, parent: impl fmt::Display) -> Self {
        Self { field: format!("{parent}.{}", self.field), rule: self.rule }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
}

impl std::error::Error for FieldError {}

/// Everything that is wrong with one request, in the order of its fields; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}
