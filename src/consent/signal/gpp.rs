//! Strings of the Global Privacy Platform: a header that names the sections that follow.
//!
//! Format: IAB Tech Lab, "Global Privacy Platform: consent string specification", version 1.

use super::bits::Bits;
use super::error::{SignalError, SignalRule};
use super::tcf::{TcString, TcfCanada};
use super::us::{UsSection, layout};
use super::usp::UsPrivacy;

const HEADER: &str = "header";
const CORE: &str = "core";

/// What a string of the platform says, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GppString {
    /// The sections that are read, each with its number, ascending.
    pub sections: Vec<(u16, GppSection)>,
    /// Numbers of sections that are there and that nothing here reads.
    pub unread: Vec<u16>,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GppSection {
    /// 2: the European framework.
    TcfEurope(Box<TcString>),
    /// 5: Canada's framework.
    TcfCanada(Box<TcfCanada>),
    /// 6: the superseded string of the United States.
    UsPrivacy(UsPrivacy),
    /// 7 to 27: the United States, and each of its states.
    Us(Box<UsSection>),
}

impl GppString {
    /// The section of a number, if it is there and read.
    #[must_use]
    pub fn section(&self, id: u16) -> Option<&GppSection> {
        self.sections.iter().find(|(held, _)| *held == id).map(|(_, section)| section)
    }

    /// Reads a string: a header, then as many sections as it announces.
    ///
    /// # Errors
    /// The first rule that it breaks, with its place.
    pub(super) fn read(text: &str) -> Result<Self, SignalError> {
        let (header, sections) = text.split_once('~').map_or((text, None), |(head, rest)| (head, Some(rest)));
        let sections = || sections.into_iter().flat_map(|sections| sections.split('~'));
        let ids = read_header(header, sections().count())?;
        let mut string = Self::default();
        for (id, text) in ids.into_iter().zip(sections()) {
            match read_section(id, text)? {
                Some(section) => string.sections.push((id, section)),
                None => string.unread.push(id),
            }
        }
        Ok(string)
    }
}

/// The numbers of the sections, ascending. They are counted before they are listed, so that a header cannot
/// announce more than there is.
fn read_header(text: &str, found: usize) -> Result<Vec<u16>, SignalError> {
    let mut bits = Bits::open(HEADER, CORE, text)?;
    for (field, expected) in [("Type", 3), ("Version", 1)] {
        let start = bits.clone();
        let found = bits.short(field, 6)?;
        if found != expected {
            return Err(start.broken(field, SignalRule::MustBe { expected, found }));
        }
    }
    let start = bits.clone();
    let ids = bits.fibonacci_ranges("SectionIds")?;
    if ids.count() != found {
        return Err(start.broken("SectionIds", SignalRule::SectionCount { found }));
    }
    Ok(ids.iter().collect())
}

fn read_section(id: u16, text: &str) -> Result<Option<GppSection>, SignalError> {
    if text.trim().is_empty() {
        let section = layout(id).map_or(HEADER, |layout| layout.name);
        return Err(SignalError { section, segment: CORE, field: "text", rule: SignalRule::Blank, bit: 0 });
    }
    Ok(match id {
        2 => Some(GppSection::TcfEurope(Box::new(TcString::read(text)?))),
        5 => Some(GppSection::TcfCanada(Box::new(TcfCanada::read(text)?))),
        6 => Some(GppSection::UsPrivacy(UsPrivacy::read(text)?)),
        _ => match layout(id) {
            Some(layout) => Some(GppSection::Us(Box::new(UsSection::read(layout, text)?))),
            None => None,
        },
    })
}
