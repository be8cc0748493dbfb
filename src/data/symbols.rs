//! Attribute values by code, so that history and ads are matched by comparing numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::domain::AttributeId;

use super::schema::Schema;

/// The values of every attribute, each with a code. It only grows, and many may use it at once.
///
/// Codes go by the order in which values were met: nothing that leaves the process depends on them.
#[derive(Debug, Default)]
pub struct Symbols {
    attributes: Vec<RwLock<Values>>,
}

#[derive(Debug, Default)]
struct Values {
    codes: BTreeMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Symbols {
    /// The values that the schema itself names: the sensitive ones.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let symbols = Self { attributes: schema.attributes.iter().map(|_| RwLock::default()).collect() };
        for (id, attribute) in (0..=u8::MAX).map(AttributeId).zip(&schema.attributes) {
            for value in &attribute.sensitive {
                symbols.intern(id, value);
            }
        }
        symbols
    }

    /// The code of `value`, if it has been met.
    #[must_use]
    pub fn code(&self, attribute: AttributeId, value: &str) -> Option<u32> {
        self.values(attribute).codes.get(value).copied()
    }

    /// The code of `value`, which from now on has one.
    pub fn intern(&self, attribute: AttributeId, value: &str) -> u32 {
        if let Some(code) = self.code(attribute, value) {
            return code;
        }
        let lock = &self.attributes[usize::from(attribute.0)];
        let mut values = lock.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(&code) = values.codes.get(value) {
            return code;
        }
        let code = u32::try_from(values.names.len()).unwrap_or(u32::MAX);
        let name = Arc::<str>::from(value);
        values.names.push(Arc::clone(&name));
        values.codes.insert(name, code);
        code
    }

    /// The value of `code`.
    #[must_use]
    pub fn name(&self, attribute: AttributeId, code: u32) -> Option<Arc<str>> {
        self.values(attribute).names.get(code as usize).cloned()
    }

    fn values(&self, attribute: AttributeId) -> RwLockReadGuard<'_, Values> {
        self.attributes[usize::from(attribute.0)].read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_code_and_attributes_do_not_mix() {
        let symbols = Symbols { attributes: vec![RwLock::default(), RwLock::default()] };
        let (category, brand) = (AttributeId(0), AttributeId(1));
        let soup = symbols.intern(category, "SOUP");
        let tea = symbols.intern(category, "TEA");
        assert_ne!(soup, tea);
        assert_eq!(symbols.intern(category, "SOUP"), soup);
        assert_eq!(symbols.name(category, tea).as_deref(), Some("TEA"));
        assert_eq!(symbols.code(brand, "TEA"), None);
        assert_eq!(symbols.name(brand, 0), None);
    }
}
