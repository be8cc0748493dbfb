//! The bin of each row, in few bytes.

use std::sync::Arc;

use super::Bins;
use crate::data;

/// Rows from which on the codes of a table are shared rather than written anew.
pub(super) const ROWS_SHARED: usize = 1 << 20;

/// One small number for each row, in as few bytes as hold the largest.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::model) enum Codes {
    /// Numbers to 255.
    Narrow(Vec<u8>),
    /// Larger ones.
    Wide(Vec<u32>),
    /// What each code of a table stands for: a look-up slower, and no byte a row more.
    Shared { codes: Arc<data::Codes>, of: Box<[u8; 256]> },
}

impl Codes {
    /// Keeps `codes`, none of which is above `largest`.
    #[allow(clippy::cast_possible_truncation, reason = "`largest` says that they fit")]
    pub(super) fn new(codes: impl Iterator<Item = u32>, largest: usize) -> Self {
        if u8::try_from(largest).is_ok() {
            Self::Narrow(codes.map(|code| code as u8).collect())
        } else {
            Self::Wide(codes.collect())
        }
    }

    /// `of` each of the codes of a large table; None where sharing them saves nothing.
    #[allow(clippy::cast_possible_truncation, reason = "`largest` says that they fit")]
    pub(super) fn shared(codes: &Arc<data::Codes>, of: &[u32], largest: usize) -> Option<Self> {
        let narrow = matches!(**codes, data::Codes::Byte(_)) && u8::try_from(largest).is_ok();
        (narrow && codes.rows() >= ROWS_SHARED).then(|| {
            let mut table = Box::new([Bins::MISSING as u8; 256]);
            table.iter_mut().zip(of).for_each(|(to, &of)| *to = of as u8);
            Self::Shared { codes: codes.clone(), of: table }
        })
    }

    /// How many rows there are.
    pub(in crate::model) fn rows(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
            Self::Shared { codes, .. } => codes.rows(),
        }
    }

    /// Lets `take` change each of `to` by the code of its row; the rows are those from `start` on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it must be compiled for the vectors of its caller")]
    pub(in crate::model) fn apply(&self, start: usize, to: &mut [u32], take: impl Fn(&mut u32, u32)) {
        match self {
            Self::Narrow(codes) => {
                to.iter_mut().zip(&codes[start..]).for_each(|(to, &code)| take(to, u32::from(code)));
            }
            Self::Wide(codes) => to.iter_mut().zip(&codes[start..]).for_each(|(to, &code)| take(to, code)),
            Self::Shared { codes, of } => {
                let data::Codes::Byte(codes) = &**codes else { return };
                let codes = to.iter_mut().zip(&codes[start..]);
                codes.for_each(|(to, &code)| take(to, u32::from(of[usize::from(code)])));
            }
        }
    }

    /// The code of every row.
    pub(in crate::model) fn iter(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.rows()).map(|row| self.at(row))
    }

    /// The code of one row.
    pub(in crate::model) fn at(&self, row: usize) -> usize {
        match self {
            Self::Narrow(codes) => usize::from(codes[row]),
            Self::Wide(codes) => codes[row] as usize,
            Self::Shared { codes, of } => of.get(codes.at(row)).map_or(Bins::MISSING, |&code| code.into()),
        }
    }
}
