//! Consent: what may be used, decided in one place.
//!
//! What people told others is read in `signal`, weighed in `weighing`, and applied feature by feature here.
//! The [`Gate`] is the only maker of [`Permitted`] values, and it fails closed: a purpose that was
//! not named is a purpose that was refused. What it withholds is never read.

mod gate;
mod permitted;
mod signal;
mod weighing;

pub use gate::{Gate, Verdicts};
pub use permitted::Permitted;
pub use signal::{
    Answers, GppSection, GppString, Head, Ids, Members, PublisherPurposes, Ranges, Restriction,
    RestrictionKind, SIGNAL_BYTES_MAX, SignalError, SignalRule, TcString, TcfCanada, UsField, UsPrivacy,
    UsSection, read_gpp_string, read_tc_string,
};
pub use weighing::{
    Age, ConsentConfig, ConsentSettings, SignalText, Signals, UnknownAge, Weighing, in_force,
};
