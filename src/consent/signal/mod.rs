//! What people told others: consent strings, as they travel with requests.
//!
//! Readers do not panic, allocate no more than a small multiple of what they were given, and fail with the
//! place and the rule that was broken, never with the string: a consent string is personal data.

mod bits;
mod error;
mod gpp;
mod ids;
mod tcf;
#[cfg(test)]
mod tests;
mod us;
mod usp;
#[cfg(test)]
pub(super) mod write;

pub use error::{SignalError, SignalRule};
pub use gpp::{GppSection, GppString};
pub use ids::{Ids, Members, Ranges};
pub use tcf::{Head, PublisherPurposes, Restriction, RestrictionKind, TcString, TcfCanada};
pub use us::{Answers, UsField, UsSection};
pub use usp::UsPrivacy;

/// The longest string that is read, in bytes: several times what all vendors of the list need.
pub const SIGNAL_BYTES_MAX: usize = 16 * 1024;

/// Reads a transparency and consent string of the European framework, v2.2 or v2.3.
///
/// # Errors
/// The first rule that it breaks, with its place.
pub fn read_tc_string(text: &str) -> Result<TcString, SignalError> {
    check_length("tcfeuv2", text)?;
    TcString::read(text)
}

/// Reads a string of the Global Privacy Platform.
///
/// # Errors
/// The first rule that it breaks, with its place.
pub fn read_gpp_string(text: &str) -> Result<GppString, SignalError> {
    check_length("header", text)?;
    GppString::read(text)
}

fn check_length(section: &'static str, text: &str) -> Result<(), SignalError> {
    if text.len() <= SIGNAL_BYTES_MAX {
        return Ok(());
    }
    let rule = SignalRule::TooLong { bytes_max: SIGNAL_BYTES_MAX };
    Err(SignalError { section, segment: "core", field: "text", rule, bit: 0 })
}
