//! From an account to words: reasons, phrases in every language, the notice.
//!
//! Nothing here can see a model. An explanation restates the logged account, so it cannot disagree
//! with the decision.

mod contrast;
mod figures;
mod negotiate;
mod notice;
mod phrases;
mod probability;
mod push;
mod reason;
#[cfg(test)]
pub(crate) mod sample;
mod sentence;

pub use contrast::{Contrast, contrast};
pub use figures::{Precision, band_floor, percents};
pub use negotiate::negotiate;
pub use notice::{Control, Dsa, DsaTransparency, Notice, notice};
pub use phrases::{Instead, PhraseError, Phrases, Sought};
pub use probability::{WITHHELD_CODE, Walk, WalkStep, walks};
pub use push::pushes;
pub use reason::{BID_CODE, Baseline, Common, Explanation, Unused, explain, is_personal};
pub use sentence::{capitalised, tells_value, told_number};
