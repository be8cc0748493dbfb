//! A place in a JSON file: its value, and the path that an error names.

use serde_json::Value;

use crate::domain::FieldError;

/// A value and where it is.
pub(super) struct At<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> At<'a> {
    pub(super) const fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// The error that the value here breaks `rule`.
    pub(super) fn breaks(&self, rule: impl Into<String>) -> FieldError {
        FieldError::new(if self.path.is_empty() { "file" } else { &self.path }, rule)
    }

    /// The path of a field of the object here.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A field that may be missing or null.
    pub(super) fn find(&self, key: &str) -> Result<Option<Self>, FieldError> {
        let object = self.value.as_object().ok_or_else(|| self.breaks("must be an object"))?;
        let value = object.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| Self { path: self.path_of(key), value }))
    }

    pub(super) fn get(&self, key: &str) -> Result<Self, FieldError> {
        self.find(key)?.ok_or_else(|| FieldError::new(self.path_of(key), "is missing"))
    }

    pub(super) fn text(&self) -> Result<&'a str, FieldError> {
        self.value.as_str().ok_or_else(|| self.breaks("must be text"))
    }

    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, FieldError> {
        let item = |(i, value)| Self { path: format!("{}[{i}]", self.path), value };
        Ok(self.list()?.iter().enumerate().map(item).collect())
    }

    pub(super) fn check_length(&self, count: usize) -> Result<(), FieldError> {
        match self.list()?.len() {
            length if length == count => Ok(()),
            length => Err(self.breaks(format!("must have {count} entries, has {length}"))),
        }
    }

    /// A list of finite numbers.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, FieldError> {
        let number = |(i, value): (usize, &'a Value)| {
            let finite = value.as_f64().filter(|number| number.is_finite());
            finite.ok_or_else(|| Self { path: format!("{}[{i}]", self.path), value }.not_a_number())
        };
        self.list()?.iter().enumerate().map(number).collect()
    }

    /// A finite number.
    pub(super) fn number(&self) -> Result<f64, FieldError> {
        self.value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| self.not_a_number())
    }

    fn not_a_number(&self) -> FieldError {
        // What is not finite is written as text: "nan", "+inf", "-inf".
        self.breaks(match self.value {
            Value::Array(_) => "must be one number: a model of two classes has one score a bin",
            _ => "must be a finite number",
        })
    }

    fn list(&self) -> Result<&'a Vec<Value>, FieldError> {
        self.value.as_array().ok_or_else(|| self.breaks("must be a list"))
    }
}
