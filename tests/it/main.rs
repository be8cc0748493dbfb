//! Integration tests: the crate as its users see it, in one binary.

mod layering;
