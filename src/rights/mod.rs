//! The rights of people over their data, one file each.
//!
//! Whoever exercises one shows a token that the controller signed for the person: a token of a decision does not do.
//! What is in memory of a person is dropped by `decide`, which holds it.

mod erase;
mod exercise;
mod held;
mod port;
mod rectify;
mod sweep;
mod token;

pub use erase::{Erased, all_suppressions, erase, finish as finish_erasure, finish_noted_erasures};
pub use exercise::{Asker, RightError, keep_record};
pub use held::{HeldAd, HeldChange, HeldDecision, HeldEvent, HeldLabel, HeldPart, Source, held_events};
pub use port::{PortForm, PortWriter};
pub use rectify::{Correction, rectify};
pub use sweep::{Retention, sweep_events};
pub use token::{Assurance, SubjectClaims, SubjectKeys, SubjectSigner, SubjectTokenError, TOKEN_SECONDS_MAX};
