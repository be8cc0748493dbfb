//! Consent: what may be used, decided in one place.
//!
//! The [`Gate`] is the only maker of [`Permitted`] values, and it fails closed: a purpose that was
//! not named is a purpose that was refused. What it withholds is never read.

mod gate;
mod permitted;

pub use gate::{Gate, Verdicts};
pub use permitted::Permitted;
