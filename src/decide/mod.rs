//! The hot path: from a checked request to a logged decision.
//!
//! [`Engine::recommend`] reads as the policy does: gate, eligibility, features, score, rank, log,
//! answer.

mod asks;
mod choices;
mod compare;
mod concerns;
mod controls;
mod deletion;
mod engine;
mod erasure;
mod error;
mod events;
mod explanation;
mod flips;
mod fold;
mod followed;
mod held;
mod how_it_works;
mod intake;
mod making;
mod models;
mod naming;
mod opened;
mod recommend;
mod replay;
mod request;
mod rights;
mod score;
mod self_test;
mod tally;
mod value;
mod what_if;

pub use choices::{ChoiceIn, ChoiceReceipt, OBJECTIONS_MAX, STATEMENTS_MAX, all_choices};
pub use compare::Compared;
pub use concerns::ConcernIn;
pub use controls::{Chooser, Controls, Kept};
pub use deletion::{DeletionRequest, ORIGINAL_DAYS_MAX};
pub use engine::{Engine, EngineParts};
pub use erasure::ErasureReceipt;
pub use error::DecideError;
pub use events::{EventIn, EventTally};
pub use explanation::{Explained, NoticeInWords};
pub use flips::{CONTROLS_MAX, Flip, Flips, RESCORINGS_MAX, TOGETHER_MAX};
pub use held::{HeldOverview, HeldPage};
pub use how_it_works::{Estimate, HowItWorks, LookedAt, WorkedExample, WorkedStep, WorkedValue};
pub use intake::{IntakeSettings, OutcomeOf};
pub use recommend::Recommended;
pub use replay::{Difference, Replayed};
pub use request::{
    ADS_MAX, BID_MICROS_MAX, CANDIDATES_MAX, Floor, Offer, Request, Stated, StatedValue, Subject,
};
pub use rights::{CorrectedEvent, RightsSettings};
pub use self_test::SelfTest;
pub use tally::{Tally, TokenOutcome};
pub use what_if::Without;
