//! The US Privacy string, four characters of plain text: superseded, still sent.

use super::error::{SignalError, SignalRule};

/// A US Privacy string of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsPrivacy {
    /// Whether notice and the chance to opt out were given; None when it does not apply.
    pub notice: Option<bool>,
    /// Whether the person opted out of sale; None when it does not apply.
    pub sale_opt_out: Option<bool>,
    /// Whether the limited service provider agreement covers it; None when it does not apply.
    pub agreement_covers: Option<bool>,
}

impl UsPrivacy {
    /// Reads a string such as `1YNN`.
    ///
    /// # Errors
    /// When it is not `1` and three of `Y`, `N` and `-`.
    pub(super) fn read(text: &str) -> Result<Self, SignalError> {
        let answer = |character: u8| match character {
            b'Y' => Some(Some(true)),
            b'N' => Some(Some(false)),
            b'-' => Some(None),
            _ => None,
        };
        let read = match text.as_bytes() {
            [b'1', notice, sale, agreement] => Some((answer(*notice), answer(*sale), answer(*agreement))),
            _ => None,
        };
        match read {
            Some((Some(notice), Some(sale_opt_out), Some(agreement_covers))) => {
                Ok(Self { notice, sale_opt_out, agreement_covers })
            }
            _ => Err(SignalError {
                section: "uspv1",
                segment: "core",
                field: "text",
                rule: SignalRule::NotUsPrivacy,
                bit: 0,
            }),
        }
    }
}
