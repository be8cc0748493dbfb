//! The aliases that were asked for lately, with their data keys.
//!
//! An alias and its key stay what they are while the store has them, so a person who comes again need
//! not be looked up again. There are two generations: when the young one is full it becomes the old
//! one, and what the old one held and nobody asked for is forgotten.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Alias, SubjectKey, TenantId};
use crate::sealing::DataKey;

/// Most aliases of one generation.
const GENERATION: usize = 8_192;

/// Aliases with their data keys, by person.
#[derive(Default)]
pub(super) struct Aliases(Mutex<Generations>);

/// A person's name in the log, and the key under which what is decided for them is sealed.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) alias: Alias,
    pub(super) key: Arc<DataKey>,
}

type Person = (TenantId, SubjectKey);

#[derive(Default)]
struct Generations {
    young: HashMap<Person, Known>,
    old: HashMap<Person, Known>,
}

impl Aliases {
    /// The alias of a person, if it was asked for lately.
    pub(super) fn get(&self, tenant: &TenantId, subject: &SubjectKey) -> Option<Known> {
        let person = (tenant.clone(), *subject);
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = generations.young.get(&person) {
            return Some(known.clone());
        }
        let known = generations.old.remove(&person)?;
        generations.insert(person, known.clone());
        Some(known)
    }

    /// Remembers the alias of a person.
    pub(super) fn insert(&self, tenant: &TenantId, subject: &SubjectKey, known: Known) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant.clone(), *subject), known);
    }
}

impl Aliases {
    /// Forgets the alias of a person, with its data key.
    pub(super) fn forget(&self, tenant: &TenantId, subject: &SubjectKey) {
        let person = (tenant.clone(), *subject);
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(&person);
        generations.old.remove(&person);
    }

    /// Forgets all aliases.
    pub(super) fn forget_all(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Generations::default();
    }
}

impl Generations {
    fn insert(&mut self, person: Person, known: Known) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(person, known);
    }
}

impl fmt::Debug for Aliases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aliases(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: usize) -> SubjectKey {
        SubjectKey::from_bytes(*blake3::hash(&n.to_le_bytes()).as_bytes())
    }

    fn known(n: usize) -> Known {
        let alias = Alias::from_bytes((n as u128).to_le_bytes());
        Known { alias, key: Arc::new(DataKey::fresh().unwrap()) }
    }

    #[test]
    fn whoever_is_asked_for_is_remembered_and_the_others_make_room() {
        let tenant = TenantId::parse("shop").unwrap();
        let aliases = Aliases::default();
        for n in 0..4 * GENERATION {
            aliases.insert(&tenant, &person(n), known(n));
            assert_eq!(aliases.get(&tenant, &person(0)).unwrap().alias, known(0).alias, "after {n} others");
        }
        assert!(aliases.get(&tenant, &person(1)).is_none());
        let generations = aliases.0.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn a_person_of_another_tenant_is_another_person() {
        let (one, other) = (TenantId::parse("shop").unwrap(), TenantId::parse("pub").unwrap());
        let aliases = Aliases::default();
        aliases.insert(&one, &person(1), known(1));
        assert!(aliases.get(&other, &person(1)).is_none());
    }
}
