//! Proof that a value passed the gate.

use std::ops::Deref;

/// A value that holds nothing but what the gate permitted. Only the gate can make one.
#[derive(Clone, Copy, Debug)]
pub struct Permitted<T>(T);

impl<T> Permitted<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// A part of the value: what is part of something permitted is permitted.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Permitted<U> {
        Permitted(part(self.0))
    }
}

impl<T> Deref for Permitted<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
