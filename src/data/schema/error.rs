//! Why a schema does not load.

use thiserror::Error;

use crate::domain::FieldErrors;

/// Why a schema does not load.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// A file of the schema cannot be read.
    #[error("{file}: cannot be read: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system says.
        cause: String,
    },
    /// The text is not TOML, or says something that no schema says.
    #[error("{file}: line {line}, column {column}: {rule}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// What is wrong there.
        rule: String,
    },
    /// Rules are broken; each names the feature, attribute or key and the rule.
    #[error("{file}: {broken}")]
    Rules {
        /// The file.
        file: String,
        /// All of them, in the order of the text.
        broken: FieldErrors,
    },
}

impl SchemaError {
    /// What the TOML reader says, with the place in `text`.
    pub(super) fn syntax(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self::Syntax {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
            rule: error.message().trim().replace('\n', "; "),
        }
    }
}
