//! Integration tests: the crate as its users see it, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says so")]

mod layering;
mod words;
