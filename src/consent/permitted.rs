//! Proof that a value passed the gate.

use std::ops::Deref;

use crate::data::Dataset;

/// A value that holds nothing but what the gate permitted. Only the gate can make one.
#[derive(Clone, Copy, Debug)]
pub struct Permitted<T>(T);

impl<T> Permitted<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }
}

impl Permitted<Dataset> {
    /// Some of the rows: what is part of something permitted is permitted.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self(self.0.select(rows))
    }

    /// The rows of two sides.
    #[must_use]
    pub fn part(self, sides: [&[usize]; 2]) -> [Self; 2] {
        self.0.part(sides).map(Self)
    }
}

impl<T> Deref for Permitted<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
